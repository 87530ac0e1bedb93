"""A signed verification report: JWS by the verification service over our report, the ETSI one, and the page a person reads.

``page`` is the digest of the drawn PDF as it was before anything was attached to it or sealed: its first octets. So the words on
the page and the data in it cannot be parted: whoever draws another page has no signature that covers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509

from hsm.signer import Signer
from seals import members
from seals.errors import StatementInvalid
from seals.jws import Form, check_signature, parse, sign, type_of
from verify.report import DocumentReport
from verify.reports.etsi import Issue, etsi_json
from verify.sentence import Reason
from verify.verdict import Verdict

REPORT_TYPE: Final = "yinxin-verification-report+jws"
MAX_REPORT: Final = 32 * 1024 * 1024
"""Longest signed report, in octets: two hundred signatures with all their steps have some four million."""
MAX_SENTENCE: Final = 4000
FORM: Final = Form(depth=24, fractions=True)
"""A validation report nests 14 deep; placements have fractions of a millimetre."""
_MEMBERS: Final = frozenset({"form", "number", "issued_at", "answer", "page", "report", "validation_report"})


@dataclass(frozen=True, slots=True)
class Page:
    """The drawn page: the digest (SHA-256, hex) of the file's first ``octets``."""

    sha256: str
    octets: int


@dataclass(frozen=True, slots=True)
class ParsedReport:
    """A signed report taken apart; nothing of it is believed yet. ``chain_der`` begins with the service's certificate."""

    number: str
    issued_at: datetime
    answer: str
    page: Page | None
    report: dict[str, Any]
    validation_report: dict[str, Any]
    says: Verdict
    says_reason: Reason
    sha256: str
    size: int
    verified_at: datetime
    evidence_as_of: datetime | None
    signing_input: bytes
    signature: bytes
    alg: str
    chain_der: tuple[bytes, ...]

    def check_signature(self) -> x509.Certificate:
        """Compare the signature with the enclosed certificate (no trust in it)."""
        return check_signature(self.signing_input, self.signature, self.alg, self.chain_der[0])


def report_payload(report: DocumentReport, issue: Issue, page: Page | None) -> dict[str, Any]:
    """Write what is signed. ``ValueError``: the report names no time, or the issue none."""
    if issue.issued_at is None:
        raise ValueError("a signed report says when it was issued")
    return {
        "form": 1,
        "number": issue.number,
        "issued_at": members.time_text(issue.issued_at),
        "answer": issue.answer,
        "page": None if page is None else {"sha256": page.sha256, "octets": page.octets},
        "report": _whole(report.to_json()),
        "validation_report": etsi_json(report, issue),
    }


def _whole(value: Any) -> Any:
    """Put a sign for half a character (RFC 8259 §8.2), which the name of a file may hold: no reader of ours takes it."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


def sign_report(payload: dict[str, Any], signer: Signer, chain: Sequence[bytes]) -> str:
    """Sign with the verification service's key; ``chain`` is DER, its certificate first. Raises like ``seals.jws.sign``."""
    return sign(payload, typ=REPORT_TYPE, signer=signer, chain=chain)


def bare_report(data: bytes) -> str | None:
    """Return the text of a signed report that a file consists of; ``None`` for any other file."""
    if len(data) > MAX_REPORT or (not data[:1].isalnum() and not data[:1].isspace()):
        return None
    text = data.strip()
    if not text.isascii() or text.count(b".") != 2:
        return None
    found = text.decode("ascii")
    return found if type_of(found) == REPORT_TYPE else None


def parse_report(jws: str) -> ParsedReport:
    """Read a signed report strictly; raises :class:`seals.errors.StatementInvalid`, which names the member."""
    signed = parse(jws, typ=REPORT_TYPE, limit=MAX_REPORT, form=FORM)
    payload = signed.payload
    members.exact(payload, set(_MEMBERS))
    members.form(payload["form"], 1)
    report = _object(payload["report"], "report")
    evidence = report.get("evidence_as_of")
    return ParsedReport(
        members.text(payload["number"], "number"),
        members.moment(payload["issued_at"], "issued_at"),
        _text(payload["answer"], "answer"),
        _page(payload["page"]),
        report,
        _object(payload["validation_report"], "validation_report"),
        _verdict(report.get("verdict")),
        Reason(_text(report.get("reason_zh"), "reason_zh"), _text(report.get("reason"), "reason")),
        _digest(report.get("sha256"), "report.sha256"),
        _size(report.get("size")),
        _second(report.get("verified_at"), "verified_at"),
        None if evidence is None else _second(evidence, "evidence_as_of"),
        signed.signing_input,
        signed.signature,
        signed.alg,
        signed.chain_der,
    )


def _object(value: object, member: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise StatementInvalid(f"{member} is not an object")
    return value


def _page(value: object) -> Page | None:
    if value is None:
        return None
    found = _object(value, "page")
    members.exact(found, {"sha256", "octets"})
    return Page(_digest(found["sha256"], "page.sha256"), _size(found["octets"]))


def _text(value: object, member: str) -> str:
    if isinstance(value, str) and len(value) <= MAX_SENTENCE:
        return value
    raise StatementInvalid(f"{member} is not a text of at most {MAX_SENTENCE} characters")


def _verdict(value: object) -> Verdict:
    if isinstance(value, str) and value in {one.value for one in Verdict}:
        return Verdict(value)
    raise StatementInvalid("verdict is none of passed, failed, indeterminate, unreadable")


def _digest(value: object, member: str) -> str:
    if isinstance(value, str) and members.SHA256.fullmatch(value):
        return value
    raise StatementInvalid(f"{member} is not a SHA-256 in hexadecimal")


def _size(value: object) -> int:
    if type(value) is int and value >= 0:
        return value
    raise StatementInvalid("a size is not a whole number")


def _second(value: object, member: str) -> datetime:
    """Read a time as reports write it: RFC 3339, UTC, whole seconds."""
    try:
        return datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as wrong:
        raise StatementInvalid(f"{member} is not a UTC time with whole seconds") from wrong
