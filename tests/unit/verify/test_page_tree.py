"""Pages and what they list in honest files: the neighbours of :mod:`tests.pdf_attacks.page_tree`."""

from __future__ import annotations

import pytest

from tests.pdf_attacks.catalogue import Victims
from tests.pdf_attacks.page_tree import WIDGET, listed, stamped_tree, with_list
from tests.unit.verify.both_readers import check_valid
from tests.verify_world import Signing, append, raw_object, size_of, small_pdf

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
