"""What a list vouches for, in verdicts on signed documents: each service for its kind, at its time, while the list is in force.

D2: an unknown issuer is never green. The attack that each rule stops is in its test.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from ca.certificate import SubjectName
from ca.profile import ISSUING
from seals.jws import sign
from tests.pki import Party, Pki, shared_rsa_key
from tests.trust_list_world import DAY, FORMS, Publisher, Write, granted, service, withdrawn
from tests.unit.verify.test_seals import Sealing
from tests.verify_world import Signing
from verify.report import SignatureReport, TimeSource
from verify.table import lines
from verify.trust import TrustStore
from verify.trusted_lists.decision import TrustDecision
from verify.trusted_lists.model import ListedService, ServiceKind, ServiceStatus, TrustedList, Words
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier
from verify.voided.form import VOID_LIST_TYPE, VoidEntry, VoidList, void_list_payload
from verify.wire import pack, unpack_report

HOUR = timedelta(hours=1)
TSA, MAKER = ServiceKind.TSA, ServiceKind.SEAL_MAKER


@pytest.fixture(scope="session")
def ca(signing: Signing) -> ListedService:
    return service(signing.pki.issuing.der)


@pytest.fixture(scope="session")
def tsa(signing: Signing) -> ListedService:
    return service(signing.tsa.der, kind=TSA)


class Judging:
    """Verify under lists alone, no anchor of an operator's own, unless a test adds one."""

    def __init__(self, signing: Signing, publisher: Publisher) -> None:
        self.signing = signing
        self.publisher = publisher

    def store(self, *lists: TrustedList, **more: Any) -> TrustStore:
        more = {"anchors": [], "crls": self.signing.crls(), **more}
        return TrustStore(lists=lists, **more)

    def only(self, data: bytes, *lists: TrustedList, at: Any = None, **more: Any) -> SignatureReport:
        return self.signing.only(data, trust=self.store(*lists, **more), at=at)

    def listing(self, *services: ListedService, **changes: Any) -> TrustedList:
        return self.publisher.read(self.publisher.list(*services, **changes))


@pytest.fixture(scope="session")
def judging(signing: Signing, publisher: Publisher) -> Judging:
    return Judging(signing, publisher)


def decided(found: SignatureReport) -> TrustDecision:
    assert found.trust is not None
    return found.trust


@pytest.mark.parametrize("write", FORMS)
def test_a_granted_issuer_is_an_anchor_and_its_list_is_named(
    judging: Judging, b_b: bytes, ca: ListedService, write: Write
) -> None:
    listed = judging.publisher.read(judging.publisher.list(ca), write)
    found = judging.only(b_b, listed)
    assert found.verdict is Verdict.PASSED
    trust = decided(found)
    assert (trust.trusted, trust.by_decree, trust.entry.sequence) == (True, False, 7)
    assert trust.entry.scheme_id == judging.publisher.scheme
    assert (trust.entry.then.status, trust.entry.now.status) == ("granted", "granted")
    assert trust.entry.list_sha256 == listed.sha256
    assert (trust.entry.issued, trust.entry.next_update) == (listed.issued, listed.next_update)
    assert trust.as_of == judging.signing.now + HOUR


def test_D2_an_issuer_that_no_list_names_is_never_green(
    judging: Judging, b_b: bytes, tsa: ListedService
) -> None:
    for lists in ((), (judging.listing(tsa),), (judging.listing(),)):
        found = judging.only(b_b, *lists)
        assert (found.verdict, found.sub_indication) == (
            Verdict.INDETERMINATE,
            SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        )
        assert found.trust is None


@pytest.mark.parametrize("kind", [kind for kind in ServiceKind if kind is not ServiceKind.CA])
def test_a_service_of_another_kind_vouches_for_no_signer(
    judging: Judging, b_b: bytes, kind: ServiceKind
) -> None:
    """A time-stamp authority that is listed issues itself a signer's certificate: it was never looked at as an issuer."""
    found = judging.only(b_b, judging.listing(service(judging.signing.pki.issuing.der, kind=kind)))
    assert found.verdict is Verdict.INDETERMINATE


def test_a_listed_issuer_vouches_for_no_time_stamp(judging: Judging, b_t: bytes, ca: ListedService) -> None:
    """An issuer of signers issues itself a time-stamp certificate and dates a signature back."""
    found = judging.only(b_t, judging.listing(ca))
    assert found.time.source is TimeSource.TSA_UNVERIFIED
    also = service(judging.signing.tsa.der, kind=ServiceKind.CA)
    assert judging.only(b_t, judging.listing(ca, also)).time.source is TimeSource.TSA_UNVERIFIED


