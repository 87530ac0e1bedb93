"""The console's pages of seals, engraving, filing and uses: sent as plain forms, refused where the interface refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.access.scopes import Scope
from api.demo.main_job import (
    APPLICANT,
    APPROVER,
    ENTERPRISE,
    KEEPER,
    OPERATOR,
    USCC,
    approved_seal,
    enrol_keeper,
)
from api.pages.console.frame import TABS
from api.pages.console.stamps import _use
from api.services import Services
from ca.actor import Actor
from ca.uscc import check_character
from seals.devices.stamp import UseRecord
from seals.devices.state import PictureStatus, UseStatus
from seals.filing.job import JobQuery, NewShop
from seals.seal import SealApplication, SealKind, SealQuery, SealRecord
from tests.conftest import SteppingClock
from tests.imprint_world import photograph
from tests.unit.api.browsing import Client, log_in, told

OFFICER = Actor("person:qian.ju", "钱局")
SHOP = "91330106MA2XKEY00"
SHOP += check_character(SHOP)
ENGRAVER = Actor("person:wu.gang", "吴刚", SHOP)
OTHER = "91330106MA2CYTHR0"
OTHER += check_character(OTHER)
STRANGER = Actor("person:ma.yi", "马一", OTHER)
SEALS = (Scope.SEAL_READ, Scope.SEAL_APPLY, Scope.SEAL_APPROVE, Scope.SEAL_FREEZE, Scope.SEAL_REVOKE)


@pytest.fixture
def seal(services: Services) -> SealRecord:
    services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
    return approved_seal(services, enrol_keeper(services))


def goes_to(answer: httpx.Response) -> str:
    assert answer.status_code == 303, (answer.status_code, told(answer), answer.text[:300])
    return answer.headers["location"]


def test_B4_lost_with_one_button_and_back_by_two(services: Services, seal: SealRecord) -> None:
    keeper = log_in(services, KEEPER, *SEALS)
    address = f"/console/seals/{seal.code}"
    page = keeper.page(address)
    for word in (
        "一键挂失",
        "实物印章",
        "电子印章",
        "智能印章收到锁定指令",
        seal.physical.code,
        f"{address}/picture.svg",
    ):
        assert word in page
    assert "<dialog" not in page
    assert keeper.get(f"{address}/picture.svg").headers["content-type"] == "image/svg+xml"
    assert goes_to(keeper.send(f"{address}/freeze", reason="遗失")) == address
    assert services.seals.get(seal.code).status == "frozen"
    assert f'{KEEPER.name} 办理 · <span class="code">{KEEPER.id}</span>' in keeper.page(address)
    assert "已挂失，实物与电子同时停用" in keeper.page(address)

    assert goes_to(keeper.send(f"{address}/request_resume", reason="找到了")) == address
    assert f"{address}/confirm_resume" not in keeper.page(address)
    refused = keeper.send(f"{address}/confirm_resume")
    assert (refused.status_code, "由另一人完成" in told(refused)) == (409, True)
    second = log_in(services, APPROVER, Scope.SEAL_READ, Scope.SEAL_APPROVE)
    assert f"{address}/confirm_resume" in second.page(address)
    goes_to(second.send(f"{address}/confirm_resume"))
    assert services.seals.get(seal.code).status == "active"


def test_I22_keeping_is_handed_over_on_the_page(services: Services, seal: SealRecord) -> None:
    """The keeper asks, another confirms, the former keeper lays the office down; nobody is offered what is not theirs."""
    keeper = log_in(services, KEEPER, Scope.SEAL_READ, Scope.SEAL_USE)
    second = log_in(services, APPROVER, Scope.SEAL_READ, Scope.SEAL_APPROVE)
    address = f"/console/seals/{seal.code}"
    assert f"{address}/keepers/request" not in second.page(address)
    refused = second.send(f"{address}/keepers/request", keeper="person:zhao.lei")
    assert refused.status_code == 403
    assert keeper.send(f"{address}/keepers/request", keeper="zhao.lei").status_code == 422
    wish = {"keeper": "person:zhao.lei", "principal": "yes", "reason": "岗位调整"}
    assert f"{address}/keepers/request" in keeper.page(address)
    assert goes_to(keeper.send(f"{address}/keepers/request", **wish)) == address
    assert "等待另一人确认" in keeper.page(address)
    assert f"{address}/change_keeper" not in keeper.page(address)
    assert f"{address}/change_keeper" in second.page(address)
    goes_to(second.send(f"{address}/change_keeper"))
    assert services.seals.get(seal.code).keeper == "person:zhao.lei"
    refused = second.send(f"{address}/keepers/removal", keeper=KEEPER.id, reason="已交接")
    assert refused.status_code == 403
    goes_to(keeper.send(f"{address}/keepers/removal", keeper=KEEPER.id, reason="已交接"))
    assert services.seals.get(seal.code).keepers == ("person:zhao.lei",)
    page = second.page(address)
    assert "撤销保管人" in page
    assert f"{KEEPER.id}：已交接" in page
    assert f"{address}/keepers/request" not in keeper.page(address)


def test_a_form_of_another_site_or_without_the_right_changes_nothing(
    services: Services, seal: SealRecord
) -> None:
    keeper, address = log_in(services, KEEPER, *SEALS), f"/console/seals/{seal.code}"
    forged = keeper.send(f"{address}/freeze", csrf="0" * 64, reason="遗失")
    assert (forged.status_code, "其他网站" in told(forged)) == (403, True)
    reader = log_in(services, KEEPER, Scope.SEAL_READ)
    assert "一键挂失" not in reader.page(address)
    assert reader.send(f"{address}/freeze", reason="遗失").status_code == 403
    stranger = log_in(services, STRANGER, *SEALS)
    assert stranger.get(address).status_code == 403
    assert stranger.send(f"{address}/freeze", reason="遗失").status_code == 403
    assert Client(services, csrf="x").send(f"{address}/freeze", reason="遗失").status_code == 401
    assert keeper.send(f"{address}/freeze").status_code in {400, 409, 422}, "a reason is needed"
    assert keeper.send(f"{address}/explode").status_code == 404
    assert services.seals.get(seal.code).status == "active"
    assert keeper.get("/console/seals/99999999999999").status_code == 410


def test_B1_an_application_shows_its_picture_and_is_recorded(services: Services, seal: SealRecord) -> None:
    clerk = log_in(services, APPLICANT, *SEALS)
    page = clerk.page("/console/seal-application", params={"kind": "99", "line": "项目专用章"})
    assert ENTERPRISE in page
    assert 'value="项目专用章"' in page
    query = {"uscc": USCC, "kind": "99", "line": "项目专用章", "template": "round-40"}
    drawn = clerk.get("/console/seal-application/preview.svg", params=query)
    assert (drawn.headers["content-type"], 'width="40mm"' in drawn.text) == ("image/svg+xml", True)
    unfit = clerk.get("/console/seal-application/preview.svg", params=query | {"line": "一" * 40})
    assert unfit.status_code == 422
    foreign = clerk.get("/console/seal-application/preview.svg", params=query | {"uscc": OTHER})
    assert foreign.status_code == 403

    made = goes_to(
        clerk.send("/console/seal-application", uscc=USCC, kind="99", keeper=KEEPER.id, line="项目专用章")
    )
    record = services.seals.get(made.rpartition("/")[2])
    assert (record.line, record.status, record.applicant) == ("项目专用章", "applied", APPLICANT.id)
    assert "项目专用章" in clerk.page(made)
    assert record.name in clerk.page("/console/seals?status=applied")
    assert (
        clerk.get(f"/console/seals?q={seal.physical.code}").headers["location"].endswith(seal.physical.code)
    )


def test_B5_a_change_of_name_applies_for_each_seal_anew(services: Services, seal: SealRecord) -> None:
    address = f"/console/enterprises/{USCC}"
    clerk = log_in(services, APPLICANT, Scope.CA_READ, Scope.CA_ISSUE, Scope.SEAL_READ)
    assert "变更名称" in clerk.page(address)
    assert goes_to(clerk.send(f"{address}/name", name="杭州新名科技有限公司")) == address
    page = clerk.page(address)
    assert ENTERPRISE in page
    assert "杭州新名科技有限公司" in page
    pending = [one for one in services.seals.list(SealQuery(uscc=USCC)).records if one.predecessor]
    assert [(one.predecessor, one.owner.name) for one in pending] == [(seal.code, "杭州新名科技有限公司")]
    reader = log_in(services, KEEPER, Scope.CA_READ)
    assert "变更名称" not in reader.page(address)
    assert reader.send(f"{address}/name", name="别名有限公司").status_code == 403


def test_E1_one_answer_for_an_enterprise_and_only_what_the_key_may_see(
    services: Services, seal: SealRecord
) -> None:
    everything = log_in(
        services,
        KEEPER,
        Scope.CA_READ,
        Scope.SEAL_READ,
        Scope.TOKEN_READ,
        Scope.CASE_REQUEST,
        Scope.STAMP_READ,
    )
    address = f"/api/v1/enterprises/{USCC}/overview"
    found = everything.get(address).json()
    assert [(one["code"], one["status_zh"]) for one in found["seals"]] == [(seal.code, "启用")]
    assert found["certificates"][0]["status_zh"] == "有效"
    assert (found["chips"], found["stamps"], found["cases"]["total"]) == ([], [], 0)
    assert found["card"] == f"http://127.0.0.1:8080/e/{USCC}"
    page = everything.page(f"/console/enterprises/{USCC}")
    assert f"/e/{USCC}/qr.svg" in page
    assert everything.get("/console/enterprises").headers["location"] == f"/console/enterprises/{USCC}"
    little = log_in(services, KEEPER, Scope.CA_READ).get(address).json()
    assert (little["seals"], little["chips"], little["stamps"], little["cases"]) == (None,) * 4
    assert log_in(services, STRANGER, Scope.CA_READ).get(address).status_code == 403
    services.seals.freeze(seal.code, actor=KEEPER, reason="遗失")
    assert everything.get(address).json()["seals"][0]["status_zh"] == "挂失"


@pytest.fixture
def ordered(services: Services, seal: SealRecord) -> dict[str, Any]:
    """Order a contract seal from a shop by the officer's form."""
    services.filing.shops.register(NewShop(SHOP, "西湖刻章", "330106", "浙公特刻字0001号"), actor=OFFICER)
    wish = SealApplication(USCC, SealKind.CONTRACT, KEEPER.id, engrave=True)
    record = services.seals.apply(wish, actor=APPLICANT)
    officer = log_in(services, OFFICER, Scope.SEAL_APPROVE, Scope.SEAL_FILE, Scope.SEAL_READ)
    assert "准予刻制" in officer.page(f"/console/seals/{record.code}")
    goes_to(officer.send(f"/console/seals/{record.code}/order", shop=SHOP))
    (job,) = services.filing.office.list(JobQuery(seal=record.code)).items
    return {"job": job.id, "seal": record.code, "officer": officer}


