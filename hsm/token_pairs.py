"""Encryption pairs in PKCS#11 tokens: the key centre's envelope opened into the application that it is meant for.

Beside the signing key ``NAME`` a container has the encryption key ``NAME.enc``, which decrypts or agrees and never signs. An
SM2 signing key opens its envelope itself, as GM/T 0009 has it. An RSA or P-256 signing key in a token signs and does
nothing else, so that a second key, ``NAME.transport``, made in the same token, opens the envelope.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from hsm.algorithms import KeyKind, PublicKey, kind_of
from hsm.certificates import certificate_facts
from hsm.envelopes import ID_OCTETS, Envelope, ReceivingToken
from hsm.errors import KeyNotFound
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.public_keys import spki
from hsm.sm2.public_key import Sm2PublicKey
from hsm.worker_provider import WorkerProvider

ENCRYPTION: Final = ".enc"
TRANSPORT: Final = ".transport"
"""Names of containers have no dot where the inventory makes them, so that these labels are never a container's."""
_TRANSPORT_KIND: Final = {KeyKind.EC_P384: KeyKind.EC_P256}
"""Kinds that no envelope can be addressed to, and what is made instead."""


@dataclass(frozen=True, slots=True)
class TokenPairs:
    """The encryption pairs in the tokens of one store."""

    provider: WorkerProvider

    def receiver(self, token: str, container: str, kind: KeyKind, pin: Pin | None) -> PublicKey | None:
        """Return the transport key of a container, made at the first call; ``None`` for SM2, which needs none."""
        if kind is KeyKind.SM2:
            return None
        label = container + TRANSPORT
        found = self._public(token, label, pin)
        if found is None:
            ReceivingToken(self.provider, token, pin).transport_key(label, _TRANSPORT_KIND.get(kind, kind))
            found = self._public(token, label, pin)
        if found is None:
            raise KeyNotFound(label)
        return found

    def _public(self, token: str, label: str, pin: Pin | None) -> PublicKey | None:
        keys = self.provider.keys(token, pin=pin)
        return next((key.public_key for key in keys if key.uri.object == label), None)

    def open(self, token: str, container: str, envelope: Envelope, pin: Pin | None) -> KeyUri:
        """Open an envelope into the token; the same one again changes nothing."""
        sm2 = isinstance(envelope.recipient.public_key, Sm2PublicKey)
        with_key = KeyUri(self.provider.scheme, token, container if sm2 else container + TRANSPORT)
        into = KeyUri(self.provider.scheme, token, container + ENCRYPTION)
        receiving = ReceivingToken(self.provider, token, pin)
        return receiving.open(envelope.wrapped, envelope.public_key, with_key, envelope.recipient, into)

    def import_certificate(self, token: str, container: str, der: bytes, pin: Pin | None) -> None:
        """Store the certificate of an encryption key beside it; :class:`KeyNotFound` where it is another key's."""
        facts = certificate_facts(der)
        uri = KeyUri(self.provider.scheme, token, container + ENCRYPTION)
        if not isinstance(facts.public_key, Sm2PublicKey):
            self.provider.import_certificate(uri, der, pin=pin)
            return
        octets = spki(facts.public_key)
        key_id = hashlib.sha256(octets).digest()[:ID_OCTETS].hex()
        address = {"label": uri.object, "key_id": key_id}
        asked = {**address, "act": "holds", "spki": octets.hex()}
        if not self.provider.ask(token, "envelope", asked, pin=pin).fields["held"]:
            raise KeyNotFound(uri.object)
        told = {"subject": facts.subject.hex(), "issuer": facts.issuer.hex(), "serial": facts.serial.hex()}
        self.provider.ask(token, "import_certificate", {**address, **told}, der, pin=pin)

    def decrypt(
        self, token: str, container: str, public_key: PublicKey, octets: bytes, pin: Pin | None
    ) -> bytes:
        """Use a container's encryption key (:meth:`hsm.envelopes.ReceivingToken.decrypt`)."""
        uri = KeyUri(self.provider.scheme, token, container + ENCRYPTION)
        return ReceivingToken(self.provider, token, pin).decrypt(uri, kind_of(public_key), octets)
