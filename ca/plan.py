"""What a certificate will say, decided before anything is built; then its octets without a signature. Pure.

``plan`` decides, ``draft`` encodes. The draft is a whole certificate whose signature is one zero octet: the lints
read it like any other, and it can never verify.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from cryptography import x509

from ca import der
from ca.algorithm_identifiers import algorithm_identifier
from ca.certificate import CertificateRequest
from ca.config import CaConfig
from ca.errors import RequestInvalid, ValidityInvalid
from ca.extensions import encode_extensions
from ca.issuer import Issuer
from ca.profile import Profile
from hsm.algorithms import PublicKey, SignatureAlgorithm
from hsm.public_keys import spki

SERIAL_RANDOM_OCTETS: Final = 17
"""136 random bits: above the 128 we promise (I8) and the 64 of the Baseline Requirements §7.1."""
_VERSION_3: Final = der.explicit(0, der.integer(2))
_NO_SIGNATURE: Final = b"\0"
_ONE_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Validity:
    """First and last second of a certificate's life, both inclusive (RFC 5280 §4.1.2.5)."""

    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the certificate will say, with the hashes of the rules it was planned by."""

    request: CertificateRequest
    profile: Profile
    profile_hash: str
    config: CaConfig
    config_hash: str
    issuer: Issuer
    issuer_key: PublicKey
    algorithm: SignatureAlgorithm
    serial: int
    validity: Validity
    shard: int = 0
    """The part of the issuer's revocation list that will say its status, for ever; 0 where the list has no parts."""

    @property
    def path_length(self) -> int | None:
        """How many authorities may stand below: the profile's, or what was granted to another installation's."""
        cross = self.request.cross
        return self.profile.path_length if cross is None else cross.path_length


@dataclass(frozen=True, slots=True)
class Draft:
    """An unsigned certificate: ``tbs`` is what would be signed, ``unsigned`` the whole with a void signature."""

    plan: Plan
    tbs: bytes
    unsigned: bytes


def make_serial(prefix: int, random_octets: bytes) -> int:
    """Return prefix and random octets as one number: positive, under 2^151 (RFC 5280 §4.1.2.2, I8)."""
    if len(random_octets) != SERIAL_RANDOM_OCTETS:
        raise ValueError(f"{SERIAL_RANDOM_OCTETS} random octets are needed")
    return prefix << (8 * SERIAL_RANDOM_OCTETS) | int.from_bytes(random_octets, "big")


def decide_validity(request: CertificateRequest, profile: Profile, now: datetime, issuer: Issuer) -> Validity:
    """Decide the first and last second (I9); :class:`ValidityInvalid` when what was asked for cannot be given.

    Without a wish the profile's length is cut at the issuer's end; a wish beyond it is refused.
    """
    length = request.validity if request.validity is not None else profile.default_validity
    if length < _ONE_SECOND:
        raise ValidityInvalid("the validity is empty")
    if length > profile.max_validity:
        raise ValidityInvalid(f"{profile.id} lives at most {profile.max_days} days")
    start = now.replace(microsecond=0)
    end = (start + length).replace(microsecond=0) - _ONE_SECOND
    if profile.self_signed:
        return Validity(start, end)
    above = issuer.x509
    if not above.not_valid_before_utc <= start <= above.not_valid_after_utc:
        raise ValidityInvalid("the issuer's own certificate is not valid now")
    if end > above.not_valid_after_utc:
        if request.validity is not None:
            raise ValidityInvalid("it would outlive its issuer")
        end = above.not_valid_after_utc
    return Validity(start, end)


def draft(plan: Plan) -> Draft:
    """Encode the certificate of ``plan`` without a signature; values that cannot be encoded: :class:`RequestInvalid`."""
    try:
        tbs = _body(plan)
    except (ValueError, TypeError) as wrong:
        raise RequestInvalid(str(wrong)) from wrong
    return Draft(plan, tbs, assemble(tbs, plan.algorithm, _NO_SIGNATURE))


def _body(plan: Plan) -> bytes:
    """Encode the TBSCertificate (RFC 5280 §4.1.2): without unique identifiers, by hand, for ``cryptography`` builds
    certificates over the keys that it knows and no others.
    """  # noqa: D205
    subject = plan.request.subject_octets
    issuer = subject if plan.profile.self_signed else _name_of(plan.issuer.x509)
    validity = plan.validity
    return der.sequence(
        _VERSION_3,
        der.integer(plan.serial),
        algorithm_identifier(plan.algorithm),
        issuer,
        der.sequence(der.x509_time(validity.not_before), der.x509_time(validity.not_after)),
        subject,
        spki(plan.request.public_key),
        encode_extensions(plan),
    )


@lru_cache(maxsize=64)
def _name_of(issuer: x509.Certificate) -> bytes:
    return issuer.subject.public_bytes()


def assemble(tbs: bytes, algorithm: SignatureAlgorithm, signature: bytes) -> bytes:
    """Join a certificate: TBS, algorithm, signature (RFC 5280 §4.1)."""
    return der.sequence(tbs, algorithm_identifier(algorithm), der.bit_string(signature))
