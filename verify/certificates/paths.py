"""Certification paths (RFC 5280 §6): a bounded search, then the rules on each exact chain.

The search only follows names and signatures and stops after MAX_PATH_STEPS, so chains made to explode cannot; what the trust
store knows by itself it finds whatever a document brings along (:mod:`verify.certificates.path_search`). The
rules (constraints on names, lengths and policies, critical extensions) are those of :mod:`verify.certificates.rules`, run
on one chain with one anchor, whatever its algorithms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from verify.algorithms import DIGESTS, key_of
from verify.certificates.broken_rules import chain_failure, check_form, refusing
from verify.certificates.extensions import extensions_of
from verify.certificates.facts import Fact
from verify.certificates.links import made_by, usable
from verify.certificates.names import NameKey, issuer_key_of, subject_key_of
from verify.certificates.own_paths import OwnPaths
from verify.certificates.path_search import Search
from verify.certificates.policies import ANY_TERMS, PathTerms
from verify.certificates.remembered import Remembered, Steps, by_identity
from verify.certificates.rules import UNDERSTOOD, check_rules, check_structure
from verify.civil_time import civil_day
from verify.digests import digest_of
from verify.errors import Finding, unsure
from verify.policy import MAX_CERTIFICATES, MAX_CHAIN_DEPTH, MAX_PATH_STEPS
from verify.terminal import harmless
from verify.trust import TrustStore
from verify.trusted_lists.anchors import SIGNERS, ListAnchors, Vouching
from verify.trusted_lists.decision import TrustDecision
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication

MAX_VAIN_STEPS: Final = 512
"""Signatures between certificates that are checked for one document and lead to no anchor; at the slowest key they take two seconds.

Behind them each signer has as many as a path may have links, tried by the keys that certificates name: what is in order is found.
"""

MAX_REMEMBERED: Final = 4096
"""Signatures between certificates, and chains, that one finder remembers: some megabytes in a service that seals for years."""

MAX_QUESTIONS: Final = 128
"""Certificates with those that came along, whose chains one finder remembers; each may have brought a hundred."""

MAX_DESCRIBED: Final = 256
"""Certificates and chains of which one process remembers what their octets say."""

Chain = tuple[x509.Certificate, ...]
"""From the leaf to its anchor, both included."""


@by_identity(MAX_DESCRIBED)
def fingerprint(certificate: x509.Certificate) -> bytes:
    """SHA-256 of the certificate's DER."""
    return certificate.fingerprint(hashes.SHA256())


@by_identity(MAX_DESCRIBED)
def digest_of_certificate(certificate: x509.Certificate, algorithm: str) -> bytes:
    """Digest the certificate's DER, which the library encodes anew each time."""
    return digest_of(algorithm, certificate.public_bytes(Encoding.DER))


@by_identity(MAX_DESCRIBED)
def name(subject: x509.Name) -> str:
    """Write a distinguished name for people: common name, else organization, else RFC 4514; nothing in it that nobody sees."""
    for oid in (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME):
        found = subject.get_attributes_for_oid(oid)
        if found:
            return harmless(str(found[0].value))
    return harmless(subject.rfc4514_string())


