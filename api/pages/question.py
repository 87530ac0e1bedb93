"""What is asked of an upload beside its verdict: a department, an act, evidence records; kept in its folder as files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

QUESTION: Final = "question.json"
EVIDENCE: Final = "evidence.jws"
"""Beside an upload: the evidence records that were handed in with it."""
MAX_CHOICE: Final = 160
"""Longest ``department/act``: two ids of 64 characters."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A department and an act by their ids; both empty where none was chosen."""

    department: str = ""
    act: str = ""

    @classmethod
    def read(cls, text: str) -> Choice:
        """Read ``department/act``; whoever asks with it is told where one of them is missing or not known."""
        department, _, act = text.strip()[:MAX_CHOICE].partition("/")
        return cls(department.strip(), act.strip())

    @property
    def text(self) -> str:
        """Write it as :meth:`read` reads it."""
        return f"{self.department}/{self.act}" if self.department else ""

    def keep(self, folder: Path) -> None:
        """Keep it beside an upload."""
        (folder / QUESTION).write_text(json.dumps({"choice": self.text}), "utf-8")


def kept(folder: Path) -> Choice:
    """Return what was chosen for an upload."""
    try:
        return Choice.read(str(json.loads((folder / QUESTION).read_text("utf-8"))["choice"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Choice()


def evidence(folder: Path) -> str:
    """Return the evidence records beside an upload; nothing where there are none."""
    path = folder / EVIDENCE
    return path.read_bytes().decode("ascii", "replace") if path.exists() else ""
