"""Published evidence at the addresses in the certificates: AIA, CDP, OCSP (RFC 6960), TSA (RFC 3161), seal states."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Body, Request, Response

from api.errors import NotFound
from api.web import conditional
from api.web.authorisation import Doors
from api.web.ocsp_door import ANSWER_TYPE as OCSP
from api.web.ocsp_door import REQUEST_TYPE as OCSP_REQUEST
from api.web.ocsp_door import octets_in
from api.web.openapi import PUBLIC, binary, problems
from ca.errors import IssuerUnknown
from ca.status.crl_store import PublishedCrl
from ca.status.ocsp_codec import MAX_REQUEST_OCTETS
from ca.tsp import MAX_REQUEST_OCTETS as MAX_TSP_OCTETS

router = APIRouter(prefix="/pki", tags=["pki"], responses=PUBLIC)

CERTIFICATE: Final = "application/pkix-cert"
"""RFC 2585 §4.1."""
CRL: Final = "application/pkix-crl"
"""RFC 2585 §4.2."""
TSP_QUERY: Final = "application/timestamp-query"
TSP: Final = "application/timestamp-reply"
"""RFC 3161 §3.4."""
MAX_SHARD: Final = 2**31 - 1
"""The largest INTEGER of a database."""
JOSE: Final = "application/jose"
"""RFC 7515 §9.2.1."""


@router.get(
    "/issuers/{issuer}.cer",
    summary="签发者证书 / Issuer's certificate",
    responses=binary(CERTIFICATE, "DER") | problems(404),
)
def issuer_certificate(doors: Doors, issuer: str) -> Response:
    """Return an issuer's certificate (AIA caIssuers, RFC 5280 §4.2.2.1)."""
    try:
        found = doors.authority.issuer(issuer)
    except IssuerUnknown as unknown:
        raise NotFound from unknown
    return Response(found.certificate, media_type=CERTIFICATE)


@router.get("/crl/{issuer}.crl", summary="吊销列表 / CRL", responses=binary(CRL, "DER") | problems(404))
def crl(request: Request, doors: Doors, issuer: str) -> Response:
    """Return the list in force (RFC 5280 §5); one that is due is renewed first."""
    return _list(request, doors, doors.crls.current(issuer))


@router.get(
    "/crl/{issuer}/{shard:int}.crl",
    summary="吊销列表分片 / CRL shard",
    responses=binary(CRL, "DER") | problems(404),
)
def crl_shard(request: Request, doors: Doors, issuer: str, shard: int) -> Response:
    """Return the list in force over the certificates that name this address (RFC 5280 §5.2.5)."""
    return _list(request, doors, doors.crls.current(issuer, _shard(shard)))


@router.get(
    "/crl/{issuer}/{shard:int}.delta.crl",
    summary="增量吊销列表 / Delta CRL",
    responses=binary(CRL, "DER") | problems(404),
)
def crl_delta(request: Request, doors: Doors, issuer: str, shard: int) -> Response:
    """Return what changed since the oldest complete list in force of this shard (RFC 5280 §5.2.4)."""
    return _list(request, doors, doors.crls.current_delta(issuer, _shard(shard)))


def _shard(number: int) -> int:
    if not 0 < number <= MAX_SHARD:
        raise NotFound
    return number


def _list(request: Request, doors: Doors, found: PublishedCrl) -> Response:
    age = max(0, int((found.next_update - doors.clock()).total_seconds()) // 20)
    headers = {"Cache-Control": f"public, max-age={min(age, 900)}"}
    return conditional.answer(request, found.der, CRL, headers)


Octets = Annotated[bytes, Body(media_type=OCSP_REQUEST, max_length=MAX_REQUEST_OCTETS)]
Query = Annotated[bytes, Body(media_type=TSP_QUERY, max_length=MAX_TSP_OCTETS)]


@router.post("/ocsp/{issuer}", summary="证书状态 / OCSP (POST)", responses=binary(OCSP, "OCSPResponse, DER"))
def ocsp_post(doors: Doors, issuer: str, body: Octets) -> Response:
    """Answer a DER OCSPRequest (RFC 6960 appendix A.1)."""
    return Response(doors.ocsp.respond(issuer, body), media_type=OCSP)


@router.get(
    "/ocsp/{issuer}/{request:path}",
    summary="证书状态 / OCSP (GET)",
    responses=binary(OCSP, "OCSPResponse, DER"),
)
def ocsp_get(doors: Doors, issuer: str, request: str) -> Response:
    """Answer a request in base64 in the address (RFC 6960 appendix A.1, RFC 9654 §2)."""
    return Response(doors.ocsp.respond(issuer, octets_in(request)), media_type=OCSP)


@router.post("/tsa", summary="时间戳 / Time-stamp", responses=binary(TSP, "TimeStampResp, DER"))
def time_stamp(doors: Doors, body: Query) -> Response:
    """Answer a DER TimeStampReq (RFC 3161 §3.4)."""
    return Response(doors.tsa.respond(body), media_type=TSP)


@router.get(
    "/seals.jws",
    summary="印章状态列表 / Seal status list",
    responses=binary(JOSE, "JWS compact") | problems(404),
)
def seal_states(request: Request, doors: Doors) -> Response:
    """Return the signed list of every seal's states through time (RFC 7515)."""
    for jws in doors.evidence.seal_lists():
        return conditional.answer(request, jws.encode(), JOSE)
    raise NotFound


@router.get(
    "/voided.jws",
    summary="作废文件清单 / List of voided documents",
    responses=binary(JOSE, "JWS compact") | problems(404),
)
def voided(request: Request, doors: Doors) -> Response:
    """Return the signed list of voided documents; there is none before the first."""
    found = doors.evidence.void_lists.current()
    if found is None:
        raise NotFound
    return conditional.answer(request, found.jws.encode(), JOSE)
