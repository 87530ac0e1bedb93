"""Time-stamp requests made of anything: the reader refuses or reads, and what it reads another library reads the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from asn1crypto import tsp
from hypothesis import given, settings
from hypothesis import strategies as st

from api.database.engine import make_engine
from ca import der
from ca.clock import system_clock
from ca.clock_guard import ClockGuard
from ca.tsa import POLICY, TimeStampAuthority
from ca.tsp import MAX_NONCE_OCTETS, FailureInfo, StampRefused, StampRequest, parse_request, rejection
from hsm.algorithms import DigestAlgorithm
from tests.status_world import StatusWorld

EXAMPLES = 400


def honest(**fields: object) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": b"h" * 32}
    wishes = {"nonce": 0x1234567890ABCDEF, "cert_req": True, "req_policy": POLICY}
    return tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, **wishes, **fields}).dump()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeStampAuthority]:
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'ca.db'}")
    world = StatusWorld(engine, system_clock)
    guard = ClockGuard(system_clock, lambda _now: timedelta(0))
    yield TimeStampAuthority(engine, world.keys, guard, world.audit)
    engine.dispose()


def read(data: bytes) -> StampRequest | None:
    """Read, or return nothing if it is refused; any other exception is a fault."""
    try:
        return parse_request(data)
    except StampRefused as refusal:
        refused = refusal
    assert refused.failure in FailureInfo
    assert len(refused.text) < 200
    return None


def check_same_reading(data: bytes) -> None:
    """Check that what we read, asn1crypto reads alike."""
    ours = read(data)
    if ours is None:
        return
    theirs = tsp.TimeStampReq.load(data, strict=True)
    imprint = theirs["message_imprint"]
    assert imprint["hash_algorithm"]["algorithm"].dotted == ours.imprint.algorithm.oid
    assert imprint["hashed_message"].native == ours.imprint.value
    assert theirs["nonce"].native == ours.nonce
    assert theirs["cert_req"].native == ours.wants_certificates
    assert theirs["req_policy"].native == ours.policy
    assert ours.nonce is None or abs(ours.nonce) < 1 << 8 * MAX_NONCE_OCTETS


@given(st.binary(max_size=300))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_octets(data: bytes) -> None:
    check_same_reading(data)


@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_request_with_octets_changed(data: st.DataObject) -> None:
    changed = bytearray(honest())
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    check_same_reading(bytes(changed))


@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_request_cut_and_spliced(data: st.DataObject) -> None:
    whole = honest()
    at, upto = (data.draw(st.integers(0, len(whole))) for _ in range(2))
    check_same_reading(whole[:at] + data.draw(st.binary(max_size=12)) + whole[upto:])


@given(
    nonce=st.one_of(st.none(), st.integers(-(2**255), 2**255 - 1)),
    algorithm=st.sampled_from(DigestAlgorithm),
    certificates=st.booleans(),
    policy=st.sampled_from([None, POLICY, "1.2.3.4"]),
)
def test_every_sound_request_is_read(
    nonce: int | None, algorithm: DigestAlgorithm, certificates: bool, policy: str | None
) -> None:
    imprint = {"hash_algorithm": {"algorithm": algorithm.oid}, "hashed_message": b"h" * algorithm.size}
    wishes = {"nonce": nonce, "req_policy": policy, "cert_req": certificates}
    given_wishes = {name: value for name, value in wishes.items() if value is not None}
    request = parse_request(
        tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, **given_wishes}).dump()
    )
    assert (request.nonce, request.policy, request.wants_certificates) == (nonce, policy, certificates)
    assert request.imprint.algorithm is algorithm


def test_every_truncation_is_refused() -> None:
    whole = honest()
    assert all(read(whole[:end]) is None for end in range(len(whole)))
    assert read(whole) is not None


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_authority_always_answers(authority: TimeStampAuthority, data: st.DataObject) -> None:
    """Whatever arrives, a whole ``TimeStampResp`` leaves; a token only over the imprint that was sent."""
    changed = bytearray(honest())
    changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    answer = der.Reader(authority.respond(bytes(changed))).enter(der.SEQUENCE)
    status = answer.enter(der.SEQUENCE).integer()
    assert status in (0, 2)
    assert answer.more == (status == 0)
    if status == 0:
        imprint = parse_request(bytes(changed)).imprint.value
        assert imprint in answer.element()


@pytest.mark.parametrize("failure", FailureInfo)
def test_every_refusal_is_der(failure: FailureInfo) -> None:
    """PKIFailureInfo is a named-bit list: no trailing zero bits (X.690 §11.2.2)."""
    answer = der.Reader(rejection(StampRefused(failure, "no"))).enter(der.SEQUENCE).enter(der.SEQUENCE)
    assert answer.integer() == 2
    answer.element()
    bits = answer.contents(der.BIT_STRING)
    answer.finish()
    assert (len(bits) - 1) * 8 - bits[0] - 1 == failure
    assert bits[-1] >> bits[0] & 1
