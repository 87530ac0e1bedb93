"""What every page is written on: its language, its words, its headers and who is looking."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from api.access.scopes import Principal
from api.access.session import COOKIE, Session
from api.errors import NotAuthenticated
from api.pages.words import (
    DEFAULT_LANGUAGE,
    LANGUAGE_COOKIE,
    Language,
    as_language,
    say,
    script_words,
)
from api.web.authorisation import services_of

HERE: Final = Path(__file__).parent
STATIC_PATH: Final = "/static"
YEAR_SECONDS: Final = 365 * 24 * 3600
MACHINES: Final = ("/api/", "/pki/", "/static/")
"""Addresses that answer programs, whoever opens them."""
FORMS: Final = ("/console/", "/verify/r/")
"""Addresses to which browsers send forms without a script."""
SECTIONS: Final = (("/console", "console"), ("/s/", "lookup"), ("/e/", "lookup"))
"""Which part of the pages an address belongs to; every other is the front page's."""
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content Security Policy of the pages: their own files, and no script or style inside the markup."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is logged in, and the session that says so."""

    caller: Principal
    session: Session


def visitor_of(request: Request) -> Visitor | None:
    """Return who looks at the page, or None without a valid session."""
    cookie = request.cookies.get(COOKIE)
    if cookie is None:
        return None
    doors = services_of(request)
    try:
        session = doors.sessions.read(cookie)
        return Visitor(doors.api_keys.principal(session.key_prefix), session)
    except NotAuthenticated:
        return None


def language_of(request: Request) -> Language:
    """Return the language asked for: ``?lang=``, else the cookie, else Chinese."""
    asked = as_language(request.query_params.get("lang")) or as_language(request.cookies.get(LANGUAGE_COOKIE))
    return asked or DEFAULT_LANGUAGE


def is_page(request: Request) -> bool:
    """Tell whether a person opened the address in a browser; scripts and programs ask for anything, or for JSON."""
    sent = request.method == "POST" and request.url.path.startswith(FORMS)  # a form without a script
    return (
        (request.method == "GET" or sent)
        and not request.url.path.startswith(MACHINES)
        and "text/html" in request.headers.get("accept", "")
    )


def policy_with(agent_port: object) -> str:
    """Return the policy; a page that places a seal may also speak to the desk agent at this port of the same computer."""
    if not isinstance(agent_port, int):
        return POLICY
    return POLICY.replace("connect-src 'self'", f"connect-src 'self' ws://127.0.0.1:{agent_port}")


class Paper:
    """Writes pages from the templates."""

    def __init__(self, upload_limit: int) -> None:
        self._limit = upload_limit
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """Write one page in the reader's language; ``?lang=`` is remembered in a cookie."""
        language = language_of(request)
        visitor = visitor_of(request)
        text = self._templates.get_template(template).render(
            language=language,
            t=partial(say, language),
            static=lambda name: f"{STATIC_PATH}/{name}",
            script_words=script_words(language),
            other_language_url=_other_language_url(request, language),
            caller=(visitor.caller.actor.name or visitor.caller.actor.id) if visitor else "",
            csrf=visitor.session.csrf if visitor else "",
            limit=self._limit,
            max_size=f"{self._limit / 2**20:g} MB",
            **context,
        )
        response = HTMLResponse(
            text,
            status,
            {"Content-Security-Policy": policy_with(context.get("agent_port")), "Content-Language": language},
        )
        if request.query_params.get("lang") == language:
            response.set_cookie(
                LANGUAGE_COOKIE, language, max_age=YEAR_SECONDS, samesite="lax", httponly=True
            )
        return response

    def gone(self, request: Request, said: str, here: str) -> HTMLResponse:
        """Say that what stood here is over (410)."""
        return self.page(request, "gone.html", status=410, said=said, here=here, back=f"/{here}")

    def refused(self, request: Request, told: dict[str, str], status: int) -> HTMLResponse:
        """Say why an address does not answer with a page: another enterprise's, malformed, or none at all."""
        here = next((name for start, name in SECTIONS if request.url.path.startswith(start)), "verify")
        reason = told[language_of(request)]
        back = "/s" if here == "lookup" else f"/{here}"
        if request.method == "POST":
            back = request.url.path.rpartition("/")[0]
        return self.page(request, "refused.html", status=status, reason=reason, here=here, back=back)

    def failed(self, request: Request, problem: dict[str, str] | None, here: str) -> HTMLResponse:
        """Say that the work on an upload failed, and what to do; ``problem`` None means that it was interrupted."""
        language = language_of(request)
        reason = problem[language] if problem else say(language, "result.interrupted")
        return self.page(request, "failed.html", status=500, reason=reason, here=here, back=f"/{here}")


class Static(StaticFiles):
    """Our own style, scripts and mark; a browser asks again, and is answered *not modified*."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Answer with a file, to be revalidated at each use."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _other_language_url(request: Request, language: Language) -> str:
    query = {name: value for name, value in request.query_params.items() if name != "lang"}
    return f"{request.url.path}?{urlencode(query | {'lang': 'en' if language == 'zh' else 'zh'})}"
