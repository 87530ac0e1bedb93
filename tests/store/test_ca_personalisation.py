"""Personalisation cut off at every touch of the chip, by an error or by a kill, before the touch or after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from api.database.engine import make_engine
from ca.certificate import CertificateQuery, CertificateStatus
from ca.tokens.errors import LetterUnavailable, ProcedureRefused, StepFailed, TokenFieldInvalid
from ca.tokens.letter_store import LetterStatus
from ca.tokens.plan import ApplicationPlan, ContainerPlan, PersonalisationPlan, plan_from_json
from ca.tokens.procedure_store import ProcedureStatus, StepStatus
from ca.tokens.range_store import Fate
from ca.tokens.ranges import Grant
from ca.tokens.state import TokenState
from ca.tokens.token import PinPolicy, Purpose, Standing
from hsm.errors import TokenExists, TokenLost
from hsm.pin_counter import PinCounter
from hsm.pins import Pin
from hsm.provider import KeyRing
from hsm.soft_keys import SoftProvider
from hsm.soft_token import Cost
from hsm.token_chip import TokenChips
from tests.conftest import USER_PIN, SteppingClock
from tests.faults import SIGKILLED, die, in_a_process
from tests.pki import USCC
from tests.token_world import ANNE, BERT, FIVE, TokenWorld, make_token_world

PARTS = FIVE[:2]
TOUCHES = ("create_application", "generate", "import_certificate")
POINTS = [(name, nth, when) for name in TOUCHES for nth in (1, 2) for when in ("before", "after")]


class BreakingChips(TokenChips):
    """Chips whose ``nth`` call of one method fails, before it takes effect or after."""

    def arm(self, name: str, nth: int, when: str, fail: Any) -> None:
        real, count = getattr(super(), name), 0

        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count == nth and when == "before":
                fail()
            answer = real(*arguments, **named)
            if count == nth and when == "after":
                fail()
            return answer

        setattr(self, name, call)

    def disarm(self) -> None:
        for name in TOUCHES:
            self.__dict__.pop(name, None)


def lose() -> None:
    raise TokenLost("the chip went away")


@pytest.fixture
def chips(tmp_path: Path) -> BreakingChips:
    soft = SoftProvider(
        tmp_path / "soft", pins=lambda _token: USER_PIN, counters=tmp_path / "counters", cost=Cost(64, 1, 1)
    )
    return BreakingChips(soft, PinCounter(tmp_path / "counters", "file"))


@pytest.fixture
def world(chips: BreakingChips, clock: SteppingClock, tmp_path: Path) -> TokenWorld:
    engine: sa.Engine = make_engine(f"sqlite:///{tmp_path / 'tokens.db'}")
    ring = KeyRing({"file": chips._provider})
    return make_token_world(engine, clock, tmp_path, chips={"file": chips}, ring=ring)


def check_whole(world: TokenWorld, chips: BreakingChips) -> None:
    """Check that the chip is personalised once: a key and a certificate in each container, no certificate beside them."""
    token = world.registry.get("C1")
    assert token.state is TokenState.PERSONALISED
    assert world.personalisation.procedure("C1").status is ProcedureStatus.DONE
    keys = [part.containers[0].keys[0] for part in token.applications]
    assert [key.standing for key in keys] == [Standing.GOOD] * len(PARTS)
    issued = world.pki.authority.find(CertificateQuery(uscc=USCC, profile="enterprise-sign")).items
    assert sorted(each.serial for each in issued) == sorted(key.serial or 0 for key in keys)
    for name, container, _ in PARTS:
        letter = next(each for each in world.letters.of_token("C1") if each.application == name)
        assert letter.status is LetterStatus.READY
        pin = world.letters.print(letter.id, actor=ANNE).pin
        stored = chips._provider.keys(f"C1/{name}", pin=pin)
        assert [key.uri.object for key in stored] == [container]
        assert [each.container for each in chips.certificates("C1", name)] == [container]
        place = world.place("C1", [each[0] for each in PARTS].index(name))
        signature = world.gate.signer(place, pin=pin).sign(b"message")
        assert signature


@pytest.mark.parametrize(("name", "nth", "when"), POINTS)
def test_an_error_at_the_chip_is_on_record_and_taken_up(
    world: TokenWorld, chips: BreakingChips, name: str, nth: int, when: str
) -> None:
    world.new()
    chips.arm(name, nth, when, lose)
    with pytest.raises(StepFailed) as failed:
        world.personalise(world.plan(parts=PARTS))
    assert isinstance(failed.value.__cause__, TokenLost)
    procedure = world.personalisation.procedure("C1")
    broken = [step for step in procedure.steps if step.status is StepStatus.FAILED]
    assert [(step.fault, step.attempts) for step in broken] == [("TokenLost", 1)]
    made = name != "create_application"
    assert world.registry.get("C1").state is (TokenState.READY if made else TokenState.UNINITIALISED)
    with pytest.raises(LetterUnavailable):
        world.letters.print(1, actor=ANNE)
    chips.disarm()
    world.personalisation.run("C1", actor=BERT)
    check_whole(world, chips)


@pytest.mark.crash
@pytest.mark.parametrize(("name", "nth", "when"), POINTS)
def test_I19_a_kill_at_the_chip_leaves_a_known_state_and_is_taken_up(
    world: TokenWorld, chips: BreakingChips, name: str, nth: int, when: str
) -> None:
    world.new()

    def work() -> None:
        chips.arm(name, nth, when, die)
        world.personalise(world.plan(parts=PARTS))

    assert in_a_process(work, world.engine) == SIGKILLED
    begun = [step for step in world.personalisation.procedure("C1").steps if step.status is StepStatus.BEGUN]
    assert len(begun) == 1
    made = name != "create_application"
    assert world.registry.get("C1").state is (TokenState.READY if made else TokenState.UNINITIALISED)
    world.personalisation.run("C1", actor=BERT)
    check_whole(world, chips)


def test_a_spoilt_chip_is_recorded_with_its_number_and_its_certificates(
    world: TokenWorld, chips: BreakingChips
) -> None:
    granted = world.ranges.grant(Grant("YX00000001", "YX00000010", "刻章店", "王收"), actor=ANNE)
    world.new(number="YX00000003")
    chips.arm("generate", 2, "after", lose)
    with pytest.raises(StepFailed):
        world.personalise(world.plan(parts=PARTS))
    token = world.registry.damage("C1", actor=ANNE, reason="写入中断")
    assert world.personalisation.reconcile() == 1
    assert token.state is TokenState.DAMAGED
    assert world.personalisation.procedure("C1").status is ProcedureStatus.ABANDONED
    assert {each.status for each in world.letters.of_token("C1")} == {LetterStatus.VOID}
    issued = world.pki.authority.find(CertificateQuery(uscc=USCC, profile="enterprise-sign")).items
    assert [each.status for each in issued] == [CertificateStatus.REVOKED]
    report = world.ranges.report(granted.id)
    assert (report.consumed, report.spoilt, report.remaining) == (0, 1, 9)
    assert [each.fate for each in world.ranges.usages(granted.id)] == [Fate.SPOILT]
    with pytest.raises(ProcedureRefused):
        world.personalise(world.plan(parts=PARTS))


def test_a_finished_chip_consumes_its_number_once(world: TokenWorld) -> None:
    granted = world.ranges.grant(Grant("YX00000001", "YX00000010", "刻章店", "王收"), actor=ANNE)
    world.new(number="YX00000003")
    world.personalise(world.plan(parts=PARTS))
    report = world.ranges.report(granted.id)
    assert (report.consumed, report.spoilt, report.returned, report.remaining) == (1, 0, 0, 9)
    assert report.reconciles
    world.registry.terminate("C1", actor=ANNE, reason="到期")
    assert world.ranges.report(granted.id) == report


def test_a_chip_that_holds_a_foreign_application_is_left_alone(
    world: TokenWorld, chips: BreakingChips
) -> None:
    chips.create_application("C1", PARTS[0][0], Pin("SO-PIN-OF-OTHERS"), Pin("12345678"), 6)
    world.new()
    with pytest.raises(StepFailed) as failed:
        world.personalise(world.plan(parts=PARTS))
    assert isinstance(failed.value.__cause__, TokenExists)
    assert chips.pin_info("C1", PARTS[0][0]).left == 6


def test_a_token_stopped_in_the_middle_stops_the_procedure_and_what_it_issued(
    world: TokenWorld, chips: BreakingChips
) -> None:
    world.new()

    def stop() -> None:
        world.registry.suspend("C1", actor=BERT, reason="叫停")

    chips.arm("import_certificate", 1, "before", stop)
    with pytest.raises(ProcedureRefused):
        world.personalise(world.plan(parts=PARTS))
    token = world.registry.get("C1")
    assert token.state is TokenState.SUSPENDED
    first = next(part for part in token.applications if part.containers)
    assert first.containers[0].keys[0].standing is Standing.HELD


@pytest.mark.parametrize(
    "profile", ["root", "issuing", "ocsp-responder", "tsa", "seal-maker", "enterprise-encrypt", "x"]
)
def test_a_chip_gets_no_certificate_of_a_ca_or_a_service(profile: str) -> None:
    with pytest.raises(TokenFieldInvalid) as refused:
        ContainerPlan("bank", Purpose.BANK, "某某公司", profile=profile)
    assert refused.value.field == "profile"


def test_a_plan_is_read_back_as_it_was_written_and_says_what_is_wrong(world: TokenWorld) -> None:
    plan = world.plan(days=30)
    assert plan_from_json(plan.to_json()) == plan
    container = plan.applications[0].containers[0]
    wrong: list[tuple[str, Callable[[], object]]] = [
        ("container", lambda: ContainerPlan("a/b", Purpose.BANK, "某某公司")),
        ("common_name", lambda: ContainerPlan("bank", Purpose.BANK, " ")),
        ("days", lambda: ContainerPlan("bank", Purpose.BANK, "某某公司", days=4000)),
        ("application", lambda: ApplicationPlan("too-long-a-name", (container,))),
        ("containers", lambda: ApplicationPlan("bank", ())),
        ("containers", lambda: ApplicationPlan("bank", (container, container))),
        ("applications", lambda: PersonalisationPlan("C1", ())),
        ("pin.length", lambda: PinPolicy(4, 6)),
        ("pin.tries", lambda: PinPolicy(8, 16)),
    ]
    for field, make in wrong:
        with pytest.raises(TokenFieldInvalid) as refused:
            make()
        assert refused.value.field == field
