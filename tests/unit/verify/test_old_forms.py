"""Forms of signatures of the past: a container over the SHA-1 of the ranges, as Acrobat wrote until version 8 (ISO 32000-1 §12.8.3.3)."""

from __future__ import annotations

import asyncio
import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.pdf_attacks.catalogue import STATED_RANGE, STATED_VALUE
from tests.pki import shared_rsa_key
from tests.verify_world import Signing, asn1, private_info
from verify.report import Indication
from verify.strength import Soundness
from verify.verdict import SubIndication

THEN = datetime(2009, 6, 1, tzinfo=UTC)
NAME = b"/adbe.pkcs7.detached"


def with_form(signing: Signing, name: bytes, *, enclosed: bool = True) -> bytes:
    """Sign under another name of the form, over the SHA-1 of the ranges."""
    data = signing.sign(subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED, cades_signed_attr_spec=None)
    assert NAME in data
    named = data.replace(NAME, name.ljust(len(NAME)))
    return with_container(named, over(signing, hashlib.sha1(ranges(named)).digest(), enclosed=enclosed))


def with_container(data: bytes, container: bytes) -> bytes:
    value = STATED_VALUE.search(data)
    assert value is not None
    room = len(value[1]) - 2
    return data[: value.start(1) + 1] + container.hex().encode().ljust(room, b"0") + data[value.end(1) - 1 :]


def ranges(data: bytes) -> bytes:
    stated = STATED_RANGE.search(data)
    assert stated is not None
    first, size, second, rest = map(int, stated.groups())
    return data[first : first + size] + data[second : second + rest]


def over(signing: Signing, content: bytes, *, enclosed: bool) -> bytes:
    keeper = signing.keeper
    store = SimpleCertificateStore.from_certs([asn1(der) for der in keeper.chain])
    signer = signers.SimpleSigner(
        signing_cert=asn1(keeper.der), signing_key=private_info(keeper), cert_registry=store
    )
    info = asyncio.run(signer.async_sign(hashlib.sha256(content).digest(), "sha256", use_pades=False))
    signed = info["content"]
    if enclosed:
        signed["encap_content_info"] = {"content_type": "data", "content": content}
    octets: bytes = info.dump(force=True)
    return octets


@pytest.mark.parametrize("enclosed", [True, False])
def test_of_today_it_is_whole_and_weak(signing: Signing, enclosed: bool) -> None:
    """The container's own digest is SHA-256; what stands for the document is not."""
    found = signing.only(with_form(signing, b"/adbe.pkcs7.sha1", enclosed=enclosed))
    assert found.integrity.modified is False
    assert (found.indication, found.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    )
    assert found.strength is not None
    assert {use.algorithm for use in found.strength.uses} >= {"SHA-1", "SHA-256"}
    assert found.strength.then is Soundness.WEAK


def test_a_changed_document_is_invalid(signing: Signing) -> None:
    data = with_form(signing, b"/adbe.pkcs7.sha1").replace(b"No. 2026-001", b"No. 2026-002")
    found = signing.only(data)
    assert (found.indication, found.sub_indication) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)


def test_another_digest_enclosed_is_no_excuse(signing: Signing) -> None:
    """What the container holds counts for nothing; the ranges do."""
    data = with_form(signing, b"/adbe.pkcs7.sha1")
    digest = hashlib.sha1(ranges(data)).hexdigest().encode()
    other = re.sub(digest, hashlib.sha1(b"other").hexdigest().encode(), data)
    assert other != data
    assert signing.only(other).indication is not Indication.TOTAL_PASSED


def test_the_same_container_is_not_over_the_ranges(signing: Signing) -> None:
    """Under the present name the digest of the ranges would have to be signed, not the digest of a digest."""
    found = signing.only(with_form(signing, NAME))
    assert found.indication is Indication.TOTAL_FAILED


def test_no_name_at_all(signing: Signing) -> None:
    """The entry is optional (ISO 32000-2 table 255): the content tells what it is."""
    data = signing.sign(subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED, cades_signed_attr_spec=None)
    named = re.search(rb"/SubFilter\s*/adbe\.pkcs7\.detached", data)
    assert named is not None
    data = data.replace(named[0], b" " * len(named[0]))
    found = signing.only(with_container(data, over(signing, ranges(data), enclosed=False)))
    assert found.indication is Indication.TOTAL_PASSED, found.reason.en
    assert any("按内容" in note.zh for note in found.notes)


def test_a_bare_value_is_told_and_not_judged(signing: Signing) -> None:
    found = signing.only(with_form(signing, b"/adbe.x509.rsa_sha1"))
    assert (found.indication, found.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.FORMAT_FAILURE,
    )


def test_proved_before_the_end_of_sha1() -> None:
    """A time-stamp of 2010 with SHA-256 over all of it: nobody could make a second document of the same digest by then."""
    past = Signing(THEN)
    unit = past.pki.tsa(
        key=shared_rsa_key(3072), not_after=datetime(2045, 1, 1, tzinfo=UTC), issuer=past.pki.root
    )
    at = THEN + timedelta(days=30)
    stamped = past.add_time_stamp(with_form(past, b"/adbe.pkcs7.sha1"), at=at, tsa=unit)
    report = past.verify(
        stamped,
        at=at + timedelta(days=1),
        trust=past.trust(crls=past.crls(next_update=THEN + timedelta(days=900))),
    )
    found = report.signatures[0]
    assert found.indication is Indication.TOTAL_PASSED, found.reason.en
