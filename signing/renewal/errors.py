"""Why a stored document cannot be extended."""

from __future__ import annotations

from signing.objects.errors import ArchiveError


class NotExtendable(ArchiveError):
    """The document carries no time-stamp that a new one could carry on, or cannot be opened: no PDF, no password."""

    def __init__(
        self,
        why_zh: str = "没有可延续的时间戳（须为 B-T 及以上级别的 PDF）；可重新用印。",
        why_en: str = "it has no time-stamp to carry on (a PDF of level B-T or more has); seal it anew instead.",
    ) -> None:
        super().__init__(why_en)
        self.zh = f"无法延长该文件的有效期：{why_zh}"
        self.en = f"The document cannot be extended: {why_en}"


class StampFaded(ArchiveError):
    """The newest time-stamp proves nothing any more, so nothing can be built on it."""

    def __init__(self, why_zh: str, why_en: str) -> None:
        super().__init__(why_en)
        self.zh = f"文件的最后一个时间戳已不能作为证明，无法延长有效期：{why_zh}"
        self.en = (
            f"The document's newest time-stamp proves nothing any more, so it cannot be extended: {why_en}"
        )


class AlreadyExtended(ArchiveError):
    """A newer object of the same document exists; that one is extended."""

    zh = "该文件已延长过有效期，请对最新版本操作。"
    en = "The document was extended already; take the newest version of it."
