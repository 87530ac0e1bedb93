"""Several documents through the cycle together: the same records as one by one, in three transactions (C7, I1, I29)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hsm.errors import TokenLost
from seals.cases.store import use_case, use_case_entry
from seals.errors import SealFrozen
from seals.seal import SealStatus
from seals.store import seal_permit
from signing.errors import DocumentDamaged, NotAPdf
from signing.level import Level
from signing.making import Step
from signing.retention.store import stored_document
from signing.service import SealedDocument
from signing.store import sealing
from tests.conftest import SteppingClock
from tests.interop.sealing_world import blank_pdf
from tests.unit.signing.office import AUDITOR, KEEPER, Office, make_office, order
from verify.verdict import Verdict

DAMAGED = b"%PDF-1.7\nnot a document at all\n%%EOF\n"


@pytest.fixture
def office(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Office:
    return make_office(engine, clock, tmp_path / "archive", lambda _now: timedelta(0))


def wishes(office: Office, *documents: bytes):
    return [
        order(document, seal_code=office.seal.code, idempotency_key=f"several-{number}")
        for number, document in enumerate(documents)
    ]


def pages(count: int) -> list[bytes]:
    return [blank_pdf(number + 1) for number in range(count)]


def states(office: Office, table: sa.Table, column: str) -> Counter[str]:
    return Counter(getattr(row, column) for row in office.rows(table))


def commits(office: Office) -> list[str]:
    seen: list[str] = []
    sa.event.listen(office.engine, "commit", lambda _conn: seen.append("commit"))
    return seen


def test_C7_several_leave_the_records_that_one_by_one_leave(office: Office):
    asked = wishes(office, *pages(4))
    alone = office.service.seal(asked[0], actor=KEEPER)
    of_one = Counter(office.actions())
    together = office.service.seal_several(asked[1:], actor=KEEPER)
    assert all(isinstance(one, SealedDocument) and one.report.verdict is Verdict.PASSED for one in together)
    assert [one.repeated for one in (alone, *together)] == [False] * 4
    assert states(office, sealing, "state") == {"completed": 4}
    assert states(office, seal_permit, "state") == {"used": 4}
    assert states(office, use_case, "status") == {"closed": 4}
    assert states(office, use_case_entry, "act") == {
        act: 4 * times for act, times in states_of_first(office).items()
    }
    assert {row.digest for row in office.rows(stored_document)} == {
        one.digest.hex for one in (alone, *together)
    }
    per_document = {"sealing.", "permit.", "case."}
    for action, times in Counter(office.actions()).items():
        if any(action.startswith(start) for start in per_document):
            assert times == 4 * of_one[action], action
    assert office.left_over() == []


def states_of_first(office: Office) -> Counter[str]:
    first = office.rows(use_case_entry)[0].case_id
    return Counter(row.act for row in office.rows(use_case_entry) if row.case_id == first)


def test_several_share_their_transactions(office: Office):
    office.service.seal(wishes(office, blank_pdf(9))[0], actor=KEEPER)  # lists and answers are made
    seen = commits(office)
    documents = [
        order(document, seal_code=office.seal.code, idempotency_key=f"shared-{number}", level=Level.B_B)
        for number, document in enumerate(pages(6))
    ]
    office.service.seal_several(documents, actor=KEEPER)
    assert len(seen) == 3, "grant, take, record"


def test_I01_several_touch_no_key_before_intents_and_permits_are_committed(office: Office):
    signed: dict[Step, int] = {}

    def look(step: Step) -> None:
        signed.setdefault(step, len(office.keeper_signer.signed))
        if step is Step.RESERVED:
            assert states(office, sealing, "state") == {"reserved": 3}
        if step is Step.PERMITTED:
            assert states(office, seal_permit, "state") == {"consumed": 3}

    office.passing(look).seal_several(wishes(office, *pages(3)), actor=KEEPER)
    assert signed[Step.RESERVED] == signed[Step.PERMITTED] == 0
    assert len(office.keeper_signer.signed) == 3


def test_one_that_cannot_be_sealed_does_not_hold_up_the_others(office: Office):
    asked = wishes(office, blank_pdf(1), DAMAGED, b"no document", blank_pdf(2))
    first, damaged, unknown, last = office.service.seal_several(asked, actor=KEEPER)
    assert isinstance(first, SealedDocument)
    assert isinstance(last, SealedDocument)
    assert isinstance(damaged, DocumentDamaged)
    assert isinstance(unknown, NotAPdf)
    assert states(office, sealing, "state") == {"completed": 2, "failed": 1}
    assert states(office, seal_permit, "state") == {"used": 2, "released": 1}
    assert office.left_over() == []


def test_a_damaged_one_among_good_ones_is_closed_by_itself(office: Office):
    ends = office.service.seal_several(wishes(office, blank_pdf(1), DAMAGED, blank_pdf(2)), actor=KEEPER)
    assert [type(one) for one in ends] == [SealedDocument, DocumentDamaged, SealedDocument]
    assert len(office.keeper_signer.signed) == 2


def test_I29_what_was_asked_for_before_is_given_again(office: Office):
    asked = wishes(office, *pages(3))
    before = office.service.seal(asked[1], actor=KEEPER)
    first, again, last = office.service.seal_several(asked, actor=KEEPER)
    assert isinstance(again, SealedDocument)
    assert (again.sealing_id, again.repeated) == (before.sealing_id, True)
    assert [one.repeated for one in (first, last)] == [False, False]  # type: ignore[union-attr]
    assert len(office.keeper_signer.signed) == 3


def test_a_seal_frozen_after_the_permits_is_refused_before_the_key(office: Office):
    def freeze(step: Step) -> None:
        if step is Step.PREPARED and office.registry.get(office.seal.code).status is SealStatus.ACTIVE:
            assert states(office, seal_permit, "state") == {"granted": 2}
            office.registry.freeze(office.seal.code, actor=AUDITOR, reason="挂失")

    ends = office.passing(freeze).seal_several(wishes(office, *pages(2)), actor=KEEPER)
    assert [type(one) for one in ends] == [SealFrozen, SealFrozen]
    assert office.keeper_signer.signed == []
    assert states(office, seal_permit, "state") == {"released": 2}
    assert states(office, sealing, "state") == {"failed": 2}


def test_a_seal_stopped_before_is_refused_for_each_on_record(office: Office):
    office.registry.freeze(office.seal.code, actor=AUDITOR, reason="挂失")
    ends = office.service.seal_several(wishes(office, *pages(2)), actor=KEEPER)
    assert [type(one) for one in ends] == [SealFrozen, SealFrozen]
    assert office.actions().count("sealing.refused") == 2
    assert office.rows(sealing) == []


def test_a_token_that_goes_away_in_the_middle_fails_only_what_it_did_not_sign(office: Office):
    signer, sound = office.keeper_signer, office.keeper_signer.sign

    def lose(message: bytes) -> bytes:
        if signer.signed:
            raise TokenLost("gone")
        return sound(message)

    signer.sign = lose  # type: ignore[method-assign]
    ends = office.service.seal_several(wishes(office, *pages(3)), actor=KEEPER)
    assert isinstance(ends[0], SealedDocument)
    assert [type(one) for one in ends[1:]] == [TokenLost, TokenLost]
    assert states(office, seal_permit, "state") == {"used": 1, "released": 2}


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("at", [step for step in Step if step is not Step.RECORDED])
def test_I19_a_crash_among_several_is_reconciled_one_by_one(office: Office, at: Step):
    passed: list[Step] = []

    def kill(step: Step) -> None:
        passed.append(step)
        if passed.count(at) == 2:
            raise Killed

    with pytest.raises(Killed):
        office.passing(kill).seal_several(wishes(office, *pages(3)), actor=KEEPER)
    office.service.reconcile(AUDITOR)
    ends = states(office, sealing, "state")
    assert "reserved" not in ends
    assert office.left_over() == []
    signed = len(office.keeper_signer.signed)
    again = office.service.seal_several(wishes(office, *pages(3)), actor=KEEPER)
    assert all(isinstance(one, SealedDocument) for one in again), again
    assert states(office, sealing, "state") == {"completed": 3}
    assert len(office.keeper_signer.signed) - signed == 3 - ends["completed"]
    used = states(office, seal_permit, "state")
    assert used["used"] == 3
