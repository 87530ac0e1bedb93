"""Fixtures of the outside judges."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.gm_judges import GoJudge, build


@pytest.fixture(scope="session")
def go_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the judge of the national suite once."""
    return build(tmp_path_factory.mktemp("gmsm"))


@pytest.fixture
def go_judge(go_program: Path, tmp_path: Path) -> GoJudge:
    """Return the judge with a folder of its own."""
    folder = tmp_path / "go"
    folder.mkdir()
    return GoJudge(go_program, folder)
