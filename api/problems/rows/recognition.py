"""Rows of the problem table: department policies, recognition and evidence records; trust lists, trust folders, federation."""

from __future__ import annotations

from typing import Final

from api.errors import OcspAnswerRefused
from api.problems.kind import Kind
from signing.recognition import department_errors as departments
from signing.recognition import errors as federation
from signing.records import errors as records
from verify.acceptance import errors as acceptance
from verify.folder import TrustFolderUnusable
from verify.trusted_lists import errors as lists

RECOGNITION: Final[dict[type[Exception], Kind]] = {
    acceptance.AcceptanceError: Kind("acceptance-refused", 422, "无法按部门政策判断", "Policy not applied"),
    acceptance.DepartmentPolicyInvalid: Kind(
        "department-policy-invalid", 422, "部门政策有误", "Department policy invalid"
    ),
    acceptance.DepartmentUnknown: Kind("department-unknown", 422, "没有此部门", "No such department"),
    acceptance.DepartmentAmbiguous: Kind(
        "department-ambiguous", 422, "多个部门同名", "Several departments are called so"
    ),
    acceptance.DepartmentMissing: Kind("department-missing", 422, "没有指定部门", "No department is named"),
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

TRUST: Final[dict[type[Exception], Kind]] = {
    federation.RecognitionError: Kind(
        "trust-list-refused", 409, "信任清单无法处理", "Trust list not dealt with"
    ),
    federation.OwnListMissing: Kind("own-list-missing", 404, "尚无信任清单", "No trust list yet"),
    federation.OwnListUnusable: Kind("own-list-withheld", 500, "信任清单已扣留", "Trust list withheld"),
    federation.ForeignListError: Kind(
        "foreign-list-refused", 409, "外部清单无法处理", "Foreign list not dealt with"
    ),
    federation.ListAddressInvalid: Kind("list-address-invalid", 422, "地址不可用", "Address not used"),
    federation.ListUnreachable: Kind("list-unreachable", 502, "无法取得清单", "List cannot be fetched"),
    federation.FingerprintInvalid: Kind(
        "fingerprint-invalid", 422, "指纹格式不正确", "Fingerprint malformed"
    ),
    federation.FingerprintDiffers: Kind("fingerprint-differs", 409, "指纹不一致", "Fingerprints differ"),
    federation.ForeignListRefused: Kind("foreign-list-unusable", 422, "清单不可用", "List not usable"),
    federation.OwnListOffered: Kind("own-list-offered", 409, "这是本系统自己的清单", "Our own list"),
    federation.ListUnknown: Kind("list-unknown", 404, "没有此清单", "No such list"),
    federation.ListTaken: Kind("list-taken", 409, "清单已在列", "List is here already"),
    federation.ListActRefused: Kind("list-act-refused", 409, "当前状态不允许", "Not possible in this state"),
    federation.ListMoved: Kind("list-moved", 409, "清单刚被他人处理", "List moved meanwhile"),
    federation.ListSecondPerson: Kind("list-second-person", 409, "须由另一人办理", "Second person needed"),
    federation.ListReasonNeeded: Kind("list-reason-needed", 422, "请填写原因", "Reason needed"),
}

LISTS: Final[dict[type[Exception], Kind]] = {
    TrustFolderUnusable: Kind("trust-folder-unusable", 400, "信任文件夹不可用", "Trust folder unusable"),
    OcspAnswerRefused: Kind("ocsp-answer-refused", 422, "未保存状态应答", "OCSP answer not kept"),
    lists.ListRefused: Kind("list-refused", 422, "信任清单不可用", "Trust list not used"),
    lists.ListUnreadable: Kind("list-unreadable", 422, "信任清单无法读取", "Trust list unreadable"),
    lists.ListUnsupported: Kind(
        "list-unsupported", 422, "信任清单格式版本不受支持", "Trust list of an unknown version"
    ),
    lists.ListTooLarge: Kind("list-too-large", 422, "信任清单超出上限", "Trust list over the limits"),
    lists.ListSignatureInvalid: Kind(
        "list-signature-invalid", 422, "信任清单签名无效", "Trust list not signed rightly"
    ),
    lists.ListSignerUnknown: Kind(
        "list-signer-unknown", 422, "信任清单签名者未登记", "Trust list's signer not pinned"
    ),
    lists.ListExpired: Kind("list-expired", 409, "信任清单已过期", "Trust list expired"),
    lists.ListRolledBack: Kind("list-rolled-back", 409, "信任清单被回退", "Trust list rolled back"),
    lists.ListFromTheFuture: Kind(
        "list-from-the-future", 409, "信任清单签发于将来", "Trust list from the future"
    ),
    lists.ListIncomplete: Kind("list-incomplete", 422, "信任清单内容不全", "Trust list incomplete"),
}
