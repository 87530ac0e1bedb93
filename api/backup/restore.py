"""Restoring an installation from a backup, into an empty home folder and an empty database.

1. Open the backup beside the new home and prove it whole. 2. Make the tables of this release. 3. In ONE transaction: load
every row; prove the audit trail up to the head of the manifest; put in force again what was published since; fence off
issuers, use up numbers, void permits, revoke API keys; the restoration itself on the trail. 4. Put the files in place.

A crash before the transaction ends leaves an empty database, one after it a database that is ready and files that step 4
puts in place again when the same command is repeated with an empty home. Keys come back with their module, not from here;
an embedded software token only if the backup took it along.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from api.access import store as api_store
from api.backup.bundle import read_key, unpack
from api.backup.errors import BackupForeign, BackupIncomplete, EvidenceForeign, EvidenceNeeded, TargetOccupied
from api.backup.make import EMBEDDED, FORMAT, OPEN_FOLDERS, Progress, copy_tree
from api.backup.published import Published, proven, read_published
from api.backup.tables import load, resume_counters, tables
from api.database.engine import make_engine
from api.database.revision import check_schema
from api.database.schema import migrate
from api.files import write_whole
from api.home import Home
from api.settings import Settings
from ca.actor import Actor
from ca.audit import GENESIS, AuditTrail
from ca.checkpoint import Anchor
from ca.clock import Clock
from ca.errors import AuditBroken, ListForeign
from ca.issuer import UnitPurpose
from ca.issuer_store import list_units
from ca.restoration import ListMerged, fence_issuers, merge_list, retire_lists, use_up_numbers
from ca.unfinished import end_unfinished
from hsm.public_keys import certificate_key
from seals.cases.restoration import retire_uses
from seals.devices.restoration import lock_stamps
from seals.errors import StatementInvalid, StatementSignatureInvalid
from seals.filing.restoration import end_challenges
from seals.restoration import StatesMerged, merge_states, retire_states, use_up_counters, void_permits
from signing.batch.restoration import retire_batches
from signing.hashes.store import end_all as end_activations
from signing.recognition.restoration import merge_foreign, retire_foreign
from signing.renewal.restoration import restore_archive
from signing.two_step.store import end_all as end_waiting
from signing.verification_orders.restoration import retire_orders
from signing.verification_reports.restoration import retire_reports
from signing.voiding.restoration import merge_voids, retire_papers

_PLACES: Final = re.compile(
    r"""\s*(["']?)(?:home|database_url|archive_folder|archive_url|archive_credentials)\1\s*="""
)
"""Settings that name places: a restored installation must never write into those of the one it was made from."""


@dataclass(frozen=True, slots=True)
class Restoration:
    """What was restored and what had to be put right.

    ``lost_records`` counts audit records that the backup does not have, ``ended`` what was under way and is void now.
    """

    made_at: datetime
    rows: int
    documents: int
    audit_number: int
    lost_records: int
    crl_floor: int
    lists: tuple[ListMerged, ...]
    states: tuple[StatesMerged, ...]
    ended: dict[str, int]
    api_keys_revoked: int
    tokens: tuple[str, ...]
    embedded_token: bool


def restore_backup(  # noqa: PLR0913 - each is a choice of the operator
    settings: Settings,
    backup: Path,
    key_file: Path,
    *,
    evidence: Sequence[Path] | None,
    clock: Clock,
    actor: Actor,
    progress: Progress,
) -> Restoration:
    """Restore ``backup`` into the empty home and database of ``settings``.

    ``evidence`` are folders with what was published since; ``None`` (nobody said) is refused, an empty list is the
    operator's word that there is none. Raises the errors of :mod:`api.backup.errors` and
    :class:`ca.errors.AuditBroken`; then nothing is in force.
    """
    if evidence is None:
        raise EvidenceNeeded
    key, published = read_key(key_file), read_published(evidence)
    home = Home(settings.home)
    _demand_empty(home, settings.archive)
    home.folder.mkdir(parents=True, exist_ok=True)
    with _nothing_left(settings), _staging(home.folder) as staging:
        progress("解密并核对备份 / opening the backup")
        manifest = unpack(backup, key, staging)
        _check_manifest(manifest)
        engine = make_engine(settings.database)
        try:
            work = _Work(engine, clock, actor, progress)
            done = work.restore(staging, manifest, published)
        finally:
            engine.dispose()
        _place(staging, home, settings.archive)
        _set_lost_checkpoints_apart(home, manifest["audit"]["number"], published)
    home.prepare()
    return done


def _demand_empty(home: Home, archive: Path) -> None:
    for folder in (home.folder, archive):
        if folder.exists() and any(folder.iterdir()):
            raise TargetOccupied(str(folder))


@contextmanager
def _nothing_left(settings: Settings) -> Iterator[None]:
    """Leave the home as empty as it was when the restoration fails, so that it can be tried again."""
    try:
        yield
    except BaseException:
        if not settings.database_url:
            for path in settings.home.glob("yinxin.db*"):
                path.unlink()
        raise


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    staging = Path(tempfile.mkdtemp(prefix=".restoring-", dir=folder))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _check_manifest(manifest: dict[str, Any]) -> None:
    if manifest.get("format") != FORMAT:
        raise BackupForeign(str(manifest.get("format"))[:50], FORMAT)
    missing = {"schema", "made_at", "tables", "audit", "tokens", "embedded_token"} - manifest.keys()
    if missing:
        raise BackupIncomplete(f"manifest: {', '.join(sorted(missing))}")


def _place(staging: Path, home: Home, archive: Path) -> None:
    copy_tree(staging / "archive", archive)
    for name in (*OPEN_FOLDERS, *EMBEDDED):
        copy_tree(staging / name, home.folder / name)
        if (home.folder / name).is_dir():
            (home.folder / name).chmod(0o700)
    for folder in (home.trust, *home.trust.rglob("*")):
        if folder.is_dir():  # published: whoever else is on the machine reads it
            folder.chmod(0o755)
    chosen = staging / "yinxin.toml"
    if chosen.is_file():
        kept = [line for line in chosen.read_text(encoding="utf-8").splitlines() if not _PLACES.match(line)]
        write_whole(home.folder / "yinxin.toml", ("\n".join(kept) + "\n").encode())


def _set_lost_checkpoints_apart(home: Home, number: int, published: Published) -> None:
    """Keep the anchors of lost records as evidence, where they are not held against the restored trail."""
    later = [one for one in published.checkpoints if one.anchor.number > number]
    if later:
        folder = home.checkpoints / "lost"
        folder.mkdir(parents=True, exist_ok=True)
        for one in later:
            path = folder / f"{one.anchor.number:012d}.json"
            path.write_text(one.to_json(), encoding="utf-8")


class _Work:
    """The transaction."""

    def __init__(self, engine: sa.Engine, clock: Clock, actor: Actor, progress: Progress) -> None:
        self._engine = engine
        self._clock = clock
        self._actor = actor
        self._progress = progress
        self._audit = AuditTrail(clock)

    def restore(self, staging: Path, manifest: dict[str, Any], published: Published) -> Restoration:
        migrate(self._engine)
        current = check_schema(self._engine)
        if manifest["schema"] != current:
            raise BackupForeign(str(manifest["schema"])[:20], current)
        self._demand_no_rows()
        with self._engine.begin() as conn:
            rows = self._load(conn, staging, manifest)
            return self._put_right(conn, manifest, published, rows)

    def _demand_no_rows(self) -> None:
        with self._engine.execution_options(read_only=True).connect() as conn:
            for table in tables().values():
                if conn.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
                    raise TargetOccupied(f"{table.name} ({self._engine.url.render_as_string()})")

    def _load(self, conn: sa.Connection, staging: Path, manifest: dict[str, Any]) -> int:
        total = 0
        if set(manifest["tables"]) != set(tables()):
            raise BackupIncomplete("other tables")
        for name, table in tables().items():
            with (staging / "tables" / f"{name}.jsonl").open(encoding="utf-8") as lines:
                count = load(conn, table, lines)
            if count != manifest["tables"][name]:
                raise BackupIncomplete(f"table {name}: {count} rows")
            if count:
                self._progress(f"{name}: {count}")
            total += count
        resume_counters(conn)
        return total

    def _put_right(
        self, conn: sa.Connection, manifest: dict[str, Any], published: Published, rows: int
    ) -> Restoration:
        exact = self._clock()
        now = exact.replace(microsecond=0)
        expected = Anchor(manifest["audit"]["number"], manifest["audit"]["digest"])
        proof = self._audit.verify(conn, [expected])
        lost = self._lost_records(conn, published, proof.records)
        fence_issuers(conn)
        lists = tuple(self._merge_crl(conn, name, der, now) for name, der in published.crls.items())
        states = tuple(self._merge_states(conn, name, jws) for name, jws in published.seal_lists.items())
        for name, jws in published.void_lists.items():
            self._merge_voids(conn, name, jws)
        retire_lists(conn, now)
        floor = use_up_numbers(conn, exact, lists)
        retire_states(conn, now)
        use_up_counters(conn, exact)
        merge_foreign(conn, published.foreign, now, actor=self._actor, audit=self._audit)
        ended = self._end(conn, now)
        keys = api_store.revoke_all(conn, int(now.timestamp()))
        detail = {
            "made_at": manifest["made_at"],
            "records": proof.records,
            "digest": proof.digest,
            "lost_records": lost,
            "lost_anchors": [
                f"{one.anchor.number}:{one.anchor.digest}"
                for one in published.checkpoints
                if one.anchor.number > proof.records
            ],
            "crl_floor": floor,
            "ended": ended,
            "api_keys_revoked": keys,
        }
        self._audit.append(
            conn, "installation.restored", actor=self._actor, subject="installation", detail=detail
        )
        return Restoration(
            made_at=datetime.fromisoformat(manifest["made_at"]),
            rows=rows,
            documents=sum(name.startswith("archive/") for name in manifest["members"]),
            audit_number=proof.records,
            lost_records=lost,
            crl_floor=floor,
            lists=lists,
            states=states,
            ended=ended,
            api_keys_revoked=keys,
            tokens=tuple(manifest["tokens"]),
            embedded_token=bool(manifest["embedded_token"]),
        )

    def _end(self, conn: sa.Connection, now: datetime) -> dict[str, int]:
        """End what was under way when the backup was made; return how many of each."""
        ended = {"permits": void_permits(conn, now), "chip_challenges": end_challenges(conn, now)}
        ended |= end_unfinished(conn, now)
        ended |= {"activations": end_activations(conn, now), "waiting": end_waiting(conn, now)}
        uses = retire_uses(conn, now, actor=self._actor, audit=self._audit)
        ended |= {"use_cases": uses.cases, "standing_uses": uses.standing, "use_signers": uses.signers}
        papers = retire_papers(conn, now, actor=self._actor, audit=self._audit)
        ended |= {"rounds": papers.rounds, "voidings": papers.voidings, "print_quotas": papers.quotas}
        for what, retire in _RETIRED.items():
            ended[what] = retire(conn, now, actor=self._actor, audit=self._audit)
        return ended

    def _lost_records(self, conn: sa.Connection, published: Published, records: int) -> int:
        """Return how many records a proven checkpoint vouches for that the backup does not have.

        Raises :class:`ca.errors.AuditBroken` where the restored trail differs from a checkpoint: age says nothing about who
        made a backup, and whoever edits one can compute the chain anew, but not what left the machine before.
        """
        keys = [
            certificate_key(unit.x509)
            for unit in list_units(conn, UnitPurpose.SEAL_MAKER)
            if unit.certificate
        ]
        excused = self._lost_before(conn)
        highest = records
        for checkpoint in published.checkpoints:
            anchor = proven(checkpoint, keys)
            if f"{anchor.number}:{anchor.digest}" in excused:
                continue
            if anchor.number <= records and anchor.digest != self._digest(conn, anchor.number):
                raise AuditBroken(anchor.number, "it differs from a published checkpoint")
            highest = max(highest, anchor.number)
        return highest - records

    def _digest(self, conn: sa.Connection, number: int) -> str:
        found = self._audit.records(conn, after=number - 1, limit=1)
        return found[0].digest if found else GENESIS

    def _lost_before(self, conn: sa.Connection) -> frozenset[str]:
        """Return the anchors that earlier restorations, by their own records on the trail, left behind."""
        earlier = self._audit.about(conn, ["installation"], actions=["installation.restored"])
        return frozenset(text for record in earlier for text in json.loads(record.detail)["lost_anchors"])

    def _merge_crl(self, conn: sa.Connection, name: str, der: bytes, now: datetime) -> ListMerged:
        try:
            return merge_list(conn, der, at=now, actor=self._actor, audit=self._audit)
        except ListForeign as wrong:
            raise EvidenceForeign(name) from wrong

    def _merge_states(self, conn: sa.Connection, name: str, jws: str) -> StatesMerged:
        makers = {unit.certificate for unit in list_units(conn, UnitPurpose.SEAL_MAKER)}
        try:
            return merge_states(conn, jws, makers=makers, actor=self._actor, audit=self._audit)
        except (StatementInvalid, StatementSignatureInvalid) as wrong:
            raise EvidenceForeign(name) from wrong

    def _merge_voids(self, conn: sa.Connection, name: str, jws: str) -> None:
        makers = {unit.certificate for unit in list_units(conn, UnitPurpose.SEAL_MAKER)}
        try:
            merge_voids(conn, jws, makers=makers, actor=self._actor, audit=self._audit)
        except (StatementInvalid, StatementSignatureInvalid) as wrong:
            raise EvidenceForeign(name) from wrong


_RETIRED: Final = {
    "stamps": lock_stamps,
    "batches": retire_batches,
    "foreign_lists": retire_foreign,
    "report_leaves": retire_reports,
    "verification_orders": retire_orders,
    "extensions": restore_archive,
}
