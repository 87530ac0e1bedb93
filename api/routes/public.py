"""Open to anyone, a few times a minute: the state of a seal by its code, signed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Response

from api.routes.pki import JOSE
from api.schemas.public import PublicSealModel
from api.web.authorisation import Doors, Limited
from api.web.openapi import PUBLIC, binary, problems
from seals.lookup.desk import PublicAnswer, as_utc

router = APIRouter(
    prefix="/api/v1/public", tags=["public"], responses=PUBLIC | problems(429), dependencies=[Limited]
)
FRESH_SECONDS: Final = 30
"""How long a cache may give an answer without asking again: a frozen seal is told as frozen within it."""


@router.get(
    "/seals/{code}",
    summary="公开查询印章 / Look up a seal",
    response_model=PublicSealModel,
    responses=binary(JOSE, "The signed answer, JWS compact"),
)
def seal(
    doors: Doors,
    code: str,
    at: Annotated[
        datetime | None, Query(description="As of this past moment, RFC 3339; without it, now")
    ] = None,
    accept: Annotated[str, Header()] = "",
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Tell state, kind, owner and dates of a seal by its 13-digit physical or 14-digit electronic code.

    Neither picture nor personal data. An unknown code is answered in the same form, with the status ``unknown``.
    ``Accept: application/jose`` gives the bare signed answer; ``If-None-Match`` is answered with 304.
    """
    answer = doors.lookups.ask(code, None if at is None else _moment(at))
    bare = JOSE in accept
    headers = {
        "Cache-Control": f"public, max-age={FRESH_SECONDS}",
        "ETag": _tag(answer, bare=bare),
        "Vary": "Accept",
    }
    if headers["ETag"] in [one.strip().removeprefix("W/") for one in if_none_match.split(",")]:
        return Response(status_code=304, headers=headers)
    if bare:
        return Response(answer.jws, media_type=JOSE, headers=headers)
    body = PublicSealModel.of(answer).model_dump_json()
    return Response(body, media_type="application/json", headers=headers)


def _moment(at: datetime) -> datetime:
    """Read a moment as UTC where no zone is given."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else as_utc(at)


def _tag(answer: PublicAnswer, *, bare: bool) -> str:
    digest = hashlib.sha256(answer.jws.encode()).hexdigest()[:32]
    return f'"{digest}{"-jws" if bare else ""}"'
