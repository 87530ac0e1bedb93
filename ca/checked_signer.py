"""Keys of issuers and units, opened once and checked at every use (I7)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from ca.errors import SignatureWithheld
from hsm.algorithms import PublicKey, SignatureAlgorithm, kind_of
from hsm.errors import HsmError, SignatureInvalid
from hsm.provider import KeyRing, open_signer
from hsm.public_keys import certificate_key
from hsm.signer import Custody, Signer
from hsm.verification import verify_signature

MAX_OPEN: Final = 256
"""Keys kept open: an installation with ten thousand issuers uses a few of them at a time, and opening takes a look-up."""


@dataclass(frozen=True, slots=True)
class CertifiedKey:
    """An issuer or a unit with its certificate and the address of its key.

    ``issuer`` is the id of who issued the certificate, ``chain`` the DER of the certificates above it, without the root.
    """

    id: str
    issuer: str
    certificate: x509.Certificate
    der: bytes
    key_uri: str
    chain: tuple[bytes, ...] = ()

    @property
    def public_key(self) -> PublicKey:
        """The key of the certificate, of a kind that we make (:class:`hsm.errors.UnsupportedAlgorithm`)."""
        key = certificate_key(self.certificate)
        kind_of(key)  # refuses every kind that is not ours
        return key


class CheckedSigner:
    """A signer whose every signature is verified before it is handed out (I7)."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self.algorithm: SignatureAlgorithm = signer.algorithm
        self.public_key: PublicKey = signer.public_key
        self.custody: Custody = signer.custody

    def sign(self, message: bytes) -> bytes:
        """Sign ``message``; a signature that does not verify is withheld (:class:`SignatureWithheld`)."""
        signature = self._signer.sign(message)
        try:
            verify_signature(self.public_key, self.algorithm, message, signature)
        except SignatureInvalid as wrong:
            raise SignatureWithheld(str(wrong)) from wrong
        return signature


class OpenKeys:
    """Signers kept open between uses, those used least long ago; a key that failed is opened afresh the next time."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._open: OrderedDict[tuple[str, bytes], CheckedSigner] = OrderedDict()
        self._lock = threading.Lock()

    def signer(self, holder: CertifiedKey) -> CheckedSigner:
        """Return the signer of ``holder``, whose key must be that of its certificate (:class:`hsm.errors.HsmError`)."""
        place = (holder.key_uri, holder.der)
        with self._lock:
            found = self._open.get(place)
            if found is not None:
                self._open.move_to_end(place)
        if found is None:
            found = CheckedSigner(open_signer(self._keys, holder.key_uri, expected=holder.public_key))
            with self._lock:
                self._open[place] = found
                while len(self._open) > MAX_OPEN:
                    self._open.popitem(last=False)
        return found

    def sign(self, holder: CertifiedKey, message: bytes) -> bytes:
        """Sign with the key of ``holder`` and check; raises :class:`HsmError` or :class:`SignatureWithheld`."""
        signer = self.signer(holder)
        try:
            return signer.sign(message)
        except (HsmError, SignatureWithheld):
            with self._lock:
                self._open.pop((holder.key_uri, holder.der), None)
            raise
