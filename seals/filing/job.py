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

from ca.words import Word

DEFAULT_UNCLAIMED: Final = timedelta(days=92)
"""Three months: how long a job may lie without a move before it is closed, unless settings say otherwise."""
DEFAULT_ANSWER_TIME: Final = timedelta(minutes=5)
"""How long a challenge to a chip can be answered: a reader needs seconds, a clerk who types a PIN a minute."""
MAX_TEXT: Final = 200
"""Longest reason or remark, in characters."""
MAX_PAGE: Final = 200
"""Most jobs in one page of a list."""


class JobStatus(Word):
    """Where a job stands."""

    OPEN = "open", "待接单"
    TAKEN = "taken", "制作中"
    MADE = "made", "已制作"
    PERSONALISED = "personalised", "已个人化"
    OFFERED = "offered", "待交付"
    DELIVERED = "delivered", "已交付待备案"
    RETURNED = "returned", "已退回"
    FILED = "filed", "已备案"
    CLOSED = "closed", "已关闭"


class JobAct(Word):
    """What can be done to a job."""

    ORDER = "order", "准予刻制"
    TAKE = "take", "接单"
    RELEASE = "release", "退单"
    IMPRINT = "imprint", "上传印模"
    MAKE = "make", "制作完成"
    PERSONALISE = "personalise", "芯片个人化"
    OFFER = "offer", "通知领取"
    DELIVER = "deliver", "交付"
    ACCEPT = "accept", "备案通过"
    RETURN = "return", "备案退回"
    REWORK = "rework", "重新制作"
    CLOSE = "close", "关闭"


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


class ShopState(Word):
    """Whether a shop may take jobs."""

    ACTIVE = "active", "在业"
    SUSPENDED = "suspended", "已暂停"


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


class Document(Word):
    """Kinds of identity document."""

    RESIDENT_ID = "resident-id", "居民身份证"
    PASSPORT = "passport", "护照"
    MAINLAND_PERMIT = "mainland-permit", "港澳台居民来往内地通行证"
    OTHER = "other", "其他有效证件"


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
