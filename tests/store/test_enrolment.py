"""The enrolment desk on both databases: checks, approvals over exact bytes, issuing once, bad input, evidence."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ca.actor import SYSTEM, Actor
from ca.certificate import CertificateStatus, SubjectName
from ca.enrolment.approval import Ballot
from ca.enrolment.enrolment_store import EnrolmentQuery
from ca.enrolment.errors import (
    ApprovedAlready,
    ApproverUnfit,
    ChecksOpen,
    ContentChanged,
    DeadlinePassed,
    EncryptionKeysMissing,
    EnrolmentActRefused,
    EnrolmentError,
    EnrolmentMoved,
    EnrolmentUnknown,
    EvidenceDamaged,
    EvidenceInvalid,
    FieldInvalid,
    KeyBarred,
    KeyReused,
    NotYourRequest,
    RejectionReasonNeeded,
    RequestKeyTaken,
    RuleMissing,
    SecondPersonNeeded,
)
from ca.enrolment.evidence_files import BUSINESS_LICENCE
from ca.enrolment.request import Approver, Delivery, EvidenceRef
from ca.enrolment.rule_file import default_rules, read_rules
from ca.enrolment.states import EnrolmentStatus, RejectionCode
from ca.enrolment.store import enrolment, enrolment_approval
from ca.profile import PROFILES
from ca.store import audit, certificate
from tests.conftest import SteppingClock
from tests.enrolment_world import (
    CHECKER,
    FIRST,
    RA,
    REQUESTER,
    SECOND,
    SUBJECT,
    THIRD,
    TWO_OF_PARALLEL,
    Office,
    make_csr,
    make_office,
    renamed,
    reopen,
)
from tests.pki import USCC, make_uscc, new_key

OTHER_USCC = make_uscc("91110108MA01C8QX4")


@pytest.fixture
def office(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Office:
    return make_office(engine, clock, tmp_path)


@pytest.fixture
def two(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Office:
    return make_office(engine, clock, tmp_path, TWO_OF_PARALLEL)


def issued_for(office: Office, name: str = "enterprise-seal") -> int:
    with office.engine.connect() as conn:
        query = sa.select(sa.func.count()).where(
            certificate.c.profile == name, certificate.c.status == CertificateStatus.ISSUED
        )
        return int(conn.scalar(query) or 0)


# -- the whole way ----------------------------------------------------------------------------------------------------


def test_A2_from_request_to_delivery(office: Office) -> None:
    """A2: checked and approved by others, issued over the requester's key, delivered with a receipt, all on record."""
    key = new_key()
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    record = office.submitted(csr=make_csr(key))
    assert record.status is EnrolmentStatus.SUBMITTED
    for item in ("licence", "authorisation", "identity"):
        record = office.desk.check(record.id, item, found=True, remark="相符", by=CHECKER)
    assert record.status is EnrolmentStatus.APPROVING
    record = office.approve(record, FIRST)
    assert record.status is EnrolmentStatus.APPROVED
    record = office.desk.issue(record.id, actor=FIRST.actor)
    found = office.world.authority.certificate(int(record.serial or 0))
    made = x509.load_der_x509_certificate(found.der)
    assert made.public_key() == key.public_key()
    assert made.subject == SUBJECT.x509()
    record = office.desk.deliver(
        record.id, Delivery("李伟", "柜台当面"), actor=FIRST.actor, receipt=b"signed by hand"
    )
    assert record.status is EnrolmentStatus.DELIVERED
    assert record.delivery is not None
    assert office.evidence.get(record.delivery.receipt_sha256) == b"signed by hand"
    with office.engine.connect() as conn:
        office.world.audit.verify(conn)
        acts = list(
            conn.scalars(sa.select(audit.c.action).where(audit.c.subject == f"enrolment:{record.id}"))
        )
    assert acts == [
        "enrolment.requested",
        "enrolment.submit",
        *["enrolment.check"] * 3,
        "enrolment.clear",
        "enrolment.grant",
        "enrolment.begin",
        "enrolment.issue",
        "enrolment.deliver",
    ]


