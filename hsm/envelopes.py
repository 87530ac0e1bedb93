"""Encryption key pairs on their way: from the key centre's token, sealed, into the one token they are meant for.

The private half is made, opened and wrapped anew inside the worker process of a token and nowhere else
(:mod:`hsm.worker.envelopes`); this side of the pipe sees sealed octets and envelopes. Key pairs made here are for
encryption: nothing takes in a key that was made elsewhere, so that no signing key can come to be escrowed (I24).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from hsm.algorithms import KeyKind, PublicKey
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.public_keys import load_spki, spki
from hsm.signer import Custody
from hsm.sm2.public_key import Sm2PublicKey
from hsm.token_slot import address
from hsm.worker.wire import Frame
from hsm.worker_provider import WorkerProvider

ESCROW_KINDS: Final = (KeyKind.SM2, KeyKind.RSA_2048, KeyKind.RSA_3072, KeyKind.EC_P256)
"""Kinds of encryption keys that a key centre makes."""
ID_OCTETS: Final = 16
MAX_NAME: Final = 64
"""Longest serial number or container name (characters): CK_TOKEN_INFO has 16, SKF container names at most 64."""


class EnvelopeFormat(StrEnum):
    """How a private key is wrapped for its recipient."""

    SM2 = "sm2-enveloped-key"
    """SM2 to SM2: SM4 key by SM2 encryption, d under SM4-ECB (GM/T 0009 §7.4)."""
    SM2_KWP = "sm2-aes-kwp"
    """RSA or P-256 to SM2: AES-256 key by SM2 encryption (04 ‖ C1 ‖ C3 ‖ C2), PKCS#8 by RFC 5649."""
    RSA_KWP = "rsa-aes-kwp"
    """To RSA: RSAES-OAEP of an AES-256 key, then PKCS#8 by RFC 5649: the octets of CKM_RSA_AES_KEY_WRAP."""
    ECDH_KWP = "ecdh-aes-kwp"
    """To P-256: ephemeral point, then PKCS#8 by RFC 5649 under the agreed key: the octets of CKM_ECDH_AES_KEY_WRAP."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who may open an envelope: the holder of a private key, in one container of one token if these are named."""

    public_key: PublicKey
    serial: str = ""
    container: str = ""

    def __post_init__(self) -> None:
        for name, text in (("serial", self.serial), ("container", self.container)):
            if len(text) > MAX_NAME or not (text.isprintable() and text == text.strip()):
                raise ValueError(
                    f"{name} has at most {MAX_NAME} printable characters, no blank at either end"
                )

    @property
    def binding(self) -> bytes:
        """SHA-256 over key, serial and container, each with its length: what an envelope is bound to."""
        digest = hashlib.sha256(b"yinxin-key-recipient-v1\n")
        for part in (spki(self.public_key), self.serial.encode(), self.container.encode()):
            digest.update(len(part).to_bytes(4) + part)
        return digest.digest()


@dataclass(frozen=True, slots=True)
class SealedKey:
    """An encryption key pair whose private half only the token that made it can open."""

    id: str
    kind: KeyKind
    public_key: PublicKey
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A private key for one recipient: ``head`` opens with the recipient's key and opens ``body``."""

    format: EnvelopeFormat
    head: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A wrapped key with what belongs to it: the public half, and whom it is for; taken out of a proven delivery."""

    wrapped: WrappedKey
    public_key: PublicKey
    recipient: Recipient


@dataclass(frozen=True, slots=True)
class Vote:
    """A custodian's signature over a case, as the token checks it."""

    custodian: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Warrant:
    """What lets the token open an escrowed key: the roster it sealed itself, the case, and the votes on it."""

    roster: bytes = field(repr=False)
    document: bytes
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class SealedRoster:
    """The custodians as the token believes them: canonical JSON, and the same sealed."""

    document: str
    sealed: bytes = field(repr=False)


