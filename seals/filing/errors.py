"""What can be wrong with an engraving job, the chip in a seal body, a delivery, a filing, or an exchange with the platform."""

from __future__ import annotations

from seals.errors import SealError, SecondPersonNeeded


class FilingError(SealError):
    """Something about engraving or filing is not as asked."""

    zh = "刻制备案操作未完成。"
    en = "The engraving or filing operation was not carried out."


class FilingFieldInvalid(FilingError):
    """A field cannot be accepted; ``field`` names it."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"{field}: {en}")
        self.field = field
        self.zh = f"{field}：{zh}"
        self.en = f"{field}: {en}"


class ShopUnknown(FilingError):
    """No engraving shop has this code."""

    zh = "没有登记这家刻制单位，请核对统一社会信用代码。"
    en = "No engraving shop is registered under this code; check it."


class ShopRegistered(FilingError):
    """A shop of this code or licence is registered with other particulars."""

    zh = "该统一社会信用代码或许可证号已登记为另一家刻制单位，请核对。"
    en = "This code or licence is registered for another shop; check the particulars."


class ShopStopped(FilingError):
    """The shop is suspended."""

    zh = "该刻制单位已被暂停，不能接单或继续制作；请联系备案机关。"
    en = "The shop is suspended and takes or goes on with no job; ask the filing authority."


class ShopStateRefused(FilingError):
    """The shop is in that state already."""

    zh = "刻制单位已是该状态，请刷新后查看。"
    en = "The shop is in that state already; reload and look."


class NotThisShop(FilingError):
    """The job is another shop's, or the caller acts for none."""

    zh = "该任务不属于您所在的刻制单位，请以承接单位的人员身份办理。"
    en = "The job is not your shop's; act as somebody of the shop that has it."


class OfficerNeeded(FilingError):
    """A filing officer does this, never somebody bound to an enterprise."""

    zh = "只有备案民警可以办理，企业或刻制单位的账号不能办理。"
    en = "Only a filing officer does this; no account of an enterprise or shop may."


class OfficerInvolved(SecondPersonNeeded):
    """Who applied for, engraved or delivered a seal does not file it."""

    zh = "申请人、刻制或交付经办人不能办理该印章的备案，请由另一位备案民警办理。"
    en = "Who applied for, engraved or delivered the seal does not file it; another officer must."


class JobUnknown(FilingError):
    """No job has this number, or it is none of the caller's business."""

    zh = "没有这个刻制任务，请核对任务编号。"
    en = "There is no such engraving job; check its number."


class JobExists(FilingError):
    """The seal has an open job already."""

    zh = "该印章已有进行中的刻制任务，请刷新后查看。"
    en = "The seal has an open engraving job already; reload and look."


class JobActRefused(FilingError):
    """The act is not possible in the job's present state."""

    zh = "任务当前状态不允许此操作，请刷新后查看状态。"
    en = "The job's present state does not allow this; reload and look at its state."

    def __init__(self, job: str, act: str, status: str) -> None:
        super().__init__(f"job {job} is {status}: {act} is not possible")
        self.zh = f"任务当前为“{status}”，不能办理“{act}”，请刷新后查看状态。"
        self.en = f"The job is {status}, so '{act}' is not possible; reload and look at its state."


class JobMoved(FilingError):
    """Somebody else moved the job between reading and writing."""

    zh = "该任务刚被他人办理或承接，请刷新后重试。"
    en = "Somebody else has just acted on this job; reload and try again."


class ImprintNeeded(FilingError):
    """A seal is not made without a scan of its imprint that was looked at."""

    zh = "请先上传本次制作的印模扫描件，并等待比对完成。"
    en = "Upload a scan of this make's imprint first, and wait for its comparison."


class NoSuchPicture(FilingError):
    """There is no such scan or overlay."""

    zh = "没有这份印模扫描件或比对图。"
    en = "There is no such scan or overlay."


class ChipRefused(FilingError):
    """The chip cannot be the one in this seal's body."""

    zh = "该芯片不能用于此印章：芯片不在可用状态、未写入证书，或不属于印章所有者。"
    en = "This chip cannot be in this seal: it is not usable, holds no certificate, or is held by another enterprise."


class ChipNotOfShop(ChipRefused):
    """The chip's number was not granted to this shop, or was not consumed by this chip."""

    zh = "芯片号不在该刻制单位的号段内，或不是由该芯片使用，请核对芯片。"
    en = "The chip's number is not in this shop's range, or another chip consumed it; check the chip."


