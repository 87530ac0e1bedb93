"""Rows of the problem table: electronic licences."""

from __future__ import annotations

from typing import Final

from api.problem_kind import Kind
from signing.licences import errors

LICENCES: Final[dict[type[Exception], Kind]] = {
    errors.LicenceError: Kind("licence-refused", 409, "证照操作被拒绝", "Licence operation refused"),
    errors.LicenceFieldInvalid: Kind("licence-field-invalid", 422, "证照内容填写有误", "Licence invalid"),
    errors.LicenceUnknown: Kind("licence-unknown", 404, "没有此证照", "No such licence"),
    errors.LicenceKeyTaken: Kind("licence-key-taken", 409, "请求编号已用", "Request key taken"),
    errors.LicenceTaken: Kind("licence-taken", 409, "证照标识已存在", "Identifier taken"),
    errors.LicenceActRefused: Kind(
        "licence-act-refused", 409, "当前状态不允许", "Not possible in this state"
    ),
    errors.LicenceMoved: Kind("licence-moved", 409, "证照刚被他人操作", "Licence moved meanwhile"),
    errors.LicenceReasonNeeded: Kind("licence-reason-needed", 422, "须填写原因", "Reason needed"),
    errors.NotTheIssuer: Kind("licence-not-the-issuer", 403, "不是颁发机构", "Not the issuer"),
}
