"""Chips with several applications on them, 一芯多证: an application for each issuer, each with its own PIN.

One seam over two kinds of hardware: :mod:`hsm.skf.chip` (GM/T 0016: an application of the chip) and a PKCS#11 one (a slot
or token of its own for each issuer, since PKCS#11 ties a PIN to the token). A chip is named by its serial number, an
application by its name, a key pair by its container.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hsm.algorithms import KeyKind, PublicKey
from hsm.envelopes import Envelope
from hsm.key_uri import KeyUri
from hsm.pins import Pin


class PinOwner(StrEnum):
    """Whose PIN: that of the holder, or that of the security officer who unblocks it."""

    HOLDER = "holder"
    OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class ChipInfo:
    """A chip that is plugged in, as it describes itself; spaces in octets, 0 when it does not tell."""

    serial: str
    label: str
    manufacturer: str
    issuer: str = ""
    total_space: int = 0
    free_space: int = 0


@dataclass(frozen=True, slots=True)
class PinInfo:
    """The state of a PIN as the chip counts it. Reading it costs no try."""

    limit: int
    left: int
    initial: bool
    """Whether the PIN is still that of the factory."""

    @property
    def locked(self) -> bool:
        """Whether no try is left."""
        return self.left == 0


@dataclass(frozen=True, slots=True)
class Container:
    """A place for one signing pair and one encryption pair, with the public halves that are there."""

    name: str
    signature: PublicKey | None
    encryption: PublicKey | None


@dataclass(frozen=True, slots=True)
class ChipCertificate:
    """A certificate in a container: of its signing pair or, with ``encryption``, of its encryption pair."""

    container: str
    encryption: bool
    der: bytes


class Chips(Protocol):
    """The chips that one library sees.

    ``pin`` is the holder's PIN of the application for this one use; without it the PIN source is asked for
    ``SERIAL/APPLICATION``. A wrong PIN is told to the chip once and counted there, never again by itself.

    Every method raises :class:`hsm.errors.HsmError` alone. Those that every method may raise: ``TokenNotFound`` (no such
    chip or application, or two chips of one serial number), ``TokenLost`` (the chip went away in the middle),
    ``TokenRefused`` (its answer has no better name), ``ModuleUnavailable`` (the library does not load).
    Those of one method are in its docstring. After an error nothing is half there that a second call would trip over.
    """

    scheme: str
    receives: bool
    """Whether the key centre can deliver encryption pairs into these chips."""

    def chips(self) -> tuple[ChipInfo, ...]:
        """List the chips that are plugged in, by serial number."""

    def applications(self, serial: str) -> tuple[str, ...]:
        """Names of the applications on a chip, sorted."""

    def create_application(self, serial: str, name: str, so_pin: Pin, user_pin: Pin, tries: int) -> None:
        """Make an application with its two PINs, each locked after ``tries`` wrong ones in a row.

        Raises ``TokenExists``, ``PinRejected`` (length), ``ChipFull``, ``DeviceKeyRefused``, ``KeyUriError`` (the name).
        """

    def delete_application(self, serial: str, application: str) -> None:
        """Remove an application with all its keys and certificates, for ever. Raises ``DeviceKeyRefused``."""

    def pin_info(self, serial: str, application: str, owner: PinOwner = PinOwner.HOLDER) -> PinInfo:
        """Read the state of a PIN; costs no try."""

    def change_pin(
        self, serial: str, application: str, old: Pin, new: Pin, owner: PinOwner = PinOwner.HOLDER
    ) -> None:
        """Set a new PIN. Raises ``PinIncorrect`` with the tries left, ``PinLocked``, ``PinRejected``."""

    def unblock(self, serial: str, application: str, so_pin: Pin, new: Pin) -> None:
        """Set the holder's PIN as security officer and clear its count; raises as :meth:`change_pin`, for the SO PIN."""

    def containers(self, serial: str, application: str) -> tuple[Container, ...]:
        """List the containers of an application by name; needs no PIN."""

    def generate(
        self,
        serial: str,
        application: str,
        container: str,
        *,
        kind: KeyKind = KeyKind.SM2,
        pin: Pin | None = None,
    ) -> PublicKey:
        """Make the signing pair of a new container inside the chip; return its public half.

        An empty container of that name, left by an attempt that failed, is used. Raises ``DuplicateKey``, ``ChipFull``,
        ``UnsupportedAlgorithm``, ``KeyUriError`` (the name), and the PIN errors.
        """

    def import_encryption_pair(
        self, serial: str, application: str, container: str, enveloped: bytes, *, pin: Pin | None = None
    ) -> PublicKey:
        """Take in the encryption pair that the key centre made; return its public half, read back from the chip.

        ``enveloped`` is protected under the container's signing key: the envelope of the chip's interface (SKF:
        ENVELOPEDKEYBLOB, GM/T 0016 §6.4.10). Raises ``EnvelopeUnreadable``, ``EnvelopeRefused`` (for another chip or
        container, or altered), ``KeyNotFound``, ``DuplicateKey`` (a pair is there already), and the PIN errors.
        """

    def receiver(
        self, serial: str, application: str, container: str, *, kind: KeyKind, pin: Pin | None = None
    ) -> PublicKey | None:
        """Return the key that an envelope for a container is addressed to; ``None``: its signing key opens envelopes.

        ``kind`` is the signing key's. A key made for this is made once. Raises ``UnsupportedAlgorithm``, and the PIN errors.
        """

    def open_envelope(
        self, serial: str, application: str, container: str, envelope: Envelope, *, pin: Pin | None = None
    ) -> KeyUri:
        """Take in the encryption pair of a container from an envelope for :meth:`receiver`; return the key's address.

        The same envelope again changes nothing. Raises ``DecryptionFailed`` or ``EnvelopeRefused`` (for another chip or
        container, or altered), ``UnsupportedAlgorithm`` (its format), ``KeyNotFound``, ``DuplicateKey``, and the PIN errors.
        """

    def decrypt(  # noqa: PLR0913 - a place on a chip has three names
        self,
        serial: str,
        application: str,
        container: str,
        public_key: PublicKey,
        octets: bytes,
        *,
        pin: Pin | None = None,
    ) -> bytes:
        """Use a container's encryption key: decrypt raw SM2 (04 ‖ C1 ‖ C3 ‖ C2) or RSAES-OAEP, or agree with a P-256 point.

        Raises ``KeyNotFound``, ``DecryptionFailed`` or ``TokenRefused``, ``UnsupportedAlgorithm``, and the PIN errors.
        """

    def import_certificate(  # noqa: PLR0913 - a place on a chip has three names
        self,
        serial: str,
        application: str,
        container: str,
        der: bytes,
        *,
        encryption: bool,
        pin: Pin | None = None,
    ) -> None:
        """Store a certificate in the slot of the signing or of the encryption pair, in place of an older one.

        Raises ``KeyMismatch`` when it is another key's, ``KeyNotFound``, ``CertificateUnreadable``, ``ChipFull``, and the
        PIN errors.
        """

    def certificates(self, serial: str, application: str) -> tuple[ChipCertificate, ...]:
        """Export the certificates of an application, by container, the signing one first; needs no PIN."""

    def delete_container(
        self, serial: str, application: str, container: str, *, pin: Pin | None = None
    ) -> None:
        """Remove a container with its keys and certificates, for ever. Raises ``KeyNotFound`` and the PIN errors."""

    def uri(self, serial: str, application: str, container: str) -> KeyUri:
        """Return the address under which :func:`hsm.provider.open_signer` opens the container's signing key."""

    def close(self) -> None:
        """End the worker processes."""
