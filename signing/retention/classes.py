"""Retention classes as data: how many years documents of a kind are kept. Pure.

The classes shipped are those of the archives of enterprises and of accounting in China: for ever, thirty years, ten years
(《企业文件材料归档范围和档案保管期限规定》, 《会计档案管理办法》). An installation may give its own in a TOML file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from signing.retention.errors import RetentionRulesInvalid, RetentionUnknown

MAX_CLASSES: Final = 100
"""Classes of one installation; a schedule of a large enterprise has some dozens."""
MAX_YEARS: Final = 1000
"""Longest period in years; whoever means longer writes 0, for ever."""
_KEYS: Final = frozenset({"zh", "en", "years"})


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """A class: its name in both languages, and years (0: for ever)."""

    id: str
    zh: str
    en: str
    years: int

    def until(self, start: datetime) -> datetime | None:
        """Return when a document stored at ``start`` may be deleted; ``None``: never."""
        if self.years == 0:
            return None
        try:
            return start.replace(year=start.year + self.years)
        except ValueError:  # 29 February, or beyond the last year there is
            last = min(start.year + self.years, datetime.max.year)  # noqa: DTZ901 - only the number of the year
            return start.replace(year=last, month=3, day=1)


class RetentionBook:
    """The classes of an installation."""

    def __init__(self, classes: Mapping[str, RetentionClass]) -> None:
        self._classes = dict(classes)

    def of(self, name: str) -> RetentionClass:
        """Find a class. :class:`RetentionUnknown`."""
        found = self._classes.get(name)
        if found is None:
            raise RetentionUnknown(tuple(self._classes))
        return found

    @property
    def classes(self) -> tuple[RetentionClass, ...]:
        """Every class, in the order of the file."""
        return tuple(self._classes.values())


def default_classes() -> RetentionBook:
    """Return the classes shipped."""
    shipped = (
        RetentionClass("permanent", "永久", "for ever", 0),
        RetentionClass("y30", "30 年", "30 years", 30),
        RetentionClass("y10", "10 年", "10 years", 10),
    )
    return RetentionBook({one.id: one for one in shipped})


def read_classes(octets: bytes) -> RetentionBook:
    """Read a TOML file of classes. :class:`RetentionRulesInvalid` names the place."""
    try:
        tables = tomllib.loads(octets.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise RetentionRulesInvalid("TOML") from wrong
    if not 1 <= len(tables) <= MAX_CLASSES:
        raise RetentionRulesInvalid(f"1–{MAX_CLASSES} [ ]")
    return RetentionBook({name: _class(name, values) for name, values in tables.items()})


def _class(name: str, values: Any) -> RetentionClass:
    if not isinstance(values, dict) or set(values) != _KEYS or not 1 <= len(name) <= 64:
        raise RetentionRulesInvalid(name[:64])
    zh, en, years = values["zh"], values["en"], values["years"]
    words = all(isinstance(word, str) and 1 <= len(word) <= 100 for word in (zh, en))
    if not words or type(years) is not int or not 0 <= years <= MAX_YEARS:
        raise RetentionRulesInvalid(name)
    return RetentionClass(name, zh, en, years)
