"""The words of the pages about rounds of several parties and voidings, in Chinese and in English."""

from __future__ import annotations

from typing import Final

ROUND_WORDS: Final[dict[str, tuple[str, str]]] = {
    "console.rounds": ("多方签署", "Rounds"),
    "rounds.new": ("发起签署", "Begin a round"),
    "rounds.mine": ("轮到我方签署", "Waiting for us"),
    "rounds.all": ("全部签署事项", "All rounds"),
    "rounds.title": ("事由", "What"),
    "rounds.progress": ("进度", "Progress"),
    "rounds.turn": ("轮到", "Turn"),
    "rounds.deadline": ("期限", "By"),
    "rounds.late": ("已过期限", "past its deadline"),
    "rounds.gone": (
        "没有此签署事项，或与您的单位无关。",
        "There is no such round, or it does not concern you.",
    ),
    "rounds.gone.next": ("请核对编号，或联系发起方。", "Check the number, or ask the initiator."),
    "rounds.file": ("待签文件（PDF）", "Document (PDF)"),
    "rounds.days": ("期限（天）", "Days until the deadline"),
    "rounds.parties": ("签署方，每行一个", "Parties, one a line"),
    "rounds.parties.how": (
        "格式：统一社会信用代码|角色|顺序|印章种类|位置。顺序相同的可同时签；种类默认 01（法定名称章）；位置如 1:120,200，留空由对方自选。",
        (
            "Write USCC|ROLE|GROUP|KIND|WHERE. Parties of one group seal in any order; the kind is 01 unless given; WHERE like "
            "1:120,200, or nothing: then they choose."
        ),
    ),
    "rounds.reserve": (
        "预留签名域（首签单位可认证或锁定文件）",
        "Keep a field for each (so the first may certify)",
    ),
    "rounds.begin": ("发起", "Begin"),
    "rounds.who": ("签署方", "Parties"),
    "rounds.versions": ("文件版本", "Versions"),
    "rounds.version": ("第 {number} 版", "Version {number}"),
    "rounds.version.first": ("初始文件", "As it began"),
    "rounds.final": ("最终文件", "Final document"),
    "rounds.timeline": ("签署记录", "Record"),
    "rounds.group": ("第 {group} 顺位", "Group {group}"),
    "rounds.place.own": ("自选位置", "own choice"),
    "rounds.status.running": ("签署中", "running"),
    "rounds.status.declined": ("已拒签", "declined"),
    "rounds.status.released": ("已完成", "released"),
    "rounds.status.withdrawn": ("已撤回", "withdrawn"),
    "rounds.status.expired": ("已过期", "expired"),
    "rounds.party.waiting": ("待签", "waits"),
    "rounds.party.called": ("轮到签署", "its turn"),
    "rounds.party.sealed": ("已签", "sealed"),
    "rounds.party.declined": ("已拒签", "declined"),
    "rounds.act.seal": ("用印签署", "Seal"),
    "rounds.act.decline": ("拒签", "Decline"),
    "rounds.act.substitute": ("更换签署方", "Substitute"),
    "rounds.act.withdraw": ("撤回", "Withdraw"),
    "rounds.seal.code": ("印章编码", "Seal code"),
    "rounds.seal.where": ("用印位置（页:左,上 毫米）", "Place (PAGE:X,Y in mm)"),
    "rounds.substitute.by": ("接替企业的统一社会信用代码", "Credit code of who takes the place"),
    "voids.title": ("作废", "Voiding"),
    "voids.mine": ("待我方同意的作废", "Voidings that wait for us"),
    "voids.document": ("文件", "Document"),
    "voids.reason": ("作废原因（公开显示）", "Reason (shown to everybody)"),
    "voids.waiting": ("待同意", "Waits for"),
    "voids.agree": ("同意作废", "Agree"),
    "voids.agree.what": (
        "同意后不可撤销：最后一方同意即作废，核验时显示“已作废”。",
        "This cannot be undone: the last agreement voids the document, and verification shows it as voided.",
    ),
    "voids.refuse": ("不同意", "Refuse"),
    "voids.people": ("{done}/{needed} 人同意", "{done} of {needed} people agreed"),
    "voids.status.asked": ("待同意", "waits for agreement"),
    "voids.status.voided": ("已作废", "voided"),
    "voids.status.refused": ("不同意作废", "refused"),
    "voids.status.withdrawn": ("已撤回", "withdrawn"),
    "voids.record": ("下载签名的作废记录", "Download the signed record"),
    "voids.gone.next": ("请核对编号，或联系签章单位。", "Check the number, or ask the sealers."),
    "voids.gone": (
        "没有此作废申请，或与您的单位无关。",
        "There is no such voiding, or it does not concern you.",
    ),
}
