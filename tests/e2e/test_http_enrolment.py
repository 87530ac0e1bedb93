"""Enrolment over HTTP: from request to delivery by different callers, jobs with their progress, bad input, limits."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.access.scopes import Scope
from api.bootstrap import assemble
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.settings import Settings
from ca.actor import Actor
from ca.clock import system_clock
from tests.e2e.conftest import Site, serving
from tests.e2e.test_http import refused
from tests.enrolment_world import make_csr
from tests.pki import COMPANY, USCC, make_uscc

OPERATOR = Actor("person:zhao.lei", "赵磊")
REQUESTER = Actor("person:zhang.min", "张敏", USCC)
CLERK = Actor("person:sun.li", "孙莉")
OFFICER = Actor("person:chen.jing", "陈静")
SECOND = Actor("person:qian.yu", "钱宇")
SUBJECT = {"common_name": f"{COMPANY} 李伟", "organization": COMPANY, "uscc": USCC}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve an installation of its own, with one enterprise."""
    settings = Settings(home=tmp_path_factory.mktemp("ra") / "home", key_store="soft")
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(settings.home), environment={}))
    lay_foundation(services, "印信测试认证中心 TEST", actor=OPERATOR, progress=lambda _line: None)
    services.enterprises.register(USCC, COMPANY, actor=OPERATOR)
    with serving(services) as running:
        yield running
    services.close()


@pytest.fixture(scope="module")
def requester(desk: Site) -> httpx.Client:
    return desk.client(desk.key(REQUESTER, Scope.RA_REQUEST, Scope.CA_READ))


@pytest.fixture(scope="module")
def officer(desk: Site) -> httpx.Client:
    return desk.client(desk.key(OFFICER, Scope.RA_APPROVE, Scope.CA_READ))


@pytest.fixture(scope="module")
def clerk(desk: Site) -> httpx.Client:
    return desk.client(desk.key(CLERK, Scope.RA_REQUEST, Scope.CA_READ))


def body(**changes: Any) -> dict[str, Any]:
    return {"profile": "enterprise-seal", "subject": SUBJECT, "csr": make_csr().decode(), **changes}


def once() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


