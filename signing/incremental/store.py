"""The document security store (ISO 32000-2 §12.8.4.3): evidence as it was given, octet for octet, each piece once."""

from __future__ import annotations

import hashlib

from signing.incremental.update import Update
from signing.mark import Evidence
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.file import PlainPdf
from verify.pdf.plain.syntax import Array, Dictionary, Ref, Value


def store_evidence(pdf: PlainPdf, update: Update, evidence: Evidence) -> None:
    """Add evidence to the store, which is made if there is none. :class:`NotPlain`: the store is not as it must be."""
    stated = pdf.catalogue.get("/DSS")
    store = pdf.value(stated)
    if store is not None and not isinstance(store, Dictionary):
        raise NotPlain(Reason.STORE)
    entries: dict[str, bytes] = {}
    for key, items in (
        ("/Certs", evidence.certificates),
        ("/OCSPs", evidence.ocsp),
        ("/CRLs", evidence.crls),
    ):
        raw = _added(pdf, update, None if store is None else store.get(key), items)
        if raw:
            entries[key] = raw
    if store is None:
        body = b"".join(b"%s %s\n" % (key.encode("ascii"), raw) for key, raw in entries.items())
        update.set(pdf.root, "/DSS", update.add(b"<</Type /DSS\n%s>>" % body).pdf)
    elif isinstance(stated, Ref):
        for key, raw in entries.items():
            update.set(stated, key, raw)
    elif entries:
        update.set(pdf.root, "/DSS", store.changed(entries))


def _added(pdf: PlainPdf, update: Update, stated: Value, items: tuple[bytes, ...]) -> bytes:
    """Return the new value of a list in the store; empty if it stays as it is (or grows as an object of its own)."""
    listed = pdf.value(stated)
    if listed is not None and not isinstance(listed, Array):
        raise NotPlain(Reason.STORE)
    known = {hashlib.sha256(_octets(pdf, item)).digest() for item in listed or ()}
    fresh = [item for item in dict.fromkeys(items) if hashlib.sha256(item).digest() not in known]
    if not fresh:
        return b""
    refs = [update.add_stream(b"", der).pdf for der in fresh]
    if listed is None:
        return b"[%s]" % b" ".join(refs)
    if isinstance(stated, Ref):
        update.extend(stated, *refs)
        return b""
    return listed.extended(*refs)


def _octets(pdf: PlainPdf, item: Value) -> bytes:
    found = pdf.stream(item) if isinstance(item, Ref) else None
    if found is None:
        raise NotPlain(Reason.STORE)
    return found.unpacked()
