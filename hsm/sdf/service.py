"""What an SDF worker does, one method a request, in one session of one device."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from hsm.devices.keys import described, key_id
from hsm.devices.service import AcceptedPin, DeviceService, id_of
from hsm.errors import DecryptionFailed, KeyNotFound, TokenNotFound, TokenRefused
from hsm.sdf.layout import SdfDescription
from hsm.sdf.library import SdfLibrary
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.public_key import Sm2PublicKey
from hsm.worker.wire import Frame, WrongPin


def open_service(fields: dict[str, Any]) -> Callable[[Frame], Frame]:
    """Load the library that the first frame names and open a session."""
    told: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields["options"].items()
    }
    description = SdfDescription(**told)
    if fields.get("token") != description.label:
        raise TokenNotFound(f"no device is called {fields.get('token')}")
    return SdfService(SdfLibrary(Path(str(fields["module"])), description)).perform


class SdfService(DeviceService):
    """One session of a device. It needs no lock of ours: a device of this kind serves many programs."""

    requests: ClassVar = frozenset(
        ("login", "sign", "decrypt", "find", "keys", "certificates", "import_certificate", "probe")
    )

    def __init__(self, library: SdfLibrary) -> None:
        super().__init__(None)
        self._library = library
        self._pin = AcceptedPin()

    def login(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Get the right to use every key of ours that is there, or compare with the password that got it."""
        password = str(fields["pin"])
        if self._pin.matches(password):
            return Frame({})
        if self._pin.is_set():
            raise WrongPin
        admitted: list[int] = []
        try:
            for index in self._library.description.keys:
                if self._library.public(index) is not None:
                    self._library.admit(index, password)
                    admitted.append(index)
        except WrongPin:
            for index in admitted:
                self._library.release(index)
            raise
        self._pin.keep(password)
        return Frame({})

    def _key(self, fields: dict[str, Any]) -> tuple[int, Sm2PublicKey]:
        """Find the key that a request names: an index of ours with a signing key (and that id)."""
        label, wanted = str(fields["label"]), id_of(fields)
        for index in self._library.description.keys:
            if label == str(index):
                public = self._library.public(index)
                if public is not None and wanted in (None, key_id(public)):
                    return index, public
        raise KeyNotFound(label)

    def sign(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Sign e."""
        index, _ = self._key(fields)
        return Frame({}, self._library.sign(index, blob))

    def decrypt(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Decrypt with the encryption key beside a signing key."""
        index, _ = self._key(fields)
        try:
            return Frame({}, self._library.decrypt(index, Sm2Cipher.from_raw(blob)))
        except TokenRefused as wrong:
            raise DecryptionFailed(wrong.detail) from wrong

    def find(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Describe one key."""
        index, public = self._key(fields)
        return Frame({"key": described(str(index), public)})

    def keys(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Describe every key of ours that is there."""
        found = ((index, self._library.public(index)) for index in self._library.description.keys)
        return Frame(
            {"keys": [described(str(index), public) for index, public in found if public is not None]}
        )

    def certificates(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Read the certificates that were kept in files of the device (GM/T 0018 §6.6)."""
        found = []
        for index in self._library.description.keys:
            public, der = self._library.public(index), self._library.read_file(_file(index))
            if public is not None and der:
                found.append({"label": str(index), "id": key_id(public).hex(), "der": der.hex()})
        return Frame({"certificates": found})

    def import_certificate(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Keep a certificate in a file of the device."""
        index, _ = self._key(fields)
        self._library.write_file(_file(index), blob)
        return Frame({})

    def probe(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Ask the device who it is."""
        return Frame(dict(self._library.info()))


def _file(index: int) -> bytes:
    return f"yinxin-certificate-{index}".encode()
