"""Pages and what they list in honest files: the neighbours of :mod:`tests.pdf_attacks.page_tree`."""

from __future__ import annotations

import pytest

from tests.pdf_attacks.catalogue import Victims, stream
from tests.pdf_attacks.page_tree import FORM, WIDGET, below, listed, sealed, stamped_tree, with_list
from tests.unit.verify.both_readers import check_valid
from tests.verify_world import Signing, append, in_store, raw_object, size_of, small_pdf
from verify.pdf.document import open_plainly
from verify.pdf.pdf_values import Ref
from verify.pdf.placement import inherited, stated_box
from verify.verdict import Verdict

SMALL = b"/P 4 0 R/Rect[60 60 160 110]"


def _with_field(data: bytes, more: dict[int, bytes]) -> bytes:
    new = size_of(data)
    return append(data, {**listed(data, new), **more, new: WIDGET % SMALL})


def test_a_field_on_a_page_of_its_own_list(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without any gains its first; the list stands in the page, or is an object of its own."""
    data = signing.sign(page=1)
    check_valid(signing, _with_field(data, with_list(data, 4, b"%d 0 R" % size_of(data))), monkeypatch)
    monkeypatch.undo()
    plain = small_pdf()
    page = raw_object(plain, 4)[:-2] + b"/Annots 30 0 R>>"
    data = signing.sign(append(plain, {4: page, 30: b"[]"}), page=1)
    check_valid(signing, _with_field(data, {30: b"[%d 0 R]" % size_of(data)}), monkeypatch)


def test_a_page_below_an_empty_list(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = small_pdf()
    data = signing.sign(append(plain, with_list(plain, 2, b"")), page=1)
    check_valid(signing, _with_field(data, with_list(data, 4, b"%d 0 R" % size_of(data))), monkeypatch)


def test_a_tree_that_lists_annotations_as_it_was_signed(
    victims: Victims, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_valid(victims.signing, stamped_tree(victims), monkeypatch)


def test_the_page_tree_is_looked_at_to_its_end(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that are not walked any more are not certain; four nodes are the tree, two pages and one that is missing."""
    plain = small_pdf()
    tree = raw_object(plain, 2).replace(b"6 0 R", b"6 0 R 99 0 R")
    data = in_store(signing.sign(append(plain, {2: tree}), page=1), {90: stream(b"a certificate")})
    monkeypatch.setattr("verify.pdf.graph.MAX_PAGES", 4)
    assert signing.verify(data).verdict is Verdict.PASSED
    monkeypatch.setattr("verify.pdf.graph.MAX_PAGES", 3)
    assert signing.verify(data).verdict is Verdict.INDETERMINATE


def test_pages_below_pages_and_one_that_is_missing(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """As cut documents have them; kids in an object of their own, too."""
    plain = small_pdf()
    tree = {
        2: b"<</Type/Pages/Kids[50 0 R 6 0 R 99 0 R]/Count 2>>",
        50: b"<</Type/Pages/Parent 2 0 R/Kids 51 0 R/Count 1>>",
    }
    page = raw_object(plain, 4).replace(b"/Parent 2", b"/Parent 50")
    data = signing.sign(append(plain, {**tree, 51: b"[4 0 R]", 4: page}), page=1)
    check_valid(signing, _with_field(data, with_list(data, 4, b"%d 0 R" % size_of(data))), monkeypatch)


def test_annotations_behind_two_references(victims: Victims, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = small_pdf(catalog=FORM)
    page = raw_object(plain, 4)[:-2] + b"/Annots 40 0 R>>"
    data = sealed(victims, append(plain, {4: page, 40: b"41 0 R", 41: b"[]"}))
    page = raw_object(data, 4).replace(b"40 0 R", b"[%d 0 R]" % size_of(data))
    check_valid(victims.signing, _with_field(data, {4: page}), monkeypatch)


def test_a_list_that_a_page_out_of_the_tree_has_besides(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link still names the page that another took the place of."""
    plain = small_pdf()
    page = raw_object(plain, 4)[:-2] + b"/Annots 30 0 R>>"
    link = b"<</Type/Annot/Subtype/Link/Rect[9 9 90 20]/P 40 0 R>>"
    data = signing.sign(append(plain, {4: page, 40: page, 30: b"[31 0 R]", 31: link}), page=1)
    check_valid(signing, _with_field(data, {30: b"[31 0 R %d 0 R]" % size_of(data)}), monkeypatch)


def test_a_page_far_below_nodes_that_list_nothing(victims: Victims, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it inherits is found however far above; a field without a size hides nothing there."""
    plain = small_pdf(catalog=FORM)
    data = sealed(victims, append(plain, below(plain, 40)))
    new = size_of(data)
    field = WIDGET % b"/P 4 0 R/Rect[0 0 0 0]"
    page = with_list(data, 4, b"%d 0 R" % new)
    check_valid(victims.signing, append(data, {**listed(data, new), **page, new: field}), monkeypatch)


def test_parents_that_lead_in_a_circle() -> None:
    """Whatever asks for what stands above ends."""
    plain = append(
        small_pdf(),
        {
            40: b"<</Parent 41 0 R>>",
            41: b"<</Parent<</MediaBox 7/Parent 42 0 R>>>>",
            42: b"<</Parent 40 0 R/Rotate 90>>",
        },
    )
    document = open_plainly(plain)
    assert document is not None
    for node in (40, 41, 42, 40):
        assert inherited(document.last, Ref(node), "/Rotate") == 90
        assert inherited(document.last, Ref(node), "/MediaBox") == 7
        assert inherited(document.last, Ref(node), "/CropBox") is None
        assert stated_box(document.last, Ref(node), "/MediaBox") is None
