"""The words of the three answers, of the two proofs, and of asking a department."""

from __future__ import annotations

from typing import Final

ANSWER_WORDS: Final[dict[str, tuple[str, str]]] = {
    "answer.heading": ("三个问题，三个答案", "Three questions, three answers"),
    "answer.cryptographic": ("签名成立吗？", "Does the signature hold?"),
    "answer.cryptographic.yes": ("成立", "It holds"),
    "answer.cryptographic.no": ("不成立", "It does not"),
    "answer.trusted": ("签署人可信吗？", "Is the signatory trusted?"),
    "answer.trusted.yes": ("可信", "Trusted"),
    "answer.trusted.no": ("不可信", "Not trusted"),
    "answer.accepted": ("本部门受理吗？", "Does the department accept it?"),
    "answer.accepted.yes": ("接受", "Accepted"),
    "answer.accepted.no": ("不予接受", "Not accepted here"),
    "answer.open": ("无法判定", "Cannot be told"),
    "answer.conditions": ("有条件接受", "Accepted if"),
    "answer.not-asked": ("未询问", "Not asked"),
    "answer.rests_on": ("依据", "What this rests on"),
    "act.label": ("办理事项（可选）", "For which act (optional)"),
    "act.none": ("不选择部门，只核验真伪", "No department: only verify it"),
    "act.why": (
        "选择部门和事项后，另外判断该部门是否受理。软件自带的政策为示例，以各部门规定为准。",
        "With a department and an act, it is also told whether that department accepts the file. Shipped policies are examples.",
    ),
    "act.go": ("判断是否受理", "Ask the department"),
    "act.change": ("换一个部门或事项", "Another department or act"),
    "decision.heading": ("记入互认台账", "Put it on the recognition ledger"),
    "decision.purpose": ("办理事由（不填个人信息）", "Purpose (no personal data)"),
    "decision.go": ("以本部门名义作出决定", "Decide in the department's name"),
    "decision.why": (
        "只记录文件摘要、事项、答复、规则和经办人；记录进入不可篡改的审计链。",
        "Only the file's digest, the act, the answer, the rule and who decided are kept, on the audit trail.",
    ),
    "decision.done": (
        "已记入互认台账，审计记录第 {number} 条。",
        "On the recognition ledger, record {number} of the audit trail.",
    ),
    "proof.technical": ("技术证据", "Technical proof"),
    "proof.institutional": ("制度证据", "Institutional proof"),
    "proof.whole": ("{all} 项齐备", "all {all} parts present"),
    "proof.some": ("{all} 项中有 {there} 项", "{there} of {all} parts present"),
    "proof.present": ("齐备", "present"),
    "proof.missing": ("缺失", "missing"),
    "proof.failed": ("不符", "failed"),
    "proof.part.integrity": ("文件完整", "Unchanged"),
    "proof.part.signature": ("签名值", "Signature value"),
    "proof.part.certificate": ("证书", "Certificate"),
    "proof.part.time": ("时间", "Time"),
    "proof.part.revocation": ("吊销信息", "Revocation"),
    "proof.part.strength": ("算法强度", "Strength"),
    "proof.part.record": ("证据记录", "Evidence record"),
    "proof.part.seal-state": ("印章状态", "State of the seal"),
    "proof.part.rule": ("用印规则", "Rule of use"),
    "proof.part.approvals": ("审批", "Approvals"),
    "proof.part.keeper": ("用印人", "Who used it"),
    "proof.part.trail": ("审计位置", "Audit trail"),
    "record.label": ("附上制度证据记录（.evidence.jws）", "Add an evidence record (.evidence.jws)"),
    "record.go": ("一并核验", "Verify it too"),
    "record.why": (
        "盖章单位可用“yinxin evidence-record”或业务台出具；记录与本文件逐项核对。",
        "The sealing enterprise can give it; it is compared with this very file.",
    ),
    "record.fetch": ("取得制度证据记录", "Get the evidence record"),
    "result.sealed": ("出具盖章的核验报告（PDF）", "Issue a sealed report (PDF)"),
}
"""Chinese and English by key; :data:`api.pages.words.WORDS` takes them in."""
