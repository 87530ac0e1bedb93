"""The page on seal states, written from the table itself; a test holds the page in ``docs/`` to it.

``python -m seals.diagram > docs/seal-states.md`` writes it anew.
"""

from __future__ import annotations

import sys
from typing import Final

from seals.seal import FIRST_STATUS, REASONED_ACTS, STOPPING_ACTS, TRANSITIONS, SealAct, SealStatus

_WHO: Final = {
    SealAct.APPLY: "anyone entitled",
    SealAct.APPROVE: "not the applicant",
    SealAct.REJECT: "not the applicant",
    SealAct.FREEZE: "one person",
    SealAct.REQUEST_RESUME: "the first of two persons",
    SealAct.CONFIRM_RESUME: "the second, never the one who requested",
    SealAct.REVOKE: "one person",
    SealAct.SUPERSEDE: "the registry, when the following pair is approved",
}
_HEAD: Final = """# States of a seal

Written from `seals.seal.TRANSITIONS` by `python -m seals.diagram`; do not edit by hand.

A physical seal and its electronic twin are one record with one state, so every act moves both sides at once. An act
not drawn here is refused. Each move is a compare-and-swap on state and count of acts, in one transaction with its
history and its audit record. *Expired* is not a state: it is judged from the validity at the moment asked about.
"""


def page() -> str:
    """Return the whole page as Markdown with a Mermaid state diagram."""
    return f"{_HEAD}\n```mermaid\n{_diagram()}\n```\n\n{_states()}\n\n{_acts()}\n"


def _diagram() -> str:
    lines = ["stateDiagram-v2", f"    [*] --> {FIRST_STATUS}: {SealAct.APPLY} {SealAct.APPLY.zh}"]
    for act, moves in TRANSITIONS.items():
        lines += [f"    {before} --> {after}: {act} {act.zh}" for before, after in moves.items()]
    leaving = {before for moves in TRANSITIONS.values() for before in moves}
    lines += [f"    {status} --> [*]" for status in SealStatus if status not in leaving]
    return "\n".join(lines)


def _states() -> str:
    rows = [f"| {status} | {status.zh} |" for status in SealStatus]
    return "\n".join(["| State | 状态 |", "|---|---|", *rows])


def _acts() -> str:
    rows = []
    for act in SealAct:
        reason = "required" if act in REASONED_ACTS else "optional"
        clock = "goes through" if act in STOPPING_ACTS else "refused"
        rows.append(f"| {act} | {act.zh} | {_WHO[act]} | {reason} | {clock} |")
    head = [
        "| Act | 操作 | By whom | Reason | While the clock is behind the record |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows])


if __name__ == "__main__":
    sys.stdout.write(page())
