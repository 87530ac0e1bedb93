"""What a cross certificate says of another installation's authority: its name, its key's name, and how far it is trusted. Pure.

It stands in the request, so that it is what was asked, what is linted and what the digest of the request covers.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

MAX_NAMES: Final = 64
"""Subtrees of each kind: a department names a few."""
MAX_POLICIES: Final = 32
MAX_SKIP: Final = 9
"""Certificates that a policy constraint may pass over: no chain of ours is longer."""
_STARTS: Final = re.compile(r"/(?=(?:C|ST|L|O|OU|CN|DC)=)")
"""A slash that begins an attribute; any other is part of a value."""
_ATTRIBUTES: Final = {
    "C": NameOID.COUNTRY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "L": NameOID.LOCALITY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "CN": NameOID.COMMON_NAME,
    "DC": NameOID.DOMAIN_COMPONENT,
}


@dataclass(frozen=True, slots=True)
class CrossTerms:
    """The terms of one cross certificate.

    ``subject`` (DER) and ``key_identifier`` are those of the other authority's own certificate, octet for octet, or no
    path would join. ``policies`` (dotted) are the issuer's words; ``mappings`` say what they are called below. Names are
    written ``dn:/C=CN/O=…``, ``dns:example.cn``, ``email:example.cn``, ``uri:.example.cn``, ``ip:10.0.0.0/8``. The three
    last are RFC 5280 §4.2.1.11 and §4.2.1.14; ``None`` says nothing.
    """

    subject: bytes
    key_identifier: bytes
    path_length: int
    policies: tuple[str, ...]
    mappings: tuple[tuple[str, str], ...] = ()
    permitted: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    require_explicit_policy: int | None = 0
    inhibit_policy_mapping: int | None = None
    inhibit_any_policy: int | None = 0

    def recorded(self) -> dict[str, Any]:
        """Return the terms as JSON types; what a second person confirms is the digest of this."""
        return {
            "subject": self.subject.hex(),
            "key_identifier": self.key_identifier.hex(),
            "path_length": self.path_length,
            "policies": list(self.policies),
            "mappings": [list(pair) for pair in self.mappings],
            "permitted": list(self.permitted),
            "excluded": list(self.excluded),
            "require_explicit_policy": self.require_explicit_policy,
            "inhibit_policy_mapping": self.inhibit_policy_mapping,
            "inhibit_any_policy": self.inhibit_any_policy,
        }

    @classmethod
    def of(cls, recorded: dict[str, Any]) -> CrossTerms:
        """Return the terms that :meth:`recorded` wrote."""
        octets = {key: bytes.fromhex(recorded[key]) for key in ("subject", "key_identifier")}
        lists = {key: tuple(recorded[key]) for key in ("policies", "permitted", "excluded")}
        mappings = tuple((own, theirs) for own, theirs in recorded["mappings"])
        return cls(**(recorded | octets | lists | {"mappings": mappings}))


@lru_cache(maxsize=256)
def general_name(text: str) -> x509.GeneralName:
    """Read a subtree as it is written in an order; ``ValueError`` says what is wrong with it."""
    kind, separator, value = text.partition(":")
    if not separator or not value.isprintable() or not value:
        raise ValueError(f"{text[:80]!r} is not a kind of name, a colon and a name")
    if kind == "dn":
        return x509.DirectoryName(_directory(value))
    if kind == "ip":
        return x509.IPAddress(ipaddress.ip_network(value))
    if not value.isascii() or any(character.isspace() for character in value):
        raise ValueError(f"{text[:80]!r} is not ASCII without blanks")
    if kind == "dns" and not value.startswith("."):
        return x509.DNSName(value)
    if kind == "email":
        return x509.RFC822Name(value)
    if kind == "uri":
        return x509.UniformResourceIdentifier(value)
    raise ValueError(f"{text[:80]!r} has none of the forms dn:/…, dns:, email:, uri:, ip:")


def _directory(value: str) -> x509.Name:
    """Read ``/C=CN/O=…`` from the top of the directory down."""
    if not value.startswith("/"):
        raise ValueError("a directory name begins with a slash")
    attributes = []
    for part in _STARTS.split(value[1:]):
        key, separator, text = part.partition("=")
        if key not in _ATTRIBUTES or not separator or not text:
            raise ValueError(
                f"{part[:80]!r} is not one of {', '.join(_ATTRIBUTES)}, an equals sign and a value"
            )
        attributes.append(x509.NameAttribute(_ATTRIBUTES[key], text))
    return x509.Name(attributes)


def same_name(one: x509.Name, other: x509.Name) -> bool:
    """Tell whether two names are one to a verifier (RFC 5280 §7.1): letters in either case, runs of blanks."""
    return _folded(one) == _folded(other)


def _folded(name: x509.Name) -> list[frozenset[tuple[str, str]]]:
    return [
        frozenset(
            (
                item.oid.dotted_string,
                " ".join(unicodedata.normalize("NFKC", str(item.value)).casefold().split()),
            )
            for item in part
        )
        for part in name.rdns
    ]


def constraints_of(terms: CrossTerms) -> x509.NameConstraints:
    """Return the name constraints that the terms write."""
    permitted = [general_name(text) for text in terms.permitted]
    excluded = [general_name(text) for text in terms.excluded]
    return x509.NameConstraints(permitted or None, excluded or None)
