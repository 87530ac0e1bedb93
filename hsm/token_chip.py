"""Chips over tokens: one token (slot) for each application, since PKCS#11 ties a PIN to the token.

The token labelled ``SERIAL/APPLICATION`` is the application of that chip; a container is a key pair with its certificate,
known by its label. Works over any :class:`hsm.provider.KeyProvider`: PKCS#11 modules and the soft key store alike.
"""

from __future__ import annotations

import re
from typing import Final

from cryptography import x509

from hsm.algorithms import KeyKind, PublicKey
from hsm.chip import ChipCertificate, ChipInfo, Container, PinInfo, PinOwner
from hsm.envelopes import Envelope
from hsm.errors import (
    DuplicateKey,
    KeyUriError,
    TokenExists,
    TokenNotFound,
    TokenRefused,
    UnsupportedAlgorithm,
)
from hsm.key_uri import MAX_TOKEN_LABEL, KeyUri
from hsm.pin_counter import PinCounter
from hsm.pins import Pin
from hsm.provider import KeyProvider
from hsm.public_keys import certificate_key
from hsm.token_pairs import ENCRYPTION, TokenPairs
from hsm.worker_provider import WorkerProvider

MAX_TRIES: Final = 15
"""Most tries that a chip counts (GM/T 0016 §6.2), so that a policy means the same on every kind of chip."""
_LABEL: Final = re.compile(r"(?P<serial>[^/]{1,30})/(?P<application>[^/]{1,30})")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,30}")


