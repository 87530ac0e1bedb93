"""A maker is found by every path that leads to it: no other path hides what its lists say (I30), and no namesake profits."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from ca.certificate import SubjectName
from ca.profile import ISSUING, ROOT
from seals.jws import sign
from seals.seal import SealStatus
from seals.statement import sign_statement
from tests.container_world import Wish, national
from tests.pki import Party, Pki
from tests.unit.verify.test_seals import DAY, HOUR, Sealing, attribute, refused
from tests.verify_world import NOW, Signing, small_pdf
from verify.certificates.identity import maker_identity
from verify.certificates.names import subject_key_of
from verify.report import DocumentReport
from verify.verdict import Verdict
from verify.verifier import Verifier
from verify.voided.form import VOID_LIST_TYPE, VoidEntry, VoidList, void_list_payload


@pytest.fixture(scope="module")
def sealing(signing: Signing) -> Sealing:
    return Sealing(signing)


def crossed(pki: Pki) -> tuple[Party, Party]:
    """Make another root, and its certificate for the issuing authority: recognised elsewhere, or the root's renewal."""
    other = pki.make(ROOT, SubjectName("另一根 TEST", "另一根 TEST"))
    name = SubjectName(f"{pki.name} Issuing", pki.name)
    cross = pki.make(ISSUING, name, key=pki.issuing.key, issuer=other)
    assert subject_key_of(cross.certificate) == subject_key_of(pki.issuing.certificate)
    return other, cross


def stopped(sealing: Sealing, maker: Party | None = None) -> str:
    states = ((sealing.now - 9 * DAY, SealStatus.ACTIVE), (sealing.now - HOUR, SealStatus.REVOKED))
    return sealing.status_list(*states, maker=maker)


def test_another_path_hides_no_stopped_seal(sealing: Sealing) -> None:
    """The statement brings the certificates along by which its maker is looked for; anybody may add a public one in a DSS."""
    pki, maker, pdf = sealing.signing.pki, sealing.maker, small_pdf()
    other, cross = crossed(pki)
    crls = [*sealing.signing.crls(), pki.crl(other)]
    for chain in (
        (maker.der, cross.der),
        (maker.der, pki.issuing.der),
        (maker.der, cross.der, pki.issuing.der),
    ):
        jws = sign_statement(sealing.statement(pdf), maker.signer, chain)
        sealed = sealing.signing.sign(pdf, stamp=True, extra=[attribute(jws)])
        for anchors in ([pki.root, other], [other, pki.root]):
            for known in ([cross, pki.issuing], [pki.issuing, cross], []):
                trust = replace(
                    sealing.signing.trust(crls, seal_lists=[stopped(sealing)]),
                    anchors=[one.certificate for one in anchors],
                    intermediates=[one.certificate for one in known],
                )
                assert refused(sealing.signing.only(sealed, trust=trust))
                good = replace(trust, seal_lists=[sealing.status_list()])
                found = sealing.signing.only(sealed, trust=good)
                assert (found.verdict, found.seal_now.status) == (Verdict.PASSED, "active")


def test_a_namesake_below_the_other_root_clears_nothing(sealing: Sealing) -> None:
    pki, double = sealing.signing.pki, Pki(sealing.now)
    theirs = sealing.status_list(maker=double.seal_maker(), number=9)
    name = SubjectName(f"{pki.name} Issuing", pki.name)
    cross = pki.make(ISSUING, name, key=pki.issuing.key, issuer=double.root)
    pdf = small_pdf()
    chain = (sealing.maker.der, cross.der, pki.issuing.der)
    jws = sign_statement(sealing.statement(pdf), sealing.maker.signer, chain)
    sealed = sealing.signing.sign(pdf, stamp=True, extra=[attribute(jws)])
    crls = [*sealing.signing.crls(), double.crl(), double.crl(double.root)]
    trust = replace(sealing.signing.trust(crls), anchors=[pki.root.certificate, double.root.certificate])
    for listed in ([stopped(sealing), theirs], [theirs, stopped(sealing)]):
        assert refused(sealing.signing.only(sealed, trust=replace(trust, seal_lists=listed)))


