"""The evidence record (制度证据记录): what the registry itself holds about one use of a seal, signed by the seal's maker.

A JWS as the seal statement is one. The statement inside the signature carries digests: which case, which rule, what digests
its approvals. The record tells what is behind them: who asked, approved and sealed, when and by which credential, the seal's
state then, and where the audit trail has it. It travels beside the document (``FILE.evidence.jws``, one record a line), since
what it tells of, the sealing's own end, is later than the last octet that the seal protects. People stand in it by name and
role alone: no id, no document title, no remark. Pure; :mod:`verify.institution.judge` judges one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from cryptography import x509

from seals import members
from seals.cases.states import CaseAct, CaseStatus
from seals.errors import StatementInvalid
from seals.jws import check_signature, parse
from seals.leave import Leave, read_leave
from seals.members import time_text
from seals.seal import SealKind, SealStatus

RECORD_TYPE: Final = "yinxin-evidence-record+jws"
FORM: Final = 1
FILE_SUFFIX: Final = ".evidence.jws"
"""How the file beside a document is called, after the document's own name."""
MAX_RECORD_SIZE: Final = 256 * 1024
"""Longest record read, in octets: 500 acts at some 200 octets and a chain of certificates."""
MAX_RECORDS: Final = 50
"""Records beside one document: one for each seal on it."""
MAX_APPROVALS: Final = 500
"""Approvals in one record: ten stages of fifty people."""
MAX_ACTS: Final = 500
"""Acts in one record; a case about a thousand copies has as many, of which the first and those of this use are told."""
MAX_TRAIL: Final = 20
"""Places of the audit trail that one record names."""
ROLES: Final = ("applicant", "approver", "keeper", "application", "service")
_CREDENTIAL: Final = re.compile(r"(certificate:[0-9a-f]{64}|[a-z-]{1,32}|)")
_SHA256: Final = members.matching(members.SHA256, "a SHA-256 digest in lower-case hexadecimal")
_NUMBER: Final = members.matching(members.NUMBER, "an id (32 hexadecimal digits)")


@dataclass(frozen=True, slots=True)
class RecordedApproval:
    """One approval that counted: for which stage, whose by name, when, by which certificate; ``sha256`` is of what was signed."""

    stage: str
    name: str
    at: datetime
    certificate_sha256: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RecordedAct:
    """One act of the case: what, where it led, when, by whom (name and role), known by which credential."""

    act: CaseAct
    status: CaseStatus
    at: datetime
    name: str
    role: str
    credential: str


@dataclass(frozen=True, slots=True)
class TrailPlace:
    """Where the installation's audit trail has an act: its number and the digest of the record there."""

    number: int
    action: str
    digest: str


@dataclass(frozen=True, slots=True)
class RecordedSeal:
    """The seal as it was: ``status`` at the time of use, ``since`` when that state had begun."""

    code: str
    physical_code: str
    kind: SealKind
    name: str
    owner_name: str
    owner_uscc: str
    status: SealStatus
    since: datetime
    certificate_sha256: str


@dataclass(frozen=True, slots=True)
class RecordedUse:
    """One use: the sealing and its permit, the document before and after, who held the seal (name and role)."""

    sealing: str
    permit: str
    granted_at: datetime
    sealed_at: datetime
    handed_in: str
    """SHA-256 of the document as it was handed in."""
    document_sha256: str
    """SHA-256 of the sealed document."""
    document_size: int
    keeper: str
    keeper_role: str
    value_sha256: str = ""
    """SHA-256 of the signed value that this use put into a package (an OFD), which later seals write anew around it; else empty."""


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """Everything that one record says. ``needed`` counts the approvals that the rule asks for."""

    issuer: str
    issued_at: datetime
    use: RecordedUse
    seal: RecordedSeal
    leave: Leave
    needed: int
    approvals: tuple[RecordedApproval, ...] = ()
    acts: tuple[RecordedAct, ...] = ()
    trail: tuple[TrailPlace, ...] = ()

    @property
    def applicant(self) -> str:
        """Name of whoever opened the case."""
        return next((one.name for one in self.acts if one.act is CaseAct.OPEN), "")


class ParsedRecord(NamedTuple):
    """A record and what is needed to judge it; ``chain_der`` begins with its signer's certificate."""

    record: EvidenceRecord
    signing_input: bytes
    signature: bytes
    alg: str
    chain_der: tuple[bytes, ...]

    def check_signature(self) -> x509.Certificate:
        """Compare the signature with the enclosed certificate (no trust in it)."""
        return check_signature(self.signing_input, self.signature, self.alg, self.chain_der[0])


def split_records(text: str) -> tuple[str, ...]:
    """Return the records of a file, one a line; more than :data:`MAX_RECORDS` raise StatementInvalid."""
    if len(text) > MAX_RECORDS * (MAX_RECORD_SIZE + 2):
        raise StatementInvalid("the file of evidence records is too long")
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    if len(lines) > MAX_RECORDS:
        raise StatementInvalid(f"over {MAX_RECORDS} evidence records")
    return lines


def parse_record(jws: str) -> ParsedRecord:
    """Read a record strictly; raises :class:`seals.errors.StatementInvalid`."""
    signed = parse(jws, typ=RECORD_TYPE, limit=MAX_RECORD_SIZE)
    record = record_of(signed.payload)
    return ParsedRecord(record, signed.signing_input, signed.signature, signed.alg, signed.chain_der)