def test_B2_B3_the_engraver_works_through_the_steps(services: Services, ordered: dict[str, Any]) -> None:
    job, officer = ordered["job"], ordered["officer"]
    shop = log_in(services, ENGRAVER, Scope.SEAL_ENGRAVE)
    address = f"/console/workshop/{job}"
    assert f'href="{address}"' in shop.page("/console/workshop")
    goes_to(shop.send(f"{address}/take"))
    picture = services.filing.office.approved_picture(job, actor=ENGRAVER)
    assert shop.get(f"{address}/approved.svg").text == picture.svg()
    assert f"{address}/make" not in shop.page(address), "no seal is made before its imprint was compared"

    bomb = shop.send(f"{address}/imprint", files={"scan": ("x.png", b"no picture", "image/png")})
    assert (bomb.status_code, bool(told(bomb))) == (422, True)
    scan = photograph(picture)
    goes_to(shop.send(f"{address}/imprint", files={"scan": ("scan.jpg", scan, "image/jpeg")}))
    page = shop.page(address)
    assert "印模与备案图样一致" in page
    assert f'{ENGRAVER.name} 办理 · <span class="code">{ENGRAVER.id}</span>' in page
    assert f"{address}/overlay-1.png" in page
    assert shop.get(f"{address}/overlay-1.png").content.startswith(b"\x89PNG")
    goes_to(shop.send(f"{address}/make"))
    assert services.seals.get(ordered["seal"]).status == "made"

    keeper = log_in(services, KEEPER, *SEALS, Scope.SEAL_ENGRAVE)
    assert keeper.get(f"{address}/approved.svg").status_code == 404, "the owner gets no clean picture (B6)"
    assert keeper.get(f"{address}/overlay-1.png").status_code == 404
    assert officer.get(f"/console/filing/{job}/approved.svg").status_code == 200
    assert "备案决定" not in officer.page(f"/console/filing/{job}"), (
        "nothing is filed before it was delivered"
    )
    assert officer.send(f"/console/filing/{job}/return", code="R01", reason="不清").status_code == 409
    assert shop.get("/console/filing").status_code == 403


