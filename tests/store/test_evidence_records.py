"""Evidence records on both databases: drawn up from the registry, signed once, and whole again in the verifier's hands."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ca.issuer import UnitPurpose
from hsm.errors import TokenLost
from hsm.provider import open_signer
from hsm.signer import Signer
from seals.cases.case import Attachment, Hand
from seals.cases.lanes import read_digest
from seals.cases.store import use_case_entry
from seals.list_publisher import ListMaker
from seals.renewal import RenewalRequest
from seals.seal import SealStatus
from signing.records import store
from signing.records.desk import EvidenceRecords
from signing.records.errors import (
    RecordBroken,
    RecordMoved,
    RecordOfNothing,
    RecordUnsigned,
)
from signing.service import SealedDocument
from signing.store import sealing
from tests.case_world import ANNE, BERT, CaseWorld, book
from tests.conftest import SteppingClock
from tests.interop.sealing_world import blank_pdf
from tests.pki import CLERK
from tests.store.test_voiding import trust_in
from tests.unit.signing import office as offices
from tests.unit.signing.office import APPROVER, AUDITOR, KEEPER, Office, make_office, order
from verify.institution.proofs import PartState
from verify.verifier import Verifier

TWO = '[[rule]]\nid = "two"\nkinds = ["01"]\n[[rule.stage]]\nid = "heads"\nneeded = 2\nscope = "case:approve"'


@pytest.fixture
def office(
    engine: sa.Engine, clock: SteppingClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Office:
    monkeypatch.setattr(offices, "default_book", lambda: book(TWO))
    return make_office(engine, clock, tmp_path / "archive", lambda _now: timedelta(0))


def maker_of(office: Office, signer: Any = None) -> ListMaker:
    unit = office.world.authority.units(UnitPurpose.SEAL_MAKER)[0]
    chain = (unit.certificate, *office.world.authority.chain(unit.issuer))
    return ListMaker(unit.id, chain, signer or (lambda: open_signer(office.world.keys, unit.key_uri)))


def desk_of(office: Office, maker: ListMaker | None = None) -> EvidenceRecords:
    found = maker or maker_of(office)
    return EvidenceRecords(office.engine, office.clock, office.world.audit, lambda: found, office.archive)


def sealed_under_a_case(office: Office) -> SealedDocument:
    """Two people approve, a third seals."""
    people = CaseWorld(office.world, office.registry, office.desk, office.permits)
    people.enlist(ANNE)
    people.enlist(BERT)
    octets = blank_pdf(2)
    about = Attachment(read_digest(hashlib.sha256(octets).hexdigest()), "合同.pdf", len(octets))
    case = people.approved(office.seal, ANNE, BERT, document=about)
    asked = order(octets, seal_code=office.seal.code, case=case.id, credential="key:ffffffff")
    return office.service.seal(asked, actor=KEEPER)


def test_a_record_makes_the_institutional_proof_whole(office: Office) -> None:
    """两种安全: rule, request, approvals, keeper, from the registry into the verifier, people by name and role alone."""
    sealed = sealed_under_a_case(office)
    given = desk_of(office).give(sealed.digest.hex, actor=AUDITOR)
    record = given.record
    assert [one.name for one in record.approvals] == ["安", "柏"]
    assert (record.needed, record.applicant, record.use.keeper, record.use.keeper_role) == (
        2,
        "孙七",
        "赵六",
        "keeper",
    )
    own = sealed.own
    assert own is not None
    assert own.seal is not None
    assert record.leave == own.seal.leave
    assert [one.action for one in record.trail] == [
        "permit.granted", "sealing.intent", "permit.consumed", "permit.used", "sealing.completed",
    ]  # fmt: skip
    at = office.clock() + timedelta(seconds=1)
    report = Verifier(trust_in(office.world)).verify(sealed.bytes, at=at, evidence=given.jws)
    proofs = report.signatures[0].proofs
    assert proofs is not None
    assert [part.state for part in proofs.institutional] == [PartState.PRESENT] * 6
    assert not record.use.value_sha256, "a PDF begins with what was sealed"
    assert "person:" not in given.jws.split(".")[1]
    for secret in ("person:anne", "person:zhao.liu", "设备采购合同", "ffffffff"):
        assert secret not in _payload(given.jws)


def test_a_record_tells_of_the_certificate_that_sealed(office: Office) -> None:
    """Asked for after the seal was renewed: with the new certificate in it, the record would belong to nobody's signature."""
    sealed = sealed_under_a_case(office)
    used = office.seal.electronic.certificate
    for _ in range(2):
        assert isinstance(office.clock, SteppingClock)
        office.clock.advance(timedelta(hours=1))
        renewed = office.world.enrol()
        office.registry.request_renewal(office.seal.code, RenewalRequest(renewed.issued), actor=CLERK)
        after = office.registry.renew(office.seal.code, actor=APPROVER)
    given = desk_of(office).give(sealed.digest.hex, actor=AUDITOR)
    assert used is not None
    assert after.electronic.certificate is not None
    assert given.record.seal.certificate_sha256 == used.sha256 != after.electronic.certificate.sha256
    at = office.clock() + timedelta(seconds=1)
    proofs = (
        Verifier(trust_in(office.world)).verify(sealed.bytes, at=at, evidence=given.jws).signatures[0].proofs
    )
    assert proofs is not None
    assert [part.state for part in proofs.institutional] == [PartState.PRESENT] * 6


