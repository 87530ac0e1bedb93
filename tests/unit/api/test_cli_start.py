"""What a start of the command line waits for, and that the light list of commands says what the commands say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from api.cli.commands import ENTRIES, Declared, Entry

ROOT = Path(__file__).parents[3]
HEAVY = ("fastapi", "sqlalchemy", "alembic", "pyhanko", "numpy", "PIL", "lxml", "paho", "pydantic", "cv2")
MODULES = f"print(*sorted({{name.partition('.')[0] for name in sys.modules}} & set({HEAVY!r})))"


def _loaded(statement: str) -> set[str]:
    """Return which of the heavy packages an interpreter has after one statement."""
    code = f"import sys\n{statement}\n{MODULES}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_list_says_of_a_command_what_the_command_says(entry: Entry) -> None:
    whole = Declared(entry).whole()
    assert whole.name == entry.name
    assert whole.help.split("\n\n")[0] == entry.line
    assert (whole.rich_help_panel, whole.hidden, whole.deprecated) == (entry.panel, False, False)


def test_each_command_stands_once() -> None:
    names = [entry.name for entry in ENTRIES]
    assert len(names) == len(set(names))


def test_the_help_waits_for_no_command() -> None:
    assert _loaded("from api.cli.main import main; main(['--help'])") == set()


def test_to_verify_no_database_is_loaded() -> None:
    loaded = _loaded("from api.cli.main import main; main(['verify', '/no/such/document.pdf'])")
    assert not loaded & {"fastapi", "sqlalchemy", "alembic", "numpy", "PIL", "paho", "cv2"}
