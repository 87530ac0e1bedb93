"""Every router of the application, in the order of the OpenAPI description."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.routes import session

ROUTERS: Final[tuple[APIRouter, ...]] = (session.router,)
