# Start systemd inside a container that has a cgroup and a network namespace of its own.
# Remounts are confined to this container: its mount and cgroup namespaces are private.
for mount_point in $(awk '$2 ~ /^\/sys\/fs\/cgroup/ {print $2}' /proc/mounts); do
  mount -o remount,rw,bind "$mount_point"
done
mount --bind /proc/sys/net /proc/sys/net && mount -o remount,rw,bind /proc/sys/net
exec /lib/systemd/systemd
