"""The console in a real browser: two people enrol a certificate, a chip is stopped and comes back, a job shows progress."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api.demo.main_job import ENTERPRISE, USCC
from tests.conftest import missing
from tests.e2e.browser import CHROMIUM, FLAGS, Served, serving, yinxin

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

CLERK, REVIEWER = "clerk_key", "reviewer_key"
SEAL = "33010600000001"
"""The electronic code of the demonstration's first seal."""
TABS = [
    "",
    "/enrolments",
    "/enrolments/new",
    "/certificates",
    "/chips",
    "/keys",
    "/seals",
    f"/seals/{SEAL}",
    f"/seal-application?uscc={USCC}",
    "/cases",
    "/case-request",
    "/stamps",
    f"/enterprises/{USCC}",
]
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, dict[str, str]]]:
    """Serve a demonstration home with people, a chip, a request and a key centre."""
    with serving(tmp_path_factory.mktemp("console") / "home") as running:
        yield running, json.loads(yinxin("demo-desk", "--json", home=running.home))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        missing("Chromium", "no /usr/bin/chromium; install the package chromium")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def login(browser: Any, desk: tuple[Served, dict[str, str]]) -> Iterator[Open]:
    """Return a function that logs a person in and opens a page; no script may fail."""
    served, told = desk
    faults: list[str] = []
    contexts: list[Any] = []

    def open_page(who: str, path: str, width: int = 1280) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{served.url}/login?next={path}")
        page.fill("#key", told[who])
        page.click(".primary")
        page.wait_for_url(served.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def press(page: Any, selector: str) -> None:
    """Press something that loads the page again or another one."""
    with page.expect_navigation():
        page.click(selector)
    assert page.inner_text("#message") == ""


def test_A2_two_people_enrol_a_pair_and_it_has_one_timeline(
    login: Open, desk: tuple[Served, dict[str, str]]
) -> None:
    """A2, A6: requester ≠ approver, checks, approval over a digest, issue, delivery; the timeline tells all of it."""
    path = f"/console/enrolments/{desk[1]['enrolment']}"
    own = login(CLERK, path)
    assert own.query_selector("form[data-url$=approvals]") is None
    assert own.query_selector("form[data-url$=checks]") is None

    page = login(REVIEWER, path)
    for _ in range(3):
        press(page, ".checklist button >> nth=0")
    page.fill("#comment", "材料齐全")
    press(page, "form[data-url$=approvals] button")
    assert "已批准" in page.inner_text(".desk-head")
    press(page, "form[data-url$=issuance] button")
    assert "已签发" in page.inner_text(".desk-head")
    page.fill("#to", "李伟")
    page.fill("#how", "现场领取")
    press(page, "form[data-url$=delivery] button")
    assert "已交付" in page.inner_text(".desk-head")
    certificates = page.query_selector_all("dd a[href^='/console/certificates/']")
    assert len(certificates) == 2

    press(page, "dd a[href^='/console/certificates/'] >> nth=0")
    steps = page.eval_on_selector_all(".timeline b", "all => all.map(one => one.textContent)")
    assert steps[0] == "申请"
    assert steps[-1] == "交付"
    assert {"批准", "签发"} <= set(steps)
    assert "材料齐全" in page.inner_text(".timeline")


def test_the_page_of_another_scope_says_which_one_it_needs(browser: Any, desk: tuple[Served, Any]) -> None:
    served, _ = desk
    page = browser.new_context(locale="zh-CN").new_page()
    page.goto(f"{served.url}/login?next=/console/chips")
    page.fill("#key", served.api_key)
    page.click(".primary")
    page.wait_for_url(f"{served.url}/console/chips")
    assert "token:read" in page.inner_text("main")
    page.context.close()


def test_A4_a_chip_shows_five_certificates_stops_and_comes_back_by_two(
    login: Open, desk: tuple[Served, dict[str, str]]
) -> None:
    chip = desk[1]["chip"]
    clerk = login(CLERK, "/console/chips")
    contacts = clerk.eval_on_selector_all(".contacts li b", "all => all.map(one => one.textContent)")
    assert contacts[:5] == [
        "执照",
        "银行",
        "社保",
        "公章",
        "税务",
    ]
    clerk.click(f"text={chip}")
    clerk.wait_for_url(f"**/console/chips/{chip}")
    clerk.click("[data-opens=act-suspend]")
    clerk.fill("#reason-suspend", "盘点")
    press(clerk, "#act-suspend .primary")
    assert "已停用" in clerk.inner_text(".desk-head")
    assert clerk.inner_text(".stages").count("已停用") == 6  # the official seal has a pair

    clerk.click("[data-opens=act-request_resume]")
    press(clerk, "#act-request_resume .primary")
    assert clerk.query_selector("[data-opens=act-confirm_resume]") is None

    second = login(REVIEWER, f"/console/chips/{chip}")
    second.click("[data-opens=act-confirm_resume]")
    press(second, "#act-confirm_resume .primary")
    assert "已发放" in second.inner_text(".desk-head")
    assert second.inner_text(".stages").count("有效") == 6
    assert "加密：有效" in second.inner_text(".stages")


def test_A4_I22_a_chip_is_asked_for_approved_by_another_and_made_with_its_steps_in_sight(
    login: Open, desk: tuple[Served, dict[str, str]]
) -> None:
    """The plan waits in sight of both; the steps survive a reload while the chip is made."""
    served, serial = desk[0], "YX-2026-0002"
    yinxin("token", "register", serial, "--uscc", USCC, home=served.home)
    path = f"/console/chips/{serial}"
    clerk = login(CLERK, path)
    press(clerk, "#making form[data-url$=personalisation-request] button")
    assert "计划待审批" in clerk.inner_text("#making")
    assert clerk.eval_on_selector_all("#making-plan li", "all => all.length") == 5
    assert "enterprise-encrypt" in clerk.inner_text("#making-plan")
    assert clerk.query_selector("#making form[data-url$=approvals]") is None
    assert clerk.query_selector("#making form[data-url$='/personalisation']") is None

    reviewer = login(REVIEWER, path)
    press(reviewer, "#making form[data-url$=approvals] button")
    assert "计划已批准" in reviewer.inner_text("#making")

    clerk.reload()
    clerk.click("#making form[data-url$='/personalisation'] button")
    clerk.wait_for_selector("#making-steps li.passed")
    assert clerk.inner_text("#making-steps li >> nth=0").startswith("建立应用并设置 PIN")
    watcher = login(REVIEWER, path)
    watcher.wait_for_function(
        "document.querySelector('#making-steps li.passed') || !document.querySelector('#making')",
        timeout=60_000,
    )
    clerk.wait_for_selector(".desk-head:has-text('已个人化')", timeout=120_000)
    watcher.wait_for_selector(".desk-head:has-text('已个人化')", timeout=30_000)
    assert watcher.eval_on_selector_all(".stages li", "all => all.length") == 5


def test_a_certificate_is_suspended_and_resumed_by_another_with_progress(login: Open) -> None:
    clerk = login(CLERK, "/console/certificates")
    clerk.fill("#q", "杭州测试云印")
    press(clerk, ".filters button")
    clerk.click(".grid a >> nth=0")
    clerk.wait_for_url(re.compile(r"/console/certificates/[0-9a-f]{20,}"))
    address = re.sub(r"^https?://[^/]+", "", clerk.url)
    clerk.click("[data-opens=act-suspension]")
    clerk.fill("#text-suspension", "核查")
    press(clerk, "#act-suspension .primary")
    clerk.wait_for_selector("#job:not([data-running=yes])")
    clerk.wait_for_selector("#job-done:text-is('1')")
    clerk.goto(clerk.url.split("/console")[0] + address)
    assert "已停用" in clerk.inner_text(".desk-head")
    clerk.click("[data-opens=act-resumption]")
    press(clerk, "#act-resumption .primary")
    assert "等待审批" in clerk.inner_text(".desk-head")
    job = re.sub(r"^https?://[^/]+", "", clerk.url)

    reviewer = login(REVIEWER, job)
    press(reviewer, "form[data-url$=approvals] button")
    reviewer.wait_for_selector("text=已完成")
    reviewer.goto(reviewer.url.split("/console")[0] + address)
    assert "有效" in reviewer.inner_text(".desk-head")


def test_the_key_centre_shows_pool_and_custodians(login: Open) -> None:
    page = login(CLERK, "/console/keys")
    assert page.eval_on_selector_all(".columns .documents b", "all => all.length") == 4
    page.fill("[name=target]", "6")
    press(page, "form[data-url$=pool] button")
    assert "6" in page.inner_text(".grid tbody")


def until(page: Any, condition: str, seconds: float = 60) -> None:
    """Wait for a condition of the page, asked from outside: the pages' policy lets nothing in them evaluate a text."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        time.sleep(0.05)


def test_B1_the_picture_of_a_seal_follows_its_application(login: Open) -> None:
    """At true size, with 未备案 across it; a text that no such seal bears is told while it is typed."""
    page = login(CLERK, f"/console/seal-application?uscc={USCC}")
    size = "document.getElementById('preview').getBoundingClientRect().width"
    shown = "document.getElementById('preview').naturalWidth"
    until(page, f"{shown} > 0")
    before = page.get_attribute("#preview", "src")
    page.select_option("#kind", "99")
    assert page.is_visible("#line")
    page.fill("#line", "项目专用章")
    until(page, "document.getElementById('preview').src.includes('kind=99')")
    until(page, f"{shown} > 0")
    assert page.get_attribute("#preview", "src") != before
    assert abs(page.evaluate(size) - 42 * 96 / 25.4 - 2 * 4 * 96 / 25.4) < 4, "42 mm, and its white"
    page.select_option("#kind", "05")
    until(page, "document.getElementById('preview-fault').textContent !== ''")
    until(page, "document.getElementById('preview').hidden")
    page.fill("#person", "张伟")
    until(page, "!document.getElementById('preview').hidden")


def test_B4_B6_a_seal_is_stopped_with_scripts_off_and_the_public_page_shows_it(
    browser: Any, login: Open, desk: tuple[Served, dict[str, str]]
) -> None:
    served = desk[0]
    clerk = login(CLERK, f"/console/seals/{SEAL}")
    plain = browser.new_context(locale="zh-CN", java_script_enabled=False)
    plain.add_cookies(clerk.context.cookies())
    page = plain.new_page()
    page.goto(f"{served.url}/s/{SEAL}")
    assert page.inner_text("#state-word") == "启用"
    page.goto(f"{served.url}/console/seals/{SEAL}")
    page.click(".act.danger summary")
    assert "智能印章收到锁定指令" in page.inner_text(".act.danger")
    page.fill("#reason-freeze", "盘点时未找到")
    with page.expect_navigation():
        page.click(".act.danger .button.danger")
    assert "挂失" in page.inner_text(".desk-head")
    page.goto(f"{served.url}/s/{SEAL}")
    assert page.inner_text("#state-word") == "挂失"
    assert "li.wei" not in page.content()
    page.goto(f"{served.url}/console/seals/{SEAL}")
    page.click("details:has(form[action$=request_resume]) summary")
    with page.expect_navigation():
        page.click("form[action$=request_resume] button")
    page.context.close()
    second = login(REVIEWER, f"/console/seals/{SEAL}")
    second.click("details:has(form[action$=confirm_resume]) summary")
    second.click("form[action$=confirm_resume] button")
    second.wait_for_selector(".desk-head:has-text('启用')")


@pytest.mark.parametrize("width", [390, 1280])
def test_no_public_page_is_wider_than_the_window_and_all_speak_english(
    browser: Any, desk: tuple[Served, dict[str, str]], width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, locale="zh-CN")
    for path in ("/s", f"/s/{SEAL}", "/s/99999999999999", f"/e/{USCC}"):
        page.goto(f"{desk[0].url}{path}?lang=en")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        labels = page.eval_on_selector_all(
            "h1, h2, dt, label, button, .actions a", "all => all.map(one => one.textContent)"
        )
        assert [t for t in labels if re.search(r"[\u4e00-\u9fff]", t) and ENTERPRISE not in t] == [], path
    page.close()


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_page_is_wider_than_the_window(login: Open, desk: tuple[Served, Any], width: int) -> None:
    page = login(CLERK, "/console", width)
    wide = {}
    for tab in TABS:
        page.goto(f"{desk[0].url}/console{tab}")
        wide[tab] = page.evaluate("document.documentElement.scrollWidth")
    assert {tab: found for tab, found in wide.items() if found > width} == {}


def test_the_english_pages_are_english(login: Open, desk: tuple[Served, Any]) -> None:
    page = login(CLERK, "/console")
    chinese = {}
    for tab in TABS:
        page.goto(f"{desk[0].url}/console{tab}{'&' if '?' in tab else '?'}lang=en")
        labels = page.eval_on_selector_all(
            "h1, h2, th, label, summary, .tabs a, button", "all => all.map(one => one.textContent)"
        )
        named = [text for text in labels if re.search(r"[\u4e00-\u9fff]", text) and ENTERPRISE not in text]
        chinese[tab] = named
    assert {tab: found for tab, found in chinese.items() if found} == {}
