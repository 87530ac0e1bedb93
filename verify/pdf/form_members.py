"""Fields and widgets that serve the form alone, so that nothing else is changed with them (ISO 32000-2 §12.7.4).

The entries that a signature or a value filled in may change mean other things elsewhere: ``/AS`` and ``/Type`` decide which
layers show, ``/F`` is the target of an action. So what changes is a field or a widget of one field, of that field's type to
whoever climbs from it, and nothing but pages, form and structure leads to it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from verify.pdf.document import View
from verify.pdf.fields import FormField, listings
from verify.pdf.graph import Graph
from verify.pdf.numerals import may_be_set
from verify.pdf.pdf_values import Ref, Value, references
from verify.pdf.placement import inherited
from verify.pdf.step import Step
from verify.policy import MAX_FIELD_DEPTH

_LISTS: Final = frozenset({"/Fields", "/CO"})
"""What of a form lists its fields (ISO 32000-2 table 224)."""
_BY_NAME: Final = frozenset({"/Parent", "/A", "/AA", "/T"})
"""What of a widget or an action names one field: the field above, the targets of an action."""
READ_ONLY: Final = 1
"""ISO 32000-2 table 227."""
_ACTIONS: Final = ("/Hide", "/SubmitForm", "/ResetForm")
"""Actions about fields (ISO 32000-2 tables 214, 239 and 242)."""


def drawn_as_widget(dictionary: dict[str, Value]) -> bool:
    """Tell a widget, or a field that is no annotation, from what readers draw by other rules: free text, a filled square."""
    if "/Subtype" in dictionary:
        return bool(dictionary["/Subtype"] == "/Widget")
    return dictionary.keys().isdisjoint({"/Rect", "/AP"})


def of_one_field(step: Step, view: View, found: FormField) -> bool:
    """Tell whether a field and its widgets are listed once each: by another field, readers give them its name and value too."""
    owners = listings(step.document, view)
    members = [one for one in (found.ref, *found.widgets) if isinstance(one, Ref)]
    return all(len(owners.get(one, ())) == 1 for one in members)


def may_be_written(step: Step, known: FormField, ref: Ref) -> bool:
    """Tell whether a field, or a widget of it, was there before as one and as nothing else."""
    dictionary = step.old.get(ref)
    if not isinstance(dictionary, dict) or not drawn_as_widget(dictionary):
        return False
    if inherited(step.old, ref, "/FT") not in (None, known.kind):
        return False
    return (
        of_one_field(step, step.old, known) and _stands_as_listed(step, ref) and serves_form_alone(step, ref)
    )


def is_set(step: Step, known: FormField) -> bool:
    """Tell whether a field states what its maker wrote: it is read-only, has a value, and no script computes it (ISO 32000-2 tables 199, 227)."""
    if known.ref is None or step.old.resolve(known.value) in (None, b"", ""):
        return False
    flags, actions = inherited(step.old, known.ref, "/Ff"), inherited(step.old, known.ref, "/AA")
    computed = step.old.entry(step.old.entry(step.old.catalog, "/AcroForm"), "/CO")
    if isinstance(computed, list) and known.ref in computed:
        return False
    return may_be_set(flags, READ_ONLY) and step.old.entry(actions, "/C") is None


def _stands_as_listed(step: Step, ref: Ref) -> bool:
    """Tell whether a field has one name: by those that list it, from the form on, and by those that it names as its parents."""
    owners = listings(step.document, step.old)
    node = ref
    for _ in range(MAX_FIELD_DEPTH):
        above = owners.get(node, frozenset())
        dictionary = step.old.resolve(node)
        if len(above) != 1 or not isinstance(dictionary, dict):
            return False
        (owner,) = above
        named = dictionary.get("/Parent")
        if named != owner and step.old.resolve(named) is not None:
            return False
        if not isinstance(owner, Ref):
            return True
        node = owner
    return False


def serves_form_alone(step: Step, ref: Ref) -> bool:
    """Tell whether only pages, the form and the structure list an object, its own field and widgets, and actions about fields."""
    return all(_serves_form_alone(step, graph, ref) for graph in step.graphs(ref))


def _serves_form_alone(step: Step, graph: Graph, ref: Ref) -> bool:
    members = listings(step.document, graph.view)
    pending, seen = [ref], {ref}
    while pending:
        one = pending.pop()
        for owner in {owner for owner, _ in graph.users_of(one)}:
            if owner is None or one in _named_besides(step, graph, members, owner):
                return False
            if owner not in seen and _passes_on(graph.view.get(owner), one):
                seen.add(owner)
                pending.append(owner)
    return True


def _named_besides(
    step: Step, graph: Graph, members: Mapping[Ref, frozenset[Ref | int]], owner: Ref
) -> frozenset[Ref]:
    """Return what an object refers to otherwise than as forms, pages and fields list fields; found once, for they list many."""
    return step.document.kept(
        (_named_besides, graph.view.revision, owner),
        lambda: frozenset(references(_besides_form(graph, members, owner))),
    )


def _passes_on(owner: Value, ref: Ref) -> bool:
    """Tell whether who uses an object's user may come to the object: through a list of its own, or by the name of an entry."""
    if isinstance(owner, list):
        return True
    if isinstance(owner, dict):
        owner = {key: item for key, item in owner.items() if key in _BY_NAME}
    return ref in references(owner)


def _besides_form(graph: Graph, members: Container[Ref], owner: Ref) -> Value:
    """Return what an object says, without that by which pages, forms, fields and the structure name fields and widgets."""
    value = graph.view.get(owner)
    form = graph.view.catalog.get("/AcroForm")
    if isinstance(value, list):
        return [item for item in value if not isinstance(item, Ref)]
    if not isinstance(value, dict):
        return value
    if owner == graph.view.trailer.get("/Root") and isinstance(form, dict):
        return {**value, "/AcroForm": _unlisted(graph.view, form, _LISTS)}
    if owner in graph.pages:
        value = _unlisted(graph.view, value, {"/Annots"})
    elif owner in members:
        value = _unlisted(graph.view, _unnamed(value, _BY_NAME), {"/Kids"})
    elif owner == form:
        value = _unlisted(graph.view, value, _LISTS)
    elif value.get("/S") in _ACTIONS:
        value = _unnamed(value, {"/T", "/Fields"})
    elif graph.only_below(owner, "/StructTreeRoot"):
        value = {}
    return value


def _unnamed(value: dict[str, Value], keys: AbstractSet[str]) -> dict[str, Value]:
    return {key: item for key, item in value.items() if key not in keys}


def _unlisted(view: View, value: dict[str, Value], keys: AbstractSet[str]) -> dict[str, Value]:
    """Leave out what stands in lists of objects."""
    return {
        key: [one for one in item if not isinstance(one, Ref)]
        if key in keys and isinstance(item, list)
        else item
        for key, item in value.items()
        if key not in keys or not isinstance(view.resolve(item), list) or isinstance(item, list)
    }
