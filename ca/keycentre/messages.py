"""Messages between a CA and a key centre as octets (GM/T 0014, GM/T 0034): DER codecs with strict limits. Pure.

Implementation-derived: the shapes are those of public implementations and were not checked against the standards' text. What
differs here is marked ``ours``::

    CARequest   ::= SEQUENCE { ksRequest KSRequest, signatureAlgorithm AlgorithmIdentifier, signatureValue OCTET STRING }
    KSRequest   ::= SEQUENCE { version INTEGER (1), caName EntName, requestList SEQUENCE OF Request,
                               requestTime GeneralizedTime, taskNO INTEGER }
    EntName     ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, entName GeneralName, entPubKeyHash OCTET STRING,
                               serialNumber INTEGER }
    Request     ::= CHOICE { applyKey [0] ApplyKeyReq, restoreKey [1] RestoreKeyReq, revokeKey [2] RevokeKeyReq }
    ApplyKeyReq ::= SEQUENCE { appKeyType AlgorithmIdentifier, appKeyLen INTEGER, retAsymAlg, retSymAlg, retHashAlg
                               AlgorithmIdentifier, appUserInfo AppUserInfo }
    AppUserInfo ::= SEQUENCE { userCertNo INTEGER, userPubKey SubjectPublicKeyInfo, notBefore, notAfter GeneralizedTime }
    RestoreKeyReq ::= SEQUENCE { retAsymAlg, retSymAlg, retHashAlg AlgorithmIdentifier, userCertNo INTEGER,
                                 userPubKey SubjectPublicKeyInfo }
    RevokeKeyReq  ::= SEQUENCE { userCertNo INTEGER }
    KMRespond   ::= SEQUENCE { ksRespond KSRespond, signatureAlgorithm AlgorithmIdentifier, signatureValue OCTET STRING }
    KSRespond   ::= SEQUENCE { version INTEGER (1), kmName EntName, respondList SEQUENCE OF Respond,
                               respondTime GeneralizedTime, taskNO INTEGER }
    Respond     ::= CHOICE { applyKey [0] RetKeyRespond, restoreKey [1] RetKeyRespond, revokeKey [2] RevokeKeyReq,
                             error [3] SEQUENCE { errNo INTEGER, errDesc UTF8String } }
    RetKeyRespond ::= SEQUENCE { userCertNo INTEGER, retPubKey SubjectPublicKeyInfo, retPriKey OCTET STRING }

ours: ``retPriKey`` holds our ``KeyDelivery`` (:mod:`ca.keycentre.delivery`) where those implementations have
SignedAndEnvelopedData; both are signed by the centre and open with the user's key alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ca import der
from ca.keycentre.errors import MessageUnreadable
from hsm.algorithms import Family, KeyKind, PublicKey, kind_of
from hsm.errors import HsmError
from hsm.public_keys import load_spki, spki

VERSION: Final = 1
MAX_OCTETS: Final = 256 * 1024
"""Longest message read: MAX_REQUESTS answers of 6 kB each, and the names."""
MAX_REQUESTS: Final = 32
"""Requests of one message: a CA that needs more sends more messages; each costs the token an operation."""
MAX_NAME: Final = 4096
"""Longest name (octets, DER): real ones have under 300."""
MAX_TEXT: Final = 400
APPLY: Final = 0xA0
RESTORE: Final = 0xA1
REVOKE: Final = 0xA2
ERROR: Final = 0xA3
_EC: Final = der.oid("1.2.840.10045.2.1")
_RSA: Final = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null())
_KEY_TYPES: Final = {
    KeyKind.SM2: der.sequence(_EC, der.oid("1.2.156.10197.1.301")),
    KeyKind.EC_P256: der.sequence(_EC, der.oid("1.2.840.10045.3.1.7")),
    KeyKind.RSA_2048: _RSA,
    KeyKind.RSA_3072: _RSA,
}
_ASYMMETRIC: Final = {
    Family.SM2: der.sequence(der.oid("1.2.156.10197.1.301.3")),
    Family.RSA: der.sequence(der.oid("1.2.840.113549.1.1.7")),
    Family.EC: der.sequence(der.oid("1.3.132.1.11.1")),
}
"""SM2 encryption (GB/T 33560), id-RSAES-OAEP (RFC 4055 §4.1), dhSinglePass-stdDH-sha256kdf (RFC 5753 §7.1.4)."""
_SYMMETRIC: Final = {
    Family.SM2: der.sequence(der.oid("1.2.156.10197.1.104.1")),
    Family.RSA: der.sequence(der.oid("2.16.840.1.101.3.4.1.48")),
    Family.EC: der.sequence(der.oid("2.16.840.1.101.3.4.1.48")),
}
SM3: Final = der.sequence(der.oid("1.2.156.10197.1.401"))
SHA256: Final = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
_HASHES: Final = {Family.SM2: SM3, Family.RSA: SHA256, Family.EC: SHA256}


@dataclass(frozen=True, slots=True)
class EntName:
    """Who speaks: subject name (DER Name), digest of the public key with its AlgorithmIdentifier, certificate's serial."""

    name: bytes
    key_hash: bytes
    serial: int
    hash_algorithm: bytes = SHA256


