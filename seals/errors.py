"""What can be wrong with a seal, an act on it, its picture or its statement.

Two families under one roof: the registry and its permits (:class:`SealError` and below) and foreign bytes
(:class:`StatementInvalid`). Misuse by a programmer is ``ValueError`` or ``TypeError``. Every error carries a Chinese and
an English sentence that says what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsm.spoken import SpokenError

if TYPE_CHECKING:
    from seals.states import SealAct, SealStatus


class SealError(SpokenError):
    """Something about a seal is not as asked."""

    zh = "印章操作未完成。"
    en = "The seal operation was not carried out."


class SealNotFound(SealError):
    """No seal has this code, or it was not on record at that time."""

    zh = "没有这枚印章，请核对 13 位实物编码或 14 位电子编码。"
    en = "There is no such seal; check the 13-digit physical or the 14-digit electronic code."


class ApplicationInvalid(SealError):
    """An application cannot be accepted as it stands."""

    zh = "印章申请不符合要求，请按提示修改后重新提交。"
    en = "The application for a seal is not in order; correct it as shown and submit it again."

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class CodeTaken(SealError):
    """The physical code belongs to another seal on record."""

    zh = "该实物印章编码已登记在另一枚印章名下，请核对编码。"
    en = "This physical seal code is on record for another seal; check the code."


class CodesExhausted(SealError):
    """A division has used every serial number its pattern can hold."""

    zh = "该行政区划的印章流水号已用完，请联系管理员调整编码规则。"
    en = "This division has no seal serial numbers left; ask the administrator to change the code pattern."


class ActRefused(SealError):
    """The act is not possible in the seal's present state."""

    zh = "印章当前状态不允许此操作。"
    en = "The seal's present state does not allow this."

    def __init__(self, code: str, act: SealAct, status: SealStatus) -> None:
        super().__init__(f"seal {code} is {status}: {act} is not possible")
        self.code, self.act, self.status = code, act, status
        self.zh = f"印章 {code} 当前状态为“{status.zh}”，不能执行“{act.zh}”，请刷新后查看状态。"
        self.en = f"Seal {code} is {status}, so '{act}' is not possible; reload and look at its state."


class SealMoved(SealError):
    """Somebody else moved the seal between reading and writing."""

    zh = "该印章刚被他人操作，请刷新后重试。"
    en = "Somebody else has just acted on this seal; reload and try again."


class SecondPersonNeeded(SealError):
    """Two acts of a pair must be done by two different persons."""

    zh = "该操作需由另一人完成：审批人、备案人不能是申请人，确认人不能是提出人，新保管人不能确认自己，监销人不能是销毁人。"
    en = (
        "Another person must do this: who approves or files is not the applicant, who confirms is not who requested, nor the new "
        "keeper, who witnesses a destruction is not who destroys."
    )


class ReasonNeeded(SealError):
    """Acts that turn down, return or stop state a reason."""

    zh = "请填写原因（1 至 200 个字）。"
    en = "State a reason (1 to 200 characters)."


class ResumeNotRequested(SealError):
    """Nobody has asked for the seal to be resumed."""

    zh = "尚无人申请恢复该印章，请先由一人提出恢复申请。"
    en = "Nobody has asked to resume this seal; one person must request it first."


class LiftNotRequested(ResumeNotRequested):
    """Nobody has asked that the suspension be lifted."""

    zh = "尚无人申请解除停用，请先由一人提出申请。"
    en = "Nobody has asked to lift the suspension; one person must request it first."


class RenewalNotRequested(SealError):
    """Nobody has asked for a renewal, or the pair was acted on since."""

    zh = "没有待确认的续期申请，或申请后印章状态已有变动；请由一人重新提出续期申请。"
    en = "No renewal waits to be confirmed, or the seal was acted on since; one person must request it again."


class KeeperNotRequested(SealError):
    """Nobody has asked for another keeper, or the pair was acted on since."""

    zh = "没有待确认的保管人变更，或申请后印章状态已有变动；请由一人重新申请变更保管人。"
    en = "No change of keepers waits to be confirmed, or the seal was acted on since; one person must request it again."


