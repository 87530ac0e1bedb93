"""Bad input over HTTP: a problem type, a sentence that says what to do, nothing half-made, no lost record."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from api.access.scopes import Scope
from api.bootstrap import assemble
from api.demo.main_job import (
    APPLICANT,
    APPROVER,
    KEEPER,
    OPERATOR,
    USCC,
    approved_seal,
    enrol_keeper,
    keeper_pin,
)
from api.demo.main_job import ENTERPRISE as NAME
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.services import Services
from api.settings import Settings
from ca.actor import Actor
from signing.store import sealing
from tests.conftest import SteppingClock
from tests.e2e.conftest import CONTRACT, Demo, Site, serving
from tests.e2e.test_http import order, refused
from tests.unit.signing.test_reading import encrypted


@pytest.fixture
def keeper(site: Site) -> httpx.Client:
    return site.client(site.key(KEEPER, Scope.SEAL_USE, Scope.SEAL_READ))


@dataclass(frozen=True)
class Traces:
    """What sealing leaves: completed and open sealings, files in the archive and half-made ones."""

    completed: int
    reserved: int
    objects: int
    drafts: int


def traces(services: Services) -> Traces:
    """Count what is there now."""
    with services.reading() as connection:
        states = [row.state for row in connection.execute(sa.select(sealing.c.state))]
    folder = services.settings.archive
    files = [sum(path.is_file() for path in (folder / part).rglob("*")) for part in ("objects", "work")]
    return Traces(states.count("completed"), states.count("reserved"), *files)


# -- documents and places ---------------------------------------------------------------------------------------------

BAD_DOCUMENTS: dict[str, tuple[dict[str, Any], int, str]] = {
    "not a PDF": ({"document": b"PK\x03\x04 this is a Word file"}, 422, "not-a-pdf"),
    "an empty file": ({"document": b""}, 422, "not-a-pdf"),
    "a truncated PDF": ({"document": CONTRACT.read_bytes()[:200_000]}, 422, "document-damaged"),
    "encrypted, no password": ({"document": encrypted("open sesame")}, 422, "password-required"),
    "encrypted, wrong password": (
        {"document": encrypted("open sesame"), "password": "guess"},
        422,
        "password-wrong",
    ),
    "a page that does not exist": ({"at": "4:10,10"}, 422, "page-missing"),
    "page nought": ({"at": "0:10,10"}, 422, "placement-invalid"),
    "a place outside the page": ({"at": "1:190,10"}, 422, "outside-page"),
    "a place that cannot be read": ({"at": "first page, top"}, 422, "placement-invalid"),
    "an unknown seal": ({"seal_code": "00000000000000"}, 404, "seal-unknown"),
    "no idempotency key": ({"key": None}, 400, "idempotency-key-invalid"),
    "an endless idempotency key": ({"key": "1" * 129}, 400, "idempotency-key-invalid"),
    "a blank in the idempotency key": ({"key": "my key"}, 400, "idempotency-key-invalid"),
    "no seal code": ({"seal_code": None}, 422, "invalid-request"),
    "no PIN": ({"pin": None}, 403, "pin-required"),
    "a PIN too short for any token": ({"pin": "1"}, 422, "invalid-value"),
    "an unknown level": ({"level": "B-XL"}, 422, "invalid-request"),
}


@pytest.mark.parametrize("case", BAD_DOCUMENTS)
def test_a_bad_request_to_seal_is_refused_and_leaves_nothing(
    site: Site, demo: Demo, keeper: httpx.Client, case: str
) -> None:
    changes, status, slug = BAD_DOCUMENTS[case]
    before = traces(site.services)
    told = refused(keeper.post("/api/v1/sealings", **order(demo, **changes)), status, slug)
    assert traces(site.services) == before
    assert demo.pin not in str(told)


def test_an_encrypted_document_is_sealed_with_its_password(demo: Demo, keeper: httpx.Client) -> None:
    request = order(demo, document=encrypted("open sesame"), password="open sesame", at="1:10,10")
    answer = keeper.post("/api/v1/sealings", **request)
    assert answer.status_code == 200, answer.text
    assert answer.headers["yinxin-verdict"] == "passed"


@pytest.mark.parametrize(
    ("document", "verdict"),
    [
        (b"PK\x03\x04 a Word file", "unreadable"),
        (b"", "unreadable"),
        (CONTRACT.read_bytes(), "indeterminate"),
    ],
    ids=["not a PDF", "empty", "no signature"],
)
def test_D2_what_cannot_be_verified_is_never_green(site: Site, document: bytes, verdict: str) -> None:
    answer = site.client().post("/api/v1/verifications", files={"file": ("x.pdf", document)})
    assert answer.status_code == 200
    assert answer.json()["verdict"] == verdict
    assert answer.json()["reason_zh"]


def test_a_two_gibibyte_upload_is_refused_with_the_limit_named(site: Site, keeper: httpx.Client) -> None:
    def endless(head: bytes) -> Iterator[bytes]:
        yield head
        while True:
            yield bytes(256 * 1024)

    limit = site.services.settings.max_upload_bytes
    declared = {"Content-Length": str(2 * 2**30), "Content-Type": "multipart/form-data; boundary=x"}
    with socket.create_connection(("127.0.0.1", int(site.url.rsplit(":", 1)[1]))) as raw:
        head = "".join(f"{name}: {value}\r\n" for name, value in declared.items())
        raw.sendall(f"POST /api/v1/verifications HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
        raw.settimeout(10)
        answer = ""
        while piece := raw.recv(
            65536
        ):  # ends because the server hangs up: the rest of the body is never read
            answer += piece.decode()
    assert answer.startswith("HTTP/1.1 413")
    assert str(limit) in answer
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    streamed = keeper.post("/api/v1/verifications", content=endless(head), headers=form)
    assert refused(streamed, 413, "upload-too-large")["limit"] == limit
    shapeless = keeper.post("/api/v1/verifications", content=endless(b"no form at all"), headers=form)
    refused(shapeless, 400, "unreadable-request")


# -- PIN, keeper, token -----------------------------------------------------------------------------------------------


def test_a_wrong_pin_is_counted_and_never_retried(site: Site, demo: Demo, keeper: httpx.Client) -> None:
    before = traces(site.services)
    wrong = {"pin": "000000000000"}
    first = refused(keeper.post("/api/v1/sealings", **order(demo, **wrong)), 403, "pin-incorrect")
    second = refused(keeper.post("/api/v1/sealings", **order(demo, **wrong)), 403, "pin-incorrect")
    assert second["left"] == first["left"] - 1
    assert keeper.post("/api/v1/sealings", **order(demo)).status_code == 200
    third = refused(keeper.post("/api/v1/sealings", **order(demo, **wrong)), 403, "pin-incorrect")
    assert third["left"] == first["left"]
    assert keeper.post("/api/v1/sealings", **order(demo)).status_code == 200
    after = traces(site.services)
    assert after.completed == before.completed + 2
    assert (after.reserved, after.drafts) == (before.reserved, before.drafts)


@pytest.mark.parametrize(
    "stranger",
    [
        Actor("person:wang.fang", "王芳", USCC),
        Actor("person:wang.fang", "王芳", "91330106MA2CYTHR0X"),
        Actor("person:wang.fang", "王芳"),
    ],
    ids=["a colleague", "another enterprise", "nobody's"],
)
def test_a_seal_that_is_not_the_callers_is_refused(site: Site, demo: Demo, stranger: Actor) -> None:
    before = traces(site.services)
    client = site.client(site.key(stranger, Scope.SEAL_USE))
    refused(client.post("/api/v1/sealings", **order(demo)), 403, "seal-not-yours")
    assert traces(site.services) == before


def test_a_token_that_went_away_is_a_clean_refusal_and_comes_back(
    site: Site, demo: Demo, keeper: httpx.Client
) -> None:
    if site.services.key_stores.scheme != "pkcs11":
        pytest.skip("no PKCS#11 module on this machine; the soft store has no token to pull out")
    tokens, away = site.services.home.tokens, site.services.home.folder / "pulled-out"
    before, key = traces(site.services), uuid.uuid4().hex
    tokens.rename(away)
    try:
        answer = keeper.post("/api/v1/sealings", **order(demo, key=key))
        assert answer.status_code in (503, 404), answer.text
        refused(answer, answer.status_code, answer.json()["type"].removeprefix("/problems/"))
        assert traces(site.services) == before
    finally:
        if tokens.exists():
            for left in sorted(tokens.rglob("*"), reverse=True):
                left.unlink() if left.is_file() else left.rmdir()
            tokens.rmdir()
        away.rename(tokens)
    again = keeper.post("/api/v1/sealings", **order(demo, key=key))
    assert again.status_code == 200, again.text


# -- an installation whose clock and database the test holds ----------------------------------------------------------


@dataclass(frozen=True)
class Held:
    """A served installation, its clock, a keeper's client, the arguments of a good request."""

    site: Site
    clock: SteppingClock
    code: str
    pin: str

    def keeper(self) -> httpx.Client:
        return self.site.client(self.site.key(KEEPER, Scope.SEAL_USE, Scope.SEAL_READ))

    def order(self, **changes: Any) -> dict[str, Any]:
        return {
            "data": {"seal_code": self.code, "at": "3:38,174", "pin": self.pin} | changes,
            "files": {"file": ("合同.pdf", CONTRACT.read_bytes(), "application/pdf")},
            "headers": {"Idempotency-Key": uuid.uuid4().hex},
        }


