"""The signature fields of a form, walked by ourselves: nothing with a value is left out, whatever its SubFilter."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from verify.errors import Unreadable
from verify.pdf.document import Document, View
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


_ESCAPED: Final = re.compile("\x1b[^\x1b]*(?:\x1b|$)")
"""What readers take for a change of language, whatever stands in it: PDFium passes over it also where it has no end."""


_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs"})
"""Categories of characters that stand for nothing: controls, marks of direction and joining, halves of others."""


def readings(name: str) -> frozenset[str]:
    """Return what readers take a field's name for: some pass over escapes and control characters, some end at the first NUL."""
    if name.isprintable():
        return frozenset({name} - {""})
    stripped = _ESCAPED.sub("", name)
    return frozenset({_visible(name), _visible(stripped), _visible(stripped.partition("\0")[0])}) - {""}


def _visible(name: str) -> str:
    return "".join(one for one in name if unicodedata.category(one) not in _UNSEEN)


def unmistakable(name: str) -> bool:
    """Tell whether every reader takes a name for the same: there is one, without control characters and halves of others."""
    return bool(readings(name)) and all(unicodedata.category(one) not in {"Cc", "Cs"} for one in name)


def indexed(document: Document, view: View) -> dict[Ref, FormField]:
    """Index the terminal fields of a revision by their own object and by each of their widgets."""
    return document.kept((indexed, view.revision), lambda: _indexed(view))


def _indexed(view: View) -> dict[Ref, FormField]:
    return {
        ref: item for item in form_fields(view) for ref in (item.ref, *item.widgets) if isinstance(ref, Ref)
    }


def listings(document: Document, view: View) -> Mapping[Ref, frozenset[Ref | int]]:
    """Name, for each object that a form lists at any depth, who lists it: fields; a number is the form, or a field that is no object."""
    return document.kept((listings, view.revision), lambda: _listings(view))


def _listings(view: View) -> dict[Ref, frozenset[Ref | int]]:
    found: dict[Ref, set[Ref | int]] = defaultdict(set)
    pending: list[tuple[Ref | int, Value]] = [
        (0, view.entry(view.entry(view.catalog, "/AcroForm"), "/Fields"))
    ]
    count = 0
    while pending:
        owner, listed = pending.pop()
        for item in listed if isinstance(listed, list) else ():
            count += 1
            if count > MAX_FIELDS:
                raise _too_many()
            known = isinstance(item, Ref) and item in found
            if isinstance(item, Ref):
                found[item].add(owner)
            if not known:
                kids = view.entry(view.resolve(item), "/Kids")
                pending.append((item if isinstance(item, Ref) else count, kids))
    return {ref: frozenset(owners) for ref, owners in found.items()}


def _too_many() -> Unreadable:
    return Unreadable(
        f"表单域超过 {MAX_FIELDS} 个的上限，未作核验。",
        f"The form has more than {MAX_FIELDS} fields, the limit; it was not verified.",
    )


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
            raise _too_many()
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
