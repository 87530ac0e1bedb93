"""What a trust store knows by itself: its certificates by name and by key, and the chains among them that no document adds to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from verify.algorithms import spki_of
from verify.certificates.names import NameKey, subject_key_of
from verify.certificates.path_search import Chain, OwnSearch
from verify.certificates.remembered import Remembered
from verify.trust import TrustStore
from verify.trusted_lists.anchors import ListAnchors
from verify.trusted_lists.model import ServiceKind

MAX_KNOWN: Final = 4096
"""Certificates whose chains in the store one finder remembers; most have none, or two."""


class OwnPaths:
    """The certificates of one trust store; ``issued`` tells whether the second made the first (:meth:`PathFinder.issued`)."""

    def __init__(
        self,
        trust: TrustStore,
        listed: ListAnchors,
        issued: Callable[[x509.Certificate, x509.Certificate], bool],
    ) -> None:
        self._anchors = frozenset(trust.anchors)
        self._listed = listed
        self._issued = issued
        self.by_subject: dict[NameKey, list[x509.Certificate]] = {}
        for certificate in dict.fromkeys((*trust.anchors, *trust.intermediates, *listed.certificates)):
            self.by_subject.setdefault(subject_key_of(certificate), []).append(certificate)
        self._by_key: dict[bytes, list[x509.Certificate]] = {}
        self._known: Remembered[tuple[Chain, ...]] = Remembered(MAX_KNOWN)

    def is_anchor(self, certificate: x509.Certificate) -> bool:
        """Tell whether the trust store believes this very certificate."""
        return certificate in self._anchors

    def of_key(self, key: bytes) -> tuple[x509.Certificate, ...]:
        """Return the anchors and known certificates of a key (its SubjectPublicKeyInfo, DER)."""
        if not self._by_key:
            found: dict[bytes, list[x509.Certificate]] = defaultdict(list)
            for certificate in (one for namesakes in self.by_subject.values() for one in namesakes):
                with suppress(ValueError, UnsupportedAlgorithm):
                    found[spki_of(certificate)].append(certificate)
            self._by_key.update(found)
        return tuple(self._by_key.get(key, ()))

    def chains(self, certificate: x509.Certificate, kind: ServiceKind) -> Sequence[Chain]:
        """Return the chains of a certificate that need nothing but the trust store, at which lists count for ``kind``; documents share them."""
        known = self._known.find((certificate,), kind)
        if known is None:
            names = self._listed.names
            search = OwnSearch(self.by_subject, self.is_anchor, lambda tip: names(tip, kind), self._issued)
            search.extend((certificate,))
            known = self._known.keep((certificate,), tuple(search.found), kind)
        return known
