"""The page on seal states, written from the table itself; a test holds the page in ``docs/`` to it.

``python -m seals.diagram > docs/seal-states.md`` writes it anew. The table has more moves than one drawing can show, so
there are three, each of its own acts; between them they hold every move once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from seals.states import (
    FIRST_STATUS,
    IN_USE,
    REASONED_ACTS,
    STOPPING_ACTS,
    TRANSITIONS,
    SealAct,
    SealStatus,
)

Move = tuple[SealAct, SealStatus, SealStatus]
"""An act, the state it is done in, the state it leads to."""

_WHO: Final = {
    SealAct.APPLY: "anyone entitled",
    SealAct.APPROVE: "not the applicant; only where the physical seal is engraved and filed already",
    SealAct.ORDER: "not the applicant",
    SealAct.REJECT: "not the applicant",
    SealAct.MAKE: "the engraver",
    SealAct.PERSONALISE: "the engraver",
    SealAct.OFFER: "the engraver",
    SealAct.DELIVER: "the engraver, against identity",
    SealAct.ACCEPT: "the filing officer, not the applicant; binds the keeper's certificate",
    SealAct.RETURN: "the filing officer",
    SealAct.REWORK: "the engraver; a frozen pair only if it was never in use",
    SealAct.CLOSE: "the service after the time to fetch it, or an officer",
    SealAct.SUSPEND: "one person",
    SealAct.REQUEST_LIFT: "the first of two persons",
    SealAct.LIFT: "the second, never the one who requested",
    SealAct.FREEZE: "one person: any keeper, anyone of the owner's, an officer, the chip's own stop",
    SealAct.REQUEST_RESUME: "the first of two persons",
    SealAct.CONFIRM_RESUME: "the second, never the one who requested; back to the state it was frozen in",
    SealAct.REQUEST_RENEWAL: "the first of two persons, with the new certificate",
    SealAct.RENEW: "the second, never the one who requested, as the very next act",
    SealAct.REVOKE: "one person",
    SealAct.SUPERSEDE: "the registry, when the following pair becomes active; a frozen pair only if it was in use",
    SealAct.DESTROY: "one person before a witness, with a picture; once",
}
_HEAD: Final = """# States of a seal

Written from `seals.states.TRANSITIONS` by `python -m seals.diagram`; do not edit by hand.

A physical seal and its electronic twin are one record with one state, so every act moves both sides at once. An act
not drawn here is refused. Each move is a compare-and-swap on state and count of acts, in one transaction with its
history and its audit record. *Expired* is not a state: it is judged from the validity at the moment asked about. Nor is
*filed* (已备案): it is a fact of the record, and so is the destruction of the physical seal.
"""
_BODY: Final = "exists"
_BODY_LINE: Final = f'state "实物已制成，尚未启用 / made, not in use yet" as {_BODY} {{'
_MAKING: Final = frozenset(
    {
        SealAct.APPROVE,
        SealAct.ORDER,
        SealAct.REJECT,
        SealAct.MAKE,
        SealAct.PERSONALISE,
        SealAct.OFFER,
        SealAct.DELIVER,
        SealAct.ACCEPT,
        SealAct.RETURN,
        SealAct.CLOSE,
    }
)
_ENDING: Final = frozenset({SealStatus.REVOKED, SealStatus.SUPERSEDED, SealStatus.CLOSED})


def moves() -> Iterator[Move]:
    """List every move of the table."""
    for act, pairs in TRANSITIONS.items():
        for before, afters in pairs.items():
            for after in afters:
                yield act, before, after


def page() -> str:
    """Return the whole page as Markdown with Mermaid state diagrams."""
    drawings = "\n\n".join(
        f"## {title}\n\n```mermaid\n{drawing}\n```"
        for title, drawing in (
            ("Making and filing", _making()),
            ("In use", _in_use()),
            ("Lost before it is in use", _before_use()),
        )
    )
    return f"{_HEAD}\n{drawings}\n\n{_states()}\n\n{_acts()}\n\n{_matrix()}\n"


def _of_making(move: Move) -> bool:
    act, before, _ = move
    return act in _MAKING or (act is SealAct.REWORK and before is SealStatus.RETURNED)


def _of_use(move: Move) -> bool:
    act, before, after = move
    return not _of_making(move) and (
        before in IN_USE | _ENDING
        or after in IN_USE
        or (before is SealStatus.FROZEN and act is not SealAct.REWORK and after not in _bodies())
    )


def _bodies() -> frozenset[SealStatus]:
    """Return the states in which a physical seal exists that is not in use yet: those that can be lost before it is."""
    return frozenset(TRANSITIONS[SealAct.FREEZE]) - IN_USE


def _making() -> str:
    lines = [f"    [*] --> {FIRST_STATUS}: {_label(SealAct.APPLY)}"]
    return _drawn([*lines, *(_arrow(move) for move in moves() if _of_making(move))])


def _in_use() -> str:
    lines = [_arrow(move) for move in moves() if _of_use(move)]
    return _drawn(lines, "    direction LR")


def _before_use() -> str:
    """Draw the states that can be lost before use as one box: what leads from or to the box holds for each of them."""
    inner = [f"        {status}" for status in SealStatus if status in _bodies()]
    lines = [f"    {_BODY_LINE}", *inner, "    }"]
    rest = [move for move in moves() if not _of_making(move) and not _of_use(move)]
    for act in SealAct:
        own = [move for move in rest if move[0] is act]
        outward = {after for _, before, after in own if before in _bodies()}
        inward = {before for _, before, after in own if after in _bodies()}
        lines += [f"    {_BODY} --> {after}: {_label(act)}" for after in sorted(outward)]
        lines += [f"    {before} --> {_BODY}: {_label(act)}" for before in sorted(inward)]
        lines += [_arrow(move) for move in own if not _bodies() & set(move[1:])]
    return _drawn(lines)


def _drawn(lines: list[str], *first: str) -> str:
    return "\n".join(["stateDiagram-v2", *first, *lines])


def _arrow(move: Move) -> str:
    act, before, after = move
    return f"    {before} --> {after}: {_label(act)}"


def _label(act: SealAct) -> str:
    return f"{act} {act.zh}"


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


def _matrix() -> str:
    """Write the whole table: where each act leads from each state."""
    head = ["## The table", "", "| From | Act → to |", "|---|---|"]
    rows = []
    for status in SealStatus:
        found = [
            f"{act} → {'the state it had' if len(pairs[status]) > 1 else pairs[status][0]}"
            for act, pairs in TRANSITIONS.items()
            if status in pairs
        ]
        rows.append(f"| {status} {status.zh} | {', '.join(found) or '–'} |")
    return "\n".join([*head, *rows])


if __name__ == "__main__":
    sys.stdout.write(page())
