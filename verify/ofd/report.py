"""What is reported of an OFD package: a document's report, and what each signature protects and leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from verify.report import DocumentReport, Reason, SignatureReport
from verify.ses.report import SealDataStep, StepState
from verify.ses.steps import Outcome


class OfdStep(StrEnum):
    """The steps that an OFD adds to those of the signature's own container, in their order."""

    LISTED = "listed"
    DESCRIPTION = "description"
    METHOD = "digest-method"
    REFERENCES = "references"
    SEAL_COPY = "seal-copy"
    SEAL_PICTURE = "seal-picture"
    SCOPE = "scope"
    CONTENT = "signed-content"
    SIGNER = "signer"
    COVERAGE = "coverage"
    SHOWING = "showing"
    OTHER_READERS = "other-readers"
    RELATIVE = "base-signature"


NAMES = {
    OfdStep.LISTED: Reason("签名列表", "list of signatures"),
    OfdStep.DESCRIPTION: Reason("签名描述", "description of the signature"),
    OfdStep.METHOD: Reason("杂凑算法", "digest method"),
    OfdStep.REFERENCES: Reason("受保护文件", "protected files"),
    OfdStep.SEAL_COPY: Reason("印章副本", "copy of the seal"),
    OfdStep.SEAL_PICTURE: Reason("印章图片", "picture of the seal"),
    OfdStep.SCOPE: Reason("保护范围", "scope"),
    OfdStep.CONTENT: Reason("签名值", "signed value"),
    OfdStep.SIGNER: Reason("签名人证书", "the signer's certificate"),
    OfdStep.COVERAGE: Reason("覆盖范围", "coverage"),
    OfdStep.SHOWING: Reason("显示位置", "where it shows"),
    OfdStep.OTHER_READERS: Reason("其他读法", "what other readers open"),
    OfdStep.RELATIVE: Reason("基础签名", "base signature"),
}


def at(step: OfdStep, outcome: Outcome) -> SealDataStep:
    """Return an outcome as the report has it."""
    return SealDataStep(step.value, NAMES[step], outcome.state, outcome.reason, outcome.sub)


@dataclass(frozen=True, slots=True)
class OfdSignature:
    """One listed signature, in the order of ``signatures``, where that of an integrity file may follow.

    ``open``: files that a reader may show and that this signature does not protect. ``loose``: entries that nothing reaches and
    this signature does not protect; of each the first (:data:`verify.ofd.limits.MAX_NAMED`). ``locked``: no further signature can be added without breaking this one.
    """

    id: str
    path: str
    type: str
    method: str
    provider: str
    stated_time: str
    protected: int
    locked: bool
    relative: str = ""
    open: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    steps: tuple[SealDataStep, ...] = ()
    value_sha256: str = ""
    """Digest of its signed value, by which an evidence record knows it; not part of the JSON object."""
    description_sha256: str = ""
    """Digest of its description, which the value is over: a list of voidings may name it; not part of the JSON object."""

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object."""
        return {
            "id": self.id,
            "path": self.path,
            "type": self.type,
            "check_method": self.method,
            "provider": self.provider,
            "stated_time": self.stated_time,
            "protected": self.protected,
            "locked": self.locked,
            "relative": self.relative or None,
            "unprotected": list(self.open),
            "unreferenced": list(self.loose),
            "steps": [step.to_json() for step in self.steps],
        }


@dataclass(frozen=True, slots=True)
class IntegrityFile:
    """The integrity file of GM/T 0099 and what came of it; ``unlisted`` are entries that it does not name."""

    state: StepState
    reason: Reason
    listed: int = 0
    unlisted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object."""
        return {
            "state": self.state.value,
            "state_zh": self.state.words.zh,
            "reason": self.reason.en,
            "reason_zh": self.reason.zh,
            "listed": self.listed,
            "unlisted": list(self.unlisted),
            "missing": list(self.missing),
        }


@dataclass(frozen=True, slots=True)
class OfdReport(DocumentReport):
    """The verdict on one OFD package."""

    pages: int = 0
    entries: int = 0
    coverage: tuple[OfdSignature, ...] = ()
    integrity_file: IntegrityFile | None = None
    missing: tuple[str, ...] = ()
    """Locations that some file of the package names and that are not there."""

    @property
    def on_document(self) -> tuple[SignatureReport, ...]:
        """The signatures over what the files hold: all but that of the integrity file, which is over their names alone."""
        return self.signatures[: len(self.coverage)]

    @property
    def values(self) -> dict[str, str]:
        """Digests of the signed values by the field of their signature."""
        return {
            item.field: seen.value_sha256 for item, seen in zip(self.on_document, self.coverage, strict=False)
        }

    @property
    def signed(self) -> dict[str, tuple[str, ...]]:
        """Digests of the signed values, and of the descriptions that they are over, by the field of their signature."""
        seen = zip(self.on_document, self.coverage, strict=False)
        return {
            item.field: tuple(filter(None, (own.value_sha256, own.description_sha256))) for item, own in seen
        }

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object: a document's, and ``ofd`` beside it."""
        seen = {
            "pages": self.pages,
            "entries": self.entries,
            "coverage": [item.to_json() for item in self.coverage],
            "integrity_file": None if self.integrity_file is None else self.integrity_file.to_json(),
            "missing": list(self.missing),
        }
        return {**DocumentReport.to_json(self), "ofd": seen}