class TokenChips:
    """The chips whose applications are tokens of one key store (:class:`hsm.chip.Chips`).

    ``counter`` counts the PINs of the same store; it keeps the limit that an application was made with.
    """

    def __init__(self, provider: KeyProvider, counter: PinCounter) -> None:
        self.scheme = provider.scheme
        self._provider = provider
        self._pairs = TokenPairs(provider) if isinstance(provider, WorkerProvider) else None
        self.receives = self._pairs is not None
        self._counter = counter

    def chips(self) -> tuple[ChipInfo, ...]:
        """List the chips that have an application."""
        serials = {serial for serial, _ in self._labels()}
        return tuple(ChipInfo(serial, serial, self.scheme) for serial in sorted(serials))

    def applications(self, serial: str) -> tuple[str, ...]:
        """Names of a chip's applications, sorted; a chip that was not begun has none."""
        return tuple(sorted(name for each, name in self._labels() if each == serial))

    def create_application(self, serial: str, name: str, so_pin: Pin, user_pin: Pin, tries: int) -> None:
        """Initialise a blank token for the application."""
        if not 1 <= tries <= MAX_TRIES:
            raise ValueError(f"1 to {MAX_TRIES} tries")
        label = _label(serial, name)
        if (serial, name) in self._labels():
            raise TokenExists(label)
        for counted in (label, _officer(label)):
            self._counter.set_limit(counted, tries)
        self._provider.create_token(label, so_pin, user_pin)

    def delete_application(self, serial: str, application: str) -> None:
        """Refuse: PKCS#11 has no call that takes a token away."""
        raise TokenRefused(f"{_label(serial, application)}: a token is erased with its maker's own tools")

    def pin_info(self, serial: str, application: str, owner: PinOwner = PinOwner.HOLDER) -> PinInfo:
        """Read the count that we keep; costs no try."""
        label = self._present(serial, application)
        counted = label if owner is PinOwner.HOLDER else _officer(label)
        return PinInfo(self._counter.limit(counted), self._counter.left(counted), initial=False)

    def change_pin(
        self, serial: str, application: str, old: Pin, new: Pin, owner: PinOwner = PinOwner.HOLDER
    ) -> None:
        """Set the holder's new PIN; the officer's stays as it was derived."""
        if owner is PinOwner.OFFICER:
            raise TokenRefused("the security officer's PIN is derived and does not change")
        label = self._present(serial, application)
        self._provider.change_pin(label, old, new)

    def unblock(self, serial: str, application: str, so_pin: Pin, new: Pin) -> None:
        """Set the holder's PIN as security officer and clear its count."""
        label = self._present(serial, application)
        self._provider.unblock(label, so_pin, new)

    def containers(self, serial: str, application: str) -> tuple[Container, ...]:
        """List the containers that hold a certificate: without a PIN a token shows no private key."""
        found: dict[str, dict[bool, PublicKey]] = {}
        for each in self.certificates(serial, application):
            key = certificate_key(x509.load_der_x509_certificate(each.der))
            found.setdefault(each.container, {})[each.encryption] = key
        return tuple(Container(name, found[name].get(False), found[name].get(True)) for name in sorted(found))

    def generate(
        self,
        serial: str,
        application: str,
        container: str,
        *,
        kind: KeyKind = KeyKind.SM2,
        pin: Pin | None = None,
    ) -> PublicKey:
        """Make the container's signing pair inside the token."""
        label = self._present(serial, application)
        provider = self._provider
        if any(key.uri.object == container for key in provider.keys(label, pin=pin)):
            raise DuplicateKey(container)
        made = provider.generate(KeyUri(self.scheme, label, container), kind, pin=pin)
        return next(key.public_key for key in provider.keys(label, pin=pin) if key.uri == made)

    def import_encryption_pair(
        self, serial: str, application: str, container: str, enveloped: bytes, *, pin: Pin | None = None
    ) -> PublicKey:
        """Refuse: an SKF envelope is for SKF chips; PKCS#11 tokens take theirs by :meth:`open_envelope`."""
        del enveloped, pin
        raise UnsupportedAlgorithm(f"{_label(serial, application)}: {container} takes no ENVELOPEDKEYBLOB")

    def receiver(
        self, serial: str, application: str, container: str, *, kind: KeyKind, pin: Pin | None = None
    ) -> PublicKey | None:
        """Return the transport key of a container; an SM2 signing key needs none."""
        return self._receiving().receiver(self._present(serial, application), container, kind, pin)

    def open_envelope(
        self, serial: str, application: str, container: str, envelope: Envelope, *, pin: Pin | None = None
    ) -> KeyUri:
        """Open an envelope into the container's token."""
        return self._receiving().open(self._present(serial, application), container, envelope, pin)

    def decrypt(  # noqa: PLR0913 - as the protocol has it
        self,
        serial: str,
        application: str,
        container: str,
        public_key: PublicKey,
        octets: bytes,
        *,
        pin: Pin | None = None,
    ) -> bytes:
        """Use a container's encryption key."""
        label = self._present(serial, application)
        return self._receiving().decrypt(label, container, public_key, octets, pin)

    def _receiving(self) -> TokenPairs:
        if self._pairs is None:
            raise UnsupportedAlgorithm(f"a {self.scheme} store takes in no encryption pairs")
        return self._pairs

    def import_certificate(  # noqa: PLR0913 - as the protocol has it
        self,
        serial: str,
        application: str,
        container: str,
        der: bytes,
        *,
        encryption: bool,
        pin: Pin | None = None,
    ) -> None:
        """Store a certificate beside the container's key."""
        label = self._present(serial, application)
        if encryption:
            self._receiving().import_certificate(label, container, der, pin)
            return
        self._provider.import_certificate(KeyUri(self.scheme, label, container), der, pin=pin)

    def certificates(self, serial: str, application: str) -> tuple[ChipCertificate, ...]:
        """Export the certificates; needs no PIN."""
        label = self._present(serial, application)
        found = (
            ChipCertificate(
                each.label.removesuffix(ENCRYPTION), encryption=each.label.endswith(ENCRYPTION), der=each.der
            )
            for each in self._provider.certificates(label)
        )
        return tuple(sorted(found, key=lambda each: (each.container, each.encryption, each.der)))

    def delete_container(
        self, serial: str, application: str, container: str, *, pin: Pin | None = None
    ) -> None:
        """Remove a key pair and its certificate, for ever."""
        label = self._present(serial, application)
        self._provider.destroy(KeyUri(self.scheme, label, container), pin=pin)

    def uri(self, serial: str, application: str, container: str) -> KeyUri:
        """Return the address of the container's signing key."""
        return KeyUri(self.scheme, _label(serial, application), container)

    def close(self) -> None:
        """Nothing is opened here: the store is closed by whoever opened it."""

    def _labels(self) -> tuple[tuple[str, str], ...]:
        found = map(_LABEL.fullmatch, self._provider.tokens())
        return tuple((match["serial"], match["application"]) for match in found if match)

    def _present(self, serial: str, application: str) -> str:
        label = _label(serial, application)
        if (serial, application) not in self._labels():
            raise TokenNotFound(label)
        return label


def _officer(label: str) -> str:
    """Return the name under which the store counts the security officer's wrong PINs."""
    return f"{label}\0so"


def _label(serial: str, application: str) -> str:
    label = f"{serial}/{application}"
    for name in (serial, application):
        if not _NAME.fullmatch(name):
            raise KeyUriError(f"{name!r}: letters, digits, '.', '_' and '-' alone")
    if len(label) > MAX_TOKEN_LABEL:
        raise KeyUriError(f"serial number and application have {MAX_TOKEN_LABEL - 1} characters together")
    return label
