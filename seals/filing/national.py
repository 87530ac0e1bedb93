"""The shape of the national platform's interfaces: fields, times, signatures; written exactly and read strictly. Pure.

What is known comes from one province's client of 2019 (release, renewal, deactivation, status query, revocation list); the
meaning of its signatures was not documented even there. :data:`FIELDS` says of each field how sure it is. The signature here is
the seal maker's over :func:`canonical`; base64 of DER (``Ecdsa-Sig-Value``, or ``SM2Signature`` of GM/T 0009).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final

from cryptography import x509

from ca.audit import canonical_json
from ca.clock import BEIJING
from ca.words import Word
from hsm.algorithms import DEFAULT_ALGORITHM, kind_of
from hsm.errors import HsmError
from hsm.public_keys import certificate_key
from hsm.verification import verify_signature
from seals.errors import StatementInvalid
from seals.filing.errors import ExchangeUnproven, ExchangeUnreadable
from seals.jws import read_object
from seals.members import USCC
from seals.seal import is_electronic_code

FORMAT: Final = "yinxin-national-exchange"
VERSION: Final = 1
MAX_MESSAGES: Final = 1000
"""Messages in one file: with SM2 in pure Python a thousand signatures are checked in some seconds."""
MAX_FILE: Final = 8 * 2**20
"""Longest file, in octets: a message has some 3 KiB with its certificate."""
MAX_TEXT: Final = 256
"""Longest text field, in characters."""
MAX_BASE64: Final = 16 * 1024
"""Longest certificate or signature in base64: ours have under 3 KiB."""
_DOMAIN: Final = b"yinxin national exchange v1\n"
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_DIVISION: Final = re.compile(r"[0-9]{6}")
_KIND: Final = re.compile(r"[0-9]{2}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")


class Surety(Enum):
    """How sure the meaning of a field is."""

    CODED = "as coded by one province in 2019; name and form known"
    GUESSED = "name known from the same code, meaning and form guessed"
    OURS = "not in that code; added here because the message could not be worked without it"


class Interface(StrEnum):
    """What a message does."""

    RELEASE = "release"
    RENEW = "renew"
    DEACTIVATE = "deactivate"


class InvalidType(Word):
    """Why a seal is invalid: 吊销, 撤销, 挂失."""

    REVOKED = "0", "吊销"
    CANCELLED = "1", "撤销"
    LOST = "2", "挂失"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message: how it is read, how sure it is, whether it may be empty."""

    read: Callable[[str], bool]
    form: str
    surety: Surety
    optional: bool = False


def is_time(text: str) -> bool:
    """Tell whether ``text`` is a time as the platform writes it."""
    if _TIME.fullmatch(text) is None:
        return False
    try:
        datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).astimezone()
    except (ValueError, OverflowError):
        return False
    return "1970" <= text[:4] <= "9998"


def _is_text(text: str) -> bool:
    return len(text) <= MAX_TEXT and text.isprintable() and text == text.strip()


def _is_base64(text: str) -> bool:
    return len(text) <= MAX_BASE64 and _BASE64.fullmatch(text) is not None


_CODE: Final = Field(is_electronic_code, "14 digits", Surety.CODED)
_NAME: Final = Field(_is_text, "text", Surety.CODED)
_WHEN: Final = Field(is_time, "yyyy-MM-dd HH:mm:ss", Surety.CODED)
_SIGNED: Final = Field(_is_base64, "base64", Surety.GUESSED)
FIELDS: Final[Mapping[Interface, Mapping[str, Field]]] = MappingProxyType(
    {
        Interface.RELEASE: MappingProxyType(
            {
                "sealCode": _CODE,
                "sealName": _NAME,
                "useUnitCode": Field(lambda text: USCC.fullmatch(text) is not None, "USCC", Surety.CODED),
                "sealZone": Field(
                    lambda text: _DIVISION.fullmatch(text) is not None, "6 digits", Surety.GUESSED
                ),
                "validStartTime": _WHEN,
                "validEndTime": _WHEN,
                "parentSealCode": Field(is_electronic_code, "14 digits", Surety.GUESSED, optional=True),
                "createTime": _WHEN,
                "creater": _NAME,
                "legalType": Field(
                    lambda text: _KIND.fullmatch(text) is not None, "2 digits", Surety.GUESSED
                ),
                "certStartTime": _WHEN,
                "certEndTime": _WHEN,
                "signCert": _SIGNED,
                "signature": _SIGNED,
            }
        ),
        Interface.RENEW: MappingProxyType(
            {
                "sealCode": _CODE,
                "sealName": _NAME,
                "validEndTime": _WHEN,
                "signCert": _SIGNED,
                "signature": _SIGNED,
            }
        ),
        Interface.DEACTIVATE: MappingProxyType(
            {
                "sealCode": Field(is_electronic_code, "14 digits", Surety.OURS),
                "sealName": _NAME,
                "cancelReason": _NAME,
                "cancelDescribe": Field(_is_text, "text", Surety.CODED, optional=True),
                "applyDate": _WHEN,
                "invalidType": Field(lambda text: text in tuple(InvalidType), "0, 1 or 2", Surety.CODED),
                "invalidEffectTime": _WHEN,
                "signCert": Field(_is_base64, "base64", Surety.OURS),
                "signature": _SIGNED,
            }
        ),
    }
)
"""Every field there is, in the platform's spelling (``creater`` too); a message has exactly these."""

STATUS_VALID: Final = "0"
STATUS_INVALID: Final = "1"


