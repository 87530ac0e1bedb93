"""``yinxin trust``: the trust list that this installation publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from api.cli.console import (
    ADMINISTRATOR,
    ActorOption,
    HomeOption,
    JsonOption,
    installation,
    out,
    person,
    print_json,
    say,
    table,
    write_bytes,
)
from api.cli.report import bundle
from api.evidence.ocsp_answers import keep_answer
from api.files import read_file
from api.schemas.trust_lists import OwnListModel
from api.services import Services
from ca.actor import SYSTEM
from signing.recognition.errors import OwnListMissing
from signing.recognition.foreign import grouped
from signing.recognition.publisher import Published

app = typer.Typer(help="信任清单 / the trust list of this installation", no_args_is_help=True)


@app.callback()
def trust() -> None:
    """信任清单 / the trust list of this installation."""


@app.command("list")
def show_list(
    *,
    show: Annotated[bool, typer.Option("--show", help="只显示（默认）/ show it, the default")] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="立即发布新一号 / publish the next number")
    ] = False,
    target: Annotated[
        Path | None, typer.Option("--out", help="另存清单（.json 或 .xml）/ save the list, by its ending")
    ] = None,
    home: HomeOption = None,
    actor: ActorOption = ADMINISTRATOR,
    as_json: JsonOption = False,
) -> None:
    """显示、发布或另存本系统的信任清单 / show, publish or save our trust list."""
    del show  # what happens anyway; the option says so to whoever reads a script
    with installation(home) as services:
        if publish:
            services.recognition.publish(person(actor))
        found = own_list(services)
    if target is not None:
        write_bytes(target, found.xml if target.suffix == ".xml" and found.xml else found.json)
        say(f"已保存 {target}", f"Saved {target}")
    elif as_json:
        print_json(OwnListModel.of(found))
    else:
        _show(found)


@app.command("ocsp")
def keep_ocsp(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="OCSP 应答（DER）/ OCSP responses in DER")
    ],
    home: HomeOption = None,
) -> None:
    """保存证书状态应答，供核验和离线核验包使用 / keep OCSP answers for verification and for offline bundles."""
    with installation(home) as services:
        for path in files:
            octets = read_file(path)
            report = services.verification.verify(octets, name=path.name)
            kept = keep_answer(services.home.trust, octets, report)
            until = "" if kept.until is None else f"{kept.until:%Y-%m-%d %H:%M}Z"
            say(
                f"已保存：证书 {kept.serial}，{kept.as_of:%Y-%m-%d %H:%M}Z 的状态，有效至 {until}",
                f"kept: certificate {kept.serial}, as of {kept.as_of:%Y-%m-%d %H:%M}Z, current until {until}",
            )


def own_list(services: Services) -> Published:
    """Return our list in force, its key made where an older installation has none yet."""
    if not services.recognition.ready(SYSTEM):
        raise OwnListMissing
    return services.recognition.own.current()


def show_fingerprint(found: Published) -> None:
    """Print what the other side's two people compare."""
    say(
        "清单签发者指纹（SHA-256），请由另一渠道告知对方：",
        "the fingerprint to tell the other side by another channel:",
    )
    out().print(Text(f"  {grouped(found.fingerprint)}", style="bold"), soft_wrap=True)


def _show(found: Published) -> None:
    content = found.content
    say(
        f"{content.operator.zh} 的信任清单，第 {content.sequence} 号，{content.issued:%Y-%m-%d %H:%M}Z 签发，"
        f"有效至 {found.until:%Y-%m-%d %H:%M}Z",
        f"trust list of {content.operator.en}, number {content.sequence}, {content.scheme_id}",
    )
    made = table("服务 / service", "状态 / state", "自 / since")
    for service in content.services:
        now = service.periods[0]
        made.add_row(service.name.zh, f"{now.status.zh} / {now.status.value}", f"{now.since:%Y-%m-%d %H:%M}Z")
    out().print(made)
    say(
        "发布地址：" + "，".join(content.scheme.distribution[: 2 if found.xml else 1]),
        "where it is published",
    )
    show_fingerprint(found)


app.command("bundle")(bundle)
