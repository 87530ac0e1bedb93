"""Rows of the table of problems (:mod:`api.problems.table`): permission to use a seal."""

from __future__ import annotations

from typing import Final

from api.problems.kind import Kind
from seals.cases import errors as cases

CASES: Final[dict[type[Exception], Kind]] = {
    cases.CaseError: Kind("use-case-refused", 409, "用印事项未能办理", "Case of use refused"),
    cases.CaseFieldInvalid: Kind("use-field-invalid", 422, "用印内容不正确", "Case of use invalid"),
    cases.CaseUnknown: Kind("use-case-unknown", 404, "没有此用印事项", "No such case of use"),
    cases.CaseActRefused: Kind("use-act-refused", 409, "当前状态不允许", "Not possible in this state"),
    cases.CaseMoved: Kind("use-case-moved", 409, "事项刚被他人办理", "Case moved meanwhile"),
    cases.CaseKeyTaken: Kind("use-request-key-taken", 409, "请求编号已使用", "Request key taken"),
    cases.NotYourCase: Kind("not-your-case", 403, "不是您申请的事项", "Not your case"),
    cases.CaseReasonNeeded: Kind("use-reason-needed", 422, "请填写原因", "Reason needed"),
    cases.ClockBehindCase: Kind("clock-behind-case", 503, "系统时间早于记录", "Clock behind the record"),
    cases.LaneBroken: Kind("use-record-broken", 500, "责任记录不连续", "Record of responsibility broken"),
    cases.ApprovalInvalid: Kind("use-approval-invalid", 422, "审批签名无效", "Approval not good"),
    cases.SignerUnfit: Kind("use-signer-unfit", 409, "证书不能用于审批", "Certificate unfit for approvals"),
    cases.SignerMissing: Kind("use-signer-missing", 409, "未登记审批证书", "No registered certificate"),
    cases.SignerSecondPerson: Kind("use-signer-second-person", 409, "须由另一人确认", "Second person needed"),
    cases.StandingRefused: Kind("standing-refused", 409, "授权不能这样办理", "Authorisation refused"),
    cases.UseRuleInvalid: Kind("use-rules-invalid", 500, "用印规则有误", "Rules of use invalid"),
    cases.UseRuleMissing: Kind("use-rule-missing", 409, "没有适用的用印规则", "No rule of use"),
    cases.UseRefused: Kind("use-refused", 409, "现在不能用印", "Use refused"),
    cases.ApprovalNeeded: Kind("approval-needed", 409, "须先审批", "Approval needed"),
    cases.CaseNotReady: Kind("use-case-not-ready", 409, "用印事项不能用印", "Case not ready"),
    cases.DocumentDiffers: Kind("use-document-differs", 409, "文件与审批时不一致", "Document differs"),
    cases.NotInBatch: Kind("use-not-in-batch", 409, "文件不在批次中", "Not in the batch"),
    cases.CaseOfAnother: Kind("use-case-of-another", 409, "事项不是针对此印章", "Case of another seal"),
    cases.ApprovalNoLongerGood: Kind("use-approval-lapsed", 409, "审批不再有效", "Approval no longer good"),
    cases.StandingEnded: Kind("standing-ended", 409, "授权已失效", "Authorisation ended"),
    cases.StandingUsedUp: Kind("standing-used-up", 409, "授权次数已用完", "Quota used up"),
    cases.CopiesSpent: Kind("use-copies-spent", 409, "用印次数超过份数", "More uses than copies"),
}
