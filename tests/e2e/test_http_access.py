"""Who may do what over HTTP: keys, sessions, scopes, other enterprises."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.access.scopes import Power, Scope
from api.access.session import COOKIE, CSRF_HEADER
from api.demo.main_job import KEEPER, OPERATOR, USCC
from ca.actor import Actor
from tests.e2e.conftest import ADMIN, Demo, Site
from tests.e2e.test_http import order, refused

STRANGER = Actor("person:wang.fang", "王芳", "91330106MA2CYTHR0X")


def _operations(site: Site) -> list[tuple[str, str, str]]:
    """Return method, an address and the scope of every operation that asks for one."""
    found = []
    for path, item in site.client().get("/openapi.json").json()["paths"].items():
        for method, operation in item.items():
            scopes = {
                s for scheme in operation.get("security", []) for granted in scheme.values() for s in granted
            }
            found += [(method.upper(), path.replace("{", "").replace("}", ""), scope) for scope in scopes]
    return found


def _body(method: str) -> dict[str, Any]:
    return {"json": {}} if method == "POST" else {}


def test_nothing_with_a_scope_answers_without_a_key(site: Site) -> None:
    found = _operations(site)
    assert len(found) > 20
    anonymous = site.client()
    for method, path, _scope in found:
        answer = anonymous.request(method, path)
        assert answer.status_code in (401, 422), f"{method} {path}"
        assert answer.status_code == 401 or answer.json()["faults"], f"{method} {path}"
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_I23_a_key_of_one_power_opens_nothing_of_another(site: Site) -> None:
    """Table-driven over the whole API: every power against every operation."""
    for power in Power:
        key = site.key(Actor(f"person:{power.value}", power.value), *[s for s in Scope if s.power is power])
        client = site.client(key, **{"Idempotency-Key": "not-needed-here"})
        for method, path, scope in _operations(site):
            if Scope(scope).power is not power:
                answer = client.request(method, path, **_body(method))
                assert answer.status_code in (403, 422), f"{power} {method} {path}: {answer.status_code}"
                if answer.status_code == 403 and path.startswith(
                    "/csc/"
                ):  # its errors have a form of their own
                    assert answer.json()["error"] == "access_denied", answer.text
                elif answer.status_code == 403:
                    refused(answer, 403, "scope-missing")


def test_each_scope_opens_only_its_own_operations(site: Site) -> None:
    for held in Scope:
        client = site.client(site.key(ADMIN, held))
        for method, path, scope in _operations(site):
            if method == "GET" and Scope(scope) is not held:
                assert refused(client.get(path), 403, "scope-missing")["scope"] == scope


@pytest.mark.parametrize("key", ["yx_", "yx_aaaaaaaa_" + "A" * 43, "Bearer", "中文", "x" * 5000])
def test_a_wrong_key_is_refused_in_the_same_words(site: Site, key: str) -> None:
    answer = site.client().get("/api/v1/seals", headers={"Authorization": f"Bearer {key}".encode()})
    refused(answer, 401, "not-authenticated")


def test_a_caller_sees_and_touches_only_their_own_enterprise(site: Site, demo: Demo) -> None:
    scopes = [scope for scope in Scope if scope.power is Power.OPERATOR]
    client = site.client(site.key(STRANGER, *scopes))
    code = demo.told["seal_code"]
    refused(client.get(f"/api/v1/seals/{code}"), 403, "foreign-enterprise")
    refused(client.get(f"/api/v1/seals/{code}/picture.svg"), 403, "foreign-enterprise")
    refused(client.post(f"/api/v1/seals/{code}/freeze", json={"reason": "x"}), 403, "foreign-enterprise")
    refused(client.post(f"/api/v1/seals/{code}/revocation", json={"reason": "x"}), 403, "foreign-enterprise")
    refused(client.post(f"/api/v1/seals/{code}/rejection", json={"reason": "x"}), 403, "foreign-enterprise")
    refused(client.post(f"/api/v1/seals/{code}/resume"), 403, "foreign-enterprise")
    serial = {"certificate_serial": "1"}
    refused(client.post(f"/api/v1/seals/{code}/approval", json=serial), 403, "foreign-enterprise")
    refused(client.get(f"/api/v1/enterprises/{USCC}"), 403, "foreign-enterprise")
    refused(client.get("/api/v1/certificates", params={"uscc": USCC}), 403, "foreign-enterprise")
    refused(client.get("/api/v1/seals", params={"uscc": USCC}), 403, "foreign-enterprise")
    assert client.get("/api/v1/seals").json()["items"] == []
    assert client.get("/api/v1/certificates").json()["items"] == []


def test_log_in_act_log_out(site: Site, demo: Demo) -> None:
    key = site.key(KEEPER, Scope.SEAL_USE, Scope.SEAL_READ)
    browser = site.client()
    refused(browser.get("/session"), 401, "not-authenticated")
    opened = browser.post("/session", json={"api_key": key})
    assert opened.status_code == 201
    cookie = opened.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert key not in cookie
    assert key.rsplit("_", 1)[-1] not in cookie
    csrf = opened.json()["csrf"]
    assert browser.get("/session").json()["csrf"] == csrf
    assert browser.get("/api/v1/seals").status_code == 200

    refused(browser.post("/api/v1/sealings", **order(demo)), 403, "csrf-failed")
    for headers in ({CSRF_HEADER: "0" * 64}, {CSRF_HEADER: csrf, "Sec-Fetch-Site": "cross-site"}):
        request = order(demo)
        request["headers"] |= headers
        refused(browser.post("/api/v1/sealings", **request), 403, "csrf-failed")
    request = order(demo)
    request["headers"][CSRF_HEADER] = csrf
    assert browser.post("/api/v1/sealings", **request).status_code == 200

    assert browser.delete("/session", headers={CSRF_HEADER: csrf}).status_code == 204
    browser.cookies.clear()
    refused(browser.get("/session"), 401, "not-authenticated")


def test_revoking_the_key_ends_its_sessions(site: Site) -> None:
    made = site.key(KEEPER, Scope.SEAL_READ)
    browser = site.client()
    browser.post("/session", json={"api_key": made})
    assert browser.get("/api/v1/seals").status_code == 200
    site.services.api_keys.revoke(made.split("_")[1], actor=ADMIN)
    refused(browser.get("/api/v1/seals"), 401, "not-authenticated")


def test_a_forged_cookie_is_refused(site: Site) -> None:
    answer = site.client().get("/api/v1/seals", headers={"Cookie": f"{COOKIE}=eyJ4IjoxfQ==.{'0' * 64}"})
    refused(answer, 401, "not-authenticated")


def test_a_key_in_the_wrong_place_is_not_repeated(site: Site) -> None:
    key = site.key(OPERATOR, Scope.CA_READ)
    answer: httpx.Response = site.client().post("/session", json={"api_kee": key})
    refused(answer, 422, "invalid-request")
    assert key not in answer.text
