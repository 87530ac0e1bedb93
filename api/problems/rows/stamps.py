"""Rows of the problem table: smart stamps, their lines, the simulated stamp."""

from __future__ import annotations

from typing import Final

from api.problems.kind import Kind
from api.stamps import errors as stamp_lines
from seals.devices import chain
from seals.devices import errors as stamps
from seals.devices.simulator import errors as simulator

STAMPS: Final[dict[type[Exception], Kind]] = {
    stamps.StampError: Kind("stamp-refused", 409, "智能印章操作被拒绝", "Stamp operation refused"),
    stamps.MessageInvalid: Kind("stamp-message-invalid", 422, "设备消息格式不正确", "Message malformed"),
    stamps.MessageSignatureInvalid: Kind("stamp-message-forged", 403, "设备消息签名不符", "Message unproven"),
    chain.ChainBroken: Kind("stamp-chain-broken", 409, "设备事件链不连续", "Chain of events broken"),
    stamps.CommandRefused: Kind("stamp-command-refused", 409, "设备拒绝指令", "Order refused by the stamp"),
    stamps.StampUnknown: Kind("stamp-unknown", 404, "没有此设备", "No such stamp"),
    stamps.StampExists: Kind("stamp-exists", 409, "设备已登记", "Stamp registered already"),
    stamps.RegistrationInvalid: Kind("stamp-invalid", 422, "设备登记内容不正确", "Registration invalid"),
    stamps.StampCertificateUnfit: Kind(
        "stamp-certificate-unfit", 409, "设备证书不符合要求", "Certificate unfit"
    ),
    stamps.StampActRefused: Kind("stamp-act-refused", 409, "当前状态不允许", "Not possible in this state"),
    stamps.StampMoved: Kind("stamp-moved", 409, "设备刚被他人操作", "Stamp moved meanwhile"),
    stamps.StampSecondPerson: Kind("stamp-second-person", 409, "须由另一人办理", "Second person needed"),
    stamps.StampNotAsked: Kind("stamp-not-asked", 409, "尚无人申请", "Nobody has asked"),
    stamps.MountingRefused: Kind("mounting-refused", 409, "不能装入该印章", "Mounting refused"),
    stamps.StampHeld: Kind("stamp-held", 409, "暂不能解锁", "Stamp held"),
    stamps.OrderRefused: Kind("stamp-order-refused", 409, "不能下达指令", "Order refused"),
    stamps.OrderUnknown: Kind("stamp-order-unknown", 404, "没有此指令", "No such order"),
    stamps.GrantUnknown: Kind("stamp-grant-unknown", 404, "没有此额度申请", "No such allowance"),
    stamps.ServiceKeyMissing: Kind("stamp-key-missing", 503, "尚无指令签名密钥", "No key for orders"),
    stamps.RequestRefused: Kind("stamp-request-refused", 401, "设备请求未通过验证", "Request not proved"),
    stamps.PictureRefused: Kind("stamp-picture-refused", 422, "影像不能接收", "Picture refused"),
    stamps.PictureMissing: Kind("stamp-picture-missing", 404, "影像不存在", "Picture missing"),
    stamps.AlarmUnknown: Kind("stamp-alarm-unknown", 404, "没有此告警", "No such alarm"),
}

STAMP_LINES: Final[dict[type[Exception], Kind]] = {
    stamp_lines.BrokerError: Kind("broker-failed", 503, "消息服务器无法使用", "Broker failed"),
    stamp_lines.BrokerUnreachable: Kind(
        "broker-unreachable", 503, "无法连接消息服务器", "Broker unreachable"
    ),
    stamp_lines.BrokerMissing: Kind("broker-missing", 503, "未安装消息服务器", "Broker not installed"),
    stamp_lines.LinkCredentialsMissing: Kind(
        "link-credentials-missing", 503, "缺少连接证书", "No certificate of the link"
    ),
    stamp_lines.BrokerFolderTaken: Kind("broker-folder-taken", 409, "目录已占用", "Folder taken"),
    stamp_lines.SuiteHasNoTls: Kind("suite-has-no-tls", 409, "套件不支持", "Suite has no TLS here"),
    stamp_lines.DrillFailed: Kind("drill-failed", 409, "演练未完成", "Drill not completed"),
    simulator.SimulatorError: Kind("simulator-refused", 409, "模拟印章拒绝", "Simulated stamp refused"),
    simulator.PowerLost: Kind("simulator-power-lost", 409, "模拟印章断电", "Simulated stamp lost power"),
    simulator.LineDown: Kind("simulator-offline", 503, "设备未连接", "Stamp offline"),
    simulator.LineRefused: Kind("simulator-turned-away", 409, "服务端拒绝设备", "Stamp turned away"),
    simulator.PressRefused: Kind("simulator-stays-shut", 409, "设备不能用印", "Stamp stays shut"),
    simulator.DeviceFolderInvalid: Kind(
        "device-folder-invalid", 422, "设备目录不可用", "Device folder invalid"
    ),
    simulator.DeviceInUse: Kind("device-in-use", 409, "设备正在运行", "Device in use"),
}
