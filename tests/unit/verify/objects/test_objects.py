"""Certificates, lists, answers, time-stamps and proofs handed in alone: what each is, and what speaks against it (D1, D2, D6)."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from hsm.suite import Suite
from seals.seal import SealStatus
from tests import bare_world as bare
from tests.bare_world import CONTENT, DAY, HOUR, Containers
from tests.conftest import SteppingClock
from tests.pki import Pki
from verify.acceptance.answering import answered
from verify.command import run
from verify.isolated import IsolatedVerifier
from verify.objects.report import ObjectKind, ObjectReport
from verify.report import DocumentReport
from verify.signatures.detached import ContentFile, ContentOctets
from verify.table import lines
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

SUITES = pytest.mark.parametrize("suite", list(Suite), ids=lambda suite: suite.value)
Make = Callable[[Containers], bytes]
MAKERS: dict[str, tuple[ObjectKind, Make]] = {
    "certificate": (ObjectKind.CERTIFICATE, lambda here: here.keeper.der),
    "PEM certificate": (ObjectKind.CERTIFICATE, lambda here: bare.pem(here.keeper.der)),
    "base64 certificate": (ObjectKind.CERTIFICATE, lambda here: base64.encodebytes(here.keeper.der)),
    "chain": (ObjectKind.CERTIFICATES, bare.certificates),
    "CRL": (ObjectKind.CRL, lambda here: here.crls()[0]),
    "PEM CRL": (ObjectKind.CRL, lambda here: bare.pem(here.crls()[0], "X509 CRL")),
    "OCSP": (ObjectKind.OCSP, lambda here: here.pki.ocsp(here.keeper.certificate)),
    "token": (ObjectKind.TIME_STAMP, bare.token),
    "TSA answer": (ObjectKind.TIME_STAMP, lambda here: bare.response(bare.token(here))),
    "seal answer": (ObjectKind.SEAL_ANSWER, lambda here: bare.lookup(here).encode()),
    "status list": (ObjectKind.SEAL_LIST, lambda here: here.status_list().encode()),
    "void list": (ObjectKind.VOID_LIST, lambda here: bare.void_list(here).encode()),
    "void record": (ObjectKind.VOID_RECORD, lambda here: bare.void_record(here).encode()),
    "statement": (ObjectKind.SEAL_STATEMENT, lambda here: here.statement(CONTENT, here.keeper).encode()),
    "proof": (ObjectKind.TREE_PROOF, bare.tree_proof),
}
OBJECTS = pytest.mark.parametrize("name", MAKERS)
OVER_CONTENT = {"token", "TSA answer", "statement", "proof"}
"""What tells of a file beside it."""


def beside(name: str) -> bytes | None:
    return CONTENT if name in OVER_CONTENT else None


def judge(
    here: Containers,
    octets: bytes,
    content: bytes | None = CONTENT,
    *,
    trust: TrustStore | None = None,
    later: timedelta = HOUR,
) -> DocumentReport:
    given = None if content is None else ContentOctets(content)
    verifier = Verifier(bare.trust(here) if trust is None else trust)
    return verifier.verify(octets, at=here.now + later, name="object", content=given)


def bare_report(report: DocumentReport) -> ObjectReport:
    assert isinstance(report, ObjectReport), report.reason.en
    return report


def state(report: DocumentReport, key: str) -> str:
    return next(step.state.value for step in bare_report(report).steps if step.key == key)


@SUITES
@OBJECTS
def test_each_is_told_by_its_content_and_judged(suite: Suite, name: str) -> None:
    here, (kind, make) = bare.world(suite), MAKERS[name]
    report = bare_report(judge(here, make(here), beside(name)))
    assert (report.object_kind, report.verdict) == (kind, Verdict.PASSED), report.reason.en
    assert report.signer is not None or report.signatures
    assert all(step.reason.zh and step.reason.en for step in report.steps)
    shown = "\n".join(lines(report))
    assert kind.words.zh in shown
    assert kind.words.en in shown
    told = json.loads(json.dumps(report.to_json()))["object"]
    assert (told["kind"], told["indication"]) == (kind.value, "TOTAL-PASSED")


@SUITES
@pytest.mark.parametrize("name", sorted(set(MAKERS) - OVER_CONTENT))
def test_what_tells_nothing_of_the_file_beside_it_is_no_proof_of_that(suite: Suite, name: str) -> None:
    """Whoever gives a file asks about it: a good certificate under the name of its signature is no answer."""
    here = bare.world(suite)
    report = bare_report(judge(here, MAKERS[name][1](here), CONTENT))
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, "SIGNED_DATA_NOT_FOUND")
    told = "已被作废" if name.startswith("void") else "与原文件无关"
    assert told in report.reason.zh


@SUITES
@OBJECTS
def test_a_stranger_is_never_green(suite: Suite, name: str) -> None:
    """Every signature holds, and nobody knows who made it (D2)."""
    here = bare.world(suite)
    nobody = TrustStore([Pki(here.now, name="Nobody").root.certificate])
    assert judge(here, MAKERS[name][1](here), trust=nobody).verdict is Verdict.INDETERMINATE


@SUITES
@OBJECTS
def test_no_flipped_bit_changes_what_a_good_object_says(suite: Suite, name: str) -> None:
    """One bit in two dozen places: what still passes (a spare certificate was hit) says the same, by the same maker."""
    here = bare.world(suite)
    octets = MAKERS[name][1](here)
    verifier = Verifier(bare.trust(here))
    given = beside(name)
    whole = bare_report(judge(here, octets, given))
    for place in range(0, len(octets), max(1, len(octets) // 24)):
        changed = bytearray(octets)
        changed[place] ^= 0x01
        report = verifier.verify(bytes(changed), at=here.now + HOUR, content=given and ContentOctets(given))
        if report.verdict is Verdict.PASSED:
            again = bare_report(report)
            assert (again.object_kind, again.facts) == (whole.object_kind, whole.facts), place
            assert again.signer is None or (
                whole.signer is not None and again.signer.sha256 == whole.signer.sha256
            )


@pytest.mark.parametrize("name", ["token", "TSA answer", "statement", "proof"])
def test_what_is_over_a_file_needs_that_file(name: str) -> None:
    here = bare.world()
    octets = MAKERS[name][1](here)
    alone, other = judge(here, octets, None), judge(here, octets, b"another file")
    assert (alone.verdict, alone.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.SIGNED_DATA_NOT_FOUND,
    )
    assert (other.verdict, other.sub_indication) == (Verdict.FAILED, SubIndication.HASH_FAILURE)


@pytest.mark.parametrize(
    ("name", "later"),
    [
        ("CRL", 8 * DAY),
        ("OCSP", 2 * DAY),
        ("seal answer", 2 * DAY),
        ("status list", 2 * DAY),
        ("void list", 2 * DAY),
    ],
)
def test_what_is_out_of_date_says_nothing_of_now(name: str, later: timedelta) -> None:
    """I30: an old list is not the state of today; one from the future is no list."""
    here = bare.world()
    octets = MAKERS[name][1](here)
    assert judge(here, octets, later=later).verdict is Verdict.INDETERMINATE
    assert judge(here, octets, later=-DAY).verdict is not Verdict.PASSED


def test_a_certificate_that_ended_or_was_revoked_is_invalid_now() -> None:
    here = bare.world()
    assert judge(here, here.keeper.der, later=800 * DAY).sub_indication is SubIndication.EXPIRED
    why = x509.ReasonFlags.key_compromise
    revoked = here.crls(revoked={here.keeper.certificate.serial_number: (here.now, why)})
    report = judge(here, here.keeper.der, trust=bare.trust(here, crls=revoked))
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.REVOKED)
    unknown = judge(here, here.keeper.der, trust=bare.trust(here, crls=[]))
    assert (unknown.verdict, unknown.sub_indication) == (Verdict.INDETERMINATE, SubIndication.TRY_LATER)


def test_a_list_by_an_end_certificate_is_no_list() -> None:
    """The keeper of a seal signs a CRL in its issuer's name: the key is another, and may not."""
    here = bare.world()
    forged = here.pki.crl(key=here.keeper.key)
    report = judge(here, forged)
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.SIG_CRYPTO_FAILURE)


