"""Lists in JSON that an attacker made of a true one, or that a careless publisher signed: every one is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from seals.jws import raw_signature
from tests.pki import Party
from tests.trust_list_world import DAY, SCHEME, Publisher, full, granted, service, withdrawn
from tests.verify_world import NOW, Signing
from verify.trusted_lists.errors import (
    ListRefused,
    ListSignatureInvalid,
    ListSignerUnknown,
    ListUnreadable,
)
from verify.trusted_lists.lote_writing import payload_of, write_json
from verify.trusted_lists.pinned import read_list
from verify.trusted_lists.source import PinnedSource

Object = dict[str, Any]


def encode(value: Any) -> str:
    octets = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def parts(jws: bytes) -> tuple[Object, Object, bytes]:
    head, payload, value = jws.decode().split(".")
    return json.loads(decode(head)), json.loads(decode(payload)), decode(value)


def signed(header: Any, payload: Any, by: Party) -> bytes:
    """Sign whatever header and payload with a true key: only their form can be wrong."""
    message = f"{encode(header)}.{encode(payload)}".encode()
    return message + b"." + encode(raw_signature(by.signer.sign(message), 32)).encode()


def test_an_unprotected_algorithm_is_refused(publisher: Publisher, jws: bytes) -> None:
    """RFC 8725 §2.1: none, and the public key as a shared secret."""
    header, payload, _ = parts(jws)
    for alg, value in (("none", b""), ("None", b""), ("ES256", b""), ("", b"")):
        octets = f"{encode(header | {'alg': alg})}.{encode(payload)}.{encode(value)}".encode()
        with pytest.raises(ListSignatureInvalid):
            read_list(octets, [publisher.pin])
    message = f"{encode(header | {'alg': 'HS256'})}.{encode(payload)}".encode()
    value = hmac.digest(publisher.key.der, message, "sha256")
    with pytest.raises(ListSignatureInvalid, match="HS256"):
        read_list(message + b"." + encode(value).encode(), [publisher.pin])


def test_a_header_without_an_algorithm_is_refused(publisher: Publisher, jws: bytes) -> None:
    """RFC 7515 §4.1.1: it is mandatory; whoever serves a list may leave out whatever he likes."""
    header, payload, value = parts(jws)
    del header["alg"]
    for head in (header, {}):
        with pytest.raises(ListRefused):
            read_list(f"{encode(head)}.{encode(payload)}.{encode(value)}".encode(), [publisher.pin])


@pytest.mark.parametrize("alg", ["ES384", "ES512", "RS256", "PS256", "EdDSA", "SM2SM3", 7, None])
def test_an_algorithm_fits_the_pinned_key(publisher: Publisher, jws: bytes, alg: Any) -> None:
    header, payload, _ = parts(jws)
    with pytest.raises(ListSignatureInvalid):
        read_list(signed(header | {"alg": alg}, payload, publisher.key), [publisher.pin])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"crit": ["exp"], "exp": 1}, "critical"),
        ({"crit": ["sigT"]}, "critical"),
        ({"crit": []}, "crit"),
        ({"crit": "b64", "b64": True}, "crit"),
        ({"crit": [{}]}, "critical"),
        ({"crit": [["b64"]], "b64": True}, "critical"),
        ({"crit": ["b64"], "b64": False}, "enclosed"),
        ({"b64": False}, "enclosed"),
        ({"sigD": {"mId": "http://uri.etsi.org/19182/HttpHeaders"}}, "enclosed"),
        ({"x5t#S256": "AAAA"}, "another certificate"),
        ({"x5c": []}, "x5c"),
        ({"x5c": "MII"}, "x5c"),
        ({"x5c": ["***"]}, "x5c"),
        ({"x5c": ["A" * 70_000]}, "x5c"),
        ({"x5c": ["MII="] * 11}, "x5c"),
    ],
)
def test_a_header_that_hides_something_is_refused(
    publisher: Publisher, jws: bytes, change: Object, named: str
) -> None:
    """Critical headers that are not understood, a payload that is elsewhere, another signing certificate."""
    header, payload, _ = parts(jws)
    with pytest.raises(ListSignatureInvalid, match=named):
        read_list(signed(header | change, payload, publisher.key), [publisher.pin])


@pytest.mark.parametrize("gone", ["ServiceStatus", "StatusStartingTime"])
def test_a_past_state_has_a_word_and_a_time(publisher: Publisher, signing: Signing, gone: str) -> None:
    """A list without states grants what it names from its issue on; a past state without one would outlive a withdrawal."""
    listed = publisher.list(service(signing.pki.issuing.der, periods=(withdrawn(NOW - 9 * DAY), granted())))
    header, payload, _ = parts(publisher.signed(listed))
    entity = payload["LoTE"]["TrustedEntitiesList"][0]
    del entity["TrustedEntityServices"][0]["ServiceHistory"][0][gone]
    with pytest.raises(ListUnreadable, match=gone):
        read_list(signed(header, payload, publisher.key), [publisher.pin])


def test_understood_headers_are_no_obstacle(publisher: Publisher, jws: bytes) -> None:
    header, payload, _ = parts(jws)
    more = {"typ": "JOSE", "cty": "json", "b64": True, "crit": ["b64", "iat"], "jku": "https://evil.test/"}
    assert read_list(signed(header | more, payload, publisher.key), [publisher.pin]).sequence == 7


def test_keys_that_the_header_names_are_not_asked(publisher: Publisher, jws: bytes) -> None:
    """A stranger signs and offers his own key by jwk, or by a chain whose second certificate is the pinned one."""
    header, payload, _ = parts(jws)
    stranger = publisher.pki.party()
    own = base64.b64encode(stranger.der).decode()
    numbers = stranger.certificate.public_key().public_numbers()  # type: ignore[union-attr]
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": encode(numbers.x.to_bytes(32)),
        "y": encode(numbers.y.to_bytes(32)),
    }  # type: ignore[union-attr]
    with pytest.raises(ListSignatureInvalid):
        read_list(signed(header | {"jwk": jwk}, payload, stranger), [publisher.pin])
    chain = [own, *header["x5c"]]
    with pytest.raises(ListSignerUnknown):
        read_list(signed(header | {"x5c": chain}, payload, stranger), [publisher.pin])
    without = {name: value for name, value in header.items() if name != "x5c"}
    with pytest.raises(ListSignerUnknown):
        read_list(signed(without, payload, stranger), [publisher.pin])
    with pytest.raises(ListSignatureInvalid):
        read_list(signed(without, payload, stranger), [PinnedSource.of(SCHEME, [publisher.key.der])])
    assert read_list(signed(without, payload, publisher.key), [PinnedSource.of(SCHEME, [publisher.key.der])])


def test_signatures_have_one_form(publisher: Publisher, jws: bytes) -> None:
    """DER for r ‖ s, a longer value, padding, another alphabet."""
    head, payload, value = jws.decode().split(".")
    der = publisher.key.signer.sign(f"{head}.{payload}".encode())
    for other in (
        encode(der),
        value + "AAAA",
        value + "==",
        value[:-4],
        value.replace("_", "/").replace("-", "+") + "+",
    ):
        with pytest.raises(ListRefused):
            read_list(f"{head}.{payload}.{other}".encode(), [publisher.pin])


@pytest.mark.parametrize(
    "octets",
    [b"", b"..", b"a.b", b"a.b.c.d", b"e30.e30.", b"{}", b"[]", b"\xff\xfe", b"e30." + b"A" * 100 + b".AA"],
)
def test_octets_that_are_no_list_are_refused(publisher: Publisher, octets: bytes) -> None:
    with pytest.raises(ListRefused):
        read_list(octets, [publisher.pin])


def _information(payload: Object) -> Object:
    found: Object = payload["LoTE"]["ListAndSchemeInformation"]
    return found


def _service(payload: Object) -> Object:
    found: Object = payload["LoTE"]["TrustedEntitiesList"][0]["TrustedEntityServices"][0]
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.update(extra=1),
        lambda p: p["LoTE"].update(extra=1),
        lambda p: _information(p).update(LoTEVersionIdentifier=2),
        lambda p: _information(p).update(LoTESequenceNumber="7"),
        lambda p: _information(p).update(LoTESequenceNumber=True),
        lambda p: _information(p).update(LoTESequenceNumber=0),
        lambda p: _information(p).update(LoTESequenceNumber=2**64),
        lambda p: _information(p).update(Unheard="of"),
        lambda p: _information(p).pop("SchemeName"),
        lambda p: _information(p).update(SchemeName="x"),
        lambda p: _information(p).update(NextUpdate=7),
        lambda p: _information(p).update(ListIssueDateTime="2026"),
        lambda p: _information(p).update(DistributionPoints="x"),
        lambda p: p["LoTE"].update(TrustedEntitiesList={}),
        lambda p: _service(p).update(extra=1),
        lambda p: _service(p)["ServiceInformation"].update(ServiceStatus=1),
        lambda p: _service(p)["ServiceInformation"].pop("StatusStartingTime"),
        lambda p: _service(p)["ServiceInformation"].update(ServiceDigitalIdentity=[]),
        lambda p: _service(p)["ServiceInformation"]["ServiceDigitalIdentity"]["X509Certificates"].append(
            {"val": "*"}
        ),
    ],
)
def test_a_payload_out_of_form_is_refused_though_it_is_signed(
    publisher: Publisher, jws: bytes, change: Callable[[Object], Any]
) -> None:
    header, payload, _ = parts(jws)
    change(payload)
    with pytest.raises(ListUnreadable):
        read_list(signed(header, payload, publisher.key), [publisher.pin])


def test_json_is_read_in_one_way(publisher: Publisher, jws: bytes) -> None:
    """A member that stands twice is read differently by different readers; depth is counted before a recursive one."""
    header, payload, _ = parts(jws)
    text = json.dumps(payload)
    number = '"LoTESequenceNumber": 7'
    assert number in text
    for odd in (
        text.replace(number, f'{number}, "LoTESequenceNumber": 8').encode(),
        text[:-1].encode() + b',"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        text.replace("7", "NaN", 1).encode(),
        text.encode("utf-16"),
    ):
        with pytest.raises(ListUnreadable):
            read_list(signed(header, odd, publisher.key), [publisher.pin])


def test_a_list_without_states_speaks_from_its_issue_on(publisher: Publisher, jws: bytes) -> None:
    """TS 119 602: a list may do without states; it then says nothing about before."""
    header, payload, _ = parts(jws)
    for name in ("ServiceStatus", "StatusStartingTime"):
        del _service(payload)["ServiceInformation"][name]
    found = read_list(signed(header, payload, publisher.key), [publisher.pin])
    period = found.services[0].periods[0]
    assert (period.since, period.status.value) == (found.issued, "granted")


def test_a_legal_notice_has_a_language_or_none(publisher: Publisher, jws: bytes) -> None:
    """The schema has a text, other publishers write an object."""
    header, payload, _ = parts(jws)
    said = [{"LoTELegalNotice": "a"}, {"LoTELegalNotice": {"lang": "zh", "value": "b"}}]
    _information(payload)["PolicyOrLegalNotice"] = said
    found = read_list(signed(header, payload, publisher.key), [publisher.pin])
    assert found.scheme.legal_notice.texts == (("und", "a"), ("zh", "b"))


def test_another_statement_of_the_same_key_is_no_list(publisher: Publisher, jws: bytes) -> None:
    """The publisher's key may sign other JSON too: only what has the form of a list is one."""
    header, _, _ = parts(jws)
    for payload in ({"LoTE": []}, {"number": 1, "issued_at": "x"}, [], "x", {}):
        with pytest.raises(ListUnreadable):
            read_list(signed(header, payload, publisher.key), [publisher.pin])


def test_every_bit_of_a_list_is_protected(publisher: Publisher, signing: Signing) -> None:
    octets = publisher.signed(full(publisher, signing.pki.issuing.der), write_json)
    for place in range(0, len(octets), max(1, len(octets) // 200)):
        flipped = octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1 :]
        with pytest.raises(ListRefused):
            read_list(flipped, [publisher.pin])


def test_a_weak_key_signs_nothing(publisher: Publisher) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = rsa.generate_private_key(65537, 1024)
    weak = publisher.pki.party(key=key)
    header = {"alg": "RS256", "x5c": [base64.b64encode(weak.der).decode()]}
    message = f"{encode(header)}.{encode(payload_of(publisher.list()))}".encode()
    octets = message + b"." + encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).encode()
    pin = PinnedSource("", (hashlib.sha256(weak.der).hexdigest(),))
    with pytest.raises(ListSignatureInvalid, match="not accepted"):
        read_list(octets, [pin])
