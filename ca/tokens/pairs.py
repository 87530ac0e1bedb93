"""Encryption pairs on a chip: given by the key centre, opened by this chip alone (A6).

The key centre names whom an envelope is for: the signing key of one container, with the chip's serial number and the
container's name. A request key made from the place on the chip makes it give the same pair ever after, however often a
personalisation is cut off; no second key of its pool is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ca.actor import Actor
from ca.enrolment.errors import EncryptionKeysMissing
from ca.enrolment.ports import EncryptionGrant
from ca.keycentre import delivery
from ca.keycentre.key import KeyRequest, transport_statement
from ca.tokens.inventory_store import Place
from ca.tokens.token import Holder
from hsm.algorithms import PublicKey, kind_of
from hsm.chip import Chips
from hsm.envelopes import Envelope, Recipient
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.provider import KeyRing, open_signer


class PairKeys(Protocol):
    """The key centre as the desk of chips sees it (:class:`ca.keycentre.centre.KeyCentre`)."""

    @property
    def public_key(self) -> PublicKey:
        """The key that proves deliveries."""

    def grant(self, request: KeyRequest, *, actor: Actor) -> EncryptionGrant:
        """Give one encryption key to one request key; asked again, return the same."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One pair that is wanted on a chip: its place, the signing key there, who holds it, by which profile."""

    place: Place
    signing: PublicKey
    holder: Holder
    profile: str

    @property
    def request_key(self) -> str:
        """The name under which the key centre is asked, for ever."""
        return f"token:{self.place.token}:{self.container}"

    @property
    def container(self) -> str:
        """The container as envelopes name it."""
        return f"{self.place.application}/{self.place.container}"


@dataclass(frozen=True, slots=True)
class PairDelivery:
    """Takes encryption pairs from the key centre into chips."""

    keys: PairKeys | None
    ring: KeyRing

    def deliver(self, wanted: Wanted, reader: Chips, pin: Pin, *, actor: Actor) -> tuple[KeyUri, PublicKey]:
        """Have a pair given and opened into its container; return the key's address and its public half.

        Raises :class:`EncryptionKeysMissing`, :class:`ca.keycentre.errors.EnvelopeForAnother`,
        :class:`ca.keycentre.errors.EnvelopeUnproven`, what the key centre raises, and what the chip raises.
        """
        if self.keys is None:
            raise EncryptionKeysMissing
        place = wanted.place
        at = (place.token, place.application, place.container)
        transport = reader.receiver(*at, kind=kind_of(wanted.signing), pin=pin)
        to = Recipient(transport or wanted.signing, place.token, wanted.container)
        proof = b""
        if transport is not None:
            signer = open_signer(self.ring, reader.uri(*at), expected=wanted.signing, pin=pin)
            proof = signer.sign(transport_statement(to))
        request = KeyRequest(
            wanted.request_key,
            wanted.signing,
            recipient=to,
            proof=proof,
            holder=wanted.holder.name,
            uscc=wanted.holder.uscc,
            profile=wanted.profile,
        )
        grant = self.keys.grant(request, actor=actor)
        found = delivery.parse(grant.envelope, to.public_key)
        found.proven(self.keys.public_key).meant_for(to)
        uri = reader.open_envelope(*at, Envelope(found.wrapped, found.public_key, to), pin=pin)
        return uri, found.public_key
