"""A page as a sheet: what stands where, what is framed because it is not drawn, and nothing of a package that could act."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from PIL import Image as Picture

from seals.drawing.typesetting import Text
from signing.errors import PageMissing
from signing.ofd import sheet as sheet_module
from signing.ofd.canvas import Image, Sheet
from signing.ofd.format import open_subject
from signing.ofd.maker import About, make_document
from signing.ofd.sheet import page_svg
from tests.ofd_world import PAGE, document, entries, packed, red_seal, seal, ses

SVG = "{http://www.w3.org/2000/svg}"
DOCUMENT = "Doc_0/Document.xml"
RESOURCES = "Doc_0/PublicRes.xml"


def drawn(octets: bytes, number: int = 1) -> ET.Element:
    return ET.fromstring(page_svg(open_subject(octets).pages, number))


def with_objects(objects: str, **more: bytes) -> bytes:
    """Put objects at the end of the first page of a contract."""
    files = entries(document())
    files[PAGE] = files[PAGE].replace(b"</ofd:Layer>", objects.encode() + b"</ofd:Layer>")
    return packed(files | {name.replace("__", "/"): octets for name, octets in more.items()})


def test_text_stands_where_the_page_has_it() -> None:
    sheet = drawn(document())
    assert (sheet.get("width"), sheet.get("height"), sheet.get("viewBox")) == (
        "210mm",
        "297mm",
        "0 0 210 297",
    )
    heading = next(found for found in sheet.iter(f"{SVG}g") if found.find(f"{SVG}g/{SVG}text") is not None)
    assert heading.get("transform") == "translate(30 34)", "a boundary begins one size above the baseline"
    (text,) = heading.iter(f"{SVG}text")
    assert text.text == "合同第1页"
    assert len((text.get("x") or "").split()) == len("合同第1页")
    with pytest.raises(PageMissing):
        drawn(document(), 3)


def test_paths_colours_and_turns_are_those_of_the_page() -> None:
    objects = (
        '<ofd:PathObject ID="90" Boundary="10 20 50 50" CTM="0 1 -1 0 5 6" Fill="true" Stroke="false">'
        '<ofd:FillColor Value="#ff 0 128" Alpha="51"/>'
        "<ofd:AbbreviatedData>M 0 0 L 9 0 B 1 1 2 2 3 3 A 4 4 0 0 1 8 8 C</ofd:AbbreviatedData></ofd:PathObject>"
        '<ofd:PathObject ID="91" Boundary="0 0 9 9"><ofd:AbbreviatedData>M 0 0 L x" onload="y</ofd:AbbreviatedData></ofd:PathObject>'
        '<ofd:CompositeObject ID="92" Boundary="100 100 20 10" ResourceID="7"/>'
    )
    sheet = drawn(with_objects(objects))
    filled, cut = list(sheet.iter(f"{SVG}path"))[-2:]
    assert filled.get("d") == "M0 0 L9 0 C1 1 2 2 3 3 A4 4 0 0 1 8 8 Z"
    assert cut.get("d") == "M0 0 L", "what is no number ends a path"
    assert (filled.get("stroke"), cut.get("fill"), cut.get("stroke")) == ("none", "none", "#000")
    frame = next(found for found in sheet.iter(f"{SVG}rect") if found.get("stroke-dasharray"))
    assert (frame.get("x"), frame.get("width")) == ("100", "20")


def test_pictures_templates_and_notes_are_drawn() -> None:
    out = io.BytesIO()
    Picture.new("RGB", (4, 4), (9, 9, 9)).save(out, "PNG")
    page = Sheet()
    page.add(Text(30, 40, 6, "正文"), Image(20, 30, 60, 40, out.getvalue()))
    files = entries(make_document(About("图", datetime(2026, 5, 1, tzinfo=UTC)), [page]))
    text = (
        '<ofd:TextObject ID="80" Boundary="1 2 9 9" Font="1" Size="3"><ofd:TextCode X="0" Y="3">'
        "{}</ofd:TextCode></ofd:TextObject>"
    )
    number = files[DOCUMENT].decode().partition('<ofd:Page ID="')[2].partition('"')[0]
    files["Doc_0/Tpl.xml"] = (
        f'<Page xmlns="x"><Content><Layer>{text.format("底版")}</Layer></Content></Page>'.replace(
            "ofd:", ""
        ).encode()
    )
    files["Doc_0/Annots.xml"] = (
        f'<Annotations><Page PageID="{number}"><FileLoc>A.xml</FileLoc></Page></Annotations>'.encode()
    )
    note = f'<Appearance Boundary="50 60 9 9">{text.format("批注")}</Appearance>'.replace("ofd:", "")
    files["Doc_0/A.xml"] = (
        f"<PageAnnot><Annot>{note}</Annot><Annot Visible='false'>{note}</Annot></PageAnnot>".encode()
    )
    files[DOCUMENT] = (
        files[DOCUMENT]
        .replace(b"</ofd:CommonData>", b'<ofd:TemplatePage ID="900" BaseLoc="Tpl.xml"/></ofd:CommonData>')
        .replace(b"</ofd:Document>", b"<ofd:Annotations>Annots.xml</ofd:Annotations></ofd:Document>")
    )
    files[PAGE] = files[PAGE].replace(b"<ofd:Content>", b'<ofd:Template TemplateID="900"/><ofd:Content>')
    sheet = drawn(packed(files))
    assert [found.text for found in sheet.iter(f"{SVG}text")] == ["底版", "正文", "批注"]
    assert "translate(51 62)" in {found.get("transform") for found in sheet.iter(f"{SVG}g")}
    (image,) = sheet.iter(f"{SVG}image")
    assert (image.get("href") or "").startswith("data:image/png;base64,")


def test_a_seal_that_is_there_is_shown_as_far_as_its_page_shows_it() -> None:
    """A slice of a seam seal is a window onto the whole; a seal without a picture that can be read leaves a frame."""
    sealed = seal(where="seam=right", envelope=ses(seal=red_seal()))
    (slice_,) = drawn(sealed, 2).findall(f"{SVG}svg")
    (image,) = slice_
    assert (slice_.get("width"), image.get("width"), image.get("x")) == ("20", "40", "-20")
    files = entries(sealed)
    files["Doc_0/Signs/Sign_0/Seal.esl"] = b"junk"
    assert [found.get("width") for found in drawn(packed(files)).iter(f"{SVG}rect")][1:] == ["20"]


def test_nothing_of_a_package_can_act_and_too_much_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = (
        '<ofd:TextObject ID="80" Boundary="0 0 9 9" Size="3" Font="1"><ofd:TextCode X="1&quot; onload=&quot;a" Y="nan">'
        "&lt;script&gt;alert(1)&lt;/script&gt;</ofd:TextCode></ofd:TextObject>"
        '<ofd:PathObject ID="81" Boundary="0 0 9 9" LineWidth="1&quot;/&gt;&lt;script&gt;"><ofd:StrokeColor Value="url(#a)"/>'
        "<ofd:AbbreviatedData>M 0 0</ofd:AbbreviatedData></ofd:PathObject>"
    )
    sheet = drawn(with_objects(hostile))
    assert {found.tag.removeprefix(SVG) for found in sheet.iter()} == {"svg", "rect", "g", "text", "path"}
    assert not [name for found in sheet.iter() for name in found.attrib if name.startswith("on")]
    assert list(sheet.iter(f"{SVG}text"))[-1].text == "<script>alert(1)</script>"
    monkeypatch.setattr(sheet_module, "MAX_OBJECTS", 1)
    assert "未全部画出" in (list(drawn(document()).iter(f"{SVG}text"))[-1].text or "")
