"""Name constraints (RFC 5280 §4.2.1.10, §6.1.4 (g), §6.1.3 (b), (c)). Pure.

Directory names, DNS names, mailboxes (internationalised ones too), addresses and URIs are compared; a constraint on any other form of name refuses a
certificate that has such a name. What cannot be compared is refused, never passed over: a URI that names an address in
place of a host lies outside every constraint on hosts, and would slip past what is excluded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509

from ca import der
from verify.certificates.extensions import extensions_of
from verify.certificates.names import name_key

MAX_COMPARISONS: Final = 20_000
"""Names times subtrees of one certificate and one issuer: a hundred of each is much, thousands of each are an attack
on the verifier's time."""


SMTP_UTF8_MAILBOX: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")
"""RFC 9598 §3: a mailbox that may have letters of every language before its host."""


_HOST: Final = re.compile("[a-z0-9._-]+", re.ASCII)
"""Letters of a host as it is compared; ``ex%61mple`` is another to whoever decodes it."""


class NameForbidden(Exception):
    """A name lies outside what an issuer above was given, or cannot be compared with it."""


def check_names(certificate: x509.Certificate, constraints: x509.NameConstraints) -> None:
    """Check every name of a certificate against the constraints of one issuer above it; raises :class:`NameForbidden`."""
    names = _names(certificate)
    excluded, allowed = constraints.excluded_subtrees or (), constraints.permitted_subtrees or ()
    if len(names) * (len(excluded) + len(allowed)) > MAX_COMPARISONS:
        raise NameForbidden("there are more names and constraints than are compared")
    for name in names:
        if any(_within(name, subtree, excluded=True) for subtree in excluded):
            raise NameForbidden("a name is excluded by an issuer's name constraints")
        permitted = [s for s in allowed if type(s) is _form(name)]
        if permitted and not any(_within(name, subtree, excluded=False) for subtree in permitted):
            raise NameForbidden("a name is not among those that an issuer may name")


@dataclass(frozen=True, slots=True)
class _Mailbox:
    """A mailbox that stands in another form of name, and is compared as one all the same."""

    value: str


_Name = x509.GeneralName | _Mailbox


def _form(name: _Name) -> type:
    return x509.RFC822Name if isinstance(name, _Mailbox) else type(name)


def _names(certificate: x509.Certificate) -> list[_Name]:
    """§4.2.1.10: the subject, its alternative names, and mailboxes in the subject; RFC 9598 §6: internationalised ones.

    The RFC asks for those in the subject only where no other mailbox is named; a subject that claims a forbidden one
    beside a permitted one is refused here all the same.
    """
    names: list[_Name] = [x509.DirectoryName(certificate.subject)] if list(certificate.subject) else []
    with suppress(x509.ExtensionNotFound):
        names += extensions_of(certificate).get_extension_for_class(x509.SubjectAlternativeName).value
    mailboxes = certificate.subject.get_attributes_for_oid(x509.NameOID.EMAIL_ADDRESS)
    names += [_mailbox_of(str(mailbox.value)) for mailbox in mailboxes]
    others = [name for name in names if isinstance(name, x509.OtherName)]
    return names + [_internationalised(name.value) for name in others if name.type_id == SMTP_UTF8_MAILBOX]


def _mailbox_of(text: str) -> x509.RFC822Name:
    try:
        return x509.RFC822Name(text)
    except ValueError as foreign:
        raise NameForbidden("a mailbox to compare with a name constraint is none") from foreign


def _internationalised(value: bytes) -> _Mailbox:
    """RFC 9598 §3: a UTF8String; what is none is no mailbox to whoever compares it."""
    read = der.Reader(value)
    try:
        text = read.contents(der.UTF8_STRING).decode()
        read.finish()
    except ValueError:
        return _Mailbox("")
    return _Mailbox(text)


def _within(name: _Name, subtree: x509.GeneralName, *, excluded: bool) -> bool:
    if _form(name) is not type(subtree):
        return False
    compare = _COMPARISONS.get(_form(name))
    if compare is None:
        raise NameForbidden("an issuer constrains a form of name that is not understood")
    return compare(name.value, subtree.value, excluded)


def _directory(name: x509.Name, subtree: x509.Name, _: bool) -> bool:
    wanted = name_key(subtree)
    return name_key(name)[: len(wanted)] == wanted


def _dns(name: str, subtree: str, excluded: bool) -> bool:
    """``host.example`` lies in ``example``; what a wildcard could stand for lies in an excluded part of it."""
    _plain(subtree)
    host, domain = _whole(name), _whole(subtree)
    if host.startswith("*."):
        host = host[2:]
        if excluded and domain.endswith(f".{host}"):
            return True
    return not domain or host == domain or host.endswith(f".{domain}")


def _plain(subtree: str) -> None:
    if subtree.startswith(".") or "*" in subtree:
        raise NameForbidden("a constraint on DNS names has a form that RFC 5280 does not know")


def _mailbox(name: str, subtree: str, _: bool) -> bool:
    """One mailbox, all of a host, or all hosts of a domain (``.example``); hosts are written in A-labels (RFC 9598 §5)."""
    local, _at, host = name.rpartition("@")
    if not local or not host or "@" in local or not host.isascii():
        raise NameForbidden("a mailbox to compare with a name constraint is none")
    if "@" in subtree:
        wanted, _at, domain = subtree.rpartition("@")
        return local == wanted and _whole(host) == _whole(domain)
    return _host(host, subtree)


def _host(host: str, subtree: str) -> bool:
    if subtree.startswith("."):
        return _whole(host).endswith(_whole(subtree))
    return _whole(host) == _whole(subtree)


def _whole(host: str) -> str:
    """Fold a host: with the dot of the root at its end it is the same host."""
    return host.lower().removesuffix(".")


def _address(name: Any, subtree: Any, _: bool) -> bool:
    return bool(name.version == subtree.version and name in subtree)


def _uri(name: str, subtree: str, _: bool) -> bool:
    try:
        host = urlsplit(name).hostname
    except ValueError:
        host = None
    if not host or _is_address(host) or not _HOST.fullmatch(host):
        raise NameForbidden("a URI has no host name to compare with a name constraint")
    return _host(host, subtree)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host.replace(".", "").isdigit()  # 2130706433 and 127.1 are addresses to a browser
    return True


_COMPARISONS: Final[dict[type, Callable[[Any, Any, bool], bool]]] = {
    x509.DirectoryName: _directory,
    x509.DNSName: _dns,
    x509.RFC822Name: _mailbox,
    x509.IPAddress: _address,
    x509.UniformResourceIdentifier: _uri,
}
