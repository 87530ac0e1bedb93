"""A client that asks the application itself, without a socket, as a program or as somebody's browser would."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx

from api.access.scopes import Scope
from api.access.session import COOKIE
from api.app import create_app
from api.pages.desk import Desk
from api.services import Services
from ca.actor import Actor

BASE = "http://127.0.0.1:8080"
ADMIN = Actor("person:sun.tao", "孙涛")


class Client:
    """Each request comes from 127.0.0.1; redirects are not followed."""

    def __init__(self, services: Services, cookie: str = "", csrf: str = "") -> None:
        self._app = create_app(services)
        self._transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        self._cookies = {COOKIE: cookie} if cookie else {}
        self.csrf = csrf

    @property
    def desk(self) -> Desk:
        """Return what the pages have in hand."""
        found: Desk = self._app.state.desk
        return found

    def close(self) -> None:
        """End the work behind the pages: who hands a file to them must."""
        self._app.state.desk.close()

    def get(self, address: str, **given: Any) -> httpx.Response:
        return asyncio.run(self._ask("GET", address, **given))

    def post(self, address: str, **given: Any) -> httpx.Response:
        """Post as a page's script does."""
        return asyncio.run(self._ask("POST", address, **given))

    def put(self, address: str, **given: Any) -> httpx.Response:
        return asyncio.run(self._ask("PUT", address, **given))

    def page(self, address: str, **given: Any) -> str:
        """Open a page as a browser does; it must be there."""
        answer = self.get(address, headers={"Accept": "text/html"}, **given)
        assert answer.status_code == 200, (address, answer.status_code, answer.text[:300])
        return answer.text

    def send(self, address: str, files: Any = None, **fields: str) -> httpx.Response:
        """Send a form as a browser without scripts does."""
        data = {"csrf": self.csrf, **fields}
        return asyncio.run(
            self._ask("POST", address, data=data, files=files, headers={"Accept": "text/html"})
        )

    async def _ask(self, method: str, address: str, **given: Any) -> httpx.Response:
        async with httpx.AsyncClient(
            transport=self._transport, base_url=BASE, cookies=self._cookies
        ) as client:
            return await client.request(method, address, **given)


def log_in(services: Services, actor: Actor, *scopes: Scope) -> Client:
    """Return the browser of somebody who is logged in with these rights."""
    made = services.api_keys.create(actor, scopes, timedelta(days=30), actor=ADMIN)
    session = services.sessions.open(made.record.prefix)
    return Client(services, session.cookie, session.csrf)


def told(answer: httpx.Response) -> str:
    """Return the sentence of a page that refuses."""
    found = re.search(r'<p role="alert">(.*?)</p>', answer.text, re.DOTALL)
    return found[1] if found else ""
