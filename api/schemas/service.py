"""Answers of the service about itself."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from api.doctor import Check


class CheckModel(BaseModel):
    """One examination: what was looked at and how it is. The finding and its fix are the operator's (``yinxin doctor``)."""

    subject: str
    health: str


class HealthModel(BaseModel):
    """Every examination, and the word over all; anybody may ask, so nothing of the inside is told."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"status": "ok", "checks": [{"subject": "database", "health": "ok"}]}]
        }
    )

    status: str
    checks: list[CheckModel]

    @classmethod
    def of(cls, checks: Sequence[Check], *, well: bool) -> HealthModel:
        """Show ``checks``."""
        listed = [CheckModel(subject=check.subject, health=str(check.health)) for check in checks]
        return cls(status="ok" if well else "broken", checks=listed)
