"""Verification orders over HTTP: handed in, judged in the background, told by signed messages, seen by their maker alone (D7, D8)."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import re
import sys
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from api.access.scopes import Scope
from api.services import Services
from ca.actor import SYSTEM, Actor
from ca.ceremony import verification_unit
from signing.verification_orders.errors import OrderFieldInvalid
from signing.verification_orders.order import ABANDONED, OrderRequest
from signing.verification_orders.work import LEASE
from signing.webhooks.outbox import PAUSES, Outbox
from tests import bare_world as bare
from tests.conftest import SteppingClock
from tests.unit.api.browsing import ADMIN, Client, log_in
from tests.unit.api.conftest import Install
from tests.verify_world import small_pdf

WORD = "口令-Correct-Horse-7391"
OA, OTHER = Actor("app:oa", "OA"), Actor("app:other", "Other")
ORDERS, HOOKS = "/api/v1/verification-orders", "/api/v1/webhook-deliveries"
VERIFY = "/api/v1/verifications"
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "webhook_receiver.py"


@pytest.fixture
def services(founded: Install) -> Services:
    return founded(webhook_plain_http=True, webhook_networks="127.0.0.0/8", verification_queue_documents=8)


def headers(services: Services, actor: Actor = OA, key: str = "") -> dict[str, str]:
    made = services.api_keys.create(actor, [Scope.VERIFICATION_ORDER], timedelta(days=30), actor=ADMIN)
    return {"Authorization": f"Bearer {made.text}"} | ({"Idempotency-Key": key} if key else {})


def uploads(*names: str) -> list[tuple[str, tuple[str, bytes]]]:
    return [
        ("file", (name, small_pdf(1, text=name) if name.endswith(".pdf") else b"nothing")) for name in names
    ]


def encrypted(pdf: bytes, password: str) -> bytes:
    writer, out = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf))), io.BytesIO()
    writer.encrypt(password, password)  # type: ignore[no-untyped-call]
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def delivered(outbox: Outbox) -> int:
    """Send what is due, one after the other; return how many were tried."""
    count = 0
    while outbox.deliver_one():
        count += 1
    return count


def work_off(services: Services) -> int:
    count = 0
    while services.orders.work.one():
        count += 1
    return count


@pytest.fixture
def receiver(clock: SteppingClock) -> Iterator[tuple[ModuleType, str]]:
    """Serve the example of the documentation as it stands there, on an address of this machine."""
    spec = importlib.util.spec_from_file_location("webhook_receiver", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["webhook_receiver"] = module
    spec.loader.exec_module(module)
    module.Receiver.log_message = lambda *_given: None
    module.Receiver.seen = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), module.Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    module.Receiver.audience = f"http://127.0.0.1:{server.server_port}/yinxin"
    yield module, module.Receiver.audience
    server.shutdown()
    thread.join()
    server.server_close()


def test_D8_an_integrator_with_curl(
    services: Services, receiver: tuple[ModuleType, str], clock: SteppingClock
) -> None:
    """One order from upload to message: progress, results page by page, both sheets, and a message that verifies."""
    example, address = receiver
    unit = verification_unit(services.authority, actor=SYSTEM)
    example.Receiver.signers = {hashlib.sha256(unit.certificate).hexdigest()}
    client, mine = Client(services), headers(services, key="first")
    form = {"title": "材料", "callback": address, "per_document": "true"}
    files = uploads("a.pdf", "../=b.pdf", "c.txt")
    made = client.post(ORDERS, headers=mine, files=files, data=form)
    assert made.status_code == 202, made.text
    order = made.json()
    assert (order["state"], order["total"], order["left"]) == ("running", 3, 3)
    assert client.post(ORDERS, headers=mine, files=files, data=form).json()["id"] == order["id"]
    assert (
        client.post(ORDERS, headers=mine, data={"title": "x"}).json()["type"]
        == "/problems/verification-order-key"
    )
    here = f"{ORDERS}/{order['id']}"

    assert work_off(services) == 3
    told = client.get(here, headers=mine).json()
    assert (told["state"], told["done"], told["good"], told["failed"]) == ("finished", 3, 0, 3)
    assert sum(told["verdicts"].values()) == 3
    page = client.get(f"{here}/results?limit=2", headers=mine).json()
    assert [one["name"] for one in page["items"]] == ["a.pdf", "=b.pdf"]
    rest = client.get(f"{here}/results?after={page['next']}", headers=mine).json()
    assert [(one["name"], one["number"]) for one in rest["items"]] == [("c.txt", 3)]
    assert page["items"][0]["finding"]["reason_zh"]
    sheet = client.get(f"{here}/results.csv", headers=mine)
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert rows[2][0] == "'=b.pdf", "no name begins a formula"
    book = client.get(f"{here}/results.xlsx", headers=mine).content
    assert b"=b.pdf" in zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml")
    events = client.get(f"{here}/events", headers=mine).text
    assert events.startswith("event: progress\nid: finished-3-3-0")
    assert "event: end" in events
    spool = services.settings.archive / "verification"
    assert not [one for one in spool.rglob("*") if one.is_file()], "octets go once they are judged"

    assert delivered(services.orders.outbox) == 4
    had = list(example.Receiver.seen.values())
    assert sorted(one["type"].split(".")[1] for one in had) == [
        "document",
        "document",
        "document",
        "finished",
    ]
    end = next(one["data"]["order"] for one in had if one["type"].endswith("finished"))
    assert (end["id"], end["total"], end["good"]) == (order["id"], 3, 0)
    listed = client.get(f"{HOOKS}?order={order['id']}", headers=mine).json()["items"]
    assert {(one["state"], one["status"]) for one in listed} == {("delivered", 204)}

    for path in ("", "/results", "/results.csv", "/results.xlsx", "/events"):
        assert client.get(here + path, headers=headers(services, OTHER)).status_code == 404, path
    assert client.get(HOOKS, headers=headers(services, OTHER)).json()["items"] == []
    theirs = headers(services, OTHER)
    assert client.post(f"{HOOKS}/{listed[0]['id']}/resend", headers=theirs).status_code == 404
    assert client.get(here).status_code == 401

    clock.advance(timedelta(days=8))
    services.orders.work.housekeep()
    assert client.get(here, headers=headers(services)).status_code == 404, (
        "results are removed after their time"
    )
    with services.reading() as conn:
        services.audit.verify(conn, [])


def test_messages_that_fail(
    services: Services, receiver: tuple[ModuleType, str], clock: SteppingClock
) -> None:
    """A receiver that does not believe us, then one that does; nothing is lost, nobody is asked more often than promised."""
    example, address = receiver
    example.Receiver.signers = {"0" * 64}
    client, mine = Client(services), headers(services, key="k")
    client.post(ORDERS, headers=mine, files=uploads("a.txt"), data={"callback": address})
    work_off(services)
    outbox = services.orders.outbox
    for pause in PAUSES:
        assert delivered(outbox) == 1
        assert delivered(outbox) == 0, "not before its pause is over"
        clock.advance(pause)
    assert delivered(outbox) == 1
    dead = client.get(f"{HOOKS}?state=dead", headers=mine).json()["items"]
    assert [(one["attempts"], one["status"]) for one in dead] == [(len(PAUSES) + 1, 400)]
    assert "HTTP 400" in dead[0]["why_zh"]
    assert example.Receiver.seen == {}

    unit = verification_unit(services.authority, actor=SYSTEM)
    example.Receiver.signers = {hashlib.sha256(unit.certificate).hexdigest()}
    clock.now = datetime.now(UTC)
    again = f"{HOOKS}/{dead[0]['id']}/resend"
    assert client.post(again, headers=headers(services)).status_code == 202
    assert client.post(again, headers=headers(services)).json()["type"] == "/problems/webhook-waiting"
    assert delivered(outbox) == 1
    assert list(example.Receiver.seen) == [dead[0]["id"]]
    client.post(again, headers=headers(services))
    delivered(outbox)
    assert len(example.Receiver.seen) == 1, "a number that was had before changes nothing"


def test_an_address_that_is_down_is_tried_once_for_all(services: Services, clock: SteppingClock) -> None:
    client = Client(services)
    form = {"callback": "http://127.0.0.1:9/x", "per_document": "true"}
    client.post(ORDERS, headers=headers(services, key="k"), files=uploads("a.txt", "b.txt"), data=form)
    work_off(services)
    assert delivered(services.orders.outbox) == 1, "three wait, one is tried"
    clock.advance(PAUSES[0])
    assert delivered(services.orders.outbox) == 1


def test_a_worker_that_dies_loses_nothing(services: Services, clock: SteppingClock) -> None:
    """A restart: what somebody had begun is begun again after its lease, and a late answer of the dead changes nothing."""
    client, mine = Client(services), headers(services, key="k")
    order = client.post(ORDERS, headers=mine, files=uploads("a.txt", "b.txt")).json()
    work, judged = services.orders.work, services.orders.work._judge

    def die(*_given: object) -> Any:
        raise MemoryError

    work._judge = die
    with pytest.raises(MemoryError):
        work.one()
    work._judge = judged
    assert work_off(services) == 1
    assert client.get(f"{ORDERS}/{order['id']}", headers=mine).json()["left"] == 1
    clock.advance(LEASE)
    assert work_off(services) == 1
    assert client.get(f"{ORDERS}/{order['id']}", headers=mine).json()["state"] == "finished"

    more = client.post(ORDERS, headers=headers(services, key="m"), files=uploads("killer.txt")).json()
    work._judge = die
    for _ in range(5):
        with pytest.raises(MemoryError):
            work.one()
        clock.advance(LEASE)
    assert not work.one(), "what takes the service along is not begun for ever"
    work._judge = judged
    work.housekeep()
    found = client.get(f"{ORDERS}/{more['id']}/results", headers=mine).json()["items"][0]["finding"]
    assert (found["verdict"], found["sub_indication"]) == ("indeterminate", "LIMIT_REACHED")


def test_a_clerk_in_the_console(services: Services) -> None:
    """Hand in, look at it while it waits and when it is done, in both languages; nobody else finds it."""
    clerk = log_in(services, OA, Scope.VERIFICATION_ORDER)
    page = clerk.page("/console/verification-orders")
    key = re.search(r'name="key" value="([0-9a-f]+)"', page)
    assert key is not None
    sent = clerk.send(
        "/console/verification-orders", files=uploads("<b>.txt"), key=key[1], title="材料", act="finance/bill"
    )
    assert sent.status_code == 303, sent.text
    here = sent.headers["location"]
    assert "核验中" in clerk.page(here)
    work_off(services)
    found = clerk.page(here)
    assert "已完成" in found
    assert "无法读取" in found
    assert "财政" in found
    assert "&lt;b&gt;.txt" in found
    assert "材料" in clerk.page("/console/verification-orders")
    other = log_in(services, OTHER, Scope.VERIFICATION_ORDER)
    assert other.get(here, headers={"Accept": "text/html"}).status_code in (404, 410)


def test_what_comes_beside_a_document_is_used_and_goes_with_it(services: Services) -> None:
    """A password, the content of a detached signature, evidence records: as for one document, and nowhere in the clear."""
    client, mine = Client(services), headers(services, key="beside")
    order = client.post(ORDERS, headers=mine, data={"title": "x", "more": "true"}).json()["id"]
    here, locked = f"{ORDERS}/{order}", ("a.pdf", encrypted(small_pdf(1), WORD))
    signature = ("b.p7s", bare.detached(bare.world()))

    def add(file: tuple[str, bytes], data: dict[str, str], **more: bytes) -> Any:
        parts = [("file", file), *((name, (name, octets)) for name, octets in more.items())]
        return client.post(f"{here}/files", headers=mine, files=parts, data=data)

    assert add(locked, {"password": WORD}, evidence=b"x.y.z").json() == {"total": 1}
    add(locked, {})
    assert add(signature, {}, content=bare.CONTENT).json() == {"total": 3}
    assert add(signature, {}).json() == {"total": 4}
    two = client.post(
        f"{here}/files", headers=mine, files=[("file", locked), ("file", signature), ("content", locked)]
    )
    assert (two.status_code, two.json()["type"]) == (422, "/problems/verification-order-field")
    assert add(locked, {"password": "x" * 1001}).status_code == 422

    spool = [one for one in (services.settings.archive / "verification").rglob("*") if one.is_file()]
    assert len(spool) == 4
    database = services.settings.home.rglob("*.db*")
    for path in (*spool, *database):
        assert WORD.encode() not in path.read_bytes(), path
    client.post(f"{here}/start", headers=mine)
    work_off(services)
    told = [one["finding"] for one in client.get(f"{here}/results", headers=mine).json()["items"]]
    assert [one["sub_indication"] for one in told[:2]] == ["NO_SIGNATURE", None]
    assert "密码" in told[1]["reason_zh"]
    assert told[2]["signatures"][0]["modified"] is False
    assert told[3]["signatures"][0]["modified"] is None
    judged_over = [one["content_sha256"] for one in told]
    assert judged_over == ["", "", hashlib.sha256(bare.CONTENT).hexdigest(), ""]
    assert not any(one.exists() for one in spool)


def test_an_order_that_nobody_starts_ends_and_so_does_what_was_handed_in(
    services: Services, clock: SteppingClock
) -> None:
    client, mine = Client(services), headers(services, key="left")
    files = {"more": "true", "password": WORD}
    order = client.post(ORDERS, headers=mine, files=uploads("a.pdf"), data=files).json()["id"]
    clock.advance(ABANDONED + timedelta(hours=1))
    services.orders.work.housekeep()
    services.orders.work.housekeep()
    assert client.get(f"{ORDERS}/{order}", headers=headers(services)).json()["state"] == "cancelled"
    spool = services.settings.archive / "verification"
    assert not [one for one in spool.rglob("*") if one.is_file()]


def test_more_files_quotas_and_cancelling(services: Services) -> None:
    client, mine = Client(services), headers(services, key="k")
    bad = client.post(ORDERS, headers=mine, data={"callback": "https://10.0.0.5/admin"})
    assert bad.json()["type"] == "/problems/webhook-address"
    unknown = client.post(ORDERS, headers=mine, data={"department": "海关", "act": "x"})
    assert unknown.json()["type"] == "/problems/department-unknown"
    order = client.post(ORDERS, headers=mine, files=uploads("a.txt"), data={"more": "true"}).json()
    here = f"{ORDERS}/{order['id']}"
    assert order["state"] == "gathering"
    for _ in range(2):
        added = client.post(f"{here}/files", headers=mine, files=uploads("b.txt"), data={"mark": "oa-1"})
        assert added.json() == {"total": 2}, "the same mark is the same document"
    full = client.post(f"{here}/files", headers=mine, files=uploads(*(f"{n}.txt" for n in range(7))))
    assert (full.status_code, full.json()["type"]) == (429, "/problems/verification-queue-full")
    assert work_off(services) == 0, "nothing begins before start"
    assert client.post(f"{here}/start", headers=mine).json()["state"] == "running"
    late = client.post(f"{here}/files", headers=mine, files=uploads("c.txt"))
    assert late.json()["type"] == "/problems/verification-order-state"
    services.orders.work.one()
    stopped = client.post(f"{here}/cancellation", headers=mine).json()
    assert (stopped["state"], stopped["done"], stopped["cancelled"]) == ("cancelled", 1, 1)
    assert work_off(services) == 0
    services.orders.work.housekeep()
    spool = services.settings.archive / "verification"
    assert not [one for one in spool.rglob("*") if one.is_file()]


FAR = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59Z",
    "1969-12-31T23:59:59Z",
)


@pytest.mark.parametrize("at", [*FAR, "2026-01-01T00:00:00", "1", "yesterday"])
def test_a_time_that_nothing_can_hold_is_refused_and_leaves_nothing(services: Services, at: str) -> None:
    """The answer names ``at`` and the form wanted, wherever a time is taken; there is no order of it."""
    client, mine = Client(services), headers(services, key="far")
    for address, name in ((ORDERS, "at"), (VERIFY, "at"), (f"{VERIFY}/reports", "at")):
        refused = client.post(address, headers=mine, files=uploads("a.pdf"), data={name: at})
        assert refused.status_code == 422, address
        (fault,) = refused.json()["faults"]
        assert fault["where"] == "body.at"
        assert "1970-01-01" in fault["en"] if at in FAR else "2026-03-01T12:00:00Z" in fault["zh"]
    assert client.get(ORDERS, headers=mine).json() == {"items": []}
    with pytest.raises(OrderFieldInvalid) as told:
        services.orders.desk.open(OrderRequest("k", at=datetime(9999, 12, 31, tzinfo=UTC)), maker=OA)
    assert told.value.field == "at"
    services.reconcile(SYSTEM)


def test_one_order_that_cannot_be_read_keeps_no_other_from_being_looked_after(
    services: Services, clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    client, mine = Client(services), headers(services, key="good")
    good = client.post(ORDERS, headers=mine, data={"more": "true"}).json()["id"]
    bad = client.post(ORDERS, headers=headers(services, OTHER, "bad"), data={"more": "true"}).json()["id"]
    with services.engine.begin() as conn:
        conn.execute(
            sa.text("UPDATE verification_order SET at = -62135700000000000 WHERE id = :id"), {"id": bad}
        )
    clock.advance(ABANDONED + timedelta(hours=1))
    assert services.orders.work.housekeep()["verification_orders_failed"] == 1
    assert bad in caplog.text
    assert client.get(f"{ORDERS}/{good}", headers=headers(services)).json()["state"] == "cancelled"
    assert services.reconcile(SYSTEM)["verification_orders_failed"] == 1
