"""Is the sealed document the licence that it says it is: identifier, authority, last day.

Anybody with a certificate can seal a page that calls itself a business licence; each seal then holds. So the authority that the
identifier names has to be among those who sealed, and its seal over the octets in which the identifier stands. The verdict on the
seals is not touched: a contract may well quote a licence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from ca.clock import BEIJING
from seals.licence_identifier import ROOT, IdentifierWrong, LicenceIdentifier
from verify.licences.report import LicencePart
from verify.report import Indication, SignatureReport
from verify.sentence import Reason
from verify.ses.facts import StepState
from verify.verdict import Verdict

MAX_LOOKED_AT: Final = 8 * 1024 * 1024
"""Octets of a file in which an identifier is looked for: licences are small, and larger files are not slowed down."""
_PLAIN_START: Final = ROOT.encode()
_WIDE_START: Final = ROOT.encode("utf-16-be")
DIVISION: Final = 6
"""Digits of an administrative division (GB/T 2260), which may stand in the place of an issuer's code."""
_ORGANS: Final = "1"
"""First character of the code (GB 32100) of whoever is registered with the commissions for public posts: organs, institutions."""
_FORM: Final = (
    re.escape(ROOT) + r"\.[0-9A-Z]{21}\.[0-9A-Z]{6,18}\.[0-9A-Z]{7,32}\.[0-9]{3}\.[0-9A-Z](?![0-9A-Z.])"
)
_TEXT: Final = re.compile(_FORM)
_OCTETS: Final = re.compile(_FORM.encode())
_WIDE: Final = re.compile(rb"(?:\x00[0-9A-Z.]){40,100}")
_DATE: Final = re.compile(r"(\d{4})\D{0,2}(\d{1,2})\D{0,2}(\d{1,2})")
_NAME: Final = ("证照名称", "证照类型名称")
_HOLDER: Final = ("持证主体", "持证主体名称", "持证者")
_FROM: Final = ("证照有效期起始日期", "有效期起始日期", "有效期起")
_TO: Final = ("证照有效期截止日期", "有效期截止日期", "有效期止")
"""Names of metadata as directories after GB/T 36903 have them."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a document says of itself: the identifiers that stand in it, and its metadata by name.

    ``quoted``: they stand in its text alone, where a notice about a licence has them as well.
    ``upto``: how many of the file's first octets a seal has to cover to be over an identifier; 0 where every seal is over all.
    """

    identifiers: tuple[str, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    upto: int = 0
    quoted: bool = False


def identifiers_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the identifiers that stand in texts, each once."""
    return tuple(dict.fromkeys(found for text in texts for found in _TEXT.findall(text)))


def said_by_octets(data: bytes) -> Said:
    """Look for identifiers in the strings of a PDF as they are written: plain, or in UTF-16 as metadata often are."""
    if len(data) > MAX_LOOKED_AT or (_PLAIN_START not in data and _WIDE_START not in data):
        return Said(())
    plain = [(one.group().decode("ascii"), one.end()) for one in _OCTETS.finditer(data)]
    wide = [
        (found, one.end())
        for one in _WIDE.finditer(data)
        if ROOT.encode() in one.group()[1::2]
        for found in identifiers_in([one.group()[1::2].decode("ascii")])
    ]
    identifiers = tuple(dict.fromkeys(found for found, _ in (*plain, *wide)))
    return Said(identifiers, upto=min((end for _, end in (*plain, *wide)), default=0))


def judge_licence(said: Said, signatures: Iterable[SignatureReport], at: datetime) -> LicencePart | None:
    """Judge the one licence that a document says it is; ``None`` where it names none, or several, and so is none itself."""
    if len(said.identifiers) != 1:
        return None
    (written,) = said.identifiers
    part = _described(written, said.metadata)
    try:
        found = LicenceIdentifier.parse(written)
    except IdentifierWrong:
        return replace(part, state=StepState.FAILED, reason=_MISWRITTEN)
    part = replace(part, type_code=found.type_code, issuer=found.issuer)
    if not any(_granted(found, item) and _over(said.upto, item) for item in signatures):
        return replace(part, state=StepState.INDETERMINATE, reason=_stranger(found.issuer))
    if part.valid_to is not None and at > part.valid_to:
        return replace(part, state=StepState.FAILED, reason=_ENDED)
    return replace(part, state=StepState.PASSED, reason=_QUOTED if said.quoted else _GOOD)


def _granted(found: LicenceIdentifier, item: SignatureReport) -> bool:
    """Tell whether a valid seal is that of the authority: by its code, or as an organ of the division where only that is named.

    The division in a code is that of whoever registered its holder: every enterprise of the place has it too.
    """
    if (
        item.indication is not Indication.TOTAL_PASSED
        or item.verdict is not Verdict.PASSED
        or item.signer is None
    ):
        return False
    uscc = item.signer.uscc
    organ = uscc.startswith(_ORGANS) and uscc[2:8] == found.issuer
    return uscc == found.issuer or (len(found.issuer) == DIVISION and organ)


def _over(upto: int, item: SignatureReport) -> bool:
    """Tell whether a signature covers so many octets: who seals a notice grants nothing that others append to it."""
    seen = item.integrity
    return not upto or seen.covers_whole_document or any(one.start >= upto for one in seen.revisions[:1])


def _described(written: str, metadata: Mapping[str, str]) -> LicencePart:
    def first(names: tuple[str, ...]) -> str:
        return next((metadata[name][:200] for name in names if metadata.get(name)), "")

    end = _day(first(_TO))
    return LicencePart(
        written,
        StepState.INDETERMINATE,
        _GOOD,
        name=first(_NAME),
        holder=first(_HOLDER),
        valid_from=_day(first(_FROM)),
        valid_to=None if end is None else end + timedelta(days=1, seconds=-1),
    )


def _day(text: str) -> datetime | None:
    """Read a date as the beginning of that day in China; ``None`` for anything else, 长期 among them."""
    found = _DATE.search(text)
    if found is None:
        return None
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_GOOD: Final = Reason(
    "证照标识正确，由其所述的颁发机构盖章；是否被暂停或注销，请向颁发机构查询。",
    "The identifier is right and the authority that it names sealed it; whether it was suspended since, ask that authority.",
)
_QUOTED: Final = Reason(
    "标识正确，由其所述的颁发机构盖章；标识只见于正文而不在元数据中，文件也可能只是提及该证照（如注销公告），请阅读文件本身；"
    "是否被暂停或注销，请向颁发机构查询。",
    "The identifier is right and the authority that it names sealed it. It stands in the text and not in the metadata, so the document may "
    "be about the licence (a notice that it was cancelled, say): read it; whether it was suspended since, ask that authority.",
)
_MISWRITTEN: Final = Reason(
    "证照标识的校验位不符，标识系误写或伪造，不能作为证照认可。",
    "The check character of the identifier does not agree: it was miswritten or invented; do not accept it as a licence.",
)
_ENDED: Final = Reason("证照已过有效期，不能作为有效证照使用。", "The licence is past its last day.")


def _stranger(issuer: str) -> Reason:
    return Reason(
        f"证照标识所述的颁发机构（{issuer}）没有在文件上有效盖章：盖章者不是该机构，不能作为该证照认可。",
        f"The authority that the identifier names ({issuer}) has no valid seal on the document: others sealed it; do not accept "
        "it as that licence.",
    )
