"""The two pages in a real browser, on the real service: a person drops a file and reads the answer; a keeper seals.

Nothing is stubbed: ``yinxin demo`` made the home, ``yinxin serve`` serves it, Chromium looks at it, and what comes out is
checked by ``python -m verify``.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing
from tests.e2e.browser import CHROMIUM, FLAGS, PLAIN, UPLOAD_LIMIT, Served, serving, yinxin

pytestmark = pytest.mark.browser

sync_api = pytest.importorskip("playwright.sync_api")
Page = sync_api.Page
expect = sync_api.expect
PlaywrightTimeout = sync_api.TimeoutError
expect.set_options(timeout=20_000)  # a loaded machine is slow, not wrong
WIDTHS = (320, 360, 390, 600, 768, 999, 1000, 1366, 1440)
TRIES = 5
LAPTOP, PHONE = (1366, 900), (390, 844)
MEANT = re.compile(r"status of (401|403|404|409|410|413|422)|ERR_CONNECTION|ERR_CONTENT_LENGTH_MISMATCH")
"""Refusals that a test asks for, and what a browser says of a service that dies in the middle of an answer."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("pages") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        missing("Chromium", "no /usr/bin/chromium; install the package chromium")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield launched
        launched.close()


Visit = Callable[..., Any]


