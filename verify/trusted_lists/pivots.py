"""A change of the signers of a list of lists, followed from one to the next (pivots; TS 119 615 §4.2, Commission's rules).

A list that points to itself names the certificates that sign its successors. Whoever pinned the signers of long ago takes each
pivot in order of its number, checks it with the signers known so far and goes on with those that it names; the present list must
then be signed by the last. A pivot is old by nature, so its age is not judged; that its number rises is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from verify.trusted_lists.errors import ListRefused, ListSignerUnknown
from verify.trusted_lists.limits import MAX_PIVOTS
from verify.trusted_lists.model import Seen, TrustedList
from verify.trusted_lists.pinned import judge_list, read_list
from verify.trusted_lists.source import PinnedSource


@dataclass(frozen=True, slots=True)
class Followed:
    """The present list, and who may sign its next issue: pin these from now on, and forget those of before."""

    trusted_list: TrustedList
    pinned: PinnedSource
    pivots: tuple[TrustedList, ...] = ()
    """The older lists that led there, in order."""


def follow(
    octets: bytes, pivots: Sequence[bytes], pinned: PinnedSource, seen: Seen | None, at: datetime
) -> Followed:
    """Judge a list whose signers may have changed since they were pinned; ``pivots`` are older issues in any order.

    Raises as :func:`judge_list` does: without a pivot that leads there, ``ListSignerUnknown``.
    """
    known = pinned
    taken: list[TrustedList] = []
    waiting = list(pivots[:MAX_PIVOTS])
    while True:
        try:
            found = judge_list(octets, known, seen, at)
            break
        except ListSignerUnknown:
            step = _next_pivot(waiting, known, taken[-1].sequence if taken else 0)
            if step is None:
                raise
            taken.append(step)
            known = next_signers(step, known)
    for pivot in taken:
        if pivot.sequence >= found.sequence:
            raise _out_of_order(pivot, found)
    return Followed(found, next_signers(found, known), tuple(taken))


def next_signers(found: TrustedList, pinned: PinnedSource) -> PinnedSource:
    """Return who may sign what comes after this list: those it names for itself, else those of before."""
    named = [
        der
        for pointer in found.pointers
        if pointer.type_uri == found.scheme.type_uri and pointer.territory in {"", found.territory}
        for der in pointer.signers
    ]
    return PinnedSource.of(pinned.scheme_id, dict.fromkeys(named)) if named else pinned


def _next_pivot(waiting: list[bytes], known: PinnedSource, after: int) -> TrustedList | None:
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
        return None
    _, octets, found = min(readable, key=lambda item: item[0])
    waiting.remove(octets)
    return found


def _out_of_order(pivot: TrustedList, found: TrustedList) -> ListSignerUnknown:
    return ListSignerUnknown(
        f"签名证书的变更来自序号 {pivot.sequence} 的清单，不早于当前清单（{found.sequence}）；请从发布机构重新获取。",
        f"The change of signers comes from the list number {pivot.sequence}, not older than the present one "
        f"({found.sequence}); fetch them again from their publisher.",
    )
