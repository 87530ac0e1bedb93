"""The words of the seal page about where a seal goes, in Chinese and in English."""

from __future__ import annotations

from typing import Final

PLACE_WORDS: Final[dict[str, tuple[str, str]]] = {
    "seal.way": ("盖在哪里", "Where it goes"),
    "seal.way.point": ("点选", "One place"),
    "seal.way.pages": ("多页同处", "Many pages"),
    "seal.way.keyword": ("关键字", "Keyword"),
    "seal.way.field": ("签名域", "Form field"),
    "seal.way.seam": ("骑缝章", "Seam seal"),
    "seal.pages.label": ("页码（如 1-3,5,8）", "Pages (such as 1-3,5,8)"),
    "seal.pages.all": ("全部", "All"),
    "seal.pages.odd": ("奇数页", "Odd"),
    "seal.pages.even": ("偶数页", "Even"),
    "seal.pages.last": ("末页", "Last"),
    "seal.pages.place": (
        "在任意一页上拖动印章；所选各页盖在同一位置。",
        "Drag the seal on any page; it goes to the same place on every page chosen.",
    ),
    "seal.keyword.text": ("文件中的文字", "Text in the document"),
    "seal.keyword.example": ("例如：甲方盖章", "For example: Party A"),
    "seal.keyword.find": ("查找", "Find"),
    "seal.keyword.none": (
        "先查找文字，再选择盖在哪一处；印章以文字为中心。",
        "Find a text first, then choose; the seal is centred on it.",
    ),
    "seal.keyword.count": (
        "共 {count} 处，印章以文字为中心：",
        "In {count} place(s); the seal is centred on the text:",
    ),
    "seal.keyword.all": ("每一处", "Every match"),
    "seal.keyword.first": ("第一处", "The first"),
    "seal.keyword.last": ("最后一处", "The last"),
    "seal.keyword.match": ("第 {number} 处", "Match {number}"),
    "seal.keyword.spot": ("第 {page} 页，左 {x} 上 {y} 毫米", "page {page} · {x}, {y} mm"),
    "seal.keyword.right": ("右移", "To the right"),
    "seal.keyword.down": ("下移", "Down"),
    "seal.field.none": (
        "这份文件没有等待签署的签名域，请换一种方式。",
        "This file has no signature field that waits to be signed; choose another way.",
    ),
    "seal.field.hint": (
        "签入文件自带的签名域：印章居中，域小则按比例缩小，不会变形。",
        "Signs a field that the document brings along: the seal in its middle, smaller where the field is, never bent.",
    ),
    "seal.field.spot": ("第 {page} 页，{width} × {height} 毫米", "page {page}, {width} × {height} mm"),
    "seal.field.unseen": ("不可见，只签名", "invisible, signature only"),
    "seal.seam.edge": ("盖在哪条纸边", "Over which edge"),
    "seal.seam.right": ("右", "Right"),
    "seal.seam.left": ("左", "Left"),
    "seal.seam.top": ("上", "Top"),
    "seal.seam.bottom": ("下", "Bottom"),
    "seal.seam.every": ("每枚跨几页", "Pages per seal"),
    "seal.seam.every.all": ("全部", "all"),
    "seal.seam.pages_unit": ("页", "pages"),
    "seal.seam.offset": ("距上（左）", "From the top (left)"),
    "seal.seam.centre": ("居中", "centred"),
    "seal.seam.inset": ("离纸边", "Off the edge"),
    "seal.seam.facing": ("对开：相邻两页各半枚", "Facing: half a seal on either side of each joint"),
    "seal.seam.paper": (
        "一个签名已保护整份文件；切片只对打印的纸质文件有意义：各页对齐时拼成整枚印章。",
        "One signature already protects the whole file. The slices matter on paper: side by side they show the seal.",
    ),
    "seal.seam.strip": ("纸上拼合", "Joined on paper"),
    "seal.seam.slice": ("每页宽 {width} 毫米", "{width} mm on each page"),
    "seal.seam.thin": (
        "每页只有 {width} 毫米，纸上难以辨认；建议每 {every} 页一枚。",
        "Only {width} mm on each page, hard to see on paper; {every} pages per seal would be better.",
    ),
    "seal.spots": (
        "将出现 {count} 处：第 {pages} 页。一个签名覆盖整份文件。",
        "Shows in {count} place(s), on page {pages}. One signature covers the whole file.",
    ),
    "seal.spots.none": (
        "不显示印章；签名覆盖整份文件。",
        "No seal is shown; the signature covers the whole file.",
    ),
    "seal.spots.short": ("{way} · {count} 处", "{way} · {count} place(s)"),
    "seal.spots.long": ("{way}：{count} 处，第 {pages} 页", "{way}: {count} place(s), page {pages}"),
    "seal.may_cover": ("允许压住已有签章", "The seal may cover an existing signature"),
    "seal.looking": ("正在查看文件…", "Looking at the file…"),
    "seal.unplaced": ("请先选定用印位置。", "Choose where the seal goes first."),
    "seal.pages.empty": ("请填写页码。", "Say which pages."),
}
