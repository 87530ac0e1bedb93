"""Voiding a sealed document, on both databases: who has to agree, what is signed, what verification then shows (C9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from pyhanko.sign.validation.dss import DocumentSecurityStore

from api.database.engine import make_engine
from ca.actor import Actor
from ca.certificate import SubjectName
from ca.issuer import UnitPurpose
from ca.profile import ISSUING
from ca.status.crl import CrlPublisher
from ca.status.ocsp import OcspResponder
from hsm.algorithms import DigestAlgorithm
from hsm.provider import open_signer
from seals.cases.case import Hand
from seals.errors import StatementInvalid
from seals.jws import sign
from seals.list_publisher import ListMaker, ListPublisher
from signing.evidence import EvidenceDesk
from signing.level import Level
from signing.parties.states import RoundStatus
from signing.service import SealedDocument
from signing.store import sealing
from signing.voiding import voiding_store
from signing.voiding.desk import VoidDesk, VoidWish
from signing.voiding.errors import (
    AgreedAlready,
    AlreadyVoided,
    NotItsSealer,
    NotSealedHere,
    SealersChanged,
    VoidActRefused,
    VoidingMoved,
    VoidingOpen,
    VoidingUnknown,
    VoidKeyTaken,
    VoidReasonNeeded,
)
from signing.voiding.lists import VOID_LIST
from signing.voiding.restoration import merge_voids, retire_papers
from signing.voiding.rules import default_rule, read_rule
from signing.voiding.states import TRANSITIONS, VoidAct, VoidStatus
from signing.voiding.store import voided_document, voiding, voiding_consent, voiding_party
from signing.voiding.voiding import Voiding
from tests.conftest import SteppingClock
from tests.party_world import BETA, FIRST, SECOND, STRANGER, PartyWorld, make_party_world
from tests.pki import USCC, Pki, World, make_world
from tests.unit.signing.office import AUDITOR, KEEPER, order
from tests.verify_world import NOW, append, asn1
from verify.pdf.security_store import SecurityStore
from verify.report import DocumentReport
from verify.trust import TrustStore
from verify.verdict import Verdict
from verify.verifier import Verifier
from verify.voided.form import VOID_LIST_TYPE, VoidEntry, VoidList, parse_void_record, void_list_payload
from verify.voided.judge import MAX_ENDS, load_void_lists, trusted_void_lists

FIRST_TOO = Hand(Actor("person:zhou", "周", USCC), "key:ffffffff")
SECOND_TOO = Hand(Actor("person:wu", "吴", BETA), "key:gggggggg")
WHY = "合同价款有误，双方另行签订"


def list_maker(world: World, life: timedelta = timedelta(hours=24)) -> ListMaker:
    maker = world.authority.units(UnitPurpose.SEAL_MAKER)[0]
    chain = (maker.certificate, *world.authority.chain(maker.issuer))
    return ListMaker(maker.id, chain, lambda: open_signer(world.keys, maker.key_uri), life)


def trust_in(*worlds: World, lists: Sequence[str] = ()) -> TrustStore:
    """Trust these worlds' roots, and know the state of their seal makers' certificates."""
    roots: list[bytes] = []
    crls: list[bytes] = []
    ocsp: list[bytes] = []
    for world in worlds:
        published = CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)
        responder = OcspResponder(world.engine, world.keys, world.clock, world.config)
        desk = EvidenceDesk(world.authority, published, responder)
        known = desk.gather([desk.register().unit(UnitPurpose.SEAL_MAKER)[1]])
        roots += desk.anchors()
        crls += known.crls
        ocsp += known.ocsp
    anchors = [x509.load_der_x509_certificate(der) for der in roots]
    return TrustStore(anchors=anchors, crls=crls, ocsp=ocsp, seal_lists=lists)


class Voids:
    """A world with a document that two enterprises sealed, and a desk of voidings."""

    def __init__(self, parties: PartyWorld) -> None:
        self.parties = parties
        self.office = parties.office
        self.maker = list_maker(self.office.world)
        office = self.office
        self.desk = VoidDesk(
            office.engine, office.clock, office.world.audit, default_rule(), lambda: self.maker
        )

    def one_seal(self) -> SealedDocument:
        return self.office.service.seal(
            order(seal_code=self.office.seal.code, level=Level.B_LT), actor=KEEPER
        )

    def two_seals(self) -> tuple[bytes, bytes]:
        """Seal by two parties; return the document after the first and after the second seal."""
        found = self.parties.open(places=("1:20,200", "1:80,200"), groups=(1, 2))
        for number in (1, 2):
            self.parties.seal(found, number, level=Level.B_LT)
        desk = self.parties.rounds
        return desk.document(found.id, 1, hand=FIRST), desk.document(found.id, 2, hand=FIRST)

    def ask(self, document: bytes, hand: Hand = FIRST, key: str = "v-1", why: str = WHY) -> Voiding:
        wish = VoidWish(DigestAlgorithm.SHA256.digest(document).hex, why)
        return self.desk.ask(wish, request_key=key, hand=hand)

    def publish(self) -> str:
        office = self.office
        lists = ListPublisher(office.engine, office.clock, office.world.audit, self.maker, VOID_LIST)
        return lists.publish(actor=AUDITOR).jws

    def verify(self, document: bytes, *lists: str, at: datetime | None = None) -> DocumentReport:
        verifier = Verifier(trust_in(self.office.world, lists=lists))
        return verifier.verify(document, at=at or self.office.clock())


@pytest.fixture
def voids(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Voids:
    return Voids(make_party_world(engine, clock, tmp_path / "archive", lambda _now: timedelta(0)))


def _void_since(engine: sa.Engine, sha256: str) -> datetime | None:
    with engine.connect() as conn:
        return voiding_store.since(conn, sha256)


def test_C9_two_people_void_a_document_and_its_bytes_still_verify(voids: Voids, clock: SteppingClock) -> None:
    """C9: verification shows 已作废 with date and reason on a line of its own; every signature still passes."""
    sealed = voids.one_seal().bytes
    asked = voids.ask(sealed)
    assert (asked.status, [one.uscc for one in asked.waiting]) == (VoidStatus.ASKED, [USCC])
    with pytest.raises(AgreedAlready):
        voids.desk.agree(asked.id, hand=replace(FIRST, actor=Actor(" PERSON:ZHAO.LIU ", "", USCC)))
    clock.advance(timedelta(minutes=5))
    done = voids.desk.agree(asked.id, hand=FIRST_TOO)
    assert (done.status, done.settled_at) == (VoidStatus.VOIDED, clock())
    record, _ = parse_void_record(voids.desk.record(done.id, hand=FIRST))
    assert (record.documents, record.since, record.reason) == (done.documents, clock(), WHY)
    assert [one[0] for one in record.consents] == [USCC]
    report = voids.verify(sealed, voids.publish())
    assert report.verdict is Verdict.PASSED
    assert report.signatures[0].verdict is Verdict.PASSED
    assert report.voided is not None
    assert (report.voided.since, report.voided.why, report.voided.whole) == (clock(), WHY, True)
    assert "作废" in report.reason.zh
    assert "签章有效" not in report.reason.zh
    assert voids.verify(sealed).voided is None, "without the list nothing is claimed"
    with pytest.raises(AlreadyVoided):
        voids.ask(sealed, key="v-2")
    assert [one for one in voids.office.actions() if one.startswith("voiding.")] == [
        "voiding.ask", "voiding.agree", "voiding.void", "voiding.signed",
    ]  # fmt: skip


def test_C9_before_the_voiding_the_document_is_not_void_and_what_is_appended_does_not_hide_it(
    voids: Voids, clock: SteppingClock
) -> None:
    sealed, before = voids.one_seal().bytes, clock()
    asked = voids.ask(sealed)
    clock.advance(timedelta(hours=1))
    voids.desk.agree(asked.id, hand=FIRST_TOO)
    listed = voids.publish()
    assert voids.verify(sealed, listed, at=before).voided is None
    longer = append(sealed, {900: b"<</Type/Nothing>>"})
    report = voids.verify(longer, listed)
    assert report.voided is not None
    assert not report.voided.whole
    clock.advance(timedelta(days=2))
    assert voids.verify(sealed, listed).voided.stale  # type: ignore[union-attr]


def test_C9_every_sealer_has_to_agree(voids: Voids) -> None:
    """C9: two enterprises sealed: two people of each. What only the first sealed is taken in, for all its heirs agreed."""
    first, second = voids.two_seals()
    with pytest.raises(NotItsSealer):
        voids.ask(second, STRANGER)
    asked = voids.ask(second)
    voids.desk.agree(asked.id, hand=FIRST_TOO)
    with pytest.raises(VoidingOpen):
        voids.ask(first, SECOND, key="v-2")
    with pytest.raises(VoidingUnknown):
        voids.desk.agree(asked.id, hand=STRANGER)
    half = voids.desk.agree(asked.id, hand=SECOND)
    assert [one.uscc for one in half.waiting] == [BETA]
    done = voids.desk.agree(asked.id, hand=SECOND_TOO)
    assert done.status is VoidStatus.VOIDED
    digests = {DigestAlgorithm.SHA256.digest(one).hex for one in (first, second)}
    assert set(done.documents) == digests
    listed = voids.publish()
    for document in (first, second):
        told = voids.verify(document, listed).voided
        assert told is not None
        assert told.whole, "the document itself is listed, not only what it begins with"
    with pytest.raises(VoidActRefused):
        voids.desk.refuse(asked.id, reason="迟了", hand=SECOND)


def test_nobody_voids_a_version_under_anothers_seal(voids: Voids) -> None:
    """The first party asks about what it sealed alone: the second, whose seal is on top of it, has to agree as well."""
    first, _ = voids.two_seals()
    asked = voids.ask(first)
    assert {one.uscc for one in asked.needed} == {USCC, BETA}
    assert voids.desk.agree(asked.id, hand=FIRST_TOO).status is VoidStatus.ASKED


def test_a_seal_put_on_top_meanwhile_asks_for_its_owner_too(voids: Voids) -> None:
    found = voids.parties.open(places=("1:20,200", "1:80,200"), groups=(1, 2))
    voids.parties.seal(found, 1)
    asked = voids.ask(voids.parties.rounds.document(found.id, 1, hand=FIRST))
    voids.parties.seal(found, 2)
    with pytest.raises(SealersChanged):
        voids.desk.agree(asked.id, hand=FIRST_TOO)
    voids.desk.withdraw(asked.id, reason="重新提出", hand=FIRST)
    assert voids.office.rows(voided_document) == []


def test_the_rule_is_data_and_is_kept_with_the_voiding(voids: Voids) -> None:
    """By a rule of one enterprise's own, the asker's people suffice; the voiding keeps the rule it was asked under."""
    _, second = voids.two_seals()
    voids.desk._rule = read_rule(b'version = "t"\n[voiding]\nparties = "asker"\npeople = 3\n')
    asked = voids.ask(second)
    third = Hand(Actor("person:zheng", "郑", USCC), "cli")
    voids.desk._rule = default_rule()
    assert voids.desk.agree(asked.id, hand=FIRST_TOO).status is VoidStatus.ASKED
    done = voids.desk.agree(asked.id, hand=third)
    assert (done.status, done.rule.people, done.rule.version) == (VoidStatus.VOIDED, 3, "t")


def test_refusals_and_keys(voids: Voids) -> None:
    sealed = voids.one_seal().bytes
    with pytest.raises(NotSealedHere):
        voids.ask(b"another document")
    for why in ("", "x" * 201, "a\nb"):
        with pytest.raises(VoidReasonNeeded):
            voids.ask(sealed, why=why)
    asked = voids.ask(sealed)
    assert voids.ask(sealed).id == asked.id
    with pytest.raises(VoidKeyTaken):
        voids.ask(sealed, why="另一个原因")
    refused = voids.desk.refuse(asked.id, reason="不同意", hand=FIRST_TOO)
    assert (refused.status, refused.why) == (VoidStatus.REFUSED, "不同意")
    again = voids.ask(sealed, key="v-2")
    assert [one.id for one in voids.desk.list(USCC, VoidStatus.ASKED)] == [again.id]
    assert voids.desk.list(BETA) == ()


def test_I22_two_last_agreements_at_once_take_effect_once(voids: Voids, engine: sa.Engine) -> None:
    """I22: the second of two people who agree at the same moment finds the voiding moved or done."""
    asked = voids.ask(voids.one_seal().bytes)
    third = Hand(Actor("person:zheng", "郑", USCC), "cli")
    assert voids.desk.agree(asked.id, hand=FIRST_TOO).status is VoidStatus.VOIDED
    with pytest.raises((VoidActRefused, VoidingMoved)):
        voids.desk.agree(asked.id, hand=third)
    with engine.connect() as conn:
        states = conn.execute(sa.select(voiding.c.status, voiding.c.moves)).all()
    assert [tuple(one) for one in states] == [("voided", 2)]
    assert not {after for moves in TRANSITIONS.values() for before, after in moves.items()} - set(VoidStatus)
    assert all(VoidStatus.VOIDED not in moves for moves in TRANSITIONS.values()), (
        "nothing leads out of voided"
    )
    assert VoidAct.ASK not in TRANSITIONS


def test_a_record_that_could_not_be_signed_is_signed_later(voids: Voids) -> None:
    asked = voids.ask(voids.one_seal().bytes)
    done = voids.desk.agree(asked.id, hand=FIRST_TOO)
    assert done.record == ""
    assert [voids.desk.reconcile(AUDITOR) for _ in range(2)] == [1, 0]
    assert parse_void_record(voids.desk.record(done.id, hand=FIRST))[0].voiding == done.id


def forged(maker: ListMaker, document: bytes, now: datetime, number: int = 7, *, issuer: str = "") -> str:
    entry = VoidEntry(now, "伪造", "0" * 32)
    digest = DigestAlgorithm.SHA256.digest(document).hex
    listed = VoidList(issuer or maker.issuer, number, now, now + timedelta(days=1), {digest: entry})
    return sign(void_list_payload(listed), typ=VOID_LIST_TYPE, signer=maker.signer(), chain=maker.chain)


def test_I30_no_other_issuer_and_no_older_list_says_anything(
    voids: Voids, tmp_path: Path, clock: SteppingClock
) -> None:
    """I30: a trusted seal maker who did not make the document's seal voids nothing; of one maker the newest list counts."""
    sealed = voids.one_seal().bytes
    elsewhere = make_engine(f"sqlite:///{tmp_path / 'other.db'}")
    other = make_world(elsewhere, clock)
    stranger = list_maker(other)
    lists = [forged(stranger, sealed, clock(), issuer=voids.maker.issuer)]
    both_trusted = trust_in(voids.office.world, other, lists=lists)
    report = Verifier(both_trusted).verify(sealed, at=clock())
    assert (report.verdict, report.voided) == (Verdict.PASSED, None)
    judged = [Verifier(both_trusted)._judge(SecurityStore(), clock())[0]]
    assert [*trusted_void_lists(load_void_lists(lists), judged[0], clock()).by_maker], (
        "the stranger is trusted"
    )
    elsewhere.dispose()
    asked = voids.ask(sealed)
    older = voids.publish()
    clock.advance(timedelta(minutes=1))
    voids.desk.agree(asked.id, hand=FIRST_TOO)
    newer = voids.publish()
    for both in ((older, newer), (newer, older)):
        assert voids.verify(sealed, *both).voided is not None
    assert voids.verify(sealed, older).voided is None
    tampered = newer[:-8] + ("A" if newer[-8] != "A" else "B") + newer[-7:]
    assert voids.verify(sealed, tampered).voided is None
    assert voids.verify(sealed, newer, at=clock() - timedelta(minutes=2)).voided is None
    (unit,) = voids.office.world.authority.units(UnitPurpose.SEAL_MAKER)
    ended = x509.load_der_x509_certificate(unit.certificate).not_valid_after_utc
    later = ended + timedelta(days=1)
    judge = Verifier(trust_in(voids.office.world))._judge(SecurityStore(), later)[0]
    kept = trusted_void_lists(load_void_lists([newer, older]), judge, later).by_maker
    assert [bool(one.void_list.entries) for one in kept] == [True], (
        "a copy of the list is worth as much when its maker's certificate has ended"
    )


