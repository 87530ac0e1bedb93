"""Rows of the problem table: the registry of seals, public look-up, imprints, electronic seal data."""

from __future__ import annotations

from typing import Final

from api.problems.kind import CLOCK_WENT_BACK, Kind
from seals import errors as seals
from seals.imprint import errors as imprints
from seals.lookup import errors as lookup
from seals.ses import errors as ses

SEALS: Final[dict[type[Exception], Kind]] = {
    seals.SealError: Kind("seal-refused", 409, "印章操作被拒绝", "Seal operation refused"),
    seals.SealNotFound: Kind("seal-not-found", 404, "没有此印章", "Seal not found"),
    seals.ApplicationInvalid: Kind("application-invalid", 422, "印章申请不符合要求", "Application invalid"),
    seals.CodeTaken: Kind("seal-code-taken", 409, "印章编码已占用", "Seal code taken"),
    seals.CodesExhausted: Kind("seal-codes-exhausted", 409, "印章编码已用完", "Seal codes exhausted"),
    seals.ActRefused: Kind("seal-act-refused", 409, "当前状态不允许", "Not possible in this state"),
    seals.SealMoved: Kind("seal-moved", 409, "印章刚被他人操作", "Seal moved meanwhile"),
    seals.SecondPersonNeeded: Kind("second-person-needed", 409, "须由另一人办理", "Second person needed"),
    seals.ReasonNeeded: Kind("reason-needed", 422, "请填写原因", "Reason needed"),
    seals.ResumeNotRequested: Kind("resume-not-requested", 409, "尚未申请恢复", "Resume not requested"),
    seals.LiftNotRequested: Kind("lift-not-requested", 409, "尚未申请解除停用", "Lift not requested"),
    seals.KeeperNotRequested: Kind("keeper-not-requested", 409, "没有待确认的变更", "No change requested"),
    seals.RenewalNotRequested: Kind(
        "renewal-not-requested", 409, "没有待确认的续期", "Renewal not requested"
    ),
    seals.FilingDemanded: Kind("filing-demanded", 409, "须先制作并备案", "Filing demanded"),
    seals.CertificateNeeded: Kind("certificate-needed", 409, "须绑定保管人证书", "Certificate needed"),
    seals.DestructionInvalid: Kind("destruction-invalid", 422, "销毁记录不符合要求", "Destruction invalid"),
    seals.CertificateUnfit: Kind("certificate-unfit", 409, "证书不能绑定", "Certificate unfit"),
    seals.OwnerRenamed: Kind("owner-renamed", 409, "企业已更名", "Owner renamed"),
    seals.KeeperInvalid: Kind("keeper-invalid", 422, "保管人设置不正确", "Keeper invalid"),
    seals.ClockWentBack: CLOCK_WENT_BACK,
    seals.SealNotUsable: Kind("seal-not-usable", 409, "印章不能使用", "Seal not usable"),
    seals.SealUnknown: Kind("seal-unknown", 404, "没有此印章", "Seal unknown"),
    seals.SealUnapproved: Kind("seal-unapproved", 409, "印章尚未备案", "Seal not approved"),
    seals.SealRejected: Kind("seal-rejected", 409, "印章申请已驳回", "Seal rejected"),
    seals.SealClosed: Kind("seal-closed", 409, "印章申请已关闭", "Seal closed"),
    seals.SealSuspended: Kind("seal-suspended", 409, "印章已停用", "Seal suspended"),
    seals.SealFrozen: Kind("seal-frozen", 409, "印章已挂失", "Seal frozen"),
    seals.SealRevoked: Kind("seal-revoked", 409, "印章已注销", "Seal revoked"),
    seals.SealSuperseded: Kind("seal-superseded", 409, "印章已换发", "Seal superseded"),
    seals.SealExpired: Kind("seal-expired", 409, "印章不在有效期内", "Seal expired"),
    seals.SealCertificateExpired: Kind(
        "seal-certificate-expired", 409, "印章证书已过期", "Certificate expired"
    ),
    seals.SealNotYours: Kind("seal-not-yours", 403, "不是该印章保管人", "Not a keeper of this seal"),
    seals.LossNotYours: Kind("loss-not-yours", 403, "无权挂失该印章", "Not yours to report lost"),
    seals.PermitSpent: Kind("permit-spent", 409, "用印许可已失效", "Permit spent"),
    seals.ChipLinkRefused: Kind("chip-link-refused", 409, "芯片关联无法办理", "Chip link refused"),
    seals.ChipOfAnother: Kind("chip-of-another", 409, "芯片不属于印章所有者", "Chip of another enterprise"),
    seals.SealHeldByChip: Kind("seal-held-by-chip", 409, "芯片已停用", "Seal held by its chip"),
    seals.PictureError: Kind("picture-failed", 422, "印章图样无法绘制", "Picture failed"),
    seals.FontMissing: Kind("font-missing", 500, "缺少印章字体", "Font missing"),
    seals.GlyphMissing: Kind("glyph-missing", 422, "字体缺字", "Glyph missing"),
    seals.TextUnfit: Kind("text-unfit", 422, "印章文字不符合要求", "Text unfit"),
    seals.StatusListUnknown: Kind("status-list-unknown", 404, "尚无印章状态列表", "No status list"),
    lookup.LookupRefused: Kind("lookup-refused", 400, "查询无法办理", "Look-up refused"),
    lookup.CodeMalformed: Kind("seal-code-malformed", 422, "印章编码不正确", "Seal code malformed"),
    lookup.MomentToCome: Kind("moment-to-come", 422, "查询时间未到", "Moment to come"),
    lookup.LookupNotReady: Kind("lookup-not-ready", 503, "暂不能查询", "Look-up not ready"),
    seals.StatementInvalid: Kind("statement-invalid", 422, "印章声明格式不正确", "Statement invalid"),
    seals.StatementSignatureInvalid: Kind("statement-forged", 422, "印章声明签名不符", "Statement forged"),
}

