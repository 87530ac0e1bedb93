"""Containers as others write them: several signers side by side, a PDF inside, attributes that nobody can read (RFC 5652 §5.1, §5.3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from ca import der
from ca.cms_names import SIGNATURE_TIME_STAMP
from tests import bare_world as bare
from tests.container_world import Containers, international
from tests.pki import Party
from tests.verify_world import small_pdf
from verify.errors import Finding
from verify.objects.recognise import recognise
from verify.objects.report import ObjectKind
from verify.policy import MAX_CMS_OCTETS, MAX_SIGNATURES
from verify.report import DocumentReport, TimeSource
from verify.signatures.cms import parse_message
from verify.signatures.cms_values import attributes_of
from verify.signatures.detached import ContentOctets
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

CONTENT = b"the minutes of a meeting\r\n" * 50
REASON = x509.ReasonFlags.key_compromise
MARK = "1.3.6.1.4.1.22883.1"
"""OpenLimit's mark of its own software, which stands twice in what it signs."""


def judge(here: Containers, octets: bytes, **more: Any) -> DocumentReport:
    crls = more.pop("crls", None) or here.crls()
    trust = TrustStore([here.pki.root.certificate], crls=crls)
    return Verifier(trust).verify(octets, at=here.now + timedelta(hours=1), **more)


