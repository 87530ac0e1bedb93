"""Nothing that a caller sends is passed over: misspelt, misplaced, repeated and impossible fields are refused by name."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.access.scopes import Scope
from api.app import create_app
from api.services import Services
from ca.actor import Actor
from tests.unit.api.browsing import Client, log_in
from tests.unit.api.conftest import Install
from tests.unit.api.test_department_api import key
from tests.verify_world import small_pdf

VERIFY, ORDERS = "/api/v1/verifications", "/api/v1/verification-orders"
RECOGNITIONS, HOOKS = "/api/v1/recognitions", "/api/v1/webhook-deliveries"
FILE = ("file", ("a.pdf", small_pdf()))
CLERK, OA = Actor("person:chen.jing", "陈静"), Actor("app:oa", "OA")


@pytest.fixture
def client(services: Services) -> Client:
    return Client(services)


def faults(answer: httpx.Response) -> dict[str, str]:
    """Return where something is wrong, and what."""
    assert answer.status_code == 422, answer.text
    told: dict[str, Any] = answer.json()
    assert told["type"] == "/problems/invalid-request"
    assert all(one["zh"] and one["en"] and one["where"] in told["zh"] for one in told["faults"])
    return {one["where"]: one["en"] for one in told["faults"]}


def test_a_misspelt_field_is_named_with_those_that_there_are(services: Services, client: Client) -> None:
    found = faults(client.post(VERIFY, files=[FILE], data={"departement": "财政", "akt": "bill"}))
    assert set(found) == {"body.departement", "body.akt"}
    assert "department" in found["body.departement"].replace("departement", "")
    issued = faults(
        client.post(f"{VERIFY}/reports", files=[FILE], data={"department": "财政", "act": "bill"})
    )
    assert set(issued) == {"body.department", "body.act"}
    oa = key(services, OA, Scope.VERIFICATION_ORDER) | {"Idempotency-Key": "1"}
    assert set(faults(client.post(ORDERS, headers=oa, data={"callbak": "https://x.cn"}))) == {"body.callbak"}
    assert set(faults(client.get(f"{ORDERS}/x/results?verdikt=failed", headers=oa))) == {"query.verdikt"}
    assert set(faults(client.get(f"{HOOKS}?stat=dead", headers=oa))) == {"query.stat"}
    clerk = key(services, CLERK, Scope.DEPARTMENT_ACCEPT, Scope.TRUST_READ) | {"Idempotency-Key": "1"}
    form = {"department": "财政", "act": "bill", "purpose": "x", "at": "2026-01-01T00:00:00Z"}
    assert set(faults(client.post(RECOGNITIONS, headers=clerk, files=[FILE], data=form))) == {"body.at"}
    assert set(faults(client.get(f"{RECOGNITIONS}?departmnt=x", headers=clerk))) == {"query.departmnt"}


def test_a_field_in_the_wrong_place_or_sent_twice(services: Services, client: Client) -> None:
    asked = faults(client.post(VERIFY, files=[FILE], params={"department": "财政", "act": "bill"}))
    assert asked == {"query.department": "it belongs into the form", "query.act": "it belongs into the form"}
    twice = faults(
        client.post(VERIFY, files=[FILE, FILE], data={"department": ["财政", "银行"], "act": "bill"})
    )
    assert set(twice) == {"body.file", "body.department"}
    oa = key(services, OA, Scope.VERIFICATION_ORDER) | {"Idempotency-Key": "1"}
    assert client.post(ORDERS, headers=oa, files=[FILE, FILE]).status_code == 202, "here a list is asked for"
    assert set(faults(client.get(f"{ORDERS}?limit=1&limit=2", headers=oa))) == {"query.limit"}


def test_text_for_a_file_and_a_number_that_nothing_holds(services: Services, client: Client) -> None:
    told = faults(client.post(VERIFY, files={"content": ("c", b"x")}, data={"file": "abc"}))
    assert "uploaded as a file" in told["body.file"]
    oa, reader = key(services, OA, Scope.VERIFICATION_ORDER), key(services, CLERK, Scope.TRUST_READ)
    huge = "9" * 24
    assert "at most" in faults(client.get(f"{ORDERS}/x/results?after={huge}", headers=oa))["query.after"]
    assert "at most" in faults(client.get(f"{RECOGNITIONS}?before={huge}", headers=reader))["query.before"]
    assert "NUL" in faults(client.get(f"{RECOGNITIONS}?document=%00", headers=reader))["query.document"]
    assert "NUL" in faults(client.get(f"{ORDERS}/%00", headers=oa))["path.order"]
    assert set(faults(client.get(f"{RECOGNITIONS}?answer=maybe", headers=reader))) == {"query.answer"}


def test_a_time_that_ends_before_it_begins(services: Services, client: Client) -> None:
    address = f"{RECOGNITIONS}/counts?since=2027-01-01T00:00:00Z&until=2026-01-01T00:00:00Z"
    told = client.get(address, headers=key(services, CLERK, Scope.TRUST_READ))
    assert (told.status_code, told.json()["type"]) == (422, "/problems/invalid-value")
    assert "since" in told.json()["zh"]


@pytest.mark.parametrize("field", ["evidence", "password"])
def test_a_proof_goes_alone(client: Client, field: str) -> None:
    files = [FILE, ("proof", ("p.json", b"{}"))] + (
        [("evidence", ("e.jws", b"x"))] if field == "evidence" else []
    )
    data = {"password": "x"} if field == "password" else {}
    told = client.post(VERIFY, files=files, data=data)
    assert told.status_code == 422
    assert field in told.json()["en"]
    assert "proof" in told.json()["zh"]


@pytest.mark.parametrize(
    ("form", "kind", "word"),
    [
        ({"per_document": "true"}, "verification-order-field", "per_document"),
        ({"title": "a\nb"}, "verification-order-field", "title"),
        ({"title": "a\u202eb"}, "verification-order-field", "title"),
        *(
            ({"callback": f"https://{host}/x"}, "webhook-address", "webhook_networks")
            for host in ("localhost", "a.LOCALHOST.", "127.1", "0x7f.1", "2130706433", "0", "[::1]", "10.1")
        ),
    ],
)
def test_an_order_that_cannot_be_told_of(
    services: Services, client: Client, form: dict[str, str], kind: str, word: str
) -> None:
    oa = key(services, OA, Scope.VERIFICATION_ORDER) | {"Idempotency-Key": "1"}
    told = client.post(ORDERS, headers=oa, files=[FILE], data=form)
    assert (told.status_code, told.json()["type"]) == (422, f"/problems/{kind}")
    assert word in told.json()["zh"]
    assert word in told.json()["en"]
    assert client.get(ORDERS, headers=oa).json() == {"items": []}


def test_whoever_shows_no_key_is_counted(founded: Install) -> None:
    services = founded(public_rate="2/minute")
    client = Client(services)
    seen = [client.post(VERIFY, files=[FILE]).status_code for _ in range(3)]
    assert seen == [200, 200, 429]
    false = client.post(VERIFY, files=[FILE], headers={"Authorization": "Bearer yx_false_key"})
    assert false.status_code == 429
    assert int(false.headers["Retry-After"]) > 0
    known = key(services, OA, Scope.VERIFICATION_ORDER)
    assert client.post(VERIFY, files=[FILE], headers=known).status_code == 200


def test_the_page_counts_whoever_is_not_signed_in(founded: Install) -> None:
    """Uploads push older ones out, so nobody may send them without end; a clerk at work may."""
    services = founded(public_rate="2/minute")
    anyone, clerk = Client(services), log_in(services, CLERK, Scope.DOCUMENT_READ)
    name = {"X-File-Name": "a.pdf"}
    try:
        first, _, third = (anyone.post("/verify/files", content=small_pdf(), headers=name) for _ in range(3))
        assert (first.status_code, third.status_code) == (202, 429)
        assert "秒后再试" in third.json()["zh"]
        address = first.json()["url"]
        for part in ("act", "evidence", "proof", "content", "password"):
            assert anyone.post(f"{address}/{part}", files=[FILE]).status_code == 429, part
        forged = Client(services, cookie="forged", csrf="forged")
        assert forged.post("/verify/files", content=small_pdf(), headers=name).status_code == 429
        signed_in = [clerk.post("/verify/files", content=small_pdf(), headers=name) for _ in range(4)]
        assert [answer.status_code for answer in signed_in] == [202] * 4
    finally:
        anyone.close()
        clerk.close()


def test_every_route_of_these_subjects_passes_nothing_over(services: Services) -> None:
    """What a router forgets would be answered as if nobody had asked: each of them refuses what it does not know."""
    document = create_app(services).openapi()
    client = Client(services)
    subjects = (VERIFY, ORDERS, HOOKS, RECOGNITIONS, "/api/v1/departments", "/api/v1/evidence-records")
    checked = 0
    for path, item in document["paths"].items():
        if not path.startswith(subjects):
            continue
        for method in item:
            answer = client.get if method == "get" else client.post
            address = path.replace("{", "").replace("}", "")
            assert "query.nonsense" in faults(answer(f"{address}?nonsense=1")), (method, path)
            checked += 1
    assert checked > 20
