"""The audit trail: written with the change, chained, proved by two programs that share no code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditQuery, AuditTrail, Entry, canonical_json, digest_of
from ca.checkpoint import Anchor, Checkpoint
from ca.errors import AuditBroken
from ca.store import audit, audit_head, metadata
from tests.conftest import SteppingClock
from tests.pki import MemorySigner, new_key

ACTOR = Actor("person:li.wei", "李伟", "11370306MB2867521U")
ROWS = 7


@pytest.fixture
def trail(engine: sa.Engine, clock: SteppingClock) -> AuditTrail:
    metadata.create_all(engine)
    made = AuditTrail(clock)
    for number in range(ROWS):
        with engine.begin() as conn:
            made.append(
                conn,
                "thing.done",
                actor=ACTOR,
                subject=f"thing:{number}",
                detail={"n": number, "text": '引号"与\\反斜杠\n', "list": [1, None, {"a": "b"}]},
            )
        clock.advance(timedelta(seconds=1))
    return made


def independent_check(lines: Iterable[str]) -> tuple[int, str]:
    """Check an export by the module's docstring alone: json and hashlib, no code of ours. Returns number and digest."""
    number, previous = 0, "0" * 64
    for line in lines:
        found = json.loads(line)
        digest = found.pop("digest")
        number += 1
        assert found["number"] == number, f"gap before {found['number']}"
        assert found["previous"] == previous, f"chain broken at {number}"
        octets = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
        assert hashlib.sha256(b"yinxin-audit-v1\n" + octets).hexdigest() == digest, f"edited at {number}"
        previous = digest
    return number, previous


def test_I21_two_programs_agree(engine: sa.Engine, trail: AuditTrail) -> None:
    with engine.connect() as conn:
        proof = trail.verify(conn)
        assert independent_check(trail.export(conn)) == (ROWS, proof.digest) == (proof.records, proof.digest)


