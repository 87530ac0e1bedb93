"""Name constraints (RFC 5280 §4.2.1.10, §6.1.4 (g), §6.1.3 (b), (c)) for chains that the library cannot walk. Pure.

Directory names, DNS names, mailboxes, addresses and URIs are compared; a constraint on any other form of name refuses a
certificate that has such a name.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509


class NameForbidden(Exception):
    """A name lies outside what an issuer above was given, or cannot be compared with it."""


def check_names(certificate: x509.Certificate, constraints: x509.NameConstraints) -> None:
    """Check every name of a certificate against the constraints of one issuer above it; raises :class:`NameForbidden`."""
    for name in _names(certificate):
        if any(_within(name, subtree, excluded=True) for subtree in constraints.excluded_subtrees or ()):
            raise NameForbidden("a name is excluded by an issuer's name constraints")
        permitted = [s for s in constraints.permitted_subtrees or () if type(s) is type(name)]
        if permitted and not any(_within(name, subtree, excluded=False) for subtree in permitted):
            raise NameForbidden("a name is not among those that an issuer may name")


def _names(certificate: x509.Certificate) -> list[x509.GeneralName]:
    """§4.2.1.10: the subject, its alternative names, and mailboxes in the subject where there are no other mailboxes."""
    names: list[x509.GeneralName] = (
        [x509.DirectoryName(certificate.subject)] if list(certificate.subject) else []
    )
    with suppress(x509.ExtensionNotFound):
        names += certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if not any(isinstance(name, x509.RFC822Name) for name in names):
        mailboxes = certificate.subject.get_attributes_for_oid(x509.NameOID.EMAIL_ADDRESS)
        names += [x509.RFC822Name(str(mailbox.value)) for mailbox in mailboxes]
    return names


def _within(name: x509.GeneralName, subtree: x509.GeneralName, *, excluded: bool) -> bool:
    if type(name) is not type(subtree):
        return False
    compare = _COMPARISONS.get(type(name))
    if compare is None:
        raise NameForbidden("an issuer constrains a form of name that is not understood")
    return compare(name.value, subtree.value, excluded)


def _directory(name: x509.Name, subtree: x509.Name, _: bool) -> bool:
    wanted = [_relative(part) for part in subtree.rdns]
    return [_relative(part) for part in name.rdns[: len(wanted)]] == wanted


def _relative(part: x509.RelativeDistinguishedName) -> frozenset[tuple[str, str]]:
    """§7.1: letters in either case and runs of blanks are the same."""
    return frozenset((item.oid.dotted_string, " ".join(str(item.value).casefold().split())) for item in part)


def _dns(name: str, subtree: str, excluded: bool) -> bool:
    """``host.example`` lies in ``example``; what a wildcard could stand for lies in an excluded part of it."""
    _plain(subtree)
    host, domain = name.lower(), subtree.lower()
    if host.startswith("*."):
        host = host[2:]
        if excluded and domain.endswith(f".{host}"):
            return True
    return not domain or host == domain or host.endswith(f".{domain}")


def _plain(subtree: str) -> None:
    if subtree.startswith(".") or "*" in subtree:
        raise NameForbidden("a constraint on DNS names has a form that RFC 5280 does not know")


def _mailbox(name: str, subtree: str, _: bool) -> bool:
    """One mailbox, all of a host, or all hosts of a domain (``.example``)."""
    local, _at, host = name.rpartition("@")
    if not local or not host or "@" in local:
        raise NameForbidden("a mailbox to compare with a name constraint is none")
    if "@" in subtree:
        wanted, _at, domain = subtree.rpartition("@")
        return local == wanted and host.lower() == domain.lower()
    return _host(host, subtree)


def _host(host: str, subtree: str) -> bool:
    if subtree.startswith("."):
        return host.lower().endswith(subtree.lower())
    return host.lower() == subtree.lower()


def _address(name: Any, subtree: Any, _: bool) -> bool:
    return bool(name.version == subtree.version and name in subtree)


def _uri(name: str, subtree: str, _: bool) -> bool:
    try:
        host = urlsplit(name).hostname
    except ValueError:
        host = None
    if not host:
        raise NameForbidden("a URI has no host to compare with a name constraint")
    return _host(host, subtree)


_COMPARISONS: Final[dict[type, Callable[[Any, Any, bool], bool]]] = {
    x509.DirectoryName: _directory,
    x509.DNSName: _dns,
    x509.RFC822Name: _mailbox,
    x509.IPAddress: _address,
    x509.UniformResourceIdentifier: _uri,
}
