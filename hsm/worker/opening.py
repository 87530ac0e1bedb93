"""Opening an envelope into the token that it is meant for.

RSA and P-256 keys go by C_UnwrapKey from octets into an object: this process holds at most the AES key. An SM2 key, for
which the token has no place, is opened here for a moment, checked against its public half and sealed in the vault. What was
unwrapped is first a session object; only when it proves to belong to its public half is it stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pkcs11
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding
from pkcs11.constants import DEFAULT, Attribute, ObjectClass
from pkcs11.mechanisms import MGF, KeyType, Mechanism

from hsm.algorithms import PublicKey
from hsm.envelopes import EnvelopeFormat, WrappedKey
from hsm.errors import DecryptionFailed, HsmError, Sm2Unreadable, UnsupportedAlgorithm
from hsm.public_keys import load_spki
from hsm.sm2.backend import Sm2Backend
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.private_octets import read_pkcs8
from hsm.sm2.public_key import Sm2PublicKey
from hsm.worker import encryption_keys, objects, sealed_keys
from hsm.worker.faults import meaning, translated
from hsm.worker.sealed_keys import SealedKey
from hsm.worker.transport import agreed_key, check_halves, sm4_ecb_open, wiped
from hsm.worker.vault import Vault
from hsm.worker.wire import SessionLost

OAEP_SHA1: Final = (Mechanism.SHA_1, MGF.SHA1, None)
"""CK_RSA_PKCS_OAEP_PARAMS; see :data:`hsm.worker.transport.OAEP`."""
PROBE: Final = " (proving)"


@dataclass(frozen=True, slots=True)
class Slot:
    """Where the opened key goes."""

    label: str
    id: bytes


@dataclass(frozen=True, slots=True)
class Opener:
    """One opening: a session that can write, lent for it; ``with_key`` is label and id of the recipient's key."""

    session: pkcs11.Session
    vault: Vault
    backend: Sm2Backend
    with_key: tuple[str, bytes | None]
    binding: bytes

    def open(self, wrapped: WrappedKey, public: PublicKey, slot: Slot) -> None:
        """Open into ``slot``, whose label and id must be free; :class:`DecryptionFailed` for another's envelope.

        Opened again, the same envelope changes nothing, and an opening that was cut off is completed.
        """
        if encryption_keys.holds(self.session, slot.label, slot.id, public):
            return
        encryption_keys.demand_free(self.session, slot.label, slot.id)
        if isinstance(public, Sm2PublicKey):
            with self._scalar(wrapped) as scalar:
                self._seal(scalar, public, slot)
            return
        with self._wrapping_key(wrapped) as key:
            proving = self._unwrap(key, wrapped.body, public, Slot(slot.label + PROBE, slot.id), store=False)
            belongs = encryption_keys.is_public_half(proving, public)
            with translated():
                proving.destroy()
            if not belongs:
                raise DecryptionFailed("the enveloped private key is not that of the public key beside it")
            self._unwrap(key, wrapped.body, public, slot, store=True)
        encryption_keys.store_public(self.session, slot.label, slot.id, public)

    def _seal(self, scalar: bytearray, public: Sm2PublicKey, slot: Slot) -> None:
        check_halves(scalar, public, self.backend)
        self.vault.ensure(self.session)
        draft = SealedKey(slot.label, slot.id, public, b"")
        blob = self.vault.seal(self.session, encryption_keys.PURPOSE, draft.context, scalar)
        encryption_keys.store_sealed(self.session, SealedKey(slot.label, slot.id, public, blob))

    @contextmanager
    def _scalar(self, wrapped: WrappedKey) -> Iterator[bytearray]:
        if wrapped.format is EnvelopeFormat.SM2:
            with wiped(self._by_sm2(wrapped.head)) as key, wiped(sm4_ecb_open(key, wrapped.body)) as scalar:
                yield scalar
            return
        with self._wrapping_octets(wrapped) as key:
            try:
                octets = bytearray(aes_key_unwrap_with_padding(bytes(key), wrapped.body))
            except (InvalidUnwrap, ValueError) as wrong:
                raise DecryptionFailed("the wrapped key was altered") from wrong
        with wiped(octets):
            try:
                scalar, _ = read_pkcs8(octets)
            except Sm2Unreadable as wrong:
                raise DecryptionFailed("what was enveloped is no SM2 private key") from wrong
        with wiped(scalar):
            yield scalar

    def _by_sm2(self, head: bytes) -> bytearray:
        """Decrypt with the recipient's sealed signing key, as GM/T 0009 has it, and with nothing else."""
        label, key_id = self.with_key
        key = sealed_keys.only(self.session, label, key_id)
        cipher = Sm2Cipher.from_raw(head)
        with self.vault.opened(self.session, sealed_keys.PURPOSE, key.context, key.blob) as scalar:
            return self.backend.decrypt(scalar, cipher)

    @contextmanager
    def _wrapping_octets(self, wrapped: WrappedKey) -> Iterator[bytearray]:
        if wrapped.format is EnvelopeFormat.SM2_KWP:
            octets = self._by_sm2(wrapped.head)
        elif wrapped.format is EnvelopeFormat.ECDH_KWP:
            octets = agreed_key(
                encryption_keys.agree(self._private(pkcs11.DeriveMixin), wrapped.head), self.binding
            )
        elif wrapped.format is EnvelopeFormat.RSA_KWP:
            with decrypting():
                octets = bytearray(
                    self._private(pkcs11.DecryptMixin).decrypt(
                        wrapped.head, mechanism=Mechanism.RSA_PKCS_OAEP, mechanism_param=OAEP_SHA1
                    )
                )
        else:
            raise UnsupportedAlgorithm("this envelope holds an SM2 key")
        with wiped(octets):
            yield octets

    @contextmanager
    def _wrapping_key(self, wrapped: WrappedKey) -> Iterator[Any]:
        """Lend the AES key as a session object that cannot leave the token."""
        if wrapped.format is EnvelopeFormat.RSA_KWP:
            with decrypting():
                key = self._private(pkcs11.UnwrapMixin).unwrap_key(
                    ObjectClass.SECRET_KEY,
                    KeyType.AES,
                    wrapped.head,
                    mechanism=Mechanism.RSA_PKCS_OAEP,
                    mechanism_param=OAEP_SHA1,
                    store=False,
                    template=_aes_template(),
                )
        else:
            with self._wrapping_octets(wrapped) as octets, translated():
                key = self.session.create_object(
                    {
                        Attribute.CLASS: ObjectClass.SECRET_KEY,
                        Attribute.KEY_TYPE: KeyType.AES,
                        Attribute.TOKEN: False,
                        Attribute.VALUE: bytes(octets),
                        **_aes_flags(),
                    }
                )
        try:
            yield key
        finally:
            with translated():
                key.destroy()

    def _private(self, what_it_does: type) -> Any:
        key = objects.private_key(self.session, *self.with_key)
        if not isinstance(
            key, what_it_does
        ):  # the library gives a key the methods of its CKA_DECRYPT and CKA_DERIVE
            raise UnsupportedAlgorithm("this key signs and opens no envelope; a transport key does")
        return key

    def _unwrap(self, key: Any, body: bytes, public: PublicKey, slot: Slot, *, store: bool) -> Any:
        is_rsa = isinstance(public, rsa.RSAPublicKey)
        uses = {Attribute.DECRYPT: True, Attribute.UNWRAP: True} if is_rsa else {Attribute.DERIVE: True}
        with decrypting():
            return key.unwrap_key(
                ObjectClass.PRIVATE_KEY,
                KeyType.RSA if is_rsa else KeyType.EC,
                body,
                mechanism=Mechanism.AES_KEY_WRAP_PAD,
                store=store,
                template=encryption_keys.template(slot.label, slot.id, uses, store=store),
            )


