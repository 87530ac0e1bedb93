"""Times in the extensions of lists and answers: since when a certificate is invalid (RFC 5280 §5.3.2), and how far back states are kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from asn1crypto import algos
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

from ca import der
from tests.pki import Party, builders_key, said_anew, shared_rsa_key
from tests.unit.verify.test_answers import parts_of
from tests.verify_world import NOW, Signing
from verify.certificates.stated_times import (
    ARCHIVE_CUTOFF,
    EXPIRED_CERTS_ON_CRL,
    INVALIDITY_DATE,
    generalized_time,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
REASON = x509.ReasonFlags
LATER = NOW + 4 * HOUR
PASSED = ("TOTAL-PASSED", None)


@pytest.fixture(scope="module")
def signing() -> Signing:
    return Signing(NOW)


@pytest.fixture(scope="module")
def stamped(signing: Signing) -> bytes:
    return signing.sign(stamp=True)


def outcome(signing: Signing, data: bytes, at: datetime, **known: Any) -> tuple[str, str | None]:
    found = signing.only(data, trust=signing.trust(**known), at=at)
    return found.indication.value, None if found.sub_indication is None else found.sub_indication.value


def entry(signing: Signing, reason: x509.ReasonFlags, invalid: datetime | None) -> bytes:
    """Return a list with the keeper, revoked two hours after it sealed, and invalid since ``invalid``."""
    one = x509.RevokedCertificateBuilder().serial_number(signing.keeper.certificate.serial_number)
    one = one.revocation_date(NOW + 2 * HOUR).add_extension(x509.CRLReason(reason), critical=False)
    if invalid is not None:
        one = one.add_extension(x509.InvalidityDate(invalid.replace(tzinfo=None)), critical=False)
    return listed(signing, NOW + 3 * HOUR, entry=one.build())


def listed(signing: Signing, since: datetime, *, entry: Any = None, kept: datetime | None = None) -> bytes:
    issuing = signing.pki.issuing
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuing.certificate.subject)
        .last_update(since)
        .next_update(since + 7 * DAY)
        .add_extension(x509.CRLNumber(2), critical=False)
    )
    if entry is not None:
        builder = builder.add_revoked_certificate(entry)
    if kept is not None:
        name = x509.ObjectIdentifier(EXPIRED_CERTS_ON_CRL)
        value = x509.UnrecognizedExtension(name, der.generalized_time(kept))
        builder = builder.add_extension(value, critical=False)
    return builder.sign(builders_key(issuing.key), hashes.SHA256()).public_bytes(Encoding.DER)


def extended(answer: bytes, responder: Party, name: str, when: datetime) -> bytes:
    """Add an extension that states a time to the only answer of a response."""
    one = der.sequence(der.oid(name), der.octet_string(der.generalized_time(when)))

    def change(said: bytes) -> bytes:
        parts = parts_of(said)
        place = next(place for place, part in enumerate(parts) if part[0] == der.SEQUENCE)
        (single,) = parts_of(parts[place])
        parts[place] = der.sequence(der.sequence(*parts_of(single), der.explicit(1, der.sequence(one))))
        return der.sequence(*parts)

    return said_anew(answer, responder.key, change)


@pytest.mark.parametrize(
    "reason", [REASON.key_compromise, REASON.aa_compromise, REASON.cessation_of_operation]
)
def test_an_invalidity_date_counts_whatever_the_reason(
    signing: Signing, stamped: bytes, reason: x509.ReasonFlags
) -> None:
    """Only for a compromised key did the earlier date count; X.509 gives it for whatever ended a certificate."""
    root = signing.pki.crl(signing.pki.root, this_update=NOW + 3 * HOUR)
    early, late = entry(signing, reason, NOW - DAY), entry(signing, reason, NOW + HOUR)
    assert outcome(signing, stamped, LATER, crls=[early, root])[1] == "REVOKED"
    assert outcome(signing, stamped, LATER, crls=[late, root]) == PASSED, "it sealed before"
    assert outcome(signing, stamped, LATER, crls=[entry(signing, reason, None), root]) == PASSED


@pytest.mark.parametrize("backwards", [False, True])
def test_of_two_entries_of_one_certificate_the_graver_counts(
    signing: Signing, stamped: bytes, backwards: bool
) -> None:
    """Only the first was read: a suspension of after the seal hid that the key was stolen before."""
    entries = [(NOW + 2 * HOUR, REASON.certificate_hold), (NOW - DAY, REASON.key_compromise)]
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signing.pki.issuing.certificate.subject)
        .last_update(NOW + 3 * HOUR)
        .next_update(NOW + DAY)
        .add_extension(x509.CRLNumber(2), critical=False)
    )
    for when, reason in entries[::-1] if backwards else entries:
        one = x509.RevokedCertificateBuilder().serial_number(signing.keeper.certificate.serial_number)
        builder = builder.add_revoked_certificate(
            one.revocation_date(when).add_extension(x509.CRLReason(reason), critical=False).build()
        )
    made = builder.sign(builders_key(signing.pki.issuing.key), hashes.SHA256()).public_bytes(Encoding.DER)
    root = signing.pki.crl(signing.pki.root, this_update=NOW + 3 * HOUR)
    assert outcome(signing, stamped, LATER, crls=[made, root])[1] == "REVOKED"


def test_an_invalidity_date_counts_in_answers_as_in_lists(signing: Signing, stamped: bytes) -> None:
    """RFC 6960 §4.4.5: extensions of a list's entries stand in answers too."""
    pki, since = signing.pki, NOW + 3 * HOUR
    root, responder = pki.crl(pki.root, this_update=since), pki.responder()
    unit = pki.ocsp(signing.tsa.certificate, this_update=since)
    told = pki.ocsp(
        signing.keeper.certificate,
        responder=responder,
        revoked=(NOW + 2 * HOUR, REASON.key_compromise),
        this_update=since,
    )
    early = extended(told, responder, INVALIDITY_DATE, NOW - DAY)
    assert outcome(signing, stamped, LATER, crls=[root], ocsp=[told, unit]) == PASSED
    assert outcome(signing, stamped, LATER, crls=[root], ocsp=[early, unit])[1] == "REVOKED"


