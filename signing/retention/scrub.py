"""Look whether every document on record is in the store, whole: a listing, or every octet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from signing.archive import Archive
from signing.objects.errors import ObjectDamaged, ObjectMissing
from signing.objects.shelf import digest_of_file, sha256
from signing.retention.desk import RetentionDesk
from signing.retention.states import DocumentState
from signing.retention.store import DocumentQuery, StoredDocument

PAGE: Final = 500
"""Rows read at a time."""
Progress = Callable[[int], None]
"""Told how many documents were looked at."""


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What was found: SHA-256 of missing and damaged documents, and of objects that no record speaks of."""

    documents: int
    octets: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Tell whether every document is there as it was stored."""
        return not (self.missing or self.damaged)


def scrub(desk: RetentionDesk, archive: Archive, *, deep: bool, progress: Progress) -> Scrubbed:
    """Compare record and store; ``deep`` reads every octet (fetched ones included) and digests it.

    Raises :class:`signing.objects.errors.StorageUnavailable` when the store does not answer.
    """
    found = {one.digest.hex: one.size for one in archive.objects.walk()}
    missing: list[str] = []
    damaged: list[str] = []
    known: set[str] = set()
    octets = 0
    for count, document in enumerate(_kept(desk), 1):
        known.add(document.digest)
        octets += document.size
        size = found.get(document.digest)
        if size is None:
            missing.append(document.digest)
        elif size != document.size or (deep and not _whole(archive, document)):
            damaged.append(document.digest)
        if count % PAGE == 0:
            progress(count)
    progress(len(known))
    unknown = tuple(sorted(found.keys() - known))
    return Scrubbed(len(known), octets, tuple(missing), tuple(damaged), unknown)


def _whole(archive: Archive, document: StoredDocument) -> bool:
    digest = sha256(document.digest)
    try:
        return digest_of_file(archive.proved(digest))[0] == digest
    except (ObjectMissing, ObjectDamaged):
        return False


def _kept(desk: RetentionDesk) -> Iterator[StoredDocument]:
    after = ""
    while True:
        page = desk.list(DocumentQuery(state=DocumentState.KEPT, after=after, limit=PAGE))
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].digest