def test_a_key_made_at_the_desk_needs_no_request_file(office: Office) -> None:
    key = new_key().public_key()
    record = office.issued(public_key=key, chip="ent1", container="seal-1")
    assert record.csr == b""
    assert record.content.request_sha256 == ""
    assert (record.content.chip, record.content.container) == ("ent1", "seal-1")


def test_A6_a_pair_has_two_certificates_and_one_envelope(office: Office) -> None:
    """A6: the signing key is the requester's, the encryption key the centre's; asked again nothing is made twice."""
    record = office.issued(profile="enterprise-sign", pair=True)
    assert office.desk.issue(record.id, actor=FIRST.actor) == record
    first = office.world.authority.certificate(int(record.serial or 0))
    second = office.world.authority.certificate(int(record.encryption_serial or 0))
    assert (first.profile, second.profile) == ("enterprise-sign", "enterprise-encrypt")
    assert first.subject == second.subject
    made = x509.load_der_x509_certificate(second.der).public_key()
    assert made == office.centre.made[record.id][0]
    assert record.envelope == office.centre.made[record.id][1]
    assert issued_for(office, "enterprise-encrypt") == issued_for(office, "enterprise-sign") == 1


def test_a_pair_without_a_key_centre_is_refused(office: Office) -> None:
    bare = replace(office.desk.office, encryption_keys=None)
    office.desk.office = bare
    with pytest.raises(EncryptionKeysMissing):
        office.draft(profile="enterprise-sign", pair=True)


# -- I22 --------------------------------------------------------------------------------------------------------------


def test_I22_the_requester_neither_checks_nor_approves(office: Office) -> None:
    record = office.submitted()
    himself = Approver(REQUESTER, frozenset({RA}))
    with pytest.raises(SecondPersonNeeded):
        office.desk.check(record.id, "licence", found=True, by=himself)
    record = office.checked()
    for disguise in (himself, Approver(Actor("PERSON:Zhang.Min"), frozenset({RA}))):
        with pytest.raises(SecondPersonNeeded):
            office.approve(record, disguise)
    for machine in ("app:oa", "system:yinxin"):
        with pytest.raises(SecondPersonNeeded):
            office.approve(record, Approver(Actor(machine), frozenset({RA})))
    assert office.desk.get(record.id).status is EnrolmentStatus.APPROVING


@pytest.mark.parametrize("again", ["person:chen.jing", "person:Chen.Jing", "ｐｅｒｓｏｎ:chen.jing"])
def test_I22_one_person_counts_once_whatever_key_they_use(two: Office, again: str) -> None:
    """Two approvals by one person, by another API key and another spelling, are one approval."""
    record = two.approve(two.submitted(), FIRST)
    other_key = Approver(Actor(again, "陈静（另一密钥）"), frozenset({RA, "ca:issue"}))
    with pytest.raises((ApprovedAlready, SecondPersonNeeded)):
        two.approve(record, other_key)
    assert two.desk.get(record.id).status is EnrolmentStatus.APPROVING
    assert two.approve(two.desk.get(record.id), SECOND).status is EnrolmentStatus.APPROVED


def test_I22_the_database_itself_takes_one_person_once(two: Office) -> None:
    """Whatever the code reads before, the primary key refuses the second row."""
    record = two.approve(two.submitted(), FIRST)
    with two.engine.connect() as conn:
        row = conn.execute(sa.select(enrolment_approval)).mappings().one()
    with pytest.raises(sa.exc.IntegrityError), two.engine.begin() as conn:
        conn.execute(enrolment_approval.insert().values(**{**row, "stage": "another"}))
    assert record.approvals[0].person == "person:chen.jing"