def test_a_listed_time_stamp_authority_proves_time(
    judging: Judging, b_t: bytes, ca: ListedService, tsa: ListedService
) -> None:
    found = judging.only(b_t, judging.listing(ca, tsa))
    assert (found.verdict, found.time.source) == (Verdict.PASSED, TimeSource.TSA)
    assert found.time.trust is not None
    assert (found.time.trust.entry.kind, found.time.trust.trusted) == ("tsa", True)


def test_an_issuers_own_key_signs_nothing_that_its_listing_vouches_for(judging: Judging) -> None:
    """Listed as an issuer: its key signing documents itself is a key gone astray, or its operator beyond the listing."""
    signing = judging.signing
    odd: Party = signing.pki.party(ca=True, path_length=None)
    found = judging.only(signing.sign(keeper=odd), judging.listing(service(odd.der)))
    assert found.verdict is Verdict.INDETERMINATE
    assert "vouches for those it issued to" in found.reason.en


def test_withdrawn_and_no_proof_of_time_is_doubt(judging: Judging, b_b: bytes, signing: Signing) -> None:
    """The signer's own clock says that it was before: whoever has the key says so too."""
    gone = service(
        signing.pki.issuing.der, periods=(withdrawn(signing.now + timedelta(minutes=10)), granted())
    )
    found = judging.only(b_b, judging.listing(gone))
    assert (found.verdict, found.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
    )
    trust = decided(found)
    assert (trust.trusted, trust.entry.then.status) == (False, "withdrawn")
    assert "withdrawn since" in found.reason.en
    assert "已撤销" in found.reason.zh


def test_withdrawn_later_does_not_undo_what_is_proved_before(
    judging: Judging, b_t: bytes, tsa: ListedService, signing: Signing
) -> None:
    gone = service(
        signing.pki.issuing.der, periods=(withdrawn(signing.now + timedelta(minutes=10)), granted())
    )
    found = judging.only(b_t, judging.listing(gone, tsa))
    assert found.verdict is Verdict.PASSED
    trust = decided(found)
    assert (trust.as_of, trust.entry.then.status, trust.entry.now.status) == (
        signing.now,
        "granted",
        "withdrawn",
    )


def test_withdrawn_before_the_proved_time_is_not_trusted(
    judging: Judging, b_t: bytes, tsa: ListedService, signing: Signing
) -> None:
    gone = service(signing.pki.issuing.der, periods=(withdrawn(signing.now - HOUR), granted()))
    found = judging.only(b_t, judging.listing(gone, tsa))
    assert found.verdict is Verdict.INDETERMINATE
    assert decided(found).entry.then.status == "withdrawn"


def test_a_withdrawn_time_stamp_authority_proves_nothing_by_itself(
    judging: Judging, b_t: bytes, ca: ListedService, signing: Signing
) -> None:
    """With its key anybody stamps any past; a later stamp that counts places its own before the withdrawal."""
    gone = service(
        signing.tsa.der, kind=TSA, periods=(withdrawn(signing.now + timedelta(minutes=30)), granted())
    )
    assert judging.only(b_t, judging.listing(ca, gone)).time.source is TimeSource.TSA_UNVERIFIED
    second = signing.pki.tsa(key=shared_rsa_key())
    extended = signing.add_time_stamp(b_t, signing.now + timedelta(minutes=1), second)
    trust = judging.store(judging.listing(ca, gone, service(second.der, kind=TSA)))
    first = signing.verify(extended, trust=trust).signatures[0]
    assert (first.verdict, first.time.value) == (Verdict.PASSED, signing.now)
    assert first.time.trust is not None
    assert (first.time.trust.entry.then.status, first.time.trust.entry.now.status) == ("granted", "withdrawn")


