"""What can be wrong with a batch. Each error says in Chinese and English what to do."""

from __future__ import annotations

from signing.errors import SigningError


class BatchError(SigningError):
    """A batch cannot go on as asked."""

    zh = "批次不能这样办理。"
    en = "The batch cannot go on like this."

    def __init__(self, zh: str = "", en: str = "", *, field: str = "") -> None:
        super().__init__(en)
        self.zh = zh or self.zh
        self.en = en or self.en
        self.field = field


class BatchFieldInvalid(BatchError):
    """A member of the order does not have its form."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"“{field}”：{zh}", f"{field}: {en}", field=field)


class BatchUnknown(BatchError):
    """There is no batch of this number, or it is not the caller's to see."""

    zh = "没有这个编号的批次，请核对编号。"
    en = "There is no batch of this number; check it."


class BatchActRefused(BatchError):
    """The present state does not allow the act."""

    zh = "批次当前状态不允许此操作，请刷新后查看状态。"
    en = "The present state of the batch does not allow this; reload and look at it."


class BatchKeyTaken(BatchError):
    """Another batch was opened under this request key."""

    zh = "“request_key”：该请求编号已用于另一批次，请使用新的编号。"
    en = "request_key: another batch was opened with this request key; use a new one."


class BatchNotApproved(BatchError):
    """The batch's case is not approved yet."""

    def __init__(self, case_id: str, told: str) -> None:
        super().__init__(
            f"批次须先审批（{told}）。请审批人办理用印事项 {case_id}，批准后再启动批次。",
            f"The batch needs approval first ({told}). Have case {case_id} approved, then start the batch.",
        )
        self.case_id = case_id


class PinPerUse(BatchError):
    """The key asks for its PIN before every single signature (CKA_ALWAYS_AUTHENTICATE); a batch cannot type it."""

    zh = "该密钥设为每次签名都要输入 PIN，不能用于批量用印；请逐份用印，或为批量用印另换密钥。"
    en = (
        "This key asks for its PIN before every single signature, so it cannot seal a batch; seal the documents one by one, "
        "or use another key for batches."
    )


class Fenced(BatchError):
    """Another worker took this chunk over; whoever held it before changes nothing any more."""

    zh = "该分块已由另一工作进程接手，本进程停止处理。"
    en = "Another worker has taken this chunk over; this one stops."


class BatchStopped(BatchError):
    """The batch was halted or cancelled meanwhile."""

    zh = "批次已暂停或取消，未再用印。"
    en = "The batch was halted or cancelled meanwhile; nothing more was sealed."


class InputMissing(BatchError):
    """A document of the batch is not in the store of inputs any more, or was changed."""

    zh = "批次的待用印文件缺失或已改变，请重新提交批次。"
    en = "A document of the batch is missing from the store or was changed; hand the batch in again."
