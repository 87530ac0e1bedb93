"""The one report of a batch: what became of each document, as JSON, CSV and a page to read or print."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any, Final

from signing.batch.batch import BatchDocument, BatchProgress, DocumentState
from signing.batch.desk import MAX_PAGE, BatchDesk
from verify.many.sheet import MARK, csv_line

FORM: Final = "yinxin-batch-report-v1"
_COLUMNS: Final = (
    "number", "name", "mark", "document", "state", "result", "size", "sealing", "settled_at", "fault", "fault_zh", "fault_en",
)  # fmt: skip


def every(desk: BatchDesk, batch_id: str) -> Iterator[BatchDocument]:
    """Yield every document in order, a page in memory at a time."""
    after = -1
    while page := desk.documents(batch_id, after=after, limit=MAX_PAGE):
        yield from page
        after = page[-1].number


def as_json(desk: BatchDesk, batch_id: str) -> dict[str, Any]:
    """Return the report as plain values; the same batch at rest gives the same report."""
    progress = desk.progress(batch_id)
    return summary(progress) | {"documents": [line(one) for one in every(desk, batch_id)]}


def summary(progress: BatchProgress) -> dict[str, Any]:
    """Return what is said of the batch as a whole."""
    found = progress.batch
    return {
        "form": FORM,
        "batch": found.id,
        "title": found.request.title,
        "kind": found.request.form.value,
        "state": found.state.value,
        "seal": found.request.seal_code,
        "level": found.request.level.value,
        "case": found.case_id,
        "rule_sha256": found.rule_hash,
        "root": "" if found.root is None else str(found.root),
        "by": found.actor.id,
        "total": found.total,
        "done": progress.done,
        "failed": progress.failed,
        "cancelled": progress.cancelled,
        "left": progress.left,
        "created_at": _time(found.created_at),
        "started_at": _time(found.started_at),
        "ended_at": _time(found.ended_at),
        "fault_zh": found.fault.zh,
        "fault_en": found.fault.en,
    }


def line(one: BatchDocument) -> dict[str, Any]:
    """Return what is said of one document; numbers count from 1, as people do."""
    return {
        "number": one.number + 1,
        "name": one.name,
        "mark": one.mark,
        "document": str(one.document),
        "state": one.state.value,
        "result": f"sha256:{one.result}" if one.result else "",
        "size": one.result_size,
        "sealing": one.sealing,
        "settled_at": _time(one.settled_at),
        "fault": one.fault.name,
        "fault_zh": one.fault.zh,
        "fault_en": one.fault.en,
    }


def json_text(report: dict[str, Any]) -> str:
    """Write the report as one JSON text."""
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n"


def as_csv(desk: BatchDesk, batch_id: str) -> Iterator[str]:
    """Yield the lines of the report for a spreadsheet: UTF-8 with a mark, as Excel wants it."""
    yield MARK + csv_line(_COLUMNS)
    for one in every(desk, batch_id):
        values = line(one)
        yield csv_line([values[name] for name in _COLUMNS])


def as_page(desk: BatchDesk, batch_id: str, notice: str = "") -> str:
    """Return the report as one page in both languages, with everything in it; ``notice`` stands below its title."""
    progress = desk.progress(batch_id)
    said = summary(progress)
    facts = "".join(
        f"<tr><th>{html.escape(label)}</th><td>{html.escape(str(value))}</td></tr>"
        for label, value in (
            ("批次 / batch", said["batch"]),
            ("状态 / state", f"{progress.batch.state.zh} / {said['state']}"),
            ("印章 / seal", said["seal"]),
            ("用印人 / by", said["by"]),
            ("用印事项 / case", said["case"] or "—"),
            ("文件清单树根 / root", said["root"]),
            ("开始 / began", said["started_at"] or "—"),
            ("结束 / ended", said["ended_at"] or "—"),
        )
    )
    counts = "".join(
        f'<div class="n {name}"><b>{said[name]}</b><span>{label}</span></div>'
        for name, label in (
            ("total", "共 / in all"),
            ("done", "已用印 / sealed"),
            ("failed", "失败 / failed"),
            ("left", "未办 / left"),
            ("cancelled", "取消 / cancelled"),
        )
    )
    body = "".join(_row(one) for one in every(desk, batch_id))
    title = html.escape(said["title"])
    return _PAGE.format(title=title, notice=html.escape(notice), facts=facts, counts=counts, body=body)


def _row(one: BatchDocument) -> str:
    zh, en = html.escape(one.fault.zh), html.escape(one.fault.en)
    fault = f"{zh}<br><i>{en}</i>" if one.state is DocumentState.FAILED else ""
    result = one.result or "—"
    return (
        f'<tr class="{one.state.value}"><td>{one.number + 1}</td><td>{html.escape(one.name)}</td>'
        f"<td>{one.state.zh}</td><td><code>{one.document.hex}</code><br><code>{result}</code>{fault and '<br>'}{fault}</td></tr>"
    )


def _time(when: Any) -> str:
    return "" if when is None else f"{when:%Y-%m-%dT%H:%M:%SZ}"


_PAGE: Final = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · 批量用印报告</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 15px/1.6 system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }}
h1 {{ font-size: 1.5rem; margin: 0 }} h1 + p {{ color: GrayText; margin: .1rem 0 1.2rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent) }}
.facts th {{ width: 14rem; font-weight: 500; color: GrayText }}
.counts {{ display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.2rem 0 }}
.n {{ border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .5rem; padding: .4rem .9rem; min-width: 6rem }}
.n b {{ display: block; font-size: 1.4rem }} .n span {{ color: GrayText; font-size: .85rem }}
.done b {{ color: #1a7f4b }} .failed b, tr.failed td:nth-child(3) {{ color: #c0362c }}
code {{ font-size: .78rem; overflow-wrap: anywhere }} i {{ color: GrayText }} td {{ overflow-wrap: anywhere }}
@media print {{ body {{ margin: 0; max-width: none; font-size: 11px }} tr {{ break-inside: avoid }} }}
</style>
<h1>{title}</h1><p>批量用印报告 / Report of a batch<br>{notice}</p>
<table class="facts">{facts}</table><div class="counts">{counts}</div>
<table><thead><tr><th>#</th><th>文件 / document</th><th>结果 / outcome</th><th>摘要（原文、用印后，SHA-256）/ digests, before and after</th></tr></thead>
<tbody>{body}</tbody></table></html>
"""
