"""The seal behind a signature: the maker's statement, what it binds, and its state then and now (D1)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

import pytest
from asn1crypto import cms, core

from seals.seal import SealKind, SealStatus
from seals.statement import (
    SEAL_STATEMENT_OID,
    SealStatement,
    SealStatusList,
    sign_statement,
    sign_status_list,
)
from tests.pki import COMPANY, USCC, Party, Pki
from tests.verify_world import Signing, append, small_pdf
from verify.report import SignatureKind, SignatureReport
from verify.verdict import Indication

CODE, PHYSICAL = "11010800000001", "1101080000001"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Sealing:
    """A hierarchy with a seal maker: statements, lists and sealed documents; right by default."""

    def __init__(self, signing: Signing) -> None:
        self.signing = signing
        self.now = signing.now

    @cached_property
    def maker(self) -> Party:
        return self.signing.pki.seal_maker()

    def statement(self, pdf: bytes, **changes: Any) -> SealStatement:
        made = SealStatement(
            seal_code=CODE,
            physical_code=PHYSICAL,
            kind=SealKind.CONTRACT,
            name="北京示例科技有限公司合同专用章",
            owner_name=COMPANY,
            owner_uscc=USCC,
            valid_from=self.now - 30 * DAY,
            valid_to=self.now + 300 * DAY,
            status=SealStatus.ACTIVE,
            certificate_sha256=hashlib.sha256(self.signing.keeper.der).hexdigest(),
            picture_sha256="ab" * 32,
            permit="cd" * 16,
            document_sha256=hashlib.sha256(pdf).hexdigest(),
            issued_at=self.now - timedelta(minutes=1),
        )
        return replace(made, **changes)

    def seal(
        self, pdf: bytes | None = None, *, maker: Party | None = None, stamp: bool = True, **changes: Any
    ) -> bytes:
        pdf, maker = pdf or small_pdf(), maker or self.maker
        jws = sign_statement(self.statement(pdf, **changes), maker.signer, [maker.der, *maker.chain])
        return self.signing.sign(pdf, stamp=stamp, extra=[attribute(jws)])

    def status_list(self, *states: tuple[Any, SealStatus], maker: Party | None = None, **changes: Any) -> str:
        maker = maker or self.maker
        made = SealStatusList(
            issuer="北京制章中心",
            number=1,
            issued_at=self.now + timedelta(minutes=1),
            next_update=self.now + DAY,
            entries={CODE: states} if states else {},
            active=frozenset() if states else frozenset({CODE}),
        )
        return sign_status_list(replace(made, **changes), maker.signer, [maker.der, *maker.chain])

    def judge(self, data: bytes, *lists: str, **how: Any) -> SignatureReport:
        return self.signing.only(data, trust=self.signing.trust(seal_lists=lists), **how)


def attribute(jws: str) -> cms.CMSAttribute:
    """Return the signed attribute that carries a statement."""
    return cms.CMSAttribute({"type": SEAL_STATEMENT_OID, "values": [core.Any(core.UTF8String(jws))]})


@pytest.fixture(scope="session")
def sealing(signing: Signing) -> Sealing:
    return Sealing(signing)


@pytest.fixture(scope="session")
def sealed(sealing: Sealing) -> bytes:
    return sealing.seal()


def refused(report: SignatureReport) -> bool:
    return (report.indication, report.sub_indication) == (Indication.TOTAL_FAILED, "SEAL_NOT_VALID")


def test_sealed_document_names_its_seal(sealing: Sealing, sealed: bytes) -> None:
    """D1: who, which seal, when, changed or not, certificate then and now, seal then and now."""
    found = sealing.judge(sealed, sealing.status_list())
    assert found.indication is Indication.TOTAL_PASSED
    assert found.kind is SignatureKind.SEAL
    seal = found.seal
    assert seal is not None
    assert (seal.code, seal.physical_code, seal.kind, seal.kind_zh) == (CODE, PHYSICAL, "04", "合同专用章")
    assert (seal.owner, seal.owner_uscc, seal.trusted) == (COMPANY, USCC, True)
    assert (found.seal_then.status, found.seal_now.status) == ("active", "active")
    assert found.seal_now.source == "list"


def test_without_a_list_the_statement_tells_the_state_then(sealing: Sealing, sealed: bytes) -> None:
    found = sealing.judge(sealed)
    assert found.indication is Indication.TOTAL_PASSED
    assert (found.seal_then.status, found.seal_then.source) == ("active", "statement")
    assert found.seal_now.status == "unknown"
    assert "现状未知" in found.notes[0].zh


def test_signature_without_statement_has_no_seal(signing: Signing, b_b: bytes) -> None:
    found = signing.only(b_b)
    assert found.indication is Indication.TOTAL_PASSED
    assert found.seal is None
    assert found.kind is SignatureKind.SIGNATURE


def test_second_seal_states_the_sealed_file(sealing: Sealing, sealed: bytes) -> None:
    maker, signing = sealing.maker, sealing.signing
    jws = sign_statement(sealing.statement(sealed), maker.signer, [maker.der, *maker.chain])
    twice = signing.sign(sealed, stamp=True, field="Seal2", page=1, extra=[attribute(jws)])
    report = signing.verify(twice)
    assert [item.indication for item in report.signatures] == [Indication.TOTAL_PASSED] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"certificate_sha256": "00" * 32},
        {"document_sha256": "00" * 32},
        {"status": SealStatus.FROZEN},
    ],
)
def test_statement_binds_certificate_document_and_state(sealing: Sealing, changes: dict[str, Any]) -> None:
    assert refused(sealing.judge(sealing.seal(**changes)))


def test_statement_for_another_document_cannot_be_carried_over(sealing: Sealing) -> None:
    """A holder of the key has one permit for one document; its statement is worth nothing on another."""
    asked, other = small_pdf(text="The permitted one"), small_pdf(text="Another one")
    maker = sealing.maker
    jws = sign_statement(sealing.statement(asked), maker.signer, [maker.der, *maker.chain])
    assert refused(sealing.judge(sealing.signing.sign(other, stamp=True, extra=[attribute(jws)])))


def test_seal_used_outside_its_life(sealing: Sealing) -> None:
    now = sealing.now
    assert refused(sealing.judge(sealing.seal(valid_from=now - 9 * DAY, valid_to=now - DAY)))
    assert refused(sealing.judge(sealing.seal(valid_from=now + HOUR, valid_to=now + DAY)))
    assert refused(sealing.judge(sealing.seal(issued_at=now + HOUR)))


@pytest.mark.parametrize(
    "status", [SealStatus.SUSPENDED, SealStatus.FROZEN, SealStatus.REVOKED, SealStatus.SUPERSEDED]
)
def test_seal_stopped_before_a_proved_time_fails(sealing: Sealing, sealed: bytes, status: SealStatus) -> None:
    states = ((sealing.now - 9 * DAY, SealStatus.ACTIVE), (sealing.now - HOUR, status))
    found = sealing.judge(sealed, sealing.status_list(*states))
    assert refused(found)
    assert found.seal_then.status == status.value
    assert found.seal_then.since == sealing.now - HOUR


def test_seal_frozen_later_stays_valid_and_says_so(sealing: Sealing, sealed: bytes) -> None:
    states = ((sealing.now - 9 * DAY, SealStatus.ACTIVE), (sealing.now + HOUR, SealStatus.FROZEN))
    listed = sealing.status_list(*states, issued_at=sealing.now + 2 * HOUR)
    found = sealing.judge(sealed, listed, at=sealing.now + 3 * HOUR)
    assert found.indication is Indication.TOTAL_PASSED
    assert (found.seal_then.status, found.seal_now.status) == ("active", "frozen")
    assert "挂失" in found.reason.zh


def test_seal_frozen_later_without_proof_of_time(sealing: Sealing) -> None:
    states = ((sealing.now - 9 * DAY, SealStatus.ACTIVE), (sealing.now + HOUR, SealStatus.FROZEN))
    listed = sealing.status_list(*states, issued_at=sealing.now + 2 * HOUR)
    found = sealing.judge(sealing.seal(stamp=False), listed, at=sealing.now + 3 * HOUR)
    assert (found.indication, found.sub_indication) == (Indication.INDETERMINATE, "SEAL_STATUS_UNKNOWN")


def test_seal_frozen_then_resumed(sealing: Sealing, sealed: bytes) -> None:
    states = (
        (sealing.now - 9 * DAY, SealStatus.ACTIVE),
        (sealing.now - 2 * DAY, SealStatus.FROZEN),
        (sealing.now - DAY, SealStatus.ACTIVE),
    )
    found = sealing.judge(sealed, sealing.status_list(*states))
    assert found.indication is Indication.TOTAL_PASSED


def test_a_later_time_stamp_does_not_clear_a_use_while_the_seal_was_stopped(sealing: Sealing) -> None:
    """Anybody adds a document time-stamp once the seal is back: it proves by when it was used, its signer says since when."""
    now, begun = sealing.now, (sealing.now - 9 * DAY, SealStatus.ACTIVE)
    sealed = sealing.seal(stamp=False)
    proved = sealing.signing.add_time_stamp(sealed, at=now + 3 * HOUR)
    later = {"issued_at": now + 4 * HOUR}
    for since, until, claimed, late in (
        (now - HOUR, now + HOUR, Indication.TOTAL_FAILED, Indication.TOTAL_FAILED),
        (now + HOUR, now + 2 * HOUR, Indication.INDETERMINATE, Indication.INDETERMINATE),
        (now + 3 * HOUR + DAY / 24, now + 4 * HOUR, Indication.INDETERMINATE, Indication.TOTAL_PASSED),
        (now - 2 * HOUR, now - HOUR, Indication.TOTAL_PASSED, Indication.TOTAL_PASSED),
    ):
        listed = sealing.status_list(begun, (since, SealStatus.FROZEN), (until, SealStatus.ACTIVE), **later)
        trust = sealing.signing.trust(seal_lists=[listed])
        for document, expected in ((sealed, claimed), (proved, late)):
            report = sealing.signing.verify(document, trust=trust, at=now + 5 * HOUR)
            assert report.signatures[0].indication is expected, (since, until)


@pytest.mark.parametrize("status", [SealStatus.FROZEN, SealStatus.SUSPENDED])
def test_the_last_word_of_a_list_out_of_date_is_not_forgotten(sealing: Sealing, status: SealStatus) -> None:
    """I30: whoever keeps the line cut, or waits a day, gets no better answer."""
    states = ((sealing.now - 9 * DAY, SealStatus.ACTIVE), (sealing.now + HOUR, status))
    listed = sealing.status_list(*states, issued_at=sealing.now + 2 * HOUR)
    for at in (sealing.now + 3 * HOUR, sealing.now + 3 * DAY):
        found = sealing.judge(sealing.seal(stamp=False), listed, at=at)
        assert (found.indication, found.sub_indication) == (Indication.INDETERMINATE, "SEAL_STATUS_UNKNOWN")


@pytest.mark.parametrize(
    "status", [SealStatus.APPLIED, SealStatus.MADE, SealStatus.REJECTED, SealStatus.CLOSED]
)
def test_a_seal_that_its_maker_never_gave_out(sealing: Sealing, sealed: bytes, status: SealStatus) -> None:
    assert refused(sealing.judge(sealed, sealing.status_list((sealing.now - 9 * DAY, status))))


def test_a_seal_that_a_newer_list_does_not_know(sealing: Sealing, sealed: bytes) -> None:
    """Whoever has a maker's stolen key states seals that no registry has; one that is newer than the list is none of those."""
    newer = sealing.judge(sealed, sealing.status_list(active=frozenset()))
    assert (newer.indication, newer.sub_indication) == (Indication.INDETERMINATE, "SEAL_STATUS_UNKNOWN")
    older = sealing.judge(sealed, sealing.status_list(active=frozenset(), issued_at=sealing.now - HOUR))
    assert (older.indication, older.seal_now.status) == (Indication.TOTAL_PASSED, "unknown")


