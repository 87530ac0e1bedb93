"""The chip of a simulated stamp: one key pair made in it, and the certificate that it was given.

A real chip never lets the private half out. Here it lies in a file that only its owner can read, beside the rest of the
stamp's memory: whoever has the folder has the stamp, which is what the scenario of the clone needs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hsm import soft_private
from hsm.algorithms import DEFAULT_ALGORITHM, KeyKind, PublicKey, SignatureAlgorithm, kind_of
from hsm.durable import write_whole
from hsm.public_keys import spki
from hsm.signer import Custody
from hsm.soft_private import PrivateKey, public_half
from seals.devices.simulator.errors import DeviceFolderInvalid

KEY_FILE: Final = "chip.key"
PUBLIC_FILE: Final = "chip.spki"
CERTIFICATE_FILE: Final = "chip.cer"


class Chip:
    """A signer over the stamp's own key (:class:`hsm.signer.Signer`)."""

    def __init__(self, folder: Path, key: PrivateKey) -> None:
        self._folder = folder
        self._key = key

    @classmethod
    def make(cls, folder: Path, kind: KeyKind = KeyKind.EC_P256) -> Chip:
        """Make the key pair in ``folder``."""
        key = soft_private.make(kind, python_signing=True)
        write_whole(folder / KEY_FILE, soft_private.write(key))
        write_whole(folder / PUBLIC_FILE, spki(public_half(key)))
        return cls(folder, key)

    @classmethod
    def open(cls, folder: Path) -> Chip:
        """Read the key pair of ``folder``; :class:`DeviceFolderInvalid` if it has none."""
        try:
            octets, public = (folder / KEY_FILE).read_bytes(), (folder / PUBLIC_FILE).read_bytes()
            return cls(folder, soft_private.load(octets, public, python_signing=True))
        except (OSError, ValueError) as wrong:
            raise DeviceFolderInvalid(
                folder,
                "没有可用的芯片密钥，请重新建立设备。",
                "there is no usable chip key; make the device anew.",
            ) from wrong

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """The algorithm of every signature."""
        return DEFAULT_ALGORITHM[kind_of(self.public_key)]

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        return public_half(self._key)

    @property
    def custody(self) -> Custody:
        """Software keeps it, whatever a real chip would do."""
        return Custody.SOFT

    def sign(self, message: bytes) -> bytes:
        """Sign; see :meth:`hsm.signer.Signer.sign`."""
        return soft_private.sign(self._key, self.algorithm, message)

    @property
    def certificate(self) -> bytes:
        """The certificate (DER); :class:`DeviceFolderInvalid` before it was given one."""
        try:
            return (self._folder / CERTIFICATE_FILE).read_bytes()
        except OSError as wrong:
            raise DeviceFolderInvalid(
                self._folder,
                "芯片尚无证书，请先在服务端登记设备并写入证书。",
                "the chip has no certificate yet; register the stamp with the service first.",
            ) from wrong

    def keep_certificate(self, der: bytes) -> None:
        """Write the certificate into the chip."""
        write_whole(self._folder / CERTIFICATE_FILE, der)
