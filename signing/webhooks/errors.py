"""What can be wrong with a message to another address. Each error says in Chinese and English what to do."""

from __future__ import annotations

from signing.errors import SigningError


class WebhookError(SigningError):
    """A message is not sent as asked."""

    zh = "回调通知不能这样办理。"
    en = "The notification cannot be handled like this."


class WebhookAddressInvalid(WebhookError):
    """The address is not one that this service sends to."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = f"“callback”：{zh}。"
        self.en = f"callback: {en}."


class WebhookUnreachable(WebhookError):
    """The other side did not take the message; ``status`` is its HTTP status, 0 without an answer."""

    def __init__(self, zh: str, en: str, status: int = 0) -> None:
        super().__init__(en)
        self.status = status
        self.zh = f"通知未送达：{zh}。"
        self.en = f"The notification was not delivered: {en}."


class WebhookUnknown(WebhookError):
    """There is no message of this number, or it is not the caller's to see."""

    zh = "没有这个编号的通知，请核对编号。"
    en = "There is no notification of this number; check it."


class WebhookUnderWay(WebhookError):
    """The message waits to be sent by itself."""

    zh = "该通知正在等待发送，不必重发；送达或放弃后才能重发。"
    en = "This notification is still waiting to be sent; it can be sent again once it is delivered or given up."


class WebhookMessageInvalid(WebhookError):
    """A message that was received is not what its signature says, not for this receiver, old, or known already."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = f"通知不可信：{zh}。"
        self.en = f"The notification is not to be believed: {en}."
