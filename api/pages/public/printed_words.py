"""The words of the page behind the code on a printed copy, in Chinese and in English."""

from __future__ import annotations

from typing import Final

PRINTED_WORDS: Final[dict[str, tuple[str, str]]] = {
    "printed.title": ("核对打印件", "Check a printed copy"),
    "printed.heading": ("这张纸，从哪份文件来？", "Which document does this paper come from?"),
    "printed.lede": (
        "输入纸边的 14 位验证码；扫描纸边的二维码也到这里。",
        "Enter the 14 characters on the edge of the paper; its QR code leads here too.",
    ),
    "printed.code": ("验证码", "Code"),
    "printed.go": ("核对", "Check"),
    "printed.malformed": (
        "验证码不正确：应为 14 位字母数字（如 XXXXX-XXXXX-XXXX），请核对后重新输入。",
        "This is no code of a printed copy: it has 14 letters and digits; check it and enter it again.",
    ),
    "printed.unknown": ("未查到", "Not found"),
    "printed.unknown.why": (
        "没有此验证码对应的打印件，请核对；若纸上确有此码，请谨防伪造。",
        "No printed copy has this code; check it. If the paper really shows it, beware of forgery.",
    ),
    "printed.passed": ("原件有效", "Original valid"),
    "printed.voided": ("已作废", "Voided"),
    "printed.grey": ("灰印", "Grey seal"),
    "printed.grey.why": (
        "这一份超出许可或未经授权打印，纸上的印章应为灰色；若是红色，请谨防伪造。",
        "This copy was not authorised: the seal on the paper should be grey. If it is red, beware of forgery.",
    ),
    "printed.true.why": (
        "电子原件{verdict}。请与手中的纸件逐页核对。",
        "The electronic original: {verdict}. Compare it with your paper, page by page.",
    ),
    "printed.compare": ("与手中的纸核对", "Compare with your paper"),
    "printed.compare.text": (
        "文件名称、页数、签章单位、份号是否一致？页上的印章是否在同一位置？",
        "Are title, page count, sealer and number the same? Are the seals in the same places?",
    ),
    "printed.copied": ("码可以被复制", "A code can be copied"),
    "printed.copied.text": (
        "二维码和验证码可以被复制到别的纸上。要作为证明，请取得电子原件并上传核验。",
        "A QR code or a short code can be copied onto another page. For proof, get the electronic original and upload it.",
    ),
    "printed.upload": ("上传电子原件核验", "Upload the electronic original"),
    "printed.another": ("核对另一张", "Check another"),
    "printed.document": ("文件", "Document"),
    "printed.pages": ("页数", "Pages"),
    "printed.pages.count": ("{count} 页", "{count} pages"),
    "printed.sealed": ("签章日期", "Sealed on"),
    "printed.sealers": ("签章单位", "Sealed by"),
    "printed.number": ("份号", "Copy"),
    "printed.number.of": ("第 {number} 份（许可 {quota} 份）", "no. {number} ({quota} permitted)"),
    "printed.printed": ("打印时间", "Printed"),
    "printed.verdict": ("电子原件核验", "The electronic original"),
    "printed.first": ("首页图样", "First page"),
    "printed.first.hidden": (
        "签章单位未公开首页图样。",
        "The sealer does not show the first page.",
    ),
}
