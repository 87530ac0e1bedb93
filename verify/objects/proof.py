"""A Merkle proof alone: the head reads, the path leads to its root, the signature over the head holds; the file beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from verify.errors import Unreadable
from verify.objects.steps import Judged, ObjectStep, at, fact
from verify.report import DocumentReport
from verify.sentence import Reason
from verify.ses.steps import Outcome, doubtful, failed, passed
from verify.signatures.merkle import TreeProof, prove_digest, read_proof
from verify.verdict import SubIndication, Verdict

_GOOD: Final = Reason(
    "证明有效：所给文件在已签名的批次之中。",
    "The proof is valid: the file given is in the batch that was signed.",
)
_MISSING: Final = doubtful(
    SubIndication.SIGNED_DATA_NOT_FOUND,
    "证明文件不含原文；请核验原文件并随附本证明（--proof）。",
    "A proof does not hold the document; verify the document itself and give this proof with it (--proof).",
)


def judge_proof(
    octets: bytes, signed: Callable[[bytes, bytes], DocumentReport], digest: Callable[[str], bytes] | None
) -> tuple[Judged, DocumentReport | None]:
    """Judge a proof; ``signed(signature, head)`` judges the signature over the head, and its report comes back too."""
    try:
        proof = read_proof(octets)
    except Unreadable as wrong:
        step = at(ObjectStep.FORM, failed(SubIndication.FORMAT_FAILURE, wrong.reason.zh, wrong.reason.en))
        return Judged(_GOOD, (step,)), None
    report = signed(proof.signature, proof.head.octets)
    place = f"{proof.inclusion.index + 1} / {proof.head.size}"
    facts = (
        fact("place", ("批次中的位置", "place in the batch"), place),
        fact("document", ("文件摘要", "digest of the document"), str(proof.document)),
        fact("root", ("树根", "root"), str(proof.head.root)),
    )
    steps = (
        at(ObjectStep.FORM, passed("可以读取。", "It can be read.")),
        at(ObjectStep.PATH, _path(proof)),
        at(ObjectStep.SIGNATURE, _signature(report)),
        at(ObjectStep.CONTENT, _content(proof, digest)),
    )
    return Judged(_GOOD, steps, facts), report


def _path(proof: TreeProof) -> Outcome:
    try:
        prove_digest(proof)
    except Unreadable as wrong:
        return failed(SubIndication.HASH_FAILURE, wrong.reason.zh, wrong.reason.en)
    return passed("由文件摘要可到达已签名的树根。", "It leads from the document's digest to the signed root.")


def _signature(report: DocumentReport) -> Outcome:
    sub = report.sub_indication or SubIndication.GENERIC
    if report.verdict is Verdict.PASSED:
        return passed(report.reason.zh, report.reason.en)
    bad = report.verdict is Verdict.FAILED
    return (failed if bad else doubtful)(sub, report.reason.zh, report.reason.en)


def _content(proof: TreeProof, digest: Callable[[str], bytes] | None) -> Outcome:
    if digest is None:
        return _MISSING
    if digest(proof.document.algorithm.label) == proof.document.value:
        return passed("与所给文件相符。", "It is about the file given.")
    return failed(
        SubIndication.HASH_FAILURE,
        "不是所给文件的证明：摘要不一致。",
        "It is the proof of another file: the digests differ.",
    )
