"""A signature over many documents: the signed head of a Merkle tree, and the proof that a document is under it. Pure.

The *head* is a small JSON text that names the tree's root, its size and the hash; it is what the seal is put on, once, as a
detached signature. A *proof* (JSON) carries head and signature with one document's index and path. Since the size of the tree
is in the signed head, neither index nor path can be read against another tree; leaves and nodes are hashed apart
(:mod:`hsm.merkle`), and a leaf is the document's digest with the name of its algorithm.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

from hsm.algorithms import Digest, DigestAlgorithm
from hsm.merkle import MAX_LEAVES, MAX_PATH, Inclusion
from verify.errors import Finding, Unreadable
from verify.report import DocumentReport, Reason
from verify.signatures.detached import Content, ContentOctets, Digests, not_about
from verify.verdict import SubIndication, Verdict

HEAD_FORM: Final = "yinxin-tree-head-v1"
PROOF_FORM: Final = "yinxin-tree-proof-v1"
MAX_HEAD: Final = 4096
"""Octets of a head: it has five short members."""
MAX_PROOF: Final = 512 * 1024
"""Octets of a proof: a signature with chain, time-stamp and revocation evidence has some tens of kilobytes."""


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What is signed: the root over ``size`` documents. ``octets`` are those that the signature covers."""

    root: Digest
    size: int
    octets: bytes

    @property
    def digest(self) -> Digest:
        """Digest of the head's octets: what a permit names."""
        return DigestAlgorithm.SHA256.digest(self.octets)


@dataclass(frozen=True, slots=True)
class TreeProof:
    """One document's place under a signed head; ``signature`` is the detached container over the head's octets."""

    head: TreeHead
    signature: bytes
    inclusion: Inclusion
    document: Digest

    def to_json(self) -> dict[str, Any]:
        """Write the proof; :func:`read_proof` reads it back."""
        return {
            "form": PROOF_FORM,
            "document": str(self.document),
            "index": self.inclusion.index,
            "path": [step.hex() for step in self.inclusion.path],
            "head": base64.b64encode(self.head.octets).decode(),
            "signature": base64.b64encode(self.signature).decode(),
        }


def head_for(root: Digest, size: int) -> TreeHead:
    """Write the head of a tree, the same octets every time."""
    members = {"form": HEAD_FORM, "hash": root.algorithm.label, "root": root.hex, "size": size}
    return TreeHead(root, size, json.dumps(members, sort_keys=True, separators=(",", ":")).encode())


def read_head(octets: bytes) -> TreeHead:
    """Read a head; only the one text that :func:`head_for` writes is one. :class:`Unreadable`."""
    try:
        members = json.loads(octets[: MAX_HEAD + 1])
        algorithm = next(one for one in DigestAlgorithm if one.label == members["hash"])
        root, size = Digest(algorithm, bytes.fromhex(members["root"])), members["size"]
    except (ValueError, KeyError, TypeError, StopIteration, RecursionError) as wrong:
        raise _unreadable("“head”不是树头", "head is no tree head") from wrong
    if type(size) is not int or not 0 < size <= MAX_LEAVES:
        raise _unreadable("“head”中的份数不正确", "the size in the head is not in order")
    head = head_for(root, size)
    if head.octets != octets:
        raise _unreadable("“head”不是规范形式的树头", "head is not written as a tree head is")
    return head


def read_proof(octets: bytes) -> TreeProof:
    """Read a proof; :class:`Unreadable` names the member that is wrong."""
    if len(octets) > MAX_PROOF:
        raise _unreadable(f"超过 {MAX_PROOF // 1024} KiB", f"it is over {MAX_PROOF // 1024} KiB")
    try:
        members = json.loads(octets)
    except (ValueError, RecursionError) as wrong:
        raise _unreadable("不是 JSON", "it is no JSON") from wrong
    wanted = {"form", "document", "index", "path", "head", "signature"}
    if not isinstance(members, dict) or members.get("form") != PROOF_FORM or set(members) != wanted:
        raise _unreadable(f"不是 {PROOF_FORM} 形式", f"it has not the form {PROOF_FORM}")
    head = read_head(_octets(members, "head"))
    index, path = members["index"], members["path"]
    if type(index) is not int or not 0 <= index < head.size:
        raise _unreadable("“index”不在树的范围内", "index is outside the tree")
    if not isinstance(path, list) or len(path) > MAX_PATH:
        raise _unreadable("“path”不正确", "path is not in order")
    try:
        steps = tuple(bytes.fromhex(step) for step in path)
        document = Digest.parse(members["document"])
    except (ValueError, TypeError, AttributeError) as wrong:
        raise _unreadable("“path”或“document”不正确", "path or document is not in order") from wrong
    return TreeProof(head, _octets(members, "signature"), Inclusion(index, head.size, steps), document)