def test_I22_editing_after_approval_voids_it(two: Office) -> None:
    """Every kind of edit makes a new version; the old approvals count for nothing, and nothing can be issued."""
    record = two.approve(two.submitted(), FIRST, SECOND)
    assert record.status is EnrolmentStatus.APPROVED
    old = record.digest
    record = two.desk.attach(record.id, b"another paper", "other", actor=REQUESTER)
    assert (record.status, record.version, record.approvals) == (EnrolmentStatus.DRAFT, 2, ())
    assert record.digest != old
    with pytest.raises(EnrolmentActRefused):
        two.desk.issue(record.id, actor=FIRST.actor)
    record = two.desk.submit(record.id, actor=REQUESTER)
    with pytest.raises(ContentChanged):
        two.desk.approve(record.id, Ballot(old), by=FIRST)
    record = two.approve(record, FIRST)
    assert record.status is EnrolmentStatus.APPROVING
    record = two.desk.edit(
        record.id, two.application(subject=renamed(SUBJECT, common_name="改名")), actor=REQUESTER
    )
    record = two.approve(two.desk.submit(record.id, actor=REQUESTER), SECOND)
    assert record.status is EnrolmentStatus.APPROVING, (
        "one approval of version 3, whatever versions 1 and 2 had"
    )
    record = two.approve(record, FIRST)
    issued = two.desk.issue(record.id, actor=FIRST.actor)
    found = two.world.authority.certificate(int(issued.serial or 0))
    assert "改名" in found.subject


def test_I22_content_changed_behind_the_desk_is_not_issued(two: Office) -> None:
    """Somebody with the database rewrites the approved content: its digest no longer is the approved one."""
    from ca.enrolment.store import enrolment_version

    record = two.approve(two.submitted(), FIRST, SECOND)
    with two.engine.begin() as conn:
        text = conn.scalar(sa.select(enrolment_version.c.content))
        assert text is not None
        conn.execute(enrolment_version.update().values(content=text.replace("李伟", "王五")))
    with pytest.raises(ContentChanged):
        two.desk.issue(record.id, actor=FIRST.actor)
    assert issued_for(two) == 0


def test_I22_approvals_taken_away_behind_the_desk_are_missed(two: Office) -> None:
    record = two.approve(two.submitted(), FIRST, SECOND)
    with two.engine.begin() as conn:
        conn.execute(enrolment_approval.delete().where(enrolment_approval.c.person == "person:qian.yu"))
    with pytest.raises(ContentChanged):
        two.desk.issue(record.id, actor=FIRST.actor)


def test_I06_I22_a_profile_changed_after_approval_is_not_used(two: Office) -> None:
    record = two.approve(two.submitted(), FIRST, SECOND)
    longer = replace(PROFILES["enterprise-seal"], default_days=700)
    office = replace(two.desk.office, profiles={**PROFILES, "enterprise-seal": longer})
    two.desk._issuing._office = office
    with pytest.raises(ContentChanged, match="enterprise-seal"):
        two.desk.issue(record.id, actor=FIRST.actor)


def test_the_rule_of_a_request_stays_as_it_was(two: Office, tmp_path: Path) -> None:
    """The rule is kept with the request: a new file does not change who decides what is under way."""
    record = two.submitted()
    lax = TWO_OF_PARALLEL.replace(b"needed = 2", b"needed = 1").replace(b"test-2", b"test-3")
    later = reopen(two.world, tmp_path, lax)
    record = later.approve(later.desk.get(record.id), FIRST)
    assert record.status is EnrolmentStatus.APPROVING
    assert (record.rule.version, record.rule.needed) == ("test-2", 2)
    assert record.content.rule_hash == record.rule.hash
    assert later.approve(record, SECOND).status is EnrolmentStatus.APPROVED


def test_who_lacks_the_scope_or_the_name_does_not_approve(two: Office) -> None:
    record = two.submitted()
    with pytest.raises(ApproverUnfit):
        two.approve(record, Approver(THIRD.actor, frozenset({"ca:read"})))
    assert two.desk.get(record.id).approvals == ()


def test_an_approval_of_other_bytes_is_refused(office: Office) -> None:
    record = office.checked()
    with pytest.raises(ContentChanged) as refused:
        office.desk.approve(record.id, Ballot("0" * 64), by=FIRST)
    assert refused.value.field == "digest"


# -- the checklist and the evidence -----------------------------------------------------------------------------------


