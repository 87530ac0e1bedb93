"""What the verifier itself holds is never left out, and what it knows of a responder counts (RFC 5280 §6.3, RFC 6960 §4.2.2.2.1)."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.pki import Party, Pki, builders_key
from tests.verify_world import NOW, Signing
from verify.certificates.lists import Lists
from verify.certificates.names import name_key
from verify.certificates.revocation import MAX_BROUGHT
from verify.objects.report import ObjectReport
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
REASON = x509.ReasonFlags
PASSED, LOST = ("TOTAL-PASSED", None), ("INDETERMINATE", "TRY_LATER")


@pytest.fixture(scope="module")
def signing() -> Signing:
    return Signing(NOW)


@pytest.fixture(scope="module")
def signed(signing: Signing) -> bytes:
    return signing.sign()


@pytest.fixture(scope="module")
def strangers() -> list[bytes]:
    """Return more lists of another authority than any document may bring."""
    far = Pki(NOW, name="别处 TEST")
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(far.issuing.certificate.subject)
        .last_update(NOW)
        .next_update(NOW + DAY)
    )
    made = (
        builder.add_extension(x509.CRLNumber(number), critical=False) for number in range(1, MAX_BROUGHT + 2)
    )
    key = builders_key(far.issuing.key)
    return [one.sign(key, hashes.SHA256()).public_bytes(Encoding.DER) for one in made]


def outcome(signing: Signing, data: bytes, crls: list[bytes], ocsp: list[bytes]) -> tuple[str, str | None]:
    found = signing.only(data, trust=signing.trust(crls=crls, ocsp=ocsp))
    return found.indication.value, None if found.sub_indication is None else found.sub_indication.value


def test_the_list_that_revokes_counts_behind_a_thousand_others(
    signing: Signing, signed: bytes, strangers: list[bytes]
) -> None:
    """Lists beyond a number were left out in silence: the older one, by which all was well, still counted."""
    pki, serial = signing.pki, signing.keeper.certificate.serial_number
    root, good = pki.crl(pki.root), pki.crl()
    later = pki.crl(
        revoked={serial: (NOW - DAY, REASON.key_compromise)}, this_update=NOW + HOUR / 2, number=2
    )
    assert outcome(signing, signed, [good, root, *strangers], []) == PASSED
    assert outcome(signing, signed, [good, root, *strangers, later], [])[1] == "REVOKED_NO_POE"
    assert outcome(signing, signed, [*strangers, root, good], []) == PASSED


def test_a_document_brings_its_own_evidence_beside_a_large_store(
    signing: Signing, signed: bytes, strangers: list[bytes]
) -> None:
    assert outcome(signing, signing.add_dss(signed), strangers, []) == PASSED


@pytest.fixture(scope="module")
def responder(signing: Signing) -> Party:
    return signing.pki.responder(not_before=NOW - 30 * DAY)


def told_of(signing: Signing, responder: Party, reason: x509.ReasonFlags, days: float) -> bytes:
    """Return a list of a week ago, no longer fresh, that has the responder."""
    entries = {responder.certificate.serial_number: (NOW - days * DAY, reason)}
    return signing.pki.crl(revoked=entries, this_update=NOW - 8 * DAY, next_update=NOW - DAY)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ((REASON.key_compromise, 9), LOST),
        ((REASON.unspecified, 9), LOST),
        ((REASON.superseded, 9), LOST),
        ((REASON.certificate_hold, 9), PASSED),
        ((REASON.superseded, -1), PASSED),
    ],
)
def test_a_responder_that_is_known_to_be_revoked_answers_no_more(
    signing: Signing,
    signed: bytes,
    responder: Party,
    end: tuple[x509.ReasonFlags, float],
    expected: tuple[str, str | None],
) -> None:
    """Its certificate says that nobody need ask about it; whoever knows goes by that. What it said before a routine end stands."""
    data = signing.add_dss(
        signed, crls=[], ocsps=[signing.pki.ocsp(signing.keeper.certificate, responder=responder)]
    )
    root = signing.pki.crl(signing.pki.root)
    assert outcome(signing, data, [root, told_of(signing, responder, *end)], []) == expected


def test_another_responder_may_tell_of_it_and_a_revoked_one_may_not(
    signing: Signing, signed: bytes, responder: Party
) -> None:
    pki, root = signing.pki, signing.pki.crl(signing.pki.root)
    data = signing.add_dss(signed, crls=[], ocsps=[pki.ocsp(signing.keeper.certificate, responder=responder)])
    thief = pki.responder(not_before=NOW - 30 * DAY)
    accusing = pki.ocsp(
        responder.certificate, responder=thief, revoked=(NOW - 9 * DAY, REASON.key_compromise)
    )
    assert outcome(signing, data, [root], [accusing]) == LOST
    listed = told_of(signing, thief, REASON.key_compromise, 9)
    assert outcome(signing, data, [root, listed], [accusing]) == PASSED


def test_the_answer_alone_says_that_its_responder_was_revoked(signing: Signing, responder: Party) -> None:
    pki = signing.pki
    answer = pki.ocsp(signing.keeper.certificate, responder=responder)

    def judged(*lists: bytes) -> ObjectReport:
        known = signing.trust(crls=[pki.crl(pki.root), *lists], intermediates=[pki.issuing.certificate])
        report = Verifier(known).verify(answer, at=NOW + HOUR, name="answer.ors")
        assert isinstance(report, ObjectReport)
        return report

    assert judged().verdict is Verdict.PASSED
    told = judged(told_of(signing, responder, REASON.key_compromise, 9))
    assert (told.verdict, told.sub_indication) == (Verdict.INDETERMINATE, SubIndication.TRY_LATER)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("2.5.29.56", b"\x05\x00", PASSED),
        ("0.4.0.194121.2.1", b"\x05\x00", PASSED),
        ("1.2.3.4.5", b"\x05\x00", LOST),
    ],
    ids=["noRevAvail", "short-term", "another"],
)
def test_a_certificate_of_which_nothing_is_told(
    signing: Signing, name: str, value: bytes, expected: tuple[str, str | None]
) -> None:
    """RFC 9608 §2, EN 319 412-1 §5.2: its issuer says that there is nothing to ask for; what is told all the same counts."""
    pki = signing.pki
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(name), value)
    keeper = pki.party(extra=[(extension, False)], not_after=NOW + DAY)
    data, root = signing.sign(keeper=keeper), pki.crl(pki.root)
    assert outcome(signing, data, [root], []) == expected
    alone = Verifier(signing.trust(crls=[root], intermediates=[pki.issuing.certificate]))
    assert (alone.verify(keeper.der, at=NOW + HOUR).verdict is Verdict.PASSED) is (expected is PASSED)
    assert outcome(signing, data, [], [])[1] == "TRY_LATER", "of its authority something is"
    gone = pki.crl(revoked={keeper.certificate.serial_number: (NOW - HOUR, REASON.key_compromise)})
    assert outcome(signing, data, [root, gone], [])[1] == "REVOKED_NO_POE"


def test_parts_of_one_list_by_the_thousand_are_taken_in_a_moment(signing: Signing) -> None:
    """Each was copied with all before it."""
    lists, one = Lists(), signing.pki.crl()
    begun = time.perf_counter()
    for number in range(20_000):
        lists.add(one, number.to_bytes(32))
    issuer = name_key(signing.keeper.certificate.issuer)
    assert len(list(Lists(lists).of(issuer))) == 20_000
    assert time.perf_counter() - begun < 5


def test_the_date_of_evidence_is_that_of_what_was_used(signing: Signing) -> None:
    """A fresh list of an authority that nobody trusts, by anybody, made the evidence look like today's; so did one of the future."""
    stranger = Pki(NOW, name="Stranger")
    junk = stranger.crl(this_update=NOW + HOUR)
    report = signing.verify(signing.sign(), trust=signing.trust([*signing.crls(), junk]), at=NOW + 2 * HOUR)
    used = report.signatures[0].certificate_now.as_of
    assert used is not None
    assert report.evidence_as_of == used < NOW + HOUR