IMPRINTS: Final[dict[type[Exception], Kind]] = {
    imprints.ImprintError: Kind("imprint-refused", 422, "印模图片处理未完成", "Imprint not processed"),
    imprints.ImprintUnreadable: Kind("imprint-unreadable", 422, "印模图片无法读取", "Imprint unreadable"),
    imprints.ImprintTooLarge: Kind("imprint-too-large", 413, "印模图片过大", "Imprint picture too large"),
    imprints.ImprintMissing: Kind("imprint-missing", 422, "图片中没有印模", "No imprint in the picture"),
    imprints.ImageWorkFailed: Kind("image-work-failed", 503, "图片处理中止", "Work on the picture stopped"),
    imprints.UploadNotAllowed: Kind("picture-upload-refused", 409, "不能上传图样", "Upload refused"),
}

SEAL_DATA: Final[dict[type[Exception], Kind]] = {
    ses.SealDataError: Kind("seal-data-refused", 409, "电子印章数据处理未完成", "Seal data refused"),
    ses.SealDataInvalid: Kind("seal-data-invalid", 422, "电子印章数据格式不正确", "Seal data malformed"),
    ses.SealDataTooLarge: Kind("seal-data-too-large", 422, "电子印章数据超过上限", "Seal data too large"),
    ses.SealDataStopped: Kind("seal-data-stopped", 409, "印章没有可用的电子印章数据", "No current seal data"),
    ses.SealDataMoved: Kind("seal-data-moved", 409, "制作期间印章已变更", "Seal changed meanwhile"),
    ses.NationalSuiteNeeded: Kind("national-suite-needed", 409, "电子印章数据须用国密算法", "SM2 needed"),
    ses.SealMakerUnfit: Kind("seal-maker-unfit", 503, "制章者证书不能用于制章", "Seal maker unfit"),
    ses.SealDataWithheld: Kind("seal-data-withheld", 500, "电子印章数据未通过自检", "Seal data withheld"),
}
