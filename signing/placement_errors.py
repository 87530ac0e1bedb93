"""What can be wrong with a place that is asked for: the family of :class:`signing.errors.PlacementError`."""

from __future__ import annotations

from signing.errors import PlacementError


class PageRangeUnreadable(PlacementError):
    """A choice of pages cannot be read."""

    zh = "页码范围不正确，写法如 1-3,5,8，或 all（全部）、odd（奇数页）、even（偶数页）、last（末页）。"
    en = "The pages cannot be read; write 1-3,5,8 or all, odd, even, last."


class NoPageChosen(PlacementError):
    """The document has none of the pages chosen."""

    def __init__(self, pages: str, count: int) -> None:
        super().__init__(f"{pages} of {count}")
        self.zh = f"所选页码“{pages}”在这份 {count} 页的文件中一页也没有；请改选页码。"
        self.en = f"The document has {count} page(s), none of them among “{pages}”; choose other pages."


class WhereUnreadable(PlacementError):
    """A place is written in a way that is not known here."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.zh = f"无法识别的用印位置：“{part}”。可用写法：1:120,200；pages=1-3;at=120,200；keyword=甲方盖章;which=last；field=名称；seam=right；unseen。"
        self.en = (
            f"The place “{part}” cannot be read. Known forms: 1:120,200; pages=1-3;at=120,200; "
            "keyword=TEXT;which=last; field=NAME; seam=right; unseen."
        )


class KeywordUnusable(PlacementError):
    """The keyword is empty or too long to be searched for."""

    zh = "关键字不能为空，且不超过 100 个字符；请填写文件中原样出现的一小段文字。"
    en = "A keyword has 1 to 100 characters; give a short text as it stands in the document."
