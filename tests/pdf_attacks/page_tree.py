"""Pages and what they list, where readers find them otherwise than ISO 32000-2 §7.7.3 has it."""

from __future__ import annotations

import re
from typing import Final

from tests.pdf_attacks.catalogue import (
    COVER,
    DRAWING,
    OURS,
    Attack,
    Victims,
    collector,
    form_object,
    stream,
)
from tests.pdf_attacks.certified import LINE
from tests.pdf_attacks.limits import signed_by_hand, with_signature
from tests.verify_world import append, in_store, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
LOOK: Final = stream(COVER, DRAWING + b"/Resources<</Font<</F1 3 0 R>>>>")
WIDGET: Final = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Other)/F 4%s>>"
OVER_ALL: Final = b"/Rect[0 0 595 842]"


def listed(data: bytes, number: int) -> dict[int, bytes]:
    """Return the form with one more field."""
    at, form = form_object(data)
    return {at: re.sub(rb"(/Fields\s*\[[^\]]*)\]", rb"\1 %d 0 R]" % number, form)}


def with_list(data: bytes, number: int, items: bytes) -> dict[int, bytes]:
    """Return an object with a list of annotations of its own."""
    return {number: raw_object(data, number)[:-2] + b"/Annots[%s]>>" % items}


def stamped_tree(victims: Victims) -> bytes:
    """Return a signed document whose page tree lists a stamp, which readers of the standard pass over."""
    plain = small_pdf()
    stamp = b"<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 595 842]/AP<</N 31 0 R>>>>"
    made = append(plain, {**with_list(plain, 2, b"30 0 R"), 30: stamp, 31: LOOK})
    return victims.signing.sign(made, page=1)


@attack("annotations of the page tree: hidden by those that a page gains", OURS)
def _hidden(victims: Victims) -> bytes:
    data = stamped_tree(victims)
    return append(data, with_list(data, 4, b""))


def below(data: bytes, levels: int) -> dict[int, bytes]:
    """Return the objects that put so many nodes between the root of the page tree and its first page."""
    nodes = [2, *range(100, 100 + levels), 4]
    tree = {
        node: b"<</Type/Pages/Count 1/Parent %d 0 R/Kids[%d 0 R]>>" % (parent, kid)
        for parent, node, kid in zip(nodes, nodes[1:], nodes[2:], strict=False)
    }
    root = raw_object(data, 2).replace(b"4 0 R", b"%d 0 R" % nodes[1], 1)
    page = re.sub(rb"/Parent \d+ 0 R", b"/Parent %d 0 R" % nodes[-2], raw_object(data, 4))
    return {**tree, 2: root, 4: page}


@attack("annotations of the page tree: far above a page that gains its own", OURS)
def _far_above(victims: Victims) -> bytes:
    plain = small_pdf(catalog=FORM)
    deep = append(plain, below(plain, 40))
    stamp = b"<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 595 842]/AP<</N 31 0 R>>>>"
    data = sealed(victims, append(deep, {**with_list(deep, 2, b"30 0 R"), 30: stamp, 31: LOOK}))
    return append(data, with_list(data, 4, b""))


@attack("annotations of the page tree: a later signature over all pages", OURS)
def _signature(victims: Victims) -> bytes:
    data = victims.signing.sign(page=1)
    new = size_of(data)
    field = WIDGET % (OVER_ALL + b"/AP<</N %d 0 R>>/V %d 0 R" % (new + 1, new + 2))
    objects = {**listed(data, new), **with_list(data, 2, b"%d 0 R" % new), new: field, new + 1: LOOK}
    return with_signature(victims.signing, data, objects, new + 2, stamp=False)


@attack("annotations of the page tree: notes of a certified document that hide a line", OURS)
def _notes(victims: Victims) -> bytes:
    data = victims.certified(3)
    new = size_of(data)
    notes = {
        new + at: b"<</Type/Annot/Subtype/Text/F 28/Rect[%d %d %d %d]/Contents(x)>>" % (x, y, x + 20, y + 20)
        for at, (x, y) in enumerate(LINE)
    }
    return append(data, {**with_list(data, 2, b"".join(b" %d 0 R" % one for one in notes)), **notes})


@attack("annotations of the page tree: a list that is an object of its own", OURS)
def _list_apart(victims: Victims) -> bytes:
    plain = small_pdf()
    tree = raw_object(plain, 2)[:-2] + b"/Annots 30 0 R>>"
    data = victims.signing.sign(append(plain, {2: tree, 30: b"[]"}), page=1)
    new = size_of(data)
    return append(data, {**listed(data, new), 30: b"[%d 0 R]" % new, new: WIDGET % OVER_ALL})


@attack("annotations of the page tree: a list that only what a page calls its parent has", OURS)
def _list_of_a_parent(victims: Victims) -> bytes:
    plain = small_pdf()
    page = raw_object(plain, 4).replace(b"/Parent 2 0 R", b"/Parent 40 0 R")
    made = append(plain, {4: page, 40: b"<</Type/Page/Annots 30 0 R>>", 30: b"[]"})
    data = victims.signing.sign(made, page=1)
    new = size_of(data)
    return append(data, {**listed(data, new), 30: b"[%d 0 R]" % new, new: WIDGET % OVER_ALL})


