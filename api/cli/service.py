"""``yinxin demo``, ``serve``, ``page``, ``doctor``, ``migrate``, ``reconcile``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.text import Text

from api.cli.console import (
    REFUSED,
    HomeOption,
    JsonOption,
    SuiteOption,
    err,
    installation,
    leave,
    opened,
    out,
    print_json,
    say,
)
from api.database.schema import migrate as migrate_schema
from api.demo.main_job import KEY_FILE, run_demo
from api.doctor import Check, Health, examine
from api.errors import ReconciliationIncomplete
from api.home import read_secret
from api.settings import load_settings
from api.suite_choice import demo_home, settings_for
from ca.actor import SYSTEM

_STYLE = {Health.OK: "green", Health.WARNING: "yellow", Health.BROKEN: "bold red"}
_MARK = {Health.OK: "✓", Health.WARNING: "!", Health.BROKEN: "✗"}


def demo(home: HomeOption = None, suite: SuiteOption = None, as_json: JsonOption = False) -> None:
    """一键演示：建立令牌、CA、企业、印章，用印并验章 / the whole job on a new home folder."""
    from api.cli.demo_view import show_demo

    show_demo(run_demo, settings_for(demo_home(home, suite), suite), as_json=as_json)


def serve(
    home: HomeOption = None,
    host: Annotated[str | None, typer.Option(help="监听地址 / address to listen on")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="端口 / port")] = None,
) -> None:
    """启动网页与接口服务 / serve pages and API."""
    from api.serve import serve as run_server

    with installation(home) as services:
        settings = services.settings
        key_file = services.home.secrets / f"{KEY_FILE}.key"
        if key_file.exists():
            say(f"演示 API 密钥：{read_secret(key_file)}", "the demo's API key, for the seal page")
        run_server(services, host or settings.listen_host, port or settings.listen_port, err())


def page(home: HomeOption = None) -> None:
    """显示网页地址 / print the addresses of the pages."""
    settings = load_settings(home)
    say(f"验章：{settings.base_url}/verify", "verify a document")
    say(f"用印：{settings.base_url}/seal", "seal a document (log in with an API key)")
    say(f"业务台：{settings.base_url}/console", "the console: requests, approvals, filing, chips, stamps")
    say(
        f"查章：{settings.base_url}/s，核对打印件：{settings.base_url}/c",
        "look up a seal; check a printed copy",
    )


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """自检：数据库、令牌、时钟、磁盘、字体、吊销列表 / look whether all is well, with the fix."""
    with opened(load_settings(home)) as services:
        checks = examine(services)
    broken = any(check.health is Health.BROKEN for check in checks)
    if as_json:
        print_json({"status": "broken" if broken else "ok", "checks": [check.to_json() for check in checks]})
    else:
        for check in checks:
            _show(check)
    if broken:
        leave(REFUSED)


def _show(check: Check) -> None:
    mark, style = _MARK[check.health], _STYLE[check.health]
    line = Text.assemble((mark, style), f" {check.subject:<9} {check.zh}", (f"  {check.en}", "dim"))
    out().print(line, soft_wrap=True)
    if check.fix_zh:
        out().print(Text(f"            → {check.fix_zh} {check.fix_en}", style="yellow"), soft_wrap=True)


def migrate(home: HomeOption = None) -> None:
    """升级数据库结构 / bring the database to this release's schema."""
    with opened(load_settings(home)) as services:
        before, after = migrate_schema(services.engine)
    say(f"数据库结构：{before or '空'} → {after}", f"schema: {before or 'empty'} -> {after}")


def reconcile(home: HomeOption = None) -> None:
    """处理中断的签发与用印，并发布状态 / close what was cut off, and publish."""
    with installation(home) as services:
        try:
            _closed(services.reconcile(SYSTEM))
        except ReconciliationIncomplete as incomplete:
            _closed(incomplete.counts)
            raise


def _closed(counts: Mapping[str, int]) -> None:
    err().print(f"{sum(counts.values())} 项 / items", highlight=False)
    print_json(counts)
