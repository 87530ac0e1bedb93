"""The search for a certification path: along names and signatures, bounded (RFC 5280 §6, RFC 4158). No rule is applied. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509

from verify.algorithms import spki_of
from verify.certificates.key_identifiers import authority_key, subject_key
from verify.certificates.names import NameKey, issuer_key_of, subject_key_of
from verify.policy import MAX_CHAIN_DEPTH

MAX_CANDIDATES: Final = 8
"""Chains tried for one leaf; cross-certification gives two or three."""

Chain = tuple[x509.Certificate, ...]


@dataclass(slots=True)
class Search:
    """One search: among whom, where a chain may end, whether one certificate issued another, and how many signatures are checked."""

    pool: dict[NameKey, list[x509.Certificate]]
    is_anchor: Callable[[x509.Certificate], bool]
    is_listed: Callable[[x509.Certificate], bool]
    issued: Callable[[x509.Certificate, x509.Certificate], bool]
    most: int
    steps: int = 0
    found: list[Chain] = field(default_factory=list)

    @property
    def vain(self) -> int:
        """Count the signatures that led to no anchor."""
        return max(0, self.steps - sum(len(chain) - 1 for chain in self.found))

    def extend(self, chain: Chain) -> None:
        """Take a chain up to whatever anchors can be reached from its end."""
        tip = chain[-1]
        if self.is_anchor(tip):
            self.found.append(chain)
            return
        if self.is_listed(tip):
            self.found.append(chain)  # and on: an operator's own anchor may stand above
        if len(chain) > MAX_CHAIN_DEPTH:
            return
        issuers = self.pool.get(issuer_key_of(tip), [])
        wanted = authority_key(tip)
        for issuer in sorted(issuers, key=lambda item: self._likely(item, wanted)):
            if len(self.found) >= MAX_CANDIDATES or self.steps >= self.most:
                return
            if any(_same_authority(issuer, seen) for seen in chain):
                continue
            self.steps += 1
            if self.issued(tip, issuer):
                self.extend((*chain, issuer))

    def _likely(self, issuer: x509.Certificate, wanted: bytes | None) -> tuple[bool, bool]:
        """Put first what is an anchor, then what has the key that is named: of a hundred namesakes few are tried."""
        return not self.is_anchor(issuer), wanted is None or wanted != subject_key(issuer)


def _same_authority(one: x509.Certificate, other: x509.Certificate) -> bool:
    """RFC 4158 §5.2: the same name with the same key is met again; a path through it only runs in a circle."""
    if one == other:
        return True
    return subject_key_of(one) == subject_key_of(other) and spki_of(one) == spki_of(other)
