"""The search for a certification path: along names and signatures, bounded (RFC 5280 §6, RFC 4158). No rule is applied. Pure.

What a trust store knows of a certificate is found first, among its own certificates and with a limit of its own; what a document
brings along adds paths to that and takes none away, however much of it there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509

from verify.algorithms import spki_of
from verify.certificates.key_identifiers import authority_key, subject_key
from verify.certificates.names import NameKey, issuer_key_of, subject_key_of
from verify.policy import MAX_CHAIN_DEPTH, MAX_PATH_STEPS

MAX_CANDIDATES: Final = 8
"""Ways through certificates that a document brings, for one leaf; cross-certification gives two or three."""
MAX_OWN_CANDIDATES: Final = 32
"""Chains of one certificate in a trust store, where every root may have certified every other's authorities."""

Chain = tuple[x509.Certificate, ...]
Pool = Mapping[NameKey, Sequence[x509.Certificate]]
"""Certificates by their subjects."""


@dataclass(slots=True)
class OwnSearch:
    """A search in a trust store alone: where a chain may end, and whether one certificate issued another."""

    pool: Pool
    is_anchor: Callable[[x509.Certificate], bool]
    is_listed: Callable[[x509.Certificate], bool]
    issued: Callable[[x509.Certificate, x509.Certificate], bool]
    steps: int = 0
    found: list[Chain] = field(default_factory=list)

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
        wanted = authority_key(tip)
        issuers = self.pool.get(issuer_key_of(tip), ())
        for issuer in sorted(issuers, key=lambda one: (not self.is_anchor(one), _unlikely(one, wanted))):
            if len(self.found) >= MAX_OWN_CANDIDATES or self.steps >= MAX_PATH_STEPS:
                return
            if _meets(issuer, chain):
                continue
            self.steps += 1
            if self.issued(tip, issuer):
                self.extend((*chain, issuer))


@dataclass(slots=True)
class Search:
    """A search among what a document brings: from each certificate that is reached, every chain goes on that the trust store has of it.

    ``own`` gives those; ``most`` is how many signatures are checked between certificates for the document's sake.
    """

    store: Pool
    brought: Pool
    """What the store does not have."""
    is_anchor: Callable[[x509.Certificate], bool]
    issued: Callable[[x509.Certificate, x509.Certificate], bool]
    own: Callable[[x509.Certificate], Sequence[Chain]]
    most: int
    steps: int = 0
    ways: int = 0
    _useful: int = 0
    _found: dict[tuple[bytes, ...], Chain] = field(default_factory=dict)
    _leading: dict[NameKey, bool] = field(default_factory=dict)

    @property
    def found(self) -> list[Chain]:
        """Return the chains: those of the store alone first."""
        return list(self._found.values())

    @property
    def vain(self) -> int:
        """Count the signatures that led to no anchor."""
        return max(0, self.steps - self._useful)

    def extend(self, chain: Chain) -> None:
        """Take a chain up by what the store knows of its end, then by what the document brings."""
        self._join(chain)
        tip = chain[-1]
        if len(chain) > MAX_CHAIN_DEPTH or self.is_anchor(tip):
            return
        wanted = authority_key(tip)
        for issuer in sorted(self._issuers(issuer_key_of(tip)), key=lambda one: _unlikely(one, wanted)):
            if self.ways >= MAX_CANDIDATES or self.steps >= self.most:
                return
            if _meets(issuer, chain):
                continue
            self.steps += 1
            if self.issued(tip, issuer):
                self.extend((*chain, issuer))

    def _join(self, chain: Chain) -> None:
        """Keep what is new. The same statements in other octets are the same chain: anybody writes a signature's value in another form."""
        new = False
        for rest in self.own(chain[-1]):
            whole = (*chain, *rest[1:])
            if len(whole) > MAX_CHAIN_DEPTH + 1 or any(_meets(one, chain[:-1]) for one in rest[1:]):
                continue
            said = tuple([one.tbs_certificate_bytes for one in whole])
            new = self._found.setdefault(said, whole) is whole or new
        if new and len(chain) > 1:
            self.ways += 1
            self._useful += len(chain) - 1

    def _issuers(self, name: NameKey) -> list[x509.Certificate]:
        """Return what the document brings of a name, and of the store's what may have been issued by something that it brings."""
        known = (one for one in self.store.get(name, ()) if not self.is_anchor(one))
        return [*self.brought.get(name, ()), *(one for one in known if self._leads(issuer_key_of(one)))]

    def _leads(self, name: NameKey) -> bool:
        """Tell whether names lead from one, by certificates of the store, to something that the document brings."""
        known = self._leading.get(name)
        if known is None:
            seen, open_names, known = {name}, [name], False
            while open_names and not known:
                here = open_names.pop()
                known = here in self.brought
                above = {issuer_key_of(one) for one in self.store.get(here, ())} - seen
                seen |= above
                open_names += above
            self._leading[name] = known
        return known


def _unlikely(issuer: x509.Certificate, wanted: bytes | None) -> bool:
    """Put first what has the key that is named: of a hundred namesakes few are tried."""
    return wanted is None or wanted != subject_key(issuer)


def _meets(certificate: x509.Certificate, chain: Chain) -> bool:
    """RFC 4158 §5.2: the same name with the same key is met again; a path through it only runs in a circle."""
    return any(_same_authority(certificate, seen) for seen in chain)


def _same_authority(one: x509.Certificate, other: x509.Certificate) -> bool:
    if one == other:
        return True
    return subject_key_of(one) == subject_key_of(other) and spki_of(one) == spki_of(other)
