"""I30: a list's number only rises, an expired one is not trusted, a change of signers is followed step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.trust_list_world import DAY, FORMS, SCHEME, Publisher, Write, service
from tests.verify_world import NOW, Signing
from verify.trusted_lists.errors import (
    ListExpired,
    ListFromTheFuture,
    ListRolledBack,
    ListSignatureInvalid,
    ListSignerUnknown,
)
from verify.trusted_lists.model import Pointer, Seen, TrustedList
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


@pytest.mark.parametrize("write", FORMS)
def test_signers_are_followed_from_pivot_to_pivot(keys: list[Publisher], write: Write) -> None:
    lists = _chain(keys, write)
    found = follow(lists[3], [lists[2], lists[0], lists[1]], keys[0].pin, None, NOW)
    assert found.trusted_list.sequence == 4
    assert [pivot.sequence for pivot in found.pivots] == [1, 2, 3]
    assert found.pinned.signers == keys[3].pin.signers
    with pytest.raises(ListSignerUnknown):
        follow(lists[2], [], found.pinned, found.trusted_list.seen, NOW)  # those of before are forgotten


def test_a_chain_of_pivots_has_no_gap(keys: list[Publisher]) -> None:
    lists = _chain(keys, FORMS[0])
    for pivots in ([], lists[1:3], [lists[0], lists[2]]):
        with pytest.raises(ListSignerUnknown):
            follow(lists[3], pivots, keys[0].pin, None, NOW)


def test_a_pivot_does_not_come_after_the_present_list(keys: list[Publisher]) -> None:
    """Whoever took an old key over names himself in a list of his own: its number gives him away, or the gap does."""
    thief = Publisher()
    forged = keys[0].signed(_with_self(keys[0], 9, thief.key.der))
    his = thief.signed(_with_self(thief, 8, thief.key.der))
    with pytest.raises(ListSignerUnknown, match="not older"):
        follow(his, [forged], keys[0].pin, None, NOW)
    with pytest.raises(ListRolledBack):
        follow(his, [keys[0].signed(_with_self(keys[0], 2, thief.key.der))], keys[0].pin, Seen(10, ""), NOW)


def test_a_pivot_of_another_scheme_leads_nowhere(keys: list[Publisher]) -> None:
    other = Publisher(scheme="CN:another")
    lists = _chain(keys, FORMS[0])
    foreign = other.signed(replace(_with_self(other, 1, keys[3].key.der)))
    with pytest.raises(ListSignerUnknown):
        follow(lists[3], [foreign], keys[0].pin, None, NOW)


def test_an_expired_list_of_the_right_signer_is_still_expired(keys: list[Publisher]) -> None:
    lists = _chain(keys, FORMS[0])
    with pytest.raises(ListExpired):
        follow(lists[3], lists[:3], keys[0].pin, None, NOW + 300 * DAY)
    broken = lists[3].replace(b"</TSLSequenceNumber>", b" </TSLSequenceNumber>")
    with pytest.raises(ListSignatureInvalid):
        follow(broken, lists[:3], keys[0].pin, None, NOW)


def test_a_pin_is_of_digests_and_of_certificates(keys: list[Publisher]) -> None:
    pin = PinnedSource.of(SCHEME, [keys[0].key.der])
    assert pin.signers == keys[0].pin.signers
    assert pin.signer_octets() == {pin.signers[0]: keys[0].key.der}
    assert keys[0].pin.signer_octets() == {pin.signers[0]: None}
