"""Statements and status lists: what we write an outside judge verifies; what is not exact is refused."""

from __future__ import annotations

import base64
import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws as judge
from joserfc.jwk import ECKey, RSAKey

from seals.errors import StatementInvalid, StatementSignatureInvalid
from seals.jws import MAX_CHAIN, MAX_NESTED, raw_signature, read_object
from seals.members import time_text
from seals.seal import SealKind, SealStatus
from seals.statement import (
    LIST_TYPE,
    STATEMENT_TYPE,
    SealStatement,
    SealStatusList,
    list_payload,
    parse_statement,
    parse_status_list,
    sign_statement,
    sign_status_list,
    statement_payload,
)
from tests.seal_world import MemorySigner, certificate

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
STATEMENT = SealStatement(
    seal_code="33010600000001",
    physical_code="3301060000001",
    kind=SealKind.LEGAL_NAME,
    name="杭州某某数字科技有限公司法定名称章",
    owner_name="杭州某某数字科技有限公司",
    owner_uscc="11330105002500287C",
    valid_from=NOW - timedelta(days=1),
    valid_to=NOW + timedelta(days=1000),
    status=SealStatus.ACTIVE,
    certificate_sha256="a" * 64,
    picture_sha256="b" * 64,
    permit="c" * 32,
    document_sha256="d" * 64,
    issued_at=NOW,
)
LIST = SealStatusList(
    issuer="yinxin-demo",
    number=7,
    issued_at=NOW,
    next_update=NOW + timedelta(hours=24),
    entries={
        "33010600000001": (
            (NOW - timedelta(days=9), SealStatus.ACTIVE),
            (NOW - timedelta(days=5), SealStatus.FROZEN),
            (NOW - timedelta(days=2), SealStatus.ACTIVE),
        )
    },
    active=frozenset({"33010600000002", "33010600000003"}),
)

KEYS = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
}


class _Roomy(judge.JWSRegistry):
    """The judge with room for a chain in the header; it takes 512 octets otherwise."""

    max_header_length = 64 * 1024


@pytest.fixture(params=sorted(KEYS))
def maker(request: pytest.FixtureRequest) -> tuple[str, Any, list[bytes]]:
    key = KEYS[request.param]()
    return request.param, key, [certificate(NOW, key=key).der]


@pytest.fixture(scope="module")
def es256() -> tuple[MemorySigner, list[bytes]]:
    key = ec.generate_private_key(ec.SECP256R1())
    return MemorySigner(key), [certificate(NOW, key=key).der]


def test_an_outside_judge_verifies_our_statement(maker: tuple[str, Any, list[bytes]]) -> None:
    """RFC 7515 by joserfc, which shares no code with ours."""
    alg, key, chain = maker
    jws = sign_statement(STATEMENT, MemorySigner(key), chain)
    public = key.public_key()
    outside = RSAKey.import_key(public) if alg == "RS256" else ECKey.import_key(public)
    seen = judge.deserialize_compact(jws, outside, registry=_Roomy(algorithms=[alg]))
    assert seen.headers()["typ"] == STATEMENT_TYPE
    assert json.loads(seen.payload) == statement_payload(STATEMENT)
    leaf = x509.load_der_x509_certificate(base64.b64decode(seen.headers()["x5c"][0]))
    assert leaf.public_key() == public


def test_we_read_and_check_what_we_wrote(maker: tuple[str, Any, list[bytes]]) -> None:
    alg, key, chain = maker
    parsed = parse_statement(sign_statement(STATEMENT, MemorySigner(key), chain))
    assert (parsed.statement, parsed.alg, list(parsed.chain_der)) == (STATEMENT, alg, chain)
    assert parsed.check_signature().public_bytes(Encoding.DER) == chain[0]


def test_we_read_what_another_signer_wrote(es256: tuple[MemorySigner, list[bytes]]) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    chain = [base64.b64encode(certificate(NOW, key=key).der).decode()]
    header = {"alg": "ES256", "typ": STATEMENT_TYPE, "x5c": chain}
    payload = json.dumps(statement_payload(STATEMENT)).encode()
    parsed = parse_statement(judge.serialize_compact(header, payload, ECKey.import_key(key)))
    parsed.check_signature()
    assert parsed.statement == STATEMENT


def test_a_status_list_goes_round_and_tells_active_from_unknown(
    es256: tuple[MemorySigner, list[bytes]],
) -> None:
    parsed = parse_status_list(sign_status_list(LIST, *es256))
    parsed.check_signature()
    found = parsed.status_list
    assert found == LIST
    stopped = "33010600000001"
    assert found.status_at("33010600000002", NOW) is SealStatus.ACTIVE
    assert found.status_at("33010600009999", NOW) is None
    assert found.status_at(stopped, NOW) is SealStatus.ACTIVE
    assert found.status_at(stopped, NOW - timedelta(days=3)) is SealStatus.FROZEN
    assert found.status_at(stopped, NOW - timedelta(days=5)) is SealStatus.FROZEN, "from that instant"
    assert found.status_at(stopped, NOW - timedelta(days=5, microseconds=1)) is SealStatus.ACTIVE
    assert found.status_at(stopped, NOW - timedelta(days=10)) is None