class EscrowToken:
    """The key centre's token: every private encryption key of the centre is made, opened and wrapped in its worker."""

    def __init__(self, provider: WorkerProvider, token: str) -> None:
        self._provider = provider
        self.token = token

    def make(self, key_id: str, kind: KeyKind) -> SealedKey:
        """Make an encryption key pair and seal its private half; a kind of no use raises :class:`UnsupportedAlgorithm`.

        The pair is made by our worker and not by the module, so an installation that accepts keys in hardware alone refuses
        it (:class:`SoftwareKeyRefused`).
        """
        self._provider.policy.admit(Custody.SEALED, f"the encryption key {key_id}")
        answer = self._ask("make", {"id": key_id, "kind": kind.value})
        return SealedKey(key_id, kind, load_spki(bytes.fromhex(answer.fields["spki"])), answer.blob)

    def deliver(self, key: SealedKey, roster: bytes, recipient: Recipient) -> tuple[WrappedKey, bytes]:
        """Wrap a pooled key for its owner; return the envelope and the key sealed anew for the custodians of ``roster``."""
        fields = {**_of_key(key), "roster": roster.hex(), "recipient": of_recipient(recipient)}
        answer = self._ask("deliver", fields, key.sealed)
        return _wrapped(answer), bytes.fromhex(answer.fields["sealed"])

    def recover(self, key: SealedKey, warrant: Warrant) -> WrappedKey:
        """Wrap an escrowed key for the recipient that the case names.

        Raises :class:`RecoveryNotAuthorised` unless the votes suffice by the roster that the token sealed.
        """
        return _wrapped(self._ask("recover", {**_of_key(key), **_of_warrant(warrant)}, key.sealed))

    def found(self, roster: bytes) -> SealedRoster:
        """Seal the first roster (JSON with ``user``, ``judicial``, ``custodians``) under a new lineage."""
        return _roster(self._ask("found", {}, roster))

    def amend(self, roster: bytes, warrant: Warrant) -> SealedRoster:
        """Seal the next roster of the lineage; :class:`RecoveryNotAuthorised` as in :meth:`recover`."""
        return _roster(self._ask("amend", _of_warrant(warrant), roster))

    def _ask(self, act: str, fields: dict[str, Any], blob: bytes = b"") -> Frame:
        return self._provider.ask(self.token, "envelope", {**fields, "act": act}, blob)


class ReceivingToken:
    """A token that envelopes are opened into, and that uses what came out of them."""

    def __init__(self, provider: WorkerProvider, token: str, pin: Pin | None = None) -> None:
        self._provider = provider
        self._token = token
        self._pin = pin

    def transport_key(self, label: str, kind: KeyKind) -> KeyUri:
        """Make an RSA or P-256 key that envelopes can be addressed to; it decrypts or agrees and never signs."""
        uri = KeyUri(self._provider.scheme, self._token, label, secrets.token_bytes(ID_OCTETS))
        self._ask("transport_key", {**address(uri), "kind": kind.value})
        return uri

    def open(
        self, wrapped: WrappedKey, public_key: PublicKey, with_key: KeyUri, recipient: Recipient, into: KeyUri
    ) -> KeyUri:
        """Open an envelope with the recipient's key into the token; return the key's address.

        The private half becomes an object that cannot leave the token (RSA, P-256) or a scalar sealed in its vault (SM2).
        Raises :class:`DecryptionFailed` for an envelope that was altered or is another's, :class:`DuplicateKey`, and
        :class:`SoftwareKeyRefused` for a scalar where only keys in hardware are accepted.
        """
        if isinstance(public_key, Sm2PublicKey):
            self._provider.policy.admit(Custody.SEALED, into)
        made = into.with_id(into.id or hashlib.sha256(spki(public_key)).digest()[:ID_OCTETS])
        fields = {
            **address(made),
            "format": wrapped.format.value,
            "head": wrapped.head.hex(),
            "spki": spki(public_key).hex(),
            "with": address(with_key),
            "binding": recipient.binding.hex(),
        }
        self._ask("open_envelope", fields, wrapped.body)
        return made

    def decrypt(self, uri: KeyUri, kind: KeyKind, octets: bytes) -> bytes:
        """Use an opened key: decrypt RSAES-OAEP or raw SM2 (04 ‖ C1 ‖ C3 ‖ C2) octets, or agree with a P-256 point."""
        if kind is KeyKind.SM2:
            self._provider.policy.admit(Custody.SEALED, uri)
        return self._ask("envelope", {**address(uri), "act": "decrypt", "kind": kind.value}, octets).blob

    def _ask(self, operation: str, fields: dict[str, Any], blob: bytes = b"") -> Frame:
        return self._provider.ask(self._token, operation, fields, blob, pin=self._pin)


def of_recipient(recipient: Recipient) -> dict[str, str]:
    """Write a recipient for a frame or a case."""
    return {
        "spki": spki(recipient.public_key).hex(),
        "serial": recipient.serial,
        "container": recipient.container,
    }


def _of_key(key: SealedKey) -> dict[str, str]:
    return {"id": key.id, "spki": spki(key.public_key).hex()}


def _of_warrant(warrant: Warrant) -> dict[str, Any]:
    votes = [{"custodian": vote.custodian, "signature": vote.signature.hex()} for vote in warrant.votes]
    return {"roster": warrant.roster.hex(), "document": warrant.document.decode(), "votes": votes}


def _wrapped(answer: Frame) -> WrappedKey:
    fields = answer.fields
    return WrappedKey(EnvelopeFormat(fields["format"]), bytes.fromhex(fields["head"]), answer.blob)


def _roster(answer: Frame) -> SealedRoster:
    return SealedRoster(str(answer.fields["document"]), answer.blob)
