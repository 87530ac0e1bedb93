"""An engraving job: its states, the table of its moves, who works on it. Pure types; nothing here touches a database.

A job accompanies one seal from its approval for engraving to its filing. The seal's own row moves in the same
transaction (``seals.registry``); ``house.SEAL_ACTS`` says by which act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final

DEFAULT_UNCLAIMED: Final = timedelta(days=92)
"""Three months: how long a job may lie without a move before it is closed, unless settings say otherwise."""
DEFAULT_ANSWER_TIME: Final = timedelta(minutes=5)
"""How long a challenge to a chip can be answered: a reader needs seconds, a clerk who types a PIN a minute."""
MAX_TEXT: Final = 200
"""Longest reason or remark, in characters."""
MAX_PAGE: Final = 200
"""Most jobs in one page of a list."""


class JobStatus(StrEnum):
    """Where a job stands."""

    OPEN = "open"
    TAKEN = "taken"
    MADE = "made"
    PERSONALISED = "personalised"
    OFFERED = "offered"
    DELIVERED = "delivered"
    RETURNED = "returned"
    FILED = "filed"
    CLOSED = "closed"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _STATUS_ZH[self]


_STATUS_ZH: Final = {
    JobStatus.OPEN: "待接单",
    JobStatus.TAKEN: "制作中",
    JobStatus.MADE: "已制作",
    JobStatus.PERSONALISED: "已个人化",
    JobStatus.OFFERED: "待交付",
    JobStatus.DELIVERED: "已交付待备案",
    JobStatus.RETURNED: "已退回",
    JobStatus.FILED: "已备案",
    JobStatus.CLOSED: "已关闭",
}


class JobAct(StrEnum):
    """What can be done to a job."""

    ORDER = "order"
    TAKE = "take"
    RELEASE = "release"
    IMPRINT = "imprint"
    MAKE = "make"
    PERSONALISE = "personalise"
    OFFER = "offer"
    DELIVER = "deliver"
    ACCEPT = "accept"
    RETURN = "return"
    REWORK = "rework"
    CLOSE = "close"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _ACT_ZH[self]


_ACT_ZH: Final = {
    JobAct.ORDER: "准予刻制",
    JobAct.TAKE: "接单",
    JobAct.RELEASE: "退单",
    JobAct.IMPRINT: "上传印模",
    JobAct.MAKE: "制作完成",
    JobAct.PERSONALISE: "芯片个人化",
    JobAct.OFFER: "通知领取",
    JobAct.DELIVER: "交付",
    JobAct.ACCEPT: "备案通过",
    JobAct.RETURN: "备案退回",
    JobAct.REWORK: "重新制作",
    JobAct.CLOSE: "关闭",
}

FIRST_STATUS: Final = JobStatus.OPEN
"""Where :attr:`JobAct.ORDER` puts a new job."""

TRANSITIONS: Final[Mapping[JobAct, Mapping[JobStatus, JobStatus]]] = MappingProxyType(
    {
        JobAct.TAKE: {JobStatus.OPEN: JobStatus.TAKEN},
        JobAct.RELEASE: {JobStatus.TAKEN: JobStatus.OPEN},
        JobAct.IMPRINT: {JobStatus.TAKEN: JobStatus.TAKEN},
        JobAct.MAKE: {JobStatus.TAKEN: JobStatus.MADE},
        JobAct.PERSONALISE: {JobStatus.MADE: JobStatus.PERSONALISED},
        JobAct.OFFER: {JobStatus.PERSONALISED: JobStatus.OFFERED},
        JobAct.DELIVER: {JobStatus.OFFERED: JobStatus.DELIVERED},
        JobAct.ACCEPT: {JobStatus.DELIVERED: JobStatus.FILED},
        JobAct.RETURN: {JobStatus.DELIVERED: JobStatus.RETURNED},
        JobAct.REWORK: {
            JobStatus.RETURNED: JobStatus.TAKEN,
            JobStatus.MADE: JobStatus.TAKEN,
            JobStatus.PERSONALISED: JobStatus.TAKEN,
            JobStatus.OFFERED: JobStatus.TAKEN,
            JobStatus.DELIVERED: JobStatus.TAKEN,
        },
        JobAct.CLOSE: {
            status: JobStatus.CLOSED
            for status in JobStatus
            if status not in (JobStatus.FILED, JobStatus.CLOSED)
        },
    }
)
"""Every move of a job. Rework of one that was not returned is for a seal lost before its filing: the seal's table decides."""

ENDED: Final = (JobStatus.FILED, JobStatus.CLOSED)
"""States in which nothing more happens to a job."""

SHOP_ACTS: Final = frozenset(
    {
        JobAct.TAKE,
        JobAct.RELEASE,
        JobAct.IMPRINT,
        JobAct.MAKE,
        JobAct.PERSONALISE,
        JobAct.OFFER,
        JobAct.DELIVER,
        JobAct.REWORK,
    }
)
"""What the engraving shop does; whoever did one of these does not file the seal."""


