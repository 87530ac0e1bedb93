"""The document security store (DSS, ISO 32000-2 §12.8.4.3): certificates, CRLs and OCSP responses in the file."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from pyhanko.pdf_utils.decode_limits import DecodePurpose

from verify.pdf.document import Document, View
from verify.pdf.pdf_values import Ref, Stream, Value
from verify.policy import MAX_CERTIFICATES, MAX_REVOCATION_ITEMS
from verify.signatures.loaded import load_certificate


@dataclass(frozen=True, slots=True)
class SecurityStore:
    """What the DSS holds; ``present`` tells a store without content from no store."""

    present: bool = False
    certificates: tuple[x509.Certificate, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsp: tuple[bytes, ...] = ()


def read_store(view: View) -> SecurityStore:
    """Read the store of a view; items that cannot be read are left out, numbers are capped."""
    found = view.entry(view.catalog, "/DSS")
    if not isinstance(found, dict):
        return SecurityStore()
    certificates = (
        load_certificate(der)
        for der in _items(view, found, "/Certs", DecodePurpose.CERTIFICATE, MAX_CERTIFICATES)
    )
    return SecurityStore(
        present=True,
        certificates=tuple(item for item in certificates if item is not None),
        crls=_items(view, found, "/CRLs", DecodePurpose.CRL, MAX_REVOCATION_ITEMS),
        ocsp=_items(view, found, "/OCSPs", DecodePurpose.OCSP_RESPONSE, MAX_REVOCATION_ITEMS),
    )


def evidence_below(document: Document, covered: int) -> list[bytes]:
    """Return the store's lists and responses whose octets stand below ``covered``, which a time-stamp over it proves."""
    view = document.last
    found: list[bytes] = []
    store = view.entry(view.catalog, "/DSS")
    for key, purpose in (("/CRLs", DecodePurpose.CRL), ("/OCSPs", DecodePurpose.OCSP_RESPONSE)):
        listed = view.entry(store, key)
        items = listed if isinstance(listed, list) else []
        below = [item for item in items if _stands_below(document, item, covered)]
        found += _items(view, {key: below}, key, purpose, MAX_REVOCATION_ITEMS)
    return found


def _stands_below(document: Document, item: Value, covered: int) -> bool:
    place = document.location(item) if isinstance(item, Ref) else None
    return place is not None and place < covered


def _items(
    view: View, store: dict[str, object], key: str, purpose: DecodePurpose, limit: int
) -> tuple[bytes, ...]:
    listed = view.entry(store, key)
    found: list[bytes] = []
    for item in listed[:limit] if isinstance(listed, list) else ():
        try:
            stream = view.resolve(item)
            if isinstance(stream, Stream):
                found.append(stream.decode(purpose))
        except Exception:  # noqa: BLE001, S112 - a damaged item proves nothing; its absence is judged, not the damage
            continue
    return tuple(found)
