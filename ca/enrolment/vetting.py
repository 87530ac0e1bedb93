"""Is an application in order: its key, its name, its profile. Every refusal names the field and says what to do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from ca import certificate_store, issuer_store
from ca.certificate import CertificateStatus, SubjectName
from ca.enrolment import enrolment_store
from ca.enrolment.errors import (
    EncryptionKeysMissing,
    EvidenceInvalid,
    FieldInvalid,
    KeyBarred,
    KeyReused,
)
from ca.enrolment.evidence_files import MAX_DOCUMENTS, check_kind
from ca.enrolment.office import Office
from ca.enrolment.request import Application, Content, Predecessor
from ca.enrolment.rules import Matter, Rule
from ca.enterprise import check_name, find_enterprise
from ca.errors import IssuerUnknown, NameInvalid, RequestInvalid, UsccInvalid
from ca.profile import Profile, Purpose
from ca.request_file import read_request
from ca.store import is_storable
from ca.uscc import check_uscc
from ca.weak_keys import why_weak
from hsm.algorithms import PublicKey, kind_of
from hsm.errors import UnsupportedAlgorithm
from hsm.public_keys import spki

MAX_MARK: Final = 64
"""Characters of a chip's or a container's name; serial numbers of chips have at most 32."""
_SUBJECT_FIELDS: Final = ("common_name", "organization", "organizational_unit")


@dataclass(frozen=True, slots=True)
class Vetted:
    """An application in order: what will be certified, the request file (DER, empty for a key made here), the rule."""

    content: Content
    csr: bytes
    rule: Rule


def vet(
    office: Office,
    application: Application,
    matter: Matter,
    rule: Rule,
    predecessor: Predecessor | None = None,
) -> Vetted:
    """Check everything that needs no record of certificates; raises :class:`FieldInvalid` and its neighbours."""
    profile = check_profile(office, application.profile, matter)
    key, csr = _key(application)
    _check_key_kind(key, profile)
    check_subject(application.subject, profile)
    _check_validity(application.validity, profile)
    for name in ("chip", "container"):
        text = getattr(application, name)
        if len(text) > MAX_MARK or not (text + "x").isprintable():
            raise FieldInvalid(
                name, f"至多 {MAX_MARK} 个可见字符", f"it has at most {MAX_MARK} visible characters"
            )
    _check_evidence(office, application)
    second = _second_profile(office, application, rule)
    content = Content(
        matter=matter,
        profile=profile.id,
        profile_hash=profile.hash,
        subject=application.subject,
        spki=spki(key),
        rule_hash=rule.hash,
        validity=application.validity,
        issuer=application.issuer,
        custody=application.custody,
        evidence=tuple(sorted(application.evidence)),
        request_sha256=hashlib.sha256(csr).hexdigest() if csr else "",
        encryption_profile="" if second is None else second.id,
        encryption_profile_hash="" if second is None else second.hash,
        chip=application.chip,
        container=application.container,
        predecessor=predecessor,
    )
    return Vetted(content, csr, rule)


def check_profile(office: Office, name: str, matter: Matter) -> Profile:
    """Return a profile that may be asked for at the desk: for holders, never for an authority or its services."""
    profile = office.profiles.get(name)
    if profile is None or profile.purpose not in (Purpose.SIGNATURE, Purpose.ENCRYPTION):
        raise FieldInvalid(
            "profile", "没有可申请的这种证书模板", "no such profile can be asked for at the desk"
        )
    if profile.purpose is Purpose.ENCRYPTION and matter is not Matter.RENEW:
        raise FieldInvalid(
            "profile",
            "加密证书随签名证书成对签发，请申请签名证书并选择双证书",
            "an encryption certificate comes in a pair; ask for the signing certificate with pair",
        )
    if profile.test and office.authority.config.production:
        raise FieldInvalid("profile", "测试模板不能用于生产环境", "a test profile is refused in production")
    return profile


def _key(application: Application) -> tuple[PublicKey, bytes]:
    if bool(application.csr) == (application.public_key is not None):
        raise FieldInvalid(
            "csr",
            "须且仅须给出证书请求文件或令牌中生成的公钥之一",
            "give either a request file or a public key made in a token",
        )
    if application.public_key is None:
        try:
            request = read_request(application.csr)
        except RequestInvalid as wrong:
            raise FieldInvalid("csr", wrong.zh, wrong.en) from wrong
        return request.public_key, request.der
    weak = why_weak(application.public_key)
    if weak is not None:
        raise FieldInvalid("public_key", "该公钥强度不足或可被推算，请在合格的设备中重新生成", weak)
    return application.public_key, b""


def _check_key_kind(key: PublicKey, profile: Profile) -> None:
    try:
        fits = kind_of(key).value in profile.key_kinds
    except UnsupportedAlgorithm:
        fits = False
    if not fits:
        raise FieldInvalid(
            "public_key",
            f"模板 {profile.id} 只接受：{'、'.join(profile.key_kinds)}",
            f"{profile.id} takes {', '.join(profile.key_kinds)}",
        )


def check_subject(subject: SubjectName, profile: Profile) -> None:
    """RFC 5280 appendix A.1 and the profile: every part that it needs, none that no certificate can carry."""
    for name in _SUBJECT_FIELDS:
        text = getattr(subject, name)
        if not text:
            continue
        try:
            check_name(text)
        except NameInvalid as wrong:
            raise FieldInvalid(f"subject.{name}", wrong.zh, wrong.en) from wrong
    for name in profile.subject_needs:
        if not getattr(subject, name):
            raise FieldInvalid(
                f"subject.{name}",
                f"模板 {profile.id} 要求填写此项",
                f"{profile.id} needs this part of the name",
            )
    if subject.uscc:
        try:
            check_uscc(subject.uscc)
        except UsccInvalid as wrong:
            raise FieldInvalid("subject.uscc", wrong.zh, wrong.en) from wrong
    country = subject.country
    if not (len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()):
        raise FieldInvalid("subject.country", "应为两个大写字母（如 CN）", "two capital letters, as in CN")
    try:
        subject.x509()
    except ValueError as wrong:
        raise FieldInvalid(
            "subject", "名称无法编入证书", "the name cannot be put into a certificate"
        ) from wrong


def _check_validity(asked: timedelta | None, profile: Profile) -> None:
    if asked is not None and not timedelta(days=1) <= asked <= profile.max_validity:
        raise FieldInvalid(
            "validity", f"应为 1 至 {profile.max_days} 天", f"it is from 1 to {profile.max_days} days"
        )


def _check_evidence(office: Office, application: Application) -> None:
    if len(application.evidence) > MAX_DOCUMENTS:
        raise EvidenceInvalid(f"至多 {MAX_DOCUMENTS} 份材料", f"at most {MAX_DOCUMENTS} documents")
    if len({(one.kind, one.sha256) for one in application.evidence}) != len(application.evidence):
        raise EvidenceInvalid("同一材料重复提交", "a document is there twice")
    for one in application.evidence:
        check_kind(one.kind)
        if not office.evidence.has(one):
            raise EvidenceInvalid(
                f"材料 {one.kind} 的文件没有上传", f"the file of document {one.kind} was not handed in"
            )


def _second_profile(office: Office, application: Application, rule: Rule) -> Profile | None:
    if not application.pair:
        return None
    second = office.profiles.get(rule.encryption_profile)
    if second is None or second.purpose is not Purpose.ENCRYPTION:
        raise FieldInvalid(
            "pair",
            f"模板 {application.profile} 不签发双证书",
            f"{application.profile} does not come in a pair",
        )
    if office.encryption_keys is None:
        raise EncryptionKeysMissing
    return second


def check_records(
    office: Office, conn: sa.Connection, content: Content, *, own: str = "", batched: bool = False
) -> None:
    """Check what depends on the records: the key's history, the enterprise's registered name, the issuer.

    ``own`` is the number of the enrolment itself where it is on record already.
    """
    profile = office.profiles[content.profile]
    _check_enterprise(conn, content.subject, profile)
    if content.issuer is not None:
        try:
            issuer = issuer_store.get_issuer(conn, content.issuer)
        except IssuerUnknown as wrong:
            raise FieldInvalid("issuer", wrong.zh, wrong.en) from wrong
        if issuer.profile not in profile.issued_by:
            raise FieldInvalid(
                "issuer", f"{issuer.id} 不签发 {profile.id}", f"{issuer.id} does not issue {profile.id}"
            )
    _check_key_history(conn, content, own, batched=batched)


def _check_enterprise(conn: sa.Connection, subject: SubjectName, profile: Profile) -> None:
    if not subject.uscc and not profile.registered_enterprise:
        return
    known = find_enterprise(conn, subject.uscc)
    if known is None:
        raise FieldInvalid(
            "subject.uscc", "该统一社会信用代码尚未登记，请先登记企业", "this enterprise is not registered"
        )
    if known.name != subject.organization:
        raise FieldInvalid(
            "subject.organization",
            f"与登记名称“{known.name}”不一致，请按登记名称申请或先办理更名",
            "it differs from the registered name; use that, or change the name first",
        )


def _check_key_history(conn: sa.Connection, content: Content, own: str, *, batched: bool) -> None:
    """I27 and one key, one holder: a certified key returns only in a renewal for the same subject."""
    key = content.spki_sha256
    if certificate_store.is_compromised(conn, key):
        raise KeyBarred
    subject = content.subject.x509().rfc4514_string()
    for row in certificate_store.by_key(conn, key):
        if row.record.status is CertificateStatus.BURNED or row.request_key.startswith(f"enrolment:{own}:"):
            continue
        if row.record.subject != subject or row.record.uscc != content.subject.uscc:
            raise KeyReused(
                "“public_key”：该公钥已为其他主体签发过证书，请生成新密钥。",
                "public_key: this key is certified for another holder; make a new key.",
            )
        if content.matter is not Matter.RENEW:
            raise KeyReused(
                "“public_key”：该公钥已有证书；同一密钥请办理续期，或生成新密钥。",
                "public_key: this key has a certificate; ask for a renewal, or make a new key.",
            )
    others = [one for one in enrolment_store.open_for_key(conn, key) if one != own]
    if others and not batched:
        raise KeyReused(
            "“public_key”：该公钥已在另一份未办结的申请中，请勿重复申请。",
            "public_key: another open request asks for this key; wait for it or withdraw it.",
        )


def check_request_key(text: str) -> str:
    """Return a request key of 1 to 120 printable characters."""
    if not 1 <= len(text) <= 120 or not text.isprintable() or not is_storable(text):
        raise FieldInvalid("request_key", "应为 1 至 120 个可见字符", "it has 1 to 120 printable characters")
    return text
