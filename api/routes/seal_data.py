"""Electronic seal data of a seal: the data in force, and what was made so far."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

from fastapi import APIRouter, Response

from api.access.scopes import Principal, Scope
from api.access.seals import own_seal
from api.schemas.seal_data import SealDataHistoryModel
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, binary, problems
from seals.ses.parts import SesVersion

router = APIRouter(prefix="/api/v1/seals", tags=["seals"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.SEAL_READ)]
MEDIA_TYPE = "application/octet-stream"


class Layout(IntEnum):
    """Versions that are written: 4 is GB/T 38540-2020, 5 is GM/T 0031-2025."""

    V4 = 4
    V5 = 5

    @property
    def version(self) -> SesVersion:
        """The same as the seals' room has it."""
        return SesVersion.V4 if self is Layout.V4 else SesVersion.V5


@router.get(
    "/{code}/data.esl",
    summary="电子印章数据 / Electronic seal data",
    responses=binary(MEDIA_TYPE, "SESeal, DER") | problems(404, 409),
)
def data(doors: Doors, caller: Reader, code: str, version: Layout = Layout.V4) -> Response:
    """Return the seal data in force; it is made now if the seal, its certificate or the maker have changed since."""
    found = own_seal(doors.seals, caller, code)
    made = doors.seal_data.current(found.code, version.version, actor=caller.actor)
    headers = {
        "Content-Disposition": f'attachment; filename="{found.code}-v{version.value}.esl"',
        "Cache-Control": "private, no-store",
    }
    return Response(made.octets, media_type=MEDIA_TYPE, headers=headers)


@router.get("/{code}/data", summary="电子印章数据制作记录 / Seal data made so far", responses=problems(404))
def history(doors: Doors, caller: Reader, code: str) -> SealDataHistoryModel:
    """Return the last makings, newest first, those withheld too."""
    found = own_seal(doors.seals, caller, code)
    return SealDataHistoryModel.of(doors.seal_data.history(found.code))
