"""Who may sign a revocation list (RFC 5280 §6.3.3 (f)): the issuer's key, another key of the issuer's, or whom it named.

By the RFC another certificate of the same name below the same anchor will do; then any authority below it could take the
name and clear what another one revoked. Here another key of the issuer is one that the issuer certified itself, or that
whoever certified the issuer certified too; and whom a certificate names is certified by an authority above that certificate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from verify.algorithms import DIGESTS, key_of
from verify.certificates import gm
from verify.certificates.delegates import keeps_the_rules
from verify.certificates.extensions import extensions_of
from verify.certificates.key_identifiers import authority_key, subject_key
from verify.certificates.links import usable
from verify.certificates.lists import Crl
from verify.certificates.names import NameKey, subject_key_of
from verify.certificates.paths import Chain, PathFinder
from verify.errors import Finding
from verify.policy import MAX_CERTIFICATES

MAX_SIGNERS: Final = 4
"""Other certificates tried for one list: an issuer changing its key has two."""

Standing = Callable[[x509.Certificate, x509.Certificate, Crl], bool]
"""Tells whether a signer's own certificate, of such an issuer, counts, was good when it signed a list, and never revoked."""


class ListSigners:
    """Tell who signed the lists of one verification; certificates that might be are learnt from the document."""

    def __init__(self, paths: PathFinder, standing: Standing) -> None:
        self._paths = paths
        self._standing = standing
        self._learnt: dict[NameKey, list[x509.Certificate]] = defaultdict(list)
        self._count = 0
        self._others: dict[tuple[bytes, Chain], x509.Certificate | None] = {}

    def learn(self, certificates: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
        """Take certificates that a document brings along; return the new ones: with them a *no* from before may be a *yes*."""
        found = []
        for certificate in certificates:
            mine = self._learnt[subject_key_of(certificate)]
            if certificate not in mine and self._count < MAX_CERTIFICATES:
                mine.append(certificate)
                self._count += 1
                found.append(certificate)
        if found:
            self._others.clear()
        return tuple(found)

    def signed_directly(self, item: Crl, issuer: x509.Certificate) -> x509.Certificate | None:
        """Return ``issuer`` if its own key, which may sign lists, made this signature."""
        return self._paths.proved(
            (item.mark, issuer), lambda: issuer if crl_signed_by(item.value, issuer) else None
        )

    def signer(self, item: Crl, chain: Chain, position: int) -> x509.Certificate | None:
        """Return by whose word a list counts for ``chain[position]``; ``None``: it does not."""
        issuer = chain[position + 1]
        own = item.head.issuer == subject_key_of(issuer)
        if own and self.signed_directly(item, issuer):
            return issuer
        above = chain[position + 1 :]
        key = (item.mark, above)
        if key not in self._others:
            counting = (one for one in self._namesakes(item) if self._counts(item, one, above, own=own))
            self._others[key] = next(counting, None)
        return self._others[key]

    def _namesakes(self, item: Crl) -> Iterator[x509.Certificate]:
        wanted, tried = authority_key(item.value), 0
        for certificate in (*self._paths.named(item.head.issuer), *self._learnt.get(item.head.issuer, ())):
            own = subject_key(certificate)
            if tried < MAX_SIGNERS and (wanted is None or own is None or own == wanted):
                tried += 1
                yield certificate

    def _counts(self, item: Crl, signer: x509.Certificate, above: Chain, *, own: bool) -> bool:
        when = item.value.last_update_utc
        if not signer.not_valid_before_utc <= when <= signer.not_valid_after_utc:
            return False
        if not self.signed_directly(item, signer):
            return False
        if own:
            return self._is_family(item, signer, above)
        return self._is_path(item, signer, above)

    def _is_family(self, item: Crl, signer: x509.Certificate, above: Chain) -> bool:
        """Another key of the issuer: in the path itself, certified by the issuer, or by who certified the issuer."""
        if signer in above:
            return True
        top = 0
        while top + 1 < len(above) and subject_key_of(above[top + 1]) == item.head.issuer:
            top += 1
        return any(
            self._paths.issued(signer, maker)
            and keeps_the_rules(signer, maker)
            and self._standing(signer, maker, item)
            for maker in above[: top + 2]
        )

    def _is_path(self, item: Crl, signer: x509.Certificate, above: Chain) -> bool:
        """Whom the certificate's own issuer named, certified by one that stands above the certificate, in good standing."""
        try:
            chain, finding = self._paths.choose(signer, above, item.value.last_update_utc)
        except Finding:
            return False
        if finding is not None or chain[-1] != above[-1] or chain[min(1, len(chain) - 1)] not in above:
            return False
        return all(
            self._standing(certificate, chain[position + 1], item)
            for position, certificate in enumerate(chain[:-1])
        )


def crl_signed_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """RFC 5280 §6.3.3 (f): the issuer may sign lists, and its key, one that can be used, made this signature."""
    return _may_sign_lists(issuer) and _verifies(crl, issuer)


def _may_sign_lists(issuer: x509.Certificate) -> bool:
    """RFC 5280 §4.2.1.3: cRLSign, where the use of the key is restricted at all."""
    try:
        return extensions_of(issuer).get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _verifies(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        key = key_of(issuer)
        if not usable(key):
            return False
        if gm.is_sm2(crl):
            gm.check_crl(crl, key)
            return True
        algorithm = crl.signature_hash_algorithm
        if algorithm is not None and algorithm.name.replace("-", "_") not in DIGESTS:
            return False
        if not isinstance(
            key,
            rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey,
        ):
            return False
        return crl.is_signature_valid(key)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
