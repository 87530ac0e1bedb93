"""Where we connect to, and HTTP connections to an address that was checked, under the name that was asked for."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final
from urllib.parse import SplitResult

Ip = IPv4Address | IPv6Address
_NAT64: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""Translators put the IPv4 address into the last 32 bits (RFC 6052 §2.2, RFC 8215)."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where foreign words may lead: plain HTTP only where somebody said so; ``networks`` are private ones that were opened."""

    plain_http: bool = False
    networks: Sequence[IPv4Network | IPv6Network] = ()

    def takes_in(self, address: Ip) -> bool:
        """Tell whether an address, and each that it is another writing of, is open to us."""
        return all(self._open(one) for one in (address, *inside(address)))

    def _open(self, address: Ip) -> bool:
        """Tell whether it is of the public network, for one machine, or of a network that was opened."""
        if any(address in network for network in self.networks):
            return True
        site_local = (
            isinstance(address, IPv6Address) and address.is_site_local
        )  # RFC 3879: private still where it is in use
        return address.is_global and not (address.is_multicast or address.is_reserved or site_local)


def connect_to(
    parts: SplitResult, address: Ip, seconds: float, context: ssl.SSLContext | None = None
) -> http.client.HTTPConnection:
    """Return a connection, not opened; each of its steps may take ``seconds``."""
    host = parts.hostname or ""
    if parts.scheme == "http":
        return _Plain(host, parts.port, address, seconds)
    return _Secure(host, parts.port, address, seconds, context or ssl.create_default_context())


@contextmanager
def bounded(connection: http.client.HTTPConnection, seconds: float, late: threading.Event) -> Iterator[None]:
    """Cut the connection off when the time is over, however slowly and steadily the other side talks."""

    def cut() -> None:
        late.set()
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()


def inside(address: Ip) -> Iterator[Ip]:
    """Yield the IPv4 addresses that an IPv6 one is another writing of: mapped, translated, 6to4, Teredo."""
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if any(address in network for network in _NAT64):
        yield IPv4Address(int(address) & 0xFFFFFFFF)


class _Plain(http.client.HTTPConnection):
    """Connects to the address, not to whatever the name stands for now."""

    def __init__(self, host: str, port: int | None, address: Ip, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self._address = address
        self._seconds = seconds

    def connect(self) -> None:
        self.sock = socket.create_connection((str(self._address), self.port), self._seconds)


class _Secure(http.client.HTTPSConnection):
    """The same with TLS; the certificate is for the name."""

    def __init__(
        self, host: str, port: int | None, address: Ip, seconds: float, context: ssl.SSLContext
    ) -> None:
        super().__init__(host, port, timeout=seconds, context=context)
        self._address = address
        self._seconds = seconds
        self._tls = context

    def connect(self) -> None:
        self.sock = socket.create_connection((str(self._address), self.port), self._seconds)
        self.sock = self._tls.wrap_socket(
            self.sock, server_hostname=self.host
        )  # whoever cuts it off finds it meanwhile
