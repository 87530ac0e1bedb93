"""How old a list is, in words: a list past its next update is not trusted, and the reason says since when (I30)."""

from __future__ import annotations

from datetime import datetime

from verify.civil_time import civil_day
from verify.sentence import Reason
from verify.trusted_lists.model import TrustedList


def age(found: TrustedList, at: datetime) -> Reason:
    """Say that a list is past its next update, since when, and what to do."""
    named_zh = f"信任清单“{found.scheme_id}”第 {found.sequence} 号（{civil_day(found.issued)} 签发）"
    named_en = (
        f"The trust list “{found.scheme_id}”, number {found.sequence}, issued {civil_day(found.issued)},"
    )
    if found.next_update is None:
        return Reason(
            f"{named_zh}已关闭，不再可信；请获取接替它的清单。",
            f"{named_en} was closed and is not trusted any more; fetch the one that takes its place.",
        )
    days = max((at - found.next_update).days, 0)
    return Reason(
        f"{named_zh}已于 {civil_day(found.next_update)} 过期（{days} 天前），不再可信；请更新清单后重试。",
        f"{named_en} expired on {civil_day(found.next_update)} ({days} days ago) and is not trusted; "
        "update it and try again.",
    )
