"""The vault of a token: secrets sealed under an AES-256 key that was made in the token and cannot leave it.

The key is made at the first sealing and is read back as sensitive and not extractable, or destroyed. A sealed blob names the
key by its id, so that blobs outlive a second key. What is opened lies in a ``bytearray`` that is overwritten when the
caller is done; :mod:`hsm.sm2.scalar` says what that is worth in Python.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pkcs11
from pkcs11.constants import Attribute, MechanismFlag, ObjectClass
from pkcs11.mechanisms import KeyType

from hsm.errors import DecryptionFailed, KeyNotFound, KeyNotProtected
from hsm.sealed_secret import MAX_SECRET, binding
from hsm.sm2.scalar import wipe
from hsm.worker.calls import Calls
from hsm.worker.faults import translated
from hsm.worker.gcm import NONCE_OCTETS, TAG_OCTETS, Gcm
from hsm.worker.module import handle_of
from hsm.worker.objects import read, search

LABEL: Final = "yinxin vault"
"""CKA_LABEL of the AES key."""
KEY_BITS: Final = 256
ID_OCTETS: Final = 16
VERSION: Final = 1
OVERHEAD: Final = 1 + ID_OCTETS + NONCE_OCTETS + TAG_OCTETS
_PROTECTED: Final = {
    Attribute.EXTRACTABLE: False,
    Attribute.SENSITIVE: True,
    Attribute.ALWAYS_SENSITIVE: True,
    Attribute.NEVER_EXTRACTABLE: True,
}


class Vault:
    """The vault as one worker uses it. A session is used by one thread at a time; that is the caller's to see to."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._known: dict[tuple[int, bytes], tuple[bytes, Any]] = {}
        """Keys by session and the id asked for; a stale one is refused by the module, and the worker begins anew."""

    def ensure(self, session: pkcs11.Session) -> None:
        """Make the key unless it is there. The session can write, and the caller holds the module's lock."""
        if _keys(session):
            return
        key_id = secrets.token_bytes(ID_OCTETS)
        with translated():
            made = session.generate_key(
                KeyType.AES,
                KEY_BITS,
                id=key_id,
                label=LABEL,
                store=True,
                capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                template={Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
        if not _is_protected(made):
            with translated():
                made.destroy()
            raise KeyNotProtected(LABEL)

    def ready(self, session: pkcs11.Session) -> bool:
        """Tell whether the key is there."""
        return bool(_keys(session))

    def seal(self, session: pkcs11.Session, purpose: str, context: bytes, secret: bytes | bytearray) -> bytes:
        """Seal a secret of 1 to MAX_SECRET octets (``ValueError``); :meth:`ensure` must have been done once.

        It opens only for the same purpose (a name of ours) and context (label and id of a key, whatever binds it).
        Returns version, key id, nonce, ciphertext and tag.
        """
        if not 1 <= len(secret) <= MAX_SECRET:
            raise ValueError(f"a sealed secret has 1 to {MAX_SECRET} octets")
        key_id, key = self._key(session, b"")
        sealed = self._gcm(session, key).encrypt(binding(purpose, context), secret)
        return bytes((VERSION,)) + key_id + sealed

    @contextmanager
    def opened(
        self, session: pkcs11.Session, purpose: str, context: bytes, blob: bytes
    ) -> Iterator[bytearray]:
        """Open a blob for the time of the ``with`` block and wipe the secret after it.

        Raises :class:`DecryptionFailed` for a blob that was altered or is for another purpose or context, and
        :class:`KeyNotFound` when this token does not hold its key.
        """
        if not OVERHEAD < len(blob) <= OVERHEAD + MAX_SECRET or blob[0] != VERSION:
            raise DecryptionFailed("not a sealed secret")
        key_id, sealed = blob[1 : 1 + ID_OCTETS], blob[1 + ID_OCTETS :]
        _, key = self._key(session, key_id)
        secret = self._gcm(session, key).decrypt(binding(purpose, context), sealed)
        try:
            yield secret
        finally:
            wipe(secret)

    def protected(self, session: pkcs11.Session, blob: bytes) -> bool:
        """Tell whether the token describes the key of a blob as one that cannot leave it."""
        _, key = self._key(session, blob[1 : 1 + ID_OCTETS])
        return _is_protected(key)

    def _key(self, session: pkcs11.Session, key_id: bytes) -> tuple[bytes, Any]:
        """Return the key of that id, or for no id the first; each session looks for it once."""
        place = (handle_of(session), key_id)
        if place not in self._known:
            found = _keys(session, key_id)
            if not found:
                raise KeyNotFound(f"{LABEL} {key_id.hex()}".rstrip())
            self._known[place] = found[0]
        return self._known[place]

    def _gcm(self, session: pkcs11.Session, key: Any) -> Gcm:
        return Gcm(self._calls, handle_of(session), int(key.handle))


def _is_protected(key: Any) -> bool:
    return {flag: read(key, flag) for flag in _PROTECTED} == _PROTECTED


def _keys(session: pkcs11.Session, key_id: bytes = b"") -> list[tuple[bytes, Any]]:
    """Return the vault's keys with their ids, in order of id: there is one, unless two programs made it at one moment."""
    wanted: dict[str, Any] = {"CLASS": ObjectClass.SECRET_KEY, "LABEL": LABEL}
    found = search(session, **wanted, ID=key_id) if key_id else search(session, **wanted)
    return sorted(((read(key, Attribute.ID) or b"", key) for key in found), key=lambda each: each[0])
