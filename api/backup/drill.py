"""The drill: restore a backup for real, into a place of its own, and prove what came back. Nothing is signed.

The live installation is asked what it holds; the restored one must hold the same up to the backup, and its next numbers
must lie above all that the live one has used (I31).
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from api.backup.make import KEPT, Progress
from api.backup.restore import Restoration, restore_backup
from api.settings import Settings
from ca.actor import Actor
from ca.issuer_store import list_issuers, list_units
from ca.status.crl_store import highest_number
from ca.store import audit as audit_table
from hsm.key_uri import KeyUri
from hsm.public_keys import certificate_key, same_key
from seals.restoration import highest_list
from seals.store import seal_counter

if TYPE_CHECKING:
    from api.services import Services


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the drill looked at."""

    subject: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class DrillReport:
    """What the drill found; ``passed`` only if every finding did."""

    backup_sha256: str
    restoration: Restoration
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Tell whether all findings passed."""
        return all(finding.passed for finding in self.findings)


def run_drill(
    services: Services, backup: Path, key_file: Path, *, actor: Actor, progress: Progress
) -> DrillReport:
    """Restore ``backup`` into a temporary home on SQLite, compare it with the live installation, remove it.

    The result goes on the live audit trail. Raises what :func:`api.backup.restore.restore_backup` raises.
    """
    services.evidence.publish()
    with tempfile.TemporaryDirectory(prefix="drill-", dir=services.home.secrets) as place:
        settings = Settings(home=Path(place) / "home", database_url="", archive_folder=None)
        evidence = [services.home.trust, services.home.checkpoints]
        restored = restore_backup(
            settings,
            backup,
            key_file,
            evidence=evidence,
            clock=services.clock,
            actor=actor,
            progress=progress,
        )
        engine = sa.create_engine(settings.database)
        try:
            findings = tuple(_findings(services, engine, settings, restored))
        finally:
            engine.dispose()
    with backup.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    report = DrillReport(digest, restored, findings)
    failed = [finding.subject for finding in findings if not finding.passed]
    detail = {"sha256": digest, "passed": "yes" if report.passed else "no", "failed": failed}
    with services.engine.begin() as conn:
        services.audit.append(conn, "backup.drilled", actor=actor, subject=backup.name[:200], detail=detail)
    return report


def _findings(
    services: Services, restored: sa.Engine, settings: Settings, done: Restoration
) -> Iterator[Finding]:
    with services.reading() as live, restored.connect() as copy:
        yield _same_trail(live, copy, done.audit_number)
        for issuer in list_issuers(copy):
            if issuer.certificate:
                yield _numbers_rise(live, copy, issuer.id)
        live_list, copy_counter = highest_list(live), _status_list_counter(copy)
        yield Finding(
            "seal-list-numbers", copy_counter >= live_list, f"{copy_counter} ≥ {live_list} (restored ≥ live)"
        )
        yield _keys_answer(services, copy)
    yield _documents(settings)


def _same_trail(live: sa.Connection, copy: sa.Connection, number: int) -> Finding:
    query = sa.select(audit_table.c.digest).where(audit_table.c.number == number)
    same = live.execute(query).scalar_one_or_none() == copy.execute(query).scalar_one_or_none()
    return Finding("audit-trail", same, f"record {number}")


def _numbers_rise(live: sa.Connection, copy: sa.Connection, issuer: str) -> Finding:
    before, after = highest_number(live, issuer), highest_number(copy, issuer)
    return Finding(f"crl-numbers {issuer}", after > before, f"{after} > {before} (restored > live)")


def _status_list_counter(copy: sa.Connection) -> int:
    query = sa.select(sa.func.max(seal_counter.c.value)).where(seal_counter.c.name.startswith("status-list:"))
    return int(copy.execute(query).scalar_one_or_none() or 0)


def _keys_answer(services: Services, copy: sa.Connection) -> Finding:
    """Look whether the module still has the key of every issuer and unit that the backup names."""
    missing = []
    for holder in (*list_issuers(copy), *list_units(copy)):
        if not holder.certificate:
            continue
        uri = KeyUri.parse(holder.key_uri)
        found = services.key_stores.ring.provider(uri).keys(uri.token)
        if not any(same_key(key.public_key, certificate_key(holder.x509)) for key in found):
            missing.append(holder.id)
    return Finding("keys-in-the-module", not missing, ", ".join(missing) or "ok")


def _documents(settings: Settings) -> Finding:
    """Re-compute the digest of every restored document: its name says what it must be."""
    wrong, count = [], 0
    for path in sorted(path for name in KEPT for path in (settings.archive / name).rglob("*")):
        if path.is_file():
            count += 1
            with path.open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != path.name:
                    wrong.append(path.name)
    return Finding("documents", not wrong, ", ".join(wrong) or f"{count}")
