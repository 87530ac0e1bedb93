"""What an enrolment is about: the content that is approved, octet for octet, and the record around it. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from ca.actor import Actor
from ca.audit import canonical_json
from ca.certificate import CertificateRequest, SubjectName
from ca.enrolment.rules import Matter, Rule
from ca.enrolment.states import EnrolmentStatus
from hsm.algorithms import PublicKey
from hsm.public_keys import load_spki
from hsm.signer import Custody

FORM: Final = "yinxin-enrolment-v1"
"""Says what the canonical object means; a change of its members is a new form."""


@dataclass(frozen=True, slots=True, order=True)
class EvidenceRef:
    """A document attached: its kind (``business-licence``, ``authorisation`` …), digest and size in octets."""

    kind: str
    sha256: str
    size: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The certificate that a renewal or re-key follows."""

    issuer: str
    serial: int


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that will be certified, and by which rule. Its digest is what people approve (I22).

    ``validity`` of ``None`` is the profile's own length, pinned by ``profile_hash``; ``custody`` of ``None`` says
    nothing. ``encryption_profile`` is empty unless a pair of certificates is asked for.
    """

    matter: Matter
    profile: str
    profile_hash: str
    subject: SubjectName
    spki: bytes
    rule_hash: str
    validity: timedelta | None = None
    issuer: str | None = None
    custody: Custody | None = None
    evidence: tuple[EvidenceRef, ...] = ()
    request_sha256: str = ""
    encryption_profile: str = ""
    encryption_profile_hash: str = ""
    chip: str = ""
    container: str = ""
    predecessor: Predecessor | None = None

    @property
    def text(self) -> str:
        """The canonical JSON (:func:`ca.audit.canonical_json`) of the content."""
        return canonical_json(_object(self))

    @property
    def digest(self) -> str:
        """SHA-256 of :attr:`text` in UTF-8, lower-case hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def spki_sha256(self) -> str:
        """The key's name, whoever certifies it."""
        return hashlib.sha256(self.spki).hexdigest()

    @property
    def public_key(self) -> PublicKey:
        """The key to be certified."""
        return load_spki(self.spki)

    @property
    def dual(self) -> bool:
        """Tell whether an encryption certificate goes with it."""
        return bool(self.encryption_profile)

    def certificate_request(self) -> CertificateRequest:
        """Return what the authority is asked for."""
        return CertificateRequest(
            self.profile, self.subject, self.public_key, self.validity, self.issuer, self.custody
        )

    def encryption_request(self, key: PublicKey) -> CertificateRequest:
        """Return the request for the second certificate of a pair: its key was made by the centre, so no custody is said."""
        return CertificateRequest(self.encryption_profile, self.subject, key, self.validity, self.issuer)


def _object(content: Content) -> dict[str, Any]:
    subject, before = content.subject, content.predecessor
    return {
        "form": FORM,
        "matter": content.matter.value,
        "profile": content.profile,
        "profile_hash": content.profile_hash,
        "subject": {
            "common_name": subject.common_name,
            "organization": subject.organization,
            "uscc": subject.uscc,
            "organizational_unit": subject.organizational_unit,
            "country": subject.country,
        },
        "spki": base64.b64encode(content.spki).decode(),
        "rule_hash": content.rule_hash,
        "validity_seconds": None if content.validity is None else int(content.validity.total_seconds()),
        "issuer": content.issuer,
        "custody": None if content.custody is None else content.custody.value,
        "evidence": [
            {"kind": one.kind, "sha256": one.sha256, "size": one.size, "name": one.name}
            for one in sorted(content.evidence)
        ],
        "request_sha256": content.request_sha256,
        "encryption_profile": content.encryption_profile,
        "encryption_profile_hash": content.encryption_profile_hash,
        "chip": content.chip,
        "container": content.container,
        "predecessor": None if before is None else {"issuer": before.issuer, "serial": f"{before.serial:x}"},
    }


def read_content(text: str) -> Content:
    """Read :attr:`Content.text` back."""
    found: Mapping[str, Any] = json.loads(text)
    before, seconds = found["predecessor"], found["validity_seconds"]
    return Content(
        matter=Matter(found["matter"]),
        profile=found["profile"],
        profile_hash=found["profile_hash"],
        subject=SubjectName(**found["subject"]),
        spki=base64.b64decode(found["spki"]),
        rule_hash=found["rule_hash"],
        validity=None if seconds is None else timedelta(seconds=seconds),
        issuer=found["issuer"],
        custody=None if found["custody"] is None else Custody(found["custody"]),
        evidence=tuple(EvidenceRef(**one) for one in found["evidence"]),
        request_sha256=found["request_sha256"],
        encryption_profile=found["encryption_profile"],
        encryption_profile_hash=found["encryption_profile_hash"],
        chip=found["chip"],
        container=found["container"],
        predecessor=None if before is None else Predecessor(before["issuer"], int(before["serial"], 16)),
    )


@dataclass(frozen=True, slots=True)
class Application:
    """What a requester hands in: a PKCS#10 file, or a public key made in a token at the desk.

    Exactly one of ``csr`` (PEM or DER) and ``public_key`` is given. With ``pair`` an encryption certificate is issued
    too. ``custody`` says where the key is kept, for whoever saw it made there.
    """

    profile: str
    subject: SubjectName
    csr: bytes = b""
    public_key: PublicKey | None = None
    validity: timedelta | None = None
    issuer: str | None = None
    custody: Custody | None = None
    pair: bool = False
    chip: str = ""
    container: str = ""
    evidence: tuple[EvidenceRef, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckMark:
    """What a checker found for one item of the checklist."""

    item: str
    found: bool
    remark: str
    checker: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's approval of one version, by its digest."""

    person: str
    stage: str
    substitute: bool
    digest: str
    actor: Actor
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Approver:
    """A person who wants to check or approve, with the scopes that their login gives them."""

    actor: Actor
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Delivery:
    """To whom and how the certificate was handed over; ``receipt_sha256`` names the receipt among the evidence."""

    to: str
    how: str
    receipt_sha256: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EnrolmentRecord:
    """One enrolment as the desk knows it. ``moves`` counts its acts; ``version`` its contents, from 1."""

    id: str
    request_key: str
    status: EnrolmentStatus
    moves: int
    version: int
    content: Content
    digest: str
    rule: Rule
    requester: Actor
    created_at: datetime
    changed_at: datetime
    deadline: datetime | None
    approving_since: datetime | None
    csr: bytes
    batch: str
    reason_code: str
    reason: str
    issuer: str
    serial: int | None
    encryption_serial: int | None
    envelope: bytes
    delivery: Delivery | None
    checks: tuple[CheckMark, ...] = field(default=())
    approvals: tuple[Approval, ...] = field(default=())
    """Those of the present version; earlier ones are void."""
