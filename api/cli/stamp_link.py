"""``yinxin stamp broker-config`` and ``yinxin stamp link``: the broker's files, and the service's end of it."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import HomeOption, installation, person, say
from api.stamps.broker import BrokerPlan, write_broker
from api.stamps.client import TLS_PORT
from api.stamps.errors import BrokerError

Host = Annotated[
    list[str],
    typer.Option("--host", help="消息服务器的域名或 IP，可多次给出 / names or addresses of the broker"),
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``yinxin stamp``."""
    app.command("broker-config")(broker_config)
    app.command("link")(link)


def broker_config(
    folder: Annotated[Path, typer.Option("--out", help="写到此目录 / write here")],
    *,
    host: Host = ["localhost", "127.0.0.1"],  # noqa: B006 - Typer copies it
    port: Annotated[int, typer.Option(min=1, max=65535, help="端口 / port")] = TLS_PORT,
    home: HomeOption = None,
    actor: Annotated[
        str, typer.Option("--as", help="办理人 / who acts: person:ID[=NAME]")
    ] = "person:zhao.lei=赵磊",
) -> None:
    """生成 mosquitto 配置、主题权限与证书 / write mosquitto's configuration, rights and certificates."""
    with installation(home) as services:
        configuration, credentials = write_broker(
            services, BrokerPlan(folder, tuple(host), port), actor=person(actor)
        )
    say(
        f"已写入 {configuration}。启动：mosquitto -c {configuration}（密钥文件须归 mosquitto 用户所有）。"
        f"服务连接证书在 {credentials.certificate.parent}；设置 mqtt_url 后 yinxin serve 自动连接。",
        f"Written: {configuration}. Start it with mosquitto -c; its user must own the key. The link's certificate is in "
        f"{credentials.certificate.parent}; with mqtt_url set, yinxin serve connects.",
    )


def link(home: HomeOption = None) -> None:
    """单独运行设备连接，直到中断 / run the link by itself until interrupted."""
    from api.serve import open_link  # the application behind it takes a second to import

    with installation(home) as services:
        running = open_link(services)
        if running is None:
            raise BrokerError("mqtt_url")
        running.start(wait=True)
        say(f"已连接 {services.settings.mqtt_url}，按 Ctrl-C 结束。", "Connected; Ctrl-C ends it.")
        ended = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: ended.set())
        signal.signal(signal.SIGINT, lambda *_: ended.set())
        ended.wait()
        running.stop()
