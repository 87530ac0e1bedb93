"""Demands on the body of a certificate: RFC 5280 §4.1, one function each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.x509.name import _ASN1Type as StringType
from cryptography.x509.oid import NameOID

from ca import der
from ca.algorithm_identifiers import algorithm_identifier
from ca.config import MAX_PREFIX, TEST_MARKS
from ca.errors import UsccInvalid
from ca.lint_case import Case, demand
from ca.plan import SERIAL_RANDOM_OCTETS
from ca.uscc import check_uscc
from ca.weak_keys import why_weak
from hsm.algorithms import DEFAULT_ALGORITHM, Family, KeyKind, SignatureAlgorithm, kind_of
from hsm.errors import UnsupportedAlgorithm
from hsm.public_keys import spki

NOT_BEFORE_BOUND: Final = timedelta(minutes=5)
"""I9: a certificate begins when it is made; minutes are left for a slow token, never for backdating."""
_ALGORITHM, _ISSUER, _SUBJECT, _KEY = 2, 3, 5, 6
"""RFC 5280 §4.1: version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo."""
NAME_LIMITS: Final = {
    NameOID.COMMON_NAME: 64,
    NameOID.ORGANIZATION_NAME: 64,
    NameOID.ORGANIZATIONAL_UNIT_NAME: 64,
    NameOID.SERIAL_NUMBER: 64,
    NameOID.ORGANIZATION_IDENTIFIER: 256,
    NameOID.COUNTRY_NAME: 2,
}
"""RFC 5280 appendix A.1 and X.520: upper bounds in characters. An attribute that is not here is not issued."""


def version_is_3(case: Case) -> None:
    """RFC 5280 §4.1.2.1: with extensions, the version is 3."""
    demand(case.certificate.version is x509.Version.v3, "the version is not 3")


def serial_in_range(case: Case) -> None:
    """RFC 5280 §4.1.2.2: positive, at most 20 octets; Baseline Requirements §7.1: below 2^159."""
    demand(0 < case.certificate.serial_number < 1 << 159, "the serial number is out of range")


def serial_is_the_reserved_one(case: Case) -> None:
    """I1, I8: the number reserved for this certificate, beginning with the prefix of this installation."""
    serial = case.certificate.serial_number
    demand(serial == case.plan.serial, "the serial number is not the one reserved")
    prefix = serial >> (8 * SERIAL_RANDOM_OCTETS)
    demand(prefix == case.plan.config.instance_prefix <= MAX_PREFIX, "the serial number has a foreign prefix")


def algorithms_agree(case: Case) -> None:
    """RFC 5280 §4.1.1.2: the algorithm outside equals the one inside the signed body, parameters included."""
    outer = der.Reader(case.draft.unsigned).enter(der.SEQUENCE)
    outer.element()
    expected = algorithm_identifier(case.plan.algorithm)
    demand(case.fields[_ALGORITHM] == expected, "the algorithm inside is not the signer's")
    demand(outer.element() == expected, "the algorithm outside is not the signer's")


def algorithm_fits_issuer_key(case: Case) -> None:
    """RFC 5280 §4.1.2.3, RFC 5758 §3.2: the algorithm belongs to the issuer's kind of key and is no weaker."""
    kind, algorithm = kind_of(case.plan.issuer_key), case.plan.algorithm
    demand(algorithm.family is kind.family, "the algorithm does not fit the issuer's key")
    demand(
        algorithm.digest.size >= DEFAULT_ALGORITHM[kind].digest.size,
        "the digest is weaker than the issuer's key",
    )
    demand(algorithm in SignatureAlgorithm, "the algorithm is unknown")


def issuer_key_is_of_the_suite(case: Case) -> None:
    """GB/T 20518: an installation signs in the suite that it was set up in; a setting changed afterwards signs nothing."""
    suite, kind = case.plan.config.suite, kind_of(case.plan.issuer_key)
    fits = (kind.family is Family.SM2) == (suite.key_kind.family is Family.SM2)
    demand(fits, f"the issuer's key is not one of suite {suite}")


def issuer_is_the_subject_above(case: Case) -> None:
    """RFC 5280 §4.1.2.4: the issuer's name, octet for octet the subject of the issuer's certificate, not empty."""
    own = case.plan.profile.self_signed
    above = case.fields[_SUBJECT] if own else case.plan.issuer.subject_octets
    demand(len(list(case.issuer)) > 0, "the issuer's name is empty")
    demand(case.fields[_ISSUER] == above, "the issuer's name is not the issuer's subject")


def validity_is_as_planned(case: Case) -> None:
    """RFC 5280 §4.1.2.5: the times decided, in order, in whole seconds."""
    start, end = case.certificate.not_valid_before_utc, case.certificate.not_valid_after_utc
    demand(
        (start, end) == (case.plan.validity.not_before, case.plan.validity.not_after),
        "the validity was changed",
    )
    demand(start <= end, "the validity ends before it begins")


def validity_length(case: Case) -> None:
    """I9, RFC 5280 §4.1.2.5: both ends inclusive, so the length is one second more than their difference."""
    certificate = case.certificate
    length = certificate.not_valid_after_utc - certificate.not_valid_before_utc + timedelta(seconds=1)
    demand(length <= case.plan.profile.max_validity, f"{case.plan.profile.id} lives too long")


def validity_inside_issuer(case: Case) -> None:
    """I9, X.509 §7.2 (shell model): no certificate begins before or ends after its issuer's."""
    if case.plan.profile.self_signed:
        return
    above, own = case.plan.issuer.x509, case.certificate
    demand(own.not_valid_before_utc >= above.not_valid_before_utc, "it begins before its issuer")
    demand(own.not_valid_after_utc <= above.not_valid_after_utc, "it outlives its issuer")


