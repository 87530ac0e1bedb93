"""The SKF key provider: signing keys in UKeys and chips, one worker process for each application that is used."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from hsm.algorithms import KeyKind
from hsm.chip import PinInfo
from hsm.devices.counter import DeviceCounter
from hsm.devices.errors import OperationNotOffered
from hsm.devices.provider import DeviceProvider
from hsm.errors import HsmError, KeyUriError, UnsupportedAlgorithm
from hsm.key_uri import KeyUri
from hsm.pin_counter import DEFAULT_LIMIT
from hsm.pins import Pin, PinSource
from hsm.provider import StoredCertificate, TokenHealth
from hsm.skf.layout import MAX_APPLICATION, MAX_CONTAINER, MAX_SERIAL, SkfDescription
from hsm.token_slot import TokenSlot, address
from hsm.worker.client import CALL_SECONDS, GENERATE_SECONDS, Launch, Worker
from hsm.worker.wire import Frame

DeviceKeySource = Callable[[str], bytes]
"""Asked with a serial number for the chip's device authentication key: 16 octets, or none where a chip wants none."""
DEFAULT_DESCRIPTION: Final = SkfDescription()


class SkfProvider(DeviceProvider):
    """Signing keys behind one SKF library (scheme ``skf``).

    A token is an application of a chip, ``SERIAL/APPLICATION``; an object is a container. The chip counts wrong PINs;
    ``counters`` is a folder for locks and for the word that changes with a PIN.
    """

    scheme = "skf"

    def __init__(  # noqa: PLR0913 - all but the path have names and defaults
        self,
        library: Path,
        *,
        pins: PinSource,
        counters: Path,
        device_keys: DeviceKeySource | None = None,
        description: SkfDescription = DEFAULT_DESCRIPTION,
        environment: Mapping[str, str] | None = None,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        lock = counters / f"skf-{hashlib.sha256(str(library).encode()).hexdigest()[:16]}.lock"
        options = {
            "word": description.abi.word,
            "packed": description.abi.packed,
            "sm2_algorithm": description.sm2_algorithm,
            "encoding": description.encoding,
        }
        launch = Launch(
            library, lock.absolute(), dict(environment or {}), 1, call_seconds, self.scheme, options
        )
        super().__init__(launch, DeviceCounter(counters, self.scheme), pins)
        self._device_keys = device_keys

    def once(self, operation: str, blob: bytes = b"", **fields: Any) -> dict[str, Any]:
        """Ask a worker of its own about chips and applications; see :class:`hsm.skf.service.ChipService`."""
        return self._once(operation, blob, **fields)

    def slot(self, token: str) -> TokenSlot:
        """Return the worker of one application, ``SERIAL/APPLICATION``."""
        split(token)
        return self._slot(token)

    def _device_key(self, serial: str) -> bytes:
        """Return the chip's device authentication key, empty where none was given."""
        return self._device_keys(serial) if self._device_keys is not None else b""

    def judge(self, token: str, operation: str, **fields: Any) -> None:
        """Ask for something that judges a PIN of an application: once. The holder's PIN may be new afterwards."""
        serial, application = split(token)
        name = f"{token}\0so" if fields.get("officer") or operation == "unblock" else token

        def ask() -> None:
            self._once(operation, serial=serial, application=application, **fields)

        self._counter.attempt(name, ask)
        self._counter.renew(token)

    def create_token(self, token: str, so_pin: Pin, user_pin: Pin) -> None:
        """Make the application ``SERIAL/APPLICATION`` with our own number of tries."""
        self.create_application(token, so_pin, user_pin, DEFAULT_LIMIT)

    def create_application(self, token: str, so_pin: Pin, user_pin: Pin, tries: int) -> None:
        """Make an application whose PINs are locked after ``tries`` wrong ones."""
        serial, application = split(token)
        if not 1 <= tries <= 15:
            raise ValueError("a PIN has 1 to 15 tries")
        secret = {"so_pin": so_pin.reveal(), "pin": user_pin.reveal(), "tries": tries}
        key = self._device_key(serial)
        self._once("create_application", key, serial=serial, application=application, **secret)
        self._counter.renew(token)

    def delete_application(self, token: str) -> None:
        """Remove an application; the worker that had it open leaves."""
        serial, application = split(token)
        self._once("delete_application", self._device_key(serial), serial=serial, application=application)
        opened = self._slots.pop(token, None)
        if opened is not None:
            opened.close()

    def tokens(self) -> tuple[str, ...]:
        """Every application of every chip that is plugged in."""
        found: list[str] = []
        for chip in self._once("chips")["chips"]:
            listed = self._once("applications", serial=chip["serial"])["applications"]
            found.extend(f"{chip['serial']}/{name}" for name in listed)
        return tuple(sorted(found))

    def generate(self, uri: KeyUri, kind: KeyKind, *, pin: Pin | None = None) -> KeyUri:
        """Make the signing pair of a new container; its id is a digest of the public half and cannot be chosen."""
        self._mine(uri)
        container_name(uri.object)
        slot = self.slot(uri.token)
        if kind is not KeyKind.SM2:
            raise UnsupportedAlgorithm(f"containers get SM2 pairs, not {kind.value}")
        slot.use(pin, lambda worker: worker.call("vacant", address(uri)))
        if uri.id is not None:
            raise OperationNotOffered("a container has no id that can be chosen")
        attempts = itertools.count()

        def make(worker: Worker) -> Frame:
            fields = {"label": uri.object, "again": next(attempts) > 0}
            return worker.call("generate", fields, seconds=GENERATE_SECONDS)

        return uri.with_id(bytes.fromhex(slot.use(pin, make).fields["id"]))

    def certificates(self, token: str) -> tuple[StoredCertificate, ...]:
        """Export the certificates of the signing pairs; those of encryption pairs are for :mod:`hsm.skf.chip`."""
        return tuple(each for each, encryption in self.both_certificates(token) if not encryption)

    def both_certificates(self, token: str) -> tuple[tuple[StoredCertificate, bool], ...]:
        """Export every certificate, and tell which ones are of encryption pairs."""
        answer = self.slot(token).use(None, lambda worker: worker.call("certificates"), login=False)
        found = []
        for entry in answer.fields["certificates"]:
            der = bytes.fromhex(entry["der"])
            stored = StoredCertificate(entry["label"], bytes.fromhex(entry["id"]), der)
            found.append((stored, bool(entry["encryption"])))
        return tuple(sorted(found, key=lambda each: (each[0].label, each[1])))

    def change_pin(self, token: str, old: Pin, new: Pin) -> None:
        """Set the holder's new PIN; the chip counts a wrong old one."""
        self.judge(token, "change_pin", old=old.reveal(), new=new.reveal())

    def unblock(self, token: str, so_pin: Pin, new: Pin) -> None:
        """Set a new PIN as security officer; the chip clears its count."""
        self.judge(token, "unblock", so_pin=so_pin.reveal(), new=new.reveal())

    def pin_info(self, token: str, *, officer: bool = False) -> PinInfo:
        """Read a PIN's count from the chip; costs no try."""
        serial, application = split(token)
        told = self._once("pin_info", serial=serial, application=application, officer=officer)
        return PinInfo(int(told["limit"]), int(told["left"]), bool(told["initial"]))

    def probe(self, token: str) -> TokenHealth:
        """Ask the chip for the count of the PIN."""
        try:
            told = self.slot(token).use(None, lambda worker: worker.call("probe"), login=False).fields
        except HsmError as wrong:
            return TokenHealth(token, False, f"{type(wrong).__name__}: {wrong.detail}", 0, self.custody)
        return TokenHealth(token, True, "ok", int(told["left"]), self.custody)


def split(token: str) -> tuple[str, str]:
    """Read ``SERIAL/APPLICATION``; anything else raises :class:`KeyUriError`."""
    serial, slash, application = token.partition("/")
    if not slash:
        raise KeyUriError("a token of SKF is SERIAL/APPLICATION")
    return _name("serial number", serial, MAX_SERIAL), _name("application", application, MAX_APPLICATION)


def container_name(name: str) -> str:
    """Check a container's name; :class:`KeyUriError` says what is wrong."""
    return _name("container", name, MAX_CONTAINER)


def _name(what: str, name: str, longest: int) -> str:
    if not name or name != name.strip() or not name.isprintable() or "/" in name:
        raise KeyUriError(f"the {what} has printable characters, no slash and no blank at either end")
    if len(name.encode()) > longest:
        raise KeyUriError(f"the {what} has at most {longest} octets (GM/T 0016)")
    return name
