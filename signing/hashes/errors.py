"""What can be wrong with a remote signature over digests."""

from __future__ import annotations

from signing.errors import SigningError


class HashSigningError(SigningError):
    """A digest is not signed as asked; nothing was signed."""

    zh = "不能对该摘要签名，未作任何签名。"
    en = "The digest cannot be signed; nothing was signed."


class CredentialUnknown(HashSigningError):
    """The caller keeps no such seal, or it has no key here."""

    zh = "没有该凭证：请用 credentials/list 查询本人保管的印章编码。"
    en = "There is no such credential: ask credentials/list for the codes of the seals that you keep."


class ActivationInvalid(HashSigningError):
    """The activation data are unknown, of another caller or another seal, or past their time."""

    zh = "签名激活数据（SAD）无效或已过期，请重新调用 credentials/authorize。"
    en = "The activation data (SAD) are not valid or have expired; call credentials/authorize again."


class DigestNotAuthorised(HashSigningError):
    """A digest was not authorised under these activation data, or was signed already."""

    zh = "该摘要未经此次授权，或已经签过；每个授权的摘要只签一次，请重新授权。"
    en = "The digest was not authorised here, or was signed already; each is signed once. Authorise it again."


class DigestsInvalid(HashSigningError):
    """The digests asked for are none, too many, repeated or not of one function."""

    zh = "摘要列表不正确：应为 1 至 100 个互不相同、长度与算法相符的摘要。"
    en = (
        "The list of digests is not in order: 1 to 100 different ones, each as long as its function makes it."
    )
