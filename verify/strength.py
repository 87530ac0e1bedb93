"""Until when an algorithm counts, and how strong a signature's were when it was made and are now.

ETSI EN 319 102-1 §5.2.8 and §5.6.2.4: what is weak today still proves what existed while it was sound, if something that is
sound proves that it existed then. A firm end refuses what nothing proves to be older; an announced one is told and no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ca.words import Word
from verify.sentence import Reason, iso


class Soundness(Word):
    """Whether an algorithm counts at one moment."""

    SOUND = "sound", "可靠"
    WEAK = "weak", "已不可靠"
    UNKNOWN = "unknown", "未判断"


@dataclass(frozen=True, slots=True)
class Sunset:
    """The last moment of an algorithm, who says so, and whether that is in force or only announced."""

    ends: datetime
    source: str
    firm: bool = True


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


_ETSI: Final = "ETSI TS 119 312 V1.5.1"
_NIST: Final = "NIST SP 800-131A Rev. 2"
_DRAFT: Final = "NIST IR 8547 (draft)"

DIGEST_ENDS: Final = {
    "md5": Sunset(_day(2004, 8, 1), "ETSI TS 102 176-1 V2.1.1"),
    "sha1": Sunset(_day(2012, 8, 1), _ETSI),
    "sha224": Sunset(_day(2029, 1, 1), _ETSI),
}
"""Digests that end; SHA-256 and longer, SHA-3 and SM3 (GB/T 32905, GM/T 0004) have no end that anybody names."""

KEY_ENDS: Final[dict[str, tuple[tuple[int, Sunset], ...]]] = {
    "RSA": (
        (1024, Sunset(_day(2010, 8, 1), _ETSI)),
        (1900, Sunset(_day(2014, 1, 1), _NIST)),
        (3000, Sunset(_day(2029, 1, 1), _ETSI)),
    ),
    "DSA": ((1900, Sunset(_day(2014, 1, 1), _NIST)), (1 << 20, Sunset(_day(2024, 2, 3), "FIPS 186-5"))),
    "EC": ((224, Sunset(_day(2012, 8, 1), _ETSI)), (256, Sunset(_day(2021, 10, 1), _ETSI))),
}
"""Ends of keys with fewer bits than the number, ascending. Where two authorities differ, the earlier of them.

RSA of 1,024 bits: NIST let nobody sign with it after 2013, ETSI six years later.
"""

ANNOUNCED: Final = Sunset(_day(2036, 1, 1), _DRAFT, firm=False)
"""Every public-key algorithm that a quantum computer breaks; SM2 (GM/T 0003) is given the same, though no rule names it."""


@dataclass(frozen=True, slots=True)
class Use:
    """One algorithm at work in one place of a signature."""

    what_zh: str
    what_en: str
    algorithm: str
    sunset: Sunset | None
    then: Soundness
    now: Soundness

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the use; ``until`` is null where no end is known."""
        return {
            "what": self.what_en,
            "what_zh": self.what_zh,
            "algorithm": self.algorithm,
            "until": None if self.sunset is None else iso(self.sunset.ends),
            "source": "" if self.sunset is None else self.sunset.source,
            "in_force": self.sunset is not None and self.sunset.firm,
            "then": self.then.value,
            "now": self.now.value,
        }


@dataclass(frozen=True, slots=True)
class Strength:
    """How strong a signature's algorithms were at ``at`` and are now; ``proved`` tells a proved time from a claimed one."""

    then: Soundness
    now: Soundness
    at: datetime | None
    proved: bool
    uses: tuple[Use, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the strength."""
        return {
            "then": self.then.value,
            "now": self.now.value,
            "at": iso(self.at),
            "proved": self.proved,
            "uses": [use.to_json() for use in self.uses],
        }


def digest_sunset(name: str) -> Sunset | None:
    """Return the end of a digest by its ``hashlib`` name, if it has one."""
    return DIGEST_ENDS.get(name)


def key_sunset(family: str, bits: int) -> Sunset | None:
    """Return the end of a key: ``family`` is RSA, DSA, EC, SM2 or another, which ends as announced."""
    for below, sunset in KEY_ENDS.get(family, ()):
        if bits < below:
            return sunset
    return ANNOUNCED


def soundness(sunset: Sunset | None, moment: datetime) -> Soundness:
    """Tell whether an algorithm counts at a moment; an announced end is not in force."""
    return Soundness.WEAK if sunset is not None and sunset.firm and moment >= sunset.ends else Soundness.SOUND


def worst(found: Iterable[Soundness]) -> Soundness:
    """Return the weakest of several; of none, unknown."""
    known = set(found)
    if Soundness.WEAK in known:
        return Soundness.WEAK
    return Soundness.UNKNOWN if not known or Soundness.UNKNOWN in known else Soundness.SOUND


def weak_now(strength: Strength) -> Reason | None:
    """Say which algorithms have ended since, if any did; the proof of time is what the signature then rests on."""
    ended = [use for use in strength.uses if use.now is Soundness.WEAK and use.sunset is not None]
    if not ended:
        return None
    last = min(use.sunset.ends for use in ended if use.sunset is not None)
    names = "、".join(dict.fromkeys(use.algorithm for use in ended))
    names_en = ", ".join(dict.fromkeys(use.algorithm for use in ended))
    return Reason(
        f"所用算法（{names}）自 {last:%Y-%m-%d} 起不再可靠；可信时间戳证明签章在此之前已存在，故仍可采信。"
        "请尽快以现行算法补加归档时间戳，以延长证明。",
        f"The algorithms {names_en} count no longer since {last:%Y-%m-%d}; a trusted time-stamp proves that the signature "
        "is older, so it still counts. Have an archive time-stamp of today's algorithms added, to keep the proof.",
    )
