"""What a verification reports: one document, its signatures, each with who, which seal, when, then and now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NoReturn

from verify.acceptance.answers import Answers
from verify.institution.proofs import Proofs
from verify.integrity import NOTHING_JUDGED, Change, Integrity
from verify.licences.report import LicencePart
from verify.nature import Nature, nature
from verify.reports.reported import Reported
from verify.seal_report import SealReport
from verify.sentence import Reason, iso
from verify.ses.facts import SealDataPart
from verify.strength import Strength
from verify.trusted_lists.decision import TrustDecision
from verify.verdict import Indication, SubIndication, Verdict
from verify.voided.report import VoidedReport

__all__ = [
    "NOTHING_JUDGED",
    "CertificateStatus",
    "Change",
    "DocumentReport",
    "Indication",
    "Integrity",
    "Placement",
    "Reason",
    "SealReport",
    "SealStatusReport",
    "SignatureKind",
    "SignatureReport",
    "SignerReport",
    "SigningTime",
    "StatusReport",
    "SubIndication",
    "TimeSource",
    "Verdict",
    "iso",
]


CUSTODY: Final = {
    "token": ("令牌内密钥", "key inside a token"),
    "device": ("密码设备", "key inside a cryptographic device"),
    "sealed": ("令牌封装密钥", "key sealed under a token's key"),
    "soft": ("软件密钥", "software key"),
    "remote": (
        "异地密钥（远程签名服务或持有人本机令牌）",
        "key kept elsewhere: a remote service or the holder's own token",
    ),
}
"""Words for the custody that a certificate states of its key, by the names of ``hsm.signer.Custody``."""


class SignatureKind(StrEnum):
    """What a signature field holds."""

    SEAL = "seal"
    """A signature that carries a seal statement."""
    SIGNATURE = "signature"
    """A signature without one."""
    TIMESTAMP = "timestamp"
    """A document time-stamp (ISO 32000-2 §12.8.5)."""


class TimeSource(StrEnum):
    """Whose clock told the signing time."""

    TSA = "tsa"
    """A verified time-stamp of a trusted authority."""
    TSA_UNVERIFIED = "tsa-unverified"
    """A time-stamp whose authority cannot be verified: no better than the claim."""
    CLAIMED = "claimed"
    """The signer's own clock."""
    NONE = "none"
    """No time stands in the signature."""


class CertificateStatus(StrEnum):
    """State of a certificate at one moment."""

    GOOD = "good"
    REVOKED = "revoked"
    ON_HOLD = "on_hold"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    UNKNOWN = "unknown"


class SealStatusReport(StrEnum):
    """State of a seal at one moment, as its maker's signed list says."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    FROZEN = "frozen"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StatusReport:
    """A state with what it rests on: ``source`` is crl, ocsp, list, statement or empty; ``since`` is a revocation time."""

    status: str
    source: str = ""
    since: datetime | None = None
    reason: str = ""
    as_of: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of this state."""
        return {
            "status": self.status,
            "source": self.source,
            "since": iso(self.since),
            "reason": self.reason,
            "as_of": iso(self.as_of),
        }


UNKNOWN = StatusReport("unknown")


