"""The institutional proof: a record belongs to one seal on one document, signed by that seal's maker, or it proves nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from ca.certificate import SubjectName
from seals.cases.states import CaseAct, CaseStatus
from seals.errors import StatementInvalid
from seals.jws import sign
from seals.leave import Leave
from seals.seal import SealKind, SealStatus
from seals.statement import sign_statement
from tests.pki import COMPANY, USCC, Party
from tests.trust_list_world import Publisher, granted, service, withdrawn
from tests.unit.verify.test_seals import CODE, PHYSICAL, Sealing, attribute
from tests.verify_world import Signing, small_pdf
from verify.institution.proofs import PartState, ProofPart
from verify.institution.record import (
    MAX_ACTS,
    MAX_RECORDS,
    RECORD_TYPE,
    EvidenceRecord,
    RecordedAct,
    RecordedApproval,
    RecordedSeal,
    RecordedUse,
    TrailPlace,
    parse_record,
    record_payload,
    split_records,
)
from verify.report import DocumentReport
from verify.trusted_lists.model import ServiceKind, TrustedList

LEAVE = Leave("case", "ab" * 16, "big-contracts", "2026.1", "cd" * 32, "ef" * 32)
P, M, F = PartState.PRESENT, PartState.MISSING, PartState.FAILED


class Recording:
    """A sealed document and the record of its sealing; right by default."""

    def __init__(self, signing: Signing) -> None:
        self.sealing = Sealing(signing)
        self.signing = signing
        self.pdf = self.sealing.seal(leave=LEAVE)

    def record(self, pdf: bytes | None = None, **changes: Any) -> EvidenceRecord:
        pdf, now = pdf or self.pdf, self.signing.now
        made = EvidenceRecord(
            issuer="seal-maker",
            issued_at=now + timedelta(minutes=5),
            use=RecordedUse(
                "11" * 16, "cd" * 16, now - timedelta(minutes=2), now, hashlib.sha256(small_pdf()).hexdigest(),
                hashlib.sha256(pdf).hexdigest(), len(pdf), "赵六", "keeper",
            ),
            seal=RecordedSeal(
                CODE, PHYSICAL, SealKind.CONTRACT, f"{COMPANY}合同专用章", COMPANY, USCC, SealStatus.ACTIVE,
                now - timedelta(days=30), hashlib.sha256(self.signing.keeper.der).hexdigest(),
            ),
            leave=LEAVE,
            needed=1,
            approvals=(RecordedApproval("head", "陈静", now - timedelta(hours=1), "12" * 32, "34" * 32),),
            acts=(RecordedAct(CaseAct.OPEN, CaseStatus.DRAFT, now - timedelta(hours=2), "张敏", "applicant", "key"),),
            trail=(TrailPlace(7, "permit.used", "56" * 32),),
        )  # fmt: skip
        return replace(made, **changes)

    def jws(self, record: EvidenceRecord | None = None, maker: Party | None = None) -> str:
        maker = maker or self.sealing.maker
        payload = record_payload(record or self.record())
        return sign(payload, typ=RECORD_TYPE, signer=maker.signer, chain=[maker.der, *maker.chain])

    def report(self, evidence: str, pdf: bytes | None = None) -> DocumentReport:
        from verify.verifier import Verifier

        trust = self.signing.trust(seal_lists=[self.sealing.status_list()])
        at = self.signing.now + timedelta(hours=1)
        return Verifier(trust).verify(pdf or self.pdf, at=at, name="x.pdf", evidence=evidence)

    def parts(self, evidence: str, pdf: bytes | None = None) -> dict[str, ProofPart]:
        proofs = self.report(evidence, pdf).signatures[0].proofs
        assert proofs is not None
        return {part.name: part for part in proofs.institutional}


@pytest.fixture(scope="session")
def recording(signing: Signing) -> Recording:
    return Recording(signing)


def states(parts: dict[str, ProofPart]) -> list[PartState]:
    return [part.state for part in parts.values()]


def test_with_its_record_the_institutional_proof_is_whole(recording: Recording) -> None:
    """两种安全: both proofs, each part by name; people by name and role."""
    report = recording.report(recording.jws())
    proofs = report.signatures[0].proofs
    assert proofs is not None
    assert [part.state for part in proofs.institutional] == [P] * 6
    assert [part.state for part in proofs.technical] == [P] * 6
    assert not proofs.lacking()
    parts = recording.parts(recording.jws())
    assert "陈静" in parts["approvals"].detail
    assert "赵六" in parts["keeper"].detail


def test_without_a_record_the_report_says_which_parts_are_missing(recording: Recording) -> None:
    parts = recording.parts("")
    assert {name: part.state for name, part in parts.items()} == {
        "record": M, "seal-state": P, "rule": P, "approvals": M, "keeper": M, "trail": M,
    }  # fmt: skip


def test_a_record_still_counts_after_evidence_was_added_behind_the_seal(recording: Recording) -> None:
    assert states(recording.parts(recording.jws(), recording.signing.add_dss(recording.pdf))) == [P] * 6


Change = Callable[[EvidenceRecord], EvidenceRecord]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: replace(r, use=replace(r.use, document_sha256="00" * 32)), "另一份文件"),
        (lambda r: replace(r, use=replace(r.use, document_size=r.use.document_size - 1)), "另一份文件"),
        (lambda r: replace(r, use=replace(r.use, document_size=0)), "另一份文件"),
        (lambda r: replace(r, use=replace(r.use, permit="00" * 16)), "不一致"),
        (lambda r: replace(r, seal=replace(r.seal, code="11010800000009")), "不一致"),
        (lambda r: replace(r, seal=replace(r.seal, certificate_sha256="00" * 32)), "不一致"),
        (lambda r: replace(r, leave=replace(r.leave, case="00" * 16)), "不一致"),
        (lambda r: replace(r, leave=replace(r.leave, approvals_sha256="00" * 32)), "不一致"),
        (lambda r: replace(r, leave=replace(r.leave, rule_sha256="00" * 32)), "不一致"),
        (lambda r: replace(r, issued_at=r.issued_at + timedelta(days=1)), "晚于核验时间"),
    ],
)
def test_a_record_of_anything_else_is_refused(recording: Recording, change: Change, said: str) -> None:
    """Attack: a true record of an approved use is laid beside a document that nobody approved."""
    parts = recording.parts(recording.jws(change(recording.record())))
    assert parts["record"].state is F
    assert said in parts["record"].sentence.zh
    assert parts["approvals"].state is M


def test_a_record_by_another_trusted_maker_is_refused(recording: Recording) -> None:
    """Attack: a second seal maker under the same root vouches for the first one's seal."""
    other = recording.signing.pki.seal_maker(subject=SubjectName("Another Seal Maker", "Another"))
    found = recording.parts(recording.jws(maker=other))["record"]
    assert (found.state, "不是该印章的制章单位" in found.sentence.zh) == (F, True)


