"""Layers that a reader does not always show (ISO 32000-2 §8.11): off when the document is opened, or switched by what they are used for."""

from __future__ import annotations

from typing import Final

from verify.pdf.document import Document, View
from verify.pdf.pdf_values import Ref, Value

MAX_SWITCHED: Final = 20_000
"""Layers, switches and categories of switches that are looked at: drawings have a thousand layers, in three switches at most.

Who states more than that has layers to look at, whatever they are.
"""
_BY_USE: Final = frozenset({"/View", "/Print", "/Export"})
_BY_READER: Final = frozenset({"/Zoom", "/User", "/Language"})


def has_layers(document: Document) -> bool:
    """Tell whether some layer is off when the document is opened, or switched by print, zoom, language or user (ISO 32000-2 §8.11.4)."""
    view = document.last
    properties = view.entry(view.catalog, "/OCProperties")
    groups, usual = _refs(view, properties, "/OCGs"), view.entry(properties, "/D")
    shown, hidden = _refs(view, usual, "/ON"), _refs(view, usual, "/OFF")
    all_off = view.entry(usual, "/BaseState") == "/OFF"
    if any(group in hidden or (all_off and group not in shown) for group in groups):
        return True
    return _switched(view, _list(view.entry(usual, "/AS")), groups)


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


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []
