"""Sealing with a key elsewhere: prepared, signed there, completed here, once; what waits survives and fades (I1, I19, I29)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509

from api.database.engine import make_engine
from ca.actor import Actor
from hsm.digest_signing import verify_digest
from hsm.public_keys import certificate_key
from hsm.suite import Suite
from seals.errors import SealFrozen
from seals.store import seal_permit
from signing.errors import KeyDiffers, SealingInProgress, TimeStampFailed
from signing.evidence import EvidenceDesk
from signing.level import Level
from signing.store import sealing
from signing.two_step.desk import WAIT, TwoStepSealing, TwoStepTools
from signing.two_step.errors import (
    NotInTwoSteps,
    RemoteSealingOver,
    RemoteSealingUnknown,
    RemoteSignatureInvalid,
)
from signing.two_step.paper import Asked, PaperDesk
from signing.two_step.place import KeptPlace
from signing.two_step.store import WaitState, waiting
from tests.conftest import SteppingClock
from tests.interop.sealing_world import blank_pdf
from tests.unit.signing.office import APPLICANT, AUDITOR, KEEPER, Office, make_office, order
from verify.verdict import Verdict


@dataclass
class Bench:
    """An office, its desk for keys elsewhere, and the keeper's key, which is elsewhere."""

    office: Office
    desk: TwoStepSealing

    def begin(self, **changes: Any) -> Asked:
        return self.desk.begin(order(**({"seal_code": self.office.seal.code} | changes)), actor=KEEPER)

    def signature(self, asked: Asked) -> bytes:
        return self.office.keeper_signer.sign(asked.to_sign)

    def again(self) -> Bench:
        """Return the bench as another process sees it: nothing is remembered but what is on disk."""
        return replace(self, desk=desk_of(self.office))

    def column(self, column: sa.Column[Any]) -> list[Any]:
        with self.office.engine.connect() as conn:
            return list(conn.execute(sa.select(column)).scalars())


def desk_of(office: Office) -> TwoStepSealing:
    from ca.status.crl import CrlPublisher
    from ca.status.ocsp import OcspResponder

    world = office.world
    crls = CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)
    ocsp = OcspResponder(world.engine, world.keys, world.clock, world.config)
    writs = office.tools.writs
    papers = PaperDesk(office.registry, EvidenceDesk(world.authority, crls, ocsp), writs)
    tools = TwoStepTools(office.tools, writs, office.permits, papers, world.audit)
    return TwoStepSealing(office.engine, office.clock, tools)


def bench_of(engine: sa.Engine, clock: SteppingClock, folder: Path, suite: Suite) -> Bench:
    office = make_office(engine, clock, folder, lambda _now: timedelta(0), suite)
    return Bench(office, desk_of(office))


