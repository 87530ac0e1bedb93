"""The page on seal states, written from the table itself; a test holds the page in ``docs/`` to it.

``python -m seals.diagram > docs/seal-states.md`` writes it anew. The table has more moves than one drawing can show, so
there are three, each of its own acts; between them they hold every move once. What leaves the state as it is stands
inside it, after ↻.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
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
    SealAct.REQUEST_KEEPER: "the first of two persons, with the new keeper",
    SealAct.CHANGE_KEEPER: "the second, never the one who requested nor the new keeper, as the very next act",
    SealAct.REMOVE_KEEPER: "one person: never the principal keeper",
    SealAct.REVOKE: "one person",
    SealAct.SUPERSEDE: "the registry, when the following pair becomes active; a frozen pair only if it was in use",
    SealAct.DESTROY: "one person before a witness, with a picture; once",
}
_HEAD: Final = """# States of a seal

Written from `seals.states.TRANSITIONS` by `python -m seals.diagram`; do not edit by hand.

A physical seal and its electronic twin are one record with one state, so every act moves both sides at once. An act
not drawn here is refused. Each move is a compare-and-swap on state and count of acts, in one transaction with its
history and its audit record. *Expired* is not a state: it is judged from the validity at the moment asked about. Nor is
*filed* (已备案): it is a fact of the record, and so is the destruction of the physical seal. In the drawings an arrow
from or to a frame holds for each state inside, and ↻ stands before acts that leave the state as it is.
"""


@dataclass(frozen=True, slots=True)
class Box:
    """States drawn inside one frame: an arrow from or to the frame is one from or to each of them."""

    key: str
    title: str
    states: frozenset[SealStatus]


_MADE: Final = Box(
    "exists", "实物已制成，尚未启用 / made, not in use yet", frozenset(TRANSITIONS[SealAct.FREEZE]) - IN_USE
)
_USED: Final = Box("filed", "已备案 / filed", IN_USE)
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
_ALSO_MAKING: Final = {(SealAct.REWORK, SealStatus.RETURNED), (SealAct.DESTROY, SealStatus.CLOSED)}


def moves() -> Iterator[Move]:
    """List every move of the table."""
    for act, pairs in TRANSITIONS.items():
        for before, afters in pairs.items():
            for after in afters:
                yield act, before, after


def page() -> str:
    """Return the whole page as Markdown with Mermaid state diagrams."""
    first = f"    [*] --> {FIRST_STATUS}: {_label(SealAct.APPLY)}"
    making = [move for move in moves() if _of_making(move)]
    before_use = [move for move in moves() if not _of_making(move) and _of_loss(move)]
    in_use = [move for move in moves() if move not in making and move not in before_use]
    drawings = "\n\n".join(
        f"## {title}\n\n```mermaid\n{drawing}\n```"
        for title, drawing in (
            ("Making and filing", _draw(making, None, first)),
            ("In use", _draw(in_use, _USED)),
            ("Lost before it is in use", _draw(before_use, _MADE)),
        )
    )
    return f"{_HEAD}\n{drawings}\n\n{_states()}\n\n{_acts()}\n\n{_matrix()}\n"


def _of_making(move: Move) -> bool:
    return move[0] in _MAKING or move[:2] in _ALSO_MAKING


def _of_loss(move: Move) -> bool:
    act, before, after = move
    return bool(_MADE.states & {before, after}) or (act is SealAct.REWORK and before is SealStatus.FROZEN)


def _draw(drawn: list[Move], box: Box | None, *first: str) -> str:
    """Draw moves; those that all the states of ``box`` share become one arrow, and so do those between the same ends."""
    lines = ["stateDiagram-v2", *(f'    state "{s} {s.zh}" as {s}' for s in _states_of(drawn)), *first]
    if box is not None:
        inner = [f"        {status}" for status in SealStatus if status in box.states]
        lines += [f'    state "{box.title}" as {box.key} {{', *inner, "    }"]
    arrows: dict[tuple[str, str], list[SealAct]] = {}
    for act, before, after in drawn:
        acts = arrows.setdefault(_ends(drawn, box, act, before, after), [])
        if act not in acts:
            acts.append(act)
    for (start, end), acts in arrows.items():
        way = f"{start}: ↻" if start == end else f"{start} --> {end}:"
        lines.append(f"    {way} {', '.join(map(_label, acts))}")
    return "\n".join(lines)


def _states_of(drawn: list[Move]) -> list[SealStatus]:
    return [status for status in SealStatus if any(status in move[1:] for move in drawn)]


def _ends(
    drawn: list[Move], box: Box | None, act: SealAct, before: SealStatus, after: SealStatus
) -> tuple[str, str]:
    """Return the ends of an arrow: the box in place of a state, where the act goes alike for all states inside."""
    if box is not None and before in box.states and all((act, each, after) in drawn for each in box.states):
        return box.key, after
    if box is not None and after in box.states and all((act, before, each) in drawn for each in box.states):
        return before, box.key
    return before, after


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
