"""Entries of a revocation list that say critically what nobody understands (RFC 5280 §5.3): the list then says nothing of anybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.conftest import SteppingClock
from tests.pki import Pki, builders_key
from verify.certificates import crl_entries
from verify.certificates.crl_entries import entries_understood
from verify.certificates.paths import PathFinder
from verify.certificates.revocation import Evidence, Freshness, state_at
from verify.trust import TrustStore
from verify.verdict import Verdict
from verify.verifier import Verifier

Extension = tuple[x509.ExtensionType, bool]
FRESH = Freshness(timedelta(days=7), timedelta(minutes=5))
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
HOLD_CODE = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.23"), b"\x06\x03\x2a\x03\x04")
REASON = x509.CRLReason(x509.ReasonFlags.superseded)
LOOKS_CRITICAL = int.from_bytes(b"\x06\x03\x2a\x03\x04\x01\x01\xff\x04\x02\x05", "big")


@pytest.fixture
def pki(clock: SteppingClock) -> Pki:
    return Pki(clock())


def revoking(pki: Pki, *extensions: Extension, serial: int = 4711, more: int = 0) -> bytes:
    """Return a list of the issuing authority with one entry like that between others."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(pki.issuing.certificate.subject)
        .last_update(pki.now)
        .next_update(pki.now + timedelta(days=7))
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for number in range(1, more + 1):
        other = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(pki.now)
        builder = builder.add_revoked_certificate(other.build())
    entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(pki.now)
    for extension, critical in extensions:
        entry = entry.add_extension(extension, critical)
    builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(builders_key(pki.issuing.key), hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("extensions", "serial", "expected"),
    [
        ([], 4711, "good"),
        ([(REASON, False)], 4711, "good"),
        ([(REASON, True)], 4711, "good"),
        ([(HOLD_CODE, True)], 4711, "good"),
        ([(UNKNOWN, False)], 4711, "good"),
        ([(UNKNOWN, False)], LOOKS_CRITICAL, "good"),
        ([(UNKNOWN, True)], 4711, "unknown"),
        ([(REASON, True), (UNKNOWN, True)], LOOKS_CRITICAL, "unknown"),
    ],
    ids=[
        "bare",
        "reason",
        "critical reason",
        "code of a hold",
        "unknown",
        "serial like one",
        "critical",
        "behind a known one",
    ],
)
def test_a_list_with_a_critical_entry_that_nobody_understands_says_nothing(
    pki: Pki, extensions: list[Extension], serial: int, expected: str
) -> None:
    """The entry is another's: what it changes in the meaning of the list is what nobody knows."""
    keeper = pki.party().certificate
    evidence = Evidence(PathFinder(TrustStore([pki.root.certificate])))
    evidence.add([revoking(pki, *extensions, serial=serial, more=2)], [], embedded=True)
    chain = (keeper, pki.issuing.certificate, pki.root.certificate)
    assert state_at(keeper, evidence.facts(chain, 0), pki.now, FRESH).status == expected


def test_a_list_without_entries_has_none_to_understand(pki: Pki) -> None:
    assert entries_understood(pki.crl())
    with pytest.raises(ValueError, match="tag"):
        entries_understood(b"\x04\x00")


def test_entries_that_say_nothing_critical_are_not_walked(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search over the octets answers for a hundred thousand of them; walking each takes as long as checking the signature."""
    monkeypatch.setattr(crl_entries, "_critical", pytest.fail)
    assert entries_understood(revoking(pki, (UNKNOWN, False), (REASON, True), more=50))


def test_a_bare_list_counts_only_where_all_its_entries_are_understood(pki: Pki) -> None:
    """The same list by itself: it is told why it says nothing."""
    trust = TrustStore([pki.root.certificate], crls=[pki.crl(), pki.crl(pki.root)])
    for critical, verdict in ((False, Verdict.PASSED), (True, Verdict.INDETERMINATE)):
        octets = revoking(pki, (UNKNOWN, critical))
        found = TrustStore([pki.root.certificate, pki.issuing.certificate], crls=[*trust.crls, octets])
        report = Verifier(found).verify(octets, at=pki.now + timedelta(hours=1))
        assert report.verdict is verdict, report.reason.en


def test_an_end_entity_makes_no_list(pki: Pki) -> None:
    """Without a key usage its signature holds; it is no authority, and nothing allows it to sign lists."""
    holder = pki.party(key_usage=None)
    octets = pki.crl(holder)
    trust = TrustStore(
        [pki.root.certificate, holder.certificate],
        [pki.issuing.certificate],
        crls=[pki.crl(), pki.crl(pki.root)],
    )
    report = Verifier(trust).verify(octets, at=pki.now + timedelta(hours=1))
    assert report.verdict is not Verdict.PASSED, report.reason.en
