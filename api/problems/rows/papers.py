"""Rows of the problem table: rounds of several parties, voiding, printed copies."""

from __future__ import annotations

from typing import Final

from api.problems.kind import Kind
from signing.parties import errors as parties
from signing.printing import errors as printing
from signing.voiding import errors as voiding

PAPERS: Final[dict[type[Exception], Kind]] = {
    parties.RoundError: Kind("round-refused", 409, "签署无法办理", "Signing round refused"),
    parties.RoundFieldInvalid: Kind("round-field-invalid", 422, "签署内容不正确", "Field invalid"),
    parties.RoundUnknown: Kind("round-unknown", 404, "没有此签署事项", "No such signing round"),
    parties.RoundKeyTaken: Kind("round-key-taken", 409, "请求编号已使用", "Request key taken"),
    parties.RoundActRefused: Kind("round-act-refused", 409, "当前状态不允许", "Not possible in this state"),
    parties.RoundMoved: Kind("round-moved", 409, "刚被他人办理", "Round moved meanwhile"),
    parties.NotYourTurn: Kind("round-not-your-turn", 409, "尚未轮到", "Not your turn"),
    parties.NotAParty: Kind("round-not-a-party", 403, "不是该签署方", "Not this party"),
    parties.NotTheInitiator: Kind("round-not-initiator", 403, "不是发起方", "Not the initiator"),
    parties.RoundReasonNeeded: Kind("round-reason-needed", 422, "请填写原因", "Reason needed"),
    parties.RoundOver: Kind("round-over", 409, "签署期限已过", "Deadline passed"),
    parties.SealOfAnother: Kind("round-other-seal", 409, "印章与约定不符", "Not the seal agreed"),
    parties.PlaceMissing: Kind("round-place-missing", 422, "请指定用印位置", "Place missing"),
    parties.VersionMoved: Kind("round-version-moved", 409, "文件已有新版本", "Newer version"),
    parties.AnotherSealing: Kind("round-busy", 409, "另一方正在签署", "Another party is sealing"),
    parties.RoundBroken: Kind("round-record-broken", 500, "签署记录被改动", "Record broken"),
    parties.FieldsNotReserved: Kind("round-fields-refused", 409, "不能预留签名域", "Fields not reserved"),
    voiding.VoidingError: Kind("voiding-refused", 409, "无法作废", "Voiding refused"),
    voiding.VoidingUnknown: Kind("voiding-unknown", 404, "没有此作废申请", "No such voiding"),
    voiding.NotSealedHere: Kind("document-not-sealed-here", 404, "不是本系统签章的文件", "Not sealed here"),
    voiding.NotItsSealer: Kind("not-its-sealer", 403, "不是签章单位", "Not a sealer"),
    voiding.VoidReasonNeeded: Kind("voiding-reason-needed", 422, "请填写作废原因", "Reason needed"),
    voiding.AlreadyVoided: Kind("already-voided", 409, "文件已作废", "Voided already"),
    voiding.VoidingOpen: Kind("voiding-open", 409, "已有作废申请", "Voiding under way"),
    voiding.VoidActRefused: Kind("voiding-act-refused", 409, "当前状态不允许", "Not possible in this state"),
    voiding.VoidingMoved: Kind("voiding-moved", 409, "刚被他人办理", "Voiding moved meanwhile"),
    voiding.AgreedAlready: Kind("voiding-agreed-already", 409, "须由另一人复核", "Another person needed"),
    voiding.VoidKeyTaken: Kind("voiding-key-taken", 409, "请求编号已使用", "Request key taken"),
    voiding.VoidRuleInvalid: Kind("void-rules-invalid", 500, "作废规则有误", "Rules of voiding invalid"),
    voiding.VoidingUnsigned: Kind("voiding-unsigned", 503, "作废记录尚未签名", "Record not signed yet"),
    voiding.SealersChanged: Kind("voiding-sealers-changed", 409, "签章单位有变化", "Sealers changed"),
    printing.PrintingError: Kind("printing-refused", 409, "无法打印", "Printing refused"),
    printing.PrintFieldInvalid: Kind("print-field-invalid", 422, "打印设定不正确", "Field invalid"),
    printing.NotPrintable: Kind("not-printable", 404, "没有可打印的文件", "Nothing to print"),
    printing.NotTheSealer: Kind("print-not-the-sealer", 403, "不是签章单位", "Not a sealer"),
    printing.RuleOfAnother: Kind("print-rule-of-another", 409, "已由他方设定", "Set by another sealer"),
    printing.PrintKeyTaken: Kind("print-key-taken", 409, "请求编号已使用", "Request key taken"),
    printing.PrintMoved: Kind("print-moved", 409, "他人正在打印", "Printing at the same moment"),
    printing.PrintFailed: Kind("print-failed", 422, "打印件制作失败", "Copy not made"),
    printing.CodeMalformed: Kind("print-code-malformed", 422, "验证码不正确", "Code malformed"),
    printing.CopyUnknown: Kind("print-copy-unknown", 404, "没有此打印件", "No such copy"),
    printing.PageHidden: Kind("print-page-hidden", 404, "首页未公开", "First page not shown"),
}
