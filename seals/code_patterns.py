"""How seal codes are put together, as the settings say. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from seals.seal import ELECTRONIC_CODE_DIGITS, PHYSICAL_CODE_DIGITS


@dataclass(frozen=True, slots=True)
class CodePatterns:
    """How codes are put together from ``{division}`` (6 digits) and ``{serial}`` (``str.format`` fields).

    Layouts of the 13-digit physical code differ from place to place, hence a setting; the 14-digit electronic code is 6
    digits of division and 8 of serial. A pattern that does not give the right length raises ``ValueError``.
    """

    physical: str = "{division}{serial:07d}"
    electronic: str = "{division}{serial:08d}"

    def __post_init__(self) -> None:
        _check(self.physical, PHYSICAL_CODE_DIGITS)
        _check(self.electronic, ELECTRONIC_CODE_DIGITS)


def _check(pattern: str, digits: int) -> None:
    """Hold a pattern to its length, and to telling every division and serial number apart; ``ValueError``."""
    try:
        made, division, serial = (
            pattern.format(division=place, serial=number)
            for place, number in (("330106", 1), ("330107", 1), ("330106", 2))
        )
    except (KeyError, IndexError, AttributeError, TypeError, ValueError) as wrong:
        raise ValueError(
            f"the pattern {pattern!r} has other fields than {{division}} and {{serial}}"
        ) from wrong
    if len(made) != digits or not (made.isascii() and made.isdigit()):
        raise ValueError(f"the pattern {pattern!r} gives {made!r}, not {digits} digits")
    if made in (division, serial):
        raise ValueError(
            f"the pattern {pattern!r} gives {made!r} twice; it needs all of {{division}} and {{serial}}"
        )
