"""Properties of planning and linting: serials, validity, and octets that differ in any bit."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ca.certificate import CertificateRequest, NationalCodes, SubjectName
from ca.config import MAX_PREFIX
from ca.errors import LintFailed, RequestInvalid, ValidityInvalid
from ca.issuer import HolderStatus, Issuer
from ca.lint import check
from ca.plan import SERIAL_RANDOM_OCTETS, Draft, assemble, decide_validity, draft, make_serial
from ca.profile import ENTERPRISE_SEAL, PROFILES, ROOT
from hsm.signer import Custody
from hsm.suite import Suite
from tests.pki import Pki, new_key
from tests.unit.ca.drafts import issuer_of, right_draft, right_plan

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = new_key().public_key()
PKI = Pki(NOW)
GM_PKI = Pki(NOW, suite=Suite.GM)


@given(st.integers(1, MAX_PREFIX), st.binary(min_size=SERIAL_RANDOM_OCTETS, max_size=SERIAL_RANDOM_OCTETS))
@example(1, b"\0" * SERIAL_RANDOM_OCTETS)
@example(MAX_PREFIX, b"\xff" * SERIAL_RANDOM_OCTETS)
def test_I08_serials_are_in_range_and_keep_prefix_and_randomness(prefix: int, octets: bytes) -> None:
    serial = make_serial(prefix, octets)
    assert 0 < serial < 1 << 159
    assert serial >> (8 * SERIAL_RANDOM_OCTETS) == prefix
    assert serial & ((1 << (8 * SERIAL_RANDOM_OCTETS)) - 1) == int.from_bytes(octets, "big")


def test_I08_at_least_128_random_bits_and_every_one_is_free() -> None:
    """Over 20,000 serials each of the 136 bits below the prefix is one about half the time, and none repeats."""
    count = 20_000
    serials = [make_serial(0x1234, secrets.token_bytes(SERIAL_RANDOM_OCTETS)) for _ in range(count)]
    assert len(set(serials)) == count
    bits = 8 * SERIAL_RANDOM_OCTETS
    assert bits >= 128
    ones = [sum(serial >> bit & 1 for serial in serials) for bit in range(bits)]
    # Standard deviation of a fair bit: sqrt(n)/2 = 70.7; seven of them are beyond chance (1 in 10^11 a bit).
    assert all(abs(one - count / 2) < 7 * 70.7 for one in ones)
    assert {serial >> bits for serial in serials} == {0x1234}


@pytest.mark.parametrize("size", [0, 16, 18])
def test_I08_another_amount_of_randomness_is_misuse(size: int) -> None:
    with pytest.raises(ValueError, match="random"):
        make_serial(1, b"\1" * size)


MOMENTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(2080, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@settings(deadline=None)
@given(
    now=MOMENTS,
    age=st.timedeltas(timedelta(0), timedelta(days=3650)),
    left=st.timedeltas(timedelta(0), timedelta(days=3650)),
    wish=st.none() | st.timedeltas(timedelta(days=-10), timedelta(days=4000)),
)
@example(datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC), timedelta(0), timedelta(days=365), None)
@example(
    datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), timedelta(1), timedelta(days=400), timedelta(days=366)
)
def test_I09_validity(now: datetime, age: timedelta, left: timedelta, wish: timedelta | None) -> None:
    """Inside the issuer's, beginning now, exactly as long as asked with both ends counted; else refused."""
    above = PKI.make(
        "issuing", SubjectName("印信测试"), issuer=PKI.root, not_before=now - age, not_after=now + left
    )
    issuer = issuer_of(above)
    begin, end = above.certificate.not_valid_before_utc, above.certificate.not_valid_after_utc
    try:
        made = decide_validity(
            CertificateRequest("enterprise-seal", SubjectName("x"), KEY, wish), ENTERPRISE_SEAL, now, issuer
        )
    except ValidityInvalid:
        start = now.replace(microsecond=0)
        outside = not begin <= start <= end
        unfit = wish is not None and (
            wish < timedelta(seconds=1)
            or wish > ENTERPRISE_SEAL.max_validity
            or (start + wish).replace(microsecond=0) - timedelta(seconds=1) > end
        )
        assert outside or unfit
        return
    assert begin <= made.not_before <= made.not_after <= end
    assert made.not_before == now.replace(microsecond=0)
    length = made.not_after - made.not_before + timedelta(seconds=1)
    asked = wish if wish is not None else ENTERPRISE_SEAL.default_validity
    assert length <= asked
    if wish is not None:
        assert asked - length < timedelta(seconds=1)
    else:
        assert length == asked or made.not_after == end


