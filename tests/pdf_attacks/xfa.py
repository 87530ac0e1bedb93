"""Forms that readers draw from their XFA as long as they have nothing but invisible signatures, and from their pages from then on."""

from __future__ import annotations

from typing import Final

from tests.pdf_attacks.catalogue import OURS, Attack, Victims, collector, form_object, stream
from tests.pdf_attacks.limits import signed_by_hand
from tests.pdf_attacks.page_tree import WIDGET, listed, with_list
from tests.verify_world import append, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
XFA: Final = stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'>Pay one hundred</xdp:xdp>")
UNSEEN: Final = b"/F 4/Rect[0 0 0 0]"


def drawn_from_xfa(victims: Victims, asked: str = "/NeedsRendering true") -> bytes:
    """Return a form that was sealed invisibly, with another text in its XFA than on its pages."""
    form = f"{asked}/AcroForm<</Fields[]/SigFlags 3/XFA 30 0 R>>"
    made = append(small_pdf(text="Pay ten million", catalog=form), {30: XFA})
    return signed_by_hand(victims.signing, made, UNSEEN, None, stamp=False)


def with_field(data: bytes, entries: bytes) -> bytes:
    """Append an empty signature field on the first page."""
    new = size_of(data)
    return append(data, {**listed(data, new), **with_list(data, 4, b"%d 0 R" % new), new: WIDGET % entries})


@attack("a form drawn from its XFA: an empty signature field of one point", OURS)
def _field(victims: Victims) -> bytes:
    return with_field(drawn_from_xfa(victims), b"/Rect[10 10 11 11]")


@attack("a form drawn from its XFA: an empty signature field without a box of its own", OURS)
def _kid(victims: Victims) -> bytes:
    data = drawn_from_xfa(victims)
    new = size_of(data)
    widget = b"<</Type/Annot/Subtype/Widget/Parent %d 0 R/Rect[0 0 0 0]>>" % new
    field = b"<</FT/Sig/T(Other)/Rect[0 0 0 0]/Subtype/Widget/Kids[%d 0 R]>>" % (new + 1)
    return append(data, {**listed(data, new), new: field, new + 1: widget})


for _flags in (b"2", b"1", b"null", b"3.0", b"7"):

    @attack(
        f"flags of a form: {_flags.decode()} for 3, by which readers draw it from its XFA or its pages", OURS
    )
    def _flagged(victims: Victims, flags: bytes = _flags) -> bytes:
        data = drawn_from_xfa(victims)
        number, form = form_object(data)
        return append(data, {number: form.replace(b"/SigFlags 3", b"/SigFlags " + flags)})
