"""Electronic licences over HTTP, by command and on the pages of 企号 (E1)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.access.scopes import Scope
from api.cli.main import app
from api.demo.main_job import ENTERPRISE, KEEPER, OPERATOR, USCC, approved_seal, enrol_keeper, keeper_pin
from api.services import Services
from seals.seal import SealRecord
from tests.interop.sealing_world import blank_pdf
from tests.unit.api.browsing import Client as Browser
from tests.unit.api.browsing import log_in
from tests.unit.api.test_console_seals import STRANGER
from tests.unit.api.test_imprint_routes import Client

RIGHTS = (Scope.LICENCE_ISSUE, Scope.LICENCE_READ, Scope.SEAL_USE)


@pytest.fixture
def seal(services: Services) -> SealRecord:
    services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
    return approved_seal(services, enrol_keeper(services))


def _grant(services: Services, seal: SealRecord, client: Client, key: str = "one", **changes: str) -> Any:
    form = {
        "type_code": "11100000000013338W011",
        "name": "营业执照",
        "number": USCC,
        "holder_uscc": USCC,
        "seal_code": seal.code,
        "at": "1:120,200",
        "pin": keeper_pin(services).reveal(),
    } | changes
    files = {"file": ("营业执照.pdf", blank_pdf(1))}
    return client.ask("POST", "/licences", data=form, files=files, headers={"Idempotency-Key": key})


def test_E1_a_licence_from_its_grant_to_its_end(services: Services, seal: SealRecord) -> None:
    issuer = Client(services, KEEPER, *RIGHTS)
    made = _grant(services, seal, issuer)
    assert made.status_code == 201, made.text
    told = made.json()
    name = told["identifier"]
    assert (told["status_zh"], told["status_code"], told["issuer_uscc"]) == ("有效", "01", seal.owner.uscc)
    assert _grant(services, seal, issuer).json() == told
    assert issuer.ask("GET", f"/licences/{name}/document").content.startswith(b"%PDF-")
    assert [one["identifier"] for one in issuer.ask("GET", "/licences").json()["items"]] == [name]

    pages = log_in(services, KEEPER, Scope.CA_READ, Scope.LICENCE_READ)
    (shown,) = pages.get(f"/api/v1/enterprises/{USCC}/overview").json()["licences"]
    assert (shown["code"], shown["of"], shown["status_zh"]) == (name, "营业执照", "有效")
    assert name in pages.page(f"/console/enterprises/{USCC}")
    card = Browser(services).page(f"/e/{USCC}")
    assert "营业执照" in card
    assert name not in card

    address = f"/licences/{name}/status"
    assert issuer.ask("POST", address, json={"act": "issue", "reason": "x"}).status_code in {400, 422}
    assert issuer.ask("POST", address, json={"act": "suspend", "reason": " "}).status_code == 422
    stopped = issuer.ask("POST", address, json={"act": "suspend", "reason": "年报未公示"})
    assert stopped.json()["status_zh"] == "暂停"
    assert "暂停" in Browser(services).page(f"/e/{USCC}")
    again = issuer.ask("POST", address, json={"act": "suspend", "reason": "年报未公示"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/licence-act-refused")


def test_others_neither_see_nor_touch_it(services: Services, seal: SealRecord) -> None:
    name = _grant(services, seal, Client(services, KEEPER, *RIGHTS)).json()["identifier"]
    stranger = Client(services, STRANGER, *RIGHTS)
    for path in (f"/licences/{name}", f"/licences/{name}/document", f"/licences?uscc={USCC}"):
        assert stranger.ask("GET", path).status_code == 403
    assert stranger.ask("GET", "/licences").json()["items"] == []
    moved = stranger.ask("POST", f"/licences/{name}/status", json={"act": "revoke", "reason": "x"})
    assert (moved.status_code, moved.json()["type"]) == (403, "/problems/licence-not-the-issuer")
    assert _grant(services, seal, stranger, "two").status_code == 403
    reader = Client(services, KEEPER, Scope.LICENCE_READ)
    assert _grant(services, seal, reader, "three").status_code == 403
    no_seal = Client(services, KEEPER, Scope.LICENCE_ISSUE)
    assert _grant(services, seal, no_seal, "four").status_code == 403
    assert reader.ask("GET", "/licences/1.2.3").status_code == 404


BAD = {"type_code": "x", "holder_uscc": "y", "serial": "ä", "at": "z", "name": "\x00", "version": "0"}


def test_bad_input_names_the_field_and_leaves_nothing(services: Services, seal: SealRecord) -> None:
    issuer = Client(services, KEEPER, *RIGHTS)
    for field, value in BAD.items():
        answer = _grant(services, seal, issuer, field, **{field: value})
        assert answer.status_code in {400, 404, 422}, answer.text
        assert answer.json()["detail"]
    assert services.licences.list() == ()


def test_the_command_grants_and_ends(services: Services, seal: SealRecord, tmp_path: Path) -> None:
    home, run = str(services.settings.home), CliRunner()
    (tmp_path / "in.pdf").write_bytes(blank_pdf(1))
    pin = tmp_path / "pin"
    pin.write_text(keeper_pin(services).reveal())
    pin.chmod(0o600)
    grant = [
        "licence", "issue", str(tmp_path / "in.pdf"), str(tmp_path / "out.pdf"), "--type", "11100000000013338W011",
        "--name", "营业执照", "--number", USCC, "--holder", USCC, "--seal", seal.code, "--at", "1:120,200",
        "--to", "2031-01-01", "--pin-file", str(pin), "--request-key", "k", "--home", home, "--json",
    ]  # fmt: skip
    told = json.loads(run.invoke(app, grant, catch_exceptions=False).stdout)
    assert told["valid_to"] == "2031-01-01T15:59:59Z", "the last day ends at midnight in China"
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF-")
    assert json.loads(run.invoke(app, grant, catch_exceptions=False).stdout) == told
    name = told["identifier"]
    ended = run.invoke(
        app, ["licence", "cancel", name, "--reason", "歇业", "--home", home], catch_exceptions=False
    )
    assert "注销" in ended.stdout
    assert "注销" in run.invoke(app, ["licence", "list", "--home", home], catch_exceptions=False).stdout
