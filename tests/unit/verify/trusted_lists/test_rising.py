"""I30: a list's number only rises, an expired one is not trusted, a change of signers is followed step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import SteppingClock
from tests.trust_list_world import DAY, FORMS, SCHEME, Publisher, Write, service
from tests.verify_world import NOW, Signing
from verify.command import run
from verify.trusted_lists.errors import (
    ListExpired,
    ListFromTheFuture,
    ListRolledBack,
    ListSignerUnknown,
)
from verify.trusted_lists.files import read_pinned
from verify.trusted_lists.limits import MAX_PIVOTS
from verify.trusted_lists.model import Pointer, Seen, TrustedList, Words
from verify.trusted_lists.pinned import judge_list
from verify.trusted_lists.pivots import follow
from verify.trusted_lists.source import PinnedSource


@pytest.mark.parametrize("write", FORMS)
def test_I30_an_older_list_is_refused_once_a_newer_was_seen(publisher: Publisher, write: Write) -> None:
    old, new = (publisher.signed(publisher.list(sequence=number), write) for number in (7, 8))
    seen = judge_list(old, publisher.pin, None, NOW).seen
    seen = judge_list(new, publisher.pin, seen, NOW).seen
    assert seen.sequence == 8
    with pytest.raises(ListRolledBack, match="lower than 8") as refused:
        judge_list(old, publisher.pin, seen, NOW)
    assert "重放" in refused.value.zh
    assert judge_list(new, publisher.pin, seen, NOW).seen == seen


@pytest.mark.parametrize("write", FORMS)
def test_I30_one_number_stands_for_one_list(publisher: Publisher, signing: Signing, write: Write) -> None:
    """The publisher, or who has his key, shows one list to some and another to others under one number."""
    one = judge_list(publisher.signed(publisher.list(), write), publisher.pin, None, NOW)
    other = publisher.signed(publisher.list(service(signing.pki.issuing.der)), write)
    with pytest.raises(ListRolledBack, match="other octets"):
        judge_list(other, publisher.pin, one.seen, NOW)


@pytest.mark.parametrize("write", FORMS)
def test_I30_an_expired_list_is_refused_with_its_age(publisher: Publisher, write: Write) -> None:
    octets = publisher.signed(publisher.list(next_update=NOW + DAY), write)
    assert judge_list(octets, publisher.pin, None, NOW + DAY)
    with pytest.raises(ListExpired, match="9 days ago") as refused:
        judge_list(octets, publisher.pin, None, NOW + 10 * DAY)
    assert "9 天前" in refused.value.zh


def test_I30_a_closed_list_is_not_trusted(publisher: Publisher) -> None:
    from verify.trusted_lists.xml_writing import write_xml

    octets = publisher.signed(publisher.list(next_update=None), write_xml)
    with pytest.raises(ListExpired, match="closed"):
        judge_list(octets, publisher.pin, None, NOW)


def test_I30_a_rollback_is_told_before_the_age(publisher: Publisher) -> None:
    """An old list is expired as well; that somebody replayed it is what matters."""
    octets = publisher.signed(publisher.list(next_update=NOW - timedelta(minutes=1)))
    with pytest.raises(ListRolledBack):
        judge_list(octets, publisher.pin, Seen(8, "00" * 32), NOW)


def test_a_list_from_the_future_tells_of_a_wrong_clock(publisher: Publisher) -> None:
    octets = publisher.signed(publisher.list(issued=NOW + timedelta(hours=1)))
    with pytest.raises(ListFromTheFuture):
        judge_list(octets, publisher.pin, None, NOW)
    assert judge_list(octets, publisher.pin, None, NOW + timedelta(hours=1))
    with pytest.raises(ValueError, match="aware"):
        judge_list(octets, publisher.pin, None, datetime(2026, 1, 1))  # noqa: DTZ001 - a naive time is the point


def _with_self(publisher: Publisher, sequence: int, *next_signers: bytes) -> TrustedList:
    made = publisher.list(sequence=sequence)
    own = Pointer(
        "https://list.example.test/list.xml",
        next_signers,
        made.territory,
        made.scheme.type_uri,
        made.operator,
    )
    return replace(made, pointers=(own,))


@pytest.fixture(scope="module")
def keys() -> list[Publisher]:
    """Four keys of one scheme, each of which signs after the other."""
    return [Publisher() for _ in range(4)]


def _chain(keys: list[Publisher], write: Write) -> list[bytes]:
    """List 1 by key 0 names key 1, list 2 by key 1 names key 2, and so on; the last is list 4 by key 3."""
    following = [*keys[1:], keys[3]]
    return [
        key.signed(_with_self(key, number, after.key.der), write)
        for number, (key, after) in enumerate(zip(keys, following, strict=True), start=1)
    ]


def _pinned(pivots: list[bytes], octets: bytes, start: PinnedSource) -> TrustedList:
    """Read a list under the signers that pivots lead to."""
    return read_pinned(octets, [follow(pivots, start).pin])


@pytest.mark.parametrize("write", FORMS)
def test_signers_are_followed_from_pivot_to_pivot(keys: list[Publisher], write: Write) -> None:
    lists = _chain(keys, write)
    found = follow([lists[2], lists[0], lists[1]], keys[0].pin)
    assert [pivot.sequence for pivot in found.pivots] == [1, 2, 3]
    assert (found.pin.via, found.pin.lowest, found.pin.source.signers) == ((1, 2, 3), 4, keys[3].pin.signers)
    assert read_pinned(lists[3], [found.pin]).sequence == 4
    for before in lists[:3]:
        with pytest.raises((ListSignerUnknown, ListRolledBack)):
            read_pinned(before, [found.pin])
    with pytest.raises(ListSignerUnknown):  # a key of before signs on
        read_pinned(keys[2].signed(keys[2].list(sequence=5)), [found.pin])


def test_a_chain_of_pivots_has_no_gap(keys: list[Publisher]) -> None:
    lists = _chain(keys, FORMS[0])
    for pivots in (lists[1:3], [lists[0], lists[2]], [lists[0], lists[0]], [lists[0], b"<nothing/>"]):
        with pytest.raises(ListSignerUnknown, match="do not lead on"):
            follow(pivots, keys[0].pin)
    with pytest.raises(ListSignerUnknown):
        _pinned(lists[:2], lists[3], keys[0].pin)
    for count in (0, MAX_PIVOTS + 1):
        with pytest.raises(ValueError, match="pivots"):
            follow(lists[:1] * count, keys[0].pin)


def test_a_pivot_that_names_nobody_leaves_its_signer(keys: list[Publisher]) -> None:
    plain = keys[0].signed(keys[0].list(sequence=3))
    later = [keys[0].signed(keys[0].list(sequence=number)) for number in (3, 4)]
    with pytest.raises(ListRolledBack, match="below 4"):
        _pinned([plain], later[0], keys[0].pin)
    assert _pinned([plain], later[1], keys[0].pin).sequence == 4


def test_a_list_is_younger_than_the_pivots_that_led_to_it(keys: list[Publisher]) -> None:
    """Whoever took an old key over names himself in a list of his own: its number gives him away, or the gap does."""
    thief = Publisher()
    forged = keys[0].signed(_with_self(keys[0], 9, thief.key.der))
    his = thief.signed(_with_self(thief, 8, thief.key.der))
    with pytest.raises(ListRolledBack, match="below 10"):
        _pinned([forged], his, keys[0].pin)


def _pointing(publisher: Publisher, *pointers: Pointer, at: str = "") -> bytes:
    made = publisher.list(sequence=1)
    scheme = replace(made.scheme, distribution=(at,) if at else ())
    return publisher.signed(replace(made, pointers=pointers, scheme=scheme))


def test_a_list_that_points_to_another_hands_it_nothing(keys: list[Publisher]) -> None:
    """A country's list points to its provinces': of one type and territory. Only its operator's own pointer is to itself."""
    own = _with_self(keys[0], 1, keys[1].key.der).pointers[0]
    province = replace(own, operator=Words.of(zh="某省", en="A province"), signers=(keys[2].key.der,))
    for strange in (
        province,
        replace(province, territory=""),
        replace(own, territory="", signers=province.signers),
    ):
        found = follow([_pointing(keys[0], strange)], keys[0].pin)
        assert found.pin.source.signers == keys[0].pin.signers
        found = follow([_pointing(keys[0], strange, own)], keys[0].pin)
        assert found.pin.source.signers == keys[1].pin.signers


