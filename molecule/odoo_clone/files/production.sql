-- Copyright (c) 2026, the tierline.erp contributors
-- GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later
-- What production has and a clone must not: ways out, and what opens production itself.
INSERT INTO ir_mail_server (name, smtp_host, smtp_port, smtp_encryption, smtp_authentication, smtp_user, smtp_pass, active)
    VALUES ('production', 'mail.example.com', 25, 'none', 'login', 'robot', 'password-of-the-mail-server', true);
INSERT INTO fetchmail_server (name, server, port, server_type, "user", password, state, active)
    VALUES ('production', 'imap.example.com', 993, 'imap', 'robot', 'password-of-the-mailbox', 'done', true);
INSERT INTO ir_config_parameter (key, value) VALUES ('acme.gateway.api_key', 'key-of-the-gateway');
UPDATE res_users SET totp_secret = 'SECRETOFTHESECONDFACTOR' WHERE login = 'admin';
INSERT INTO res_users (company_id, partner_id, login, password, active, notification_type)
    SELECT company_id, partner_id, 'clerk', 'hash-of-the-clerk', true, 'email' FROM res_users WHERE login = 'admin';
INSERT INTO res_users_apikeys (name, user_id, index, key) VALUES ('robot', 2, 'abcdefgh', 'hash-of-a-key');
UPDATE ir_cron SET active = true WHERE id = (SELECT min(id) FROM ir_cron);
-- A custom module's table, which no list knows.
CREATE TABLE acme_gateway (id serial PRIMARY KEY, name varchar, client_secret varchar, note text);
ALTER TABLE acme_gateway OWNER TO acme_prod;
INSERT INTO acme_gateway (name, client_secret) VALUES ('gateway', 'secret-of-the-gateway');
-- A tenant who tries to be more than he is where his data is copied. Here the constraint must not be tried, since superusers write this.
CREATE FUNCTION acme_climb() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF current_database() = 'acme_staging_clone' THEN
        EXECUTE 'SET ROLE NONE';
        EXECUTE 'ALTER ROLE acme_staging SUPERUSER';
    END IF;
    RETURN true;
EXCEPTION WHEN OTHERS THEN
    RETURN true;
END $$;
ALTER FUNCTION acme_climb() OWNER TO acme_prod;
ALTER TABLE acme_gateway ADD CONSTRAINT climb CHECK (acme_climb());
