"""What a sealed document shows to one reader and not to another is told beside a verdict that it does not change."""

from __future__ import annotations

import re

import pytest

from tests.pdf_attacks.catalogue import DRAWING, stream
from tests.pdf_attacks.lost import TEXT, hybrid, with_source
from tests.verify_world import Signing, append, raw_object, small_pdf
from verify.pdf import layers, unsteady
from verify.pdf.document import View
from verify.pdf.pdf_values import Ref, Value
from verify.verdict import Verdict

SCRIPT = "<</S/JavaScript/JS(this.pageNum)>>"
RUNS, LAYERS, PAPER, ANOTHER = "run by themselves", "layers", "on paper alone", "in place of its pages"
TOLD = re.compile(f"{RUNS}|{LAYERS}|{PAPER}|{ANOTHER}")
GROUPS = "/OCProperties<</OCGs[30 0 R 31 0 R]/D<<%s>>>>"


def notes_of(signing: Signing, pdf: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the notes beside a valid seal, which are the same by our own reader and by the library's."""
    data = signing.sign(pdf)
    found = []
    for _ in range(2):
        report = signing.verify(data)
        assert report.verdict is Verdict.PASSED, report.reason.en
        found.append([note for note in report.signatures[0].notes if TOLD.search(note.en)])
        monkeypatch.setattr("verify.verifier.open_plainly", lambda _: None)
    assert found[0] == found[1]
    assert all(note.zh for note in found[0])
    return " ".join(note.en for note in found[0])


@pytest.mark.parametrize(
    "catalog",
    [
        f"/OpenAction{SCRIPT}",
        f"/OpenAction<</S/GoTo/D[4 0 R/Fit]/Next[<</S/GoTo/D[6 0 R/Fit]/Next{SCRIPT}>>]>>",
        "/OpenAction<</S/Hide/T(Total)>>",
        "/OpenAction<</S/Launch/F(more.exe)>>",
        "/OpenAction<</S/GoToE/D[0/Fit]/T<</R/C/N(other.pdf)>>>>",
        "/OpenAction<</S/GoToR/D[0/Fit]/F(other.pdf)>>",
        f"/AA<</WP{SCRIPT}>>",
        f"/Names<</JavaScript<</Names[(begin){SCRIPT}]>>>>",
    ],
    ids=[
        "opened",
        "after another",
        "hides",
        "launches",
        "opens one inside",
        "opens another",
        "printed",
        "named",
    ],
)
def test_what_runs_when_a_document_is_opened(
    signing: Signing, catalog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert RUNS in notes_of(signing, small_pdf(catalog=catalog), monkeypatch)


def test_what_computes_a_field(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    pdf = small_pdf(catalog="/AcroForm<</Fields[30 0 R]>>")
    field = f"<</T(Total)/FT/Tx/AA<</C{SCRIPT}>>>>".encode()
    assert RUNS in notes_of(signing, append(pdf, {30: field}), monkeypatch)


@pytest.mark.parametrize(
    "page",
    [
        f"/AA<</O{SCRIPT}>>",
        f"/Annots[<</Type/Annot/Subtype/Screen/Rect[0 0 9 9]/AA<</PV{SCRIPT}>>>>]",
    ],
    ids=["page", "annotation"],
)
def test_what_runs_when_a_page_is_shown(signing: Signing, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert RUNS in notes_of(signing, small_pdf(page=page), monkeypatch)


@pytest.mark.parametrize(
    "catalog",
    [
        "/OpenAction[4 0 R/Fit]",
        "/OpenAction<</S/GoTo/D[6 0 R/Fit]>>",
        "/OpenAction<</S/Named/N/Print>>",
        "/Names<</JavaScript<</Names[]>>>>",
        "/AA<<>>/Names 7",
        "/AA[7]/OpenAction 99 0 R",
    ],
)
def test_what_only_leads_to_a_page(signing: Signing, catalog: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert notes_of(signing, small_pdf(catalog=catalog), monkeypatch) == ""


def test_what_is_clicked(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links do what their reader asks for."""
    link = "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<<%s>>>>"
    asked = "/S/URI/URI(https://example.cn)", "/S/GoToR/D[0/Fit]/F(other.pdf)"
    links = "".join(link % one for one in asked)
    assert notes_of(signing, small_pdf(page=f"/Annots[{links}]"), monkeypatch) == ""


def with_layers(usual: str, usage: str = "") -> bytes:
    """Two layers and how they are shown at first."""
    pdf = small_pdf(catalog=GROUPS % usual)
    layer = b"<</Type/OCG/Name(L)%s>>"
    return append(pdf, {30: layer % usage.encode(), 31: layer % b""})


def switched(category: str, groups: str = "30 0 R") -> str:
    return f"/AS[<</Event/Print/Category[/{category}]/OCGs[{groups}]>>]"


@pytest.mark.parametrize(
    ("usual", "usage"),
    [
        ("/OFF[31 0 R]", ""),
        ("/BaseState/OFF/ON[30 0 R]", ""),
        (switched("Print"), "/Usage<</Print<</PrintState/OFF>>>>"),
        (switched("Zoom"), "/Usage<</Zoom<</min 2>>>>"),
    ],
    ids=["off", "all off", "not on paper", "by zoom"],
)
def test_layers_that_are_not_always_shown(
    signing: Signing, usual: str, usage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LAYERS in notes_of(signing, with_layers(usual, usage), monkeypatch)


@pytest.mark.parametrize(
    ("usual", "usage"),
    [
        ("", ""),
        ("/ON[30 0 R 31 0 R]", ""),
        ("/BaseState/OFF/ON[30 0 R 31 0 R]", ""),
        ("/OFF[99 0 R 7 (x)]/AS 7", ""),
        (switched("Print"), "/Usage<</Print<</PrintState/ON>>>>"),
        (switched("Print", "31 0 R"), "/Usage<</Print<</PrintState/OFF>>>>"),
        ("", "/Usage<</Print<</PrintState/OFF>>>>"),
    ],
)
def test_layers_that_are_always_shown(
    signing: Signing, usual: str, usage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert notes_of(signing, with_layers(usual, usage), monkeypatch) == ""


def test_pages_beyond_those_that_are_looked_at(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note is worth so many objects and no more."""
    monkeypatch.setattr("verify.pdf.unsteady.MAX_LOOKED_AT", 1)
    assert notes_of(signing, small_pdf(page=f"/AA<</O{SCRIPT}>>"), monkeypatch) != ""
    monkeypatch.undo()
    monkeypatch.setattr("verify.pdf.unsteady.MAX_LOOKED_AT", 0)
    assert notes_of(signing, small_pdf(page=f"/AA<</O{SCRIPT}>>"), monkeypatch) == ""
    monkeypatch.undo()
    monkeypatch.setattr("verify.pdf.unsteady.MAX_PAGES_SHOWN", 0)
    assert notes_of(signing, small_pdf(page=f"/AA<</O{SCRIPT}>>"), monkeypatch) == ""
    monkeypatch.undo()
    monkeypatch.setattr("verify.pdf.layers.MAX_MEMBERS", 0)
    assert notes_of(signing, conditional(ON_PAGE["form"], b"/P/AllOff"), monkeypatch) == ""


def test_layers_beyond_those_that_are_looked_at(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each layer is asked once for each category that there is, however often these are named; more than a drawing has is told."""
    usage = "/Usage<</Print<</PrintState/ON>>>>"
    named = "/Print/X" * 40
    several = f"/AS[<</Category[{named}]/OCGs[{'30 0 R ' * 40}]>>]"
    asked: list[str] = []
    ask = layers._switches

    def counted(view: View, group: Value, category: str) -> bool:
        asked.append(category)
        return ask(view, group, category)

    monkeypatch.setattr(layers, "_switches", counted)
    assert not notes_of(signing, with_layers(several, usage), monkeypatch)
    assert asked == ["/Print"] * 40 * 2, "by either reader"
    monkeypatch.undo()
    monkeypatch.setattr(layers, "MAX_SWITCHED", 121)
    assert not notes_of(signing, with_layers(several, usage), monkeypatch)
    monkeypatch.undo()
    monkeypatch.setattr(layers, "MAX_SWITCHED", 120)
    assert LAYERS in notes_of(signing, with_layers(several, usage), monkeypatch)


def test_actions_that_many_share_are_looked_at_once(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty fields with one dictionary of forty actions; the one that shows something is found by whoever has it."""
    pdf = small_pdf(catalog=f"/AcroForm<</Fields[{' '.join(f'{n} 0 R' for n in range(40, 80))}]>>")
    act = b"<</S/GoTo/D[4 0 R/Fit]>>"
    events = b"".join(b"/E%d 31 0 R" % n for n in range(40))
    fields = {n: b"<</T(F%d)/FT/Tx/AA 30 0 R>>" % n for n in range(40, 80)}
    shared = append(pdf, {30: b"<<%s>>" % events, 31: act, **fields})
    assert notes_of(signing, shared, monkeypatch) == ""
    monkeypatch.undo()
    assert RUNS in notes_of(signing, append(shared, {31: SCRIPT.encode()}), monkeypatch)
    looked: list[Value] = []
    acts = unsteady._acts

    def counted(view: View, action: Value, met: set[Ref]) -> bool:
        looked.append(action)
        return acts(view, action, met)

    monkeypatch.setattr(unsteady, "_acts", counted)
    assert signing.verify(signing.sign(shared)).verdict is Verdict.PASSED
    assert looked == [None] + [Ref(31)] * 40


def test_a_layer_that_is_off_and_not_listed(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    pdf = small_pdf(catalog="/OCProperties<</OCGs[]/D<</OFF[30 0 R]>>>>")
    assert LAYERS in notes_of(signing, append(pdf, {30: b"<</Type/OCG/Name(L)>>"}), monkeypatch)


MEMBER = b"<</Type/OCMD/OCGs 30 0 R%s>>"
BY_OTHERS = [b"/P/AllOff", b"/P/AnyOff", b"/VE[/Not 30 0 R]"]
ON_PAGE = {
    "annotation": "/Annots[<</Type/Annot/Subtype/Stamp/Rect[0 0 9 9]/OC 41 0 R>>]",
    "its look": "/Annots[<</Type/Annot/Subtype/Stamp/Rect[0 0 9 9]/AP<</N 43 0 R>>>>]",
    "its looks": "/Annots[<</Type/Annot/Subtype/Stamp/Rect[0 0 9 9]/AP<</N<</On 43 0 R>>>>>>]",
    "content": "/Resources<</Properties<</P 41 0 R>>>>",
    "form": "/Resources<</XObject<</X 42 0 R>>>>",
    "form of a form": "/Resources<</XObject<</X 43 0 R/Y 43 0 R>>>>",
}


def conditional(page: str, policy: bytes) -> bytes:
    """Return a document whose layers are on, and in which something shows as these are."""
    plain = small_pdf(catalog=GROUPS % "")
    objects = {
        4: re.sub(rb"/Resources<<.*?>>>>", b"", raw_object(plain, 4))[:-2] + page.encode() + b">>",
        30: b"<</Type/OCG/Name(L)>>",
        31: b"<</Type/OCG/Name(L)>>",
        41: MEMBER % policy,
        42: stream(b"f", DRAWING + b"/OC 41 0 R"),
        43: stream(b"f", DRAWING + b"/Resources<</XObject<</X 42 0 R/Y 43 0 R>>>>"),
    }
    return append(plain, objects)


@pytest.mark.parametrize("page", ON_PAGE.values(), ids=ON_PAGE)
def test_what_shows_where_layers_are_off(
    signing: Signing, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LAYERS in notes_of(signing, conditional(page, BY_OTHERS[0]), monkeypatch)
    monkeypatch.undo()
    assert notes_of(signing, conditional(page, b"/P/AnyOn"), monkeypatch) == ""


@pytest.mark.parametrize("policy", BY_OTHERS)
def test_how_it_is_said_where_something_shows(
    signing: Signing, policy: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LAYERS in notes_of(signing, conditional(ON_PAGE["content"], policy), monkeypatch)


STAMP = "/Annots[<</Type/Annot/Subtype/Stamp/Rect[0 0 9 9]/F %s%s>>]"
LOOK = "/AP<</N 40 0 R>>"


@pytest.mark.parametrize(
    ("flags", "look", "told"),
    [
        ("36", LOOK, True),
        ("36.0", LOOK, True),
        ("100", LOOK, True),
        ("4", LOOK, False),
        ("0", LOOK, False),
        ("32", LOOK, False),
        ("38", LOOK, False),
        ("36", "", False),
        ("/X", LOOK, False),
    ],
)
def test_annotations_that_are_printed_and_not_shown(
    signing: Signing, flags: str, look: str, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pdf = append(small_pdf(page=STAMP % (flags, look)), {40: stream(b"f", DRAWING)})
    assert (PAPER in notes_of(signing, pdf, monkeypatch)) is told


@pytest.mark.parametrize(
    ("catalog", "told"), [("/Collection<</View/H/D(other.pdf)>>", True), ("/Collection 99 0 R", False)]
)
def test_a_collection(signing: Signing, catalog: str, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (ANOTHER in notes_of(signing, small_pdf(catalog=catalog), monkeypatch)) is told


def test_a_source_text_in_place_of_the_pages(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """As LibreOffice packs it; where it went missing, nothing is opened."""
    first = hybrid(small_pdf(), {40: stream(b"text")}, TEXT % 40)
    assert ANOTHER in notes_of(signing, first, monkeypatch)
    monkeypatch.undo()
    assert ANOTHER in notes_of(signing, append(first, {}, trailer=TEXT % 77), monkeypatch)
    monkeypatch.undo()
    assert notes_of(signing, with_source(small_pdf(), 77), monkeypatch) == ""
