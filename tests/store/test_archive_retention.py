"""Nothing is deleted before its time or under a hold, and a deletion leaves its tombstone (C4; I19, I20, I22)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.actor import SYSTEM
from signing.objects.errors import ObjectMissing
from signing.objects.shelf import sha256
from signing.renewal.restoration import restore_archive
from signing.retention.classes import MAX_YEARS, RetentionClass, default_classes, read_classes
from signing.retention.desk import MAX_REASON
from signing.retention.errors import (
    DocumentDeleted,
    DocumentUnknown,
    HoldMoved,
    HoldUnknown,
    OnHold,
    ReasonNeeded,
    RetentionRulesInvalid,
    RetentionShortened,
    RetentionUnknown,
    SecondPersonNeeded,
    StillKept,
)
from signing.retention.scrub import scrub
from signing.retention.states import DocumentState, HoldState
from signing.retention.store import EVERY, DocumentQuery
from tests.archive_world import COUNSEL, KEEPING, OTHER_COUNSEL, Keeping, make_keeping
from tests.conftest import SteppingClock
from tests.pki import USCC

TEN_YEARS = timedelta(days=3653)


@pytest.fixture
def keeping(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Keeping:
    return make_keeping(engine, clock, tmp_path / "archive")


def ended(keeping: Keeping) -> str:
    """Seal a document and let its ten years pass."""
    digest = keeping.seal().digest.hex
    keeping.desk.classify(digest, "y10", actor=KEEPING)
    keeping.clock.advance(TEN_YEARS)
    return digest


def test_a_sealed_document_is_entered_for_its_owner(keeping: Keeping):
    sealed = keeping.seal()
    (found,) = keeping.desk.list(DocumentQuery(owner=USCC))
    assert (found.digest, found.size, found.level) == (sealed.digest.hex, sealed.size, "B-LTA")
    assert found.sealing == sealed.sealing_id
    assert keeping.desk.list(DocumentQuery(owner="91330106MA2CYNTX07")) == []
    document, stream = keeping.desk.open(found.digest, USCC)
    with stream:
        assert stream.read() == sealed.bytes
    assert document == found
    with pytest.raises(DocumentUnknown):
        keeping.desk.open(found.digest, "91330106MA2CYNTX07")


def test_the_list_goes_page_by_page_the_newest_first(keeping: Keeping):
    made = []
    for _ in range(3):
        made.append(keeping.seal().digest.hex)
        keeping.clock.advance(timedelta(minutes=1))
    first = keeping.desk.list(DocumentQuery(limit=2))
    rest = keeping.desk.list(DocumentQuery(limit=2, after=first[-1].digest))
    assert [one.digest for one in (*first, *rest)] == made[::-1]


def test_nothing_goes_before_its_time_and_the_tombstone_stays(keeping: Keeping):
    digest = keeping.seal().digest.hex
    with pytest.raises(StillKept) as unclassed:
        keeping.desk.delete(digest, "清理", actor=KEEPING)
    assert "类别" in unclassed.value.zh
    keeping.desk.classify(digest, "y10", actor=KEEPING)
    keeping.clock.advance(TEN_YEARS - timedelta(days=5))
    with pytest.raises(StillKept):
        keeping.desk.delete(digest, "清理", actor=KEEPING)
    keeping.clock.advance(timedelta(days=5))
    assert [one.digest for one in keeping.desk.list(DocumentQuery(ended_by=keeping.clock()))] == [digest]
    gone = keeping.desk.delete(digest, "保管期满", actor=KEEPING).newest
    assert (gone.state, gone.delete_reason, gone.deleted_by) == (
        DocumentState.DELETED,
        "保管期满",
        KEEPING.id,
    )
    assert (gone.deleted_at, gone.size > 0) == (keeping.clock(), True)
    assert keeping.stored() == set()
    with pytest.raises(DocumentDeleted):
        keeping.desk.open(digest)
    with pytest.raises(DocumentDeleted):
        keeping.desk.delete(digest, "again", actor=KEEPING)
    with pytest.raises(ObjectMissing):
        keeping.archive.path(sha256(digest))
    assert keeping.actions() == ["archive.classified", "archive.deletion.intended", "archive.deleted"]


def test_a_line_goes_as_a_whole(keeping: Keeping):
    first = keeping.seal().digest.hex
    keeping.desk.classify(first, "y10", actor=KEEPING)
    second = keeping.renewals.extend(first, actor=KEEPING).digest
    keeping.clock.advance(TEN_YEARS)
    file = keeping.desk.delete(second, "保管期满", actor=KEEPING)
    assert [one.state for one in file.versions] == [DocumentState.DELETED] * 2
    assert keeping.stored() == set()


def test_a_promise_is_never_shortened(keeping: Keeping):
    digest = keeping.seal().digest.hex
    keeping.desk.classify(digest, "y10", actor=KEEPING)
    file = keeping.desk.classify(digest, "y30", actor=KEEPING)
    assert file.newest.retain_until is not None
    with pytest.raises(RetentionShortened):
        keeping.desk.classify(digest, "y10", actor=KEEPING)
    keeping.desk.classify(digest, "permanent", actor=KEEPING)
    with pytest.raises(RetentionShortened):
        keeping.desk.classify(digest, "y30", actor=KEEPING)
    keeping.clock.advance(40 * timedelta(days=366))
    with pytest.raises(StillKept) as for_ever:
        keeping.desk.delete(digest, "清理", actor=KEEPING)
    assert "永久" in for_ever.value.zh
    with pytest.raises(RetentionUnknown):
        keeping.desk.classify(digest, "y20", actor=KEEPING)


def test_I22_a_hold_is_placed_by_one_and_lifted_by_two(keeping: Keeping):
    digest = ended(keeping)
    hold = keeping.desk.hold(digest, "诉讼保全", actor=COUNSEL)
    with pytest.raises(OnHold):
        keeping.desk.delete(digest, "保管期满", actor=KEEPING)
    with pytest.raises(HoldMoved):
        keeping.desk.release(hold.id, actor=COUNSEL)
    keeping.desk.ask_release(hold.id, "案件已结", actor=COUNSEL)
    with pytest.raises(SecondPersonNeeded):
        keeping.desk.release(hold.id, actor=COUNSEL)
    with pytest.raises(SecondPersonNeeded):
        keeping.desk.release(hold.id, actor=type(COUNSEL)(COUNSEL.id.upper()))
    with pytest.raises(OnHold):
        keeping.desk.delete(digest, "保管期满", actor=KEEPING)
    lifted = keeping.desk.release(hold.id, actor=OTHER_COUNSEL)
    assert (lifted.state, lifted.asked_by, lifted.lifted_by) == (
        HoldState.LIFTED,
        COUNSEL.id,
        OTHER_COUNSEL.id,
    )
    with pytest.raises(HoldMoved):
        keeping.desk.release(hold.id, actor=OTHER_COUNSEL)
    keeping.desk.delete(digest, "保管期满", actor=KEEPING)
    assert keeping.actions("archive.h") == [
        "archive.held",
        "archive.hold.release_asked",
        "archive.hold.lifted",
    ]
    with pytest.raises(HoldUnknown):
        keeping.desk.hold_of("0" * 32)


def test_a_release_may_be_refused_and_a_hold_covers_the_whole_line(keeping: Keeping):
    digest = ended(keeping)
    hold = keeping.desk.hold(digest, "调查", actor=COUNSEL)
    keeping.desk.ask_release(hold.id, "已结", actor=COUNSEL)
    kept = keeping.desk.refuse_release(hold.id, actor=OTHER_COUNSEL)
    assert (kept.state, kept.asked_by) == (HoldState.STANDING, "")
    assert [one.digest for one in keeping.desk.list(DocumentQuery(held=True))] == [digest]


def test_a_restoration_holds_every_document(keeping: Keeping):
    """Holds placed since the backup are lost with it: what was stopped stays stopped."""
    digest = ended(keeping)
    with keeping.office.engine.begin() as conn:
        restore_archive(conn, keeping.clock(), actor=SYSTEM, audit=keeping.office.world.audit)
    with pytest.raises(OnHold):
        keeping.desk.delete(digest, "保管期满", actor=KEEPING)
    (hold,) = keeping.desk.standing()
    assert hold.origin == EVERY
    assert keeping.desk.list(DocumentQuery(held=True))
    keeping.desk.ask_release(hold.id, "已核对", actor=COUNSEL)
    keeping.desk.release(hold.id, actor=OTHER_COUNSEL)
    keeping.desk.delete(digest, "保管期满", actor=KEEPING)


def test_I19_a_deletion_cut_off_is_finished(keeping: Keeping, monkeypatch: pytest.MonkeyPatch):
    digest = ended(keeping)
    desk = keeping.desk

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(desk, "_finish", die)
    with pytest.raises(Killed):
        desk.delete(digest, "保管期满", actor=KEEPING)
    assert keeping.desk.show(digest).newest.state is DocumentState.DELETING
    with pytest.raises(DocumentDeleted):
        keeping.desk.hold(digest, "太晚", actor=COUNSEL)
    assert keeping.desk.reconcile(SYSTEM) == 1
    assert keeping.desk.show(digest).newest.state is DocumentState.DELETED
    assert keeping.desk.reconcile(SYSTEM) == 0


def test_a_hold_and_a_deletion_at_once_never_both(keeping: Keeping):
    """Whoever is first wins: a held document is there, a deleted one is not held."""
    digests = [keeping.seal().digest.hex for _ in range(3)]
    for digest in digests:
        keeping.desk.classify(digest, "y10", actor=KEEPING)
    keeping.clock.advance(TEN_YEARS)
    for digest in digests:
        outcome: list[str] = []
        gate = threading.Barrier(2)

        def hold(one: str = digest, done: list[str] = outcome, start: threading.Barrier = gate) -> None:
            start.wait()
            try:
                keeping.desk.hold(one, "保全", actor=COUNSEL)
                done.append("held")
            except DocumentDeleted:
                pass

        def delete(one: str = digest, done: list[str] = outcome, start: threading.Barrier = gate) -> None:
            start.wait()
            try:
                keeping.desk.delete(one, "期满", actor=KEEPING)
                done.append("deleted")
            except OnHold:
                pass

        threads = [threading.Thread(target=work) for work in (hold, delete)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(outcome) == 1
        assert (digest in keeping.stored()) == (outcome == ["held"])


@pytest.mark.parametrize("reason", ["", "  ", "x" * (MAX_REASON + 1)])
def test_every_act_has_its_reason(keeping: Keeping, reason: str):
    digest = ended(keeping)
    for act in (keeping.desk.hold, keeping.desk.delete):
        with pytest.raises(ReasonNeeded):
            act(digest, reason, actor=KEEPING)


def test_a_scrub_finds_what_is_missing_damaged_or_unknown(keeping: Keeping):
    one, two, three = (keeping.seal().digest.hex for _ in range(3))
    keeping.archive.path(sha256(one)).unlink()
    path = keeping.archive.path(sha256(two))
    octets = bytearray(path.read_bytes())
    octets[100] ^= 1
    path.chmod(0o600)
    path.write_bytes(octets)
    stray = path.parent / ("0" * 64)
    stray.write_bytes(b"stray")
    shallow = scrub(keeping.desk, keeping.archive, deep=False, progress=lambda _count: None)
    assert (shallow.missing, shallow.damaged) == ((one,), ())
    deep = scrub(keeping.desk, keeping.archive, deep=True, progress=lambda _count: None)
    assert (deep.missing, deep.damaged, deep.unknown) == ((one,), (two,), ("0" * 64,))
    assert not deep.whole
    assert three not in (*deep.missing, *deep.damaged)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml [",
        "[a]\nzh='甲'\nen='a'",
        "[a]\nzh='甲'\nen='a'\nyears=-1",
        f"[a]\nzh='甲'\nen='a'\nyears={MAX_YEARS + 1}",
        "[a]\nzh='甲'\nen=''\nyears=1",
        "[a]\nzh='甲'\nen='a'\nyears=true",
        "[a]\nzh='甲'\nen='a'\nyears=1\nmore=2",
        "a = 1",
    ],
)
def test_wrong_classes_are_refused_in_words(text: str):
    with pytest.raises(RetentionRulesInvalid):
        read_classes(text.encode())


def test_classes_are_data():
    book = read_classes("[contract]\nzh='合同'\nen='contracts'\nyears=15\n".encode())
    assert book.of("contract") == RetentionClass("contract", "合同", "contracts", 15)
    assert [one.id for one in default_classes().classes] == ["permanent", "y30", "y10"]
    leap = datetime(2028, 2, 29, tzinfo=UTC)
    assert book.of("contract").until(leap) == datetime(2043, 3, 1, tzinfo=UTC)
    assert RetentionClass("x", "x", "x", 1000).until(datetime(9500, 5, 5, tzinfo=UTC)) == datetime(
        9999, 3, 1, tzinfo=UTC
    )