def begins_now(case: Case) -> None:
    """I9: no backdating and no post-dating."""
    distance = abs(case.certificate.not_valid_before_utc - case.now)
    demand(distance <= NOT_BEFORE_BOUND, "it does not begin now")


def subject_is_as_asked(case: Case) -> None:
    """RFC 5280 §4.1.2.6: the name asked for and no other, not empty."""
    demand(len(list(case.subject)) > 0, "the subject is empty")
    demand(case.fields[_SUBJECT] == case.plan.request.subject_octets, "the subject was changed")


def subject_attributes_fit(case: Case) -> None:
    """RFC 5280 appendix A.1: known attributes, once each, inside their upper bounds, without control characters.

    Another authority's name is written as it writes it itself, or no path would join; so are its string types.
    """
    if case.plan.request.cross is not None:
        return
    seen = set()
    for attribute in case.subject:
        value, limit = str(attribute.value), NAME_LIMITS.get(attribute.oid)
        demand(limit is not None, f"attribute {attribute.oid.dotted_string} is not issued")
        demand(attribute.oid not in seen, f"attribute {attribute.oid.dotted_string} stands twice")
        demand(
            1 <= len(value) <= (limit or 0), f"attribute {attribute.oid.dotted_string} is too long or empty"
        )
        demand(
            value.isprintable() and value == value.strip(),
            f"attribute {attribute.oid.dotted_string} has blanks",
        )
        seen.add(attribute.oid)


def subject_encodings(case: Case) -> None:
    """RFC 5280 §4.1.2.4, appendix A.1: UTF8String; PrintableString where X.520 says so (C, serialNumber)."""
    if case.plan.request.cross is not None:
        return
    printable = (NameOID.COUNTRY_NAME, NameOID.SERIAL_NUMBER)
    for attribute in case.subject:
        due = StringType.PrintableString if attribute.oid in printable else StringType.UTF8String
        demand(attribute._type is due, f"attribute {attribute.oid.dotted_string} has a wrong string type")  # noqa: SLF001


def country_is_a_code(case: Case) -> None:
    """X.520 §6.3.1: two capital letters (ISO 3166)."""
    for attribute in case.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME):
        code = str(attribute.value)
        demand(
            len(code) == 2 and code.isascii() and code.isalpha() and code.isupper(), "the country is no code"
        )


def subject_has_what_the_profile_needs(case: Case) -> None:
    """RFC 5280 §4.1.2.6 leaves the attributes to the profile: each one that it needs is there."""
    for field in case.plan.profile.subject_needs:
        demand(getattr(case.plan.request.subject, field), f"the subject lacks {field}")


def uscc_is_right(case: Case) -> None:
    """GB 32100-2015: both places of the code agree and the check character is right."""
    codes = {
        str(attribute.value)
        for oid in (NameOID.ORGANIZATION_IDENTIFIER, NameOID.SERIAL_NUMBER)
        for attribute in case.subject.get_attributes_for_oid(oid)
    }
    demand(len(codes) <= 1, "the two codes in the subject differ")
    for code in codes:
        try:
            check_uscc(code)
        except UsccInvalid as wrong:
            demand(met=False, finding=f"the code in the subject is wrong: {wrong.detail}")


def test_is_marked(case: Case) -> None:
    """I32: nothing of production says it is a test; everything of a test does, in its own name or its issuer's."""
    names = case.subject.rfc4514_string() + case.issuer.rfc4514_string()
    marked = any(mark in names for mark in TEST_MARKS)
    if case.plan.config.production:
        demand(not case.plan.profile.test, "a profile for tests is not used in production")
        demand(not marked, "a name in production says it is a test")
    else:
        demand(marked, f"a hierarchy for tests says so in its name ({' or '.join(TEST_MARKS)})")


def key_is_strong(case: Case) -> None:
    """Baseline Requirements §6.1.1.3, §6.1.5, §6.1.6: a kind the profile takes, whose private half cannot be found."""
    key = case.plan.request.public_key
    try:
        kind: KeyKind = kind_of(key)
    except UnsupportedAlgorithm as wrong:
        demand(met=False, finding=f"keys of this kind are not certified: {wrong.detail}")
        return
    demand(kind.value in case.plan.profile.key_kinds, f"{kind.value} keys do not fit this profile")
    weak = why_weak(key)
    demand(weak is None, weak or "")


def key_is_the_one_asked_for(case: Case) -> None:
    """RFC 5280 §4.1.2.7: the key of the request, octet for octet; the issuer's own only in a self-signed certificate."""
    demand(case.fields[_KEY] == spki(case.plan.request.public_key), "the key was changed")
    same = case.fields[_KEY] == spki(case.plan.issuer_key)
    demand(
        same == case.plan.profile.self_signed, "the subject's key is the issuer's, or a root's is not its own"
    )


BODY_DEMANDS: Final[tuple[Callable[[Case], None], ...]] = (
    version_is_3,
    serial_in_range,
    serial_is_the_reserved_one,
    algorithms_agree,
    algorithm_fits_issuer_key,
    issuer_key_is_of_the_suite,
    issuer_is_the_subject_above,
    validity_is_as_planned,
    validity_length,
    validity_inside_issuer,
    begins_now,
    subject_is_as_asked,
    subject_attributes_fit,
    subject_encodings,
    country_is_a_code,
    subject_has_what_the_profile_needs,
    uscc_is_right,
    test_is_marked,
    key_is_strong,
    key_is_the_one_asked_for,
)
"""RFC 5280 §4.1.2.8 (unique identifiers) has no function: the body is rebuilt element by element without them, and
``extensions_are_the_last`` in :mod:`ca.lint_extensions` finds any."""
