"""Log in, look, log out: an API key exchanged for a session cookie."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.access.scopes import Principal
from api.access.session import COOKIE, Session
from api.schemas.session import LogIn, SessionModel
from api.web.authorisation import Doors, session_of
from api.web.openapi import CALLER

router = APIRouter(prefix="/session", tags=["session"], responses=CALLER)
Open = Annotated[Session, Depends(session_of)]


@router.post("", summary="登录 / Log in", status_code=201)
def log_in(doors: Doors, body: LogIn, response: Response) -> SessionModel:
    """Exchange an API key for a session cookie (HttpOnly, SameSite=Strict)."""
    caller = doors.api_keys.authenticate(body.api_key.get_secret_value())
    session = doors.sessions.open(caller.key_prefix)
    secure = doors.settings.base_url.startswith("https://")
    age = doors.settings.session_minutes * 60
    response.set_cookie(COOKIE, session.cookie, max_age=age, httponly=True, samesite="strict", secure=secure)
    return _shown(caller, session)


@router.get("", summary="当前登录 / Who is logged in")
def show(doors: Doors, session: Open) -> SessionModel:
    """Return the session of the cookie; 401 without one."""
    return _shown(doors.api_keys.principal(session.key_prefix), session)


@router.delete("", summary="退出 / Log out", status_code=204)
def log_out(response: Response, _session: Open) -> None:
    """Drop the cookie."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def _shown(caller: Principal, session: Session) -> SessionModel:
    return SessionModel(
        actor_id=caller.actor.id,
        actor_name=caller.actor.name,
        uscc=caller.actor.uscc,
        scopes=sorted(caller.scopes),
        expires_at=session.expires_at,
        csrf=session.csrf,
    )
