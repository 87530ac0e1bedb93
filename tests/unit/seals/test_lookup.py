"""The codec of public answers: what it writes it reads, and nothing that was altered."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from seals.errors import StatementInvalid
from seals.jws import sign
from seals.lookup.answer import LOOKUP_TYPE, SealLookup, lookup_payload, parse_lookup, sign_lookup
from seals.seal import SealKind
from seals.statement import STATEMENT_TYPE
from tests.seal_world import MemorySigner, certificate

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
CHAIN = [certificate(NOW, key=KEY).der]
UNKNOWN = SealLookup("seal-maker", "9" * 14, NOW, NOW, NOW + timedelta(minutes=5), "unknown")
KNOWN = dataclasses.replace(
    UNKNOWN,
    status="frozen",
    since=NOW - timedelta(days=1),
    code="33010600000017",
    physical_code="3301060000017",
    kind=SealKind.FINANCE,
    owner_name="杭州某某数字科技有限公司",
    owner_uscc="11330105002500287C",
    valid_from=NOW - timedelta(days=9),
    valid_to=NOW + timedelta(days=9),
    successor="33010600000018",
)
JWS = sign_lookup(KNOWN, MemorySigner(KEY), CHAIN)


@pytest.mark.parametrize("lookup", [KNOWN, UNKNOWN], ids=["known", "unknown"])
def test_what_is_written_is_read(lookup: SealLookup) -> None:
    parsed = parse_lookup(sign_lookup(lookup, MemorySigner(KEY), CHAIN))
    parsed.check_signature()
    assert parsed.lookup == lookup


@pytest.mark.parametrize(
    "change",
    [
        {"asked": "12"},
        {"status": "applied"},
        {"status": "rejected"},
        {"status": "splendid"},
        {"status": None},
        {"since": None},
        {"code": None},
        {"owner_name": ""},
        {"owner_name": "a\nb"},
        {"kind": "07"},
        {"next_update": "2026-03-01T08:00:00.000000Z"},
        {"issued_at": "yesterday"},
        {"physical_code": "33010600000017"},
        {"predecessor": 7},
        {"keeper": "person:li.wei"},
    ],
    ids=str,
)
def test_a_member_that_is_not_as_it_must_be_is_refused(change: dict[str, Any]) -> None:
    payload = lookup_payload(KNOWN) | change
    jws = sign(payload, typ=LOOKUP_TYPE, signer=MemorySigner(KEY), chain=CHAIN)
    with pytest.raises(StatementInvalid):
        parse_lookup(jws)


def test_an_unknown_seal_has_no_facts() -> None:
    payload = lookup_payload(KNOWN) | {"status": "unknown"}
    with pytest.raises(StatementInvalid):
        parse_lookup(sign(payload, typ=LOOKUP_TYPE, signer=MemorySigner(KEY), chain=CHAIN))


def test_a_statement_is_not_taken_for_an_answer() -> None:
    jws = sign(lookup_payload(KNOWN), typ=STATEMENT_TYPE, signer=MemorySigner(KEY), chain=CHAIN)
    with pytest.raises(StatementInvalid):
        parse_lookup(jws)


@given(st.integers(0, len(JWS) - 1), st.integers(0, 6))
def test_one_flipped_bit_is_never_read_as_whole(place: int, bit: int) -> None:
    octets = bytearray(JWS.encode())
    octets[place] ^= 1 << bit
    with pytest.raises(StatementInvalid):
        parse_lookup(octets.decode("latin-1")).check_signature()
