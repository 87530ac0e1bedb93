"""What can be wrong with a printed copy. Each error says in both languages what to do."""

from __future__ import annotations

from signing.errors import SigningError


class PrintingError(SigningError):
    """No copy is printed as asked."""

    zh = "无法按此打印，未计份数。"
    en = "No copy can be printed as asked; none was counted."


class PrintFieldInvalid(PrintingError):
    """A member of the request is not in order."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"{field}: {en}")
        self.field = field
        self.zh = f"“{field}”不正确：{zh}。"
        self.en = f"{field} is not in order: {en}."


class NotPrintable(PrintingError):
    """The document was not sealed here, or is not this caller's."""

    zh = "本系统没有您可以打印的这份签章文件；请上传签章后的原文件，或由签章单位办理。"
    en = "There is no such sealed document here for you to print: hand in the sealed file itself, or ask its sealers."


class NotTheSealer(PrintingError):
    """Only an enterprise whose seal is in the document says how it may be printed."""

    zh = "只有在该文件上签章的单位可以设定打印份数。"
    en = "Only an enterprise whose seal is in the document may say how it is printed."


class RuleOfAnother(PrintingError):
    """Another sealer of the document keeps its quota."""

    zh = "该文件的打印份数已由另一签章单位设定，请与其协商。"
    en = "Another sealer of this document keeps its quota; ask them."


class PrintKeyTaken(PrintingError):
    """The request key was used for another copy, or for one that came to nothing."""

    zh = "该请求编号已用于另一份打印，或上次打印未成功；请换一个新的编号。"
    en = "This request key was used for another copy, or for one that came to nothing; choose a new one."


class PrintMoved(PrintingError):
    """Somebody else printed at the same moment."""

    zh = "他人正在打印同一份文件，请稍后再试。"
    en = "Somebody else is printing the same document; try again."


class PrintFailed(PrintingError):
    """The copy could not be made."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.zh, self.en = _WHY.get(word, _WHY["damaged"])


class CodeMalformed(PrintingError):
    """The text is no code of a printed copy."""

    zh = "验证码不正确：应为 14 位字母数字（如 XXXXX-XXXXX-XXXX），请核对后重新输入。"
    en = "This is no code of a printed copy: it has 14 letters and digits (XXXXX-XXXXX-XXXX); check it and enter it again."


class CopyUnknown(PrintingError):
    """No copy has this code."""

    zh = "没有此验证码对应的打印件，请核对；若纸上确有此码，请谨防伪造。"
    en = "No printed copy has this code; check it. If the paper really shows it, beware of forgery."


class PageHidden(PrintingError):
    """The owner does not show the first page."""

    zh = "签章单位未公开首页图样；请向其索取电子原件核验。"
    en = "The sealer does not show the first page; ask for the electronic original and verify it."


_WHY = {
    "damaged": (
        "文件无法打印：结构已损坏或不是 PDF。",
        "The file cannot be printed: it is damaged or no PDF.",
    ),
    "password": ("文件已加密，请提供打开密码。", "The document is encrypted; give its password."),
    "too-many-pages": (
        "文件超过 2000 页，请拆分后打印。",
        "The document has more than 2,000 pages; split it.",
    ),
    "late": (
        "文件过大，制作打印件超时，请拆分后再试。",
        "The copy took too long to make; split the document.",
    ),
}