def test_an_old_list_of_voidings_is_told(voids: Voids) -> None:
    """Whoever keeps the newer list from us must not have the document called unvoided without a word."""
    sealed = voids.one_seal().bytes
    voids.maker = list_maker(voids.office.world, timedelta(hours=1))
    listed, now = voids.publish(), voids.office.clock()
    (fresh,) = voids.verify(sealed, listed, at=now).signatures
    (old,) = voids.verify(sealed, listed, at=now + timedelta(hours=2)).signatures
    assert not [note for note in fresh.notes if "作废名录" in note.zh]
    (note,) = [note for note in old.notes if "作废名录" in note.zh]
    assert "out of date" in note.en


def respelled(sealed: bytes) -> bytes:
    """Write every signature's value in the other case: the octets that no signature covers."""
    return re.sub(rb"(?<=/Contents <)[0-9a-fA-F]{1000,}", lambda found: found[0].swapcase(), sealed)


def stamped_over(sealed: bytes) -> bytes:
    """Append a store of certificates, one of which holds end marks by the thousand; anybody may."""
    marks = b"%%EOF\n" * (MAX_ENDS + 1)
    made = Pki(NOW).make(
        ISSUING,
        SubjectName("Marks", "Marks"),
        extra=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.99"), marks), False)],
    )
    out = BytesIO(sealed)
    DocumentSecurityStore.add_dss(out, None, certs=[asn1(made.der)])
    return out.getvalue()


