"""The time-stamp authority (RFC 3161, RFC 5816; I1, I7, I17, I18, I19)."""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from ca.actor import SYSTEM
from ca.clock_guard import ClockGuard, KernelDiscipline, SteadyClock, kernel_time_state
from ca.errors import SignatureWithheld, TimeNotTrusted, TsaUnavailable
from ca.store import timestamp, unit
from ca.tsa import POLICY, random_serial
from hsm.algorithms import DEFAULT_ALGORITHM, Digest, DigestAlgorithm, SignatureAlgorithm, kind_of
from hsm.errors import SignatureInvalid, TokenLost
from hsm.public_keys import certificate_key
from hsm.verification import verify_signature
from tests.conftest import SteppingClock
from tests.status_world import StatusWorld

pytestmark = pytest.mark.usefixtures("both_suites")
DIGEST = DigestAlgorithm.SHA256.digest(b"a document")


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> StatusWorld:
    return StatusWorld(engine, clock)


def request_der(digest: Digest = DIGEST, **fields: object) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": digest.algorithm.oid}, "hashed_message": digest.value}
    return tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, **fields}).dump()


class Answer(tsp.TimeStampResp):
    """``TimeStampResp`` with its token optional (RFC 3161 §2.4.2), which asn1crypto forgot."""

    _fields = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]  # noqa: RUF012


def refusal(answer: bytes) -> set[str]:
    """Return the failure bits of a rejection; it holds a sentence and no token."""
    response = Answer.load(answer, strict=True)
    assert response["status"]["status"].native == "rejection"
    assert response["time_stamp_token"].native is None
    assert response["status"]["status_string"].native
    return response["status"]["fail_info"].native


def read(token: bytes) -> tuple[tsp.TSTInfo, cms.SignedData]:
    signed = cms.ContentInfo.load(token, strict=True)["content"]
    assert signed["encap_content_info"]["content_type"].native == "tst_info"
    return signed["encap_content_info"]["content"].parsed, signed


def prove(token: bytes, signer: x509.Certificate) -> None:
    """Check signature, message digest and ESSCertIDv2 (RFC 5652 §5.4, RFC 5816 §2.2.1)."""
    _, signed = read(token)
    info = signed["signer_infos"][0]
    attributes = {one["type"].native: one["values"] for one in info["signed_attrs"]}
    content = signed["encap_content_info"]["content"].contents
    key = certificate_key(signer)
    algorithm = DEFAULT_ALGORITHM[kind_of(key)]
    assert attributes["content_type"][0].native == "tst_info"
    assert attributes["message_digest"][0].native == algorithm.digest.digest(content).value
    named = attributes["signing_certificate_v2"][0]["certs"][0]
    naming = DigestAlgorithm.SM3 if algorithm is SignatureAlgorithm.SM2_SM3 else DigestAlgorithm.SHA256
    assert named["hash_algorithm"]["algorithm"].dotted == naming.oid
    assert named["cert_hash"].native == naming.digest(signer.public_bytes(Encoding.DER)).value
    assert named["issuer_serial"]["serial_number"].native == signer.serial_number
    message = info["signed_attrs"].untag().dump()
    assert info["digest_algorithm"]["algorithm"].dotted == algorithm.digest.oid
    verify_signature(key, algorithm, message, info["signature"].native)


def rows(world: StatusWorld) -> list[sa.Row]:
    with world.engine.connect() as conn:
        query = sa.select(
            timestamp.c.serial, timestamp.c.status, timestamp.c.gen_time, timestamp.c.token_sha256
        )
        return list(conn.execute(query.order_by(timestamp.c.id)))


# --- tokens ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", DigestAlgorithm)
def test_a_token_says_what_was_stamped_and_when(
    world: StatusWorld, clock: SteppingClock, algorithm: DigestAlgorithm
) -> None:
    """H1: RFC 3161 §2.4.2."""
    clock.now = clock.now.replace(microsecond=120300)
    digest = algorithm.digest(b"text")
    nonce = secrets.randbits(64)
    answer = world.tsa().respond(request_der(digest, nonce=nonce, cert_req=True, req_policy=POLICY))
    response = tsp.TimeStampResp.load(answer, strict=True)
    assert response["status"]["status"].native == "granted"
    token = response["time_stamp_token"].dump()
    info, signed = read(token)
    prove(token, world.certificates["tsa"])
    assert info["version"].native == "v1"
    assert info["policy"].native == POLICY
    assert info["message_imprint"]["hash_algorithm"]["algorithm"].dotted == algorithm.oid
    assert info["message_imprint"]["hashed_message"].native == digest.value
    assert info["gen_time"].native == clock()
    assert info["accuracy"]["seconds"].native == 1
    assert info["nonce"].native == nonce
    assert info["ordering"].native is False
    attached = {one.chosen.serial_number for one in signed["certificates"]}
    assert attached == {world.certificates[name].serial_number for name in ("tsa", "issuing")}


