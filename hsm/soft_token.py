"""One token of the soft key store as files: what stands in them and how it is sealed.

A token is a folder: ``token.json``, ``keys/ID.json``, ``certificates/ID.json``. A random master key of 256 bits seals every
private key (PKCS#8, AES-256-GCM, NIST SP 800-38D); the master key itself is wrapped twice, under the holder's PIN and under
the security officer's, each by Argon2id (RFC 9106) and AES-256-GCM. So the officer can set a new PIN without knowing the
old one, and nobody without either PIN has anything but ciphertext.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hsm.durable import sync_folder, write_whole
from hsm.errors import TokenNotFound, TokenRefused
from hsm.pins import Pin
from hsm.worker.wire import WrongPin

VERSION: Final = 1
KEY_OCTETS: Final = 32
SALT_OCTETS: Final = 16
NONCE_OCTETS: Final = 12
MAX_FILE: Final = 64 * 1024
"""Longest file read (octets): a certificate of 16 KiB in hexadecimal with room to spare."""
MAX_MEMORY_KIB: Final = 1024 * 1024
MAX_PASSES: Final = 64
MAX_LANES: Final = 64
"""Bounds of the derivation that a file may ask for, so that an altered file cannot eat the machine."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Work of one guess at a PIN. The default is about 0.2 s and 64 MiB (RFC 9106 §4, second choice)."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        bounds = ((self.memory_kib, MAX_MEMORY_KIB), (self.passes, MAX_PASSES), (self.lanes, MAX_LANES))
        if not all(1 <= value <= bound for value, bound in bounds) or self.memory_kib < 8 * self.lanes:
            raise ValueError("the cost is outside the bounds of Argon2id or of this store")