def test_a_record_signed_with_a_keepers_certificate_is_refused(recording: Recording) -> None:
    """Attack: the enterprise that sealed writes the record itself."""
    assert recording.parts(recording.jws(maker=recording.signing.keeper))["record"].state is F


def test_a_flipped_bit_and_rubbish_are_refused(recording: Recording) -> None:
    head, body, tail = recording.jws().split(".")
    raw = bytearray(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    raw[raw.index("陈静".encode()) + 2] ^= 1
    forged = f"{head}.{base64.urlsafe_b64encode(bytes(raw)).rstrip(b'=').decode()}.{tail}"
    for evidence in (forged, "?", "a.b.c", "\n".join(["x"] * (MAX_RECORDS + 1)), "{}"):
        parts = recording.parts(evidence)
        assert parts["record"].state is F
        assert parts["keeper"].state is M


def test_fewer_approvals_than_the_rule_asks_for_fail(recording: Recording) -> None:
    for record in (replace(recording.record(), needed=2), replace(recording.record(), approvals=())):
        assert recording.parts(recording.jws(record))["approvals"].state is F


def test_I22_one_approval_told_twice_and_one_given_afterwards_count_for_nothing(recording: Recording) -> None:
    """Two people are two certificates, and each signed something of their own before the seal was used."""
    two = replace(recording.record(), needed=2)
    (first,) = two.approvals
    second = replace(first, name="李雷", certificate_sha256="78" * 32, sha256="9a" * 32)
    for told in (
        replace(second, certificate_sha256=first.certificate_sha256),
        replace(second, sha256=first.sha256),
        replace(second, at=recording.signing.now + timedelta(minutes=1)),
    ):
        found = recording.parts(recording.jws(replace(two, approvals=(first, told))))["approvals"]
        assert (found.state, found.detail) == (F, "1 / 2")
    both = recording.parts(recording.jws(replace(two, approvals=(first, second))))["approvals"]
    assert both.state is PartState.PRESENT


@pytest.mark.parametrize("status", [status for status in SealStatus if status is not SealStatus.ACTIVE])
def test_a_record_that_says_the_seal_was_not_in_use_fails(recording: Recording, status: SealStatus) -> None:
    record = recording.record()
    other = replace(record, seal=replace(record.seal, status=status))
    assert recording.parts(recording.jws(record))["seal-state"].state is P
    assert recording.parts(recording.jws(other))["seal-state"].state is F


def test_the_right_record_is_found_among_others(recording: Recording) -> None:
    other = replace(recording.record(), use=replace(recording.record().use, permit="00" * 16))
    assert states(recording.parts(f"{recording.jws(other)}\n{recording.jws()}\n")) == [P] * 6


def test_a_record_reads_back_as_it_was_written(recording: Recording) -> None:
    record = recording.record()
    assert parse_record(recording.jws(record)).record == record
    assert split_records("a\nb\n") == ("a", "b")


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p | {"more": 1},
        lambda p: p | {"form": 2},
        lambda p: p | {"form": True},
        lambda p: p | {"needed": -1},
        lambda p: p | {"acts": p["acts"] * (MAX_ACTS + 1)},
        lambda p: p | {"use": {**p["use"], "keeper_role": "king"}},
        lambda p: p | {"use": {**p["use"], "permit": "x"}},
        lambda p: p | {"use": {**p["use"], "granted_at": "2999-01-01T00:00:00.000000Z"}},
        lambda p: p | {"acts": [{**p["acts"][0], "credential": "key:abcd"}]},
        lambda p: p | {"acts": [{**p["acts"][0], "act": "steal"}]},
        lambda p: p | {"trail": {}},
    ],
)
def test_a_malformed_record_is_refused_by_its_reader(
    recording: Recording, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    maker = recording.sealing.maker
    payload = change(json.loads(json.dumps(record_payload(recording.record()))))
    jws = sign(payload, typ=RECORD_TYPE, signer=maker.signer, chain=[maker.der, *maker.chain])
    with pytest.raises(StatementInvalid):
        parse_record(jws)


def by(recording: Recording, *approvals: tuple[str, timedelta], **changes: Any) -> EvidenceRecord:
    """Describe a record whose approvals are by these certificates, so long after the document was sealed."""
    now = recording.signing.now
    made = tuple(
        RecordedApproval("head", "陈静", now + after, certificate * 32, f"{number:064x}")
        for number, (certificate, after) in enumerate(approvals)
    )
    return recording.record(approvals=made, **changes)


def opened(recording: Recording, credential: str = "key") -> RecordedAct:
    at = recording.signing.now - timedelta(hours=2)
    return RecordedAct(CaseAct.OPEN, CaseStatus.DRAFT, at, "张敏", "applicant", credential)


HOUR = timedelta(hours=1)


def test_I22_whoever_applied_did_not_approve(recording: Recording) -> None:
    """By the certificate: two people may share a name."""
    mine = (opened(recording, f"certificate:{'12' * 32}"),)
    assert recording.parts(recording.jws(by(recording, ("12", -HOUR), acts=mine)))["approvals"].state is F
    assert recording.parts(recording.jws(by(recording, ("13", -HOUR), acts=mine)))["approvals"].state is P
    both = by(recording, ("12", -HOUR), ("13", -HOUR), acts=mine, needed=2)
    assert recording.parts(recording.jws(both))["approvals"].state is F


def test_I22_approvals_lie_between_application_and_use(recording: Recording) -> None:
    """The proved time of sealing bounds them too: the registry's own word for when it was sealed is not enough."""
    asked = (opened(recording),)
    before = by(recording, ("12", -3 * HOUR), acts=asked)
    assert recording.parts(recording.jws(before))["approvals"].state is F
    now = recording.signing.now
    late = replace(
        by(recording, ("12", HOUR * 2 / 3), acts=asked),
        use=replace(recording.record().use, sealed_at=now + HOUR * 3 / 4),
        issued_at=now + HOUR * 5 / 6,
    )
    assert recording.report("").signatures[0].time.trusted
    assert recording.parts(recording.jws(late))["approvals"].state is F


@pytest.mark.parametrize(
    "status", [CaseStatus.REJECTED, CaseStatus.WITHDRAWN, CaseStatus.EXPIRED, CaseStatus.VOIDED]
)
def test_a_case_that_had_ended_gave_no_leave(recording: Recording, status: CaseStatus) -> None:
    now = recording.signing.now
    for after, state in ((-HOUR, F), (HOUR / 20, P)):
        end = RecordedAct(CaseAct.VOID, status, now + after, "陈静", "approver", "key")
        found = recording.parts(recording.jws(recording.record(acts=(opened(recording), end))))
        assert found["record"].state is state, "what became of the case after the use is no matter"
    both = (CaseAct.APPROVE, CaseStatus.APPROVED), (CaseAct.VOID, status)
    for acts, state in ((both, F), (both[::-1], P)):
        told = [RecordedAct(act, then, now - HOUR, "陈静", "approver", "key") for act, then in acts]
        found = recording.parts(recording.jws(recording.record(acts=(opened(recording), *told))))
        assert found["record"].state is state, "of one second, the last counts"


@pytest.mark.parametrize(
    "changes",
    [
        {"owner_name": "别的公司"},
        {"owner_uscc": "91330106MA2KJ0P0X4"},
        {"kind": SealKind.FINANCE},
        {"physical_code": "3301060000001"},
        {"name": "财务专用章"},
        {"since": timedelta(minutes=30)},
    ],
    ids=lambda found: next(iter(found)),
)
def test_a_record_that_tells_of_another_seal_is_refused(
    recording: Recording, changes: dict[str, Any]
) -> None:
    changes = {
        key: recording.signing.now + value if isinstance(value, timedelta) else value
        for key, value in changes.items()
    }
    told = replace(recording.record().seal, **changes)
    assert recording.parts(recording.jws(recording.record(seal=told)))["record"].state is F


def test_a_permit_later_than_the_use_is_refused(recording: Recording) -> None:
    use = replace(recording.record().use, granted_at=recording.signing.now + timedelta(minutes=1))
    assert recording.parts(recording.jws(recording.record(use=use)))["record"].state is F


class Ended:
    """A seal and its record by a maker whose certificate has ended by the time of verification; the seal was stamped in time."""

    def __init__(self, signing: Signing) -> None:
        self.sealing = Sealing(signing)
        self.sealing.maker = signing.pki.seal_maker(not_after=signing.now + 2 * HOUR)
        self.signing = signing
        self.recording = Recording.__new__(Recording)
        self.recording.sealing, self.recording.signing = self.sealing, signing
        self.recording.pdf = self.sealing.seal(leave=LEAVE)

    def record(
        self,
        evidence: str,
        crls: list[bytes] | None = None,
        pdf: bytes | None = None,
        after: int = 3,
        lists: Sequence[TrustedList] = (),
    ) -> ProofPart:
        from verify.verifier import Verifier

        trust = self.signing.trust(crls=crls, seal_lists=[self.sealing.status_list()], lists=lists)
        if lists:
            trust = replace(trust, anchors=())
        at = self.signing.now + after * HOUR
        report = Verifier(trust).verify(pdf or self.recording.pdf, at=at, name="x.pdf", evidence=evidence)
        proofs = report.signatures[0].proofs
        assert proofs is not None
        return proofs.institutional[0]


@pytest.fixture(scope="module")
def ended(signing: Signing) -> Ended:
    return Ended(signing)


def test_a_record_counts_on_after_its_makers_certificate_has_ended(ended: Ended) -> None:
    """As do its statement, whose use is proved to be older, and its lists."""
    evidence = ended.recording.jws()
    assert [ended.record(evidence, after=hours).state for hours in (1, 3, 20)] == [P, P, P]


@pytest.mark.parametrize("reason", ["key_compromise", "superseded", "certificate_hold"])
def test_a_record_by_a_maker_that_was_stopped_before_its_end_is_refused(ended: Ended, reason: str) -> None:
    """Whoever has its key dates a record before the revocation, and waits for the certificate's end."""
    now, number = ended.signing.now, ended.sealing.maker.certificate.serial_number
    gone = {number: (now + HOUR, x509.ReasonFlags[reason])}
    crls = [*ended.signing.crls(), ended.signing.pki.crl(revoked=gone, this_update=now + HOUR, number=2)]
    evidence = ended.recording.jws()
    for hours in (2, 3):
        assert ended.record(evidence, crls, after=hours).state is F
    assert "已被吊销、暂停" in ended.record(evidence, crls).sentence.zh


def test_a_record_by_a_maker_that_was_withdrawn_from_its_list_is_refused(ended: Ended) -> None:
    publisher, pki, evidence = Publisher(), ended.signing.pki, ended.recording.jws()
    others = [
        service(pki.issuing.der),
        service(pki.issuing.der, kind=ServiceKind.TSA),
    ]
    gone = (withdrawn(ended.signing.now + HOUR), granted())
    for periods, expected in (((), P), (gone, F)):
        maker = service(pki.issuing.der, kind=ServiceKind.SEAL_MAKER, periods=periods)
        listed = publisher.read(publisher.list(maker, *others))
        assert ended.record(evidence, lists=[listed]).state is expected


def test_a_maker_that_has_ended_tells_nothing_of_a_later_use(ended: Ended) -> None:
    """Attack: with the key of an old certificate, which nobody guards any more, of a use that its renewed maker stated."""
    signing, sealing = ended.signing, ended.sealing
    renewed = signing.pki.seal_maker()
    statement = sign_statement(
        sealing.statement(small_pdf(), leave=LEAVE), renewed.signer, [renewed.der, *renewed.chain]
    )
    for hours, expected in ((1, P), (3, F)):
        stamper = signing.stamper(at=signing.now + hours * HOUR)
        pdf = signing.sign(stamper=stamper, extra=[attribute(statement)])
        found = ended.record(ended.recording.jws(ended.recording.record(pdf)), pdf=pdf, after=4)
        assert found.state is expected
    assert "没有可信时间戳证明用印在此之前" in found.sentence.zh
