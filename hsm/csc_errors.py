"""What can be wrong with a key in someone else's remote signing service."""

from __future__ import annotations

import re
from typing import Final

from hsm.errors import HsmError, PinError

MAX_TOLD: Final = 120
"""Longest text of a service that is repeated, in characters."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class RemoteServiceError(HsmError):
    """A remote signing service does not do what is asked."""

    zh = "远程签名服务不可用，本次未签名；请检查 csc_services 设置与服务状态。"
    en = "The remote signing service cannot be used; nothing was signed. Check csc_services and the service."


class RemoteServicesInvalid(RemoteServiceError):
    """The file that names the services cannot be used."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        super().__init__(f"{where}: {en}")
        self.zh = f"远程签名服务的设置有误（{where}）：{zh}。"
        self.en = f"The settings of the remote signing services are wrong ({where}): {en}."


class RemoteServiceUnavailable(RemoteServiceError):
    """The service does not answer, or not in time; nothing was sent that signs."""

    zh = "连接不上远程签名服务，或其超时未答；尚未签名，可以重试。"
    en = "The remote signing service does not answer in time; nothing was signed, and it can be tried again."


class RemoteAnswerInvalid(RemoteServiceError):
    """The service's answer is not what the CSC API says."""

    zh = "远程签名服务的应答不符合 CSC 接口规范，已拒绝；请联系该服务的管理员。"
    en = "The remote signing service's answer is not in the form of the CSC API; it was refused. Tell its operator."


class RemoteServiceRefused(RemoteServiceError):
    """The service refuses, with a code of its own; ``code`` and the sentence are its words."""

    def __init__(self, code: str, told: str) -> None:
        code, told = plain(code)[:40], plain(told)[:MAX_TOLD]
        super().__init__(f"{code}: {told}")
        self.code = code
        self.zh = f"远程签名服务拒绝了请求（{code}：{told}），本次未签名。"
        self.en = f"The remote signing service refused ({code}: {told}); nothing was signed."


class RemoteServiceFailed(RemoteServiceRefused):
    """The service has a fault of its own (HTTP 5xx)."""


class RemotePinRefused(PinError):
    """The service did not accept the PIN of the credential; it counts the tries itself."""

    zh = "远程签名服务不接受该 PIN 码，请核对后重试；连续输错可能被其锁定。"
    en = "The remote signing service did not accept the PIN; check it. It may lock the credential after several."


class RemoteSignatureUncertain(RemoteServiceError):
    """The answer to a request that signs was lost: it may have been done. It is never sent twice."""

    zh = "向远程签名服务请求签名后未收到应答，不能确定是否已签；该授权已作废，请重新发起。"
    en = (
        "The answer of the remote signing service was lost, so it may have signed; "
        "this authorisation is not used again. Begin anew."
    )


def plain(text: object) -> str:
    """Return a foreign text without control characters."""
    return _CONTROL.sub(" ", str(text))
