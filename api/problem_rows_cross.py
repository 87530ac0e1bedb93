"""Rows of the problem table: cross certification."""

from __future__ import annotations

from typing import Final

from api.problem_kind import Kind
from ca.cross import errors

CROSS: Final[dict[type[Exception], Kind]] = {
    errors.CrossError: Kind("cross-refused", 409, "交叉认证无法继续", "Cross certification refused"),
    errors.CrossOrderInvalid: Kind("cross-order-invalid", 422, "交叉认证申请不正确", "Order invalid"),
    errors.ForeignUnfit: Kind("cross-certificate-unfit", 422, "对方证书不符合要求", "Certificate unfit"),
    errors.FingerprintDiffers: Kind("cross-fingerprint-differs", 422, "指纹不一致", "Fingerprints differ"),
    errors.CrossUnknown: Kind("cross-unknown", 404, "没有此申请", "No such order"),
    errors.CrossMoved: Kind("cross-moved", 409, "当前状态不允许", "Not possible in this state"),
    errors.CrossChanged: Kind("cross-changed", 409, "申请内容被改动", "The order was changed"),
    errors.CrossSecondPerson: Kind("cross-second-person", 409, "须由另一人确认", "Second person needed"),
}
