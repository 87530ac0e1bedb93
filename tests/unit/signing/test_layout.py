"""What is drawn where (C2, C3, C4): every kind of wish on real documents, and every refusal in words."""

from __future__ import annotations

import io

import pytest

from signing.errors import OutsidePage, PageMissing, PlacementError
from signing.pdf.fields import ReadableLeaves
from signing.pdf.pages import PdfPages
from signing.pdf.reading import Readable
from signing.placing.errors import (
    CoversSignature,
    FieldMissing,
    FieldSigned,
    FieldTooSmall,
    KeywordMissing,
    KeywordTooSeldom,
    SeamNeedsPages,
    SearchFailed,
    TooManySpots,
)
from signing.placing.keyword_text import Hits
from signing.placing.layout import MAX_SPOTS, Layout, Spot, drawn, lay_out
from signing.placing.where import parse_where
from tests.interop.sealing_world import mark, seal
from tests.unit.signing.papers import MM, Sheet, paper, with_field

SEAL = (42.0, 42.0)


def pages(document: bytes, hits: Hits | None = None) -> PdfPages:
    """Open a document; ``hits`` is what the search finds, whatever is asked."""
    leaves = ReadableLeaves(Readable(io.BytesIO(document)))
    return PdfPages(leaves) if hits is None else PdfPages(leaves, lambda _text, _pages: hits)


def laid(where: str, document: bytes, *, hits: Hits | None = None, may_cover: bool = False) -> Layout:
    return lay_out(parse_where(where), pages(document, hits), SEAL, may_cover=may_cover)


FIVE = paper(*[Sheet()] * 5)
TWO_PLACES = Hits(((2, ((100.0, 700.0, 148.0, 712.0),)), (4, ((200.0, 300.0, 248.0, 312.0),))))


def test_the_same_place_on_many_pages():
    """C4."""
    layout = laid("pages=1-2,5;at=120,200", FIVE)
    assert layout.spots == (Spot(1, 120, 200), Spot(2, 120, 200), Spot(5, 120, 200))


def test_nowhere_is_no_spot():
    assert laid("unseen", FIVE) == Layout(())


@pytest.mark.parametrize(("which", "numbers"), [("all", [2, 4]), ("first", [2]), ("last", [4]), ("2", [4])])
def test_matches_of_a_keyword(which: str, numbers: list[int]):
    """C2: all, first, last, n-th; the seal's middle on the text's middle, moved by the offset."""
    layout = laid(f"keyword=甲方;which={which};offset=5,-3", FIVE, hits=TWO_PLACES)
    assert [spot.page for spot in layout.spots] == numbers
    if numbers[0] == 2:
        x, y = 124 / MM + 5, (841.89 - 706) / MM - 3
        assert (layout.spots[0].x_mm + 21, layout.spots[0].y_mm + 21) == pytest.approx((x, y))


def test_a_keyword_that_is_not_there_is_named():
    """C2: no match, an error that names the text, and no file."""
    with pytest.raises(KeywordMissing) as refused:
        laid("keyword=乙方盖章", FIVE, hits=Hits(()))
    assert "乙方盖章" in refused.value.zh
    assert "乙方盖章" in refused.value.en
    with pytest.raises(KeywordTooSeldom) as seldom:
        laid("keyword=甲方;which=3", FIVE, hits=TWO_PLACES)
    assert (seldom.value.wanted, seldom.value.count) == (3, 2)


@pytest.mark.parametrize(
    ("pictures", "word"), [((1, 2, 3, 4, 5), "只有图像"), ((3,), "第 3 页只有图像"), ((), "核对文字")]
)
def test_a_keyword_inside_an_image_is_suspected_aloud(pictures: tuple[int, ...], word: str):
    """C2, bad input: the page holds only images."""
    with pytest.raises(KeywordMissing) as refused:
        laid("keyword=甲方", FIVE, hits=Hits((), pictures))
    assert word in refused.value.zh
    assert refused.value.en


def test_a_place_without_a_search_says_so():
    with pytest.raises(SearchFailed):
        laid("keyword=甲方", FIVE)


