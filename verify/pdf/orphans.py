"""Signatures that stand in the file and in no field of its form: taken out by somebody, or never shown to anybody.

A document that was signed by two, and from which one signature was taken away before the other, still holds it in its octets. The
rights that some makers of readers sign into a form (/Perms /UR3, ISO 32000-1 §12.8.2.3) are nobody's signature and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from verify.pdf.document import Document, View
from verify.pdf.extents import extents
from verify.pdf.pdf_values import Ref, Value

MAX_ORPHANS: Final = 20
"""Reported of one document; one is enough to ask."""
MAX_PLACES: Final = 2_000
"""Octet positions looked at; each costs the reading of one object."""
USAGE_RIGHTS: Final = ("/UR3", "/UR")
_MARK: Final = b"/ByteRange"
_NUMBER: Final = re.compile(rb"([0-9]{1,10})[\t\n\x0c\r ]+([0-9]{1,5})[\t\n\x0c\r ]+obj")


def orphans(document: Document, known: Iterable[Value]) -> list[Ref]:
    """Return the signature dictionaries that are not among ``known``, the objects of the form's signed fields."""
    seen = {item for item in known if isinstance(item, Ref)}
    seen |= _usage_rights(document)
    found = [ref for ref in dict.fromkeys(_holders(document, seen)) if ref not in seen]
    return found[:MAX_ORPHANS]


def _usage_rights(document: Document) -> set[Ref]:
    granted: set[Ref] = set()
    for revision in document.revisions:
        view = document.view(revision.index)
        permissions = view.entry(view.catalog, "/Perms")
        if isinstance(permissions, dict):
            named = (permissions.get(key) for key in USAGE_RIGHTS)
            granted |= {ref for ref in named if isinstance(ref, Ref) and _grants(view, ref)}
    return granted


def _grants(view: View, ref: Ref) -> bool:
    """Tell rights from a signature that somebody calls so: what it signs says itself which transform it is for."""
    found = view.entry(view.get(ref), "/Reference")
    listed = found[:MAX_ORPHANS] if isinstance(found, list) else []
    methods = [view.entry(view.resolve(item), "/TransformMethod") for item in listed]
    return bool(methods) and all(method in USAGE_RIGHTS for method in methods)


def _holders(document: Document, seen: set[Ref]) -> Iterator[Ref]:
    """Yield the object of each signature dictionary in the octets, whichever revision defined it; those ``seen`` are not read."""
    data = document.data
    left = MAX_PLACES
    for one in extents(document):
        if data.find(_MARK, one.start, one.head) >= 0:
            left -= 1
            if left < 0:
                return
            named = _NUMBER.match(data, one.start)
            if named is not None and Ref(int(named[1]), int(named[2])) in seen:
                continue
            ref = _signature_at(document, one.start, one.head)
            if ref is not None:
                yield ref


def _signature_at(document: Document, start: int, end: int) -> Ref | None:
    try:
        ref, value = document.source.parse(document.data[start:end])
    except Exception:  # noqa: BLE001 - what no reader can parse is no signature to anybody
        return None
    values = [value, *value.values()] if isinstance(value, dict) else []
    signed = any(isinstance(one, dict) and {"/ByteRange", "/Contents"} <= one.keys() for one in values)
    return ref if signed else None