def _in_step(_now: datetime) -> timedelta:
    return timedelta(0)


def _held(settings: Settings, clock: SteppingClock) -> Iterator[Held]:
    services = assemble(settings, clock=clock, pins=service_pins(Home(settings.home), {}), reference=_in_step)
    lay_foundation(services, "印信测试认证中心 TEST", actor=OPERATOR, progress=lambda _line: None)
    services.enterprises.register(USCC, NAME, actor=OPERATOR)
    seal = approved_seal(services, enrol_keeper(services))
    try:
        with serving(services) as site:
            yield Held(site, clock, seal.code, keeper_pin(services).reveal())
    finally:
        services.close()


@pytest.fixture
def held(tmp_path: Path, clock: SteppingClock) -> Iterator[Held]:
    yield from _held(Settings(home=tmp_path / "home", key_store="soft"), clock)


def test_a_clock_that_went_backwards_stops_what_would_be_dated(held: Held) -> None:
    keeper = held.keeper()
    held.clock.advance(timedelta(hours=2))
    assert keeper.post("/api/v1/sealings", **held.order()).status_code == 200
    before = traces(held.site.services)
    held.clock.advance(timedelta(hours=-1))
    answer = keeper.post("/api/v1/sealings", **held.order())
    assert answer.status_code == 503, answer.text
    refused(answer, 503, answer.json()["type"].removeprefix("/problems/"))
    assert "时钟" in answer.json()["zh"] or "时间" in answer.json()["zh"]
    assert traces(held.site.services) == before
    found = {
        check["subject"]: check["health"] for check in held.site.client().get("/healthz").json()["checks"]
    }
    assert found["clock"] == "broken"
    held.clock.advance(timedelta(hours=2))
    assert keeper.post("/api/v1/sealings", **held.order()).status_code == 200


