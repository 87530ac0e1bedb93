"""A department's policy as data: which lists, seals, levels, keys and proofs it asks for, and for which acts more.

Pure values. Demands only ever add up: an act asks for what its department asks for, and more; so adding a demand never
turns a refusal into an acceptance. What is *allowed* besides (a list, an equivalence) is named apart from the demands.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final

from verify.sentence import Reason
from verify.trusted_lists.decision import BY_DECREE
from verify.trusted_lists.model import ServiceKind

LEVELS: Final = ("B", "T", "LT", "LTA")
"""How much evidence goes with a signature, rising (EN 319 142-1 §6; the same words for seal signatures and OFD)."""
COUNTED: Final = (ServiceKind.CA.value, ServiceKind.SEAL_MAKER.value, ServiceKind.TSA.value)
"""Whose word an acceptance rests on: about the certificate, about the seal, about the time."""
DECREE: Final = "decree"
"""How a policy writes the list that is none: the anchors that the operator put into the trust folder."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What is asked of a document and of the seal that decides. ``None``, 0, false and empty text ask for nothing."""

    seal: bool = False
    """A seal, not a mere signature."""
    seal_kinds: tuple[str, ...] | None = None
    """Two-digit codes, one of which the seal has."""
    same_owner: bool = False
    """The seal's owner is the holder of the certificate."""
    level: str = ""
    """Lowest level of PDF and detached signatures, of :data:`LEVELS`."""
    ofd_level: str = ""
    """Lowest level of OFD signatures."""
    containers: tuple[str, ...] | None = None
    """What the signature is written in: cms, gbt35275, ses."""
    time_stamp: bool = False
    """The time is proved by a trusted time-stamp."""
    policies: tuple[str, ...] | None = None
    """Certificate policies (OIDs), one of which the certificate states under a proved chain."""
    assurance: str = ""
    """Lowest level of assurance, of those that the policy names."""
    custody: tuple[str, ...] | None = None
    """Where the key may be kept: token, device, sealed, soft, remote."""
    keys: tuple[str, ...] | None = None
    """Kinds of key: SM2, RSA, P-256, P-384 …"""
    digests: tuple[str, ...] | None = None
    """Digests: SM3, SHA-256 …"""
    rsa_bits: int = 0
    """Shortest RSA modulus."""
    strong_now: bool = False
    """Its algorithms still count now, not only when it was made."""
    good_now: bool = False
    """Certificate, seal and list entry are in force now too."""
    seal_statement: bool = False
    """The seal maker's statement on this use, with case and rule."""
    approved: bool = False
    """Somebody else than the keeper approved this use: a case, with the digest of its approvals in the statement."""
    institutional_proof: bool = False
    """The whole institutional proof, from a signed evidence record."""
    age_days: int = 0
    """Most days since a proved time of sealing."""
    evidence_hours: int = 0
    """Most hours since the newest evidence that the verifier had."""
    nothing_added: bool = False
    """No revision after the seal but signatures, evidence, time-stamps and the document's description."""
    every_seal: bool = False
    """Every seal and signature meets the demands, not only one."""
    genuine: bool = False
    """No demonstration certificates."""

    def asks(self) -> bool:
        """Tell whether anything is asked for at all."""
        return any(getattr(self, one.name) != one.default for one in fields(self))


def joined(one: Demands, other: Demands, assurances: tuple[str, ...] = ()) -> Demands:
    """Return the demands of both: what is allowed is what both allow, bounds are the stricter, truths are any of both.

    ``assurances`` are the names of the levels of assurance, the highest first.
    """

    def both(name: str) -> tuple[str, ...] | None:
        first: tuple[str, ...] | None = getattr(one, name)
        second: tuple[str, ...] | None = getattr(other, name)
        if first is None or second is None:
            return first if second is None else second
        return tuple(item for item in first if item in second)

    def least(name: str) -> int:
        return min((n for n in (getattr(one, name), getattr(other, name)) if n), default=0)

    values: dict[str, Any] = {name: both(name) for name in LISTED}
    values |= {name: getattr(one, name) or getattr(other, name) for name in TRUTHS}
    return Demands(
        **values,
        level=_higher(one.level, other.level, LEVELS[::-1]),
        ofd_level=_higher(one.ofd_level, other.ofd_level, LEVELS[::-1]),
        assurance=_higher(one.assurance, other.assurance, assurances),
        rsa_bits=max(one.rsa_bits, other.rsa_bits),
        age_days=least("age_days"),
        evidence_hours=least("evidence_hours"),
    )


