"""Who does a thing: the person or application that every state change and audit row names."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from ca.actor_ids import seen


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or application, as the caller's login established it.

    ``id`` is stable and unique (``person:li.wei``, ``app:oa``, ``system:reconcile``); two actors are distinct persons
    exactly when :attr:`person` differs. ``uscc`` is the enterprise acted for, if any.
    """

    id: str
    name: str = ""
    uscc: str | None = None

    @property
    def person(self) -> str:
        """One name for one person however the id is written (Unicode NFKC, without what nobody sees, case folded)."""
        return seen(unicodedata.normalize("NFKC", seen(self.id))).strip().casefold()

    def is_any_of(self, *ids: str | None) -> bool:
        """Tell whether one of these ids names the same person: whoever must not act a second time is asked so."""
        return any(one is not None and Actor(one).person == self.person for one in ids)


SYSTEM = Actor("system:yinxin", "印信 / Yinxin")
"""The service itself: scheduled work and reconciliation."""
