"""Statements and lists in SM2: written and read back, strictly, with no way from one algorithm to another."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from hsm.sm2.curve import N
from hsm.suite import Suite
from seals.errors import SealError, StatementInvalid, StatementSignatureInvalid
from seals.statement import (
    parse_statement,
    parse_status_list,
    sign_statement,
    sign_status_list,
)
from tests.pki import MemorySigner, Party, Pki
from tests.sm2 import Sm2TestKey, backend
from tests.unit.seals.test_statement import LIST, NOW, STATEMENT


def _maker() -> Party:
    return Pki(NOW, suite=Suite.GM).seal_maker()


MAKER = _maker()
CHAIN = [MAKER.der, *MAKER.chain]
JWS = sign_statement(STATEMENT, MAKER.signer, CHAIN)


def _parts(jws: str) -> tuple[dict[str, object], str, bytes]:
    head, payload, signature = jws.split(".")
    return json.loads(_octets(head)), payload, _octets(signature)


def _octets(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _joined(header: dict[str, object], payload: str, signature: bytes) -> str:
    head = json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{_text(head.encode())}.{payload}.{_text(signature)}"


def test_a_statement_names_the_private_algorithm_and_carries_r_and_s() -> None:
    header, _, signature = _parts(JWS)
    assert header["alg"] == "SM2SM3"
    assert len(signature) == 64
    parsed = parse_statement(JWS)
    assert (parsed.statement, parsed.alg) == (STATEMENT, "SM2SM3")
    assert parsed.check_signature() == MAKER.certificate


def test_another_implementation_accepts_what_is_signed() -> None:
    """The signed octets are those of RFC 7515 §5.1: header and payload as they stand, a full stop between."""
    _, _, signature = _parts(JWS)
    public = MAKER.key.public_key()
    backend().verify(public, JWS.rpartition(".")[0].encode(), signature)


def test_a_status_list_in_sm2() -> None:
    parsed = parse_status_list(sign_status_list(LIST, MAKER.signer, CHAIN))
    parsed.check_signature()
    assert parsed.status_list == LIST


@pytest.mark.parametrize("alg", ["ES256", "ES384", "RS256", "sm2sm3", "SM2", "none", "1.2.156.10197.1.501"])
def test_the_algorithm_cannot_be_called_otherwise(alg: str) -> None:
    header, payload, signature = _parts(JWS)
    with pytest.raises(SealError):
        parse_statement(_joined(header | {"alg": alg}, payload, signature)).check_signature()


def test_an_ecdsa_key_does_not_pass_for_sm2() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    other = Pki(NOW).seal_maker(key=key)
    header, payload, signature = _parts(
        sign_statement(STATEMENT, MemorySigner(key), [other.der, *other.chain])
    )
    with pytest.raises(StatementSignatureInvalid):
        parse_statement(_joined(header | {"alg": "SM2SM3"}, payload, signature)).check_signature()


@pytest.mark.parametrize("length", [0, 63, 65, 70, 72])
def test_the_signature_has_one_length(length: int) -> None:
    header, payload, _ = _parts(JWS)
    with pytest.raises(StatementInvalid):
        parse_statement(_joined(header, payload, bytes(length)))


def test_der_in_the_place_of_r_and_s_is_refused() -> None:
    header, payload, _ = _parts(JWS)
    der = MAKER.signer.sign(JWS.rpartition(".")[0].encode())
    with pytest.raises(StatementInvalid):
        parse_statement(_joined(header, payload, der))


@pytest.mark.parametrize("value", [0, N, N + 1, 2**256 - 1])
@pytest.mark.parametrize("place", [slice(0, 32), slice(32, 64)], ids=["r", "s"])
def test_r_and_s_out_of_range_are_refused(value: int, place: slice) -> None:
    header, payload, signature = _parts(JWS)
    changed = bytearray(signature)
    changed[place] = value.to_bytes(32, "big")
    with pytest.raises(StatementSignatureInvalid):
        parse_statement(_joined(header, payload, bytes(changed))).check_signature()


def test_a_signature_with_an_empty_identity_is_refused() -> None:
    assert isinstance(MAKER.key, Sm2TestKey)
    header, payload, _ = _parts(JWS)
    from hsm.sm2.signature import Sm2Signature

    wrong = backend().sign(MAKER.key.scalar, JWS.rpartition(".")[0].encode(), b"")
    with pytest.raises(StatementSignatureInvalid):
        parse_statement(_joined(header, payload, Sm2Signature.from_der(wrong).raw)).check_signature()


@given(st.data())
def test_one_flipped_bit_never_verifies(data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(JWS) - 1))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."))
    changed = JWS[:position] + other + JWS[position + 1 :]
    if changed != JWS:
        with pytest.raises(SealError):
            parse_statement(changed).check_signature()
