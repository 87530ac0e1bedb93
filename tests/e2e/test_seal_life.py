"""A seal's later life over HTTP and on the command line: lost by anyone with the right, suspended, renewed, destroyed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access.scopes import Scope
from api.demo.main_job import APPLICANT, APPROVER, KEEPER, OPERATOR, USCC
from ca.actor import Actor
from tests.e2e.conftest import Demo, Site, in_process
from tests.e2e.test_http import refused
from tests.seal_world import photograph

REPRESENTATIVE = Actor("person:fa.ren", "法定代表人", USCC)
STRANGER = Actor("person:wang.fang", "王芳")
FOREIGNER = Actor(KEEPER.id, KEEPER.name, "91330106MA2CYTHR0X")


@pytest.fixture
def approver(site: Site) -> httpx.Client:
    return site.client(site.key(APPROVER, Scope.SEAL_APPROVE, Scope.SEAL_REVOKE, Scope.SEAL_READ))


@pytest.fixture
def applicant(site: Site) -> httpx.Client:
    return site.client(site.key(APPLICANT, Scope.SEAL_APPLY, Scope.SEAL_READ, Scope.SEAL_FREEZE))


def _serial(site: Site) -> str:
    operator = site.client(site.key(OPERATOR, Scope.CA_READ))
    found = operator.get("/api/v1/certificates", params={"uscc": USCC, "status": "issued"}).json()
    return str(found["items"][0]["serial"])


def _active(site: Site, applicant: httpx.Client, approver: httpx.Client, **more: Any) -> str:
    body = {"uscc": USCC, "kind": "04", "keeper": KEEPER.id, **more}
    code = applicant.post("/api/v1/seals", json=body).json()["code"]
    body = {"certificate_serial": _serial(site)}
    approved = approver.post(f"/api/v1/seals/{code}/approval", json=body)
    assert approved.json()["status"] == "active", approved.text
    return f"/api/v1/seals/{code}"


def _said(*arguments: str | Path, home: Path) -> str:
    done = in_process(*arguments, home=home)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_anyone_with_the_right_reports_a_seal_lost_in_one_action(
    site: Site, applicant: httpx.Client, approver: httpx.Client
) -> None:
    """B4: a keeper and the legal representative with no more than the right to look; a stranger is refused."""
    lost = {"reason": "印章遗失"}
    for actor in (KEEPER, REPRESENTATIVE):
        address = _active(site, applicant, approver)
        stranger = site.client(site.key(STRANGER, Scope.SEAL_READ))
        refused(stranger.post(f"{address}/loss", json=lost), 403, "loss-not-yours")
        foreigner = site.client(site.key(FOREIGNER, Scope.SEAL_READ, Scope.SEAL_FREEZE))
        refused(foreigner.post(f"{address}/loss", json=lost), 403, "foreign-enterprise")
        own = site.client(site.key(actor, Scope.SEAL_READ))
        told = own.post(f"{address}/loss", json=lost).json()
        assert (told["status"], told["status_zh"], told["frozen_from"]) == ("frozen", "挂失", "active")
        again = refused(own.post(f"{address}/loss", json=lost), 409, "seal-act-refused")
        assert "挂失" in json.dumps(again, ensure_ascii=False)


def test_a_seal_is_suspended_lifted_renewed_revoked_and_destroyed(
    site: Site, applicant: httpx.Client, approver: httpx.Client
) -> None:
    address = _active(site, applicant, approver)
    filed = approver.get(address).json()["filed_at"]
    assert applicant.post(f"{address}/suspension", json={"reason": "核查"}).json()["status_zh"] == "停用"
    refused(approver.post(f"{address}/lift", json={}), 409, "lift-not-requested")
    assert applicant.post(f"{address}/lift-request", json={}).status_code == 200
    assert approver.post(f"{address}/lift", json={"reason": "核查完毕"}).json()["status"] == "active"

    wish = {"certificate_serial": _serial(site), "valid_days": 30}
    refused(applicant.post(f"{address}/renewal-request", json=wish), 409, "certificate-unfit")
    refused(approver.post(f"{address}/renewal", json={}), 409, "renewal-not-requested")

    picture = {"file": ("a.jpg", photograph(), "image/jpeg")}
    form = {"witness": KEEPER.id, "method": "crushed"}
    refused(approver.post(f"{address}/destruction", data=form, files=picture), 409, "seal-act-refused")
    assert approver.post(f"{address}/revocation", json={"reason": "停业"}).json()["status"] == "revoked"
    refused(approver.get(f"{address}/destruction"), 404, "not-found")
    for wrong in ({"method": "eaten"}, {"witness": " "}):
        refused(
            approver.post(f"{address}/destruction", data=form | wrong, files=picture),
            422,
            "destruction-invalid",
        )
    broken = photograph()[:5000]
    for octets in (b"no picture", broken, photograph(60, 60)):
        answer = approver.post(f"{address}/destruction", data=form, files={"file": ("a.jpg", octets)})
        refused(answer, 422, "destruction-invalid")
    made = approver.post(f"{address}/destruction", data=form, files=picture)
    assert made.status_code == 201, made.text
    assert approver.get(f"{address}/destruction/picture").content == picture["file"][1]
    refused(approver.post(f"{address}/destruction", data=form, files=picture), 422, "destruction-invalid")

    asked = approver.get(f"{address}/status", params={"at": filed}).json()
    assert (asked["status"], asked["expired"]) == ("active", False)
    assert approver.get(f"{address}/status").json()["status"] == "revoked"
    refused(approver.get(f"{address}/status", params={"at": "2020-01-01T00:00:00Z"}), 404, "seal-not-found")
    refused(approver.get(f"{address}/status", params={"at": "2999-01-01T00:00:00Z"}), 422, "moment-to-come")
    assert approver.get(f"{address}/status", params={"at": "2020-01-01T00:00:00"}).status_code == 422


def test_I22_keeping_is_handed_over_by_two_and_laid_down_by_one(
    site: Site, applicant: httpx.Client, approver: httpx.Client
) -> None:
    """A keeper asks with no more than the right to look; another person confirms; the history says who and whom."""
    address = _active(site, applicant, approver)
    keeper = site.client(site.key(KEEPER, Scope.SEAL_READ))
    heir = Actor("person:zhao.lei", "赵磊", USCC)
    wish = {"keeper": heir.id, "principal": True, "reason": "岗位调整"}
    refused(
        site.client(site.key(STRANGER, Scope.SEAL_READ)).post(f"{address}/keeper-request", json=wish),
        403,
        "scope-missing",
    )
    foreign = site.client(site.key(FOREIGNER, Scope.SEAL_READ, Scope.SEAL_APPLY, Scope.SEAL_FREEZE))
    refused(foreign.post(f"{address}/keeper-request", json=wish), 403, "foreign-enterprise")
    refused(approver.post(f"{address}/keeper-change", json={}), 409, "keeper-not-requested")
    assert keeper.post(f"{address}/keeper-request", json=wish).json()["keepers"] == [KEEPER.id]
    own = site.client(site.key(heir, Scope.SEAL_READ, Scope.SEAL_APPROVE))
    refused(own.post(f"{address}/keeper-change", json={}), 409, "second-person-needed")
    refused(keeper.post(f"{address}/keeper-change", json={}), 403, "scope-missing")
    handed = approver.post(f"{address}/keeper-change", json={"reason": "同意"}).json()
    assert (handed["keeper"], handed["keepers"]) == (heir.id, sorted([KEEPER.id, heir.id]))

    gone = {"keeper": KEEPER.id, "reason": "已交接"}
    refused(own.post(f"{address}/keeper-removal", json=gone), 403, "scope-missing")
    refused(keeper.post(f"{address}/keeper-removal", json=gone | {"keeper": heir.id}), 403, "scope-missing")
    assert keeper.post(f"{address}/keeper-removal", json=gone).json()["keepers"] == [heir.id]
    refused(
        applicant.post(f"{address}/keeper-removal", json=gone | {"keeper": heir.id}), 422, "keeper-invalid"
    )
    history = approver.get(address).json()["history"]
    assert [(one["act"], one["actor"]) for one in history[-3:]] == [
        ("request_keeper", KEEPER.id),
        ("change_keeper", APPROVER.id),
        ("remove_keeper", KEEPER.id),
    ]
    assert heir.id in history[-2]["reason"]


def test_a_seal_to_be_engraved_is_ordered_not_approved(
    site: Site, applicant: httpx.Client, approver: httpx.Client
) -> None:
    body = {"uscc": USCC, "kind": "04", "keeper": KEEPER.id, "engrave": True}
    code = applicant.post("/api/v1/seals", json=body).json()["code"]
    address, serial = f"/api/v1/seals/{code}", {"certificate_serial": _serial(site)}
    told = refused(approver.post(f"{address}/approval", json=serial), 409, "filing-demanded")
    assert "order" in json.dumps(told)
    assert approver.post(f"{address}/order").json()["status_zh"] == "制作中"
    assert approver.post(f"{address}/closing", json={"reason": "停做"}).json()["status_zh"] == "已关闭"


def test_the_command_line_does_it_all(demo: Demo, tmp_path: Path) -> None:
    home, second = demo.home, ("--as", "person:chen.jing")
    applied = _said("seal", "apply", "--uscc", USCC, "--kind", "04", home=home)
    (code,) = re.findall(r"印章 ([0-9]{14})", applied)
    _said("seal", "approve", code, home=home)
    assert "停用" in _said("seal", "suspend", code, "--reason", "核查", home=home)
    told = _said("seal", "lift", code, home=home)
    assert "--confirm" in told
    assert "启用" in _said("seal", "lift", code, "--confirm", *second, home=home)
    told = _said("seal", "hand-over", code, "--keeper", "person:zhao.lei", "--principal", home=home)
    assert "--confirm" in told
    assert "person:zhao.lei*" in _said("seal", "hand-over", code, "--confirm", *second, home=home)
    told = _said("seal", "remove-keeper", code, KEEPER.id, "--reason", "已交接", home=home)
    assert f"{KEEPER.id}" not in told
    before = json.loads(_said("seal", "status", code, "--json", home=home))
    _said("seal", "revoke", code, "--reason", "停业", home=home)
    (tmp_path / "rest.jpg").write_bytes(photograph())
    gone = _said(
        "seal",
        "destroy",
        code,
        "--picture",
        tmp_path / "rest.jpg",
        "--witness",
        "person:chen.jing",
        home=home,
    )
    assert "粉碎" in gone
    assert "已注销" in _said("seal", "status", code, home=home)
    past = json.loads(_said("seal", "status", code, "--at", before["at"], "--json", home=home))
    assert (past["status"], past["since"]) == ("active", before["since"])