@pytest.mark.parametrize(
    "document",
    [
        with_field(Sheet(), (100, 100, 300, 300)),
        with_field(Sheet(more="/Rotate 90"), (100, 100, 300, 300)),
        with_field(Sheet(more="/CropBox [50 50 500 700]"), (100, 100, 300, 300)),
    ],
    ids=["upright", "rotated", "cropped"],
)
def test_a_field_holds_the_seal_in_its_middle(document: bytes):
    layout = laid("field=甲方签章", document)
    (field,) = pages(document).signature_fields()
    (spot,) = layout.spots
    assert (layout.field, spot.scale) == ("甲方签章", 1.0)
    left, top, width, height = drawn(spot, SEAL)
    assert (left + width / 2, top + height / 2) == pytest.approx(
        (field.box[0] + field.box[2] / 2, field.box[1] + field.box[3] / 2)
    )


def test_a_small_field_shrinks_the_seal_but_never_bends_it():
    small = with_field(Sheet(), (100, 100, 100 + 60 * MM, 100 + 21 * MM))
    (spot,) = laid("field=甲方签章", small).spots
    assert spot.scale == pytest.approx(0.5)
    with pytest.raises(FieldTooSmall) as refused:
        laid("field=甲方签章;fit=true", small)
    assert "60×21 mm" in refused.value.zh


def test_a_field_that_shows_nothing_takes_an_invisible_signature():
    """Without a box, or hidden."""
    assert laid("field=甲方签章", with_field(Sheet(), (0, 0, 0, 0))) == Layout((), "甲方签章")
    assert laid("field=甲方签章", with_field(Sheet(), (100, 100, 300, 300), flags=2)) == Layout(
        (), "甲方签章"
    )


def test_a_field_that_is_missing_or_signed_is_named():
    """Bad input: a field already signed."""
    empty = with_field(Sheet(), (100, 100, 300, 300))
    with pytest.raises(FieldMissing) as missing:
        laid("field=乙方", empty)
    assert "甲方签章" in missing.value.zh
    signed = seal(empty, mark(parse_where("field=甲方签章")))
    with pytest.raises(FieldSigned) as refused:
        laid("field=甲方签章", signed)
    assert "已经签署" in refused.value.zh


def test_a_seal_lies_on_no_other_unless_told_to():
    """The seal never covers an existing signature unless ``may_cover``."""
    signed = seal(FIVE, mark("2:20,15"))
    with pytest.raises(CoversSignature) as refused:
        laid("pages=all;at=30,30", signed)
    assert (refused.value.page, refused.value.name) == (2, "Seal")
    assert len(laid("pages=all;at=30,30", signed, may_cover=True).spots) == 5
    assert len(laid("pages=1,3-5;at=30,30", signed).spots) == 4
    assert len(laid("pages=all;at=30,100", signed).spots) == 5


def test_an_empty_field_may_be_covered():
    assert laid("1:40,200", with_field(Sheet(), (100, 100, 300, 300))).spots == (Spot(1, 40, 200),)


def test_a_seal_that_leaves_a_page_names_it():
    """Mixed sizes: the place is on the first page and not on the second."""
    mixed = paper(Sheet(), Sheet(size=(300.0, 300.0)))
    with pytest.raises(OutsidePage) as refused:
        laid("pages=all;at=120,200", mixed)
    assert refused.value.page == 2
    assert "第 2 页" in refused.value.zh


def test_a_page_count_that_changed_is_told():
    """Bad input: an order approved for eight pages, a file that has five."""
    for where in ("8:10,10", "pages=1-8;at=10,10", "keyword=a;pages=6", "seam=right;pages=1-8"):
        with pytest.raises(PageMissing) as refused:
            laid(where, FIVE)
        assert refused.value.count == 5
    with pytest.raises(SeamNeedsPages):
        laid("seam=right", paper(Sheet()))


def test_one_seal_is_not_drawn_without_end():
    class Endless(PdfPages):
        """A document of more pages than a seal is drawn on."""

        count = MAX_SPOTS + 1

        def size_mm(self, number: int) -> tuple[float, float]:
            return 210.0, 297.0

    with pytest.raises(TooManySpots):
        lay_out(parse_where("pages=all;at=1,1"), Endless(ReadableLeaves(Readable(io.BytesIO(FIVE)))), SEAL)


def test_every_refusal_of_a_place_speaks_both_languages():
    """A person always hears what is wrong and what to do, in either language."""
    for error in PlacementError.__subclasses__():
        if "__init__" not in vars(error):
            assert len(error.zh) > 8
            assert len(error.en) > 20