def _aes_flags() -> dict[Attribute, Any]:
    return {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.UNWRAP: True}


def _aes_template() -> Mapping[Attribute, Any]:
    unused = (
        Attribute.ENCRYPT,
        Attribute.DECRYPT,
        Attribute.WRAP,
        Attribute.SIGN,
        Attribute.VERIFY,
        Attribute.DERIVE,
    )
    return {**dict.fromkeys(unused, DEFAULT), **_aes_flags()}


@contextmanager
def decrypting() -> Iterator[None]:
    """Tell a ciphertext that does not open (which modules call by many names) from a token that does not answer."""
    try:
        yield
    except pkcs11.PKCS11Error as wrong:
        found: HsmError = meaning(wrong)
        if isinstance(found, SessionLost) and type(wrong).__name__ not in ("GeneralError", "FunctionFailed"):
            raise found from wrong
        raise DecryptionFailed(type(wrong).__name__) from wrong


def parse_wrapped(fields: Mapping[str, Any], blob: bytes) -> tuple[WrappedKey, PublicKey]:
    """Read a frame's envelope and the public half that comes with it."""
    wrapped = WrappedKey(EnvelopeFormat(str(fields["format"])), bytes.fromhex(fields["head"]), blob)
    return wrapped, load_spki(bytes.fromhex(fields["spki"]))
