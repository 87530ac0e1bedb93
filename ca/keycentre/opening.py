"""Opening a delivery into the recipient's token: who sent it, whom it is for, and only then the token."""

from __future__ import annotations

from dataclasses import dataclass

from ca.keycentre import delivery
from hsm.algorithms import PublicKey
from hsm.envelopes import ReceivingToken, Recipient
from hsm.key_uri import KeyUri


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a delivery goes: the token, the key that it is addressed to, and the container for what is inside."""

    token: ReceivingToken
    recipient: Recipient
    with_key: KeyUri
    into: KeyUri


def open_into_token(octets: bytes, opening: Opening, *, centre: PublicKey) -> KeyUri:
    """Prove a delivery and open it into the token; return the encryption key's address.

    Raises :class:`ca.keycentre.errors.EnvelopeUnreadable`, :class:`ca.keycentre.errors.EnvelopeUnproven` (not signed by
    ``centre``), :class:`ca.keycentre.errors.EnvelopeForAnother`, and of the token :class:`hsm.errors.DecryptionFailed` or
    :class:`hsm.errors.DuplicateKey`.
    """
    found = delivery.parse(octets, opening.recipient.public_key)
    found.proven(centre).meant_for(opening.recipient)
    return opening.token.open(
        found.wrapped, found.public_key, opening.with_key, opening.recipient, opening.into
    )
