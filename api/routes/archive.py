"""Stored documents: look, fetch, classify, hold and release, extend, delete at the end of their time."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse

from api.access.scopes import Principal, Scope
from api.schemas.archive import (
    ArchiveReason,
    Classify,
    DocumentFileModel,
    DocumentModel,
    DocumentPageModel,
    ExtendDocument,
    HoldModel,
    HoldPageModel,
    RenewalsModel,
    RetentionClassesModel,
)
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, binary, problems
from signing.objects.shelf import sha256
from signing.retention.desk import DocumentFile
from signing.retention.states import DocumentState
from signing.retention.store import EVERY, DocumentQuery

router = APIRouter(prefix="/api/v1/archive", tags=["archive"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.DOCUMENT_READ)]
Keeper = Annotated[Principal, Requires(Scope.DOCUMENT_KEEP)]
Remover = Annotated[Principal, Requires(Scope.DOCUMENT_DELETE)]
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the document")]
OCTETS: Final = "application/octet-stream"
MOVE = problems(404, 409, 410)


def _found(doors: Doors, caller: Principal, digest: str) -> DocumentFile:
    return doors.keeping.documents.show(digest, caller.actor.uscc)


@router.get("/documents", summary="归档文件列表 / List documents")
def list_documents(  # noqa: PLR0913 - the parameters of an address
    *,
    doors: Doors,
    caller: Reader,
    uscc: Annotated[str, Query(max_length=18)] = "",
    state: DocumentState | None = None,
    held: Annotated[bool, Query(description="Only those on hold")] = False,
    ended: Annotated[bool, Query(description="Only those whose time is over")] = False,
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DocumentPageModel:
    """List the newest first, a page at a time; a caller bound to an enterprise sees its own."""
    by = doors.clock() if ended else None
    found = doors.keeping.documents.list(
        DocumentQuery(caller.owner(uscc) or "", state, held, by, after, limit)
    )
    following = found[-1].digest if len(found) == limit else None
    return DocumentPageModel(items=[DocumentModel.of(one) for one in found], next=following)


@router.get("/documents/{digest}", summary="归档文件详情 / Show a document", responses=problems(404))
def show(doors: Doors, caller: Reader, digest: Sha256) -> DocumentFileModel:
    """Return a document with what it was extended from and to, and the holds on it; a deleted one as its tombstone."""
    return DocumentFileModel.of(_found(doors, caller, digest))


@router.get(
    "/documents/{digest}/content",
    summary="取回归档文件 / Fetch a document",
    responses=binary(OCTETS, "The document") | problems(404, 410),
)
def content(doors: Doors, caller: Reader, digest: Sha256) -> FileResponse:
    """Return the octets of a document; never shown in the page itself."""
    document, stream = doors.keeping.documents.open(digest, caller.actor.uscc)
    stream.close()
    headers = {"X-Content-Type-Options": "nosniff"}
    path = doors.archive.path(sha256(digest))
    return FileResponse(path, media_type=OCTETS, filename=document.name, headers=headers)


@router.get("/retention-classes", summary="保管期限类别 / Retention classes")
def classes(doors: Doors, caller: Reader) -> RetentionClassesModel:
    """List the classes that a document can be given."""
    del caller
    return RetentionClassesModel.of(doors.keeping.documents.book)


@router.put("/documents/{digest}/retention", summary="设定保管期限 / Classify", responses=MOVE)
def classify(doors: Doors, caller: Keeper, digest: Sha256, body: Classify) -> DocumentFileModel:
    """Give a document its retention class; a time once promised is only made longer."""
    _found(doors, caller, digest)
    return DocumentFileModel.of(doors.keeping.documents.classify(digest, body.retention, actor=caller.actor))


@router.post("/documents/{digest}/holds", summary="法律保全 / Hold", status_code=201, responses=MOVE)
def hold(doors: Doors, caller: Keeper, digest: Sha256, body: ArchiveReason) -> HoldModel:
    """Hold a document and everything that it was extended to: nothing of it is deleted while the hold stands."""
    _found(doors, caller, digest)
    return HoldModel.of(doors.keeping.documents.hold(digest, body.reason, actor=caller.actor))


@router.post("/holds", summary="全部文件保全 / Hold every document", status_code=201)
def hold_every(doors: Doors, caller: Keeper, body: ArchiveReason) -> HoldModel:
    """Hold every document of the installation; for callers who are bound to no enterprise."""
    caller.of_the_authority()
    return HoldModel.of(doors.keeping.documents.hold(EVERY, body.reason, actor=caller.actor))


@router.get("/holds", summary="保全列表 / List holds")
def list_holds(doors: Doors, caller: Keeper) -> HoldPageModel:
    """List the holds that stand; for callers who are bound to no enterprise."""
    caller.of_the_authority()
    return HoldPageModel(items=[HoldModel.of(one) for one in doors.keeping.documents.standing()])


@router.post("/holds/{hold_id}/release-request", summary="申请解除保全 / Ask for release", responses=MOVE)
def ask_release(doors: Doors, caller: Keeper, hold_id: str, body: ArchiveReason) -> HoldModel:
    """Ask that a hold be lifted; it stands until another person confirms."""
    _may_move(doors, caller, hold_id)
    return HoldModel.of(doors.keeping.documents.ask_release(hold_id, body.reason, actor=caller.actor))


@router.post("/holds/{hold_id}/release", summary="确认解除保全 / Confirm release", responses=MOVE)
def release(doors: Doors, caller: Keeper, hold_id: str) -> HoldModel:
    """Lift a hold, as another person than asked."""
    _may_move(doors, caller, hold_id)
    return HoldModel.of(doors.keeping.documents.release(hold_id, actor=caller.actor))


@router.post("/holds/{hold_id}/refusal", summary="不解除保全 / Keep the hold", responses=MOVE)
def refuse_release(doors: Doors, caller: Keeper, hold_id: str) -> HoldModel:
    """Refuse a release that was asked for."""
    _may_move(doors, caller, hold_id)
    return HoldModel.of(doors.keeping.documents.refuse_release(hold_id, actor=caller.actor))


@router.post("/documents/{digest}/extension", summary="延长有效期 / Extend", responses=MOVE)
def extend(doors: Doors, caller: Keeper, digest: Sha256, body: ExtendDocument) -> DocumentModel:
    """Add evidence and a new document time-stamp; the answer is the new document. Repeating it changes nothing."""
    _found(doors, caller, digest)
    password = None if body.password is None else body.password.get_secret_value()
    return DocumentModel.of(doors.keeping.renewals.extend(digest, actor=caller.actor, password=password))


@router.get("/renewals", summary="延期进度 / Progress of extensions")
def renewals(doors: Doors, caller: Keeper, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> RenewalsModel:
    """Tell how many documents wait, fail and are done, and list the newest extensions; for the authority."""
    caller.of_the_authority()
    desk = doors.keeping.renewals
    return RenewalsModel.of(desk.progress(), list(desk.newest(limit=limit)))


@router.post("/documents/{digest}/deletion", summary="期满删除 / Delete", responses=MOVE)
def delete(doors: Doors, caller: Remover, digest: Sha256, body: ArchiveReason) -> DocumentFileModel:
    """Delete a document whose time is over and that nobody holds; the answer is its tombstone."""
    _found(doors, caller, digest)
    return DocumentFileModel.of(doors.keeping.documents.delete(digest, body.reason, actor=caller.actor))


def _may_move(doors: Doors, caller: Principal, hold_id: str) -> None:
    origin = doors.keeping.documents.hold_of(hold_id).origin
    if origin == EVERY:
        caller.of_the_authority()
    else:
        _found(doors, caller, origin)
