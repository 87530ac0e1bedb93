"""The words of the audit page."""

from __future__ import annotations

from typing import Final

FAMILIES: Final[dict[str, tuple[str, str]]] = {
    "alarm": ("告警", "Alarms"),
    "backup": ("备份", "Backups"),
    "batch": ("批量用印", "Batches"),
    "case": ("用印事项", "Cases of use"),
    "ceremony": ("密钥仪式", "Key ceremonies"),
    "certificate": ("证书", "Certificates"),
    "crl": ("吊销列表", "Revocation lists"),
    "enrolment": ("证书申请", "Enrolments"),
    "enterprise": ("企业", "Enterprises"),
    "filing": ("刻制与备案", "Engraving and filing"),
    "foreign_list": ("其他系统的清单", "Lists of others"),
    "installation": ("本系统", "This installation"),
    "issuer": ("签发机构", "Issuers"),
    "key": ("接口密钥", "API keys"),
    "kmc": ("密钥中心", "Key centre"),
    "licence": ("电子证照", "Licences"),
    "permit": ("用印许可", "Permits"),
    "round": ("多方签署", "Rounds of signing"),
    "seal": ("印章", "Seals"),
    "sealing": ("盖章", "Sealings"),
    "stamp": ("智能印章", "Smart stamps"),
    "standing": ("静默用印授权", "Standing authorisations"),
    "timestamp": ("时间戳", "Time-stamps"),
    "token": ("芯片与令牌", "Tokens"),
    "voiding": ("作废", "Voiding"),
}
"""The first word of an action → what it is about; an action of any other family is shown as it is written."""

AUDIT_WORDS: Final[dict[str, tuple[str, str]]] = {
    "console.audit": ("审计", "Audit"),
    "audit.lede": (
        "每一项办理都有一条记录，逐条以摘要相连，只增不改。本页只读。",
        "Every act has a record; each is chained to the one before by its digest and is never changed. This page only reads.",
    ),
    "audit.chain": ("日志链", "The chain"),
    "audit.prove": ("校验日志链", "Prove the chain"),
    "audit.again": ("重新校验", "Prove it again"),
    "audit.never": ("尚未在本页校验过。", "It was not proved from this page yet."),
    "audit.what": (
        "从第 1 条起重新计算全部摘要，并与数据库之外的签名检查点对照。离开或刷新本页不影响校验。",
        "Every digest is computed again from record 1 and held against the signed checkpoints outside the database. You may leave or reload this page meanwhile.",
    ),
    "audit.running": ("正在校验", "Being proved"),
    "audit.whole": ("完整", "Whole"),
    "audit.broken": ("不完整", "Broken"),
    "audit.failed": ("校验未完成", "Not finished"),
    "audit.failed.what": (
        "校验中断，没有得出结论，请重新校验。",
        "The proof was interrupted and says nothing; start it again.",
    ),
    "audit.broken.at": ("首处不符：第 {number} 条记录", "The first that is wrong: record {number}"),
    "audit.records": ("记录数", "Records"),
    "audit.last": ("末条摘要", "Last digest"),
    "audit.checkpoint": ("签名检查点", "Signed checkpoint"),
    "audit.checkpoint.to": (
        "与检查点一致，至第 {number} 条；其后 {beyond} 条仅由链相连",
        "agrees with the checkpoints up to record {number}; {beyond} after it are held by the chain alone",
    ),
    "audit.checkpoint.none": (
        "还没有检查点：截断到末尾的改动无法发现",
        "there is none yet: a trail cut off at its end would not be noticed",
    ),
    "audit.proved": ("校验时间", "Proved"),
    "audit.proved.by": ("{name} 发起", "begun by {name}"),
    "audit.progress": ("校验进度", "Progress of the proof"),
    "audit.col.number": ("编号", "Number"),
    "audit.col.at": ("时间（北京）", "Time (Beijing)"),
    "audit.col.who": ("何人", "Who"),
    "audit.col.action": ("何事", "What"),
    "audit.col.subject": ("对象", "Subject"),
    "audit.col.digest": ("摘要", "Digest"),
    "audit.action": ("事项（如 seal 或 seal.freeze）", "Action (such as seal or seal.freeze)"),
    "audit.subject": ("对象（完整写法）", "Subject (in full)"),
    "audit.previous": ("前一条", "The one before"),
    "audit.older": ("更早的记录", "Older records"),
    "audit.further": (
        "已查到第 {number} 条为止，更早的请继续查。",
        "Looked back as far as record {number}; go on for what is older.",
    ),
}