def test_certificates_only_when_asked_for(world: StatusWorld) -> None:
    """RFC 3161 §2.4.1: certReq; in process they are always attached."""
    response = tsp.TimeStampResp.load(world.tsa().respond(request_der()))
    _, signed = read(response["time_stamp_token"].dump())
    assert signed["certificates"].native is None
    _, signed = read(world.tsa().stamp(DIGEST))
    assert len(signed["certificates"]) == 2


def test_an_rsa_unit_stamps_too(world: StatusWorld, clock: SteppingClock) -> None:
    key = world.memory.generate_in_memory("tsa", bits=2048)
    made = world.build("tsa-rsa", key.public_key(), "issuing", eku=ExtendedKeyUsageOID.TIME_STAMPING)
    world.record(made, "issuing")
    with world.engine.begin() as conn:
        conn.execute(
            unit.update().where(unit.c.id == "tsa").values(certificate=made.public_bytes(Encoding.DER))
        )
    assert isinstance(made.public_key(), rsa.RSAPublicKey)
    prove(world.tsa().stamp(DIGEST), made)


def test_one_flipped_bit_never_passes(world: StatusWorld) -> None:
    token = world.tsa().stamp(DIGEST)
    signer = world.certificates["tsa"]
    prove(token, signer)
    info, signed = read(token)
    content = info.dump()
    at = token.index(content)
    for offset in range(0, len(content), 7):
        changed = bytearray(token)
        changed[at + offset] ^= 1
        with pytest.raises((AssertionError, SignatureInvalid, ValueError)):
            prove(bytes(changed), signer)
    del signed


def test_serials_are_random_and_positive() -> None:
    serials = {random_serial() for _ in range(10_000)}
    assert len(serials) == 10_000
    assert all(0 < serial < 1 << 159 for serial in serials)
    assert max(serials).bit_length() >= 127


# --- refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"hello",
        b"\x30\x00",
        b"x" * 5000,
        request_der() + b"\x00",
        request_der()[:-1],
    ],
)
def test_what_is_no_request_is_refused(world: StatusWorld, wrong: bytes) -> None:
    assert refusal(world.tsa().respond(wrong)) == {"bad_data_format"}
    assert rows(world) == []


