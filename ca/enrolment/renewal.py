"""Renewal over the same key and replacement by a new key: what the next certificate takes over from the last."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from cryptography import x509
from cryptography.x509.oid import NameOID

from ca import certificate_store
from ca.actor import Actor
from ca.certificate import CertificateRecord, CertificateStatus, SubjectName
from ca.custody_policy import custody_of
from ca.enrolment import enrolment_store, vetting
from ca.enrolment.approval import person_of
from ca.enrolment.errors import FieldInvalid, RenewalRefused
from ca.enrolment.office import Office
from ca.enrolment.request import Application, EnrolmentRecord, Predecessor
from ca.enrolment.rules import Matter, Rule
from ca.enrolment.states import FIRST_STATUS, EnrolmentStatus
from ca.enrolment.vetting import Vetted
from ca.errors import CertificateUnknown
from hsm.public_keys import certificate_key

_ENDED_WITHOUT: Final = (
    EnrolmentStatus.REJECTED,
    EnrolmentStatus.WITHDRAWN,
    EnrolmentStatus.EXPIRED,
    EnrolmentStatus.FAILED,
)


def same_key(
    office: Office, conn: sa.Connection, serial: int, validity: timedelta | None, issuer: str | None = None
) -> Vetted:
    """Return what renews a certificate; :class:`RenewalRefused` says why not."""
    record = certificate(conn, serial, issuer)
    rule = office.rules.find(Matter.RENEW, record.profile)
    if not rule.same_key:
        raise RenewalRefused(
            "该模板不允许沿用原密钥续期，请更换密钥。",
            "This profile does not renew over the same key; use a new key.",
        )
    _check_renewable(office, conn, record, rule)
    made = x509.load_der_x509_certificate(record.der)
    last = enrolment_store.by_serial(conn, record.issuer, record.serial)
    application = Application(
        profile=record.profile,
        subject=subject_of(made.subject),
        public_key=certificate_key(made),
        validity=validity,
        issuer=record.issuer,
        custody=custody_of(made),
        chip="" if last is None else last.content.chip,
        container="" if last is None else last.content.container,
    )
    before = Predecessor(record.issuer, record.serial)
    return vetting.vet(office, application, Matter.RENEW, rule, before)


def is_same(known: EnrolmentRecord, serial: int, validity: timedelta | None, actor: Actor) -> bool:
    """Tell whether an enrolment is this very renewal, begun before by the same person (I4)."""
    before = known.content.predecessor
    return (
        known.content.matter is Matter.RENEW
        and before is not None
        and before.serial == serial
        and known.content.validity == validity
        and person_of(known.requester) == person_of(actor)
    )


def _check_renewable(office: Office, conn: sa.Connection, record: CertificateRecord, rule: Rule) -> None:
    now = office.now()
    if record.status is not CertificateStatus.ISSUED or record.not_after < now:
        raise RenewalRefused(
            "该证书已吊销、暂停或过期，不能续期；请重新申请。",
            "The certificate is revoked, on hold or expired and cannot be renewed; apply anew.",
        )
    if any(one.status not in _ENDED_WITHOUT for one in enrolment_store.following(conn, record.serial)):
        raise RenewalRefused(
            "该证书已有续期或换密钥申请。",
            "The certificate has been renewed or re-keyed, or a request is open.",
        )
    first = _first_certified(conn, record)
    if rule.key_life_days and now > first + timedelta(days=rule.key_life_days):
        raise RenewalRefused(
            f"该密钥自首次签发起已超过 {rule.key_life_days} 天，请更换密钥。",
            f"The key was first certified more than {rule.key_life_days} days ago; use a new key.",
        )


def _first_certified(conn: sa.Connection, record: CertificateRecord) -> datetime:
    rows = certificate_store.by_serial(conn, record.serial, record.issuer)
    return min(row.record.not_before for row in certificate_store.by_key(conn, rows[0].spki_sha256))


def replaced(conn: sa.Connection, serial: int, application: Application) -> Predecessor:
    """Return the certificate that an application replaces; it must be of the same profile and for the same holder."""
    record = certificate(conn, serial, None)
    if record.profile != application.profile:
        raise FieldInvalid(
            "profile",
            f"与原证书的模板 {record.profile} 不同",
            f"it differs from the last one's, {record.profile}",
        )
    if record.uscc != application.subject.uscc or (
        not record.uscc and record.subject != application.subject.x509().rfc4514_string()
    ):
        raise FieldInvalid(
            "subject", "与原证书的主体不同", "it names another holder than the last certificate"
        )
    return Predecessor(record.issuer, record.serial)


def certificate(conn: sa.Connection, serial: int, issuer: str | None) -> CertificateRecord:
    """Return a certificate that was issued; :class:`ca.errors.CertificateUnknown` if there is none."""
    rows = [row for row in certificate_store.by_serial(conn, serial, issuer) if row.record.der]
    if len(rows) != 1:
        raise CertificateUnknown(f"serial {serial:x}")
    return rows[0].record


def subject_of(name: x509.Name) -> SubjectName:
    """Read a name that :meth:`ca.certificate.SubjectName.x509` wrote."""

    def part(oid: x509.ObjectIdentifier) -> str:
        found = name.get_attributes_for_oid(oid)
        return str(found[0].value) if found else ""

    return SubjectName(
        common_name=part(NameOID.COMMON_NAME),
        organization=part(NameOID.ORGANIZATION_NAME),
        uscc=part(NameOID.ORGANIZATION_IDENTIFIER) or part(NameOID.SERIAL_NUMBER),
        organizational_unit=part(NameOID.ORGANIZATIONAL_UNIT_NAME),
        country=part(NameOID.COUNTRY_NAME),
    )


def new_record(
    office: Office, vetted: Vetted, request_key: str, actor: Actor, *, batch: str = ""
) -> EnrolmentRecord:
    """Return a new enrolment as a draft."""
    now = office.now()
    return EnrolmentRecord(
        id=office.new_id(),
        request_key=request_key,
        status=FIRST_STATUS,
        moves=0,
        version=1,
        content=vetted.content,
        digest=vetted.content.digest,
        rule=vetted.rule,
        requester=actor,
        created_at=now,
        changed_at=now,
        deadline=None,
        approving_since=None,
        csr=vetted.csr,
        batch=batch,
        reason_code="",
        reason="",
        issuer="",
        serial=None,
        encryption_serial=None,
        envelope=b"",
        delivery=None,
    )


def described(record: EnrolmentRecord) -> dict[str, Any]:
    """Return what the trail says of a new enrolment."""
    content = record.content
    before = content.predecessor
    return {
        "matter": content.matter.value,
        "profile": content.profile,
        "name": content.subject.searched,
        "uscc": content.subject.uscc,
        "spki_sha256": content.spki_sha256,
        "version": record.version,
        "digest": record.digest,
        "rule": record.rule.id,
        "rule_version": record.rule.version,
        "rule_hash": record.rule.hash,
        "predecessor": "" if before is None else f"{before.issuer}:{before.serial:x}",
    }
