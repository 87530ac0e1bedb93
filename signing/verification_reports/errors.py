"""Why a verification report is not issued, or not found; each sentence says what to do."""

from __future__ import annotations

from signing.errors import SigningError


class ReportError(SigningError):
    """No report was issued."""

    zh = "核验报告未出具。"
    en = "No verification report was issued."


class ReportsNotAllowed(ReportError):
    """No standing authorisation is in force."""

    zh = (
        "本系统的核验服务尚未获授权出具盖章的报告，或授权已停用、已到期；核验结论不受影响。"
        "请管理员在服务器上运行 yinxin report allow --reason 理由，之后再试一次。"
    )
    en = (
        "The verification service here is not authorised to issue sealed reports, or no longer; the verdict stands without one. "
        "Ask an administrator to run yinxin report allow --reason WHY on the server, then try again."
    )


class ReportsExhausted(ReportError):
    """The authorisation's number for one day is used up."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} a day")
        self.zh = f"今日出具的核验报告已达授权的 {most} 份；请明日再试，或由管理员另行授权。"
        self.en = f"Today's {most} reports of the authorisation are used up; try tomorrow, or have an administrator allow more."


class ReportUnknown(ReportError):
    """No report was issued under this number."""

    zh = "没有这个编号的核验报告，请核对编号。"
    en = "There is no verification report of this number; check it."


class ReportAhead(ReportError):
    """What was found is about a time that has not come."""

    zh = "所问的时间（at）还没有到，无法为其出具报告：其后的吊销、挂失和作废还不可知；请不指定时间，或指定以前的时间。"
    en = (
        "The time asked about (at) has not come, and no report is issued about it: what will be revoked, stopped or voided until "
        "then is not known. Leave it out, or name an earlier one."
    )


class ReportWithheld(ReportError):
    """The finished report did not pass our own verification."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.zh = "报告已生成，但未通过自检，已扣留；请联系管理员。"
        self.en = "The report was made, but did not pass our own verification and is withheld; tell an administrator."


class StandingInvalid(ReportError):
    """An authorisation's dates or number cannot be right; ``field`` names which."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(field)
        self.field = field
        self.zh = f"{field} 填写有误：应为{zh}。"
        self.en = f"{field} is not right: it should be {en}."


class StandingUnknown(ReportError):
    """No authorisation of this number is in force."""

    zh = "没有这项授权，或它已停用；请用 yinxin report allowed 查看。"
    en = "There is no such authorisation, or it is stopped; see yinxin report allowed."


class BundleWithheld(ReportError):
    """The finished bundle did not pass our own reader."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.zh = "离线核验包已生成，但未通过自检，已扣留；请联系管理员。"
        self.en = (
            "The bundle was made, but did not pass our own reader and is withheld; tell an administrator."
        )
