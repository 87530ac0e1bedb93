"""The CSC API over HTTP: pyHanko's own client seals by version 1, a plain client by version 2; misuse is refused (C1)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import aiohttp
import httpx
import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.csc_signer import (
    CSCAuthorizationInfo,
    CSCAuthorizationManager,
    CSCServiceSessionInfo,
    CSCSigner,
    fetch_certs_in_csc_credential,
)
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from api.access.scopes import Scope
from api.demo.main_job import APPLICANT, KEEPER
from ca.actor import Actor
from hsm.algorithms import Digest, DigestAlgorithm, SignatureAlgorithm
from hsm.digest_signing import verify_digest
from hsm.public_keys import certificate_key
from hsm.suite import Suite
from tests.interop.sealing_world import blank_pdf
from tests.remote_world import RemoteSite, active_seal, remote_site
from verify.verdict import Verdict

SHA256 = "2.16.840.1.101.3.4.2.1"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteSite]:
    with remote_site(tmp_path_factory.mktemp("csc") / "home") as made:
        yield made


class CscClient:
    """A plain client of version 2."""

    def __init__(self, remote: RemoteSite, key: str | None = None, *, known: bool = True) -> None:
        self.remote = remote
        self.http = remote.site.client((key or remote.key()) if known else None)

    def ask(self, method: str, version: str = "v2", **body: Any) -> httpx.Response:
        return self.http.post(f"/csc/{version}/{method}", json=body)

    def good(self, method: str, **body: Any) -> dict[str, Any]:
        answer = self.ask(method, **body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def authorise(self, *values: bytes, **more: Any) -> str:
        body: dict[str, Any] = {
            "credentialID": self.remote.seal.code,
            "numSignatures": len(values),
            "hashes": [base64.b64encode(value).decode() for value in values],
            "hashAlgorithmOID": SHA256,
            "authData": [{"id": "PIN", "value": self.remote.pin}],
            "description": "合同",
        }
        return str(self.good("credentials/authorize", **(body | more))["SAD"])

    def sign(self, sad: str, *values: bytes, **more: Any) -> httpx.Response:
        body: dict[str, Any] = {
            "credentialID": self.remote.seal.code,
            "SAD": sad,
            "hashes": [base64.b64encode(value).decode() for value in values],
            "hashAlgorithmOID": SHA256,
            "signAlgo": ECDSA_SHA256,
        }
        return self.ask("signatures/signHash", **(body | more))


@pytest.fixture
def client(remote: RemoteSite) -> CscClient:
    return CscClient(remote)


def told(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert set(body) == {"error", "error_description"}
    assert " / " in body["error_description"], "both languages"
    return answer.status_code, body["error"]


def digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


# -- pyHanko's own client, version 1 ------------------------------------------------------------------------------------


class ByPin(CSCAuthorizationManager):
    """Asks for activation data with the keeper's PIN, for the very hashes about to be signed."""

    def __init__(self, session: aiohttp.ClientSession, pin: str, *given: Any) -> None:
        super().__init__(*given)
        self._session, self._pin = session, pin

    async def authorize_signature(self, hash_b64s: list[str]) -> CSCAuthorizationInfo:
        body = self.format_csc_auth_request(pin=self._pin, hash_b64s=hash_b64s, description="合同.pdf")
        url = self.csc_session_info.endpoint_url("credentials/authorize")
        async with self._session.post(
            url, headers=self.auth_headers, json=body, raise_for_status=True
        ) as got:
            return self.parse_csc_auth_response(await got.json())


async def seal_by_pyhanko(remote: RemoteSite, document: bytes) -> bytes:
    about = CSCServiceSessionInfo(remote.url, remote.seal.code, oauth_token=remote.key())
    async with aiohttp.ClientSession() as session:
        credential = await fetch_certs_in_csc_credential(session, about)
        assert credential.hash_pinning_required
        signer = CSCSigner(session, ByPin(session, remote.pin, about, credential))
        meta = PdfSignatureMetadata(
            field_name="Remote", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        writer = IncrementalPdfFileWriter(io.BytesIO(document))
        out = await signers.PdfSigner(meta, signer).async_sign_pdf(writer)
        return bytes(out.getvalue())


def test_pyhankos_client_seals_a_pdf_that_both_judges_call_valid(remote: RemoteSite) -> None:
    sealed = asyncio.run(seal_by_pyhanko(remote, blank_pdf(2)))
    report = remote.services.verify(sealed)
    assert report.verdict is Verdict.PASSED, report.to_json()
    roots = [root.certificate for root in remote.services.authority.roots()]
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(der) for der in roots],
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=remote.clock(),
    )
    [embedded] = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    status = asyncio.run(_validated(embedded, context))
    assert status.intact
    assert status.valid
    assert status.trusted


