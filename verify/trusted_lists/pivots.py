"""A change of the signers of a list of lists, followed from one to the next (pivots; TS 119 615 §4.2, Commission's rules).

A list that points to itself (its type, territory and operator) names the certificates that sign its successors. Whoever pinned the signers of long ago takes each
pivot in order of its number, checks it with the signers known so far and goes on with those that it names; the present list must
then be signed by the last. A pivot is old by nature, so its age is not judged; that its number rises is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verify.trusted_lists.errors import ListRefused, ListSignerUnknown
from verify.trusted_lists.limits import MAX_PIVOTS
from verify.trusted_lists.model import Pointer, TrustedList
from verify.trusted_lists.pinned import read_list
from verify.trusted_lists.source import Pin, PinnedSource


@dataclass(frozen=True, slots=True)
class Followed:
    """Who may sign what comes after the last pivot: believe these from now on, and forget those of before."""

    pin: Pin
    pivots: tuple[TrustedList, ...]
    """The older lists that led there, in order."""


def follow(pivots: Sequence[bytes], start: PinnedSource) -> Followed:
    """Go from the signers pinned long ago to those of now; ``pivots`` are older issues of one list, in any order.

    Raises ``ListSignerUnknown`` where one of them is not signed by those known when its turn comes: nothing is passed over.
    """
    if not 0 < len(pivots) <= MAX_PIVOTS:
        raise ValueError(f"pivots number 1 to {MAX_PIVOTS}")
    known, waiting = start, list(pivots)
    taken: list[TrustedList] = []
    while waiting:
        step = _next_pivot(waiting, known, taken[-1].sequence if taken else 0)
        taken.append(step)
        known = _next_signers(step, known)
    numbers = tuple(pivot.sequence for pivot in taken)
    return Followed(Pin(known, numbers[-1] + 1, numbers), tuple(taken))


def _next_signers(found: TrustedList, known: PinnedSource) -> PinnedSource:
    """Return who may sign what comes after this list: those it names for itself, else those of before."""
    own = _own_pointers(found)
    named = {frozenset(pointer.signers) for pointer in own if pointer.signers}
    if not named:
        return PinnedSource(found.scheme_id, known.signers, known.certificates)
    if len(named) > 1:
        raise ListSignerUnknown(
            f"第 {found.sequence} 号清单有多处指向与自身同名的清单且签名者不同，无法确定下一任签名者；请改用 --signer 直接给出核对过的签名者。",
            f"List {found.sequence} points to several lists that could be itself, with different signers; pin the signer of today with --signer.",
        )
    return PinnedSource.of(found.scheme_id, dict.fromkeys(der for pointer in own for der in pointer.signers))


def _own_pointers(found: TrustedList) -> list[Pointer]:
    """Return where a list points to itself: its type, territory and operator, and its own address where it says one.

    Type and territory alone do not tell: a country's list points to those of its provinces.
    """
    names = {text.strip().casefold() for _, text in found.operator.texts}
    own = [
        pointer
        for pointer in found.pointers
        if pointer.type_uri == found.scheme.type_uri
        and pointer.territory == found.territory
        and names & {text.strip().casefold() for _, text in pointer.operator.texts}
    ]
    placed = [pointer for pointer in own if pointer.location in found.scheme.distribution]
    return placed or own


def _next_pivot(waiting: list[bytes], known: PinnedSource, after: int) -> TrustedList:
    """Take the oldest pivot that the known signers signed and that is younger than the one before."""
    readable = []
    for octets in waiting:
        try:
            found = read_list(octets, (known,))
        except ListRefused:
            continue
        if found.sequence > after:
            readable.append((found.sequence, octets, found))
    if not readable:
        raise _no_way(len(waiting), after)
    _, octets, found = min(readable, key=lambda item: item[0])
    waiting.remove(octets)
    return found


def _no_way(left: int, after: int) -> ListSignerUnknown:
    come = f"第 {after} 号之后" if after else "一开始"
    return ListSignerUnknown(
        f"过渡清单不能首尾相接：{come}剩余的 {left} 份都不是由已知的签名者签发且序号更大；请从发布机构取得全部过渡清单。",
        f"The pivots do not lead on: of the {left} left {f'after number {after}' if after else 'at the beginning'} none is signed by a "
        "signer known by then under a higher number; fetch all of them from their publisher.",
    )
