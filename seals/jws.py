"""JWS compact serialisation (RFC 7515 §3.1) with an ``x5c`` chain, written exactly and read strictly.

Only what seal statements need: ES256, ES384 and RS256 (RFC 7518 §3), three header members, a JSON object as payload.
For SM2 keys there is no registered name; ours is ``SM2SM3``: SM2 with SM3 (GB/T 32918.2, identity 1234567812345678), the
signature r ‖ s of 32 octets each, as ECDSA's are. A private name (RFC 7518 §7.1): nobody else's reader is bound to know it.
Reading makes no trust decision: it hands out the parts, and :func:`check_signature` compares bytes with the *enclosed*
certificate only. Pure: no database, no clock, no private key of its own.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.utils import CryptographyDeprecationWarning

from hsm.algorithms import DEFAULT_ALGORITHM, PublicKey, SignatureAlgorithm, kind_of
from hsm.errors import HsmError, SignatureInvalid
from hsm.public_keys import certificate_key, same_key
from hsm.signer import Signer
from hsm.verification import verify_signature
from seals.errors import StatementInvalid, StatementSignatureInvalid

MAX_STATEMENT_SIZE: Final = 64 * 1024
"""Longest statement read, in octets: it travels in a signed attribute, and ours have about 4 KiB with a chain of three."""
MAX_LIST_SIZE: Final = 32 * 1024 * 1024
"""Longest status list read, in octets: about a million active seals at 17 octets each, and the stopped ones."""
MAX_CHAIN: Final = 5
"""Most certificates in ``x5c``: a seal maker, three CAs between and a root."""
MAX_CERTIFICATE_SIZE: Final = 16 * 1024
"""Longest certificate in ``x5c``, in octets: ours have under 2 KiB, an RSA-4096 one with long names under 4."""
MAX_HEADER_SIZE: Final = 48 * 1024
"""Longest protected header, in octets of base64url: a chain of five ordinary certificates."""
KEPT_HEADERS: Final = 64
"""Headers and signers' certificates kept read, by their text and octets: at most some three megabytes each."""
MAX_DEPTH: Final = 6
"""Deepest JSON nesting read: a status list has four levels."""

MAX_NESTED: Final = 2_000_000
"""Objects and lists in one JSON: each costs some sixty octets however empty; a list of a million stopped seals has as many."""

_NAMES: Final = {
    SignatureAlgorithm.ECDSA_SHA256: "ES256",
    SignatureAlgorithm.ECDSA_SHA384: "ES384",
    SignatureAlgorithm.RSA_SHA256: "RS256",
    SignatureAlgorithm.SM2_SM3: "SM2SM3",
}
_ALGORITHMS: Final = {name: algorithm for algorithm, name in _NAMES.items()}
_COORDINATE: Final = {"ES256": 32, "ES384": 48, "SM2SM3": 32}
"""Octets of r and of s in the raw signature (RFC 7518 §3.4)."""
_STRINGS: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
_BRACKETS: Final = re.compile(r"[\[\]{}]")
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    HsmError,
    x509.InvalidVersion,
    CryptographyDeprecationWarning,  # where warnings are errors: a serial number that is not positive, say
)


@dataclass(frozen=True, slots=True)
class Form:
    """How deep the JSON of a payload may nest, and whether its numbers may have fractions."""

    depth: int = MAX_DEPTH
    fractions: bool = False


STRICT: Final = Form()


@dataclass(frozen=True, slots=True)
class SignedJson:
    """A JWS taken apart, nothing believed: payload, the octets signed, raw signature, algorithm, chain (leaf first)."""

    payload: dict[str, Any]
    signing_input: bytes
    signature: bytes
    alg: str
    chain_der: tuple[bytes, ...]


def sign(payload: dict[str, Any], *, typ: str, signer: Signer, chain: Sequence[bytes]) -> str:
    """Sign ``payload`` (canonical JSON) with ``signer``; ``chain`` is DER, the signer's certificate first.

    A signer whose algorithm has no JWS name here, or a chain that does not begin with the signer's own certificate,
    raises ``ValueError``. Raises :class:`hsm.errors.HsmError` from the key.
    """
    head = signing_input(payload, typ=typ, algorithm=signer.algorithm, chain=chain)
    if not same_key(_leaf(chain[0])[1], signer.public_key):
        raise ValueError("the chain begins with another key's certificate")
    alg = _NAMES[signer.algorithm]
    signature = signer.sign(head.encode())
    if alg in _COORDINATE:
        signature = raw_signature(signature, _COORDINATE[alg])
    return f"{head}.{_encode(signature)}"