@dataclass(frozen=True, slots=True)
class _Lasting:
    """A chain that keeps every rule but time's: from when and until when all of it is valid, and its policies."""

    start: datetime
    end: datetime
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search found, how much of it was in vain, and whether what went before in the document cut it short."""

    chains: list[Chain]
    vain: int
    cut: bool


class PathFinder:
    """Find and check paths from certificates to the anchors of one trust store, at the same terms for each."""

    def __init__(self, trust: TrustStore, terms: PathTerms = ANY_TERMS) -> None:
        self._terms = terms
        self.listed = ListAnchors.of(trust.lists)
        self._own = OwnPaths(trust, self.listed, self.issued)
        self._issued: dict[tuple[x509.Certificate, x509.Certificate], bool] = {}
        self._proved: dict[tuple[bytes, x509.Certificate], tuple[x509.Certificate | None]] = {}
        self._lasting: Remembered[_Lasting] = Remembered(MAX_REMEMBERED)
        self._candidates: Remembered[_Found] = Remembered(MAX_QUESTIONS)
        self._vain: int | None = None
        self.steps = Steps()
        """Numbers what evidence was taken by whoever asks about paths."""
        self.facts: Remembered[tuple[Fact, ...]] = Remembered(MAX_REMEMBERED)
        """What evidence says of a certificate, by what was taken (:class:`verify.certificates.revocation.Evidence`)."""

    def of_one_document(self) -> PathFinder:
        """Return a finder that shares all that was found, and counts its vain steps by itself."""
        other = copy(self)
        other._vain = 0  # noqa: SLF001 - our own copy
        return other

    def is_anchor(self, certificate: x509.Certificate) -> bool:
        """Tell whether the trust store believes this very certificate."""
        return self._own.is_anchor(certificate)

    def named(self, name: NameKey) -> tuple[x509.Certificate, ...]:
        """Return the anchors and known intermediates of a name."""
        return tuple(self._own.by_subject.get(name, ()))

    def of_key(self, key: bytes) -> tuple[x509.Certificate, ...]:
        """Return the anchors and known certificates of a key (its SubjectPublicKeyInfo, DER)."""
        return self._own.of_key(key)

    def candidates(
        self,
        leaf: x509.Certificate,
        extra: Sequence[x509.Certificate],
        kind: ServiceKind = ServiceKind.CA,
    ) -> list[Chain]:
        """Return chains that link ``leaf`` to an anchor by name and signature; no rule is applied.

        An operator's own anchors come before those of trust lists, which count for their kind alone; then the shortest.
        No time changes them, so documents share them.
        """
        return list(self._found(leaf, extra, kind).chains)

    def linked(
        self, leaf: x509.Certificate, extra: Sequence[x509.Certificate], kind: ServiceKind
    ) -> list[Chain]:
        """Return the chains that tell of ``leaf`` and its authorities: those that keep every rule, whether or not they still hold.

        Of a certificate that a trust list names for itself its own issuers tell as well, as far as the trust store has them.
        """
        found = list(self._known(leaf, extra, kind).chains)
        if self.listed.names(leaf, kind) and not self.is_anchor(leaf):
            issuers = self.named(issuer_key_of(leaf))
            found += [(leaf, one) for one in issuers if one != leaf and self.issued(leaf, one)]
        return [chain for chain in found if self._keeps_rules(chain)]

    def _keeps_rules(self, chain: Chain) -> bool:
        try:
            self._check_lasting(chain)
        except Finding:
            return False
        return True

    def _found(self, leaf: x509.Certificate, extra: Sequence[x509.Certificate], kind: ServiceKind) -> _Found:
        found = self._known(leaf, extra, kind)
        if self._vain is not None:
            self._vain += found.vain
        return found

    def _known(self, leaf: x509.Certificate, extra: Sequence[x509.Certificate], kind: ServiceKind) -> _Found:
        asked = (leaf, *extra[:MAX_CERTIFICATES])
        found = self._candidates.find(asked, kind)
        if found is None:
            search = self._searched(leaf, extra, kind)
            chains = sorted(search.found, key=lambda chain: (not self.is_anchor(chain[-1]), len(chain)))
            found = _Found(chains, search.vain, search.most < MAX_PATH_STEPS and search.steps >= search.most)
            if not found.cut:  # no matter what went before
                self._candidates.keep(asked, found, kind)
        return found

    def _searched(
        self, leaf: x509.Certificate, extra: Sequence[x509.Certificate], kind: ServiceKind
    ) -> Search:
        brought: dict[NameKey, list[x509.Certificate]] = {}
        for certificate in extra[:MAX_CERTIFICATES]:
            subject = subject_key_of(certificate)
            if certificate not in self._own.by_subject.get(subject, ()):
                brought.setdefault(subject, []).append(certificate)
        search = Search(
            self._own.by_subject,
            brought,
            self.is_anchor,
            self.issued,
            lambda tip: self._own.chains(tip, kind),
            most=min(MAX_PATH_STEPS, max(MAX_CHAIN_DEPTH, MAX_VAIN_STEPS - (self._vain or 0))),
        )
        search.extend((leaf,))
        return search

    def issued(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        """Tell whether names match and ``issuer``'s key made the certificate's signature."""
        key = (certificate, issuer)
        known = self._issued.get(key)
        if known is None:
            known = made_by(certificate, issuer)
            if len(self._issued) >= MAX_REMEMBERED:
                self._issued.clear()
            self._issued[key] = known
        return known

    def proved(
        self, question: tuple[bytes, x509.Certificate], ask: Callable[[], x509.Certificate | None]
    ) -> x509.Certificate | None:
        """Remember who signed a list or an answer, by its digest: no time changes that, and documents share them."""
        known = self._proved.get(question)
        if known is None:
            known = (ask(),)
            if len(self._proved) >= MAX_REMEMBERED:
                self._proved.clear()
            self._proved[question] = known
        return known[0]

    def choose(
        self,
        leaf: x509.Certificate,
        extra: Sequence[x509.Certificate],
        at: datetime,
        asked: Vouching = SIGNERS,
    ) -> tuple[Chain, Finding | None]:
        """Return the first chain that holds at ``at``, or the first chain with what is wrong with it; raises as :meth:`holding`."""
        chains, finding = self.holding(leaf, extra, at, asked)
        return chains[0], finding

    def holding(
        self, leaf: x509.Certificate, extra: Sequence[x509.Certificate], at: datetime, asked: Vouching
    ) -> tuple[tuple[Chain, ...], Finding | None]:
        """Return every chain that holds at ``at``, or the first chain with what is wrong with it.

        ``asked`` is what a trust list must vouch for where it names the anchor. Raises NO_CERTIFICATE_CHAIN_FOUND when no chain reaches an anchor: an unknown issuer is never green.
        """
        first: tuple[Chain, Finding] | None = None
        held: list[Chain] = []
        found = self._found(leaf, extra, asked.kind)
        for chain in found.chains:
            try:
                self._check(chain, at)
                self._check_listed(chain, asked, at)
            except Finding as finding:
                first = first or (chain, finding)
            else:
                held.append(chain)
        if held:
            return tuple(held), None
        if first is None and found.cut:
            raise unsure(
                SubIndication.LIMIT_REACHED,
                "文件所带的证书过多，未能找到通向受信任机构的路径即已达到上限，无法判定；请要求只附上所需的证书后重新签章。",
                "The document brings so many certificates that the limit was reached before a path to a trusted authority was "
                "found; have it signed again with the certificates that it needs.",
            )
        if first is None:
            raise unsure(
                SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
                "无法识别签发机构：证书不是由受信任的机构签发的。请确认来源，或将其根证书加入信任库后重新核验。",
                "The issuer is not recognised: the certificate does not lead to a trusted authority. "
                "Check where the file comes from, or add its root to the trust store and verify again.",
            )
        return (first[0],), first[1]

    def _check(self, chain: Chain, at: datetime) -> None:
        """Apply RFC 5280 §6.1 to one chain at one time; raises ``Finding``.

        Only the validities depend on the time: a chain that once kept every other rule keeps them ever after.
        """
        known = self._lasting.find(chain)
        if known is None or not known.start <= at.replace(microsecond=0) <= known.end:
            for certificate in chain:
                check_validity(certificate, at)
        self._check_lasting(chain)

    def _check_lasting(self, chain: Chain) -> None:
        """Apply every rule that no time changes, once; raises ``Finding``."""
        if self._lasting.find(chain) is None:
            start = max(certificate.not_valid_before_utc for certificate in chain)
            end = min(certificate.not_valid_after_utc for certificate in chain)
            self._lasting.keep(chain, _Lasting(start, end, check_lasting(chain, self._terms)))

    def _check_listed(self, chain: Chain, asked: Vouching, at: datetime) -> None:
        objection = None if self.is_anchor(chain[-1]) else self.listed.objection(chain, asked, at)
        if objection is not None:
            raise objection

    def decision(self, chain: Chain, asked: Vouching, at: datetime) -> TrustDecision:
        """Tell which list vouches for a chain that was found, or what its lists say against it."""
        return self.listed.decide(chain, asked, at, decreed=self.is_anchor(chain[-1]))

    def policies(self, chain: Chain) -> tuple[str, ...]:
        """Return the policies valid along a chain that was chosen; none where it does not hold."""
        known = self._lasting.find(chain)
        return () if known is None else known.policies


def check_lasting(chain: Chain, terms: PathTerms = ANY_TERMS) -> tuple[str, ...]:
    """Apply every rule of RFC 5280 §6.1 that no clock changes; return the valid policies, or raise ``Finding``.

    Pure: the answer depends on the octets of the chain and on the terms alone.
    """
    for certificate in chain[:-1]:
        _check_algorithm(certificate)
        check_form(certificate)
    for certificate in chain[1:]:
        check_authority(certificate)
    _check_keys(chain)
    with refusing():
        return tuple(sorted(check_rules(chain, terms))) if len(chain) > 1 else ()


def check_delegate(delegate: x509.Certificate, issuer: x509.Certificate) -> None:
    """Apply the rules of RFC 5280 §6.1 to a certificate by which an issuer lets another key speak for it, or raise ``Finding``.

    Nothing rests on its policies, and its digest is judged by date (:mod:`verify.certificates.delegates`); what says that nobody need
    ask about its own revocation (RFC 6960 §4.2.2.2.1) is understood.
    """
    check_form(delegate)
    check_authority(issuer)
    _check_keys((delegate, issuer))
    with refusing():
        check_structure((delegate, issuer), UNDERSTOOD | {x509.OCSPNoCheck.oid})


def _check_keys(chain: Chain) -> None:
    """ETSI TS 119 312 §8: every key of a path, the anchor's too, is of a kind and length that proves anything."""
    for certificate in chain:
        if not usable(key_of(certificate)):
            raise unsure(
                SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
                f"证书“{name(certificate.subject)}”的密钥种类或长度不被接受，请更换证书后重新签章。",
                f"The key of the certificate of {name(certificate.subject)} is of a kind or length that is not "
                "accepted; sign again with a new certificate.",
            )