LISTED: Final = ("seal_kinds", "containers", "policies", "custody", "keys", "digests")
TRUTHS: Final = (
    "seal", "same_owner", "time_stamp", "strong_now", "good_now", "seal_statement", "approved", "institutional_proof",
    "nothing_added", "every_seal", "genuine",
)  # fmt: skip
"""Demands that are made or not made; every other has a bound or a list."""


def _higher(one: str, other: str, falling: tuple[str, ...]) -> str:
    found = [name for name in falling if name in {one, other}]
    return found[0] if found else one or other


@dataclass(frozen=True, slots=True)
class AcceptedList:
    """A list whose entries count here: for which kinds of service and of seal, from when until when.

    ``scheme`` is a scheme's name, empty for the operator's anchors, or ``*`` for every list that the installation trusts.
    ``kinds`` are the services whose word counts: authorities for certificates, makers for seals, time-stamp authorities for times.
    ``services`` names single entries by the SHA-256 of their certificate; ``None`` is all.
    """

    scheme: str
    kinds: tuple[str, ...] = COUNTED
    seal_kinds: tuple[str, ...] | None = None
    services: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def named(self) -> str:
        """How a report calls it."""
        return DECREE if self.scheme == BY_DECREE else self.scheme


@dataclass(frozen=True, slots=True)
class Equivalence:
    """A foreign list taken for one of ours, as mutual recognition agreements write it: foreign words → own words.

    ``kind`` is the foreign entry's kind of service. ``seal_kinds`` are pairs of a foreign code and the own one; one that is
    not named has no equivalent. ``policies`` are foreign certificate policies that stand for the own level ``assurance``.
    """

    id: str
    scheme: str
    kind: str
    seal_kinds: tuple[tuple[str, str], ...] = ()
    policies: tuple[str, ...] = ()
    assurance: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def own_kind(self, foreign: str) -> str:
        """Return the own code that a foreign seal's counts as; empty where there is none."""
        return dict(self.seal_kinds).get(foreign, "")


@dataclass(frozen=True, slots=True)
class Assurance:
    """A level of assurance: the certificate policies (OIDs) that give it."""

    name: str
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must be done as well unless the document meets ``unless``; with no such demand it always must."""

    id: str
    words: Reason
    unless: Demands = field(default_factory=Demands)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that the department is asked for (事项), with what it asks for beyond its general demands."""

    id: str
    zh: str
    en: str
    demands: Demands = field(default_factory=Demands)
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class DepartmentPolicy:
    """One department's policy as it was read; ``sha256`` is of its file."""

    id: str
    zh: str
    en: str
    version: str
    sha256: str
    demands: Demands
    lists: tuple[AcceptedList, ...]
    acts: tuple[Act, ...]
    assurances: tuple[Assurance, ...] = ()
    equivalences: tuple[Equivalence, ...] = ()
    conditions: tuple[Condition, ...] = ()
    cites: tuple[tuple[str, str], ...] = ()
    """What single rules rest on here, by their ids."""
    aliases: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    example: bool = False
    """It ships with the software and binds nobody."""

    def act(self, asked: str) -> Act | None:
        """Find an act by id or name."""
        return next((one for one in self.acts if asked in {one.id, one.zh, one.en}), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that it is called."""
        return (self.id, self.zh, self.en, *self.aliases)

    def named(self, asked: str) -> bool:
        """Tell whether somebody who asks so means this department."""
        wanted = asked.strip().casefold()
        return wanted in {word.casefold() for word in self.names}

    def demands_of(self, act: Act) -> Demands:
        """Return everything that is asked for in an act."""
        return joined(self.demands, act.demands, tuple(one.name for one in self.assurances))