def signing_input(
    payload: dict[str, Any], *, typ: str, algorithm: SignatureAlgorithm, chain: Sequence[bytes]
) -> str:
    """Return what is signed (RFC 7515 §5.1): header and payload; a dot and the raw signature in base64url complete it.

    An algorithm that has no JWS name here, or a chain of another length than 1 to :data:`MAX_CHAIN`, raises ``ValueError``.
    """
    alg = _NAMES.get(algorithm)
    if alg is None:
        raise ValueError(f"{algorithm.label} has no JWS name here (RFC 7518 §3.1)")
    if not 1 <= len(chain) <= MAX_CHAIN:
        raise ValueError(f"a chain has 1 to {MAX_CHAIN} certificates")
    header = {"alg": alg, "typ": typ, "x5c": [base64.b64encode(der).decode() for der in chain]}
    return f"{_encode(_json(header))}.{_encode(_json(payload))}"


def raw_signature(der: bytes, size: int) -> bytes:
    """Turn DER ``Ecdsa-Sig-Value`` (RFC 3279 §2.2.3; ``SM2Signature`` is the same) into r‖s, each of ``size`` octets."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def parse(text: str, *, typ: str, limit: int, form: Form = STRICT) -> SignedJson:
    """Take a compact JWS of at most ``limit`` octets apart; anything but the exact form raises StatementInvalid."""
    if len(text) > limit:
        raise StatementInvalid(f"longer than {limit} octets")
    if not text.isascii():
        raise StatementInvalid("not ASCII")
    parts = text.split(".")
    if len(parts) != 3:
        raise StatementInvalid("a compact JWS has three parts")
    if len(parts[0]) > MAX_HEADER_SIZE:
        raise StatementInvalid(f"header longer than {MAX_HEADER_SIZE} octets")
    alg, chain = _header(parts[0], typ)
    signature = _decode(parts[2])
    if alg in _COORDINATE and len(signature) != 2 * _COORDINATE[alg]:
        raise StatementInvalid("the signature has the wrong length (RFC 7518 §3.4)")
    payload = read_object(_decode(parts[1]), "payload", form)
    return SignedJson(payload, f"{parts[0]}.{parts[1]}".encode(), signature, alg, chain)


@lru_cache(maxsize=KEPT_HEADERS)
def _header(text: str, typ: str) -> tuple[str, tuple[bytes, ...]]:
    """Read algorithm and chain; whoever signs many things writes one header before all of them."""
    header = read_object(_decode(text), "header")
    if set(header) != {"alg", "typ", "x5c"}:
        raise StatementInvalid("the header has exactly alg, typ and x5c")
    if header["typ"] != typ:
        raise StatementInvalid(f"not a {typ}")
    alg = header["alg"]
    if not isinstance(alg, str) or alg not in _NAMES.values():
        raise StatementInvalid("alg is none of ES256, ES384, RS256, SM2SM3")
    return alg, _chain(header["x5c"])


def check_signature(signing_input: bytes, signature: bytes, alg: str, leaf_der: bytes) -> x509.Certificate:
    """Compare the signature with the key of the enclosed certificate; return that certificate.

    This proves who *claims* it and that no bit changed; whether the certificate is trusted is for the verifier.
    Raises :class:`StatementSignatureInvalid`, or :class:`StatementInvalid` for a certificate that cannot be read.
    """
    try:
        certificate, key = _leaf(leaf_der)
    except _UNREADABLE as wrong:
        raise StatementInvalid("the first certificate of x5c cannot be read") from wrong
    if not _fits(alg, key):
        raise StatementSignatureInvalid(f"{alg} does not fit the certificate's key")
    algorithm = _ALGORITHMS[alg]
    try:
        octets = signature if algorithm.is_rsa else _der_signature(signature, _COORDINATE[alg])
        verify_signature(key, algorithm, signing_input, octets)
    except SignatureInvalid as wrong:
        raise StatementSignatureInvalid(alg) from wrong
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise StatementInvalid("the certificate's key cannot be used") from wrong
    return certificate


@lru_cache(maxsize=KEPT_HEADERS)
def _leaf(der: bytes) -> tuple[x509.Certificate, PublicKey]:
    certificate = x509.load_der_x509_certificate(der)
    return certificate, certificate_key(certificate)


def _fits(alg: str, key: PublicKey) -> bool:
    """RFC 7518 §3.4: one curve for each name; RS256 goes with RSA keys of every length."""
    algorithm = _ALGORITHMS[alg]
    if algorithm.is_rsa:
        return isinstance(key, rsa.RSAPublicKey)
    try:
        return DEFAULT_ALGORITHM[kind_of(key)] is algorithm
    except HsmError:
        return False


def _der_signature(raw: bytes, size: int) -> bytes:
    return encode_dss_signature(int.from_bytes(raw[:size]), int.from_bytes(raw[size:]))


def _chain(found: object) -> tuple[bytes, ...]:
    """RFC 7515 §4.1.6: standard base64 of DER, the signer's certificate first."""
    if not isinstance(found, list) or not 1 <= len(found) <= MAX_CHAIN:
        raise StatementInvalid(f"x5c holds 1 to {MAX_CHAIN} certificates")
    chain = []
    for text in found:
        if not isinstance(text, str) or len(text) > MAX_CERTIFICATE_SIZE * 4 // 3 + 4:
            raise StatementInvalid(f"a certificate in x5c has at most {MAX_CERTIFICATE_SIZE} octets")
        try:
            der = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as wrong:
            raise StatementInvalid("x5c is not base64") from wrong
        if base64.b64encode(der).decode() != text:
            raise StatementInvalid("x5c is not canonical base64")
        chain.append(der)
    return tuple(chain)


