"""Layers that a reader does not always show (ISO 32000-2 §8.11): off when the document is opened, or switched by what they are used for; content that shows where they are off."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from verify.pdf.document import Document, View
from verify.pdf.graph import listed_annotations, page_refs
from verify.pdf.pdf_values import Ref, Stream, Value
from verify.pdf.placement import inherited

MAX_SWITCHED: Final = 20_000
"""Layers, switches and categories of switches that are looked at: drawings have a thousand layers, in three switches at most.

Who states more than that has layers to look at, whatever they are.
"""
MAX_MEMBERS: Final = 2_000
"""Annotations, pictures, forms and properties of marked content that are looked at."""
MAX_STATES: Final = 10
"""Looks of an annotation: on and off, or one for each choice."""
_BY_USE: Final = frozenset({"/View", "/Print", "/Export"})
_BY_READER: Final = frozenset({"/Zoom", "/User", "/Language"})


def has_layers(document: Document) -> bool:
    """Tell whether some layer is off when the document is opened, or switched by print, zoom, language or user (ISO 32000-2 §8.11.4)."""
    view = document.last
    properties = view.entry(view.catalog, "/OCProperties")
    groups, usual = _refs(view, properties, "/OCGs"), view.entry(properties, "/D")
    shown, hidden = _refs(view, usual, "/ON"), _refs(view, usual, "/OFF")
    all_off = view.entry(usual, "/BaseState") == "/OFF"
    if any(
        isinstance(view.resolve(group), dict) for group in hidden
    ):  # readers hide it, listed as a layer or not
        return True
    if all_off and not groups <= shown:
        return True
    return _switched(view, _list(view.entry(usual, "/AS")), groups) or (
        isinstance(properties, dict)
        and any(_by_others(view, member) for member in islice(_members(view), MAX_MEMBERS))
    )


def _by_others(view: View, member: Value) -> bool:
    """Tell whether what belongs to it is shown where layers are off, or as an expression has it (ISO 32000-2 table 97)."""
    if view.entry(member, "/Type") != "/OCMD":
        return False
    return view.entry(member, "/P") in {"/AllOff", "/AnyOff"} or view.entry(member, "/VE") is not None


def _members(view: View) -> Iterator[Value]:
    """Yield what annotations, pictures, forms and marked content belong to, and nothing for each that belongs to none."""
    pages = (inherited(view, page, "/Resources") for page in islice(page_refs(view), MAX_MEMBERS))
    pending: list[Value] = list(pages)
    for _, item in listed_annotations(view):
        annotation = view.resolve(item)
        yield view.entry(annotation, "/OC")
        pending += [view.entry(look, "/Resources") for look in _looks(view, annotation)]
    met: set[int] = set()
    while pending:
        resources = pending.pop()
        if not isinstance(resources, dict) or id(resources) in met:
            continue
        met.add(id(resources))
        yield from map(view.resolve, entries_of(view.entry(resources, "/Properties")))
        for drawn in map(view.resolve, entries_of(view.entry(resources, "/XObject"))):
            entries = drawn.dictionary if isinstance(drawn, Stream) else None
            yield view.entry(entries, "/OC")
            pending.append(view.entry(entries, "/Resources"))


def _looks(view: View, annotation: Value) -> Iterator[Value]:
    """Yield the dictionary of an annotation's look, or of each that it has by state."""
    normal = view.entry(view.entry(annotation, "/AP"), "/N")
    states = islice(normal.values(), MAX_STATES) if isinstance(normal, dict) else ()
    for look in (normal, *map(view.resolve, states)):
        if isinstance(look, Stream):
            yield look.dictionary


def _switched(view: View, switches: list[Value], groups: set[Ref]) -> bool:
    """Tell whether one of the switches turns a layer off, looking at so much and no more."""
    left = MAX_SWITCHED
    for switch in map(view.resolve, switches):
        named, listed = _list(view.entry(switch, "/Category")), _list(view.entry(switch, "/OCGs"))
        left -= 1 + len(named) + len(listed)
        if left < 0:
            return True
        categories = (_BY_USE | _BY_READER).intersection(one for one in named if isinstance(one, str))
        if any(
            _switches(view, view.get(group), category)
            for group in listed
            if isinstance(group, Ref) and group in groups
            for category in categories
        ):
            return True
    return False


def _switches(view: View, group: Value, category: str) -> bool:
    """Tell whether a reader switches a layer that is on by what it is used for."""
    usage = view.entry(view.entry(group, "/Usage"), category)
    if category in _BY_USE:
        return bool(view.entry(usage, f"{category}State") == "/OFF")
    return isinstance(usage, dict)


def _refs(view: View, dictionary: Value, key: str) -> set[Ref]:
    return {item for item in _list(view.entry(dictionary, key)) if isinstance(item, Ref)}


def entries_of(dictionary: Value) -> list[Value]:
    """Return what a dictionary holds; anything else holds nothing."""
    return list(dictionary.values()) if isinstance(dictionary, dict) else []


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []
