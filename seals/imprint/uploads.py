"""The door for pictures that are uploaded, not drawn: a photographed imprint, cleaned, kept for one seal of its owner.

The applicant uploads for its own seals; the middle of such a picture is empty or has the five-pointed star. Anything else
there may be an emblem of state and is taken from a filing officer alone, with a reason on the trail. 未备案 lies across an
uploaded picture as across a drawn one until its seal is filed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.enterprise import Enterprises
from seals import store
from seals.drawing.picture import unfiled
from seals.drawing.vector import SealPicture
from seals.errors import ReasonNeeded
from seals.imprint import upload_store
from seals.imprint.errors import UploadNotAllowed
from seals.imprint.outcome import Centre, CleanedImprint, ImprintComparison
from seals.imprint.studio import ImprintStudio
from seals.imprint.upload_store import UploadedPicture
from seals.ledger import acting
from seals.moves import found

MAX_REASON: Final = 200
"""Longest reason, in characters."""
MAX_LISTED: Final = 100
"""Most pictures in one answer: an enterprise has a handful."""


@dataclass(frozen=True, slots=True)
class PictureUpload:
    """What is uploaded.

    ``photo`` is a PNG, JPEG, TIFF or BMP of an imprint; ``size_mm`` its true outer size and ``turn_deg`` how far it is
    turned clockwise, each found where it is not given. ``emblem`` says that it shows an emblem of state.
    """

    uscc: str
    photo: bytes
    size_mm: tuple[float, float] | None = None
    turn_deg: float | None = None
    emblem: bool = False
    reason: str = ""


class PictureUploads:
    """Takes pictures in. Pixels are worked on before the transaction opens."""

    def __init__(
        self,
        engine: sa.Engine,
        enterprises: Enterprises,
        clock: Clock,
        audit: AuditTrail,
        studio: ImprintStudio,
    ) -> None:
        self._engine = engine
        self._enterprises = enterprises
        self._clock = clock
        self._audit = audit
        self._studio = studio

    def upload(self, asked: PictureUpload, *, officer: bool, actor: Actor) -> UploadedPicture:
        """Clean a photograph and keep the picture; the same picture again is the one on record.

        ``officer`` says that the actor is a filing officer. Raises :class:`UploadNotAllowed` for what only an officer may
        upload, :class:`ReasonNeeded` for an emblem without a reason, :class:`ca.errors.EnterpriseUnknown`,
        :class:`seals.imprint.errors.ImprintError`.
        """
        enterprise = self._enterprises.get(asked.uscc)
        reason = asked.reason.strip()
        if asked.emblem and not officer:
            raise _for_the_officer()
        if len(reason) > MAX_REASON or (asked.emblem and not reason):
            raise ReasonNeeded("upload of an emblem")
        cleaned = self._studio.clean(
            asked.photo, title=enterprise.name, size_mm=asked.size_mm, turn_deg=asked.turn_deg
        )
        if cleaned.centre is Centre.OTHER and not officer:
            raise _for_the_officer()
        if cleaned.centre is Centre.OTHER and not reason:
            raise ReasonNeeded("a middle that is no star")
        told = self._told(asked, cleaned, reason, actor)
        with acting(self._engine, self._audit) as ledger:
            known = upload_store.find(ledger.conn, told.uscc, told.sha256)
            if known is not None:
                return known
            upload_store.insert(ledger.conn, told, cleaned.picture.packed())
            detail: dict[str, str | int | None] = {
                "owner": told.uscc,
                "source": told.source_sha256,
                "centre": told.centre,
                "emblem": int(told.emblem),
                "officer": int(officer),
                "reason": reason,
            }
            ledger.note("seal.picture_uploaded", actor=actor, subject=f"picture:{told.sha256}", detail=detail)
        return told

    def _told(
        self, asked: PictureUpload, cleaned: CleanedImprint, reason: str, actor: Actor
    ) -> UploadedPicture:
        return UploadedPicture(
            sha256=cleaned.picture.digest,
            uscc=asked.uscc,
            source_sha256=hashlib.sha256(asked.photo).hexdigest(),
            centre=cleaned.centre.value,
            emblem=asked.emblem,
            reason=reason,
            uploaded_by=actor.id,
            uploaded_at=self._clock(),
        )

    def compare(self, code: str, scan: bytes) -> ImprintComparison:
        """Compare a scan with a seal's picture as approved; nothing is kept. Raises SealNotFound, ImprintError."""
        with self._engine.execution_options(read_only=True).connect() as conn:
            picture = SealPicture.unpack(store.picture_of(conn, found(conn, code).code))
        return self._studio.compare(scan, picture)

    def of(self, uscc: str) -> tuple[UploadedPicture, ...]:
        """List an enterprise's pictures, the newest first, at most :data:`MAX_LISTED`."""
        with self._engine.execution_options(read_only=True).connect() as conn:
            return upload_store.listed(conn, uscc, MAX_LISTED)

    def shown(self, uscc: str, sha256: str) -> SealPicture:
        """Return a picture that waits for its seal, with 未备案 across it; :class:`UploadNotAllowed` if there is none."""
        with self._engine.execution_options(read_only=True).connect() as conn:
            return unfiled(upload_store.waiting(conn, uscc, sha256))


def _for_the_officer() -> UploadNotAllowed:
    return UploadNotAllowed(
        "印章中央不是五角星也不是空白，可能含有国徽等标志，须由备案民警上传并说明原因。",
        "The middle is neither empty nor a five-pointed star and may be an emblem of state; "
        "a filing officer uploads such a picture and states why.",
    )
