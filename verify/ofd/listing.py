"""Every signature of a package: the rows of its lists, and descriptions that other signatures protect and no list names (GB/T 33190 §18.1).

Nobody signs the list, so that further signatures can be added: anybody can also take a row out of it, or put in a second one for the
same signature. What a later signature protects of an earlier one stays in the package, and tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from verify.digests import SM3
from verify.errors import Unreadable
from verify.ofd import limits
from verify.ofd.description import Listed, SignatureType, read_description, read_list
from verify.ofd.package import Package
from verify.ofd.report import OfdStep
from verify.ofd.signature import OfdCase
from verify.ofd.structure import DocumentBody, Structure, is_description
from verify.ofd.xml import parse
from verify.ofd.zip_records import refused
from verify.ses.steps import doubtful, failed
from verify.verdict import SubIndication

_WORDS: Final = (b"SignedInfo", b"SignedValue")
"""Stand in every description."""


def read_cases(package: Package, structure: Structure) -> list[OfdCase]:
    """Open one case for each signature; a description that cannot be read stays in its case as a failure.

    Raises ``Unreadable`` where a list allows no reading, names a signature twice, or names too many.
    """
    reading = _Reading(package)
    for body in structure.bodies:
        if body.list is not None and body.list in package:
            for item in read_list(package, body.list):
                reading.add(body, item)
        elif body.list is not None:
            raise Unreadable(
                f"OFD 文件的签名列表 {body.list} 缺失，无法核验；请向发送方索取完整的原件。",
                f"The list of signatures, {body.list}, is missing; ask the sender for the complete file.",
            )
    listed = {case.listed.path for case in reading.cases}
    described = [case.description for case in reading.cases if case.description is not None]
    protected = {one.path for item in described for one in item.references}
    for path in unlisted(package, structure, [path for path in package.paths if path in protected - listed]):
        case = reading.add(_nearest(structure, path), Listed("", SignatureType.SEAL, path))
        case.note(OfdStep.LISTED, _STRUCK)
    return reading.cases


@dataclass(slots=True)
class _Reading:
    """The signatures read so far."""

    package: Package
    cases: list[OfdCase] = field(default_factory=list)
    references: int = 0
    seen: set[str | bytes] = field(default_factory=set)
    """Paths of their descriptions, and digests of these."""

    def add(self, body: DocumentBody, item: Listed) -> OfdCase:
        """Open the case of one row, as long as there are not too many."""
        if len(self.cases) >= limits.MAX_SIGNATURES:
            raise refused(
                f"的签名超过 {limits.MAX_SIGNATURES} 处", f"has over {limits.MAX_SIGNATURES} signatures"
            )
        if item.path in self.seen:
            raise refused(f"的签名 {item.path} 重复列出", f"lists a signature twice, {item.path}")
        case = OfdCase(item, body)
        if item.path in self.package:
            octets = self.package.digest(item.path, SM3)
            if octets in self.seen:
                case.note(OfdStep.LISTED, _COPIED)
            self.seen.add(octets)
        self.seen.add(item.path)
        try:
            case.description = read_description(self.package, item.path)
        except Unreadable as wrong:
            case.note(
                OfdStep.DESCRIPTION, failed(SubIndication.FORMAT_FAILURE, wrong.reason.zh, wrong.reason.en)
            )
        else:
            self._count(len(case.description.references))
        self.cases.append(case)
        return case

    def _count(self, references: int) -> None:
        """Stop before the descriptions of many signatures were all read and compared."""
        self.references += references
        if self.references > limits.MAX_REFERENCES_TOTAL:
            raise refused(
                f"的签名共引用超过 {limits.MAX_REFERENCES_TOTAL} 个文件",
                f"has signatures that name over {limits.MAX_REFERENCES_TOTAL} files together",
            )


def unlisted(package: Package, structure: Structure, among: Iterable[str]) -> tuple[str, ...]:
    """Return the descriptions of signatures among these files, which no list names.

    What no signature protects need not be asked about in a finished package: it is loose, and told as such.
    """
    seen = structure.descriptions
    return tuple(
        path
        for path in among
        if path in seen or (path not in structure.reached and _describes(package, path))
    )


def _describes(package: Package, path: str) -> bool:
    """Tell whether a file that nothing led to is a description; each has the room that a file of its own has."""
    if package.size(path) > limits.MAX_XML_OCTETS or not (package.start(path) or b"").startswith(b"<"):
        return False
    octets = package.read(path)
    if not all(word in octets.replace(b"\x00", b"") for word in _WORDS):
        return False
    try:
        return is_description(parse(octets, path))
    except Unreadable:
        return False


def _nearest(structure: Structure, path: str) -> DocumentBody:
    """Return the document to whose list a description is nearest."""

    def shared(body: DocumentBody) -> int:
        pairs = zip((body.list or "").split("/"), path.split("/"), strict=False)
        return next((at for at, (one, other) in enumerate(pairs) if one != other), len(path))

    return max(structure.bodies, key=shared)


_COPIED: Final = doubtful(
    SubIndication.SIG_CONSTRAINTS_FAILURE,
    "签名描述与另一处签名的逐字节相同：只签署过一次，系他人复制后另行列出，不能算作另一处签名；请向签章单位索取原件核对。",
    "The description is another signature's, octet for octet: it was signed once, and somebody listed a copy. It counts for no second "
    "signature; compare with the signatory's original.",
)
_STRUCK: Final = doubtful(
    SubIndication.SIG_CONSTRAINTS_FAILURE,
    "签名的文件在包内并受其他签名保护，签名列表却没有列出它：列表未经签署，可能有人将其删去，阅读器不再显示该签名；"
    "请向签章单位索取原件核对。",
    "The signature's files are in the package and other signatures protect them, but the list of signatures, which nobody signs, does "
    "not name it: somebody may have struck it off, and readers no longer show it; compare with the signatories' original.",
)
