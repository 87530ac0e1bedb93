"""The CSC API: version 2.0 under ``/csc/v2``, and what clients of version 1.0.4 ask for under ``/csc/v1``.

Errors are told as the specification has it (:mod:`api.csc.route`). A caller shows an API key as its bearer token.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter

from api.access.scopes import Principal, Scope
from api.csc import describe, remote, schemas
from api.csc.route import CscRoute
from api.web.authorisation import Doors, Limited, Requires
from api.web.openapi import Responses

_ERROR: Final[dict[str, Any]] = {
    "model": schemas.CscError,
    "description": "error 与 error_description / The error's code and a sentence",
}
ERRORS: Final[Responses] = dict.fromkeys((400, 401, 403, 422, 429, 503), _ERROR)
router = APIRouter(prefix="/csc", tags=["remote signing"], responses=ERRORS, route_class=CscRoute)
Keeper = Annotated[Principal, Requires(Scope.SEAL_USE)]
Authorised = schemas.Authorised


@router.post("/v2/info", summary="服务信息 / About the service", dependencies=[Limited])
def info_v2(doors: Doors, asked: schemas.InfoRequest) -> schemas.Described:
    """Tell what the service is and which methods it serves."""
    return schemas.Described(**describe.service(doors.settings.base_url, asked.lang, version=2))


@router.post("/v1/info", summary="服务信息（1.0.4 版）/ About the service, version 1", dependencies=[Limited])
def info_v1(doors: Doors, asked: schemas.InfoRequest) -> schemas.Described:
    """Tell what the service is and which methods it serves."""
    return schemas.Described(**describe.service(doors.settings.base_url, asked.lang, version=1))


@router.post("/v2/credentials/list", summary="列出凭证 / List credentials")
def list_v2(doors: Doors, caller: Keeper, asked: schemas.ListRequest) -> schemas.Described:
    """List the seals that the caller keeps and that have a key here; the credential's id is the electronic code."""
    found = doors.hashes.credentials.of(caller.actor, valid_only=asked.only_valid)
    wanted = describe.Wanted(asked.certificates, asked.cert_info, 2)
    told: dict[str, Any] = {"credentialIDs": [one.id for one in found]}
    if asked.credential_info:
        told["credentialInfos"] = [
            {"credentialID": one.id} | describe.credential(one, doors.clock(), wanted) for one in found
        ]
    return schemas.Described(**told, onlyValid=asked.only_valid)


@router.post("/v1/credentials/list", summary="列出凭证（1.0.4 版）/ List credentials, version 1")
def list_v1(doors: Doors, caller: Keeper, asked: schemas.ListRequest) -> schemas.Described:
    """List the ids of the caller's credentials, a page at a time."""
    ids = [one.id for one in doors.hashes.credentials.of(caller.actor) if one.id > asked.page_token]
    shown = ids[: asked.max_results]
    more = {"nextPageToken": shown[-1]} if len(shown) < len(ids) else {}
    return schemas.Described(credentialIDs=shown, **more)


@router.post("/v2/credentials/info", summary="凭证信息 / About a credential")
def credential_v2(doors: Doors, caller: Keeper, asked: schemas.CredentialRequest) -> schemas.Described:
    """Tell a credential's key, certificates, and what is asked of a person to authorise it."""
    return _credential(doors, caller, asked, 2)


@router.post("/v1/credentials/info", summary="凭证信息（1.0.4 版）/ About a credential, version 1")
def credential_v1(doors: Doors, caller: Keeper, asked: schemas.CredentialRequest) -> schemas.Described:
    """Tell a credential's key, certificates, and what is asked of a person to authorise it."""
    return _credential(doors, caller, asked, 1)


@router.post("/v2/credentials/authorize", summary="授权签名 / Authorise signatures")
def authorize_v2(doors: Doors, caller: Keeper, asked: schemas.AuthoriseV2) -> Authorised:
    """Authorise exact digests (of data to be signed, or of documents to be sealed) for a few minutes, each once.

    ``clientData`` may be a JSON object with ``case``, ``document_class`` and ``amount``, by which the use is judged.
    """
    given = remote.authorise(doors, caller, asked)
    return Authorised(SAD=given.secret, expires_in=given.seconds)


@router.post("/v1/credentials/authorize", summary="授权签名（1.0.4 版）/ Authorise signatures, version 1")
def authorize_v1(doors: Doors, caller: Keeper, asked: schemas.AuthoriseV1) -> Authorised:
    """Authorise exact digests for a few minutes, each once; the PIN is given here."""
    given = remote.authorise(doors, caller, asked)
    return Authorised(SAD=given.secret, expires_in=given.seconds)


@router.post("/v2/signatures/signHash", summary="对摘要签名 / Sign digests")
def sign_hash_v2(doors: Doors, caller: Keeper, asked: schemas.SignHashV2) -> schemas.Signatures:
    """Sign authorised digests, all or none. For SM2 the digest is e = SM3(Z ‖ M) with the default identity."""
    return schemas.Signatures(signatures=remote.sign_hashes(doors, caller, asked))


@router.post("/v1/signatures/signHash", summary="对摘要签名（1.0.4 版）/ Sign digests, version 1")
def sign_hash_v1(doors: Doors, caller: Keeper, asked: schemas.SignHashV1) -> schemas.Signatures:
    """Sign authorised digests, all or none."""
    return schemas.Signatures(signatures=remote.sign_hashes(doors, caller, asked))


@router.post("/v2/signatures/signDoc", summary="对文件用印 / Seal a document")
def sign_doc(doors: Doors, caller: Keeper, asked: schemas.SignDocRequest) -> schemas.SignedDocuments:
    """Seal a PDF whose SHA-256 digest was authorised, up to PAdES B-LTA; or sign digests of documents, up to B-T.

    ``clientData`` may tell the ``name`` of the file and where the seal is shown (``at``, as for sealing); without a place
    the document shows no seal.
    """
    return remote.sign_documents(doors, caller, asked)


def _credential(
    doors: Doors, caller: Principal, asked: schemas.CredentialRequest, version: int
) -> schemas.Described:
    found = doors.hashes.credentials.get(asked.credential_id, caller.actor)
    wanted = describe.Wanted(asked.certificates, asked.cert_info, version)
    return schemas.Described(**describe.credential(found, doors.clock(), wanted))
