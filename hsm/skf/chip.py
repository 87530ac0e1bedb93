"""Chips behind an SKF library (GM/T 0016): what the desk does to them. See :class:`hsm.chip.Chips` for the contract."""

from __future__ import annotations

from typing import Final

from hsm.algorithms import KeyKind
from hsm.certificates import certificate_facts
from hsm.chip import ChipCertificate, ChipInfo, Container, PinInfo, PinOwner
from hsm.errors import KeyMismatch, KeyNotFound
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.public_keys import same_key
from hsm.skf import envelope
from hsm.skf.provider import SkfProvider, container_name
from hsm.sm2.public_key import Sm2PublicKey
from hsm.worker.client import GENERATE_SECONDS

_Keys = tuple[Sm2PublicKey | None, Sm2PublicKey | None]
_NO_KEYS: Final[_Keys] = (None, None)


class SkfChips:
    """The chips that one SKF library sees; implements :class:`hsm.chip.Chips` over the workers of ``provider``."""

    scheme = "skf"

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
