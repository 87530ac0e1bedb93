"""Rows of the table of problems (:mod:`api.problems.table`): engraving, filing, the national platform."""

from __future__ import annotations

from typing import Final

from api.problems.kind import Kind
from seals.filing import errors as filing

FILING: Final[dict[type[Exception], Kind]] = {
    filing.FilingError: Kind("filing-refused", 409, "刻制备案未办理", "Filing refused"),
    filing.FilingFieldInvalid: Kind("filing-field-invalid", 422, "内容不正确", "Field invalid"),
    filing.ShopUnknown: Kind("shop-unknown", 404, "没有此刻制单位", "Shop unknown"),
    filing.ShopRegistered: Kind("shop-registered", 409, "刻制单位已登记", "Shop registered"),
    filing.ShopStopped: Kind("shop-stopped", 403, "刻制单位已暂停", "Shop suspended"),
    filing.ShopStateRefused: Kind("shop-state-refused", 409, "刻制单位状态不符", "Shop in that state"),
    filing.NotThisShop: Kind("not-this-shop", 403, "不是本单位的任务", "Another shop's job"),
    filing.OfficerNeeded: Kind("officer-needed", 403, "须由备案民警办理", "Filing officer needed"),
    filing.OfficerInvolved: Kind("officer-involved", 409, "须由另一民警办理", "Another officer needed"),
    filing.JobUnknown: Kind("job-unknown", 404, "没有此刻制任务", "Job unknown"),
    filing.JobExists: Kind("job-exists", 409, "已有刻制任务", "Job exists"),
    filing.JobActRefused: Kind("job-act-refused", 409, "任务状态不允许", "Not possible in this state"),
    filing.JobMoved: Kind("job-moved", 409, "任务刚被他人办理", "Job moved meanwhile"),
    filing.ImprintNeeded: Kind("imprint-needed", 409, "请先上传印模", "Imprint needed"),
    filing.NoSuchPicture: Kind("scan-unknown", 404, "没有此印模", "No such scan"),
    filing.ChipRefused: Kind("chip-refused", 409, "芯片不能使用", "Chip refused"),
    filing.ChipNotOfShop: Kind("chip-not-of-shop", 409, "芯片号不属本单位", "Chip not of this shop"),
    filing.ChipInAnotherSeal: Kind("chip-in-another-seal", 409, "芯片已在他章中", "Chip in another seal"),
    filing.ChipAnswerRefused: Kind("chip-answer-refused", 409, "芯片应答无效", "Chip's answer refused"),
    filing.ChallengeUnknown: Kind("challenge-unknown", 404, "没有此质询", "Challenge unknown"),
    filing.ChallengeExpired: Kind("challenge-expired", 409, "芯片应答超时", "Challenge expired"),
    filing.ChallengeSpent: Kind("challenge-spent", 409, "重复应答", "Challenge answered before"),
    filing.AnswerForAnotherSeal: Kind(
        "answer-for-another-seal", 409, "应答属另一枚印章", "Answer for another seal"
    ),
    filing.WrongChip: Kind("wrong-chip", 409, "不是该芯片的应答", "Wrong chip"),
    filing.LetterNeeded: Kind("letter-needed", 409, "需要委托书", "Letter of authority needed"),
    filing.DeliveryRefused: Kind("delivery-refused", 409, "印章不得交付", "Delivery refused"),
    filing.FileUnfit: Kind("file-unfit", 422, "文件不符合要求", "File unfit"),
    filing.ExchangeError: Kind("exchange-failed", 409, "数据交换未完成", "Exchange failed"),
    filing.ExchangeUnreadable: Kind("exchange-unreadable", 422, "交换文件无法读取", "Exchange unreadable"),
    filing.ExchangeUnproven: Kind("exchange-unproven", 422, "交换签名无效", "Exchange unproven"),
    filing.ExchangeContradiction: Kind("exchange-contradiction", 409, "与登记不符", "Contradiction"),
    filing.NeverAlive: Kind("never-alive", 409, "已失效印章不能恢复", "Never alive again"),
    filing.MakerMissing: Kind("seal-maker-missing", 503, "尚无制章者", "No seal maker yet"),
}