def test_an_ocsp_answer_by_another_responder_is_none() -> None:
    """A document's signer with a good certificate answers in the responder's place."""
    here = bare.world()
    forged = here.pki.ocsp(here.keeper.certificate, responder=here.keeper)
    assert judge(here, forged).verdict is Verdict.FAILED


def test_a_time_stamp_by_a_signer_of_documents_is_none() -> None:
    """RFC 3161 §2.3: time-stamping and nothing else, or the time is only a claim."""
    here = bare.world()
    token = here.stamp(bare.digest_of_suite(here, CONTENT), here.keeper)
    report = judge(here, token)
    assert report.verdict is not Verdict.PASSED
    assert state(report, "use") == "failed"


def test_a_refusal_holds_no_time_stamp() -> None:
    report = judge(bare.world(), bytes.fromhex("30053003020102"))
    assert bare_report(report).object_kind is ObjectKind.TIME_STAMP
    assert report.verdict is Verdict.INDETERMINATE


def test_an_answer_about_a_seal_by_its_keeper_is_none() -> None:
    """Anybody with a certificate of this authority could say that a seal is in use."""
    from seals.lookup.answer import parse_lookup, sign_lookup

    here = bare.world()
    said = parse_lookup(bare.lookup(here)).lookup
    forged = sign_lookup(said, here.keeper.signer, [here.keeper.der, *here.keeper.chain])
    assert judge(here, forged.encode()).verdict is Verdict.FAILED


def test_an_answer_tells_a_seal_that_is_stopped() -> None:
    here = bare.world()
    report = bare_report(judge(here, bare.lookup(here, status=SealStatus.FROZEN.value).encode()))
    assert any(fact.zh == SealStatus.FROZEN.zh for fact in report.facts)