def test_open_and_refused_items_block_the_approval(office: Office) -> None:
    record = office.submitted()
    with pytest.raises(EnrolmentActRefused):
        office.approve(record, FIRST)
    with pytest.raises(FieldInvalid, match="remark"):
        office.desk.check(record.id, "licence", found=False, by=CHECKER)
    office.desk.check(record.id, "licence", found=False, remark="营业执照过期", by=CHECKER)
    for item in ("authorisation", "identity"):
        record = office.desk.check(record.id, item, found=True, by=CHECKER)
    assert record.status is EnrolmentStatus.CHECKING
    with pytest.raises(EnrolmentActRefused):
        office.approve(record, FIRST)
    record = office.desk.check(record.id, "licence", found=True, remark="已补交", by=CHECKER)
    assert record.status is EnrolmentStatus.APPROVING


def test_an_item_without_its_document_cannot_be_found(office: Office) -> None:
    record = office.submitted(evidence=())
    with pytest.raises(ChecksOpen, match="business-licence"):
        office.desk.check(record.id, "licence", found=True, by=CHECKER)
    with pytest.raises(FieldInvalid, match="item"):
        office.desk.check(record.id, "no-such-item", found=True, by=CHECKER)


def test_evidence_is_kept_by_digest_and_proved_when_read(office: Office, tmp_path: Path) -> None:
    record = office.desk.attach(office.draft().id, b"scan", "other", name="扫描.pdf", actor=REQUESTER)
    ref = next(one for one in record.content.evidence if one.kind == "other")
    assert office.desk.document(ref) == b"scan"
    assert office.desk.attach(record.id, b"scan", "other", actor=REQUESTER).version == record.version
    path = next((tmp_path / "evidence").rglob(ref.sha256))
    path.write_bytes(b"forged")
    with pytest.raises(EvidenceDamaged):
        office.desk.document(ref)
    path.unlink()
    with pytest.raises(EvidenceDamaged):
        office.desk.document(ref)


@pytest.mark.parametrize(
    ("octets", "kind", "name"),
    [(b"", "other", ""), (b"x", "Bad Kind", ""), (b"x", "../etc", ""), (b"x", "other", "a\0b")],
)
def test_bad_evidence_is_refused(office: Office, octets: bytes, kind: str, name: str) -> None:
    record = office.draft()
    with pytest.raises(EvidenceInvalid):
        office.desk.attach(record.id, octets, kind, name=name, actor=REQUESTER)
    assert office.desk.get(record.id).version == 1


