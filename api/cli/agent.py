"""``yinxin agent``: let pages of one site use the token in this computer, by the keeper's leave for each signature."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from api.agent.errors import PortTaken
from api.agent.serve import DEFAULT_PORT, AgentPlan, make_agent, port_free
from api.cli.console import say
from ca.clock import system_clock

FOLDER: Final = Path.home() / ".local" / "share" / "yinxin" / "agent"


def agent(
    allow: Annotated[
        list[str] | None,
        typer.Option(help="允许使用的网站，如 https://yinxin.example / Site that may use it"),
    ] = None,
    pkcs11: Annotated[list[Path] | None, typer.Option(help="令牌的 PKCS#11 驱动库 / PKCS#11 library")] = None,
    skf: Annotated[
        list[Path] | None, typer.Option(help="令牌的 SKF 驱动库 / SKF library (GM/T 0016)")
    ] = None,
    port: Annotated[int, typer.Option(help="监听端口 / Port", min=1, max=65535)] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="只能是本机 / This machine alone", hidden=True)] = "127.0.0.1",
    confirm: Annotated[
        str, typer.Option(help="确认方式：auto、terminal、window 或程序路径 / How the person is asked")
    ] = "auto",
    folder: Annotated[Path, typer.Option(help="保存 PIN 计数的文件夹 / Folder for PIN counters")] = FOLDER,
) -> None:
    """本机签名助手：网页经本人逐次确认后使用本机令牌 / Let a page use the token in this computer."""
    plan = AgentPlan(folder, allow or (), pkcs11 or (), skf or (), host, port, confirm)
    server, desk = make_agent(plan, system_clock, _code)
    if not port_free(port):
        raise PortTaken(port)
    say(
        f"本机签名助手已就绪：127.0.0.1:{port}，按 Ctrl+C 退出。",
        f"The desk agent is ready at 127.0.0.1:{port}.",
    )
    desk.pairings.show()
    try:
        server.run()
    finally:
        desk.drawer.close()


def _code(code: str) -> None:
    say(
        f"配对码：{code[:4]} {code[4:]}（在网页中输入，一次有效）",
        f"Pairing code: {code[:4]} {code[4:]} (type it in the page; good once)",
    )
