"""Cross certification over HTTP: two people, their scopes, and what is refused with words (D1, I22)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from api.access.scopes import Scope
from api.demo.main_job import KEEPER
from api.services import Services
from ca.actor import Actor
from tests.conftest import SteppingClock
from tests.pki import Pki
from tests.unit.api.browsing import ADMIN, Client

HERE = "/api/v1/trust/cross-certifications"
ANNE, BEN = Actor("person:anne", "安"), Actor("person:ben", "本")
LEVEL = "1.3.6.1.4.1.55555.1.1"
TERMS: dict[str, Any] = {
    "path_length": 1,
    "policies": [LEVEL],
    "permitted": ["dn:/C=CN"],
    "map": [{"ours": LEVEL, "theirs": "1.2.3.4"}],
    "inhibit_any_policy": False,
}


def key(services: Services, actor: Actor, *scopes: Scope) -> dict[str, str]:
    made = services.api_keys.create(actor, scopes, timedelta(days=1), actor=ADMIN)
    return {"Authorization": f"Bearer {made.text}"}


def test_two_people_recognise_an_authority_over_http(services: Services, clock: SteppingClock) -> None:
    pki, client = Pki(clock(), name="乙机构 TEST"), Client(services)
    told = hashlib.sha256(pki.root.der).hexdigest()
    pem = pki.root.certificate.public_bytes(Encoding.PEM).decode()
    both = (Scope.TRUST_READ, Scope.TRUST_PROPOSE, Scope.TRUST_CONFIRM, Scope.CA_ISSUE)
    anne, ben = key(services, ANNE, *both), key(services, BEN, *both)
    bare = key(services, BEN, Scope.TRUST_CONFIRM)

    def propose(**changes: Any) -> Any:
        body = {"certificate": pem, "fingerprint": told, "terms": TERMS, **changes}
        return client.post(HERE, json=body, headers=anne)

    for changes, problem in (
        ({"fingerprint": "0" * 64}, "cross-fingerprint-differs"),
        ({"certificate": "nothing"}, "cross-certificate-unfit"),
        ({"terms": TERMS | {"permitted": []}}, "cross-order-invalid"),
        ({"terms": TERMS | {"days": 0}}, "cross-order-invalid"),
        ({"terms": TERMS | {"require_explicit_policy": True}}, "cross-order-invalid"),
    ):
        refused = propose(**changes)
        assert (refused.status_code, refused.json()["type"]) == (422, f"/problems/{problem}"), changes
    made = propose()
    assert made.status_code == 201, made.text
    order = made.json()
    assert (order["status"], order["possession"], order["require_explicit_policy"]) == (
        "proposed",
        "self-signed",
        0,
    )
    assert order["inhibit_any_policy"] is None

    confirm = f"{HERE}/{order['id']}/confirmation"
    same = client.post(confirm, json={"fingerprint": told}, headers=anne)
    assert (same.status_code, same.json()["type"]) == (409, "/problems/cross-second-person")
    unscoped = client.post(confirm, json={"fingerprint": told}, headers=bare)
    assert (unscoped.status_code, unscoped.json()["type"]) == (403, "/problems/scope-missing")
    wrong = client.post(confirm, json={"fingerprint": "0" * 64}, headers=ben)
    assert wrong.json()["type"] == "/problems/cross-fingerprint-differs"
    issued = client.post(confirm, json={"fingerprint": told}, headers=ben).json()
    assert (issued["status"], issued["decided_by"]) == ("issued", BEN.id)
    assert issued["certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert f"intermediates/cross-{issued['serial']}.cer" in services.evidence.files()
    late = client.post(f"{HERE}/{order['id']}/withdrawal", headers=anne)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/cross-moved")
    assert client.get(f"{HERE}/{order['id']}", headers=ben).json() == issued
    assert [one["id"] for one in client.get(HERE, headers=ben).json()["items"]] == [order["id"]]
    assert client.get(f"{HERE}/none", headers=ben).json()["type"] == "/problems/cross-unknown"


def test_a_proposal_is_taken_back_and_an_enterprise_decides_on_none(
    services: Services, clock: SteppingClock
) -> None:
    """I23: a key of too many scopes, bound to an enterprise."""
    pki, client = Pki(clock(), name="丙机构 TEST"), Client(services)
    told = hashlib.sha256(pki.root.der).hexdigest()
    body = {"certificate": pki.root.certificate.public_bytes(Encoding.PEM).decode(), "fingerprint": told}
    anne = key(services, ANNE, Scope.TRUST_PROPOSE)
    order = client.post(HERE, json={**body, "terms": TERMS}, headers=anne).json()["id"]
    keeper = key(services, KEEPER, Scope.TRUST_PROPOSE, Scope.TRUST_CONFIRM, Scope.CA_ISSUE)
    for path, given in (
        ("", {**body, "terms": TERMS}),
        (f"/{order}/confirmation", {"fingerprint": told}),
        (f"/{order}/withdrawal", None),
    ):
        answer = client.post(HERE + path, json=given, headers=keeper)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/foreign-enterprise"), path
    assert client.post(f"{HERE}/{order}/withdrawal", headers=anne).json()["status"] == "withdrawn"
