"""Evidence records of OFDs: a later seal writes the package anew, and the record of the first is still about it; of another it never is."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from seals.cases.states import CaseAct, CaseStatus
from seals.jws import sign
from seals.seal import SealKind, SealStatus
from tests.gm_world import CODE, PHYSICAL
from tests.ofd_world import (
    LIST,
    PAGE,
    SIGNATURE,
    VALUE,
    changed,
    document,
    entries,
    packed,
    seal,
    sealing,
    ses,
)
from tests.pki import COMPANY, USCC
from tests.unit.verify.institution.test_record import LEAVE
from tests.verify_world import NOW
from verify.institution.proofs import PartState
from verify.institution.record import (
    RECORD_TYPE,
    EvidenceRecord,
    RecordedAct,
    RecordedApproval,
    RecordedSeal,
    RecordedUse,
    TrailPlace,
    record_payload,
)
from verify.report import DocumentReport
from verify.verdict import Verdict
from verify.verifier import Verifier

PERMITS = ("cd" * 16, "ce" * 16)
P, M, F = PartState.PRESENT, PartState.MISSING, PartState.FAILED


def sealed_once(number: int = 0, octets: bytes | None = None, where: str = "1:120,200") -> bytes:
    """Seal under an approved case, the maker's statement inside."""
    world = sealing()
    statement = world.statement(document(), world.keeper, leave=LEAVE, permit=PERMITS[number])
    return seal(octets, where, ses(seal=world.esl(code=CODE), statement=statement))


@pytest.fixture(scope="module")
def first() -> bytes:
    return sealed_once()


@pytest.fixture(scope="module")
def both(first: bytes) -> bytes:
    return sealed_once(1, first, "2:60,60")


def record(octets: bytes, number: int = 0, *, value: str | None = None) -> str:
    """Write the record of a use, by the maker; ``value``: another digest of the signed value, or none."""
    world, files = sealing(), entries(octets)
    own = hashlib.sha256(files[VALUE.replace("Sign_0", f"Sign_{number}")]).hexdigest()
    use = RecordedUse(
        "11" * 16, PERMITS[number], NOW - timedelta(minutes=2), NOW, "00" * 32,
        hashlib.sha256(octets).hexdigest(), len(octets), "赵六", "keeper", own if value is None else value,
    )  # fmt: skip
    made = EvidenceRecord(
        issuer="seal-maker",
        issued_at=NOW + timedelta(minutes=5),
        use=use,
        seal=RecordedSeal(
            CODE, PHYSICAL, SealKind.CONTRACT, f"{COMPANY}合同专用章", COMPANY, USCC, SealStatus.ACTIVE,
            NOW - timedelta(days=20), hashlib.sha256(world.keeper.der).hexdigest(),
        ),
        leave=LEAVE,
        needed=1,
        approvals=(RecordedApproval("head", "陈静", NOW - timedelta(hours=1), "12" * 32, "34" * 32),),
        acts=(RecordedAct(CaseAct.OPEN, CaseStatus.DRAFT, NOW - timedelta(hours=2), "张敏", "applicant", "key"),),
        trail=(TrailPlace(7, "permit.used", "56" * 32),),
    )  # fmt: skip
    maker = world.maker
    return sign(record_payload(made), typ=RECORD_TYPE, signer=maker.signer, chain=[maker.der, *maker.chain])


def report(octets: bytes, *records: str) -> DocumentReport:
    world = sealing()
    trust = world.trust(seal_lists=[world.status_list()])
    return Verifier(trust).verify(
        octets, at=NOW + timedelta(hours=1), name="x.ofd", evidence="\n".join(records)
    )


def states(found: DocumentReport) -> list[list[PartState]]:
    return [
        [part.state for part in one.proofs.institutional]
        for one in found.signatures
        if one.proofs is not None
    ]


def test_the_record_of_the_first_of_two_seals(first: bytes, both: bytes) -> None:
    """Two parties seal a contract, one after the other."""
    records = (record(first), record(both, 1))
    assert states(report(first, records[0])) == [[P] * 6]
    found = report(both, *records)
    assert (found.verdict, states(found)) == (Verdict.PASSED, [[P] * 6, [P] * 6])
    alone = states(report(both, records[0]))
    assert (alone[0], alone[1][0]) == ([P] * 6, F)


def test_a_record_without_the_signed_value_is_about_its_octets_alone(first: bytes, both: bytes) -> None:
    plain = record(first, value="")
    assert states(report(first, plain)) == [[P] * 6]
    assert states(report(both, plain))[0][0] is F
    assert states(report(both, record(first, value="00" * 32)))[0][0] is F


def test_a_record_moved_to_another_package_is_refused(first: bytes, both: bytes) -> None:
    """Attack: seal, statement and record of an approved contract, in a package with another page."""
    for sealed in (first, both):
        forged = changed(sealed, PAGE, lambda octets: octets.replace("合同第".encode(), "伪造第".encode()))
        found = report(forged, record(first))
        assert (found.verdict, states(found)[0][0]) == (Verdict.FAILED, F)


def test_a_record_of_the_same_permit_over_another_content_is_refused(first: bytes) -> None:
    """Attack: the keeper seals another document himself, under the statement of the approved one."""
    world = sealing()
    statement = world.statement(document(), world.keeper, leave=LEAVE, permit=PERMITS[0])
    other = changed(document(), PAGE, lambda octets: octets.replace("合同第".encode(), "另一第".encode()))
    own = seal(other, envelope=ses(seal=world.esl(code=CODE), statement=statement))
    found = report(own, record(first))
    assert (found.verdict, states(found)[0][0]) == (Verdict.PASSED, F)
    taken = entries(own) | {name: entries(first)[name] for name in (SIGNATURE, VALUE)}
    found = report(packed(taken), record(first))
    assert (found.verdict, states(found)[0][0]) == (Verdict.FAILED, F)


def test_a_package_packed_anew_is_what_was_sealed(first: bytes) -> None:
    """The seal is over the files, however they are packed; what nobody signed leaves doubt about the document, as ever."""
    anew = packed(entries(first))
    assert anew != first
    assert states(report(anew, record(first))) == [[P] * 6]
    loose = report(changed(first, "Doc_0/loose.xml", b"<a/>"), record(first))
    assert loose.verdict is Verdict.INDETERMINATE
    assert LIST in entries(first)


def test_a_record_with_its_signed_value_reads_back(first: bytes) -> None:
    from verify.institution.record import parse_record

    told = parse_record(record(first)).record
    assert told.use.value_sha256 == hashlib.sha256(entries(first)[VALUE]).hexdigest()
    without = replace(told, use=replace(told.use, value_sha256=""))
    assert "value_sha256" not in record_payload(without)["use"]
