"""What a foreign list points to and verification needs: which addresses, and whether what came is what it says. Pure.

A piece is kept only if a service of that very list signed it and it is no older than the one we have. Whoever controls the
line can withhold news, which shows as age, but cannot put an older state or another's in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from hsm.errors import HsmError
from seals.errors import SealError, StatementSignatureInvalid
from seals.jws import MAX_LIST_SIZE, type_of
from seals.statement import parse_status_list
from signing.recognition.addresses import is_fetched
from signing.recognition.foreign import Piece, PieceKind
from signing.recognition.states import Trouble
from verify.certificates.revocation import crl_signed_by
from verify.policy import MAX_CRL_OCTETS
from verify.trusted_lists.model import ServiceKind, TrustedList
from verify.voided.form import VOID_LIST_TYPE, parse_void_list

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


def wanted(found: TrustedList) -> tuple[tuple[str, int], ...]:
    """Return the addresses to fetch with their limits, in the list's order, each once."""
    chosen: dict[str, int] = {}
    for service in found.services:
        for url in service.supply:
            limit = next((size for ending, size in LIMITS.items() if is_fetched(url, (ending,))), 0)
            if limit and len(chosen) < MAX_PIECES:
                chosen.setdefault(url, limit)
    return tuple(chosen.items())


def judge(octets: bytes, found: TrustedList, before: Piece | None) -> Judged:
    """Return what a fetched piece is; :class:`PieceRefused` unless a service of the list made it and it is not older."""
    judged = _crl(octets, found) if octets[:1] == b"\x30" else _jws(octets, found)
    if before is None or not before.octets:
        return judged
    if judged.kind is not before.kind:
        raise PieceRefused(Trouble.UNREADABLE)
    older = before.issued_at is not None and judged.issued_at < before.issued_at
    if judged.number < before.number or older:
        raise PieceRefused(Trouble.ROLLED_BACK)
    return judged


def _crl(octets: bytes, found: TrustedList) -> Judged:
    try:
        crl = x509.load_der_x509_crl(octets)
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        issued = crl.last_update_utc
        name = crl.issuer.public_bytes()
    except (ValueError, TypeError, x509.ExtensionNotFound, x509.DuplicateExtension) as wrong:
        raise PieceRefused(Trouble.UNREADABLE) from wrong
    for issuer in _certificates(found, ServiceKind.CA):
        if issuer.subject.public_bytes() == name and _signed_by(crl, issuer):
            return Judged(PieceKind.CRL, min(number, 2**63 - 1), issued)
    raise PieceRefused(Trouble.FORGED)


def _signed_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return crl_signed_by(crl, issuer)
    except (ValueError, TypeError, UnsupportedAlgorithm, HsmError):
        return False


def _jws(octets: bytes, found: TrustedList) -> Judged:
    makers = {der for service in found.of_kind(ServiceKind.SEAL_MAKER) for der in service.certificates}
    try:
        text = octets.decode("ascii").strip()
        if type_of(text) == VOID_LIST_TYPE:
            voided = parse_void_list(text)
            chain = voided.chain_der
            voided.check_signature()
            judged = Judged(PieceKind.VOIDED, voided.void_list.number, voided.void_list.issued_at)
        else:
            seals = parse_status_list(text)
            chain = seals.chain_der
            seals.check_signature()
            judged = Judged(PieceKind.SEALS, seals.status_list.number, seals.status_list.issued_at)
    except StatementSignatureInvalid as wrong:
        raise PieceRefused(Trouble.FORGED) from wrong
    except (SealError, ValueError) as wrong:
        raise PieceRefused(Trouble.UNREADABLE) from wrong
    if chain[0] not in makers:
        raise PieceRefused(Trouble.FORGED)
    return judged


def _certificates(found: TrustedList, kind: ServiceKind) -> Iterator[x509.Certificate]:
    ders: Iterable[bytes] = (der for service in found.of_kind(kind) for der in service.certificates)
    for der in ders:
        try:
            yield x509.load_der_x509_certificate(der)
        except (ValueError, TypeError):
            continue
