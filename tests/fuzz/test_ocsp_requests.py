"""OCSP requests made of anything: the reader refuses or reads, and what it reads another library reads the same."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from api.database.engine import make_engine
from ca import der
from ca.clock import system_clock
from ca.status.ocsp_codec import (
    MAX_CERTIFICATES,
    MAX_NONCE_OCTETS,
    RequestRefused,
    ResponseStatus,
    StatusRequest,
    decode_get,
    parse_request,
)
from tests.status_world import StatusWorld

EXAMPLES = 400


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StatusWorld]:
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'ca.db'}")
    yield StatusWorld(engine, system_clock)
    engine.dispose()


@pytest.fixture(scope="module")
def honest(world: StatusWorld) -> bytes:
    made = world.issue()
    builder = ocsp.OCSPRequestBuilder().add_certificate(made, world.certificates["issuing"], hashes.SHA256())
    return builder.add_extension(x509.OCSPNonce(b"n" * 16), critical=False).build().public_bytes(Encoding.DER)


def read(data: bytes) -> StatusRequest | None:
    """Read, or return nothing if it is refused; any other exception is a fault."""
    try:
        return parse_request(data)
    except RequestRefused as refused:
        status = refused.status
    assert status is ResponseStatus.MALFORMED_REQUEST
    return None


def check_same_reading(data: bytes) -> None:
    """Check that what we read, asn1crypto reads alike: never a second meaning for the same octets."""
    ours = read(data)
    if ours is None:
        return
    theirs = asn1_ocsp.OCSPRequest.load(data, strict=True)["tbs_request"]
    asked = [one["req_cert"] for one in theirs["request_list"]]
    assert [one["serial_number"].native for one in asked] == [one.serial for one in ours.certificates]
    assert [one["issuer_key_hash"].native for one in asked] == [
        one.issuer_key_hash for one in ours.certificates
    ]
    assert [one["issuer_name_hash"].native for one in asked] == [
        one.issuer_name_hash for one in ours.certificates
    ]
    assert 1 <= len(asked) <= MAX_CERTIFICATES
    if ours.nonce is not None:
        assert len(der.Reader(ours.nonce).contents(der.OCTET_STRING)) <= MAX_NONCE_OCTETS


@given(st.binary(max_size=300))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_octets(data: bytes) -> None:
    check_same_reading(data)


@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_request_with_octets_changed(honest: bytes, data: st.DataObject) -> None:
    changed = bytearray(honest)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    check_same_reading(bytes(changed))


@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_request_cut_and_spliced(honest: bytes, data: st.DataObject) -> None:
    at, upto = (data.draw(st.integers(0, len(honest))) for _ in range(2))
    check_same_reading(honest[:at] + data.draw(st.binary(max_size=12)) + honest[upto:])


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_the_responder_always_answers(world: StatusWorld, honest: bytes, data: st.DataObject) -> None:
    """Whatever arrives, a whole ``OCSPResponse`` leaves; a success only for what could be read."""
    changed = bytearray(honest)
    changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    response = ocsp.load_der_ocsp_response(world.ocsp().respond("issuing", bytes(changed)))
    if response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL:
        assert parse_request(bytes(changed)).certificates[0].serial == response.serial_number


def test_every_truncation_is_refused(honest: bytes) -> None:
    assert all(read(honest[:end]) is None for end in range(len(honest)))
    assert read(honest) is not None


@pytest.mark.parametrize("depth", [50, 5000])
def test_nesting_costs_nothing(depth: int) -> None:
    """The reader has the structure's own depth and no more: no recursion to exhaust."""
    data = b""
    for _ in range(depth):
        data = der.sequence(data)
        if len(data) > 16_000:
            break
    assert read(data) is None


@given(st.text(max_size=200))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_get_address(path: str) -> None:
    status = ResponseStatus.MALFORMED_REQUEST
    try:
        decode_get(path)
    except RequestRefused as refused:
        status = refused.status
    assert status is ResponseStatus.MALFORMED_REQUEST


@given(st.binary(max_size=300))
def test_every_request_survives_a_get_address(data: bytes) -> None:
    assert decode_get(base64.b64encode(data).decode()) == data


def test_the_reader_accepts_what_openssl_and_gnutls_send() -> None:
    """Requests kept from ``openssl ocsp`` 3.0.19 and ``ocsptool`` 3.7.9, made 2026-11-21 (README beside them)."""
    folder = Path(__file__).parent / "ocsp"
    found = sorted(folder.glob("*.der"))
    assert len(found) == 3
    for one in found:
        request = read(one.read_bytes())
        assert request is not None, one.name
        assert (request.nonce is not None) == ("nonce" in one.name)
