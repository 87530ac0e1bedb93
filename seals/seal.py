"""The seal: one record with a physical and an electronic side. Its states and moves are in ``seals.states``.

Pure types; nothing here touches a database. ``verify`` reads the enumerations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from seals.states import (
    FIRST_STATUS,
    REASONED_ACTS,
    STOPPING_ACTS,
    TRANSITIONS,
    SealAct,
    SealStatus,
    destination,
)

__all__ = [
    "FIRST_STATUS",
    "REASONED_ACTS",
    "STOPPING_ACTS",
    "TRANSITIONS",
    "BoundCertificate",
    "ElectronicSide",
    "PhysicalSide",
    "SealAct",
    "SealApplication",
    "SealEvent",
    "SealKind",
    "SealOwner",
    "SealPage",
    "SealQuery",
    "SealRecord",
    "SealStatus",
    "destination",
    "is_electronic_code",
    "is_physical_code",
]

PHYSICAL_CODE_DIGITS: Final = 13
"""Length of a physical seal's code (GA 241 family; its inner layout differs by place, so only length is judged)."""
ELECTRONIC_CODE_DIGITS: Final = 14
"""Length of an electronic seal's code: 6-digit division (GB/T 2260) and 8-digit serial."""

_PHYSICAL = re.compile(r"[0-9]{13}")
_ELECTRONIC = re.compile(r"[0-9]{14}")


def is_physical_code(text: str) -> bool:
    """Tell whether ``text`` is thirteen ASCII digits."""
    return _PHYSICAL.fullmatch(text) is not None


def is_electronic_code(text: str) -> bool:
    """Tell whether ``text`` is fourteen ASCII digits."""
    return _ELECTRONIC.fullmatch(text) is not None


class SealKind(Enum):
    """Kinds of seal by the two-digit code of public-security practice, with Chinese and English words."""

    LEGAL_NAME = ("01", "法定名称章", "legal-name seal")
    FINANCE = ("02", "财务专用章", "finance seal")
    INVOICE = ("03", "发票专用章", "invoice seal")
    CONTRACT = ("04", "合同专用章", "contract seal")
    LEGAL_REPRESENTATIVE = ("05", "法定代表人名章", "legal representative's seal")
    OTHER = ("99", "其他类型印章", "other seal")

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code = code
        self.zh = zh
        self.en = en

    @classmethod
    def of(cls, code: str) -> SealKind:
        """Return the kind with this two-digit code; an unknown one raises ``ValueError``."""
        for kind in cls:
            if kind.code == code:
                return kind
        raise ValueError(f"no kind of seal has the code {code!r}")


@dataclass(frozen=True, slots=True)
class PhysicalSide:
    """The engraved seal: 13-digit code, template of its geometry, outer size in millimetres."""

    code: str
    template: str
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class BoundCertificate:
    """The keeper's certificate bound at approval; ``sha256`` is the lower-case hex digest of ``der``."""

    serial: int
    sha256: str
    der: bytes
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class ElectronicSide:
    """The electronic seal: 14-digit code, certificate (once approved), digest of the approved picture (hex)."""

    code: str
    picture_sha256: str
    certificate: BoundCertificate | None


@dataclass(frozen=True, slots=True)
class SealOwner:
    """The owner: its unified social credit code and its name when the seal was applied for."""

    uscc: str
    name: str


@dataclass(frozen=True, slots=True)
class SealRecord:
    """One seal as the registry holds it: both sides under one status.

    ``name`` is the seal's full title, ``line`` its inscription under the name, ``person`` the holder of a name seal.
    ``valid_from`` and ``valid_to`` are set when the pair becomes active, ``filed_at`` and ``filed_by`` too (已备案: a fact,
    not a state). ``engrave`` tells that a new physical seal is to be made. ``frozen_from`` is the state that a frozen pair
    had, ``resume_requested_by`` who asked that a frozen or suspended one come back. ``destroyed_at`` dates the
    destruction of the physical seal. ``keeper`` is the principal keeper's actor id and is among
    ``keepers``. ``predecessor`` and ``successor`` are electronic codes of the pairs that a change of name links.
    ``moves`` counts the acts on record; it rises with each.
    """

    kind: SealKind
    name: str
    owner: SealOwner
    line: str
    person: str
    physical: PhysicalSide
    electronic: ElectronicSide
    status: SealStatus
    applied_at: datetime
    valid_days: int
    valid_from: datetime | None
    valid_to: datetime | None
    keeper: str
    keepers: tuple[str, ...]
    applicant: str
    approver: str | None
    resume_requested_by: str | None
    predecessor: str | None
    successor: str | None
    moves: int
    engrave: bool = False
    frozen_from: SealStatus | None = None
    filed_at: datetime | None = None
    filed_by: str | None = None
    destroyed_at: datetime | None = None

    @property
    def code(self) -> str:
        """The electronic code, by which the registry knows the pair."""
        return self.electronic.code

    def expired(self, when: datetime) -> bool:
        """Tell whether ``when`` lies outside the validity; both ends are inside it."""
        if self.valid_from is None or self.valid_to is None:
            return False
        return not self.valid_from <= when <= self.valid_to


@dataclass(frozen=True, slots=True)
class SealEvent:
    """One act on record: the history from which any past state is read."""

    code: str
    number: int
    act: SealAct
    status: SealStatus
    at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class SealApplication:
    """What an applicant asks for.

    ``keeper`` is the actor id of the principal keeper, ``keepers`` further people of the owner. ``template`` names a
    row of ``seals.drawing.geometry`` (the kind's first one by default). ``line`` is the inscription of an *other* seal,
    ``person`` the name on a legal representative's seal. ``physical_code`` is the code of a seal already engraved;
    without it one is allocated. ``engrave`` asks for a new physical seal: such an application is approved by ordering it
    from an engraver, and the pair becomes active when it is filed. ``valid_days`` is counted from then, else from approval.
    ``picture_sha256`` names an uploaded picture that the seal bears instead of a drawn one
    (:mod:`seals.imprint.uploads`).
    """

    uscc: str
    kind: SealKind
    keeper: str
    keepers: tuple[str, ...] = ()
    template: str | None = None
    line: str = ""
    person: str = ""
    physical_code: str | None = None
    valid_days: int | None = None
    engrave: bool = False
    picture_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class SealQuery:
    """Which seals to list: every filter given must match; ``after`` is the last code of the page before."""

    uscc: str | None = None
    kind: SealKind | None = None
    status: SealStatus | None = None
    keeper: str | None = None
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class SealPage:
    """A page of seals in order of their electronic codes; ``next`` continues, or is ``None`` at the end."""

    records: tuple[SealRecord, ...]
    next: str | None