async def _validated(embedded: Any, context: ValidationContext) -> Any:
    return await async_validate_pdf_signature(embedded, context)


# -- a plain client, version 2 ------------------------------------------------------------------------------------------


def test_anyone_may_ask_what_the_service_is(remote: RemoteSite) -> None:
    open_client = CscClient(remote, known=False)
    two, one = open_client.good("info"), open_client.ask("info", "v1").json()
    assert (two["specs"], one["specs"]) == ("2.0.0.0", "1.0.4.0")
    assert "signatures/signDoc" in two["methods"]
    assert "AdES-B-LTA" in two["conformance_levels"]


def test_a_keeper_lists_their_seals_as_credentials(client: CscClient) -> None:
    found = client.good("credentials/list", credentialInfo=True, certificates="chain", certInfo=True)
    assert found["credentialIDs"] == [client.remote.seal.code]
    [info] = found["credentialInfos"]
    assert ECDSA_SHA256 in info["key"]["algo"]
    assert (info["key"]["status"], info["cert"]["status"], info["SCAL"]) == ("enabled", "valid", "2")
    ders = [base64.b64decode(text) for text in info["cert"]["certificates"]]
    certificates = [x509.load_der_x509_certificate(der) for der in ders]
    for below, above in pairwise(certificates):
        below.verify_directly_issued_by(above)
    assert info["auth"]["objects"][0]["id"] == "PIN"
    assert client.ask("credentials/list", "v1").json()["credentialIDs"] == found["credentialIDs"]


def test_digests_are_signed_and_a_spent_authorisation_is_refused(client: CscClient) -> None:
    one, two = digest(b"1"), digest(b"2")
    sad = client.authorise(one, two)
    answer = client.sign(sad, one, two)
    assert answer.status_code == 200, answer.text
    info = client.good("credentials/info", credentialID=client.remote.seal.code)
    key = certificate_key(x509.load_der_x509_certificate(base64.b64decode(info["cert"]["certificates"][0])))
    for value, signature in zip((one, two), answer.json()["signatures"], strict=True):
        over = Digest(DigestAlgorithm.SHA256, value)
        verify_digest(key, SignatureAlgorithm.ECDSA_SHA256, over, base64.b64decode(signature))
    assert told(client.sign(sad, one)) == (400, "invalid_request")
    actions = client.remote.actions()
    assert actions.index("hash.intent") < actions.index("hash.signed")


def test_what_was_not_authorised_is_refused(client: CscClient) -> None:
    one = digest(b"3")
    sad = client.authorise(one)
    assert told(client.sign(sad, digest(b"4"))) == (400, "invalid_request")
    assert told(client.sign("x" * 43, one)) == (400, "invalid_request")
    assert told(client.sign(sad, one, signAlgo="1.2.840.113549.1.1.11")) == (400, "invalid_request")
    assert told(client.sign(sad, one, hashAlgorithmOID="2.16.840.1.101.3.4.2.2")) == (400, "invalid_request")
    assert told(client.sign(sad, one, hashes=["not base64 !"])) == (400, "invalid_request")
    assert told(client.sign(sad, one, operationMode="A")) == (400, "invalid_request")
    stranger = CscClient(client.remote, client.remote.key(Actor("person:wang.wu", "王五", KEEPER.uscc)))
    assert told(stranger.sign(sad, one)) == (400, "invalid_request")
    assert client.sign(sad, one).status_code == 200, "none of the refusals spent it"


def test_who_may_not_authorise(client: CscClient) -> None:
    remote, code = client.remote, client.remote.seal.code
    asked: dict[str, Any] = {"credentialID": code, "hashes": [base64.b64encode(digest(b"5")).decode()]}
    assert told(CscClient(remote, known=False).ask("credentials/authorize", **asked)) == (
        401,
        "invalid_token",
    )
    reader = CscClient(remote, remote.key(KEEPER, Scope.SEAL_READ))
    assert told(reader.ask("credentials/authorize", **asked)) == (403, "access_denied")
    stranger = CscClient(remote, remote.key(Actor("person:wang.wu", "王五", KEEPER.uscc)))
    assert told(stranger.ask("credentials/authorize", **asked)) == (400, "access_denied")
    foreign = CscClient(remote, remote.key(Actor("person:x", "甲", "91110108MA01C8QX3R")))
    assert told(foreign.ask("credentials/authorize", **asked)) == (400, "invalid_request")
    wrong = asked | {"authData": [{"id": "PIN", "value": "000000"}]}
    assert told(client.ask("credentials/authorize", **wrong)) == (400, "invalid_pin")
    many = asked | {"numSignatures": 2}
    assert told(client.ask("credentials/authorize", **many)) == (400, "invalid_request")
    none: dict[str, Any] = {"credentialID": code, "hashes": []}
    assert told(client.ask("credentials/authorize", **none)) == (400, "invalid_request")


