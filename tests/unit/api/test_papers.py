"""Rounds, voiding and printed copies over HTTP, by command and on the pages, in one installation (C6, C9, C10, D3)."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pypdfium2 as pdfium
import pytest
from typer.testing import CliRunner

from api.access.scopes import Scope
from api.cli.main import app
from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, USCC, enrol_keeper, keeper_pin
from api.services import Services
from ca.actor import Actor
from seals.seal import SealApplication, SealKind
from signing.printing.code import read_code
from tests.interop.sealing_world import blank_pdf
from tests.unit.api.browsing import Client as Browser
from tests.unit.api.browsing import log_in
from tests.unit.api.conftest import OPERATOR
from tests.unit.api.test_imprint_routes import Client
from verify.command import VOIDED_STATUS

RIGHTS = (Scope.SEAL_READ, Scope.SEAL_USE, Scope.CASE_REQUEST, Scope.CASE_APPROVE)
SECOND = Actor("person:qian.yi", "钱一", USCC)
STRANGER = Actor("person:wai", "外人", "91330106MA2CYNNY1L")
WHY = "价款有误，另行签订"


class Town:
    """An installation with one enterprise, its seal and its people."""

    def __init__(self, services: Services) -> None:
        self.services = services
        services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
        keeper = enrol_keeper(services)
        code = services.seals.apply(
            SealApplication(USCC, SealKind.LEGAL_NAME, KEEPER.id), actor=APPLICANT
        ).code
        self.seal = services.seals.approve(code, actor=APPROVER, certificate=keeper.certificate)
        self.keeper = Client(services, KEEPER, *RIGHTS)
        self.second = Client(services, SECOND, *RIGHTS)
        self.stranger = Client(services, STRANGER, *RIGHTS)
        self.pin = keeper_pin(services).reveal()

    def begin(self, status: int = 201) -> Any:
        parties = [
            {"uscc": USCC, "role": "甲方", "where": "1:20,200", "group": 1},
            {"uscc": USCC, "role": "乙方", "where": "1:120,200", "group": 2},
        ]
        form = {
            "title": "合作协议",
            "deadline": (self.services.clock() + timedelta(days=9)).isoformat(),
            "parties": json.dumps(parties),
        }
        key = {"Idempotency-Key": "r-1"}
        files = {"file": ("协议.pdf", blank_pdf(2))}
        made = self.keeper.ask("POST", "/rounds", data=form, files=files, headers=key)
        assert made.status_code == status, made.text
        return made.json()

    def seal_as(self, round_id: str, party: int) -> Any:
        body = {"seal_code": self.seal.code, "pin": self.pin}
        return self.keeper.ask("POST", f"/rounds/{round_id}/parties/{party}/seal", json=body)

    def sealed(self) -> bytes:
        found = self.begin()
        for party in (1, 2):
            assert self.seal_as(found["id"], party).status_code == 200
        return self.keeper.ask("GET", f"/rounds/{found['id']}/document").content


@pytest.fixture
def town(services: Services) -> Town:
    return Town(services)


def test_C6_a_round_over_http_from_its_beginning_to_the_released_document(town: Town) -> None:
    """C6: in order, each on the newest version; a stranger sees nothing; the timeline names credentials."""
    found = town.begin()
    path = f"/rounds/{found['id']}"
    assert [one["called"] for one in found["parties"]] == [True, False]
    assert town.stranger.ask("GET", path).status_code == 404
    assert town.stranger.ask("GET", "/rounds").json()["items"] == []
    waiting = town.keeper.ask("GET", "/rounds", params={"waiting": True}).json()["items"]
    assert [one["id"] for one in waiting] == [found["id"]]
    early = town.seal_as(found["id"], 2)
    assert early.json()["type"] == "/problems/round-not-your-turn"
    assert town.seal_as(found["id"], 1).json()["version"] == 1
    declined = town.second.ask("POST", f"{path}/parties/2/refusal", json={"reason": "条款不同意"})
    assert declined.json()["status"] == "declined", declined.text
    put = {"uscc": USCC, "reason": "改由总部签"}
    assert town.keeper.ask("POST", f"{path}/parties/2/substitution", json=put).json()["status"] == "running"
    done = town.seal_as(found["id"], 2).json()
    assert (done["status"], done["version"]) == ("released", 2)
    acts = [one["act"] for one in town.second.ask("GET", f"{path}/timeline").json()["items"]]
    assert acts == ["open", "seal", "decline", "substitute", "release"]
    final = town.keeper.ask("GET", f"{path}/document").content
    assert f"sha256:{hashlib.sha256(final).hexdigest()}" == done["versions"][2]["digest"]
    assert town.services.verify(final).verdict.value == "passed"
    bad = town.keeper.ask("POST", "/rounds", data={"title": "x", "deadline": "2099-01-01T00:00:00Z", "parties": "{}"},
                          files={"file": ("x.pdf", b"")}, headers={"Idempotency-Key": "r-2"})  # fmt: skip
    assert bad.status_code == 422


def test_C9_C10_D3_a_document_is_printed_checked_by_its_code_and_voided(town: Town, tmp_path: Path) -> None:
    """C9, C10, D3: the code read back from the picture of the paper leads to the answer, which then says 已作废."""
    sealed = town.sealed()
    sha = hashlib.sha256(sealed).hexdigest()
    rule = town.keeper.ask(
        "PUT", f"/printing/{sha}", json={"quota": 1, "shows_page": True, "title": "合作协议"}
    )
    assert rule.json()["pages"] == 2, rule.text
    made = town.keeper.ask(
        "POST", "/printing/copies", data={"sha256": sha}, headers={"Idempotency-Key": "p-1"}
    )
    assert made.status_code == 200, made.text
    paper = pdfium.PdfDocument(made.content)
    picture = np.ascontiguousarray(paper[0].render(scale=200 / 72).to_numpy()[:, :, :3])
    paper.close()
    address, *_ = cv2.QRCodeDetector().detectAndDecode(picture)
    code = read_code(address.rpartition("/c/")[2])
    assert code == read_code(made.headers["Yinxin-Copy-Code"])
    grey = town.keeper.ask(
        "POST", "/printing/copies", data={"sha256": sha}, headers={"Idempotency-Key": "p-2"}
    )
    assert grey.headers["Yinxin-Copy-Seal"] == "grey"
    foreign = town.stranger.ask(
        "POST", "/printing/copies", data={"sha256": sha}, headers={"Idempotency-Key": "p"}
    )
    assert foreign.status_code == 404
    listed = town.keeper.ask("GET", f"/printing/{sha}/copies").json()["items"]
    assert [one["seal"] for one in listed] == ["true", "grey"]

    anyone = Browser(town.services)
    told = anyone.get(f"/api/v1/public/copies/{code}").json()
    assert (told["title"], told["pages"], told["verdict"], told["sealers"]) == (
        "合作协议",
        2,
        "passed",
        [ENTERPRISE],
    )
    page = anyone.page(f"/c/{code}")
    assert all(words in page for words in ("有效", "合作协议", "与手中的纸核对", "二维码和验证码可以被复制"))
    assert anyone.get(f"/c/{code}/page-1.png").content.startswith(b"\x89PNG")
    assert "灰印" in anyone.page(f"/c/{read_code(grey.headers['Yinxin-Copy-Code'])}")
    assert anyone.get("/c/7K2M9QX4TB8WZ0").status_code in (404, 422)
    assert anyone.get("/c", params={"code": "nonsense"}).status_code == 422
    assert anyone.get("/c", params={"code": code.lower()}).headers["location"] == f"/c/{code}"

    assert anyone.get("/api/v1/public/voided-documents").status_code == 404
    asked = town.keeper.ask(
        "POST", "/voidings", json={"document": sha, "reason": WHY}, headers={"Idempotency-Key": "v"}
    )
    assert asked.json()["status"] == "asked", asked.text
    path = f"/voidings/{asked.json()['id']}"
    assert town.keeper.ask("POST", f"{path}/agreement").json()["type"] == "/problems/voiding-agreed-already"
    assert town.stranger.ask("GET", path).status_code == 404
    assert town.second.ask("POST", f"{path}/agreement").json()["status"] == "voided"
    assert town.keeper.ask("GET", f"{path}/record").text.count(".") == 2
    report = town.services.verify(sealed).to_json()
    assert (report["verdict"], report["voided"]["why"]) == ("passed", WHY)
    town.services.clock.advance(timedelta(minutes=2))  # type: ignore[attr-defined]
    after = anyone.page(f"/c/{code}")
    assert "已作废" in after
    assert WHY in after
    assert anyone.get("/api/v1/public/voided-documents").status_code == 200

    file = tmp_path / "协议.pdf"
    file.write_bytes(sealed)
    home = str(town.services.home.folder)
    at = town.services.clock().isoformat()
    run = CliRunner().invoke(app, ["verify", str(file), "--home", home, "--at", at])
    assert run.exit_code == VOIDED_STATUS, run.output
    assert re.search(r"已作废 / VOIDED · .* · " + WHY, run.output)
    assert "有效 / PASSED" in run.output or "有效 / VALID" in run.output


def test_C6_the_console_shows_what_waits_and_lets_a_party_seal(town: Town) -> None:
    found = town.begin()
    keeper = log_in(town.services, KEEPER, *RIGHTS)
    front = keeper.page("/console/rounds")
    assert all(words in front for words in ("轮到我方签署", "合作协议", "甲方"))
    one = keeper.page(f"/console/rounds/{found['id']}")
    assert all(words in one for words in ("轮到签署", "签署记录", "初始文件", "更换签署方"))
    sent = keeper.send(
        f"/console/rounds/{found['id']}/1/seal", seal_code=town.seal.code, version="0", pin=town.pin
    )
    assert sent.status_code == 303, sent.text[:400]
    assert "1&nbsp;/&nbsp;2" in keeper.page(f"/console/rounds/{found['id']}")
    keeper.send(f"/console/rounds/{found['id']}/2/decline", reason="不同意")
    assert "不同意" in keeper.page(f"/console/rounds/{found['id']}")
    lines = f"{USCC}|甲方|1|01|1:20,200\n{USCC}|乙方"
    files = {"file": ("x.pdf", blank_pdf(1), "application/pdf")}
    made = keeper.send(
        "/console/round-request", files=files, key="k", title="第二份", parties=lines, days="5", reserve="1"
    )
    assert made.status_code == 303, made.text[:400]
    stranger = log_in(town.services, STRANGER, *RIGHTS)
    assert "合作协议" not in stranger.page("/console/rounds")
    gone = stranger.get(f"/console/rounds/{found['id']}", headers={"Accept": "text/html"})
    assert gone.status_code == 410


def test_the_commands_do_the_same(town: Town, tmp_path: Path) -> None:
    """C6, C9, C10 by command: begin, seal, void, print and check."""
    town.services.close()
    home = ["--home", str(town.services.home.folder)]
    source, out, paper = tmp_path / "a.pdf", tmp_path / "sealed.pdf", tmp_path / "paper.pdf"
    source.write_bytes(blank_pdf(1))

    def run(*arguments: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, [*arguments, *home])
        assert done.exit_code == status, (arguments, done.output, done.exception)
        return done.stdout

    parties = ["--party", f"{USCC}|甲方|1|01|1:20,200", "--party", f"{USCC}|乙方|1"]
    begun = json.loads(run("parties", "open", str(source), "--title", "协议", *parties, "--json"))
    seal = ["--seal", town.seal.code, "--as", f"{KEEPER.id}={KEEPER.name}"]
    run("parties", "seal", begun["id"], "1", *seal)
    done = json.loads(run("parties", "seal", begun["id"], "2", *seal, "--at", "1:120,200", "--json"))
    assert done["status"] == "released"
    assert "签署并完成" in run("parties", "show", begun["id"])
    assert begun["id"] in run("parties", "list", "--for", USCC)
    run("parties", "fetch", begun["id"], str(out))
    run("print-copy", "allow", str(out), "--copies", "1", "--for", USCC)
    copy = json.loads(run("print-copy", "make", str(out), str(paper), "--for", USCC, "--json"))
    assert paper.read_bytes().startswith(b"%PDF-")
    assert "有效" in run("print-copy", "check", copy["code"])
    assert copy["code"] in run("print-copy", "list", str(out))
    asked = json.loads(run("void", "ask", str(out), "--reason", WHY, "--for", USCC, "--json"))
    assert json.loads(run("void", "agree", asked["id"], "--for", USCC, "--json"))["signed"] is True
    run("void", "record", asked["id"], str(tmp_path / "record.jws"))
    assert asked["id"] in run("void", "list")
    assert "已作废" in run("verify", str(out), status=VOIDED_STATUS)
