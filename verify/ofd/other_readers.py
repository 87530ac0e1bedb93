"""A package that other readers open as another file: octets that no signature covers may hold a PDF.

The list of signatures, extra fields and comments of entries, evidence and unsigned attributes are whatever somebody put there; a reader of
PDF that repairs files finds objects in any octets. Of ZIP there is one reading (:mod:`verify.ofd.zip_records`).
"""

from __future__ import annotations

from collections.abc import Sequence

from verify.ofd.package import Package
from verify.ofd.report import OfdStep
from verify.ofd.signature import OfdCase
from verify.ses.steps import doubtful
from verify.signatures.two_files import pdf_outside
from verify.verdict import SubIndication


def check_other_readers(package: Package, cases: Sequence[OfdCase]) -> None:
    """Doubt every signature where octets outside of the files that all of them protect hold parts of a PDF."""
    protected = [
        {item.path for item in case.description.references} for case in cases if case.description is not None
    ]
    if not protected:
        return
    records = [package.record(path) for path in set.intersection(*protected) if path in package]
    second = pdf_outside(package.data, sorted((one.data_at, one.data_at + one.packed) for one in records))
    if second is None:
        return
    doubt = doubtful(SubIndication.FORMAT_FAILURE, second.doubt.zh, second.doubt.en)
    for case in cases:
        case.note(OfdStep.OTHER_READERS, doubt)
