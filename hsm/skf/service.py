"""What an SKF worker does, one method a request: chips and applications, or one open application."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hsm.devices.errors import DeviceKeyRefused
from hsm.devices.keys import key_id
from hsm.devices.native import Handle
from hsm.devices.service import AcceptedPin, DeviceService, id_of
from hsm.devices.structure import Abi
from hsm.enveloped_key import SGD_SM4_ECB
from hsm.errors import KeyNotFound, TokenNotFound, UnsupportedAlgorithm
from hsm.skf.containers import ENCRYPTION, SIGNING, Containers
from hsm.skf.layout import ADMIN_TYPE, USER_TYPE, SkfDescription
from hsm.skf.library import SkfLibrary
from hsm.worker.wire import Frame, SessionLost, WrongPin

CHALLENGE: Final = 8
"""Octets of the device's challenge; zeros fill the cipher's block (GM/T 0016 §7.2.3)."""
BLOCK: Final = 16


def open_service(fields: dict[str, Any]) -> Callable[[Frame], Frame]:
    """Load the library that the first frame names; with a token, open its application."""
    options = fields["options"]
    description = SkfDescription(
        Abi(int(options["word"]), bool(options["packed"])),
        int(options["sm2_algorithm"]),
        str(options["encoding"]),
    )
    library, lock = SkfLibrary(Path(str(fields["module"])), description), Path(str(fields["lock"]))
    if fields.get("token") is None:
        return ChipService(library, lock).perform
    serial, _, application = str(fields["token"]).partition("/")
    return ApplicationService(library, lock, serial, application).perform


class ChipService(DeviceService):
    """Chips, applications and their PINs; serves one short-lived process."""

    requests: ClassVar = frozenset(
        (
            "chips",
            "applications",
            "create_application",
            "delete_application",
            "pin_info",
            "change_pin",
            "unblock",
        )
    )

    def __init__(self, library: SkfLibrary, lock: Path) -> None:
        super().__init__(lock)
        self._library = library

    @contextmanager
    def _device(self, fields: dict[str, Any]) -> Iterator[Handle]:
        device = self._library.connect(str(fields["serial"]))
        with self._library.held("SKF_DisConnectDev", device):
            yield device

    @contextmanager
    def _application(self, fields: dict[str, Any]) -> Iterator[Handle]:
        with self._device(fields) as device:
            opened = open_application(self._library, device, str(fields["application"]))
            with self._library.held("SKF_CloseApplication", opened):
                yield opened

    def chips(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Describe every chip that is plugged in."""
        library, found = self._library, []
        for name in library.devices():
            device = library.opened("SKF_ConnectDev", library.encoded(name))
            with library.held("SKF_DisConnectDev", device):
                found.append(asdict(library.chip(library.info(device))))
        return Frame({"chips": found})

    def applications(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """List the applications of a chip."""
        with self._device(fields) as device:
            return Frame({"applications": sorted(self._library.names("SKF_EnumApplication", device))})

    def create_application(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Make an application."""
        officer = str(fields["so_pin"]), int(fields["tries"])
        holder = str(fields["pin"]), int(fields["tries"])
        with self._device(fields) as device:
            self._authenticate(device, blob)
            self._library.create_application(device, str(fields["application"]), officer, holder)
        return Frame({})

    def delete_application(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Remove an application with all that is in it."""
        name = str(fields["application"])
        with self._device(fields) as device:
            self._authenticate(device, blob)
            if name not in self._library.names("SKF_EnumApplication", device):
                raise TokenNotFound(name)
            self._library.check("SKF_DeleteApplication", device, self._library.encoded(name))
        return Frame({})

    def _authenticate(self, device: Handle, key: bytes) -> None:
        """Prove ourselves to the device: its challenge, enciphered under the device authentication key.

        Without a key the device is asked nothing: some want none. A refusal is never tried again.
        """
        if not key:
            return
        if self._library.info(device)["DevAuthAlgId"] != SGD_SM4_ECB:
            raise UnsupportedAlgorithm("the device authenticates by another cipher than SM4-ECB")
        challenge = ctypes.create_string_buffer(CHALLENGE)
        self._library.check("SKF_GenRandom", device, challenge, CHALLENGE)
        cipher = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()  # noqa: S305 - the standard's
        answer = cipher.update(challenge.raw.ljust(BLOCK, b"\0"))
        if self._library.value("SKF_DevAuth", device, answer, len(answer)):
            raise DeviceKeyRefused("SKF_DevAuth")

    def pin_info(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Read the count of a PIN."""
        with self._application(fields) as application:
            return Frame(asdict(self._library.pin_info(application, _kind(fields))))

    def change_pin(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Set a new PIN for the one who knows the old one."""
        pins = str(fields["old"]).encode(), str(fields["new"]).encode()
        with self._application(fields) as application:
            kind = _kind(fields)
            self._library.judged(application, kind, "SKF_ChangePIN", kind, *pins)
        return Frame({})

    def unblock(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Set the holder's PIN as security officer."""
        pins = str(fields["so_pin"]).encode(), str(fields["new"]).encode()
        with self._application(fields) as application:
            self._library.judged(application, ADMIN_TYPE, "SKF_UnblockPIN", *pins)
        return Frame({})


def _kind(fields: dict[str, Any]) -> int:
    return ADMIN_TYPE if fields.get("officer") else USER_TYPE


def open_application(library: SkfLibrary, device: Handle, name: str) -> Handle:
    """Open an application of a device; :class:`TokenNotFound` when there is none of that name."""
    if name not in library.names("SKF_EnumApplication", device):
        raise TokenNotFound(f"the chip has no application {name}")
    return library.opened("SKF_OpenApplication", device, library.encoded(name))


class ApplicationService(DeviceService):
    """One application of one chip, open in this process."""

    requests: ClassVar = frozenset(
        (
            "login",
            "sign",
            "find",
            "keys",
            "containers",
            "certificates",
            "vacant",
            "generate",
            "import_pair",
            "decrypt",
            "import_certificate",
            "destroy",
            "probe",
        )
    )

    def __init__(self, library: SkfLibrary, lock: Path, serial: str, application: str) -> None:
        super().__init__(lock)
        self._library = library
        self._serial = serial
        self._name = application
        device = library.connect(serial)
        self._application = open_application(library, device, application)
        self._containers = Containers(library, self._application)
        self._pin = AcceptedPin()

    def login(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Log the holder in, or compare with the PIN that did. A PIN that differs is for the device to judge and count."""
        pin = str(fields["pin"])
        if not self._pin.matches(pin):
            self._pin.forget()
            try:
                self._library.verify(self._application, pin)
            except WrongPin:  # whoever logged in before must do it again, whatever this chip makes of it
                self._library.forget(self._application)
                raise
            self._pin.keep(pin)
        return Frame({})

    def sign(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Sign e with the signing key of a container."""
        return Frame({}, self._containers.sign(str(fields["label"]), id_of(fields), blob))

    def find(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Describe the signing pair of a container."""
        found = self._containers.describe(str(fields["label"]))
        if fields.get("key_id") not in (None, found["id"]):
            raise KeyNotFound(str(fields["label"]))
        return Frame({"key": found})

    def keys(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Describe every signing pair."""
        found = []
        for name in self._containers.names():
            with self._containers.open(name) as container:
                empty = self._containers.public(container, SIGNING) is None
            if not empty:
                found.append(self._containers.describe(name))
        return Frame({"keys": found})

    def containers(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Tell every container with its public halves."""
        return Frame({"containers": [self._containers.both(name) for name in self._containers.names()]})

    def certificates(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Export every certificate."""
        found = []
        for name in self._containers.names():
            with self._containers.open(name) as container:
                for signing in (SIGNING, ENCRYPTION):
                    der = self._containers.certificate(container, signing)
                    key = self._containers.public(container, signing) if der else None
                    if der:
                        its_id = key_id(key).hex() if key else ""
                        entry = {"label": name, "id": its_id, "der": der.hex(), "encryption": not signing}
                        found.append(entry)
        return Frame({"certificates": found})

    def vacant(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Raise when the name or the id is taken."""
        self._containers.vacant(str(fields["label"]), id_of(fields))
        return Frame({})

    def generate(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Make a signing pair."""
        made = self._containers.generate(str(fields["label"]), again=bool(fields["again"]))
        return Frame({"id": key_id(made).hex()}, made.point)

    def import_pair(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Import an encryption pair."""
        return Frame({}, self._containers.import_pair(str(fields["label"]), blob).point)

    def decrypt(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Decrypt with the encryption key of a container."""
        return Frame({}, self._containers.decrypt(str(fields["label"]), blob))

    def import_certificate(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Store a certificate beside its key."""
        self._containers.import_certificate(str(fields["label"]), blob, not fields.get("encryption"))
        return Frame({})

    def destroy(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Remove a container."""
        if id_of(fields) is not None:
            self.find(fields, b"")
        self._containers.delete(str(fields["label"]))
        return Frame({})

    def probe(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Read the PIN's count, which an absent chip cannot tell."""
        try:
            return Frame(asdict(self._library.pin_info(self._application, USER_TYPE)))
        except TokenNotFound as gone:
            raise SessionLost(gone.detail) from gone
