"""Codecs of the *seal statement* and the *seal status list*: JWS (RFC 7515) signed by the seal maker (制章者).

A statement says, at the moment of sealing, which seal was used, whose it is, that it was active, and over which
document; it travels inside the signature as the signed attribute :data:`SEAL_STATEMENT_OID` (one UTF8String). A status
list says the state of every seal of one registry over time. Both are pure: reading makes no trust decision.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from cryptography import x509

from hsm.signer import Signer
from seals import members
from seals.errors import StatementInvalid
from seals.jws import MAX_LIST_SIZE, MAX_STATEMENT_SIZE, check_signature, parse, sign
from seals.leave import Leave, read_leave
from seals.members import time_text
from seals.seal import SealKind, SealStatus

SEAL_STATEMENT_OID: Final = "1.2.840.113556.1.8000.2554.27368.51203.50935.19158.25179.8394388.15299025"
"""The signed attribute that carries a statement: an arc made from a GUID, every number within 31 bits (ADR 5)."""
STATEMENT_TYPE: Final = "yinxin-seal-statement+jws"
LIST_TYPE: Final = "yinxin-seal-status-list+jws"
MAX_HISTORY: Final = 10_000
"""Most states of one seal in a list: a seal frozen and resumed daily for thirteen years."""

_PERMIT = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class SealStatement:
    """What the seal maker states about one sealing.

    ``certificate_sha256`` is the digest (lower-case hex) of the *keeper's* certificate, ``picture_sha256`` that of the
    approved picture, ``document_sha256`` that of the document as it was handed in; ``permit`` is the permit's id. ``leave`` says by which case and rule; a statement of
    before there were cases has none, and stays valid.
    """

    seal_code: str
    physical_code: str
    kind: SealKind
    name: str
    owner_name: str
    owner_uscc: str
    valid_from: datetime
    valid_to: datetime
    status: SealStatus
    certificate_sha256: str
    picture_sha256: str
    permit: str
    document_sha256: str
    issued_at: datetime
    leave: Leave | None = None


@dataclass(frozen=True, slots=True)
class ParsedStatement:
    """A statement and what is needed to judge it; ``chain_der`` begins with the seal maker's certificate."""

    statement: SealStatement
    signing_input: bytes
    signature: bytes
    alg: str
    chain_der: tuple[bytes, ...]

    def check_signature(self) -> x509.Certificate:
        """Compare the signature with the enclosed certificate (no trust in it); see ``seals.jws.check_signature``."""
        return check_signature(self.signing_input, self.signature, self.alg, self.chain_der[0])


@dataclass(frozen=True, slots=True)
class SealStatusList:
    """The states of a registry's seals.

    ``entries`` holds the whole history, oldest first, of every approved seal that was ever stopped; ``active`` the
    codes of all others in use, so that *active* and *unknown* differ. ``number`` only rises for one ``issuer``.
    """

    issuer: str
    number: int
    issued_at: datetime
    next_update: datetime
    entries: Mapping[str, tuple[tuple[datetime, SealStatus], ...]] = field(default_factory=dict)
    active: frozenset[str] = frozenset()

    def status_at(self, code: str, when: datetime) -> SealStatus | None:
        """Return the state at ``when``, or ``None`` for a seal (or a time) that the list does not know."""
        if code in self.active:
            return SealStatus.ACTIVE
        history = self.entries.get(code, ())
        found = bisect_right([since for since, _ in history], when)
        return history[found - 1][1] if found else None

    def stopped_between(self, code: str, after: datetime, until: datetime) -> datetime | None:
        """Return when a seal was first stopped later than ``after`` and up to ``until``, also where it was resumed since."""
        stops = (since for since, status in self.entries.get(code, ()) if status is not SealStatus.ACTIVE)
        return min((since for since in stops if after < since <= until), default=None)


@dataclass(frozen=True, slots=True)
class ParsedStatusList:
    """A status list and what is needed to judge it."""

    status_list: SealStatusList
    signing_input: bytes
    signature: bytes
    alg: str
    chain_der: tuple[bytes, ...]

    def check_signature(self) -> x509.Certificate:
        """Compare the signature with the enclosed certificate (no trust in it)."""
        return check_signature(self.signing_input, self.signature, self.alg, self.chain_der[0])


def sign_statement(statement: SealStatement, signer: Signer, chain: Sequence[bytes]) -> str:
    """Sign with the seal maker's key; ``chain`` is DER, its certificate first. Raises like ``seals.jws.sign``."""
    jws = sign(statement_payload(statement), typ=STATEMENT_TYPE, signer=signer, chain=chain)
    if len(jws) > MAX_STATEMENT_SIZE:
        raise ValueError("a statement that its own reader would refuse")
    return jws


def parse_statement(jws: str) -> ParsedStatement:
    """Read a statement strictly; raises :class:`seals.errors.StatementInvalid`."""
    signed = parse(jws, typ=STATEMENT_TYPE, limit=MAX_STATEMENT_SIZE)
    statement = _statement(signed.payload)
    return ParsedStatement(statement, signed.signing_input, signed.signature, signed.alg, signed.chain_der)


