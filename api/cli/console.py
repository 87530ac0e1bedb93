"""What every command shares: opening an installation, saying what went wrong, exit statuses.

Answers go to standard output, progress and errors to standard error. An error is one red line in Chinese and English;
a stack trace never shows (``YINXIN_LOG_LEVEL=debug`` writes it to the log); that of an internal fault goes to a file under the
incident's number, which the line names.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.errors import FileUnreadable, HomeNotReady, InputInvalid
from api.files import write_whole
from api.home import Home, service_pins
from ca.actor import Actor
from ca.actor_ids import entered_id, seen
from ca.clock import TimeOutOfSpan, system_clock, within_span
from hsm.errors import PinRequired
from hsm.pins import Pin
from hsm.suite import Suite
from verify.terminal import json_text

if TYPE_CHECKING:  # a command waits only for what it uses: these bring most of the program
    from api.services import Services
    from api.settings import Settings
    from seals.cases.case import Hand

REFUSED: Final = 1
"""Exit status: the request was understood and refused."""
USAGE: Final = 2
"""Exit status: the command line itself is wrong (Typer's own)."""
CANCELLED: Final = 130
"""Exit status: interrupted from the keyboard (128 + SIGINT)."""
UNAVAILABLE: Final = 4
"""Exit status: a token, the database or the disk does not serve; retry later."""
FAULT: Final = 70
"""Exit status: an internal fault (EX_SOFTWARE of sysexits.h)."""

LOG: Final = logging.getLogger("yinxin.cli")

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="家目录 / home folder", envvar="YINXIN_HOME", show_default=False)
]
ADMINISTRATOR = "person:sun.tao=孙涛"
"""Who acts by default where an administrator of the installation does."""
ActorOption = Annotated[str, typer.Option("--as", help="办理人 / who acts: person:ID[=NAME]")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]
SuiteOption = Annotated[
    Suite | None,
    typer.Option(
        "--suite", help="算法套件：international 或 gm（国密）/ suite of algorithms", show_default=False
    ),
]
PinFileOption = Annotated[
    Path | None,
    typer.Option(
        "--pin-file",
        help="PIN 文件；不给则询问 / file with the PIN; asked for without it (a demo home keeps it)",
    ),
]


def out() -> Console:
    """Return the console of answers."""
    return Console(highlight=False)


def err() -> Console:
    """Return the console of progress and errors."""
    return Console(stderr=True, highlight=False)


ID_WIDTH: Final = 32
"""Columns of an enrolment's, a job's or a case's number: in one piece it can be copied."""


WIDTHS: Final = {
    "印章": 14,
    "印章 / seal": 14,
    "编码 / code": 14,
    "实物编码 / physical": 13,
    "序列号 / serial": 35,
}
"""Columns of seal codes and serial numbers, which nobody copies from two lines."""


def table(*headings: str, first: int = 0) -> Table:
    """Return a table whose cells never lose a character, however narrow the terminal; ``first`` columns name a row."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, heading in enumerate(headings):
        width = WIDTHS.get(heading, 0) if number else max(first, WIDTHS.get(heading, 0))
        made.add_column(heading, overflow="fold", min_width=width or None)
    return made


def say(zh: str, en: str) -> None:
    """Print one sentence in both languages."""
    out().print(Text(zh), Text(en, style="dim"), sep="\n", soft_wrap=True)


@contextmanager
def installation(home: Path | None) -> Iterator[Services]:
    """Open the installation at ``home`` for one command; :class:`HomeNotReady` if there is none."""
    from api.database.revision import check_schema
    from api.settings import load_settings

    settings = load_settings(home)
    if not settings.database_url and not (settings.home / "yinxin.db").exists():
        raise HomeNotReady(settings.home)
    with opened(settings) as services:
        check_schema(services.engine)
        yield services


@contextmanager
def opened(settings: Settings) -> Iterator[Services]:
    """Assemble an installation, ready or not, and close it afterwards."""
    from api.bootstrap import assemble

    services = assemble(settings, clock=system_clock, pins=service_pins(Home(settings.home)))
    try:
        yield services
    finally:
        services.close()


def person(text: str, uscc: str | None = None) -> Actor:
    """Read ``--as``: ``person:li.wei`` or ``person:li.wei=李伟``."""
    identity, _, name = text.partition("=")
    kind, colon, rest = identity.partition(":")
    if not colon or kind not in ("person", "app", "system") or not rest or len(identity) > 128:
        raise InputInvalid(
            "--as 的格式为 person:li.wei 或 person:li.wei=李伟。",
            "--as is written person:li.wei or person:li.wei=NAME.",
        )
    if seen(name) != name:
        raise InputInvalid(
            "姓名中含有不可见的字符，请重新输入。",
            "The name has a character that nobody sees; type it again.",
        )
    return Actor(entered_id(identity), name or rest, uscc)


def hand(text: str, uscc: str | None = None) -> Hand:
    """Read ``--as`` of somebody who sits at this machine: they have every operator's scope."""
    from api.access.scopes import OPERATOR_SCOPES
    from seals.cases.case import Hand

    return Hand(person(text, uscc), "cli", OPERATOR_SCOPES)


