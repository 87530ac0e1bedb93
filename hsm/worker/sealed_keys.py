"""SM2 keys of a token that has no SM2: scalars sealed in the token's vault, one private data object for each.

Made, opened and used in this process alone. A key is one CKO_DATA object, so that it is there whole or not at all whenever
the process dies; its value holds the id, the public point and the sealed scalar, and the seal binds all of them and the
label. Why a data object and not a file or a table: the token's own rules (login, removal, backup) are then the key's too.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, Final

import pkcs11
from pkcs11.constants import Attribute, ObjectClass

from hsm.errors import DuplicateKey, KeyNotFound, KeyNotProtected, Sm2Unreadable
from hsm.sm2.backend import Sm2Backend
from hsm.sm2.curve import OCTETS
from hsm.sm2.public_key import POINT_OCTETS, Sm2PublicKey
from hsm.sm2.scalar import wipe
from hsm.worker.faults import translated
from hsm.worker.objects import NewKey, read, search
from hsm.worker.vault import OVERHEAD, Vault

LOG: Final = logging.getLogger("hsm.worker")
APPLICATION: Final = "yinxin sm2"
"""CKA_APPLICATION of the data objects."""
PURPOSE: Final = "sm2 private key"
VERSION: Final = 1
MAX_ID: Final = 255
BLOB_OCTETS: Final = OVERHEAD + OCTETS


@dataclass(frozen=True, slots=True)
class SealedKey:
    """One key as its object holds it; ``thing`` is the object."""

    label: str
    id: bytes
    public: Sm2PublicKey
    blob: bytes = field(repr=False)
    thing: Any = field(default=None, repr=False, compare=False)

    @property
    def context(self) -> bytes:
        """What the seal binds besides its purpose: label, id and public half."""
        parts = (self.label.encode(), self.id, self.public.point)
        return b"".join(len(part).to_bytes(4) + part for part in parts)

    @property
    def value(self) -> bytes:
        """CKA_VALUE: version, length of the id, id, point, sealed scalar."""
        return bytes((VERSION, len(self.id))) + self.id + self.public.point + self.blob

    @classmethod
    def parse(cls, label: str, value: bytes, thing: Any = None) -> SealedKey:
        """Read CKA_VALUE; :class:`Sm2Unreadable` for another form or length."""
        if len(value) < 2 or value[0] != VERSION:
            raise Sm2Unreadable("not a sealed key of a version that we know")
        point, blob = 2 + value[1], 2 + value[1] + POINT_OCTETS
        if not value[1] or len(value) != blob + BLOB_OCTETS:
            raise Sm2Unreadable("a sealed key of the wrong length")
        return cls(label, value[2:point], Sm2PublicKey.from_point(value[point:blob]), value[blob:], thing)


def listed(session: pkcs11.Session, label: str | None = None) -> list[SealedKey]:
    """Return the sealed signing keys (of that label); an object that is not whole is none, and is told in the log."""
    wanted: dict[str, Any] = {"CLASS": ObjectClass.DATA, "APPLICATION": APPLICATION}
    return _whole(search(session, **wanted) if label is None else search(session, **wanted, LABEL=label))


def names(session: pkcs11.Session) -> list[tuple[str, bytes]]:
    """Return label and id of every sealed key, also of those for other uses, whose application begins as ours."""
    found = search(session, CLASS=ObjectClass.DATA)
    ours = [thing for thing in found if (read(thing, Attribute.APPLICATION) or "").startswith(APPLICATION)]
    return [(key.label, key.id) for key in _whole(ours)]


def _whole(things: list[Any]) -> list[SealedKey]:
    found = []
    for thing in things:
        name = read(thing, Attribute.LABEL) or ""
        try:
            found.append(SealedKey.parse(name, read(thing, Attribute.VALUE) or b"", thing))
        except Sm2Unreadable as wrong:
            LOG.warning("the token holds a sealed key that is not whole: %s", wrong.detail)
    return found


def matching(session: pkcs11.Session, label: str, key_id: bytes | None) -> list[SealedKey]:
    """Return the sealed keys of that label (and id)."""
    return [key for key in listed(session, label) if key_id in (None, key.id)]


def only(session: pkcs11.Session, label: str, key_id: bytes | None) -> SealedKey:
    """Find the one sealed key of that label (and id); none or several raise."""
    found = matching(session, label, key_id)
    if not found:
        raise KeyNotFound(label)
    if len(found) > 1:
        raise DuplicateKey(f"{len(found)} keys are labelled {label}")
    return found[0]


def describe(key: SealedKey, *, protected: bool) -> dict[str, Any]:
    """Describe a sealed key as :func:`hsm.worker.objects.describe` does; the flags are those of the vault's AES key."""
    return {
        "label": key.label,
        "id": key.id.hex(),
        "extractable": not protected,
        "sensitive": protected,
        "always_sensitive": protected,
        "public": {"sm2": key.public.point.hex()},
        "custody": "sealed",
    }


@dataclass(frozen=True, slots=True)
class Smith:
    """Makes and uses sealed keys in one session of the token; the session is the caller's for that time."""

    session: pkcs11.Session
    vault: Vault
    backend: Sm2Backend

    def generate(self, new: NewKey) -> None:
        """Make a scalar, seal it and store it; the caller saw to it that label and id are free.

        With ``new.again`` a whole key of that label and id, left by an attempt of the same call, is the key.
        """
        if new.again and matching(self.session, new.label, new.id):
            return
        if not 1 <= len(new.id) <= MAX_ID:
            raise DuplicateKey("a key id has 1 to 255 octets")
        self.vault.ensure(self.session)
        scalar = self.backend.generate()
        try:
            public = self.backend.public(scalar)
            draft = SealedKey(new.label, new.id, public, b"")
            blob = self.vault.seal(self.session, PURPOSE, draft.context, scalar)
        finally:
            wipe(scalar)
        store(self.session, SealedKey(new.label, new.id, public, blob))
        made = only(self.session, new.label, new.id)
        if not self._opens(made):
            with translated():
                made.thing.destroy()
            raise KeyNotProtected(new.label)

    def _opens(self, key: SealedKey) -> bool:
        with self.vault.opened(self.session, PURPOSE, key.context, key.blob) as scalar:
            return self.backend.public(scalar) == key.public

    def sign(self, key: SealedKey, digest: bytes) -> bytes:
        """Open the scalar for one signature over e; DER ``SM2Signature``."""
        with self.vault.opened(self.session, PURPOSE, key.context, key.blob) as scalar:
            return self.backend.sign_digest(scalar, digest)


def store(session: pkcs11.Session, key: SealedKey, application: str = APPLICATION) -> None:
    """Create the object: stored, private, not to be changed."""
    with translated():
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.DATA,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: True,
                Attribute.MODIFIABLE: False,
                Attribute.LABEL: key.label,
                Attribute.APPLICATION: application,
                Attribute.VALUE: key.value,
            }
        )
