"""How ``yinxin demo`` looks: progress while it works, then the verdict and what to open."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.panel import Panel
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from api.cli.console import REFUSED, err, leave, opened, out, print_json
from api.demo.main_job import DemoResult
from api.home import read_secret
from api.services import Services
from api.settings import Settings
from api.suite_choice import keep_settings
from verify.table import key_words
from verify.verdict import Verdict

Run = Callable[[Services, Callable[[str], None]], DemoResult]
_STYLE = {Verdict.PASSED: "bold green", Verdict.FAILED: "bold red"}


def show_demo(run: Run, settings: Settings, *, as_json: bool) -> None:
    """Run the demonstration over ``settings``; exit status 1 unless the verdict is *passed*."""
    begun = time.monotonic()
    with opened(settings) as services, _progress() as progress:
        keep_settings(settings)
        task = progress.add_task("", total=None)
        result = run(services, lambda line: _step(progress, task, line))
        progress.update(task, description="完成 / done")
    if as_json:
        print_json(result.to_json())
    else:
        _show(result, time.monotonic() - begun)
    if result.report.verdict is not Verdict.PASSED:
        leave(REFUSED)


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Progress(*columns, console=err(), transient=True, disable=not sys.stderr.isatty())


def _step(progress: Progress, task: object, line: str) -> None:
    progress.console.print(Text(f"  {line}"), soft_wrap=True)
    progress.update(task, description=line)  # type: ignore[arg-type]  # TaskID is an int's NewType


def _show(result: DemoResult, seconds: float) -> None:
    report = result.report
    console = out()
    word = Text(f"{report.verdict.zh}  {report.verdict.en}", style=_STYLE.get(report.verdict, "bold yellow"))
    console.print(Panel(word, title="验章结论 / verdict", subtitle=f"{seconds:.1f} s", expand=False))
    console.print(Text(f"{report.reason.zh}\n{report.reason.en}"), soft_wrap=True)
    for note in dict.fromkeys(note for one in report.signatures for note in one.notes):
        console.print(Text(f"{note.zh}\n{note.en}", style="yellow"), soft_wrap=True)
    rows = (
        ("签名密钥 / key", "；".join(dict.fromkeys(map(key_words, report.signatures)))),
        ("印章 / seal", result.seal_code),
        ("已用印文件 / sealed file", str(result.sealed_pdf)),
        *((("盖章报告 / sealed report", str(result.sealed_ofd)),) if result.sealed_ofd is not None else ()),
        ("信任文件夹 / trust folder", str(result.trust)),
        ("家目录 / home", str(result.home)),
        ("保管人 PIN / keeper's PIN", f"{read_secret(result.pin_file)}  ({result.pin_file})"),
        ("API 密钥 / API key", read_secret(result.api_key_file)),
    )
    for name, value in rows:
        console.print(Text(f"{name}: ", style="dim"), Text(value), soft_wrap=True)
    console.print(
        Text(f"下一步 / next: {_program()} serve --home {result.home}", style="bold"), soft_wrap=True
    )
    console.print(
        Text("演示证书，不具法律效力 / demonstration certificates without legal effect", style="dim")
    )


def _program() -> str:
    """Return how this program is called from here: by its name where the shell finds it, else by its path."""
    called = Path(sys.argv[0])
    if shutil.which("yinxin") or called.name != "yinxin":
        return "yinxin"
    with contextlib.suppress(ValueError):
        return str(called.absolute().relative_to(Path.cwd()))
    return str(called)
