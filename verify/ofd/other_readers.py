"""A package that other readers open as another file: octets that no signature covers may hold a PDF, or the end of another package.

The list of signatures, evidence and unsigned attributes are whatever somebody put there, and so are extra fields and comments of entries
(:mod:`verify.ofd.zip_records` lets no record stand in these). A reader of PDF that repairs files finds objects in any octets; readers of ZIP
differ about which end record counts. Nor does a signature cover how a file is packed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verify.ofd.as_it_stands import as_it_stands
from verify.ofd.package import Package
from verify.ofd.report import OfdStep
from verify.ofd.signature import OfdCase
from verify.ofd.zip_records import END_HEAD, STORED
from verify.ses.steps import doubtful
from verify.signatures.containers import Container
from verify.signatures.two_files import (
    Region,
    Second,
    first_member,
    pdf_outside,
    second_document,
    zip_outside,
)
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
    protected_files = sorted(
        (path for path in paths if path in package), key=lambda path: package.record(path).start
    )
    second = None
    for value in values:
        seal = package.read(value)
        second = second or second_document(seal, first_member(seal))
    second = second or _pdf(package, protected_files) or _zip(package, protected_files)
    if second is None:
        return
    doubt = doubtful(SubIndication.FORMAT_FAILURE, second.doubt.zh, second.doubt.en)
    for case in cases:
        case.note(OfdStep.OTHER_READERS, doubt)


def _zip(package: Package, files: Sequence[str]) -> Second | None:
    """Find another end of a package; in packed octets four may be one by chance, and :mod:`verify.ofd.zip_records` follows each."""
    octets = package.data
    return zip_outside(octets, [_region(package, path) for path in files], len(octets) - END_HEAD.size)


def _pdf(package: Package, files: Sequence[str]) -> Second | None:
    """Find parts of a PDF; of a packed file what stands there unpacked was signed."""
    octets = package.data
    stored = [_region(package, path) for path in files if package.record(path).method == STORED]
    if pdf_outside(octets, stored) is None:
        return None
    return pdf_outside(octets, [run for path in files for run in _as_signed(package, path)])


def _region(package: Package, path: str) -> Region:
    record = package.record(path)
    return record.data_at, record.data_at + record.packed


def _as_signed(package: Package, path: str) -> Iterator[Region]:
    begin, end = _region(package, path)
    if package.record(path).method == STORED:
        yield begin, end
        return
    for start, stop in as_it_stands(package.data[begin:end], package.read(path)):
        yield begin + start, begin + stop


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
