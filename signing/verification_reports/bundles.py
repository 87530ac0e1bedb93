"""Making offline bundles: numbered and recorded first, then signed by the verification service, read back, released."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from cryptography import x509

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from seals.codes import next_number
from seals.errors import SealError
from seals.ledger import acting
from seals.statement import parse_status_list
from signing.verification_reports.errors import BundleWithheld
from signing.verification_reports.sealing import ReportSealer
from verify.bundle.errors import BundleRefused
from verify.bundle.form import Bundle, Manifest, open_bundle, write_bundle
from verify.bundle.judge import judge_bundle
from verify.certificates.paths import name
from verify.folder import load_trust
from verify.trust import TrustStore
from verify.voided.form import parse_void_list

COUNTER: Final = "offline-bundle"
LONGEST: Final = timedelta(days=7)
"""Latest next update of a bundle: who works without a network fetches one a week at least."""
GIVEN_AGAIN: Final = timedelta(hours=1)
"""How long the same bundle is given out while nothing in it has changed."""


class BundleDesk:
    """Makes the bundles of one installation."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail, sealer: ReportSealer) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._sealer = sealer
        self._lock = threading.Lock()
        self._kept: tuple[str, datetime, bytes] | None = None

    def make(self, files: Mapping[str, bytes], *, actor: Actor) -> bytes:
        """Make a bundle of a trust folder's files as they are now.

        Raises :class:`BundleWithheld`, :class:`hsm.errors.HsmError`, :class:`ca.errors.CaError`,
        :class:`verify.folder.TrustFolderUnusable` where the files are no trust folder.
        """
        unit = self._sealer.unit()
        signer, until = self._sealer.signer(unit), _next_update(files)
        digest, now = _fingerprint(files), self._clock()
        with acting(self._engine, self._audit) as ledger:
            number = next_number(ledger.conn, COUNTER)
            ledger.note("bundle.intent", actor=actor, subject=str(number), detail={"files": digest})
        heading = Manifest(name(unit.x509.subject), number, now, max(now, min(until, now + LONGEST)), {})
        chain = [unit.certificate, *self._sealer.authority.chain(unit.issuer)]
        made = write_bundle(files, heading, signer, chain)
        read = _proved(made, hashlib.sha256(unit.certificate).hexdigest(), now)
        with acting(self._engine, self._audit) as ledger:
            detail: dict[str, str | int | None] = {
                "files": digest,
                "manifest": read.sha256,
                "size": len(made),
            }
            ledger.note("bundle.signed", actor=actor, subject=str(number), detail=detail)
        return made

    def current(self, files: Mapping[str, bytes], *, actor: Actor) -> bytes:
        """Return the bundle of these files, made anew where they changed or an hour has gone."""
        digest, now = _fingerprint(files), self._clock()
        with self._lock:
            kept = self._kept
            if kept is None or kept[0] != digest or not kept[1] <= now < kept[1] + GIVEN_AGAIN:
                kept = self._kept = (digest, now, self.make(files, actor=actor))
            return kept[2]

    def signer_sha256(self) -> str:
        """Return what those who take bundles compare: the digest of the signer's certificate."""
        return hashlib.sha256(self._sealer.unit().certificate).hexdigest()


def _proved(made: bytes, signer: str, now: datetime) -> Bundle:
    try:
        read = open_bundle(made)
        judge_bundle(read, signer, None, now)
    except BundleRefused as wrong:
        raise BundleWithheld(wrong.en) from wrong
    return read


def _fingerprint(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.encode() + b"\0" + hashlib.sha256(files[path]).digest())
    return digest.hexdigest()


def _next_update(files: Mapping[str, bytes]) -> datetime:
    """Return the earliest promise in a trust folder: whoever verifies after it lacks something."""
    with tempfile.TemporaryDirectory(prefix="yinxin-bundle-") as folder:
        for path, data in files.items():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        store = load_trust(Path(folder))
    return min(_promises(store), default=datetime.max.replace(tzinfo=UTC))


def _promises(store: TrustStore) -> Iterator[datetime]:
    for der in store.crls:
        until = x509.load_der_x509_crl(der).next_update_utc
        if until is not None:
            yield until
    for jws in store.seal_lists:
        for read in (_seal_list, _void_list):
            found = read(jws)
            if found is not None:
                yield found
    yield from (one.next_update for one in store.lists if one.next_update is not None)


def _seal_list(jws: str) -> datetime | None:
    try:
        return parse_status_list(jws).status_list.next_update
    except SealError:
        return None


def _void_list(jws: str) -> datetime | None:
    try:
        return parse_void_list(jws).void_list.next_update
    except SealError:
        return None
