"""The HTTP service, over a real socket: the main job, the published evidence, and what callers may not do."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import uuid
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from api.access.scopes import Scope
from api.demo.main_job import APPLICANT, APPROVER, KEEPER, OPERATOR, USCC
from ca.actor import Actor
from ca.uscc import check_character
from tests.conftest import missing
from tests.e2e.conftest import CONTRACT, Demo, Site

OTHER = "91330106MA2CYTHR0"
OTHER += check_character(OTHER)


@pytest.fixture
def keeper(site: Site) -> httpx.Client:
    return site.client(site.key(KEEPER, Scope.SEAL_USE, Scope.SEAL_READ, Scope.SEAL_APPLY, Scope.SEAL_FREEZE))


@pytest.fixture
def operator(site: Site) -> httpx.Client:
    return site.client(site.key(OPERATOR, Scope.CA_ISSUE, Scope.CA_READ, Scope.CA_REVOKE, Scope.SEAL_READ))


def order(demo: Demo, **changes: Any) -> dict[str, Any]:
    """Return the arguments of a request that seals the contract; changes name what differs."""
    form = {"seal_code": demo.told["seal_code"], "at": "3:38,174", "pin": demo.pin}
    document = changes.pop("document", CONTRACT.read_bytes())
    key = changes.pop("key", uuid.uuid4().hex)
    fields = {k: v for k, v in (form | changes).items() if v is not None}
    headers = {} if key is None else {"Idempotency-Key": key}
    return {"data": fields, "files": {"file": ("合同.pdf", document, "application/pdf")}, "headers": headers}


def refused(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """Check that ``answer`` is the problem named, in both languages, without a trace of the inside."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["type"] == f"/problems/{slug}", told
    assert told["status"] == status
    assert told["zh"]
    assert told["en"]
    assert not any(word in answer.text for word in ("Traceback", "sqlalchemy", "pkcs11.", 'File "'))
    return told


# -- the main job -----------------------------------------------------------------------------------------------------


def test_C1_seal_then_D1_verify(site: Site, demo: Demo, keeper: httpx.Client) -> None:
    sealed = keeper.post("/api/v1/sealings", **order(demo))
    assert sealed.status_code == 200, sealed.text
    assert sealed.headers["content-type"] == "application/pdf"
    assert sealed.headers["yinxin-verdict"] == "passed"
    assert sealed.content.startswith(CONTRACT.read_bytes())
    told = site.client().post("/api/v1/verifications", files={"file": ("合同-已用印.pdf", sealed.content)})
    assert told.status_code == 200, told.text
    report = told.json()
    assert (report["verdict"], report["verdict_zh"]) == ("passed", "有效")
    assert report["signatures"][0]["seal"]["code"] == demo.told["seal_code"]
    assert report["signatures"][0]["placement"] == {"page": 3, "box": [38.0, 174.0, 42.0, 42.0]}
    spoilt = bytearray(sealed.content)
    spoilt[2000] ^= 1
    again = site.client().post("/api/v1/verifications", files={"file": ("spoilt.pdf", bytes(spoilt))}).json()
    assert again["verdict"] in ("failed", "unreadable")


def test_I29_the_same_idempotency_key_gives_the_same_document(demo: Demo, keeper: httpx.Client) -> None:
    key = uuid.uuid4().hex
    first = keeper.post("/api/v1/sealings", **order(demo, key=key))
    second = keeper.post("/api/v1/sealings", **order(demo, key=key))
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert first.headers["yinxin-sealing-id"] == second.headers["yinxin-sealing-id"]
    other = keeper.post("/api/v1/sealings", **order(demo, key=key, at="1:20,20"))
    refused(other, 409, "idempotency-key-reused")


def test_a_sealing_can_be_described_and_fetched_later(site: Site, demo: Demo, keeper: httpx.Client) -> None:
    request = order(demo)
    request["headers"]["Accept"] = "application/json"
    told = keeper.post("/api/v1/sealings", **request).json()
    assert told["verdict"] == "passed"
    fetched = keeper.get(told["document"])
    assert fetched.status_code == 200
    assert len(fetched.content) == told["size"]
    stranger = site.client(site.key(Actor("person:wang.fang", "王芳", USCC), Scope.SEAL_USE))
    refused(stranger.get(told["document"]), 404, "not-found")


