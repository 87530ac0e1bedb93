"""The tokens in this computer: their certificates, and a signature over a digest with one of their keys."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

from api.agent.errors import CertificateAbsent
from hsm.algorithms import DEFAULT_ALGORITHM, Digest, PublicKey, SignatureAlgorithm, kind_of
from hsm.digest_signing import digest_signer, verify_digest
from hsm.errors import HsmError, PinRequired, UnsupportedAlgorithm
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.provider import KeyProvider
from hsm.public_keys import certificate_key


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate in a token, and the address of its key."""

    provider: KeyProvider
    uri: KeyUri
    der: bytes
    certificate: x509.Certificate
    public_key: PublicKey

    @property
    def sha256(self) -> str:
        """The certificate's digest (hex)."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """What the key signs with."""
        return DEFAULT_ALGORITHM[kind_of(self.public_key)]

    @property
    def holder(self) -> str:
        """The name in the certificate."""
        names = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.certificate.subject.rfc4514_string()


class TokenDrawer:
    """What lies in the computer's readers, behind any of our providers (PKCS#11, SKF)."""

    def __init__(self, providers: Sequence[KeyProvider]) -> None:
        self._providers = tuple(providers)
        self._lock = threading.Lock()

    def held(self) -> tuple[Held, ...]:
        """List the certificates of every token; needs no PIN. A token that does not answer is passed over."""
        with self._lock:
            return tuple(self._held())

    def find(self, sha256: str) -> Held:
        """Return the certificate with this digest; :class:`CertificateAbsent`."""
        for one in self.held():
            if one.sha256 == sha256:
                return one
        raise CertificateAbsent(sha256[:64])

    def sign(self, held: Held, digest: Digest, pin: Pin) -> bytes:
        """Sign with the PIN given for this one use, and prove the signature. Raises :class:`hsm.errors.HsmError`."""
        signer = held.provider.signer(held.uri, expected=held.public_key, pin=pin)
        signature = digest_signer(signer).sign_digest(digest)
        verify_digest(held.public_key, signer.algorithm, digest, signature)
        return signature

    def close(self) -> None:
        """End the workers."""
        for provider in self._providers:
            provider.close()

    def _held(self) -> Iterator[Held]:
        for provider in self._providers:
            for token in _tokens(provider):
                yield from _in_token(provider, token)


def _tokens(provider: KeyProvider) -> tuple[str, ...]:
    try:
        return provider.tokens()
    except HsmError:
        return ()


def _in_token(provider: KeyProvider, token: str) -> Iterator[Held]:
    try:
        found = provider.certificates(token)
    except HsmError:
        return
    for one in found:
        try:
            certificate = x509.load_der_x509_certificate(one.der)
            public = certificate_key(certificate)
            kind_of(public)
            uri = KeyUri(provider.scheme, token, one.label, one.id or None)
        except (
            HsmError,
            UnsupportedAlgorithm,
            ValueError,
        ):  # another program's, of a kind that we do not use
            continue
        yield Held(provider, uri, one.der, certificate, public)


def no_pin(token: str) -> Pin:
    """Keep no PIN: each use asks the person."""
    raise PinRequired(f"token {token}")
