"""Rows of the problem table: smart stamps."""

from __future__ import annotations

from typing import Final

from api.problem_kind import Kind
from seals.devices import chain, errors

STAMPS: Final[dict[type[Exception], Kind]] = {
    errors.StampError: Kind("stamp-refused", 409, "智能印章操作被拒绝", "Stamp operation refused"),
    errors.MessageInvalid: Kind("stamp-message-invalid", 422, "设备消息格式不正确", "Message malformed"),
    errors.MessageSignatureInvalid: Kind("stamp-message-forged", 403, "设备消息签名不符", "Message unproven"),
    chain.ChainBroken: Kind("stamp-chain-broken", 409, "设备事件链不连续", "Chain of events broken"),
    errors.CommandRefused: Kind("stamp-command-refused", 409, "设备拒绝指令", "Order refused by the stamp"),
    errors.StampUnknown: Kind("stamp-unknown", 404, "没有此设备", "No such stamp"),
    errors.StampExists: Kind("stamp-exists", 409, "设备已登记", "Stamp registered already"),
    errors.RegistrationInvalid: Kind("stamp-invalid", 422, "设备登记内容不正确", "Registration invalid"),
    errors.StampCertificateUnfit: Kind(
        "stamp-certificate-unfit", 409, "设备证书不符合要求", "Certificate unfit"
    ),
    errors.StampActRefused: Kind("stamp-act-refused", 409, "当前状态不允许", "Not possible in this state"),
    errors.StampMoved: Kind("stamp-moved", 409, "设备刚被他人操作", "Stamp moved meanwhile"),
    errors.StampSecondPerson: Kind("stamp-second-person", 409, "须由另一人办理", "Second person needed"),
    errors.StampNotAsked: Kind("stamp-not-asked", 409, "尚无人申请", "Nobody has asked"),
    errors.MountingRefused: Kind("mounting-refused", 409, "不能装入该印章", "Mounting refused"),
    errors.StampHeld: Kind("stamp-held", 409, "暂不能解锁", "Stamp held"),
    errors.OrderRefused: Kind("stamp-order-refused", 409, "不能下达指令", "Order refused"),
    errors.OrderUnknown: Kind("stamp-order-unknown", 404, "没有此指令", "No such order"),
    errors.GrantUnknown: Kind("stamp-grant-unknown", 404, "没有此额度申请", "No such allowance"),
    errors.ServiceKeyMissing: Kind("stamp-key-missing", 503, "尚无指令签名密钥", "No key for orders"),
    errors.RequestRefused: Kind("stamp-request-refused", 401, "设备请求未通过验证", "Request not proved"),
    errors.PictureRefused: Kind("stamp-picture-refused", 422, "影像不能接收", "Picture refused"),
    errors.PictureMissing: Kind("stamp-picture-missing", 404, "影像不存在", "Picture missing"),
    errors.AlarmUnknown: Kind("stamp-alarm-unknown", 404, "没有此告警", "No such alarm"),
    errors.CaseStillOpen: Kind("stamp-case-open", 409, "用印单不能办结", "Case still open"),
}
