"""Which addresses are fetched from, and which of them a foreign list may send us to. Pure.

A person names the address of a list and another person confirms it: from then on it may be anywhere. What one person alone
proposes, and what a list *contains*, which is foreign text, signed or not, leads to the host that two people confirmed, to the
public network, or to nets that the settings open, and never elsewhere into a private one (``http://10.0.0.5/admin`` is an attack).
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from signing.recognition.connecting import Ip, Reach
from signing.recognition.errors import ListAddressInvalid

MAX_ADDRESS: Final = 2_000
"""Characters of an address; ours have under 100."""
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def read_address(url: str, reach: Reach) -> SplitResult:
    """Take an address apart; :class:`ListAddressInvalid` names what is wrong with it."""
    try:
        parts = urlsplit(url)
        named = bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        raise _malformed(url) from None
    strange = not url.isascii() or not url.isprintable() or " " in url or len(url) > MAX_ADDRESS
    if strange or not named or parts.scheme not in ("http", "https") or parts.username is not None:
        raise _malformed(url)
    if parts.scheme == "http" and not reach.plain_http and parts.hostname not in LOOPBACK_NAMES:
        raise ListAddressInvalid(
            url,
            "明文 HTTP 只可用于本机；请改用 https://，或由管理员在设置 federation_plain_http 中放行",
            "plain HTTP is for this machine alone; use https://, or have the administrator set federation_plain_http",
        )
    return parts


def same_host(url: str, other: str) -> bool:
    """Tell whether two addresses are on one host; the port may differ."""
    try:
        return (urlsplit(url).hostname or "") == (urlsplit(other).hostname or "-")
    except ValueError:
        return False


def check_ip(url: str, found: str, reach: Reach, *, confirmed: bool) -> Ip:
    """Return the address that a name stands for, if we may connect to it.

    ``confirmed``: two people stand by this host; else private nets are closed, but for those that the settings open.
    """
    address = ip_address(found.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    address = mapped or address
    if confirmed or reach.takes_in(address):
        return address
    raise ListAddressInvalid(
        url,
        f"它指向内部网络（{address}）。未经两人确认的地址不得把本系统引向内部网络；确有需要请在设置 federation_networks 中放行该网段，"
        "或由两人以 yinxin federation join 一并办理，或改为提交清单文件",
        f"it leads into a private network ({address}), and no two people have confirmed it. If it should, open that network in "
        "the setting federation_networks, join with two people at once (yinxin federation join), or propose the list's file",
    )


def is_fetched(url: str, endings: Collection[str]) -> bool:
    """Tell whether a supply point is something that we keep a copy of: by the ending of its path."""
    try:
        return any(urlsplit(url).path.lower().endswith(ending) for ending in endings)
    except ValueError:
        return False


def _malformed(url: str) -> ListAddressInvalid:
    return ListAddressInvalid(
        url,
        "应为 http:// 或 https:// 开头的完整地址，不含用户名",
        "it is a whole address that begins with http:// or https:// and names no user",
    )