def test_an_operator_of_two_lists_is_told_by_their_addresses(keys: list[Publisher]) -> None:
    own = _with_self(keys[0], 1, keys[1].key.der).pointers[0]
    second = replace(own, location="https://list.example.test/seals.xml", signers=(keys[2].key.der,))
    with pytest.raises(ListSignerUnknown, match="could be itself"):
        follow([_pointing(keys[0], own, second)], keys[0].pin)
    found = follow([_pointing(keys[0], own, second, at=own.location)], keys[0].pin)
    assert found.pin.source.signers == keys[1].pin.signers
    as_pdf = replace(own, location="https://list.example.test/list.pdf", mime="application/pdf")
    found = follow([_pointing(keys[0], own, as_pdf)], keys[0].pin)
    assert found.pin.source.signers == keys[1].pin.signers


def test_pivots_stay_within_one_scheme(keys: list[Publisher]) -> None:
    other = Publisher(scheme="CN:another")
    foreign = other.signed(_with_self(other, 1, keys[3].key.der))
    with pytest.raises(ListSignerUnknown):
        follow([foreign], keys[0].pin)
    anywhere = PinnedSource("", keys[0].pin.signers)
    lists = _chain(keys, FORMS[0])
    assert follow(lists[:1], anywhere).pin.source.scheme_id == SCHEME
    strange = other.signed(_with_self(other, 2, keys[2].key.der), by=keys[1].key)
    with pytest.raises(ListSignerUnknown):
        follow([lists[0], strange], anywhere)