def test_a_withdrawal_stands_below_an_authority_that_is_granted_still(
    judging: Judging, b_b: bytes, b_t: bytes, signing: Signing
) -> None:
    """Whoever supervises withdraws an issuing authority at its own entry; its root is listed for all the others (TS 119 615 §4.4)."""
    issuing, root, known = (
        signing.pki.issuing.der,
        service(signing.root_der),
        {"intermediates": [signing.pki.issuing.certificate]},
    )
    read, listed = judging.publisher.read, judging.publisher.list

    def entry(*periods: Any) -> ListedService:
        return service(issuing, periods=periods)

    gone = entry(withdrawn(signing.now - DAY), granted())
    found = judging.only(b_b, read(listed(root, gone)), **known)
    assert (found.verdict, found.sub_indication) == (Verdict.INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND")
    assert (decided(found).trusted, decided(found).entry.then.status) == (False, "withdrawn")
    other = Publisher(scheme="CN:Another list")
    for good in (
        [read(listed(root))],
        [read(listed(root, entry(granted())))],
        [read(listed(root, entry(granted(signing.now + DAY))))],  # named from tomorrow on: no withdrawal
        [read(listed(root, gone)), other.read(other.list(entry(granted())))],
        [read(listed(root)), other.read(other.list(entry(granted()), next_update=signing.now - HOUR))],
    ):
        assert judging.only(b_b, *good, **known).verdict is Verdict.PASSED
    since = entry(withdrawn(signing.now + HOUR), granted())
    proved = judging.only(
        b_t, read(listed(root, since, service(signing.tsa.der, kind=TSA))), at=signing.now + 2 * HOUR, **known
    )
    assert proved.verdict is Verdict.PASSED
    decreed = judging.only(b_b, read(listed(root, gone)), anchors=[signing.pki.root.certificate], **known)
    assert decreed.verdict is Verdict.PASSED, "what the operator decrees goes before any list"


def in_capitals(name: x509.Name) -> x509.Name:
    return x509.Name([x509.NameAttribute(one.oid, str(one.value).upper()) for one in name])


def in_another_type(name: x509.Name) -> x509.Name:
    """Older authorities write BMPString; a country is always a PrintableString."""
    bmp = x509.name._ASN1Type.BMPString
    parts = [
        x509.NameAttribute(one.oid, one.value)
        if one.oid == NameOID.COUNTRY_NAME
        else x509.NameAttribute(one.oid, one.value, bmp)
        for one in name
    ]
    return x509.Name(parts)


@pytest.mark.parametrize(
    "written", [lambda name: name, in_capitals, in_another_type], ids=["so", "case", "type"]
)
def test_a_withdrawn_authority_has_a_second_certificate(
    judging: Judging, b_b: bytes, signing: Signing, written: Callable[[x509.Name], x509.Name]
) -> None:
    """A list names a service by one certificate of its key (TS 119 612 §5.5.3); whoever is withdrawn brings along another."""
    pki, read, listed = signing.pki, judging.publisher.read, judging.publisher.list
    name = pki.issuing.certificate.subject
    again = pki.make(ISSUING, written(name), key=pki.issuing.key, issuer=pki.root)
    gone = service(pki.issuing.der, periods=(withdrawn(signing.now - DAY), granted()))
    known = {"intermediates": [pki.issuing.certificate, again.certificate]}
    root = service(signing.root_der)
    assert judging.only(b_b, read(listed(root)), **known).verdict is Verdict.PASSED
    found = judging.only(b_b, read(listed(root, gone)), **known)
    assert (found.verdict, decided(found).entry.then.status) == (Verdict.INDETERMINATE, "withdrawn")
    other = Publisher(scheme="CN:Another list")
    vouching = other.read(other.list(service(again.der)))
    assert judging.only(b_b, read(listed(root, gone)), vouching, **known).verdict is Verdict.PASSED


def test_another_authority_of_the_withdrawn_name_has_its_own_key(
    judging: Judging, b_b: bytes, signing: Signing
) -> None:
    pki = signing.pki
    other = pki.make(ISSUING, pki.issuing.certificate.subject, issuer=pki.root)
    gone = service(other.der, periods=(withdrawn(signing.now - DAY), granted()))
    whole = judging.publisher.read(judging.publisher.list(service(signing.root_der), gone))
    known = {"intermediates": [pki.issuing.certificate, other.certificate]}
    assert judging.only(b_b, whole, **known).verdict is Verdict.PASSED


def test_I30_a_withdrawal_is_not_forgotten_with_its_list(
    judging: Judging, b_b: bytes, signing: Signing
) -> None:
    """The last word on an authority is that it is withdrawn: to keep that list from being renewed gains nothing."""
    gone = service(signing.pki.issuing.der, periods=(withdrawn(signing.now - DAY), granted()))
    other = Publisher(scheme="CN:Supervisor of issuing authorities")
    known = {"intermediates": [signing.pki.issuing.certificate]}
    whole = judging.publisher.read(judging.publisher.list(service(signing.root_der)))
    for next_update, told in (
        (signing.now + DAY, "NO_CERTIFICATE_CHAIN_FOUND"),
        (signing.now - HOUR, "TRY_LATER"),
    ):
        late = other.read(other.list(gone, next_update=next_update, issued=signing.now - 2 * DAY))
        found = judging.only(b_b, whole, late, **known)
        assert (found.verdict, found.sub_indication) == (Verdict.INDETERMINATE, told)
        assert decided(found).entry.then.status == "withdrawn"


def test_I30_the_newest_list_counts_however_many_older_ones_lie_before_it(
    judging: Judging, b_b: bytes, ca: ListedService, signing: Signing
) -> None:
    """A folder keeps each day's list; the newest one, which withdraws, is the last."""
    gone = service(signing.pki.issuing.der, periods=(withdrawn(signing.now - DAY), granted()))
    older, newest = (
        judging.publisher.read(judging.publisher.list(one, sequence=number))
        for one, number in ((ca, 7), (gone, 8))
    )
    assert judging.only(b_b, *[older] * 600, newest).verdict is Verdict.INDETERMINATE


def test_before_its_first_day_a_list_says_nothing(
    judging: Judging, b_t: bytes, tsa: ListedService, signing: Signing
) -> None:
    fresh = service(signing.pki.issuing.der, periods=(granted(signing.now + timedelta(minutes=1)),))
    found = judging.only(b_t, judging.listing(fresh, tsa))
    assert found.verdict is Verdict.INDETERMINATE
    assert "only since" in found.reason.en
    assert decided(found).entry.then.status == ""


def test_a_five_year_old_seal_is_judged_as_of_then(judging: Judging, publisher: Publisher) -> None:
    """History: granted, withdrawn, granted again; the past is what it was then."""
    from verify.trusted_lists.anchors import ListAnchors, Vouching

    certificate = judging.signing.pki.issuing.certificate
    leaf = judging.signing.keeper.certificate
    now = judging.signing.now
    periods = (granted(now - 100 * DAY), withdrawn(now - 1000 * DAY), granted(now - 3000 * DAY))
    anchors = ListAnchors.of([judging.listing(service(judging.signing.pki.issuing.der, periods=periods))])
    chain = (leaf, certificate)
    asked = {days: Vouching(ServiceKind.CA, now - days * DAY, now) for days in (1, 500, 5 * 365, 4000)}
    verdicts = {days: anchors.objection(chain, item, now) is None for days, item in asked.items()}
    assert verdicts == {1: True, 500: False, 5 * 365: True, 4000: False}


def test_a_service_that_was_of_another_type_vouches_for_that_time_as_such(
    judging: Judging, b_t: bytes, tsa: ListedService, signing: Signing
) -> None:
    """Today an issuer, at the time of signing a time-stamp authority: its history does not make it an issuer then."""
    from verify.trusted_lists.vocabulary import KIND_URI

    old = replace(granted(), type_uri=KIND_URI[TSA])
    mixed = service(signing.pki.issuing.der, periods=(granted(signing.now + timedelta(minutes=1)), old))
    assert judging.only(b_t, judging.listing(mixed, tsa)).verdict is Verdict.INDETERMINATE


@pytest.mark.parametrize("write", FORMS)
def test_a_history_that_begins_after_the_present_state_vouches_for_nothing(
    judging: Judging, b_b: bytes, signing: Signing, write: Write
) -> None:
    """The newest start wins: a state called past that starts after the withdrawal would grant the service again."""
    now, issuing = signing.now, signing.pki.issuing.der
    listed = judging.publisher.list(
        service(issuing, periods=(withdrawn(now - 10 * DAY), granted(now - 5 * DAY)))
    )
    found = judging.publisher.read(listed, write)
    newest = found.services[0].status_at(now)
    assert newest is not None
    assert newest.status.in_force, "which is why the order must be looked at"
    report = judging.only(b_b, found)
    assert (report.verdict, report.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
    )


def test_an_unknown_state_grants_nothing(judging: Judging, b_b: bytes, signing: Signing) -> None:
    odd = replace(granted(), status=ServiceStatus.UNKNOWN, status_uri="https://example.test/excellent")
    found = judging.only(b_b, judging.listing(service(signing.pki.issuing.der, periods=(odd,))))
    assert found.verdict is Verdict.INDETERMINATE


def test_I30_what_rests_on_an_expired_list_is_in_doubt_with_its_age(
    judging: Judging, b_t: bytes, ca: ListedService, tsa: ListedService, signing: Signing
) -> None:
    """Whoever keeps the line cut keeps an authority alive that was withdrawn since."""
    old = judging.listing(ca, tsa, next_update=signing.now + timedelta(minutes=30))
    found = judging.only(b_t, old)
    assert (found.verdict, found.sub_indication) == (Verdict.INDETERMINATE, SubIndication.TRY_LATER)
    assert "expired" in found.reason.en
    assert "过期" in found.reason.zh
    trust = decided(found)
    assert (trust.trusted, trust.entry.sequence) == (False, 7)
    later = judging.only(b_t, old, at=signing.now + 4 * DAY)
    assert "3 days ago" in later.reason.en
    assert judging.only(b_t, old, at=signing.now + timedelta(minutes=20)).verdict is Verdict.PASSED


def test_I30_of_one_scheme_the_highest_number_counts(
    judging: Judging, b_b: bytes, ca: ListedService, signing: Signing
) -> None:
    """An old copy, from before the withdrawal, lies beside the new list in the trust folder."""
    gone = service(signing.pki.issuing.der, periods=(withdrawn(signing.now - DAY), granted()))
    old, new = judging.listing(ca, sequence=7), judging.listing(gone, sequence=8)
    for lists in ((old, new), (new, old)):
        found = judging.only(b_b, *lists)
        assert found.verdict is Verdict.INDETERMINATE
        assert decided(found).entry.sequence == 8
        assert decided(found).others == ()


def test_I30_two_lists_with_one_number_count_for_nothing(
    judging: Judging, b_b: bytes, ca: ListedService, tsa: ListedService
) -> None:
    one, other = judging.listing(ca), judging.listing(ca, tsa)
    for lists in ((one, other), (other, one)):
        found = judging.only(b_b, *lists)
        assert found.verdict is Verdict.INDETERMINATE
        assert "two different lists" in found.reason.en
    assert judging.only(b_b, one, one).verdict is Verdict.PASSED


def test_both_forms_of_one_list_are_one_list(judging: Judging, b_b: bytes, ca: ListedService) -> None:
    listed = judging.publisher.list(ca)
    found = judging.only(b_b, *(judging.publisher.read(listed, write) for write in FORMS))
    assert found.verdict is Verdict.PASSED
    assert decided(found).others == ()


def test_I30_two_forms_under_one_number_that_differ_count_for_nothing(
    judging: Judging, b_b: bytes, ca: ListedService, signing: Signing
) -> None:
    """The publisher, or who has his key, withdraws a service in one form and grants it in the other."""
    gone = service(signing.pki.issuing.der, periods=(withdrawn(signing.now - DAY), granted()))
    one, other = (
        judging.publisher.read(judging.publisher.list(listed), write)
        for listed, write in zip((ca, gone), FORMS, strict=True)
    )
    for lists in ((one, other), (other, one)):
        found = judging.only(b_b, *lists)
        assert found.verdict is Verdict.INDETERMINATE
        assert "two different lists" in found.reason.en


def test_I30_an_entry_of_an_expired_or_disputed_list_does_not_vouch_beside_another(
    judging: Judging, b_b: bytes, ca: ListedService, tsa: ListedService
) -> None:
    """It still says that it granted the service; a department that takes that list alone must not be told that it vouches."""
    good = judging.publisher.list(ca, scheme_id="CN:b")
    old = judging.publisher.list(ca, scheme_id="CN:a", next_update=judging.signing.now - DAY)
    disputed = [judging.listing(ca), judging.listing(ca, tsa)]
    decision = decided(judging.only(b_b, good, old, *disputed))
    assert (decision.entry.scheme_id, decision.entry.vouches) == ("CN:b", True)
    assert [(one.then.status, one.vouches) for one in decision.others] == [("granted", False)] * 2
    assert [one["vouches"] for one in decision.to_json()["others"]] == [False, False]
    by_decree = judging.only(b_b, old, anchors=[judging.signing.pki.issuing.certificate])
    assert [one.vouches for one in decided(by_decree).others] == [False]


def test_of_two_lists_one_decides_the_same_everywhere_and_both_are_named(
    judging: Judging, b_b: bytes, ca: ListedService, signing: Signing
) -> None:
    gone = service(signing.pki.issuing.der, periods=(withdrawn(signing.now - DAY), granted()))
    lists = [
        judging.publisher.list(ca, scheme_id="CN:b"),
        judging.publisher.list(gone, scheme_id="CN:a"),
        judging.publisher.list(ca, scheme_id="CN:c"),
    ]
    decisions = {decided(judging.only(b_b, *order)) for order in permutations(lists)}
    assert len(decisions) == 1
    (decision,) = decisions
    assert (decision.trusted, decision.entry.scheme_id) == (True, "CN:b")
    assert [other.scheme_id for other in decision.others] == ["CN:c", "CN:a"]
    assert decision.others[1].now.status == "withdrawn"


def test_an_operators_own_anchor_decides_before_any_list(
    judging: Judging, b_b: bytes, ca: ListedService, signing: Signing
) -> None:
    gone = service(signing.pki.issuing.der, periods=(withdrawn(signing.now - DAY), granted()))
    for listed in (ca, gone):
        found = judging.only(b_b, judging.listing(listed), anchors=[signing.pki.root.certificate])
        assert found.verdict is Verdict.PASSED
        assert decided(found).by_decree
        assert decided(found).entry.scheme_id == ""


def test_without_lists_the_decree_is_told(signing: Signing, b_b: bytes) -> None:
    found = signing.only(b_b)
    assert decided(found).by_decree
    assert decided(found).others == ()


def test_a_chain_to_a_listed_certificate_keeps_every_rule(judging: Judging, signing: Signing) -> None:
    """A namesake of the listed issuer, a forged link, a revoked certificate: a list is no way round them."""
    stranger = Pki(signing.now)
    found = judging.only(
        signing.sign(keeper=stranger.party()), judging.listing(service(signing.pki.issuing.der))
    )
    assert found.verdict is Verdict.INDETERMINATE
    why = (signing.now - HOUR, x509.ReasonFlags.key_compromise)
    lists = [signing.pki.crl(revoked={signing.keeper.certificate.serial_number: why})]
    revoked = judging.only(signing.sign(), judging.listing(service(signing.pki.issuing.der)), crls=lists)
    assert revoked.sub_indication is SubIndication.REVOKED_NO_POE


def test_a_damaged_certificate_in_a_list_spoils_no_other(
    judging: Judging, b_b: bytes, signing: Signing
) -> None:
    listed = judging.listing(service(b"\x30\x00", b"x"), service(signing.pki.issuing.der))
    assert judging.only(b_b, listed).verdict is Verdict.PASSED


@pytest.fixture(scope="session")
def sealing(signing: Signing) -> Sealing:
    return Sealing(signing)


def test_a_seal_maker_is_listed_as_such(
    judging: Judging, sealing: Sealing, ca: ListedService, tsa: ListedService
) -> None:
    """Whoever is trusted to issue certificates, or to stamp time, still states no seals."""
    sealed = sealing.seal()
    maker = service(sealing.maker.der, kind=MAKER)
    found = judging.only(sealed, judging.listing(ca, tsa, maker), seal_lists=[sealing.status_list()])
    assert (found.verdict, found.seal_now.status) == (Verdict.PASSED, "active")
    assert found.seal is not None
    assert found.seal.trust is not None
    assert (found.seal.trust.entry.kind, found.seal.trust.trusted) == ("seal-maker", True)
    for other in (ServiceKind.CA, TSA, ServiceKind.VERIFICATION, ServiceKind.EVIDENCE, ServiceKind.OTHER):
        listed = judging.listing(ca, tsa, service(sealing.maker.der, kind=other))
        found = judging.only(sealed, listed, seal_lists=[sealing.status_list()])
        assert found.verdict is Verdict.INDETERMINATE, other
        assert found.seal is not None
        assert not found.seal.trusted
        assert found.seal_now.status == "unknown"


def test_what_a_maker_hands_out_is_believed_of_a_listed_maker_only(
    judging: Judging, sealing: Sealing, ca: ListedService
) -> None:
    """A list of states by itself: whoever is listed to issue certificates does not make makers by them."""
    maker, octets = sealing.maker.der, sealing.status_list().encode()
    for kinds, verdict in (((MAKER,), Verdict.PASSED), ((ServiceKind.CA,), Verdict.INDETERMINATE)):
        listed = judging.listing(ca, *(service(maker, kind=kind) for kind in kinds))
        found = judging.signing.verify(octets, trust=judging.store(listed), at=sealing.now)
        assert found.verdict is verdict, found.reason.en


def test_a_withdrawn_seal_maker_states_what_is_proved_before_only(
    judging: Judging, sealing: Sealing, ca: ListedService, tsa: ListedService
) -> None:
    gone = service(
        sealing.maker.der, kind=MAKER, periods=(withdrawn(sealing.now + timedelta(minutes=10)), granted())
    )
    listed = judging.listing(ca, tsa, gone)
    assert judging.only(sealing.seal(), listed).verdict is Verdict.PASSED
    assert judging.only(sealing.seal(stamp=False), listed).verdict is Verdict.INDETERMINATE


def _void_list(maker: Party, document: bytes, now: Any) -> str:
    entry = VoidEntry(now, "合同解除", "ab" * 16)
    listed = VoidList("北京制章中心", 3, now, now + DAY, {hashlib.sha256(document).hexdigest(): entry})
    payload = void_list_payload(listed)
    return sign(payload, typ=VOID_LIST_TYPE, signer=maker.signer, chain=[maker.der, *maker.chain])


def test_a_listed_maker_is_the_same_after_it_renewed_its_key(
    judging: Judging, sealing: Sealing, ca: ListedService, tsa: ListedService
) -> None:
    """Known by its key alone, a maker that renewed it could void nothing of before: the document would show as good."""
    sealed, renewed = sealing.seal(), judging.signing.pki.seal_maker()
    voiding = _void_list(renewed, sealed, sealing.now)
    old, new = (service(party.der, kind=MAKER) for party in (sealing.maker, renewed))
    foreign = replace(new, provider=replace(new.provider, name=Words.of(en="Another Maker")))
    for second, voided in ((new, True), (foreign, False)):
        store = judging.store(judging.listing(ca, tsa, old, second), seal_lists=[voiding])
        report = judging.signing.verify(sealed, trust=store)
        assert (report.verdict, report.voided is not None) == (Verdict.PASSED, voided)


def test_the_decision_travels_and_shows(
    judging: Judging, sealing: Sealing, ca: ListedService, tsa: ListedService
) -> None:
    """It crosses from the worker, stands in the JSON, and on the terminal in both languages."""
    listed = judging.listing(ca, tsa, service(sealing.maker.der, kind=MAKER))
    other = judging.publisher.list(ca, scheme_id="CN:second")
    store = judging.store(listed, other)
    report = Verifier(store).verify(sealing.seal(), at=sealing.now + HOUR, name="sealed.pdf")
    assert unpack_report(json.loads(json.dumps(pack(report)))) == report
    (told,) = json.loads(json.dumps(report.to_json()))["signatures"]
    assert told["trust"]["entry"]["scheme_id"] == "CN:Trust list of the tests" or told["trust"]["others"]
    assert told["seal"]["trust"]["entry"]["kind"] == "seal-maker"
    shown = "\n".join(lines(report))
    for words in ("信任依据 trust", "制章信任 maker", "CN:second #7", "当时 then 已认可", "现在 now 已认可"):
        assert words in shown


TLS, MAIL, DOCUMENTS, ANY = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "2.5.29.37.0"


@pytest.mark.parametrize(
    ("confined", "taken"),
    [((), True), ((TLS, ANY), True), ((TLS, MAIL), True), ((DOCUMENTS,), True), ((TLS,), False)],
    ids=["nothing", "any", "mail", "documents", "TLS"],
)
def test_a_list_does_not_lift_what_an_authority_is_confined_to(
    judging: Judging, confined: tuple[str, ...], *, taken: bool
) -> None:
    """Lists name authorities for web sites as well; what the operator decrees is the operator's."""
    signing = judging.signing
    pki = signing.pki
    above = pki.make(ISSUING, SubjectName("Confined", "Confined"), issuer=pki.root, eku=confined)
    sealed = signing.sign(keeper=pki.party(issuer=above))
    more = {"crls": [*signing.crls(), pki.crl(above)], "intermediates": [above.certificate]}
    root, own = service(signing.root_der), service(above.der)
    for listed in ((own,), (root, own)):
        found = judging.only(sealed, judging.listing(*listed), **more)
        assert found.sub_indication is (None if taken else SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    for lists in ([], [judging.listing(own)]):
        found = judging.only(sealed, *lists, anchors=[above.certificate], **more)
        assert found.verdict is Verdict.PASSED, found.reason.en
