"""What can be wrong with a smart stamp, an order to it, or what it reports.

Two families: acts of people (:class:`StampError`) and octets from outside (:class:`MessageInvalid` and below).
"""

from __future__ import annotations

from seals.errors import SealError


class StampError(SealError):
    """Something about a stamp is not as asked."""

    zh = "智能印章操作未完成。"
    en = "The operation on the smart stamp was not carried out."


class MessageInvalid(StampError):
    """Octets are not a well-formed message of the device protocol."""

    zh = "设备消息格式不正确，请按设备协议核对后重发。"
    en = "The device message is malformed; check it against the device protocol and send it again."

    def __init__(self, what: str, field: str = "") -> None:
        super().__init__(f"{field}: {what}" if field else what)
        self.field = field
        if field:
            self.zh = f"设备消息的“{field}”不正确，请按设备协议核对后重发。"
            self.en = f"'{field}' of the device message is not in order: {what}."


class MessageSignatureInvalid(MessageInvalid):
    """The signature of a message does not match its octets, or its signer is not the one it must be."""

    zh = "设备消息的签名或签名者不正确，已拒收。"
    en = "The message's signature or signer is not right; it was refused."


class CommandRefused(StampError):
    """A device does not obey an order; ``reason`` is one of :class:`seals.devices.messages.Refusal`."""

    zh = "设备拒绝执行该指令。"
    en = "The device refuses this order."

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class StampUnknown(StampError):
    """No stamp has this serial number."""

    zh = "没有这台智能印章，请核对设备序列号。"
    en = "There is no such stamp; check its serial number."


class StampExists(StampError):
    """The serial number, or the certificate, belongs to a stamp on the register."""

    zh = "该序列号或证书已属于另一台设备，请核对。"
    en = "The serial number or the certificate belongs to a stamp on the register; check them."


class RegistrationInvalid(StampError):
    """A stamp cannot be registered or changed as asked."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class StampCertificateUnfit(StampError):
    """The certificate is not one for the key in this stamp's chip, or is not in force."""

    zh = "设备证书不符合要求：须为本机构签发、在有效期内、未被吊销且写明该设备序列号的芯片身份证书。"
    en = "The stamp's certificate is unfit: it is a valid chip certificate of this authority that names the stamp."


class StampActRefused(StampError):
    """The act is not possible in the stamp's present state."""

    def __init__(self, serial: str, act: str, status: str, zh_status: str) -> None:
        super().__init__(f"stamp {serial} is {status}: {act} is not possible")
        self.zh = f"设备 {serial} 当前状态为“{zh_status}”，不能执行此操作，请刷新后查看。"
        self.en = f"Stamp {serial} is {status}, so '{act}' is not possible; reload and look at its state."


class StampMoved(StampError):
    """Somebody else acted on the stamp between reading and writing."""

    zh = "该设备刚被他人操作，请刷新后重试。"
    en = "Somebody else has just acted on this stamp; reload and try again."


class StampSecondPerson(StampError):
    """Two acts of a pair are done by two different persons."""

    zh = "该操作须由另一人确认，申请人不能自行确认。"
    en = "Another person must confirm this: who asked cannot agree."


class StampNotAsked(StampError):
    """Nobody has asked for what is to be confirmed."""

    zh = "尚无人提出申请，请先由一人申请，再由另一人确认。"
    en = "Nobody has asked for this yet; one person asks, another confirms."


class MountingRefused(StampError):
    """The seal cannot be mounted in this stamp."""

    zh = "该印章不能装入此设备：须为启用状态、属于同一单位且未装在其他设备中。"
    en = "The seal cannot be mounted here: it is active, of the same owner, and in no other stamp."


class StampHeld(StampError):
    """The stamp cannot be unlocked yet."""

    zh = "暂不能解锁：印章未启用，或仍有未确认的停用类告警，请先处理。"
    en = "It cannot be unlocked yet: the seal is not active, or alarms that stopped the stamp are not acknowledged."


class OrderRefused(StampError):
    """An order cannot be made as asked."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class OrderUnknown(StampError):
    """No order has this id."""

    zh = "没有这条指令，请核对编号。"
    en = "There is no such order; check its id."


class GrantUnknown(StampError):
    """No request for an offline allowance with this number is open."""

    zh = "没有待确认的离线额度申请，请核对编号。"
    en = "No request for an offline allowance with this number is open; check it."


class ServiceKeyMissing(StampError):
    """The installation has no key yet that signs orders."""

    zh = "尚未建立签发设备指令的密钥，请先完成初始化仪式。"
    en = "There is no key that signs orders yet; hold the ceremony first."


class RequestRefused(StampError):
    """A stamp's token of request does not prove who asks."""

    zh = "设备请求未通过验证：签名、用途、时间或随机数不正确，请校时后重新发起。"
    en = "The stamp's request is not proved: signature, purpose, time or nonce is wrong; set the clock and ask again."


class PictureRefused(StampError):
    """A picture's file cannot be taken."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class PictureMissing(StampError):
    """The picture is not here, or its file was changed."""

    zh = "影像尚未上传或文件已损坏。"
    en = "The picture is not here yet, or its file is damaged."


class AlarmUnknown(StampError):
    """No open alarm has this number."""

    zh = "没有待确认的告警，请核对编号。"
    en = "No open alarm has this number; check it."
