"""What an installation accepts as a private key: two values that the settings decide and every key store is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hsm.errors import SoftwareKeyRefused
from hsm.signer import Custody


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """``require_hardware``: no key in the custody of software (sealed or soft) is made or used.

    ``python_signing``: where no library with SM2 is present, our own Python may use SM2 private keys; it is not constant
    time (:mod:`hsm.sm2.by_python`).
    """

    require_hardware: bool = False
    python_signing: bool = False

    def admit(self, custody: Custody, what: object) -> None:
        """Raise :class:`SoftwareKeyRefused` for a custody that this installation does not accept; ``what`` for the log."""
        if self.require_hardware and not custody.is_hardware:
            raise SoftwareKeyRefused(f"{what} is in the custody {custody.value}")


OPEN_POLICY: Final = KeyPolicy()
"""Accepts every custody, and signs SM2 by libraries alone."""