def test_newest_list_counts(sealing: Sealing, sealed: bytes) -> None:
    """I30: of two lists the higher number is believed, in whatever order they come."""
    stopped = sealing.status_list(
        (sealing.now - 9 * DAY, SealStatus.ACTIVE), (sealing.now - HOUR, SealStatus.REVOKED), number=2
    )
    for lists in ([sealing.status_list(), stopped], [stopped, sealing.status_list()]):
        assert refused(sealing.judge(sealed, *lists))


def test_list_out_of_date_is_not_believed_about_now(sealing: Sealing, sealed: bytes) -> None:
    """I30: an expired list proves nothing about now, and the report says so."""
    found = sealing.judge(sealed, sealing.status_list(), at=sealing.now + 3 * DAY)
    assert found.indication is Indication.TOTAL_PASSED
    assert (found.seal_then.status, found.seal_now.status) == ("active", "unknown")
    assert "已过期" in found.notes[0].zh


def test_list_by_somebody_else_is_not_believed(sealing: Sealing, sealed: bytes) -> None:
    stranger = Pki(sealing.now, name="Stranger").seal_maker()
    states = ((sealing.now - 9 * DAY, SealStatus.ACTIVE), (sealing.now - HOUR, SealStatus.REVOKED))
    found = sealing.judge(sealed, sealing.status_list(*states, maker=stranger))
    assert found.indication is Indication.TOTAL_PASSED
    assert found.seal_now.status == "unknown"


