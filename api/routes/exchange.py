"""The exchange with the national platform: export, import, status query, revocation list by time range."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Query, Response, UploadFile

from api.access.scopes import Principal, Scope
from api.schemas.exchange import ImportedModel, RevocationPage, StatusAnswer, StatusQuestion
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, binary, problems
from seals.filing.exchange import MAX_PAGE, stretch_of
from seals.filing.national import MAX_FILE, Interface

router = APIRouter(prefix="/api/v1/national", tags=["filing"], responses=CALLER)
Officer = Annotated[Principal, Requires(Scope.SEAL_FILE)]
Reader = Annotated[Principal, Requires(Scope.SEAL_READ)]
Time = Annotated[str, Query(max_length=19, examples=["2026-01-01 00:00:00"], description="UTC+8")]
Page = Annotated[int, Query(ge=1, le=100_000)]
Size = Annotated[int, Query(ge=1, le=MAX_PAGE)]


@router.post(
    "/exports/{interface}",
    summary="导出到国家平台 / Export",
    responses=binary("application/octet-stream", "JSON in the platform's shape, signed by the seal maker")
    | problems(409),
)
def export(  # noqa: PLR0913, PLR0917 - the parameters of an address
    doors: Doors,
    caller: Officer,
    interface: Interface,
    startTime: Time,  # noqa: N803 - the platform's spelling
    endTime: Time,  # noqa: N803
    pageNo: Page = 1,  # noqa: N803
    pageSize: Size = MAX_PAGE,  # noqa: N803
) -> Response:
    """Write what came into use, was renewed or was stopped in a stretch of time, a page of it, each message signed."""
    stretch = stretch_of(startTime, endTime, pageNo, pageSize)
    octets = doors.filing.exchange.export(interface, stretch, actor=caller.actor)
    headers = {"Content-Disposition": f'attachment; filename="{interface}.json"'}
    return Response(octets, media_type="application/octet-stream", headers=headers)


@router.post("/imports", summary="导入国家平台数据 / Import", responses=problems(409, 413))
def take_in(
    doors: Doors, caller: Officer, file: Annotated[UploadFile, File(description="At most 8 MiB")]
) -> ImportedModel:
    """Take in a file of messages, all or none; own seals that it tells to stop are stopped."""
    octets = file.file.read(MAX_FILE + 1)
    done = doors.filing.exchange.take_in(octets, actor=caller.actor)
    if done.stopped:
        doors.evidence.publish()
    return ImportedModel.of(done)


@router.post("/status", summary="状态查询 / Status query", responses=problems(404))
def status(doors: Doors, caller: Reader, body: StatusQuestion) -> StatusAnswer:
    """Answer 0 (valid) or 1 as of a time, of our seals and of others that the platform told of."""
    del caller
    return StatusAnswer(**doors.filing.exchange.query(body.model_dump()))


@router.get("/revocations", summary="失效清单 / Revocation list")
def revocations(  # noqa: PLR0913, PLR0917 - the parameters of an address
    doors: Doors,
    caller: Officer,
    startTime: Time,  # noqa: N803
    endTime: Time,  # noqa: N803
    pageNo: Page = 1,  # noqa: N803
    pageSize: Size = 100,  # noqa: N803
) -> RevocationPage:
    """Return the seals that are stopped since a moment in a stretch of time, by that moment."""
    caller.of_the_authority()
    found: dict[str, Any] = doors.filing.exchange.revocations(
        stretch_of(startTime, endTime, pageNo, pageSize)
    )
    return RevocationPage(**found)
