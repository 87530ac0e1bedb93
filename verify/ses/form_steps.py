"""What the form of a seal may say that no step asks for: extensions that must be understood, octets that are no picture, impossible dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from seals.ses.parts import SesExtension, SesPicture, SesProperty
from seals.ses.pixels import look
from seals.statement import SEAL_STATEMENT_OID
from verify.civil_time import civil_day
from verify.ses.steps import Demand, Outcome, doubtful, failed, passed
from verify.verdict import SubIndication

KNOWN_EXTENSIONS: Final = frozenset({SEAL_STATEMENT_OID})
"""Extensions that are understood here."""
_PIXELS: Final = frozenset({"PNG", "GIF", "BMP", "JPG"})
MOST_OF_ZONES: Final = timedelta(hours=14)
"""How far a local time written as UTC may be off: some makers write one."""


def critical_and_unknown(extensions: Sequence[SesExtension]) -> Outcome | None:
    """``ExtData.critical``: what must be understood and is not may forbid this very use (as RFC 5280 §4.2 has it for certificates)."""
    strange = [item.oid for item in extensions if item.critical and item.oid not in KNOWN_EXTENSIONS]
    if not strange:
        return None
    return doubtful(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        f"自定义数据 {strange[0]} 标为必须理解（critical），本程序不理解，可能限制了印章的用途；请向制章单位核实其含义。",
        f"The extension {strange[0]} is critical and not understood here: it may limit what the seal is for; ask the maker what it means.",
    )


def picture_form(picture: SesPicture) -> Outcome | None:
    """``picture.type`` and the octets: pixels of another kind are only told; a page, a package or nothing known is no picture of a seal."""
    found = look(picture.data).kind
    if found in _PIXELS or found == picture.kind:
        return None
    return doubtful(
        SubIndication.FORMAT_FAILURE,
        f"印章图样写明为“{picture.type[:16]}”，内容却是{f' {found}' if found else '未知格式'}，显示的可能不是印章；请向制章单位核实。",
        f"The seal's picture says {picture.type[:16]!r} and its octets are {found or 'of no known kind'}: what is shown may be no seal; "
        "ask the maker.",
    )


def ahead_of_time(
    stated: datetime,
    known: datetime,
    skew: timedelta,
    sub: SubIndication = SubIndication.SIG_CONSTRAINTS_FAILURE,
) -> Outcome | None:
    """Judge a stated time of signing that lies behind a known one: some makers write local time as UTC, and nobody can prove what is to come."""
    early = stated - known - skew
    if early <= timedelta(0):
        return None
    zh = f"签章时间 {stated:%Y-%m-%d %H:%M}Z 晚于 {known:%Y-%m-%d %H:%M}Z"
    en = f"It claims to be signed at {stated:%Y-%m-%d %H:%M}Z, later than {known:%Y-%m-%d %H:%M}Z"
    if early <= MOST_OF_ZONES:
        return _perhaps_local(sub, (zh, en), ("签章单位", "the signatory"))
    return failed(sub, f"{zh}，无效。", f"{en}: invalid.")


def _perhaps_local(sub: SubIndication, said: tuple[str, str], whom: tuple[str, str]) -> Outcome:
    return doubtful(
        sub,
        f"{said[0]}，可能误写为当地时间；请向{whom[0]}核实，或过后重新核验。",
        f"{said[1]}: perhaps a local time; ask {whom[1]}, or verify again later.",
    )


def making_time(fields: SesProperty, when: datetime, skew: timedelta, demand: Demand) -> Outcome:
    """Step c (GM/T 0031-2025): not made in the future, nor after its own use or end.

    The earlier texts do not ask. A seal cannot be younger than its use in any of them, but for makers who write local time.
    """
    created, ends, early = fields.created, fields.valid_to, fields.created - when - skew
    if early > timedelta(0):
        zh = f"制作日期 {created:%Y-%m-%d %H:%M}Z 晚于使用或核验的时间 {when:%Y-%m-%d %H:%M}Z"
        en = f"It claims to be made at {created:%Y-%m-%d %H:%M}Z, later than its use or verification at {when:%Y-%m-%d %H:%M}Z"
        if demand is Demand.POSSIBLE and early <= MOST_OF_ZONES:
            return _perhaps_local(SubIndication.SIG_CONSTRAINTS_FAILURE, (zh, en), ("制章单位", "its maker"))
        return failed(SubIndication.SIG_CONSTRAINTS_FAILURE, f"{zh}，无效。", f"{en}: invalid.")
    if demand is Demand.STRICT and created > ends:
        return failed(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            f"制作日期 {civil_day(created)} 晚于印章有效期终止 {civil_day(ends)}，无效。",
            f"It was made on {civil_day(created)}, after its own end on {civil_day(ends)}: invalid.",
        )
    return passed(f"制作于 {civil_day(created)}。", f"Made on {civil_day(created)}.")
