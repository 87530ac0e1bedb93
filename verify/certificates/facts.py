"""One verified statement about one certificate at one time, and what several of them say together (RFC 5280 §6.3). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from verify.certificates.crl_scope import ALL_REASONS, Reasons

CERTIFICATE_HOLD: Final = "certificateHold"
ROUTINE: Final = frozenset({"superseded", "cessationOfOperation", "affiliationChanged"})
"""Reasons that say nothing against the key (RFC 5280 §5.3.1): what it said before stands by its own date."""
IN_COURSE: Final = ROUTINE | {"privilegeWithdrawn"}
"""Reasons for which an authority ends another without anything being amiss with its key."""
COMPROMISED: Final = frozenset({"keyCompromise", "cACompromise", "aACompromise"})
"""Reasons (RFC 5280 §5.3.1) after which no date that the key itself signed counts."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One verified statement about one certificate: revoked at a time, or not revoked as of ``this_update``."""

    source: str
    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None = None
    reason: str = ""
    embedded: bool = False
    made: datetime | None = None
    """When it was made, where that is told apart from ``this_update``."""
    ends: datetime | None = None
    """When the certificate of whose word this is ends: nothing it says is about a later time."""
    kept_since: datetime | None = None
    """Since when states of certificates that ended are kept; ``None``: they may have been dropped."""

    @property
    def on_hold(self) -> bool:
        """Tell whether this is a suspension, which may be lifted (RFC 5280 §5.3.1)."""
        return self.reason == CERTIFICATE_HOLD

    def knows(self, end: datetime) -> bool:
        """Tell whether a certificate that ends at ``end`` is still told of (RFC 5280 §3.3, RFC 6960 §4.4.4), while the maker's own lasts."""
        kept = self.kept_since is not None and self.kept_since <= end
        return self.this_update <= end or (kept and (self.ends is None or self.this_update <= self.ends))


def invalid_since(revoked: datetime | None, reason: str, invalid: datetime | None) -> datetime | None:
    """RFC 5280 §5.3.2: return since when a certificate counts for nothing, which may be earlier than it was revoked, for whatever reason.

    A suspension is none: it says nothing about before.
    """
    if revoked is None or invalid is None or reason == CERTIFICATE_HOLD:
        return revoked
    return min(revoked, invalid)


def gravest(facts: Iterable[Fact]) -> Fact | None:
    """Return the first revocation for good, with the gravest reason that any of them gives.

    An authority may learn later that a key was stolen that it had revoked in the course of things: an older list, which anybody may
    bring along, does not take that back.
    """
    ended = [fact for fact in facts if fact.revoked_at is not None and not fact.on_hold]
    first = min(ended, key=lambda fact: (fact.revoked_at,), default=None)
    worst = min(ended, key=lambda fact: (_lightness(fact.reason), fact.revoked_at), default=None)
    return None if first is None or worst is None else replace(first, reason=worst.reason)


def _lightness(reason: str) -> tuple[bool, bool, bool]:
    return reason not in COMPROMISED, reason in IN_COURSE, reason in ROUTINE


Said = tuple[Reasons, Fact]
"""A fact, and over which reasons its list speaks."""


def together(said: Sequence[Said]) -> list[Fact]:
    """Return what lists say together: each revocation, each *good* over all reasons, and one joined from parts.

    A list over some reasons alone proves no certificate good: it could stand on the list of the others (§6.3.3 (l)).
    """
    found = [fact for reasons, fact in said if fact.revoked_at is not None or reasons == ALL_REASONS]
    parts = [(reasons, fact) for reasons, fact in said if fact.revoked_at is None and reasons != ALL_REASONS]
    newest = {
        reason: max(
            (f for reasons, f in parts if reason in reasons), key=lambda f: f.this_update, default=None
        )
        for reason in ALL_REASONS
    }
    needed = [fact for fact in newest.values() if fact is not None]
    if parts and len(needed) == len(newest):
        found.append(_joined(needed))
    return found


def _joined(parts: Sequence[Fact]) -> Fact:
    """Join parts: as old as the oldest, and no longer good than the first of them to end."""
    due = [fact.next_update for fact in parts if fact.next_update is not None]
    return Fact(
        "crl",
        min(fact.this_update for fact in parts),
        min(due) if len(due) == len(parts) else None,
        embedded=all(fact.embedded for fact in parts),
        ends=first_end(parts),
        kept_since=kept_by_all(parts),
    )


def first_end(parts: Sequence[Fact]) -> datetime | None:
    """Return when the first of several ends by whose word it is; ``None``: none does."""
    return min((fact.ends for fact in parts if fact.ends is not None), default=None)


def kept_by_all(parts: Sequence[Fact]) -> datetime | None:
    """Return since when each of several keeps the states of certificates that ended; ``None``: one may have dropped them."""
    kept = [fact.kept_since for fact in parts if fact.kept_since is not None]
    return max(kept) if len(kept) == len(parts) else None