def _behind_a_reference(victims: Victims, entries: bytes, more: dict[int, bytes] | None = None) -> bytes:
    """Append a field whose object is a reference to the field, which some readers follow."""
    data = victims.signing.sign(page=1)
    new = size_of(data)
    page = with_list(data, 4, b"%d 0 R" % new)
    objects = {**listed(data, new), **page, new: b"%d 0 R" % (new + 1), new + 1: WIDGET % entries}
    if more is None:
        return append(data, objects)
    return with_signature(victims.signing, data, {**objects, **more}, new + 3, stamp=False)


@attack("a field behind a reference: an empty one over the page", OURS)
def _empty_behind(victims: Victims) -> bytes:
    return _behind_a_reference(victims, OVER_ALL)


@attack("a field behind a reference: a later signature over the page", OURS)
def _signed_behind(victims: Victims) -> bytes:
    new = size_of(victims.signing.sign(page=1))
    return _behind_a_reference(
        victims, OVER_ALL + b"/AP<</N %d 0 R>>/V %d 0 R" % (new + 2, new + 3), {new + 2: LOOK}
    )


@attack("a field behind a reference: the widget of a new field", OURS)
def _kid_behind(victims: Victims) -> bytes:
    data = victims.signing.sign(page=1)
    new = size_of(data)
    field = b"<</FT/Sig/T(Other)/Kids[%d 0 R]>>" % (new + 1)
    widget = b"<</Type/Annot/Subtype/Widget/Parent %d 0 R%s>>" % (new, OVER_ALL)
    page = with_list(data, 4, b"%d 0 R" % (new + 1))
    behind = {new: field, new + 1: b"%d 0 R" % (new + 2), new + 2: widget}
    return append(data, {**listed(data, new), **page, **behind})


FORM: Final = "/AcroForm<</Fields[]/SigFlags 3>>"
SEAL: Final = stream(b"1 0 0 rg 0 0 119 119 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 119 119]")


def sealed(victims: Victims, data: bytes) -> bytes:
    """Seal the second page of what libraries stumble over."""
    return signed_by_hand(victims.signing, data, b"/F 4/Rect[100 600 219 719]", SEAL, stamp=False)


def _in_its_list(annotations: bytes) -> bytes:
    """Return a document whose first page stands in the list of the page tree itself."""
    plain = small_pdf(catalog=FORM)
    page = raw_object(plain, 4)[:-2] + b"/Annots %s>>" % annotations
    return append(plain, {2: raw_object(plain, 2).replace(b"4 0 R", page, 1), 30: b"[]"})


for _name, _box in (("over it", OVER_ALL), ("without a box", b"")):

    @attack(f"a page that is no object: a field {_name}", OURS)
    def _on_direct_page(victims: Victims, box: bytes = _box) -> bytes:
        data = sealed(victims, _in_its_list(b"30 0 R"))
        new = size_of(data)
        return append(data, {**listed(data, new), 30: b"[%d 0 R]" % new, new: WIDGET % box})


@attack("a page that is no object: validation data", OURS)
def _store_behind_direct_page(victims: Victims) -> bytes:
    return in_store(sealed(victims, _in_its_list(b"[]")), {90: stream(b"a certificate")})


def _field_on_page(data: bytes) -> bytes:
    new = size_of(data)
    return append(data, {**listed(data, new), **with_list(data, 4, b"%d 0 R" % new), new: WIDGET % b""})


@attack("a page tree behind a reference: a field without a box", OURS)
def _tree_behind(victims: Victims) -> bytes:
    plain = small_pdf(catalog=FORM)
    catalog = raw_object(plain, 1).replace(b"/Pages 2 0 R", b"/Pages 40 0 R")
    return _field_on_page(sealed(victims, append(plain, {1: catalog, 40: b"2 0 R"})))


@attack("a page tree behind a reference: a page of it", OURS)
def _page_behind(victims: Victims) -> bytes:
    plain = small_pdf(catalog=FORM)
    tree = raw_object(plain, 2).replace(b"4 0 R", b"40 0 R", 1)
    return _field_on_page(sealed(victims, append(plain, {2: tree, 40: b"4 0 R"})))


@attack("a page tree in the catalogue itself", OURS)
def _tree_in_catalogue(victims: Victims) -> bytes:
    plain = small_pdf(catalog=FORM)
    catalog = raw_object(plain, 1).replace(b"/Pages 2 0 R", b"/Pages " + raw_object(plain, 2))
    return in_store(sealed(victims, append(plain, {1: catalog})), {90: stream(b"a certificate")})


for _count in (8, 9, 40):

    @attack(f"annotations behind {_count} references, hidden by those that a page gains", OURS)
    def _far_list(victims: Victims, count: int = _count) -> bytes:
        plain = small_pdf(catalog=FORM)
        page = raw_object(plain, 4)[:-2] + b"/Annots 40 0 R>>"
        stamp = b"<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 595 842]/AP<</N 31 0 R>>>>"
        chain = {40 + at: b"%d 0 R" % (41 + at) for at in range(count - 1)}
        made = append(plain, {4: page, 30: stamp, 31: LOOK, **chain, 39 + count: b"[30 0 R]"})
        data = sealed(victims, made)
        return append(data, {4: raw_object(data, 4).replace(b"/Annots 40 0 R", b"/Annots[]")})
