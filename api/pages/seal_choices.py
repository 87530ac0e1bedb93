"""The seals that somebody may choose from, with the reason beside each that cannot be used now."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from api.pages.words import Language, say
from ca.actor import Actor
from seals.registry import SealRegistry
from seals.seal import SealQuery, SealRecord, SealStatus

MAX_CHOICES: Final = 200
"""A person keeps a handful of seals; a list beyond this is no longer a choice."""


def choices(registry: SealRegistry, keeper: Actor, now: datetime, language: Language) -> list[dict[str, Any]]:
    """List the seals that ``keeper`` keeps, usable ones first."""
    page = registry.list(SealQuery(uscc=keeper.uscc, keeper=keeper.id, limit=MAX_CHOICES))
    told = [_choice(record, now, language) for record in page.records]
    return sorted(told, key=lambda each: not each["usable"])


def _choice(record: SealRecord, now: datetime, language: Language) -> dict[str, Any]:
    expired = record.expired(now)
    status = "expired" if expired and record.status is SealStatus.ACTIVE else record.status.value
    return {
        "code": record.code,
        "name": record.name,
        "kind": record.kind.zh if language == "zh" else record.kind.en,
        "status": say(language, f"seal.status.{status}"),
        "usable": record.status is SealStatus.ACTIVE and not expired,
        "width_mm": record.physical.width_mm,
        "height_mm": record.physical.height_mm,
        "picture": f"/seal/pictures/{record.code}.svg",
    }
