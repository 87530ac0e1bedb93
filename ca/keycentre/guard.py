"""The line between the two kinds of keys, as the certification authority holds it (I24)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from ca.keycentre.errors import SigningKeyNotEscrowed
from ca.keycentre.store import escrowed_key
from ca.profile import Profile, Purpose

_ESCROWED: Final = sa.select(escrowed_key.c.spki_sha256).where(
    escrowed_key.c.spki_sha256.in_(sa.bindparam("keys", expanding=True))
)


def refuse_escrowed(conn: sa.Connection, asked: Sequence[tuple[Profile, str]]) -> None:
    """Refuse to certify an escrowed key for anything but encryption: who escrows it could sign (I24).

    ``asked`` has profiles, each with the SHA-256 of the key to be certified by it.
    """
    others = [(profile, key) for profile, key in asked if profile.purpose is not Purpose.ENCRYPTION]
    if not others:
        return
    escrowed = set(conn.scalars(_ESCROWED, {"keys": [key for _, key in others]}))
    for profile, key in others:
        if key in escrowed:
            raise SigningKeyNotEscrowed(f"profile {profile.id} over an escrowed key")
