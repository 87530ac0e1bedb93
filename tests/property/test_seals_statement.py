"""For all statements: they go round; for all single bits: a flipped one is found."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from seals.errors import StatementInvalid
from seals.jws import MAX_STATEMENT_SIZE, parse
from seals.seal import SealKind, SealStatus
from seals.statement import (
    STATEMENT_TYPE,
    SealStatement,
    SealStatusList,
    parse_statement,
    parse_status_list,
    sign_statement,
    sign_status_list,
)
from tests.seal_world import MemorySigner, certificate

NOW = datetime(2026, 11, 21, tzinfo=UTC)
HEX = "0123456789abcdef"


@cache
def _maker() -> tuple[MemorySigner, list[bytes]]:
    key = ec.derive_private_key(0x1234567890ABCDEF, ec.SECP256R1())
    return MemorySigner(key), [certificate(NOW, key=key).der]


def _digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


times = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)).map(  # noqa: DTZ001
    lambda when: when.replace(tzinfo=UTC)
)
names = st.text(min_size=1, max_size=50).filter(str.isprintable)
digests = st.text(HEX, min_size=64, max_size=64)


@st.composite
def statements(draw: st.DrawFn) -> SealStatement:
    start = draw(times)
    return SealStatement(
        seal_code=draw(_digits(14)),
        physical_code=draw(_digits(13)),
        kind=draw(st.sampled_from(list(SealKind))),
        name=draw(names),
        owner_name=draw(names),
        owner_uscc=draw(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=18, max_size=18)),
        valid_from=start,
        valid_to=start + timedelta(days=draw(st.integers(0, 2000))),
        status=draw(st.sampled_from(list(SealStatus))),
        certificate_sha256=draw(digests),
        picture_sha256=draw(digests),
        permit=draw(st.text(HEX, min_size=32, max_size=32)),
        document_sha256=draw(digests),
        issued_at=draw(times),
    )


@given(statement=statements())
@settings(max_examples=100, deadline=None)
def test_any_statement_goes_round(statement: SealStatement) -> None:
    parsed = parse_statement(sign_statement(statement, *_maker()))
    parsed.check_signature()
    assert parsed.statement == statement


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_one_flipped_bit_never_passes(data: st.DataObject) -> None:
    statement = SealStatement(
        "33010600000001",
        "3301060000001",
        SealKind.CONTRACT,
        "某公司合同专用章",
        "某公司",
        "11330105002500287C",
        NOW,
        NOW,
        SealStatus.ACTIVE,
        "a" * 64,
        "b" * 64,
        "c" * 32,
        "d" * 64,
        NOW,
    )
    octets = bytearray(sign_statement(statement, *_maker()).encode())
    place = data.draw(st.integers(0, len(octets) * 8 - 1))
    octets[place // 8] ^= 1 << (place % 8)
    try:
        parse_statement(octets.decode("latin-1")).check_signature()
    except StatementInvalid:
        return
    raise AssertionError(f"bit {place} was flipped unseen")


@given(text=st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_statement(text)
    except StatementInvalid:
        return
    raise AssertionError("a random text is no statement")


@given(data=st.binary(max_size=300))
def test_any_payload_is_read_or_refused(data: bytes) -> None:
    body = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    try:
        found = parse(f"{_head()}.{body}.{'A' * 86}", typ=STATEMENT_TYPE, limit=MAX_STATEMENT_SIZE)
    except StatementInvalid:
        return
    assert isinstance(found.payload, dict)


@cache
def _head() -> str:
    chain = [base64.b64encode(_maker()[1][0]).decode()]
    header = json.dumps({"alg": "ES256", "typ": STATEMENT_TYPE, "x5c": chain})
    return base64.urlsafe_b64encode(header.encode()).rstrip(b"=").decode()


@st.composite
def histories(draw: st.DrawFn) -> tuple[tuple[datetime, SealStatus], ...]:
    moments = sorted(draw(st.lists(times, min_size=1, max_size=5)))
    return tuple((moment, draw(st.sampled_from(list(SealStatus)))) for moment in moments)


@given(
    entries=st.dictionaries(_digits(14), histories(), max_size=5),
    active=st.frozensets(_digits(14), max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_any_status_list_goes_round(
    entries: dict[str, tuple[tuple[datetime, SealStatus], ...]], active: frozenset[str]
) -> None:
    planned = SealStatusList("someone", 1, NOW, NOW + timedelta(days=1), entries, active - entries.keys())
    parsed = parse_status_list(sign_status_list(planned, *_maker()))
    parsed.check_signature()
    assert parsed.status_list == planned
