"""Documents of our own: what is set is what is read back, by our reader, by another's fonts library, the same every time (D5)."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from fontTools.ttLib import TTFont
from PIL import Image as Pillow

from seals.drawing.fonts import Face
from seals.drawing.typesetting import Box, Text, broken, font_file
from signing.ofd.canvas import Image, Line, Sheet
from signing.ofd.errors import PageTooFull, TextUnprintable
from signing.ofd.flow import BODY, Flow
from signing.ofd.font_file import Measure
from signing.ofd.format import open_subject
from signing.ofd.licence_page import SEAL_MM, LicenceFace, licence_page
from signing.ofd.maker import About, make_document
from signing.ofd.report_document import report_document
from signing.placing.layout import Match
from tests.ofd_world import PAGE, SIGNATURE, changed, entries, judged, seal, sealed
from tests.verify_world import NOW
from verify.ofd.package import Package
from verify.ofd.structure import read_structure
from verify.report import DocumentReport, Reason, Verdict

ABOUT = About("标题 <&>", NOW, "作者", "主题")


def png(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (8, 4), (200, 0, 0)).save(out, kind)
    return out.getvalue()


def text_of(octets: bytes, page: str = PAGE) -> str:
    return "".join(re.findall(r"<ofd:TextCode[^>]*>([^<]*)<", entries(octets)[page].decode()))


def test_a_package_holds_what_the_standard_asks_for() -> None:
    sheet = Sheet()
    sheet.add(Text(20, 30, 5, "甲方 <A&B>"), Line((0, 0), (10, 10)), Box(1, 2, 3, 4, (9, 9, 9)), Image(5, 5, 8, 4, png()),
              Image(5, 15, 8, 4, png("JPEG")), Image(5, 25, 8, 4, png()))  # fmt: skip
    octets = make_document(ABOUT, [sheet, Sheet()])
    structure = read_structure(Package(octets))
    assert structure.missing == []
    assert structure.reached == {f"/{name}" for name in entries(octets)}, "nothing lies about unused"
    assert [page.box for page in structure.bodies[0].pages] == [(0, 0, 210, 297)] * 2
    assert len([name for name in entries(octets) if name.startswith("Doc_0/Res/image")]) == 2, (
        "a picture is kept once"
    )
    assert "标题 &lt;&amp;&gt;" in entries(octets)["OFD.xml"].decode()
    ids = re.findall(rb' ID="(\d+)"', b"".join(entries(octets).values()))
    assert len(ids) == len(set(ids)), "every object has a number of its own"
    assert max(map(int, ids)) == int(
        re.findall(rb"MaxUnitID>(\d+)<", entries(octets)["Doc_0/Document.xml"])[0]
    )


def test_the_same_input_gives_the_same_octets() -> None:
    def made() -> bytes:
        sheet = Sheet()
        sheet.add(Text(20, 30, 5, "同样的文字"))
        return make_document(ABOUT, [sheet])

    assert made() == made()


def test_the_font_has_the_characters_used_and_no_other() -> None:
    measure = Measure()
    font = TTFont(io.BytesIO(font_file(Face.SONG, "永和永A", measure)))
    assert set(font.getBestCmap()) == {ord(sign) for sign in "永和A"}
    assert font["hmtx"]["u6C38"][0] == measure.glyph(Face.SONG, "永").advance
    box = measure.glyph(Face.SONG, "永").box
    drawn = font["glyf"]["u6C38"]
    assert (drawn.xMin, drawn.yMin, drawn.xMax, drawn.yMax) == pytest.approx(box, abs=2)


def test_a_character_without_a_glyph_is_named() -> None:
    sheet = Sheet()
    sheet.add(Text(20, 30, 5, "好\U0001f600"))
    with pytest.raises(TextUnprintable) as caught:
        make_document(ABOUT, [sheet])
    assert "U+1F600" in caught.value.en


def test_no_page_and_odd_pictures_are_misuse() -> None:
    sheet = Sheet()
    sheet.add(Image(0, 0, 1, 1, b"GIF89a"))
    for sheets in ([], [sheet]):
        with pytest.raises(ValueError, match=r"page|PNG"):
            make_document(ABOUT, sheets)


def test_text_is_found_where_it_was_set() -> None:
    sheet = Sheet()
    sheet.add(Text(30, 100, 5, "请在此处盖章"))
    pages = open_subject(make_document(ABOUT, [sheet])).pages
    (found,) = pages.search("盖章", [1]).matches
    assert isinstance(found, Match)
    assert found.box[0] == pytest.approx(30 + 4 * 5, abs=0.05)
    assert found.box[2] == pytest.approx(10, abs=0.05)
    assert found.box[1] < 100 < found.box[1] + found.box[3] + 1


def test_lines_are_no_wider_than_asked_and_lose_nothing() -> None:
    measure, text = (
        Measure(),
        "第一条　甲方（以下称“买方”）应于 2026 年 12 月 31 日前支付人民币 1,234,567.89 元；逾期按日万分之五计。"
        * 3,
    )
    lines = broken(measure, text, 90, BODY)
    assert len(lines) > 3
    assert all(measure.width(Face.SONG, line, BODY) <= 90 + 1.2 * BODY for line in lines), (
        "a closing sign may hang over"
    )
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line[0] in "，。；、）”" for line in lines)
    assert all("1,234,567.89" in line for line in lines if "1,2" in line), "numbers stay whole"
    assert broken(measure, "A" * 200, 50, BODY)[0] != "A" * 200, "what fits nowhere is cut"


def test_a_long_table_goes_on_with_its_heading() -> None:
    flow = Flow()
    flow.table(
        [("序号", "名称")] + [(str(number), f"第 {number} 项") for number in range(120)], (1, 4), head=True
    )
    octets = make_document(ABOUT, flow.finished("脚注"))
    pages = [f"Doc_0/Pages/Page_{number}/Content.xml" for number in range(len(flow.sheets))]
    assert len(pages) > 2
    texts = [text_of(octets, page) for page in pages]
    assert all(text.startswith("序号名称") for text in texts)
    assert "".join(texts).count("第 ") == 120, "no row is lost or set twice"
    assert all("脚注" in text for text in texts)
    bottom = max(item.y_mm for sheet in flow.sheets for item in sheet.items if isinstance(item, Text))
    assert bottom < 297


def test_a_verification_report_is_a_document_that_can_be_sealed() -> None:
    """D5: verdict first, then every seal; sealed, it verifies itself."""
    report = judged(seal(sealed(), "2:20,20"))
    octets = report_document(report)
    whole = "".join(text_of(octets, name) for name in entries(octets) if name.endswith("Content.xml"))
    assert whole.index("有效") < whole.index("SHA-256")
    assert report.sha256 in whole
    assert "北京示例科技有限公司" in whole
    assert "s003" in whole
    last = len(read_structure(Package(octets)).bodies[0].pages)
    assert judged(seal(octets, f"{last}:150,230")).verdict is Verdict.PASSED


def test_a_report_on_a_changed_file_names_the_change_and_survives_odd_names() -> None:
    report = judged(changed(sealed(), PAGE, lambda octets: octets + b" "))
    whole = "".join(
        text_of(report_document(report), name)
        for name in entries(report_document(report))
        if name.endswith("Content.xml")
    )
    assert "无效" in whole
    assert PAGE in whole
    odd = DocumentReport("\U0001f4c4\x07.pdf", Verdict.UNREADABLE, Reason("损坏", "damaged"), verified_at=NOW)
    assert "□□.pdf" in text_of(report_document(odd))
    with pytest.raises(ValueError, match="time"):
        report_document(DocumentReport("x", Verdict.UNREADABLE, Reason("", "")))


def face(**changes: object) -> LicenceFace:
    given: dict[str, object] = {
        "name": "营业执照", "number": "91330106MA2CYNTX07", "authority": "某某市市场监督管理局", "granted": NOW,
        "facts": [("名称", "某某科技有限公司"), ("住所", "某某路 1 号")], "copy": "（副  本）", "code": png(),
    }  # fmt: skip
    return LicenceFace(**(given | changes))  # type: ignore[arg-type]


def test_a_licence_is_one_page_with_room_for_the_seal() -> None:
    octets = licence_page(face())
    assert "某某科技有限公司" in text_of(octets)
    assert judged(seal(octets, f"1:{SEAL_MM[0]},{SEAL_MM[1]}")).pages == 1
    long = licence_page(face(name="中华人民共和国医疗器械网络销售备案凭证"))
    assert "备案凭证" in text_of(long)
    with pytest.raises(PageTooFull):
        licence_page(face(facts=[("经营范围", "技术服务、" * 300)]))


def test_reports_and_licences_tell_their_day() -> None:
    later = licence_page(face(granted=NOW + timedelta(days=400)))
    assert f"{NOW + timedelta(days=400):%Y-%m-%d}".encode() in entries(later)["OFD.xml"]
    assert SIGNATURE not in entries(later)