def test_the_command_goes_from_an_old_signer_to_the_present_one(
    keys: list[Publisher], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By ``--pivot``; without one of them, or with a signer that none of them begins with, nothing is believed."""
    paths = [tmp_path / f"{number}.xml" for number in (1, 2, 3, 4)]
    for path, octets in zip(paths, _chain(keys, FORMS[0]), strict=True):
        path.write_bytes(octets)

    def told(signer: str, *pivots: Path) -> tuple[int, str]:
        named = [part for path in pivots for part in ("--pivot", str(path))]
        status = run([str(paths[3]), "--signer", signer, *named], clock=SteppingClock(NOW))
        return status, " ".join("".join(capsys.readouterr()).split())

    old = keys[0].pin.signers[0]
    status, said = told(old, *paths[:3])
    assert status == 0
    assert f"{keys[3].pin.signers[0]}）由往期清单（第 1、2、3 号）逐期指定" in said
    assert told(old)[0] == 2
    status, said = told(old, paths[0], paths[2])
    assert (status, "首尾相接" in said, "do not lead on" in said) == (64, True, True)
    assert told(keys[2].pin.signers[0], *paths[:3])[0] == 64
    status = run([str(paths[3]), "--pivot", str(paths[0])], clock=SteppingClock(NOW))
    assert (status, "--pivot goes with --signer" in capsys.readouterr().err) == (64, True)
    status, said = told(old, tmp_path / "none.xml")
    assert (status, "cannot be read" in said) == (64, True)
    status, said = told(old, *(paths[0] for _ in range(MAX_PIVOTS + 1)))
    assert (status, "at most" in said) == (64, True)