def civil(when: datetime) -> str:
    """Write a time as the platform does: civil time, whole seconds, no zone."""
    return when.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")


def moment(text: str) -> datetime:
    """Read a time of the platform's; ``ValueError`` for another form."""
    if not is_time(text):
        raise ValueError(text[:32])
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)


@dataclass(frozen=True, slots=True)
class Message:
    """A message with its fields as text; only :func:`read_file` and :func:`unsigned` make one."""

    interface: Interface
    fields: Mapping[str, str]

    @property
    def code(self) -> str:
        """The electronic code of the seal that it is about."""
        return self.fields["sealCode"]

    @property
    def maker(self) -> bytes:
        """The seal maker's certificate, DER."""
        return base64.b64decode(self.fields["signCert"])

    def when(self, field: str) -> datetime:
        """Return a time of the message."""
        return moment(self.fields[field])

    @property
    def canonical(self) -> bytes:
        """The octets that are signed: a domain, the interface, canonical JSON of every field but the signature."""
        bare = {name: text for name, text in self.fields.items() if name != "signature"}
        return _DOMAIN + self.interface.encode() + b"\n" + canonical_json(bare).encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical octets: by it a message that was taken in is known again."""
        return hashlib.sha256(self.canonical).hexdigest()

    def signed(self, signature: bytes) -> Message:
        """Return the message with its signature."""
        return Message(self.interface, {**self.fields, "signature": base64.b64encode(signature).decode()})

    def as_object(self) -> dict[str, str]:
        """Return the message as it stands in a file."""
        return {"interface": self.interface.value, **self.fields}


def unsigned(interface: Interface, fields: Mapping[str, str], certificate: bytes) -> Message:
    """Make a message to be signed by the key of ``certificate`` (DER)."""
    return Message(interface, {**fields, "signCert": base64.b64encode(certificate).decode()})


def check_signature(message: Message, trusted: Mapping[str, bytes]) -> None:
    """Prove that a trusted seal maker signed a message (``trusted``: SHA-256 of a certificate → DER).

    Raises :class:`seals.filing.errors.ExchangeUnproven`.
    """
    der = trusted.get(hashlib.sha256(message.maker).hexdigest())
    if der is None:
        raise ExchangeUnproven(f"seal {message.code}: the maker's certificate is not trusted here")
    try:
        key = certificate_key(x509.load_der_x509_certificate(der))
        signature = base64.b64decode(message.fields["signature"])
        verify_signature(key, DEFAULT_ALGORITHM[kind_of(key)], message.canonical, signature)
    except (HsmError, ValueError) as wrong:
        raise ExchangeUnproven(f"seal {message.code}, {message.interface}") from wrong


def write_file(messages: tuple[Message, ...], when: datetime) -> bytes:
    """Write signed messages as one file."""
    whole = {
        "format": FORMAT,
        "version": VERSION,
        "exportedAt": civil(when),
        "messages": [message.as_object() for message in messages],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"


def read_file(octets: bytes) -> tuple[Message, ...]:
    """Read a file of messages, its signatures unchecked; :class:`ExchangeUnreadable` names the place."""
    if len(octets) > MAX_FILE:
        raise ExchangeUnreadable("file", f"超过 {MAX_FILE // 2**20} MiB", f"over {MAX_FILE // 2**20} MiB")
    try:
        whole = read_object(octets, "file")
    except StatementInvalid as wrong:
        raise ExchangeUnreadable("file", "不是规范的 JSON 对象", "not a sound JSON object") from wrong
    if set(whole) != {"format", "version", "exportedAt", "messages"}:
        raise ExchangeUnreadable("file", "缺少或多出成员", "members are missing or unknown")
    if (whole["format"], whole["version"]) != (FORMAT, VERSION) or whole["version"] is True:
        raise ExchangeUnreadable("format", f"应为 {FORMAT} 版本 {VERSION}", f"not {FORMAT} version {VERSION}")
    messages = whole["messages"]
    if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_MESSAGES:
        raise ExchangeUnreadable("messages", f"应有 1 至 {MAX_MESSAGES} 条", f"not 1 to {MAX_MESSAGES}")
    return tuple(_message(f"messages[{number}]", found) for number, found in enumerate(messages))


def _message(where: str, found: object) -> Message:
    if not isinstance(found, dict) or found.get("interface") not in tuple(Interface):
        raise ExchangeUnreadable(f"{where}.interface", "不是已知接口", "no known interface")
    interface = Interface(found.pop("interface"))
    expected = FIELDS[interface]
    odd = sorted(set(expected) ^ set(found))
    if odd:
        raise ExchangeUnreadable(f"{where}.{odd[0][:40]}", "字段缺失或多余", "a field is missing or unknown")
    for name, field in expected.items():
        text = found[name]
        sound = isinstance(text, str) and (field.read(text) if text else field.optional)
        if not sound:
            raise ExchangeUnreadable(f"{where}.{name}", f"格式应为 {field.form}", f"not {field.form}")
    message = Message(interface, MappingProxyType(found))
    _decodable(where, message)
    return message


def _decodable(where: str, message: Message) -> None:
    for name in ("signCert", "signature"):
        try:
            octets = base64.b64decode(message.fields[name], validate=True)
        except (binascii.Error, ValueError) as wrong:
            raise ExchangeUnreadable(f"{where}.{name}", "不是 base64", "not base64") from wrong
        if base64.b64encode(octets).decode() != message.fields[name]:
            raise ExchangeUnreadable(f"{where}.{name}", "base64 不规范", "not canonical base64")
