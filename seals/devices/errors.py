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
