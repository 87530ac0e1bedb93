"""Dual certificates (双证书): one for signing, one for encryption, issued together or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ca.certificate import CertificateRequest, IssuedCertificate, spki_sha256
from ca.errors import PairUnfit
from ca.profile import Profile, Purpose

SIGNING_PART: Final = "/sign"
ENCRYPTION_PART: Final = "/encrypt"
"""Ends of the two request keys of a pair: who knows the pair's key finds both certificates."""


@dataclass(frozen=True, slots=True)
class IssuedPair:
    """The certificates of one holder: ``signing`` over a key made at the holder's, ``encryption`` over the centre's."""

    signing: IssuedCertificate
    encryption: IssuedCertificate


def check_pair(
    signing: CertificateRequest, encryption: CertificateRequest, profiles: tuple[Profile, Profile]
) -> None:
    """Refuse a pair that is none (:class:`PairUnfit`): purposes, names, issuer and life must fit, the keys differ."""
    purposes = tuple(profile.purpose for profile in profiles)
    if purposes != (Purpose.SIGNATURE, Purpose.ENCRYPTION):
        raise PairUnfit("a pair is a signing profile and an encryption profile, in this order")
    if signing.subject != encryption.subject:
        raise PairUnfit("both certificates of a pair name the same subject")
    if (signing.issuer, signing.validity) != (encryption.issuer, encryption.validity):
        raise PairUnfit("both certificates of a pair have the same issuer and length")
    if spki_sha256(signing.public_key) == spki_sha256(encryption.public_key):
        raise PairUnfit("the key that signs is not the key that is escrowed")