def test_a_seal_goes_from_application_to_freezing_by_the_right_people(
    site: Site, demo: Demo, operator: httpx.Client
) -> None:
    applicant = site.client(site.key(APPLICANT, Scope.SEAL_APPLY, Scope.SEAL_READ, Scope.SEAL_APPROVE))
    approver = site.client(site.key(APPROVER, Scope.SEAL_APPROVE, Scope.SEAL_REVOKE, Scope.SEAL_READ))
    keeper = site.client(site.key(KEEPER, Scope.SEAL_USE, Scope.SEAL_FREEZE, Scope.SEAL_APPLY))
    body = {"uscc": USCC, "kind": "03", "keeper": KEEPER.id}
    applied = applicant.post("/api/v1/seals", json=body)
    assert applied.status_code == 201, applied.text
    code = applied.json()["code"]
    address = f"/api/v1/seals/{code}"
    assert applied.json()["status"] == "applied"
    picture = applicant.get(f"{address}/picture.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    refused(keeper.post("/api/v1/sealings", **order(demo, seal_code=code)), 409, "seal-unapproved")

    found = operator.get("/api/v1/certificates", params={"uscc": USCC, "status": "issued"}).json()
    serial = {"certificate_serial": found["items"][0]["serial"]}
    refused(applicant.post(f"{address}/approval", json=serial), 409, "second-person-needed")
    approved = approver.post(f"{address}/approval", json=serial)
    assert approved.json()["status"] == "active", approved.text
    sealed = keeper.post("/api/v1/sealings", **order(demo, seal_code=code))
    assert sealed.status_code == 200, sealed.text

    assert keeper.post(f"{address}/freeze", json={"reason": "印章遗失"}).json()["status_zh"] == "挂失"
    refused(keeper.post("/api/v1/sealings", **order(demo, seal_code=code)), 409, "seal-frozen")
    refused(approver.post(f"{address}/resume"), 409, "resume-not-requested")
    assert keeper.post(f"{address}/resume-request").status_code == 200
    assert approver.post(f"{address}/resume").json()["status"] == "active"
    refused(approver.post(f"{address}/revocation", json={"reason": " "}), 422, "reason-needed")
    assert approver.post(f"{address}/revocation", json={"reason": "停用"}).json()["status"] == "revoked"
    refused(keeper.post("/api/v1/sealings", **order(demo, seal_code=code)), 409, "seal-revoked")
    history = approver.get(address).json()["history"]
    assert [event["act"] for event in history] == [
        "apply",
        "approve",
        "freeze",
        "request_resume",
        "confirm_resume",
        "revoke",
    ]


def test_B4_a_frozen_seal_shows_frozen_to_the_verifier_at_once(
    site: Site, demo: Demo, operator: httpx.Client
) -> None:
    applicant = site.client(site.key(APPLICANT, Scope.SEAL_APPLY))
    approver = site.client(site.key(APPROVER, Scope.SEAL_APPROVE))
    keeper = site.client(site.key(KEEPER, Scope.SEAL_USE, Scope.SEAL_FREEZE))
    code = applicant.post("/api/v1/seals", json={"uscc": USCC, "kind": "03", "keeper": KEEPER.id}).json()[
        "code"
    ]
    found = operator.get("/api/v1/certificates", params={"uscc": USCC, "status": "issued"}).json()
    approver.post(f"/api/v1/seals/{code}/approval", json={"certificate_serial": found["items"][0]["serial"]})
    sealed = keeper.post("/api/v1/sealings", **order(demo, seal_code=code)).content
    keeper.post(f"/api/v1/seals/{code}/freeze", json={"reason": "遗失"})
    report = site.client().post("/api/v1/verifications", files={"file": ("a.pdf", sealed)}).json()
    (signature,) = report["signatures"]
    assert (signature["seal_then"]["status"], signature["seal_now"]["status"]) == ("active", "frozen")
    assert report["verdict"] == "passed"


# -- certificates -----------------------------------------------------------------------------------------------------


def csr(key: ec.EllipticCurvePrivateKey | None = None) -> str:
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "anything")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def test_register_issue_find_revoke(site: Site, operator: httpx.Client) -> None:
    registered = operator.post(
        "/api/v1/enterprises", json={"uscc": OTHER, "name": "杭州示例测试贸易有限公司"}
    )
    assert registered.status_code == 201, registered.text
    body = {"csr": csr(), "uscc": OTHER, "common_name": "杭州示例测试贸易有限公司"}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    issued = operator.post("/api/v1/certificates", json=body, headers=key)
    assert issued.status_code == 201, issued.text
    assert operator.post("/api/v1/certificates", json=body, headers=key).json() == issued.json()
    serial = issued.json()["serial"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(issued.json()["der"]))
    assert f"{certificate.serial_number:x}" == serial
    for query in (
        {"serial": serial},
        {"name": "示例测试贸易"},
        {"uscc": OTHER},
        {"expires_after": "2020-01-01T00:00:00Z"},
    ):
        found = operator.get("/api/v1/certificates", params={**query, "limit": 500}).json()["items"]
        assert serial in [item["serial"] for item in found], query
    gone = operator.post(f"/api/v1/certificates/{serial}/revocation", json={"reason": "keyCompromise"})
    assert (gone.json()["status"], gone.json()["reason"]) == ("revoked", "keyCompromise")
    refused(
        operator.post(f"/api/v1/certificates/{serial}/revocation", json={"reason": "superseded"}),
        409,
        "already-revoked",
    )
    crl = x509.load_der_x509_crl(site.client().get("/pki/crl/issuing.crl").content)
    assert crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None


