"""One timeline for one certificate: from the application to the revocation, with those before and after it.

Joined from the audit trail, which is the record of acts, and the desk's tables, which know who follows whom.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from ca import certificate_store
from ca.actor import Actor
from ca.audit import AuditRecord
from ca.certificate import CertificateRecord
from ca.enrolment import enrolment_store, job_store
from ca.enrolment.office import Office
from ca.enrolment.request import EnrolmentRecord
from ca.enrolment.states import EnrolmentStatus
from ca.errors import CertificateUnknown

MAX_EVENTS: Final = 1000
"""Acts shown: a certificate with more of them has been fought over for years."""
MAX_CHAIN: Final = 50
"""Certificates followed back and forth: one a year for fifty years."""

STEPS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "enrolment.requested": ("applied", "申请"),
        "enrolment.edit": ("edited", "修改"),
        "enrolment.submit": ("submitted", "提交"),
        "enrolment.check": ("checked", "审核"),
        "enrolment.clear": ("checked", "材料齐备"),
        "enrolment.approve": ("approved", "审批"),
        "enrolment.grant": ("approved", "批准"),
        "enrolment.admit": ("approved", "随批次批准"),
        "enrolment.begin": ("issuing", "开始签发"),
        "certificate.issued": ("issued", "签发"),
        "certificate.burned": ("burned", "作废序列号"),
        "enrolment.deliver": ("delivered", "交付"),
        "enrolment.fail": ("failed", "签发失败"),
        "enrolment.reject": ("rejected", "驳回"),
        "enrolment.withdraw": ("withdrawn", "撤回"),
        "enrolment.expire": ("expired", "过期"),
        "certificate.held": ("suspended", "暂停"),
        "certificate.released": ("resumed", "恢复"),
        "certificate.revoked": ("revoked", "吊销"),
        "job.asked": ("ordered", "下达任务"),
        "job.approve": ("approved", "审批任务"),
        "job.start": ("approved", "批准任务"),
        "job.reject": ("rejected", "驳回任务"),
    }
)
"""Audit action → step of the timeline and its Chinese word; other actions are the machine's own business."""
_RENEWED: Final = ("renewed", "续期")


@dataclass(frozen=True, slots=True)
class Event:
    """One act: ``number`` is its audit record."""

    number: int
    at: datetime
    step: str
    zh: str
    actor: Actor
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """A certificate before or after this one, and the enrolment between them."""

    issuer: str
    serial: int
    matter: str
    enrolment: str
    status: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A certificate's life; ``predecessors`` nearest first, ``successors`` in order."""

    certificate: CertificateRecord
    enrolment: str
    events: tuple[Event, ...]
    predecessors: tuple[Link, ...]
    successors: tuple[Link, ...]


def timeline_of(office: Office, conn: sa.Connection, serial: int, issuer: str | None) -> Timeline:
    """Return the timeline of a serial number; :class:`ca.errors.CertificateUnknown` if it is not ours."""
    rows = certificate_store.by_serial(conn, serial, issuer)
    if len(rows) != 1:
        raise CertificateUnknown(f"serial {serial:x}")
    record = rows[0].record
    own = enrolment_store.by_serial(conn, record.issuer, serial)
    subjects = [f"certificate:{record.issuer}:{serial:x}"]
    subjects += [] if own is None else [f"enrolment:{own.id}"]
    subjects += [] if own is None or not own.batch else [f"job:{own.batch}"]
    subjects += [f"job:{job}" for job in job_store.about(conn, record.issuer, serial)]
    following = [one for one in enrolment_store.following(conn, serial) if one.serial is not None]
    events = [
        _event(found, STEPS[found.action])
        for found in office.audit.about(conn, sorted(set(subjects)), MAX_EVENTS, actions=tuple(STEPS))
    ]
    after = {f"enrolment:{one.id}" for one in following}
    if after:
        events += [
            _event(found, _RENEWED)
            for found in office.audit.about(conn, sorted(after), MAX_EVENTS, actions=("enrolment.issue",))
        ]
    return Timeline(
        record,
        "" if own is None else own.id,
        tuple(sorted(events, key=lambda event: event.number)),
        _back(conn, own),
        _forth(conn, serial),
    )


def _event(found: AuditRecord, step: tuple[str, str]) -> Event:
    word, zh = step
    return Event(found.number, found.at, word, zh, found.actor, found.subject, json.loads(found.detail))


def _back(conn: sa.Connection, own: EnrolmentRecord | None) -> tuple[Link, ...]:
    links: list[Link] = []
    while own is not None and own.content.predecessor is not None and len(links) < MAX_CHAIN:
        before, matter = own.content.predecessor, own.content.matter
        links.append(_link(conn, before.issuer, before.serial, matter.value, own.id))
        own = enrolment_store.by_serial(conn, before.issuer, before.serial)
    return tuple(links)


def _forth(conn: sa.Connection, serial: int) -> tuple[Link, ...]:
    links: list[Link] = []
    waiting = [serial]
    while waiting and len(links) < MAX_CHAIN:
        for one in enrolment_store.following(conn, waiting.pop(0)):
            if one.serial is not None and one.status in (EnrolmentStatus.ISSUED, EnrolmentStatus.DELIVERED):
                links.append(_link(conn, one.issuer, one.serial, one.content.matter.value, one.id))
                waiting.append(one.serial)
    return tuple(links)


def _link(conn: sa.Connection, issuer: str, serial: int, matter: str, enrolment: str) -> Link:
    rows = certificate_store.by_serial(conn, serial, issuer)
    status = rows[0].record.status.value if rows else "unknown"
    return Link(issuer, serial, matter, enrolment, status)
