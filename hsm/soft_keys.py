"""Keys in encrypted files: the provider for places without any PKCS#11 module.

It promises what the PKCS#11 provider promises (unique ids and labels, one login, a counted PIN, an officer who unblocks,
certificates beside their keys), but not a token's hardness: who has the files and the PIN has the keys. Reports therefore
say ``soft`` where they tell who keeps a key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from hsm import soft_private
from hsm.algorithms import Digest, KeyKind, PublicKey, SignatureAlgorithm, kind_of
from hsm.bound_key import BoundKey, agree
from hsm.certificates import certificate_facts
from hsm.durable import Stamp, on_disk, stamp, write_whole
from hsm.errors import (
    DuplicateKey,
    HsmError,
    KeyMismatch,
    KeyNotFound,
    KeyUriError,
    TokenExists,
    TokenNotFound,
    TokenRefused,
)
from hsm.file_lock import locked
from hsm.key_policy import OPEN_POLICY, KeyPolicy
from hsm.key_uri import KeyUri
from hsm.pin_counter import DEFAULT_LIMIT, PinCounter
from hsm.pin_gate import PinGate
from hsm.pins import Pin, PinSource
from hsm.provider import StoredCertificate, StoredKey, TokenHealth
from hsm.public_keys import load_spki, same_key, spki
from hsm.signer import Custody
from hsm.soft_private import PrivateKey
from hsm.soft_token import Cost, KeyFile, TokenFile, damaged, read_json, remove
from hsm.worker.wire import WrongPin

DEFAULT_COST: Final = Cost()
ID_OCTETS: Final = 16
Result = TypeVar("Result")


class SoftProvider:
    """Soft tokens under one folder (scheme ``file``). ``counters`` may be shared with other providers."""

    scheme = "file"
    custody = Custody.SOFT

    def __init__(  # noqa: PLR0913 - named values of an installation
        self,
        folder: Path,
        *,
        pins: PinSource,
        counters: Path,
        pin_limit: int = DEFAULT_LIMIT,
        cost: Cost = DEFAULT_COST,
        policy: KeyPolicy = OPEN_POLICY,
    ) -> None:
        self.policy = policy
        self._folder = folder
        self._pins = pins
        self._counter = PinCounter(counters, self.scheme, pin_limit)
        self._cost = cost
        self._guard = threading.Lock()
        self._gates: dict[str, PinGate] = {}
        self._open: dict[str, _OpenToken] = {}

    def _place(self, token: str) -> Path:
        return self._folder / hashlib.sha256(token.encode()).hexdigest()[:32]

    def _lock(self) -> Path:
        return self._folder / "lock"

    def create_token(self, token: str, so_pin: Pin, user_pin: Pin) -> None:
        """Make a token; :class:`TokenExists` if the label is taken."""
        if not token or token != token.strip() or len(token.encode()) > 32:
            raise KeyUriError("a token label has 1 to 32 octets and no blanks at its ends")
        content = TokenFile.new(token, (user_pin, so_pin), self._cost)
        making = self._folder / f".making-{secrets.token_hex(8)}"
        with on_disk(), locked(self._lock()):
            if self._place(token).exists():
                raise TokenExists(token)
            try:
                content.write(making)
                making.rename(self._place(token))
            finally:
                shutil.rmtree(making, ignore_errors=True)
        self._counter.renew(token)

    def tokens(self) -> tuple[str, ...]:
        """Labels of the tokens, sorted."""
        found = []
        for place in self._folder.glob("*/token.json"):
            try:
                found.append(TokenFile.read(place.parent).label)
            except (TokenNotFound, TokenRefused):  # removed meanwhile, or damaged: the probe tells
                continue
        return tuple(sorted(found))

    def _admitted(self, token: str, pin: Pin | None) -> _OpenToken:
        """Open the token and let the PIN be judged."""
        with self._guard:
            gate = self._gates.setdefault(token, PinGate(token, self._counter, self._pins))
            opened = self._open.get(token)
            if opened is None or opened.gone() or gate.stale(opened):
                epoch = gate.epoch()
                opened = self._open[token] = _OpenToken(
                    token, self._place(token), python_signing=self.policy.python_signing
                )
                opened.epoch = epoch
        gate.admit(opened, pin)
        return opened

    def generate(self, uri: KeyUri, kind: KeyKind, *, pin: Pin | None = None) -> KeyUri:
        """Make a key pair; label and id must be free."""
        self._mine(uri)
        self.policy.admit(self.custody, uri)
        opened = self._admitted(uri.token, pin)
        key_id = uri.id or secrets.token_bytes(ID_OCTETS)
        key = soft_private.make(kind, python_signing=self.policy.python_signing)
        with on_disk(), locked(self._lock()):
            if opened.gone():
                raise TokenNotFound(uri.token)
            if any(each.label == uri.object or each.id == key_id for each in opened.files()):
                raise DuplicateKey(uri.object)
            opened.store(uri.object, key_id, key)
        return uri.with_id(key_id)

    def keys(self, token: str, *, pin: Pin | None = None) -> tuple[StoredKey, ...]:
        """List the private keys of a token, by label."""
        opened = self._admitted(token, pin)
        return tuple(
            sorted((_stored(token, each) for each in opened.files()), key=lambda key: key.uri.object)
        )

    def signer(
        self,
        uri: KeyUri,
        *,
        expected: PublicKey | None = None,
        algorithm: SignatureAlgorithm | None = None,
        pin: Pin | None = None,
    ) -> SoftSigner:
        """Open a key; see :meth:`hsm.provider.KeyProvider.signer`."""
        self._mine(uri)
        self.policy.admit(self.custody, uri)
        key = _stored(uri.token, self._admitted(uri.token, pin).find(uri))
        chosen = agree(key, expected, algorithm)
        return SoftSigner(lambda: self._admitted(uri.token, pin).private(key.uri), key, chosen)

    def import_certificate(self, uri: KeyUri, der: bytes, *, pin: Pin | None = None) -> None:
        """Store a certificate under its key's id and label; :class:`KeyMismatch` when it is another key's."""
        self._mine(uri)
        facts = certificate_facts(der)
        opened = self._admitted(uri.token, pin)
        with on_disk(), locked(self._lock()):
            key = _stored(uri.token, opened.find(uri))
            if not same_key(facts.public_key, key.public_key):
                raise KeyMismatch(str(uri))
            key_id = key.uri.id or b""
            content = {"label": key.uri.object, "id": key_id.hex(), "der": der.hex()}
            write_whole(opened.certificate_path(key_id), json.dumps(content, ensure_ascii=False).encode())

    def certificates(self, token: str) -> tuple[StoredCertificate, ...]:
        """Export the certificates of a token; needs no PIN."""
        place = self._place(token)
        TokenFile.read(place)
        found = []
        for path in sorted(place.glob("certificates/*.json")):
            content = read_json(path)
            if content is not None:
                with damaged(path):
                    found.append(
                        StoredCertificate(
                            str(content["label"]), bytes.fromhex(content["id"]), bytes.fromhex(content["der"])
                        )
                    )
        return tuple(sorted(found, key=lambda each: (each.label, each.id, each.der)))

    def destroy(self, uri: KeyUri, *, pin: Pin | None = None) -> None:
        """Remove a key pair and its certificate, for ever; the key first."""
        self._mine(uri)
        opened = self._admitted(uri.token, pin)
        with on_disk(), locked(self._lock()):
            key_id = opened.find(uri).id
            remove(opened.key_path(key_id))
            remove(opened.certificate_path(key_id))

    def change_pin(self, token: str, old: Pin, new: Pin) -> None:
        """Set the holder's new PIN; a wrong old one is counted."""
        opened = self._admitted(token, old)
        with on_disk(), locked(self._lock()):
            content = TokenFile.read(self._place(token))
            content.with_pin(opened.master(), new, self._cost).write(self._place(token))
        self._counter.renew(token)

    def unblock(self, token: str, so_pin: Pin, new: Pin) -> None:
        """Set a new PIN as security officer and clear the try counter; wrong officer PINs are counted apart."""
        place = self._place(token)

        def reset() -> None:
            with on_disk(), locked(self._lock()):
                TokenFile.read(place).unblocked(so_pin, new, self._cost).write(place)

        self._counter.attempt(f"{token}\0so", reset)
        self._counter.renew(token)

    def probe(self, token: str) -> TokenHealth:
        """Look whether the token's files can be read and written."""
        left = 0
        try:
            left = self._counter.left(token)
            TokenFile.read(self._place(token))
            if not os.access(self._place(token), os.R_OK | os.W_OK | os.X_OK):
                raise TokenRefused("the token's folder cannot be written")
        except HsmError as wrong:
            return TokenHealth(token, False, f"{type(wrong).__name__}: {wrong.detail}", left, self.custody)
        return TokenHealth(token, True, "ok", left, self.custody)

    def close(self) -> None:
        """Forget what was opened."""
        with self._guard:
            self._open.clear()

    def _mine(self, uri: KeyUri) -> None:
        if uri.scheme != self.scheme:
            raise KeyUriError(f"{uri.scheme} is not {self.scheme}")


