"""The routes and pages that anyone may open: what they tell, how long it may be kept, and how often it is told."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.requests import Request

from api.access.rate_limit import client_of, read_networks
from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, USCC, approved_seal, enrol_keeper
from api.errors import SettingsInvalid, TooManyRequests
from api.services import Services
from api.settings import load_settings
from seals.seal import SealRecord
from tests.conftest import SteppingClock
from tests.unit.api.browsing import Client
from tests.unit.api.conftest import Install
from verify.folder import load_trust
from verify.lookup import Asked, judge_lookup
from verify.verdict import Verdict

JOSE = "application/jose"
EVERYONE = (APPLICANT, APPROVER, KEEPER)


@pytest.fixture
def seal(services: Services) -> SealRecord:
    services.enterprises.register(USCC, ENTERPRISE, actor=APPLICANT)
    return approved_seal(services, enrol_keeper(services))


@pytest.fixture
def client(services: Services) -> Client:
    return Client(services)


def test_B6_anyone_is_told_the_state_and_may_keep_it_for_seconds(
    client: Client, services: Services, seal: SealRecord
) -> None:
    address = f"/api/v1/public/seals/{seal.code}"
    answer = client.get(address)
    told = answer.json()
    assert (told["status"], told["status_zh"], told["in_force"]) == ("active", "启用", True)
    assert (told["owner_name"], told["kind_zh"]) == (ENTERPRISE, "法定名称章")
    assert answer.headers["cache-control"] == "public, max-age=30"
    assert answer.headers["content-type"] == "application/json"

    again = client.get(address, headers={"If-None-Match": f'"other", {answer.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    bare = client.get(address, headers={"Accept": JOSE})
    assert (bare.headers["content-type"], bare.text) == (JOSE, told["jws"])
    assert bare.headers["etag"] != answer.headers["etag"]

    services.seals.freeze(seal.code, actor=KEEPER, reason="遗失")
    after = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (after.status_code, after.json()["status"]) == (200, "frozen")
    past = client.get(address, params={"at": told["as_of"]})
    assert past.status_code == 200


def test_a_past_moment_is_answered_and_one_to_come_refused(
    client: Client, services: Services, seal: SealRecord, clock: SteppingClock
) -> None:
    address = f"/api/v1/public/seals/{seal.code}"
    active = clock().isoformat()
    clock.advance(timedelta(hours=1))
    services.seals.freeze(seal.code, actor=KEEPER, reason="遗失")
    assert client.get(address, params={"at": active}).json()["status"] == "active"
    assert client.get(address).json()["status"] == "frozen"
    to_come = client.get(address, params={"at": (clock() + timedelta(days=1)).isoformat()})
    assert (to_come.status_code, to_come.json()["type"]) == (422, "/problems/moment-to-come")
    assert client.get(address, params={"at": "gestern"}).status_code == 422


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ("0001-01-01T00:00:00Z", 200),
        ("0001-01-01T00:00:00+14:00", 200),
        ("9999-12-31T23:59:59-14:00", 422),
    ],
)
def test_the_ends_of_the_calendar_are_moments_like_others(
    client: Client, seal: SealRecord, at: str, status: int
) -> None:
    answer = client.get(f"/api/v1/public/seals/{seal.code}", params={"at": at})
    assert answer.status_code == status, answer.text
    assert status != 200 or answer.json()["status"] == "unknown"
    assert client.get(f"/s/{seal.code}", params={"at": at}).status_code == status
    assert client.get(f"/s/{seal.code}/answer.jws", params={"at": at}).status_code == status


def test_an_unknown_code_has_the_same_form_and_no_code_is_a_problem(client: Client, seal: SealRecord) -> None:
    known = client.get(f"/api/v1/public/seals/{seal.physical.code}").json()
    unknown = client.get("/api/v1/public/seals/99999999999999")
    assert unknown.status_code == 200
    assert unknown.json().keys() == known.keys()
    assert unknown.json()["status"] == "unknown"
    for code in ("12", "1234567890123x", "%27", "１２３４５６７８９０１２３"):
        answer = client.get(f"/api/v1/public/seals/{code}")
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/seal-code-malformed")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_B6_neither_answer_nor_page_holds_people_or_pictures(
    client: Client, services: Services, seal: SealRecord, language: str
) -> None:
    services.seals.freeze(seal.code, actor=KEEPER, reason="钱七遗失")
    card, page = f"/e/{USCC}", f"/s/{seal.code}"
    for address in (f"/api/v1/public/seals/{seal.code}", page, card, f"{page}/answer.jws"):
        answer = client.get(f"{address}?lang={language}")
        assert answer.status_code == 200, address
        private = [text for person in EVERYONE for text in (person.id, person.name)]
        found = [text for text in (*private, "钱七", seal.electronic.picture_sha256) if text in answer.text]
        assert not found, address
        assert "picture.svg" not in answer.text


def test_the_page_says_it_in_one_word_with_a_code_to_scan(
    client: Client, services: Services, seal: SealRecord
) -> None:
    page = client.get(f"/s/{seal.code}")
    assert '<strong id="state-word">启用</strong>' in page.text
    assert "演示证书，不具法律效力" in page.text
    assert ENTERPRISE in page.text
    picture = client.get(f"/s/{seal.code}/qr.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg")
    assert "style=" not in picture.text
    services.seals.freeze(seal.code, actor=KEEPER, reason="遗失")
    frozen = client.get(f"/s/{seal.code}?lang=en")
    assert "frozen (reported lost)" in frozen.text
    assert "未查到" in client.get("/s/99999999999999?lang=zh").text


def test_the_search_box_takes_a_code_as_people_write_it(client: Client, seal: SealRecord) -> None:
    typed = f" {seal.code[:4]} {seal.code[4:8]}-{seal.code[8:]} "
    sent = client.get("/s", params={"code": typed})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/s/{seal.code}")
    for wrong in ("12", "<script>alert(1)</script>", "x" * 60):
        answer = client.get("/s", params={"code": wrong})
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text
    assert client.get("/s/abc").status_code == 422
    assert client.get(f"/s/{seal.code}?at=2999-01-01T00:00").status_code == 422
    assert client.get(f"/s/{seal.code}?at=x").status_code == 422


def test_who_asks_too_often_is_told_when_to_come_back(install: Install, services: Services) -> None:
    slow = install(public_rate="3/minute")
    client = Client(slow)
    address = "/api/v1/public/seals/99999999999999"
    assert [client.get(address).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.get(address)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["type"] == "/problems/too-many-requests"
    assert refused.json()["retry_after"] == int(refused.headers["retry-after"])
    for page in ("/s", "/s/99999999999999", "/s/99999999999999/qr.svg", f"/e/{USCC}"):
        answer = client.get(page, headers={"Accept": "text/html"})
        assert (answer.status_code, "retry-after" in answer.headers) == (429, True), page
    forged = client.get(address, headers={"X-Forwarded-For": "203.0.113.9"})
    assert forged.status_code == 429, "a header gives nobody a new address"
    assert client.get("/verify").status_code == 200


def _request(peer: str, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return Request({"type": "http", "client": (peer, 1), "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", (), "203.0.113.7"),
        ("203.0.113.7", ("198.51.100.1",), "203.0.113.7"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("192.0.2.66, 198.51.100.1, 10.0.0.2",), "198.51.100.1"),
        ("10.0.0.1", ("192.0.2.66", "198.51.100.1"), "198.51.100.1"),
        ("10.0.0.1", ("garbage",), "10.0.0.1"),
        ("10.0.0.1", (", ".join(["10.0.0.3"] * 40),), "10.0.0.3"),
        ("::ffff:10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", (), "2001:db8:1:2::/64"),
        ("testclient", (), "local"),
    ],
)
def test_only_a_trusted_proxy_is_believed(peer: str, forwarded: tuple[str, ...], client: str) -> None:
    assert client_of(_request(peer, *forwarded), read_networks("10.0.0.0/8, 192.0.2.1")) == client


@pytest.mark.parametrize(
    "given", [{"public_rate": "often"}, {"public_rate": ""}, {"trusted_proxies": "10.0.0.300"}], ids=str
)
def test_a_malformed_limit_stops_the_start(tmp_path: Path, given: dict[str, str]) -> None:
    with pytest.raises(SettingsInvalid):
        load_settings(tmp_path, **given)


def test_an_address_gets_its_turn_back(services: Services, clock: SteppingClock) -> None:
    request = _request("203.0.113.7")
    for _ in range(60):
        services.public_limit.admit(request)
    with pytest.raises(TooManyRequests):
        services.public_limit.admit(request)
    services.public_limit.admit(_request("203.0.113.8"))


def test_the_signed_answer_is_judged_by_the_trust_folder_alone(
    services: Services, seal: SealRecord, clock: SteppingClock, tmp_path: Path
) -> None:
    """Whole, by a maker that is trusted, about this code, and still good; whatever else is said by name."""
    services.evidence.publish()
    trust = load_trust(services.home.trust)
    jws = services.lookups.ask(seal.code).jws
    good = judge_lookup(jws, Asked(seal.code), trust, now=clock())
    assert good.verdict is Verdict.PASSED, good.reason
    assert good.lookup is not None
    assert "TEST" in good.maker

    other = judge_lookup(jws, Asked("9" * 14), trust, now=clock())
    assert (other.verdict, other.lookup) == (Verdict.FAILED, None)
    damaged = judge_lookup(jws[:-8] + "AAAAAAAA", Asked(seal.code), trust, now=clock())
    assert (damaged.verdict, damaged.lookup) == (Verdict.FAILED, None)
    stale = judge_lookup(jws, Asked(seal.code), trust, now=clock() + timedelta(hours=1))
    assert stale.verdict is Verdict.INDETERMINATE
    past = judge_lookup(jws, Asked(seal.code, clock() - timedelta(days=1)), trust, now=clock())
    assert past.verdict is Verdict.FAILED
    asked_then = clock()
    clock.advance(timedelta(days=1))
    services.seals.freeze(seal.code, actor=KEEPER, reason="遗失")
    of_then = services.lookups.ask(seal.code, asked_then).jws
    assert (
        judge_lookup(of_then, Asked(seal.code, asked_then), trust, now=clock()).verdict is not Verdict.FAILED
    )
    instead = judge_lookup(of_then, Asked(seal.code), trust, now=clock())
    assert (instead.verdict, instead.lookup) == (Verdict.FAILED, None), (
        "an answer about the past is none about now"
    )
    stranger = load_trust(_other_trust(services, tmp_path))
    assert judge_lookup(jws, Asked(seal.code), stranger, now=clock()).verdict is Verdict.INDETERMINATE
    told = json.dumps(services.seal_states.current().jws)  # type: ignore[union-attr]
    assert judge_lookup(json.loads(told), Asked(seal.code), trust, now=clock()).verdict is Verdict.FAILED


def _other_trust(services: Services, folder: Path) -> Path:
    """Return a trust folder with a root that nobody here descends from."""
    from tests.seal_world import certificate

    made = folder / "other" / "anchors"
    made.mkdir(parents=True)
    (made / "other.cer").write_bytes(certificate(services.clock()).der)
    return made.parent