@dataclass(frozen=True, slots=True)
class ApplyKey:
    """A key pair for the user whose signing certificate has this number and key."""

    certificate: int
    public_key: PublicKey
    kind: KeyKind
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class RestoreKey:
    """The key that was given to certificate ``certificate``, for the user's new signing key."""

    certificate: int
    public_key: PublicKey


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """The key of this certificate is not used any more."""

    certificate: int


KeyMessage = ApplyKey | RestoreKey | RevokeKey


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """The key of a certificate, with the signed delivery. ``restored`` tells which request it answers."""

    certificate: int
    public_key: PublicKey
    delivery: bytes = field(repr=False)
    restored: bool = False


@dataclass(frozen=True, slots=True)
class RevokedAnswer:
    """The key of this certificate is revoked."""

    certificate: int


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """The request was refused, or waits for custodians (``number`` is one of :mod:`ca.keycentre.protocol`)."""

    number: int
    text: str


Answer = KeyAnswer | RevokedAnswer | ErrorAnswer


@dataclass(frozen=True, slots=True)
class Envelope:
    """What both directions share: who speaks, when, under which task number, and what about."""

    sender: EntName
    time: datetime
    task: int


@dataclass(frozen=True, slots=True)
class Signed:
    """A message as it travels: the octets that were signed, algorithm and signature. Nothing is proven yet."""

    body: bytes = field(repr=False)
    algorithm: bytes
    signature: bytes = field(repr=False)


def write_signed(body: bytes, algorithm: bytes, signature: bytes) -> bytes:
    """Write CARequest or KMRespond."""
    return der.sequence(body, algorithm, der.octet_string(signature))


def read_signed(octets: bytes) -> Signed:
    """Read CARequest or KMRespond; :class:`MessageUnreadable`."""
    if len(octets) > MAX_OCTETS:
        raise MessageUnreadable(f"longer than {MAX_OCTETS} octets")
    try:
        outer = der.Reader(octets)
        reader = outer.enter(der.SEQUENCE)
        outer.finish()
        found = Signed(reader.element(), reader.element(), reader.contents(der.OCTET_STRING))
        reader.finish()
    except der.DerError as wrong:
        raise MessageUnreadable(str(wrong)) from wrong
    return found


def write_request(envelope: Envelope, requests: tuple[KeyMessage, ...]) -> bytes:
    """Write KSRequest."""
    return _write(envelope, [_request(each) for each in requests])


def read_request(body: bytes) -> tuple[Envelope, tuple[KeyMessage, ...]]:
    """Read KSRequest; :class:`MessageUnreadable`."""
    envelope, parts = _read(body)
    try:
        return envelope, tuple(_read_request(part) for part in parts)
    except (der.DerError, HsmError, ValueError) as wrong:
        raise MessageUnreadable(str(wrong)) from wrong


def write_answer(envelope: Envelope, answers: tuple[Answer, ...]) -> bytes:
    """Write KSRespond."""
    return _write(envelope, [_answer(each) for each in answers])


def read_answer(body: bytes) -> tuple[Envelope, tuple[Answer, ...]]:
    """Read KSRespond; :class:`MessageUnreadable`."""
    envelope, parts = _read(body)
    try:
        return envelope, tuple(_read_answer(part) for part in parts)
    except (der.DerError, HsmError, ValueError) as wrong:
        raise MessageUnreadable(str(wrong)) from wrong


def _write(envelope: Envelope, parts: list[bytes]) -> bytes:
    if not 1 <= len(parts) <= MAX_REQUESTS:
        raise MessageUnreadable(f"a message has 1 to {MAX_REQUESTS} requests")
    sender = envelope.sender
    name = der.sequence(
        sender.hash_algorithm,
        der.explicit(4, sender.name),
        der.octet_string(sender.key_hash),
        der.integer(sender.serial),
    )
    time = der.generalized_time(envelope.time)
    return der.sequence(der.integer(VERSION), name, der.sequence(*parts), time, der.integer(envelope.task))


def _read(body: bytes) -> tuple[Envelope, list[bytes]]:
    try:
        outer = der.Reader(body)
        reader = outer.enter(der.SEQUENCE)
        outer.finish()
        if reader.integer() != VERSION:
            raise MessageUnreadable("another version")
        sender = _read_name(reader.enter(der.SEQUENCE))
        inner = reader.enter(der.SEQUENCE)
        parts: list[bytes] = []
        while inner.more and len(parts) <= MAX_REQUESTS:
            parts.append(inner.element())
        time, task = _time(reader), reader.integer()
        reader.finish()
    except (der.DerError, ValueError) as wrong:
        raise MessageUnreadable(str(wrong)) from wrong
    if not 1 <= len(parts) <= MAX_REQUESTS or not 0 <= task < 1 << 63:
        raise MessageUnreadable(f"a message has 1 to {MAX_REQUESTS} requests and a task number under 2^63")
    return Envelope(sender, time, task), parts