def test_equal_lists_have_equal_octets() -> None:
    other = dataclasses.replace(LIST, active=frozenset(sorted(LIST.active, reverse=True)))
    assert json.dumps(list_payload(other)) == json.dumps(list_payload(LIST))


def test_a_list_is_not_a_statement_nor_the_reverse(es256: tuple[MemorySigner, list[bytes]]) -> None:
    with pytest.raises(StatementInvalid, match="not a yinxin-seal-statement"):
        parse_statement(sign_status_list(LIST, *es256))
    with pytest.raises(StatementInvalid, match="not a yinxin-seal-status-list"):
        parse_status_list(sign_statement(STATEMENT, *es256))


def test_another_certificate_in_front_is_found(es256: tuple[MemorySigner, list[bytes]]) -> None:
    jws = sign_statement(STATEMENT, *es256)
    head, payload, signature = jws.split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    header["x5c"] = [base64.b64encode(certificate(NOW).der).decode()]
    forged = ".".join([_b64(header), payload, signature])
    with pytest.raises(StatementSignatureInvalid):
        parse_statement(forged).check_signature()


def test_a_key_of_another_kind_than_alg_is_found(es256: tuple[MemorySigner, list[bytes]]) -> None:
    head, payload, signature = sign_statement(STATEMENT, *es256).split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    header["alg"] = "RS256"
    with pytest.raises(StatementSignatureInvalid, match="does not fit"):
        parse_statement(".".join([_b64(header), payload, signature])).check_signature()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("06072a8648ce3d0201", "06072a8648ce3d0202"),  # no key algorithm that anybody knows
        ("06082a8648ce3d030107", "06082a8648ce3d030177"),  # no such curve
        ("a003020102", "a003020107"),  # version 8
    ],
)
def test_a_certificate_with_a_strange_key_is_refused_in_words(
    es256: tuple[MemorySigner, list[bytes]], old: str, new: str
) -> None:
    head, payload, signature = sign_statement(STATEMENT, *es256).split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    der = es256[1][0].replace(bytes.fromhex(old), bytes.fromhex(new), 1)
    assert der != es256[1][0]
    header["x5c"] = [base64.b64encode(der).decode()]
    with pytest.raises(StatementInvalid):
        parse_statement(".".join([_b64(header), payload, signature])).check_signature()


def test_a_certificate_that_is_none_is_named(es256: tuple[MemorySigner, list[bytes]]) -> None:
    head, payload, signature = sign_statement(STATEMENT, *es256).split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    header["x5c"] = [base64.b64encode(b"not a certificate").decode()]
    with pytest.raises(StatementInvalid, match="cannot be read"):
        parse_statement(".".join([_b64(header), payload, signature])).check_signature()