def good(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


def submitted(requester: httpx.Client) -> dict[str, Any]:
    made = good(requester.post("/api/v1/enrolments", json=body(), headers=once()), 201)
    address = f"/api/v1/enrolments/{made['id']}"
    for kind in ("business-licence", "authorisation"):
        form = {"data": {"kind": kind}, "files": {"file": (f"{kind}.pdf", b"%PDF " + kind.encode())}}
        good(requester.post(f"{address}/evidence", **form), 201)
    return good(requester.post(f"{address}/submission"))


def issued(requester: httpx.Client, officer: httpx.Client) -> dict[str, Any]:
    made = submitted(requester)
    address = f"/api/v1/enrolments/{made['id']}"
    for item in ("licence", "authorisation", "identity"):
        made = good(officer.post(f"{address}/checks", json={"item": item, "found": True}))
    good(officer.post(f"{address}/approvals", json={"digest": made["digest"], "comment": "同意"}))
    return good(officer.post(f"{address}/issuance"))


def test_A2_the_whole_way_by_two_callers(desk: Site, requester: httpx.Client, officer: httpx.Client) -> None:
    """A2: requester ≠ approver, checked, approved by digest, issued, delivered; on the timeline at once."""
    made = issued(requester, officer)
    address = f"/api/v1/enrolments/{made['id']}"
    assert (made["status"], made["status_zh"], made["waiting"]) == ("issued", "已签发", [])
    assert [one["person"]["id"] for one in made["approvals"]] == [OFFICER.id]
    again = good(officer.post(f"{address}/issuance"))
    assert again["serial"] == made["serial"]
    receipt = base64.b64encode("签收".encode()).decode()
    handed = {"to": "李伟", "how": "柜台当面交付", "receipt": receipt}
    assert good(officer.post(f"{address}/delivery", json=handed))["delivery"]["to"] == "李伟"
    line = good(requester.get(f"/api/v1/certificates/{made['serial']}/timeline"))
    steps = [event["step"] for event in line["events"]]
    for step in ("applied", "submitted", "checked", "approved", "issued", "delivered"):
        assert step in steps
    document = made["evidence"][0]
    fetched = officer.get(f"{address}/evidence/{document['sha256']}")
    assert fetched.content.startswith(b"%PDF")
    assert fetched.headers["content-disposition"] == "attachment"
    listed = good(requester.get("/api/v1/enrolments", params={"status": "delivered"}))
    assert made["id"] in [one["id"] for one in listed["items"]]


def test_I22_the_requester_cannot_approve_even_with_the_scope(desk: Site, requester: httpx.Client) -> None:
    """Another key of the same person, with the approver's scope, is still the same person."""
    made = submitted(requester)
    other_key = desk.client(desk.key(REQUESTER, Scope.RA_APPROVE))
    address = f"/api/v1/enrolments/{made['id']}"
    told = other_key.post(f"{address}/checks", json={"item": "licence", "found": True})
    refused(told, 409, "another-person-needed")
    refused(requester.post(f"{address}/approvals", json={"digest": made["digest"]}), 403, "scope-missing")


def test_I22_an_edit_after_the_checks_voids_them(requester: httpx.Client, officer: httpx.Client) -> None:
    made = submitted(requester)
    address = f"/api/v1/enrolments/{made['id']}"
    for item in ("licence", "authorisation", "identity"):
        good(officer.post(f"{address}/checks", json={"item": item, "found": True}))
    edited = good(requester.put(address, json=body(days=30)))
    assert (edited["status"], edited["version"]) == ("draft", made["version"] + 1)
    assert [one["found"] for one in edited["checks"]] == [None, None, None]
    assert len(edited["evidence"]) == 2
    good(requester.post(f"{address}/submission"))
    refused(
        officer.post(f"{address}/approvals", json={"digest": made["digest"]}), 409, "enrolment-act-refused"
    )
    for item in ("licence", "authorisation", "identity"):
        good(officer.post(f"{address}/checks", json={"item": item, "found": True}))
    refused(officer.post(f"{address}/approvals", json={"digest": made["digest"]}), 409, "content-changed")


def test_bad_input_names_the_field(requester: httpx.Client, officer: httpx.Client) -> None:
    for changes, field in (
        ({"csr": "nonsense"}, "csr"),
        ({"subject": {**SUBJECT, "organization": "别家"}}, "subject.organization"),
        ({"profile": "root"}, "profile"),
    ):
        told = refused(
            requester.post("/api/v1/enrolments", json=body(**changes), headers=once()),
            422,
            "enrolment-field-invalid",
        )
        assert told["field"] == field
    stranger = {**SUBJECT, "uscc": make_uscc("91110108MA01C8QX4")}
    told = requester.post("/api/v1/enrolments", json=body(subject=stranger), headers=once())
    refused(told, 403, "foreign-enterprise")
    refused(requester.post("/api/v1/enrolments", json=body()), 400, "idempotency-key-invalid")
    refused(officer.get("/api/v1/enrolments/none"), 404, "enrolment-unknown")
    made = submitted(requester)
    address = f"/api/v1/enrolments/{made['id']}"
    told = officer.post(f"{address}/rejection", json={"code": "name-differs", "reason": " "})
    refused(told, 422, "rejection-reason-needed")
    gone = good(officer.post(f"{address}/rejection", json={"code": "name-differs", "reason": "名称不符"}))
    assert (gone["status"], gone["reason"]) == ("rejected", "名称不符")
    refused(requester.post(f"{address}/withdrawal"), 409, "enrolment-act-refused")


def test_uploads_are_limited(requester: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = good(requester.post("/api/v1/enrolments", json=body(), headers=once()), 201)
    monkeypatch.setattr("ca.enrolment.evidence_files.MAX_OCTETS", 1000)
    form = {"data": {"kind": "other"}, "files": {"file": ("big.pdf", b"x" * 1001)}}
    refused(requester.post(f"/api/v1/enrolments/{made['id']}/evidence", **form), 422, "evidence-invalid")
    assert good(requester.post(f"/api/v1/enrolments/{made['id']}/withdrawal"))["status"] == "withdrawn"


def test_a_caller_of_another_enterprise_sees_nothing(desk: Site, requester: httpx.Client) -> None:
    made = submitted(requester)
    other = Actor("person:wang.fang", "王芳", make_uscc("91110108MA01C8QX4"))
    stranger = desk.client(desk.key(other, Scope.RA_REQUEST, Scope.CA_READ))
    refused(stranger.get(f"/api/v1/enrolments/{made['id']}"), 403, "foreign-enterprise")
    assert good(stranger.get("/api/v1/enrolments"))["items"] == []
    refused(stranger.get("/api/v1/expiry-reminders"), 403, "foreign-enterprise")


def test_orders_answer_with_a_job(desk: Site, requester: httpx.Client, officer: httpx.Client) -> None:
    made = issued(requester, officer)
    certificate = f"/api/v1/certificates/{made['serial']}"
    told = requester.post(f"{certificate}/suspension", json={"text": "UKey 遗失"}, headers=once())
    job = good(told, 202)
    assert (job["status"], job["done"]) == ("done", 1)
    assert told.headers["location"] == job["address"] == f"/api/v1/enrolment-jobs/{job['id']}"
    assert good(requester.get(certificate))["reason"] == "certificateHold"
    job = good(requester.post(f"{certificate}/resumption", json={}, headers=once()), 202)
    assert (job["status"], job["waiting"][0]["needed"]) == ("asked", 1)
    good(officer.post(f"{job['address']}/approvals", json={"digest": job["digest"]}), 202)
    assert good(requester.get(certificate))["status"] == "issued"
    asked = {"reason": "superseded", "text": "换发"}
    job = good(requester.post(f"{certificate}/revocation-request", json=asked, headers=once()), 202)
    job = good(officer.post(f"{job['address']}/rejection", json={"code": "policy", "reason": "不必"}))
    assert job["status"] == "rejected"
    renewal = good(requester.post(f"{certificate}/renewal", json={"days": 90}, headers=once()), 201)
    assert renewal["content"]["predecessor"]["serial"] == made["serial"]


def test_bulk_renewal_runs_after_the_answer_and_shows_its_progress(
    desk: Site, requester: httpx.Client, officer: httpx.Client, clerk: httpx.Client
) -> None:
    """A job of many answers 202 with its address; progress is read there until nothing is left."""
    serials = [issued(requester, officer)["serial"] for _ in range(7)]
    asked = {"serials": serials, "days": 365}
    refused(
        requester.post("/api/v1/enrolment-jobs/renewals", json=asked, headers=once()),
        403,
        "foreign-enterprise",
    )
    told = clerk.post("/api/v1/enrolment-jobs/renewals", json=asked, headers=once())
    job = good(told, 202)
    assert (job["status"], job["total"], job["left"]) == ("asked", 7, 7)
    second = desk.client(desk.key(SECOND, Scope.RA_APPROVE, Scope.CA_READ))
    good(officer.post(f"{job['address']}/approvals", json={"digest": job["digest"]}), 202)
    moved = good(second.post(f"{job['address']}/approvals", json={"digest": job["digest"]}), 202)
    assert moved["status"] in ("running", "done")
    deadline = time.monotonic() + 60
    while (shown := good(clerk.get(job["address"])))["status"] != "done" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (shown["done"], shown["failed"], shown["left"]) == (7, 0, 0)
    items = good(clerk.get(f"{job['address']}/items", params={"limit": 5}))
    assert (len(items["items"]), items["next"]) == (5, 5)
    assert good(clerk.get(f"{job['address']}/items", params={"status": "failed"}))["items"] == []
    both = {"serials": serials, "population": {"profile": "enterprise-seal"}}
    refused(clerk.post("/api/v1/enrolment-jobs/renewals", json=both, headers=once()), 422, "invalid-value")


def test_the_drill_revokes_only_when_told_and_approved(
    desk: Site, requester: httpx.Client, officer: httpx.Client, clerk: httpx.Client
) -> None:
    serial = issued(requester, officer)["serial"]
    population = {"profile": "enterprise-seal"}
    counted = good(
        clerk.post("/api/v1/revocation-drills", json={"population": population}, headers=once()), 202
    )
    assert (counted["mode"], counted["job"]) == ("count", None)
    asked = {"mode": "simulate", "population": population}
    simulated = good(clerk.post("/api/v1/revocation-drills", json=asked, headers=once()), 202)
    assert (simulated["compared"], simulated["differing"]) == (simulated["agreeing"], [])
    asked = {"mode": "perform", "population": population, "reason": "superseded"}
    performed = good(clerk.post("/api/v1/revocation-drills", json=asked, headers=once()), 202)
    job = performed["job"]
    assert job["status"] == "asked"
    assert good(clerk.get(f"/api/v1/certificates/{serial}"))["status"] == "issued"
    report = good(clerk.get(f"/api/v1/revocation-drills/{job['id']}"))
    assert (report["mode"], report["compared"]) == ("asked", report["agreeing"])
    assert good(clerk.post(f"{job['address']}/withdrawal"))["status"] == "withdrawn"
    reminders = good(clerk.get("/api/v1/expiry-reminders"))
    assert reminders == {"items": [], "next": 0}
