"""The words of the pages on verification orders."""

from __future__ import annotations

from typing import Final

ORDER_WORDS: Final[dict[str, tuple[str, str]]] = {
    "console.orders": ("批量核验", "Verification orders"),
    "orders.new": ("提交文件核验", "Hand documents in"),
    "orders.title": ("名称", "Title"),
    "orders.file": ("文件（可多选）", "Documents (several)"),
    "orders.file.what": (
        "PDF、OFD 或任何待验文件。文件在核验完成后即删除，结果保留 {days} 天。",
        "PDF, OFD or anything else to be verified. Documents are removed once they are judged, results after {days} days.",
    ),
    "orders.password": ("打开密码（可选）", "Password (optional)"),
    "orders.password.what": (
        "用于本次提交的全部文件，密封保存，核验后随文件删除。制度证据记录（文件名.evidence.jws）可一并选择。",
        "For all documents handed in now; kept sealed and removed with them. Evidence records (NAME.evidence.jws) may be chosen too.",
    ),
    "orders.department": ("部门受理（可选）", "Ask a department (optional)"),
    "orders.submit": ("提交核验", "Verify"),
    "orders.progress": ("进度", "Progress"),
    "orders.began": ("提交时间", "Handed in"),
    "orders.good": ("通过", "Good"),
    "orders.good.what": (
        "有效、未作废，且所问部门接受",
        "Valid, not voided, and accepted where a department was asked",
    ),
    "orders.failed": ("未通过", "Not good"),
    "orders.left": ("待核验", "Left"),
    "orders.time": ("预计剩余", "Time left"),
    "orders.results": ("结果", "Results"),
    "orders.xlsx": ("下载 XLSX", "Download XLSX"),
    "orders.csv": ("下载 CSV", "Download CSV"),
    "orders.name": ("文件", "Document"),
    "orders.verdict": ("结论", "Verdict"),
    "orders.reason": ("原因", "Reason"),
    "orders.owner": ("签署方 / 印章", "Signed by, seal"),
    "orders.answer": ("部门答复", "The department"),
    "orders.first": (
        "先列出未通过的；全部结果见下载的表格。",
        "Those that are not good come first; the tables have them all.",
    ),
    "orders.cancel": ("取消", "Cancel"),
    "orders.expires": ("结果保留至", "Results are kept until"),
    "orders.gone": (
        "没有这个核验任务，或结果已到期删除。",
        "There is no such order, or its results have been removed.",
    ),
    "orders.gone.next": (
        "请核对地址，或回到列表查看。只有提交者本人能看到自己的任务。",
        "Check the address or look at the list. An order is seen by whoever handed it in alone.",
    ),
    "orders.state.gathering": ("收集文件", "Gathering"),
    "orders.state.running": ("核验中", "Verifying"),
    "orders.state.finished": ("已完成", "Finished"),
    "orders.state.cancelled": ("已取消", "Cancelled"),
    "orders.voided": ("已作废", "Voided"),
    "orders.verdict.passed": ("有效", "valid"),
    "orders.verdict.failed": ("无效", "invalid"),
    "orders.verdict.indeterminate": ("无法判定", "indeterminate"),
    "orders.verdict.unreadable": ("无法读取", "unreadable"),
    "orders.messages": ("回调通知", "Notifications"),
    "orders.resend": ("重发", "Send again"),
    "orders.delivery.waiting": ("待发送", "Waiting"),
    "orders.delivery.delivered": ("已送达", "Delivered"),
    "orders.delivery.dead": ("已放弃", "Given up"),
}
