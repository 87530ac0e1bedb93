"""The report as a page that a clerk understands: the word first, then which file, the answers, each seal, and who says so.

Pure: the same report gives the same octets. The page carries the machine-readable report as attached files.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final, cast

import segno

from seals.drawing.fonts import Face
from seals.drawing.typesetting import A4, POINT, Colour, Measure
from verify.acceptance.answers import Answer, AnswerStatus
from verify.civil_time import ZH as ZONE
from verify.civil_time import in_civil_time, moment, told_here
from verify.report import DocumentReport, Verdict
from verify.reports.etsi import SOFTWARE, Issue, etsi_json, etsi_xml, signatures_of
from verify.reports.page_signatures import blocks, table
from verify.reports.pdf_file import About, Attachment, write_pdf
from verify.reports.reported import only_of_then
from verify.reports.setting import (
    EN,
    GREY,
    LEFT,
    RIGHT,
    TINT,
    TOP,
    WIDTH,
    ZH,
    Fact,
    Setting,
    Style,
)

TITLE: Final = "签章核验报告"
XML_NAME: Final = "validation-report.xml"
JSON_NAME: Final = "validation-report.json"
NAMES: Final = (JSON_NAME, XML_NAME)
"""Attached from the first; the signed data comes behind them."""
SEAL_MM: Final = (58.0, 15.0)
SEAL_AT: Final = (A4[0] - RIGHT - SEAL_MM[0], A4[1] - 8.0 - SEAL_MM[1])
"""Where the verification service's mark goes on the first page: left and top in mm."""
CODE_MM: Final = 21.0
BLOCKS: Final = 2
"""Signatures told in full; of more, a table tells them all and the attached data tells each in full."""
COLOURS: Final[dict[Verdict, Colour]] = {
    Verdict.PASSED: (0, 110, 60),
    Verdict.FAILED: (178, 24, 32),
    Verdict.INDETERMINATE: (160, 98, 0),
    Verdict.UNREADABLE: (160, 98, 0),
}
_WHITE: Final[Colour] = (255, 255, 255)
_RED: Final[Colour] = (178, 24, 32)


def draw_page(report: DocumentReport, issue: Issue) -> bytes:
    """Draw the report. ``ValueError``: it names no time of verification. Raises :class:`seals.errors.FontMissing`."""
    if report.verified_at is None:
        raise ValueError("a report is of a time")
    page = Setting(Measure())
    page.room(0)
    _head(page, issue)
    _verdict(page, report)
    page.facts(_file(report, issue))
    _answers(page, report)
    told = signatures_of(report)
    found = told if report.signatures or told[0].signer is not None else ()
    if len(found) <= BLOCKS:
        blocks(page, found, COLOURS)
    else:
        table(page, found, COLOURS)
    _closing(page, issue)
    _feet(page, report, issue)
    at = issue.issued_at or report.verified_at
    attachments = (
        Attachment(
            JSON_NAME, json.dumps(etsi_json(report, issue), ensure_ascii=False, indent=1).encode(), _JSON
        ),
        Attachment(XML_NAME, etsi_xml(report, issue), _XML),
    )
    return write_pdf(page.sheets, About(TITLE, issue.by or SOFTWARE, at), attachments, page.measure)


_JSON: Final = "核验报告数据（JSON）"
_XML: Final = "核验报告数据（ETSI TS 119 102-2）"


_CHECK: Final = (
    (
        "任何单位都可以核验本报告：用印信核验本文件即可；随附原文件一起核验，还可核对两者是否对应。"
        "以所附签名数据为准；页面与数据不符的报告会被拒绝。"
    ),
    (
        "Anyone can check this report: verify this file, with the document beside it to compare the two. "
        "The signed data in it counts; a page that says otherwise is refused."
    ),
)
_UNSIGNED: Final = (
    "本报告没有签名，只对运行核验程序的人有意义；要交给他人，请由核验服务出具盖章的报告。",
    (
        "This report is unsigned and means something only to whoever ran the program; "
        "to hand it on, have a verification service issue it."
    ),
)


