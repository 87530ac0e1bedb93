"""``yinxin serve``: the web application with its housekeeping."""

from __future__ import annotations

import contextlib
import signal
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from rich.console import Console
from rich.text import Text

from api.app import create_app
from api.services import Services
from api.stamps.broker import link_folder
from api.stamps.client import Credentials
from api.stamps.link import LINK_FILES, StampLink
from api.threads import Task, Threads
from ca.actor import SYSTEM

PUBLISH_SECONDS: Final = 10.0
"""How often pending revocations are looked for: the promise is 15 minutes (:data:`ca.status.crl.PUBLISH_WITHIN`), which leaves
the time to draw up a long list, and a token many tries. Looking costs two statements."""
RENEW_SECONDS: Final = 30.0
"""How often other installations' lists are looked at: what is fetched when is told by :mod:`signing.recognition.renewal`."""
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
STOP_SECONDS: Final = 10
"""How long running requests may take to end; a seal on a 500-page file takes less."""


def housekeeping(services: Services, seconds: float) -> list[Task]:
    """List what is done beside requests: publish revocation lists, write the trust folder, fetch others' lists, take batches up, close what was cut off.

    ``yinxin verify`` reads the trust folder: a seal reported lost over HTTP is lost there within seconds. They are apart so that neither a long round nor a failure of the one keeps a revocation off its list (I12).
    """
    soon = min(seconds, PUBLISH_SECONDS)
    return [
        Task("housekeeping", lambda: services.reconcile(SYSTEM), seconds),
        Task("batches", services.batches.take_up, soon),
        Task("federation", services.recognition.renew_due, min(seconds, RENEW_SECONDS)),
        Task("publishing", lambda: services.crls.publish_due(SYSTEM), soon),
        Task("trust folder", services.evidence.publish, soon),
    ]


def make_server(app: FastAPI, host: str, port: int, log_level: str) -> uvicorn.Server:
    """Return the web server of ``app``, not started."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level=log_level,
        server_header=False,
        proxy_headers=False,  # whom to believe about addresses is settled in api.access.rate_limit
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return uvicorn.Server(config)


def serve(services: Services, host: str, port: int, console: Console) -> None:
    """Serve until interrupted (SIGINT or SIGTERM); running requests end first. Called on the main thread."""
    settings = services.settings
    app = create_app(services)
    threads = Threads(housekeeping(services, settings.housekeeping_seconds) + services.orders.tasks())
    server = make_server(app, host, port, settings.log_level)
    shown = f"http://{host}:{port}"
    console.print(Text(f"验章 / verify: {shown}/verify"))
    console.print(Text(f"用印 / seal:   {shown}/seal"))
    console.print(Text(f"业务台 / console: {shown}/console"))
    console.print(Text(f"接口 / API:    {shown}/openapi.json"))
    _tell_of_other_port(settings.base_url, port, console)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    link = open_link(services)
    threads.start()
    if link is not None:
        link.start(wait=False)
    try:
        with contextlib.suppress(
            KeyboardInterrupt
        ):  # uvicorn ends its requests, then raises the signal again
            server.run()
    finally:
        if link is not None:
            link.stop()
        threads.stop()


def _tell_of_other_port(base_url: str, port: int, console: Console) -> None:
    """Say so when codes and certificates lead to another port of this computer than the one that is served."""
    told = urlsplit(base_url)
    if told.hostname in LOOPBACK and (told.port or 80) != port:
        zh = f"注意：二维码、吊销列表等地址仍为 {base_url}；要改用端口 {port}，请在密钥仪式前设置 base_url。"
        en = f"Note: codes, revocation lists and the like still lead to {base_url}; set base_url before the key ceremony."
        console.print(Text(f"{zh}\n{en}", style="yellow"), soft_wrap=True)


def open_link(services: Services) -> StampLink | None:
    """Return the link to the broker of smart stamps, not started; nothing where no broker is set."""
    settings = services.settings
    if not settings.mqtt_url:
        return None
    credentials = Credentials.of(link_folder(services), LINK_FILES)
    return StampLink(services.stamps, services.clock, credentials, settings.mqtt_url)
