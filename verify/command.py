"""The command ``verify FILE…``: the same for ``python -m verify`` and ``yinxin verify``.

Exit status: 0 every document passed, 1 one failed, 3 one cannot be read, 2 one is indeterminate; of several, the first
of 1, 3, 2 that occurs. 4: every document passed, and one of them was voided since. 5: every document passed, and the department asked
does not accept one; 6: it accepts one on a condition only. A document without any signature is indeterminate (2): nothing stands against it, nothing for it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TextIO

from ca.clock import TimeOutOfSpan
from hsm.spoken import SpokenError
from verify.acceptance.shelf import Question, choose, question
from verify.arguments import parse_time, parser
from verify.bundle.judge import BundleReport
from verify.bundle.memory import default_memory
from verify.bundle.use import BundleUse, OpenedBundle, merged, opened
from verify.exit_status import (
    CONDITIONS_STATUS,
    REFUSED_STATUS,
    UNWRITTEN_STATUS,
    USAGE_STATUS,
    VOIDED_STATUS,
    exit_status,
)
from verify.folder import TrustFolderUnusable, load_trust
from verify.isolated import IsolatedVerifier, Limits
from verify.report import DocumentReport
from verify.reports.writing import Issuer, UsageRefused, check_report_path, write_report
from verify.table import lines
from verify.targets import expand, verify_file
from verify.terminal import bearing, bears, harmless, json_text, row, safe, stamp
from verify.trust import TrustStore
from verify.trusted_lists.errors import ListRefused, ListUnreadable
from verify.trusted_lists.source import check_lowest
from verify.usage import check_usage, check_written, state_of

__all__ = ["CONDITIONS_STATUS", "REFUSED_STATUS", "USAGE_STATUS", "VOIDED_STATUS", "run"]


@dataclass(frozen=True, slots=True)
class _Streams:
    out: TextIO
    errors: TextIO
    as_json: bool

    def say(self, zh: str, en: str) -> None:
        """Say something beside the verdicts: on the output, or apart from the JSON."""
        print(zh, en, sep="\n", file=self.errors if self.as_json else self.out)


@dataclass(frozen=True, slots=True)
class _Case:
    """What the files are judged with."""

    asked: argparse.Namespace
    at: datetime
    present: datetime
    trust: TrustStore
    department: Question | None
    bundle: OpenedBundle | None


def run(  # noqa: PLR0913 - the seams of a command
    args: Sequence[str],
    *,
    clock: Callable[[], datetime],
    trust: TrustStore | None = None,
    out: TextIO | None = None,
    errors: TextIO | None = None,
    issuer: Issuer | None = None,
) -> int:
    """Run the command and return its exit status; ``trust`` is used where ``--trust`` is not given.

    ``issuer`` issues the report of ``--report``; without one it is written unsigned. Wrong use, an unusable trust folder and a
    refused bundle print what to do on ``errors`` and return 64.
    """
    try:
        asked = parser().parse_args(list(args))
    except SystemExit as stop:
        return USAGE_STATUS if stop.code else 0
    streams = _Streams(out or bearing(sys.stdout), errors or bearing(sys.stderr), asked.json)
    try:
        with ExitStack() as stack:
            case = _prepare(asked, clock, trust, stack, issued=issuer is not None)
            if asked.out is not None:
                return _many(case, streams)
            reports = _reports(case, streams)
            if asked.report is not None:
                said = write_report(reports[0], asked.report, issuer)
                streams.say(said.zh, said.en)
            return _status(reports)
    except BrokenPipeError:
        raise
    except OSError as wrong:
        print(
            f"结果无法写出（{wrong.strerror}）；请检查磁盘空间与输出位置后重试。",
            f"What was found cannot be written ({wrong.strerror}); check the disk and where it goes, and try again.",
            sep="\n",
            file=streams.errors,
        )
        return UNWRITTEN_STATUS
    except (TrustFolderUnusable, ListRefused, SpokenError) as unusable:
        print(harmless(unusable.zh), harmless(unusable.en), sep="\n", file=streams.errors)
    return USAGE_STATUS


def _prepare(
    asked: argparse.Namespace,
    clock: Callable[[], datetime],
    trust: TrustStore | None,
    stack: ExitStack,
    *,
    issued: bool,
) -> _Case:
    """Find all that is judged with before any file is read."""
    check_usage(asked)
    if asked.out is not None:
        _check_many(asked)
        check_written("--out", asked.out, asked)
        check_written("--out", state_of(asked.out), asked)
    if asked.report is not None:
        check_report_path(asked.report, len(list(expand(asked.files))), issued=issued)
        check_written("--report", asked.report, asked)
    now = clock()
    at = now if asked.at is None else _moment(asked.at)
    store = load_trust(asked.trust) if asked.trust is not None else trust or TrustStore(())
    bundle = None
    if asked.bundle is not None:
        memory = asked.bundle_memory or default_memory(os.environ, Path.home())
        bundle = stack.enter_context(opened(BundleUse(asked.bundle, asked.bundle_signer, memory), now))
        store = merged(bundle.trust, store)
    store = _with_lists(store, asked)
    return _Case(asked, at, now, store, _question(asked, bundle), bundle)


def _check_many(asked: argparse.Namespace) -> None:
    """Refuse what is about one document where many are asked for."""
    from verify.many.run import check_order  # noqa: PLC0415 - not for one document

    single = ("report", "content", "proof", "evidence")
    given = [f"--{name}" for name in single if getattr(asked, name) is not None] + ["--json"] * asked.json
    if given:
        raise UsageRefused(
            f"--out 不能与 {'、'.join(given)} 一起使用。", f"--out does not go with {', '.join(given)}."
        )
    check_order(asked.out, asked.workers)


def _moment(text: str) -> datetime:
    try:
        return parse_time(text)
    except TimeOutOfSpan as outside:
        raise UsageRefused(f"--at 不可用：{outside.zh}。", f"--at is not used: {outside.en}.") from outside
    except ValueError as wrong:
        raise UsageRefused(
            "--at 的时间格式不正确，例如 2026-03-01T12:00:00Z。",
            "The time of --at cannot be read; write it like 2026-03-01T12:00:00Z.",
        ) from wrong


def _question(asked: argparse.Namespace, bundle: OpenedBundle | None) -> Question | None:
    """Find the department and the act that are asked about; an unknown maker's policies decide nothing."""
    folders = [] if asked.trust is None else [asked.trust]
    if bundle is not None and bundle.report.pinned:
        folders.append(bundle.folder)
    return question(lambda name: choose(name, folders), asked.department or "", asked.act)


