"""The files that a signature protects: their digests, and what it leaves open (GB/T 33190 §18.2, GM/T 0099)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hsm.algorithms import DigestAlgorithm
from verify.digests import SM3
from verify.ofd import limits
from verify.ofd.description import Description, Reference, own_parts, proved
from verify.ofd.package import INTEGRITY, Package
from verify.ofd.structure import Structure
from verify.report import Change
from verify.ses.steps import Outcome, doubtful, failed, passed
from verify.verdict import SubIndication

METHODS: Final = {
    "SM3": SM3,
    DigestAlgorithm.SM3.oid: SM3,
    f"{DigestAlgorithm.SM3.oid}.1": SM3,
    "SHA256": "sha256",
    DigestAlgorithm.SHA256.oid: "sha256",
}
"""Digests that count, by the names and numbers that real packages write; ``.1`` is SM3 without a key (GM/T 0006)."""
WEAK: Final = {"MD5": "md5", "": "md5", "SHA1": "sha1", "1.2.840.113549.2.5": "md5", "1.3.14.3.2.26": "sha1"}
"""Digests that do not; an absent ``CheckMethod`` is MD5 by the schema."""
SHOWN: Final = 5
"""Files named in a sentence; the report lists more (:data:`verify.ofd.limits.MAX_NAMED`)."""


@dataclass(frozen=True, slots=True)
class Method:
    """The digest of a signature's references, and what is thought of it; without ``name`` nothing can be compared."""

    name: str | None
    outcome: Outcome