class FilingDemanded(SealError):
    """The pair becomes active by being made and filed, not by approval alone."""

    zh = (
        "该印章须先制作、交付并备案后启用：请改用“批准制作”（yinxin seal order）；"
        "实物已刻制并备案、需直接登记的，由管理员开启 direct_filing，且申请时不要勾选新刻实物。"
    )
    en = (
        "This seal becomes active by being made, delivered and filed: approve it for engraving (yinxin seal order). To "
        "register a seal that is engraved and filed already, an administrator sets direct_filing, and the application "
        "does not ask for a new physical seal."
    )


class CertificateNeeded(SealError):
    """Filing binds the keeper's certificate, and none was given."""

    zh = "备案通过须绑定印章保管人的证书，请先办理证书。"
    en = "Filing a seal binds its keeper's certificate; issue one first."


class DestructionInvalid(SealError):
    """The record of a destruction cannot be accepted as it stands."""

    zh = "销毁记录不符合要求，请按提示修改后重新提交。"
    en = "The record of the destruction is not in order; correct it as shown and submit it again."

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class CertificateUnfit(SealError):
    """The certificate cannot be bound to this seal."""

    zh = "该证书不能绑定到此印章，请核对持有人、序列号与有效期。"
    en = "The certificate cannot be bound to this seal; check its holder, serial number and validity."


class OwnerRenamed(SealError):
    """The owner has another name than when the seal was applied for."""

    zh = "企业已更名，该申请仍为旧名称；请退回后以新名称重新申请。"
    en = "The owner has a new name since this application; reject it and apply again under the new name."


class KeeperInvalid(SealError):
    """The list of keepers cannot be changed so."""

    zh = "保管人设置不正确：每人只登记一次，一枚印章至多 20 人；只能撤销在册的保管人，主要保管人须先交接给他人。"
    en = (
        "The keepers cannot be changed so: each person is listed once, at most 20 for a seal; only somebody listed is "
        "struck off, and the principal keeper hands over to another first."
    )


class ClockWentBack(SealError):
    """The clock shows a time before an act already on record."""

    zh = "系统时间早于已有记录，已停止操作，请先校准服务器时钟。"
    en = "The clock is earlier than acts already on record; nothing was done. Set the server's clock right first."


class SealNotUsable(SealError):
    """The seal cannot be used by this caller now; the subclass says why."""

    zh = "该印章现在不能使用。"
    en = "The seal cannot be used now."


class SealUnknown(SealNotUsable):
    """No seal has this code."""

    zh = "没有这枚印章，请核对印章编码。"
    en = "There is no seal with this code; check the code."


class SealUnapproved(SealNotUsable):
    """The pair has not been filed yet."""

    zh = "该印章尚未备案，不能用印；请先完成审批、制作与备案。"
    en = "The seal is not filed yet and cannot be used; have it approved, made and filed first."


class SealRejected(SealUnapproved):
    """The application was rejected."""

    zh = "该印章的申请已被驳回，不能用印；请按驳回原因重新申请。"
    en = "The application for this seal was rejected; apply again as the reason asks."


class SealClosed(SealUnapproved):
    """Making was given up, or nobody fetched the seal."""

    zh = "该印章未领取或已停止制作，申请已关闭，不能用印；如需用印请重新申请。"
    en = "The seal was not claimed or its making was given up, and the application is closed; apply again."


class SealSuspended(SealNotUsable):
    """The seal is out of use for a while, both sides of it."""

    zh = "该印章已停用，实物与电子印章均不得使用；须经两人办理解除停用后方可使用。"
    en = "The seal is suspended, physical and electronic side alike; two people must lift that before use."


class SealFrozen(SealNotUsable):
    """The seal is frozen (reported lost), both sides of it."""

    zh = "该印章已挂失，实物与电子印章均已停用；须经两人办理恢复后方可使用。"
    en = "The seal is frozen, physical and electronic side alike; two people must resume it before use."


class SealRevoked(SealNotUsable):
    """The seal was revoked for good."""

    zh = "该印章已注销，不能再用；如需用印请申请新印章。"
    en = "The seal is revoked for good; apply for a new one."


