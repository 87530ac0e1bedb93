"""What a foreign list points to and verification needs: which addresses, and whether what came is what it says. Pure.

A piece is kept only if a service that names its very address signed it, for the same scope as the one we have, and it is no older.
Whoever controls the line can withhold news, which shows as age, but cannot put an older state or another's in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from hsm.errors import HsmError
from seals.errors import SealError, StatementSignatureInvalid
from seals.jws import MAX_LIST_SIZE, type_of
from seals.statement import ParsedStatusList, SealStatusList, parse_status_list
from signing.recognition.addresses import is_fetched
from signing.recognition.foreign import Piece, PieceKind
from signing.recognition.states import Trouble
from verify.certificates.revocation import crl_signed_by
from verify.policy import MAX_CRL_OCTETS
from verify.trusted_lists.model import ServiceKind, TrustedList
from verify.voided.form import VOID_LIST_TYPE, ParsedVoidList, VoidList, parse_void_list

LIMITS: Final = {".crl": MAX_CRL_OCTETS, ".jws": MAX_LIST_SIZE}
"""What is fetched, by the ending of its address, and how long it may be. Answers about single certificates (OCSP) travel in
documents; pages and time-stamp services are nothing to keep."""
MAX_PIECES: Final = 200
"""Supply points followed of one list: a CA with a hundred shards has as many lists."""


class PieceRefused(Exception):
    """What came is not taken; nobody sees this, its trouble is kept beside the piece."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Judged:
    """A piece that a service of the list signed: its kind, its number, when it was issued."""

    kind: PieceKind
    number: int
    issued_at: datetime
    next_update: datetime | None
    scope: tuple[bytes, ...] = ()
    """What it speaks about: of a revocation list its issuer and its part of the certificates, of a maker's list nothing beside the kind."""


def wanted(found: TrustedList) -> tuple[tuple[str, int], ...]:
    """Return the addresses to fetch with their limits, in the list's order, each once."""
    chosen: dict[str, int] = {}
    for service in found.services:
        for url in service.supply:
            limit = next((size for ending, size in LIMITS.items() if is_fetched(url, (ending,))), 0)
            if limit and len(chosen) < MAX_PIECES:
                chosen.setdefault(url, limit)
    return tuple(chosen.items())


def judge(octets: bytes, found: TrustedList, known: Piece) -> Judged:
    """Return what was fetched from the address of ``known`` is.

    :class:`PieceRefused` unless a service that names this address made it, for the scope of the one kept, and it is not older.
    """
    named = replace(
        found, services=tuple(service for service in found.services if known.url in service.supply)
    )
    judged = _crl(octets, named, found) if octets[:1] == b"\x30" else _jws(octets, named)
    if _is_of_another(judged.scope, known.url, found):
        raise PieceRefused(Trouble.FORGED)
    if not known.octets:
        return judged
    if judged.kind is not known.kind:
        raise PieceRefused(Trouble.UNREADABLE)
    if judged.scope and not _same_scope(judged.scope, known):
        raise PieceRefused(Trouble.FORGED)
    older = known.issued_at is not None and judged.issued_at < known.issued_at
    if judged.number < known.number or older:
        raise PieceRefused(Trouble.ROLLED_BACK)
    return judged


def next_update(octets: bytes) -> datetime | None:
    """Return when a kept piece promises its successor; nothing where it promises none."""
    if octets[:1] == b"\x30":
        return x509.load_der_x509_crl(octets).next_update_utc
    return _makers_list(octets).said.next_update


def _crl(octets: bytes, named: TrustedList, found: TrustedList) -> Judged:
    """Judge a revocation list: by an authority that names the address, or where none does (a time-stamp service may), by any of the list."""
    try:
        crl = x509.load_der_x509_crl(octets)
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        issued, until, scope = crl.last_update_utc, crl.next_update_utc, _scope(crl)
    except (ValueError, TypeError, x509.ExtensionNotFound, x509.DuplicateExtension) as wrong:
        raise PieceRefused(Trouble.UNREADABLE) from wrong
    by = named if named.of_kind(ServiceKind.CA) else found
    for issuer in _certificates(by, ServiceKind.CA):
        if issuer.subject.public_bytes() == scope[0] and _signed_by(crl, issuer):
            return Judged(PieceKind.CRL, min(number, 2**63 - 1), issued, until, scope)
    raise PieceRefused(Trouble.FORGED)


def _scope(crl: x509.CertificateRevocationList) -> tuple[bytes, ...]:
    """Return the issuer and, where the list is of one part of its certificates, which (RFC 5280 §5.2.5)."""
    try:
        part = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return (crl.issuer.public_bytes(),)
    return (crl.issuer.public_bytes(), part.public_bytes())


def _same_scope(scope: tuple[bytes, ...], known: Piece) -> bool:
    """Tell whether a revocation list speaks about what the kept one does, or is the part that its address names (lists are split)."""
    before = _scope(x509.load_der_x509_crl(known.octets))
    return scope == before or (scope[0] == before[0] and known.url.encode() in b"".join(scope[1:]))


def _is_of_another(scope: tuple[bytes, ...], url: str, found: TrustedList) -> bool:
    """Tell whether a revocation list says of itself that it lies at another address of this very list."""
    part = b"".join(scope[1:])
    return url.encode() not in part and any(
        address.encode() in part for address, _ in wanted(found) if address != url
    )


def _signed_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return crl_signed_by(crl, issuer)
    except (ValueError, TypeError, UnsupportedAlgorithm, HsmError):
        return False


def _jws(octets: bytes, named: TrustedList) -> Judged:
    makers = {der for service in named.of_kind(ServiceKind.SEAL_MAKER) for der in service.certificates}
    try:
        listed = _makers_list(octets)
        listed.parsed.check_signature()
    except StatementSignatureInvalid as wrong:
        raise PieceRefused(Trouble.FORGED) from wrong
    except (SealError, ValueError) as wrong:
        raise PieceRefused(Trouble.UNREADABLE) from wrong
    if listed.parsed.chain_der[0] not in makers:
        raise PieceRefused(Trouble.FORGED)
    said = listed.said
    return Judged(listed.kind, said.number, said.issued_at, said.next_update)


class _MakersList(NamedTuple):
    """A list that a seal maker signed, as it was parsed, and what it says."""

    kind: PieceKind
    parsed: ParsedStatusList | ParsedVoidList
    said: SealStatusList | VoidList


def _makers_list(octets: bytes) -> _MakersList:
    """Read a list of seal states or of voided documents; its signature is not checked. Raises ``SealError``, ``ValueError``."""
    text = octets.decode("ascii").strip()
    if type_of(text) == VOID_LIST_TYPE:
        voided = parse_void_list(text)
        return _MakersList(PieceKind.VOIDED, voided, voided.void_list)
    seals = parse_status_list(text)
    return _MakersList(PieceKind.SEALS, seals, seals.status_list)


def _certificates(found: TrustedList, kind: ServiceKind) -> Iterator[x509.Certificate]:
    ders: Iterable[bytes] = (der for service in found.of_kind(kind) for der in service.certificates)
    for der in ders:
        try:
            yield x509.load_der_x509_certificate(der)
        except (ValueError, TypeError):
            continue
