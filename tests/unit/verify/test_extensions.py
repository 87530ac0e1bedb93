"""Certificates whose issuers did not write DER as the standard has it: one in thirty of the European trust lists."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtensionOID

from ca import der
from tests.pki import Party
from tests.verify_world import Signing
from verify.certificates.extensions import extensions_of
from verify.trust import TrustStore
from verify.verdict import Verdict

CONSTRAINTS, POLICIES, NAMES = "2.5.29.19", "2.5.29.32", "2.5.29.17"
NOTICE = der.sequence(der.oid("1.3.6.1.5.5.7.2.2"), der.sequence(der.tlv(0x1A, b"d\xe9claration")))
NOT_CA = der.sequence(der.tlv(0x01, b"\x00"))
"""The default, written all the same (X.690 §11.5)."""
FLAWED = {
    "cA FALSE, which goes without saying": {CONSTRAINTS: NOT_CA},
    "a path length of who is no authority": {CONSTRAINTS: der.sequence(der.tlv(0x02, b"\x00"))},
    "both": {CONSTRAINTS: der.sequence(der.tlv(0x01, b"\x00"), der.tlv(0x02, b"\x00"))},
    "a notice with an accent that says VisibleString": {
        POLICIES: der.sequence(der.sequence(der.oid("1.2.3.4"), der.sequence(NOTICE)))
    },
}


def rewritten(party: Party, issuer: Party, changes: dict[str, bytes]) -> Party:
    """Put extensions in the place of others and let the issuer sign it again."""
    whole = der.Reader(party.der).enter(der.SEQUENCE)
    *fields, listed = whole.enter(der.SEQUENCE).elements()
    kept = [
        one
        for one in der.Reader(listed).enter(0xA3).enter(der.SEQUENCE).elements()
        if der.Reader(one).enter(der.SEQUENCE).oid() not in changes
    ]
    new = [der.sequence(der.oid(kind), der.octet_string(value)) for kind, value in changes.items()]
    signed = der.sequence(*fields, der.explicit(3, der.sequence(*kept, *new)))
    made = der.sequence(signed, whole.element(), der.bit_string(signature(issuer, signed)))
    return replace(party, certificate=x509.load_der_x509_certificate(made))


def signature(issuer: Party, octets: bytes) -> bytes:
    key = issuer.key
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.sign(octets, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("flaw", FLAWED)
def test_a_flaw_that_changes_nothing(signing: Signing, flaw: str) -> None:
    keeper = rewritten(signing.pki.party(), signing.pki.issuing, FLAWED[flaw])
    with pytest.raises(ValueError, match=r"."):
        _ = keeper.certificate.extensions
    report = signing.verify(signing.sign(keeper=keeper))
    assert report.verdict is Verdict.PASSED, report.reason.en


def test_what_is_mended_says_what_it_said(signing: Signing) -> None:
    party, issuing = signing.pki.party(), signing.pki.issuing
    before = {one.oid: one for one in party.certificate.extensions}
    after = {one.oid: one for one in extensions_of(rewritten(party, issuing, FLAWED["both"]).certificate)}
    constraints = ExtensionOID.BASIC_CONSTRAINTS
    assert after[constraints].value == x509.BasicConstraints(ca=False, path_length=None)
    assert {k: v for k, v in after.items() if k != constraints} == {
        k: v for k, v in before.items() if k != constraints
    }


def test_an_authority_stays_one(signing: Signing) -> None:
    """0x01 is true to readers of BER; the library reads it for nothing."""
    stated = {CONSTRAINTS: der.sequence(der.tlv(0x01, b"\x01"), der.tlv(0x02, b"\x03"))}
    party = rewritten(signing.pki.party(), signing.pki.issuing, stated)
    found = extensions_of(party.certificate).get_extension_for_class(x509.BasicConstraints)
    assert found.value == x509.BasicConstraints(ca=True, path_length=3)


@pytest.mark.parametrize(
    "changes",
    [
        {CONSTRAINTS: b"\x30\x05\x01\x01"},
        {CONSTRAINTS: der.sequence(der.tlv(0x01, b"\x00"), der.tlv(0x04, b"x"))},
        {CONSTRAINTS: NOT_CA, NAMES: b"\x30\x03\x02\x01\x01"},
    ],
    ids=["cut short", "something else behind", "other names that are none"],
)
def test_what_nobody_can_read_stays_unread(signing: Signing, changes: dict[str, bytes]) -> None:
    party = rewritten(signing.pki.party(), signing.pki.issuing, changes)
    with pytest.raises(ValueError, match=r"."):
        extensions_of(party.certificate)
    assert signing.verify(signing.sign(keeper=party)).verdict is not Verdict.PASSED


def test_a_flawed_anchor_is_no_reason_to_fail(signing: Signing) -> None:
    """Such stand in trust lists; one of them must not stop the verification of what others issued."""
    flawed = rewritten(signing.pki.party(), signing.pki.issuing, {NAMES: b"\x30\x03\x02\x01\x01"})
    trust = TrustStore([flawed.certificate, signing.pki.root.certificate], crls=signing.crls())
    assert signing.verify(signing.sign(), trust=trust).verdict is Verdict.PASSED
