"""The key centre over HTTP: three scopes for three sorts of people, votes signed by the custodians' own keys."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.access.scopes import Scope
from api.bootstrap import assemble
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.services import Services
from api.settings import load_settings
from api.tokens.key_stores import SERVICE_TOKEN
from ca.actor import Actor
from ca.clock import system_clock
from ca.keycentre import delivery
from ca.keycentre.key import KeyRequest
from hsm.algorithms import KeyKind
from hsm.key_uri import KeyUri
from hsm.sm2.by_python import PythonBackend
from tests.e2e.conftest import serving
from tests.keycentre_world import EVIDENCE, NAMES, OFFICER, custodian_key, plan

pytestmark = pytest.mark.token
ADMIN = Actor("person:sun.tao", "孙涛")
BASE = "/api/v1/key-centre"
SM2 = PythonBackend(allowed=True)
Call = Callable[..., Any]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    settings = load_settings(Path(tmp_path_factory.mktemp("kmc")) / "home")
    made = assemble(settings, clock=system_clock, pins=service_pins(Home(settings.home)))
    lay_foundation(made, "印信测试认证中心 TEST", actor=OFFICER, progress=lambda _line: None)
    made.key_centre.found(KeyUri("pkcs11", SERVICE_TOKEN, "x"), KeyKind.EC_P256, plan(), actor=OFFICER)
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(services: Services) -> Iterator[httpx.Client]:
    with serving(services) as site:
        yield site.client()


@pytest.fixture
def call(services: Services, client: httpx.Client) -> Call:
    """Return a function that calls as somebody with one scope."""

    def make(  # noqa: PLR0917 - who, as what, and one request
        who: str, scope: Scope, method: str, path: str, body: Any = None, status: int = 200
    ) -> Any:
        key = services.api_keys.create(Actor(who), [scope], timedelta(days=1), actor=ADMIN).text
        answer = client.request(
            method, f"{BASE}{path}", json=body, headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    return make


def pem(key: Any) -> str:
    return str(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def test_A6_I25_a_recovery_over_http(services: Services, call: Call) -> None:
    lost, new = SM2.generate(), SM2.generate()
    assert call("person:keeper", Scope.KEY_CENTRE, "POST", "/pool", {"kind": "sm2", "target": 1}) == {
        "made": 1
    }
    grant = services.key_centre.grant(
        KeyRequest("e-1", SM2.public(lost), KeyKind.SM2, uscc="91330106MA2CYINX3E")
    )
    key_id = delivery.parse(grant.envelope).key_id
    shown = call("person:keeper", Scope.KEY_CENTRE, "GET", f"/keys/{key_id}")
    assert shown["status"] == "delivered"
    assert "sealed" not in shown
    order = {
        "key_id": key_id,
        "reason": "lost",
        "evidence_sha256": EVIDENCE,
        "sign_public_key": pem(SM2.public(new)),
    }
    officer = ("person:wu.gang", Scope.KEY_RECOVER)
    case = call(*officer, "POST", "/cases/user", order, 201)
    stranger = ("person:li.si", Scope.KEY_RECOVER, "PUT", f"/cases/{case['id']}/user")
    assert call(*stranger, order | {"reason": "other"}, 422)["type"] == "/problems/case-invalid"
    changed = call(*officer, "PUT", f"/cases/{case['id']}/user", order | {"reason": "lost at sea"})
    assert changed["id"] == case["id"]
    assert changed["document_sha256"] != case["document_sha256"]
    refused = call(*officer, "POST", f"/cases/{case['id']}/execution", status=409)
    assert refused["type"] == "/problems/quorum-missing"
    for name in NAMES[:2]:
        ballot = call(name, Scope.ESCROW_CUSTODIAN, "GET", f"/cases/{case['id']}/ballot")
        octets = base64.b64decode(ballot["approve"])
        signature = custodian_key(name).sign(octets, ec.ECDSA(hashes.SHA256()))
        vote = {
            "document_sha256": ballot["document_sha256"],
            "word": "approve",
            "signature": base64.b64encode(signature).decode(),
        }
        path = f"/cases/{case['id']}/votes"
        thief = call("person:thief", Scope.ESCROW_CUSTODIAN, "POST", path, vote, 403)
        assert thief["type"] == "/problems/custodian-unknown"
        assert name in call(name, Scope.ESCROW_CUSTODIAN, "POST", path, vote)["voted"]
        twice = call(name, Scope.ESCROW_CUSTODIAN, "POST", path, vote, 409)
        assert twice["type"] == "/problems/vote-repeated"
        assert "只能投一次" in twice["zh"]
    done = call(*officer, "POST", f"/cases/{case['id']}/execution")
    assert done["status"] == "executed"
    found = delivery.parse(base64.b64decode(done["delivery"])).proven(services.key_centre.public_key)
    assert found.key_id == key_id
    assert call(*officer, "GET", f"/cases/{case['id']}") == done
    assert call(*officer, "GET", "/cases?status=executed")["items"] == [done]
    told = call("person:keeper", Scope.KEY_CENTRE, "GET", "/notices")["items"]
    assert {(each["event"], each["addressee"]) for each in told} == {
        (event, who) for event in ("opened", "executed") for who in ("holder", "auditor")
    }
    given = call("person:keeper", Scope.KEY_CENTRE, "POST", f"/notices/{told[0]['number']}/sent")
    assert given["sent_at"]
    every = call("person:keeper", Scope.KEY_CENTRE, "GET", f"/notices?case={case['id']}")["items"]
    assert [one["number"] for one in every if one["sent_at"]] == [given["number"]]
    assert call("person:keeper", Scope.KEY_CENTRE, "GET", "/notices")["items"] == told[1:]
    assert call("person:keeper", Scope.KEY_CENTRE, "POST", "/notices/999/sent", status=404)["type"] == (
        "/problems/notice-unknown"
    )
    status = call("person:keeper", Scope.KEY_CENTRE, "GET", "")
    assert status["keys"] == [{"kind": "sm2", "status": "delivered", "number": 1}]


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        (Scope.ESCROW_CUSTODIAN, "POST", "/cases/x/execution"),
        (Scope.ESCROW_CUSTODIAN, "POST", "/pool"),
        (Scope.KEY_RECOVER, "POST", "/cases/x/votes"),
        (Scope.KEY_CENTRE, "POST", "/cases/x/votes"),
        (Scope.KEY_RECOVER, "POST", "/notices/1/sent"),
        (Scope.KEY_CENTRE, "POST", "/cases/x/execution"),
        (Scope.CA_ISSUE, "GET", ""),
    ],
)
def test_I23_the_three_scopes_do_not_open_each_others_doors(
    call: Call, scope: Scope, method: str, path: str
) -> None:
    told = call("person:x", scope, method, path, {} if method == "POST" else None, 403)
    assert told["type"] == "/problems/scope-missing"


def test_bad_input_is_told_by_name(call: Call) -> None:
    officer = ("person:wu.gang", Scope.KEY_RECOVER)
    order = {"key_id": "0" * 32, "reason": "lost", "evidence_sha256": EVIDENCE, "sign_public_key": "none"}
    assert call(*officer, "POST", "/cases/user", order, 422)["type"] == "/problems/invalid-value"
    good = {**order, "sign_public_key": pem(SM2.public(SM2.generate()))}
    assert call(*officer, "POST", "/cases/user", good, 404)["type"] == "/problems/escrowed-key-unknown"
    judicial = {"key_id": "0" * 32, "order_number": "1", "authority": "x", "evidence_sha256": EVIDENCE}
    bad = {**judicial, "certificate": "!!"}
    assert call(*officer, "POST", "/cases/judicial", bad, 422)["type"] == "/problems/invalid-value"
    assert call(*officer, "GET", "/cases/none", status=404)["type"] == "/problems/case-unknown"
    keeper = ("person:keeper", Scope.KEY_CENTRE)
    pool = {"kind": "rsa-4096", "target": 1}
    assert call(*keeper, "POST", "/pool", pool, 422)["type"] == "/problems/escrow-kind-refused"
