"""Documents handed in again: under one key and one mark stands one document, or what comes is refused (I1)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from api.services import Services
from signing.verification_orders import store
from tests.unit.api.browsing import Client
from tests.unit.api.conftest import Install
from tests.unit.api.test_verification_orders import ORDERS, headers, work_off
from tests.verify_world import small_pdf

GOOD, FORGED = small_pdf(1, text="good"), small_pdf(1, text="forged")


@pytest.fixture
def services(founded: Install) -> Services:
    return founded(verification_queue_documents=50)


def files(*found: tuple[str, bytes], field: str = "file") -> list[tuple[str, tuple[str, bytes]]]:
    return [(field, one) for one in found]


def judged(client: Client, order: str, mine: dict[str, str]) -> list[str]:
    found: list[dict[str, Any]] = client.get(f"{ORDERS}/{order}/results", headers=mine).json()["items"]
    return [one["finding"]["sha256"] for one in found]


def kind(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("type", "").rpartition("/")[2]


def test_attack_another_document_under_the_key_of_one_that_passed(services: Services) -> None:
    """The answer was the first order, and its results: the second document was never judged."""
    client, mine = Client(services), headers(services, key="oa-117")
    order = client.post(ORDERS, headers=mine, files=files(("a.pdf", GOOD))).json()["id"]
    taken = (409, "verification-order-key")
    assert kind(client.post(ORDERS, headers=mine, files=files(("a.pdf", FORGED)))) == taken
    work_off(services)
    for other in (
        [("a.pdf", FORGED)],
        [("a.pdf", GOOD), ("b.pdf", FORGED)],
        [("b.pdf", FORGED), ("a.pdf", GOOD)],
    ):
        assert kind(client.post(ORDERS, headers=mine, files=files(*other))) == taken
    beside = [*files(("a.pdf", GOOD)), *files(("c", b"other"), field="content")]
    assert kind(client.post(ORDERS, headers=mine, files=beside)) == taken
    assert judged(client, order, mine) == [hashlib.sha256(GOOD).hexdigest()]


def test_the_same_request_again_gives_its_order(services: Services) -> None:
    """Whoever lost the answer asks again: under another name of the file, without files, before the end and after it."""
    client, mine = Client(services), headers(services, key="oa-118")
    order = client.post(ORDERS, headers=mine, files=files(("a.pdf", GOOD), ("b.pdf", FORGED))).json()["id"]
    for _ in range(2):
        for again in ([("a.pdf", GOOD), ("b.pdf", FORGED)], [("x.pdf", GOOD), ("y.pdf", FORGED)], []):
            answer = client.post(ORDERS, headers=mine, files=files(*again) or None)
            assert (answer.status_code, answer.json()["id"], answer.json()["total"]) == (202, order, 2)
        work_off(services)


def test_attack_another_document_under_a_mark(services: Services) -> None:
    """It was told as taken, and nobody ever judged it."""
    client, mine = Client(services), headers(services, key="more")
    order = client.post(ORDERS, headers=mine, files=files(("a.pdf", GOOD)), data={"more": "true"}).json()[
        "id"
    ]
    here = f"{ORDERS}/{order}/files"

    def add(name: str, octets: bytes, mark: str) -> Any:
        return client.post(here, headers=mine, files=files((name, octets)), data={"mark": mark})

    assert add("b.pdf", GOOD, "oa-1").json() == {"total": 2}
    assert add("b.pdf", GOOD, "oa-1").json() == {"total": 2}
    assert kind(add("b.pdf", FORGED, "oa-1")) == (409, "verification-order-mark")
    assert kind(add("b.pdf", FORGED, "#0")) == (422, "verification-order-field")
    records = [*files(("b.pdf", GOOD)), *files(("r.jws", b"x.y.z"), field="evidence")]
    assert kind(client.post(here, headers=mine, files=records, data={"mark": "oa-1"})) == (
        409,
        "verification-order-mark",
    )
    assert add("b.pdf", FORGED, "oa-2").json() == {"total": 3}


def test_two_at_once_under_one_mark(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both find the mark free; the second finds it taken where the order is held, and leaves nothing behind."""
    client, mine = Client(services), headers(services, key="race")
    order = client.post(ORDERS, headers=mine, data={"more": "true"}).json()["id"]
    here = f"{ORDERS}/{order}/files"
    real, asked = store.marks, [0]

    def late(*given: Any) -> dict[str, str]:
        asked[0] += 1
        return {} if asked[0] == 1 else real(*given)

    def add(octets: bytes) -> Any:
        return client.post(here, headers=mine, files=files(("a.pdf", octets)), data={"mark": "m"})

    assert add(GOOD).json() == {"total": 1}
    monkeypatch.setattr(store, "marks", late)
    assert add(GOOD).json() == {"total": 1}
    asked[0] = 0
    assert kind(add(FORGED)) == (409, "verification-order-mark")
    spool = services.settings.archive / "verification"
    assert len([one for one in spool.rglob("*") if one.is_file()]) == 1
