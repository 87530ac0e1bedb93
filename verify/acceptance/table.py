"""The three answers on a terminal: one line each, then what the third rests on."""

from __future__ import annotations

from collections.abc import Iterator

from verify.acceptance.answers import Answer, Answers, AnswerStatus
from verify.institution.proofs import PartState, ProofPart, Proofs
from verify.sentence import Reason
from verify.terminal import row, safe

MARKS = {
    AnswerStatus.YES: "是 yes",
    AnswerStatus.CONDITIONS: "有条件 conditions",
    AnswerStatus.NO: "否 no",
    AnswerStatus.OPEN: "无法判定 open",
    AnswerStatus.NOT_ASKED: "未问 not asked",
}
PARTS = {
    "integrity": ("完整", "integrity"),
    "signature": ("签名", "signature"),
    "certificate": ("证书", "certificate"),
    "time": ("时间", "time"),
    "revocation": ("吊销", "revocation"),
    "strength": ("强度", "strength"),
    "record": ("证据记录", "record"),
    "seal-state": ("印章状态", "seal state"),
    "rule": ("规则", "rule"),
    "approvals": ("审批", "approvals"),
    "keeper": ("用印人", "keeper"),
    "trail": ("审计位置", "trail"),
}
"""Names of the parts of both proofs."""


def answer_lines(answers: Answers, said: Reason) -> Iterator[str]:
    """Yield the lines of the three answers; the sentence that the verdict has ``said`` already is not said again."""
    yield from _answer("① 密码学有效 valid", answers.cryptographic, said)
    yield from _answer("② 可信 trusted", answers.trusted, said)
    yield from _answer("③ 受理 accepted", answers.accepted, said)
    found = answers.acceptance
    if found is not None:
        yield row("", safe(f"{found.rule} · {found.cites}"))
        yield row("", safe(f"{found.department} {found.policy_version} · sha256:{found.policy_sha256}"))
        if found.entry:
            yield row("", safe(found.entry))


def _answer(label: str, answer: Answer, said: Reason) -> Iterator[str]:
    if answer.sentence == said:
        yield row(label, MARKS[answer.status])
        return
    yield row(label, f"{MARKS[answer.status]} · {answer.sentence.zh}")
    if answer.status is not AnswerStatus.NOT_ASKED:
        yield row("", answer.sentence.en)


def proof_lines(proofs: Proofs | None) -> Iterator[str]:
    """Yield a line for each proof: the parts that are there, and those that are missing or failed."""
    if proofs is None:
        return
    yield from _parts("技术证据 technical", proofs.technical)
    yield from _parts("制度证据 institution", proofs.institutional)


def _parts(label: str, parts: tuple[ProofPart, ...]) -> Iterator[str]:
    told = []
    for state, word in _STATES.items():
        named = [PARTS[part.name] for part in parts if part.state is state]
        if named:
            zh, en = "、".join(name for name, _ in named), ", ".join(name for _, name in named)
            told.append(f"{word}：{zh} / {en}")
    for part in parts:
        if part.state is PartState.FAILED:
            told += [part.sentence.zh, part.sentence.en]
    for number, text in enumerate(told):
        yield row("" if number else label, text)


_STATES = {
    PartState.PRESENT: "齐备 present",
    PartState.MISSING: "缺失 missing",
    PartState.FAILED: "不符 failed",
}
