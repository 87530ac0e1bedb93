"""A keeper seals an OFD in the browser (C1, C3): told by its content, drawn as sheets, sealed with the PIN, fetched, verified."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from api.access.scopes import Scope
from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, USCC, enrol_keeper, keeper_pin
from api.services import Services
from hsm.suite import Suite
from seals.seal import SealApplication, SealKind
from signing.containers.certification import FieldLock, LockAction
from tests.ofd_world import document, entries, packed, seal
from tests.unit.api.browsing import Client, log_in
from tests.unit.api.conftest import OPERATOR, Install
from verify.ofd.package import Package

SVG = "{http://www.w3.org/2000/svg}"


def keeper_of(services: Services) -> tuple[Client, str]:
    """Return the browser of a keeper who is logged in, and the code of the seal kept."""
    services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
    certificate = enrol_keeper(services).certificate
    code = services.seals.apply(SealApplication(USCC, SealKind.LEGAL_NAME, KEEPER.id), actor=APPLICANT).code
    services.seals.approve(code, actor=APPROVER, certificate=certificate)
    return log_in(services, KEEPER, Scope.SEAL_READ, Scope.SEAL_USE), code


def dropped(client: Client, octets: bytes, name: str = "合同.ofd") -> Any:
    headers = {"X-File-Name": quote(name), "X-CSRF-Token": client.csrf, "Content-Type": "application/pdf"}
    return client.post("/seal/drafts", content=octets, headers=headers)


def asked(client: Client, address: str, **body: Any) -> Any:
    return client.post(address, json=body, headers={"X-CSRF-Token": client.csrf})


def settled(client: Client, draft: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while (state := client.get(f"{draft}/state").json())["status"] == "sealing":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return dict(state)


def texts(client: Client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in answer.headers["content-security-policy"]
    return [found.text or "" for found in ET.fromstring(answer.content).iter(f"{SVG}text")]


def test_a_keeper_seals_an_ofd_over_its_seam_and_fetches_it(founded: Install) -> None:
    """C3: one signature, a slice on each page; the draft is there after a reload; the answer is shown with it."""
    services = founded(Suite.GM)
    client, code = keeper_of(services)
    draft = dropped(client, document(3)).json()["url"]
    page = client.page(draft)
    assert "/pages/{page}.svg" in page
    assert "OFD 阅读器" in page, "the view is a sketch, and says so"
    assert 'value="seam"' in page
    assert 'value="field"' not in page, "an OFD has no form fields"
    agent = page[page.index('id="by-agent"') :].partition(">")[0]
    assert agent.endswith(" hidden"), "the desk agent signs PDFs alone"
    assert texts(client, f"{draft}/pages/2.svg") == ["合同第2页", "甲方（盖章）"]
    assert client.get(f"{draft}/pages/4.svg").status_code == 422
    spots = asked(client, f"{draft}/places", seal=code, where="seam=right").json()["spots"]
    assert [spot["page"] for spot in spots] == [1, 2, 3]
    found = asked(client, f"{draft}/matches", text="甲方(盖章)").json()
    assert [match["page"] for match in found] == [1, 2, 3]
    refused = asked(client, f"{draft}/places", seal=code, where="field=甲方")
    assert refused.status_code in {404, 422}
    assert "甲方" in refused.json()["zh"]
    pin = keeper_pin(services).reveal()
    assert asked(client, f"{draft}/seal", seal=code, where="seam=right", pin=pin).status_code == 202
    state = settled(client, draft)
    assert state["status"] == "sealed", state
    assert f"{draft}/sealed.ofd" in client.page(draft)
    sealed = client.get(f"{draft}/sealed.ofd")
    assert sealed.headers["content-type"] == "application/ofd"
    assert quote("合同-sealed.ofd") in sealed.headers["content-disposition"]
    assert any(path.endswith("SignedValue.dat") for path in Package(sealed.content).paths)
    slices = ET.fromstring(client.get(f"{draft}/sealed/2.svg").content).findall(f"{SVG}svg")
    assert [float(each.get("width", "0")) for each in slices] == [pytest.approx(42 / 3, abs=0.01)]
    checked = client.get(f"{draft}/check").headers["location"]
    while client.get(f"{checked}/state").json()["status"] == "checking":
        time.sleep(0.02)
    assert "有效" in client.page(checked)
    client.close()


def test_what_cannot_be_sealed_is_refused_at_the_door(founded: Install) -> None:
    """Each refusal says in words what is wrong, and leaves no draft."""
    services = founded()
    client, code = keeper_of(services)
    contract = document(2)
    files = entries(contract)
    torn = packed({name: octets for name, octets in files.items() if "Page_1" not in name})
    for octets, words in (
        (torn, "缺少页面"),
        (contract[: len(contract) // 2], "文件不完整"),
        (packed({"word/document.xml": b"<w/>"}), "不是完好的 OFD"),
        (seal(lock=FieldLock(LockAction.ALL)), "已被锁定"),
    ):
        answer = dropped(client, octets)
        assert answer.status_code in {409, 422}, words
        assert words in answer.json()["zh"]
    assert not list((services.home.folder / "uploads" / "drafts").iterdir())
    draft = dropped(client, contract).json()["url"]
    refused = asked(client, f"{draft}/places", seal=code, where="1:20,20")
    assert refused.status_code == 422
    assert "SM2" in refused.json()["zh"], "the key of this suite is of no use to an OFD: told before the PIN"
    client.close()
