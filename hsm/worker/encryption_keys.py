"""Encryption keys that came in an envelope: as objects of the token that cannot leave it, SM2 scalars sealed in its vault.

Kept apart from signing keys in form and in use: the token's objects may decrypt or agree and never sign, and a sealed
scalar has a purpose and an application name of its own, so that no request to sign ever finds it.
"""

from __future__ import annotations

from typing import Any, Final

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11.constants import DEFAULT, Attribute, MechanismFlag, ObjectClass
from pkcs11.mechanisms import KeyType
from pkcs11.util.ec import encode_named_curve_parameters

from hsm.algorithms import PublicKey
from hsm.errors import DuplicateKey, KeyNotFound, KeyNotProtected, UnsupportedAlgorithm
from hsm.sm2.public_key import Sm2PublicKey
from hsm.worker.faults import translated
from hsm.worker.objects import NewKey, destroy, private, private_key, read, search, taken
from hsm.worker.sealed_keys import SealedKey, store
from hsm.worker.sealed_keys import listed as sealed_for_signing

APPLICATION: Final = "yinxin sm2 encryption"
"""CKA_APPLICATION of the sealed scalars."""
PURPOSE: Final = "sm2 encryption key"
P256: Final = encode_named_curve_parameters("secp256r1")
_PUBLIC_ONLY: Final = (
    Attribute.ENCRYPT,
    Attribute.WRAP,
    Attribute.VERIFY,
    Attribute.VERIFY_RECOVER,
    Attribute.TRUSTED,
)
"""What the binding puts into every template and a module refuses in that of a private key."""
_NEVER: Final = (Attribute.SIGN, Attribute.SIGN_RECOVER)


def template(label: str, key_id: bytes, uses: dict[Attribute, bool], *, store: bool) -> dict[Attribute, Any]:
    """Describe a private key that decrypts and cannot leave, as C_UnwrapKey takes it."""
    return {
        **dict.fromkeys(_PUBLIC_ONLY, DEFAULT),
        **dict.fromkeys((Attribute.DECRYPT, Attribute.UNWRAP, Attribute.DERIVE), False),
        **dict.fromkeys(_NEVER, False),
        Attribute.TOKEN: store,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.LABEL: label,
        Attribute.ID: key_id,
        **uses,
    }


def demand_free(session: pkcs11.Session, label: str, key_id: bytes) -> None:
    """Raise :class:`DuplicateKey` when a key of any kind has that label or id."""
    new = NewKey(label, key_id, "", again=False)
    sealed = [*sealed_for_signing(session), *_sealed(session)]
    if taken(session, new) or any(label == key.label or key_id == key.id for key in sealed):
        raise DuplicateKey(label)


def holds(session: pkcs11.Session, label: str, key_id: bytes, public: PublicKey) -> bool:
    """Tell whether the key of that label and id is this one already; a missing public half is added."""
    if isinstance(public, Sm2PublicKey):
        return any(key.id == key_id and key.public == public for key in _sealed(session, LABEL=label))
    found = private(session, LABEL=label, ID=key_id)
    if len(found) != 1 or not is_public_half(found[0], public):
        return False
    if not search(session, CLASS=ObjectClass.PUBLIC_KEY, ID=key_id):
        store_public(session, label, key_id, public)
    return True


