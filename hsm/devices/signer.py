"""A Signer over an SM2 key that another party's library uses: we compute Z and e, the device signs."""

from __future__ import annotations

from enum import StrEnum

from hsm.algorithms import SignatureAlgorithm
from hsm.bound_key import BoundKey
from hsm.errors import SignatureInvalid, TokenRefused, UnsupportedAlgorithm
from hsm.pins import Pin
from hsm.provider import StoredKey
from hsm.signer import Custody
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.signature import Sm2Signature, identity_digest, message_digest
from hsm.token_slot import TokenSlot, address
from hsm.worker.wire import MAX_BLOB


class Sm2Input(StrEnum):
    """What a mechanism signs: e, the octets Z ‖ M that it hashes itself, or M alone, with Z its own affair."""

    E = "e"
    Z_MESSAGE = "z-message"
    MESSAGE = "message"

    def octets(self, public: Sm2PublicKey, message: bytes) -> bytes:
        """Return what the device is given for ``message``; more than MAX_BLOB is :class:`UnsupportedAlgorithm`."""
        if self is Sm2Input.E:
            return message_digest(public, message)
        octets = message if self is Sm2Input.MESSAGE else identity_digest(public) + message
        if len(octets) > MAX_BLOB:
            raise UnsupportedAlgorithm(f"this mechanism hashes itself, and takes at most {MAX_BLOB} octets")
        return bytes(octets)


class DeviceSigner(BoundKey):
    """An SM2 key in a device, bound to SM2 with SM3; safe for threads."""

    def __init__(
        self,
        slot: TokenSlot,
        key: StoredKey,
        custody: Custody,
        pin: Pin | None,
        form: Sm2Input = Sm2Input.E,
    ) -> None:
        super().__init__(key, SignatureAlgorithm.SM2_SM3, custody)
        self._slot = slot
        self._pin = pin
        self._form = form

    def sign(self, message: bytes) -> bytes:
        """Sign; see :meth:`hsm.signer.Signer.sign`. The device may answer in DER or with r ‖ s."""
        public = self._key.public_key
        if not isinstance(public, Sm2PublicKey):  # agree() has looked at the family
            raise UnsupportedAlgorithm(self._key.kind.value)
        octets = self._form.octets(public, message)
        answer = self._slot.use(
            self._pin, lambda worker: worker.call("sign", address(self._key.uri), octets)
        ).blob
        try:
            return Sm2Signature.parse(answer).der
        except SignatureInvalid as wrong:
            raise TokenRefused(
                f"the device answered with {len(answer)} octets that are no SM2 signature"
            ) from wrong
