"""Pictures of uses: announced in the chain by digest and size, uploaded later, kept by digest, never changed.

A file is taken only if a use of this stamp announced exactly these octets. 已同步 means: the octets are here and have the
digest that the chip signed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.algorithms import Digest
from hsm.durable import write_whole
from seals.devices import rows
from seals.devices.casework import Casework
from seals.devices.errors import PictureMissing, PictureRefused, StampUnknown
from seals.devices.events import MAX_PICTURE
from seals.devices.stamp import UseRecord
from seals.devices.stamp_actor import stamp_actor
from seals.devices.state import PictureStatus
from seals.devices.store import stamp_use
from seals.ledger import acting

_U: Final = stamp_use.c


class StampPictures:
    """Keeps pictures in a folder by their digest: ``sha256/ab/abcd…``."""

    def __init__(
        self, engine: sa.Engine, clock: Clock, audit: AuditTrail, folder: Path, casework: Casework
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._folder = folder
        self._casework = casework

    def upload(self, serial: str, digest: str, data: bytes) -> None:
        """Take the file of a picture; the same again changes nothing. :class:`PictureRefused`, :class:`StampUnknown`."""
        wanted = _digest(digest)
        if not 0 < len(data) <= MAX_PICTURE:
            raise PictureRefused(
                f"影像为空或超过 {MAX_PICTURE // 2**20} MiB。",
                f"The picture is empty or larger than {MAX_PICTURE // 2**20} MiB.",
            )
        if wanted.algorithm.digest(data) != wanted:
            raise PictureRefused(
                "影像内容与设备签名的摘要不符，请重传原始文件。",
                "The picture is not the one whose digest the stamp signed; send the original file again.",
            )
        uses = self._announced(serial, wanted)
        if any(use.picture_size != len(data) for use in uses):
            raise PictureRefused("影像大小与事件不符。", "The picture's size is not the one in the event.")
        path = self._path(wanted)
        if not path.exists():
            write_whole(path, data)
        with acting(self._engine, self._audit) as ledger:
            stamp = rows.find(ledger.conn, serial, lock=True)
            if stamp is None:
                raise StampUnknown(serial[:32])
            moved = ledger.conn.execute(
                stamp_use.update()
                .where(
                    _U.serial == serial,
                    _U.picture_digest == str(wanted),
                    _U.picture == PictureStatus.AWAITED.value,
                )
                .values(picture=PictureStatus.HERE.value)
            )
            if moved.rowcount:
                detail: dict[str, str | int | None] = {
                    "digest": str(wanted),
                    "size": len(data),
                    "uses": ", ".join(str(use.number) for use in uses),
                }
                ledger.note(
                    "stamp.picture", actor=stamp_actor(stamp), subject=f"stamp:{serial}", detail=detail
                )
                for case in sorted({use.case for use in uses} - {""}):
                    self._casework.end(ledger, case, self._clock())

    def picture(self, serial: str, number: int) -> bytes:
        """Return the picture of a use; :class:`PictureMissing` unless it is here and unchanged."""
        with self._engine.execution_options(read_only=True).connect() as conn:
            found = rows.uses(conn, _U.serial == serial, _U.number == number)
        digest = found[0].picture_digest if found else None
        if digest is None:
            raise PictureMissing(f"{serial[:32]} {number}")
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError as gone:
            raise PictureMissing(f"{serial[:32]} {number}") from gone
        if digest.algorithm.digest(data) != digest:
            raise PictureMissing(f"{serial[:32]} {number}: the file was changed")
        return data

    def _announced(self, serial: str, digest: Digest) -> list[UseRecord]:
        with self._engine.execution_options(read_only=True).connect() as conn:
            found = rows.uses(conn, _U.serial == serial, _U.picture_digest == str(digest))
        if not found:
            raise PictureRefused(
                "没有事件声明过这张影像，请先上传事件。",
                "No event announced this picture; send the events first.",
            )
        return found

    def _path(self, digest: Digest) -> Path:
        return self._folder / digest.algorithm.label / digest.hex[:2] / digest.hex


def _digest(text: str) -> Digest:
    try:
        return Digest.parse(text)
    except ValueError as wrong:
        raise PictureRefused(
            "影像摘要格式不正确，应为 sha256:… 。", "The digest is not written as sha256:…"
        ) from wrong
