"""What can be wrong with keeping, holding and deleting documents."""

from __future__ import annotations

from datetime import datetime

from signing.objects.errors import ArchiveError


class DocumentUnknown(ArchiveError):
    """No document has this digest, or none that the caller may see."""

    zh = "归档中没有这份文件，请核对 SHA-256 摘要（64 位十六进制）。"
    en = "No such document in the archive; check its SHA-256 (64 hexadecimal digits)."


class DocumentDeleted(ArchiveError):
    """The document was deleted at the end of its time; its tombstone tells when and why."""

    def __init__(self, when: datetime | None) -> None:
        super().__init__("deleted")
        day = "" if when is None else f"{when:%Y-%m-%d}"
        self.zh = f"文件已于 {day} 按保管期限删除，仅存删除记录。"
        self.en = (
            f"The document was deleted on {day} at the end of its time; only the record of that is left."
        )


class RetentionUnknown(ArchiveError):
    """No retention class has this name."""

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__(", ".join(known))
        names = "、".join(known)
        self.zh = f"没有这个保管期限类别，可选：{names}。"
        self.en = f"No such retention class; there are: {', '.join(known)}."


class RetentionShortened(ArchiveError):
    """A time once promised is never shortened."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__(str(until))
        day = "永久" if until is None else f"{until:%Y-%m-%d}"
        self.zh = f"保管期限只能延长，不能缩短（现为：{day}）。"
        self.en = f"A retention period can be made longer, never shorter (it ends: {until:%Y-%m-%d})." if until else (
            "The document is kept for ever; that cannot be shortened."
        )  # fmt: skip


class RetentionRulesInvalid(ArchiveError):
    """The file of retention classes cannot be read."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.zh = (
            f"保管期限类别文件有误：{where}。每类写 [名称]、zh、en 和 years（1 至 1000，或 0 表示永久）。"
        )
        self.en = f"The file of retention classes is wrong: {where}. A class has [name], zh, en, years (1–1000; 0: ever)."


class StillKept(ArchiveError):
    """The document's time is not over, or nobody has said how long it is to be kept."""

    def __init__(self, until: datetime | None, *, classed: bool) -> None:
        super().__init__(str(until) if classed else "no class")
        if not classed:
            self.zh = "尚未确定保管期限，不能删除；请先设定保管期限类别。"
            self.en = (
                "Nobody has said how long the document is to be kept, so it stays; give it a retention class."
            )
        elif until is None:
            self.zh = "该文件永久保管，不能删除。"
            self.en = "The document is kept for ever and cannot be deleted."
        else:
            self.zh = f"保管期限未满（至 {until:%Y-%m-%d}），不能删除。"
            self.en = f"The document is kept until {until:%Y-%m-%d} and cannot be deleted before."


class OnHold(ArchiveError):
    """A legal hold stands on the document."""

    zh = "该文件正处于法律保全，不能删除；须先由两人解除保全。"
    en = "A legal hold stands on the document; two people must lift it first."


class HoldUnknown(ArchiveError):
    """No hold has this number."""

    zh = "没有这项保全，请核对编号。"
    en = "No such hold; check its number."


class HoldMoved(ArchiveError):
    """The hold is not in the state that the act needs."""

    zh = "该保全当前状态不允许此操作（可能已被他人处理），请刷新后重试。"
    en = "The hold is not in a state for this, perhaps as somebody acted meanwhile; look again."


class SecondPersonNeeded(ArchiveError):
    """Lifting takes two different people."""

    zh = "解除保全须由另一人确认：申请人不能自己确认。"
    en = "A hold is lifted by two different people: whoever asked cannot confirm."


class ReasonNeeded(ArchiveError):
    """The act goes on record with a reason."""

    def __init__(self, most: int) -> None:
        super().__init__(f"1 to {most} characters")
        self.zh = f"请写明理由（1 至 {most} 字）。"
        self.en = f"Give a reason of 1 to {most} characters."


class DocumentBusy(ArchiveError):
    """Somebody else extends or deletes the document at this moment."""

    zh = "该文件正在延长有效期或删除，请稍后再试。"
    en = "The document is being extended or deleted at this moment; try again later."