def test_activation_data_fade_after_minutes(client: CscClient) -> None:
    one = digest(b"6")
    sad = client.authorise(one)
    client.remote.clock.advance(timedelta(minutes=5))
    assert told(client.sign(sad, one)) == (400, "invalid_request")


def test_a_frozen_seal_signs_nothing(client: CscClient) -> None:
    services, remote = client.remote.services, client.remote
    frozen = active_seal(services)
    other = RemoteSite(remote.site, remote.clock, frozen, remote.pin)
    its = CscClient(other)
    one = digest(b"7")
    sad = its.authorise(one)
    services.seals.freeze(frozen.code, actor=APPLICANT, reason="遗失")
    assert told(its.sign(sad, one)) == (400, "access_denied")
    info = its.good("credentials/info", credentialID=frozen.code)
    assert info["key"]["status"] == "disabled"


@pytest.mark.parametrize(("level", "pages"), [("B-B", 4), ("B-LTA", 5)])
def test_a_document_is_sealed_by_the_whole_cycle(client: CscClient, level: str, pages: int) -> None:
    document = blank_pdf(pages)
    sad = client.authorise(digest(document))
    asked: dict[str, Any] = {
        "credentialID": client.remote.seal.code,
        "SAD": sad,
        "documents": [
            {"document": base64.b64encode(document).decode(), "conformance_level": f"AdES-{level}"}
        ],
        "clientData": '{"name": "合同.pdf", "at": "1:120,200"}',
    }
    [sealed] = client.good("signatures/signDoc", **asked)["DocumentWithSignature"]
    octets = base64.b64decode(sealed)
    assert octets.startswith(document)
    report = client.remote.services.verify(octets)
    assert report.verdict is Verdict.PASSED
    assert report.signatures[0].seal is not None
    assert told(client.ask("signatures/signDoc", **asked)) == (400, "invalid_request")


def test_a_document_that_was_not_authorised_is_not_sealed(client: CscClient) -> None:
    sad = client.authorise(digest(blank_pdf(2)))
    other = base64.b64encode(blank_pdf(3)).decode()
    asked: dict[str, Any] = {
        "credentialID": client.remote.seal.code,
        "SAD": sad,
        "documents": [{"document": other}],
    }
    assert told(client.ask("signatures/signDoc", **asked)) == (400, "invalid_request")
    asked["documents"] = []
    assert told(client.ask("signatures/signDoc", **asked)) == (400, "invalid_request")


def test_a_digest_of_a_document_gives_a_detached_container(client: CscClient) -> None:
    value = digest(b"kept by the client")
    sad = client.authorise(value)
    digests = {"hashes": [base64.b64encode(value).decode()], "hashAlgorithmOID": SHA256}
    asked: dict[str, Any] = {"credentialID": client.remote.seal.code, "SAD": sad}
    long_term = digests | {"conformance_level": "AdES-B-LT"}
    answer = client.ask("signatures/signDoc", **asked, documentDigests=[long_term])
    assert told(answer) == (400, "invalid_request")
    stamped = digests | {"conformance_level": "AdES-B-T"}
    [made] = client.good("signatures/signDoc", **asked, documentDigests=[stamped])["SignatureObject"]
    [signer] = cms.ContentInfo.load(base64.b64decode(made))["content"]["signer_infos"]
    attributes = {one["type"].native: one["values"] for one in signer["signed_attrs"]}
    assert attributes["message_digest"][0].native == value
    assert [one["type"].native for one in signer["unsigned_attrs"]] == ["signature_time_stamp_token"]


def test_the_national_suite_signs_e(tmp_path_factory: pytest.TempPathFactory) -> None:
    with remote_site(tmp_path_factory.mktemp("csc-gm") / "home", Suite.GM) as remote:
        client = CscClient(remote)
        value = DigestAlgorithm.SM3.digest(b"Z and M").value
        sad = client.authorise(value, hashAlgorithmOID=DigestAlgorithm.SM3.oid)
        answer = client.sign(
            sad, value, hashAlgorithmOID=DigestAlgorithm.SM3.oid, signAlgo=SignatureAlgorithm.SM2_SM3.oid
        )
        assert answer.status_code == 200, answer.text
        bound = remote.seal.electronic.certificate
        assert bound is not None
        key = certificate_key(x509.load_der_x509_certificate(bound.der))
        signature = base64.b64decode(answer.json()["signatures"][0])
        verify_digest(key, SignatureAlgorithm.SM2_SM3, Digest(DigestAlgorithm.SM3, value), signature)
