"""Authorisation as a type in the route's signature: ``caller: Annotated[Principal, Requires(Scope.SEAL_USE)]``.

A caller shows an API key (``Authorization: Bearer yx_…``) or the session cookie that one was exchanged for; a state
change by cookie also needs the session's token in ``X-CSRF-Token``.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from api.access.scopes import Principal, Scope
from api.access.session import COOKIE, CSRF_HEADER, Session
from api.errors import NotAuthenticated
from api.services import Services

BEARER: Final = HTTPBearer(auto_error=False, scheme_name="apiKey", description="API key: yx_…")
COOKIE_SCHEME: Final = APIKeyCookie(
    name=COOKIE, auto_error=False, scheme_name="session", description="Session cookie of the pages"
)
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""RFC 9110 §9.2.1."""


def services_of(request: Request) -> Services:
    """Return the doors of this application."""
    services: Services = request.app.state.services
    return services


Doors = Annotated[Services, Depends(services_of)]
BearerKey = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]
SessionCookie = Annotated[str | None, Security(COOKIE_SCHEME)]


def session_of(request: Request, doors: Doors, cookie: SessionCookie) -> Session:
    """Return the caller's session, its CSRF token checked on a state change."""
    if cookie is None:
        raise NotAuthenticated
    session = doors.sessions.read(cookie)
    if request.method not in SAFE_METHODS:
        token, site = request.headers.get(CSRF_HEADER), request.headers.get("Sec-Fetch-Site")
        doors.sessions.check_csrf(session, token, site=site)
    return session


def authenticate(request: Request, doors: Doors, bearer: BearerKey, cookie: SessionCookie) -> Principal:
    """Return the caller by bearer key, else by session; :class:`NotAuthenticated` without either."""
    if bearer is not None:
        return doors.api_keys.authenticate(bearer.credentials)
    return doors.api_keys.principal(session_of(request, doors, cookie).key_prefix)


def _limited(request: Request, doors: Doors) -> None:
    doors.public_limit.admit(request)


Limited: Final[Any] = Depends(_limited)
"""What a route asks that anyone may call without a key: ``dependencies=[Limited]``."""


def _limited_without_key(request: Request, doors: Doors) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        with suppress(NotAuthenticated):  # a false key is no key: whoever shows it is counted as anybody
            doors.api_keys.authenticate(key.strip())
            return
    if cookie := request.cookies.get(COOKIE):
        with suppress(NotAuthenticated):
            doors.api_keys.principal(doors.sessions.read(cookie).key_prefix)
            return
    doors.public_limit.admit(request)


LimitedWithoutKey: Final[Any] = Depends(_limited_without_key)
"""The same for a route that programs or people at work use too: whoever shows an API key, with any scope, or is signed in, is not counted."""


@dataclass(frozen=True, slots=True)
class _Gate:
    scope: Scope

    def __call__(self, request: Request, doors: Doors, bearer: BearerKey, cookie: SessionCookie) -> Principal:
        caller = authenticate(request, doors, bearer, cookie)
        caller.require(self.scope)
        return caller


def Requires(scope: Scope) -> Any:  # noqa: N802 - reads as a type in a signature
    """Demand ``scope`` of the caller; the OpenAPI description names it."""
    return Security(_Gate(scope), scopes=[scope.value])
