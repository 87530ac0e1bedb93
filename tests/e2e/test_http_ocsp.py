"""The responder's door in front of the framework: the same answers, headers, limits and numbers as behind it."""

from __future__ import annotations

import base64
import http.client
from urllib.parse import quote, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from api.web.upload_limit import FORM_OVERHEAD, SMALL_LIMIT
from ca.status.ocsp_codec import MAX_GET_CHARACTERS, MAX_REQUEST_OCTETS
from tests.e2e.conftest import Site

Status = ocsp.OCSPResponseStatus
PATH = "/pki/ocsp/issuing"
PLAIN = {"Content-Type": "application/ocsp-request"}
BESIDE = {"Content-Type": "application/ocsp-request; charset=binary"}
"""A media type with a parameter is the same question, and not the plain case: the framework answers it."""
OF_EACH_ANSWER = {"date", "content-length"}


@pytest.fixture
def asked(site: Site) -> ocsp.OCSPRequestBuilder:
    """Return the beginning of a request about the responder's own certificate."""
    issuer = site.services.authority.issuer("issuing").x509
    own = next(one for one in site.services.authority.units() if one.issuer == "issuing").x509
    return ocsp.OCSPRequestBuilder().add_certificate(own, issuer, hashes.SHA1())


@pytest.fixture
def question(asked: ocsp.OCSPRequestBuilder) -> bytes:
    """Return that request without a nonce."""
    return asked.build().public_bytes(Encoding.DER)


def requests_counted(site: Site, method: str, route: str) -> float:
    label = f'yinxin_requests_total{{method="{method}",route="{route}",status="200"}} '
    lines = site.client().get("/metrics").text.splitlines()
    return sum(float(line.removeprefix(label)) for line in lines if line.startswith(label))


def test_the_door_and_the_framework_answer_alike(site: Site, question: bytes) -> None:
    client = site.client()
    through, behind = (client.post(PATH, content=question, headers=kind) for kind in (PLAIN, BESIDE))
    assert through.status_code == behind.status_code == 200
    assert through.content == behind.content
    assert ocsp.load_der_ocsp_response(through.content).certificate_status is ocsp.OCSPCertStatus.GOOD
    heads = [{k: v for k, v in one.headers.items() if k not in OF_EACH_ANSWER} for one in (through, behind)]
    assert heads[0] == heads[1]
    assert heads[0]["content-type"] == "application/ocsp-response"
    assert heads[0]["cross-origin-resource-policy"] == "cross-origin"


def test_get_and_post_are_one_answer(site: Site, question: bytes) -> None:
    text = base64.b64encode(question).decode()
    posted = site.client().post(PATH, content=question, headers=PLAIN).content
    for address in (text, quote(text, safe="")):
        assert site.client().get(f"{PATH}/{address}").content == posted


def test_nonces_come_back(site: Site, asked: ocsp.OCSPRequestBuilder) -> None:
    for nonce in (b"a" * 16, b"b" * 32):
        fresh = asked.add_extension(x509.OCSPNonce(nonce), critical=False).build()
        got = site.client().post(PATH, content=fresh.public_bytes(Encoding.DER), headers=PLAIN)
        answer = ocsp.load_der_ocsp_response(got.content)
        assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce


def test_every_answer_is_counted_once(site: Site, question: bytes) -> None:
    routes = (("POST", "/pki/ocsp/{issuer}"), ("GET", "/pki/ocsp/{issuer}/{request:path}"))
    before = [requests_counted(site, *route) for route in routes]
    for kind in (PLAIN, BESIDE, PLAIN):
        site.client().post(PATH, content=question, headers=kind)
    site.client().get(f"{PATH}/{base64.b64encode(question).decode()}")
    assert [requests_counted(site, *route) for route in routes] == [before[0] + 3, before[1] + 1]


def test_what_is_not_plain_gets_the_frameworks_answer(site: Site, question: bytes) -> None:
    client = site.client()
    assert client.put(PATH, content=question, headers=PLAIN).status_code == 405
    assert client.get(PATH).status_code == 405
    assert client.post(PATH, content=b"", headers=PLAIN).status_code == 422
    assert client.post(f"{PATH}/", content=question, headers=PLAIN).status_code in (307, 404, 405)
    long = client.post(PATH, content=bytes(MAX_REQUEST_OCTETS + 1), headers=PLAIN)
    assert (long.status_code, long.headers["content-type"]) == (422, "application/problem+json")
    huge = client.post(PATH, content=bytes(SMALL_LIMIT + FORM_OVERHEAD + 1), headers=PLAIN)
    assert huge.status_code == 413


def test_a_body_in_chunks_is_read_within_the_limit(site: Site, question: bytes) -> None:
    posted = site.client().post(PATH, content=question, headers=PLAIN).content
    chunked = site.client().post(PATH, content=iter([question[:9], question[9:]]), headers=PLAIN)
    assert chunked.content == posted
    over = site.client().post(PATH, content=iter([bytes(60_000)] * 3), headers=PLAIN)
    assert over.status_code == 413


def test_a_body_that_comes_late_is_waited_for(site: Site, question: bytes) -> None:
    """Two writes on one connection, and a second question after it on the same."""
    host = urlsplit(site.url)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=30)
    for _ in range(2):
        connection.putrequest("POST", PATH)
        connection.putheader("Content-Type", PLAIN["Content-Type"])
        connection.putheader("Content-Length", str(len(question)))
        connection.endheaders()
        connection.send(question[:20])
        connection.send(question[20:])
        got = connection.getresponse()
        assert ocsp.load_der_ocsp_response(got.read()).response_status is Status.SUCCESSFUL
    connection.close()


@pytest.mark.parametrize("address", ["!!!", "AAAA", "A" * (MAX_GET_CHARACTERS + 4), "%00", "%F0%9F%92%A9"])
def test_a_get_that_is_no_request_is_malformed(site: Site, address: str) -> None:
    got = site.client().get(f"{PATH}/{address}")
    assert got.status_code == 200
    assert ocsp.load_der_ocsp_response(got.content).response_status is Status.MALFORMED_REQUEST


def test_an_unknown_issuer_is_unauthorized(site: Site, question: bytes) -> None:
    for name in ("nobody", "%00", "%F0%9F%92%A9"):
        got = site.client().post(f"/pki/ocsp/{name}", content=question, headers=PLAIN)
        assert ocsp.load_der_ocsp_response(got.content).response_status is Status.UNAUTHORIZED
