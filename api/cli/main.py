"""``yinxin``: the root of the command line."""

from __future__ import annotations

import logging
import os
import sys
from typing import Final

import typer

from api.cli import (
    agent,
    archive,
    audit,
    backup,
    batch,
    ca,
    case,
    chip,
    containers,
    csc,
    desk,
    documents,
    engraver,
    federation,
    filing,
    keycentre,
    keys,
    licence,
    lookup,
    ofd,
    parties,
    print_copy,
    ra,
    recognition,
    report,
    seal,
    seal_data,
    seal_life,
    seal_picture,
    service,
    stamp,
    stamp_link,
    stamp_simulator,
    token,
    trust,
    void,
    webhooks,
)
from api.cli.console import CANCELLED, HomeOption, fail

app = typer.Typer(
    name="yinxin",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    add_completion=False,
)


@app.callback()
def root(home: HomeOption = None) -> None:
    """印信：数字证书与电子印章 / digital certificates and seals."""
    if home is not None:
        os.environ["YINXIN_HOME"] = str(home)


service.register(app)
documents.register(app)
ofd.register(app)
containers.register(app)
stamp_simulator.register(app)
stamp_link.register(stamp.app)
backup.register(app)
desk.register(app)
agent.register(app)
app.add_typer(ca.app, name="ca")
app.add_typer(ra.app, name="ra")
app.add_typer(report.app, name="report")
trust.app.command("bundle")(report.bundle)
seal.app.command("lookup")(lookup.lookup)
seal_data.add_to(seal.app)
seal_life.add_to(seal.app)
seal_picture.add_to(seal.app)
app.add_typer(seal.app, name="seal")
app.add_typer(engraver.app, name="engraver")
app.add_typer(filing.app, name="filing")
app.add_typer(case.app, name="case")
app.add_typer(batch.app, name="batch")
app.add_typer(archive.app, name="archive")
app.add_typer(licence.app, name="licence")
app.add_typer(ofd.app, name="ofd")
app.add_typer(parties.app, name="parties")
app.add_typer(void.app, name="void")
app.add_typer(print_copy.app, name="print-copy")
app.add_typer(stamp.app, name="stamp")
app.add_typer(token.app, name="token")
app.add_typer(chip.app, name="chip")
app.add_typer(csc.app, name="csc")
recognition.register(app)
app.add_typer(trust.app, name="trust")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(federation.app, name="federation")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="key")
app.add_typer(keycentre.app, name="kmc")


PANELS: Final = {
    "起步 / to begin": ("demo", "demo-desk", "serve", "page"),
    "证书、密钥与令牌 / certificates, keys, tokens": ("ca", "ra", "token", "chip", "kmc", "csc"),
    "印章与文件 / seals and documents": (
        "seal",
        "engraver",
        "filing",
        "case",
        "parties",
        "void",
        "print-copy",
        "batch",
        "licence",
        "stamp",
        "stamp-simulator",
        "seal-pdf",
        "seal-ofd",
        "ofd",
        "find",
        "sign",
        "verify",
        "evidence-record",
        "archive",
        "agent",
    ),
    "运行维护 / to keep it running": ("doctor", "migrate", "reconcile", "backup-key", "backup", "restore"),
    "互认 / recognition": ("trust", "federation", "department", "recognition", "report", "webhooks"),
    "权限与审计 / rights and the trail": ("key", "audit"),
}
"""How ``yinxin --help`` groups the commands."""


def _arrange() -> None:
    panels = {name: panel for panel, names in PANELS.items() for name in names}
    for command in app.registered_commands:
        command.rich_help_panel = panels[str(command.name or getattr(command.callback, "__name__", ""))]
    for group in app.registered_groups:
        group.rich_help_panel = panels[str(group.name)]


_arrange()


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status; nothing but a status and lines of text comes out."""
    try:
        app(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        sys.stderr.write("已取消。/ Cancelled.\n")
        return CANCELLED
    except Exception as error:  # noqa: BLE001 - the edge: every error becomes one line
        return fail(error)
    return 0


def run() -> None:
    """Entry point of the distribution."""
    level = logging.DEBUG if os.environ.get("YINXIN_LOG_LEVEL") == "debug" else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    sys.exit(main())