def _read_name(reader: der.Reader) -> EntName:
    algorithm = reader.element()
    if algorithm not in (SM3, SHA256):
        raise MessageUnreadable("entPubKeyHash is neither SM3 nor SHA-256")
    name = reader.enter(0xA4)
    subject = name.element()
    name.finish()
    if len(subject) > MAX_NAME or subject[0] != der.SEQUENCE:
        raise MessageUnreadable("entName is no directory name, or too long")
    key_hash, serial = reader.contents(der.OCTET_STRING), reader.integer()
    reader.finish()
    if len(key_hash) != 32 or serial < 0:
        raise MessageUnreadable("entPubKeyHash has 32 octets, a serial number is not negative")
    return EntName(subject, key_hash, serial, algorithm)


def _returns(key: PublicKey) -> bytes:
    family = kind_of(key).family
    return _ASYMMETRIC[family] + _SYMMETRIC[family] + _HASHES[family]


def _check_returns(reader: der.Reader, position: int, key: PublicKey) -> None:
    """Demand that the algorithms of the return are those that we use for this user's key."""
    wanted = _returns(key)
    if reader.data[position : position + len(wanted)] != wanted:
        raise MessageUnreadable("retAsymAlg, retSymAlg or retHashAlg is not what this key is answered with")


def _request(message: KeyMessage) -> bytes:
    if isinstance(message, RevokeKey):
        return der.tlv(REVOKE, der.integer(message.certificate))
    user = der.integer(message.certificate) + spki(message.public_key)
    returns = _returns(message.public_key)
    if isinstance(message, RestoreKey):
        return der.tlv(RESTORE, returns, user)
    times = der.generalized_time(message.not_before) + der.generalized_time(message.not_after)
    length = der.integer(message.kind.bits)
    return der.tlv(APPLY, _KEY_TYPES[message.kind], length, returns, der.sequence(user, times))


def _read_request(part: bytes) -> KeyMessage:
    reader = der.Reader(part).enter(part[0])
    if part[0] == REVOKE:
        revoke = RevokeKey(_serial(reader))
        reader.finish()
        return revoke
    if part[0] == RESTORE:
        position = _skip(reader, 3)
        restore = RestoreKey(_serial(reader), load_spki(reader.element()))
        reader.finish()
        _check_returns(reader, position, restore.public_key)
        return restore
    if part[0] != APPLY:
        raise MessageUnreadable("a request is applyKey, restoreKey or revokeKey")
    kind = _kind(reader.element(), reader.integer())
    position = _skip(reader, 3)
    user = reader.enter(der.SEQUENCE)
    reader.finish()
    apply = ApplyKey(_serial(user), load_spki(user.element()), kind, _time(user), _time(user))
    user.finish()
    _check_returns(reader, position, apply.public_key)
    if apply.not_after <= apply.not_before:
        raise MessageUnreadable("notAfter is not later than notBefore")
    return apply


def _kind(algorithm: bytes, bits: int) -> KeyKind:
    for kind, identifier in _KEY_TYPES.items():
        if identifier == algorithm and kind.bits == bits:
            return kind
    raise MessageUnreadable("appKeyType and appKeyLen name no kind of key that we make")


def _answer(answer: Answer) -> bytes:
    if isinstance(answer, RevokedAnswer):
        return der.tlv(REVOKE, der.integer(answer.certificate))
    if isinstance(answer, ErrorAnswer):
        return der.tlv(ERROR, der.integer(answer.number), der.utf8_string(answer.text[:MAX_TEXT]))
    tag = RESTORE if answer.restored else APPLY
    return der.tlv(
        tag, der.integer(answer.certificate), spki(answer.public_key), der.octet_string(answer.delivery)
    )


def _read_answer(part: bytes) -> Answer:
    reader = der.Reader(part).enter(part[0])
    found: Answer
    if part[0] == REVOKE:
        found = RevokedAnswer(_serial(reader))
    elif part[0] == ERROR:
        found = ErrorAnswer(reader.integer(), reader.contents(der.UTF8_STRING).decode())
    elif part[0] in (APPLY, RESTORE):
        number, key = _serial(reader), load_spki(reader.element())
        found = KeyAnswer(number, key, reader.contents(der.OCTET_STRING), part[0] == RESTORE)
    else:
        raise MessageUnreadable("an answer is applyKey, restoreKey, revokeKey or an error")
    reader.finish()
    return found


def _skip(reader: der.Reader, number: int) -> int:
    position = reader.position
    for _ in range(number):
        reader.element()
    return position


def _serial(reader: der.Reader) -> int:
    """Read a certificate's number: RFC 5280 §4.1.2.2 allows 20 octets."""
    found = reader.integer()
    if not 0 <= found < 1 << 160:
        raise MessageUnreadable("a certificate's number has at most 20 octets")
    return found


def _time(reader: der.Reader) -> datetime:
    """Read GeneralizedTime in whole seconds, ending in Z (RFC 5280 §4.1.2.5.2)."""
    text = reader.contents(der.GENERALIZED_TIME).decode("ascii")
    if len(text) != 15 or not text[:14].isdecimal() or text[14] != "Z":
        raise MessageUnreadable("a time is written YYYYMMDDHHMMSSZ")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
