"""What a worker does: one method a request. One login, a master session for writing, a few sessions for signing."""

from __future__ import annotations

import hmac
import os
import queue
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import pkcs11

from hsm.errors import HsmError, KeyNotFound, PinLocked, TokenNotFound
from hsm.file_lock import locked
from hsm.worker import objects
from hsm.worker.calls import CKU_USER
from hsm.worker.module import Module, handle_of
from hsm.worker.wire import Frame, SessionLost, WrongPin

RACE_ATTEMPTS: Final = 4
RACE_PAUSE: Final = 0.05
"""Seconds between attempts: another program may be rewriting the token's files while we read them (SoftHSM 2.6.1 does so
at each login)."""
RACE_SIGNS: Final = ("CKR_GENERAL_ERROR", "CKR_TOKEN_NOT_PRESENT", "CKR_USER_PIN_NOT_INITIALIZED")
"""What a login answers in such a moment, before it judges the PIN. Nothing else is asked twice: a card counts tries."""


class _Lane:
    """One session for signing and the key objects found in it."""

    def __init__(self, session: pkcs11.Session) -> None:
        self.session = session
        self.keys: dict[tuple[str, bytes | None], Any] = {}


class TokenService:
    """One token, open in this process."""

    def __init__(self, module: Module, label: str, lock: Path, lanes: int) -> None:
        self._module = module
        self._label = label
        self._lock = lock
        with locked(lock):
            self._token = self._find()
            self._master = module.open(self._token, writing=True)
        self.turn = nullcontext() if module.threads else threading.Lock()
        """Held during each request when the module can serve one thread only."""
        self._writing = threading.Lock()
        self._mac_key = secrets.token_bytes(32)
        self._pin_mac = b""
        self._lanes: queue.LifoQueue[_Lane | None] = queue.LifoQueue()
        for _ in range(lanes):
            self._lanes.put(None)

    def _find(self) -> pkcs11.Token:
        for attempt in range(RACE_ATTEMPTS):
            try:
                return self._module.token(self._label)
            except (SessionLost, TokenNotFound):
                if attempt == RACE_ATTEMPTS - 1:
                    raise
                time.sleep(RACE_PAUSE)
                self._module.threads = self._module.calls.initialize()
        raise AssertionError

    def login(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Log in; when that was done before, compare with a keyed hash of the PIN that did it, and ask no token."""
        pin = str(fields["pin"])
        mac = hmac.digest(self._mac_key, pin.encode(), "sha256")
        with self._writing:
            if self._pin_mac:
                if not hmac.compare_digest(mac, self._pin_mac):
                    raise WrongPin
                return Frame({})
            with locked(self._lock):
                self._login_once(pin)
            self._pin_mac = mac
        return Frame({})

    def _login_once(self, pin: str) -> None:
        for attempt in range(RACE_ATTEMPTS):
            try:
                return self._module.calls.login(handle_of(self._master), CKU_USER, pin)
            except (SessionLost, PinLocked) as wrong:
                if attempt == RACE_ATTEMPTS - 1 or wrong.detail not in RACE_SIGNS:
                    raise
                time.sleep(RACE_PAUSE)
        return None

    @contextmanager
    def _lane(self) -> Iterator[_Lane]:
        lane = self._lanes.get()
        try:
            if lane is None:
                lane = _Lane(self._module.open(self._token, writing=False))
            yield lane
        except SessionLost:
            lane = None  # the session is of no use any more; the library frees it at the end of the process
            raise
        finally:
            self._lanes.put(lane)

    def sign(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Sign the octets with one key."""
        recipe = objects.Recipe(bool(fields["rsa"]), str(fields["digest"]), bool(fields["hashed"]))
        label, key_id = str(fields["label"]), _key_id(fields)
        with self._lane() as lane:
            key = lane.keys.get((label, key_id))
            if key is None:
                key = objects.private_key(lane.session, label, key_id)
                lane.keys[label, key_id] = key
            return Frame({}, objects.sign(key, recipe, blob))

    def find(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Describe one key."""
        key_id = _key_id(fields)
        with self._lane() as lane:
            key = objects.private_key(lane.session, str(fields["label"]), key_id)
            return Frame({"key": objects.describe(lane.session, key)})

    def keys(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Describe every private key."""
        with self._lane() as lane:
            found = objects.private_keys(lane.session)
        if not found:
            self.present()
        return Frame({"keys": found})

    def certificates(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Describe every certificate; needs no login."""
        with self._lane() as lane:
            found = objects.certificates(lane.session)
        if not found:
            self.present()
        return Frame({"certificates": found})

    def generate(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Make a key pair."""
        with self._writing, locked(self._lock):
            key_id = bytes.fromhex(fields["key_id"])
            new = objects.NewKey(str(fields["label"]), key_id, str(fields["kind"]), bool(fields["again"]))
            objects.generate(self._master, new)
        return Frame({})

    def import_certificate(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Store a certificate beside its key."""
        facts = {name: bytes.fromhex(fields[name]) for name in ("subject", "issuer", "serial")}
        with self._writing, locked(self._lock):
            key_id = bytes.fromhex(fields["key_id"])
            objects.store_certificate(self._master, str(fields["label"]), key_id, {**facts, "der": blob})
        return Frame({})

    def destroy(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Remove a key pair and its certificate."""
        key_id = _key_id(fields)
        with self._writing, locked(self._lock):
            objects.destroy(self._master, str(fields["label"]), key_id)
        return Frame({})

    def change_pin(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Set a new PIN; the old one opened this session."""
        old, new = str(fields["old"]).encode(), str(fields["new"]).encode()
        with self._writing, locked(self._lock):
            self._module.calls.check("C_SetPIN", handle_of(self._master), old, len(old), new, len(new))
            self._pin_mac = hmac.digest(self._mac_key, new, "sha256")
        return Frame({})

    def probe(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Ask the token for its information, and read through the master session."""
        self.present()
        with self._writing:
            objects.search(self._master, CLASS=pkcs11.ObjectClass.CERTIFICATE)
        return Frame({"pid": os.getpid(), "logged_in": bool(self._pin_mac)})

    def present(self) -> None:
        """Raise unless the token is there.

        A session on a token that was taken away finds nothing and says nothing, also when the token is back: "no such
        key" is believed only while the module still knows the token.
        """
        with locked(self._lock):
            try:
                self._module.token(self._label)
            except TokenNotFound as gone:
                raise SessionLost(gone.detail) from gone


def _key_id(fields: dict[str, Any]) -> bytes | None:
    """Read CKA_ID; a key of another program may have none."""
    return bytes.fromhex(fields["key_id"]) if fields.get("key_id") is not None else None


class ModuleService:
    """The module without any one token: listing, and the security officer's work. Serves one short-lived process."""

    def __init__(self, module: Module, lock: Path) -> None:
        self._module = module
        self._lock = lock
        self.turn = nullcontext()

    def tokens(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """List the labels of initialised tokens."""
        with locked(self._lock):
            return Frame({"tokens": sorted({token.label for token in self._module.initialised()})})

    def create(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Initialise a blank token."""
        with locked(self._lock):
            self._module.create(str(fields["label"]), str(fields["so_pin"]), str(fields["pin"]))
        return Frame({})

    def unblock(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Set the holder's PIN as security officer."""
        with locked(self._lock):
            self._module.set_user_pin(str(fields["label"]), str(fields["so_pin"]), str(fields["pin"]))
        return Frame({})


REQUESTS: Final = {
    TokenService: frozenset(
        (
            "login",
            "sign",
            "find",
            "keys",
            "certificates",
            "generate",
            "import_certificate",
            "destroy",
            "change_pin",
            "probe",
        )
    ),
    ModuleService: frozenset(("tokens", "create", "unblock")),
}
"""The methods that a frame may name."""


def perform(service: TokenService | ModuleService, frame: Frame) -> Frame:
    """Do what the frame asks; an unknown request raises :class:`HsmError`."""
    name = frame.fields.get("op")
    if name not in REQUESTS[type(service)]:
        raise HsmError("unknown request")
    with service.turn:
        try:
            answer: Frame = getattr(service, name)(frame.fields, frame.blob)
        except KeyNotFound:
            if isinstance(service, TokenService):
                service.present()
            raise
    return answer
