"""Who does a thing: the person or application that every state change and audit row names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or application, as the caller's login established it.

    ``id`` is stable and unique (``person:li.wei``, ``app:oa``, ``system:reconcile``); two actors are distinct persons
    exactly when their ids differ. ``uscc`` is the enterprise acted for, if any.
    """

    id: str
    name: str = ""
    uscc: str | None = None


SYSTEM = Actor("system:yinxin", "印信 / Yinxin")
"""The service itself: scheduled work and reconciliation."""
