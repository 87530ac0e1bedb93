"""Certified and locked documents, changed afterwards as permitted and as not (C6; ISO 32000-2 §12.8.2).

Documents are certified by our own writer and by pyHanko's (``BOTH_WRITERS``); the changes are made by hand.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from signing.containers.certification import Certification, FieldLock
from signing.containers.envelope import ContainerKind
from signing.errors import AlreadySigned, ChangesForbidden, FieldLockDiffers, NewFieldForbidden
from tests.container_world import BOTH_WRITERS, Containers, Wish, international
from tests.verify_world import append, asn1, raw_object, size_of, small_pdf
from verify.report import SignatureReport
from verify.verdict import Indication, SubIndication

WRITERS = pytest.mark.parametrize("by", BOTH_WRITERS, ids=["our writer", "pyHanko"])
FORM = "/AcroForm<</Fields[20 0 R 21 0 R 22 0 R]/DA(/Helv 0 Tf 0 g)>>"
FIELDS = {
    20: b"<</FT/Tx/T(amount)/V(1.00)/Type/Annot/Subtype/Widget/Rect[50 50 150 70]/P 4 0 R>>",
    21: b"<</FT/Tx/T(note)/V(-)/Type/Annot/Subtype/Widget/Rect[50 90 150 110]/P 4 0 R>>",
    22: b"<</FT/Sig/T(PartyB)/Type/Annot/Subtype/Widget/F 4/Rect[300 300 440 440]/P 4 0 R>>",
}


@pytest.fixture(scope="module")
def world() -> Containers:
    return international()


def form() -> bytes:
    """Return a document with two text fields and an empty signature field."""
    page = raw_object(small_pdf(catalog=FORM), 4)[:-2] + b"/Annots[20 0 R 21 0 R 22 0 R]>>"
    return append(small_pdf(catalog=FORM), {**FIELDS, 4: page})


def certified(world: Containers, level: int = 2, by: Any = BOTH_WRITERS[0], **more: Any) -> bytes:
    wish = Wish(ContainerKind.CMS, by=by)
    return world.put(form(), wish, certify=Certification(level), place="1:100,20", **more)


def first(world: Containers, data: bytes) -> SignatureReport:
    return world.verify(data).signatures[0]


def fill(data: bytes, number: int, value: bytes) -> bytes:
    return append(data, {number: re.sub(rb"/V\s*\([^)]*\)", b"/V(%s)" % value, raw_object(data, number))})


def modified(found: SignatureReport) -> bool:
    assert found.integrity.modified or found.indication is not Indication.TOTAL_FAILED
    return found.sub_indication is SubIndication.DOCUMENT_MODIFIED and bool(found.integrity.where)


@WRITERS
@pytest.mark.parametrize("level", list(Certification))
def test_the_level_is_told_and_pyhanko_reads_the_same(
    world: Containers, level: Certification, by: Any
) -> None:
    data = certified(world, level.value, by)
    found = first(world, data)
    assert (found.indication, found.integrity.certification) == (Indication.TOTAL_PASSED, str(level))
    (theirs,) = PdfFileReader(io.BytesIO(data)).embedded_signatures
    assert theirs.docmdp_level is not None
    assert theirs.docmdp_level.value == level.value
    context = ValidationContext(trust_roots=[asn1(world.pki.root.der)], allow_fetching=False)
    status = validate_pdf_signature(theirs, context)
    assert (status.intact, status.valid, status.docmdp_ok) == (True, True, True)


@WRITERS
@pytest.mark.parametrize(("level", "holds"), [(1, False), (2, True), (3, True)])
def test_filling_in_a_form(world: Containers, level: int, holds: bool, by: Any) -> None:
    """P=2 and P=3 let it follow, and the report says which field; P=1 does not."""
    found = first(world, fill(certified(world, level, by), 20, b"2.00"))
    assert (found.indication is Indication.TOTAL_PASSED) is holds
    told = found.integrity.additions if holds else found.integrity.where
    assert [(change.field, change.page, change.object) for change in told] == [("amount", 1, "20 0 obj")]


def test_what_a_plain_signature_never_permits(world: Containers) -> None:
    """Without a certification nobody agreed to filled forms."""
    plain = world.put(form(), Wish(ContainerKind.CMS), place="1:100,20")
    assert modified(first(world, fill(plain, 20, b"2.00")))


def _moved_field(data: bytes) -> bytes:
    body = raw_object(data, 20)
    return append(data, {20: body.replace(b"/Rect[50 50 150 70]", b"/Rect[50 700 500 800]")})


def _page_content(data: bytes) -> bytes:
    body = b"BT /F1 24 Tf 72 720 Td (Pay ten million) Tj ET"
    return append(data, {5: b"<</Length %d>>stream\n%s\nendstream" % (len(body), body)})


def _note_on_page(data: bytes, subtype: bytes, extra: bytes = b"", box: bytes = b"0 0 300 300") -> bytes:
    new = size_of(data)
    note = b"<</Type/Annot/Subtype/%s/P 6 0 R/Rect[%s]/Contents(void)%s>>" % (subtype, box, extra)
    body = raw_object(data, 6)[:-2] + b"/Annots[%d 0 R]>>" % new
    return append(data, {6: body, new: note})


def _new_field_over_content(data: bytes) -> bytes:
    """Attack as "sneaky signature": an empty signature field whose look covers what was certified."""
    new = size_of(data)
    look = b"0 0 400 100 re f"
    field = (
        b"<</FT/Sig/T(Cover)/Type/Annot/Subtype/Widget/F 4/P 6 0 R/Rect[60 700 460 800]"
        b"/AP<</N %d 0 R>>>>" % (new + 1)
    )
    stream = b"<</Type/XObject/Subtype/Form/BBox[0 0 400 100]/Length %d>>stream\n%s\nendstream"
    fields = re.sub(rb"/Fields\s*\[", b"/Fields[%d 0 R " % new, _form_object(data)[1])
    page = raw_object(data, 6)[:-2] + b"/Annots[%d 0 R]>>" % new
    return append(
        data, {new: field, new + 1: stream % (len(look), look), 6: page, _form_object(data)[0]: fields}
    )


def _form_object(data: bytes) -> tuple[int, bytes]:
    """Return the number and octets of the object that holds the form."""
    catalog = raw_object(data, 1)
    found = re.search(rb"/AcroForm\s+(\d+) 0 R", catalog)
    return (1, catalog) if found is None else (int(found[1]), raw_object(data, int(found[1])))


def _taken_out_of_perms(data: bytes) -> bytes:
    return append(data, {1: re.sub(rb"/Perms\s*<<.*?>>", b"", raw_object(data, 1), flags=re.DOTALL)})


ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "a field moved over content": _moved_field,
    "page content replaced": _page_content,
    "free text over content": lambda data: _note_on_page(data, b"FreeText"),
    "a stamp with a look of its own": lambda data: _note_on_page(data, b"Stamp"),
    "a link": lambda data: _note_on_page(data, b"Link", b"/A<</S/URI/URI(http://example.test)>>"),
    "a redaction": lambda data: _note_on_page(data, b"Redact"),
    "a new field that covers": _new_field_over_content,
    "the certification taken away": _taken_out_of_perms,
}


@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize("attack", ATTACKS)
def test_changes_against_the_certification_are_invalid(world: Containers, attack: str, level: int) -> None:
    """I5: nothing that shows may change; where it did is named."""
    found = first(world, ATTACKS[attack](certified(world, level)))
    assert modified(found), found.reason.en
    assert any(change.object for change in found.integrity.where)


@pytest.mark.parametrize(
    "attack", sorted(set(ATTACKS) - {"free text over content", "a stamp with a look of its own"})
)
def test_permitted_comments_open_no_other_door(world: Containers, attack: str) -> None:
    assert modified(first(world, ATTACKS[attack](certified(world, 3))))


@pytest.mark.parametrize("subtype", [b"FreeText", b"Stamp", b"Highlight", b"Square"])
def test_comments_that_may_cover_leave_doubt(world: Containers, subtype: bytes) -> None:
    """The evil annotation attack: P=3 permits the annotation, and no reader may call the page unchanged."""
    found = first(world, _note_on_page(certified(world, 3), subtype))
    assert (found.indication, found.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.DOCUMENT_MODIFIED,
    )
    (doubt,) = found.integrity.doubts
    assert (doubt.page, "page 2" in found.reason.en) == (2, True)


def test_a_note_beside_the_text_is_told_and_harmless(world: Containers) -> None:
    noted = _note_on_page(certified(world, 3), b"Text", box=b"9 9 29 29")
    found = first(world, noted)
    assert found.indication is Indication.TOTAL_PASSED
    assert [(one.what_en, one.page) for one in found.integrity.additions] == [("a comment was added", 2)]
    unplaced = first(world, noted.replace(b"/P 6 0 R", b"        "))
    assert unplaced.integrity.additions == found.integrity.additions, "it shows where a page lists it"
    assert modified(first(world, _note_on_page(certified(world, 2), b"Text")))


@WRITERS
def test_a_second_seal_in_an_empty_field(world: Containers, by: Any) -> None:
    """C6: P=2 lets the other party seal where the document has a place for it; pyHanko agrees."""
    sealed = world.put(certified(world, 2, by), Wish(ContainerKind.CMS, by=by), place=_field("PartyB"))
    report = world.verify(sealed)
    assert [one.indication for one in report.signatures] == [Indication.TOTAL_PASSED] * 2, report.reason.en
    context = ValidationContext(trust_roots=[asn1(world.pki.root.der)], allow_fetching=False)
    for theirs in PdfFileReader(io.BytesIO(sealed)).embedded_signatures:
        assert validate_pdf_signature(theirs, context).bottom_line, theirs.field_name


def _field(name: str) -> Any:
    from signing.placing.where import InField

    return InField(name)


@WRITERS
def test_a_new_field_is_refused_in_words(world: Containers, by: Any) -> None:
    with pytest.raises(NewFieldForbidden) as refused:
        world.put(certified(world, 2, by), Wish(ContainerKind.CMS, by=by), place="1:100,100")
    assert "PartyB" in refused.value.zh
    assert "PartyB" in refused.value.en
    with pytest.raises(ChangesForbidden):
        world.put(certified(world, 1, by), Wish(ContainerKind.CMS, by=by), place=_field("PartyB"))


@WRITERS
def test_only_the_first_signature_certifies(world: Containers, by: Any) -> None:
    signed = world.put(form(), Wish(ContainerKind.CMS), place="1:100,20")
    with pytest.raises(AlreadySigned):
        world.put(
            signed, Wish(ContainerKind.CMS, by=by), certify=Certification.FORM_FILLING, place="1:20,200"
        )


LOCKS = {
    "all": ({"amount", "note"}, {"PartyB"}),
    "include:amount": ({"amount"}, set()),
    "exclude:amount": ({"note"}, {"PartyB"}),
    "include:amount,PartyB;p=2": ({"amount"}, {"PartyB"}),
}


@WRITERS
@pytest.mark.parametrize("lock", LOCKS)
def test_locked_fields(world: Containers, lock: str, by: Any) -> None:
    """FieldMDP: a locked field that changes makes the signature invalid and is named; the others stay free."""
    data = certified(world, 2, by, lock=FieldLock.parse(lock))
    texts, signatures = LOCKS[lock]
    for number, name in ((20, "amount"), (21, "note")):
        found = first(world, fill(data, number, b"other"))
        assert modified(found) is (name in texts), (lock, name)
        if name in texts:
            assert [change.field for change in found.integrity.where] == [name]
    if signatures:
        with pytest.raises(ChangesForbidden):
            world.put(data, Wish(ContainerKind.CMS, by=by), place=_field("PartyB"))
    (theirs,) = PdfFileReader(io.BytesIO(data)).embedded_signatures
    spec = theirs.fieldmdp
    assert spec is not None
    assert {name for name in ("amount", "note") if spec.is_locked(name)} == texts


@WRITERS
def test_a_lock_alone_may_forbid_every_change(world: Containers, by: Any) -> None:
    """ISO 32000-2 table 236: /P of a lock limits the whole document."""
    wish = Wish(ContainerKind.CMS, by=by)
    data = world.put(form(), wish, lock=FieldLock.parse("include:amount;p=1"), place="1:100,20")
    assert first(world, data).indication is Indication.TOTAL_PASSED
    with pytest.raises(ChangesForbidden):
        world.put(data, wish, place=_field("PartyB"))


def test_a_field_with_a_lock_of_its_own_is_heeded(world: Containers) -> None:
    """§12.7.5.5: whoever signs the field locks what its author asked for; another wish is refused."""
    page = raw_object(form(), 4)
    locked = append(
        form(),
        {22: FIELDS[22][:-2] + b"/Lock<</Type/SigFieldLock/Action/Include/Fields[(amount)]>>>>", 4: page},
    )
    wish = Wish(ContainerKind.CMS)
    data = world.put(locked, wish, place=_field("PartyB"))
    (theirs,) = PdfFileReader(io.BytesIO(data)).embedded_signatures
    assert theirs.fieldmdp is not None
    assert theirs.fieldmdp.is_locked("amount")
    assert first(world, data).indication is Indication.TOTAL_PASSED
    with pytest.raises(FieldLockDiffers, match="PartyB"):
        world.put(locked, wish, place=_field("PartyB"), lock=FieldLock.parse("all"))


@WRITERS
def test_the_second_party_locks_when_it_seals(world: Containers, by: Any) -> None:
    """A lock asked for in a field of a signed document leaves the first signature whole, for us and for pyHanko."""
    wish = Wish(ContainerKind.CMS, by=by)
    signed = world.put(form(), wish, place="1:100,20")
    sealed = world.put(signed, wish, place=_field("PartyB"), lock=FieldLock.parse("include:amount"))
    report = world.verify(sealed)
    assert [one.indication for one in report.signatures] == [Indication.TOTAL_PASSED] * 2, report.reason.en
    context = ValidationContext(trust_roots=[asn1(world.pki.root.der)], allow_fetching=False)
    for theirs in PdfFileReader(io.BytesIO(sealed)).embedded_signatures:
        assert validate_pdf_signature(theirs, context).bottom_line, theirs.field_name
    assert modified(world.verify(fill(sealed, 20, b"other")).signatures[1])


def test_a_certification_claimed_later_permits_nothing(world: Containers) -> None:
    """Writing /Perms afterwards makes nobody's signature a certification, and is a change itself."""
    plain = world.put(form(), Wish(ContainerKind.CMS), place="1:100,20")
    value = re.search(rb"(\d+) 0 obj\s*<<\s*/Type\s*/Sig\b", plain)
    assert value is not None
    perms = b"/Perms<</DocMDP %s 0 R>>>>" % value[1]
    claimed = append(plain, {1: raw_object(plain, 1).rstrip()[:-2] + perms})
    assert modified(first(world, claimed))
    assert modified(first(world, fill(claimed, 20, b"2.00")))


