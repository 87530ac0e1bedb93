"""The tables of a round's and a voiding's life as sections of pages, written from the tables themselves; tests hold the pages to them.

``python -m signing.parties.diagram`` prints both.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from signing.parties.states import FIRST_STATUS, TRANSITIONS
from signing.voiding.states import FIRST_STATUS as FIRST_VOID
from signing.voiding.states import TRANSITIONS as VOID_TRANSITIONS


def section(moves: Mapping[Any, Mapping[Any, Any]], first: str, begin: str) -> str:
    """Return the diagram and the table of moves in Markdown."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}: {begin}"]
    for act, pairs in moves.items():
        lines += [f"    {before} --> {after}: {act}" for before, after in pairs.items()]
    lines += ["```", "", "| 办理 / act | 从 / from | 到 / to |", "|---|---|---|"]
    for act, pairs in moves.items():
        lines += [
            f"| {_named(act)} | {_named(before)} | {_named(after)} |" for before, after in pairs.items()
        ]
    return "\n".join(lines) + "\n"


def round_section() -> str:
    """Return the section of ``docs/parties.md``."""
    return section(TRANSITIONS, FIRST_STATUS.value, "open")


def void_section() -> str:
    """Return the section of ``docs/voiding.md``."""
    return section(VOID_TRANSITIONS, FIRST_VOID.value, "ask")


def _named(word: Any) -> str:
    return f"{word.zh} `{word.value}`"


if __name__ == "__main__":
    sys.stdout.write(f"{round_section()}\n{void_section()}")