def test_a_seal_stopped_before_its_use_was_settled(office: Office) -> None:
    """What a crash leaves is settled later: the record tells of the seal as it was when it was used."""
    sealed = sealed_under_a_case(office)
    assert isinstance(office.clock, SteppingClock)
    office.clock.advance(timedelta(hours=1))
    office.registry.freeze(office.seal.code, actor=APPROVER, reason="印章遗失")
    office.clock.advance(timedelta(hours=1))
    with office.engine.begin() as conn:
        late = sealing.update().where(sealing.c.id == sealed.sealing_id)
        conn.execute(late.values(settled_at=office.clock()))
    given = desk_of(office).give(sealed.digest.hex, actor=AUDITOR)
    assert given.record.seal.status is SealStatus.ACTIVE
    at = office.clock() + timedelta(seconds=1)
    proofs = (
        Verifier(trust_in(office.world)).verify(sealed.bytes, at=at, evidence=given.jws).signatures[0].proofs
    )
    assert proofs is not None
    assert "failed" not in {part.state.value for part in proofs.institutional}


def _payload(jws: str) -> str:
    import base64

    body = jws.split(".")[1]
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()


def test_asked_again_the_same_octets_are_given_and_the_key_is_touched_once(office: Office) -> None:
    sealed, opened = sealed_under_a_case(office), []
    real = maker_of(office)

    def counted() -> Signer:
        opened.append(1)
        return real.signer()

    desk = desk_of(office, replace(real, signer=counted))
    first = desk.give(sealed.sealing_id, actor=AUDITOR)
    assert desk.give(sealed.digest.hex, actor=AUDITOR) == first
    assert len(opened) == 1
    assert [one for one in office.actions() if one.startswith("record.")] == [
        "record.intent",
        "record.released",
    ]


def test_a_key_that_does_not_answer_leaves_an_intent_that_the_next_request_takes_over(office: Office) -> None:
    sealed = sealed_under_a_case(office)

    def gone() -> Signer:
        raise TokenLost("away")

    with pytest.raises(RecordUnsigned):
        desk_of(office, maker_of(office, gone)).give(sealed.sealing_id, actor=AUDITOR)
    with office.engine.connect() as conn:
        kept = store.find(conn, sealed.sealing_id)
    assert kept is not None
    assert (kept.state, kept.jws) == ("reserved", "")
    assert desk_of(office).give(sealed.sealing_id, actor=AUDITOR).record.use.sealing == sealed.sealing_id
    with office.engine.begin() as conn:  # the slow one comes back: its attempt is not the one in force
        assert not store.release(conn, kept, "late")


def test_two_at_once_one_moves(office: Office) -> None:
    sealed = sealed_under_a_case(office)
    first = desk_of(office)
    real = maker_of(office)

    def slow() -> Signer:
        first.give(sealed.sealing_id, actor=AUDITOR)
        return real.signer()

    with pytest.raises(RecordMoved):
        desk_of(office, replace(real, signer=slow)).give(sealed.sealing_id, actor=AUDITOR)


def test_what_was_not_sealed_here_or_by_another_enterprise_has_no_record(office: Office) -> None:
    sealed = sealed_under_a_case(office)
    stranger = Hand(replace(CLERK, uscc="12100000000018032A")).actor
    for asked, actor in (("00" * 16, AUDITOR), ("00" * 32, AUDITOR), (sealed.sealing_id, stranger)):
        with pytest.raises(RecordOfNothing):
            desk_of(office).give(asked, actor=actor)
    desk_of(office).give(sealed.sealing_id, actor=KEEPER)
    with pytest.raises(RecordOfNothing):  # a kept one neither
        desk_of(office).give(sealed.sealing_id, actor=stranger)


def test_an_edited_case_gives_no_record(office: Office) -> None:
    """Attack: somebody with the database writes another approver's name into the case."""
    sealed = sealed_under_a_case(office)
    with office.engine.begin() as conn:
        conn.execute(use_case_entry.update().where(use_case_entry.c.act == "approve").values(actor_name="王"))
    with pytest.raises(RecordBroken):
        desk_of(office).give(sealed.sealing_id, actor=AUDITOR)


def test_without_a_maker_nothing_is_signed(office: Office) -> None:
    sealed = sealed_under_a_case(office)
    bare = EvidenceRecords(office.engine, office.clock, office.world.audit, lambda: None, office.archive)
    with pytest.raises(RecordUnsigned):
        bare.give(sealed.sealing_id, actor=AUDITOR)