def _head(page: Setting, issue: Issue) -> None:
    page.put(LEFT, TOP, TITLE, Style(20 * POINT, Face.HEI))
    page.put(LEFT, TOP + 9.2, "Verification report", Style(10 * POINT, Face.HEI, GREY))
    right = A4[0] - RIGHT
    if issue.answer:
        _code(page, issue.answer, right - CODE_MM, TOP - 5)
        right -= CODE_MM + 4
    for place, (zh, en) in enumerate(_issued(issue)):
        y = TOP + 0.5 + place * 8.2
        style = Style(8.5 * POINT, Face.HEI)
        page.put(right - page.measure.width(Face.HEI, page.printable(zh), style.size), y, zh, style)
        page.put(right - page.measure.width(Face.HEI, page.printable(en), EN.size), y + 3.8, en, EN)
    page.y = TOP + 19.5


def _issued(issue: Issue) -> list[tuple[str, str]]:
    if not issue.number:
        return [("未签发：由核验程序直接生成，无签名", "Not issued: made by the program itself, unsigned")]
    return [
        (f"报告编号 {issue.number}", "Report number"),
        (f"出具时间 {moment(issue.issued_at)}", "Issued at"),
    ]


def _code(page: Setting, address: str, x: float, y: float) -> None:
    """Draw a QR code (ISO/IEC 18004), each run of dark modules one box."""
    rows = [list(map(bool, row)) for row in segno.make_qr(address, error="m").matrix]
    step = CODE_MM / len(rows)
    for down, row in enumerate(rows):
        start = 0
        for across, dark in enumerate([*row, False]):
            if not dark:
                if across > start:
                    page.box(x + start * step, y + down * step, ((across - start) * step, step), (0, 0, 0))
                start = across + 1


def _verdict(page: Setting, report: DocumentReport) -> None:
    """Set the word, large, with the sentence beside it; a voided document has a line of its own above."""
    if report.voided is not None:
        page.box(LEFT, page.y, (WIDTH, 11.5), _RED)
        page.put(LEFT + 4, page.y + 1.6, "文件已作废", Style(13 * POINT, Face.HEI, _WHITE))
        page.put(LEFT + 4, page.y + 7.2, "The document was voided", Style(7 * POINT, Face.HEI, _WHITE))
        page.text(
            LEFT + 48,
            WIDTH - 52,
            in_civil_time(report.voided.zh, ZONE),
            Style(8 * POINT, Face.SONG, _WHITE),
            page.y + 1.2,
        )
        page.y += 13.5
    colour, left = COLOURS[report.verdict], LEFT + 48.0
    wide = WIDTH - 48 - 4
    zh, en = Style(10 * POINT, Face.SONG), Style(7.5 * POINT, Face.HEI, GREY, 1.35)
    reason = told_here(report.reason)
    high = max(22.0, page.height(reason.zh, wide, zh) + page.height(reason.en, wide, en) + 6)
    page.box(LEFT, page.y, (WIDTH, high), TINT)
    page.box(LEFT, page.y, (42, high), colour)
    word = Style((30 if len(report.verdict.zh) <= 2 else 21) * POINT, Face.HEI, _WHITE)
    _centred(page, LEFT + 21, page.y + high / 2 - 8.5, report.verdict.zh, word)
    _centred(
        page,
        LEFT + 21,
        page.y + high / 2 + 4.6,
        report.verdict.en.upper(),
        Style(9 * POINT, Face.HEI, _WHITE),
    )
    below = page.text(left, wide, reason.zh, zh, page.y + 3)
    page.text(left, wide, reason.en, en, below + 0.6)
    page.y += high + 3


def _centred(page: Setting, middle: float, y: float, text: str, style: Style) -> None:
    page.put(middle - page.measure.width(style.face, text, style.size) / 2, y, text, style)


