"""Where messages may go: the public network, and private nets that the settings open. Pure.

Whoever may hand in an order names an address that *this service* connects to: without these rules it would be a way into the
network behind it (server-side request forgery, CWE-918). Names are looked up once, every address is checked, and the
connection goes to the very one that was checked, so a name that changes its mind (DNS rebinding) gains nothing.
"""

from __future__ import annotations

from ipaddress import ip_address
from socket import inet_aton, inet_ntoa
from typing import Final
from urllib.parse import SplitResult, urlsplit

from signing.recognition.connecting import Ip, Reach
from signing.webhooks.errors import WebhookAddressInvalid

MAX_ADDRESS: Final = 1000
THIS_MACHINE: Final = "localhost"
"""RFC 6761 §6.3: this name and every name below it."""
LOOPBACK: Final = ("127.0.0.1", "::1")


def read_target(url: str, reach: Reach) -> SplitResult:
    """Take an address apart; :class:`WebhookAddressInvalid` says what is wrong: numbers and names of this machine included."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        raise _malformed() from None
    odd = len(url) > MAX_ADDRESS or not url.isascii() or not url.isprintable() or " " in url or "\\" in url
    if (
        odd
        or not host
        or port == 0
        or parts.scheme not in ("http", "https")
        or "@" in parts.netloc
        or parts.fragment
    ):
        raise _malformed()
    if parts.scheme == "http" and not reach.plain_http:
        raise WebhookAddressInvalid(
            "须为 https:// 地址（内容含核验结论；测试环境可由管理员设置 webhook_plain_http）",
            "it has to be an https:// address (for a test, the administrator can set webhook_plain_http)",
        )
    _check_host(host.removesuffix("."), reach)
    return parts


def _check_host(host: str, reach: Reach) -> None:
    """Check what a host says without being looked up: an address in any writing, or a name of this very machine."""
    if host == THIS_MACHINE or host.endswith(f".{THIS_MACHINE}"):
        if not any(reach.takes_in(ip_address(one)) for one in LOOPBACK):
            check_ip(LOOPBACK[0], reach)
        return
    try:
        literal = str(ip_address(host.partition("%")[0]))
    except ValueError:
        try:
            literal = inet_ntoa(
                inet_aton(host)
            )  # 127.1, 0x7f.1, 2130706433: what the resolver takes for an address
        except OSError:
            return
    check_ip(literal, reach)


def check_ip(found: str, reach: Reach) -> Ip:
    """Return an address that a name stands for if it may be connected to; :class:`WebhookAddressInvalid`."""
    try:
        address = ip_address(found.partition("%")[0])
    except ValueError:
        raise _malformed() from None
    if reach.takes_in(address):
        return address
    raise WebhookAddressInvalid(
        "它指向本机或内部网络；确有需要请管理员在设置 webhook_networks 中放行该网段",
        "it leads to this machine or into a private network; if it should, have that network opened in the setting "
        "webhook_networks",
    )


def _malformed() -> WebhookAddressInvalid:
    return WebhookAddressInvalid(
        "应为 https:// 开头的完整地址，不含用户名和 #",
        "it is a whole address that begins with https:// and has neither a user's name nor a fragment",
    )
