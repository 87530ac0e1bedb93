"""The trust folder for download: what an auditor needs to verify offline."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.web.authorisation import Doors
from api.web.openapi import PUBLIC, binary

router = APIRouter(tags=["pki"], responses=PUBLIC)


@router.get("/trust.zip", summary="信任文件夹 / Trust folder", responses=binary("application/zip", "ZIP"))
def trust(doors: Doors) -> Response:
    """Return anchors, issuing certificates, revocation lists and seal states in one file.

    Compare the roots' SHA-256 over a channel that you trust already.
    """
    headers = {"Content-Disposition": 'attachment; filename="yinxin-trust.zip"'}
    return Response(doors.evidence.archive(), media_type="application/zip", headers=headers)