def test_I27_a_key_reported_compromised_is_barred_and_its_certificates_end(
    site: Site, operator: httpx.Client
) -> None:
    name = "杭州示例测试制造有限公司"
    uscc = "91330106MA2CYTHR2"
    uscc += check_character(uscc)
    operator.post("/api/v1/enterprises", json={"uscc": uscc, "name": name})
    body = {"csr": csr(), "uscc": uscc, "common_name": name}
    issued = operator.post("/api/v1/certificates", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
    certificate = x509.load_der_x509_certificate(base64.b64decode(issued.json()["der"]))
    key = {"public_key": certificate.public_bytes(serialization.Encoding.PEM).decode()}
    reader = site.client(site.key(OPERATOR, Scope.CA_READ))
    refused(reader.post("/api/v1/certificates/compromised-keys", json=key), 403, "scope-missing")
    told = operator.post("/api/v1/certificates/compromised-keys", json=key).json()
    assert told["revoked"] == [issued.json()["serial"]]
    again = operator.post("/api/v1/certificates", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
    assert again.json()["type"] == "/problems/key-compromised"
    wrong = operator.post("/api/v1/certificates/compromised-keys", json={"public_key": "none"})
    refused(wrong, 422, "invalid-value")


def test_pages_of_certificates_join_without_gap_or_repeat(operator: httpx.Client) -> None:
    whole = operator.get("/api/v1/certificates", params={"limit": 500}).json()
    assert whole["next"] is None
    serials, cursor = [], ""
    while True:
        page = operator.get("/api/v1/certificates", params={"limit": 2, "cursor": cursor}).json()
        serials += [item["serial"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert serials == [item["serial"] for item in whole["items"]]
    refused(operator.get("/api/v1/certificates", params={"cursor": "nonsense"}), 400, "cursor-invalid")


@pytest.mark.parametrize(
    ("path", "body", "status", "slug"),
    [
        ("/api/v1/enterprises", {"uscc": "91330106MA2CYNTX08", "name": "x"}, 422, "uscc-invalid"),
        ("/api/v1/enterprises", {"uscc": USCC, "name": "别的名称测试有限公司"}, 409, "enterprise-exists"),
        ("/api/v1/enterprises", {"uscc": USCC}, 422, "invalid-request"),
        (
            "/api/v1/certificates",
            {"csr": "junk", "uscc": USCC, "common_name": "x"},
            422,
            "request-file-unreadable",
        ),
        (
            "/api/v1/certificates",
            {"csr": csr(), "uscc": OTHER[:-2] + "00", "common_name": "x"},
            404,
            "enterprise-unknown",
        ),
        *(
            (
                "/api/v1/certificates",
                {"csr": csr(), "uscc": USCC, "common_name": "x", "profile": profile},
                422,
                "profile-unknown",
            )
            for profile in ("root", "issuing", "ocsp-responder", "tsa", "seal-maker", "test-seal", "none")
        ),
    ],
)
def test_bad_requests_for_certificates(
    operator: httpx.Client, path: str, body: dict[str, str], status: int, slug: str
) -> None:
    answer = operator.post(path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
    refused(answer, status, slug)


def test_enrolling_a_keeper_over_http(site: Site, operator: httpx.Client) -> None:
    body = "91330106MA2CYKPR0"
    uscc = body + check_character(body)
    operator.post("/api/v1/enterprises", json={"uscc": uscc, "name": "杭州保管测试有限公司"})
    address, key = f"/api/v1/enterprises/{uscc}/keepers", {"Idempotency-Key": uuid.uuid4().hex}
    keeper = {"keeper": "person:zhou.jie", "pin": "13572468", "key_kind": "ec-p256"}
    refused(operator.post(address, json=keeper, headers=key), 422, "invalid-value")
    done = operator.post(address, json=keeper | {"so_pin": "24681357"}, headers=key)
    assert done.status_code == 201, done.text
    again = operator.post(address, json=keeper, headers=key)
    assert again.json() == done.json()
    wrong = operator.post(
        address, json=keeper | {"pin": "00000000"}, headers={"Idempotency-Key": uuid.uuid4().hex}
    )
    assert refused(wrong, 403, "pin-incorrect")["left"] > 0
    token = site.services.key_stores.chosen
    (held,) = token.certificates(f"ent{uscc}")
    assert held.der == base64.b64decode(done.json()["der"])


def test_B5_a_change_of_name_makes_a_new_pair_and_keeps_the_link(site: Site, operator: httpx.Client) -> None:
    body = "91330106MA2CYRNM0"
    uscc = body + check_character(body)
    operator.post("/api/v1/enterprises", json={"uscc": uscc, "name": "杭州旧名测试有限公司"})
    keeper = {"keeper": "person:zhou.jie", "pin": "13572468", "so_pin": "24681357"}
    address = f"/api/v1/enterprises/{uscc}"
    enrolled = operator.post(
        f"{address}/keepers", json=keeper, headers={"Idempotency-Key": uuid.uuid4().hex}
    ).json()
    applicant = site.client(site.key(Actor("person:wu.di", "吴迪", uscc), Scope.SEAL_APPLY))
    approver = site.client(site.key(APPROVER, Scope.SEAL_APPROVE, Scope.SEAL_READ))
    old = applicant.post(
        "/api/v1/seals", json={"uscc": uscc, "kind": "01", "keeper": "person:zhou.jie"}
    ).json()["code"]
    approver.post(f"/api/v1/seals/{old}/approval", json={"certificate_serial": enrolled["serial"]})
    renamed = operator.post(f"{address}/name", json={"name": "杭州新名测试有限公司"})
    assert renamed.status_code == 200, renamed.text
    (new,) = renamed.json()["applications"]
    assert renamed.json()["enterprise"]["names"] == ["杭州旧名测试有限公司", "杭州新名测试有限公司"]
    fresh = operator.post(
        f"{address}/keepers", json=keeper, headers={"Idempotency-Key": uuid.uuid4().hex}
    ).json()
    other = site.client(site.key(Actor("person:he.jun", "何军"), Scope.SEAL_APPROVE))
    done = other.post(f"/api/v1/seals/{new}/approval", json={"certificate_serial": fresh["serial"]})
    assert done.json()["status"] == "active", done.text
    before, after = (approver.get(f"/api/v1/seals/{code}").json() for code in (old, new))
    assert (before["status"], before["successor"]) == ("superseded", new)
    assert after["predecessor"] == old


# -- published evidence -----------------------------------------------------------------------------------------------


def _openssl(*arguments: str | Path) -> str:
    if shutil.which("openssl") is None:
        missing("openssl", "install openssl")
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def evidence(site: Site, demo: Demo, tmp_path: Path) -> dict[str, Path]:
    """Fetch what the addresses in the certificates give."""
    made = {}
    for name in ("root", "issuing"):
        der = site.client().get(f"/pki/issuers/{name}.cer").content
        pem = x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)
        made[name] = tmp_path / f"{name}.pem"
        made[name].write_bytes(pem)
    (held,) = site.services.key_stores.chosen.certificates(f"ent{demo.told['uscc']}")
    made["leaf"] = tmp_path / "leaf.pem"
    leaf = x509.load_der_x509_certificate(held.der)
    made["leaf"].write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    return made


@pytest.mark.judge
def test_openssl_asks_our_ocsp_responder_and_believes_it(site: Site, evidence: dict[str, Path]) -> None:
    told = _openssl(
        "ocsp", "-issuer", evidence["issuing"], "-cert", evidence["leaf"], "-CAfile", evidence["root"],
        "-verify_other", evidence["issuing"], "-url", f"{site.url}/pki/ocsp/issuing", "-nonce",
    )  # fmt: skip
    assert "Response verify OK" in told
    assert ": good" in told


@pytest.mark.judge
def test_get_and_post_give_the_same_status(site: Site, evidence: dict[str, Path], tmp_path: Path) -> None:
    request = tmp_path / "request.der"
    _openssl(
        "ocsp", "-issuer", evidence["issuing"], "-cert", evidence["leaf"], "-no_nonce", "-reqout", request
    )
    encoded = (
        base64.b64encode(request.read_bytes())
        .decode()
        .replace("/", "%2F")
        .replace("+", "%2B")
        .replace("=", "%3D")
    )
    got = site.client().get(f"/pki/ocsp/issuing/{encoded}")
    posted = site.client().post(
        "/pki/ocsp/issuing",
        content=request.read_bytes(),
        headers={"Content-Type": "application/ocsp-request"},
    )
    statuses = {x509.ocsp.load_der_ocsp_response(one.content).certificate_status for one in (got, posted)}
    assert statuses == {x509.ocsp.OCSPCertStatus.GOOD}
    assert got.headers["content-type"] == "application/ocsp-response"


@pytest.mark.judge
def test_openssl_believes_our_time_stamps(site: Site, evidence: dict[str, Path], tmp_path: Path) -> None:
    data, query, reply = tmp_path / "data", tmp_path / "q.tsq", tmp_path / "r.tsr"
    data.write_bytes(b"when?")
    _openssl("ts", "-query", "-data", data, "-sha256", "-cert", "-out", query)
    answer = site.client().post(
        "/pki/tsa", content=query.read_bytes(), headers={"Content-Type": "application/timestamp-query"}
    )
    assert answer.headers["content-type"] == "application/timestamp-reply"
    reply.write_bytes(answer.content)
    chain = ("-CAfile", evidence["root"], "-untrusted", evidence["issuing"])
    assert "Verification: OK" in _openssl("ts", "-verify", "-queryfile", query, "-in", reply, *chain)


@pytest.mark.parametrize("path", ["/pki/ocsp/issuing", "/pki/tsa"])
def test_junk_gets_a_protocol_answer_not_a_fault(site: Site, path: str) -> None:
    for junk in (b"", b"\x30\x80", bytes(2000)):
        answer = site.client().post(path, content=junk, headers={"Content-Type": "application/octet-stream"})
        assert answer.status_code in (200, 422), answer.text
        assert "Traceback" not in answer.text


def test_the_trust_folder_verifies_offline(site: Site, demo: Demo, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(site.client().get("/trust.zip").content)) as packed:
        packed.extractall(tmp_path)
    report = site.services.verification.verify_file(Path(demo.told["sealed_pdf"]), tmp_path / "trust")
    assert report.verdict.value == "passed"


def test_the_addresses_in_certificates_are_served(site: Site, evidence: dict[str, Path]) -> None:
    leaf = x509.load_pem_x509_certificate(evidence["leaf"].read_bytes())
    base = site.services.settings.base_url
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    points = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    addresses = [one.access_location.value for one in access]
    addresses += [name.value for point in points for name in point.full_name or ()]
    assert len(addresses) == 3
    for address in addresses:
        assert address.startswith(base)
        assert site.client().get(address.removeprefix(base)).status_code in (200, 405), address


# -- service ----------------------------------------------------------------------------------------------------------


def test_health_and_metrics(site: Site) -> None:
    health = site.client().get("/healthz")
    assert health.status_code == 200, health.text
    assert {check["subject"] for check in health.json()["checks"]} == {
        "database", "token", "clock", "disk", "archive", "fonts", "crl", "trust",
    }  # fmt: skip
    assert "/" not in health.text, "no path, label or count of the inside is told to anybody"
    site.client().get("/api/v1/certificates/ffff")
    text = site.client().get("/metrics").text
    assert 'yinxin_requests_total{method="GET",route="/api/v1/certificates/{serial}",status="401"}' in text
    assert "ffff" not in text


def test_every_answer_has_the_security_headers(site: Site) -> None:
    for path in ("/healthz", "/nowhere", "/api/v1/seals", "/pki/crl/issuing.crl", "/verify"):
        headers = site.client().get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers or "uvicorn" not in headers["server"]


def test_language_follows_the_caller(site: Site) -> None:
    english = site.client(**{"Accept-Language": "en-GB,en;q=0.8"}).get("/api/v1/seals").json()
    chinese = site.client().get("/api/v1/seals").json()
    assert english["detail"] == english["en"]
    assert chinese["detail"] == chinese["zh"]


def test_I21_an_auditor_reads_and_proves_the_trail(site: Site) -> None:
    auditor = site.client(site.key(Actor("person:qian.yu", "钱宇"), Scope.AUDIT_READ))
    proof = auditor.get("/api/v1/audit/proof").json()
    assert proof["number"] >= proof["anchored"] > 0
    first = auditor.get("/api/v1/audit", params={"limit": 3}).json()
    assert [record["number"] for record in first["items"]] == [1, 2, 3]
    assert (
        auditor.get("/api/v1/audit", params={"after": first["next"], "limit": 1}).json()["items"][0]["number"]
        == 4
    )
    assert json.dumps(first).count("digest") == 3
