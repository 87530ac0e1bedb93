"""Seal data over HTTP and on the command line: made, bound to its owner, looked into, verified (C5)."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access.scopes import Scope
from api.app import create_app
from api.demo.main_job import APPLICANT, ENTERPRISE, USCC, approved_seal, enrol_keeper
from api.errors import SettingsInvalid
from api.services import Services
from api.settings import load_settings, read_seal_data_types
from ca.actor import Actor
from hsm.suite import Suite
from seals.seal import SealRecord
from seals.ses.parts import SesVersion
from seals.ses.structure import read_seal
from tests.e2e.conftest import in_process
from tests.unit.api.conftest import OPERATOR, Install
from verify.folder import load_trust
from verify.verdict import Verdict
from verify.verifier import Verifier

STRANGER = Actor("person:mo.sheng", "莫生", "11330105002500287C")
DER = "application/octet-stream"


@pytest.fixture
def national(founded: Install) -> Services:
    made = founded(Suite.GM)
    made.enterprises.register(USCC, ENTERPRISE, actor=APPLICANT)
    return made


@pytest.fixture
def seal(national: Services) -> SealRecord:
    return approved_seal(national, enrol_keeper(national))


def key(services: Services, holder: Actor) -> dict[str, str]:
    made = services.api_keys.create(holder, [Scope.SEAL_READ], timedelta(days=1), actor=OPERATOR)
    return {"Authorization": f"Bearer {made.text}"}


def ask(services: Services, method: str, address: str, **given: Any) -> httpx.Response:
    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            return await client.request(method, address, **given)

    return asyncio.run(go())


def test_seal_data_is_handed_to_its_owner_and_verified_by_anyone(
    national: Services, seal: SealRecord, tmp_path: Path
) -> None:
    mine = key(national, APPLICANT)
    for number, version in ((4, SesVersion.V4), (5, SesVersion.V5)):
        answer = ask(national, "GET", f"/api/v1/seals/{seal.code}/data.esl?version={number}", headers=mine)
        assert (answer.status_code, answer.headers["content-type"]) == (200, DER), answer.text
        assert f"{seal.code}-v{number}.esl" in answer.headers["content-disposition"]
        made = read_seal(answer.content)
        assert (made.version, made.id, made.property.name) == (version, seal.code, seal.name)
        national.evidence.publish()
        trust = load_trust(national.home.trust)
        report = Verifier(trust).verify(answer.content, at=national.clock(), name="seal.esl")
        assert report.verdict is Verdict.PASSED, report.reason
    listed = ask(national, "GET", f"/api/v1/seals/{seal.code}/data", headers=mine).json()
    assert [item["version"] for item in listed["items"]] == [5, 4]
    assert {item["state"] for item in listed["items"]} == {"made"}


def test_refusals_are_problems_and_nothing_of_it_is_anothers(national: Services, seal: SealRecord) -> None:
    theirs = key(national, STRANGER)
    for address in (f"/api/v1/seals/{seal.code}/data.esl", f"/api/v1/seals/{seal.code}/data"):
        assert ask(national, "GET", address, headers=theirs).status_code == 403
        assert ask(national, "GET", address).status_code == 401
    assert national.seal_data.history(seal.code) == ()
    octets = national.seal_data.current(seal.code, actor=APPLICANT).octets
    national.evidence.publish()
    answer = ask(national, "POST", "/api/v1/verifications", files={"file": ("seal.esl", octets)})
    told = answer.json()
    assert (answer.status_code, told["seal_data"]["kind"]) == (200, "seal"), told
    assert told["seal_data"]["seal"]["id"] == seal.code
    assert {step["state"] for step in told["seal_data"]["steps"]} <= {"passed", "not_done"}
    assert told["verdict"] == "passed"
    mine = key(national, APPLICANT)
    assert ask(national, "GET", "/api/v1/seals/99999999999999/data.esl", headers=mine).status_code == 404
    wrong = ask(national, "GET", f"/api/v1/seals/{seal.code}/data.esl?version=1", headers=mine)
    assert wrong.status_code == 422
    national.seals.freeze(seal.code, actor=APPLICANT, reason="遗失")
    stopped = ask(national, "GET", f"/api/v1/seals/{seal.code}/data.esl", headers=mine)
    assert stopped.status_code == 409
    assert stopped.json()["type"] == "/problems/seal-data-stopped"
    national.evidence.publish()
    lost = ask(national, "POST", "/api/v1/verifications", files={"file": ("seal.esl", octets)}).json()
    assert (lost["verdict"], "挂失" in lost["reason_zh"]) == ("failed", True), lost["reason_zh"]


def test_the_command_line_makes_looks_into_and_verifies(
    national: Services, seal: SealRecord, tmp_path: Path
) -> None:
    home, target, picture = national.home.folder, tmp_path / "seal.esl", tmp_path / "seal.png"
    national.evidence.publish()
    made = in_process("seal", "data", seal.code, "--version", "4", "--out", str(target), home=home)
    assert (made.returncode, "GB/T 38540-2020" in made.stdout) == (0, True), made.stderr
    shown = in_process("seal", "data-show", str(target), "--picture", str(picture), home=home)
    told = json.loads(shown.stdout)
    assert (told["kind"], told["es_id"], told["cert_list_type"]) == ("SESeal", seal.code, 1)
    assert told["deviations"] == []
    assert picture.read_bytes().startswith(b"\x89PNG")
    at = f"{national.clock():%Y-%m-%dT%H:%M:%SZ}"
    found = in_process("verify", str(target), "--at", at, home=home)
    assert "电子印章" in found.stdout
    assert "制章者签名" in found.stdout
    broken = tmp_path / "broken.esl"
    broken.write_bytes(target.read_bytes()[:-9])
    refused = in_process("seal", "data-show", str(broken), home=home)
    assert refused.returncode == 1
    assert "错误：" in refused.stderr
    assert "SESeal" in refused.stderr


def test_the_international_suite_is_told_what_is_missing(services: Services) -> None:
    services.enterprises.register(USCC, ENTERPRISE, actor=APPLICANT)
    record = approved_seal(services, enrol_keeper(services))
    answer = ask(services, "GET", f"/api/v1/seals/{record.code}/data.esl", headers=key(services, APPLICANT))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/national-suite-needed")
    assert services.reconcile(OPERATOR)["seal_data_withheld"] == 0


def test_types_of_kinds_are_read_from_the_settings(tmp_path: Path) -> None:
    assert read_seal_data_types("")["04"] == 4
    assert read_seal_data_types("01=3, 99=7")["99"] == 7
    for wrong in ("1=3", "01=x", "07=1", "01"):
        with pytest.raises(ValueError, match="KIND=NUMBER"):
            read_seal_data_types(wrong)
    with pytest.raises(SettingsInvalid):
        load_settings(tmp_path, seal_data_types="07=1")