@pytest.fixture
def visit(browser: Any, pages: Served) -> Iterator[Visit]:
    """Return a function that opens a page; at the end no script may have failed and no policy been broken."""
    faults: list[str] = []
    contexts: list[Any] = []

    def open_page(path: str, size: tuple[int, int] = LAPTOP, *, touch: bool = False) -> Any:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, has_touch=touch, is_mobile=touch
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda said: (
                faults.append(said.text) if said.type == "error" and not MEANT.search(said.text) else None
            ),
        )
        page.goto(pages.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def _pdf(data: bytes, name: str = "合同.pdf") -> dict[str, Any]:
    return {"name": name, "mimeType": "application/pdf", "buffer": data}


def _drop(page: Any, data: bytes, name: str = "合同.pdf") -> None:
    """Give a file to the verify page and wait for the card."""
    page.set_input_files("#file", _pdf(data, name))
    page.wait_for_url("**/verify/r/*")
    expect(page.locator("#verdict-word")).to_be_visible(timeout=30_000)


def _tampered(sealed: bytes) -> bytes:
    """Flip one bit of the comment that follows the header: nothing that is seen changes."""
    data = bytearray(sealed)
    data[data.index(b"%", 5) + 2] ^= 1
    return bytes(data)


def _log_in(page: Any, key: str) -> None:
    page.fill("#key", key)
    page.keyboard.press("Enter")


def _start_draft(page: Any, pages: Served, data: bytes | None = None, name: str = "合同.pdf") -> None:
    """Log in, upload, and wait until the seal lies on the page."""
    _log_in(page, pages.api_key)
    expect(page.locator("#drop")).to_be_visible()
    page.set_input_files("#file", _pdf(PLAIN.read_bytes() if data is None else data, name))
    page.wait_for_url("**/seal/d/*")
    expect(page.locator(".stamp")).to_be_visible()


def _place(page: Any) -> tuple[float, float]:
    return float(page.input_value("#x")), float(page.input_value("#y"))


def _confirm(page: Any, pin: str) -> None:
    page.click("#to-confirm")
    page.fill("#pin", pin)
    page.keyboard.press("Enter")


def _download(page: Any, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.click("a[download]")
    target = folder / "sealed.pdf"
    waiting.value.save_as(target)
    return target


def _verified(pages: Served, document: Path) -> dict[str, Any]:
    """Verify as an auditor does: alone, offline, with the published trust folder."""
    command = [sys.executable, "-m", "verify", document, "--trust", pages.demo["trust"], "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout)["documents"][0])


# ── verify ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sealed_file_gets_one_word_and_then_the_reasons(visit: Visit, pages: Served) -> None:
    """D1: one word first, then who, which seal, when, changed or not, then and now; the seal marked on its page."""
    page = visit("/")
    _drop(page, pages.sealed, "盖章合同.pdf")
    expect(page).to_have_title(re.compile("有效 · 盖章合同.pdf"))
    expect(page.locator("#verdict-word")).to_have_text("有效")
    card = page.locator("#signature-1")
    for words in (
        "杭州测试云印科技有限公司",
        "91330106MA2CYNTX07",
        pages.demo["seal_code"],
        "可信时间戳",
        "盖章后未改动",
    ):
        expect(card).to_contain_text(words)
    assert card.locator(".then-now .state.passed").count() == 4
    expect(page.locator(".notice").first).to_have_text("演示证书，不具法律效力")


def test_the_seal_is_marked_where_the_report_says(visit: Visit, pages: Served) -> None:
    page = visit("/verify")
    _drop(page, pages.sealed)
    with page.expect_download() as waiting:
        page.click("a[download]")
    report = json.loads(Path(waiting.value.path()).read_text("utf-8"))["documents"][0]
    assert report["verdict"] == "passed"
    place = report["signatures"][0]["placement"]
    expect(page.locator("#page-number")).to_have_value(str(place["page"]))
    leaf, mark = page.locator(".leaf").bounding_box(), page.locator(".mark").bounding_box()
    width_mm, _ = json.loads(page.get_attribute("#viewer", "data-pages"))[place["page"] - 1]
    scale = leaf["width"] / width_mm
    centre = [
        (mark["x"] - leaf["x"] + mark["width"] / 2) / scale,
        (mark["y"] - leaf["y"] + mark["height"] / 2) / scale,
    ]
    x, y, width, height = place["box"]
    assert centre == pytest.approx([x + width / 2, y + height / 2], abs=0.6)
    assert mark["width"] / scale == pytest.approx(width + 3, abs=1)


def test_pages_can_be_leafed_through_and_zoomed(visit: Visit, pages: Served) -> None:
    page = visit("/verify")
    _drop(page, pages.sealed)
    expect(page.locator("#page-number")).to_have_value("3")
    page.click('[data-do="previous"]')
    expect(page.locator("#page-number")).to_have_value("2")
    expect(page.locator(".mark")).to_have_count(0)
    picture = page.locator(".leaf > img")
    expect(picture).to_have_attribute("alt", "第 2 页的图像")
    expect(picture).to_have_js_property("complete", True, timeout=20_000)
    assert picture.evaluate("image => image.naturalWidth") >= 900
    page.click('[data-do="true-size"]')
    expect(page.locator(".percent")).to_have_text("100 %")
    assert page.locator(".leaf").bounding_box()["width"] == pytest.approx(210 * 96 / 25.4, abs=2)
    page.click('[data-show="1"]')
    expect(page.locator("#page-number")).to_have_value("3")
    expect(page.locator(".mark")).to_be_in_viewport()


def test_one_flipped_bit_is_invalid(visit: Visit, pages: Served) -> None:
    page = visit("/verify")
    _drop(page, _tampered(pages.sealed))
    expect(page.locator("#verdict-word")).to_have_text("无效")
    expect(page.locator("#signature-1")).to_contain_text("盖章后已改动")
    assert page.locator(".verdict.failed path").count() > 0, "a shape, not colour alone"


def test_a_file_without_a_seal_is_never_green(visit: Visit) -> None:
    """D2: what proves nothing is indeterminate."""
    page = visit("/verify")
    _drop(page, PLAIN.read_bytes())
    expect(page.locator("#verdict-word")).to_have_text("无法判定")
    assert page.locator(".passed").count() == 0


@pytest.mark.parametrize(
    "data", [b"GIF89a, a picture", b"%PDF-1.7\n%cut off"], ids=["not a PDF", "truncated"]
)
def test_what_is_not_a_readable_pdf_is_said_so(visit: Visit, data: bytes) -> None:
    page = visit("/verify?lang=en")
    _drop(page, data, "photo.pdf")
    expect(page.locator("#verdict-word")).to_have_text("Unreadable")
    expect(page.locator("#reason")).to_contain_text("PDF")
    expect(page.locator("#viewer")).to_have_count(0)


def test_a_result_survives_a_reload_and_is_gone_when_deleted(visit: Visit, pages: Served) -> None:
    page = visit("/verify")
    _drop(page, pages.sealed)
    address = page.url
    page.reload()
    expect(page.locator("#verdict-word")).to_have_text("有效")
    page.click("#remove")
    page.wait_for_url("**/verify")
    page.goto(address)
    expect(page.locator("h1")).to_have_text("这份核验结果已经过期或被删除。")


def test_the_drop_zone_takes_a_dragged_file(visit: Visit, pages: Served) -> None:
    page = visit("/verify")
    octets = list(pages.sealed)
    page.evaluate(
        """octets => {
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(octets)], "拖入.pdf", { type: "application/pdf" }));
            for (const kind of ["dragenter", "dragover", "drop"]) {
                const target = document.getElementById("drop");
                target.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
            }
        }""",
        octets,
    )
    expect(page.locator("#verdict-word")).to_have_text("有效", timeout=30_000)


def test_the_drop_zone_opens_by_keyboard(visit: Visit, pages: Served) -> None:
    page = visit("/verify")
    for attempt in range(TRIES):
        try:  # Playwright tells Chromium in the background that it takes the choosers: the first may come too early
            with page.expect_file_chooser(timeout=3_000) as asked:
                page.focus("#drop")
                page.keyboard.press("Enter")
            break
        except PlaywrightTimeout:
            assert attempt < TRIES - 1, "no file chooser opens"
    asked.value.set_files(_pdf(pages.sealed))
    expect(page.locator("#verdict-word")).to_have_text("有效", timeout=30_000)


def test_a_file_over_the_limit_is_refused_with_the_limit(visit: Visit, pages: Served) -> None:
    page = visit("/verify")
    page.set_input_files("#file", _pdf(b"%PDF-1.7" + bytes(UPLOAD_LIMIT)))
    expect(page.locator("#message")).to_contain_text("上限 2.9 MB")
    expect(page.locator("#drop")).to_be_visible()
    page.evaluate(
        "document.querySelector('meta[name=limit]').content = '1e12'"
    )  # the service checks for itself
    told = page.evaluate(
        "size => fetch('/verify/files', {method: 'POST', body: new Uint8Array(size)}).then(a => a.json())",
        UPLOAD_LIMIT + 100_000,
    )
    assert (told["status"], told["limit"]) == (413, UPLOAD_LIMIT)
    assert str(UPLOAD_LIMIT) in told["zh"]


def test_an_encrypted_file_is_verified_with_its_password(visit: Visit, tmp_path: Path, pages: Served) -> None:
    page = visit("/verify")
    _drop(page, _encrypted(tmp_path, "open-sesame"), "加密.pdf")
    expect(page.locator("#verdict-word")).to_have_text("无法读取")
    _give_password(page, "wrong")
    expect(page.locator("#password-form")).to_contain_text("口令不对", timeout=30_000)
    _give_password(page, "open-sesame")
    expect(page.locator("#verdict-word")).to_have_text("无法判定", timeout=30_000)
    expect(page.locator(".leaf > img")).to_have_attribute("alt", "第 1 页的图像")


def _encrypted(folder: Path, password: str) -> bytes:
    target = folder / "encrypted.pdf"
    command = ["qpdf", "--encrypt", password, "owner", "256", "--"]
    try:
        subprocess.run([*command, PLAIN, target], check=True)
    except FileNotFoundError:
        missing("qpdf", "the package qpdf encrypts a file for this test")
    return target.read_bytes()


def test_english_is_complete_and_remembered(visit: Visit, pages: Served) -> None:
    page = visit("/verify")
    assert page.get_attribute("html", "lang") == "zh-CN"
    page.click("text=English")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(f"{pages.url}/verify")
    expect(page.locator("h1")).to_have_text("Is the seal on this file genuine?")
    _drop(page, pages.sealed, "contract.pdf")
    expect(page.locator("#verdict-word")).to_have_text("Valid")
    own = page.evaluate("document.body.innerText")
    for ours in ("有效", "盖章", "证书", "印章状态", "上一页"):
        assert ours not in own.replace("演示证书", ""), ours


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_sticks_out_at_any_width(visit: Visit, pages: Served, language: str) -> None:
    page = visit(f"/verify?lang={language}")
    assert _too_wide(page) == []
    _drop(page, pages.sealed, "一个名字特别特别长的合同文件名" * 6 + ".pdf")
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert _too_wide(page) == []
    page.goto(f"{pages.url}/seal")
    assert _too_wide(page) == []
    _start_draft(page, pages, name="a-name-without-a-single-place-to-break-" * 4 + ".pdf")
    assert _too_wide(page) == []
    page.click("#to-confirm")
    assert _too_wide(page) == []


def _too_wide(page: Any) -> list[int]:
    """Return the window widths at which the page is wider than its window, once its scripts have laid it out anew."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        try:
            page.wait_for_function(
                f"innerWidth === {width} && document.documentElement.scrollWidth <= innerWidth", timeout=5_000
            )
        except PlaywrightTimeout:
            found.append(width)
    page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
    return found


def test_the_pages_keep_their_own_policy(visit: Visit) -> None:
    page = visit("/verify")
    policy = page.request.get(page.url).headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    foreign = page.evaluate(
        "performance.getEntriesByType('resource').filter(each => !each.name.startsWith(location.origin)).length"
    )
    assert foreign == 0


# ── seal ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_sealing_asks_who_you_are(visit: Visit, pages: Served) -> None:
    page = visit("/seal")
    assert page.url.endswith("/login?next=/seal")
    _log_in(page, "yx_aaaaaaaa_" + "A" * 43)
    expect(page.locator("#message")).to_contain_text("密钥不对")
    _log_in(page, pages.api_key)
    expect(page.locator("#drop")).to_be_visible()
    cookie = next(each for each in page.context.cookies() if each["name"] == "yinxin_session")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    page.wait_for_load_state("load")  # the scripts have run
    page.click("#logout")
    page.wait_for_url("**/login")
    page.goto(f"{pages.url}/seal")
    assert "/login" in page.url


def test_logging_in_never_leads_to_another_site(visit: Visit, pages: Served) -> None:
    page = visit("/login?next=//evil.example/")
    _log_in(page, pages.api_key)
    page.wait_for_url(f"{pages.url}/seal")


def test_a_keeper_seals_by_keyboard(visit: Visit, pages: Served, tmp_path: Path) -> None:
    """C1: upload, place, PIN, download; the downloaded file verifies offline and bears the seal where it was put."""
    page = visit("/seal")
    _start_draft(page, pages)
    before = _place(page)
    page.focus(".stamp")
    for key in ("ArrowLeft", "Shift+ArrowLeft", "ArrowUp", "ArrowUp", "Shift+ArrowUp"):
        page.keyboard.press(key)
    x, y = _place(page)
    assert (x, y) == pytest.approx((before[0] - 11, before[1] - 12))
    expect(page.locator("#readout")).to_have_text(f"第 3 页，距左 {x:.1f} 毫米，距上 {y:.1f} 毫米")
    _confirm(page, pages.pin)
    expect(page.locator("h1, strong").filter(has_text="已盖章")).to_be_visible(timeout=60_000)
    sealed = _download(page, tmp_path)
    assert b"/DSS" in sealed.read_bytes(), "the evidence travels with the file (PAdES B-LT)"
    (signature,) = _verified(pages, sealed)["signatures"]
    assert signature["placement"]["page"] == 3
    assert signature["placement"]["box"][:2] == pytest.approx([x, y], abs=0.06)
    assert signature["time"]["source"] == "tsa"
    page.click("text=核验这份文件")
    expect(page.locator("#verdict-word")).to_have_text("有效", timeout=30_000)


def test_a_seal_is_dragged_at_true_size(visit: Visit, pages: Served, tmp_path: Path) -> None:
    page = visit("/seal")
    _start_draft(page, pages)
    page.click('[data-do="previous"]')
    leaf, stamp = page.locator(".leaf").bounding_box(), page.locator(".stamp").bounding_box()
    scale = leaf["width"] / 209.9
    assert stamp["width"] / scale == pytest.approx(42, abs=0.4), "42 mm of a page of 210 mm"
    page.mouse.move(stamp["x"] + 20, stamp["y"] + 20)
    page.mouse.down()
    page.mouse.move(leaf["x"] + 30 * scale + 20, leaf["y"] + 50 * scale + 20, steps=8)
    page.mouse.up()
    x, y = _place(page)
    assert (x, y) == pytest.approx((30, 50), abs=0.7)
    page.mouse.move(leaf["x"] + 150 * scale, leaf["y"] + 200 * scale)
    expect(page.locator(".ghost")).to_be_visible()
    _confirm(page, pages.pin)
    expect(page.locator(".verdict.passed")).to_be_visible(timeout=60_000)
    place = _verified(pages, _download(page, tmp_path))["signatures"][0]["placement"]
    assert place["page"] == 2
    assert place["box"][:2] == pytest.approx([x, y], abs=0.06)


def _way(page: Any, way: str) -> None:
    page.locator(f'input[name="way"][value="{way}"]').check(force=True)


def test_a_keeper_seals_over_the_seam(visit: Visit, pages: Served, tmp_path: Path) -> None:
    """C3: edge and pages chosen, slices shown joined before sealing, one signature over all of them."""
    page = visit("/seal")
    _start_draft(page, pages)
    _way(page, "seam")
    expect(page.locator("#spots-said")).to_contain_text("将出现 3 处：第 1–3 页。一个签名覆盖整份文件。")
    expect(page.locator("#strip .slice")).to_have_count(3)
    expect(page.locator('[data-way="seam"]').last).to_contain_text("切片只对打印的纸质文件有意义")
    expect(page.locator(".spot")).to_have_count(1)
    page.locator('input[name="edge"][value="left"]').check(force=True)
    page.fill("#seam-pages", "1")
    expect(page.locator("#way-fault")).to_contain_text("骑缝章至少需要两页")
    page.fill("#seam-pages", "1-2")
    expect(page.locator("#strip .slice")).to_have_count(2)
    page.reload()
    expect(page.locator("#strip .slice")).to_have_count(2), "a reload keeps the way"
    _confirm(page, pages.pin)
    expect(page.locator(".verdict.passed")).to_be_visible(timeout=60_000)
    sealed = _download(page, tmp_path)
    (signature,) = _verified(pages, sealed)["signatures"]
    assert signature["placement"]["page"] == 1
    assert signature["placement"]["box"][0] == pytest.approx(0, abs=0.06)
    assert signature["placement"]["box"][2] == pytest.approx(21, abs=0.06)


def test_a_keeper_seals_at_a_keyword(visit: Visit, pages: Served, tmp_path: Path) -> None:
    """C2: matches listed with their pages before sealing; what is not there is named."""
    page = visit("/seal")
    _start_draft(page, pages)
    _way(page, "keyword")
    page.fill("#keyword", "没有的字")
    page.click("#find")
    expect(page.locator("#way-fault")).to_contain_text("没有找到关键字“没有的字”")
    page.click("#to-confirm")
    expect(page.locator("#message")).to_contain_text("请先选定用印位置")
    page.fill("#keyword", "乙 方（盖章）")
    page.keyboard.press("Enter")
    expect(page.locator("#keyword-said")).to_contain_text("共 1 处")
    expect(page.locator("#spots-said")).to_contain_text("将出现 1 处：第 3 页")
    held: list[Any] = []  # an older search answers late
    page.route(
        "**/matches",
        lambda route: (
            held.append(route) if "没有" in route.request.post_data_json["text"] else route.continue_()
        ),
    )
    page.fill("#keyword", "没有的字")
    page.click("#find")
    _until(lambda: bool(page.title() and held))
    page.fill("#keyword", "乙方（盖章）")
    page.click("#find")
    expect(page.locator("#spots-said")).to_contain_text("将出现 1 处：第 3 页")
    with page.expect_response("**/matches"):
        held[0].continue_()
    expect(page.locator("#keyword-said")).to_contain_text("共 1 处")
    page.fill("#down", "12.5")
    _confirm(page, pages.pin)
    expect(page.locator(".verdict.passed")).to_be_visible(timeout=60_000)
    place = _verified(pages, _download(page, tmp_path))["signatures"][0]["placement"]
    assert place["page"] == 3
    shown = page.locator(".mark")
    expect(shown).to_have_count(1)


def test_a_seal_stays_on_the_page_and_can_be_put_by_press_and_by_number(visit: Visit, pages: Served) -> None:
    page = visit("/seal")
    _start_draft(page, pages)
    leaf = page.locator(".leaf").bounding_box()
    page.mouse.click(leaf["x"] + 3, leaf["y"] + 3)
    assert _place(page) == (0.0, 0.0)
    page.fill("#x", "5000")
    page.keyboard.press("Enter")
    assert _place(page) == pytest.approx((167.9, 0.0), abs=0.2)


def test_a_seal_is_moved_by_touch(visit: Visit, pages: Served) -> None:
    page = visit("/seal", PHONE, touch=True)
    _start_draft(page, pages)
    before = _place(page)
    page.locator(".stamp").evaluate("stamp => stamp.scrollIntoView({ block: 'center' })")
    stamp = page.locator(".stamp").bounding_box()
    session = page.context.new_cdp_session(page)
    x, y = stamp["x"] + 20, stamp["y"] + 20
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 6):
        point = {"x": x - 10 * step, "y": y - 6 * step}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    _until(lambda: _place(page)[0] < before[0] - 10 and _place(page)[1] < before[1] - 5)


def test_a_wrong_pin_is_counted_and_nothing_is_lost(visit: Visit, pages: Served) -> None:
    page = visit("/seal")
    _start_draft(page, pages)
    page.focus(".stamp")
    page.keyboard.press("Shift+ArrowUp")
    place = _place(page)
    _confirm(page, "000000")
    expect(page.locator("#message")).to_contain_text(re.compile(r"还可尝试 \d+ 次"), timeout=30_000)
    page.reload()
    expect(page.locator("#message")).to_contain_text("还可尝试")
    expect(page.locator("#pin")).to_be_visible()
    page.click("#to-place")
    assert _place(page) == place
    _confirm(page, pages.pin)
    expect(page.locator(".verdict.passed")).to_be_visible(timeout=60_000)


def test_a_reload_keeps_place_and_page(visit: Visit, pages: Served) -> None:
    page = visit("/seal")
    _start_draft(page, pages)
    page.click('[data-do="previous"]')
    page.focus(".stamp")
    page.keyboard.press("Shift+ArrowLeft")
    place = _place(page)
    page.reload()
    expect(page.locator(".stamp")).to_be_visible()
    assert (_place(page), page.input_value("#page-number")) == (place, "2")


def test_a_reload_while_sealing_finds_the_result(visit: Visit, pages: Served) -> None:
    page = visit("/seal")
    _start_draft(page, pages)
    _confirm(page, pages.pin)
    expect(page.locator('[data-for="work"]')).to_be_visible()
    page.reload()
    expect(page.locator(".verdict.passed")).to_be_visible(timeout=60_000)


@pytest.mark.crash
@pytest.mark.parametrize("seconds", [0.02, 0.05])  # later the sealing is over and the page is loading
def test_a_service_killed_while_sealing_loses_and_doubles_nothing(
    visit: Visit, pages: Served, seconds: float
) -> None:
    """The keeper presses *seal*, the service dies, comes back, and the same draft ends in one sealed document."""
    page = visit("/seal")
    _start_draft(page, pages)
    place, draft = _place(page), page.url
    before = _sealings(pages)
    with page.expect_response(lambda answer: answer.url == f"{draft}/seal"):  # the order has arrived
        _confirm(page, pages.pin)
    time.sleep(seconds)
    pages.kill()
    pages.start()
    if page.url != draft:  # on a fast machine the sealing was over, and the page was loading its answer
        page.goto(draft)
    expect(page.locator("#message.message, .verdict.passed").first).to_be_visible(timeout=30_000)
    page.reload()
    if page.locator(".verdict.passed").count() == 0:
        expect(page.locator("#message")).to_contain_text("不会重复用印")
        page.click("#to-place")
        assert _place(page) == place
        _confirm(page, pages.pin)
    expect(page.locator(".verdict.passed")).to_be_visible(timeout=60_000)
    assert _sealings(pages) == before + 1


def test_what_is_past_its_time_is_swept_while_the_service_runs(pages: Served) -> None:
    left = pages.home / "uploads" / "results" / ("o" * 32)
    pages.stop()
    left.mkdir()
    (left / "document.pdf").write_bytes(b"forgotten")
    (left / "state.json").write_text(json.dumps({"created": "2026-01-01T00:00:00+00:00"}), "utf-8")
    pages.start()
    _until(lambda: not left.exists())


def _until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something holds, however slow the machine."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _give_password(page: Any, password: str) -> None:
    """Type a file's password and send it, once the page's script is there to take it."""
    page.fill("#password", password)
    expect(page.locator("#password-form .primary")).to_be_enabled()
    page.keyboard.press("Enter")


def _sealings(pages: Served) -> int:
    """Count the completed sealings on record."""
    with closing(sqlite3.connect(pages.home / "yinxin.db")) as connection:
        (count,) = connection.execute("SELECT count(*) FROM sealing WHERE state = 'completed'").fetchone()
    return int(count)


def test_an_encrypted_document_is_sealed_with_its_password(
    visit: Visit, pages: Served, tmp_path: Path
) -> None:
    page = visit("/seal")
    _log_in(page, pages.api_key)
    expect(page.locator("#drop")).to_be_visible()
    page.set_input_files("#file", _pdf(_encrypted(tmp_path, "open-sesame"), "加密.pdf"))
    page.wait_for_url("**/seal/d/*")
    assert page.request.get(f"{page.url}/state").json()["status"] == "locked"
    _give_password(page, "open-sesame")
    expect(page.locator(".stamp")).to_be_visible()
    page.click("#to-confirm")
    page.fill("#document-password", "open-sesame")
    page.fill("#pin", pages.pin)
    page.click("#confirm .primary")
    expect(page.locator(".verdict.passed, #message.message")).to_be_visible(timeout=60_000)
    if page.locator(".message").count():  # a password that opens need not be one that permits
        expect(page.locator("#message")).to_contain_text("所有者密码")
        page.fill("#document-password", "owner")
        page.fill("#pin", pages.pin)
        page.click("#confirm .primary")
    expect(page.locator(".verdict.passed")).to_be_visible(timeout=60_000)


def test_a_file_that_cannot_be_shown_is_refused_in_plain_words(visit: Visit, pages: Served) -> None:
    page = visit("/seal")
    _log_in(page, pages.api_key)
    expect(page.locator("#drop")).to_be_visible()
    page.set_input_files("#file", _pdf(b"not a PDF at all"))
    expect(page.locator("#message")).to_contain_text("这不是 PDF 或 OFD，或者文件已损坏")


def test_a_draft_is_nobody_elses(visit: Visit, pages: Served) -> None:
    page = visit("/seal")
    _start_draft(page, pages)
    address = page.url
    made = yinxin(
        "key",
        "create",
        "--for",
        "person:other=别人",
        "--scope",
        "seal:use",
        "--uscc",
        "91330106MA2CYNTX07",
        "--json",
        home=pages.home,
    )
    other = visit("/login")
    _log_in(other, json.loads(made)["api_key"])
    expect(other.locator("#drop")).to_be_visible()
    assert other.goto(address).status == 410
    assert other.request.get(f"{address}/pages/1.png?w=900").status == 404
    assert other.request.get(f"{address}/sealed.pdf").status == 404


def test_a_state_change_needs_the_token_of_the_page(visit: Visit, pages: Served) -> None:
    page = visit("/seal")
    _log_in(page, pages.api_key)
    expect(page.locator("#drop")).to_be_visible()
    told = page.evaluate("fetch('/seal/drafts', {method: 'POST', body: 'x'}).then(answer => answer.json())")
    assert (told["status"], told["type"]) == (403, "/problems/csrf-failed")


def test_a_frozen_seal_is_refused_and_then_greyed(visit: Visit, pages: Served) -> None:
    """B4: a seal reported lost is refused from that instant, in words that say so. The last test: it stops the seal."""
    page = visit("/seal")
    _start_draft(page, pages)
    pages.post(f"/api/v1/seals/{pages.demo['seal_code']}/freeze", {"reason": "遗失"})
    _confirm(page, pages.pin)
    expect(page.locator("#message")).to_contain_text("挂失", timeout=30_000)
    page.reload()
    choice = page.locator(".seal-choice")
    expect(choice).to_have_attribute("aria-disabled", "true")
    expect(choice).to_contain_text("不可用：挂失")
    expect(page.locator(".stamp")).to_be_hidden()
    page.goto(f"{pages.url}/verify")
    _drop(page, pages.sealed)
    expect(page.locator("#verdict-word")).to_have_text("有效")
    expect(page.locator("#signature-1")).to_contain_text("挂失")
