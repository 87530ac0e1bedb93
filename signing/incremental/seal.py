"""The seal as one incremental update: fields, appearance, copies, evidence, signature dictionary (ADR 31)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from hsm.algorithms import Digest
from signing.containers.certification import FieldLock
from signing.containers.envelope import Envelope
from signing.incremental.appearance import Appearance
from signing.incremental.contents import Strokes
from signing.incremental.errors import unforeseen
from signing.incremental.form import Field, Form, read_form
from signing.incremental.leaves import PlainLeaves, rectangle
from signing.incremental.output import PreparedPlain, append, copy
from signing.incremental.pages import PageTree
from signing.incremental.signature import UNSEEN, field_dictionary, lock_dictionary, signature_dictionary
from signing.incremental.store import store_evidence
from signing.incremental.update import Update
from signing.mark import SealMark, Work
from signing.pdf.pages import PRINT, PdfPages
from signing.placing.drawing import Look, look, look_in, strokes
from signing.placing.layout import Layout, Spot, lay_out
from signing.placing.placement import Box
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.file import PlainPdf, open_plain
from verify.pdf.plain.syntax import Array, Dictionary, Ref

SIGNATURES_EXIST, APPEND_ONLY = 1, 2
"""/SigFlags of the form (ISO 32000-2 table 225)."""


@dataclass(frozen=True, slots=True)
class OpenPdf:
    """A plain document that may be sealed: every refusal that can be told in advance has been told."""

    pdf: PlainPdf
    form: Form
    pages: PageTree

    @property
    def leaves(self) -> PlainLeaves:
        """What placing asks of it."""
        return PlainLeaves(self.pdf, self.form, self.pages)


def open_to_seal(stream: IO[bytes]) -> OpenPdf:
    """Open a document. :class:`NotPlain` where the general writer has to decide, ``OSError``."""
    pdf = open_plain(stream)
    return OpenPdf(pdf, read_form(pdf), PageTree(pdf))


def prepare(work: Work, mark: SealMark, envelope: Envelope, *, stamped: bool) -> PreparedPlain:
    """Write a copy of the source with the seal behind it into the output, and digest it; the signature is missing.

    Nothing is written before the whole update is composed. :class:`NotPlain`, :class:`signing.errors.PlacementError`,
    ``OSError`` of the output.
    """
    room = envelope.room(stamped=stamped)
    with unforeseen():
        opened = open_to_seal(work.source)
        pages = PdfPages(opened.leaves, work.search)
        layout = lay_out(mark.placement, pages, mark.picture.size_mm, may_cover=mark.may_cover)
        update, signature = _compose(opened, mark, layout)
        update.put(signature, signature_dictionary(mark, envelope, room, opened.pdf.root))
        octets, gap = update.compose(signature)
    running = envelope.digest.running()
    work.output.seek(0)
    copy(opened.pdf.octets, work.output, running)
    source = Digest(envelope.digest, running.digest())
    digest = Digest(envelope.digest, append(work.output, octets, gap, running))
    return PreparedPlain(digest, gap.scope, work.output, room, gap, source)


def _compose(opened: OpenPdf, mark: SealMark, layout: Layout) -> tuple[Update, Ref]:
    pdf = opened.pdf
    update = Update(pdf)
    if opened.form.signed and mark.certify is not None:
        raise NotPlain(Reason.SIGNED, "only the first signature certifies")
    writer = _SealUpdate(opened, update, mark, layout, signature=update.reserve())
    writer.draw()
    if mark.evidence is not None:
        store_evidence(pdf, update, mark.evidence)
    if not opened.form.signed:
        _declare(pdf, update)
    if mark.certify is not None:
        update.set(pdf.root, "/Perms", b"<</DocMDP %s>>" % writer.signature.pdf)
    return update, writer.signature


class _SealUpdate:
    """Puts one layout into an update."""

    def __init__(
        self, opened: OpenPdf, update: Update, mark: SealMark, layout: Layout, signature: Ref
    ) -> None:
        self._opened, self._update, self._mark, self._layout = opened, update, mark, layout
        self._size = mark.picture.size_mm
        self.signature = signature
        self._annotations: dict[Ref, tuple[Dictionary, list[bytes]]] = {}
        self._fields: list[bytes] = []
        self._name = opened.form.unused(mark.field_name)
        self._lock = self._announce(mark.lock)

    def _announce(self, lock: FieldLock | None) -> Ref | None:
        """Write a lock for the field; one that a signed document has already stays as it is, and the signature alone locks."""
        if lock is None or (self._layout.field is not None and self._opened.form.signed):
            return None
        return self._update.add(lock_dictionary(lock))

    def draw(self) -> None:
        """Write every spot: the first as the signature's widget, the others as strokes, or on a signed document as fields."""
        spots = self._layout.spots
        appearance = Appearance(self._update, self._mark.picture) if spots else None
        if self._layout.field is not None:
            self._fill(self._named(self._layout.field), spots, appearance)
        elif appearance is None:
            self._add_field(1, UNSEEN, None)
        else:
            self._add_widget(spots[0], appearance)
        if appearance is not None and spots[1:]:
            self._draw_others(spots[1:], appearance)
        self._list_annotations()
        if self._fields:
            self._extend_form()

    def _draw_others(self, spots: tuple[Spot, ...], appearance: Appearance) -> None:
        """Content of a signed document may not change, but it takes further fields with the same value (pages once each)."""
        if self._opened.form.signed:
            for spot in spots:
                self._add_widget(spot, appearance)
            return
        pages, pdf = self._opened.pages, self._opened.pdf
        drawing = Strokes(pdf, self._update, appearance.seal)
        by_page: dict[int, bytes] = {}
        for spot in spots:
            drawn = strokes(pages.view(spot.page), spot, self._size, drawing.name)
            by_page[spot.page] = by_page[spot.page] + drawn if spot.page in by_page else drawn
        for number, drawn in by_page.items():
            drawing.draw(pages.page(number), drawn)

    def _add_widget(self, spot: Spot, appearance: Appearance) -> None:
        seen = look(self._opened.pages.view(spot.page), spot, self._size)
        self._add_field(spot.page, seen.rectangle, appearance.of(seen))

    def _add_field(self, page: int, box: Box, appearance: Ref | None) -> None:
        on = self._opened.pages.page(page)
        number = len(self._fields) + 1
        name = self._name if number == 1 else self._opened.form.unused(f"{self._name}-p{page}-{number}")
        body = field_dictionary(
            name, self._mark.tooltip, on.ref, box, {"V": self.signature, "Lock": self._lock}
        )
        if appearance is not None:
            body = body.removesuffix(b">>") + b"/AP <</N %s>>>>" % appearance.pdf
        ref = self._update.add(body).pdf
        self._fields.append(ref)
        self._annotations.setdefault(on.ref, (on.entries, []))[1].append(ref)

    def _named(self, name: str) -> Field:
        found = [field for field in self._opened.form.fields if field.name == name and field.kind == "/Sig"]
        if len(found) != 1:
            raise NotPlain(Reason.FIELD, "no such field, or several")
        return found[0]

    def _fill(self, field: Field, spots: tuple[Spot, ...], appearance: Appearance | None) -> None:
        """Sign a field that the document brings along, whose rectangle stays."""
        own = {"/V", "/Lock", "/SV", "/Kids"} & {
            key for key, value in field.entries.items() if value is not None
        }
        if own or field.entries.get("/FT") != "/Sig":
            raise NotPlain(Reason.FIELD, " ".join(sorted(own)))
        if appearance is not None:
            box = rectangle(self._opened.pdf, field.entries)
            if box is None or box[0] == box[2] or box[1] == box[3]:
                raise NotPlain(Reason.FIELD, "/Rect")
            seen = self._look_in(box, spots[0])
            self._update.set(field.ref, "/AP", b"<</N %s>>" % appearance.of(seen).pdf)
            self._update.set(field.ref, "/AS", b"")
            if not self._opened.form.signed:
                flags = self._opened.pdf.entry(field.entries, "/F")
                self._update.set(field.ref, "/F", b"%d" % (PRINT | (flags if isinstance(flags, int) else 0)))
        self._update.set(field.ref, "/V", self.signature.pdf)
        if self._lock is not None:
            self._update.set(field.ref, "/Lock", self._lock.pdf)
        self._set_flags()

    def _look_in(self, box: Box, spot: Spot) -> Look:
        return look_in(self._opened.pages.view(spot.page), box, spot, self._size)

    def _list_annotations(self) -> None:
        """Append to each page's /Annots, whether it is absent, null, direct or an object of its own."""
        arrays: set[Ref] = set()
        for page, (entries, added) in self._annotations.items():
            stated = entries.get("/Annots")
            listed = self._opened.pdf.value(stated)
            if listed is not None and not isinstance(listed, Array):
                raise NotPlain(Reason.PAGE, "/Annots")
            if listed is None:
                self._update.set(page, "/Annots", b"[%s]" % b" ".join(added))
            elif isinstance(stated, Ref):
                if stated in arrays:
                    raise NotPlain(Reason.PAGE, "two pages share one /Annots")
                arrays.add(stated)
                self._update.extend(stated, *added)
            else:
                self._update.set(page, "/Annots", listed.extended(*added))

    def _extend_form(self) -> None:
        extend_form(self._opened.pdf, self._opened.form, self._update, self._fields)

    def _set_flags(self) -> None:
        extend_form(self._opened.pdf, self._opened.form, self._update, [])


