"""The SDF key provider: signing keys at the indices of a cryptographic device, made there by its maker's tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final, NoReturn

from hsm.algorithms import KeyKind
from hsm.devices.counter import OnceCounter
from hsm.devices.errors import OperationNotOffered
from hsm.devices.provider import DeviceProvider
from hsm.errors import KeyUriError
from hsm.key_uri import KeyUri
from hsm.pins import Pin, PinSource
from hsm.sdf.layout import SdfDescription
from hsm.sm2.cipher import Sm2Cipher
from hsm.token_slot import address
from hsm.worker.client import CALL_SECONDS, Launch

DEFAULT_DESCRIPTION: Final = SdfDescription()


class SdfProvider(DeviceProvider):
    """Signing keys behind one SDF library (scheme ``sdf``): ``sdf:token=LABEL;object=INDEX``.

    The PIN is the password of the keys' access rights; all indices of ``description.keys`` have the same one. The interface
    tells no count of tries, so ours stands before it. GM/T 0018 makes no key at an index, removes none and changes no
    password: those are for the maker's tool, and :class:`OperationNotOffered` says so.
    """

    scheme = "sdf"

    def __init__(  # noqa: PLR0913 - all but the path have names and defaults
        self,
        library: Path,
        *,
        pins: PinSource,
        counters: Path,
        description: SdfDescription = DEFAULT_DESCRIPTION,
        environment: Mapping[str, str] | None = None,
        call_seconds: float = CALL_SECONDS,
    ) -> None:
        launch = Launch(
            library,
            (counters / "sdf.lock").absolute(),
            dict(environment or {}),
            1,
            call_seconds,
            self.scheme,
            asdict(description),
        )
        super().__init__(launch, OnceCounter(counters, self.scheme), pins)
        self._description = description

    def tokens(self) -> tuple[str, ...]:
        """Tell the label of the one device."""
        return (self._description.label,)

    def decrypt(self, uri: KeyUri, cipher: Sm2Cipher, *, pin: Pin | None = None) -> bytes:
        """Decrypt with the encryption key at the same index (SDF_InternalDecrypt_ECC).

        Raises :class:`hsm.errors.DecryptionFailed` for a ciphertext that was altered or is for another key.
        """
        self._mine(uri)
        return (
            self._slot(uri.token)
            .use(pin, lambda worker: worker.call("decrypt", address(uri), cipher.raw))
            .blob
        )

    def create_token(self, token: str, so_pin: Pin, user_pin: Pin) -> NoReturn:  # noqa: ARG002
        """Not offered: a device is initialised in its maker's ceremony."""
        raise OperationNotOffered("GM/T 0018 initialises no device")

    def generate(self, uri: KeyUri, kind: KeyKind, *, pin: Pin | None = None) -> NoReturn:  # noqa: ARG002
        """Not offered: SDF_GenerateKeyPair_ECC hands the private key out, so it is not used."""
        if uri.scheme != self.scheme:
            raise KeyUriError(f"{uri.scheme} is not {self.scheme}")
        raise OperationNotOffered("GM/T 0018 makes no key pair at an index")

    def destroy(self, uri: KeyUri, *, pin: Pin | None = None) -> NoReturn:  # noqa: ARG002
        """Not offered."""
        raise OperationNotOffered("GM/T 0018 removes no key pair")

    def change_pin(self, token: str, old: Pin, new: Pin) -> NoReturn:  # noqa: ARG002
        """Not offered."""
        raise OperationNotOffered("GM/T 0018 changes no password of an access right")

    def unblock(self, token: str, so_pin: Pin, new: Pin) -> NoReturn:  # noqa: ARG002
        """Not offered."""
        raise OperationNotOffered("GM/T 0018 unblocks no access right")
