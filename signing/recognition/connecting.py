"""HTTP connections to an address that was checked, under the name that was asked for."""

from __future__ import annotations

import http.client
import socket
import ssl
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult

Ip = IPv4Address | IPv6Address


def connect_to(
    parts: SplitResult, address: Ip, seconds: float, context: ssl.SSLContext | None = None
) -> http.client.HTTPConnection:
    """Return a connection, not opened; each of its steps may take ``seconds``."""
    host = parts.hostname or ""
    if parts.scheme == "http":
        return _Plain(host, parts.port, address, seconds)
    return _Secure(host, parts.port, address, seconds, context or ssl.create_default_context())


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
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)  # whoever cuts it off finds it meanwhile
