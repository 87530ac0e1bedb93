"""A seal is engraved and filed over HTTP and the command line, by people with the right keys alone (B2, B3, I23)."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access.scopes import Scope
from api.demo.main_job import APPLICANT, APPROVER, KEEPER, OPERATOR, USCC
from ca.actor import Actor
from ca.enrolment.approval import Ballot
from ca.enrolment.request import Approver
from ca.tokens.inventory_store import Place
from ca.tokens.plan import ApplicationPlan, ContainerPlan, PersonalisationPlan
from ca.tokens.ranges import Grant
from ca.tokens.token import Holder, NewToken, PinPolicy, Purpose
from hsm.pins import Pin
from seals.drawing.vector import SealPicture
from seals.imprint.raster import png
from seals.store import picture_of
from tests.e2e.conftest import Demo, Site, in_process
from tests.e2e.test_http import refused
from tests.e2e.test_tokens import done
from tests.pki import make_uscc

SHOP = make_uscc("91330106MA2CYXHP1")
RIVAL = make_uscc("91330106MA2CYXHP2")
OFFICER = Actor("person:officer.gao", "高警官")
ENGRAVER = Actor("person:engraver.ma", "马师傅", SHOP)
RIVAL_ENGRAVER = Actor("person:engraver.niu", "牛师傅", RIVAL)
NUMBER = "11010519491231002X"
PAPER = ("paper.pdf", b"%PDF-1.7 signed", "application/pdf")


def _chip(site: Site) -> tuple[Place, Pin]:
    """Personalise a chip of the shop's range for the demo's enterprise."""
    work, serial = site.services.token_work, f"FIL{secrets.token_hex(4)}"
    prefix = "F" + secrets.token_hex(3).upper().translate(str.maketrans("0123456789", "GHIJKLMNPQ"))
    work.ranges.grant(Grant(f"{prefix}000001", f"{prefix}000009", SHOP, "马师傅"), actor=OPERATOR)
    medium = site.services.key_stores.scheme
    new = NewToken(serial, "集证通 A1", medium, number=f"{prefix}000001", holder=Holder(USCC))
    work.registry.register(new, actor=OPERATOR)
    inner = ContainerPlan("seal", Purpose.OFFICIAL_SEAL, "印章芯片", days=90)
    plan = PersonalisationPlan(serial, (ApplicationPlan("psb", (inner,), PinPolicy()),))
    asked = work.requests.ask(plan, actor=OPERATOR)
    second = Approver(APPROVER, frozenset({"ra:approve"}))
    work.requests.approve(serial, Ballot(asked.digest), by=second)
    work.personalisation.run(serial, actor=OPERATOR)
    letter = work.letters.of_token(serial)[0]
    return Place(serial, "psb", "seal"), work.letters.print(letter.id, actor=OPERATOR).pin


def _scan(site: Site, code: str) -> bytes:
    with site.services.reading() as conn:
        return png(SealPicture.unpack(picture_of(conn, code)), 200, transparent=False)


@pytest.fixture
def officer(site: Site) -> httpx.Client:
    return site.client(site.key(OFFICER, Scope.SEAL_FILE, Scope.SEAL_APPROVE, Scope.SEAL_READ))


@pytest.fixture
def shop(site: Site) -> httpx.Client:
    return site.client(site.key(ENGRAVER, Scope.SEAL_ENGRAVE))


@pytest.fixture
def applicant(site: Site) -> httpx.Client:
    return site.client(site.key(APPLICANT, Scope.SEAL_APPLY, Scope.SEAL_READ))


def _ordered(officer: httpx.Client, applicant: httpx.Client) -> str:
    for uscc, licence in ((SHOP, "特许刻字8001"), (RIVAL, "特许刻字8002")):
        body = {"uscc": uscc, "name": f"杭州刻章{licence[-1]}店", "division": USCC[2:8], "licence": licence}
        done(officer.post("/api/v1/engravers", json=body), 201)
    wanted = {"uscc": USCC, "kind": "02", "keeper": KEEPER.id, "engrave": True}
    code = done(applicant.post("/api/v1/seals", json=wanted), 201)["code"]
    refused(applicant.post("/api/v1/engraving-jobs", json={"seal": code}), 403, "scope-missing")
    known = {"name": "王法定", "document": "resident-id", "number": NUMBER}
    body = {"seal": code, "shop": SHOP, "representative": known}
    ordered = officer.post("/api/v1/engraving-jobs", json=body)
    assert NUMBER not in ordered.text
    return str(done(ordered, 201)["id"])


def test_B2_B3_a_seal_is_engraved_over_http_and_filed_from_the_command_line(
    *,
    site: Site,
    demo: Demo,
    officer: httpx.Client,
    shop: httpx.Client,
    applicant: httpx.Client,
    tmp_path: Path,
) -> None:
    job = _ordered(officer, applicant)
    address = f"/api/v1/engraving-jobs/{job}"
    rival = site.client(site.key(RIVAL_ENGRAVER, Scope.SEAL_ENGRAVE))
    refused(rival.post(f"{address}/taking"), 403, "not-this-shop")
    refused(rival.get(address), 403, "not-this-shop")
    assert job in [one["id"] for one in done(shop.get("/api/v1/engraving-jobs"))["items"]]
    assert job not in [one["id"] for one in done(rival.get("/api/v1/engraving-jobs"))["items"]]
    nobody = site.client(site.key(Actor("person:nobody", "无名"), Scope.SEAL_ENGRAVE))
    for path in ("/api/v1/engraving-jobs", address, f"{address}/imprints/1.png"):
        refused(nobody.get(path), 403, "not-this-shop")
    code = done(shop.post(f"{address}/taking"))["seal"]
    refused(
        shop.post(f"{address}/imprints", files={"scan": ("x.png", b"no picture")}), 422, "imprint-unreadable"
    )
    refused(shop.post(f"{address}/making"), 409, "imprint-needed")
    scan = {"scan": ("印模.png", _scan(site, code), "image/png")}
    compared = done(shop.post(f"{address}/imprints", files=scan), 201)
    assert (compared["state"], compared["advice"]) == ("compared", "agrees")
    assert shop.get(f"{address}/imprints/{compared['number']}.png").content.startswith(b"\x89PNG")
    done(shop.post(f"{address}/making"))
    _prove_chip(site, shop, address)
    done(shop.post(f"{address}/offer"))
    form = {"name": "王法定", "number": NUMBER}
    stranger = {"name": "李代办", "number": "E12345678", "document": "passport"}
    refused(shop.post(f"{address}/delivery", data=stranger, files={"receipt": PAPER}), 409, "letter-needed")
    delivered = shop.post(f"{address}/delivery", data=form, files={"receipt": PAPER})
    assert done(delivered)["status"] == "delivered"
    assert NUMBER not in done(shop.get(address)).__repr__()
    refused(
        shop.post(f"/api/v1/filings/{job}/return", json={"code": "R01", "reason": "x"}), 403, "scope-missing"
    )
    assert done(officer.get("/api/v1/filings"))["items"][0]["id"] == job
    bad = officer.post(f"/api/v1/filings/{job}/return", json={"code": "R00", "reason": "x"})
    refused(bad, 422, "filing-field-invalid")
    assert done(applicant.get(f"/api/v1/seals/{code}/engraving"))["items"][0]["status"] == "delivered"
    _file_by_command(demo, job, code, tmp_path)
    assert done(applicant.get(f"/api/v1/seals/{code}"))["status"] == "active"


def _prove_chip(site: Site, shop: httpx.Client, address: str) -> None:
    place, pin = _chip(site)
    body = {"chip": place.token, "application": place.application, "container": place.container}
    signer = site.services.token_work.gate.signer(place, pin=pin)
    asked = done(shop.post(f"{address}/challenges", json=body), 201)
    wrong = base64.b64encode(signer.sign(b"another seal's octets")).decode()
    answer = {"challenge": asked["id"], "signature": wrong}
    refused(shop.post(f"{address}/chip", json=answer), 409, "wrong-chip")
    refused(shop.post(f"{address}/chip", json={**answer, "signature": "%%"}), 422, "invalid-value")
    asked = done(shop.post(f"{address}/challenges", json=body), 201)
    signature = base64.b64encode(signer.sign(base64.b64decode(asked["message"]))).decode()
    answer = {"challenge": asked["id"], "signature": signature}
    assert done(shop.post(f"{address}/chip", json=answer))["status"] == "personalised"


def _file_by_command(demo: Demo, job: str, code: str, folder: Path) -> None:
    def run(*arguments: str | Path) -> str:
        found = in_process(*arguments, home=demo.home)
        assert found.returncode == 0, found.stderr
        return found.stdout

    assert job in {one["id"] for one in json.loads(run("filing", "queue", "--json"))["items"]}
    shown = json.loads(run("filing", "show", job, "--overlay", folder / "overlay.png"))
    assert shown["deliveries"][0]["tail"] == NUMBER[-4:]
    assert (folder / "overlay.png").read_bytes().startswith(b"\x89PNG")
    own = in_process("filing", "accept", job, "--as", ENGRAVER.id, home=demo.home)
    assert (own.returncode, own.stderr.count("\n")) == (1, 1), own.stderr
    assert "已备案" in run("filing", "accept", job)
    assert json.loads(run("filing", "query", code))["status"] == "0"
    run("filing", "export", "release", folder / "release.json")
    messages = json.loads((folder / "release.json").read_text())["messages"]
    assert code in {one["sealCode"] for one in messages}
    assert "R02" in run("filing", "reasons")
    assert "invalidEffectTime" in run("filing", "fields")
    spoilt = (folder / "release.json").read_text().replace('validEndTime": "2', 'validEndTime": "3', 1)
    (folder / "spoilt.json").write_text(spoilt)
    told = in_process("filing", "import", folder / "spoilt.json", home=demo.home)
    assert (told.returncode, told.stderr.count("\n")) == (1, 1), told.stderr
    listed = json.loads(run("filing", "revocations"))
    assert listed["total"] >= 0
    assert SHOP in {one["uscc"] for one in json.loads(run("engraver", "list", "--json"))["items"]}


def test_national_exchange_over_http_is_the_officers(
    site: Site, officer: httpx.Client, shop: httpx.Client
) -> None:
    span: dict[str, Any] = {"startTime": "2020-01-01 00:00:00", "endTime": "2099-01-01 00:00:00"}
    exported = officer.post("/api/v1/national/exports/release", params=span)
    assert exported.status_code == 200, exported.text
    assert exported.json()["format"] == "yinxin-national-exchange"
    refused(shop.post("/api/v1/national/exports/release", params=span), 403, "scope-missing")
    bound = site.client(site.key(Actor("person:mole", "鼹鼠", SHOP), Scope.SEAL_FILE))
    refused(bound.post("/api/v1/national/exports/release", params=span), 403, "officer-needed")
    refused(bound.post("/api/v1/national/imports", files={"file": ("x.json", b"{}")}), 403, "officer-needed")
    refused(bound.get("/api/v1/filings"), 403, "officer-needed")
    refused(
        officer.post("/api/v1/national/imports", files={"file": ("x.json", b"[]")}),
        422,
        "exchange-unreadable",
    )
    wrong = officer.get("/api/v1/national/revocations", params={**span, "endTime": "2019-01-01 00:00:00"})
    refused(wrong, 422, "filing-field-invalid")
    assert done(officer.get("/api/v1/national/revocations", params=span))["pageNo"] == 1
    question = {"sealCode": "99999999999999", "queryTime": "2026-01-01 00:00:00"}
    refused(officer.post("/api/v1/national/status", json=question), 404, "seal-not-found")
