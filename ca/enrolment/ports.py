"""What the desk needs from its neighbours: somebody who makes encryption keys, and places that say a status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hsm.algorithms import PublicKey


@dataclass(frozen=True, slots=True)
class EncryptionGrant:
    """An encryption key pair made for an enrolment: its public half, and the private one sealed for one token.

    ``envelope`` opens only in the token that holds the signing key; it is delivered with the certificates.
    """

    public_key: PublicKey
    envelope: bytes


class EncryptionKeys(Protocol):
    """The key centre as the desk sees it."""

    def apply(self, enrolment_id: str, sign_public_key: PublicKey) -> EncryptionGrant:
        """Return the encryption key of an enrolment: made at the first call, the same one ever after."""


class StatusSource(Protocol):
    """Where a relying party would ask about a certificate; the drill asks there too."""

    def ocsp(self, issuer: str, serial: int) -> str:
        """Return ``good``, ``revoked`` or ``unknown`` as our responder signs it now."""

    def listed(self, issuer: str, serial: int) -> bool:
        """Tell whether the revocation list in force for the certificate has it."""
