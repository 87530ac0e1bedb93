"""What can be wrong with sealing in two steps."""

from __future__ import annotations

from signing.errors import SigningError


class TwoStepError(SigningError):
    """A sealing with a key elsewhere does not go on."""

    zh = "两步用印不能继续，文件未作任何改动。"
    en = "The sealing in two steps cannot go on; nothing was sealed."


class RemoteSealingUnknown(TwoStepError):
    """There is no such sealing of the caller."""

    zh = "没有这笔待签的用印，请核对编号；编号由发起用印时返回。"
    en = "There is no such sealing that waits for a signature; check the number that the first step returned."


class RemoteSealingOver(TwoStepError):
    """The sealing no longer waits: it was completed, withdrawn or is past its time."""

    zh = "这笔用印已完成、撤回或超过时限，不再接收签名；需要时请重新发起。"
    en = "The sealing was completed, withdrawn or is past its time and takes no signature; begin anew where needed."


class RemoteSignatureInvalid(TwoStepError):
    """What came back is not the certificate's signature over the very octets that were given out."""

    zh = "返回的签名与印章证书或待签数据不符，已拒绝；请确认选用的是该印章的令牌与密钥。"
    en = (
        "The signature is not the seal certificate's over the data that were given out; it was refused. "
        "Make sure that the token and key are those of this seal."
    )


class NotInTwoSteps(TwoStepError):
    """The kind of document, or of container, is sealed in one step only."""

    zh = "该文件格式或签名容器暂不支持两步用印；请改用 PDF 与 CMS 容器，或使用保存在本系统的密钥。"
    en = "This format or container is not sealed in two steps; use PDF with a CMS container, or a key kept here."