@pytest.mark.parametrize("attack", [respelled, stamped_over])
def test_C9_a_voided_document_written_otherwise_is_voided_still(
    voids: Voids, clock: SteppingClock, engine: sa.Engine, attack: Callable[[bytes], bytes]
) -> None:
    """Octets that no signature covers make another digest, and end marks hid the voided revision; the seal's permit tells."""
    sealed = voids.one_seal().bytes
    other = voids.office.service.seal(
        order(seal_code=voids.office.seal.code, idempotency_key="k-2"), actor=KEEPER
    ).bytes
    done = voids.desk.agree(voids.ask(sealed).id, hand=FIRST_TOO)
    listed = voids.publish()
    changed = attack(sealed)
    assert changed != sealed
    report = voids.verify(changed, listed)
    assert report.verdict is Verdict.PASSED, "nothing but the list speaks against it"
    assert report.voided is not None
    assert (report.voided.voiding, report.voided.whole) == (done.id, False)
    assert "作废" in report.reason.zh
    assert voids.verify(changed, listed, at=done.asked_at - timedelta(seconds=1)).voided is None
    assert voids.verify(other, listed).voided is None, "another use of the same seal"
    with engine.begin() as conn:  # a backup from before the document was sealed
        makers = {unit.certificate for unit in voids.office.world.authority.units(UnitPurpose.SEAL_MAKER)}
        conn.execute(sealing.update().values(result=""))
        conn.execute(voided_document.delete())
        for _ in range(2):
            merge_voids(conn, listed, makers=makers, actor=AUDITOR, audit=voids.office.world.audit)
    assert voids.desk.get(done.id, hand=FIRST).documents == done.documents
    assert voids.verify(changed, voids.publish()).voided is not None