class SealSuperseded(SealNotUsable):
    """Another pair has taken this seal's place."""

    zh = "该印章已因名称变更被新印章取代，请使用新印章。"
    en = "A new seal has taken this one's place after a change of name; use the new seal."

    def __init__(self, detail: str = "", *, successor: str | None = None) -> None:
        super().__init__(detail)
        self.successor = successor
        if successor:
            self.zh = f"该印章已因名称变更被新印章 {successor} 取代，请使用新印章。"
            self.en = f"Seal {successor} has taken this one's place after a change of name; use that one."


class SealExpired(SealNotUsable):
    """The seal is past its last valid moment, or its first has not come."""

    zh = "该印章不在有效期内，请办理续期或申请新印章。"
    en = "The seal is outside its validity; renew it or apply for a new one."


class SealCertificateExpired(SealExpired):
    """The certificate bound to the seal is outside its validity."""

    zh = "该印章绑定的证书不在有效期内，请先更新证书。"
    en = "The certificate bound to this seal is outside its validity; renew the certificate first."


class SealNotYours(SealNotUsable):
    """The caller is not a keeper of this seal."""

    zh = "您不是该印章的登记保管人，不能使用；请联系印章保管人。"
    en = "You are not a registered keeper of this seal; ask its keeper."


class LossNotYours(SealError):
    """The caller may not report this seal lost."""

    zh = "只有该印章的保管人、所有者单位的人员或有权挂失的备案人员可以挂失；请立即联系他们。"
    en = "Only a keeper, somebody of the owner's or an officer who may freeze reports this seal lost; tell them at once."


class PermitSpent(SealError):
    """The permit is unknown, was used, or was released: it works once."""

    zh = "用印许可已使用或已失效，请重新申请用印。"
    en = "The permit to seal was used or is no longer valid; ask to seal again."


class PictureError(SealError):
    """The seal's picture cannot be drawn."""

    zh = "无法绘制印章图样，请检查名称与附注文字。"
    en = "The seal's picture cannot be drawn; check its name and inscription."


class FontMissing(PictureError):
    """The fonts that the project installs are not there."""

    zh = "缺少印章字体，请重新安装 pylopdf-fonts-zh-cn。"
    en = "The seal fonts are missing; install pylopdf-fonts-zh-cn again."


class GlyphMissing(PictureError):
    """The font has no glyph for a character."""

    def __init__(self, character: str) -> None:
        self.character = character
        label = f"{character}（U+{ord(character):04X}）"
        super().__init__(f"no glyph for U+{ord(character):04X}")
        self.zh = f"印章字体中没有“{label}”这个字，请核对是否为异体字或生僻字。"
        self.en = (
            f"The seal font has no glyph for '{character}' (U+{ord(character):04X}); check the character."
        )


class TextUnfit(PictureError):
    """A text is too long, too short, or holds a character that no seal bears."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class StatusListUnknown(SealError):
    """No status list has been published yet, or not this one."""

    zh = "尚未发布印章状态列表，请先发布。"
    en = "No seal status list has been published yet; publish one first."


class ChipLinkRefused(SealError):
    """A chip and a seal cannot be linked or unlinked as asked."""

    zh = "芯片与印章的关联无法办理：印章已关联其他芯片、关联状态不符，或芯片已停用。"
    en = "Chip and seal cannot be linked or unlinked: the seal has a chip, the link is in another state, or the chip is stopped."


class ChipOfAnother(SealError):
    """The chip is held by another enterprise than the seal's owner."""

    zh = "该芯片不属于印章所有者，请核对芯片序列号与印章编码。"
    en = "The chip is not held by the seal's owner; check the chip's serial number and the seal's code."


class SealHeldByChip(SealError):
    """The seal's chip is stopped, lost, damaged or ended; the seal does not come back before it."""

    zh = "印章所关联的芯片已停用、挂失、损坏或终止，须先恢复或更换芯片。"
    en = (
        "The chip linked with this seal is stopped, lost, damaged or ended; resume or replace the chip first."
    )


class StatementInvalid(SealError):
    """Foreign bytes are not a well-formed seal statement or status list."""

    zh = "印章声明格式不正确，无法读取。"
    en = "The seal statement is malformed and cannot be read."


class StatementSignatureInvalid(StatementInvalid):
    """The signature does not match the bytes and the enclosed certificate."""

    zh = "印章声明的签名与内容不符，内容可能已被改动。"
    en = "The signature of the seal statement does not match; its content may have been changed."
