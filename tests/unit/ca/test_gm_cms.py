"""Messages of GB/T 35275, read back element by element against the standard's own structure."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from asn1crypto import core

from ca import cms_names, der
from ca.gm_cms import GmSignedData
from hsm.algorithms import DigestAlgorithm, SignatureAlgorithm
from hsm.suite import Suite
from hsm.verification import verify_signature
from tests.pki import Party, Pki

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CONTENT = "合同正文".encode()


@pytest.fixture(scope="module")
def signer() -> Party:
    return Pki(NOW, suite=Suite.GM).party()


def parts(message: bytes) -> tuple[der.Reader, der.Reader]:
    """Return readers at SignedData and at its one SignerInfo."""
    outside = der.Reader(message)
    info = outside.enter(der.SEQUENCE)
    outside.finish()
    assert info.oid() == cms_names.GM_SIGNED_DATA
    signed = info.enter(0xA0).enter(der.SEQUENCE)
    info.finish()
    last = der.Reader(signed.data, signed.position, signed.end)
    for _ in range(4):
        last.element()
    signers = last.enter(der.SET)
    last.finish()
    one = signers.enter(der.SEQUENCE)
    signers.finish()
    return signed, one


def test_every_element_stands_where_the_standard_has_it(signer: Party) -> None:
    """GB/T 35275 §8: versions 1, SM3, the national data type, issuer and serial, SM2 as the encryption algorithm."""
    template = GmSignedData.of(signer.der, [*signer.chain, *signer.chain])
    attributes = template.attributes(DigestAlgorithm.SM3.digest(CONTENT), NOW)
    stamp = der.sequence(der.oid(cms_names.SIGNATURE_TIME_STAMP), der.set_of(der.sequence()))
    message = template.assemble(
        signer.signer.sign(attributes), attributes=attributes, content=CONTENT, unauthenticated=[stamp]
    )
    signed, info = parts(message)
    sm3 = der.sequence(der.oid("1.2.156.10197.1.401"))
    assert signed.integer() == 1
    assert signed.element() == der.set_of(sm3)
    content = signed.enter(der.SEQUENCE)
    assert content.oid() == cms_names.GM_DATA
    assert content.enter(0xA0).contents(der.OCTET_STRING) == CONTENT
    assert len(list(core.SequenceOf.load(b"\x30" + signed.element()[1:], spec=core.Any))) == 2
    assert info.integer() == 1
    name = info.enter(der.SEQUENCE)
    assert name.element() == signer.certificate.issuer.public_bytes()
    assert name.integer() == signer.certificate.serial_number
    assert info.element() == sm3
    assert b"\x31" + info.element()[1:] == attributes
    assert info.element() == der.sequence(der.oid("1.2.156.10197.1.301.1"))
    signature = info.contents(der.OCTET_STRING)
    verify_signature(signer.key.public_key(), SignatureAlgorithm.SM2_SM3, attributes, signature)
    assert info.element() == der.tlv(0xA1, stamp)
    info.finish()


def test_the_attributes_are_a_sorted_set_with_the_plain_digest(signer: Party) -> None:
    """The ``messageDigest`` is SM3 over the content, without Z; the certificate is named by SM3."""
    digest = DigestAlgorithm.SM3.digest(CONTENT)
    attributes = GmSignedData.of(signer.der).attributes(digest)
    inside = der.Reader(attributes).enter(der.SET)
    found = {}
    order = []
    while inside.more:
        order.append(inside.element())
        one = der.Reader(order[-1]).enter(der.SEQUENCE)
        name = one.oid()
        found[name] = one.enter(der.SET)
    assert order == sorted(order)
    assert set(found) == {
        cms_names.CONTENT_TYPE,
        cms_names.MESSAGE_DIGEST,
        cms_names.SIGNING_CERTIFICATE_V2,
    }
    assert found[cms_names.CONTENT_TYPE].oid() == cms_names.GM_DATA
    assert found[cms_names.MESSAGE_DIGEST].contents(der.OCTET_STRING) == digest.value
    cert_id = (
        found[cms_names.SIGNING_CERTIFICATE_V2].enter(der.SEQUENCE).enter(der.SEQUENCE).enter(der.SEQUENCE)
    )
    assert cert_id.element() == der.sequence(der.oid("1.2.156.10197.1.401"))
    assert cert_id.contents(der.OCTET_STRING) == DigestAlgorithm.SM3.digest(signer.der).value


def test_a_detached_message_has_no_content(signer: Party) -> None:
    message = GmSignedData.of(signer.der).assemble(signer.signer.sign(CONTENT))
    signed, info = parts(message)
    signed.element(), signed.element()
    assert signed.element() == der.sequence(der.oid(cms_names.GM_DATA))
    info.element(), info.element(), info.element()
    assert info.peek() == der.SEQUENCE  # no attributes: the algorithm follows the digest


@pytest.mark.parametrize("algorithm", [one for one in DigestAlgorithm if one is not DigestAlgorithm.SM3])
def test_another_digest_is_misuse(signer: Party, algorithm: DigestAlgorithm) -> None:
    with pytest.raises(ValueError, match="SM3"):
        GmSignedData.of(signer.der).attributes(algorithm.digest(CONTENT))


def test_what_is_no_certificate_is_misuse() -> None:
    with pytest.raises(ValueError, match=r"certificate|ASN\.1|parsing"):
        GmSignedData.of(b"\x30\x00")
