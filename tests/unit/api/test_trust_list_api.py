"""Trust lists over HTTP and in the console: whom this installation trusts is no enterprise's business."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from api.access.scopes import Scope
from api.demo.main_job import KEEPER
from api.evidence.recognition import demand_two
from api.services import Services
from ca.actor import Actor
from signing.recognition.desk import Offer
from signing.recognition.errors import ListSecondPerson, ListUnreachable
from tests.unit.api.browsing import ADMIN, Client, log_in
from tests.unit.api.conftest import Install


def test_I23_a_caller_of_an_enterprise_decides_on_no_list(services: Services) -> None:
    """Attack: an enterprise with a key of too many scopes brings its own list in, or has another's thrown out."""
    scopes = (Scope.TRUST_READ, Scope.TRUST_PROPOSE, Scope.TRUST_CONFIRM)
    made = services.api_keys.create(KEEPER, scopes, timedelta(days=1), actor=ADMIN)
    asked, headers = Client(services), {"Authorization": f"Bearer {made.text}"}
    one, why, print_ = "/api/v1/trust/lists/" + "0" * 32, {"reason": "x"}, "0" * 64
    for method, path, body in (
        (asked.post, "/api/v1/trust/own", None),
        (asked.post, "/api/v1/trust/lists", {"fingerprint": print_, "url": "https://127.0.0.1:9/list.json"}),
        (asked.post, f"{one}/confirmation", {"fingerprint": print_}),
        (asked.post, f"{one}/refusal", why),
        (asked.post, f"{one}/refresh", None),
        (asked.put, f"{one}/list", {"octets": "eA=="}),
        (asked.post, f"{one}/removal", why),
        (asked.post, f"{one}/removal/agreement", None),
        (asked.post, f"{one}/removal/refusal", None),
    ):
        answer = method(path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/foreign-enterprise"), path
    keeper = log_in(services, KEEPER, *scopes)
    assert keeper.send("/console/trust/publish").status_code == 403
    assert keeper.send(f"/console/trust/{'0' * 32}/agree").status_code == 403


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Actor("person:孙涛", "孙涛"), Actor("person:孙涛", "孙涛")),
        (Actor("person:sun.tao", "孙涛"), Actor("person:孙涛", "孙涛")),
        (Actor("person:sun.tao", "孙涛"), Actor("person:s2", " 孙涛")),
        (Actor("person:sun.tao", "孙涛"), Actor("person:SUN.TAO", "别人")),
        (Actor("person:a"), Actor("person:Ａ")),
    ],
)
def test_I22_one_command_names_two_people(one: Actor, other: Actor) -> None:
    """Attack: whoever types both names is one person under two ids."""
    for two in ((one, other), (other, one)):
        with pytest.raises(ListSecondPerson):
            demand_two(*two)
    demand_two(Actor("person:sun.tao", "孙涛"), Actor("person:zhou.hui", "周慧"))
    demand_two(Actor("person:a"), Actor("person:b"))


class _Inner(BaseHTTPRequestHandler):
    """A service of the network behind us; it notes who asks it."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(418)

    def log_message(self, *_given: object) -> None:
        """Say nothing."""


@pytest.fixture
def inner() -> Iterator[str]:
    _Inner.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Inner)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_one_person_makes_nobody_ask_an_inner_address(founded: Install, inner: str) -> None:
    """Attack: CWE-918 by a proposal. Two people together may lead there, or an administrator who opens the network."""
    services = founded()
    one = services.api_keys.create(ADMIN, [Scope.TRUST_PROPOSE], timedelta(days=1), actor=ADMIN)
    body, headers = {"url": inner, "fingerprint": "ab" * 32}, {"Authorization": f"Bearer {one.text}"}
    refused = Client(services).post("/api/v1/trust/lists", json=body, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/list-address-invalid")
    assert "federation_networks" in refused.json()["zh"]
    page = log_in(services, ADMIN, Scope.TRUST_PROPOSE)
    told = page.send("/console/trust/propose", url=inner, fingerprint="ab" * 32)
    assert told.status_code == 422, told.text
    assert _Inner.asked == []
    offer = Offer("ab" * 32, f"{inner}/list.json")
    with pytest.raises(ListUnreachable, match="418"):
        services.recognition.join(offer, by=ADMIN, confirmed_by=Actor("person:chen.jing", "陈静"))
    assert _Inner.asked == ["/list.json"]


def test_a_network_that_is_opened_is_asked_for_one_person_too(founded: Install, inner: str) -> None:
    services = founded(federation_networks="127.0.0.0/8")
    with pytest.raises(ListUnreachable, match="418"):
        services.recognition.foreign.propose(Offer("ab" * 32, f"{inner}/list.json"), actor=ADMIN)
    assert _Inner.asked == ["/list.json"]


@pytest.mark.parametrize("url", ["http://[::1", "https://[x]/list.json", "//x", "https:///x"])
def test_what_is_no_address_is_refused_by_name(services: Services, url: str) -> None:
    """It is taken apart twice; neither time is it a fault of ours."""
    made = services.api_keys.create(ADMIN, [Scope.TRUST_PROPOSE], timedelta(days=1), actor=ADMIN)
    answer = Client(services).post(
        "/api/v1/trust/lists",
        headers={"Authorization": f"Bearer {made.text}"},
        json={"fingerprint": "00" * 32, "url": url},
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/list-address-invalid")