@dataclass(frozen=True, slots=True)
class TokenFile:
    """``token.json``: label, a random id that binds everything to this token, the master key under both PINs."""

    label: str
    id: bytes
    user: dict[str, Any]
    officer: dict[str, Any]

    @classmethod
    def new(cls, label: str, pins: tuple[Pin, Pin], cost: Cost) -> TokenFile:
        """Make a master key and wrap it under the holder's and the officer's PIN."""
        master, token_id = os.urandom(KEY_OCTETS), os.urandom(SALT_OCTETS)
        user, officer = pins
        return cls(
            label,
            token_id,
            _wrap(master, user, cost, _context(token_id, "user")),
            _wrap(master, officer, cost, _context(token_id, "officer")),
        )

    @classmethod
    def read(cls, folder: Path) -> TokenFile:
        """Read a token's file; none raises :class:`TokenNotFound`, a damaged one :class:`TokenRefused`."""
        content = read_json(folder / "token.json")
        if content is None:
            raise TokenNotFound(folder.name)
        with damaged(folder / "token.json"):
            if content["version"] != VERSION:
                raise ValueError("version")
            return cls(
                str(content["label"]),
                bytes.fromhex(content["id"]),
                dict(content["user"]),
                dict(content["officer"]),
            )

    def write(self, folder: Path) -> None:
        """Write the file whole."""
        content = {
            "version": VERSION,
            "label": self.label,
            "id": self.id.hex(),
            "user": self.user,
            "officer": self.officer,
        }
        write_whole(folder / "token.json", json.dumps(content, ensure_ascii=False, indent=1).encode())

    def master(self, pin: Pin) -> bytes:
        """Unwrap the master key with the holder's PIN; :class:`WrongPin`."""
        return _unwrap(self.user, pin, _context(self.id, "user"))

    def with_pin(self, master: bytes, pin: Pin, cost: Cost) -> TokenFile:
        """Return the same token under a new holder's PIN."""
        return TokenFile(
            self.label, self.id, _wrap(master, pin, cost, _context(self.id, "user")), self.officer
        )

    def unblocked(self, officer: Pin, pin: Pin, cost: Cost) -> TokenFile:
        """Return the same token under a new holder's PIN, by the officer's; :class:`WrongPin`."""
        return self.with_pin(_unwrap(self.officer, officer, _context(self.id, "officer")), pin, cost)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """``keys/ID.json``: a private key sealed under the master key, bound to its token, id, label and public half."""

    label: str
    id: bytes
    spki: bytes
    nonce: bytes
    sealed: bytes

    @classmethod
    def seal(
        cls, token: bytes, master: bytes, names: tuple[str, bytes], halves: tuple[bytes, bytes]
    ) -> KeyFile:
        """Seal a key; ``names`` are label and id, ``halves`` SubjectPublicKeyInfo and PKCS#8."""
        (label, key_id), (spki, pkcs8) = names, halves
        nonce = os.urandom(NONCE_OCTETS)
        sealed = AESGCM(master).encrypt(nonce, pkcs8, _binding(token, label, key_id, spki))
        return cls(label, key_id, spki, nonce, sealed)

    def open(self, token: bytes, master: bytes) -> bytes:
        """Unseal PKCS#8; an altered file raises :class:`TokenRefused`."""
        try:
            return AESGCM(master).decrypt(
                self.nonce, self.sealed, _binding(token, self.label, self.id, self.spki)
            )
        except InvalidTag as wrong:
            raise TokenRefused(f"the key file {self.id.hex()}.json was altered") from wrong

    @classmethod
    def read(cls, path: Path) -> KeyFile | None:
        """Read a key's file; ``None`` when there is none."""
        content = read_json(path)
        if content is None:
            return None
        with damaged(path):
            found = cls(
                str(content["label"]),
                *(bytes.fromhex(content[name]) for name in ("id", "spki", "nonce", "sealed")),
            )
            if found.id.hex() != path.stem or len(found.nonce) != NONCE_OCTETS:
                raise ValueError("id or nonce")
            return found

    def write(self, folder: Path) -> None:
        """Write the file whole."""
        content = {"label": self.label} | {
            name: getattr(self, name).hex() for name in ("id", "spki", "nonce", "sealed")
        }
        write_whole(
            folder / "keys" / f"{self.id.hex()}.json", json.dumps(content, ensure_ascii=False).encode()
        )


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object of at most MAX_FILE octets; ``None`` when there is no file."""
    with damaged(path):
        try:
            with path.open("rb") as stream:
                octets = stream.read(MAX_FILE + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        content = json.loads(octets) if len(octets) <= MAX_FILE else None
        if not isinstance(content, dict):
            raise ValueError("not an object")  # noqa: TRY004 - wrong content, not a wrong argument
        return content


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    """Turn whatever is wrong inside a file of the store into :class:`TokenRefused`."""
    try:
        yield
    except (ValueError, KeyError, TypeError, RecursionError) as wrong:
        raise TokenRefused(f"{path.name} is damaged") from wrong


def remove(path: Path) -> None:
    """Remove a file for good; one that is not there is no error."""
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync_folder(path.parent)


def _context(token: bytes, role: str) -> bytes:
    return b"yinxin soft token 1\0" + role.encode() + b"\0" + token


def _binding(token: bytes, label: str, key_id: bytes, spki: bytes) -> bytes:
    parts = (token, key_id, label.encode(), spki)
    return b"yinxin soft key 1" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _kek(pin: Pin, salt: bytes, cost: Cost) -> bytes:
    derivation = Argon2id(
        salt=salt, length=KEY_OCTETS, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    return derivation.derive(pin.reveal().encode())


def _wrap(master: bytes, pin: Pin, cost: Cost, context: bytes) -> dict[str, Any]:
    salt, nonce = os.urandom(SALT_OCTETS), os.urandom(NONCE_OCTETS)
    return {
        "kdf": "argon2id",
        "memory_kib": cost.memory_kib,
        "passes": cost.passes,
        "lanes": cost.lanes,
        "salt": salt.hex(),
        "nonce": nonce.hex(),
        "wrapped": AESGCM(_kek(pin, salt, cost)).encrypt(nonce, master, context).hex(),
    }


def _unwrap(wrapped: dict[str, Any], pin: Pin, context: bytes) -> bytes:
    with damaged(Path("token.json")):
        cost = Cost(int(wrapped["memory_kib"]), int(wrapped["passes"]), int(wrapped["lanes"]))
        salt, nonce, sealed = (bytes.fromhex(wrapped[name]) for name in ("salt", "nonce", "wrapped"))
        kek = AESGCM(_kek(pin, salt, cost))
        try:
            return kek.decrypt(nonce, sealed, context)
        except InvalidTag as wrong:
            raise WrongPin from wrong
