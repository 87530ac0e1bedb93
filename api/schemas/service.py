"""Answers of the service about itself."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from api.doctor import Check


class CheckModel(BaseModel):
    """One examination: what was looked at, how it is, and the fix where it is not well."""

    subject: str
    health: str
    zh: str
    en: str
    fix_zh: str
    fix_en: str


class HealthModel(BaseModel):
    """Every examination, and the word over all."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ok",
                    "checks": [
                        {
                            "subject": "database",
                            "health": "ok",
                            "zh": "数据库可读写",
                            "en": "the database answers",
                            "fix_zh": "",
                            "fix_en": "",
                        }
                    ],
                }
            ]
        }
    )

    status: str
    checks: list[CheckModel]

    @classmethod
    def of(cls, checks: Sequence[Check], *, well: bool) -> HealthModel:
        """Show ``checks``."""
        listed = [CheckModel(**check.to_json()) for check in checks]
        return cls(status="ok" if well else "broken", checks=listed)
