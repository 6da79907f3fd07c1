# Copyright (c) 2026, the tierline.erp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

"""What entries become before they go to a machine. Templates are rendered by Ansible itself, in the roles' scenarios."""

import pathlib
import types
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible_collections.tierline.erp.plugins.action.files import ActionModule


@pytest.fixture
def action(tmp_path: pathlib.Path) -> ActionModule:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.py").write_text("one\n\n")
    (tmp_path / "files" / "b.py").write_text("two\n")
    loader = DataLoader()
    loader.set_basedir(str(tmp_path))
    task = types.SimpleNamespace(get_search_path=lambda: [str(tmp_path)])
    made = ActionModule.__new__(ActionModule)
    made._task, made._loader, made._templar = task, loader, None
    return made


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"path": "/x", "content": "c"}, [{"path": "/x", "content": "c"}]),
        ({"path": "/x", "src": "a.py", "mode": "0600"}, [{"path": "/x", "content": "one\n\n", "mode": "0600"}]),
        ({"path": "/x", "src": ["b.py"], "secret": True}, [{"path": "/x", "content": "two\n", "secret": True}]),
        (
            {"directory": "/d", "src": ["a.py", "b.py"]},
            [{"path": "/d/a.py", "content": "one\n\n"}, {"path": "/d/b.py", "content": "two\n"}],
        ),
    ],
)
def test_an_entry_becomes_files_with_content(action: ActionModule, entry: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    assert list(action._resolved(entry, {})) == expected


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"path": "/x"}, "one of"),
        ({"content": "c"}, "path or directory"),
        ({"path": "/x", "content": "c", "src": "a.py"}, "one of"),
        ({"path": "/x", "directory": "/d", "src": "a.py"}, "path or directory"),
        ({"path": "/x", "src": ["a.py", "b.py"]}, "one source"),
        ({"directory": "/d", "content": "c"}, "content has a path"),
        ({"path": "/x", "content": "c", "contents": "c"}, "contents"),
        ({"path": "/x", "src": "missing.py"}, "missing.py"),
    ],
)
def test_bad_entries_are_refused(action: ActionModule, entry: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleActionFail, match=message):
        list(action._resolved(entry, {}))
