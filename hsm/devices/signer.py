"""A Signer over an SM2 key that another party's library uses: we compute Z and e, the device signs."""

from __future__ import annotations

from hsm.algorithms import Digest, SignatureAlgorithm
from hsm.bound_key import BoundKey
from hsm.devices.sm2_input import Sm2Input
from hsm.digest_signing import check_digest
from hsm.errors import DigestNotSignable, SignatureInvalid, TokenRefused, UnsupportedAlgorithm
from hsm.pins import Pin
from hsm.provider import StoredKey
from hsm.signer import Custody
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.signature import Sm2Signature
from hsm.token_slot import TokenSlot, address


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
        return self._sign(self._form.octets(public, message))

    def sign_digest(self, digest: Digest) -> bytes:
        """Sign e; a mechanism that hashes by itself takes none (:class:`hsm.errors.DigestNotSignable`)."""
        octets = check_digest(self._algorithm, digest)
        if self._form.hashes:
            raise DigestNotSignable(f"the mechanism takes {self._form.value}")
        return self._sign(octets)

    def _sign(self, octets: bytes) -> bytes:
        fields = {**address(self._key.uri), "custody": self._custody.value, "family": "sm2"}
        answer = self._slot.use(self._pin, lambda worker: worker.call("sign", fields, octets)).blob
        try:
            return Sm2Signature.parse(answer).der
        except SignatureInvalid as wrong:
            raise TokenRefused(
                f"the device answered with {len(answer)} octets that are no SM2 signature"
            ) from wrong
