"""RSA-PSS, which names its digest once more among its parameters (RFC 4055, RFC 4056)."""

from __future__ import annotations

from typing import Any, Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from ca import der
from ca.cms_names import CONTENT_TYPE, DATA, MESSAGE_DIGEST
from tests import bare_world as bare
from tests.container_world import Containers, Wish, international
from tests.pki import shared_rsa_key
from tests.unit.verify.test_two_files import SHA256, SHA512, judge, put_together, taken_apart
from verify.verdict import SubIndication, Verdict

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {SHA256: hashes.SHA256(), SHA512: hashes.SHA512()}


@pytest.fixture(scope="module")
def here() -> Containers:
    return international()


def signed_by_pss(
    here: Containers, stated: str, named: str, generator: str = "1.2.840.113549.1.1.8"
) -> bytes:
    """Sign with RSA-PSS whose parameters name one digest, where the signature states another."""
    leaf = here.pki.party(key=shared_rsa_key())
    octets = here.sign_file(bare.CONTENT, Wish(bare.ContainerKind.CMS, stated=False))
    version, _, content, *_ = taken_apart(octets)
    state = hashes.Hash(_HASHES[stated])
    state.update(bare.CONTENT)
    attributes = [
        der.sequence(der.oid(CONTENT_TYPE), der.tlv(der.SET, der.oid(DATA))),
        der.sequence(der.oid(MESSAGE_DIGEST), der.tlv(der.SET, der.octet_string(state.finalize()))),
    ]
    signed = der.tlv(der.SET, *attributes)
    used, size = _HASHES[named], _HASHES[named].digest_size
    value = leaf.key.sign(signed, padding.PSS(padding.MGF1(used), size), used)  # type: ignore[call-arg,union-attr,arg-type]
    digest = der.sequence(der.oid(named))
    pss = der.sequence(
        der.explicit(0, digest),
        der.explicit(1, der.sequence(der.oid(generator), digest)),
        der.explicit(2, der.integer(size)),
    )
    issuer = der.sequence(leaf.certificate.issuer.public_bytes(), der.integer(leaf.certificate.serial_number))
    signer = der.sequence(
        der.integer(1), issuer, der.sequence(der.oid(stated)), b"\xa0" + signed[1:],
        der.sequence(der.oid("1.2.840.113549.1.1.10"), pss), der.octet_string(value),
    )  # fmt: skip
    certificates = der.tlv(0xA0, leaf.der, here.pki.issuing.der)
    listed = der.tlv(der.SET, der.sequence(der.oid(stated)))
    return put_together([version, listed, content, certificates, der.tlv(der.SET, signer)])


def test_rsa_pss_rests_on_the_digest_that_is_stated(here: Containers) -> None:
    """RFC 4056 §3: whoever demands SHA-512 is not given SHA-256 under its name."""
    report = judge(here, signed_by_pss(here, SHA512, SHA256), bare.CONTENT)
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.FORMAT_FAILURE)
    assert "RSA-PSS" in report.reason.en
    for digest in (SHA256, SHA512):
        honest: Any = judge(here, signed_by_pss(here, digest, digest), bare.CONTENT)
        assert honest.verdict is Verdict.PASSED, honest.reason.en
    other = judge(here, signed_by_pss(here, SHA256, SHA256, "1.2.3.4"), bare.CONTENT)
    assert other.verdict is not Verdict.PASSED