def test_a_list_of_voided_documents_tells_of_the_file_given() -> None:
    here = bare.world()
    found = bare_report(judge(here, bare.void_list(here).encode()))
    told = {fact.key: fact.en for fact in found.facts}
    assert "voided" in told["file"]
    assert (found.verdict, "已被作废" in found.reason.zh) == (Verdict.INDETERMINATE, True)


def test_a_proof_with_another_head_fails() -> None:
    """The path of one tree under the signed head of another."""
    here = bare.world()
    proof, other = (json.loads(bare.tree_proof(here, octets)) for octets in (CONTENT, b"other"))
    report = judge(
        here, json.dumps({**proof, "head": other["head"], "signature": other["signature"]}).encode()
    )
    assert (report.verdict, state(report, "path"), state(report, "signature")) == (
        Verdict.FAILED,
        "failed",
        "passed",
    )


@SUITES
def test_an_attached_signature_is_judged_over_what_it_holds(suite: Suite) -> None:
    here = bare.world(suite)
    assert judge(here, bare.attached(here), None).verdict is Verdict.PASSED
    assert judge(here, bare.attached(here), CONTENT).verdict is Verdict.PASSED
    other = judge(here, bare.attached(here), b"another file")
    assert (other.verdict, other.sub_indication) == (Verdict.FAILED, SubIndication.HASH_FAILURE)
    changed = bare.attached(here).replace(CONTENT, CONTENT[::-1])
    assert judge(here, changed, None).verdict is Verdict.FAILED


def test_attached_content_by_gbt35275() -> None:
    here = bare.world(Suite.GM)
    assert judge(here, bare.gm_attached(here), None).verdict is Verdict.PASSED
    changed = bare.gm_attached(here).replace(CONTENT, CONTENT[::-1])
    assert judge(here, changed, None).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("identifier", "verdict"),
    [
        ("1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U", Verdict.INDETERMINATE),
        ("1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9", Verdict.INDETERMINATE),
        ("1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.V", Verdict.FAILED),
        (
            "1.2.156.3005.2.11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M",
            Verdict.FAILED,
        ),
    ],
)
def test_an_identifier_of_a_licence_is_checked_and_proves_nothing(identifier: str, verdict: Verdict) -> None:
    """GB/T 36904: a good check character is no licence; anybody can copy it."""
    report = bare_report(judge(bare.world(), identifier.encode(), None))
    assert (report.object_kind, report.verdict) == (ObjectKind.LICENCE_IDENTIFIER, verdict), report.reason.en


@pytest.mark.parametrize(
    ("octets", "zh"),
    [
        (b"", "空文件"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"PK\x03\x04....word/document.xml", "Word"),
        (b"-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n", "私钥"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nMA==\n-----END CERTIFICATE REQUEST-----\n", "CSR"),
        (b"<html></html>", "网页"),
        (b'{"a": 1}', "JSON"),
        ("只是文字".encode(), "纯文本"),
        ("只是文字".encode("gb18030"), "纯文本"),
        (bytes(range(256)), "无法识别"),
    ],
)
def test_what_is_not_known_is_named_by_its_looks(octets: bytes, zh: str) -> None:
    report = bare_report(judge(bare.world(), octets, None))
    assert (report.verdict, report.object_kind) == (Verdict.UNREADABLE, ObjectKind.UNKNOWN)
    assert zh in report.reason.zh


def test_a_name_says_nothing(tmp_path: Path) -> None:
    """A revocation list called contract.pdf is a revocation list."""
    here = bare.world()
    path = tmp_path / "contract.pdf"
    path.write_bytes(here.crls()[0])
    out = io.StringIO()
    status = run([str(path)], clock=lambda: here.now + HOUR, trust=bare.trust(here), out=out)
    assert status == 0
    assert "证书吊销列表" in out.getvalue()


def test_a_report_crosses_processes_whole(tmp_path: Path) -> None:
    here = bare.world()
    beside = tmp_path / "content"
    beside.write_bytes(CONTENT)
    at = here.now + HOUR
    with IsolatedVerifier(bare.trust(here)) as apart:
        for name in ("certificate", "token", "proof"):
            octets = MAKERS[name][1](here)
            there = apart.verify(octets, at=at, name="object", content=ContentFile(beside))
            assert there == judge(here, octets), name


def test_what_it_looks_like_is_set_off_and_said_once(clock: SteppingClock) -> None:
    """A picture handed in: a blank before a Latin name, and three answers that do not repeat the verdict's sentence."""
    picture = b"\xff\xd8\xff\xe0" + bytes(40)
    found = answered(Verifier(TrustStore([])).verify(picture, at=clock(), name="photo.jpg"))
    told = "\n".join(lines(found))
    assert "这看起来是 JPEG 图片" in told
    assert told.count("不是可以核验的文件") == 1
    assert told.count("无法判定 open") == 2
