"""OCSP responses (RFC 6960): what one says, about whom, and who signed it by whose leave. Pure.

What it says of times is the word of its signer's key: an answer tells nothing about a time after it was made, nor after the
certificate of the responder that made it ended, whatever stands in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ca import der
from verify.algorithms import DIGESTS, check_value, key_of, spki_of
from verify.certificates import gm
from verify.certificates.delegates import keeps_the_rules
from verify.certificates.extensions import critical_names, extensions_of
from verify.certificates.facts import Fact, invalid_since
from verify.certificates.key_identifiers import subject_key
from verify.certificates.links import usable
from verify.certificates.names import name_key, subject_key_of, subject_octets
from verify.certificates.paths import PathFinder
from verify.certificates.purpose import OCSP_SIGNING, check_exactly
from verify.certificates.stated_times import (
    ARCHIVE_CUTOFF,
    INVALIDITY_DATE,
    NOTHING_STATED,
    StatedTimes,
    extensions_behind,
    stated_times,
)
from verify.digests import SM3, digest_of
from verify.errors import Finding

MAX_SINGLE_ANSWERS: Final = 64
"""Certificates that one response speaks of; responders answer about one, or the few of a chain."""
MAX_RESPONDERS: Final = 8
"""Certificates in a response that are tried; real ones enclose a responder, and those above it."""
MAX_AHEAD: Final = timedelta(minutes=5)
"""How much later than its making a state may be dated; both times are of one responder's clocks."""
UNDERSTOOD: Final = frozenset(
    {
        "1.3.6.1.5.5.7.48.1.2",  # nonce, for whoever asked
        "1.3.6.1.5.5.7.48.1.3",  # which list a state was taken from
        ARCHIVE_CUTOFF,
        INVALIDITY_DATE,
        "1.3.6.1.5.5.7.48.1.9",  # that certificates never issued are called revoked
    }
)
"""RFC 6960 §4.4: extensions that no answer here rests on, and those that are read; a response with any other that is critical is not used."""
_TRUE: Final = der.boolean(value=True)
_TIMES: Final = (der.oid(ARCHIVE_CUTOFF), der.oid(INVALIDITY_DATE))
_VERSION, _RESPONSE = 0xA0, 0xA0


Single = tuple[ocsp.OCSPSingleResponse, StatedTimes]
"""One answer, and the times that it states."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response that answers, by the digest of its octets."""

    value: ocsp.OCSPResponse
    mark: bytes
    singles: tuple[Single, ...]

    def about(self, certificate: x509.Certificate, issuer: x509.Certificate) -> list[Single]:
        """Return its answers about one certificate of an issuer's."""
        return [one for one in self.singles if is_about(one[0], certificate, issuer)]


def read_response(octets: bytes, mark: bytes) -> Response | None:
    """Read a response (DER) that answers; ``None`` for any other, one over the limit, or one not understood (RFC 6960 §4.4)."""
    try:
        response = ocsp.load_der_ocsp_response(octets)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return None
        counted = sum(1 for _ in islice(response.responses, MAX_SINGLE_ANSWERS + 1))
        if counted > MAX_SINGLE_ANSWERS or not understood(response):
            return None
        _ = (response.certificates, response.produced_at_utc)
        times = _times(response)
    except (ValueError, TypeError):
        return None
    return Response(response, mark, tuple(zip(response.responses, times, strict=True)))


def _times(response: ocsp.OCSPResponse) -> list[StatedTimes]:
    """Read the times that each answer states, in their order; most responses have none, which is seen at once."""
    octets = response.tbs_response_bytes
    if not any(name in octets for name in _TIMES):
        return [NOTHING_STATED for _ in response.responses]
    return [stated_times(one) for one in islice(_extended(octets), 1, None)]


def understood(response: ocsp.OCSPResponse) -> bool:
    """RFC 6960 §4.4: no critical extension of the response or of one of its answers is unknown; ``ValueError``: not DER."""
    octets = response.tbs_response_bytes
    if _TRUE not in octets:
        return True
    return all(UNDERSTOOD.issuperset(_critical(part)) for part in _extended(octets))


def _extended(octets: bytes) -> Iterator[der.Reader]:
    """Yield what stands in the ResponseData, and in each SingleResponse, behind the fields that are always there (§4.2.1)."""
    data = der.Reader(octets).enter(der.SEQUENCE)
    if data.peek() == _VERSION:
        data.element()
    data.element()  # responderID, whose tag may be that of the extensions
    data.element()  # producedAt
    answers = data.enter(der.SEQUENCE)
    yield data
    while answers.more:
        one = answers.enter(der.SEQUENCE)
        for _ in ("certID", "certStatus", "thisUpdate"):
            one.element()
        yield one


def _critical(part: der.Reader) -> Iterator[str]:
    return critical_names(extensions_behind(part))


def answering(
    response: ocsp.OCSPResponse, issuer: x509.Certificate, paths: PathFinder
) -> x509.Certificate | None:
    """RFC 6960 §4.2.2.2: return who signed a response, the issuer itself or a responder that it named; ``None``: neither."""
    if _names(response, issuer) and _verifies(response, issuer):
        return issuer
    for responder in response.certificates[:MAX_RESPONDERS]:
        delegated = _may_answer(responder, response) and _is_delegated(responder, issuer, paths)
        if delegated and _verifies(response, responder):
            return responder
    return None


