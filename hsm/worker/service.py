"""One token open in a worker: one login, a master session for writing, a few sessions (lanes) for everything else.

What a frame may ask for is a table in :mod:`hsm.worker.operations`.
"""

from __future__ import annotations

import hmac
import logging
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
from pkcs11.constants import Attribute

from hsm.errors import DuplicateKey, KeyNotFound, PinLocked, TokenNotFound, UnsupportedAlgorithm
from hsm.file_lock import locked
from hsm.sm2.backend import Sm2Backend, open_backend
from hsm.vendor_mechanisms import VendorMechanisms
from hsm.worker import objects, sealed_keys
from hsm.worker.calls import CKU_USER
from hsm.worker.faults import translated
from hsm.worker.module import Module, handle_of
from hsm.worker.vault import Vault
from hsm.worker.vendor_sm2 import VendorSm2
from hsm.worker.wire import Frame, SessionLost, WrongPin

LOG: Final = logging.getLogger("hsm.worker")
RACE_ATTEMPTS: Final = 4
RACE_PAUSE: Final = 0.05
"""Seconds between attempts: another program may be rewriting the token's files while we read them (SoftHSM 2.6.1 does so
at each login)."""
RACE_SIGNS: Final = ("CKR_GENERAL_ERROR", "CKR_TOKEN_NOT_PRESENT", "CKR_USER_PIN_NOT_INITIALIZED")
"""What a login answers in such a moment, before it judges the PIN. Nothing else is asked twice: a card counts tries."""


class Lane:
    """One session, lent to one request at a time, and the key objects found in it."""

    def __init__(self, session: pkcs11.Session) -> None:
        self.session = session
        self.keys: dict[tuple[str, bytes | None], Any] = {}
        self.sealed: dict[tuple[str, bytes | None], sealed_keys.SealedKey] = {}


