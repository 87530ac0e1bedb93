"""Detached signatures over any file: CAdES (EN 319 122-1) and GB/T 35275, with their content and without it (C1, D1, D6)."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ca import cms_names
from hsm.algorithms import DigestAlgorithm
from hsm.merkle import Inclusion
from signing.containers.cms import NOTHING_CARRIED, Revocation
from signing.containers.envelope import ContainerKind
from signing.detached.format import prepare
from signing.mark import Work
from tests import bare_world as bare
from tests.conftest import missing
from tests.container_world import Containers, Wish, international, national, sha256
from tests.verify_world import Signing
from verify.command import run
from verify.isolated import IsolatedVerifier
from verify.report import DocumentReport, SignatureReport
from verify.signatures.detached import CHUNK, ContentFile, ContentOctets, signature_in
from verify.signatures.merkle import TreeProof, head_for, judge_with_proof
from verify.trust import TrustStore
from verify.verdict import Indication, SubIndication, Verdict
from verify.verifier import Verifier

CONTENT = b"what is signed\r\n" * 100
CADES, NATIONAL = Wish(ContainerKind.CMS), Wish(ContainerKind.GBT35275)
WORLDS = pytest.mark.parametrize(
    ("world", "wish"),
    [(international, CADES), (national, CADES), (national, NATIONAL)],
    ids=["CAdES", "CAdES in SM2", "GB/T 35275"],
)
World = Callable[[], Containers]


def judge(
    here: Containers, signature: bytes, content: bytes | None = CONTENT, *, trust: TrustStore | None = None
) -> DocumentReport:
    known = trust or TrustStore(
        [here.pki.root.certificate], crls=here.crls(), seal_lists=[here.status_list()]
    )
    beside = None if content is None else ContentOctets(content)
    at = here.now + timedelta(hours=1)
    return Verifier(known).verify(signature, at=at, name="data.bin.p7s", content=beside)


def only(report: DocumentReport) -> SignatureReport:
    (found,) = report.signatures
    return found


@WORLDS
@pytest.mark.parametrize("stamped", [False, True], ids=["plain", "stamped"])
def test_a_detached_signature_over_its_file(world: World, wish: Wish, stamped: bool) -> None:
    here = world()
    signature = here.sign_file(CONTENT, Wish(wish.kind, stamped=stamped))
    report = judge(here, signature)
    found = only(report)
    assert report.verdict is Verdict.PASSED, report.reason.en
    name = "GBT35275" if wish.kind is ContainerKind.GBT35275 else "B"
    assert (found.container, found.level) == (wish.kind.value, f"{name}-{'T' if stamped else 'B'}")
    assert found.seal is not None
    assert found.readers is not None
    assert "原文件" in found.readers.zh
    assert report.to_json()["content_sha256"] == sha256(CONTENT)


@pytest.mark.parametrize("world", [international, national])
def test_level_b_lt_needs_nothing_beside_the_root(world: World) -> None:
    """EN 319 122-1 §6: certificates, lists and OCSP responses stand in the container."""
    here = world()
    signature = here.sign_file(CONTENT, Wish(ContainerKind.CMS, stamped=True), long_term=True)
    found = only(judge(here, signature, trust=TrustStore([here.pki.root.certificate])))
    assert (found.indication, found.level) == (Indication.TOTAL_PASSED, "B-LT"), found.reason.en
    data = cms.ContentInfo.load(signature, strict=True)["content"]
    assert data["version"].native == "v5"
    assert {choice.name for choice in data["crls"]} == {"crl", "other"}
    (signer,) = data["signer_infos"]
    signed = {attribute["type"].dotted for attribute in signer["signed_attrs"]}
    assert {
        cms_names.CONTENT_TYPE,
        cms_names.MESSAGE_DIGEST,
        cms_names.SIGNING_CERTIFICATE_V2,
        cms_names.SIGNING_TIME,
    } <= signed


@WORLDS
@pytest.mark.parametrize("content", [b"", b"x", b"%PDF-1.7 not really", b"a" * (CHUNK + 1)], ids=len)
def test_any_file(world: World, wish: Wish, content: bytes) -> None:
    here = world()
    assert judge(here, here.sign_file(content, wish), content).verdict is Verdict.PASSED


@WORLDS
def test_without_the_content_it_says_so_and_who_signed(world: World, wish: Wish) -> None:
    here = world()
    report = judge(here, here.sign_file(CONTENT, wish), None)
    assert (report.verdict, report.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.SIGNED_DATA_NOT_FOUND,
    )
    assert "give the content" in report.reason.en
    assert "原文件" in report.reason.zh
    found = only(report)
    assert found.signer is not None
    assert found.integrity.modified is None


@WORLDS
@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"\n", b"", CONTENT.replace(b"\r\n", b"\n")])
def test_another_file(world: World, wish: Wish, content: bytes) -> None:
    here = world()
    report = judge(here, here.sign_file(CONTENT, wish), content)
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.HASH_FAILURE)
    assert only(report).integrity.modified is True


def test_the_statement_names_the_file() -> None:
    """The permit is for one document; a statement about another is no permission."""
    here = national()
    other = here.statement(b"another file", here.keeper)
    world = type("Lying", (Containers,), {"statement": lambda *_: other})(here.now, here.suite)
    world.__dict__.update(here.__dict__)
    report = judge(here, world.sign_file(CONTENT, CADES))
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.SEAL_NOT_VALID)


@WORLDS
def test_a_stranger_and_a_broken_signature(world: World, wish: Wish) -> None:
    here = world()
    signature = here.sign_file(CONTENT, wish)
    stranger = judge(
        here, signature, trust=TrustStore([Containers(here.now, here.suite).pki.root.certificate])
    )
    assert stranger.verdict is Verdict.INDETERMINATE
    flipped = bytearray(signature)
    flipped[-5] ^= 1
    assert judge(here, bytes(flipped)).verdict is Verdict.FAILED
    assert judge(here, signature[:-7]).verdict in {Verdict.FAILED, Verdict.UNREADABLE}


def test_pem_is_read_as_well() -> None:
    here = international()
    signature = here.sign_file(CONTENT, CADES)
    lines = base64.encodebytes(signature)
    for name in (b"CMS", b"PKCS7"):
        pem = b"-----BEGIN %s-----\n%s-----END %s-----\n" % (name, lines, name)
        assert signature_in(pem) == signature
        assert judge(here, pem).verdict is Verdict.PASSED
    assert signature_in(b"-----BEGIN CMS-----\n!!!\n-----END CMS-----\n") is None
    assert (
        signature_in(b"-----BEGIN CMS-----\n" + base64.encodebytes(b"x" * 9) + b"-----END CMS-----") is None
    )


def test_signed_without_attributes() -> None:
    """RFC 5652 §5.4 lets a signer sign the content itself; others do."""
    here = international()
    if shutil.which("openssl") is None:
        missing("openssl", "not installed")
    signature = here.sign_file(CONTENT, CADES)
    data = cms.ContentInfo.load(signature)["content"]
    (signer,) = data["signer_infos"]
    signer["signed_attrs"] = None
    signer["signature"] = here.keeper.signer.sign(CONTENT)
    bare = cms.ContentInfo({"content_type": "signed_data", "content": data}).dump(force=True)
    assert only(judge(here, bare)).indication is Indication.TOTAL_PASSED
    assert judge(here, bare, CONTENT + b"x").verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("honest", "odd"),
    [
        (b"\x02\x01\x01\x31\x0d", b"\x00\x01\x01\x31\x0d"),
        (b"\x02\x01\x01\x31\x0d", b"\x02\x01\x01\x30\x0d"),
        (b"\x31\x0d\x30\x0b\x06\x09", b"\x31\x0d\x30\x0b\x02\x09"),
        (b"\x65\x03\x04\x02\x01\x30\x0b", b"\x65\x03\x04\x02\x02\x30\x0b"),
        (b"\x02\x01\x01\x30\x81", b"\x00\x01\x01\x30\x81"),
    ],
    ids=["version", "digests", "digest", "another digest", "signer's version"],
)
def test_what_nobody_asks_for_is_in_its_form_all_the_same(honest: bytes, odd: bytes) -> None:
    """OpenSSL refuses these containers: a signature that one reader takes and another does not is no proof to anybody."""
    here = international()
    signature = here.sign_file(CONTENT, CADES)
    assert honest in signature
    report = judge(here, signature.replace(honest, odd, 1))
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.FORMAT_FAILURE)


@pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA1()], ids=["SHA-256", "SHA-1"])
def test_a_content_inside_is_the_content_by_whatever_digest(digest: hashes.HashAlgorithm) -> None:
    """A digest of the past is judged by its time; what the signature holds is what others show as signed by it."""
    here = international()
    made = cms.ContentInfo.load(here.sign_file(CONTENT, CADES))
    data = made["content"]
    data["encap_content_info"]["content"] = b"what others show"
    (signer,) = data["signer_infos"]
    stated = hashes.Hash(digest)
    stated.update(CONTENT)
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native == "message_digest":
            attribute["values"] = [stated.finalize()]
    data["digest_algorithms"] = [{"algorithm": digest.name}]
    signer["digest_algorithm"] = {"algorithm": digest.name}
    signer["signature_algorithm"] = {"algorithm": f"{digest.name}_ecdsa"}
    message = signer["signed_attrs"].untag().dump(force=True)
    signer["signature"] = here.keeper.key.sign(message, ec.ECDSA(digest))  # type: ignore[call-arg,union-attr,arg-type]
    report = judge(here, made.dump(force=True))
    assert report.verdict is Verdict.FAILED
    assert report.sub_indication is SubIndication.HASH_FAILURE
    assert "holds its content" in report.reason.en
    alone = judge(here, made.dump(force=True), None)
    assert alone.sub_indication is SubIndication.HASH_FAILURE


def sealed_pdf(here: Containers) -> tuple[bytes, TrustStore]:
    signing = Signing(here.now)
    return signing.sign(stamp=True), signing.trust()


def another_signature(here: Containers) -> tuple[bytes, TrustStore]:
    return here.sign_file(CONTENT, CADES), TrustStore([here.pki.root.certificate], crls=here.crls())


def test_a_sealed_document_is_no_signature_over_the_content() -> None:
    """Under the name of the signature stands a document that is good by itself: the content was signed by nobody."""
    here = international()
    octets, trust = sealed_pdf(here)
    assert judge(here, octets, None, trust=trust).verdict is Verdict.PASSED
    report = judge(here, octets, trust=trust)
    assert report.verdict is Verdict.INDETERMINATE
    assert report.sub_indication is SubIndication.SIGNED_DATA_NOT_FOUND
    assert "says nothing about it" in report.reason.en


@pytest.mark.parametrize("other", [sealed_pdf, another_signature])
def test_a_proof_whose_signature_is_over_something_else_proves_nothing(
    other: Callable[[Containers], tuple[bytes, TrustStore]],
) -> None:
    """Anybody makes a tree over his own file; in the place of the signature he puts any document that somebody sealed."""
    here = international()
    octets, trust = other(here)
    mine = b"I owe you nothing"
    digest = DigestAlgorithm.SHA256.digest(mine)
    alone = Inclusion(0, 1, ())
    head = head_for(alone.root(DigestAlgorithm.SHA256, str(digest).encode()), 1)
    proof = json.dumps(TreeProof(head, octets, alone, digest).to_json()).encode()
    door = Verifier(trust).verify
    report = judge_with_proof(door, mine, proof, at=here.now + timedelta(hours=1))
    assert report.verdict is Verdict.FAILED
    honest = bare.tree_proof(here, mine)
    known = bare.trust(here)
    for content, verdict in (
        (None, Verdict.PASSED),
        (ContentOctets(mine), Verdict.PASSED),
        (ContentOctets(b"another file, that is asked about as well"), Verdict.INDETERMINATE),
    ):
        found = judge_with_proof(
            Verifier(known).verify, mine, honest, at=here.now + timedelta(hours=1), content=content
        )
        assert found.verdict is verdict, found.reason.en


@WORLDS
def test_the_attributes_of_a_signature_are_no_file_that_was_signed(world: World, wish: Wish) -> None:
    """RFC 5652 §5.4: taken out, they are octets that the key did sign; the file that they make was never signed."""
    here = world()
    taken = cms.ContentInfo.load(here.sign_file(CONTENT, wish))
    signer = (taken["content"] if wish.kind is ContainerKind.CMS else taken["content"].parse(cms.SignedData))[
        "signer_infos"
    ][0]
    file = b"\x31" + signer["signed_attrs"].dump()[1:]
    signer["signed_attrs"] = None
    report = judge(here, taken.dump(force=True), file)
    assert report.verdict is Verdict.FAILED
    assert only(report).sub_indication is SubIndication.FORMAT_FAILURE


def test_isolated_and_by_path(tmp_path: Path) -> None:
    """A file is given by its path and never crosses between processes; octets do."""
    here = national()
    signature = here.sign_file(CONTENT, NATIONAL)
    path = tmp_path / "data.bin"
    path.write_bytes(CONTENT)
    at = here.now + timedelta(hours=1)
    with IsolatedVerifier(here.trust(seal_lists=[here.status_list()])) as verifier:
        for content in (ContentFile(path), ContentOctets(CONTENT), ContentOctets(b"")):
            expected = Verdict.FAILED if content == ContentOctets(b"") else Verdict.PASSED
            assert verifier.verify(signature, at=at, content=content).verdict is expected
        gone = verifier.verify(signature, at=at, content=ContentFile(tmp_path / "gone"))
        assert (gone.verdict, "cannot be read" in gone.reason.en) == (Verdict.INDETERMINATE, True)


def test_the_command_takes_the_content(tmp_path: Path) -> None:
    here = international()
    path, signature = tmp_path / "data.bin", tmp_path / "data.bin.p7s"
    path.write_bytes(CONTENT)
    signature.write_bytes(here.sign_file(CONTENT, CADES))
    out = io.StringIO()
    known = here.trust(seal_lists=[here.status_list()])
    at = (here.now + timedelta(hours=1)).isoformat()
    told = [str(signature), "--at", at]
    assert run([*told, "--content", str(path)], clock=lambda: here.now, trust=known, out=out) == 0
    assert run(told, clock=lambda: here.now, trust=known, out=out) == 2
    assert "give the content" in out.getvalue()


class _Endless(io.RawIOBase):
    """A file of any size that counts how much is asked for at a time."""

    def __init__(self, size: int) -> None:
        self.left, self.largest = size, 0

    def read(self, size: int = -1, /) -> bytes:
        self.largest = max(self.largest, size)
        assert size > 0, "never the whole"
        piece = min(size, self.left)
        self.left -= piece
        return bytes(piece)


def test_a_large_file_is_never_held() -> None:
    here = international()
    source = _Endless(8 * CHUNK)
    prepared = prepare(Work(source, io.BytesIO()), here.envelope(b"", CADES))  # type: ignore[arg-type]
    assert (source.left, source.largest) == (0, CHUNK)
    assert prepared.scope == "file"


def test_openssl_accepts_the_international_one(tmp_path: Path) -> None:
    """A judge that nobody here wrote: ``openssl cms -verify`` with the root alone."""
    if shutil.which("openssl") is None:
        missing("openssl", "not installed")
    here = international()
    for name, octets in (
        ("root.pem", here.pki.root.certificate.public_bytes(Encoding.PEM)),
        ("data.bin", CONTENT),
        ("plain.p7s", here.sign_file(CONTENT, CADES)),
        ("long.p7s", here.sign_file(CONTENT, Wish(ContainerKind.CMS, stamped=True), long_term=True)),
    ):
        (tmp_path / name).write_bytes(octets)
    for name in ("plain.p7s", "long.p7s"):
        command = ["openssl", "cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", name]
        command += ["-content", "data.bin", "-CAfile", "root.pem", "-purpose", "any", "-out", "said"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
        assert "successful" in done.stderr, done.stderr
        assert (tmp_path / "said").read_bytes() == CONTENT
        (tmp_path / "data.bin").write_bytes(CONTENT + b"?")
        again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
        assert again.returncode != 0
        (tmp_path / "data.bin").write_bytes(CONTENT)


def test_a_national_container_has_no_place_for_evidence() -> None:
    here = national()
    envelope = here.envelope(CONTENT, NATIONAL, carried=Revocation(crls=(b"0",)))
    envelope.to_sign(envelope.digest.digest(CONTENT), "file")
    with pytest.raises(ValueError, match="no revocation"):
        envelope.finish(b"0", None)
    assert Revocation() == NOTHING_CARRIED