@dataclass(frozen=True, slots=True)
class SignerReport:
    """The signer's certificate in plain facts."""

    name: str
    organization: str
    uscc: str
    serial: str
    """Lower-case hexadecimal, no prefix."""
    issuer: str
    not_before: datetime
    not_after: datetime
    sha256: str
    chain: tuple[str, ...] = ()
    """Subjects from the signer to the anchor, if a path was found."""
    policies: tuple[str, ...] = ()
    """Certificate policies (dotted) that are valid along the path, in the words of the anchor's domain (RFC 5280 §6.1.6)."""

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the signer."""
        return {
            "name": self.name,
            "organization": self.organization,
            "uscc": self.uscc,
            "serial": self.serial,
            "issuer": self.issuer,
            "not_before": iso(self.not_before),
            "not_after": iso(self.not_after),
            "sha256": self.sha256,
            "chain": list(self.chain),
            "policies": list(self.policies),
        }


@dataclass(frozen=True, slots=True)
class SigningTime:
    """When, and whose clock said so."""

    value: datetime | None
    source: TimeSource
    authority: str = ""
    claimed: datetime | None = None
    """The signer's own claim, kept beside a time-stamp."""
    trust: TrustDecision | None = None
    """Which list vouched for the time-stamp authority, or an operator's own anchor."""

    @property
    def trusted(self) -> bool:
        """Tell whether a verified time-stamp proves that the signature existed at ``value``."""
        return self.source is TimeSource.TSA

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the time."""
        return {
            "value": iso(self.value),
            "source": self.source.value,
            "authority": self.authority,
            "claimed": iso(self.claimed),
            "trust": None if self.trust is None else self.trust.to_json(),
        }


NO_TIME = SigningTime(None, TimeSource.NONE)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a signature shows: page from 1, box in mm from the top left of the page as displayed."""

    page: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float

    def to_json(self) -> dict[str, Any]:
        """Give ``{"page", "box": [x, y, width, height]}`` in mm."""
        box = [round(v, 2) for v in (self.x_mm, self.y_mm, self.width_mm, self.height_mm)]
        return {"page": self.page, "box": box}


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """Everything that is known about one signature, seal or document time-stamp."""

    field: str
    kind: SignatureKind
    indication: Indication
    reason: Reason
    sub_indication: SubIndication | None = None
    signer: SignerReport | None = None
    seal: SealReport | None = None
    time: SigningTime = NO_TIME
    certificate_bound: bool = False  # a signed attribute names the signer's certificate (RFC 5035)
    certificate_then: StatusReport = UNKNOWN
    certificate_now: StatusReport = UNKNOWN
    authority_now: StatusReport = UNKNOWN  # the worst of those above it, below the anchor
    seal_then: StatusReport = UNKNOWN
    seal_now: StatusReport = UNKNOWN
    integrity: Integrity = NOTHING_JUDGED
    placements: tuple[Placement, ...] = ()
    other_fields: tuple[str, ...] = ()
    level: str = ""
    notes: tuple[Reason, ...] = ()
    notice: str = ""
    custody: str = ""
    """Where the signing key is kept, a key of :data:`CUSTODY`: what a certificate with a proved chain states, or empty."""
    algorithm: str = ""
    """Key and digest in plain names, ``SM2 / SM3``; empty when the signature could not be read so far."""
    container: str = ""
    """What the signature is written in, by its content: cms, gbt35275, ses; empty when that could not be told."""
    readers: Reason | None = None  # which can check it
    seal_data: SealDataPart | None = None
    """Every step of the seal standards, where the container is a seal signature."""
    proofs: Proofs | None = None
    """The technical and the institutional proof, part by part."""
    trust: TrustDecision | None = None
    """Which list vouched for the signer, or an operator's own anchor."""
    strength: Strength | None = None
    """How strong its algorithms were then and are now; nothing where it could not be read so far."""
    span: tuple[int, int, int] | None = None
    """Of a PDF: where its container begins and ends, and where what it is over ends; not part of the JSON object."""

    @property
    def verdict(self) -> Verdict:
        """Return the one word for this signature."""
        return self.indication.verdict

    def __bool__(self) -> NoReturn:
        raise TypeError("a report has several answers; look at its verdict")

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of this signature."""
        return {
            "field": self.field,
            "fields": [self.field, *self.other_fields],
            "kind": self.kind.value,
            "verdict": self.verdict.value,
            "verdict_zh": self.verdict.zh,
            "indication": self.indication.value,
            "sub_indication": None if self.sub_indication is None else self.sub_indication.value,
            "reason": self.reason.en,
            "reason_zh": self.reason.zh,
            "signer": None if self.signer is None else self.signer.to_json(),
            "seal": None if self.seal is None else self.seal.to_json(),
            "time": self.time.to_json(),
            "certificate_bound": self.certificate_bound,
            "certificate_then": self.certificate_then.to_json(),
            "certificate_now": self.certificate_now.to_json(),
            "authority_now": self.authority_now.to_json(),
            "seal_then": self.seal_then.to_json(),
            "seal_now": self.seal_now.to_json(),
            "integrity": self.integrity.to_json(),
            "placement": self.placements[0].to_json() if self.placements else None,
            "placements": [placement.to_json() for placement in self.placements],
            "level": self.level,
            "notes": [note.en for note in self.notes],
            "notes_zh": [note.zh for note in self.notes],
            "notice": self.notice,
            "custody": self.custody,
            "custody_zh": CUSTODY.get(self.custody, ("", ""))[0],
            "custody_en": CUSTODY.get(self.custody, ("", ""))[1],
            "algorithm": self.algorithm,
            "container": self.container,
            "readers": "" if self.readers is None else self.readers.en,
            "readers_zh": "" if self.readers is None else self.readers.zh,
            "seal_data": None if self.seal_data is None else self.seal_data.to_json(),
            "proofs": None if self.proofs is None else self.proofs.to_json(),
            "trust": None if self.trust is None else self.trust.to_json(),
            "strength": None if self.strength is None else self.strength.to_json(),
        }


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """The verdict on one document: the worst of its signatures, with the reason."""

    file: str
    verdict: Verdict
    reason: Reason
    signatures: tuple[SignatureReport, ...] = ()
    sub_indication: SubIndication | None = None
    sha256: str = ""
    size: int = 0
    verified_at: datetime | None = None
    evidence_as_of: datetime | None = None  # the newest revocation evidence used, or seal list at hand
    notice: str = field(default="")
    voided: VoidedReport | None = None  # by its maker's list (作废); the verdict is on the signatures
    content_sha256: str = ""  # of the file that a detached signature was judged over
    answers: Answers | None = None  # whether it is valid, trusted, accepted: never mixed
    reported: Reported | None = None  # what the file says, where it is itself a verification report
    licence: LicencePart | None = None  # that the document says it is; the verdict is on its seals

    def __bool__(self) -> NoReturn:
        raise TypeError("a report has several answers; look at its verdict")

    @property
    def nature(self) -> Nature:
        """The one word for what the signatures of a valid document make of it: sealed, signed, only time-stamped, or nothing."""
        return nature(item.kind.value for item in self.on_document if self.verdict is Verdict.PASSED)

    @property
    def on_document(self) -> tuple[SignatureReport, ...]:
        """The signatures over what the document says; of a package the integrity file's is none of these."""
        return self.signatures

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the document; every value is a JSON type."""
        return {
            "file": self.file,
            "verdict": self.verdict.value,
            "verdict_zh": self.verdict.zh,
            "nature": self.nature.value,
            "nature_zh": self.nature.zh,
            "sub_indication": None if self.sub_indication is None else self.sub_indication.value,
            "reason": self.reason.en,
            "reason_zh": self.reason.zh,
            "notice": self.notice,
            "sha256": self.sha256,
            "size": self.size,
            "content_sha256": self.content_sha256,
            "voided": None if self.voided is None else self.voided.to_json(),
            "verified_at": iso(self.verified_at),
            "evidence_as_of": iso(self.evidence_as_of),
            "answers": None if self.answers is None else self.answers.to_json(),
            "reported": None if self.reported is None else self.reported.to_json(),
            "licence": None if self.licence is None else self.licence.to_json(),
            "signatures": [signature.to_json() for signature in self.signatures],
        }
