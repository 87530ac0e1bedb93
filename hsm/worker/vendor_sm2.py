"""SM2 by a module's own mechanism, called by number: the binding knows the mechanisms of the standard alone."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pkcs11
from pkcs11.constants import Attribute, ObjectClass

from hsm.errors import SignatureInvalid, TokenRefused
from hsm.sm2.public_key import CURVE_OID
from hsm.sm2.signature import DEFAULT_ID, Sm2Signature
from hsm.vendor_mechanisms import SignatureForm, VendorMechanisms
from hsm.worker.calls import Calls
from hsm.worker.module import handle_of
from hsm.worker.objects import NewKey

MAX_SIGNATURE: Final = 256
"""Room for an answer (octets): 64 raw, at most 72 in DER."""


class _Mechanism(ctypes.Structure):
    """CK_MECHANISM (PKCS#11 v2.40 §3.6)."""

    _fields_ = (
        ("mechanism", ctypes.c_ulong),
        ("parameter", ctypes.c_char_p),
        ("length", ctypes.c_ulong),
    )


class _Attribute(ctypes.Structure):
    """CK_ATTRIBUTE (PKCS#11 v2.40 §3.4)."""

    _fields_ = (("type", ctypes.c_ulong), ("value", ctypes.c_char_p), ("length", ctypes.c_ulong))


def _template(values: Mapping[Attribute, bytes]) -> ctypes.Array[_Attribute]:
    rows = [_Attribute(int(name), octets, len(octets)) for name, octets in values.items()]
    return (_Attribute * len(rows))(*rows)


def _number(value: int) -> bytes:
    return bytes(ctypes.c_ulong(value))


_TRUE: Final = b"\1"
_FALSE: Final = b"\0"


@dataclass(frozen=True, slots=True)
class VendorSm2:
    """The SM2 of one loaded module, as its description has it."""

    calls: Calls
    mechanisms: VendorMechanisms

    def make(self, session: pkcs11.Session, new: NewKey) -> None:
        """Make a pair by the module's own mechanism: stored, private, sensitive, not extractable."""
        common = {
            Attribute.KEY_TYPE: _number(self.mechanisms.key_type),
            Attribute.TOKEN: _TRUE,
            Attribute.LABEL: new.label.encode(),
            Attribute.ID: new.id,
        }
        public = _template(
            {
                Attribute.CLASS: _number(ObjectClass.PUBLIC_KEY),
                **common,
                Attribute.VERIFY: _TRUE,
                Attribute.EC_PARAMS: self.mechanisms.curve,
            }
        )
        private = _template(
            {
                Attribute.CLASS: _number(ObjectClass.PRIVATE_KEY),
                **common,
                Attribute.PRIVATE: _TRUE,
                Attribute.SENSITIVE: _TRUE,
                Attribute.EXTRACTABLE: _FALSE,
                Attribute.SIGN: _TRUE,
            }
        )
        mechanism = _Mechanism(self.mechanisms.generate, None, 0)
        made = ctypes.c_ulong(0), ctypes.c_ulong(0)
        self.calls.check(
            "C_GenerateKeyPair",
            handle_of(session),
            ctypes.byref(mechanism),
            public,
            len(public),
            private,
            len(private),
            ctypes.byref(made[0]),
            ctypes.byref(made[1]),
        )

    def known(self, described: dict[str, Any]) -> dict[str, Any]:
        """Say of a key on this module's curve that it is on the SM2 curve, however the module writes that."""
        public = described["public"]
        if public.get("curve") == self.mechanisms.curve.hex():
            return {**described, "public": {**public, "curve": CURVE_OID.hex()}}
        return described

    def sign(self, session: pkcs11.Session, key: Any, octets: bytes) -> bytes:
        """Sign; the answer must have the form that the description tells. Returns r ‖ s."""
        parameter = DEFAULT_ID if self.mechanisms.identity_parameter else None
        mechanism = _Mechanism(self.mechanisms.sign, parameter, len(parameter or b""))
        buffer, length = ctypes.create_string_buffer(MAX_SIGNATURE), ctypes.c_ulong(MAX_SIGNATURE)
        handle = handle_of(session)
        self.calls.check("C_SignInit", handle, ctypes.byref(mechanism), int(key.handle))
        self.calls.check("C_Sign", handle, octets, len(octets), buffer, ctypes.byref(length))
        answer = buffer.raw[: min(length.value, MAX_SIGNATURE)]
        read = (
            Sm2Signature.from_der if self.mechanisms.signature is SignatureForm.DER else Sm2Signature.from_raw
        )
        try:
            return read(answer).raw
        except SignatureInvalid as wrong:
            form = self.mechanisms.signature.value
            raise TokenRefused(
                f"an answer of {len(answer)} octets is not an SM2 signature in the form {form}"
            ) from wrong
