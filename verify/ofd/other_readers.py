"""A package that other readers open as another file: octets that no signature covers may hold a PDF, or the end of another package.

The list of signatures, evidence and unsigned attributes are whatever somebody put there, and so are extra fields and comments of entries
(:mod:`verify.ofd.zip_records` lets no record stand in these). A reader of PDF that repairs files finds objects in any octets; readers of ZIP
differ about which end record counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verify.ofd.package import Package
from verify.ofd.report import OfdStep
from verify.ofd.signature import OfdCase
from verify.ofd.zip_records import END_HEAD
from verify.ses.steps import doubtful
from verify.signatures.containers import Container
from verify.signatures.two_files import first_member, pdf_outside, second_document, zip_outside
from verify.verdict import SubIndication


def check_other_readers(package: Package, cases: Sequence[OfdCase]) -> None:
    """Doubt every signature where octets outside of what all of them protect hold parts of a PDF, or another end of a package."""
    protected = [
        {item.path for item in case.description.references} for case in cases if case.description is not None
    ]
    if not protected:
        return
    values = [value for case in cases for value in _seal_values(package, case)]
    paths = set.intersection(*protected).union(values, *map(_copies, cases))
    records = [package.record(path) for path in paths if path in package]
    signed = sorted((one.data_at, one.data_at + one.packed) for one in records)
    octets, second = package.data, None
    for value in values:
        seal = package.read(value)
        second = second or second_document(seal, first_member(seal))
    second = second or pdf_outside(octets, signed) or zip_outside(octets, signed, len(octets) - END_HEAD.size)
    if second is None:
        return
    doubt = doubtful(SubIndication.FORMAT_FAILURE, second.doubt.zh, second.doubt.en)
    for case in cases:
        case.note(OfdStep.OTHER_READERS, doubt)


def _seal_values(package: Package, case: OfdCase) -> Iterator[str]:
    """Yield a seal signature's value: a picture in what was signed may be a package, and packed it may stand there as it is."""
    description = case.description
    if description is not None and case.case.container is Container.SES and description.value in package:
        yield str(description.value)


def _copies(case: OfdCase) -> Iterator[str]:
    """Yield the copy of the seal, which is compared with the one that was signed."""
    description = case.description
    if description is not None and description.seal is not None and case.case.container is Container.SES:
        yield description.seal