def together(
    here: Containers, content: bytes, parties: Iterable[Party], *options: pkcs7.PKCS7Options
) -> bytes:
    """Let several sign one content at once, by a writer that nobody here wrote."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    for party in parties:
        builder = builder.add_signer(party.certificate, party.key, hashes.SHA256())
    for above in here.keeper.chain:  # behind the signers, or the writer forgets them
        builder = builder.add_certificate(x509.load_der_x509_certificate(above))
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


@pytest.fixture(scope="module")
def here() -> Containers:
    return international()


@pytest.fixture(scope="module")
def parties(here: Containers) -> list[Party]:
    return [here.pki.party(), here.pki.party()]


def test_several_signers_are_judged_each_for_himself(here: Containers, parties: list[Party]) -> None:
    report = judge(here, together(here, CONTENT, parties))
    assert report.verdict is Verdict.PASSED, report.reason.en
    assert [one.field for one in report.signatures] == ["1", "2"]
    serials = [one.signer.serial for one in report.signatures if one.signer is not None]
    assert len(set(serials)) == 2


def test_one_of_several_is_revoked(here: Containers, parties: list[Party]) -> None:
    crls = here.crls(revoked={parties[1].certificate.serial_number: (here.now - timedelta(days=1), REASON)})
    report = judge(here, together(here, CONTENT, parties), crls=crls)
    assert report.verdict is not Verdict.PASSED
    passed = {one.signer.serial: one.verdict is Verdict.PASSED for one in report.signatures if one.signer}
    assert passed == {f"{party.certificate.serial_number:x}": party is parties[0] for party in parties}


def test_several_signers_of_a_file_beside_them(here: Containers, parties: list[Party]) -> None:
    octets = together(here, CONTENT, parties, pkcs7.PKCS7Options.DetachedSignature)
    assert judge(here, octets, content=ContentOctets(CONTENT)).verdict is Verdict.PASSED
    changed = judge(here, octets, content=ContentOctets(CONTENT + b" "))
    assert [one.sub_indication for one in changed.signatures] == [SubIndication.HASH_FAILURE] * 2
    alone = judge(here, octets)
    assert alone.sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND


def test_a_pdf_takes_a_container_of_one_signer_alone(here: Containers, parties: list[Party]) -> None:
    octets = together(here, CONTENT, parties)
    with pytest.raises(Exception, match="2 signers"):
        parse_message(octets)
    named = [parse_message(octets, signer=number).names(parties[0].certificate) for number in (0, 1)]
    assert sorted(named) == [False, True], "in whatever order DER has them"


def test_a_pdf_inside_is_what_was_signed(here: Containers) -> None:
    """Such a file begins as a container does, and has the header of a PDF in its first kilobyte."""
    octets = bare.attached(here, small_pdf())
    assert b"%PDF-" in octets[:1024]
    report = judge(here, octets)
    assert report.verdict is Verdict.PASSED, report.reason.en
    assert report.content_sha256
    (found,) = report.signatures
    assert found.readers is not None
    assert "原文在签名文件内" in found.readers.zh


def test_what_is_signed_may_be_large_what_stands_around_it_not(
    here: Containers, parties: list[Party]
) -> None:
    octets = together(here, b"a scan\n" * (MAX_CMS_OCTETS // 6), parties)
    assert len(octets) > MAX_CMS_OCTETS
    assert judge(here, octets).verdict is Verdict.PASSED
    padded = with_unsigned(bare.attached(here), attribute(MARK, der.octet_string(b"0" * MAX_CMS_OCTETS)))
    report = judge(here, padded)
    assert report.sub_indication is SubIndication.FORMAT_FAILURE
    assert "larger" in report.reason.en


def rebuilt(octets: bytes, signers: int, digests: int) -> bytes:
    """Repeat the only signer of a container, and the digest that it lists."""
    info = der.Reader(octets).enter(der.SEQUENCE)
    kind = info.element()
    version, listed, *before, last = info.enter(0xA0).enter(der.SEQUENCE).elements()
    (one,) = der.Reader(last).enter(der.SET).elements()
    (digest,) = der.Reader(listed).enter(der.SET).elements()
    many = (der.tlv(der.SET, *[digest] * digests), *before, der.tlv(der.SET, *[one] * signers))
    return der.sequence(kind, der.explicit(0, der.sequence(version, *many)))


@pytest.mark.parametrize(
    ("signers", "digests", "found", "sub"),
    [
        (MAX_SIGNATURES, 1, MAX_SIGNATURES, None),
        (MAX_SIGNATURES + 1, 1, 1, SubIndication.LIMIT_REACHED),
        (2, 5000, 1, SubIndication.FORMAT_FAILURE),
        (1, 5000, 1, SubIndication.FORMAT_FAILURE),
    ],
)
def test_signers_and_digests_have_limits(
    here: Containers, signers: int, digests: int, found: int, sub: SubIndication | None
) -> None:
    report = judge(here, rebuilt(bare.attached(here), signers, digests))
    assert (len(report.signatures), report.sub_indication) == (found, sub)


def with_unsigned(octets: bytes, *attributes: bytes) -> bytes:
    """Put attributes beside the only signature of a container, which nobody signs; what stood there goes."""
    info = der.Reader(octets).enter(der.SEQUENCE)
    kind = info.element()
    *before, signers = info.enter(0xA0).enter(der.SEQUENCE).elements()
    parts = der.Reader(signers).enter(der.SET).enter(der.SEQUENCE).elements()
    signed = [one for one in parts if one[0] != 0xA1]
    signer = der.sequence(*signed, der.tlv(0xA1, *attributes))
    data = der.sequence(*before, der.tlv(der.SET, signer))
    return der.sequence(kind, der.explicit(0, data))


def attribute(kind: str, *values: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.tlv(der.SET, *values))


def test_a_container_that_readers_open_as_a_pdf(here: Containers) -> None:
    """They find the header of what was signed, and then an object that nobody signed."""
    hidden = attribute(MARK, der.octet_string(b"\n5 0 obj\n<</Length 0>>stream\nendstream\nendobj\n"))
    report = judge(here, with_unsigned(bare.attached(here, small_pdf()), hidden))
    assert report.verdict is Verdict.FAILED
    assert report.sub_indication is SubIndication.FORMAT_FAILURE
    assert "PDF" in report.reason.zh


def test_a_time_stamp_that_nobody_can_read(here: Containers) -> None:
    """Some German software packs it into an OCTET STRING: it proves nothing, and the signature stays what it is."""
    report = judge(
        here, with_unsigned(bare.attached(here), attribute(SIGNATURE_TIME_STAMP, der.octet_string(b"0\x00")))
    )
    assert report.verdict is Verdict.PASSED, report.reason.en
    assert report.signatures[0].level == "B-B"


def stamps(here: Containers, octets: bytes, *later: timedelta) -> list[bytes]:
    value = parse_message(octets).signature
    digest = here.pki.suite.digest.digest(value)
    return [here.stamp(digest, at=here.now + one) for one in later]


@pytest.mark.parametrize("apart", [True, False])
def test_the_earliest_of_several_time_stamps_counts(here: Containers, apart: bool) -> None:
    """EN 319 122-1 §5.3: several may stand there, as values of one attribute or as attributes of their own."""
    octets = bare.attached(here)
    late, early = stamps(here, octets, timedelta(minutes=40), timedelta(minutes=5))
    if apart:
        listed = [attribute(SIGNATURE_TIME_STAMP, late), attribute(SIGNATURE_TIME_STAMP, early)]
    else:
        listed = [attribute(SIGNATURE_TIME_STAMP, late, early)]
    found = judge(here, with_unsigned(octets, *listed)).signatures[0]
    assert found.verdict is Verdict.PASSED, found.reason.en
    assert found.time.trusted
    assert found.time.value == here.now + timedelta(minutes=5)


def test_one_of_several_time_stamps_is_over_something_else(here: Containers) -> None:
    """EN 319 102-1 §5.5.4: it is taken out and told. Whoever adds what nobody signed makes no honest signature invalid."""
    octets = bare.attached(here)
    (good,) = stamps(here, octets, timedelta(minutes=5))
    other, broken = bare.token(here), bytearray(good)
    broken[-5] ^= 1
    for added in (other, bytes(broken), der.sequence(der.oid(MARK))):
        report = judge(here, with_unsigned(octets, attribute(SIGNATURE_TIME_STAMP, good, added)))
        (found,) = report.signatures
        assert report.verdict is Verdict.PASSED, report.reason.en
        assert found.time.source is TimeSource.TSA
        assert any(note.en.startswith("The time-stamp proves no time") for note in found.notes)


def test_a_time_stamp_over_something_else_proves_no_time(here: Containers) -> None:
    report = judge(
        here, with_unsigned(bare.attached(here), attribute(SIGNATURE_TIME_STAMP, bare.token(here)))
    )
    (found,) = report.signatures
    assert report.verdict is Verdict.PASSED, report.reason.en
    assert found.time.source is TimeSource.CLAIMED
    assert any("over something else" in note.en for note in found.notes)


@pytest.mark.parametrize(
    ("kind", "fits"), [(MARK, True), (cms.CMSAttributeType.unmap("signing_time"), False)]
)
def test_only_what_is_not_read_may_stand_twice(kind: str, fits: bool) -> None:
    values = [der.utf8_string("OpenLimit"), der.utf8_string("PDF Plugin")]
    if not fits:
        values = [der.tlv(der.UTC_TIME, b"260101000000Z"), der.tlv(der.UTC_TIME, b"260102000000Z")]
    listed = cms.CMSAttributes.load(der.tlv(der.SET, *(attribute(kind, one) for one in values)))
    if fits:
        assert len(attributes_of(listed)[kind]) == 2
    else:
        with pytest.raises(Finding, match="stands twice"):
            attributes_of(listed)


def test_a_certificate_behind_words_about_it(here: Containers) -> None:
    """RFC 7468 §2, as ``openssl x509 -text`` writes it."""
    text = b"Certificate:\n    Data:\n        Version: 3 (0x2)\n"
    found = recognise(text + here.keeper.certificate.public_bytes(Encoding.PEM))
    assert found is not None
    assert (found.kind, found.octets) == (ObjectKind.CERTIFICATE, (here.keeper.der,))