def test_a_trusted_namesakes_list_does_not_take_the_place_of_the_makers_own(
    sealing: Sealing, sealed: bytes
) -> None:
    """I30: another authority that is trusted too calls its maker the same; its higher number clears no stopped seal."""
    double = Pki(sealing.now)
    stranger = double.seal_maker()
    assert stranger.certificate.subject == sealing.maker.certificate.subject
    stopped = sealing.status_list(
        (sealing.now - 9 * DAY, SealStatus.ACTIVE), (sealing.now - HOUR, SealStatus.REVOKED)
    )
    crls = [*sealing.signing.crls(), double.crl(), double.crl(double.root)]
    for theirs in (
        sealing.status_list(maker=stranger, number=9),
        sealing.status_list(maker=stranger, number=9, active=frozenset()),
    ):
        for lists in ([stopped, theirs], [theirs, stopped]):
            trust = replace(
                sealing.signing.trust(crls, seal_lists=lists),
                anchors=[sealing.signing.pki.root.certificate, double.root.certificate],
            )
            assert refused(sealing.signing.only(sealed, trust=trust))
            alone = sealing.signing.only(sealed, trust=replace(trust, seal_lists=[theirs]))
            assert (alone.indication, alone.seal_now.status) == (Indication.TOTAL_PASSED, "unknown")


