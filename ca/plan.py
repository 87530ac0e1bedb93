"""What a certificate will say, decided before anything is built; then its octets without a signature. Pure.

``plan`` decides, ``draft`` encodes. The draft is a whole certificate whose signature is one zero octet: the lints
read it like any other, and it can never verify.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from ca import der
from ca.algorithm_identifiers import algorithm_identifier
from ca.certificate import CertificateRequest
from ca.config import CaConfig
from ca.errors import RequestInvalid, ValidityInvalid
from ca.issuer import Issuer
from ca.profile import KEY_USAGE_BITS, Profile
from hsm.algorithms import PublicKey, SignatureAlgorithm

SERIAL_RANDOM_OCTETS: Final = 17
"""136 random bits: above the 128 we promise (I8) and the 64 of the Baseline Requirements §7.1."""
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
        unsigned = _builder(plan).create_unsigned()
    except (ValueError, TypeError) as wrong:
        raise RequestInvalid(str(wrong)) from wrong
    tbs = _with_algorithm(unsigned.tbs_certificate_bytes, plan.algorithm)
    return Draft(plan, tbs, assemble(tbs, plan.algorithm, _NO_SIGNATURE))


def assemble(tbs: bytes, algorithm: SignatureAlgorithm, signature: bytes) -> bytes:
    """Join a certificate: TBS, algorithm, signature (RFC 5280 §4.1)."""
    return der.sequence(tbs, algorithm_identifier(algorithm), der.bit_string(signature))


def _with_algorithm(tbs: bytes, algorithm: SignatureAlgorithm) -> bytes:
    """Put the real algorithm where the unsigned draft has RFC 9925's placeholder (RFC 5280 §4.1.2.3)."""
    reader = der.Reader(tbs).enter(der.SEQUENCE)
    version, serial = reader.element(), reader.element()
    reader.element()
    return der.sequence(
        version, serial, algorithm_identifier(algorithm), reader.data[reader.position : reader.end]
    )


def _builder(plan: Plan) -> x509.CertificateBuilder:
    request, profile = plan.request, plan.profile
    subject = request.subject.x509()
    builder = (
        x509.CertificateBuilder()
        .serial_number(plan.serial)
        .issuer_name(subject if profile.self_signed else plan.issuer.x509.subject)
        .subject_name(subject)
        .not_valid_before(plan.validity.not_before)
        .not_valid_after(plan.validity.not_after)
        .public_key(request.public_key)
        .add_extension(x509.BasicConstraints(profile.is_ca, profile.path_length), critical=True)
        .add_extension(_key_usage(profile), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(request.public_key), critical=False)
        .add_extension(_authority_key_identifier(plan), critical=False)
    )
    if profile.extended_key_usage:
        uses = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in profile.extended_key_usage])
        builder = builder.add_extension(uses, critical=profile.extended_key_usage_critical)
    return _add_addresses(builder, plan)


def _key_usage(profile: Profile) -> x509.KeyUsage:
    return x509.KeyUsage(**{bit: bit in profile.key_usage for bit in KEY_USAGE_BITS})


def _authority_key_identifier(plan: Plan) -> x509.AuthorityKeyIdentifier:
    if plan.profile.self_signed:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(plan.issuer_key)
    above = plan.issuer.x509.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above.value)


def _add_addresses(builder: x509.CertificateBuilder, plan: Plan) -> x509.CertificateBuilder:
    profile, config, issuer = plan.profile, plan.config, plan.issuer.id
    if profile.crl_address:
        address = x509.UniformResourceIdentifier(config.crl_address(issuer))
        point = x509.DistributionPoint([address], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    access = []
    if profile.ocsp_address:
        access.append((AuthorityInformationAccessOID.OCSP, config.ocsp_address(issuer)))
    if not profile.self_signed:
        access.append((AuthorityInformationAccessOID.CA_ISSUERS, config.issuer_address(issuer)))
    if access:
        described = [
            x509.AccessDescription(how, x509.UniformResourceIdentifier(where)) for how, where in access
        ]
        builder = builder.add_extension(x509.AuthorityInformationAccess(described), critical=False)
    if profile.ocsp_no_check:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    return builder