def test_records_newest_first_by_action_and_subject(
    engine: sa.Engine, trail: AuditTrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page to the first record; an action alone is looked for in stretches, and no stretch is left out."""
    with engine.begin() as conn:
        trail.append(conn, "thing_else.done", actor=ACTOR, subject="thing:3")
    with engine.connect() as conn:

        def walk(**wanted: str) -> list[list[int]]:
            pages, before = [], 0
            while not pages or before:
                page = trail.newest(conn, AuditQuery(**wanted, before=before, limit=3))
                pages.append([one.number for one in page.records])
                before = page.further
            return pages

        assert walk() == [[8, 7, 6], [5, 4, 3], [2, 1]]
        assert walk(subject="thing:3") == [[8, 4]]
        assert walk(action="thing", subject="thing:3") == [[4]]
        assert walk(action="thing_else.done") == [[8]]
        assert walk(action="a\0") == [[]]
        monkeypatch.setattr("ca.audit.MAX_LOOKED", 2)
        assert walk(action="thing") == [[7], [6, 5], [4, 3], [2, 1]]
        assert trail.names(conn, ["thing:0", "thing:9"]) == {ACTOR.id: ACTOR.name}


def test_I20_I21_many_at_once_are_the_chain_of_single_appends(
    engine: sa.Engine, trail: AuditTrail, clock: SteppingClock
) -> None:
    """Record for record the same chain, by our own check and by the other program; nothing at all moves no head."""
    entries = [
        Entry(
            "thing.done",
            f"thing:{n}",
            {"n": n, "text": '引号"与\\反斜杠\n\x7f', "list": [1, None, {"b": "印", "a": ""}]},
        )
        for n in range(40)
    ]
    with engine.connect() as conn:
        together = trail.append_many(conn, entries, actor=ACTOR)
        found = independent_check(trail.export(conn))
        assert trail.append_many(conn, (), actor=ACTOR) == ()
        proof = trail.verify(conn)
        conn.rollback()
    assert found == (ROWS + 40, together[-1].digest) == (proof.records, proof.digest)
    with engine.begin() as conn:
        for entry, record in zip(entries, together, strict=True):
            one = trail.append(conn, entry.action, actor=ACTOR, subject=entry.subject, detail=entry.detail)
            assert one == record
            assert digest_of(record) == record.digest
        assert independent_check(trail.export(conn)) == found


def test_a_fixed_record_has_a_fixed_digest(engine: sa.Engine) -> None:
    """The canonical bytes never change between releases: written out by hand here."""
    from datetime import UTC, datetime

    metadata.create_all(engine)
    made = AuditTrail(lambda: datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC))
    with engine.begin() as conn:
        record = made.append(conn, "a.b", actor=Actor("person:x"), subject="s:1", detail={"b": "印", "a": 1})
    octets = (
        b"yinxin-audit-v1\n"
        b'{"action":"a.b","actor":{"id":"person:x","name":"","uscc":""},"at":"2026-01-02T03:04:05Z",'
        b'"detail":{"a":1,"b":"\xe5\x8d\xb0"},"number":1,"previous":"' + b"0" * 64 + b'","subject":"s:1"}'
    )
    assert record.digest == hashlib.sha256(octets).hexdigest()


def edit(column: str, value: object) -> Callable[[sa.Connection], object]:
    return lambda conn: conn.execute(audit.update().where(audit.c.number == 4).values({column: value}))


def renumber(conn: sa.Connection) -> None:
    """Swap records 3 and 4, numbers and all."""
    for old, new in ((3, 1003), (4, 3), (1003, 4)):
        conn.execute(audit.update().where(audit.c.number == old).values(number=new))


def drop(number: int) -> Callable[[sa.Connection], object]:
    return lambda conn: conn.execute(audit.delete().where(audit.c.number == number))


def drop_and_close_up(conn: sa.Connection) -> None:
    """Drop record 4 and move the rest down by one."""
    conn.execute(audit.delete().where(audit.c.number == 4))
    for number in range(5, ROWS + 1):
        conn.execute(audit.update().where(audit.c.number == number).values(number=number - 1))


def rewrite_one(conn: sa.Connection) -> None:
    """Edit record 4 and give it a digest that fits its new text."""
    row = conn.execute(sa.select(*audit.c).where(audit.c.number == 4)).one()
    from ca.audit import _record_of, digest_of

    forged = _record_of(row)
    forged = type(forged)(
        **{**{name: getattr(forged, name) for name in forged.__slots__}, "subject": "thing:x"}
    )
    conn.execute(
        audit.update().where(audit.c.number == 4).values(subject="thing:x", digest=digest_of(forged))
    )


MUTATIONS: dict[str, Callable[[sa.Connection], object]] = {
    "action": edit("action", "thing.undone"),
    "actor": edit("actor_id", "person:somebody.else"),
    "actor's name": edit("actor_name", "王五"),
    "actor's code": edit("actor_uscc", ""),
    "subject": edit("subject", "thing:99"),
    "detail": edit("detail", '{"n":99}'),
    "previous": edit("previous", "0" * 64),
    "digest": edit("digest", "f" * 64),
    "rewritten with its digest": rewrite_one,
    "first dropped": drop(1),
    "middle dropped": drop(4),
    "last dropped": drop(ROWS),
    "dropped and closed up": drop_and_close_up,
    "reordered": renumber,
    "emptied": lambda conn: conn.execute(audit.delete()),
    "head gone": lambda conn: conn.execute(audit_head.delete()),
    "head moved": lambda conn: conn.execute(audit_head.update().values(number=ROWS - 1)),
    "head's digest": lambda conn: conn.execute(audit_head.update().values(digest="0" * 64)),
}


@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_I21_every_mutation_is_found(
    engine: sa.Engine, trail: AuditTrail, mutation: Callable[[sa.Connection], object]
) -> None:
    with engine.begin() as conn:
        mutation(conn)
    with engine.connect() as conn, pytest.raises(AuditBroken) as found:
        trail.verify(conn)
    assert found.value.zh
    assert 1 <= found.value.number <= ROWS + 1


def test_I21_a_changed_time_is_found(engine: sa.Engine, trail: AuditTrail, clock: SteppingClock) -> None:
    with engine.begin() as conn:
        conn.execute(audit.update().where(audit.c.number == 2).values(at=clock.now + timedelta(days=1)))
    with engine.connect() as conn, pytest.raises(AuditBroken):
        trail.verify(conn)


def cut_with_head(conn: sa.Connection) -> None:
    """Cut off the last two records and set the head back, as one who runs the database can."""
    conn.execute(audit.delete().where(audit.c.number > ROWS - 2))
    digest = conn.scalar(sa.select(audit.c.digest).where(audit.c.number == ROWS - 2))
    conn.execute(audit_head.update().values(number=ROWS - 2, digest=digest))


def test_I21_only_an_anchor_finds_a_trail_cut_off_with_its_head(engine: sa.Engine, trail: AuditTrail) -> None:
    key = new_key()
    with engine.connect() as conn:
        checkpoint = Checkpoint.parse(trail.checkpoint(conn, MemorySigner(key)).to_json())
    anchor = checkpoint.proven(key.public_key())
    with engine.begin() as conn:
        assert trail.verify(conn, [anchor]).anchored == ROWS
        cut_with_head(conn)
    with engine.connect() as conn:
        assert trail.verify(conn).records == ROWS - 2, "without an anchor nothing is to be seen"
        with pytest.raises(AuditBroken, match="anchor"):
            trail.verify(conn, [anchor])


def test_I21_a_rewritten_history_differs_from_the_anchor(
    engine: sa.Engine, trail: AuditTrail, clock: SteppingClock
) -> None:
    """Everything is deleted and a new history of the same length is written by the real code."""
    with engine.connect() as conn:
        head = conn.execute(sa.select(audit_head.c.number, audit_head.c.digest)).one()
    with engine.begin() as conn:
        conn.execute(audit.delete())
        conn.execute(audit_head.delete())
        for number in range(ROWS):
            trail.append(conn, "thing.done", actor=ACTOR, subject=f"thing:{number}", detail={"n": -number})
    with engine.connect() as conn:
        assert trail.verify(conn).records == ROWS
        with pytest.raises(AuditBroken):
            trail.verify(conn, [Anchor(head.number, head.digest)])


@pytest.mark.parametrize("spoil", ["signature", "number", "key"])
def test_a_checkpoint_that_is_not_the_signers_proves_nothing(
    engine: sa.Engine, trail: AuditTrail, spoil: str
) -> None:
    key = new_key()
    with engine.connect() as conn:
        text = trail.checkpoint(conn, MemorySigner(key)).to_json()
    if spoil == "number":
        text = text.replace(f"\\n{ROWS}\\n", f"\\n{ROWS - 1}\\n")
    checkpoint = Checkpoint.parse(text)
    if spoil == "signature":
        bad = checkpoint.signature[:-1] + bytes([checkpoint.signature[-1] ^ 1])
        checkpoint = Checkpoint(checkpoint.anchor, checkpoint.at, checkpoint.algorithm, bad)
    with pytest.raises(AuditBroken):
        checkpoint.proven((new_key() if spoil == "key" else key).public_key())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "x" * 5000,
        '{"body": "a\\nb", "algorithm": "ecdsa-sha256", "signature": ""}',
        '{"body": 7}',
    ],
)
def test_a_checkpoint_that_cannot_be_read_is_a_clean_error(text: str) -> None:
    with pytest.raises(AuditBroken):
        Checkpoint.parse(text)


def test_writers_at_once_keep_one_chain(engine: sa.Engine, clock: SteppingClock) -> None:
    """Eight writers begin the trail together: no gap, no fork."""
    metadata.create_all(engine)
    made = AuditTrail(clock)

    def write(worker: int) -> None:
        for number in range(10):
            with engine.begin() as conn:
                made.append(conn, "load", actor=ACTOR, subject=f"w:{worker}", detail={"n": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    with engine.connect() as conn:
        assert made.verify(conn).records == 80
        assert independent_check(made.export(conn))[0] == 80


def test_a_rolled_back_change_leaves_no_record_and_no_gap(engine: sa.Engine, trail: AuditTrail) -> None:
    with engine.connect() as conn, conn.begin() as transaction:
        trail.append(conn, "never", actor=ACTOR, subject="x", detail={})
        transaction.rollback()
    with engine.begin() as conn:
        assert trail.append(conn, "then", actor=ACTOR, subject="x", detail={}).number == ROWS + 1
    with engine.connect() as conn:
        assert trail.verify(conn).records == ROWS + 1


def test_reading_by_cursor(engine: sa.Engine, trail: AuditTrail) -> None:
    with engine.connect() as conn:
        first = trail.records(conn, limit=3)
        rest = trail.records(conn, after=first[-1].number)
    assert [record.number for record in first + rest] == list(range(1, ROWS + 1))
    assert rest[0].actor == ACTOR


@pytest.mark.parametrize("value", [1.5, b"x", {1: 2}, {"键": 1}, object(), float("nan")])
def test_what_json_cannot_carry_exactly_is_misuse(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json({"a": value})
