"""A checkpoint: the head of the audit trail, signed, to be kept where nobody who runs the database can write.

Text of three lines and a signature, after the shape of signed notes: origin, record number, digest (hexadecimal),
time; the signature is over exactly these lines.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ca.errors import AuditBroken, SignatureWithheld
from hsm.algorithms import PublicKey, SignatureAlgorithm
from hsm.errors import SignatureInvalid
from hsm.signer import Signer
from hsm.verification import verify_signature

ORIGIN: Final = "yinxin-audit-checkpoint-v1"
MAX_CHECKPOINT_CHARACTERS: Final = 4096
"""A checkpoint with an RSA-4096 signature has under 1,000 characters."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A record number and the digest it must have, from a source outside the database."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed head. Reading one proves nothing; :meth:`proven` does."""

    anchor: Anchor
    at: datetime
    algorithm: SignatureAlgorithm
    signature: bytes

    @property
    def body(self) -> bytes:
        """The octets that are signed."""
        return _body(self.anchor, self.at)

    def proven(self, public_key: PublicKey) -> Anchor:
        """Return the anchor if the signature is by ``public_key``; otherwise :class:`AuditBroken`."""
        try:
            verify_signature(public_key, self.algorithm, self.body, self.signature)
        except SignatureInvalid as wrong:
            raise AuditBroken(self.anchor.number, "the checkpoint's signature is wrong") from wrong
        return self.anchor

    def to_json(self) -> str:
        """Return the checkpoint as one line of JSON."""
        return json.dumps(
            {
                "body": self.body.decode(),
                "algorithm": self.algorithm.label,
                "signature": base64.b64encode(self.signature).decode(),
            }
        )

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read what :meth:`to_json` wrote; anything else raises :class:`AuditBroken`."""
        if len(text) > MAX_CHECKPOINT_CHARACTERS:
            raise AuditBroken(0, "the checkpoint is too long")
        try:
            found = json.loads(text)
            origin, number, digest, at = found["body"].splitlines()
            algorithm = next(a for a in SignatureAlgorithm if a.label == found["algorithm"])
            made = cls(
                Anchor(int(number), digest),
                datetime.fromisoformat(at),
                algorithm,
                base64.b64decode(found["signature"], validate=True),
            )
            canonical = origin == ORIGIN and made.body.decode() == found["body"]
        except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as wrong:
            raise AuditBroken(0, "the checkpoint cannot be read") from wrong
        if not canonical:
            raise AuditBroken(0, "the checkpoint is not in its canonical form")
        return made


def _body(anchor: Anchor, at: datetime) -> bytes:
    return f"{ORIGIN}\n{anchor.number}\n{anchor.digest}\n{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode()


def sign_checkpoint(anchor: Anchor, at: datetime, signer: Signer) -> Checkpoint:
    """Sign ``anchor``; the signature is checked before it is returned (:class:`SignatureWithheld`)."""
    body = _body(anchor, at)
    signature = signer.sign(body)
    try:
        verify_signature(signer.public_key, signer.algorithm, body, signature)
    except SignatureInvalid as wrong:
        raise SignatureWithheld("audit checkpoint") from wrong
    return Checkpoint(anchor, at.astimezone(UTC).replace(microsecond=0), signer.algorithm, signature)
