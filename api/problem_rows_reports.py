"""Rows of the problem table: verification reports, and with them orders and messages."""

from __future__ import annotations

from typing import Final

from api.problem_kind import Kind
from api.problem_rows_orders import ORDERS
from signing.verification_reports import errors

REPORTS: Final[dict[type[Exception], Kind]] = {
    errors.ReportError: Kind("report-refused", 409, "核验报告未出具", "No report was issued"),
    errors.ReportsNotAllowed: Kind(
        "reports-not-allowed", 409, "核验服务未获授权", "Reports are not authorised"
    ),
    errors.ReportsExhausted: Kind("reports-exhausted", 429, "今日报告已用完", "Today's reports are used up"),
    errors.ReportUnknown: Kind("report-unknown", 404, "没有此核验报告", "No such report"),
    errors.ReportWithheld: Kind("report-withheld", 500, "报告未通过自检", "Report withheld"),
    errors.BundleWithheld: Kind("bundle-withheld", 500, "离线核验包未通过自检", "Bundle withheld"),
    errors.StandingInvalid: Kind("standing-invalid", 422, "授权填写有误", "Authorisation invalid"),
    **ORDERS,
    errors.StandingUnknown: Kind("standing-unknown", 404, "没有此授权", "No such authorisation"),
}
