"""Writing the integrity file ``OFDEntries.xml`` (GM/T 0099): a signed list of every entry, after which nothing can be added.

It is the last act on a package, a signature of its own by GB/T 35275 under a permit of its own: a seal's key signs once a permit.
The list holds names alone; what the files hold is protected by the seals, so there must be one.
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

from signing.mark import SealMark
from signing.ofd.descriptions import PROVIDER
from signing.ofd.evidence_file import encode_evidence
from signing.ofd.zip_writer import ZipWriter
from verify.ofd.description import EVIDENCE
from verify.ofd.package import INTEGRITY, Package
from verify.ofd.xml import NAMESPACE

FOLDER: Final = "/OFDEntries"
"""Where the signed value stands, and the evidence beside it."""
VALUE: Final = f"{FOLDER}/SignedValue.dat"


def write_list(package: Package, mark: SealMark, writer: ZipWriter) -> bytes:
    """Copy the package and add the list of everything in it but itself and its signed value; return the list's octets."""
    added = {}
    if mark.evidence is not None and mark.evidence.certificates:
        added[f"{FOLDER}/{EVIDENCE}"] = encode_evidence(mark.evidence)
    files = "".join(
        f'<ofd:File ID="{number}" FileLoc={quoteattr(path)}/>'
        for number, path in enumerate(sorted((*package.paths, *added)), start=2)
    )
    listed = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ofd:DocEntries xmlns:ofd="{NAMESPACE}" ID="1" '
        f'CreatorName="{PROVIDER}" Version="1.0" CreationDate="{mark.when:%Y-%m-%d}">'
        f"<ofd:SignedValueLoc>{VALUE}</ofd:SignedValueLoc><ofd:FileList>{files}</ofd:FileList></ofd:DocEntries>"
    ).encode()
    writer.copy(package)
    for path, octets in added.items():
        writer.add(path, octets)
    writer.add(INTEGRITY, listed)
    return listed