def test_too_large_and_too_many_documents(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ca.enrolment.evidence_files.MAX_OCTETS", 10)
    monkeypatch.setattr("ca.enrolment.desk.MAX_DOCUMENTS", 3)
    record = office.draft(evidence=())
    with pytest.raises(EvidenceInvalid):
        office.desk.attach(record.id, b"x" * 11, "other", actor=REQUESTER)
    for number in range(3):
        office.desk.attach(record.id, f"{number}".encode(), "other", actor=REQUESTER)
    with pytest.raises(EvidenceInvalid):
        office.desk.attach(record.id, b"one more", "other", actor=REQUESTER)


def test_a_reference_to_a_document_that_nobody_handed_in(office: Office) -> None:
    with pytest.raises(EvidenceInvalid):
        office.draft(evidence=(EvidenceRef(BUSINESS_LICENCE, "ab" * 32, 5),))


# -- bad input --------------------------------------------------------------------------------------------------------


def field_of(office: Office, **changes: object) -> str:
    """Return the field that the refusal of a changed application names."""
    with pytest.raises(EnrolmentError) as refused:
        office.draft(**changes)
    error = refused.value
    assert error.field.split(".")[0] in error.zh
    assert error.field.split(".")[0] in error.en
    return error.field


def spoilt_csr() -> bytes:
    der = bytearray(x509.load_pem_x509_csr(make_csr()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    return bytes(der)


def rsa_csr(bits: int) -> bytes:
    key = rsa.generate_private_key(65537, bits)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    return (
        x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    ).public_bytes(Encoding.PEM)


def test_each_fault_of_a_request_names_its_field(office: Office) -> None:
    """Bad CSR, weak key, bad USCC, names that break the profile: a clear error each, nothing on record."""
    bad = USCC[:-1] + ("0" if USCC[-1] != "0" else "1")
    point = ec.derive_private_key(1, ec.SECP256R1()).public_key()
    faults: list[tuple[dict[str, object], str]] = [
        ({"csr": spoilt_csr()}, "csr"),
        ({"csr": b"no request"}, "csr"),
        ({"csr": b"x" * 70_000}, "csr"),
        ({"csr": rsa_csr(1024)}, "csr"),
        ({"csr": b""}, "csr"),
        ({"public_key": point}, "public_key"),
        ({"public_key": ec.generate_private_key(ec.SECP521R1()).public_key()}, "public_key"),
        ({"profile": "issuing"}, "profile"),
        ({"profile": "tsa"}, "profile"),
        ({"profile": "enterprise-encrypt"}, "profile"),
        ({"subject": renamed(SUBJECT, uscc=bad)}, "subject.uscc"),
        ({"subject": renamed(SUBJECT, uscc="")}, "subject.uscc"),
        ({"subject": renamed(SUBJECT, uscc=OTHER_USCC)}, "subject.uscc"),
        ({"subject": renamed(SUBJECT, organization="别的公司")}, "subject.organization"),
        ({"subject": renamed(SUBJECT, organization="")}, "subject.organization"),
        ({"subject": renamed(SUBJECT, common_name="x" * 65)}, "subject.common_name"),
        ({"subject": renamed(SUBJECT, common_name="a\u202eb")}, "subject.common_name"),
        ({"subject": renamed(SUBJECT, common_name="")}, "subject.common_name"),
        ({"subject": renamed(SUBJECT, country="cn")}, "subject.country"),
        ({"validity": timedelta(days=5000)}, "validity"),
        ({"validity": timedelta(0)}, "validity"),
        ({"issuer": "nobody"}, "issuer"),
        ({"issuer": "root"}, "issuer"),
        ({"pair": True, "profile": "person-sign", "subject": SubjectName("李伟")}, "pair"),
        ({"chip": "x" * 65}, "chip"),
    ]
    for changes, field in faults:
        assert field_of(office, **changes) == field, changes
    with pytest.raises((RuleMissing, FieldInvalid)):
        office.draft(profile="no-such-profile")
    with office.engine.connect() as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(enrolment)) == 0


def test_I27_a_key_reported_compromised_is_refused_and_named(office: Office) -> None:
    key = new_key()
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    waiting = office.approved(csr=make_csr(key))
    office.world.authority.report_compromise(key.public_key(), actor=THIRD.actor)
    with pytest.raises(KeyBarred) as refused:
        office.draft(csr=make_csr(key))
    assert refused.value.field == "public_key"
    with pytest.raises(KeyBarred):
        office.desk.issue(waiting.id, actor=FIRST.actor)
    assert issued_for(office) == 0


def test_a_key_of_another_holder_and_a_key_used_twice(office: Office) -> None:
    key = new_key()
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    office.world.enterprises.register(OTHER_USCC, "上海另一家有限公司", actor=REQUESTER)
    office.issued(csr=make_csr(key))
    other = SubjectName("上海另一家有限公司", "上海另一家有限公司", OTHER_USCC)
    with pytest.raises(KeyReused, match="another holder"):
        office.draft(csr=make_csr(key), subject=other)
    with pytest.raises(KeyReused, match="renewal"):
        office.draft(csr=make_csr(key))


def test_one_key_is_in_one_open_request(office: Office) -> None:
    key = new_key()
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    first = office.draft(csr=make_csr(key))
    with pytest.raises(KeyReused, match="open request"):
        office.draft(csr=make_csr(key))
    office.desk.withdraw(first.id, actor=REQUESTER)
    assert office.draft(csr=make_csr(key)).status is EnrolmentStatus.DRAFT


def test_I04_one_request_key_is_one_enrolment(office: Office) -> None:
    application = office.application()
    first = office.desk.request(application, request_key="once", actor=REQUESTER)
    assert office.desk.request(application, request_key="once", actor=REQUESTER) == first
    office.desk.attach(first.id, b"more", "other", actor=REQUESTER)
    assert office.desk.request(application, request_key="once", actor=REQUESTER).id == first.id
    for other, who in ((office.application(), REQUESTER), (application, THIRD.actor)):
        with pytest.raises(RequestKeyTaken) as refused:
            office.desk.request(other, request_key="once", actor=who)
        assert refused.value.field == "request_key"
    with pytest.raises(FieldInvalid, match="request_key"):
        office.desk.request(application, request_key="a\nb", actor=REQUESTER)


def test_I32_a_test_profile_is_refused_in_production(office: Office) -> None:
    from ca.authority import CertificateAuthority
    from tests.pki import make_config

    world = office.world
    config = make_config(production=True)
    world.authority = CertificateAuthority(world.engine, world.keys, world.clock, world.audit, config)
    strict = reopen(world, office.evidence._folder.parent)
    with pytest.raises(FieldInvalid, match="profile"):
        strict.draft(profile="test-seal")


# -- moves that are refused -------------------------------------------------------------------------------------------


def test_rejection_states_code_and_sentence(office: Office) -> None:
    record = office.submitted()
    with pytest.raises(RejectionReasonNeeded):
        office.desk.reject(record.id, RejectionCode.EVIDENCE, "  ", by=FIRST)
    with pytest.raises(SecondPersonNeeded):
        office.desk.reject(record.id, RejectionCode.EVIDENCE, "缺", by=Approver(REQUESTER))
    record = office.desk.reject(record.id, RejectionCode.EVIDENCE, "授权书缺签章", by=FIRST)
    assert record.status is EnrolmentStatus.REJECTED
    assert (record.reason_code, record.reason) == ("evidence-insufficient", "授权书缺签章")
    for act in (
        lambda: office.desk.submit(record.id, actor=REQUESTER),
        lambda: office.desk.withdraw(record.id, actor=REQUESTER),
        lambda: office.desk.issue(record.id, actor=FIRST.actor),
    ):
        with pytest.raises(EnrolmentActRefused):
            act()


def test_only_the_requester_edits_submits_and_withdraws(office: Office) -> None:
    record = office.draft()
    stranger = Actor("person:mallory", "", USCC)
    for act in (
        lambda: office.desk.submit(record.id, actor=stranger),
        lambda: office.desk.withdraw(record.id, actor=stranger),
        lambda: office.desk.edit(record.id, office.application(), actor=stranger),
        lambda: office.desk.attach(record.id, b"x", "other", actor=stranger),
    ):
        with pytest.raises(NotYourRequest):
            act()
    with pytest.raises(EnrolmentUnknown):
        office.desk.submit("0" * 32, actor=REQUESTER)


def test_the_deadline_closes_what_nobody_decided(office: Office, clock: SteppingClock) -> None:
    waiting, approved, draft = office.checked(), office.approved(), office.draft()
    clock.advance(timedelta(days=30, seconds=1))
    with pytest.raises(DeadlinePassed):
        office.approve(waiting, FIRST)
    assert office.desk.housekeep(SYSTEM)["enrolments_expired"] == 2
    for record, status in (
        (waiting, EnrolmentStatus.EXPIRED),
        (approved, EnrolmentStatus.EXPIRED),
        (draft, EnrolmentStatus.DRAFT),
    ):
        assert office.desk.get(record.id).status is status
    assert office.desk.housekeep(SYSTEM)["enrolments_expired"] == 0


def test_delivery_needs_to_whom_and_how(office: Office) -> None:
    record = office.issued()
    for delivery in (Delivery("", "x"), Delivery("x", " "), Delivery("x" * 201, "y")):
        with pytest.raises(FieldInvalid):
            office.desk.deliver(record.id, delivery, actor=FIRST.actor)
    with pytest.raises(EnrolmentActRefused):
        office.desk.deliver(office.draft().id, Delivery("a", "b"), actor=FIRST.actor)


def test_two_people_at_the_same_row_do_not_overwrite_each_other(office: Office) -> None:
    """A stale record cannot move: compare-and-swap on state and count of moves."""
    from ca.enrolment.moving import Deed, move
    from ca.enrolment.states import EnrolmentAct

    stale = office.submitted()
    office.desk.check(stale.id, "licence", found=True, by=CHECKER)
    with pytest.raises(EnrolmentMoved), office.engine.begin() as conn:
        move(office.desk.office, conn, stale, Deed(EnrolmentAct.CHECK, CHECKER.actor))


def test_I20_no_audit_record_no_move(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    record = office.checked()

    def full(*_args: object, **_more: object) -> None:
        raise OSError("No space left on device")

    for door in ("append", "append_many"):
        monkeypatch.setattr(office.world.audit, door, full)
    with pytest.raises(OSError, match="space"):
        office.approve(record, FIRST)
    monkeypatch.undo()
    after = office.desk.get(record.id)
    assert (after.status, after.approvals) == (EnrolmentStatus.APPROVING, ())


# -- issuing that fails -----------------------------------------------------------------------------------------------


def test_what_can_never_be_issued_fails_with_its_reason_and_may_be_edited(office: Office) -> None:
    """The enterprise is renamed between approval and issue: refused, corrected, approved anew, issued."""
    record = office.approved()
    office.world.enterprises.rename(USCC, "北京新名称有限公司", actor=THIRD.actor)
    with pytest.raises(FieldInvalid, match="organization"):
        office.desk.issue(record.id, actor=FIRST.actor)
    new = SubjectName("北京新名称有限公司 李伟", "北京新名称有限公司", USCC)
    record = office.desk.edit(record.id, office.application(subject=new), actor=REQUESTER)
    record = office.desk.submit(record.id, actor=REQUESTER)
    for item in record.rule.checklist:
        record = office.desk.check(record.id, item.id, found=True, by=CHECKER)
    issued = office.desk.issue(office.approve(record, FIRST).id, actor=FIRST.actor)
    assert issued.status is EnrolmentStatus.ISSUED


def test_no_half_of_a_pair_is_issued_when_the_other_cannot_be(office: Office) -> None:
    record = office.approved(profile="enterprise-sign", pair=True)
    office.centre.apply(record.id, record.content.public_key)
    bad = office.centre.made[record.id][0]
    office.world.authority.report_compromise(bad, actor=THIRD.actor)
    from ca.errors import KeyCompromised

    with pytest.raises(KeyCompromised):
        office.desk.issue(record.id, actor=FIRST.actor)
    failed = office.desk.get(record.id)
    assert (failed.status, failed.reason_code) == (EnrolmentStatus.FAILED, "KeyCompromised")
    assert issued_for(office, "enterprise-sign") == 0


def test_a_pair_that_failed_is_corrected_over_another_key(office: Office) -> None:
    """The corrected version has its own encryption key: the centre never gives one key to two signing keys."""
    from ca.errors import KeyCompromised

    record = office.approved(profile="enterprise-sign", pair=True)
    bad = office.centre.apply(record.id, record.content.public_key).public_key
    office.world.authority.report_compromise(bad, actor=THIRD.actor)
    with pytest.raises(KeyCompromised):
        office.desk.issue(record.id, actor=FIRST.actor)
    changed = office.application(profile="enterprise-sign", pair=True)
    record = office.desk.submit(office.desk.edit(record.id, changed, actor=REQUESTER).id, actor=REQUESTER)
    for item in record.rule.checklist:
        record = office.desk.check(record.id, item.id, found=True, by=CHECKER)
    issued = office.desk.issue(office.approve(record, FIRST).id, actor=FIRST.actor)
    assert issued.envelope == office.centre.made[f"{record.id}:{record.version}"][1]
    assert issued_for(office, "enterprise-sign") == issued_for(office, "enterprise-encrypt") == 1


def test_default_rules_cover_what_may_be_asked_for() -> None:
    from ca.enrolment.rules import Matter

    book = default_rules()
    for profile in ("enterprise-seal", "enterprise-sign", "person-sign", "chip-auth"):
        assert book.find(Matter.NEW, profile).needed >= 1
        assert book.find(Matter.RESUME, profile).needed >= 1
    assert book.find(Matter.MASS_REVOKE, "enterprise-seal").needed == 2
    with pytest.raises(RuleMissing):
        read_rules(TWO_OF_PARALLEL.replace(b'profiles = ["*"]', b'profiles = ["a"]')).find(Matter.NEW, "b")


# -- at the same moment -----------------------------------------------------------------------------------------------


def test_enrolments_of_a_state_are_listed_newest_first(office: Office, clock: SteppingClock) -> None:
    made = []
    for number in range(4):
        made.append(office.draft(f"newest-{number}"))
        clock.advance(timedelta(seconds=1))
    newest = [one.id for one in made[::-1]]
    first = office.desk.list(EnrolmentQuery(EnrolmentStatus.DRAFT, limit=3))
    rest = office.desk.list(EnrolmentQuery(EnrolmentStatus.DRAFT, after=first[-1].id))
    assert [one.id for one in (*first, *rest)] == newest
    oldest = office.desk.list(EnrolmentQuery(EnrolmentStatus.DRAFT, limit=2, oldest_first=True))
    assert [one.id for one in oldest] == newest[:1:-1]


def test_I04_the_same_request_sent_at_once_by_many_is_one_enrolment(office: Office) -> None:
    """Duplicate POSTs through several workers: one row, everybody gets it."""
    application = office.application()

    def ask(_number: int) -> str:
        return office.desk.request(application, request_key="dup", actor=REQUESTER).id

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(ask, range(6)))) == 1
    with office.engine.connect() as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(enrolment)) == 1