@settings(deadline=None, max_examples=60)
@given(now=MOMENTS, profile=st.sampled_from(list(PROFILES.values())), suite=st.sampled_from(Suite))
def test_I09_plans_of_every_profile_pass_their_lint_at_any_date(
    now: datetime, profile: object, suite: Suite
) -> None:
    """Leap days, the turn of 2050 (UTCTime to GeneralizedTime): what is planned is what the lint wants."""
    now = now.replace(microsecond=0)
    one = right_draft(now, profile, pki=Pki(now, suite=suite))  # type: ignore[arg-type]
    assert check(one, now).tbs == one.tbs


GOOD = right_draft(NOW, pki=PKI, custody=Custody.TOKEN)
NATIONAL = right_draft(
    NOW,
    pki=GM_PKI,
    custody=Custody.SEALED,
    national=NationalCodes("110108000000000", "91110108MA01C8QX3", "1101080000", "11010519491231002X"),
)
EACH_SUITE = pytest.mark.parametrize("good", [GOOD, NATIONAL], ids=["international", "gm"])


@EACH_SUITE
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # a flipped sign bit
def test_I05_no_single_bit_of_the_body_can_differ(good: Draft) -> None:
    """Every bit of the octets to sign, flipped alone, is found by the lint: nothing in them is left unchecked."""
    passed = []
    for place in range(len(good.tbs)):
        for bit in range(8):
            wrong = bytearray(good.tbs)
            wrong[place] ^= 1 << bit
            one = Draft(good.plan, bytes(wrong), assemble(bytes(wrong), good.plan.algorithm, b"\0"))
            try:
                check(one, NOW)
                passed.append((place, bit))
            except LintFailed:
                continue
    assert passed == []


@EACH_SUITE
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@settings(deadline=None)
@given(junk=st.binary(max_size=200), start=st.integers(0, 2000), end=st.integers(0, 2000))
def test_I05_no_splice_passes(good: Draft, junk: bytes, start: int, end: int) -> None:
    start, end = sorted((start % len(good.tbs), end % len(good.tbs)))
    wrong = good.tbs[:start] + junk + good.tbs[end:]
    assume(wrong != good.tbs)
    with pytest.raises(LintFailed):
        check(Draft(good.plan, wrong, assemble(wrong, good.plan.algorithm, b"\0")), NOW)


@settings(deadline=None, max_examples=200)
@given(
    pki=st.sampled_from([PKI, GM_PKI]),
    common_name=st.text(max_size=70),
    organization=st.text(max_size=70),
    unit=st.text(max_size=70),
    country=st.text(max_size=3),
)
def test_I10_no_subject_makes_a_ca_or_breaks_the_lint(
    pki: Pki, common_name: str, organization: str, unit: str, country: str
) -> None:
    """Whatever a request names, it is refused cleanly or gives a leaf with just that name."""
    subject = SubjectName(common_name, organization, "", unit, country)
    try:
        ticket = check(draft(right_plan(NOW, PROFILES["test-seal"], subject=subject, pki=pki)), NOW)
    except (RequestInvalid, ValueError):
        return
    from cryptography import x509

    made = x509.load_der_x509_certificate(ticket.unsigned)
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert made.subject.public_bytes() == subject.x509().public_bytes()


def test_I09_a_root_is_not_bound_by_an_issuer() -> None:
    planned = Issuer("root", HolderStatus.PLANNED, "file:token=t;object=root", "", b"", "root", "root", 1)
    made = decide_validity(CertificateRequest("root", SubjectName("x"), KEY), ROOT, NOW, planned)
    assert made.not_after - made.not_before == ROOT.default_validity - timedelta(seconds=1)