def _file(report: DocumentReport, issue: Issue) -> list[Fact]:
    rows = [
        Fact("文件", "File", report.file or "-"),
        Fact("SHA-256", "", report.sha256 or "-"),
        Fact("大小", "Size", f"{report.size:,} 字节 octets"),
        Fact("核验时间", "Verified", moment(report.verified_at)),
        Fact("证据截至", "Evidence", _age(report)),
    ]
    if report.content_sha256:
        rows.insert(2, Fact("原文件", "Content", report.content_sha256))
    then = told_here(only_of_then(cast("datetime", report.verified_at), issue.issued_at))
    if then.zh:
        rows.append(Fact("注意", "As of then", then.zh, then.en.strip()))
    if report.notice:
        rows.append(Fact("提示", "Notice", report.notice, "Demonstration certificates, without legal effect"))
    return rows


def _age(report: DocumentReport) -> str:
    if report.evidence_as_of is None or report.verified_at is None:
        return "没有信任库证据 none"
    hours = max(0, int((report.verified_at - report.evidence_as_of).total_seconds() // 3600))
    old = f"{hours} 小时 hours" if hours < 72 else f"{hours // 24} 天 days"
    return f"{moment(report.evidence_as_of)} · 距核验 {old}"


_MARKS: Final = {
    AnswerStatus.YES: ("是", "yes", COLOURS[Verdict.PASSED]),
    AnswerStatus.CONDITIONS: ("有条件", "conditions", COLOURS[Verdict.INDETERMINATE]),
    AnswerStatus.NO: ("否", "no", COLOURS[Verdict.FAILED]),
    AnswerStatus.OPEN: ("未定", "open", COLOURS[Verdict.INDETERMINATE]),
    AnswerStatus.NOT_ASKED: ("未问", "not asked", GREY),
}


def _answers(page: Setting, report: DocumentReport) -> None:
    if report.answers is None:
        return
    page.heading("三个答案", "Three answers")
    _answer(page, "签名有效？", "Cryptographic", report.answers.cryptographic)
    _answer(page, "可信？", "Trusted", report.answers.trusted)
    _answer(page, "受理？", "Accepted", report.answers.accepted)


def _answer(page: Setting, zh: str, en: str, answer: Answer) -> None:
    word, word_en, colour = _MARKS[answer.status]
    left, wide, told = LEFT + 47, WIDTH - 47, told_here(answer.sentence)
    page.room(page.height(told.zh, wide, ZH) + page.height(told.en, wide, EN) + 1)
    page.put(LEFT, page.y, zh, Style(ZH.size, Face.HEI))
    page.put(LEFT, page.y + 4.1, en, EN)
    page.put(LEFT + 26, page.y, word, Style(ZH.size, Face.HEI, colour))
    page.put(LEFT + 26, page.y + 4.1, word_en, EN)
    below = page.text(left, wide, told.zh, ZH)
    page.y = max(page.text(left, wide, told.en, EN, below), page.y + 7.4) + 1.0


def _closing(page: Setting, issue: Issue) -> None:
    """Say how anybody checks this report, and leave room for the mark where it is issued."""
    zh, en = _checking(issue)
    high = page.height(zh, WIDTH, ZH) + page.height(en, WIDTH, EN) + 5
    page.room(high)
    page.y += 2
    page.rule()
    page.y += 1.6
    page.y = page.text(LEFT, WIDTH, zh, ZH)
    page.y = page.text(LEFT, WIDTH, en, EN)


def _checking(issue: Issue) -> tuple[str, str]:
    return _CHECK if issue.number else _UNSIGNED


def _feet(page: Setting, report: DocumentReport, issue: Issue) -> None:
    total = len(page.sheets)
    foot = (
        f"{issue.by or SOFTWARE} · SHA-256 {report.sha256[:16]}…" if report.sha256 else (issue.by or SOFTWARE)
    )
    for number, sheet in enumerate(page.sheets, start=1):
        page.sheets.append(sheet)  # the setting writes on its last sheet
        y = A4[1] - 9
        end = page.put(LEFT, y, foot, EN)
        page.put(end + 6, y, f"{number} / {total}", EN)
        page.sheets.pop()