def extend_form(pdf: PlainPdf, form: Form, update: Update, fields: list[bytes]) -> None:
    """Add fields to the form and say that there are signatures; without a form, make one."""
    if form.entries is None:
        made = b"<</Fields [%s] /SigFlags %d>>" % (b" ".join(fields), SIGNATURES_EXIST | APPEND_ONLY)
        update.set(pdf.root, "/AcroForm", update.add(made).pdf)
        return
    flags = pdf.entry(form.entries, "/SigFlags") or 0
    if type(flags) is not int or flags < 0:
        raise NotPlain(Reason.FORM, "/SigFlags")
    changes: dict[str, bytes] = {}
    if flags & 3 != SIGNATURES_EXIST | APPEND_ONLY:
        changes["/SigFlags"] = b"%d" % (flags | SIGNATURES_EXIST | APPEND_ONLY)
    stated = form.entries.get("/Fields")
    listed = pdf.value(stated)
    if fields and isinstance(stated, Ref) and isinstance(listed, Array):
        update.extend(stated, *fields)
    elif fields:
        changes["/Fields"] = (
            listed.extended(*fields) if isinstance(listed, Array) else b"[%s]" % b" ".join(fields)
        )
    if form.ref is not None:
        for key, raw in changes.items():
            update.set(form.ref, key, raw)
    elif changes:
        update.set(pdf.root, "/AcroForm", form.entries.changed(changes))


def _declare(pdf: PlainPdf, update: Update) -> None:
    """Raise the version and declare the extension that PAdES rests on (EN 319 142-1 §6.2.1), on unsigned documents only."""
    if pdf.version < (1, 7):
        update.set(pdf.root, "/Version", b"/1.7")
    if pdf.version >= (2, 0):
        return
    own = b"<</BaseVersion /1.7 /ExtensionLevel 1>>"
    stated = pdf.catalogue.get("/Extensions")
    known = pdf.value(stated)
    if known is None:
        update.set(pdf.root, "/Extensions", b"<</ESIC %s>>" % own)
    elif not isinstance(known, Dictionary):
        raise NotPlain(Reason.CATALOGUE, "/Extensions")
    elif "/ESIC" not in known and isinstance(stated, Ref):
        update.set(stated, "/ESIC", own)
    elif "/ESIC" not in known:
        update.set(pdf.root, "/Extensions", known.changed({"/ESIC": own}))
