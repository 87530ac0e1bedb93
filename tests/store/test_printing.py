"""Printed copies on both databases: counted before they are made, grey beyond the quota, each on the trail (C10)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.audit import AuditTrail
from signing.printing.code import read_code
from signing.printing.copy import CopyState, PrintCopy, Seen
from signing.printing.desk import NOT_ENTITLED, OVER, STALE_AFTER, VOIDED, PrintDesk, Printed, PrintWish
from signing.printing.errors import (
    CodeMalformed,
    CopyUnknown,
    NotPrintable,
    NotTheSealer,
    PrintFailed,
    PrintFieldInvalid,
    PrintKeyTaken,
)
from signing.printing.press import Press
from signing.printing.store import print_copy, print_rule
from signing.voiding.store import voided_document, voiding
from tests.conftest import SteppingClock
from tests.party_world import FIRST, SECOND, PartyWorld, make_party_world
from tests.unit.signing.office import AUDITOR, KEEPER, order


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    with Press() as made:
        yield made


class Prints:
    """A sealed document and a desk over it."""

    def __init__(self, world: PartyWorld, press: Press) -> None:
        self.office = world.office
        sealed = self.office.service.seal(order(seal_code=self.office.seal.code), actor=KEEPER)
        self.sha256, self.octets = sealed.digest.hex, sealed.bytes
        self.desk = self.with_press(press)

    def with_press(self, press: Press) -> PrintDesk:
        office = self.office
        return PrintDesk(
            office.engine,
            office.clock,
            office.world.audit,
            office.archive,
            press,
            "https://x.example/c/{}".format,
        )

    def make(self, key: str, hand=FIRST, document: str | bytes = "") -> Printed:
        return self.desk.make(PrintWish(document or self.sha256), request_key=key, hand=hand)

    def copies(self) -> tuple[PrintCopy, ...]:
        return self.desk.copies(self.sha256, hand=FIRST)


@pytest.fixture
def prints(engine: sa.Engine, clock: SteppingClock, tmp_path: Path, press: Press) -> Prints:
    return Prints(make_party_world(engine, clock, tmp_path / "archive", lambda _now: timedelta(0)), press)


def test_C10_copies_are_numbered_and_grey_beyond_the_quota(prints: Prints) -> None:
    """C10: within the quota the seal is red, beyond it grey; each copy has its number, its code and its audit record."""
    rule = prints.desk.allow(prints.sha256, 2, hand=FIRST, title="采购合同")
    assert (rule.quota, rule.pages, rule.title) == (2, 2, "采购合同")
    made = [prints.make(f"p-{n}").copy for n in range(3)]
    assert [(one.number, one.seen, one.why) for one in made] == [
        (1, Seen.TRUE, ""), (2, Seen.TRUE, ""), (3, Seen.GREY, OVER),
    ]  # fmt: skip
    assert prints.desk.rule(prints.sha256, hand=FIRST).used == 2
    assert len({one.code for one in made}) == 3
    assert all(read_code(one.shown_code) == one.code for one in made)
    assert prints.make("p-0").copy == made[0], "the same request is the same copy"
    assert [one.state for one in prints.copies()] == [CopyState.MADE] * 3
    assert [one for one in prints.office.actions() if one.startswith("print.")] == [
        "print.allowed", *("print.counted", "print.made") * 3,
    ]  # fmt: skip
    answer = prints.desk.look_up(made[2].shown_code.lower())
    assert (answer.copy.number, answer.rule.title, answer.family.sealers[0].uscc) == (
        3,
        "采购合同",
        FIRST.actor.uscc,
    )


def test_C10_somebody_else_prints_grey_and_only_what_they_hold(prints: Prints) -> None:
    prints.desk.allow(prints.sha256, 5, hand=FIRST)
    with pytest.raises(NotPrintable):
        prints.make("p-1", SECOND)
    grey = prints.make("p-1", SECOND, prints.octets).copy
    assert (grey.seen, grey.why) == (Seen.GREY, NOT_ENTITLED)
    assert prints.desk.rule(prints.sha256, hand=FIRST).used == 0
    with pytest.raises(NotTheSealer):
        prints.desk.allow(prints.sha256, 9, hand=SECOND)
    with pytest.raises(NotPrintable):
        prints.desk.copies(prints.sha256, hand=SECOND)
    with pytest.raises(NotPrintable):
        prints.make("p-2", FIRST, b"%PDF-1.7 not sealed here")


def test_a_document_without_a_quota_prints_grey(prints: Prints) -> None:
    assert prints.make("p-1").copy.why == OVER
    with pytest.raises(PrintFieldInvalid, match="quota"):
        prints.desk.allow(prints.sha256, -1, hand=FIRST)
    assert prints.desk.allow(prints.sha256, 1, hand=FIRST).printed == 1
    assert prints.make("p-2").copy.seen is Seen.TRUE


def test_a_voided_document_prints_grey(prints: Prints, engine: sa.Engine, clock: SteppingClock) -> None:
    prints.desk.allow(prints.sha256, 5, hand=FIRST)
    assert prints.make("p-0").copy.seen is Seen.TRUE
    with engine.begin() as conn:
        row = {
            "id": "v",
            "request_key": "v",
            "status": "voided",
            "moves": 1,
            "document": prints.sha256,
            "title": "",
        }
        row |= {"reason": "x", "asked_uscc": "", "asked_by": "", "rule": "{}", "why": "", "record": ""}
        conn.execute(voiding.insert().values(**row, asked_at=clock()))
        conn.execute(voided_document.insert().values(sha256=prints.sha256, voiding="v", since=clock()))
    assert prints.make("p-1").copy.why == VOIDED
    again = prints.make("p-0").copy  # the same request once more: no red seal on what was voided since
    assert (again.number, again.seen, again.why) == (1, Seen.GREY, VOIDED)


def test_two_at_the_last_place_of_a_quota_get_one_red_copy(prints: Prints, press: Press) -> None:
    prints.desk.allow(prints.sha256, 1, hand=FIRST)
    desks = [prints.desk, prints.with_press(press)]

    def go(number: int) -> Seen:
        wish = PrintWish(prints.sha256)
        return desks[number].make(wish, request_key=f"p-{number}", hand=FIRST).copy.seen

    with ThreadPoolExecutor(2) as pool:
        seen = sorted(pool.map(go, (0, 1)))
    assert seen == [Seen.GREY, Seen.TRUE]
    assert prints.desk.rule(prints.sha256, hand=FIRST).used == 1


def test_a_copy_that_comes_to_nothing_gives_its_place_back_never_its_number(prints: Prints) -> None:
    prints.desk.allow(prints.sha256, 1, hand=FIRST)
    with Press(seconds=0.001) as slow:
        late = prints.with_press(slow)
        with pytest.raises(PrintFailed):
            late.make(PrintWish(prints.sha256), request_key="p-1", hand=FIRST)
    assert prints.copies()[0].state is CopyState.FAILED
    with pytest.raises(PrintKeyTaken):
        prints.make("p-1")
    again = prints.make("p-2").copy
    assert (again.number, again.seen) == (2, Seen.TRUE)
    with pytest.raises(CopyUnknown):
        prints.desk.look_up(prints.copies()[0].code)
    with pytest.raises(CodeMalformed):
        prints.desk.look_up("7K2M9")


def test_a_copy_left_behind_by_a_dead_process_is_closed(
    prints: Prints, engine: sa.Engine, clock: SteppingClock
) -> None:
    prints.desk.allow(prints.sha256, 3, hand=FIRST)
    code = prints.make("p-1").copy.code
    with engine.begin() as conn:
        conn.execute(print_copy.update().where(print_copy.c.code == code).values(state="reserved"))
    assert prints.desk.reconcile(AUDITOR) == 0
    clock.advance(STALE_AFTER + timedelta(seconds=1))
    assert [prints.desk.reconcile(AUDITOR) for _ in range(2)] == [1, 0]
    assert prints.desk.rule(prints.sha256, hand=FIRST).used == 0


def test_I20_no_copy_is_counted_without_its_audit_record(
    prints: Prints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I20: the count, the code and the audit record are one transaction."""
    prints.desk.allow(prints.sha256, 3, hand=FIRST)

    def full(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("disk", {}, Exception("disk is full"))

    monkeypatch.setattr(AuditTrail, "append_many", full)
    with pytest.raises(sa.exc.OperationalError):
        prints.make("p-1")
    assert prints.office.rows(print_copy) == []
    assert [row.used for row in prints.office.rows(print_rule)] == [0]
