"""What binds a signature to its signer's certificate (RFC 5035, RFC 2634 §5.4) is weighed by the algorithm's end, as everything else is."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ca import der
from ca.cms_names import CONTENT_TYPE, DATA, MESSAGE_DIGEST, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2
from hsm.suite import Suite
from tests import bare_world as bare
from tests.container_world import Containers, Wish, international
from tests.unit.verify.test_two_files import put_together, taken_apart
from verify.report import SignatureReport
from verify.signatures.detached import ContentOctets
from verify.strength import Soundness
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

THEN: Final = datetime(2009, 6, 1, tzinfo=UTC)
OIDS: Final = {"md5": "1.2.840.113549.2.5", "sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1"}
BINDING: Final = "digest that binds the certificate"


def attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.tlv(der.SET, value))


def named(here: Containers, digest: str, *, older: bool = False) -> bytes:
    """Name the signer's certificate by a digest: by SigningCertificateV2, or by the older attribute, which knows SHA-1 alone."""
    value = der.octet_string(hashlib.new(digest, here.keeper.der).digest())
    if older:
        return attribute(SIGNING_CERTIFICATE, der.sequence(der.sequence(der.sequence(value))))
    reference = der.sequence(der.sequence(der.oid(OIDS[digest])), value)
    return attribute(SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(reference)))


def judged(here: Containers, *bindings: bytes) -> SignatureReport:
    """Sign the content with these attributes, and judge it an hour later."""
    octets = here.sign_file(bare.CONTENT, Wish(bare.ContainerKind.CMS, stated=False))
    *before, signers = taken_apart(octets)
    version, issuer, digest, _, algorithm, *_ = (
        der.Reader(signers).enter(der.SET).enter(der.SEQUENCE).elements()
    )
    stated = der.octet_string(hashlib.sha256(bare.CONTENT).digest())
    signed = der.set_of(attribute(CONTENT_TYPE, der.oid(DATA)), attribute(MESSAGE_DIGEST, stated), *bindings)
    value = here.keeper.key.sign(signed, ec.ECDSA(hashes.SHA256()))  # type: ignore[call-arg,union-attr,arg-type]
    signer = der.sequence(version, issuer, digest, b"\xa0" + signed[1:], algorithm, der.octet_string(value))
    made = put_together([*before, der.tlv(der.SET, signer)])
    at, content = here.now + timedelta(hours=1), ContentOctets(bare.CONTENT)
    (found,) = Verifier(bare.trust(here)).verify(made, at=at, content=content).signatures
    return found


@pytest.fixture(scope="module")
def here() -> Containers:
    return international()


@pytest.mark.parametrize("older", [False, True])
def test_the_digest_of_the_older_attribute_still_binds(here: Containers, older: bool) -> None:
    """Real signatures of today carry it; whoever exchanges the certificate needs a second preimage."""
    found = judged(here, named(here, "sha1", older=older))
    assert found.verdict is Verdict.PASSED, found.reason.en


def test_a_broken_digest_binds_nothing(here: Containers) -> None:
    found = judged(here, named(here, "md5"))
    assert found.verdict is Verdict.INDETERMINATE
    assert found.sub_indication in {
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    }
    assert found.strength is not None
    (use,) = (one for one in found.strength.uses if one.what_en == BINDING)
    assert (use.now, found.strength.now) == (Soundness.WEAK, Soundness.WEAK)
    assert use.algorithm in found.reason.zh


def test_the_best_of_two_references_binds(here: Containers) -> None:
    """RFC 5035 §5: makers write both, for readers that know the older alone."""
    both = judged(here, named(here, "sha1", older=True), named(here, "sha256"))
    assert both.verdict is Verdict.PASSED, both.reason.en
    assert both.strength is not None
    assert BINDING not in {one.what_en for one in both.strength.uses}
    assert judged(here, named(here, "sha256")).verdict is Verdict.PASSED
    assert judged(here).verdict is Verdict.PASSED


def test_it_bound_while_it_was_sound() -> None:
    past = Containers(THEN, Suite.INTERNATIONAL)
    assert judged(past, named(past, "sha1", older=True)).verdict is Verdict.PASSED
    assert judged(past, named(past, "md5")).verdict is Verdict.INDETERMINATE


def test_only_what_a_signed_attribute_names_is_told_as_bound(here: Containers) -> None:
    """Whoever reads a report takes the binding for what keeps another certificate of the key from taking its place."""
    bare_one = judged(here)
    assert bare_one.verdict is Verdict.PASSED, bare_one.reason.en
    assert not bare_one.certificate_bound
    assert judged(here, named(here, "sha256")).certificate_bound
    another = named(here, "sha256")[:-1] + b"\x00"
    assert not judged(here, another).certificate_bound
