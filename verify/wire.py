"""Reports and trust stores as JSON between the verifier's own processes: nothing but data crosses, never code."""

from __future__ import annotations

import base64
import dataclasses
import types
import typing
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from verify.objects.report import ObjectReport
from verify.ofd.report import OfdReport
from verify.policy import Policy
from verify.report import DocumentReport
from verify.ses.report import SealDataReport
from verify.trust import TrustStore
from verify.trusted_lists.model import TrustedList
from verify.trusted_lists.source import Pin


def pack(value: Any) -> Any:
    """Turn a frozen report into JSON types."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: pack(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [pack(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value


_KINDS: tuple[tuple[str, type[DocumentReport]], ...] = (
    ("coverage", OfdReport),
    ("object_kind", ObjectReport),
    ("steps", SealDataReport),
)
"""The member that only one kind of report has."""


def unpack_report(value: Any) -> DocumentReport:
    """Rebuild a report; raises ``ValueError``, ``TypeError`` or ``KeyError`` on anything else."""
    kind = next((kind for member, kind in _KINDS if member in value), DocumentReport)
    found: DocumentReport = _unpack(kind, value)
    return found


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _unpack(kind: Any, value: Any) -> Any:
    origin = typing.get_origin(kind)
    if origin in {types.UnionType, typing.Union}:
        inner = next(item for item in typing.get_args(kind) if item is not type(None))
        return None if value is None else _unpack(inner, value)
    if origin is tuple:
        return tuple(_unpack(typing.get_args(kind)[0], item) for item in value)
    if dataclasses.is_dataclass(kind):
        return _unpack_fields(kind, value)
    return _unpack_scalar(kind, value)


def _unpack_fields(kind: Any, value: dict[str, Any]) -> Any:
    hints = _hints(kind)
    return kind(**{key: _unpack(hints[key], item) for key, item in value.items()})


def _unpack_scalar(kind: Any, value: Any) -> Any:
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is bytes:
        return base64.b64decode(value, validate=True)
    if issubclass(kind, Enum):
        return kind(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{kind} expected")
    return value


def pack_trust(trust: TrustStore) -> dict[str, list[Any]]:
    """Turn a trust store into JSON types: DER in base64, seal lists as they are, trust lists as they were read."""
    return {
        "anchors": _base64(item.public_bytes(Encoding.DER) for item in trust.anchors),
        "intermediates": _base64(item.public_bytes(Encoding.DER) for item in trust.intermediates),
        "crls": _base64(trust.crls),
        "ocsp": _base64(trust.ocsp),
        "seal_lists": list(trust.seal_lists),
        "lists": [pack(item) for item in trust.lists],
        "pins": [pack(item) for item in trust.pins],
    }


def unpack_trust(value: dict[str, list[Any]]) -> TrustStore:
    """Rebuild a trust store."""
    binary = ("anchors", "intermediates", "crls", "ocsp")
    octets = {key: [base64.b64decode(item) for item in value[key]] for key in binary}
    return TrustStore(
        [x509.load_der_x509_certificate(der) for der in octets["anchors"]],
        [x509.load_der_x509_certificate(der) for der in octets["intermediates"]],
        octets["crls"],
        octets["ocsp"],
        value["seal_lists"],
        [_unpack(TrustedList, item) for item in value["lists"]],
        [_unpack(Pin, item) for item in value["pins"]],
    )


def _base64(items: Sequence[bytes] | typing.Iterable[bytes]) -> list[str]:
    return [base64.b64encode(item).decode("ascii") for item in items]


def pack_policy(policy: Policy) -> dict[str, Any]:
    """Turn a policy into JSON types; durations are seconds."""
    packed = dataclasses.asdict(policy)
    return {k: v.total_seconds() if hasattr(v, "total_seconds") else v for k, v in packed.items()}


def unpack_policy(value: dict[str, Any]) -> Policy:
    """Rebuild a policy."""
    hints = _hints(Policy)
    fields: dict[str, Any] = {
        key: timedelta(seconds=item) if hints[key] is timedelta else item for key, item in value.items()
    }
    return Policy(**fields)