@pytest.fixture
def bench(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Bench:
    return bench_of(engine, clock, tmp_path / "archive", Suite.INTERNATIONAL)


@pytest.mark.parametrize(
    ("suite", "level"),
    [(Suite.INTERNATIONAL, Level.B_B), (Suite.INTERNATIONAL, Level.B_LTA), (Suite.GM, Level.B_LT)],
)
def test_a_document_is_completed_with_a_signature_made_elsewhere(
    sqlite_database: str, clock: SteppingClock, tmp_path: Path, suite: Suite, level: Level
) -> None:

    bench = bench_of(make_engine(sqlite_database), clock, tmp_path / "archive", suite)
    asked = bench.begin(level=level)
    assert bench.column(seal_permit.c.state) == ["consumed"], "taken before anything is given out"
    assert bench.office.keeper_signer.signed == []
    signature = bench.signature(asked)
    key = certificate_key(x509.load_der_x509_certificate(asked.certificate))
    verify_digest(key, asked.algorithm, asked.digest, signature)
    sealed = bench.again().desk.complete(asked.sealing_id, signature, actor=KEEPER)
    assert sealed.report.verdict is Verdict.PASSED
    assert sealed.bytes.startswith(blank_pdf(2))
    assert bench.column(seal_permit.c.state) == ["used"]
    assert bench.column(sealing.c.state) == ["completed"]
    assert bench.office.left_over() == []
    actions = bench.office.actions()
    order_of = [actions.index(f"sealing.{one}") for one in ("intent", "handed_out", "returned", "completed")]
    assert order_of == sorted(order_of)
    repeated = bench.desk.complete(asked.sealing_id, signature, actor=KEEPER)
    assert (repeated.repeated, repeated.digest) == (True, sealed.digest)
    bench.office.engine.dispose()


def test_a_repeat_of_the_first_step_says_the_same(bench: Bench) -> None:
    first, second = bench.begin(), bench.again().begin()
    assert first == second
    assert len(bench.column(seal_permit.c.id)) == 1
    with pytest.raises(KeyDiffers):
        bench.begin(document=blank_pdf(3))
    assert bench.desk.find(first.sealing_id, actor=KEEPER) == first


def test_a_wrong_signature_is_refused_and_the_document_waits_on(bench: Bench) -> None:
    asked = bench.begin()
    right = bench.signature(asked)
    other = bench.office.keeper_signer.sign(asked.to_sign + b"!")
    for wrong in (other, b"", right[:-1] + bytes([right[-1] ^ 1])):
        with pytest.raises(RemoteSignatureInvalid):
            bench.desk.complete(asked.sealing_id, wrong, actor=KEEPER)
    assert bench.office.actions().count("sealing.signature_refused") == 3
    assert bench.desk.complete(asked.sealing_id, right, actor=KEEPER).report.verdict is Verdict.PASSED


def test_another_person_and_another_number_find_nothing(bench: Bench) -> None:
    asked = bench.begin()
    stranger = Actor("person:wang.wu", "王五", KEEPER.uscc)
    for number, actor in ((asked.sealing_id, stranger), ("0" * 32, KEEPER)):
        with pytest.raises(RemoteSealingUnknown):
            bench.desk.find(number, actor=actor)
        with pytest.raises(RemoteSealingUnknown):
            bench.desk.complete(number, bench.signature(asked), actor=actor)


def test_I19_reconciliation_leaves_what_waits_and_closes_what_waited_too_long(
    bench: Bench, clock: SteppingClock
) -> None:
    asked = bench.begin()
    bench.office.service.reconcile(AUDITOR)
    assert bench.column(sealing.c.state) == ["reserved"]
    assert bench.desk.expire(AUDITOR) == 0
    clock.advance(WAIT)
    with pytest.raises(RemoteSealingOver):
        bench.desk.complete(asked.sealing_id, bench.signature(asked), actor=KEEPER)
    assert bench.desk.find(asked.sealing_id, actor=KEEPER).state is WaitState.EXPIRED
    clock.advance(timedelta(seconds=1))
    assert bench.again().desk.expire(AUDITOR) == 1
    assert bench.column(sealing.c.state) == ["failed"]
    assert bench.column(seal_permit.c.state) == ["released"]
    assert bench.office.left_over() == []
    again = bench.begin()
    assert again.sealing_id == asked.sealing_id
    assert bench.column(waiting.c.attempt) == [1, 2]
    with pytest.raises(RemoteSignatureInvalid):
        bench.desk.complete(asked.sealing_id, bench.signature(asked), actor=KEEPER)
    bench.desk.complete(asked.sealing_id, bench.signature(again), actor=KEEPER)


def test_a_seal_frozen_in_between_is_refused(bench: Bench) -> None:
    asked = bench.begin()
    signature = bench.signature(asked)
    bench.office.registry.freeze(bench.office.seal.code, actor=APPLICANT, reason="遗失")
    with pytest.raises(SealFrozen):
        bench.desk.complete(asked.sealing_id, signature, actor=KEEPER)
    assert bench.column(sealing.c.state) == ["reserved"]
    with pytest.raises(SealFrozen):
        bench.begin(idempotency_key="another")


def test_it_is_withdrawn_once(bench: Bench) -> None:
    asked = bench.begin()
    bench.desk.withdraw(asked.sealing_id, actor=KEEPER)
    assert bench.column(seal_permit.c.state) == ["released"]
    assert bench.office.left_over() == []
    with pytest.raises(RemoteSealingOver):
        bench.desk.withdraw(asked.sealing_id, actor=KEEPER)
    with pytest.raises(RemoteSealingOver):
        bench.desk.complete(asked.sealing_id, bench.signature(asked), actor=KEEPER)


def test_a_process_that_dies_after_the_signature_came_is_closed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = bench.begin()

    class Killed(BaseException):
        pass

    def killed(*_given: object) -> None:
        raise Killed

    monkeypatch.setattr(KeptPlace, "fill", killed)
    signature = bench.signature(asked)
    with pytest.raises(Killed):
        bench.desk.complete(asked.sealing_id, signature, actor=KEEPER)
    monkeypatch.undo()
    done = bench.office.service.reconcile(AUDITOR)
    assert done.failed == (asked.sealing_id,)
    assert bench.column(seal_permit.c.state) == ["released"]
    with pytest.raises(RemoteSealingOver):
        bench.desk.complete(asked.sealing_id, signature, actor=KEEPER)


def test_a_draft_that_was_changed_while_it_waited_is_not_completed(bench: Bench) -> None:
    asked = bench.begin()
    draft = bench.office.archive.draft_path(asked.sealing_id)
    octets = bytearray(draft.read_bytes())
    octets[20] ^= 1
    draft.write_bytes(octets)
    with pytest.raises(Exception, match=r".") as fault:
        bench.desk.complete(asked.sealing_id, bench.signature(asked), actor=KEEPER)
    assert type(fault.value).__name__ in ("SelfCheckFailed", "DocumentDamaged")
    assert bench.column(sealing.c.state) == ["failed"]
    assert bench.office.left_over() == []


def test_the_ordinary_service_leaves_a_waiting_document_alone(bench: Bench) -> None:
    bench.begin()
    wanted = order(seal_code=bench.office.seal.code)
    with pytest.raises(SealingInProgress):
        bench.office.service.seal(wanted, actor=KEEPER)


def test_what_is_no_pdf_is_refused_in_words(bench: Bench) -> None:
    with pytest.raises(NotInTwoSteps) as refused:
        bench.begin(document=b"PK\x03\x04 an OFD")
    assert "PDF" in refused.value.zh
    with pytest.raises(NotInTwoSteps):
        bench.begin(detached=True)
    assert bench.column(seal_permit.c.state) == []


def test_the_kept_place_takes_what_fits_and_only_in_the_file_that_was_prepared(tmp_path: Path) -> None:
    from signing.errors import DocumentDamaged

    path = tmp_path / "draft"
    path.write_bytes(b"0123<" + b"0" * 8 + b">89")
    place = KeptPlace.of("[0 4 14 2]")
    assert (place.room, place.size) == (4, 16)
    with path.open("r+b") as stream:
        with pytest.raises(TimeStampFailed):
            place.fill(stream, b"12345")
        place.fill(stream, b"\xab\xcd")
    assert path.read_bytes() == b"0123<abcd0000>89"
    with path.open("r+b") as stream, pytest.raises(DocumentDamaged):
        place.fill(stream, b"x")
    for wrong in ("[0 4 5 2]", "[1 4 14 2]", "Doc_0/Signs/x", "[0 4 14]"):
        with pytest.raises(ValueError, match=r"."):
            KeptPlace.of(wrong)
