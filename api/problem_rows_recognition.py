"""Rows of the problem table: department policies, the recognition ledger, evidence records."""

from __future__ import annotations

from typing import Final

from api.problem_kind import Kind
from signing.recognition import department_errors as departments
from signing.records import errors as records
from verify.acceptance import errors as acceptance

RECOGNITION: Final[dict[type[Exception], Kind]] = {
    acceptance.AcceptanceError: Kind("acceptance-refused", 422, "无法按部门政策判断", "Policy not applied"),
    acceptance.DepartmentPolicyInvalid: Kind(
        "department-policy-invalid", 422, "部门政策有误", "Department policy invalid"
    ),
    acceptance.DepartmentUnknown: Kind("department-unknown", 422, "没有此部门", "No such department"),
    acceptance.ActUnknown: Kind("department-act-unknown", 422, "没有此事项", "No such act"),
    departments.DepartmentError: Kind("department-refused", 409, "部门政策无法处理", "Policy not dealt with"),
    departments.PolicyUnknown: Kind("department-import-unknown", 404, "没有此次导入", "No such import"),
    departments.PolicyActRefused: Kind(
        "department-act-refused", 409, "当前状态不允许", "Not possible in this state"
    ),
    departments.PolicySecondPerson: Kind(
        "department-second-person", 409, "须由另一人确认", "Second person needed"
    ),
    departments.PolicyDiffers: Kind("department-policy-differs", 409, "政策内容不一致", "Another policy"),
    departments.PolicyMoved: Kind("department-moved", 409, "政策刚被他人办理", "Policy moved meanwhile"),
    departments.PurposeNeeded: Kind("recognition-purpose", 422, "须填写办理事由", "Purpose needed"),
    departments.DecisionKeyTaken: Kind("recognition-key-taken", 409, "请求编号已用过", "Request key used"),
    departments.DecisionUnknown: Kind("recognition-unknown", 404, "没有此项决定", "No such decision"),
    departments.LedgerBroken: Kind("recognition-ledger-broken", 500, "互认台账不符", "Ledger broken"),
    records.RecordError: Kind("evidence-record-refused", 409, "无法出具证据记录", "No evidence record"),
    records.RecordOfNothing: Kind("evidence-record-unknown", 404, "没有这次用印", "No such sealing"),
    records.RecordWithoutCase: Kind("evidence-record-no-case", 409, "没有用印事项", "No case behind it"),
    records.RecordBroken: Kind("evidence-record-broken", 500, "用印记录不一致", "Record contradicts itself"),
    records.RecordUnsigned: Kind("evidence-record-unsigned", 503, "暂不能签署", "Cannot be signed now"),
    records.RecordMoved: Kind("evidence-record-moved", 409, "正由另一请求签署", "Being signed already"),
}
