"""Wiring of the archive: the store that the settings choose, retention, extensions; and its look for the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from api.files import read_file
from api.home import read_secret
from api.settings import Settings
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from signing.archive import Archive
from signing.evidence import EvidenceDesk
from signing.mark import Stamper
from signing.objects.address import read_address
from signing.objects.credentials import read_keys
from signing.objects.opening import open_objects
from signing.objects.shelf import Objects
from signing.renewal.desk import RENEWAL_WORK, Renewals
from signing.renewal.extension import Extender
from signing.renewal.ledger import RenewalLedger
from signing.retention.classes import RetentionBook, default_classes, read_classes
from signing.retention.desk import RetentionDesk
from signing.selfcheck import SelfCheck


@dataclass(frozen=True, slots=True)
class Keeping:
    """What looks after stored documents."""

    documents: RetentionDesk
    renewals: Renewals

    def housekeep(self, actor: Actor) -> dict[str, int]:
        """Settle what was cut off, extend what fades; return how many of each."""
        counts = {
            "extensions_settled": self.renewals.reconcile(actor),
            "deletions_finished": self.documents.reconcile(actor),
        }
        run = self.renewals.run(actor)
        return counts | {"documents_extended": run.extended, "extensions_failed": run.failed}


@dataclass(frozen=True, slots=True)
class KeepingTools:
    """What the extension of documents works with."""

    evidence: EvidenceDesk
    stamper: Stamper
    check: SelfCheck


def open_store(settings: Settings) -> Objects:
    """Open the store of finished documents; nothing is asked of it. Raises the errors of its address and credentials."""
    if not settings.archive_url:
        return open_objects(settings.archive / "objects")
    credentials = settings.archive_credentials
    keys = None if credentials is None else read_keys(read_secret(credentials))
    return open_objects(read_address(settings.archive_url), keys)


def open_keeping(  # noqa: PLR0913, PLR0917 - its neighbours, each once
    settings: Settings,
    engine: sa.Engine,
    clock: Clock,
    audit: AuditTrail,
    archive: Archive,
    tools: KeepingTools,
) -> Keeping:
    """Open the doors to stored documents."""
    work = Archive(settings.archive, archive.objects, work=RENEWAL_WORK)
    extender = Extender(tools.evidence, tools.stamper, tools.check)
    ahead = timedelta(days=settings.archive_renew_days)
    return Keeping(
        RetentionDesk(engine, archive, _classes(settings), clock, audit),
        Renewals(RenewalLedger(engine, clock, audit), work, extender, clock, ahead),
    )


def _classes(settings: Settings) -> RetentionBook:
    path = settings.retention_classes
    return default_classes() if path is None else read_classes(read_file(path))
