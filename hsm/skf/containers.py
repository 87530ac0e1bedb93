"""The containers of one SKF application: key pairs, certificates, signatures. Worker only."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from hsm.devices.errors import EnvelopeRefused
from hsm.devices.keys import coordinate, described, key_id, public_key
from hsm.devices.native import Handle
from hsm.errors import DuplicateKey, HsmError, KeyNotFound, TokenRefused
from hsm.skf import envelope
from hsm.skf.layout import ECCCIPHERBLOB, ECCPUBLICKEYBLOB, ECCSIGNATUREBLOB, FIELD, MAX_CERTIFICATE
from hsm.skf.library import SkfLibrary
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.signature import Sm2Signature

SIGNING: Final = True
ENCRYPTION: Final = False


class Containers:
    """The containers of an open application."""

    def __init__(self, library: SkfLibrary, application: Handle) -> None:
        self._library = library
        self._application = application
        self._kept: dict[str, Handle] = {}

    def names(self) -> list[str]:
        """Names of the containers, sorted."""
        return sorted(self._library.names("SKF_EnumContainer", self._application))

    @contextmanager
    def open(self, name: str) -> Iterator[Handle]:
        """Open a container; :class:`KeyNotFound` when there is none of that name."""
        if name not in self.names():  # makers answer this with many different numbers
            raise KeyNotFound(name)
        library = self._library
        handle = library.opened("SKF_OpenContainer", self._application, library.encoded(name))
        with library.held("SKF_CloseContainer", handle):
            yield handle

    def public(self, container: Handle, signing: bool) -> Sm2PublicKey | None:
        """Export a public half; ``None`` where there is none."""
        abi = self._library.description.abi
        size = ECCPUBLICKEYBLOB.size(abi)
        try:
            octets = self._library.variable("SKF_ExportPublicKey", size + 64, container, int(signing))
        except (KeyNotFound, TokenRefused):  # makers answer "no key here" with several numbers
            return None
        found = ECCPUBLICKEYBLOB.unpack(octets.ljust(size, b"\0"), abi)
        return public_key(found["X"], found["Y"])

    def describe(self, name: str) -> dict[str, Any]:
        """Describe the signing pair of a container; :class:`KeyNotFound` without one."""
        with self.open(name) as container:
            public = self.public(container, SIGNING)
        if public is None:
            raise KeyNotFound(name)
        return described(name, public)

    def both(self, name: str) -> dict[str, str | None]:
        """Tell the two public halves of a container as points in hexadecimal."""
        with self.open(name) as container:
            pair = (self.public(container, SIGNING), self.public(container, ENCRYPTION))
        points = [key.point.hex() if key is not None else None for key in pair]
        return {"name": name, "signature": points[0], "encryption": points[1]}

    def vacant(self, name: str, wanted: bytes | None) -> None:
        """Raise :class:`DuplicateKey` when the name, or the id somebody wants, is taken by a key pair."""
        for each in self.names():
            with self.open(each) as container:
                public = self.public(container, SIGNING)
            if public is not None and (each == name or key_id(public) == wanted):
                raise DuplicateKey(name)

    def generate(self, name: str, *, again: bool) -> Sm2PublicKey:
        """Make the signing pair in a container of that name.

        An empty container is one that an attempt left behind. A container that this attempt made and could not fill is
        removed, as far as the device still listens. ``again`` takes a pair for one of this call whose answer was lost.
        """
        library = self._library
        if name in self.names():
            with self.open(name) as container:
                there = self.public(container, SIGNING)
                if there is not None and not again:
                    raise DuplicateKey(name)
                return there or self._pair(container)
        handle = library.opened("SKF_CreateContainer", self._application, library.encoded(name))
        try:
            with library.held("SKF_CloseContainer", handle):
                return self._pair(handle)
        except HsmError:
            with suppress(HsmError):
                self.delete(name)
            raise

    def _pair(self, container: Handle) -> Sm2PublicKey:
        library = self._library
        blob = ctypes.create_string_buffer(ECCPUBLICKEYBLOB.size(library.description.abi) + 64)
        library.check("SKF_GenECCKeyPair", container, library.description.sm2_algorithm, blob)
        public = self.public(container, SIGNING)
        if public is None:
            raise TokenRefused("the device made a key pair and exports no public half")
        return public

    def sign(self, name: str, wanted: bytes | None, digest: bytes) -> bytes:
        """Sign e, 32 octets (GM/T 0016 §7.6.13); return r ‖ s of 32 octets each.

        The container stays open for the next signature: finding and opening it costs a chip more than signing.
        """
        kept = self._kept.get(name)
        if kept is not None:
            try:
                return self._sign(kept, name, wanted, digest)
            except HsmError:  # the handle may be stale; a new one tells
                self._let_go(name)
        if name not in self.names():
            raise KeyNotFound(name)
        library = self._library
        handle = library.opened("SKF_OpenContainer", self._application, library.encoded(name))
        self._kept[name] = handle
        return self._sign(handle, name, wanted, digest)

    def _sign(self, container: Handle, name: str, wanted: bytes | None, digest: bytes) -> bytes:
        """Look that the key is still the one that is wanted, and sign."""
        library, abi = self._library, self._library.description.abi
        public = self.public(container, SIGNING)
        if public is None or (wanted is not None and key_id(public) != wanted):
            raise KeyNotFound(name)
        blob = ctypes.create_string_buffer(ECCSIGNATUREBLOB.size(abi) + 64)
        library.check("SKF_ECCSignData", container, digest, len(digest), blob)
        found = ECCSIGNATUREBLOB.unpack(blob.raw, abi)
        return Sm2Signature(coordinate(found["r"]), coordinate(found["s"])).raw

    def _let_go(self, name: str) -> None:
        handle = self._kept.pop(name, None)
        if handle is not None:
            self._library.value("SKF_CloseContainer", handle)

    def import_pair(self, name: str, enveloped: bytes) -> Sm2PublicKey:
        """Import the encryption pair (GM/T 0016 §7.6.12) and read its public half back; the same pair twice is one."""
        pair = envelope.read(enveloped)
        library = self._library
        with self.open(name) as container:
            if self.public(container, SIGNING) is None:
                raise KeyNotFound(name)
            there = self.public(container, ENCRYPTION)
            if there == pair.public:
                return pair.public
            if there is not None:
                raise DuplicateKey(name)
            try:
                library.check(
                    "SKF_ImportECCKeyPair", container, envelope.laid_out(pair, library.description.abi)
                )
            except (TokenRefused, KeyNotFound) as wrong:
                raise EnvelopeRefused(wrong.detail) from wrong
            if self.public(container, ENCRYPTION) != pair.public:
                raise EnvelopeRefused("the device tells another public key than the envelope")
        return pair.public

    def decrypt(self, name: str, octets: bytes) -> bytes:
        """Decrypt raw SM2 octets with the encryption pair (SKF_ECCDecrypt)."""
        cipher, library = Sm2Cipher.from_raw(octets), self._library
        head = ECCCIPHERBLOB.pack(
            {
                "X": cipher.x.to_bytes(FIELD),
                "Y": cipher.y.to_bytes(FIELD),
                "HASH": cipher.hash,
                "CipherLen": len(cipher.text),
            },
            library.description.abi,
        )
        with self.open(name) as container:
            if self.public(container, ENCRYPTION) is None:
                raise KeyNotFound(name)
            return library.variable("SKF_ECCDecrypt", len(cipher.text), container, head + cipher.text)

    def import_certificate(self, name: str, der: bytes, signing: bool) -> None:
        """Store a certificate in place of an older one (GM/T 0016 §7.5.8)."""
        with self.open(name) as container:
            self._library.check("SKF_ImportCertificate", container, int(signing), der, len(der))

    def certificate(self, container: Handle, signing: bool) -> bytes | None:
        """Export a certificate (GM/T 0016 §7.5.9); ``None`` where there is none."""
        try:
            der = self._library.variable("SKF_ExportCertificate", MAX_CERTIFICATE, container, int(signing))
        except (KeyNotFound, TokenRefused):
            return None
        return der or None

    def delete(self, name: str) -> None:
        """Remove a container with its keys and certificates (GM/T 0016 §7.5.3)."""
        if name not in self.names():
            raise KeyNotFound(name)
        self._let_go(name)
        self._library.check("SKF_DeleteContainer", self._application, self._library.encoded(name))
