"""Chips behind an SKF library (GM/T 0016): what the desk does to them. See :class:`hsm.chip.Chips` for the contract."""

from __future__ import annotations

from typing import Final

from hsm.algorithms import KeyKind, PublicKey
from hsm.certificates import certificate_facts
from hsm.chip import ChipCertificate, ChipInfo, Container, PinInfo, PinOwner
from hsm.enveloped_key import EnvelopedKey
from hsm.envelopes import Envelope, EnvelopeFormat
from hsm.errors import KeyMismatch, KeyNotFound, UnsupportedAlgorithm
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.public_keys import same_key
from hsm.skf import envelope
from hsm.skf.provider import SkfProvider, container_name
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.public_key import Sm2PublicKey
from hsm.worker.client import GENERATE_SECONDS

_Keys = tuple[Sm2PublicKey | None, Sm2PublicKey | None]
_NO_KEYS: Final[_Keys] = (None, None)


class SkfChips:
    """The chips that one SKF library sees; implements :class:`hsm.chip.Chips` over the workers of ``provider``."""

    scheme = "skf"
    receives = True

    def __init__(self, provider: SkfProvider) -> None:
        self._provider = provider

    def chips(self) -> tuple[ChipInfo, ...]:
        """List the chips that are plugged in; see :class:`hsm.chip.Chips` for this and all that follows."""
        found = (ChipInfo(**told) for told in self._provider.once("chips")["chips"])
        return tuple(sorted(found, key=lambda chip: chip.serial))

    def applications(self, serial: str) -> tuple[str, ...]:
        """Names of the applications of a chip."""
        return tuple(self._provider.once("applications", serial=serial)["applications"])

    def create_application(self, serial: str, name: str, so_pin: Pin, user_pin: Pin, tries: int) -> None:
        """Make an application with two PINs of its own."""
        self._provider.create_application(_token(serial, name), so_pin, user_pin, tries)

    def delete_application(self, serial: str, application: str) -> None:
        """Remove an application with all that is in it."""
        self._provider.delete_application(_token(serial, application))

    def pin_info(self, serial: str, application: str, owner: PinOwner = PinOwner.HOLDER) -> PinInfo:
        """Read a PIN's count."""
        officer = owner is PinOwner.OFFICER
        return self._provider.pin_info(_token(serial, application), officer=officer)

    def change_pin(
        self, serial: str, application: str, old: Pin, new: Pin, owner: PinOwner = PinOwner.HOLDER
    ) -> None:
        """Set a new PIN."""
        secret = {"old": old.reveal(), "new": new.reveal()}
        officer = owner is PinOwner.OFFICER
        self._provider.judge(_token(serial, application), "change_pin", officer=officer, **secret)

    def unblock(self, serial: str, application: str, so_pin: Pin, new: Pin) -> None:
        """Set the holder's PIN as security officer."""
        self._provider.unblock(_token(serial, application), so_pin, new)

    def containers(self, serial: str, application: str) -> tuple[Container, ...]:
        """List containers with their public halves."""
        return tuple(Container(name, *keys) for name, keys in self._keys(serial, application).items())

    def _keys(self, serial: str, application: str) -> dict[str, _Keys]:
        slot = self._provider.slot(_token(serial, application))
        answer = slot.use(None, lambda worker: worker.call("containers"), login=False)
        return {
            told["name"]: (_key(told["signature"]), _key(told["encryption"]))
            for told in answer.fields["containers"]
        }

    def generate(
        self,
        serial: str,
        application: str,
        container: str,
        *,
        kind: KeyKind = KeyKind.SM2,
        pin: Pin | None = None,
    ) -> Sm2PublicKey:
        """Make a signing pair in a new container."""
        uri = self.uri(serial, application, container)
        self._provider.generate(uri, kind, pin=pin)
        made, _ = self._keys(serial, application).get(container, _NO_KEYS)
        if made is None:
            raise KeyNotFound(str(uri))
        return made

    def import_encryption_pair(
        self, serial: str, application: str, container: str, enveloped: bytes, *, pin: Pin | None = None
    ) -> Sm2PublicKey:
        """Take in an encryption pair: ``enveloped`` is ENVELOPEDKEYBLOB in the standard's layout."""
        envelope.read(enveloped)
        slot = self._provider.slot(_token(serial, application))
        fields = {"label": container_name(container)}
        answer = slot.use(
            pin, lambda worker: worker.call("import_pair", fields, enveloped, seconds=GENERATE_SECONDS)
        )
        return Sm2PublicKey.from_point(answer.blob)

    def receiver(
        self, serial: str, application: str, container: str, *, kind: KeyKind, pin: Pin | None = None
    ) -> None:
        """Return nothing: the container's signing key opens its envelope (GM/T 0016 §7.6.12)."""

    def open_envelope(
        self, serial: str, application: str, container: str, envelope: Envelope, *, pin: Pin | None = None
    ) -> KeyUri:
        """Take in the pair as ENVELOPEDKEYBLOB; return the container's address, which both pairs share."""
        wrapped, public = envelope.wrapped, envelope.public_key
        if wrapped.format is not EnvelopeFormat.SM2 or not isinstance(public, Sm2PublicKey):
            raise UnsupportedAlgorithm("an SKF chip takes in SM2 pairs alone")
        key = EnvelopedKey(Sm2Cipher.from_raw(wrapped.head), public, wrapped.body)
        self.import_encryption_pair(serial, application, container, key.to_blob(), pin=pin)
        return self.uri(serial, application, container)

    def decrypt(  # noqa: PLR0913 - the contract's
        self,
        serial: str,
        application: str,
        container: str,
        public_key: PublicKey,
        octets: bytes,
        *,
        pin: Pin | None = None,
    ) -> bytes:
        """Decrypt raw SM2 octets with the container's encryption key (SKF_ECCDecrypt)."""
        if self._keys(serial, application).get(container, _NO_KEYS)[1] != public_key:
            raise KeyNotFound(container)
        fields = {"label": container_name(container)}
        slot = self._provider.slot(_token(serial, application))
        return slot.use(pin, lambda worker: worker.call("decrypt", fields, octets)).blob

    def import_certificate(  # noqa: PLR0913 - the contract's
        self,
        serial: str,
        application: str,
        container: str,
        der: bytes,
        *,
        encryption: bool,
        pin: Pin | None = None,
    ) -> None:
        """Store a certificate in the slot of its pair."""
        facts = certificate_facts(der)
        key = self._keys(serial, application).get(container, _NO_KEYS)[int(encryption)]
        if key is None:
            raise KeyNotFound(container)
        if not same_key(facts.public_key, key):
            raise KeyMismatch(container)
        fields = {"label": container, "encryption": encryption}
        slot = self._provider.slot(_token(serial, application))
        slot.use(pin, lambda worker: worker.call("import_certificate", fields, der))

    def certificates(self, serial: str, application: str) -> tuple[ChipCertificate, ...]:
        """Export every certificate of an application."""
        found = self._provider.both_certificates(_token(serial, application))
        return tuple(ChipCertificate(each.label, encryption, each.der) for each, encryption in found)

    def delete_container(
        self, serial: str, application: str, container: str, *, pin: Pin | None = None
    ) -> None:
        """Remove a container."""
        slot = self._provider.slot(_token(serial, application))
        fields = {"label": container_name(container), "key_id": None}
        slot.use(pin, lambda worker: worker.call("destroy", fields))

    def uri(self, serial: str, application: str, container: str) -> KeyUri:
        """Return the address of a container's signing key."""
        return KeyUri(self.scheme, _token(serial, application), container_name(container))

    def close(self) -> None:
        """End the worker processes."""
        self._provider.close()


def _key(point: str | None) -> Sm2PublicKey | None:
    return Sm2PublicKey.from_point(bytes.fromhex(point)) if point is not None else None


def _token(serial: str, application: str) -> str:
    return f"{serial}/{application}"