def record_payload(record: EvidenceRecord) -> dict[str, Any]:
    """Write a record as its JSON members."""
    return {
        "form": FORM,
        "issuer": record.issuer,
        "issued_at": time_text(record.issued_at),
        "use": _written(record.use, _USE | _VALUE if record.use.value_sha256 else _USE),
        "seal": _written(record.seal, _SEAL),
        "leave": record.leave.members(),
        "needed": record.needed,
        "approvals": [_written(one, _APPROVAL) for one in record.approvals],
        "acts": [_written(one, _ACT) for one in record.acts],
        "trail": [_written(one, _TRAIL) for one in record.trail],
    }


def record_of(payload: dict[str, Any]) -> EvidenceRecord:
    """Read the members of a record; raises :class:`seals.errors.StatementInvalid`, which names the member."""
    members.exact(
        payload,
        {"form", "issuer", "issued_at", "use", "seal", "leave", "needed", "approvals", "acts", "trail"},
    )
    members.form(payload["form"], FORM)
    use = RecordedUse(**_read(payload["use"], _use_of(payload["use"]), "use"))
    if use.sealed_at < use.granted_at:
        raise StatementInvalid("sealed_at lies before granted_at")
    return EvidenceRecord(
        issuer=members.text(payload["issuer"], "issuer"),
        issued_at=members.moment(payload["issued_at"], "issued_at"),
        use=use,
        seal=RecordedSeal(**_read(payload["seal"], _SEAL, "seal")),
        leave=read_leave(payload["leave"]),
        needed=_count(payload["needed"], "needed"),
        approvals=tuple(
            RecordedApproval(**one) for one in _each(payload, "approvals", _APPROVAL, MAX_APPROVALS)
        ),
        acts=tuple(RecordedAct(**one) for one in _each(payload, "acts", _ACT, MAX_ACTS)),
        trail=tuple(TrailPlace(**one) for one in _each(payload, "trail", _TRAIL, MAX_TRAIL)),
    )


Reader = Callable[[object, str], Any]


def _each(
    payload: dict[str, Any], member: str, readers: dict[str, Reader], most: int
) -> list[dict[str, Any]]:
    found = payload[member]
    if not isinstance(found, list) or len(found) > most:
        raise StatementInvalid(f"{member} is a list of at most {most}")
    return [_read(one, readers, member) for one in found]


def _read(found: object, readers: dict[str, Reader], member: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise StatementInvalid(f"{member} is an object")
    members.exact(found, set(readers))
    return {name: reader(found[name], f"{member}.{name}") for name, reader in readers.items()}


def _use_of(found: object) -> dict[str, Reader]:
    return _USE | _VALUE if isinstance(found, dict) and "value_sha256" in found else _USE


def _written(value: object, readers: dict[str, Reader]) -> dict[str, Any]:
    return {name: _plain(getattr(value, name)) for name in readers}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, SealKind):
        return value.code
    return value.value if isinstance(value, CaseAct | CaseStatus | SealStatus) else value


def _count(value: object, member: str) -> int:
    if type(value) is not int or not 0 <= value <= 10**15:
        raise StatementInvalid(f"{member} is a whole number")
    return value


def _text(value: object, member: str) -> str:
    """Read a text that may be empty: a name that the registry does not have."""
    return "" if value == "" else members.text(value, member)


def _role(value: object, member: str) -> str:
    if value not in ROLES:
        raise StatementInvalid(f"{member} is none of {', '.join(ROLES)}")
    return str(value)


def _act(value: object, member: str) -> CaseAct:
    try:
        return CaseAct(str(value))
    except ValueError as wrong:
        raise StatementInvalid(f"{member} is no known act") from wrong


def _case_status(value: object, member: str) -> CaseStatus:
    try:
        return CaseStatus(str(value))
    except ValueError as wrong:
        raise StatementInvalid(f"{member} is no known state") from wrong


_USE: Final[dict[str, Reader]] = {
    "sealing": _NUMBER,
    "permit": _NUMBER,
    "granted_at": members.moment,
    "sealed_at": members.moment,
    "handed_in": _SHA256,
    "document_sha256": _SHA256,
    "document_size": _count,
    "keeper": _text,
    "keeper_role": _role,
}
_VALUE: Final[dict[str, Reader]] = {"value_sha256": _SHA256}
"""Beside these, for a use in a package."""
_SEAL: Final[dict[str, Reader]] = {
    "code": members.seal_code,
    "physical_code": members.physical_code,
    "kind": members.kind,
    "name": members.text,
    "owner_name": members.text,
    "owner_uscc": members.matching(members.USCC, "a unified social credit code"),
    "status": members.status,
    "since": members.moment,
    "certificate_sha256": _SHA256,
}
_APPROVAL: Final[dict[str, Reader]] = {
    "stage": members.text,
    "name": _text,
    "at": members.moment,
    "certificate_sha256": _SHA256,
    "sha256": _SHA256,
}
_ACT: Final[dict[str, Reader]] = {
    "act": _act,
    "status": _case_status,
    "at": members.moment,
    "name": _text,
    "role": _role,
    "credential": members.matching(_CREDENTIAL, "a kind of credential, or a certificate's digest"),
}
_TRAIL: Final[dict[str, Reader]] = {"number": _count, "action": members.text, "digest": _SHA256}
