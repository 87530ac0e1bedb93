"""Rows of the table of problems (:mod:`api.problems.table`): batches."""

from __future__ import annotations

from typing import Final

from api.batch import errors as work
from api.problems.kind import Kind
from signing.batch import errors as batches

BATCHES: Final[dict[type[Exception], Kind]] = {
    batches.BatchError: Kind("batch-refused", 409, "批次不能这样办理", "Batch refused"),
    batches.BatchFieldInvalid: Kind("batch-field-invalid", 422, "批次内容不正确", "Batch invalid"),
    batches.BatchUnknown: Kind("batch-unknown", 404, "没有此批次", "No such batch"),
    batches.BatchActRefused: Kind("batch-act-refused", 409, "当前状态不允许", "Not possible in this state"),
    batches.BatchKeyTaken: Kind("batch-request-key-taken", 409, "请求编号已使用", "Request key taken"),
    batches.BatchNotApproved: Kind("batch-not-approved", 409, "批次尚未批准", "Batch not approved"),
    batches.PinPerUse: Kind("pin-per-use", 409, "密钥须逐次输入 PIN", "Key asks for a PIN each time"),
    batches.Fenced: Kind("batch-chunk-taken", 409, "分块已被接手", "Chunk taken over"),
    batches.BatchStopped: Kind("batch-stopped", 409, "批次已停止", "Batch stopped"),
    batches.InputMissing: Kind("batch-input-missing", 410, "待用印文件缺失", "Document missing"),
    work.BatchInputInvalid: Kind("batch-input-invalid", 422, "批次文件不正确", "Batch files invalid"),
}