def _b64(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _with(jws: str, *, header: dict[str, Any] | None = None, payload: Any = None) -> str:
    """Replace members; ``None`` takes one away."""
    head, body, signature = jws.split(".")
    for changes, part in ((header, 0), (payload, 1)):
        if changes is None:
            continue
        if isinstance(changes, bytes):
            new = _b64(changes)
        else:
            old = json.loads(base64.urlsafe_b64decode((head, body)[part] + "=="))
            old.update(changes)
            new = _b64({name: value for name, value in old.items() if value is not None})
        head, body = (new, body) if part == 0 else (head, new)
    return f"{head}.{body}.{signature}"


@pytest.mark.parametrize(
    ("header", "payload", "why"),
    [
        ({"alg": "none"}, None, "alg is none of"),
        ({"alg": "HS256"}, None, "alg is none of"),
        ({"alg": ["ES256"]}, None, "alg is none of"),
        ({"alg": "ES384"}, None, "wrong length"),
        ({"typ": "JWT"}, None, "not a yinxin"),
        ({"crit": ["b64"]}, None, "exactly alg, typ and x5c"),
        ({"jku": "https://attacker.example"}, None, "exactly alg, typ and x5c"),
        ({"x5c": None}, None, "exactly alg, typ and x5c"),
        ({"x5c": []}, None, "1 to 5"),
        ({"x5c": ["AAAA"] * (MAX_CHAIN + 1)}, None, "1 to 5"),
        ({"x5c": ["A" * 30000]}, None, "at most"),
        ({"x5c": ["!"]}, None, "not base64"),
        ({"x5c": ["QQ=="[:2] + "R="]}, None, "base64"),
        (None, {"extra": 1}, "members missing or unknown: extra"),
        (None, {"permit": None}, "members missing or unknown: permit"),
        (None, {"seal_code": "3301060000001"}, "14-digit"),
        (None, {"physical_code": "３３０１０６００００００１"}, "13-digit"),
        (None, {"kind": "06"}, "no known kind"),
        (None, {"status": "ok"}, "no known state"),
        (None, {"name": ""}, "printable"),
        (None, {"name": "甲" * 300}, "printable"),
        (None, {"name": "甲\u202e乙"}, "printable"),
        (None, {"owner_uscc": "1133010500250028IC"}, "credit code"),
        (None, {"permit": "C" * 32}, "permit id"),
        (None, {"document_sha256": "D" * 64}, "SHA-256"),
        (None, {"certificate_sha256": "a" * 63}, "SHA-256"),
        (None, {"issued_at": "2026-11-21T12:00:00Z"}, "UTC time"),
        (None, {"issued_at": "2026-13-21T12:00:00.000000Z"}, "UTC time"),
        (None, {"issued_at": 1.5}, "not an integer"),
        (None, {"valid_to": "2000-01-01T00:00:00.000000Z"}, "lies before"),
        (None, {"name": {"a": [[[[[[1]]]]]]}}, "nested deeper"),
        (None, b"[1]", "not a JSON object"),
        (None, b"{", "not JSON"),
        (None, b"\xff", "not JSON"),
        (None, b'{"a":1,"a":2}', "repeated"),
        (None, b'{"a":NaN}', "not an integer"),
        (None, b'{"a":' + b"9" * 5000 + b"}", "too long"),
        (None, b"[" * 30000, "nested deeper"),
        (None, b'{"a":"' + b"]" * 9000 + b'","b":' + b"[" * 9000, "nested deeper"),
    ],
)
def test_what_is_not_exact_is_refused(
    es256: tuple[MemorySigner, list[bytes]], header: Any, payload: Any, why: str
) -> None:
    jws = _with(sign_statement(STATEMENT, *es256), header=header, payload=payload)
    with pytest.raises(StatementInvalid, match=why):
        parse_statement(jws)


def test_empty_lists_by_the_million_are_refused_unread() -> None:
    """Three octets of a report become sixty in memory: twenty megabytes took half a gigabyte and seven seconds."""
    full = b'{"a":[' + b"[]," * (MAX_NESTED - 3) + b"{}]}"
    assert len(read_object(full, "payload")["a"]) == MAX_NESTED - 2
    with pytest.raises(StatementInvalid, match="lists and objects"):
        read_object(full.replace(b"{}", b"[],{}"), "payload")


@pytest.mark.parametrize(
    ("mutate", "why"),
    [
        (lambda jws: "", "three parts"),
        (lambda jws: jws + ".x", "three parts"),
        (lambda jws: jws + "=", "base64url"),
        (lambda jws: jws + " ", "base64url"),
        (lambda jws: jws.replace(".", ".\n", 1), "base64url"),
        (lambda jws: "é" + jws, "ASCII"),
        (lambda jws: jws + "A" * 70000, "longer than"),
        (lambda jws: "A" * 50000 + jws, "header longer"),
    ],
)
def test_another_serialisation_is_refused(
    es256: tuple[MemorySigner, list[bytes]], mutate: Any, why: str
) -> None:
    with pytest.raises(StatementInvalid, match=why):
        parse_statement(mutate(sign_statement(STATEMENT, *es256)))


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({"number": 0}, "positive"),
        ({"number": True}, "positive"),
        ({"entries": []}, "object"),
        ({"active": ["33010600000003", "33010600000002"]}, "sorted"),
        ({"active": ["33010600000002", "33010600000002"]}, "sorted"),
        ({"active": ["33010600000001"]}, "both in entries and in active"),
        ({"active": [1]}, "14-digit"),
        ({"entries": {"1": []}}, "14-digit"),
        ({"entries": {"33010600000009": []}}, "1 to"),
        ({"entries": {"33010600000009": [["2026-01-01T00:00:00.000000Z"]]}}, "a time and a word"),
        (
            {
                "entries": {
                    "33010600000009": [
                        ["2026-01-02T00:00:00.000000Z", "active"],
                        ["2026-01-01T00:00:00.000000Z", "frozen"],
                    ]
                }
            },
            "order of time",
        ),
        ({"next_update": time_text(NOW)}, "does not lie after"),
    ],
)
def test_a_list_that_is_not_exact_is_refused(
    es256: tuple[MemorySigner, list[bytes]], payload: Any, why: str
) -> None:
    with pytest.raises(StatementInvalid, match=why):
        parse_status_list(_with(sign_status_list(LIST, *es256), payload=payload))


def test_a_signer_without_its_own_certificate_is_refused(es256: tuple[MemorySigner, list[bytes]]) -> None:
    signer, _ = es256
    with pytest.raises(ValueError, match="another key"):
        sign_statement(STATEMENT, signer, [certificate(NOW).der])
    with pytest.raises(ValueError, match="1 to 5"):
        sign_statement(STATEMENT, signer, [])


def test_raw_signatures_keep_their_leading_zeros() -> None:
    """RFC 7518 §3.4: r and s are of fixed length, whatever their value."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    raw = raw_signature(encode_dss_signature(1, 2**255), 32)
    assert raw == b"\x00" * 31 + b"\x01" + b"\x80" + b"\x00" * 31


def test_times_are_written_one_way() -> None:
    assert time_text(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00.000000Z"
    with pytest.raises(ValueError, match="aware"):
        time_text(datetime(2026, 1, 2))  # noqa: DTZ001 - the wrong thing is the test
    assert LIST_TYPE != STATEMENT_TYPE
