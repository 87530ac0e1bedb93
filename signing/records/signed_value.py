"""Which signed value a sealing put into a package: a later seal writes the package anew, and that value stays as it is."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from hsm.algorithms import Digest, DigestAlgorithm
from signing.archive import Archive
from signing.objects.errors import ObjectMissing
from verify.institution.record import EvidenceRecord
from verify.ofd.package import Package, is_package
from verify.ofd.zip_records import LOCAL


def with_value(record: EvidenceRecord, archive: Archive) -> EvidenceRecord:
    """Name the signed value in the record of an OFD; one that the archive has no more is known by its own digest alone.

    Raises as :meth:`signing.archive.Archive.open` does for other faults.
    """
    digest = Digest(DigestAlgorithm.SHA256, bytes.fromhex(record.use.document_sha256))
    try:
        stream = archive.open(digest)
    except ObjectMissing:
        return record
    with stream:
        head = stream.read(len(LOCAL))
        octets = head + stream.read() if head == LOCAL else b""
    if not is_package(octets):
        return record
    return replace(record, use=replace(record.use, value_sha256=_last_value(Package(octets))))


def _last_value(package: Package) -> str:
    """Return the digest of what was written last: :meth:`signing.ofd.format.PreparedOfd.complete` adds the signed value at the end."""
    return hashlib.sha256(package.read_value(package.paths[-1])).hexdigest()