def test_what_a_list_stopped_stays_stopped_when_its_makers_certificate_has_ended(sealing: Sealing) -> None:
    """I30: the copy of an old list still names a stopped seal; nothing else in it tells of now, nor does it outweigh a list of today."""
    pki, now = sealing.signing.pki, sealing.now
    before, renewed = pki.seal_maker(not_after=now + 2 * HOUR), pki.seal_maker()
    sealed = sealing.seal(maker=before)
    later = {"at": now + 3 * DAY}
    states = ((now - 9 * DAY, SealStatus.ACTIVE), (now - HOUR, SealStatus.REVOKED))
    stopped = sealing.status_list(*states, maker=before, number=9)
    assert refused(sealing.judge(sealed, stopped))
    assert refused(sealing.judge(sealed, stopped, **later))
    good = sealing.status_list(maker=before, next_update=now + 30 * DAY)
    found = sealing.judge(sealed, good, **later)
    assert (found.indication, found.seal_now.status) == (Indication.TOTAL_PASSED, "unknown")
    assert "已过期" in found.notes[0].zh
    today = sealing.status_list(maker=renewed, number=3, issued_at=now + 2 * DAY, next_update=now + 9 * DAY)
    for lists in ([today, stopped], [stopped, today]):
        found = sealing.judge(sealed, *lists, **later)
        assert (found.indication, found.seal_now.status) == (Indication.TOTAL_PASSED, "active")
    backwards = sealing.status_list(*states, maker=before, number=9, issued_at=now + 3 * HOUR)
    assert not refused(sealing.judge(sealed, backwards, **later)), "issued when the certificate had ended"


def test_statement_by_an_unknown_maker(sealing: Sealing) -> None:
    stranger = Pki(sealing.now, name="Stranger").seal_maker()
    found = sealing.judge(sealing.seal(maker=stranger))
    assert (found.indication, found.sub_indication) == (
        Indication.INDETERMINATE,
        "NO_CERTIFICATE_CHAIN_FOUND",
    )
    assert found.seal is not None
    assert not found.seal.trusted


def test_statement_by_a_certificate_without_the_purpose(sealing: Sealing) -> None:
    """The keeper cannot state its own seal: only a seal maker's certificate has the purpose."""
    found = sealing.judge(sealing.seal(maker=sealing.signing.keeper))
    assert (found.indication, found.sub_indication) == (Indication.INDETERMINATE, "CHAIN_CONSTRAINTS_FAILURE")


@pytest.mark.parametrize(
    "spoil", [lambda jws: jws[:-4] + "AAAA", lambda jws: jws[:50], lambda _jws: "not a jws"]
)
def test_damaged_statement(sealing: Sealing, spoil: Any) -> None:
    pdf, maker = small_pdf(), sealing.maker
    jws = sign_statement(sealing.statement(pdf), maker.signer, [maker.der, *maker.chain])
    assert refused(sealing.judge(sealing.signing.sign(pdf, extra=[attribute(spoil(jws))])))


def test_change_after_sealing_outweighs_a_good_seal(sealing: Sealing, sealed: bytes) -> None:
    body = b"BT (other) Tj ET"
    found = sealing.judge(append(sealed, {5: b"<</Length %d>>stream\n%s\nendstream" % (len(body), body)}))
    assert (found.indication, found.sub_indication) == (Indication.TOTAL_FAILED, "DOCUMENT_MODIFIED")
    assert found.seal is not None


def test_endless_end_marks_cost_no_time(sealing: Sealing) -> None:
    """Looking for the document as handed in stops at a limit: a file full of end marks is refused, quickly."""
    import time

    hostile = append(small_pdf(), {20: b"<</Length 500000>>stream\n" + b"%%EOF" * 100_000 + b"\nendstream"})
    begun = time.process_time()
    found = sealing.judge(sealing.seal(hostile, document_sha256="00" * 32))
    assert refused(found)
    assert time.process_time() - begun < 20