def test_one_key_asked_for_at_once_under_many_numbers_is_one_enrolment(office: Office) -> None:
    application = office.application()

    def ask(number: int) -> bool:
        try:
            office.desk.request(application, request_key=f"n{number}", actor=REQUESTER)
        except KeyReused:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(ask, range(6))) == 1


def test_I22_approvals_at_the_same_moment_are_all_counted_or_refused(two: Office) -> None:
    """Two people press at once: nobody's approval is lost silently, and no one person makes two."""
    record = two.submitted()

    def press(who: Approver) -> bool:
        try:
            two.desk.approve(record.id, Ballot(record.digest), by=who)
        except (EnrolmentMoved, ApprovedAlready, EnrolmentActRefused):
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        done = sum(pool.map(press, [FIRST, SECOND, FIRST, SECOND, FIRST, SECOND]))
    after = two.desk.get(record.id)
    assert len(after.approvals) == done <= 2
    assert (after.status is EnrolmentStatus.APPROVED) == (done == 2)


def test_I04_issuing_at_once_by_many_is_one_certificate(office: Office) -> None:
    from ca.errors import IssuanceUnfinished

    record = office.approved()

    def press(_number: int) -> int | None:
        try:
            return office.desk.issue(record.id, actor=FIRST.actor).serial
        except (EnrolmentMoved, IssuanceUnfinished):
            return None

    with ThreadPoolExecutor(6) as pool:
        serials = set(pool.map(press, range(6)))
    assert len(serials - {None}) <= 1
    assert office.desk.issue(record.id, actor=FIRST.actor).serial in serials - {None} or not serials - {None}
    assert issued_for(office) == 1


def test_an_sm2_key_is_enrolled_like_any_other(office: Office) -> None:
    from hsm.public_keys import certificate_key, spki
    from hsm.sm2 import curve
    from hsm.sm2.public_key import Sm2PublicKey

    point = curve.base_multiple(secrets.randbelow(2**200) + 1)
    assert point is not None
    key = Sm2PublicKey(point[0], point[1])
    record = office.issued(public_key=key)
    found = office.world.authority.certificate(int(record.serial or 0))
    assert spki(certificate_key(x509.load_der_x509_certificate(found.der))) == spki(key)
