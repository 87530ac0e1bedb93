"""The OCSP responder (RFC 6960, RFC 5019, RFC 9654; I7, I12, I14, I16)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ca import der
from ca.errors import CertificateUnknown, OcspUnavailable
from ca.key_facts import key_bits
from ca.status.ocsp_codec import (
    MAX_CERTIFICATES,
    MAX_GET_CHARACTERS,
    MAX_REQUEST_OCTETS,
    IssuerHashes,
    RequestRefused,
    decode_get,
    parse_request,
)
from ca.store import unit
from hsm.algorithms import DEFAULT_ALGORITHM, DigestAlgorithm, kind_of
from hsm.public_keys import certificate_key, spki
from hsm.verification import verify_signature
from tests.conftest import SteppingClock
from tests.status_world import StatusWorld

pytestmark = pytest.mark.usefixtures("both_suites")

Status = ocsp.OCSPResponseStatus


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> StatusWorld:
    return StatusWorld(engine, clock)


def ask(
    world: StatusWorld,
    made: x509.Certificate,
    *,
    nonce: bytes | None = None,
    digest: hashes.HashAlgorithm | None = None,
) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        made, world.certificates["issuing"], digest or hashes.SHA256()
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def many(world: StatusWorld, serials: list[int], extensions: bytes = b"", *, outer: bytes = b"") -> bytes:
    """Build a request for several serials by hand; ``extensions`` as they would stand in the request."""
    hashed = IssuerHashes(world.certificates["issuing"])
    requests = [der.sequence(hashed.cert_id(serial).encoded) for serial in serials]
    return der.sequence(der.sequence(der.sequence(*requests), extensions), outer)


def answer(world: StatusWorld, request: bytes) -> ocsp.OCSPResponse:
    return ocsp.load_der_ocsp_response(world.ocsp().respond("issuing", request))


def check(world: StatusWorld, response: ocsp.OCSPResponse) -> None:
    """Check that the delegate is named, is attached and signed the answer."""
    delegate = world.certificates["ocsp-issuing"]
    assert response.certificates == [delegate]
    key = certificate_key(delegate)
    algorithm = DEFAULT_ALGORITHM[kind_of(key)]
    assert response.signature_algorithm_oid.dotted_string == algorithm.oid
    verify_signature(key, algorithm, response.tbs_response_bytes, response.signature)
    written = der.Reader(spki(key)).enter(der.SEQUENCE)
    written.element()
    assert response.responder_key_hash == hashlib.sha1(written.contents(der.BIT_STRING)[1:]).digest()


@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_a_known_certificate_is_good(world: StatusWorld, digest: hashes.HashAlgorithm) -> None:
    made = world.issue()
    response = answer(world, ask(world, made, digest=digest))
    assert response.response_status is Status.SUCCESSFUL
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert response.serial_number == made.serial_number
    assert response.hash_algorithm.name == digest.name
    assert response.this_update_utc == response.produced_at_utc == world.clock()
    assert response.next_update_utc - response.this_update_utc == world.config.ocsp_lifetime
    check(world, response)


def test_a_certificate_named_by_sm3(world: StatusWorld) -> None:
    """A client of the national suite names the issuer by SM3; the answer repeats its CertID octet for octet."""
    made, issuing = world.issue(), world.certificates["issuing"]
    name = DigestAlgorithm.SM3.digest(issuing.subject.public_bytes()).value
    key = DigestAlgorithm.SM3.digest(key_bits(certificate_key(issuing))).value
    hashed = der.sequence(der.oid(DigestAlgorithm.SM3.oid), der.null())
    cert_id = der.sequence(
        hashed, der.octet_string(name), der.octet_string(key), der.integer(made.serial_number)
    )
    request = der.sequence(der.sequence(der.sequence(der.sequence(cert_id))))
    response = answer(world, request)
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert cert_id in response.tbs_response_bytes
    check(world, response)


def test_a_revoked_certificate_with_its_time_and_reason(world: StatusWorld, clock: SteppingClock) -> None:
    made = world.issue()
    world.revoke(made.serial_number, "superseded")
    when = clock()
    clock.advance(timedelta(minutes=5))
    response = answer(world, ask(world, made))
    assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert response.revocation_time_utc == when
    assert response.revocation_reason is x509.ReasonFlags.superseded
    check(world, response)


def test_I14_good_only_for_what_was_issued_and_not_revoked(world: StatusWorld) -> None:
    """Reservations, burned and random serials, and every one that another issuer has, are not good."""
    reserved, burned, of_root = (
        world.issue(status="reserved"),
        world.issue(status="reserved"),
        world.certificates["issuing"],
    )
    world.revoke(burned.serial_number, "unspecified", status="burned")
    expected = {
        reserved.serial_number: "unknown",
        burned.serial_number: "revoked",
        of_root.serial_number: "unknown",
    }
    for _ in range(20):
        expected[secrets.randbits(159)] = "unknown"
    expected[0] = expected[-5] = expected[1 << 200] = "unknown"
    good = world.issue()
    expected[good.serial_number] = "good"
    responder = world.ocsp()
    for serial, wanted in expected.items():
        response = ocsp.load_der_ocsp_response(responder.respond("issuing", many(world, [serial])))
        assert response.certificate_status.name.lower() == wanted, serial
        assert response.serial_number == serial


def test_I12_a_revocation_shows_in_the_next_answer(world: StatusWorld) -> None:
    """The reuse of signed answers never hides a revocation: the database is asked each time."""
    made = world.issue()
    responder, request = world.ocsp(), ask(world, made)
    assert (
        ocsp.load_der_ocsp_response(responder.respond("issuing", request)).certificate_status.name == "GOOD"
    )
    signed = world.memory.signed
    responder.respond("issuing", request)
    assert world.memory.signed == signed  # the same octets again
    world.revoke(made.serial_number)
    assert (
        ocsp.load_der_ocsp_response(responder.respond("issuing", request)).certificate_status.name
        == "REVOKED"
    )


def test_I16_an_answer_is_not_reused_for_long(world: StatusWorld, clock: SteppingClock) -> None:
    made = world.issue()
    responder, request = world.ocsp(), ask(world, made)
    first = responder.respond("issuing", request)
    clock.advance(timedelta(seconds=61))
    second = ocsp.load_der_ocsp_response(responder.respond("issuing", request))
    assert second.produced_at_utc == clock()
    assert second.next_update_utc > ocsp.load_der_ocsp_response(first).next_update_utc


def test_no_answer_outlives_the_responder(world: StatusWorld, clock: SteppingClock) -> None:
    made = world.issue()
    end = world.certificates["ocsp-issuing"].not_valid_after_utc
    clock.now = end - timedelta(hours=1)
    assert answer(world, ask(world, made)).next_update_utc == end
    clock.now = end + timedelta(seconds=1)
    assert answer(world, ask(world, made)).response_status is Status.TRY_LATER


@pytest.mark.parametrize("size", [1, 16, 32, 128])
def test_a_nonce_comes_back(world: StatusWorld, size: int) -> None:
    """RFC 9654 §2.1: 1 to 128 octets."""
    nonce = secrets.token_bytes(size)
    response = answer(world, ask(world, world.issue(), nonce=nonce))
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce


def test_two_nonces_get_two_signatures(world: StatusWorld) -> None:
    made, responder = world.issue(), world.ocsp()
    one, two = (responder.respond("issuing", ask(world, made, nonce=octet * 16)) for octet in (b"a", b"b"))
    assert one != two
    assert world.memory.signed == 2


@pytest.mark.parametrize("size", [0, 129, 1000])
def test_a_nonce_of_another_size_is_malformed(world: StatusWorld, size: int) -> None:
    """RFC 9654 §2.1."""
    value = der.octet_string(der.octet_string(b"n" * size))
    extension = der.sequence(der.oid("1.3.6.1.5.5.7.48.1.2"), value)
    request = many(world, [7], der.explicit(2, der.sequence(extension)))
    assert answer(world, request).response_status is Status.MALFORMED_REQUEST


def test_several_certificates_in_one_request(world: StatusWorld) -> None:
    good, gone = world.issue(), world.issue()
    world.revoke(gone.serial_number)
    response = answer(world, many(world, [good.serial_number, gone.serial_number, 99]))
    found = {single.serial_number: single.certificate_status.name for single in response.responses}
    assert found == {good.serial_number: "GOOD", gone.serial_number: "REVOKED", 99: "UNKNOWN"}
    check(world, response)


def test_the_number_of_certificates_is_limited(world: StatusWorld) -> None:
    fits = many(world, list(range(1, MAX_CERTIFICATES + 1)))
    assert len(list(answer(world, fits).responses)) == MAX_CERTIFICATES
    over = many(world, list(range(1, MAX_CERTIFICATES + 2)))
    assert answer(world, over).response_status is Status.MALFORMED_REQUEST


def test_a_request_is_limited_in_size(world: StatusWorld) -> None:
    assert answer(world, b"\x30" * (MAX_REQUEST_OCTETS + 1)).response_status is Status.MALFORMED_REQUEST


def test_another_issuers_certificate_is_unauthorized(world: StatusWorld) -> None:
    """RFC 6960 §2.3."""
    made = world.issue()
    stranger = (
        ocsp.OCSPRequestBuilder().add_certificate(made, world.certificates["root"], hashes.SHA1()).build()
    )
    assert answer(world, stranger.public_bytes(Encoding.DER)).response_status is Status.UNAUTHORIZED
    nobody = world.ocsp().respond("nobody", ask(world, made))
    assert ocsp.load_der_ocsp_response(nobody).response_status is Status.UNAUTHORIZED


def test_an_unknown_digest_in_the_certid_is_unauthorized(world: StatusWorld) -> None:
    cert_id = der.sequence(
        der.sequence(der.oid("1.2.840.113549.2.5"), der.null()),
        der.octet_string(b"m" * 16),
        der.octet_string(b"d" * 16),
        der.integer(5),
    )
    request = der.sequence(der.sequence(der.sequence(der.sequence(cert_id))))
    assert answer(world, request).response_status is Status.UNAUTHORIZED


@pytest.mark.parametrize(
    ("critical", "expected"), [(False, Status.SUCCESSFUL), (True, Status.MALFORMED_REQUEST)]
)
def test_an_unknown_extension(world: StatusWorld, critical: bool, expected: Status) -> None:
    extension = der.sequence(
        der.oid("1.2.3.4"), der.boolean(value=True) if critical else b"", der.octet_string(b"")
    )
    assert (
        answer(world, many(world, [7], der.explicit(2, der.sequence(extension)))).response_status is expected
    )


def test_a_signed_request_is_answered_like_any_other(world: StatusWorld) -> None:
    """RFC 6960 §4.1.2: the signature is optional, and we answer anyone."""
    signature = der.explicit(0, der.sequence(der.sequence(der.oid("1.2.3")), der.bit_string(b"s")))
    assert answer(world, many(world, [7], outer=signature)).response_status is Status.SUCCESSFUL


@pytest.mark.parametrize(
    "request_der",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"hello",
        b"\x30\x00",
        b"\x30\x02\x30\x00",
        b"\x30\x04\x30\x02\x30\x00",
    ],
)
def test_what_is_no_request_is_malformed(world: StatusWorld, request_der: bytes) -> None:
    assert answer(world, request_der).response_status is Status.MALFORMED_REQUEST


def test_octets_after_the_request_are_malformed(world: StatusWorld) -> None:
    assert answer(world, many(world, [7]) + b"\x00").response_status is Status.MALFORMED_REQUEST


def test_I07_a_wrong_signature_is_withheld(world: StatusWorld) -> None:
    made, responder = world.issue(), world.ocsp()
    world.memory.flip_bit = True
    withheld = ocsp.load_der_ocsp_response(responder.respond("issuing", ask(world, made, nonce=b"n")))
    assert withheld.response_status is Status.INTERNAL_ERROR
    world.memory.flip_bit = False
    again = ocsp.load_der_ocsp_response(responder.respond("issuing", ask(world, made, nonce=b"n")))
    assert again.response_status is Status.SUCCESSFUL


def test_a_token_pulled_out_means_try_later(world: StatusWorld) -> None:
    made, responder = world.issue(), world.ocsp()
    world.memory.lose_answer = True
    gone = ocsp.load_der_ocsp_response(responder.respond("issuing", ask(world, made, nonce=b"n")))
    assert gone.response_status is Status.TRY_LATER
    world.memory.lose_answer = False
    back = ocsp.load_der_ocsp_response(responder.respond("issuing", ask(world, made, nonce=b"n")))
    assert back.response_status is Status.SUCCESSFUL


def test_a_database_that_went_away_means_try_later(world: StatusWorld) -> None:
    made, responder = world.issue(), world.ocsp()
    with world.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE certificate RENAME TO elsewhere")
    response = ocsp.load_der_ocsp_response(responder.respond("issuing", ask(world, made, nonce=b"n")))
    assert response.response_status is Status.TRY_LATER


def test_an_issuer_without_a_responder(world: StatusWorld) -> None:
    made = world.issue()
    with world.engine.begin() as conn:
        conn.execute(unit.update().where(unit.c.purpose == "ocsp").values(status="retired"))
    assert answer(world, ask(world, made)).response_status is Status.TRY_LATER
    with pytest.raises(OcspUnavailable):
        world.ocsp().response_for(made.serial_number)


def test_evidence_for_embedding(world: StatusWorld) -> None:
    """B-LT: a fresh answer about one certificate of ours, without a nonce."""
    made = world.issue()
    response = ocsp.load_der_ocsp_response(world.ocsp().response_for(made.serial_number))
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert response.serial_number == made.serial_number
    assert len(response.extensions) == 0
    check(world, response)
    with pytest.raises(CertificateUnknown):
        world.ocsp().response_for(12345)


def test_a_get_address_is_read(world: StatusWorld) -> None:
    """RFC 6960 §A.1, RFC 5019 §5."""
    request = ask(world, world.issue())
    text = base64.b64encode(request).decode()
    assert decode_get(text) == request
    assert decode_get(text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")) == request
    for wrong in ("%%%", "not base64!", "A" * (MAX_GET_CHARACTERS + 1), "é"):
        with pytest.raises(RequestRefused):
            decode_get(wrong)


def test_a_version_that_is_written_out_is_read(world: StatusWorld) -> None:
    hashed = IssuerHashes(world.certificates["issuing"]).cert_id(7).encoded
    body = der.sequence(der.sequence(hashed))
    for version, readable in ((0, True), (1, False)):
        request = der.sequence(der.sequence(der.explicit(0, der.integer(version)), body))
        if readable:
            assert parse_request(request).certificates[0].serial == 7
        else:
            with pytest.raises(RequestRefused):
                parse_request(request)
