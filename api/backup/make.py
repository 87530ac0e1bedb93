"""Making a backup: one consistent view of the database, then every file that it speaks of.

The archive is read after the database: a document is complete in the archive before its row says so, hence every row of
the snapshot has its file. Tokens belong to the module that keeps them; only an embedded software token, which is files in
the home folder, can be taken along. PINs never are: ``secrets/`` stays where it is.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from api.backup.bundle import Packer, write_bundle
from api.backup.tables import dump, tables
from api.database.revision import check_schema
from ca.actor import Actor
from signing.objects.local import LocalObjects

if TYPE_CHECKING:
    from api.services import Services

FORMAT: Final = "yinxin-backup-v1"
EMBEDDED: Final = ("tokens", "soft", "counters")
"""Folders of the home that are an embedded software token and its PIN try counters."""
OBJECTS: Final = "objects"
KEPT: Final = (OBJECTS, "batch", "evidence", "filing", "use", "stamps")
"""Folders of the archive with content by digest; ``work`` holds what is being made and is settled by reconcile."""
OPEN_FOLDERS: Final = ("trust", "checkpoints")
_SPOOLED: Final = 8 * 2**20
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BackupReceipt:
    """What was made: ``sha256`` of the file, rows and documents in it, the head of the audit trail that it holds."""

    path: Path
    sha256: str
    size: int
    rows: int
    documents: int
    audit_number: int
    embedded_token: bool


def make_backup(  # noqa: PLR0913 - each is a choice of the operator
    services: Services,
    path: Path,
    *,
    to: Sequence[str],
    embedded_token: bool,
    actor: Actor,
    progress: Progress,
) -> BackupReceipt:
    """Write a backup of the installation to ``path``, encrypted to the public keys ``to``.

    The intent goes on the audit trail first, so it is in the backup, and the outcome after. Raises
    :class:`api.backup.errors.BackupExists`, :class:`api.backup.errors.RecipientInvalid`.
    """
    schema = check_schema(services.engine)
    services.evidence.publish()
    services.evidence.checkpoint()
    with services.engine.begin() as conn:
        services.audit.append(conn, "backup.begun", actor=actor, subject=path.name[:200])
    job = _Job(services, schema, embedded_token, progress)
    digest = write_bundle(path, to, job.fill)
    detail = {"sha256": digest, "rows": job.rows, "documents": job.documents, "audit": job.audit_number}
    with services.engine.begin() as conn:
        services.audit.append(conn, "backup.made", actor=actor, subject=path.name[:200], detail=detail)
    return BackupReceipt(
        path, digest, path.stat().st_size, job.rows, job.documents, job.audit_number, embedded_token
    )


class _Job:
    """Fills one backup and counts."""

    def __init__(self, services: Services, schema: str, embedded_token: bool, progress: Progress) -> None:
        self._services = services
        self._schema = schema
        self._embedded = embedded_token
        self._progress = progress
        self.rows = 0
        self.documents = 0
        self.audit_number = 0

    def fill(self, packer: Packer) -> dict[str, Any]:
        """Add every member; return the facts of the manifest."""
        services = self._services
        with snapshot(services.engine) as conn:
            counts = {name: self._table(packer, conn, table) for name, table in tables().items()}
            head = services.audit.head(conn)
        self.rows, self.audit_number = sum(counts.values()), head.number
        for name in KEPT:
            self.documents += self._files(packer, f"archive/{name}", self._folder(name))
        for name in OPEN_FOLDERS:
            self._files(packer, name, services.home.folder / name)
        for name in EMBEDDED if self._embedded else ():
            self._files(packer, name, services.home.folder / name)
        chosen = services.home.folder / "yinxin.toml"
        if chosen.is_file():
            packer.add_file("yinxin.toml", chosen)
        return {
            "format": FORMAT,
            "schema": self._schema,
            "made_at": services.clock().isoformat(),
            "base_url": services.settings.base_url,
            "tables": counts,
            "audit": {"number": head.number, "digest": head.digest},
            "embedded_token": self._embedded,
            "documents_at": services.archive.objects.address,
            "tokens": list(services.key_stores.chosen.tokens()),
        }

    def _folder(self, name: str) -> Path:
        """Return where a kind of file lies; finished documents may lie in a folder of their own, or in a bucket."""
        objects = self._services.archive.objects
        if name == OBJECTS and isinstance(objects, LocalObjects):
            return objects.folder
        return self._services.settings.archive / name

    def _table(self, packer: Packer, conn: sa.Connection, table: sa.Table) -> int:
        with tempfile.SpooledTemporaryFile(max_size=_SPOOLED, dir=str(self._services.home.secrets)) as spool:
            count = packer.add_lines(f"tables/{table.name}.jsonl", dump(conn, table), spool)
        if count:
            self._progress(f"{table.name}: {count}")
        return count

    def _files(self, packer: Packer, name: str, folder: Path) -> int:
        found = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".part")
        for path in found:
            packer.add_file(f"{name}/{path.relative_to(folder).as_posix()}", path)
        if found:
            self._progress(f"{name}: {len(found)}")
        return len(found)


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open one consistent view of the whole database, without stopping anybody."""
    options: dict[str, Any] = {"read_only": True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.execution_options(**options).connect() as conn, conn.begin():
        yield conn


def copy_tree(source: Path, target: Path) -> None:
    """Copy what was unpacked into its place; folders are private as :class:`api.home.Home` makes them."""
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
