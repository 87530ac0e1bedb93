"""Smart stamps over HTTP and on the command line: the line that a stamp polls, and the acts of people."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.access.scopes import Scope
from api.app import create_app
from api.cli.main import app
from api.demo.main_job import APPLICANT, ENTERPRISE, KEEPER, USCC, approved_seal, enrol_keeper
from api.services import Services
from ca.actor import Actor
from ca.certificate import CertificateRequest, SubjectName
from ca.profile import CHIP_AUTH
from hsm.algorithms import Digest, DigestAlgorithm
from seals.cases.approved import Medium
from seals.cases.case import Attachment, Hand, UseRequest
from seals.devices.events import Accept, Body, Boot, Commit, Picture, Reserve, Sensors
from seals.devices.messages import Request, RequestFor, parse_answer, parse_command, sign_request
from seals.devices.wire import canonical, whole_milliseconds
from seals.seal import SealRecord
from tests.conftest import SteppingClock
from tests.pki import MemorySigner, new_key
from tests.stamp_desk_world import Device
from tests.unit.api.conftest import OPERATOR

FIRST, SECOND = Actor("person:mou.yi", "牟一"), Actor("person:mou.er", "牟二")
DELIVERY = "application/vnd.yinxin.stamp-delivery"
SERIAL = "YXS-0001"


class Office:
    """An installation with a seal in use and a device that is certified, seen over HTTP."""

    def __init__(self, services: Services, clock: SteppingClock) -> None:
        self.services, self.clock = services, clock
        self._transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)
        services.enterprises.register(USCC, ENTERPRISE, actor=APPLICANT)
        self.seal: SealRecord = approved_seal(services, enrol_keeper(services))
        key = new_key()
        request = CertificateRequest(CHIP_AUTH.id, SubjectName(SERIAL), key.public_key())
        self.certificate = services.authority.issue(request, request_key="stamp", actor=FIRST)
        self.device = Device(SERIAL, MemorySigner(key), self.certificate.der, clock)

    def key(self, actor: Actor, *scopes: Scope) -> dict[str, str]:
        made = self.services.api_keys.create(actor, scopes, timedelta(days=1), actor=OPERATOR)
        return {"Authorization": f"Bearer {made.text}"}

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        return asyncio.run(self._ask(method, f"/api/v1/stamps{path}", **given))

    async def _ask(self, method: str, address: str, **given: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://127.0.0.1:8080") as client:
            return await client.request(method, address, **given)

    def token(self, purpose: RequestFor, body: bytes = b"", **changes: Any) -> dict[str, str]:
        digest = str(DigestAlgorithm.SHA256.digest(body)) if body else ""
        parts = {
            "device": SERIAL,
            "purpose": purpose,
            "at": whole_milliseconds(self.clock()),
            "nonce": uuid.uuid4().hex,
            "body": digest,
        }
        jws = sign_request(Request(**{**parts, **changes}), self.device.signer, (self.device.certificate,))
        return {"Stamp-Request": jws}

    def report(self, *bodies: Body) -> httpx.Response:
        body = canonical({"events": [self.device.event(each) for each in bodies], "nonce": "n1"})
        headers = {**self.token(RequestFor.EVENTS, body), "Content-Type": DELIVERY}
        return self.ask("POST", f"/{SERIAL}/events", content=body, headers=headers)

    def mounted(self) -> None:
        manager, second = (self.key(actor, Scope.STAMP_MANAGE, Scope.STAMP_READ) for actor in (FIRST, SECOND))
        wish = {
            "serial": SERIAL,
            "model": "印控一号",
            "uscc": USCC,
            "certificate_serial": f"{self.certificate.serial:x}",
            "operators": [KEEPER.id],
        }
        assert self.ask("POST", "", json=wish, headers=manager).status_code == 201
        asked = self.ask("POST", f"/{SERIAL}/mounting", json={"seal": self.seal.code}, headers=manager)
        assert asked.json()["wanted_seal"] == self.seal.code
        again = self.ask("POST", f"/{SERIAL}/mounting/confirmation", headers=manager)
        assert (again.status_code, again.json()["type"].rsplit("/", 1)[1]) == (409, "stamp-second-person")
        done = self.ask("POST", f"/{SERIAL}/mounting/confirmation", headers=second)
        assert done.json()["status"] == "in_service"

    def case(self) -> str:
        document = Attachment(Digest(DigestAlgorithm.SHA256, bytes(32)), "合同.pdf", 10)
        request = UseRequest(self.seal.code, document, "采购合同", Medium.PHYSICAL)
        hand = Hand(KEEPER, "test")
        opened = self.services.use_desk.open(request, request_key=uuid.uuid4().hex, hand=hand)
        return self.services.use_desk.submit(opened.id, hand=hand).id


@pytest.fixture
def office(services: Services, clock: SteppingClock) -> Office:
    return Office(services, clock)


def test_a_use_from_order_to_picture_over_https_polling(office: Office) -> None:
    """Mission §4: register, mount, order, poll, press, picture; the case is closed with it."""
    office.mounted()
    assert office.report(Boot("1.0", office.seal.code, "")).status_code == 200
    case = office.case()
    keeper = office.key(KEEPER, Scope.SEAL_USE, Scope.STAMP_READ)
    ordered = office.ask("POST", f"/{SERIAL}/orders", json={"case": case}, headers=keeper)
    assert (ordered.status_code, ordered.json()["left"]) == (201, 1)
    polled = office.ask("GET", f"/{SERIAL}/commands", headers=office.token(RequestFor.COMMANDS))
    (jws,) = polled.json()["orders"]
    command = parse_command(jws).command
    picture = b"\xff\xd8 jpeg"
    digest = DigestAlgorithm.SHA256.digest(picture)
    answered = office.report(
        Accept(command.id, command.sequence),
        Reserve("r1", command.id, KEEPER.id, office.seal.code, "", 0),
        Commit("r1", Sensors(shutter=True, impression=60_000), 0),
        Picture("r1", digest, len(picture)),
    )
    answer, _ = parse_answer(answered.json()["answer"])
    assert (answer.number, answer.head, answer.nonce) == (5, office.device.head, "n1")
    headers = {**office.token(RequestFor.PICTURE, picture), "Content-Type": "application/octet-stream"}
    assert (
        office.ask("PUT", f"/{SERIAL}/pictures/{digest}", content=picture, headers=headers).status_code == 204
    )
    shown = office.ask("GET", f"/uses?case={case}", headers=keeper).json()["items"]
    assert [(use["status"], use["picture_zh"]) for use in shown] == [("used", "已同步")]
    kept = office.ask("GET", f"/{SERIAL}/uses/{shown[0]['number']}/picture", headers=keeper)
    assert kept.content == picture
    assert office.services.use_desk.get(case).status.value == "closed"
    assert office.ask("GET", f"/{SERIAL}/proof", headers=keeper).json()["differences"] == []


def test_who_asks_is_proved_and_sees_its_own(office: Office) -> None:
    office.mounted()
    token = office.token(RequestFor.COMMANDS)
    assert office.ask("GET", f"/{SERIAL}/commands", headers=token).status_code == 200
    refused = {
        "again": office.ask("GET", f"/{SERIAL}/commands", headers=token),
        "another stamp": office.ask("GET", "/YXS-0002/commands", headers=office.token(RequestFor.COMMANDS)),
        "another purpose": office.ask("GET", f"/{SERIAL}/commands", headers=office.token(RequestFor.EVENTS)),
        "no body": office.ask(
            "POST",
            f"/{SERIAL}/events",
            content=b"{}",
            headers={**office.token(RequestFor.EVENTS), "Content-Type": DELIVERY},
        ),
    }
    assert {why: found.status_code for why, found in refused.items()} == dict.fromkeys(refused, 401)
    assert office.ask("GET", f"/{SERIAL}/commands").status_code == 422
    # a stamp with a wrong clock gets the time
    wrong = office.clock() - timedelta(days=400)
    token = office.token(RequestFor.TIME, at=whole_milliseconds(wrong))
    found = office.ask("GET", f"/{SERIAL}/time?nonce=abc", headers=token)
    answer, _ = parse_answer(found.json()["answer"])
    assert (answer.time, answer.nonce) == (whole_milliseconds(office.clock()), "abc")
    stranger = office.key(Actor("person:x", "某", "12100000000018032A"), Scope.STAMP_READ, Scope.STAMP_MANAGE)
    assert office.ask("GET", "", headers=stranger).json()["items"] == []
    assert office.ask("GET", f"/{SERIAL}", headers=stranger).status_code == 403
    lock = office.ask("POST", f"/{SERIAL}/unlocking", json={"reason": "x"}, headers=stranger)
    assert lock.status_code == 403


def test_a_lost_stamp_freezes_its_seal(office: Office) -> None:
    """C5: whoever may stop a seal reports the stamp lost in one action; both sides stop."""
    office.mounted()
    keeper = office.key(KEEPER, Scope.SEAL_FREEZE)
    lost = office.ask("POST", f"/{SERIAL}/loss", json={"reason": "出差丢失"}, headers=keeper)
    assert lost.json()["status"] == "lost"
    assert office.services.seals.get(office.seal.code).status.value == "frozen"
    office.services.reconcile(OPERATOR)
    (order,) = office.services.stamps.pending(SERIAL)
    assert order.kind.value == "lock"


def test_the_command_line_shows_and_acknowledges(office: Office) -> None:
    office.mounted()
    office.report(Boot("1.0", "33010699999999", ""))
    home = ["--home", str(office.services.settings.home)]
    run = CliRunner()
    shown = run.invoke(app, ["stamp", "alarms", "--json", *home])
    (alarm,) = json.loads(shown.output)
    assert (alarm["kind"], alarm["stops"]) == ("head_changed", "opened")
    assert run.invoke(app, ["stamp", "ack", str(alarm["id"]), "--note", "已核对", *home]).exit_code == 0
    assert json.loads(run.invoke(app, ["stamp", "alarms", "--json", *home]).output) == []
    listed = json.loads(run.invoke(app, ["stamp", "list", "--json", *home]).output)
    assert [stamp["status"] for stamp in listed] == ["tampered"]
    assert json.loads(run.invoke(app, ["stamp", "prove", SERIAL, *home]).output)["differences"] == []
