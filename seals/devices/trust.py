"""Whose signature counts: the service's on orders, one stamp's on its events. Pure.

A stamp keeps the certificates of the authorities that may certify a service. An order is believed when the first
certificate of its chain was issued by one of them, is inside its validity, and is a service's that signs JSON
(id-kp-jwt, RFC 9509 §3.1). The certificate of another stamp has no such usage, so a stamp cannot order a stamp about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from hsm.algorithms import SignatureAlgorithm
from hsm.errors import HsmError, SignatureInvalid
from hsm.public_keys import certificate_key
from hsm.verification import verify_signature
from seals.devices.errors import MessageSignatureInvalid
from seals.errors import StatementInvalid
from seals.jws import SignedJson, check_signature

ORDERS: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.37")
"""id-kp-jwt, RFC 9509 §3.1: the key signs JSON."""
_BY_OID: Final = {algorithm.oid: algorithm for algorithm in SignatureAlgorithm}


@dataclass(frozen=True, slots=True)
class Trust:
    """The certificates (DER) of the authorities that may certify a service; a stamp is given them when it is set up."""

    authorities: tuple[bytes, ...]


def signer_of(signed: SignedJson, trust: Trust, at: datetime) -> x509.Certificate:
    """Return the certificate of the service that signed, or raise :class:`MessageSignatureInvalid`."""
    try:
        leaf = check_signature(signed.signing_input, signed.signature, signed.alg, signed.chain_der[0])
    except StatementInvalid as wrong:
        raise MessageSignatureInvalid(wrong.detail) from wrong
    if not leaf.not_valid_before_utc <= at <= leaf.not_valid_after_utc:
        raise MessageSignatureInvalid("the signer's certificate is outside its validity")
    _signs_json(leaf)
    for der in trust.authorities:
        if _issued(leaf, der):
            return leaf
    raise MessageSignatureInvalid("no authority that this stamp knows certified the signer")


def device_signed(signed: SignedJson, certificate: bytes) -> None:
    """Prove that the holder of ``certificate`` (DER, from the register) signed: :class:`MessageSignatureInvalid`."""
    if signed.chain_der[0] != certificate:
        raise MessageSignatureInvalid("another certificate than the one on the register")
    try:
        check_signature(signed.signing_input, signed.signature, signed.alg, certificate)
    except StatementInvalid as wrong:
        raise MessageSignatureInvalid(wrong.detail) from wrong


def _signs_json(leaf: x509.Certificate) -> None:
    """Demand a certificate for signing JSON that is no authority's (RFC 5280 §4.2.1.9, §4.2.1.12)."""
    try:
        usages = list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        authority = any(
            isinstance(each.value, x509.BasicConstraints) and each.value.ca for each in leaf.extensions
        )
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError) as wrong:
        raise MessageSignatureInvalid("the signer's certificate is not a service's") from wrong
    if authority or ORDERS not in usages:
        raise MessageSignatureInvalid("the signer's certificate is not a service's")


def _issued(leaf: x509.Certificate, issuer_der: bytes) -> bool:
    """RFC 5280 §6.1.3 (a)(1) and (4): the issuer's name is the other's subject, its key verifies the signature."""
    issuer = x509.load_der_x509_certificate(issuer_der)
    if leaf.issuer.public_bytes() != issuer.subject.public_bytes():
        return False
    algorithm = _BY_OID.get(leaf.signature_algorithm_oid.dotted_string)
    if algorithm is None:
        return False
    try:
        verify_signature(certificate_key(issuer), algorithm, leaf.tbs_certificate_bytes, leaf.signature)
    except (SignatureInvalid, HsmError, ValueError):
        return False
    return True
