"""The words of the pages on batches."""

from __future__ import annotations

from typing import Final

BATCH_WORDS: Final[dict[str, tuple[str, str]]] = {
    "console.batches": ("批量用印", "Batches"),
    "batches.new": ("新建批次", "New batch"),
    "batches.title": ("事由", "What it is"),
    "batches.progress": ("进度", "Progress"),
    "batches.by": ("用印人", "By"),
    "batches.began": ("提交时间", "Handed in"),
    "batches.gone": ("没有这个批次。", "There is no such batch."),
    "batches.gone.next": ("请核对地址，或回到列表查看。", "Check the address or look at the list."),
    "batches.file": ("文件（可多选）或一个 zip 压缩包", "Documents (several), or one zip archive"),
    "batches.file.what": (
        "PDF 或 OFD；提交后清单即固定，审批与用印都只对这些文件有效。",
        "PDF or OFD. The list is closed when it is sent: approval and sealing are good for exactly these documents.",
    ),
    "batches.placement": ("用印位置", "Where"),
    "batches.placement.what": (
        "页:左边距,上边距（毫米），如 1:120,200；也可写关键字、页码范围或骑缝等位置。",
        "PAGE:X,Y in millimetres from the top left, such as 1:120,200; or any other form of place (keyword, pages, seam).",
    ),
    "batches.level": ("签名级别", "Level"),
    "batches.pin": ("密钥 PIN", "PIN of the key"),
    "batches.pin.what": (
        "整批只需输入一次；只在运行期间保留在内存中，不会保存。由系统保管的密钥不必填写。",
        (
            "Asked for once for the whole batch; held in memory while it runs, never stored. Leave it empty for a key that the "
            "service keeps."
        ),
    ),
    "batches.submit": ("提交并开始用印", "Hand in and start"),
    "batches.done": ("已用印", "Sealed"),
    "batches.failed": ("失败", "Failed"),
    "batches.left": ("未办", "Left"),
    "batches.speed": ("每秒份数", "Documents a second"),
    "batches.time": ("预计剩余", "Time left"),
    "batches.start": ("开始用印", "Start"),
    "batches.continue": ("继续用印", "Go on"),
    "batches.retry": ("重试失败的文件", "Retry what failed"),
    "batches.retry.chosen": ("勾选文件则只重试这些。", "Tick documents to retry these alone."),
    "batches.cancel": ("取消批次", "Cancel the batch"),
    "batches.cancel.what": (
        "已用印的文件不受影响，未用印的不再用印。",
        "What is sealed stays sealed; what waits is not sealed any more.",
    ),
    "batches.halted": ("已暂停：{reason}", "Halted: {reason}"),
    "batches.idle": (
        "没有工作进程在处理这个批次（可能服务已重启）。请继续用印；已用印的文件不会重复。",
        "No worker is at this batch (the service may have been restarted). Go on; nothing is sealed twice.",
    ),
    "batches.approval": ("须先审批：", "Approval first:"),
    "batches.approval.case": ("查看用印事项", "open its case"),
    "batches.failures": ("失败的文件", "What failed"),
    "batches.failures.more": ("其余见报告。", "The report has the rest."),
    "batches.report": ("报告", "Report"),
    "batches.page": ("网页", "Page"),
    "batches.case": ("用印事项", "Case"),
    "batches.root": ("文件清单树根", "Root over the documents"),
    "batches.lost": ("连接中断，正在重新连接…", "The connection was lost; connecting again…"),
    "proof.label": ("有合并签名的证明文件？", "Do you have a proof of a signature over many documents?"),
    "proof.go": ("用证明核验", "Verify by it"),
    "proof.why": (
        "合并签名的文件本身不含签章，签章在随附的证明文件（.proof.json）中。",
        "A document sealed under the one signature of a batch holds none itself; its proof (.proof.json) does.",
    ),
    "batch.state.gathering": ("收集文件", "Gathering"),
    "batch.state.waiting": ("待启动", "Waiting"),
    "batch.state.running": ("用印中", "Sealing"),
    "batch.state.halted": ("已暂停", "Halted"),
    "batch.state.finished": ("已完成", "Finished"),
    "batch.state.cancelled": ("已取消", "Cancelled"),
}