def test_C5_a_use_waits_for_another_person_in_three_lanes(services: Services, seal: SealRecord) -> None:
    finance = services.seals.apply(SealApplication(USCC, SealKind.FINANCE, KEEPER.id), actor=APPLICANT)
    bound = services.enrolment.latest(USCC)
    services.seals.approve(finance.code, actor=APPROVER, certificate=bound)
    asker = log_in(services, KEEPER, Scope.CASE_REQUEST, Scope.CASE_APPROVE, Scope.SEAL_READ)
    given = {
        "key": "k1",
        "seal": finance.code,
        "title": "付款申请",
        "medium": "electronic",
        "copies": "1",
        "amount": "5000",
    }
    made = goes_to(
        asker.send("/console/case-request", files={"file": ("付款.txt", b"5000", "text/plain")}, **given)
    )
    page = asker.page(made)
    for word in ("制度流", "业务流", "责任流", "付款申请", "审批中", "5,000 元", KEEPER.id):
        assert word in page
    assert "签名同意" not in page, "nobody approves a request of their own"
    assert "没有待办事项" in asker.page("/console/cases")

    approver = log_in(services, APPROVER, Scope.CASE_APPROVE, Scope.CA_READ)
    assert "付款申请" in approver.page("/console/cases").partition("全部事项")[0]
    assert "付款申请" in approver.page("/console")
    assert "签名同意" in approver.page(made)
    unsigned = approver.send(f"{made}/approval", content="0" * 64)
    assert unsigned.status_code in {403, 409, 422}
    goes_to(approver.send(f"{made}/reject", reason="金额不符"))
    assert "金额不符" in asker.page(made)
    assert log_in(services, STRANGER, Scope.CASE_APPROVE).get(made).status_code == 403