def _may_answer(responder: x509.Certificate, response: ocsp.OCSPResponse) -> bool:
    """§4.2.2.2, §4.2.2.2.1: for this purpose, in force when the response was made, and nobody need ask after its own state."""
    try:
        check_exactly(responder, OCSP_SIGNING, "答复证书状态", "answering about certificates")
        extensions_of(responder).get_extension_for_class(x509.OCSPNoCheck)
    except (Finding, x509.ExtensionNotFound, ValueError):
        return False
    produced = response.produced_at_utc
    in_time = responder.not_valid_before_utc <= produced <= responder.not_valid_after_utc
    return in_time and _names(response, responder)


def _is_delegated(responder: x509.Certificate, issuer: x509.Certificate, paths: PathFinder) -> bool:
    return paths.issued(responder, issuer) and keeps_the_rules(responder, issuer)


def _names(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    """§4.2.1: the responderID is the signer's name or the hash of its key.

    The standard has SHA-1 over the key's bits; national ones write SM3, and others the key's identifier as the certificate has it.
    """
    try:
        if response.responder_name is not None:
            return name_key(response.responder_name) == subject_key_of(signer)
        told, bits = response.responder_key_hash, _key_bits(signer)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return told in {subject_key(signer), *(digest_of(one, bits) for one in ("sha1", "sha256", SM3))}


def answers_about(
    single: ocsp.OCSPSingleResponse, known: Iterable[x509.Certificate]
) -> x509.Certificate | None:
    """RFC 6960 §4.1.1: return the authority whose name and key an answer names by their hashes."""
    try:
        algorithm = _hash_name(single)
        for one in known:
            if single.issuer_name_hash != digest_of(algorithm, subject_octets(one)):
                continue
            if single.issuer_key_hash == digest_of(algorithm, _key_bits(one)):
                return one
    except (ValueError, UnsupportedAlgorithm):
        return None
    return None


def is_about(
    single: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> bool:
    """RFC 6960 §4.1.1: serial, hash of the issuer's name, hash of its key."""
    if single.serial_number != certificate.serial_number:
        return False
    try:
        algorithm = _hash_name(single)
        name_hash = digest_of(algorithm, certificate.issuer.public_bytes())
        key_hash = digest_of(algorithm, _key_bits(issuer))
    except (ValueError, UnsupportedAlgorithm):
        return False
    return single.issuer_name_hash == name_hash and single.issuer_key_hash == key_hash


def fact_of(response: Response, one: Single, signer: x509.Certificate, *, embedded: bool) -> Fact | None:
    """Return what one answer of a response says by the word of its ``signer``; ``None``: nothing that counts."""
    value, (single, times) = response.value, one
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN or is_ahead(value, single):
        return None
    revoked_at, reason = None, ""
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        reason = "unspecified" if single.revocation_reason is None else single.revocation_reason.value
        revoked_at = invalid_since(single.revocation_time_utc, reason, times.invalid)
    return Fact(
        "ocsp",
        single.this_update_utc,
        single.next_update_utc,
        revoked_at,
        reason,
        embedded,
        made=value.produced_at_utc,
        ends=signer.not_valid_after_utc,
        kept_since=times.kept_since,
    )


def is_ahead(response: ocsp.OCSPResponse, single: ocsp.OCSPSingleResponse) -> bool:
    """RFC 6960 §2.4: a state is known at thisUpdate, so no response is made before that."""
    return single.this_update_utc - response.produced_at_utc > MAX_AHEAD


def _verifies(response: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    try:
        key = key_of(signer)
        if not usable(key):  # a responder's own key need not be in any path
            return False
        if gm.is_sm2(response):
            gm.check_response(response, key)
        elif response.signature_algorithm_oid == x509.SignatureAlgorithmOID.RSASSA_PSS:
            _check_pss(response, key)
        else:
            _check_value(response, key)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, Finding):
        return False
    return True


def _check_value(response: ocsp.OCSPResponse, key: Any) -> None:
    signature, message = response.signature, response.tbs_response_bytes
    algorithm = response.signature_hash_algorithm
    if algorithm is not None and algorithm.name.replace("-", "_") not in DIGESTS:
        raise InvalidSignature
    if isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
        key.verify(signature, message, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
        key.verify(signature, message, ec.ECDSA(algorithm))
    elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        key.verify(signature, message)
    else:
        raise InvalidSignature


def _check_pss(response: ocsp.OCSPResponse, key: Any) -> None:
    """RFC 4055 §3.1: the parameters stand beside the signature (RFC 6960 §4.2.1), and the library gives none of them."""
    from asn1crypto import algos  # noqa: PLC0415

    whole = der.Reader(response.public_bytes(Encoding.DER)).enter(der.SEQUENCE)
    whole.element()  # responseStatus
    typed = whole.enter(_RESPONSE).enter(der.SEQUENCE)
    typed.element()  # responseType
    basic = der.Reader(typed.contents(der.OCTET_STRING)).enter(der.SEQUENCE)
    basic.element()  # tbsResponseData
    algorithm = algos.SignedDigestAlgorithm.load(basic.element())
    digest = str(algorithm["parameters"]["hash_algorithm"]["algorithm"].native)
    check_value(key, algorithm, digest, response.signature, response.tbs_response_bytes)


def _hash_name(single: ocsp.OCSPSingleResponse) -> str:
    """Name the hash of a CertID; one unknown to the library can only be SM3, for the values then are compared as such."""
    try:
        return single.hash_algorithm.name
    except UnsupportedAlgorithm:
        return SM3


def _key_bits(certificate: x509.Certificate) -> bytes:
    """Return the octets of the key alone, as RFC 6960 §4.1.1 hashes them."""
    from asn1crypto import keys  # noqa: PLC0415

    return bytes(keys.PublicKeyInfo.load(spki_of(certificate))["public_key"].contents[1:])
