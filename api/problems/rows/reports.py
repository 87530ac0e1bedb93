"""Rows of the problem table: verification reports, orders, webhooks."""

from __future__ import annotations

from typing import Final

from api.problems.kind import Kind
from signing.verification_orders import errors as orders
from signing.verification_reports import errors as reports
from signing.webhooks import errors as webhooks

REPORTS: Final[dict[type[Exception], Kind]] = {
    reports.ReportError: Kind("report-refused", 409, "核验报告未出具", "No report was issued"),
    reports.ReportsNotAllowed: Kind(
        "reports-not-allowed", 409, "核验服务未获授权", "Reports are not authorised"
    ),
    reports.ReportAhead: Kind("report-ahead", 422, "所问的时间还没有到", "The time has not come"),
    reports.ReportsExhausted: Kind("reports-exhausted", 429, "今日报告已用完", "Today's reports are used up"),
    reports.ReportUnknown: Kind("report-unknown", 404, "没有此核验报告", "No such report"),
    reports.ReportWithheld: Kind("report-withheld", 500, "报告未通过自检", "Report withheld"),
    reports.BundleWithheld: Kind("bundle-withheld", 500, "离线核验包未通过自检", "Bundle withheld"),
    reports.StandingInvalid: Kind("standing-invalid", 422, "授权填写有误", "Authorisation invalid"),
    reports.StandingUnknown: Kind("standing-unknown", 404, "没有此授权", "No such authorisation"),
}

ORDERS: Final[dict[type[Exception], Kind]] = {
    orders.OrderError: Kind(
        "verification-order-refused", 409, "核验任务未受理", "Verification order refused"
    ),
    orders.OrderFieldInvalid: Kind(
        "verification-order-field", 422, "核验任务填写有误", "Verification order invalid"
    ),
    orders.OrderUnknown: Kind(
        "verification-order-unknown", 404, "没有此核验任务", "No such verification order"
    ),
    orders.OrderActRefused: Kind(
        "verification-order-state", 409, "当前状态不允许", "The order's state does not allow this"
    ),
    orders.OrderMarkTaken: Kind(
        "verification-order-mark", 409, "编号已使用", "Mark used for another document"
    ),
    orders.OrderKeyTaken: Kind("verification-order-key", 409, "请求编号已使用", "Key used for another order"),
    orders.OrderQueueFull: Kind(
        "verification-queue-full", 429, "待核验的文件已满", "Too much waits to be judged"
    ),
    webhooks.WebhookError: Kind("webhook-refused", 409, "回调通知未受理", "Notification refused"),
    webhooks.WebhookAddressInvalid: Kind(
        "webhook-address", 422, "回调地址不可用", "The callback's address cannot be used"
    ),
    webhooks.WebhookUnreachable: Kind("webhook-unreachable", 502, "通知未送达", "Notification not delivered"),
    webhooks.WebhookUnknown: Kind("webhook-unknown", 404, "没有此通知", "No such notification"),
    webhooks.WebhookUnderWay: Kind("webhook-waiting", 409, "通知正在等待发送", "Notification still waiting"),
    webhooks.WebhookMessageInvalid: Kind(
        "webhook-message", 422, "通知不可信", "The notification is not to be believed"
    ),
}