@pytest.fixture(scope="module")
def ended(signing: Signing) -> tuple[Party, bytes]:
    """Return a keeper whose certificate ended an hour after it sealed, and what it sealed."""
    keeper = signing.pki.party(not_after=NOW + HOUR)
    return keeper, signing.sign(keeper=keeper, stamp=True)


@pytest.mark.parametrize(("kept", "good"), [(None, False), (NOW - 9 * DAY, True), (NOW + DAY, False)])
def test_lists_that_keep_what_ended_tell_of_it(
    signing: Signing, ended: tuple[Party, bytes], kept: datetime | None, good: bool
) -> None:
    """Evidence of after the end of a certificate was never taken, though its authority keeps the states of those that ended."""
    since = NOW + 4 * DAY
    root = [signing.pki.crl(signing.pki.root), signing.pki.crl(signing.pki.root, this_update=since)]
    made = listed(signing, since, kept=kept)
    found = outcome(signing, ended[1], NOW + 5 * DAY, crls=[*root, made])
    assert (found == PASSED) is good, found


@pytest.mark.parametrize(("kept", "good"), [(None, False), (NOW - 9 * DAY, True), (NOW + DAY, False)])
def test_answers_that_keep_what_ended_tell_of_it(
    signing: Signing, ended: tuple[Party, bytes], kept: datetime | None, good: bool
) -> None:
    """RFC 6960 §4.4.4."""
    pki, since = signing.pki, NOW + 4 * DAY
    root = [pki.crl(pki.root), pki.crl(pki.root, this_update=since)]
    responder = pki.responder(not_after=NOW + 30 * DAY)
    unit = pki.ocsp(
        signing.tsa.certificate, responder=responder, this_update=since, next_update=NOW + 9 * DAY
    )
    told = pki.ocsp(ended[0].certificate, responder=responder, this_update=since, next_update=NOW + 9 * DAY)
    if kept is not None:
        told = extended(told, responder, ARCHIVE_CUTOFF, kept)
    found = outcome(signing, ended[1], NOW + 5 * DAY, crls=root, ocsp=[unit, told])
    assert (found == PASSED) is good, found


@pytest.mark.parametrize("text", ["20260101000000Z", "20260101000000.5Z", "20260101080000+0800", "2026", ""])
def test_a_time_has_one_form(text: str) -> None:
    found = generalized_time(der.tlv(der.GENERALIZED_TIME, text.encode()))
    assert (found is not None) is (text == "20260101000000Z")
    assert generalized_time(text.encode()) is None


def pss(answer: bytes, key: Any, salt: int = 32) -> bytes:
    """Sign a response anew by RSA-PSS."""
    outer = der.Reader(answer).enter(der.SEQUENCE)
    status, wrapped = outer.element(), outer.enter(0xA0).enter(der.SEQUENCE)
    kind = wrapped.element()
    said, _, _, *rest = der.Reader(wrapped.contents(der.OCTET_STRING)).enter(der.SEQUENCE).elements()
    sha256 = {"algorithm": "sha256"}
    parameters = {
        "hash_algorithm": sha256,
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256},
        "salt_length": 32,
    }
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters}).dump()
    value = key.sign(said, padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256())
    basic = der.octet_string(der.sequence(said, algorithm, der.bit_string(value), *rest))
    return der.sequence(status, der.explicit(0, der.sequence(kind, basic)))


@pytest.mark.parametrize(("salt", "good"), [(32, True), (20, False)])
def test_answers_may_be_signed_by_rsa_pss(signing: Signing, salt: int, good: bool) -> None:
    pki = signing.pki
    responder = pki.responder(key=shared_rsa_key())
    made = pss(pki.ocsp(signing.keeper.certificate, responder=responder), responder.key, salt)
    found = outcome(signing, signing.sign(), NOW + HOUR, crls=[pki.crl(pki.root)], ocsp=[made])
    assert (found == PASSED) is good, found