def sign_status_list(status_list: SealStatusList, signer: Signer, chain: Sequence[bytes]) -> str:
    """Sign with the seal maker's key; ``chain`` as for :func:`sign_statement`."""
    return sign(list_payload(status_list), typ=LIST_TYPE, signer=signer, chain=chain)


def parse_status_list(jws: str) -> ParsedStatusList:
    """Read a status list strictly; raises :class:`seals.errors.StatementInvalid`."""
    signed = parse(jws, typ=LIST_TYPE, limit=MAX_LIST_SIZE)
    found = status_list_of(signed.payload)
    return ParsedStatusList(found, signed.signing_input, signed.signature, signed.alg, signed.chain_der)


def statement_payload(statement: SealStatement) -> dict[str, Any]:
    """Write a statement as its JSON members."""
    stated: dict[str, Any] = {
        "seal_code": statement.seal_code,
        "physical_code": statement.physical_code,
        "kind": statement.kind.code,
        "name": statement.name,
        "owner_name": statement.owner_name,
        "owner_uscc": statement.owner_uscc,
        "valid_from": time_text(statement.valid_from),
        "valid_to": time_text(statement.valid_to),
        "status": statement.status.value,
        "certificate_sha256": statement.certificate_sha256,
        "picture_sha256": statement.picture_sha256,
        "permit": statement.permit,
        "document_sha256": statement.document_sha256,
        "issued_at": time_text(statement.issued_at),
    }
    return stated if statement.leave is None else stated | {"leave": statement.leave.members()}


def list_payload(status_list: SealStatusList) -> dict[str, Any]:
    """Write a status list as its JSON members; codes are sorted, so equal lists have equal octets."""
    return {
        "issuer": status_list.issuer,
        "number": status_list.number,
        "issued_at": time_text(status_list.issued_at),
        "next_update": time_text(status_list.next_update),
        "entries": {
            code: [[time_text(since), status.value] for since, status in status_list.entries[code]]
            for code in sorted(status_list.entries)
        },
        "active": sorted(status_list.active),
    }


def _statement(payload: dict[str, Any]) -> SealStatement:
    leave = read_leave(payload["leave"]) if "leave" in payload else None
    payload = {name: value for name, value in payload.items() if name != "leave"}
    members.exact(payload, set(_STATEMENT_MEMBERS))
    read = {name: reader(payload[name], name) for name, reader in _STATEMENT_MEMBERS.items()}
    statement = SealStatement(**read, leave=leave)
    if statement.valid_to < statement.valid_from:
        raise StatementInvalid("valid_to lies before valid_from")
    return statement


def status_list_of(payload: dict[str, Any]) -> SealStatusList:
    """Read the members of a status list; raises :class:`seals.errors.StatementInvalid`."""
    members.exact(payload, {"issuer", "number", "issued_at", "next_update", "entries", "active"})
    number, entries, active = payload["number"], payload["entries"], payload["active"]
    if type(number) is not int or number < 1:
        raise StatementInvalid("number is a positive integer")
    if not isinstance(entries, dict) or not isinstance(active, list):
        raise StatementInvalid("entries is an object, active a list")
    codes = [members.seal_code(code, "active") for code in active]
    if any(before >= after for before, after in pairwise(codes)):
        raise StatementInvalid("active is sorted and without repetition")
    histories = {members.seal_code(code, "entries"): _history(found) for code, found in entries.items()}
    if not histories.keys().isdisjoint(codes):
        raise StatementInvalid("a seal is both in entries and in active")
    issued_at, next_update = (
        members.moment(payload["issued_at"], "issued_at"),
        members.moment(payload["next_update"], "next_update"),
    )
    if next_update <= issued_at:
        raise StatementInvalid("next_update does not lie after issued_at")
    issuer = members.text(payload["issuer"], "issuer")
    return SealStatusList(issuer, number, issued_at, next_update, histories, frozenset(codes))


def _history(found: object) -> tuple[tuple[datetime, SealStatus], ...]:
    if not isinstance(found, list) or not 1 <= len(found) <= MAX_HISTORY:
        raise StatementInvalid(f"a history has 1 to {MAX_HISTORY} states")
    history = []
    for state in found:
        if not isinstance(state, list) or len(state) != 2:
            raise StatementInvalid("a state is a time and a word")
        history.append((members.moment(state[0], "from"), members.status(state[1], "status")))
    if any(before[0] > after[0] for before, after in pairwise(history)):
        raise StatementInvalid("a history is in order of time")
    return tuple(history)


_STATEMENT_MEMBERS: Final[dict[str, Callable[[object, str], Any]]] = {
    "seal_code": members.seal_code,
    "physical_code": members.physical_code,
    "kind": members.kind,
    "name": members.text,
    "owner_name": members.text,
    "owner_uscc": members.matching(members.USCC, "a unified social credit code"),
    "valid_from": members.moment,
    "valid_to": members.moment,
    "status": members.status,
    "certificate_sha256": members.matching(members.SHA256, "a SHA-256 digest in lower-case hexadecimal"),
    "picture_sha256": members.matching(members.SHA256, "a SHA-256 digest in lower-case hexadecimal"),
    "permit": members.matching(_PERMIT, "a permit id (32 hexadecimal digits)"),
    "document_sha256": members.matching(members.SHA256, "a SHA-256 digest in lower-case hexadecimal"),
    "issued_at": members.moment,
}
