"""A key that is not here: its public half and algorithm, for whatever is prepared before it signs somewhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from hsm.algorithms import PublicKey, SignatureAlgorithm
from hsm.signer import Custody


@dataclass(frozen=True, slots=True)
class AbsentKey:
    """A :class:`hsm.signer.Signer` that cannot sign: its private half is with the holder, or in another's service."""

    public_key: PublicKey
    algorithm: SignatureAlgorithm
    custody: Custody = Custody.REMOTE

    def sign(self, message: bytes) -> NoReturn:
        """Refuse: the signature is made elsewhere and comes back (``ValueError``)."""
        del message
        raise ValueError("this key signs elsewhere")
