"""Objects of a token, in one session: key pairs, certificates, signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pkcs11
from pkcs11.constants import Attribute, CertificateType, MechanismFlag, ObjectClass
from pkcs11.mechanisms import KeyType, Mechanism
from pkcs11.util.ec import encode_named_curve_parameters

from hsm.errors import DuplicateKey, KeyNotFound, KeyNotProtected, UnsupportedAlgorithm
from hsm.worker.faults import meaning, translated

MAX_OBJECTS: Final = 10_000
"""Objects read in one search: a token is linear in them, so a larger one is unusable anyway."""

HASHED_RSA: Final = {
    "sha256": Mechanism.SHA256_RSA_PKCS,
    "sha384": Mechanism.SHA384_RSA_PKCS,
    "sha512": Mechanism.SHA512_RSA_PKCS,
}
DIGEST_INFO: Final = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""DER of DigestInfo up to the digest (RFC 8017 §9.2, note 1)."""

_FLAGS: Final = (Attribute.EXTRACTABLE, Attribute.SENSITIVE, Attribute.ALWAYS_SENSITIVE)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to sign with: key family, digest, and whether the octets given are the digest already."""

    rsa: bool
    digest: str
    hashed: bool


def search(session: pkcs11.Session, **wanted: Any) -> list[Any]:
    """Return all objects that match, read to the end: an abandoned search blocks the session (OperationActive)."""
    found: list[Any] = []
    template = {getattr(Attribute, name): value for name, value in wanted.items()}
    with translated():
        for thing in session.get_objects(template):
            if len(found) < MAX_OBJECTS:
                found.append(thing)
    return found


def private(session: pkcs11.Session, **wanted: Any) -> list[Any]:
    """Return the private keys that match."""
    return search(session, CLASS=ObjectClass.PRIVATE_KEY, **wanted)


def labelled(session: pkcs11.Session, label: str, key_id: bytes | None) -> list[Any]:
    """Return the private keys of that label (and id)."""
    return private(session, LABEL=label) if key_id is None else private(session, LABEL=label, ID=key_id)


def private_key(session: pkcs11.Session, label: str, key_id: bytes | None) -> Any:
    """Find the one private key of that label (and id); none or several raise."""
    found = labelled(session, label, key_id)
    if not found:
        raise KeyNotFound(label)
    if len(found) > 1:
        raise DuplicateKey(f"{len(found)} keys are labelled {label}")
    return found[0]


def read(thing: Any, attribute: Attribute) -> Any:
    """Read one attribute; ``None`` when the object has none of that name or keeps it secret."""
    try:
        return thing[attribute]
    except (pkcs11.AttributeTypeInvalid, pkcs11.AttributeSensitive, pkcs11.FunctionFailed):
        return None
    except pkcs11.PKCS11Error as wrong:
        raise meaning(wrong) from wrong


def private_keys(session: pkcs11.Session) -> list[dict[str, Any]]:
    """Describe every private key of the token."""
    return [describe(session, key) for key in private(session)]


def describe(session: pkcs11.Session, key: Any) -> dict[str, Any]:
    """Describe a private key: label, id, the flags as the token tells them, and its public half."""
    extractable, sensitive, always_sensitive = (read(key, flag) for flag in _FLAGS)
    key_id = read(key, Attribute.ID) or b""
    return {
        "label": read(key, Attribute.LABEL) or "",
        "id": key_id.hex(),
        "extractable": extractable is not False,
        "sensitive": sensitive is True,
        "always_sensitive": always_sensitive is True,
        "pin_per_use": read(key, Attribute.ALWAYS_AUTHENTICATE) is True,
        "public": public_half(session, key, key_id),
    }


def public_half(session: pkcs11.Session, key: Any, key_id: bytes) -> dict[str, str]:
    """Give the public half from the public key object, else from the private one, else from the certificate."""
    beside = search(session, CLASS=ObjectClass.PUBLIC_KEY, ID=key_id) if key_id else []
    for source in (*beside, key):
        modulus, exponent = read(source, Attribute.MODULUS), read(source, Attribute.PUBLIC_EXPONENT)
        if modulus and exponent:
            return {"modulus": modulus.hex(), "exponent": exponent.hex()}
        curve, point = read(source, Attribute.EC_PARAMS), read(source, Attribute.EC_POINT)
        if curve and point:
            return {"curve": curve.hex(), "point": point.hex()}
    for certificate in search(session, CLASS=ObjectClass.CERTIFICATE, ID=key_id) if key_id else []:
        der = read(certificate, Attribute.VALUE)
        if der:
            return {"certificate": der.hex()}
    return {}


@dataclass(frozen=True, slots=True)
class NewKey:
    """What to make: label, id and kind. ``again`` tells that an earlier attempt of the same call may have made it."""

    label: str
    id: bytes
    kind: str
    again: bool


Make = Callable[[pkcs11.Session, NewKey], None]


def generate(session: pkcs11.Session, new: NewKey, make: Make | None = None) -> None:
    """Make a key pair in the token: stored, private, sensitive, not extractable, for signatures only.

    ``make`` does it where the standard has no mechanism.

    Label and id must be free among the token's private keys (:class:`DuplicateKey`). A pair that the token then describes
    as anything but protected is destroyed (:class:`KeyNotProtected`).
    """
    if not (new.again and _left_by_an_attempt(session, new)):
        if taken(session, new):
            raise DuplicateKey(new.label)
        (make or _make)(session, new)
    key = private_key(session, new.label, new.id)
    if [read(key, flag) for flag in _FLAGS] != [False, True, True]:
        destroy(session, new.label, new.id)
        raise KeyNotProtected(new.label)


def taken(session: pkcs11.Session, new: NewKey) -> bool:
    """Tell whether a private key of the token has that id or that label."""
    return bool(private(session, ID=new.id) or private(session, LABEL=new.label))


def _left_by_an_attempt(session: pkcs11.Session, new: NewKey) -> bool:
    """Tell whether the pair is there whole; half a pair is removed."""
    found = private(session, ID=new.id, LABEL=new.label)
    if len(found) != 1:
        return False
    if public_half(session, found[0], new.id):
        return True
    destroy(session, new.label, new.id)
    return False


def _make(session: pkcs11.Session, new: NewKey) -> None:
    family, _, size = new.kind.partition("-")
    protected = {
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        Attribute.SIGN: True,
    }
    common: dict[str, Any] = {
        "id": new.id,
        "label": new.label,
        "store": True,
        "capabilities": MechanismFlag.SIGN | MechanismFlag.VERIFY,
    }
    with translated():
        if family == "rsa":
            session.generate_keypair(KeyType.RSA, int(size), private_template=protected, **common)
        elif size in _CURVES:
            parameters = encode_named_curve_parameters(_CURVES[size])
            session.generate_keypair(
                KeyType.EC,
                public_template={Attribute.EC_PARAMS: parameters},
                private_template=protected,
                **common,
            )
        else:
            raise UnsupportedAlgorithm(new.kind)


_CURVES: Final = {"p256": "secp256r1", "p384": "secp384r1"}


def sign(key: Any, recipe: Recipe, octets: bytes) -> bytes:
    """Sign: RSASSA-PKCS1-v1_5 octets (RFC 8017 §8.2), or r and s of equal length one after the other (CKM_ECDSA)."""
    with translated():
        if not recipe.rsa:
            return bytes(key.sign(octets, mechanism=Mechanism.ECDSA))
        if not recipe.hashed:
            try:
                return bytes(key.sign(octets, mechanism=HASHED_RSA[recipe.digest]))
            except pkcs11.MechanismInvalid:
                octets = hashlib.new(recipe.digest, octets).digest()
        return bytes(key.sign(DIGEST_INFO[recipe.digest] + octets, mechanism=Mechanism.RSA_PKCS))


def certificates(session: pkcs11.Session) -> list[dict[str, str]]:
    """Describe the X.509 certificate objects; needs no login."""
    found = []
    for thing in search(session, CLASS=ObjectClass.CERTIFICATE):
        der = read(thing, Attribute.VALUE)
        if der:
            key_id = read(thing, Attribute.ID) or b""
            found.append({"label": read(thing, Attribute.LABEL) or "", "id": key_id.hex(), "der": der.hex()})
    return found


def store_certificate(session: pkcs11.Session, label: str, key_id: bytes, facts: dict[str, bytes]) -> None:
    """Store a certificate with its key's label and id; an older one of the same key is replaced."""
    older = search(session, CLASS=ObjectClass.CERTIFICATE, ID=key_id)
    if any(read(thing, Attribute.VALUE) == facts["der"] for thing in older):
        return
    with translated():
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: False,
                Attribute.LABEL: label,
                Attribute.ID: key_id,
                Attribute.SUBJECT: facts["subject"],
                Attribute.ISSUER: facts["issuer"],
                Attribute.SERIAL_NUMBER: facts["serial"],
                Attribute.VALUE: facts["der"],
            }
        )
        for thing in older:
            thing.destroy()


def destroy(session: pkcs11.Session, label: str, key_id: bytes | None) -> None:
    """Remove a key pair and its certificate; the private half first, so that a crash leaves nothing that signs."""
    key = private_key(session, label, key_id)
    owner = read(key, Attribute.ID)
    with translated():
        key.destroy()
    if owner:
        destroy_beside(session, owner)


def destroy_beside(session: pkcs11.Session, owner: bytes) -> None:
    """Remove the public key and the certificate of that id."""
    for kind in (ObjectClass.PUBLIC_KEY, ObjectClass.CERTIFICATE):
        for thing in search(session, CLASS=kind, ID=owner):
            with translated():
                thing.destroy()