class _OpenToken:
    """A token in memory: its master key once somebody has logged in, and the keys that were used."""

    def __init__(self, label: str, place: Path, *, python_signing: bool) -> None:
        self._python_signing = python_signing
        self.source_accepted = False
        self.logged_in = False
        self.epoch = ""
        self._label = label
        self._place = place
        self._path = str(place / "token.json")
        self._seen = stamp(self._path)
        self._file = TokenFile.read(place)
        self._master = b""
        self._mac_key = secrets.token_bytes(32)
        self._pin_mac = b""
        self._loaded: dict[bytes, tuple[str, Stamp, PrivateKey]] = {}

    def login(self, pin: Pin) -> None:
        """Unwrap the master key; later, compare with a keyed hash of the PIN that did."""
        mac = hmac.digest(self._mac_key, pin.reveal().encode(), "sha256")
        if self._pin_mac:
            if not hmac.compare_digest(mac, self._pin_mac):
                raise WrongPin
            return
        self._master = self._file.master(pin)
        self._pin_mac = mac

    def master(self) -> bytes:
        return self._master

    def gone(self) -> bool:
        """Whether the token was removed, or made anew under the same label; an unchanged file is not read again."""
        now = stamp(self._path)
        if now is not None and now == self._seen:
            return False
        try:
            if TokenFile.read(self._place).id != self._file.id:
                return True
        except (TokenNotFound, TokenRefused):
            return True
        self._seen = now
        return False

    def key_path(self, key_id: bytes) -> Path:
        return self._place / "keys" / f"{key_id.hex()}.json"

    def certificate_path(self, key_id: bytes) -> Path:
        return self._place / "certificates" / f"{key_id.hex()}.json"

    def files(self) -> Iterator[KeyFile]:
        for path in sorted(self._place.glob("keys/*.json")):
            found = KeyFile.read(path)
            if found is not None:
                yield found

    def find(self, uri: KeyUri) -> KeyFile:
        found = [each for each in self.files() if each.label == uri.object and uri.id in (None, each.id)]
        if not found:
            raise KeyNotFound(uri.object)
        if len(found) > 1:
            raise DuplicateKey(f"{len(found)} keys are labelled {uri.object}")
        return found[0]

    def store(self, label: str, key_id: bytes, key: PrivateKey) -> None:
        halves = (spki(soft_private.public_half(key)), soft_private.write(key))
        KeyFile.seal(self._file.id, self._master, (label, key_id), halves).write(self._place)

    def private(self, uri: KeyUri) -> PrivateKey:
        """Return the private half, read again whenever its file changed."""
        key_id = uri.id or b""
        known = self._loaded.get(key_id)
        if known is not None and stamp(known[0]) == known[1]:
            return known[2]
        path = self.key_path(key_id)
        now = stamp(path)
        if now is None:
            raise KeyNotFound(uri.object)
        found = KeyFile.read(path)
        if found is None or found.label != uri.object:
            raise KeyNotFound(uri.object)
        with damaged(path):
            octets = found.open(self._file.id, self._master)
            key = soft_private.load(octets, found.spki, python_signing=self._python_signing)
        self._loaded[key_id] = (str(path), now, key)
        return key


class SoftSigner(BoundKey):
    """A soft key bound to one algorithm; safe for threads."""

    def __init__(
        self, private: Callable[[], PrivateKey], key: StoredKey, algorithm: SignatureAlgorithm
    ) -> None:
        super().__init__(key, algorithm, Custody.SOFT)
        self._private = private

    def sign(self, message: bytes) -> bytes:
        """Sign; see :meth:`hsm.signer.Signer.sign`."""
        return soft_private.sign(self._private(), self._algorithm, message)

    def sign_digest(self, digest: Digest) -> bytes:
        """Sign a digest; see :meth:`hsm.digest_signing.DigestSigner.sign_digest`."""
        return soft_private.sign_digest(self._private(), self._algorithm, digest)


def _stored(token: str, found: KeyFile) -> StoredKey:
    """Describe a key. No door of the store lets the private half out, so it is told as a token tells it."""
    with damaged(Path(f"{found.id.hex()}.json")):
        public = load_spki(found.spki)
    uri = KeyUri(SoftProvider.scheme, token, found.label, found.id)
    return StoredKey(
        uri,
        kind_of(public),
        public,
        extractable=False,
        sensitive=True,
        always_sensitive=True,
        custody=Custody.SOFT,
    )