def test_after_a_restoration_what_was_voided_since_is_void_and_what_ran_is_ended(
    voids: Voids, engine: sa.Engine, clock: SteppingClock
) -> None:
    """The backup is older than the voiding: the published list brings it back; rounds and quotas begin anew."""
    sealed, audit = voids.one_seal().bytes, voids.office.world.audit
    asked = voids.ask(sealed)
    done = voids.desk.agree(asked.id, hand=FIRST_TOO)
    listed, running = voids.publish(), voids.parties.open()
    other = voids.ask(
        voids.office.service.seal(
            order(seal_code=voids.office.seal.code, idempotency_key="k-2"), actor=KEEPER
        ).bytes,
        key="v-2",
    )
    with engine.begin() as conn:
        conn.execute(voided_document.delete())
        conn.execute(voiding.update().where(voiding.c.id == done.id).values(status="asked", settled_at=None))
        with pytest.raises(StatementInvalid):
            merge_voids(conn, listed, makers=(), actor=AUDITOR, audit=audit)
        makers = {unit.certificate for unit in voids.office.world.authority.units(UnitPurpose.SEAL_MAKER)}
        assert merge_voids(conn, listed, makers=makers, actor=AUDITOR, audit=audit) == 1
        assert merge_voids(conn, listed, makers=makers, actor=AUDITOR, audit=audit) == 0
        retired = retire_papers(conn, clock(), actor=AUDITOR, audit=audit)
    assert (retired.rounds, retired.voidings) == (1, 1)
    assert _void_since(engine, done.document) == done.settled_at
    assert voids.desk.get(other.id, hand=FIRST).status is VoidStatus.WITHDRAWN
    assert voids.parties.rounds.get(running.id, hand=FIRST).status is RoundStatus.EXPIRED
    with engine.begin() as conn:
        conn.execute(voided_document.delete())
        conn.execute(voiding_party.delete())
        conn.execute(voiding_consent.delete())
        conn.execute(voiding.delete())
        assert merge_voids(conn, listed, makers=makers, actor=AUDITOR, audit=audit) == 1
    assert _void_since(engine, done.document) == done.settled_at