def prove_included(proof: TreeProof, octets: bytes) -> Digest:
    """Prove that a document is under the proof's head and return its digest; :class:`Unreadable` where it is not.

    1. The octets have the digest that the proof names. 2. The path leads from it, at its index, to the root of the head.
    That the head is signed is for whoever verifies :attr:`TreeProof.signature` over :attr:`TreeHead.octets`.
    """
    digest = proof.document.algorithm.digest(octets)
    if digest != proof.document:
        raise Unreadable(
            "证明文件不是这份文件的证明：摘要不一致，文件可能已被修改或取错了证明。",
            "The proof is about another document: the digests differ. The file was changed, or it is another's proof.",
        )
    prove_digest(proof)
    return digest


def prove_digest(proof: TreeProof) -> None:
    """Prove that the path leads from the digest that a proof names to the root of its head; :class:`Unreadable`."""
    try:
        root = proof.inclusion.root(proof.head.root.algorithm, str(proof.document).encode())
    except ValueError as wrong:
        raise _not_under() from wrong
    if root != proof.head.root:
        raise _not_under()


def _not_under() -> Unreadable:
    return Unreadable(
        "证明中的路径不能到达已签名的树根，不能证明该文件在批次之中。",
        "The path of the proof does not lead to the signed root: it does not show that this document is in the batch.",
    )


def _unreadable(zh: str, en: str) -> Unreadable:
    return Unreadable(
        f"证明文件无法读取：{zh}；请取回原证明文件。",
        f"The proof cannot be read: {en}; fetch the original proof.",
    )


def _octets(members: dict[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(members[name], validate=True)
    except (binascii.Error, ValueError, TypeError) as wrong:
        raise _unreadable(f"“{name}”不是 base64", f"{name} is no base64") from wrong


class DetachedDoor(Protocol):
    """Verifies one detached signature: :meth:`verify.verifier.Verifier.verify` or the isolated one."""

    def __call__(self, data: bytes, *, at: datetime, name: str, content: ContentOctets) -> DocumentReport:
        """Judge ``data`` over ``content``."""


def judge_with_proof(  # noqa: PLR0913 - what comes with a document, each by name
    door: DetachedDoor,
    document: bytes,
    proof: bytes,
    *,
    at: datetime,
    name: str = "",
    content: Content | None = None,
) -> DocumentReport:
    """Judge a document by its proof: it is under the signed root, and the signature over the head is as good as any other.

    A proof that does not lead from this document to its root fails; one that cannot be read says nothing either way. Whatever
    else stands in the place of the signature, a sealed PDF say, may be valid: it is over itself, and not over the head.
    A ``content`` given as well is asked about too, and unless it is that document nothing here is about it.
    """
    blank = DocumentReport(name, Verdict.INDETERMINATE, _NOT_YET, verified_at=at, size=len(document))
    blank = replace(blank, sha256=DigestAlgorithm.SHA256.digest(document).hex)
    try:
        found = read_proof(proof)
    except Unreadable as wrong:
        return replace(blank, reason=wrong.reason, sub_indication=SubIndication.FORMAT_FAILURE)
    try:
        prove_included(found, document)
    except Unreadable as wrong:
        return replace(
            blank, verdict=Verdict.FAILED, reason=wrong.reason, sub_indication=SubIndication.HASH_FAILURE
        )
    report = door(found.signature, at=at, name=name, content=ContentOctets(found.head.octets))
    if not report.signatures:
        return replace(blank, reason=report.reason, sub_indication=report.sub_indication)
    if report.content_sha256 != found.head.digest.hex:
        return replace(
            blank, verdict=Verdict.FAILED, reason=_NOT_OVER, sub_indication=SubIndication.SIG_CRYPTO_FAILURE
        )
    place = found.inclusion.index + 1, found.head.size
    said = Reason(
        f"合并签名的第 {place[0]} 份（共 {place[1]} 份）。{report.reason.zh}",
        f"Document {place[0]} of {place[1]} under one signature. {report.reason.en}",
    )
    proved = replace(report, file=name, reason=said, sha256=blank.sha256, size=blank.size)
    return proved if content is None or _is(content, blank.sha256) else not_about(proved)


def _is(content: Content, sha256: str) -> bool:
    """Tell whether a content is the document of a digest; one that cannot be read is none."""
    try:
        return Digests(content).of("sha256").hex() == sha256
    except (Finding, OSError):
        return False


_NOT_OVER: Final = Reason(
    "证明文件中的签名不是对该批次树根作出的签名，不能证明该文件被签署；请取回原证明文件。",
    "What stands in the proof as its signature is not over the root of this batch: it does not show that the document was "
    "signed. Fetch the original proof.",
)
_NOT_YET: Final = Reason("尚未判定。", "Not judged.")
