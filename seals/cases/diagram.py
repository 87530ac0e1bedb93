"""The tables of a case's life as a page's section, written from the tables themselves; a test holds ``docs/use-approval.md`` to it.

``python -m seals.cases.diagram`` prints the section.
"""

from __future__ import annotations

import sys

from seals.cases.states import FIRST_STATUS, TRANSITIONS, UNUSED_ONLY, CaseStatus


def section() -> str:
    """Return the diagram and the table of moves in Markdown."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {FIRST_STATUS.value}: open"]
    for act, moves in TRANSITIONS.items():
        lines += [f"    {before.value} --> {after.value}: {act.value}" for before, after in moves.items()]
    lines += ["```", "", "| 办理 / act | 从 / from | 到 / to |", "|---|---|---|"]
    for act, moves in TRANSITIONS.items():
        unused = "（未用印时）" if act in UNUSED_ONLY else ""
        lines += [
            f"| {act.zh} `{act.value}`{unused} | {_named(before)} | {_named(after)} |"
            for before, after in moves.items()
        ]
    return "\n".join(lines) + "\n"


def _named(status: CaseStatus) -> str:
    return f"{status.zh} `{status.value}`"


if __name__ == "__main__":
    sys.stdout.write(section())