def test_who_speaks_for_a_document_shares_the_issuer_or_every_anchor() -> None:
    ours, theirs = Pki(NOW), Pki(NOW)
    maker, renewed, namesake = ours.seal_maker(), ours.seal_maker(), theirs.seal_maker()
    _, cross = crossed(ours)

    def path(pki: Pki, party: Party) -> tuple[tuple[object, ...], None]:
        return (party.certificate, pki.issuing.certificate, pki.root.certificate), None

    by_ours = maker_identity([path(ours, maker)])  # type: ignore[list-item]
    assert maker_identity([path(ours, renewed)]).is_surely(by_ours)  # type: ignore[list-item]
    by_both = maker_identity([path(ours, maker), ((maker.certificate, cross.certificate, theirs.root.certificate), None)])  # type: ignore[list-item]  # fmt: skip
    assert by_both.is_surely(by_ours)
    stranger = maker_identity([path(theirs, namesake)])  # type: ignore[list-item]
    assert not set(stranger.authorities).isdisjoint(by_both.authorities)
    assert not stranger.is_surely(by_both)
    assert not by_both.is_surely(stranger)
    assert not maker_identity([]).is_surely(maker_identity([]))


@pytest.mark.parametrize("by_permit", [False, True])
def test_a_seal_without_a_statement_is_voided_by_its_makers_renewed_certificate(by_permit: bool) -> None:
    """GB/T 38540 has no place for a statement: its maker is known by who it is, and a list may name permits alone."""
    here = national()
    pdf = here.put(wish=Wish(stated=by_permit))
    entry = VoidEntry(here.now, "合同价款有误", "ab" * 16)
    sealed = Verifier(here.trust()).verify(pdf, at=here.now + HOUR, name="x.pdf")
    assert sealed.verdict is Verdict.PASSED, sealed.reason
    seal = sealed.signatures[0].seal
    assert seal is not None
    permits = {seal.permit: entry} if by_permit else {}
    digests = {} if by_permit else {hashlib.sha256(pdf).hexdigest(): entry}
    for maker, expected in (
        (here.pki.seal_maker(), True),
        (Pki(here.now, name=here.pki.name).seal_maker(), False),
    ):
        made = VoidList("制章中心", 1, here.now, here.now + timedelta(days=30), digests, permits)
        text = sign(
            void_list_payload(made), typ=VOID_LIST_TYPE, signer=maker.signer, chain=[maker.der, *maker.chain]
        )
        trust = replace(here.trust(), seal_lists=[text])
        report = Verifier(trust).verify(pdf, at=here.now + HOUR, name="x.pdf")
        assert (report.voided is not None) is expected


def beside(pki: Pki, word: str) -> Party:
    """Make another issuing authority below the root."""
    return pki.make(ISSUING, SubjectName(f"发证机构{word} TEST", f"发证机构{word} TEST"), issuer=pki.root)


def resumed(sealing: Sealing, maker: Party | None = None, number: int = 2) -> str:
    day = sealing.now - 9 * DAY
    states = ((day, SealStatus.ACTIVE), (day + DAY, SealStatus.FROZEN), (day + 2 * DAY, SealStatus.ACTIVE))
    return sealing.status_list(*states, maker=maker, number=number)


def test_a_namesake_under_the_same_root_clears_nothing_by_a_higher_number(sealing: Sealing) -> None:
    """The maker has its list from a second authority since; a third one calls somebody by its name (ADR 56)."""
    pki, sealed = sealing.signing.pki, sealing.seal()
    second, third = beside(pki, "二"), beside(pki, "三")
    renewed, namesake = pki.seal_maker(issuer=second), pki.seal_maker(issuer=third)
    crls = [*sealing.signing.crls(), pki.crl(second), pki.crl(third)]
    trust = sealing.signing.trust(crls)
    theirs = sealing.status_list(maker=namesake, number=9)
    without = sealing.status_list(maker=namesake, number=9, active=frozenset({"11010812345679"}))
    for listed in ([stopped(sealing, renewed), theirs], [theirs, stopped(sealing, renewed)]):
        assert refused(sealing.signing.only(sealed, trust=replace(trust, seal_lists=listed)))
    for listed in (
        [stopped(sealing), resumed(sealing)],
        [stopped(sealing, renewed), resumed(sealing, renewed)],
        [sealing.status_list(), without],
        [sealing.status_list(maker=renewed), without],
        [without, sealing.status_list(maker=renewed), sealing.status_list()],
    ):
        found = sealing.signing.only(sealed, trust=replace(trust, seal_lists=listed))
        assert (found.verdict, found.seal_now.status) == (Verdict.PASSED, "active")


