"""Rows of the table of problems (:mod:`api.problems.table`): the key centre."""

from __future__ import annotations

from typing import Final

from api.problems.kind import Kind
from ca.keycentre import errors as kmc

KEY_CENTRE: Final[dict[type[Exception], Kind]] = {
    kmc.KeyCentreError: Kind("key-centre-refused", 400, "密钥管理中心拒绝", "Key centre refused"),
    kmc.KeyCentreNotReady: Kind("key-centre-not-ready", 503, "密钥管理中心未建立", "Key centre not ready"),
    kmc.KeyCentreFounded: Kind("key-centre-founded", 409, "密钥管理中心已建立", "Key centre founded"),
    kmc.KeyCentreNeedsToken: Kind("key-centre-needs-token", 503, "需要密码令牌", "Token needed"),
    kmc.SigningKeyNotEscrowed: Kind("signing-key-not-escrowed", 422, "签名密钥不得托管", "Never escrowed"),
    kmc.EscrowKindRefused: Kind("escrow-kind-refused", 422, "密钥种类不支持", "Kind refused"),
    kmc.EscrowedKeyUnknown: Kind("escrowed-key-unknown", 404, "没有此托管密钥", "No such escrowed key"),
    kmc.EscrowedKeyStateRefused: Kind("escrowed-key-state", 409, "托管密钥状态不符", "State refused"),
    kmc.PoolFillRefused: Kind("pool-fill-refused", 422, "密钥池数量不正确", "Pool size refused"),
    kmc.RecipientRefused: Kind("recipient-refused", 422, "接收方未经证明", "Recipient refused"),
    kmc.EnvelopeForAnother: Kind("envelope-for-another", 409, "信封发给另一令牌", "Envelope for another"),
    kmc.EnvelopeUnreadable: Kind("envelope-unreadable", 422, "信封无法读取", "Envelope unreadable"),
    kmc.EnvelopeUnproven: Kind("envelope-unproven", 422, "信封签名无效", "Envelope unproven"),
    kmc.RosterInvalid: Kind("roster-invalid", 422, "托管人名册不正确", "Roster invalid"),
    kmc.CaseInvalid: Kind("case-invalid", 422, "案件内容不正确", "Case invalid"),
    kmc.CaseUnknown: Kind("case-unknown", 404, "没有此案件", "No such case"),
    kmc.CaseExpired: Kind("case-expired", 409, "案件已过期", "Case expired"),
    kmc.CaseClosed: Kind("case-closed", 409, "案件已办结", "Case closed"),
    kmc.CaseChanged: Kind("case-changed", 409, "案件内容已变化", "Case changed"),
    kmc.CustodianUnknown: Kind("custodian-unknown", 403, "不是托管人", "Not a custodian"),
    kmc.VoteRepeated: Kind("vote-repeated", 409, "已投过票", "Voted already"),
    kmc.VoterIsRequester: Kind("voter-is-requester", 403, "申请人不能投票", "Requester cannot vote"),
    kmc.VoteUnproven: Kind("vote-unproven", 422, "投票签名无效", "Vote unproven"),
    kmc.NoticeUnknown: Kind("notice-unknown", 404, "没有此通知", "No such notice"),
    kmc.QuorumMissing: Kind("quorum-missing", 409, "批准人数不足", "Quorum missing"),
}
