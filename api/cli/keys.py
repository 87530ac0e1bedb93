"""``yinxin key``: API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from api.access.scopes import Scope
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
)

app = typer.Typer(help="API 密钥 / API keys", no_args_is_help=True)


@app.command()
def create(
    *,
    holder: Annotated[str, typer.Option("--for", help="持有人 / holder: person:ID[=NAME] or app:ID")],
    scope: Annotated[list[Scope], typer.Option(help="权限，可多次 / may be given several times")],
    uscc: Annotated[str, typer.Option(help="限定企业 / bind to one enterprise")] = "",
    days: Annotated[int, typer.Option(min=1, max=1095, help="有效天数 / days of validity")] = 365,
    home: HomeOption = None,
    actor: ActorOption = ADMINISTRATOR,
    as_json: JsonOption = False,
) -> None:
    """新建 API 密钥，只显示一次 / make a key; it is shown once."""
    with installation(home) as services:
        made = services.api_keys.create(
            person(holder, uscc or None), scope, timedelta(days=days), actor=person(actor)
        )
    if as_json:
        print_json({"api_key": made.text, "prefix": made.record.prefix})
        return
    say(f"密钥（只显示一次）：{made.text}", "This key is shown once; keep it safe.")


@app.command("list")
def list_keys(home: HomeOption = None) -> None:
    """列出密钥 / list keys."""
    with installation(home) as services:
        found = services.api_keys.list()
    listing = table("前缀 / prefix", "持有人 / holder", "权限 / scopes", "到期 / expires", "吊销 / revoked")
    for record in found:
        revoked = "" if record.revoked_at is None else f"{record.revoked_at:%Y-%m-%d}"
        scopes = " ".join(sorted(record.scopes))
        listing.add_row(record.prefix, record.actor.id, scopes, f"{record.expires_at:%Y-%m-%d}", revoked)
    out().print(listing)


@app.command()
def revoke(
    prefix: Annotated[str, typer.Argument(help="密钥前缀 / prefix of the key")],
    home: HomeOption = None,
    actor: ActorOption = ADMINISTRATOR,
) -> None:
    """吊销密钥及其会话 / revoke a key and its sessions."""
    with installation(home) as services:
        services.api_keys.revoke(prefix, actor=person(actor))
    say(f"密钥 {prefix} 已吊销。", f"Key {prefix} is revoked.")
