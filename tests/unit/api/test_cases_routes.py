"""Permission to use a seal over HTTP and by command: from the request to the sealed file and its three lanes (C5, C8)."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from api.access.scopes import Scope
from api.cli.main import app
from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, USCC, enrol_keeper, keeper_pin
from api.services import Services
from ca.actor import Actor
from ca.certificate import CertificateRequest, SubjectName
from ca.profile import PERSON_SIGN
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from seals.seal import SealApplication, SealKind
from tests.interop.sealing_world import blank_pdf
from tests.unit.api.browsing import log_in
from tests.unit.api.conftest import OPERATOR
from tests.unit.api.test_imprint_routes import Client

PDF = blank_pdf(2)
SHA = hashlib.sha256(PDF).hexdigest()
ANNE = Actor("person:anne", "安")
PIN = "246810"
RIGHTS = (Scope.SEAL_READ, Scope.CASE_REQUEST, Scope.CASE_APPROVE, Scope.SEAL_AUTHORISE, Scope.SEAL_USE)


class Town:
    """An installation with a finance seal and an approver whose key the service keeps."""

    def __init__(self, services: Services) -> None:
        self.services = services
        services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
        keeper = enrol_keeper(services)
        asked = SealApplication(USCC, SealKind.FINANCE, KEEPER.id)
        code = services.seals.apply(asked, actor=APPLICANT).code
        self.seal = services.seals.approve(code, actor=APPROVER, certificate=keeper.certificate)
        self.certificate, self.key_uri = self._person()
        self.applicant = Client(services, APPLICANT, *RIGHTS)
        self.anne = Client(services, ANNE, *RIGHTS)
        self.officer = Client(services, OPERATOR, *RIGHTS)
        self.second = Client(services, APPROVER, *RIGHTS)
        self.keeper = Client(services, KEEPER, *RIGHTS)

    def _person(self) -> tuple[str, str]:
        stores, kind = self.services.key_stores, self.services.settings.suite.key_kind
        place = KeyUri(stores.scheme, "people", "anne")
        provider = stores.ring.provider(place)
        provider.create_token("people", Pin("87654321"), Pin(PIN))
        uri = provider.generate(place, kind, pin=Pin(PIN))
        (key,) = provider.keys("people", pin=Pin(PIN))
        request = CertificateRequest(PERSON_SIGN.id, SubjectName("安"), key.public_key)
        issued = self.services.authority.issue(request, request_key="anne", actor=OPERATOR)
        pem = x509.load_der_x509_certificate(issued.der).public_bytes(Encoding.PEM).decode()
        return pem, str(uri)

    def enlist(self) -> str:
        body = {
            "certificate": self.certificate,
            "holder": {"id": ANNE.id, "name": ANNE.name},
            "key_uri": self.key_uri,
        }
        made = self.officer.ask("POST", "/signers", json=body)
        assert made.status_code == 201, made.text
        sha = str(made.json()["certificate_sha256"])
        assert self.officer.ask("POST", f"/signers/{sha}/confirmation").status_code == 409
        done = self.second.ask("POST", f"/signers/{sha}/confirmation")
        assert done.json()["status"] == "confirmed"
        return sha

    def open(self, status: int = 201, **changes: Any) -> Any:
        body = {"seal_code": self.seal.code, "document": SHA, "title": "付款通知"} | changes
        key = {"Idempotency-Key": hashlib.sha256(repr(changes).encode()).hexdigest()}
        made = self.applicant.ask("POST", "/cases", json=body, headers=key)
        assert made.status_code == status, made.text
        return made.json()

    def seal_it(self, pdf: bytes = PDF, **form: str) -> Any:
        data = {"seal_code": self.seal.code, "at": "1:120,200", **form}
        data["pin"] = keeper_pin(self.services).reveal()
        key = {"Idempotency-Key": hashlib.sha256(repr(form).encode() + pdf).hexdigest()}
        return self.keeper.ask(
            "POST",
            "/sealings",
            data=data,
            files={"file": ("f.pdf", pdf)},
            headers=key | {"Accept": "application/json"},
        )


@pytest.fixture
def town(services: Services) -> Town:
    return Town(services)


def test_C5_from_the_request_to_the_sealed_file_and_back(town: Town) -> None:
    """C5: without approval the refusal names the rule; with it the file is sealed once, and its hash shows the lanes."""
    refused = town.seal_it()
    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/approval-needed"
    assert "finance" in refused.json()["detail"]
    town.enlist()
    case = town.open()
    path = f"/cases/{case['id']}"
    kept = town.applicant.ask("PUT", f"{path}/document", files={"file": ("付款.pdf", PDF)})
    assert (kept.json()["version"], kept.json()["document"]) == (1, f"sha256:{SHA}")
    assert town.applicant.ask("POST", f"{path}/submission").json()["status"] == "approving"
    assert town.anne.ask("GET", f"{path}/document").content == PDF
    payload = town.anne.ask("GET", f"{path}/approval-payload", params={"content": case["content"]})
    assert payload.json()["payload"]["document"] == f"sha256:{SHA}"
    own = town.applicant.ask("POST", f"{path}/approvals", json={"content": case["content"], "pin": PIN})
    assert own.status_code == 409
    approved = town.anne.ask(
        "POST", f"{path}/approvals", json={"content": case["content"], "pin": PIN, "comment": "同意"}
    )
    assert approved.json()["status"] == "approved", approved.text
    sealed = town.seal_it(case=case["id"])
    assert sealed.status_code == 200, sealed.text
    leave = sealed.json()["report"]["signatures"][0]["seal"]["leave"]
    assert (leave["case"], leave["rule"], leave["ground"]) == (case["id"], "finance", "case")
    assert leave["approvals_sha256"] == approved.json()["approvals_sha256"]
    for digest in (SHA, sealed.json()["sha256"]):
        (lanes,) = town.officer.ask("GET", f"/cases/by-document/{digest}").json()["items"]
        assert lanes["case"]["status"] == "closed"
        acts = [entry["act"] for entry in lanes["entries"]]
        assert acts == ["open", "submit", "grant", "use", "finish"]
        assert lanes["entries"][2]["credential"].startswith("key:")
    again = town.seal_it(case=case["id"], level="B-T")
    assert again.json()["type"] == "/problems/use-case-not-ready"


def test_C5_an_approved_document_is_sealed_on_the_page(town: Town) -> None:
    """C5: the case leads to the seal page with its document and seal; the sealing goes on record under it."""
    town.enlist()
    case = town.open()
    path = f"/cases/{case['id']}"
    town.applicant.ask("PUT", f"{path}/document", files={"file": ("付款.pdf", PDF)})
    town.applicant.ask("POST", f"{path}/submission")
    keeper = log_in(town.services, KEEPER, *RIGHTS)
    try:
        assert "去用印" not in keeper.page(f"/console{path}")
        town.anne.ask("POST", f"{path}/approvals", json={"content": case["content"], "pin": PIN})
        assert "去用印" in keeper.page(f"/console{path}")
        draft = keeper.send(f"/console{path}/sealing").headers["location"]
        assert town.seal.code in keeper.page(draft)
        order = {"seal": town.seal.code, "where": "1:120,200", "pin": keeper_pin(town.services).reveal()}
        begun = keeper.post(f"{draft}/seal", json=order, headers={"X-CSRF-Token": keeper.csrf})
        assert begun.status_code == 202, begun.text
        end = time.monotonic() + 60
        while (state := keeper.get(f"{draft}/state").json())["status"] == "sealing":
            assert time.monotonic() < end, "the sealing did not end"
            time.sleep(0.05)
        assert state["status"] == "sealed", state
        assert case["id"] in keeper.page(draft)
    finally:
        keeper.close()
    assert town.officer.ask("GET", path).json()["case"]["status"] == "closed"


def test_a_refused_place_leaves_no_case_behind(town: Town) -> None:
    """A place off the page is refused before a case is opened for the keeper; the next try seals, under the only case."""
    asked = SealApplication(USCC, SealKind.CONTRACT, KEEPER.id)
    keeper = enrol_keeper(town.services)
    code = town.services.seals.apply(asked, actor=APPLICANT).code
    town.services.seals.approve(code, actor=APPROVER, certificate=keeper.certificate)
    cases = {"seal": code}
    for at, problem in (("1:2000,200", "outside-page"), ("9:120,200", "page-missing")):
        refused = town.seal_it(seal_code=code, at=at, amount="1")
        assert refused.json()["type"] == f"/problems/{problem}", refused.text
        assert town.officer.ask("GET", "/cases", params=cases).json()["items"] == []
    assert town.seal_it(seal_code=code, amount="1").status_code == 200
    (only,) = town.officer.ask("GET", "/cases", params=cases).json()["items"]
    assert (only["status"], only["used"]) == ("closed", 1)
    unknown = town.officer.ask("GET", "/cases", params={"after": "f" * 32})
    assert (unknown.status_code, unknown.json()["type"]) == (400, "/problems/cursor-invalid")


def test_C8_an_application_is_given_a_standing_use_and_loses_it_at_once(town: Town) -> None:
    body = {"app": "app:oa", "seal_code": town.seal.code, "classes": ["receipt"], "quota": 5}
    made = town.applicant.ask("POST", "/standing-uses", json=body, headers={"Idempotency-Key": "s-1"})
    assert made.json()["status"] == "pending", made.text
    path = f"/standing-uses/{made.json()['id']}"
    unsigned = town.anne.ask("POST", f"{path}/signature", json={"pin": PIN})
    assert unsigned.json()["type"] == "/problems/use-signer-missing"
    ended = town.applicant.ask("POST", f"{path}/deletion", json={"reason": "不再需要"})
    assert ended.json()["status"] == "deleted"
    assert [one["status"] for one in town.officer.ask("GET", "/standing-uses").json()["items"]] == ["deleted"]


def test_bad_input_is_named(town: Town) -> None:
    """What is wrong, in words, and never a raw fault."""
    for changes, status in (
        ({"document": "zz"}, 422), ({"document": "sha256:00"}, 422), ({"title": ""}, 422), ({"copies": 0}, 422),
        ({"amount": -1}, 422), ({"medium": "air"}, 422), ({"seal_code": "1" * 14}, 404), ({"seal_code": "x"}, 404),
        ({"title": "a\u0000b"}, 422),
    ):  # fmt: skip
        problem = town.open(status, **changes)
        assert problem["status"] == status
    case = town.open()
    path = f"/cases/{case['id']}"
    for client, method, address, body, status in (
        (town.anne, "POST", f"{path}/approvals", {"jws": "a.b.c"}, 409),
        (town.anne, "POST", f"{path}/approvals", {"pin": "1"}, 422),
        (town.anne, "POST", f"{path}/rejection", {"reason": "x"}, 409),
        (town.anne, "POST", f"{path}/submission", None, 403),
        (town.applicant, "POST", f"{path}/closing", {}, 409),
        (town.applicant, "POST", "/cases/unknown/submission", None, 404),
        (town.officer, "POST", "/signers", {"certificate": "x", "holder": {"id": "a", "name": ""}}, 422),
        (town.officer, "POST", "/signers/x/confirmation", None, 404),
        (town.officer, "POST", "/standing-uses/x/deletion", {"reason": "x"}, 404),
        (town.officer, "GET", "/cases/by-document/zz", None, 422),
    ):
        answer = client.ask(method, address, json=body)
        assert answer.status_code == status, (address, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    foreign = Client(town.services, Actor("person:x", "", "11320500014150050B"), *RIGHTS)
    assert foreign.ask("GET", path).status_code == 403
    assert foreign.ask("GET", "/cases").json()["items"] == []
    assert foreign.ask("GET", f"/cases/by-document/{SHA}").json()["items"] == []


def test_the_same_by_command(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``yinxin case``: open, submit, show; a wrong number ends in a sentence."""
    file = tmp_path / "a.pdf"
    file.write_bytes(PDF)
    monkeypatch.setenv("YINXIN_KEY_STORE", "soft")
    home = ["--home", str(town.services.home.folder)]
    run = CliRunner()
    opened = run.invoke(
        app,
        ["case", "open", "--seal", town.seal.code, "--file", str(file), "--title", "付款", "--submit", *home],
    )
    assert opened.exit_code == 0, opened.output
    assert "审批中" in opened.output
    shown = run.invoke(app, ["case", "show", str(file), *home])
    assert shown.exit_code == 0, shown.output
    assert "制度流" in shown.output
    assert "finance" in shown.output
    wrong = run.invoke(app, ["case", "submit", "nothing", *home])
    assert wrong.exit_code != 0
    assert "Traceback" not in wrong.output
