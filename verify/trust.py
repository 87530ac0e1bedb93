"""What a verifier trusts and what it knows: anchors, intermediates, revocation evidence, seal status lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from verify.trusted_lists.model import TrustedList
from verify.trusted_lists.source import Pin


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Anchors are believed; everything else is only material whose signatures the verifier checks itself.

    ``crls`` and ``ocsp`` are DER octets (RFC 5280 §5, RFC 6960 §4.2.1); ``seal_lists`` are JWS compact strings. ``lists`` are
    trust lists whose signatures were checked (:mod:`verify.trusted_lists.pinned`): their services are anchors, each for what
    it is listed for and while it is granted. Of one scheme only the highest number counts (I30). ``pins`` say whose lists
    would be believed; they judge a list that is itself handed in to be verified.
    """

    anchors: Sequence[x509.Certificate]
    intermediates: Sequence[x509.Certificate] = ()
    crls: Sequence[bytes] = ()
    ocsp: Sequence[bytes] = ()
    seal_lists: Sequence[str] = ()
    lists: Sequence[TrustedList] = ()
    pins: Sequence[Pin] = ()
