"""A report on an OFD as the page tells it: what each signature protects and leaves open, and the integrity file."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from api.pages.verdict_card import Card, Fact, Line, Report
from api.pages.words import Language

MAX_NAMED: Final = 8
"""Files named on the page; the JSON report has all."""
_FORMS: Final = {"passed": "good", "failed": "bad", "indeterminate": "warn", "not_done": ""}


def with_ofd(card: Card, report: Report, language: Language) -> Card:
    """Add what a report says of a package to its card; any other report leaves it as it is."""
    found: Report | None = report.get("ofd")
    if found is None:
        return card
    zh = language == "zh"
    shape = f"{found['pages']} 页，{found['entries']} 个文件；页面请用 OFD 阅读器查看" if zh else (
        f"{found['pages']} pages, {found['entries']} files; look at them in an OFD reader"
    )  # fmt: skip
    facts = [Fact("OFD", (Line(shape),))]
    facts += [_coverage(item, language) for item in found["coverage"]]
    integrity: Report | None = found["integrity_file"]
    if integrity is not None:
        line = Line(str(integrity["reason_zh" if zh else "reason"]), _FORMS[str(integrity["state"])])
        facts.append(Fact("完整性文件" if zh else "Integrity file", (line,)))
    if found["missing"]:
        facts.append(Fact("缺失的引用" if zh else "Missing references", _named(found["missing"])))
    return replace(card, technical=(*facts, *card.technical))


def _coverage(item: Report, language: Language) -> Fact:
    zh = language == "zh"
    label = f"{item['id']} 保护范围" if zh else f"What {item['id']} protects"
    count, locked = item["protected"], item["locked"]
    lines = [Line(f"{count} 个文件" if zh else f"{count} files")]
    if item["unprotected"]:
        said = "未受保护，可被替换：" if zh else "Not protected, could be exchanged:"
        lines += [Line(said, "warn"), *_named(item["unprotected"])]
    if item["unreferenced"]:
        said = "未受保护，也未被引用：" if zh else "Neither protected nor used:"
        lines += [Line(said), *_named(item["unreferenced"])]
    if locked:
        lines.append(Line("已锁定，其后不能再盖" if zh else "Locked: none can be added after it"))
    return Fact(label, tuple(lines))


def _named(paths: list[str]) -> tuple[Line, ...]:
    more = len(paths) - MAX_NAMED
    lines = tuple(Line(path, "code") for path in paths[:MAX_NAMED])
    return (*lines, Line(f"… +{more}")) if more > 0 else lines