def test_an_expired_seal_is_refused(held: Held) -> None:
    seals = held.site.services.seals
    held.clock.advance(seals.get(held.code).valid_to - held.clock.now + timedelta(seconds=1))  # type: ignore[operator]
    refused(_fresh(held).post("/api/v1/sealings", **held.order()), 409, "seal-expired")


def _fresh(held: Held) -> httpx.Client:
    return held.site.client(held.site.key(KEEPER, Scope.SEAL_USE))


@pytest.fixture
def on_postgres(tmp_path: Path, clock: SteppingClock, postgres_database: str) -> Iterator[Held]:
    settings = Settings(home=tmp_path / "home", key_store="soft", database_url=postgres_database)
    yield from _held(settings, clock)


@pytest.mark.postgres
def test_a_database_that_went_away_loses_nothing(on_postgres: Held, postgres_url: str) -> None:
    held, services = on_postgres, on_postgres.site.services
    keeper, request, before = held.keeper(), held.order(), traces(services)
    name = services.settings.database.rsplit("/", 1)[1]
    server = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'))
        connection.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"), {"n": name}
        )
        for method, path in (("GET", "/api/v1/seals"), ("GET", "/pki/crl/issuing.crl")):
            refused(keeper.request(method, path), 503, "database-unavailable")
        refused(keeper.post("/api/v1/sealings", **request), 503, "database-unavailable")
        health = keeper.get("/healthz")
        assert (health.status_code, health.json()["status"]) == (503, "broken")
        connection.execute(sa.text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'))
    server.dispose()
    assert traces(services) == before
    again = keeper.post("/api/v1/sealings", **request)
    assert again.status_code == 200, again.text
    assert keeper.post("/api/v1/sealings", **request).content == again.content
    assert traces(services).completed == before.completed + 1
    assert services.evidence.prove_audit().records > 0


def test_two_persons_are_needed_even_with_every_scope(held: Held) -> None:
    """I22: scopes do not make one person two."""
    both = held.site.client(held.site.key(APPLICANT, Scope.SEAL_APPLY, Scope.SEAL_APPROVE, Scope.CA_READ))
    applied = both.post("/api/v1/seals", json={"uscc": USCC, "kind": "04", "keeper": KEEPER.id}).json()
    certificate = held.site.services.enrolment.latest(USCC)
    body = {"certificate_serial": f"{certificate.serial:x}"}
    refused(both.post(f"/api/v1/seals/{applied['code']}/approval", json=body), 409, "second-person-needed")
    other = held.site.client(held.site.key(APPROVER, Scope.SEAL_APPROVE))
    assert other.post(f"/api/v1/seals/{applied['code']}/approval", json=body).json()["status"] == "active"
