"""What is reported of a bare object: what it is, what it says, each step with its answer, and one verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from verify.report import DocumentReport, Indication, SignerReport
from verify.sentence import Reason
from verify.ses.facts import SealDataStep


class ObjectKind(StrEnum):
    """What a file is, told by its content alone."""

    CERTIFICATE = "certificate"
    CERTIFICATES = "certificates"
    """Several certificates in one file: a chain in PEM, or a message without signers (p7b)."""
    CRL = "crl"
    OCSP = "ocsp-response"
    TIME_STAMP = "time-stamp"
    """A bare token, or a whole answer of a time-stamping authority."""
    SEAL_ANSWER = "seal-answer"
    """The signed public answer about a seal."""
    SEAL_STATEMENT = "seal-statement"
    SEAL_LIST = "seal-list"
    VOID_LIST = "void-list"
    VOID_RECORD = "void-record"
    TREE_PROOF = "tree-proof"
    TRUST_LIST = "trust-list"
    LICENCE_IDENTIFIER = "licence-identifier"
    UNKNOWN = "unknown"

    @property
    def words(self) -> Reason:
        """What it is called, in Chinese and in English."""
        return Reason(*_WORDS[self])


_WORDS: Final = {
    ObjectKind.CERTIFICATE: ("数字证书", "certificate (X.509)"),
    ObjectKind.CERTIFICATES: ("证书集", "set of certificates"),
    ObjectKind.CRL: ("证书吊销列表（CRL）", "certificate revocation list (CRL)"),
    ObjectKind.OCSP: ("证书状态应答（OCSP）", "OCSP response"),
    ObjectKind.TIME_STAMP: ("时间戳", "time-stamp (RFC 3161)"),
    ObjectKind.SEAL_ANSWER: ("印章查询答复", "answer about a seal"),
    ObjectKind.SEAL_STATEMENT: ("印章声明", "seal statement"),
    ObjectKind.SEAL_LIST: ("印章状态表", "seal status list"),
    ObjectKind.VOID_LIST: ("作废文件清单", "list of voided documents"),
    ObjectKind.VOID_RECORD: ("作废记录", "record of a voiding"),
    ObjectKind.TREE_PROOF: ("合并签名的证明文件", "proof of a document under a batch's signature"),
    ObjectKind.TRUST_LIST: ("信任清单", "trust list"),
    ObjectKind.LICENCE_IDENTIFIER: ("电子证照标识", "identifier of an electronic licence"),
    ObjectKind.UNKNOWN: ("无法识别的文件", "unknown kind of file"),
}


@dataclass(frozen=True, slots=True)
class ObjectFact:
    """One thing that an object says of itself; nothing here was judged. ``en`` and ``zh`` are the value in words."""

    key: str
    label: Reason
    zh: str
    en: str

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object."""
        return {
            "key": self.key,
            "label": self.label.en,
            "label_zh": self.label.zh,
            "value": self.en,
            "value_zh": self.zh,
        }


@dataclass(frozen=True, slots=True)
class ObjectReport(DocumentReport):
    """The verdict on a bare object. ``form`` is how it was written: DER, PEM, JWS, JSON."""

    object_kind: ObjectKind = ObjectKind.UNKNOWN
    form: str = ""
    indication: Indication = Indication.INDETERMINATE
    steps: tuple[SealDataStep, ...] = ()
    facts: tuple[ObjectFact, ...] = ()
    signer: SignerReport | None = None
    """Who made it: its issuer, responder or authority, where that certificate is known."""
    notes: tuple[Reason, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object: a document's, and ``object`` beside it."""
        seen = {
            "kind": self.object_kind.value,
            "kind_zh": self.object_kind.words.zh,
            "kind_en": self.object_kind.words.en,
            "form": self.form,
            "indication": self.indication.value,
            "steps": [step.to_json() for step in self.steps],
            "facts": [fact.to_json() for fact in self.facts],
            "signer": None if self.signer is None else self.signer.to_json(),
            "notes": [note.en for note in self.notes],
            "notes_zh": [note.zh for note in self.notes],
        }
        return {**DocumentReport.to_json(self), "object": seen}
