"""Certificate requests as files: PKCS#10 (RFC 2986) over RSA, ECDSA or SM2 keys, in DER or PEM. Pure.

A request proves that its maker has the private key, and nothing else: names in it are a proposal that the enrolment
desk may ignore, extensions that it asks for are passed over.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm as UnknownAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from ca.errors import KeyWeak, RequestFileForged, RequestFileUnreadable
from ca.weak_keys import why_weak
from hsm.algorithms import PublicKey, SignatureAlgorithm
from hsm.errors import HsmError, SignatureInvalid
from hsm.public_keys import request_key
from hsm.verification import verify_signature

MAX_OCTETS: Final = 64 * 1024
"""Largest file read: a request over RSA-4096 with a photograph-free attribute set stays below 4 kB; PEM adds a third."""
_PEM: Final = re.compile(
    rb"-----BEGIN (NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END (NEW )?CERTIFICATE REQUEST-----"
)
"""RFC 7468 §7; ``NEW`` is what several Windows tools write."""
_ALGORITHMS: Final = {algorithm.oid: algorithm for algorithm in SignatureAlgorithm}


@dataclass(frozen=True, slots=True)
class RequestFile:
    """A request whose signature was proved with its own key, which is not weak.

    ``subject`` is what the maker would like to be called, ``der`` the whole request.
    """

    public_key: PublicKey
    subject: x509.Name
    algorithm: SignatureAlgorithm
    der: bytes


def read_request(octets: bytes) -> RequestFile:
    """Read and prove a request.

    Raises :class:`RequestFileUnreadable` for what is no PKCS#10 request or names an algorithm that we do not use,
    :class:`RequestFileForged` for a signature that is not the key's, :class:`KeyWeak` for a key that is not certified.
    """
    if len(octets) > MAX_OCTETS:
        raise RequestFileUnreadable(f"a request has at most {MAX_OCTETS} octets")
    try:
        request = x509.load_der_x509_csr(_der(octets))
        subject, algorithm = request.subject, _ALGORITHMS.get(request.signature_algorithm_oid.dotted_string)
        body, signature = request.tbs_certrequest_bytes, request.signature
        key = request_key(request)
    except (ValueError, TypeError, UnknownAlgorithm, x509.InvalidVersion, HsmError) as wrong:
        raise RequestFileUnreadable(str(wrong)) from wrong
    if algorithm is None:
        raise RequestFileUnreadable(
            f"algorithm {request.signature_algorithm_oid.dotted_string} is not used here"
        )
    weak = why_weak(key)
    if weak is not None:
        raise KeyWeak(weak)
    try:
        verify_signature(key, algorithm, body, signature)
    except SignatureInvalid as wrong:
        raise RequestFileForged(str(wrong)) from wrong
    return RequestFile(key, subject, algorithm, request.public_bytes(Encoding.DER))


def _der(octets: bytes) -> bytes:
    """Take the armour off PEM; DER starts as a SEQUENCE and is returned as it is."""
    if octets[:1] == b"\x30":
        return octets
    found = _PEM.findall(octets)
    if len(found) != 1:
        raise RequestFileUnreadable("the file holds no PKCS#10 request, or more than one")
    try:
        return base64.b64decode(b"".join(found[0][1].split()), validate=True)
    except binascii.Error as wrong:
        raise RequestFileUnreadable("the text between the PEM lines is not base64") from wrong