class TokenService:
    """One token, open in this process. ``python_signing``: see :class:`hsm.key_policy.KeyPolicy`."""

    def __init__(  # noqa: PLR0913 - what the first frame says
        self,
        module: Module,
        label: str,
        lock: Path,
        lanes: int,
        *,
        python_signing: bool = False,
        vendor: VendorMechanisms | None = None,
    ) -> None:
        self._module = module
        self._vendor = VendorSm2(module.calls, vendor) if vendor is not None else None
        self.vault = Vault(module.calls)
        self._python_signing = python_signing
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
        self._lanes: queue.LifoQueue[Lane | None] = queue.LifoQueue()
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

    def sm2(self) -> Sm2Backend:
        """Return who computes with SM2 private keys here; chosen at the first use."""
        return open_backend(python_signing=self._python_signing)

    @contextmanager
    def writing(self) -> Iterator[pkcs11.Session]:
        """Lend the session that can write, under this process's lock and the lock of all that use the module."""
        with self._writing, locked(self._lock):
            yield self._master

    @contextmanager
    def sealing(self) -> Iterator[pkcs11.Session]:
        """Lend a session of a token that has its vault key: there :meth:`Vault.seal` works."""
        with self.lane() as lane:
            if not self.vault.ready(lane.session):
                with self.writing() as session:
                    self.vault.ensure(session)
            yield lane.session

    @contextmanager
    def lane(self) -> Iterator[Lane]:
        """Lend a session for one request; wait for one when all are lent."""
        lane = self._lanes.get()
        try:
            if lane is None:
                lane = Lane(self._module.open(self._token, writing=False))
            yield lane
        except SessionLost:
            lane = None  # the session is of no use any more; the library frees it at the end of the process
            raise
        finally:
            self._lanes.put(lane)

    def sign(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Sign the octets with one key; for a sealed SM2 key they are the digest e."""
        label, key_id = str(fields["label"]), _key_id(fields)
        if fields.get("custody") == "sealed":
            return Frame({}, self._sign_sealed(label, key_id, blob))
        if fields.get("family") == "sm2":
            return Frame({}, self._sign_vendor(label, key_id, blob))
        recipe = objects.Recipe(bool(fields["rsa"]), str(fields["digest"]), bool(fields["hashed"]))
        with self.lane() as lane:
            return Frame({}, objects.sign(_cached(lane, label, key_id), recipe, blob))

    def _sign_vendor(self, label: str, key_id: bytes | None, octets: bytes) -> bytes:
        if self._vendor is None:
            raise UnsupportedAlgorithm("nothing describes the SM2 of this module")
        with self.lane() as lane:
            return self._vendor.sign(lane.session, _cached(lane, label, key_id), octets)

    def _sign_sealed(self, label: str, key_id: bytes | None, digest: bytes) -> bytes:
        with self.lane() as lane:
            known = lane.sealed.get((label, key_id))
            if known is None:
                known = lane.sealed[label, key_id] = sealed_keys.only(lane.session, label, key_id)
            # The object is asked each time: a key that was destroyed signs no more.
            key = sealed_keys.SealedKey.parse(
                known.label, objects.read(known.thing, Attribute.VALUE) or b"", known.thing
            )
            return self._smith(lane.session).sign(key, digest)

    def _smith(self, session: pkcs11.Session) -> sealed_keys.Smith:
        return sealed_keys.Smith(session, self.vault, self.sm2())

    def find(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Describe the one key of that label (and id), of whatever kind; none or several raise."""
        label, key_id = str(fields["label"]), _key_id(fields)
        with self.lane() as lane:
            found = objects.labelled(lane.session, label, key_id)
            sealed = sealed_keys.matching(lane.session, label, key_id)
            if not found and not sealed:
                raise KeyNotFound(label)
            if len(found) + len(sealed) > 1:
                raise DuplicateKey(f"{len(found) + len(sealed)} keys are labelled {label}")
            described = (
                self._describe(objects.describe(lane.session, found[0]))
                if found
                else self._describe_sealed(lane.session, sealed[0])
            )
            return Frame({"key": described})

    def _describe(self, described: dict[str, Any]) -> dict[str, Any]:
        return self._vendor.known(described) if self._vendor is not None else described

    def _describe_sealed(self, session: pkcs11.Session, key: sealed_keys.SealedKey) -> dict[str, Any]:
        return sealed_keys.describe(key, protected=self.vault.protected(session, key.blob))

    def keys(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Describe every private key."""
        with self.lane() as lane:
            found = [self._describe(each) for each in objects.private_keys(lane.session)]
            found += self._sealed_keys(lane.session)
        if not found:
            self.present()
        return Frame({"keys": found})

    def _sealed_keys(self, session: pkcs11.Session) -> list[dict[str, Any]]:
        """Describe the sealed keys; one whose sealing key is gone is none, and hides no other."""
        found = []
        for key in sealed_keys.listed(session):
            try:
                found.append(self._describe_sealed(session, key))
            except KeyNotFound:
                LOG.warning("the token no longer holds the key under which %s is sealed", key.label)
        return found

    def certificates(self, _fields: dict[str, Any], _blob: bytes) -> Frame:
        """Describe every certificate; needs no login."""
        with self.lane() as lane:
            found = objects.certificates(lane.session)
        if not found:
            self.present()
        return Frame({"certificates": found})

    def generate(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Make a key pair; label and id must be free among the keys of every kind."""
        key_id = bytes.fromhex(fields["key_id"])
        new = objects.NewKey(str(fields["label"]), key_id, str(fields["kind"]), bool(fields["again"]))
        sm2 = new.kind == "sm2"
        smith = self._smith(self._master) if sm2 and self._vendor is None else None
        with self.writing() as session:
            self._demand_free(session, new, sealed=smith is not None)
            if smith is None:
                objects.generate(session, new, self._vendor.make if sm2 and self._vendor else None)
            else:
                smith.generate(new)
        return Frame({})

    def _demand_free(self, session: pkcs11.Session, new: objects.NewKey, *, sealed: bool) -> None:
        """Raise :class:`DuplicateKey` for a label or id that is taken, but not by this call's own earlier attempt."""
        taken = sealed_keys.names(session)
        if sealed and new.again and taken.count((new.label, new.id)) == 1:
            taken.remove((new.label, new.id))
        if any(new.label == label or new.id == key_id for label, key_id in taken):
            raise DuplicateKey(new.label)
        if sealed and objects.taken(session, new):
            raise DuplicateKey(new.label)

    def import_certificate(self, fields: dict[str, Any], blob: bytes) -> Frame:
        """Store a certificate beside its key."""
        facts = {name: bytes.fromhex(fields[name]) for name in ("subject", "issuer", "serial")}
        with self.writing() as session:
            key_id = bytes.fromhex(fields["key_id"])
            objects.store_certificate(session, str(fields["label"]), key_id, {**facts, "der": blob})
        return Frame({})

    def destroy(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Remove a key pair and its certificate."""
        label, key_id = str(fields["label"]), _key_id(fields)
        with self.writing() as session:
            sealed = sealed_keys.matching(session, label, key_id)
            if not sealed or objects.labelled(session, label, key_id):
                objects.destroy(session, label, key_id)
            else:
                key = sealed_keys.only(session, label, key_id)
                with translated():
                    key.thing.destroy()
                objects.destroy_beside(session, key.id)
        return Frame({})

    def change_pin(self, fields: dict[str, Any], _blob: bytes) -> Frame:
        """Set a new PIN; the old one opened this session."""
        old, new = str(fields["old"]).encode(), str(fields["new"]).encode()
        with self.writing() as session:
            self._module.calls.check("C_SetPIN", handle_of(session), old, len(old), new, len(new))
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


def _cached(lane: Lane, label: str, key_id: bytes | None) -> Any:
    """Find a private key once for each session."""
    key = lane.keys.get((label, key_id))
    if key is None:
        key = lane.keys[label, key_id] = objects.private_key(lane.session, label, key_id)
    return key


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
