"""The identifier of an electronic licence, alone as a scanner reads it (GB/T 36904): its parts and its check character."""

from __future__ import annotations

from typing import Final

from ca.errors import UsccInvalid
from ca.uscc import check_uscc
from seals.licence_identifier import IdentifierWrong, LicenceIdentifier
from verify.licences.judge import DIVISION
from verify.objects.steps import Judged, ObjectStep, at, fact
from verify.sentence import Reason
from verify.ses.steps import Outcome, doubtful, failed, passed
from verify.verdict import SubIndication

_GOOD: Final = Reason("标识有效。", "The identifier is valid.")
_ONLY: Final = doubtful(
    SubIndication.SIGNED_DATA_NOT_FOUND,
    "标识本身不证明任何事，任何人都可以抄写；请核验证照文件本身，或向颁发机构查询其状态。",
    "An identifier proves nothing by itself, anybody can copy it; verify the licence, or ask its issuer how it stands.",
)


def judge_identifier(octets: bytes) -> Judged:
    """Judge an identifier: its form, its check character, the code of who granted it."""
    text = octets.decode("ascii", "replace")
    try:
        found = LicenceIdentifier.parse(text)
    except IdentifierWrong as wrong:
        words = failed(
            SubIndication.FORMAT_FAILURE,
            f"标识有误：应为{wrong.zh}；请核对抄写或重新扫描。",
            f"The identifier is not right: it should be {wrong.en}; check it or scan it again.",
        )
        return Judged(_GOOD, (at(ObjectStep.IDENTIFIER, words),))
    facts = (
        fact("identifier", ("证照标识", "identifier"), str(found)),
        fact("type", ("证照类型代码", "type code"), found.type_code),
        fact("issuer", ("颁发机构代码", "issuer's code"), found.issuer),
        fact("serial", ("流水号", "serial"), found.serial),
        fact("version", ("版本", "version"), f"{found.version:03}"),
    )
    steps = (
        at(ObjectStep.IDENTIFIER, passed("校验位相符。", "The check character agrees.")),
        at(ObjectStep.ISSUER_CODE, issuer_code(found)),
        at(ObjectStep.CONTENT, _ONLY),
    )
    return Judged(_GOOD, steps, facts)


def issuer_code(found: LicenceIdentifier) -> Outcome:
    """GB 32100: the code of who granted it is a unified social credit code that agrees, or a division of six digits."""
    if len(found.issuer) == DIVISION:
        return passed("颁发机构代码为六位行政区划。", "The issuer's code is a division of six digits.")
    try:
        check_uscc(found.issuer)
    except UsccInvalid:
        return doubtful(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            f"颁发机构代码 {found.issuer} 不是正确的统一社会信用代码，请向颁发机构核实。",
            f"The issuer's code, {found.issuer}, is no unified social credit code; ask the issuer.",
        )
    return passed("颁发机构代码正确。", "The issuer's code is in order.")
