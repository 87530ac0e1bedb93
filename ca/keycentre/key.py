"""What the key centre knows about one encryption key, and what is asked of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ca.audit import canonical_json
from ca.certificate import spki_sha256
from ca.keycentre.state import KeyStatus
from ca.profile import ENTERPRISE_ENCRYPT
from hsm.algorithms import KeyKind, PublicKey, kind_of
from hsm.envelopes import Recipient, SealedKey, of_recipient
from hsm.public_keys import load_spki


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """One encryption key pair for one enrolment. ``request_key`` (1 to 200 characters) names it for ever.

    Without ``kind`` it is of the signing key's kind (RSA-4096 and P-384 get the strongest that the centre makes). Without
    ``recipient`` the envelope is for the signing key itself, as GM/T 0009 has it; another recipient needs ``proof``: the
    signing key's signature over :func:`transport_statement`.
    """

    request_key: str
    sign_public_key: PublicKey
    kind: KeyKind | None = None
    recipient: Recipient | None = None
    proof: bytes = b""
    holder: str = ""
    uscc: str = ""
    profile: str = ENTERPRISE_ENCRYPT.id

    @property
    def wanted(self) -> KeyKind:
        """The kind of key to be given."""
        return self.kind or _FITTING.get(found := kind_of(self.sign_public_key), found)

    @property
    def to(self) -> Recipient:
        """Whom the envelope is for."""
        return self.recipient or Recipient(self.sign_public_key)

    @property
    def digest(self) -> str:
        """SHA-256 over everything asked, by which a second request under one request key is told apart."""
        asked = {
            "sign": spki_sha256(self.sign_public_key),
            "kind": self.wanted.value,
            "recipient": of_recipient(self.to),
            "holder": self.holder,
            "uscc": self.uscc,
            "profile": self.profile,
        }
        return hashlib.sha256(canonical_json(asked).encode()).hexdigest()


_FITTING = {KeyKind.RSA_4096: KeyKind.RSA_3072, KeyKind.EC_P384: KeyKind.EC_P256}


@dataclass(frozen=True, slots=True)
class EscrowedKey:
    """An encryption key pair of the centre. ``sealed`` opens in the token named ``token`` alone."""

    id: str
    status: KeyStatus
    kind: KeyKind
    token: str
    public_key: PublicKey
    sealed: bytes = field(repr=False)
    made_at: datetime
    request_key: str
    request_digest: str
    holder: str
    uscc: str
    sign_spki_sha256: str
    recipient: str
    delivery: bytes = field(repr=False)
    assigned_at: datetime | None
    delivered_at: datetime | None
    closed_at: datetime | None
    reason: str

    @property
    def to(self) -> Recipient:
        """Whom the envelope is for, as it was assigned."""
        return read_recipient(json.loads(self.recipient))

    @property
    def as_sealed(self) -> SealedKey:
        """The key as the token takes it."""
        return SealedKey(self.id, self.kind, self.public_key, self.sealed)


def read_recipient(fields: dict[str, Any]) -> Recipient:
    """Read what :func:`hsm.envelopes.of_recipient` wrote."""
    return Recipient(load_spki(bytes.fromhex(fields["spki"])), fields["serial"], fields["container"])


def transport_statement(recipient: Recipient) -> bytes:
    """Return the octets by whose signature a signing key vouches for a transport key in its own token."""
    return b"yinxin-transport-key-v1\n" + recipient.binding
