"""Codec of the *public answer* about one seal: what anyone may know, as a JWS (RFC 7515) signed by the seal maker.

It says the state of a seal at a moment, its kind, its owner and its dates, and the codes that a change of name links. It
never holds a picture, a keeper, an inscription or the name on a name seal. An answer about an unknown code has the same
members. Pure: reading makes no trust decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from hsm.signer import Signer
from seals import members
from seals.errors import StatementInvalid
from seals.jws import MAX_STATEMENT_SIZE, check_signature, parse, sign
from seals.members import time_text
from seals.seal import SealKind, SealStatus, is_electronic_code, is_physical_code

LOOKUP_TYPE: Final = "yinxin-seal-lookup+jws"
UNKNOWN: Final = "unknown"
"""No such seal, none yet at that moment, or an application that has not become one."""
EXPIRED: Final = "expired"
"""In use, but past its last day."""
HIDDEN: Final = frozenset({SealStatus.APPLIED, SealStatus.REJECTED})
"""An application is not yet a seal and a rejected one never was; whoever asks about either hears *unknown*."""
STATES: Final = frozenset(
    {status.value for status in SealStatus if status not in HIDDEN} | {UNKNOWN, EXPIRED}
)
"""The words of an answer."""
_ZH: Final = {UNKNOWN: "未查到", EXPIRED: "已过期"}


@dataclass(frozen=True, slots=True)
class SealLookup:
    """What is answered about ``asked`` (13 or 14 digits) as of ``as_of``; good from ``issued_at`` to ``next_update``.

    ``since`` is when the state began. Every member from ``code`` on is ``None`` where the status is *unknown*; so are
    the validity of a seal never in force and the links of one that no change of name touched.
    """

    issuer: str
    asked: str
    as_of: datetime
    issued_at: datetime
    next_update: datetime
    status: str
    since: datetime | None = None
    code: str | None = None
    physical_code: str | None = None
    kind: SealKind | None = None
    owner_name: str | None = None
    owner_uscc: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    predecessor: str | None = None
    successor: str | None = None

    @property
    def status_zh(self) -> str:
        """The word of practice."""
        return _ZH.get(self.status) or SealStatus(self.status).zh

    @property
    def in_force(self) -> bool:
        """Tell whether the seal could be used at ``as_of``."""
        return self.status == SealStatus.ACTIVE.value


@dataclass(frozen=True, slots=True)
class ParsedLookup:
    """An answer and what is needed to judge it; ``chain_der`` begins with the seal maker's certificate."""

    lookup: SealLookup
    signing_input: bytes
    signature: bytes
    alg: str
    chain_der: tuple[bytes, ...]

    def check_signature(self) -> x509.Certificate:
        """Compare the signature with the enclosed certificate (no trust in it); see ``seals.jws.check_signature``."""
        return check_signature(self.signing_input, self.signature, self.alg, self.chain_der[0])


def sign_lookup(lookup: SealLookup, signer: Signer, chain: Sequence[bytes]) -> str:
    """Sign with the seal maker's key; ``chain`` is DER, its certificate first. Raises like ``seals.jws.sign``."""
    return sign(lookup_payload(lookup), typ=LOOKUP_TYPE, signer=signer, chain=chain)


def parse_lookup(jws: str) -> ParsedLookup:
    """Read an answer strictly; raises :class:`seals.errors.StatementInvalid`."""
    signed = parse(jws, typ=LOOKUP_TYPE, limit=MAX_STATEMENT_SIZE)
    found = _lookup(signed.payload)
    return ParsedLookup(found, signed.signing_input, signed.signature, signed.alg, signed.chain_der)


def lookup_payload(lookup: SealLookup) -> dict[str, Any]:
    """Write an answer as its JSON members; all of them, always."""
    return {
        "issuer": lookup.issuer,
        "asked": lookup.asked,
        "as_of": time_text(lookup.as_of),
        "issued_at": time_text(lookup.issued_at),
        "next_update": time_text(lookup.next_update),
        "status": lookup.status,
        "since": _time_or_none(lookup.since),
        "code": lookup.code,
        "physical_code": lookup.physical_code,
        "kind": None if lookup.kind is None else lookup.kind.code,
        "owner_name": lookup.owner_name,
        "owner_uscc": lookup.owner_uscc,
        "valid_from": _time_or_none(lookup.valid_from),
        "valid_to": _time_or_none(lookup.valid_to),
        "predecessor": lookup.predecessor,
        "successor": lookup.successor,
    }


def _time_or_none(when: datetime | None) -> str | None:
    return None if when is None else time_text(when)


def _lookup(payload: dict[str, Any]) -> SealLookup:
    members.exact(payload, _ALWAYS.keys() | _PERHAPS.keys())
    read: dict[str, Any] = {name: reader(payload[name], name) for name, reader in _ALWAYS.items()}
    read |= {
        name: None if payload[name] is None else reader(payload[name], name)
        for name, reader in _PERHAPS.items()
    }
    found = SealLookup(**read)
    if found.next_update <= found.issued_at:
        raise StatementInvalid("next_update does not lie after issued_at")
    told = [getattr(found, name) is not None for name in _OF_A_SEAL]
    if not all(told) if found.status != UNKNOWN else any(told):
        raise StatementInvalid("an unknown seal has no facts, and a known one has them all")
    return found


def _asked(value: object, member: str) -> str:
    if isinstance(value, str) and (is_physical_code(value) or is_electronic_code(value)):
        return value
    raise StatementInvalid(f"{member} is not 13 or 14 digits")


def _state(value: object, member: str) -> str:
    if isinstance(value, str) and value in STATES:
        return value
    raise StatementInvalid(f"{member} is no known state")


_ALWAYS: Final = {
    "issuer": members.text,
    "asked": _asked,
    "as_of": members.moment,
    "issued_at": members.moment,
    "next_update": members.moment,
    "status": _state,
}
_PERHAPS: Final[dict[str, Any]] = {
    "since": members.moment,
    "code": members.seal_code,
    "physical_code": members.physical_code,
    "kind": members.kind,
    "owner_name": members.text,
    "owner_uscc": members.matching(members.USCC, "a unified social credit code"),
    "valid_from": members.moment,
    "valid_to": members.moment,
    "predecessor": members.seal_code,
    "successor": members.seal_code,
}
_OF_A_SEAL: Final = ("since", "code", "physical_code", "kind", "owner_name", "owner_uscc")
