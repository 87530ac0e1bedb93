"""Trust lists over HTTP and in the console: whom this installation trusts is no enterprise's business."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.access.scopes import Scope
from api.demo.main_job import KEEPER
from api.evidence.recognition import demand_two
from api.services import Services
from ca.actor import Actor
from signing.recognition.errors import ListSecondPerson
from tests.unit.api.browsing import ADMIN, Client, log_in


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
