"""The line between the two kinds of keys, as the certification authority holds it (I24)."""

from __future__ import annotations

import sqlalchemy as sa

from ca.keycentre.errors import SigningKeyNotEscrowed
from ca.keycentre.store import escrowed_key
from ca.profile import Profile, Purpose


def refuse_escrowed(conn: sa.Connection, profile: Profile, spki_sha256: str) -> None:
    """Refuse to certify an escrowed key for anything but encryption: who escrows it could sign (I24)."""
    if profile.purpose is Purpose.ENCRYPTION:
        return
    query = sa.select(escrowed_key.c.id).where(escrowed_key.c.spki_sha256 == spki_sha256)
    if conn.execute(query).first() is not None:
        raise SigningKeyNotEscrowed(f"profile {profile.id} over an escrowed key")