class ChipInAnotherSeal(ChipRefused):
    """The chip is in the body of another seal, or linked with one."""

    zh = "该芯片已装入或关联另一枚印章，请换用新芯片并核查。"
    en = "The chip is in another seal's body or linked with another seal; use a new chip and look into it."


class ChipAnswerRefused(FilingError):
    """A chip's answer proves nothing; the subclass says why. An alarm is on the trail."""

    zh = "芯片应答无效，已记录告警；请重新发起质询。"
    en = "The chip's answer is not valid and an alarm is on record; ask for a new challenge."


class ChallengeUnknown(ChipAnswerRefused):
    """No challenge of this number was ever made."""

    zh = "没有这次芯片质询，请重新发起。"
    en = "There is no such challenge; ask for a new one."


class ChallengeExpired(ChipAnswerRefused):
    """The answer came too late."""

    zh = "芯片应答超时，已记录告警；请重新发起质询。"
    en = "The chip answered too late and an alarm is on record; ask for a new challenge."


class ChallengeSpent(ChipAnswerRefused):
    """The challenge was answered before."""

    zh = "该质询已应答过，重复应答已记录告警；请重新发起质询。"
    en = "This challenge was answered before and an alarm is on record; ask for a new one."


class AnswerForAnotherSeal(ChipAnswerRefused):
    """The chip answered a challenge that is bound to another seal."""

    zh = "芯片应答的是另一枚印章的质询，已记录告警；请核对印章与芯片。"
    en = "The chip answered another seal's challenge and an alarm is on record; check seal and chip."


class WrongChip(ChipAnswerRefused):
    """The answer was not made by the challenged chip's key."""

    zh = "应答不是由该芯片的密钥作出，已记录告警；请核对插入的芯片。"
    en = "The answer was not made by this chip's key and an alarm is on record; check which chip is inserted."


class LetterNeeded(FilingError):
    """The receiver is not the legal representative on record: a letter of authority is needed."""

    zh = "领取人不是登记的法定代表人，请上传委托书。"
    en = "The receiver is not the legal representative on record; upload a letter of authority (委托书)."


class DeliveryRefused(FilingError):
    """A lost, revoked or otherwise stopped seal is not handed over."""

    zh = "该印章已挂失或注销，不得交付；请停止领取并联系备案机关。"
    en = "The seal is reported lost or cancelled and is not handed over; stop and ask the filing authority."


class FileUnfit(FilingError):
    """An uploaded letter or receipt is empty, too large or of another kind."""

    zh = "文件应为 PDF、OFD、PNG 或 JPEG，不超过 20 MiB。"
    en = "The file should be PDF, OFD, PNG or JPEG of at most 20 MiB."


class ExchangeError(FilingError):
    """Something about an exchange with the national platform is not as asked."""

    zh = "与国家平台的数据交换未完成。"
    en = "The exchange with the national platform was not carried out."


class ExchangeUnreadable(ExchangeError):
    """Foreign bytes are not an exchange file; ``where`` names the place."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        super().__init__(f"{where}: {en}")
        self.where = where
        self.zh = f"交换文件无法读取，{where}：{zh}"
        self.en = f"The exchange file cannot be read; {where}: {en}"


class ExchangeUnproven(ExchangeError):
    """A message's signature is not by a seal maker that is trusted here."""

    zh = "交换数据的签名无效，或制章者证书不在信任范围内；未导入任何内容。"
    en = "A signature is wrong or not by a seal maker trusted here; nothing was imported."


class ExchangeContradiction(ExchangeError):
    """A message says otherwise than the record; nothing of the file was taken in."""

    def __init__(self, code: str, field: str, zh: str, en: str) -> None:
        super().__init__(f"seal {code}, {field}: {en}")
        self.code, self.field = code, field
        self.zh = f"印章 {code} 的 {field} 与登记不符：{zh}；未导入任何内容。"
        self.en = f"Seal {code}, {field}: {en}; nothing was imported."


class NeverAlive(ExchangeContradiction):
    """A message would bring a revoked seal back."""

    def __init__(self, code: str) -> None:
        super().__init__(
            code,
            "invalidType",
            "该印章已注销或撤销，不能恢复为有效",
            "the seal is revoked and never becomes valid again",
        )


class MakerMissing(ExchangeError):
    """There is no seal maker to sign with."""

    zh = "尚无制章者证书，请先完成密钥仪式。"
    en = "There is no seal maker yet; hold the key ceremony first."
