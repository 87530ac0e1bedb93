"""Verify many documents into one table: judge what is not judged yet, keep each finding at once, write the table whole at the end."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, TextIO

from verify.acceptance.answers import AnswerStatus
from verify.acceptance.shelf import Question
from verify.document_file import DocumentFile, document_file, mode_of, octets_of
from verify.exit_status import exit_status
from verify.isolated import IsolatedVerifier, Limits
from verify.many.crew import MAX_WORKERS, Done, cores, work_through
from verify.many.errors import ManyRefused
from verify.many.finding import ABSENT, Finding, finding
from verify.many.journal import SUFFIX, Basis, Journal, open_journal
from verify.many.progress import Progress
from verify.many.sheet import SheetForm, write_sheet
from verify.report import DocumentReport
from verify.targets import EVIDENCE_SUFFIX, beside, passed_over
from verify.trust import TrustStore
from verify.usage import lies_in
from verify.verdict import Verdict
from verify.walk import below
from verify.wire import pack_trust

MAX_FILES: Final = 200_000
"""Documents of one run: twenty times the largest that is asked for; each has a line in memory until the table is written."""
INTERRUPTED_STATUS: Final = 130
"""Cut off from the keyboard, as shells say it (128 and the signal's number)."""
SYNC_EVERY: Final = 200
"""Findings between two waits for the disk: only a loss of power can lose these, and they are judged again."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. ``at_given``: the time of verification was asked for, and is not merely now."""

    targets: tuple[Path, ...]
    out: Path
    trust: TrustStore
    at: datetime
    at_given: bool = False
    department: Question | None = None
    password: str | None = None
    seconds: float = 60.0
    workers: int = 0
    present: datetime | None = None
    """The clock's time, where ``at`` is an earlier one."""


def check_order(out: Path, workers: int) -> SheetForm:
    """Refuse what cannot be written before anything is judged. :class:`ManyRefused`."""
    if out.suffix.lower() not in {form.value for form in SheetForm}:
        raise ManyRefused(
            "--out 的文件名须以 .csv 或 .xlsx 结尾。", "The file of --out ends in .csv or .xlsx."
        )
    if not 0 <= workers <= MAX_WORKERS:
        raise ManyRefused(f"--workers 须为 1 至 {MAX_WORKERS}。", f"--workers is 1 to {MAX_WORKERS}.")
    if stat.S_ISDIR(mode_of(out)) or not stat.S_ISDIR(mode_of(out.parent)):
        raise ManyRefused(
            f"无法写入 {out}：文件夹不存在，或该名称是文件夹。",
            f"{out} cannot be written: there is no such folder, or it is one.",
        )
    return SheetForm(out.suffix.lower())


def verify_many(order: Order, say: TextIO, *, stopwatch: Callable[[], float] | None = None) -> int:
    """Carry an order out and return the exit status of ``verify``. :class:`ManyRefused`.

    Cut off at any moment, the same command goes on: what is judged is kept in a file beside the result, and is used again where
    the document's octets, the trust and the policies are the same.
    """
    form = check_order(order.out, order.workers)
    state = order.out.with_name(order.out.name + SUFFIX)
    paths = _targets(order, state)
    basis = Basis(_fingerprint(order), order.at)
    handed = any(lies_in(state, one) for one in order.targets if stat.S_ISDIR(mode_of(one)))
    journal, put_aside = open_journal(state, basis, at_given=order.at_given, handed=handed)
    try:
        status = _carried_out(order, form, journal, paths, _Said(say, stopwatch, put_aside, handed))
    except OSError as wrong:
        raise ManyRefused(
            f"无法保存进度（{wrong.strerror}）；请腾出空间后再次执行同一命令。",
            f"What is judged cannot be kept ({wrong.strerror}); make room and run the same command again.",
        ) from wrong
    return status


@dataclass(frozen=True, slots=True)
class _Said:
    """Where it is said how far a run is, by which watch, and what became of an earlier one's findings."""

    stream: TextIO
    stopwatch: Callable[[], float] | None
    put_aside: bool
    handed: bool


def _carried_out(order: Order, form: SheetForm, journal: Journal, paths: Sequence[Path], said: _Said) -> int:
    say, stopwatch = said.stream, said.stopwatch
    with journal:
        _begin(journal, said, len(paths))
        progress = (
            Progress(len(paths), say) if stopwatch is None else Progress(len(paths), say, stopwatch=stopwatch)
        )
        try:
            _judge(order, journal, paths, progress)
        except KeyboardInterrupt:
            progress.draw(last=True)
            print(
                f"已中断；已核验 {progress.done} 个，再次执行同一命令即从此继续。",
                f"Interrupted; {progress.done} are judged, the same command goes on from here.",
                sep="\n",
                file=say,
            )
            return INTERRUPTED_STATUS
        progress.draw(last=True)
        status = _write(order.out, form, journal, paths)
        journal.remove()
    print(f"结果已写入 {order.out} / written", file=say)
    return status


def _begin(journal: Journal, said: _Said, total: int) -> None:
    say = said.stream
    if said.put_aside and said.handed:
        print(
            "结果放在待核验的文件夹内，其中的进度文件可能来自他人，不予采用，全部重新核验；要能续核，请把结果放到别处。",
            "The result lies in a folder that is verified, where a state file may be somebody else's: it is not used and every "
            "document is judged anew. To be able to go on, put the result elsewhere.",
            sep="\n",
            file=say,
        )
    elif said.put_aside:
        print(
            "信任、政策、时间或程序版本与上次不同，全部重新核验。",
            "Trust, policies, time or the program differ from the last run: every document is judged anew.",
            sep="\n",
            file=say,
        )
    elif len(journal):
        print(
            f"继续上次的核验（{journal.basis.at:%Y-%m-%d %H:%M} UTC）：已有 {len(journal)} 个结论，共 {total} 个文件。",
            f"Going on with the run of {journal.basis.at:%Y-%m-%d %H:%M} UTC: {len(journal)} of {total} files have a verdict.",
            sep="\n",
            file=say,
        )


def _judge(order: Order, journal: Journal, paths: Sequence[Path], progress: Progress) -> None:
    at = order.at

    def make() -> IsolatedVerifier:
        return IsolatedVerifier(order.trust, limits=Limits(seconds=order.seconds))

    def work(verifier: IsolatedVerifier, path: Path) -> Done:
        told = None if path in order.targets else passed_over(path, at)
        if told is not None:
            return Done(str(path), "", finding(told))
        file, evidence = document_file(path), beside(path, None)
        if file is not None and _known(journal, path, file, evidence):
            return Done(str(path), journal.digest(str(path)) or "", None)
        data = file or octets_of(path, at)
        if isinstance(data, DocumentReport):
            return Done(str(path), "", finding(data))
        report = verifier.verify(
            data, at=at, name=str(path), password=order.password, evidence=evidence, present=order.present
        )
        digest = _digest(bytes.fromhex(report.sha256), evidence) if report.sha256 else ""
        return Done(
            str(path), digest, finding(report if order.department is None else order.department.of(report))
        )

    fresh = 0
    for done in work_through(paths, make, work, order.workers or cores()):
        if done is not None:
            if done.finding is not None:
                journal.add(done.key, done.digest, done.finding)
                fresh += 1
                if fresh % SYNC_EVERY == 0:
                    journal.sync()
            progress.count(done.finding or journal.finding(done.key), reused=done.finding is None)
        progress.draw()


def _known(journal: Journal, path: Path, file: DocumentFile, evidence: str) -> bool:
    """Tell whether a file was judged as it is now; it is read for that only where something of its name was."""
    digest = journal.digest(str(path))
    try:
        return bool(digest) and digest == _digest(file.sha256(), evidence)
    except OSError:
        return False


def _digest(document: bytes, evidence: str) -> str:
    """Digest what a verdict is about, by the document's own digest: that of the octets that were judged."""
    return hashlib.sha256(document + evidence.encode()).hexdigest()


def _targets(order: Order, state: Path) -> list[Path]:
    """List the documents: those named, and of a folder every file below it, so that none is passed over without a word.

    Left out are hidden files, evidence records beside their document (they belong to it) and the result itself.
    """
    own = {order.out.absolute(), state.absolute()}
    found: dict[Path, None] = {}
    for target in order.targets:
        for path in _files(target) if stat.S_ISDIR(mode_of(target)) else [target]:
            if path.absolute() not in own:
                found[path] = None
            _check_count(len(found))
    if not found:
        raise ManyRefused("没有可核验的文件，请检查文件夹。", "There is no file to verify; check the folder.")
    return list(found)


def _check_count(count: int) -> None:
    if count > MAX_FILES:
        raise ManyRefused(
            f"文件超过 {MAX_FILES} 个，请分几个文件夹核验。",
            f"There are over {MAX_FILES} files; verify them in several folders.",
        )


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for path in below(folder):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and not _is_record(path):
            found.append(path)
            _check_count(len(found))
    return sorted(found)


def _is_record(path: Path) -> bool:
    """Tell whether a file is an evidence record of a document beside it."""
    about = path.name.removesuffix(EVIDENCE_SUFFIX)
    return about != path.name and stat.S_ISREG(mode_of(path.with_name(about)))


def _fingerprint(order: Order) -> str:
    """Digest everything that a verdict rests on beside the document."""
    asked = order.department
    told: dict[str, Any] = {
        "program": _program(),
        "trust": pack_trust(order.trust),
        "policy": None if asked is None else [asked.policy.id, asked.policy.sha256, asked.act],
        "password": _stretched(order.password),
        "seconds": order.seconds,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _stretched(password: str | None) -> str | None:
    """Tell one password from another without keeping it: a state file may lie about."""
    if password is None:
        return None
    return hashlib.scrypt(password.encode(), salt=b"yinxin verify state", n=2**14, r=8, p=1).hex()


def _program() -> str:
    with suppress(PackageNotFoundError):
        return version("yinxin")
    return "0"


def _write(out: Path, form: SheetForm, journal: Journal, paths: Sequence[Path]) -> int:
    """Write the table beside its place and move it there; return the exit status."""
    verdicts, answers, reported, voided = set[Verdict](), set[AnswerStatus](), set[str](), False

    def found() -> Iterator[Finding]:
        nonlocal voided
        for path in paths:
            one = journal.finding(str(path))
            verdicts.add(Verdict(one["verdict"]))
            reported.add(one.get("reported") or "")
            voided = voided or one["voided_since"] is not None
            if one["accepted"] != ABSENT:
                answers.add(AnswerStatus(one["accepted"]))
            yield one

    try:
        with tempfile.NamedTemporaryFile(dir=out.parent, prefix=".yinxin-", delete=False) as stream:
            try:
                write_sheet(form, found(), stream)
                stream.flush()
                os.fsync(stream.fileno())
                Path(stream.name).chmod(0o644)
                Path(stream.name).replace(out)
            except BaseException:
                Path(stream.name).unlink(missing_ok=True)
                raise
    except OSError as wrong:
        raise ManyRefused(
            f"无法写入 {out}（{wrong.strerror}）；已核验的结论仍保留，排除问题后再次执行同一命令即可。",
            f"{out} cannot be written ({wrong.strerror}); what was judged is kept: put it right and run the same command again.",
        ) from wrong
    return exit_status(verdicts, answers, voided=voided, reported=reported)
