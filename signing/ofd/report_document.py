"""A verification report as an OFD document: the same facts as the JSON, on A4, to be sealed and handed on (D5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from seals.drawing.fonts import Face
from seals.drawing.typesetting import POINT, Colour
from signing.ofd.flow import BODY, GREY, SMALL, Flow
from signing.ofd.maker import About, make_document
from verify.civil_time import civil_day, moment, told_here
from verify.ofd.report import OfdReport
from verify.report import DocumentReport, SignatureReport, StatusReport, TimeSource, Verdict
from verify.table import KIND, SOURCE, STATUS_ZH, authority_words

TITLE: Final = "签章核验报告"
_COLOURS: Final[dict[Verdict, Colour]] = {
    Verdict.PASSED: (0, 110, 60),
    Verdict.FAILED: (180, 20, 30),
    Verdict.INDETERMINATE: (170, 100, 0),
    Verdict.UNREADABLE: (170, 100, 0),
}
CLOSING_MM: Final = 22.0
"""Room for the closing words, which stand together."""


def report_document(report: DocumentReport, *, by: str = "印信 Yinxin") -> bytes:
    """Set a report; ``by`` names the service that verified. ``ValueError``: the report names no time of verification."""
    if report.verified_at is None:
        raise ValueError("a report is of a time")
    page = _Page()
    page.heading(report)
    page.facts(_about(report))
    for number, signature in enumerate(report.signatures, start=1):
        page.signature(number, signature)
    if isinstance(report, OfdReport):
        page.coverage(report)
    page.closing(by)
    about = About(TITLE, report.verified_at, by, page.printable(report.file))
    return make_document(
        about, page.flow.finished(f"{TITLE} · {_short(report.sha256)}"), measure=page.flow.measure
    )


def _about(report: DocumentReport) -> list[tuple[str, str]]:
    rows = [
        ("文件 File", report.file or "-"),
        ("SHA-256", report.sha256 or "-"),
        ("大小 Size", f"{report.size:,} 字节 octets"),
        ("核验时间 Verified at", moment(report.verified_at)),
        ("信任证据截至 Evidence as of", moment(report.evidence_as_of)),
    ]
    return rows if not report.notice else [*rows, ("提示 Notice", report.notice)]


class _Page:
    """The report being set."""

    def __init__(self) -> None:
        self.flow = Flow()
        self.printable = self.flow.measure.printable

    def heading(self, report: DocumentReport) -> None:
        """Set the title, then the one word, then why."""
        flow = self.flow
        flow.line(TITLE, 20 * POINT, face=Face.HEI, centred=True)
        flow.line("Verification report", 11 * POINT, colour=GREY, centred=True)
        flow.gap(4)
        colour = _COLOURS[report.verdict]
        flow.line(
            f"{report.verdict.zh}  {report.verdict.en.upper()}", 18 * POINT, face=Face.HEI, colour=colour
        )
        flow.gap(1)
        reason = told_here(report.reason)
        flow.paragraph(self.printable(reason.zh))
        flow.paragraph(self.printable(reason.en), SMALL, colour=GREY)
        flow.gap(3)

    def facts(self, rows: list[tuple[str, str]]) -> None:
        """Set a table of two columns."""
        self.flow.table([(label, self.printable(text)) for label, text in rows], (1, 3), size_mm=9.5 * POINT)

    def signature(self, number: int, item: SignatureReport) -> None:
        """Set one signature."""
        zh, en = KIND[item.kind.value]
        self.flow.heading(f"{number}. {zh} {en} — {item.verdict.zh} {item.verdict.en}")
        self.facts(list(_signature(item)))

    def coverage(self, report: OfdReport) -> None:
        """Set what each signature of an OFD protects and leaves open."""
        self.flow.heading("OFD 覆盖范围 Coverage")
        rows = [("签名 Signature", "受保护 Protected", "未受保护 Unprotected", "锁定 Locked")]
        rows += [
            (
                self.printable(item.id or "-"),
                str(item.protected),
                self.printable("\n".join((*item.open, *item.loose)) or "无 none"),
                "是 yes" if item.locked else "否 no",
            )
            for item in report.coverage
        ]
        self.flow.table(rows, (2, 2, 5, 2), head=True, size_mm=9.5 * POINT)
        if report.integrity_file is not None:
            self.flow.gap(2)
            self.flow.paragraph(
                f"完整性文件 OFDEntries.xml：{self.printable(report.integrity_file.reason.zh)}", BODY
            )

    def closing(self, by: str) -> None:
        """Say who verified, and how anybody checks this report."""
        self.flow.gap(6)
        self.flow.room(CLOSING_MM)
        self.flow.rule()
        self.flow.paragraph(
            f"本报告由{by}出具。报告盖章后，可用任何支持电子签章的 OFD 阅读器或印信核验其真伪；以原文件的 SHA-256 对应原文件。",
            SMALL,
            colour=GREY,
        )
        self.flow.paragraph(
            f"Issued by {by}. Once sealed, this report can itself be verified; its SHA-256 ties it to the file.",
            SMALL,
            colour=GREY,
        )


def _signature(item: SignatureReport) -> Iterator[tuple[str, str]]:
    reason = told_here(item.reason)
    yield "结论 Conclusion", f"{reason.zh}\n{reason.en}"
    if item.signer is not None:
        code = f"（{item.signer.uscc}）" if item.signer.uscc else ""
        yield "签署方 Signer", f"{item.signer.organization or item.signer.name}{code}"
        yield "证书 Certificate", f"{item.signer.serial}\n{item.signer.issuer}"
    if item.seal is not None:
        physical = f" / {item.seal.physical_code}" if item.seal.physical_code else ""
        yield "印章 Seal", f"{item.seal.name}\n{item.seal.kind_zh} · {item.seal.code}{physical}"
        yield "制章单位 Maker", item.seal.maker + ("" if item.seal.trusted else "（未识别 unknown）")
    zh, en = SOURCE[item.time.source]
    authority = f"\n{item.time.authority}" if item.time.source is TimeSource.TSA else ""
    yield "时间 Time", f"{moment(item.time.value)} · {zh} {en}{authority}"
    yield "签后改动 Changed", _changes(item)
    yield (
        "证书状态 Certificate state",
        f"当时 {_state(item.certificate_then)} → 现在 {_state(item.certificate_now)}{authority_words(item)}",
    )
    if item.seal is not None:
        yield "印章状态 Seal state", f"当时 {_state(item.seal_then)} → 现在 {_state(item.seal_now)}"
    if item.algorithm:
        yield "算法 Algorithm", item.algorithm
    if item.placements:
        shown = [f"第 {place.page} 页 {place.x_mm:.1f}, {place.y_mm:.1f} mm" for place in item.placements[:3]]
        more = f" …（共 {len(item.placements)} 处）" if len(item.placements) > len(shown) else ""
        yield "位置 Where", "；".join(shown) + more


def _changes(item: SignatureReport) -> str:
    if item.integrity.modified is None:
        return "未能判断 not judged"
    if not item.integrity.modified:
        return "未改动 unchanged"
    places = "；".join(f"{change.object} {change.what_zh}".strip() for change in item.integrity.where[:8])
    return f"已改动 changed：{places}"


def _state(status: StatusReport) -> str:
    since = f"（{civil_day(status.since)}）" if status.since is not None else ""
    return STATUS_ZH.get(status.status, status.status) + since


def _short(sha256: str) -> str:
    return f"SHA-256 {sha256[:16]}…" if sha256 else ""