def test_refusals_name_their_reason(world: StatusWorld) -> None:
    """RFC 3161 §2.4.2: badAlg, badDataFormat, badRequest, unacceptedPolicy, unacceptedExtension."""
    tsa = world.tsa()
    sha1 = {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": b"s" * 20}
    assert refusal(tsa.respond(tsp.TimeStampReq({"version": "v1", "message_imprint": sha1}).dump())) == {
        "bad_alg"
    }
    short = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": b"s" * 31}
    wrong = tsp.TimeStampReq({"version": "v1", "message_imprint": short}).dump()
    assert refusal(tsa.respond(wrong)) == {"bad_data_format"}
    assert refusal(tsa.respond(request_der(req_policy="1.2.3"))) == {"unaccepted_policy"}
    extension = [{"extn_id": "1.2.3.4", "critical": False, "extn_value": b"x"}]
    assert refusal(tsa.respond(request_der(extensions=extension))) == {"unaccepted_extensions"}
    assert refusal(tsa.respond(request_der(nonce=1 << 400))) == {"bad_request"}
    version = request_der().replace(b"\x02\x01\x01", b"\x02\x01\x02", 1)
    assert refusal(tsa.respond(version)) == {"bad_request"}
    assert rows(world) == []
    assert world.memory.signed == 0


def test_no_unit_no_stamp(world: StatusWorld, clock: SteppingClock) -> None:
    with world.engine.begin() as conn:
        conn.execute(unit.update().where(unit.c.id == "tsa").values(status="retired"))
    with pytest.raises(TsaUnavailable):
        world.tsa().stamp(DIGEST)
    assert refusal(world.tsa().respond(request_der())) == {"system_failure"}


def test_a_revoked_or_expired_unit_stamps_nothing(world: StatusWorld, clock: SteppingClock) -> None:
    tsa = world.tsa()
    tsa.stamp(DIGEST)
    world.revoke(world.certificates["tsa"].serial_number)
    clock.advance(timedelta(seconds=31))
    with pytest.raises(TsaUnavailable):
        tsa.stamp(DIGEST)
    clock.now = world.certificates["tsa"].not_valid_after_utc + timedelta(seconds=1)
    with pytest.raises(TsaUnavailable):
        world.tsa().stamp(DIGEST)


def test_a_database_that_went_away_is_a_system_failure(world: StatusWorld) -> None:
    with world.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE timestamp_head RENAME TO elsewhere")
    assert refusal(world.tsa().respond(request_der())) == {"system_failure"}
    assert world.memory.signed == 0


# --- I1, I7, I19 -------------------------------------------------------------------------------------------------


def test_I01_the_serial_is_durable_before_the_key_is_touched(world: StatusWorld) -> None:
    seen: list[tuple[list[str], list[str]]] = []
    world.memory.before_signing = lambda: seen.append(([row.status for row in rows(world)], world.actions()))
    token = world.tsa().stamp(DIGEST)
    assert seen == [(["reserved"], ["timestamp.intended"])]
    (row,) = rows(world)
    info, _ = read(token)
    assert (row.serial, row.status, row.gen_time) == (
        info["serial_number"].native,
        "issued",
        info["gen_time"].native,
    )
    assert row.token_sha256 == hashlib.sha256(token).hexdigest()
    assert world.actions() == ["timestamp.intended", "timestamp.issued"]


def test_I07_a_wrong_signature_is_withheld(world: StatusWorld) -> None:
    world.memory.flip_bit = True
    with pytest.raises(SignatureWithheld):
        world.tsa().stamp(DIGEST)
    assert refusal(world.tsa().respond(request_der())) == {"system_failure"}
    assert [row.status for row in rows(world)] == ["burned", "burned"]


def test_I19_a_lost_answer_burns_the_serial(world: StatusWorld) -> None:
    world.memory.lose_answer = True
    tsa = world.tsa()
    with pytest.raises(TokenLost):
        tsa.stamp(DIGEST)
    world.memory.lose_answer = False
    tsa.stamp(DIGEST)
    assert [row.status for row in rows(world)] == ["burned", "issued"]
    assert world.actions() == [
        "timestamp.intended",
        "timestamp.burned",
        "timestamp.intended",
        "timestamp.issued",
    ]


def test_I18_several_stamps_have_serials_of_their_own_and_rising_times(world: StatusWorld) -> None:
    digests = [DigestAlgorithm.SHA256.digest(bytes([number])) for number in range(5)]
    tokens = world.tsa().stamp_several(digests)
    facts = [read(token)[0] for token in tokens]
    assert [info["message_imprint"]["hashed_message"].native for info in facts] == [d.value for d in digests]
    assert len({info["serial_number"].native for info in facts}) == 5
    times = [row.gen_time for row in rows(world)]
    assert times == sorted(set(times))
    assert [row.status for row in rows(world)] == ["issued"] * 5
    assert world.actions() == ["timestamp.intended"] * 5 + ["timestamp.issued"] * 5
    assert world.tsa().stamp_several([]) == []


def test_I19_a_fault_among_several_burns_them_all(world: StatusWorld) -> None:
    signed: list[None] = []

    def lose() -> None:
        signed.append(None)
        world.memory.lose_answer = len(signed) == 2

    world.memory.before_signing = lose
    with pytest.raises(TokenLost):
        world.tsa().stamp_several([DIGEST, DIGEST, DIGEST])
    assert [row.status for row in rows(world)] == ["burned"] * 3
    assert world.actions()[3:] == ["timestamp.burned"] * 3


def test_I19_reconcile_burns_a_serial_cut_off(world: StatusWorld, clock: SteppingClock) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    world.memory.before_signing = die
    tsa = world.tsa()
    with pytest.raises(KeyboardInterrupt):
        tsa.stamp(DIGEST)
    (left,) = rows(world)
    assert tsa.reconcile(SYSTEM) == ()
    clock.advance(timedelta(minutes=2))
    assert tsa.reconcile(SYSTEM) == (("tsa", left.serial),)
    assert [row.status for row in rows(world)] == ["burned"]


# --- I17, I18 ----------------------------------------------------------------------------------------------------


def test_I18_serials_are_unique_and_times_rise_under_load(world: StatusWorld, clock: SteppingClock) -> None:
    """Several authorities over one database, as several machines would be; the clock ticks meanwhile."""
    authorities = [world.tsa() for _ in range(4)]
    stop = threading.Event()

    def tick() -> None:
        while not stop.wait(0.002):
            clock.advance(timedelta(microseconds=300))

    ticking = threading.Thread(target=tick)
    ticking.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            tokens = list(pool.map(lambda n: authorities[n % 4].stamp(DIGEST), range(60)))
    finally:
        stop.set()
        ticking.join()
    infos = [read(token)[0] for token in tokens]
    assert len({info["serial_number"].native for info in infos}) == 60
    recorded = [row.gen_time for row in rows(world)]
    assert sorted(info["gen_time"].native for info in infos) == sorted(recorded)
    assert all(earlier < later for earlier, later in pairwise(recorded))  # in order of reservation


def test_I18_a_frozen_clock_still_gives_rising_times(world: StatusWorld) -> None:
    tsa = world.tsa()
    times = [read(tsa.stamp(DIGEST))[0]["gen_time"].native for _ in range(3)]
    assert times[1] - times[0] == times[2] - times[1] == timedelta(microseconds=1)


def test_I17_a_clock_set_back_stops_the_authority(world: StatusWorld, clock: SteppingClock) -> None:
    tsa = world.tsa()
    tsa.stamp(DIGEST)
    clock.advance(timedelta(seconds=-1))
    with pytest.raises(TimeNotTrusted):
        tsa.stamp(DIGEST)
    assert refusal(tsa.respond(request_der())) == {"time_not_available"}
    with pytest.raises(TimeNotTrusted):
        world.tsa().stamp(DIGEST)  # a restart forgets nothing: the last time is durable
    assert len(rows(world)) == 1
    assert world.memory.signed == 1
    clock.advance(timedelta(seconds=2))
    tsa.stamp(DIGEST)


def test_I18_machines_that_differ_by_milliseconds_share_a_unit(
    world: StatusWorld, clock: SteppingClock
) -> None:
    tsa = world.tsa()
    first = read(tsa.stamp(DIGEST))[0]["gen_time"].native
    clock.advance(timedelta(milliseconds=-80))
    second = read(tsa.stamp(DIGEST))[0]["gen_time"].native
    assert second == first + timedelta(microseconds=1)


@pytest.mark.parametrize("drift", [timedelta(seconds=1.001), timedelta(seconds=-1.001), None])
def test_I17_drift_or_no_reference_stops_the_authority(world: StatusWorld, drift: timedelta | None) -> None:
    tsa = world.tsa()
    world.drift = drift
    assert refusal(tsa.respond(request_der())) == {"time_not_available"}
    assert rows(world) == []
    world.drift = timedelta(seconds=1)
    tsa.stamp(DIGEST)


def test_I17_a_step_of_the_wall_clock_shows_against_the_monotonic_one(clock: SteppingClock) -> None:
    ticks = [100.0]
    guard = ClockGuard(clock, SteadyClock(clock, lambda: ticks[0]))
    ticks[0] += 3600
    clock.advance(timedelta(hours=1, milliseconds=900))
    assert guard.now() == clock()
    for step in (timedelta(seconds=1), timedelta(seconds=-3)):
        clock.advance(step)
        with pytest.raises(TimeNotTrusted):
            guard.now()


def test_I17_the_kernel_says_whether_it_is_synchronised() -> None:
    now = datetime.now(UTC)
    assert KernelDiscipline(lambda: (0, 250_000))(now) == timedelta(milliseconds=250)
    assert KernelDiscipline(lambda: (5, 0))(now) is None
    state, max_error = kernel_time_state()
    assert 0 <= state <= 5
    assert max_error >= 0
    assert KernelDiscipline()(now) == (None if state == 5 else timedelta(microseconds=max_error))


def test_the_imprint_may_carry_null_parameters(world: StatusWorld) -> None:
    """RFC 5754 §2: receivers accept both absent and NULL parameters of SHA-2; openssl sends NULL."""
    imprint = {
        "hash_algorithm": {"algorithm": "sha256", "parameters": None},
        "hashed_message": os.urandom(32),
    }
    request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint}).dump()
    assert tsp.TimeStampResp.load(world.tsa().respond(request))["status"]["status"].native == "granted"
