"""``yinxin``: the root of the command line."""

from __future__ import annotations

import logging
import os
import sys

import typer

from api.cli.commands import Root
from api.cli.console import CANCELLED, HomeOption, fail

app = typer.Typer(
    name="yinxin",
    cls=Root,
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