def type_of(text: str) -> str:
    """Tell what a compact JWS says that it is, nothing believed and nothing else read; empty if it says nothing."""
    return stated_type(text) or ""


def stated_type(text: str) -> str | None:
    """Tell the same (empty if it says nothing); ``None``: this is no compact JWS, its header cannot be read."""
    try:
        return str(read_object(_decode(text.partition(".")[0][:MAX_HEADER_SIZE]), "header").get("typ", ""))
    except StatementInvalid:
        return None


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_object(data: bytes, what: str, form: Form = STRICT) -> dict[str, Any]:
    """Read one JSON object of foreign octets: UTF-8, no repeated member, shallow, no fraction unless ``form`` has them."""
    try:
        text = data.decode()
        _shallow(text, what, form.depth)
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=_fraction if form.fractions else _no_number,
            parse_constant=_no_number,
            parse_int=_integer,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as wrong:
        raise StatementInvalid(f"the {what} is not JSON") from wrong
    if _HALF.search(text):
        _whole_characters(value, what)
    if not isinstance(value, dict):
        raise StatementInvalid(f"the {what} is not a JSON object")
    return value


def _whole_characters(value: Any, what: str) -> None:
    """Refuse half a surrogate pair (RFC 8259 §8.2): no text of ours could say it back."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as wrong:
        raise StatementInvalid(f"the {what} holds half a character") from wrong


def _shallow(text: str, what: str, most: int) -> None:
    """Count brackets outside strings before a recursive reader sees them."""
    if text.count("[") + text.count("{") > MAX_NESTED:
        raise StatementInvalid(f"the {what} holds more than {MAX_NESTED} lists and objects")
    depth = 0
    for mark in _BRACKETS.finditer(_STRINGS.sub("", text)):
        depth += 1 if mark[0] in "[{" else -1
        if depth > most:
            raise StatementInvalid(f"the {what} is nested deeper than {most}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise StatementInvalid("a member is repeated")
    return value


def _integer(text: str) -> int:
    if len(text) > 18:
        raise StatementInvalid("a number is too long")
    return int(text)


def _fraction(text: str) -> float:
    if len(text) > 24 or "e" in text.lower():
        raise StatementInvalid("a number is too long")
    return float(text)


def _no_number(text: str) -> Any:
    raise StatementInvalid(f"{text[:20]} is not an integer")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Read base64url without padding (RFC 7515 §2), canonical only: no two texts for the same octets."""
    try:
        data = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise StatementInvalid("not base64url") from wrong
    if _encode(data) != text:
        raise StatementInvalid("not canonical base64url")
    return data
