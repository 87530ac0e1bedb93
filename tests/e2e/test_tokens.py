"""One chip, five certificates, over HTTP and the command line, on the machine's own token module (A4, A5, B4)."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.access.scopes import Scope
from api.demo.main_job import APPROVER, KEEPER, OPERATOR, USCC
from api.tokens.personalisation import STANDARD
from ca.actor import Actor
from ca.tokens.errors import ContainerCertificateBad, TokenNotUsable
from ca.tokens.inventory_store import Place
from hsm.pins import Pin
from hsm.verification import verify_signature
from tests.e2e.conftest import Demo, Site, in_process
from tests.e2e.test_http import refused
from tests.pki import new_key

THIRD = Actor("person:zhou.kai", "周凯")
MESSAGE = "一芯多证".encode()
SCOPES = (Scope.TOKEN_READ, Scope.TOKEN_MANAGE, Scope.CHIP_GRANT)
SEAL_SCOPES = (Scope.SEAL_APPLY, Scope.SEAL_APPROVE, Scope.SEAL_READ, Scope.CA_REVOKE, Scope.CA_READ)


@pytest.fixture
def clerk(site: Site) -> httpx.Client:
    return site.client(site.key(OPERATOR, *SCOPES, *SEAL_SCOPES))


@pytest.fixture
def second(site: Site) -> httpx.Client:
    return site.client(site.key(APPROVER, *SCOPES, *SEAL_SCOPES, Scope.RA_APPROVE))


@pytest.fixture
def serial() -> str:
    return f"E2E{secrets.token_hex(4)}"


@pytest.fixture
def chip(site: Site, clerk: httpx.Client, second: httpx.Client, serial: str) -> str:
    """Register a chip, have five certificates on it approved and made, hand it to the keeper."""
    body = {"serial": serial, "model": "集证通 A1", "medium": site.services.key_stores.scheme, "uscc": USCC}
    assert done(clerk.post("/api/v1/tokens", json=body), 201)["state"] == "uninitialised"
    parts = [
        {
            "name": name,
            "pin_tries": 3 + number,
            "containers": [
                {
                    "name": inner,
                    "purpose": purpose.value,
                    "common_name": f"测试 {purpose.zh}",
                    "days": 90 + number,
                }
            ],
        }
        for number, (name, inner, purpose) in enumerate(STANDARD)
    ]
    address = f"/api/v1/tokens/{serial}"
    asked = done(clerk.post(f"{address}/personalisation-request", json={"applications": parts}), 201)
    assert asked["waiting"] == [{"stage": "review", "needed": 1, "scope": "ra:approve", "people": []}]
    ballot = {"digest": asked["digest"], "comment": "同意"}
    done(second.post(f"{address}/personalisation-request/approvals", json=ballot))
    assert done(clerk.post(f"{address}/personalisation"))["state"] == "personalised"
    receiver = {"uscc": USCC, "person": KEEPER.id, "name": KEEPER.name}
    assert done(clerk.post(f"{address}/issue", json=receiver))["state"] == "issued"
    return address


def done(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def pins(site: Site, serial: str) -> dict[str, Pin]:
    """Take the PINs as the holder reads them off the letters."""
    letters = site.services.token_work.letters
    return {each.application: letters.print(each.id, actor=KEEPER).pin for each in letters.of_token(serial)}


def test_A4_B4_five_certificates_one_revoked_the_chip_frozen_and_back(
    site: Site, clerk: httpx.Client, second: httpx.Client, chip: str, serial: str
) -> None:
    third = site.client(site.key(THIRD, *SCOPES))
    told = done(clerk.get(chip))
    keys = {part["name"]: part["containers"][0]["keys"][0] for part in told["applications"]}
    assert len({key["certificate"] for key in keys.values()}) == 5
    assert [event["act"] for event in told["history"]] == ["prepare", "personalise", "issue"]
    steps = done(clerk.get(f"{chip}/personalisation"))
    assert {step["status"] for step in steps["steps"]} == {"done"}

    applied = done(clerk.post("/api/v1/seals", json={"uscc": USCC, "kind": "02", "keeper": KEEPER.id}), 201)
    seal = applied["code"]
    bound = {"certificate_serial": keys["psb"]["certificate"]}
    done(second.post(f"/api/v1/seals/{seal}/approval", json=bound))
    done(clerk.post(f"{chip}/links", json={"seal": seal}), 201)
    assert done(clerk.post(f"{chip}/links/{seal}/withdrawal"))["status"] == "unlinked"
    done(clerk.post(f"{chip}/links", json={"seal": seal}), 201)
    refused(clerk.post(f"{chip}/links/{seal}/confirmation"), 409, "second-person-needed")
    done(second.post(f"{chip}/links/{seal}/confirmation"))

    secret = pins(site, serial)
    gate = site.services.token_work.gate
    signers = {name: gate.signer(Place(serial, name, inner), pin=secret[name]) for name, inner, _ in STANDARD}

    def works(name: str) -> None:
        signer = signers[name]
        verify_signature(signer.public_key, signer.algorithm, MESSAGE, signer.sign(MESSAGE))

    for name in signers:
        works(name)
    revocation = {"reason": "superseded"}
    done(second.post(f"/api/v1/certificates/{keys['bank']['certificate']}/revocation", json=revocation))
    with pytest.raises(ContainerCertificateBad):
        signers["bank"].sign(MESSAGE)
    four = [name for name in signers if name != "bank"]
    for name in four:
        works(name)

    frozen = done(clerk.post(f"{chip}/freeze", json={"reason": "公章被盗"}))
    assert frozen["token"]["state"] == "suspended"
    assert frozen["seals"] == {seal: "frozen"}
    for signer in signers.values():
        with pytest.raises(TokenNotUsable):
            signer.sign(MESSAGE)
    held = done(clerk.get(f"/api/v1/certificates/{keys['tax']['certificate']}"))
    assert held["status"] == "revoked"
    done(second.post(f"{chip}/resume-request", json={}))
    for who in (clerk, second):
        refused(who.post(f"{chip}/resume", json={}), 409, "token-second-person-needed")
    back = done(third.post(f"{chip}/resume", json={}))
    assert (back["token"]["state"], back["seals"]) == ("issued", {seal: "active"})
    for name in four:
        works(name)
    gone = done(clerk.post(f"{chip}/write-off", json={"reason": "确认找不到"}))
    assert gone["seals"] == {seal: "revoked"}
    final = done(clerk.get(chip))
    standings = {
        key["standing"] for part in final["applications"] for box in part["containers"] for key in box["keys"]
    }
    assert standings == {"revoked"}
    refused(clerk.post(f"{chip}/resume-request", json={}), 409, "token-act-refused")


def test_a_letter_goes_to_its_holder_once_and_to_no_operator(
    site: Site, clerk: httpx.Client, second: httpx.Client, chip: str, tmp_path: Path
) -> None:
    listed = done(clerk.get(f"{chip}/letters"))["items"]
    number = next(each["id"] for each in listed if each["application"] == "bank")
    refused(clerk.post(f"{chip}/letters/{number}"), 403, "pin-letter-not-yours")
    holder = site.client(site.key(KEEPER, Scope.TOKEN_READ))
    answer = holder.post(f"{chip}/letters/{number}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    page = tmp_path / "letter.pdf"
    page.write_bytes(answer.content)
    text = subprocess.run(["pdftotext", page, "-"], capture_output=True, text=True, check=True).stdout
    assert text.strip() == ""  # nothing that a search or a copy could pick up
    subprocess.run(["qpdf", "--check", page], check=True, capture_output=True)
    refused(holder.post(f"{chip}/letters/{number}"), 409, "pin-letter-unavailable")

    asked = done(clerk.post(f"{chip}/unblockings", json={"application": "bank", "reason": "信件遗失"}), 201)
    refused(clerk.post(f"{chip}/unblockings/{asked['id']}/approval"), 409, "token-second-person-needed")
    refused(second.post(f"{chip}x/unblockings/{asked['id']}/approval"), 404, "token-unknown")
    approved = done(second.post(f"{chip}/unblockings/{asked['id']}/approval"))
    assert approved["status"] == "done"
    assert holder.post(f"{chip}/letters/{approved['letter']}").status_code == 200
    read = done(clerk.post(f"{chip}/pin-states"))
    assert {part["name"]: part["pin_left"] for part in read["applications"]} == {
        name: 3 + number for number, (name, _, _) in enumerate(STANDARD)
    }


def test_what_is_wrong_is_told(clerk: httpx.Client, chip: str, serial: str) -> None:
    refused(clerk.get("/api/v1/tokens/NOBODY"), 404, "token-unknown")
    refused(clerk.post("/api/v1/tokens", json={"serial": "a/b", "model": "A1"}), 422, "token-field-invalid")
    body = {"serial": serial, "model": "another", "uscc": USCC}
    refused(clerk.post("/api/v1/tokens", json=body), 409, "token-registered")
    refused(clerk.post(f"{chip}/freeze", json={}), 422, "token-reason-needed")
    request = f"{chip}/personalisation-request"
    two = [{"name": "bank", "containers": []}]
    refused(clerk.post(request, json={"applications": two}), 422, "token-field-invalid")
    refused(clerk.post(request, json={}), 422, "token-field-invalid")
    many = {"applications": [{"name": "x", "pin_tries": 99, "containers": []}]}
    assert clerk.post(request, json=many).status_code == 422
    refused(clerk.post(request, json={"standard": True}), 409, "personalisation-refused")
    refused(clerk.post(f"{chip}/personalisation"), 409, "personalisation-refused")


def test_I22_a_chip_is_made_only_by_a_plan_that_another_person_approved(
    clerk: httpx.Client, second: httpx.Client, site: Site, serial: str
) -> None:
    address = f"/api/v1/tokens/{serial}"
    request, approvals = f"{address}/personalisation-request", f"{address}/personalisation-request/approvals"
    body = {"serial": serial, "model": "A1", "medium": site.services.key_stores.scheme, "uscc": USCC}
    done(clerk.post("/api/v1/tokens", json=body), 201)
    refused(clerk.get(request), 404, "personalisation-unasked")
    refused(clerk.post(f"{address}/personalisation"), 404, "personalisation-unasked")
    asked = done(clerk.post(request, json={"standard": True}), 201)
    assert [part["name"] for part in asked["plan"]["applications"]] == [name for name, _, _ in STANDARD]
    refused(clerk.post(f"{address}/personalisation"), 409, "personalisation-not-approved")
    ballot = {"digest": asked["digest"]}
    refused(clerk.post(approvals, json=ballot), 403, "scope-missing")
    both = site.client(site.key(OPERATOR, Scope.TOKEN_MANAGE, Scope.RA_APPROVE))
    refused(both.post(approvals, json=ballot), 409, "another-person-needed")
    done(second.post(approvals, json=ballot))
    one = [{"name": "x", "containers": [{"name": "x", "purpose": "bank", "common_name": "另一计划"}]}]
    again = done(clerk.post(request, json={"applications": one}), 201)
    refused(clerk.post(f"{address}/personalisation"), 409, "personalisation-not-approved")
    refused(second.post(approvals, json=ballot), 409, "content-changed")
    rejected = done(second.post(f"{request}/rejection", json={"reason": "名称不符"}))
    assert (rejected["status"], rejected["digest"]) == ("rejected", again["digest"])
    refused(clerk.post(f"{address}/personalisation"), 409, "personalisation-not-approved")


def test_a_key_without_the_scope_is_refused(site: Site, chip: str) -> None:
    reader = site.client(site.key(THIRD, Scope.TOKEN_READ))
    refused(reader.post(f"{chip}/freeze", json={"reason": "x"}), 403, "scope-missing")
    refused(reader.post("/api/v1/chip-ranges", json={}), 403, "scope-missing")
    stranger = site.client(
        site.key(Actor("person:wang.fang", "王芳", "12100000000018032A"), Scope.TOKEN_READ)
    )
    refused(stranger.get(chip), 403, "foreign-enterprise")


def test_A5_ranges_over_http(clerk: httpx.Client) -> None:
    prefix = f"E{secrets.token_hex(3).upper()}X"
    body = {"first": f"{prefix}0001", "last": f"{prefix}0010", "shop": "刻章店", "receiver": "王收"}
    made = done(clerk.post("/api/v1/chip-ranges", json=body), 201)
    assert (made["granted"], made["remaining"], made["reconciles"]) == (10, 10, True)
    refused(clerk.post("/api/v1/chip-ranges", json=body), 409, "range-overlaps")
    place = "/api/v1/chip-ranges/numbers"
    done(clerk.post(f"{place}/{prefix}0001", json={"fate": "consumed"}))
    refused(clerk.post(f"{place}/{prefix}0001", json={"fate": "consumed"}), 409, "chip-number-used")
    refused(clerk.post(f"{place}/{prefix}0099", json={"fate": "consumed"}), 409, "chip-number-not-granted")
    refused(clerk.post(f"{place}/{prefix}0002", json={"fate": "spoilt"}), 422, "token-reason-needed")
    done(clerk.post(f"{place}/{prefix}0002", json={"fate": "returned", "reason": "未用"}))
    told = done(clerk.get(f"/api/v1/chip-ranges/{made['id']}"))
    assert (told["consumed"], told["returned"], told["remaining"]) == (1, 1, 8)
    assert told in done(clerk.get("/api/v1/chip-ranges"))["items"]
    used = done(clerk.get(f"/api/v1/chip-ranges/{made['id']}/numbers"))["items"]
    assert [(one["number"][-4:], one["fate"]) for one in used] == [("0001", "consumed"), ("0002", "returned")]
    rest = {"after": used[0]["number"]}
    assert done(clerk.get(f"/api/v1/chip-ranges/{made['id']}/numbers", params=rest))["items"] == used[1:]
    refused(clerk.get("/api/v1/chip-ranges/999999"), 404, "range-unknown")


def test_A4_A5_the_command_line_does_the_same(demo: Demo, serial: str, tmp_path: Path) -> None:
    def run(*arguments: str, status: int = 0) -> str:
        told = in_process(*arguments, home=demo.home)
        assert told.returncode == status, told.stderr + told.stdout
        return told.stdout

    prefix = f"C{secrets.token_hex(3).upper()}X"
    granted = run(
        "chip", "range", "grant", f"{prefix}0001", f"{prefix}0005", "--shop", "刻章店", "--receiver", "王收"
    )
    run("token", "register", serial, "--uscc", USCC, "--number", f"{prefix}0002")
    assert "待审批" in run("token", "personalise", serial, "--standard")
    run("token", "personalise", serial, status=1)
    run("token", "approve", serial, "--as", "person:ZHAO.LEI", status=1)
    assert "已批准" in run("token", "approve", serial, "--as", "person:chen.jing")
    assert json.loads(run("token", "plan", serial))["approvals"][0]["person"]["id"] == "person:chen.jing"
    made = in_process("token", "personalise", serial, home=demo.home)
    assert made.returncode == 0, made.stderr
    lines = made.stderr.splitlines()
    assert lines[0] == "1/22 建立应用并设置 PIN aic / make the application and set its PINs aic"
    assert [line.split()[0] for line in lines] == [f"{number}/22" for number in range(1, 23)]
    run("token", "issue", serial, "--uscc", USCC, "--receiver", f"{KEEPER.id}={KEEPER.name}")
    report = json.loads(run("chip", "range", "report", "--json"))["items"]
    mine = next(each for each in report if each["first"] == f"{prefix}0001")
    assert (mine["consumed"], mine["remaining"]) == (1, 4)
    run("chip", "range", "spoil", f"{prefix}0003", "--reason", "破损")
    run("chip", "range", "return", f"{prefix}0004", "--reason", "退回")
    run("chip", "range", "consume", f"{prefix}0002", status=1)
    (number,) = re.findall(r"号段 ([0-9]+)：", granted)
    used = json.loads(run("chip", "range", "numbers", number, "--after", f"{prefix}0002"))["items"]
    assert [one["fate"] for one in used] == ["spoilt", "returned"]
    leaked = new_key().public_key()
    (tmp_path / "leaked.pem").write_bytes(
        leaked.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    assert "永久禁用" in run("ca", "report-compromise", str(tmp_path / "leaked.pem"))
    assert serial in run("token", "list")
    assert json.loads(run("token", "steps", serial))["status"] == "done"
    letters = json.loads(run("token", "letters", serial))["items"]
    caught = tmp_path / "printed"
    run("token", "letter", str(letters[0]["id"]), "--printer", f"tee {caught}")
    assert caught.read_bytes().startswith(b"%PDF-1.7")
    run("token", "letter", str(letters[0]["id"]), "--printer", "true", status=1)
    run("token", "letter", str(letters[1]["id"]), "--printer", "false", status=1)
    run("token", "unblock-request", serial, letters[1]["application"], "--reason", "打印失败")
    tasks = json.loads(run("token", "unblock-list", "--serial", serial))["items"]
    run("token", "unblock-approve", str(tasks[0]["id"]))
    assert "✓" not in run("token", "pins", serial)
    run("chip", "freeze", serial, "--reason", "盘点")
    run("chip", "resume", serial)
    run("chip", "resume", serial, "--confirm", status=1)
    run("chip", "resume", serial, "--confirm", "--as", "person:zhou.kai")
    run("chip", "links", serial)
    run("chip", "lost", serial, "--reason", "没找到")
    run("chip", "lost", serial, "--reason", "找不到", "--final")
    told = json.loads(run("token", "show", serial))
    assert told["state"] == "permanently_lost"
    run("chip", "terminate", serial, "--reason", "x", status=1)