def store_public(session: pkcs11.Session, label: str, key_id: bytes, public: PublicKey) -> None:
    """Store the public half beside a private key that was unwrapped: the token itself does not make one."""
    common: dict[Attribute, Any] = {
        Attribute.CLASS: ObjectClass.PUBLIC_KEY,
        Attribute.TOKEN: True,
        Attribute.PRIVATE: False,
        Attribute.LABEL: label,
        Attribute.ID: key_id,
        Attribute.VERIFY: False,
    }
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        special = {
            Attribute.KEY_TYPE: KeyType.RSA,
            Attribute.ENCRYPT: True,
            Attribute.MODULUS: numbers.n.to_bytes(public.key_size // 8),
            Attribute.PUBLIC_EXPONENT: numbers.e.to_bytes(3),
        }
    else:
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        special = {
            Attribute.KEY_TYPE: KeyType.EC,
            Attribute.EC_PARAMS: P256,
            Attribute.EC_POINT: bytes((0x04, len(point))) + point,
        }
    with translated():
        session.create_object({**common, **special})


def store_sealed(session: pkcs11.Session, key: SealedKey) -> None:
    """Store a sealed SM2 encryption key: one private data object, there whole or not at all."""
    store(session, key, APPLICATION)


def sealed(session: pkcs11.Session, label: str, key_id: bytes | None) -> SealedKey:
    """Find the one sealed encryption key; none or several raise."""
    found = [key for key in _sealed(session, LABEL=label) if key_id in (None, key.id)]
    if not found:
        raise KeyNotFound(label)
    if len(found) > 1:
        raise DuplicateKey(f"{len(found)} keys are labelled {label}")
    return found[0]


def _sealed(session: pkcs11.Session, **wanted: Any) -> list[SealedKey]:
    things = search(session, CLASS=ObjectClass.DATA, APPLICATION=APPLICATION, **wanted)
    return [
        SealedKey.parse(read(thing, Attribute.LABEL) or "", read(thing, Attribute.VALUE) or b"", thing)
        for thing in things
    ]


def same_agreement(key: Any, public: ec.EllipticCurvePublicKey) -> bool:
    """Tell whether a P-256 key of the token is the private half: both sides of one exchange must agree."""
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return agree(key, point) == ephemeral.exchange(ec.ECDH(), public)


def agree(key: Any, point: bytes) -> bytes:
    """Return the shared x coordinate of a P-256 key of the token and ``point``; the caller derives keys from it."""
    with translated():
        shared = key.derive_key(
            KeyType.GENERIC_SECRET,
            256,
            mechanism=pkcs11.Mechanism.ECDH1_DERIVE,
            mechanism_param=(pkcs11.KDF.NULL, None, point),
            template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True},
        )
        try:
            return bytes(shared[Attribute.VALUE])
        finally:
            shared.destroy()


def is_public_half(key: Any, public: PublicKey) -> bool:
    """Tell whether a private key object belongs to ``public``."""
    if isinstance(public, rsa.RSAPublicKey):
        modulus = read(key, Attribute.MODULUS) or b""
        return int.from_bytes(modulus) == public.public_numbers().n
    return not isinstance(public, Sm2PublicKey) and same_agreement(key, public)


def make_transport(session: pkcs11.Session, new: NewKey) -> None:
    """Make a key pair that envelopes can be addressed to: it unwraps or agrees, never signs, and cannot leave.

    A signing key in the token signs and does nothing else (I24); where the token itself must open an envelope for an RSA or
    P-256 key, it needs this second key, which the signing key vouches for.
    """
    demand_free(session, new.label, new.id)
    protected = {Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
    common: dict[str, Any] = {"id": new.id, "label": new.label, "store": True}
    with translated():
        if new.kind.startswith("rsa-"):
            session.generate_keypair(
                KeyType.RSA,
                int(new.kind.removeprefix("rsa-")),
                private_template={**protected, Attribute.DECRYPT: True, Attribute.UNWRAP: True},
                capabilities=MechanismFlag.ENCRYPT
                | MechanismFlag.DECRYPT
                | MechanismFlag.WRAP
                | MechanismFlag.UNWRAP,
                **common,
            )
        elif new.kind == "ec-p256":
            session.generate_keypair(
                KeyType.EC,
                public_template={Attribute.EC_PARAMS: P256},
                private_template={**protected, Attribute.DERIVE: True},
                capabilities=MechanismFlag.DERIVE,
                **common,
            )
        else:
            raise UnsupportedAlgorithm(f"no transport keys of kind {new.kind}")
    check_protected(session, new)


def check_protected(session: pkcs11.Session, new: NewKey) -> None:
    """Destroy a pair that the token describes as anything but protected (:class:`KeyNotProtected`)."""
    key = private_key(session, new.label, new.id)
    flags = (Attribute.EXTRACTABLE, Attribute.SENSITIVE, Attribute.ALWAYS_SENSITIVE)
    if [read(key, flag) for flag in flags] != [False, True, True]:
        destroy(session, new.label, new.id)
        raise KeyNotProtected(new.label)
