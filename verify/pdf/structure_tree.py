"""The structure of a tagged document (ISO 32000-2 §14.7), which readers aloud go by: later it gains the new signature fields, and nothing else.

iText and Acrobat enter each field that they add, as an element ``/Form`` that refers to its widget. Words in place of what is
there (/ActualText, /Alt), other roles and other content belong to the signed document.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from verify.pdf.document import View
from verify.pdf.pdf_values import Ref, Value, gained, same
from verify.pdf.step import Step

_ROOT_KEYS: Final = frozenset({"/K", "/ParentTree", "/ParentTreeNextKey", "/RoleMap"})
_ELEMENT_KEYS: Final = frozenset({"/Type", "/S", "/P", "/Pg", "/K"})
_REFERENCE_KEYS: Final = frozenset({"/Type", "/Obj", "/Pg"})
_NODE_KEYS: Final = frozenset({"/Nums", "/Kids", "/Limits"})
_MOST_NODES: Final = 200_000
"""Nodes of a number tree that are looked at; beyond that it counts as changed."""


def in_structure(step: Step, ref: Ref) -> bool:
    """Tell whether an object serves the structure alone: no page, form or name leads to it, so it is never drawn."""
    return isinstance(step.old.catalog.get("/StructTreeRoot"), Ref) and step.only_below(
        ref, "/StructTreeRoot"
    )


def grown_structure(step: Step, ref: Ref, old: Value, new: Value) -> bool:
    """Tell whether an object of the structure only gained elements for new signature fields."""
    if isinstance(old, list) and isinstance(new, list):
        return _more_kids(step, old, new)
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    keys = {key for key in old.keys() | new.keys() if not same(old.get(key), new.get(key))}
    if ref == step.old.catalog.get("/StructTreeRoot"):
        return keys <= _ROOT_KEYS and all(_root_entry(step, key, old, new) for key in keys)
    if keys <= _NODE_KEYS and not old.keys().isdisjoint(_NODE_KEYS):
        return _same_tree(step)
    return keys == {"/K"} and _more_kids(step, old.get("/K"), new.get("/K"))


def _root_entry(step: Step, key: str, old: dict[str, Value], new: dict[str, Value]) -> bool:
    if key == "/K":
        return _more_kids(step, old.get(key), new.get(key))
    if key == "/ParentTree":
        return _same_tree(step)
    if key == "/ParentTreeNextKey":
        return isinstance(new.get(key), int)
    return old.get(key) is None and step.new.entry(new, key) == {}


def _more_kids(step: Step, old: Value, new: Value) -> bool:
    """Tell whether a list of children is longer by elements of new signature fields; one child may stand without a list."""
    before, after = step.old.resolve(old), step.new.resolve(new)
    first = before if isinstance(before, list) else [] if before is None else [old]
    second = after if isinstance(after, list) else [new]
    added = gained(first, second)
    return added is not None and all(_of_new_field(step, item) for item in added)


def _of_new_field(step: Step, item: Value) -> bool:
    """Tell whether an element is new and says only that here is a signature field of this revision."""
    element = step.new.resolve(item)
    if not step.fresh(item) or not isinstance(element, dict) or not element.keys() <= _ELEMENT_KEYS:
        return False
    kid = step.new.entry(element, "/K")
    kid = step.new.resolve(kid[0]) if isinstance(kid, list) and len(kid) == 1 else kid
    if element.get("/S") != "/Form" or not isinstance(kid, dict) or not kid.keys() <= _REFERENCE_KEYS:
        return False
    widget = kid.get("/Obj")
    field = step.new_fields.get(widget) if isinstance(widget, Ref) else None
    return kid.get("/Type") == "/OBJR" and step.fresh(widget) and field is not None and field.kind == "/Sig"


def _same_tree(step: Step) -> bool:
    """Tell whether the parent tree says of every content what it said, and more only of new signature fields."""
    before, after = _parents(step.old), _parents(step.new)
    if before is None or after is None or not before.keys() <= after.keys():
        return False
    return all(
        same(step.old.resolve(before[number]), step.new.resolve(item))
        if number in before
        else _of_new_field(step, item)
        for number, item in after.items()
    )


def _parents(view: View) -> dict[int, Value] | None:
    """Return what a parent tree says (ISO 32000-2 §7.9.7); ``None`` where that is not clear."""
    found: dict[int, Value] = {}
    for number, item in _numbered(view):
        if type(number) is not int or number in found:
            return None
        found[number] = item
    return found


def _numbered(view: View) -> Iterator[tuple[Value, Value]]:
    root = view.entry(view.catalog, "/StructTreeRoot")
    pending: list[Value] = [root.get("/ParentTree") if isinstance(root, dict) else None]
    count = 0
    while pending:
        node = view.resolve(pending.pop())
        count += 1
        kids, numbers = view.entry(node, "/Kids"), view.entry(node, "/Nums")
        if count > _MOST_NODES:
            yield None, None
            return
        pending.extend(kids if isinstance(kids, list) else ())
        flat = numbers if isinstance(numbers, list) else []
        yield from zip(flat[::2], [*flat[1::2], None], strict=False)