def method_of(description: Description) -> Method:
    """Judge ``CheckMethod``: collisions of MD5 and SHA-1 are made to order, so that two files fit one signature."""
    written = description.method.upper().replace("-", "")
    if written in METHODS:
        name = METHODS[written]
        return Method(name, passed(f"{name.upper()}。", f"{name.upper()}."))
    shown = description.method[:60]
    if written in WEAK:
        told = shown or "（未写明，按标准为 MD5）"
        return Method(
            WEAK[written],
            doubtful(
                SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
                f"文件杂凑使用了不被接受的算法 {told}，可被伪造，不能作为可靠证明；请要求用 SM3 重新签章。",
                f"The files are digested by {shown or 'MD5, as nothing else is stated'}, which is not accepted because it "
                "can be forged; ask for a new seal with SM3.",
            ),
        )
    return Method(
        None,
        doubtful(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            f"文件杂凑算法“{shown}”无法识别，不能核对文件；请要求用 SM3 重新签章。",
            f"The digest method {shown!r} is unknown, so the files cannot be compared; ask for a new seal with SM3.",
        ),
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """What the comparison of every protected file came to."""

    outcome: Outcome
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """The package around one signature."""

    package: Package
    structure: Structure
    parts: frozenset[str] = frozenset()
    """Files of all signatures."""
    evidence: frozenset[str] = frozenset()
    """Evidence beside signatures: certificates, lists and answers alone (:func:`verify.ofd.evidence.is_evidence`)."""
    most: int = limits.MAX_NAMED
    """Files of one kind that may be named for one signature."""


def named_each(signatures: int) -> int:
    """Say how many files of one kind may be named for each signature, so that a report of many stays small."""
    return max(SHOWN, min(limits.MAX_NAMED, limits.MAX_NAMED_TOTAL // max(signatures, 1)))


def shortened(path: str) -> str:
    """Return a path as it is told of: of a long one begin and end."""
    if len(path) <= limits.MAX_SHOWN_PATH:
        return path
    half = limits.MAX_SHOWN_PATH // 2
    return f"{path[: half - 1]}…{path[-half:]}"


def compare(whole: Whole, description: Description, method: Method) -> Compared:
    """Digest each protected file as stored; a missing file is a changed one."""
    if not description.references:
        return Compared(
            failed(
                SubIndication.SIGNED_DATA_NOT_FOUND,
                "签名没有保护任何文件，无效。",
                "The signature protects no file: it is invalid.",
            )
        )
    if method.name is None:
        return Compared(method.outcome)
    package, bodies = whole.package, whole.structure.bodies
    pages = {page.path: number for body in bodies for number, page in enumerate(body.pages, start=1)}
    lists = {body.list for body in bodies}
    found = [(item.path, _wrong(package, item, method.name)) for item in description.references]
    wrong = [(path, how) for path, how in found if how is not None]
    if not wrong:
        count = len(description.references)
        return Compared(
            passed(f"{count} 个文件均与签名时一致。", f"All {count} files are as they were signed.")
        )
    changes = tuple(_change(path, pages, how, in_list=path in lists) for path, how in wrong[: whole.most])
    where = "、".join(change.object for change in changes[:SHOWN])
    locked = any(path in lists for path, _ in wrong)
    zh = f"{len(wrong)} 个受保护文件被改动或缺失（{where}），签章无效；请向签章单位索取原件。"
    en = f"{len(wrong)} protected files were changed or are missing ({where}); ask the signatory for the original file."
    if locked:
        zh = f"签名列表已被该签章锁定，其后又追加了签名。{zh}"
        en = f"This signature locked the list of signatures, and another was added afterwards. {en}"
    return Compared(failed(SubIndication.DOCUMENT_MODIFIED, zh, en), changes)


_MISSING: Final = ("缺失", "is missing")
_CHANGED: Final = ("已改动", "was changed")


def _wrong(package: Package, item: Reference, method: str) -> tuple[str, str] | None:
    if item.path not in package:
        return _MISSING
    try:
        expected = base64.b64decode("".join(item.value.split()), validate=True)
    except (binascii.Error, ValueError):
        return _CHANGED
    return None if package.digest(item.path, method) == expected else _CHANGED


def _change(path: str, pages: dict[str, int], wrong: tuple[str, str], *, in_list: bool) -> Change:
    page = pages.get(path)
    what_zh, what_en = (
        ("页面", "a page")
        if page
        else ("签名列表", "the list of signatures")
        if in_list
        else ("文件", "a file")
    )
    return Change(what_zh + wrong[0], f"{what_en} {wrong[1]}", page, shortened(path))


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one signature protects: whether it locks the list, what it leaves open to readers, and what lies loose beside.

    ``evidence`` is what lies beside signatures unprotected and can be nothing else.
    """

    locked: bool
    open: tuple[str, ...]
    loose: tuple[str, ...]
    evidence: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Tell whether nothing was left out."""
        return not (self.open or self.loose or self.evidence)

    @property
    def outcome(self) -> Outcome:
        """A file that nobody signed can be exchanged with every check still green, and some reader may show it: never a pass."""
        if self.open:
            named = _listed(self.open)
            return doubtful(
                SubIndication.SIG_CONSTRAINTS_FAILURE,
                f"有 {len(self.open)} 个会被阅读器使用的文件不在签章保护之内（{named}），可被替换而不被发现，"
                "故不能认定文件未被改动；请要求对全部文件重新签章。",
                f"{len(self.open)} files that a reader uses are not protected ({named}): they could be exchanged unnoticed, "
                "so the document cannot be called unchanged; ask for a seal over every file.",
            )
        if self.loose:
            named = _listed(self.loose)
            return doubtful(
                SubIndication.SIG_CONSTRAINTS_FAILURE,
                f"有 {len(self.loose)} 个文件不在签章保护之内，也未见被引用（{named}），可能在签章后放入，个别阅读器或会显示，"
                "故不能认定；请向签章单位索取原件核对，或要求对全部文件重新签章。",
                f"{len(self.loose)} files are neither protected nor, as far as can be seen, used ({named}): they may have been put in "
                "after sealing, and some reader may show them; compare with the signatory's original, or ask for a seal over "
                "every file.",
            )
        if self.evidence:
            named = _listed(self.evidence)
            return passed(
                f"阅读器使用的文件全部受保护；签名旁的证据文件（{named}）未受保护，只作为候选证据，不被显示。",
                f"Every file that a reader uses is protected; evidence beside signatures is not ({named}): it counts as a "
                "candidate alone, and nothing of it is shown.",
            )
        return passed("包内文件全部受保护。", "Every file of the package is protected.")


def _listed(paths: Sequence[str]) -> str:
    return "、".join(map(shortened, paths[:SHOWN]))


def coverage(whole: Whole, description: Description) -> Coverage:
    """Compare what is protected with what there is.

    Where a file cannot be followed, any other may be shown in its name: evidence, which may be anything, and what came with other
    signatures too.
    """
    package, structure = whole.package, whole.structure
    protected = {item.path for item in description.references}
    lists = {body.list for body in structure.bodies if body.list is not None}
    own = own_parts(description)
    reached = structure.reached_in(package, lists | proved(description))
    left = [path for path in package.paths if path not in protected]
    shown = {description.picture}  # a reader may draw it instead of the picture inside the seal
    opened = tuple(path for path in left if path in reached or path in shown)
    spared = {*opened, *lists, *own, *whole.parts, INTEGRITY}
    beside = tuple(path for path in left if path not in spared)
    loose = tuple(path for path in beside if path not in whole.evidence)
    return Coverage(
        bool(lists & protected), opened, loose, tuple(path for path in beside if path in whole.evidence)
    )
