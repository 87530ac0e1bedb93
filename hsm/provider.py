"""Where keys live: one interface over PKCS#11 tokens and the soft key store, and the ring that joins them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from hsm.algorithms import KeyKind, PublicKey, SignatureAlgorithm
from hsm.errors import KeyUriError
from hsm.key_policy import OPEN_POLICY, KeyPolicy
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.signer import Custody, Signer


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A private key as its store describes it; the three flags are read back from the store (PKCS#11 v2.40 §4.9).

    For a sealed key they are those of the AES key that it is sealed under, which is what the token itself protects;
    ``custody`` tells that the scalar is open in our worker for each use.
    """

    uri: KeyUri
    kind: KeyKind
    public_key: PublicKey
    extractable: bool
    sensitive: bool
    always_sensitive: bool
    custody: Custody
    pin_per_use: bool = False
    """The token asks for the PIN before every signature (``CKA_ALWAYS_AUTHENTICATE``)."""


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """A certificate object in a token; ``id`` equals that of its key pair."""

    label: str
    id: bytes
    der: bytes


@dataclass(frozen=True, slots=True)
class TokenHealth:
    """What a probe of one token found. ``ready`` means present, initialised and answering."""

    token: str
    ready: bool
    detail: str
    tries_left: int
    custody: Custody


class KeyProvider(Protocol):
    """A store of keys, addressed by token label.

    Implementations: ``hsm.cryptoki``, ``hsm.soft_keys``, ``hsm.skf.provider``, ``hsm.sdf.provider``; docs/devices.md tells
    what each can do.

    ``pin`` is the holder's PIN for this one use; without it the provider asks its :data:`hsm.pins.PinSource`.
    All methods raise :class:`hsm.errors.HsmError` and nothing else for trouble in the world; what an interface has no
    function for raises :class:`hsm.devices.errors.OperationNotOffered`.
    """

    scheme: str
    custody: Custody

    def create_token(self, token: str, so_pin: Pin, user_pin: Pin) -> None:
        """Make and initialise a token; :class:`hsm.errors.TokenExists` if the label is taken."""

    def tokens(self) -> tuple[str, ...]:
        """Labels of the initialised tokens, sorted."""

    def generate(self, uri: KeyUri, kind: KeyKind, *, pin: Pin | None = None) -> KeyUri:
        """Make a key pair inside the token, non-extractable; return the URI with its new unique id.

        An SM2 key in a token without SM2 is sealed under a key of the token (:attr:`Custody.SEALED`).
        """

    def keys(self, token: str, *, pin: Pin | None = None) -> tuple[StoredKey, ...]:
        """List the private keys of a token."""

    def signer(
        self,
        uri: KeyUri,
        *,
        expected: PublicKey | None = None,
        algorithm: SignatureAlgorithm | None = None,
        pin: Pin | None = None,
    ) -> Signer:
        """Open a key. Exactly one must match; its public half must equal ``expected`` when that is given."""

    def import_certificate(self, uri: KeyUri, der: bytes, *, pin: Pin | None = None) -> None:
        """Store a certificate beside its key pair (same id, same label)."""

    def certificates(self, token: str) -> tuple[StoredCertificate, ...]:
        """Export the certificate objects of a token."""

    def destroy(self, uri: KeyUri, *, pin: Pin | None = None) -> None:
        """Remove a key pair and its certificate from the token, for ever."""

    def change_pin(self, token: str, old: Pin, new: Pin) -> None:
        """Let the holder change the PIN."""

    def unblock(self, token: str, so_pin: Pin, new: Pin) -> None:
        """Let the security officer set a new PIN and clear the try counter."""

    def probe(self, token: str) -> TokenHealth:
        """Look whether the token answers; never raises for a token that does not."""

    def close(self) -> None:
        """End sessions and worker processes."""


class KeyRing:
    """All providers of an installation, chosen by a key URI's scheme; ``policy`` says which keys may be used."""

    def __init__(self, providers: Mapping[str, KeyProvider], policy: KeyPolicy = OPEN_POLICY) -> None:
        self._providers = dict(providers)
        self.policy = policy

    def provider(self, uri: KeyUri) -> KeyProvider:
        """Return the provider that serves ``uri``; an unserved scheme raises :class:`KeyUriError`."""
        try:
            return self._providers[uri.scheme]
        except KeyError as missing:
            raise KeyUriError(f"this installation has no {uri.scheme!r} key provider") from missing

    def providers(self) -> tuple[KeyProvider, ...]:
        """Return every provider, in order of scheme."""
        return tuple(self._providers[scheme] for scheme in sorted(self._providers))

    def close(self) -> None:
        """Close every provider."""
        for provider in self.providers():
            provider.close()


def open_signer(
    keys: KeyRing,
    uri: KeyUri | str,
    *,
    expected: PublicKey | None = None,
    algorithm: SignatureAlgorithm | None = None,
    pin: Pin | None = None,
) -> Signer:
    """Open the one key that ``uri`` names: the room's door.

    Raises :class:`KeyUriError`, :class:`hsm.errors.KeyNotFound`, :class:`hsm.errors.DuplicateKey`,
    :class:`hsm.errors.KeyMismatch`, :class:`hsm.errors.PinError` or :class:`hsm.errors.TokenLost`, and
    :class:`hsm.errors.SoftwareKeyRefused` where the policy wants hardware.
    """
    address = KeyUri.parse(uri) if isinstance(uri, str) else uri
    signer = keys.provider(address).signer(address, expected=expected, algorithm=algorithm, pin=pin)
    keys.policy.admit(signer.custody, address)
    return signer
