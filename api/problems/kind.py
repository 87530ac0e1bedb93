"""The type of a problem, apart from the table so that parts of the table can stand in modules of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of problem: ``slug`` ends its URI; ``zh`` and ``en`` are its title."""

    slug: str
    status: int
    zh: str
    en: str

    @property
    def uri(self) -> str:
        """The type's URI reference; a page explains it there."""
        return f"/problems/{self.slug}"


CLOCK_WENT_BACK: Final = Kind("clock-went-back", 503, "系统时钟回退", "Clock went back")
