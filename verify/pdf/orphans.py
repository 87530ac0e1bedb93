"""Signatures that stand in the file and in no field of its form: taken out by somebody, or never shown to anybody.

A document that was signed by two, and from which one signature was taken away before the other, still holds it in its octets. The
rights that some makers of readers sign into a form (/Perms /UR3, ISO 32000-1 §12.8.2.3) are nobody's signature and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
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
_VALUE: Final = b"/Contents"
MAX_HEAD: Final = 64 * 1024
"""Octets of a signature dictionary beside its value; real ones have some hundreds."""
_PADDING: Final = re.compile(rb"(?<=[0-9A-Fa-f]{16})[0-9A-Fa-f]{16,}+")
"""What follows the first digits of a long hexadecimal string."""


def orphans(document: Document, known: Iterable[Value]) -> list[Ref | None]:
    """Return the signature dictionaries that are not among ``known``, the objects of the form's signed fields.

    ``None`` stands for those that were not looked at, because there are more than MAX_PLACES.
    """
    seen = {document.location(item) for item in known if isinstance(item, Ref)}
    rights = _usage_rights(document)
    found = (ref for ref in dict.fromkeys(_holders(document, seen)) if ref not in rights)
    return list(islice(found, MAX_ORPHANS))


def _usage_rights(document: Document) -> set[Ref]:
    granted: set[Ref] = set()
    for revision in document.revisions:
        view = document.view(revision.index)
        root = view.trailer.get("/Root")
        if view is not document.last and isinstance(root, Ref) and view.lacks(root, b"/Perms"):
            continue
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


def _holders(document: Document, seen: set[int | None]) -> Iterator[Ref | None]:
    """Yield the object of each signature dictionary in the octets, whichever revision defined it.

    Those at the offsets ``seen`` are not read; another body of the same number is, for a number can be used again.
    """
    left = MAX_PLACES
    for one in extents(document):
        if one.start in seen or not _may_hold(document.data, one.start, one.head):
            continue
        left -= 1
        if left < 0:
            yield None
            return
        ref = _signature_at(document, one.start, one.head)
        if ref is not None:
            yield ref


def _may_hold(data: bytes, start: int, end: int) -> bool:
    """Tell, without reading it, whether an object may hold a signature: it names a range and a value."""
    if data.find(_MARK, start, end) < 0:
        return False
    return data.find(_VALUE, start, end) >= 0 or data.find(b"#", start, end) >= 0


def _signature_at(document: Document, start: int, end: int) -> Ref | None:
    head = _PADDING.sub(b"", document.data[start:end])
    if len(head) > MAX_HEAD:
        return None
    try:
        ref, value = document.source.parse(head)
    except Exception:  # noqa: BLE001 - what no reader can parse is no signature to anybody
        return None
    values = [value, *value.values()] if isinstance(value, dict) else []
    return ref if any(_is_signature(one) for one in values) else None


def _is_signature(value: Value) -> bool:
    """Tell a signature from a place that was only kept for one: its value begins with something."""
    if not isinstance(value, dict) or not {"/ByteRange", "/Contents"} <= value.keys():
        return False
    contents = value["/Contents"]
    return not isinstance(contents, bytes) or bool(contents.strip(b"\0"))
