"""How often one client may ask without a key: a moving window per address, kept in this process.

The client is whoever opened the connection; an address in ``X-Forwarded-For`` counts only when the proxies that the
settings name wrote it, read from the right, so that nobody gives themselves a new address by a header.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from math import ceil
from typing import Final

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from api.errors import TooManyRequests
from ca.clock import Clock

FORWARDED: Final = "x-forwarded-for"
MAX_HOPS: Final = 16
"""Addresses read of the header: more proxies than that stand in no installation."""
HOUSEHOLD: Final = 64
"""IPv6 clients choose freely below this prefix (RFC 4291 §2.5.1), so it counts as one."""
NOBODY: Final = "local"
"""Callers without an address: a socket of this machine."""
Network = IPv4Network | IPv6Network


def read_networks(text: str) -> tuple[Network, ...]:
    """Read comma-separated addresses and networks; ``ValueError`` names the one that is none."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def read_rate(text: str) -> RateLimitItem:
    """Read ``60/minute``; ``ValueError`` for another form."""
    return parse(text)


def client_of(request: Request, trusted: Sequence[Network]) -> str:
    """Return the address that a request counts for; of IPv6 its network."""
    peer = request.client.host if request.client is not None else ""
    forwarded = ",".join(request.headers.getlist(FORWARDED)).split(",")
    found = NOBODY
    for hop in (peer, *[part.strip() for part in reversed(forwarded)][:MAX_HOPS]):
        try:
            address = ip_address(hop)
        except ValueError:
            break
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        address = mapped or address
        wide = isinstance(address, IPv6Address)
        found = str(ip_network(f"{address}/{HOUSEHOLD}", strict=False)) if wide else str(address)
        if not any(address in network for network in trusted):
            break
    return found


class PublicLimit:
    """Counts requests per client."""

    def __init__(self, rate: RateLimitItem, trusted: Sequence[Network], clock: Clock) -> None:
        self._rate = rate
        self._trusted = tuple(trusted)
        self._clock = clock
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def admit(self, request: Request) -> None:
        """Count a request, or raise :class:`TooManyRequests` with the seconds until the next is taken."""
        client = client_of(request, self._trusted)
        if self._window.hit(self._rate, client):
            return
        opens = self._window.get_window_stats(self._rate, client).reset_time
        wait = ceil(opens - self._clock().timestamp())
        raise TooManyRequests(min(max(1, wait), self._rate.get_expiry()))