def test_another_authoritys_list_of_today_replaces_none_that_is_out_of_date_or_silent(
    sealing: Sealing,
) -> None:
    """A root renewed shares the issuing key, so one maker's later list counts; a namesake below another root is not that maker."""
    pki, now, sealed = sealing.signing.pki, sealing.now, sealing.seal()
    other, cross = crossed(pki)
    theirs = pki.make(ISSUING, SubjectName("另一发证机构 TEST", "另一发证机构 TEST"), issuer=other)
    namesake = sealing.status_list(maker=pki.seal_maker(issuer=theirs), number=9)
    crls = [*sealing.signing.crls(), pki.crl(other), pki.crl(theirs)]
    trust = replace(
        sealing.signing.trust(crls),
        anchors=[pki.root.certificate, other.certificate],
        intermediates=[pki.issuing.certificate, cross.certificate, theirs.certificate],
    )
    frozen = ((now - 9 * DAY, SealStatus.ACTIVE), (now - DAY, SealStatus.FROZEN))
    late = sealing.status_list(*frozen, issued_at=now - HOUR, next_update=now + timedelta(minutes=5))
    silent = sealing.status_list(active=frozenset({"11010812345679"}))
    at = now + HOUR
    for own, expected in ((late, Verdict.FAILED), (silent, Verdict.INDETERMINATE)):
        for listed in ([own], [own, namesake], [namesake, own]):
            found = sealing.signing.only(sealed, trust=replace(trust, seal_lists=listed), at=at)
            assert found.verdict is expected
    for own in (late, sealing.status_list()):
        for maker in (sealing.maker, pki.seal_maker(), pki.seal_maker(issuer=cross)):
            for listed in ([own, resumed(sealing, maker)], [resumed(sealing, maker), namesake, own]):
                found = sealing.signing.only(sealed, trust=replace(trust, seal_lists=listed), at=at)
                assert found.verdict is Verdict.PASSED, found.reason


def test_a_namesakes_list_of_its_own_documents_takes_no_voiding_away() -> None:
    here = national()
    pki, pdf = here.pki, here.put()
    second, third = beside(pki, "二"), beside(pki, "三")
    entry = VoidEntry(here.now, "合同价款有误", "ab" * 16)
    digest = hashlib.sha256(pdf).hexdigest()

    def listed(maker: Party, number: int, sha256: str) -> str:
        made = VoidList("制章中心", number, here.now, here.now + timedelta(days=30), {sha256: entry}, {})
        return sign(
            void_list_payload(made), typ=VOID_LIST_TYPE, signer=maker.signer, chain=[maker.der, *maker.chain]
        )

    renewed, namesake = pki.seal_maker(issuer=second), pki.seal_maker(issuer=third)
    own, theirs = listed(renewed, 5, digest), listed(namesake, 9, "00" * 32)
    crls = [*here.trust().crls, pki.crl(second), pki.crl(third)]
    for lists, expected in (([own], True), ([own, theirs], True), ([theirs, own], True), ([theirs], False)):
        trust = replace(here.trust(), crls=crls, seal_lists=lists)
        report = Verifier(trust).verify(pdf, at=here.now + HOUR, name="x.pdf")
        assert report.verdict is Verdict.PASSED
        assert (report.voided is not None) is expected


def test_a_pdf_whose_signature_is_written_otherwise_stays_voided() -> None:
    """Digits of the container in capitals, by anybody: the seal holds, and no octets are those that were voided."""
    here = national()
    pdf = here.put(wish=Wish(stated=False))
    begin = pdf.rindex(b"/Contents <") + len(b"/Contents <")
    end = pdf.index(b">", begin)
    digits = pdf[begin:end]
    other = pdf[:begin] + (digits.upper() if digits != digits.upper() else digits.lower()) + pdf[end:]
    assert other != pdf
    over = hashlib.sha256(pdf[: begin - 1] + pdf[end + 1 :]).hexdigest()
    entry = VoidEntry(here.now, "合同价款有误", "ab" * 16)
    maker = here.pki.seal_maker()

    def report(octets: bytes, sha256: str) -> DocumentReport:
        made = VoidList("制章中心", 1, here.now, here.now + timedelta(days=30), {sha256: entry}, {})
        listed = sign(
            void_list_payload(made), typ=VOID_LIST_TYPE, signer=maker.signer, chain=[maker.der, *maker.chain]
        )
        trust = replace(here.trust(), seal_lists=[listed])
        return Verifier(trust).verify(octets, at=here.now + HOUR, name="x.pdf")

    for octets in (pdf, other):
        found = report(octets, over)
        assert found.verdict is Verdict.PASSED, found.reason
        assert found.voided is not None
    assert report(pdf, hashlib.sha256(pdf).hexdigest()).voided is not None
    honest = report(here.put(small_pdf(pages=3), wish=Wish(stated=False)), over)
    assert (honest.verdict, honest.voided) == (Verdict.PASSED, None)
