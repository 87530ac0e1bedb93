"""Encryption key pairs on their way: from the key centre's token, sealed, into the one token they are meant for.

The private half is made, opened and wrapped anew inside the worker process of a token and nowhere else
(:mod:`hsm.worker.envelopes`); this side of the pipe sees sealed octets and envelopes. Key pairs made here are for
encryption: nothing takes in a key that was made elsewhere, so that no signing key can come to be escrowed (I24).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hsm.algorithms import KeyKind, PublicKey
from hsm.public_keys import spki

ESCROW_KINDS: Final = (KeyKind.SM2, KeyKind.RSA_2048, KeyKind.RSA_3072, KeyKind.EC_P256)
"""Kinds of encryption keys that a key centre makes."""
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
