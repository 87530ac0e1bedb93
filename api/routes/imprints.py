"""Pictures of seals at true size, previews, imprints compared and cleaned, pictures uploaded for a seal."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Query, Response, UploadFile

from api.access.scopes import Principal, Scope
from api.access.seals import own_seal
from api.schemas.imprints import (
    ComparisonModel,
    PreviewSeal,
    TemplateModel,
    TemplatesModel,
    UploadedPictureModel,
    UploadedPicturesModel,
)
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, binary, problems
from seals.drawing.geometry import TEMPLATES, templates
from seals.drawing.picture import draw
from seals.imprint.limits import MAX_OCTETS
from seals.imprint.uploads import PictureUpload

router = APIRouter(prefix="/api/v1", tags=["seals"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.SEAL_READ)]
Applicant = Annotated[Principal, Requires(Scope.SEAL_APPLY)]
Officer = Annotated[Principal, Requires(Scope.SEAL_FILE)]
Picture = Annotated[UploadFile, File(description=f"PNG, JPEG, TIFF or BMP, at most {MAX_OCTETS >> 20} MiB")]
Side = Annotated[float | None, Form(gt=0, le=100, description="True outer size in mm")]
Turn = Annotated[float | None, Form(ge=-360, le=360, description="How far it is turned clockwise")]
SVG = "image/svg+xml"


@router.get("/seal-templates", summary="印章规格 / Shapes and sizes")
def list_templates(caller: Reader) -> TemplatesModel:  # noqa: ARG001 - reading needs the scope
    """List every shape and size in which seals are drawn, the default of each kind first."""
    return TemplatesModel(
        items=[TemplateModel.of(one, default=templates(one.kind)[0] is one) for one in TEMPLATES]
    )


@router.post(
    "/seals/preview",
    summary="印章预览 / Preview a seal",
    responses=binary(SVG, "Vector, true size") | problems(404),
)
def preview(doors: Doors, caller: Applicant, body: PreviewSeal) -> Response:
    """Draw a seal before anybody applies for it, at true millimetre size, with 未备案 across it."""
    caller.acting_for(body.uscc)
    name = doors.enterprises.get(body.uscc).name
    return Response(draw(body.spec(name)).svg(), media_type=SVG)


@router.get(
    "/seals/{code}/picture.pdf",
    summary="印章图样 PDF / Picture of a seal as PDF",
    responses=binary("application/pdf", "One page of the seal's size") | problems(404),
)
def picture_pdf(doors: Doors, caller: Reader, code: str) -> Response:
    """Draw the seal as a PDF page of its own size; one that was never filed has 未备案 across it."""
    own_seal(doors.seals, caller, code)
    return Response(doors.seals.picture(code).pdf(), media_type="application/pdf")


@router.get(
    "/seals/{code}/picture.png",
    summary="印章图样 PNG / Picture of a seal as PNG",
    responses=binary("image/png", "Transparent, its resolution in pHYs") | problems(404),
)
def picture_png(
    doors: Doors, caller: Reader, code: str, dpi: Annotated[int, Query(ge=72, le=1200)] = 600
) -> Response:
    """Draw the seal as a transparent PNG that prints at true size; one never filed has 未备案 across it."""
    own_seal(doors.seals, caller, code)
    return Response(doors.studio.png(doors.seals.picture(code), dpi), media_type="image/png")


@router.post(
    "/seals/{code}/imprint-comparison",
    summary="印模比对 / Compare an imprint",
    responses=problems(404, 413),
)
def compare(doors: Doors, caller: Officer, code: str, file: Picture) -> ComparisonModel:
    """Compare a scanned imprint with the approved picture; nothing is kept, the figures are advice."""
    own_seal(doors.seals, caller, code)
    return ComparisonModel.of(doors.pictures.compare(code, _octets(file)))


@router.post(
    "/imprints/cleaned",
    summary="印模去底 / Clean a photographed imprint",
    responses=binary("image/png", "Transparent PNG at 600 dpi, or SVG outlines") | problems(413),
)
def clean(  # noqa: PLR0913, PLR0917 - the fields of a form
    doors: Doors,
    caller: Applicant,  # noqa: ARG001 - cleaning needs the scope
    file: Picture,
    width_mm: Side = None,
    height_mm: Side = None,
    turn_deg: Turn = None,
    form: Annotated[Literal["png", "svg"], Form()] = "png",
) -> Response:
    """Take an imprint off its paper; nothing is kept."""
    made = doors.studio.clean(_octets(file), size_mm=_size(width_mm, height_mm), turn_deg=turn_deg)
    if form == "svg":
        return Response(made.picture.svg(), media_type=SVG)
    return Response(made.png, media_type="image/png")


@router.post(
    "/seal-pictures",
    summary="上传印章图样 / Upload a picture",
    status_code=201,
    responses=problems(404, 409, 413),
)
def upload(  # noqa: PLR0913, PLR0917 - the fields of a form
    doors: Doors,
    caller: Applicant,
    uscc: Annotated[str, Form(max_length=18)],
    file: Picture,
    width_mm: Side = None,
    height_mm: Side = None,
    turn_deg: Turn = None,
) -> UploadedPictureModel:
    """Keep the cleaned picture of an imprint for a seal to be applied for; its middle is empty or has the star."""
    caller.acting_for(uscc)
    asked = PictureUpload(uscc, _octets(file), _size(width_mm, height_mm), turn_deg)
    return UploadedPictureModel.of(doors.pictures.upload(asked, officer=False, actor=caller.actor))


@router.post(
    "/seal-pictures/official",
    summary="备案机关上传图样 / Upload as the filing officer",
    status_code=201,
    responses=problems(404, 409, 413),
)
def upload_official(  # noqa: PLR0913, PLR0917 - the fields of a form
    doors: Doors,
    caller: Officer,
    uscc: Annotated[str, Form(max_length=18)],
    file: Picture,
    reason: Annotated[str, Form(min_length=1, max_length=200)],
    emblem: Annotated[bool, Form(description="It shows an emblem of state")] = False,
    width_mm: Side = None,
    height_mm: Side = None,
    turn_deg: Turn = None,
) -> UploadedPictureModel:
    """Keep a picture that only a filing officer may bring in, an emblem of state among them; the reason is on the trail."""
    caller.of_the_authority()
    asked = PictureUpload(uscc, _octets(file), _size(width_mm, height_mm), turn_deg, emblem, reason)
    return UploadedPictureModel.of(doors.pictures.upload(asked, officer=True, actor=caller.actor))


@router.get("/seal-pictures", summary="已上传图样 / Uploaded pictures")
def uploaded(
    doors: Doors, caller: Reader, uscc: Annotated[str, Query(max_length=18)]
) -> UploadedPicturesModel:
    """List an enterprise's uploaded pictures, the newest first."""
    caller.acting_for(uscc)
    return UploadedPicturesModel(items=[UploadedPictureModel.of(one) for one in doors.pictures.of(uscc)])


@router.get(
    "/seal-pictures/{sha256}/picture.svg",
    summary="已上传图样预览 / Show an uploaded picture",
    responses=binary(SVG, "Vector, true size") | problems(409),
)
def uploaded_picture(
    doors: Doors, caller: Reader, sha256: str, uscc: Annotated[str, Query(max_length=18)]
) -> Response:
    """Show a picture that waits for its seal, with 未备案 across it."""
    caller.acting_for(uscc)
    return Response(doors.pictures.shown(uscc, sha256[:64]).svg(), media_type=SVG)


def _octets(file: UploadFile) -> bytes:
    """Read an upload, one octet past the limit at most: the reader refuses it there."""
    return file.file.read(MAX_OCTETS + 1)


def _size(width: float | None, height: float | None) -> tuple[float, float] | None:
    """Return the size given; one side alone is both."""
    width, height = width or height, height or width
    return None if width is None or height is None else (width, height)
