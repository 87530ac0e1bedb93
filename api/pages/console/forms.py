"""Plain forms of the console: they are sent by the browser itself and need no script.

Each carries the session's token in a hidden field. What is refused comes back as a page that says why; what is done leads
back to the page that asked, so that loading it again sends nothing twice.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access.scopes import Scope
from api.errors import NotAuthenticated
from api.pages.console.frame import Frame, enter
from api.pages.paper import visitor_of

Csrf = Annotated[str, Form(max_length=128)]
Text = Annotated[str, Form(max_length=200)]


def posted(request: Request, tab: str, csrf: str, scope: Scope) -> Frame:
    """Return the frame of somebody who may send this form.

    Raises :class:`NotAuthenticated`, :class:`api.errors.CsrfFailed`, :class:`api.errors.ScopeMissing`.
    """
    frame, visitor = enter(request, tab), visitor_of(request)
    if visitor is None or isinstance(frame, Response):
        raise NotAuthenticated
    site = request.headers.get("Sec-Fetch-Site")
    frame.doors.sessions.check_csrf(visitor.session, csrf, site=site)
    frame.caller.require(scope)
    return frame


def done(url: str) -> Response:
    """Lead to the page that shows what was done (RFC 9110 §15.4.4)."""
    return RedirectResponse(url, 303)