def check_validity(certificate: x509.Certificate, at: datetime) -> None:
    """RFC 5280 §4.1.2.5: ``at`` lies inside the validity, both ends included; raises OUT_OF_BOUNDS_NO_POE."""
    at = at.replace(microsecond=0)
    if at < certificate.not_valid_before_utc:
        who, day = name(certificate.subject), civil_day(certificate.not_valid_before_utc)
        raise unsure(
            SubIndication.OUT_OF_BOUNDS_NO_POE,
            f"证书“{who}”在该时间尚未生效（自 {day} 起有效），请核对时间。",
            f"The certificate of {who} was not yet valid at that time (valid from {day}); check the time.",
        )
    if at > certificate.not_valid_after_utc:
        who, day = name(certificate.subject), civil_day(certificate.not_valid_after_utc)
        raise unsure(
            SubIndication.OUT_OF_BOUNDS_NO_POE,
            f"证书“{who}”已于 {day} 到期，且没有可信时间戳证明签章在到期前完成；请要求重新签章或补充证据。",
            f"The certificate of {who} expired on {day}, and no trusted time-stamp proves an earlier signature; "
            "ask for a new seal or for that evidence.",
        )


def _check_algorithm(certificate: x509.Certificate) -> None:
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        algorithm = None
    if algorithm is not None and algorithm.name.replace("-", "_") not in DIGESTS:
        raise unsure(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            f"证书“{name(certificate.subject)}”使用了不被接受的算法（{algorithm.name}），请更换证书后重新签章。",
            f"The certificate of {name(certificate.subject)} rests on an algorithm that is not accepted "
            f"({algorithm.name}); sign again with a new certificate.",
        )


def check_authority(certificate: x509.Certificate) -> None:
    """RFC 5280 §6.1.4 (k), (n): an issuer says that it is a CA; where the use of its key is restricted, it may sign certificates."""
    extensions = {extension.oid: extension for extension in extensions_of(certificate)}
    constraints, usage = extensions.get(x509.BasicConstraints.oid), extensions.get(x509.KeyUsage.oid)
    authority = constraints is not None and constraints.value.ca
    if not authority or (usage is not None and not usage.value.key_cert_sign):
        raise chain_failure(f"{name(certificate.subject)} is not allowed to issue certificates")
