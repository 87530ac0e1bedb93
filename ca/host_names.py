"""The addresses that a server's certificate is for: DNS names and IP addresses as general names (RFC 5280 §4.2.1.6). Pure."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from cryptography import x509

from ca.errors import RequestInvalid

MAX_HOSTS: Final = 16
"""Addresses in one certificate: a server has a name or two inside, one outside, and its numbers."""
MAX_NAME: Final = 253
"""RFC 1035 §2.3.4: 255 octets on the wire, two of them lengths."""
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
"""RFC 1123 §2.1, letters, digits and hyphens; no wildcard is issued."""


def general_names(hosts: tuple[str, ...]) -> tuple[x509.GeneralName, ...]:
    """Read addresses in the order given; one that is neither name nor number raises :class:`RequestInvalid`."""
    if len(hosts) > MAX_HOSTS or len(set(hosts)) < len(hosts):
        raise RequestInvalid(f"a certificate names at most {MAX_HOSTS} hosts, each once")
    return tuple(_general_name(host) for host in hosts)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    if len(host) > MAX_NAME or not _NAME.fullmatch(host) or host.rpartition(".")[2].isdigit():
        raise RequestInvalid(f"{host[:64]!r} is neither a host name nor an IP address") from None
    return x509.DNSName(host)
