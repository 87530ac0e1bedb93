"""Asking the person at the computer, outside of any page: what is to be signed, whether, and the token's PIN."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, Protocol

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from api.agent.errors import NobodyToAsk, RefusedByPerson
from hsm.pins import Pin

MAX_SHOWN: Final = 120
"""Longest text of a page that is shown, in characters: a line or two."""
DIGEST_END: Final = 8
"""Digits of a digest that a person compares: the page shows the same."""
PATIENCE: Final = 120.0
"""Seconds that a question waits for its answer."""
MAX_ANSWER: Final = 4096


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is shown: title, the page's site, whose certificate, the last digits of the digest."""

    title: str
    page: str
    certificate: str
    token: str
    digest_end: str


class Confirmer(Protocol):
    """Asks a person. ``auto``, ``terminal``, ``window`` or a program are chosen by :func:`confirmer`."""

    def ask(self, question: Question) -> Pin:
        """Return the PIN of the person who agreed; :class:`RefusedByPerson` for everything else."""


def question(title: str, page: str, certificate: str, token: str, digest: str) -> Question:
    """Make a question whose texts cannot deceive: no control, no direction marks, not too long."""
    end = digest[-DIGEST_END:].upper()
    half = len(end) // 2
    return Question(shown(title), page, shown(certificate), shown(token), f"{end[:half]} {end[half:]}")


def shown(text: str) -> str:
    """Return a foreign text without control, format and private characters (Unicode categories C*, Z but a blank)."""
    kept = (
        " " if unicodedata.category(one) in ("Zl", "Zp", "Zs") else one
        for one in text
        if not unicodedata.category(one).startswith("C")
    )
    plain = " ".join("".join(kept).split())
    return plain if len(plain) <= MAX_SHOWN else f"{plain[: MAX_SHOWN - 1]}…"


class Terminal:
    """Asks in the terminal where the agent runs."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)

    def ask(self, question: Question) -> Pin:
        """Show the question; only a plain yes goes on to the PIN."""
        self._console.print(panel(question))
        try:
            answer = self._console.input("  [b]同意签名吗？ / Sign it?[/]  输入 y 同意 / y to agree: ")
            if answer.strip().lower() not in ("y", "yes", "是"):
                raise RefusedByPerson
            return _pin(self._console.input("  令牌 PIN 码 / PIN of the token: ", password=True))
        except (EOFError, KeyboardInterrupt):
            raise RefusedByPerson from None


class Program:
    """Asks by a program: the question as JSON on its input, ``{"confirm": true, "pin": "…"}`` on its output."""

    def __init__(self, command: Sequence[str], patience: float = PATIENCE) -> None:
        self._command = tuple(command)
        self._patience = patience

    def ask(self, question: Question) -> Pin:
        """Run the program; another answer, a failure or silence is a refusal."""
        try:
            done = subprocess.run(  # noqa: S603 - the owner of the agent names the program
                self._command,
                input=json.dumps(asdict(question), ensure_ascii=False).encode(),
                stdout=subprocess.PIPE,
                timeout=self._patience,
                check=True,
            )
            answer = json.loads(done.stdout[:MAX_ANSWER])
        except (OSError, subprocess.SubprocessError, ValueError):
            raise RefusedByPerson from None
        if not isinstance(answer, dict) or answer.get("confirm") is not True:
            raise RefusedByPerson
        return _pin(str(answer.get("pin", "")))


def confirmer(choice: str) -> Confirmer:
    """Return how the person is asked: ``terminal``, ``window``, a program's path, or ``auto``. :class:`NobodyToAsk`."""
    if choice == "terminal" or (choice == "auto" and not _desktop() and sys.stdin.isatty()):
        return Terminal()
    if choice == "window" or (choice == "auto" and _desktop()):
        return Program((sys.executable, "-m", "api.agent.window"))
    if choice == "auto":
        raise NobodyToAsk
    return Program((choice,))


def panel(question: Question) -> Panel:
    """Lay the question out."""
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column()
    for label, value in lines(question):
        rows.add_row(label, Text(value))
    rows.add_row("摘要末八位 / Digest ends", Text(question.digest_end, style="bold yellow"))
    title = "用印确认 / Confirm this signature"
    foot = "末八位须与网页一致 / the page shows the same"
    return Panel(rows, title=title, subtitle=foot, border_style="red", padding=(1, 2), expand=False)


def lines(question: Question) -> tuple[tuple[str, str], ...]:
    """Return the facts with their names, in the order in which a person reads them."""
    return (
        ("文件 / Document", question.title),
        ("网站 / Web site", question.page),
        ("证书 / Certificate", question.certificate),
        ("令牌 / Token", question.token),
    )


def _pin(text: str) -> Pin:
    try:
        return Pin(text)
    except ValueError:
        raise RefusedByPerson from None


def _desktop() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