class ReturnReason(Enum):
    """Why a filing is returned: code, and the words of it."""

    IMPRINT_DIFFERS = ("R01", "印模与批准图样不一致", "the imprint differs from the approved picture")
    SCAN_UNCLEAR = ("R02", "印模扫描件不清晰或不完整", "the scan of the imprint is unclear or incomplete")
    CODE_WRONG = ("R03", "印章编码与登记不符", "the seal's code is not the one on record")
    CHIP_WRONG = ("R04", "芯片信息与登记不符", "the chip is not the one on record")
    SIZE_WRONG = ("R05", "规格或用料不符合规定", "size or material is not as prescribed")
    RECEIVER_UNPROVEN = ("R06", "领取人身份材料不全", "the receiver's identity is not proven")
    LETTER_UNFIT = ("R07", "委托书不符合要求", "the letter of authority is not in order")
    OTHER = ("R99", "其他", "other")

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code = code
        self.zh = zh
        self.en = en

    @classmethod
    def of(cls, code: str) -> ReturnReason | None:
        """Return the reason with this code, or nothing."""
        return next((reason for reason in cls if reason.code == code), None)


class ShopState(StrEnum):
    """Whether a shop may take jobs."""

    ACTIVE = "active"
    SUSPENDED = "suspended"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return "在业" if self is ShopState.ACTIVE else "已暂停"


@dataclass(frozen=True, slots=True)
class NewShop:
    """An engraving shop to register: ``division`` is its six-digit GB/T 2260 code, ``licence`` its special-trade licence."""

    uscc: str
    name: str
    division: str
    licence: str


@dataclass(frozen=True, slots=True)
class Shop:
    """An engraving shop as the register knows it."""

    uscc: str
    name: str
    division: str
    licence: str
    state: ShopState
    registered_at: datetime
    registered_by: str


class Document(StrEnum):
    """Kinds of identity document."""

    RESIDENT_ID = "resident-id"
    PASSPORT = "passport"
    MAINLAND_PERMIT = "mainland-permit"
    OTHER = "other"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _DOCUMENT_ZH[self]


_DOCUMENT_ZH: Final = {
    Document.RESIDENT_ID: "居民身份证",
    Document.PASSPORT: "护照",
    Document.MAINLAND_PERMIT: "港澳台居民来往内地通行证",
    Document.OTHER: "其他有效证件",
}


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person as the record keeps them: name, kind of document, its last digits, and a salted slow hash of its number."""

    name: str
    document: Document
    tail: str
    proof: str

    def __repr__(self) -> str:
        return f"KnownPerson({self.document}, …{self.tail})"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the desk holds it. ``shop`` is empty while it is open to every shop of ``division``.

    ``imprint`` is the number of the scan in force (0: none), ``chip`` the serial number of the chip in the seal body.
    ``moves`` counts the acts on record.
    """

    id: str
    seal: str
    owner: str
    division: str
    shop: str
    status: JobStatus
    moves: int
    opened_at: datetime
    opened_by: str
    moved_at: datetime
    moved_by: str
    representative: KnownPerson | None
    imprint: int
    chip: str
    delivered_at: datetime | None
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One act on a job."""

    job: str
    number: int
    act: JobAct
    status: JobStatus
    at: datetime
    actor: str
    detail: str


class ImprintState(StrEnum):
    """Where the comparison of a scan stands; it goes on after a crash."""

    PENDING = "pending"
    COMPARED = "compared"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ImprintRecord:
    """An uploaded scan with its comparison, which is advice. ``overlap`` is 0 to 1; ``fault`` says why there is none."""

    job: str
    number: int
    sha256: str
    size: int
    at: datetime
    actor: str
    state: ImprintState
    overlap: float
    scale: float
    rotation_deg: float
    shift_x_mm: float
    shift_y_mm: float
    advice: str
    overlay_sha256: str
    fault: str


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """To whom a seal was handed over. ``letter_sha256`` is the letter of authority (委托书), empty for the representative."""

    job: str
    number: int
    receiver: KnownPerson
    letter_sha256: str
    receipt_sha256: str
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Which jobs to list: every filter given must match.

    ``for_shop`` sees its own jobs and open ones of ``division``. Sorted by age, oldest first; ``after`` is the last id of
    the page before.
    """

    status: JobStatus | None = None
    owner: str | None = None
    for_shop: str | None = None
    seal: str | None = None
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class JobPage:
    """A page of jobs; ``next`` continues, or is ``None`` at the end."""

    items: tuple[Job, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class JobView:
    """A job with everything on it."""

    job: Job
    events: tuple[JobEvent, ...]
    imprints: tuple[ImprintRecord, ...]
    deliveries: tuple[DeliveryRecord, ...]


@dataclass(frozen=True, slots=True)
class FilingRules:
    """What settings decide."""

    unclaimed: timedelta = DEFAULT_UNCLAIMED
    answer_time: timedelta = DEFAULT_ANSWER_TIME
