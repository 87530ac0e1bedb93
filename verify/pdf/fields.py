"""The signature fields of a form, walked by ourselves: nothing with a value is left out, whatever its SubFilter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from verify.errors import Unreadable
from verify.pdf.document import View
from verify.pdf.pdf_values import Ref, Value, text
from verify.policy import MAX_FIELD_DEPTH, MAX_FIELDS


@dataclass(frozen=True, slots=True)
class FormField:
    """A terminal field: full name, type, value as it stands (a reference stays one), own reference, widgets."""

    name: str
    kind: str
    value: Value
    ref: Ref | None
    widgets: tuple[Value, ...] = field(default=())
    dictionary: dict[str, Value] = field(default_factory=dict)

    @property
    def signed(self) -> bool:
        """Tell whether this is a signature field with a value."""
        return self.kind == "/Sig" and self.value is not None


def distinct(indexed: Mapping[Ref, FormField]) -> list[FormField]:
    """Return each field once of an index that names it by its own object and by its widgets."""
    return list({id(item): item for item in indexed.values()}.values())


@dataclass(frozen=True, slots=True)
class _Node:
    value: Value
    name: str
    kind: str
    inherited: Value
    depth: int


def form_fields(view: View) -> Iterator[FormField]:
    """Yield every terminal field of the form (ISO 32000-2 §12.7.4), depth first, each object once.

    Raises :class:`Unreadable` beyond MAX_FIELDS.
    """
    form = view.entry(view.catalog, "/AcroForm")
    roots = view.entry(form, "/Fields")
    pending = [_Node(item, "", "", None, 0) for item in reversed(roots)] if isinstance(roots, list) else []
    seen: set[Ref] = set()
    count = 0
    while pending:
        node = pending.pop()
        count += 1
        if count > MAX_FIELDS:
            raise Unreadable(
                f"表单域超过 {MAX_FIELDS} 个的上限，未作核验。",
                f"The form has more than {MAX_FIELDS} fields, the limit; it was not verified.",
            )
        if isinstance(node.value, Ref):
            if node.value in seen:
                continue
            seen.add(node.value)
        found = _visit(view, node, pending)
        if found is not None:
            yield found


def _visit(view: View, node: _Node, pending: list[_Node]) -> FormField | None:
    dictionary = view.resolve(node.value)
    if not isinstance(dictionary, dict) or node.depth > MAX_FIELD_DEPTH:
        return None
    own = dictionary.get("/T")
    name = node.name
    if own is not None:
        label = text(view.resolve(own))
        name = f"{name}.{label}" if name else label
    kind = view.entry(dictionary, "/FT") or node.kind
    value = dictionary.get("/V", node.inherited)
    kids = view.entry(dictionary, "/Kids")
    kids = kids if isinstance(kids, list) else []
    children = [kid for kid in kids if "/T" in (_dictionary(view, kid))]
    pending.extend(_Node(kid, name, str(kind), value, node.depth + 1) for kid in reversed(children))
    if children and not (kind == "/Sig" and "/V" in dictionary):
        return None
    widgets = [kid for kid in kids if kid not in children]
    if "/Rect" in dictionary:
        widgets.append(node.value)
    ref = node.value if isinstance(node.value, Ref) else None
    return FormField(name, str(kind), value, ref, tuple(widgets), dictionary)


def _dictionary(view: View, value: Value) -> dict[str, Value]:
    found = view.resolve(value)
    return found if isinstance(found, dict) else {}
