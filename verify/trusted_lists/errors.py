"""Why a trust list is not used. Each carries a Chinese and an English sentence: the reason, then what to do."""

from __future__ import annotations


class ListRefused(Exception):
    """A trust list is not used; the base of the family."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class ListUnreadable(ListRefused):
    """Its octets are no trust list, break a rule of its form, or are over a limit."""


class ListUnsupported(ListUnreadable):
    """It may be right, but its form is of a version that is not read here."""


class ListTooLarge(ListUnreadable):
    """It is over a limit: nothing is said of what it holds."""


class ListSignatureInvalid(ListRefused):
    """Its signature does not hold, is missing, or does not cover the whole list."""


class ListSignerUnknown(ListRefused):
    """Whoever signed it is not among the pinned signers, or signed another scheme's list.

    ``named``: SHA-256 (hex) of each certificate that the list names as its signer's, where that was in question.
    """

    def __init__(self, zh: str, en: str, named: tuple[str, ...] = ()) -> None:
        super().__init__(zh, en)
        self.named = named


class ListExpired(ListRefused):
    """Its next update is past (I30)."""


class ListRolledBack(ListRefused):
    """Its number is lower than one seen before, or the same with other octets (I30)."""


class ListFromTheFuture(ListRefused):
    """It was issued after the time of judgement: a clock is wrong."""


class ListIncomplete(ListRefused):
    """A list to be written lacks what its form demands."""


def unreadable(zh: str, en: str) -> ListUnreadable:
    """Make the error for octets that are no list: what is wrong with them."""
    return ListUnreadable(
        f"信任清单无法读取：{zh}；请向发布机构索取完整的清单。",
        f"The trust list cannot be read: {en}; ask its publisher for the complete list.",
    )


def too_large(zh: str, en: str) -> ListTooLarge:
    """Make the error for what is over a limit: which."""
    return ListTooLarge(
        f"信任清单超出可读取的上限：{zh}；请向发布机构核实。",
        f"The trust list is over the limits: {en}; ask its publisher.",
    )


def unsupported(version: int) -> ListUnsupported:
    """Make the error for a form of another version."""
    return ListUnsupported(
        f"信任清单无法读取：格式版本 {version} 不受支持；请向发布机构索取现行版本的清单。",
        f"The trust list cannot be read: version {version} of its form is not supported; ask its publisher for one in a present "
        "version.",
    )


def not_signed(zh: str, en: str) -> ListSignatureInvalid:
    """Make the error for a signature that does not count: what is wrong with it."""
    return ListSignatureInvalid(
        f"信任清单的签名无效：{zh}；不得使用，请从发布机构重新获取。",
        f"The signature of the trust list is invalid: {en}; do not use it, fetch it again from its publisher.",
    )


def unknown_signer(*named: str) -> ListSignerUnknown:
    """Make the error for a signer that nobody pinned; ``named`` are digests of the certificates in the list."""
    found = ", ".join(named) or "-"
    return ListSignerUnknown(
        f"信任清单不是由指定的签名证书签发的（清单中的证书 SHA-256：{found}）；请核对后登记签名证书。",
        f"The trust list was not signed by a pinned certificate (those in it, SHA-256: {found}); "
        "check them with its publisher and pin the right one.",
        named,
    )
