"""The form of the list of voided documents: JWS like the seal status list, by digest, with the time since when. Pure.

Signed by the seal maker, who keeps the register in which the documents were sealed. A document is named by the SHA-256 of
its octets at the moment it was voided; whatever is appended later does not change what those octets were. It is named by the
permit of its last seal as well, which that seal's signed statement repeats: a signature's value can be written in other octets
(capital digits, another attribute that is not signed) and still holds, and then nothing has the digest that was voided.
Where a seal has no statement, the digest of what its value is over serves instead, listed among the others: of a PDF the octets of
the /ByteRange, of a package, which anybody packs anew, the description (GB/T 33190 §18.2). That of a package's signed value is taken
as well, as evidence records have it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from cryptography import x509

from seals import members
from seals.errors import StatementInvalid
from seals.jws import MAX_LIST_SIZE, check_signature, parse
from seals.members import time_text

VOID_LIST_TYPE: Final = "yinxin-void-list+jws"
VOID_RECORD_TYPE: Final = "yinxin-void-record+jws"
MAX_RECORD_SIZE: Final = 64 * 1024
"""Longest record read, in octets: a chain of five certificates and twenty enterprises with their names."""
MAX_REASON: Final = 200
"""Longest reason, in characters: a sentence, not the file of the matter."""
MAX_CONSENTS: Final = 50
"""Most enterprises that sealed one document: consortium contracts have some twenty."""
MAX_DOCUMENTS: Final = 200
"""Most digests of one voiding: the versions of a document from its first seal to its last."""


@dataclass(frozen=True, slots=True)
class VoidEntry:
    """One voided document: since when, why, and the voiding (32 hexadecimal digits) that says who agreed."""

    since: datetime
    reason: str
    voiding: str


@dataclass(frozen=True, slots=True)
class VoidList:
    """Every voided document of one issuer, by SHA-256 (lower-case hexadecimal); numbers only rise."""

    issuer: str
    number: int
    issued_at: datetime
    next_update: datetime
    entries: dict[str, VoidEntry] = field(default_factory=dict)
    permits: dict[str, VoidEntry] = field(default_factory=dict)
    """The same by the permit of the sealing that made a voided document; whatever bears that seal is it, or grew from it."""


@dataclass(frozen=True, slots=True)
class VoidRecord:
    """One voiding as it is signed: which octets, since when, why, which enterprises agreed, under which rule."""

    issuer: str
    voiding: str
    documents: tuple[str, ...]
    since: datetime
    reason: str
    consents: tuple[tuple[str, str], ...]
    """Enterprises that agreed: unified social credit code and SHA-256 of what the register keeps of their consent."""
    rule: str
    """SHA-256 of the rule that said who has to agree."""


@dataclass(frozen=True, slots=True)
class ParsedVoidList:
    """A list and what is needed to judge it."""

    void_list: VoidList
    signing_input: bytes
    signature: bytes
    alg: str
    chain_der: tuple[bytes, ...]

    def check_signature(self) -> x509.Certificate:
        """Compare the signature with the enclosed certificate (no trust in it)."""
        return check_signature(self.signing_input, self.signature, self.alg, self.chain_der[0])


def void_list_payload(found: VoidList) -> dict[str, Any]:
    """Write a list as its JSON members; digests are sorted, so equal lists have equal octets."""
    payload = {
        "issuer": found.issuer,
        "number": found.number,
        "issued_at": time_text(found.issued_at),
        "next_update": time_text(found.next_update),
        "documents": _written(found.entries),
    }
    return payload | {"permits": _written(found.permits)} if found.permits else payload


def _written(entries: dict[str, VoidEntry]) -> dict[str, list[str]]:
    return {
        key: [time_text(entries[key].since), entries[key].reason, entries[key].voiding]
        for key in sorted(entries)
    }


def void_record_payload(found: VoidRecord) -> dict[str, Any]:
    """Write a record as its JSON members."""
    return {
        "issuer": found.issuer,
        "voiding": found.voiding,
        "documents": list(found.documents),
        "since": time_text(found.since),
        "reason": found.reason,
        "consents": [list(one) for one in found.consents],
        "rule": found.rule,
    }


def parse_void_list(jws: str) -> ParsedVoidList:
    """Read a list strictly; raises :class:`seals.errors.StatementInvalid`."""
    signed = parse(jws, typ=VOID_LIST_TYPE, limit=MAX_LIST_SIZE)
    found = _list(signed.payload)
    return ParsedVoidList(found, signed.signing_input, signed.signature, signed.alg, signed.chain_der)


def parse_void_record(jws: str) -> tuple[VoidRecord, x509.Certificate]:
    """Read a record whose signature holds, and the certificate that made it (no trust in it).

    Raises :class:`seals.errors.StatementInvalid` or :class:`seals.errors.StatementSignatureInvalid`.
    """
    signed = parse(jws, typ=VOID_RECORD_TYPE, limit=MAX_RECORD_SIZE)
    payload = signed.payload
    members.exact(payload, {"issuer", "voiding", "documents", "since", "reason", "consents", "rule"})
    documents, consents = payload["documents"], payload["consents"]
    if not isinstance(documents, list) or not 1 <= len(documents) <= MAX_DOCUMENTS:
        raise StatementInvalid(f"documents lists 1 to {MAX_DOCUMENTS} digests")
    if not isinstance(consents, list) or not 1 <= len(consents) <= MAX_CONSENTS:
        raise StatementInvalid(f"consents lists 1 to {MAX_CONSENTS} enterprises")
    record = VoidRecord(
        issuer=members.text(payload["issuer"], "issuer"),
        voiding=_voiding(payload["voiding"], "voiding"),
        documents=tuple(_sha256(one, "documents") for one in documents),
        since=members.moment(payload["since"], "since"),
        reason=_reason(payload["reason"]),
        consents=tuple(_consent(one) for one in consents),
        rule=_sha256(payload["rule"], "rule"),
    )
    leaf = check_signature(signed.signing_input, signed.signature, signed.alg, signed.chain_der[0])
    return record, leaf


def _list(payload: dict[str, Any]) -> VoidList:
    payload = {"permits": {}, **payload}
    members.exact(payload, {"issuer", "number", "issued_at", "next_update", "documents", "permits"})
    number = payload["number"]
    if type(number) is not int or number < 1:
        raise StatementInvalid("number is a positive integer")
    issued_at = members.moment(payload["issued_at"], "issued_at")
    next_update = members.moment(payload["next_update"], "next_update")
    if next_update <= issued_at:
        raise StatementInvalid("next_update does not lie after issued_at")
    issuer = members.text(payload["issuer"], "issuer")
    entries, permits = _entries(payload, "documents", _sha256), _entries(payload, "permits", _permit)
    return VoidList(issuer, number, issued_at, next_update, entries, permits)


def _entries(
    payload: dict[str, Any], member: str, read: Callable[[object, str], str]
) -> dict[str, VoidEntry]:
    listed = payload[member]
    if not isinstance(listed, dict):
        raise StatementInvalid(f"{member} is an object")
    if any(before >= after for before, after in pairwise(listed)):
        raise StatementInvalid(f"{member} is sorted")
    return {read(key, member): _entry(found) for key, found in listed.items()}


def _entry(found: object) -> VoidEntry:
    if not isinstance(found, list) or len(found) != 3:
        raise StatementInvalid("a voided document has a time, a reason and a number")
    return VoidEntry(members.moment(found[0], "since"), _reason(found[1]), _voiding(found[2], "voiding"))


def _consent(found: object) -> tuple[str, str]:
    if not isinstance(found, list) or len(found) != 2:
        raise StatementInvalid("a consent is a code and a digest")
    return _uscc(found[0], "consents"), _sha256(found[1], "consents")


def _reason(value: object) -> str:
    if isinstance(value, str) and 0 < len(value) <= MAX_REASON and value.isprintable():
        return value
    raise StatementInvalid(f"reason is not 1 to {MAX_REASON} printable characters")


_sha256: Final = members.matching(members.SHA256, "a SHA-256 digest in lower-case hexadecimal")
_uscc: Final = members.matching(members.USCC, "a unified social credit code")
_permit: Final = members.matching(members.NUMBER, "a permit (32 hexadecimal digits)")
_voiding: Final = members.matching(members.NUMBER, "the number of a voiding (32 hexadecimal digits)")