@pytest.mark.parametrize("level", [1, 2, 3])
def test_what_a_filled_field_shows_stays_in_its_box(world: Containers, level: int) -> None:
    """Its look may be drawn anew with the value; the box on the page may not move, nor may it gain an action."""
    data = certified(world, level)
    new, body = size_of(data), raw_object(data, 20)
    look = b"<</Type/XObject/Subtype/Form/BBox[0 0 100 20]/Length 0>>stream\n\nendstream"
    shown = body.replace(b"/V(1.00)", b"/V(2.00)/AP<</N %d 0 R>>" % new)
    found = first(world, append(data, {20: shown, new: look}))
    assert (found.indication is Indication.TOTAL_PASSED) is (level > 1)
    for trick in (b"/AA<</K<</S/JavaScript/JS(x)>>>>", b"/A<</S/URI/URI(x)>>"):
        assert modified(first(world, append(data, {20: shown[:-2] + trick + b">>", new: look})))


def test_locks_of_earlier_parties_bind_the_later(world: Containers) -> None:
    """What the first party locked is judged for the second too: who signs on takes the rules over."""
    wish = Wish(ContainerKind.CMS)
    both = world.put(
        certified(world, 2, lock=FieldLock.parse("include:amount")), wish, place=_field("PartyB")
    )
    report = world.verify(fill(both, 20, b"9.99"))
    assert [modified(one) for one in report.signatures] == [True, True]
    free = world.verify(fill(both, 21, b"ok"))
    assert [one.indication for one in free.signatures] == [Indication.TOTAL_PASSED] * 2