def test_a_picture_over_its_time_is_red(services: Services, clock: SteppingClock) -> None:
    """Mission §4: 已同步, 同步中, 缺失; over 24 hours it turns red."""
    now = clock()
    use = UseRecord(
        "YXS-1", 3, "r", "o", "c", "3" * 14, KEEPER.id, UseStatus.USED, now, now, now, "", None,
        PictureStatus.AWAITED, None, 0, now + timedelta(hours=24),
    )  # fmt: skip

    class Here:
        doors = services

    assert _use(Here(), use)["picture_tone"] == "indeterminate"  # type: ignore[arg-type]
    clock.advance(timedelta(hours=24, seconds=1))
    assert _use(Here(), use)["picture_tone"] == "failed"  # type: ignore[arg-type]
    here = replace(use, picture=PictureStatus.HERE)
    assert _use(Here(), here)["picture_tone"] == "passed"  # type: ignore[arg-type]
    board = log_in(services, OFFICER, Scope.STAMP_READ).page("/console/stamps")
    assert "还没有登记智能印章" in board


def test_every_tab_says_which_right_it_needs(services: Services) -> None:
    nobody = log_in(services, OFFICER, Scope.LICENCE_READ)
    for tab in TABS:
        answer = nobody.get(tab.url)
        assert (answer.status_code, tab.scopes[0].value in answer.text) == (403, True), tab.key


def test_the_console_begins_where_work_waits_and_no_refusal_is_a_dead_end(services: Services) -> None:
    for scopes, first in (
        ((Scope.SEAL_READ, Scope.SEAL_FILE), "/console/filing"),
        ((Scope.SEAL_READ, Scope.CASE_APPROVE), "/console/cases"),
        ((Scope.SEAL_READ, Scope.STAMP_READ), "/console/seals"),
    ):
        assert goes_to(log_in(services, OFFICER, *scopes).get("/console")) == first
    refused = log_in(services, OFFICER, Scope.SEAL_READ, Scope.STAMP_READ).get("/console/filing")
    assert refused.status_code == 403
    assert 'href="/console/seals"' in refused.text
    assert 'href="/console/stamps"' in refused.text
    assert 'href="/console/filing"' not in refused.text
