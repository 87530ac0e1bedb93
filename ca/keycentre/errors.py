"""What can be wrong with an escrowed key, an envelope, a case of recovery or a message between CA and key centre."""

from __future__ import annotations

from ca.errors import CaError


class KeyCentreError(CaError):
    """The key centre cannot do what was asked."""

    zh = "密钥管理中心无法完成该操作。"
    en = "The key centre cannot do this."


class KeyCentreNotReady(KeyCentreError):
    """The key centre has no keys and no custodians yet."""

    zh = "密钥管理中心尚未建立，请先指定托管人并运行 yinxin kmc init。"
    en = "The key centre is not founded yet; name its custodians first with: yinxin kmc init."


class KeyCentreFounded(KeyCentreError):
    """The key centre exists already; its custodians change by a case."""

    zh = "密钥管理中心已建立；更换托管人请提交更换案件，由现任托管人批准。"
    en = "The key centre is founded already; to change its custodians open a roster case for them to approve."


class KeyCentreNeedsToken(KeyCentreError):
    """Escrow needs a PKCS#11 token that keeps the wrapping key."""

    zh = "密钥托管需要 PKCS#11 令牌，当前密钥库不支持；请配置密码模块。"
    en = "Escrow needs a PKCS#11 token, and this key store is none; configure a cryptographic module."


class SigningKeyNotEscrowed(KeyCentreError):
    """A signing key is never escrowed, and an escrowed key never signs (I24)."""

    zh = "签名密钥不得托管，托管密钥也不得用于签名；请检查 profile 与公钥。"
    en = "A signing key is never escrowed and an escrowed key never signs; check the profile and the public key."


class EscrowKindRefused(KeyCentreError):
    """The key centre does not make encryption keys of this kind, or not for this recipient."""

    zh = "密钥管理中心不提供该种类的加密密钥，可选：sm2、rsa-2048、rsa-3072、ec-p256。"
    en = "The key centre makes no encryption keys of this kind; choose sm2, rsa-2048, rsa-3072 or ec-p256."


class EscrowedKeyUnknown(KeyCentreError):
    """No escrowed key answers to the id, the request key or the public key."""

    zh = "没有这把托管密钥，请核对密钥编号。"
    en = "There is no such escrowed key; check its id."


class EscrowedKeyStateRefused(KeyCentreError):
    """The key's state does not allow the act."""

    zh = "托管密钥当前状态不允许此操作。"
    en = "The state of the escrowed key does not allow this act."

    def __init__(self, status: str, act: str) -> None:
        super().__init__(f"{act} of a key that is {status}")
        self.zh = f"托管密钥当前状态为 {status}，不能执行 {act}。"
        self.en = f"The escrowed key is {status}; it does not allow the act {act}."


class PoolFillRefused(KeyCentreError):
    """A pool target that is negative or beyond its limit."""

    zh = "密钥池数量不正确，请填写 0 至 10000。"
    en = "The size of the pool is wrong; give 0 to 10000."


class RecipientRefused(KeyCentreError):
    """The recipient of an envelope is not proven: serial, container or transport key."""

    zh = "信封的接收方未经证明：请检查令牌序列号、容器名，以及由签名密钥签署的传输公钥。"
    en = "The recipient is not proven: check serial, container, and the transport key signed by the signing key."


class EnvelopeForAnother(KeyCentreError):
    """The envelope is meant for another token, container or key."""

    zh = "该密钥信封不是发给此令牌、容器或密钥的，已拒绝打开。"
    en = "The envelope is meant for another token, container or key; it was not opened."


class EnvelopeUnreadable(KeyCentreError):
    """The octets are not an envelope of ours."""

    zh = "密钥信封格式不正确，请重新下载后再试。"
    en = "The envelope is not well formed; fetch it again."


class EnvelopeUnproven(KeyCentreError):
    """The envelope does not carry the key centre's signature, or was altered."""

    zh = "密钥信封的签名验证失败，内容可能被更改，已拒绝打开。"
    en = "The envelope's signature does not verify; it may have been altered and was not opened."


class RosterInvalid(KeyCentreError):
    """A list of custodians that cannot serve: too few, twice the same person or credential, a quorum out of range."""

    zh = "托管人名册不正确：人员与凭证须各不相同，用户恢复门限至少为 2，司法恢复门限须大于用户恢复门限且不超过人数。"
    en = (
        "The roster is wrong: persons and credentials must differ, the user quorum is at least 2, "
        "the judicial quorum is larger and at most the number of custodians."
    )


class CaseInvalid(KeyCentreError):
    """A case lacks something that its kind needs."""

    zh = "案件内容不完整或不正确，请按提示补充。"
    en = "The case lacks something or has a wrong value; complete what is named."


class CaseUnknown(KeyCentreError):
    """No case has this number."""

    zh = "没有这个案件，请核对案件编号。"
    en = "There is no such case; check its number."


class CaseExpired(KeyCentreError):
    """The time to approve or execute the case is over."""

    zh = "案件已过期，请重新提交。"
    en = "The case has expired; open a new one."


class CaseClosed(KeyCentreError):
    """The case was executed, rejected or withdrawn."""

    zh = "案件已办结，不能再投票、修改或执行。"
    en = "The case is closed; it takes no votes, changes or execution any more."


class CaseChanged(KeyCentreError):
    """The case is not the one that was voted on: votes bind to the exact bytes."""

    zh = "案件内容与投票时不一致，原投票作废；请重新阅读案件并投票。"
    en = "The case differs from what was voted on and those votes are void; read it again and vote anew."


class CustodianUnknown(KeyCentreError):
    """The voter is not one of the custodians."""

    zh = "您不是托管人，不能对该案件投票。"
    en = "You are not a custodian and cannot vote on this case."


class VoteRepeated(KeyCentreError):
    """A custodian votes once on a case."""

    zh = "该托管人已投过票，每人只能投一次。"
    en = "This custodian has voted already; each votes once."


class VoterIsRequester(KeyCentreError):
    """Whoever asks for a recovery does not vote on it (I22)."""

    zh = "案件申请人不能对自己的案件投票。"
    en = "Whoever opened the case cannot vote on it."


class VoteUnproven(KeyCentreError):
    """The vote's signature is not the custodian's over the exact bytes of the case."""

    zh = "投票签名验证失败：须由托管人本人的密钥对案件原文签名。"
    en = "The vote's signature does not verify: it must be by the custodian's own key over the exact case."


class NoticeUnknown(KeyCentreError):
    """No notice that is due has this number."""

    zh = "没有这条应发的通知，请核对编号；被文书暂缓的通知到期后才能办理。"
    en = "No notice that is due has this number; one that an order holds back waits for its day."


class QuorumMissing(KeyCentreError):
    """Not enough custodians approved."""

    zh = "批准的托管人数不足，不能执行。"
    en = "Too few custodians approved; the case cannot be executed."

    def __init__(self, approved: int, needed: int) -> None:
        super().__init__(f"{approved} of {needed}")
        self.zh = f"已有 {approved} 位托管人批准，需要 {needed} 位；请其余托管人投票后再执行。"
        self.en = f"{approved} custodians approved and {needed} must; have others vote, then execute."