def ask_pin(pin_file: Path | None, token: str, home: Home) -> Pin:
    """Take the PIN from ``pin_file``, from a demo home that keeps it, or from the terminal without showing it.

    Raises :class:`hsm.errors.PinRequired` where nobody can be asked.
    """
    kept = home.pin_file(token, holder=True)
    if pin_file is None and kept.is_file():
        err().print(
            Text(f"使用演示家目录中的 PIN / using the PIN that the demo home keeps: {kept}"), soft_wrap=True
        )
        pin_file = kept
    if pin_file is None and not sys.stdin.isatty():
        raise PinRequired(f"token {token}")
    text = (
        typer.prompt(f"PIN ({token})", hide_input=True) if pin_file is None else read_text(pin_file).strip()
    )
    try:
        return Pin(text)
    except ValueError:
        raise InputInvalid("PIN 码应为 4 至 64 个字符。", "A PIN has 4 to 64 characters.") from None


def read_bytes(path: Path) -> bytes:
    """Read a file named on the command line."""
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise FileUnreadable(path) from wrong


def read_text(path: Path) -> str:
    """Read a UTF-8 file named on the command line."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise FileUnreadable(path) from wrong


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    write_whole(path, data)


def print_json(value: object) -> None:
    """Print one JSON value and nothing else; models in it as the HTTP interface writes them."""
    sys.stdout.write(json_text(value, _dumped) + "\n")


def _dumped(value: object) -> object:
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} is no JSON")


def write_lines(path: Path | None, lines: Iterable[str]) -> None:
    """Write lines to a file, whole or not at all, or to standard output."""
    if path is None:
        sys.stdout.writelines(lines)
    else:
        write_bytes(path, "".join(lines).encode())


def moment(text: str) -> datetime:
    """Read ISO 8601; a time without a zone is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputInvalid(
            "时间格式应为 2026-01-31T08:00:00+08:00。", "A time is written 2026-01-31T08:00:00+08:00."
        ) from None
    try:
        return within_span(found.replace(tzinfo=UTC) if found.tzinfo is None else found)
    except TimeOutOfSpan as outside:
        raise InputInvalid(f"{outside.zh}。", f"The time is not used: {outside.en}.") from None


def fail(error: BaseException) -> int:
    """Print what went wrong on one red line and return the exit status."""
    from api.problems.problem import describe

    problem = describe(error)
    LOG.debug("failed", exc_info=error)
    line = Text(f"错误：{problem.zh} / Error: {problem.en}", style="bold red")
    err().print(line, soft_wrap=True)
    if "incident" not in problem.members:
        return UNAVAILABLE if problem.kind.status >= 500 else REFUSED
    try:
        kept = _keep(str(problem.members["incident"]), error)
        err().print(f"详情见 / Details are in: {kept}", style="red", markup=False, soft_wrap=True)
    except OSError:
        LOG.critical("incident %s", problem.members["incident"], exc_info=error)
    return FAULT


def _keep(incident: str, error: BaseException) -> Path:
    """Write down what the administrator needs of an internal fault, for the user's eyes alone."""
    path = Path(tempfile.gettempdir()) / f"yinxin-incident-{incident}.log"
    lines = [f"{system_clock():%Y-%m-%dT%H:%M:%SZ} {incident}\n", *traceback.format_exception(error)]
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(lines)
    return path


def leave(status: int) -> NoReturn:
    """End the command with ``status``."""
    raise typer.Exit(status)
