"""A key on its way: the envelope, whom it is for, and the key centre's signature over both.

``SM2EnvelopedKey`` has no room for a serial number or a container, nor do the octets of CKM_RSA_AES_KEY_WRAP. So every
envelope travels inside a statement of ours that names its recipient and that the key centre signs::

    KeyDelivery ::= SEQUENCE { tbs KeyDeliveryTbs, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
    KeyDeliveryTbs ::= SEQUENCE {
        version       INTEGER (1),
        format        UTF8String,            -- hsm.envelopes.EnvelopeFormat
        keyId         OCTET STRING (16),
        publicKey     SubjectPublicKeyInfo,  -- of the key inside
        recipientKey  OCTET STRING (32),     -- SHA-256 of the recipient's SubjectPublicKeyInfo
        serial        UTF8String,            -- of the token; empty: any that holds the recipient's key
        container     UTF8String,
        envelope      OCTET STRING }         -- SM2EnvelopedKey, or head ‖ body
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from ca import der
from ca.algorithm_identifiers import algorithm_identifier
from ca.keycentre import enveloped_key_der
from ca.keycentre.errors import EnvelopeForAnother, EnvelopeUnproven, EnvelopeUnreadable
from hsm.algorithms import DEFAULT_ALGORITHM, PublicKey, kind_of
from hsm.enveloped_key import EnvelopedKey
from hsm.envelopes import EnvelopeFormat, Recipient, WrappedKey
from hsm.errors import HsmError, SignatureInvalid
from hsm.public_keys import load_spki, spki
from hsm.signer import Signer
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.public_key import POINT_OCTETS, Sm2PublicKey
from hsm.verification import verify_signature

VERSION: Final = 1
KEY_ID_OCTETS: Final = 16
MAX_OCTETS: Final = 8 * 1024
"""Longest delivery read: an RSA-3072 key for an RSA-4096 recipient under an RSA-4096 signature has 3.7 kB."""
MAX_TEXT: Final = 256
"""Octets of a serial number or container name: 64 characters of UTF-8."""
_SM2_HEAD: Final = 97 + 32
"""04 ‖ x ‖ y ‖ C3 and the AES-256 key."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A parsed delivery; nothing is proven before :meth:`proven` was called."""

    key_id: str
    public_key: PublicKey
    recipient_sha256: bytes
    serial: str
    container: str
    wrapped: WrappedKey
    tbs: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    algorithm: bytes = field(repr=False)

    def proven(self, centre: PublicKey) -> Delivery:
        """Prove that the key centre signed it; :class:`EnvelopeUnproven` otherwise."""
        algorithm = DEFAULT_ALGORITHM[kind_of(centre)]
        if self.algorithm != algorithm_identifier(algorithm):
            raise EnvelopeUnproven("the signature algorithm is not that of the centre's key")
        try:
            verify_signature(centre, algorithm, self.tbs, self.signature)
        except SignatureInvalid as wrong:
            raise EnvelopeUnproven("the signature is not the key centre's") from wrong
        return self

    def meant_for(self, recipient: Recipient) -> Delivery:
        """Prove that ``recipient`` is meant; :class:`EnvelopeForAnother` names what differs."""
        if self.recipient_sha256 != hashlib.sha256(spki(recipient.public_key)).digest():
            raise EnvelopeForAnother("it is for another key")
        if self.serial != recipient.serial:
            raise EnvelopeForAnother("it is for a token with another serial number")
        if self.container != recipient.container:
            raise EnvelopeForAnother("it is for another container")
        return self

    @property
    def enveloped_key(self) -> EnvelopedKey:
        """The SM2 envelope inside, as SKF drivers take it; :class:`EnvelopeUnreadable` for another format."""
        if self.wrapped.format is not EnvelopeFormat.SM2 or not isinstance(self.public_key, Sm2PublicKey):
            raise EnvelopeUnreadable("the delivery holds no SM2EnvelopedKey")
        return EnvelopedKey(Sm2Cipher.from_raw(self.wrapped.head), self.public_key, self.wrapped.body)


