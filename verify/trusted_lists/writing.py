"""What is written is signed elsewhere: the octets to be signed, and how they become a list once they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A list before its signature: ``to_sign`` goes to the key (hashed inside), ``finish`` takes what the key gave.

    A signature is as :class:`hsm.signer.Signer` makes it (DER for ECDSA and SM2).
    ``ts119612.write_xml`` and ``lote.write_json`` make these: ``write_…(trusted_list, chain, algorithm, at) -> Unsigned``.
    """

    to_sign: bytes
    finish: Callable[[bytes], bytes]
