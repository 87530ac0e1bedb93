"""Fields that were signed empty over what they hide once they are filled in ("replace via overlay"), and such as are not to be."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec, append_signature_field

from tests.pdf_attacks.catalogue import (
    COVER,
    DRAWING,
    OURS,
    SHADOW,
    Attack,
    Victims,
    collector,
    form_object,
    stream,
)
from tests.pdf_attacks.limits import with_signature
from tests.verify_world import Signing, append, raw_object, size_of, small_pdf
from verify.pdf.permissions import MAX_NAMED, MAX_REFERENCES

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
LOOK: Final = stream(COVER, DRAWING + b"/Resources<</Font<</F1 3 0 R>>>>")
PAGE: Final = b"0 0 595 842"
SMALL: Final = b"50 50 150 70"
TICKED: Final = b"/FT/Btn/V/Off/AS/Off/AP<</N<</Off 24 0 R/Yes 25 0 R>>>>"


def form_of(fields: Mapping[int, tuple[bytes, bytes]]) -> bytes:
    """Return a form with fields on its first page: what each says, and its box."""
    listed = b" ".join(b"%d 0 R" % number for number in fields)
    plain = small_pdf(
        catalog=f"/AcroForm<</Fields[{listed.decode()}]/DA(/Helv 0 Tf 0 g)/DR<</Font<</Helv 3 0 R>>>>>>"
    )
    widget = b"<<%s/T(f%d)/Type/Annot/Subtype/Widget/F 4/P 4 0 R/Rect[%s]>>"
    objects = {number: widget % (says, number, box) for number, (says, box) in fields.items()}
    page = raw_object(plain, 4)[:-2] + b"/Annots[%s]>>" % listed
    return append(plain, {4: page, 24: stream(b"", DRAWING), 25: LOOK, **objects})


def text(box: bytes) -> tuple[bytes, bytes]:
    return b"/FT/Tx/DA(/Helv 12 Tf 0 g)", box


def certified(signing: Signing, data: bytes, box: tuple[int, int, int, int] = (100, 600, 219, 719)) -> bytes:
    return signing.sign(data, page=1, box=box, certify=True, docmdp_permissions=MDPPerm.FILL_FORMS)


def filled(data: bytes, *numbers: int, value: bytes = b"(x)") -> bytes:
    """Fill fields in with a value, each with a look of its own."""
    new = size_of(data)
    objects = {}
    for at, number in enumerate(numbers):
        body = re.sub(rb"/(?:V ?\([^)]*\)|AP ?<<.*?>>)", b"", raw_object(data, number), flags=re.DOTALL)
        objects |= {number: body[:-2] + b"/V%s/AP<</N %d 0 R>>>>" % (value, new + at), new + at: LOOK}
    return append(data, objects)


@attack("a field filled in over the page of a certified document", SHADOW)
def _over_page(victims: Victims) -> bytes:
    return filled(certified(victims.signing, form_of({20: text(PAGE)})), 20)


def beside_a_lock(signing: Signing, box: bytes, names: list[str]) -> bytes:
    """Fill a field in, signed by one who locked those of these names."""
    lock = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=names)
    writer, out = IncrementalPdfFileWriter(io.BytesIO(form_of({20: text(box)}))), io.BytesIO()
    spec = SigFieldSpec("Seal1", on_page=1, box=(300, 100, 400, 160), field_mdp_spec=lock)
    append_signature_field(writer, spec)
    writer.write(out)
    return filled(signing.sign(out.getvalue(), box=None), 20)


@attack("a field filled in over the page, where a lock names another", SHADOW)
def _beside_a_lock(victims: Victims) -> bytes:
    return beside_a_lock(victims.signing, PAGE, ["other"])


@attack("a locked field whose name comes behind twenty thousand others", OURS)
def _behind_many_names(victims: Victims) -> bytes:
    names = [f"n{at}" for at in range(MAX_NAMED)]
    return beside_a_lock(victims.signing, SMALL, [*names, "f20"])


def locked_by(signing: Signing, references: list[bytes]) -> bytes:
    """Fill a field in, signed with these references by hand."""
    data = form_of({20: text(SMALL)})
    new = size_of(data)
    number, form = form_object(data)
    field = b"<</FT/Sig/T(Seal1)/Type/Annot/Subtype/Widget/F 4/P 6 0 R/Rect[0 0 0 0]/V %d 0 R>>" % (new + 1)
    objects = {number: form.replace(b"/Fields[", b"/Fields[%d 0 R " % new), new: field}
    entries = b"/Reference[%s]" % b"".join(references)
    return filled(with_signature(signing, data, objects, new + 1, stamp=False, entries=entries), 20)


LOCK: Final = b"<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams/V/1.2/Action/Include%s>>>>"


@attack("a locked field that the seventeenth reference of a signature names", OURS)
def _behind_many_references(victims: Victims) -> bytes:
    other = LOCK % b"/Fields[(other)]"
    return locked_by(victims.signing, [other] * MAX_REFERENCES + [LOCK % b"/Fields[(f20)]"])


@attack("a locked field of a lock that names nobody knows which", OURS)
def _no_list(victims: Victims) -> bytes:
    return locked_by(victims.signing, [LOCK % b"/Fields(f20)"])


for _names in (
    b"/f20",
    b"(f20\\000)",
    b"(f20\\000x)",
    b"(f20.)",
    b"(.f20)",
    b"<FEFF0066003200302060>",
    b"<FEFF0066003200300007>",
    b"20",
    b"(other)null",
    b"(other)[(f20)]",
):

    @attack(f"a locked field of a lock that names it otherwise: {_names.decode()}", OURS)
    def _named_otherwise(victims: Victims, names: bytes = _names) -> bytes:
        return locked_by(victims.signing, [LOCK % b"/Fields[%s]" % names])


@attack("a locked field of a lock of all but those that it names otherwise", OURS)
def _all_but(victims: Victims) -> bytes:
    lock = LOCK.replace(b"/Include", b"/Exclude") % b"/Fields[/f20]"
    return locked_by(victims.signing, [lock, LOCK % b"/Fields[(other)]"])


@attack("a field filled in over the page: a box to tick", SHADOW)
def _ticked(victims: Victims) -> bytes:
    data = certified(victims.signing, form_of({20: (TICKED, PAGE)}))
    return append(data, {20: raw_object(data, 20).replace(b"/Off/AS/Off", b"/Yes/AS/Yes")})


ROWS: Final = {
    number: text(b"0 %d 595 %d" % (105 * at, 105 * at + 105)) for at, number in enumerate(range(30, 38))
}


@attack("a field filled in over the page, with others", SHADOW)
def _together(victims: Victims) -> bytes:
    return filled(certified(victims.signing, form_of(ROWS)), *ROWS)


@attack("a field filled in over the page, with others that were filled in before", SHADOW)
def _by_and_by(victims: Victims) -> bytes:
    data = certified(victims.signing, form_of(ROWS))
    for number in ROWS:
        data = filled(data, number)
    return data


@attack("a field filled in over a seal", SHADOW)
def _over_seal(victims: Victims) -> bytes:
    form = form_of({20: text(b"90 590 230 730")})
    return filled(_on_first_page(victims.signing, form), 20)


def _on_first_page(signing: Signing, data: bytes) -> bytes:
    return signing.sign(
        data, page=0, box=(100, 600, 219, 719), certify=True, docmdp_permissions=MDPPerm.FILL_FORMS
    )


def with_price(signing: Signing, says: bytes, catalog: bytes = b"") -> bytes:
    """Return a certified form with a small field that says so, a price, in it."""
    form = form_of({20: (text(SMALL)[0] + says, SMALL)})
    listed = raw_object(form, 1).replace(b"/AcroForm<<", b"/AcroForm<<" + catalog)
    return certified(signing, append(form, {1: listed}))


for _says in (b"/Ff 1/V(1.00)", b"/Ff 4097/V(1.00)/AA<</F<</S/JavaScript/JS(x)>>>>"):

    @attack(f"a field filled in that is read-only: {_says.decode()}", SHADOW)
    def _read_only(victims: Victims, says: bytes = _says) -> bytes:
        return filled(with_price(victims.signing, says), 20, value=b"(9.00)")