def seal(key_id: str, public_key: PublicKey, to: Recipient, wrapped: WrappedKey, signer: Signer) -> bytes:
    """Write a delivery and sign it; the one touch of the centre's own key."""
    tbs = der.sequence(
        der.integer(VERSION),
        der.utf8_string(wrapped.format.value),
        der.octet_string(bytes.fromhex(key_id)),
        spki(public_key),
        der.octet_string(hashlib.sha256(spki(to.public_key)).digest()),
        der.utf8_string(to.serial),
        der.utf8_string(to.container),
        der.octet_string(_envelope(public_key, wrapped)),
    )
    return der.sequence(tbs, algorithm_identifier(signer.algorithm), der.bit_string(signer.sign(tbs)))


def _envelope(public_key: PublicKey, wrapped: WrappedKey) -> bytes:
    if wrapped.format is EnvelopeFormat.SM2 and isinstance(public_key, Sm2PublicKey):
        return enveloped_key_der.encode(
            EnvelopedKey(Sm2Cipher.from_raw(wrapped.head), public_key, wrapped.body)
        )
    return wrapped.head + wrapped.body


def parse(octets: bytes, recipient: PublicKey | None = None) -> Delivery:
    """Read a delivery, strictly DER; anything else is :class:`EnvelopeUnreadable`.

    ``recipient`` tells where head and body of an RSA envelope part; without it only the SM2 formats and P-256 can be read.
    """
    if len(octets) > MAX_OCTETS:
        raise EnvelopeUnreadable(f"longer than {MAX_OCTETS} octets")
    try:
        outer = der.Reader(octets)
        reader = outer.enter(der.SEQUENCE)
        outer.finish()
        tbs = reader.element()
        algorithm = reader.element()
        signature = _whole(reader.contents(der.BIT_STRING))
        reader.finish()
        return _read_tbs(tbs, algorithm, signature, recipient)
    except (der.DerError, HsmError, UnicodeDecodeError, ValueError) as wrong:
        raise EnvelopeUnreadable(str(wrong)) from wrong


def _read_tbs(tbs: bytes, algorithm: bytes, signature: bytes, recipient: PublicKey | None) -> Delivery:
    reader = der.Reader(tbs).enter(der.SEQUENCE)
    if reader.integer() != VERSION:
        raise EnvelopeUnreadable("another version")
    kind = EnvelopeFormat(reader.contents(der.UTF8_STRING).decode())
    key_id = _exactly(reader.contents(der.OCTET_STRING), KEY_ID_OCTETS)
    public = load_spki(reader.element())
    recipient_sha256 = _exactly(reader.contents(der.OCTET_STRING), 32)
    serial, container = _text(reader), _text(reader)
    envelope = reader.contents(der.OCTET_STRING)
    reader.finish()
    wrapped = _wrapped(kind, envelope, public, recipient)
    return Delivery(
        key_id.hex(), public, recipient_sha256, serial, container, wrapped, tbs, signature, algorithm
    )


def _wrapped(
    kind: EnvelopeFormat, envelope: bytes, public: PublicKey, recipient: PublicKey | None
) -> WrappedKey:
    if kind is EnvelopeFormat.SM2:
        key = enveloped_key_der.decode(envelope)
        if spki(key.public) != spki(public):
            raise EnvelopeUnreadable("publicKey and sm2PublicKey differ")
        return WrappedKey(kind, key.cipher.raw, key.encrypted)
    head = {EnvelopeFormat.SM2_KWP: _SM2_HEAD, EnvelopeFormat.ECDH_KWP: POINT_OCTETS}.get(kind)
    if head is None:
        if not isinstance(recipient, rsa.RSAPublicKey):
            raise EnvelopeForAnother("it is for an RSA key")
        head = recipient.key_size // 8
    if len(envelope) <= head:
        raise EnvelopeUnreadable("the envelope is cut off")
    return WrappedKey(kind, envelope[:head], envelope[head:])


def _whole(content: bytes) -> bytes:
    if not content or content[0]:
        raise EnvelopeUnreadable("a BIT STRING is not whole octets")
    return content[1:]


def _exactly(octets: bytes, size: int) -> bytes:
    if len(octets) != size:
        raise EnvelopeUnreadable(f"a field of {size} octets has another length")
    return octets


def _text(reader: der.Reader) -> str:
    octets = reader.contents(der.UTF8_STRING)
    if len(octets) > MAX_TEXT:
        raise EnvelopeUnreadable("a text is too long")
    return octets.decode()
