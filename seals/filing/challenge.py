"""The question that the chip in a seal body answers: octets bound to one seal, one chip, one moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from ca.audit import canonical_json
from hsm.algorithms import DEFAULT_ALGORITHM, kind_of
from hsm.errors import SignatureInvalid
from hsm.public_keys import certificate_key
from hsm.verification import verify_signature

MAX_SIGNATURE: Final = 1024
"""Longest answer, in octets: RSA-4096 gives 512, the elliptic curves under 150."""
_DOMAIN: Final = b"yinxin chip in a seal body v1\n"
"""What sets these octets apart from everything else that the chip's key may sign."""


@dataclass(frozen=True, slots=True)
class ChipChallenge:
    """A challenge on record. ``message`` is what the chip signs; the key hashes it by its own algorithm."""

    id: str
    job: str
    seal: str
    chip: str
    application: str
    container: str
    nonce: bytes
    made_at: datetime
    expires_at: datetime
    asked_by: str
    state: str

    @property
    def message(self) -> bytes:
        """The octets to sign: a domain, then canonical JSON of everything that the answer is bound to."""
        bound = {
            "challenge": self.id,
            "chip": self.chip,
            "container": f"{self.application}/{self.container}",
            "expires_at": self.expires_at.isoformat(),
            "job": self.job,
            "nonce": self.nonce.hex(),
            "seal": self.seal,
        }
        return _DOMAIN + canonical_json(bound).encode()


def is_answered_by(challenge: ChipChallenge, certificate: bytes, signature: bytes) -> bool:
    """Tell whether the key of ``certificate`` (DER) signed this challenge."""
    key = certificate_key(x509.load_der_x509_certificate(certificate))
    try:
        verify_signature(key, DEFAULT_ALGORITHM[kind_of(key)], challenge.message, signature)
    except SignatureInvalid:
        return False
    return True
