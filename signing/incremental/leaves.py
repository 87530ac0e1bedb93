"""What placing asks of an open document (:class:`signing.pdf.pages.Leaves`): pages and signature fields."""

from __future__ import annotations

from collections.abc import Sequence

from signing.incremental.form import Field, Form
from signing.incremental.pages import PageTree
from signing.pdf.pages import SignatureWidget
from signing.placing.placement import Box, PageView
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.file import PlainPdf
from verify.pdf.plain.syntax import Array, Dictionary, Ref


class PlainLeaves:
    """The pages of a plain document and its signature fields."""

    def __init__(self, pdf: PlainPdf, form: Form, pages: PageTree) -> None:
        self._pdf, self._form, self._pages = pdf, form, pages

    @property
    def count(self) -> int:
        """How many pages there are."""
        return self._pages.count

    def view(self, number: int) -> PageView:
        """Tell how a page is displayed. :class:`signing.errors.PageMissing`."""
        return self._pages.view(number)

    def signature_widgets(self) -> Sequence[SignatureWidget]:
        """List every signature field with its widget, signed or empty."""
        return [
            self._widget(field)
            for field in self._form.fields
            if field.kind == "/Sig" and "/T" in field.entries
        ]

    def _widget(self, field: Field) -> SignatureWidget:
        if "/Kids" in field.entries:
            raise NotPlain(Reason.FORM, "a signature field with widgets of its own")
        box = rectangle(self._pdf, field.entries)
        page = field.entries.get("/P")
        number = self._pages.number(page) if isinstance(page, Ref) else self._pages.showing(field.ref)
        flags = self._pdf.entry(field.entries, "/F")
        return SignatureWidget(
            field.name,
            number if box else 0,
            box or (0.0, 0.0, 0.0, 0.0),
            field.signed,
            flags if isinstance(flags, int) else 0,
        )


def rectangle(pdf: PlainPdf, entries: Dictionary) -> Box | None:
    """Read a widget's /Rect with its corners in order; ``None``: it has none or shows nothing."""
    listed = pdf.entry(entries, "/Rect")
    if listed is None:
        return None
    numbers = [pdf.value(item) for item in listed] if isinstance(listed, Array) else []
    if len(numbers) != 4 or not all(isinstance(item, int | float) for item in numbers):
        raise NotPlain(Reason.FORM, "/Rect")
    x1, y1, x2, y2 = (float(item) for item in numbers)
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
