"""``yinxin doctor`` and ``/healthz``: tokens, clock, disk, fonts, database; each finding with its fix.

Nothing here raises for a world that is not well: that is the finding.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from api.errors import SchemaOutdated
from api.schema import check_schema
from hsm.pins import Pin  # noqa: F401

if TYPE_CHECKING:
    from api.bootstrap import Services

LOW_DISK_OCTETS: Final = 500 * 2**20
"""Below this a busy day's archive may not fit: a warning."""
NO_DISK_OCTETS: Final = 50 * 2**20
"""Below this the database itself may fail to write."""
CLOCK_TOLERANCE: Final = timedelta(seconds=1)
"""EN 319 421 §7.7.2: a time-stamp unit is within one second of UTC."""
PROBE_CHARACTERS: Final = "印章电子专用合同财务发票法定代表人测试杭州有限公司"


class Health(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding in both languages, with its fix (empty when well)."""

    subject: str
    health: Health
    zh: str
    en: str
    fix_zh: str = ""
    fix_en: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the finding as JSON members."""
        names = ("subject", "health", "zh", "en", "fix_zh", "fix_en")
        return {name: str(getattr(self, name)) for name in names}
