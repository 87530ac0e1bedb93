"""The table of uploaded pictures and the statements on it. A store takes a connection and never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ca.store import UtcInstant
from seals.drawing.vector import SealPicture
from seals.errors import SealMoved
from seals.imprint.errors import UploadNotAllowed
from seals.store import metadata

seal_upload = sa.Table(
    "seal_upload",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("uscc", sa.String(18), primary_key=True),
    sa.Column("picture", sa.LargeBinary, nullable=False),
    sa.Column("source_sha256", sa.String(64), nullable=False),
    sa.Column("centre", sa.String(8), nullable=False),
    sa.Column("emblem", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("uploaded_by", sa.Text, nullable=False),
    sa.Column("uploaded_at", UtcInstant, nullable=False),
    sa.Column("electronic_code", sa.ForeignKey("seal.electronic_code")),
    sa.CheckConstraint("centre IN ('empty', 'star', 'other')", name="centre"),
)
"""One row a picture and owner; ``electronic_code`` is the seal that bears it."""


@dataclass(frozen=True, slots=True)
class UploadedPicture:
    """A picture uploaded for an enterprise's seal.

    ``sha256`` is its digest, ``source_sha256`` that of the photograph that it was cleaned from; ``centre`` what stands in
    its middle (``empty``, ``star``, ``other``), ``emblem`` whether it is an emblem of state; ``code`` the seal that bears
    it.
    """

    sha256: str
    uscc: str
    source_sha256: str
    centre: str
    emblem: bool
    reason: str
    uploaded_by: str
    uploaded_at: datetime
    code: str | None = None


_U = seal_upload.c
_TOLD = (
    _U.sha256,
    _U.uscc,
    _U.source_sha256,
    _U.centre,
    _U.emblem,
    _U.reason,
    _U.uploaded_by,
    _U.uploaded_at,
    _U.electronic_code,
)


def insert(conn: sa.Connection, told: UploadedPicture, picture: bytes) -> None:
    """Write a picture; one that is there already raises ``sqlalchemy.exc.IntegrityError``."""
    conn.execute(
        seal_upload.insert().values(
            sha256=told.sha256,
            uscc=told.uscc,
            picture=picture,
            source_sha256=told.source_sha256,
            centre=told.centre,
            emblem=told.emblem,
            reason=told.reason,
            uploaded_by=told.uploaded_by,
            uploaded_at=told.uploaded_at,
        )
    )


def find(conn: sa.Connection, uscc: str, sha256: str) -> UploadedPicture | None:
    """Read what is known of a picture."""
    row = conn.execute(sa.select(*_TOLD).where(_U.uscc == uscc, _U.sha256 == sha256)).one_or_none()
    return None if row is None else UploadedPicture(*row)


def listed(conn: sa.Connection, uscc: str, limit: int) -> tuple[UploadedPicture, ...]:
    """Read an enterprise's pictures, the newest first."""
    query = sa.select(*_TOLD).where(_U.uscc == uscc).order_by(_U.uploaded_at.desc(), _U.sha256).limit(limit)
    return tuple(UploadedPicture(*row) for row in conn.execute(query))


def picture_of(conn: sa.Connection, uscc: str, sha256: str) -> SealPicture | None:
    """Read a picture that no seal bears yet."""
    query = sa.select(_U.picture).where(_U.uscc == uscc, _U.sha256 == sha256, _U.electronic_code.is_(None))
    found = conn.execute(query).scalar_one_or_none()
    return None if found is None else SealPicture.unpack(found)


def attach(conn: sa.Connection, uscc: str, sha256: str, code: str) -> None:
    """Let a seal bear a picture, by compare-and-swap; :class:`SealMoved` when another seal was faster."""
    moved = conn.execute(
        seal_upload.update()
        .where(_U.uscc == uscc, _U.sha256 == sha256, _U.electronic_code.is_(None))
        .values(electronic_code=code)
    )
    if moved.rowcount != 1:
        raise SealMoved(f"picture {sha256[:16]}")


def waiting(conn: sa.Connection, uscc: str, sha256: str, name: str | None = None) -> SealPicture:
    """Return a picture that no seal bears yet, made under ``name``; :class:`UploadNotAllowed` names what is wrong."""
    found = picture_of(conn, uscc, sha256)
    if found is None or (name is not None and found.title != " ".join(name.split())):
        raise UploadNotAllowed(
            "没有这张待用的印章图样：可能不属于该企业、已用于另一枚印章，或企业已更名；请重新上传。",
            "There is no such picture waiting: it is another enterprise's, another seal bears it, or the enterprise "
            "was renamed; upload it again.",
        )
    return found
