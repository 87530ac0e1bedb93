"""What can be wrong with an order to verify documents. Each error says in Chinese and English what to do."""

from __future__ import annotations

from signing.errors import SigningError


class OrderError(SigningError):
    """An order cannot go on as asked."""

    zh = "核验任务不能这样办理。"
    en = "The verification order cannot go on like this."


class OrderFieldInvalid(OrderError):
    """A member of the order does not have its form."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.field = field
        self.zh = f"“{field}”：{zh}。"
        self.en = f"{field}: {en}."


class OrderUnknown(OrderError):
    """There is no order of this number, or it is not the caller's to see."""

    zh = "没有这个编号的核验任务，或结果已到期删除；请核对编号。"
    en = "There is no verification order of this number, or its results have been removed; check it."


class OrderActRefused(OrderError):
    """The present state does not allow the act."""

    def __init__(self, state_zh: str, state: str) -> None:
        super().__init__(state)
        self.zh = f"核验任务当前为“{state_zh}”，不能执行此操作；需要时请另建任务。"
        self.en = f"The verification order is {state}: this is not possible; make another if you need one."


class OrderKeyTaken(OrderError):
    """Another order was opened under this idempotency key."""

    zh = "该 Idempotency-Key 已用于内容不同的核验任务，请使用新的编号。"
    en = "Another verification order was opened under this Idempotency-Key; use a new one."


class OrderMarkTaken(OrderError):
    """Another document was handed in under this mark."""

    zh = "该编号（mark）已用于本任务中的另一文件，这一个没有收下；请换一个编号后再提交。"
    en = "Another document of the order was handed in under this mark, so this one was not taken; hand it in under a new one."


class OrderQueueFull(OrderError):
    """So much waits already that nothing more is taken."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.retry_after = 60
        self.zh = f"{zh}，请待部分文件核验完后再提交。"
        self.en = f"{en}; hand more in once some of it is judged."