def _with_lists(store: TrustStore, asked: argparse.Namespace) -> TrustStore:
    """Add the lists that were named, each signed by one of the signers that were named; those may sign what is verified too."""
    if not (asked.list or asked.signer or asked.pivot):
        return store
    from verify.trusted_lists.files import check_by_hand, pins_by_hand, read_lists  # noqa: PLC0415 - XML is not always needed

    try:
        pins = pins_by_hand(asked.signer, asked.pivot)
        found = read_lists(asked.list, pins)
    except OSError as error:
        raise ListUnreadable(
            f"无法读取信任清单 {error.filename}，请检查路径。",
            f"The trust list {error.filename} cannot be read; check its path.",
        ) from error
    check_by_hand(found, pins, store.pins)
    for one in found:
        check_lowest(one, store.pins)
    return replace(store, lists=[*store.lists, *found], pins=[*store.pins, *pins])


def _reports(case: _Case, streams: _Streams) -> list[DocumentReport]:
    shown = None if streams.as_json else streams.out
    if case.bundle is not None and shown is not None:
        print(*_bundle_lines(case.bundle), "", sep="\n", file=shown)
    reports = list(_verify_all(case, shown))
    if streams.as_json:
        told: dict[str, object] = {"documents": [report.to_json() for report in reports]}
        if case.bundle is not None:
            told["bundle"] = case.bundle.report.to_json()
        text = json_text(told)
        print(text if bears(streams.out, text) else json.dumps(told, indent=2), file=streams.out)
    return reports


def _bundle_lines(bundle: OpenedBundle) -> Iterator[str]:
    """Say whose bundle it is, how old it is, and whether it is believed."""
    told: BundleReport = bundle.report
    yield "离线核验包 / offline bundle"
    yield row(
        "出具 by", safe(told.signer) if told.signer == told.issuer else safe(f"{told.issuer} · {told.signer}")
    )
    yield row("签名者 signer", f"SHA-256 {told.signer_sha256}")
    yield row(
        "序号 number", f"{told.sequence} · {stamp(told.as_of)} · 下次更新 next {stamp(told.next_update)}"
    )
    mark = "※ " if told.stale else ""
    yield row("新旧 age", f"{mark}{told.age.zh}")
    yield row("", f"{mark}{told.age.en}")
    mark = "" if told.pinned else "※ "
    yield row("采信 trust", f"{mark}{told.standing.zh}")
    yield row("", f"{mark}{told.standing.en}")
    if bundle.forgetful:
        yield row(
            "注 note",
            "无法记住本次使用的序号，下次不能发现被换回的旧包；请用 --bundle-memory 指定可写的文件。",
        )
        yield row(
            "",
            "Its number could not be kept, so an older bundle would go unnoticed; name a file with --bundle-memory.",
        )


def _verify_all(case: _Case, shown: TextIO | None) -> Iterator[DocumentReport]:
    with IsolatedVerifier(case.trust, limits=Limits(seconds=case.asked.seconds)) as verifier:
        verify = partial(verifier.verify, present=case.present)
        for number, path in enumerate(expand(case.asked.files)):
            report = verify_file(verify, path, case.at, case.asked)
            report = report if case.department is None else case.department.of(report)
            if shown is not None:
                print(*([""] if number else []), *lines(report), sep="\n", file=shown, flush=True)
            yield report


def _status(reports: Sequence[DocumentReport]) -> int:
    found = [one.answers.accepted.status for one in reports if one.answers is not None]
    voided = any(report.voided is not None for report in reports)
    words = [report.reported.word for report in reports if report.reported is not None]
    return exit_status([report.verdict for report in reports], found, voided=voided, reported=words)


def _many(case: _Case, streams: _Streams) -> int:
    """Verify into one table; what is said goes beside it."""
    from verify.many.run import Order, verify_many  # noqa: PLC0415 - not for one document

    asked = case.asked
    if case.bundle is not None:
        print(*_bundle_lines(case.bundle), "", sep="\n", file=streams.errors)
    order = Order(
        tuple(asked.files),
        asked.out,
        case.trust,
        case.at,
        asked.at is not None,
        case.department,
        asked.password,
        asked.seconds,
        asked.workers,
        case.present,
    )
    return verify_many(order, streams.errors)
