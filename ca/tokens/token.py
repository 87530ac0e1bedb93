"""Tokens as the room speaks of them: what the inventory holds of a chip, its applications, containers and keys."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from ca.tokens.errors import TokenFieldInvalid
from ca.tokens.state import TokenAct, TokenState
from ca.words import Word

MAX_SERIAL: Final = 24
"""Longest serial number: with an application's name it must fit a PKCS#11 label of 32 octets (CK_TOKEN_INFO)."""
MAX_TEXT: Final = 64
"""Longest model, batch, name of a person, name of a container (GM/T 0016 §6.3: a container name has 64 octets)."""
MAX_APPLICATIONS: Final = 16
"""Most applications on one chip; the chips on the market hold fewer than ten."""
MAX_CONTAINERS: Final = 16
"""Most containers in one application."""
MAX_REASON: Final = 200
"""Longest reason, in characters."""
MAX_PAGE: Final = 200
"""Most tokens in one page of a list."""
_SERIAL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,23}")
_APPLICATION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,6}")
_CONTAINER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


class Purpose(Word):
    """What a container is for."""

    LICENCE = "licence", "执照"
    OFFICIAL_SEAL = "official-seal", "公章"
    BANK = "bank", "银行"
    SOCIAL_SECURITY = "social-security", "社保"
    TAX = "tax", "税务"
    OTHER = "other", "其他"


class KeyUse(StrEnum):
    """Which of a container's two pairs."""

    SIGN = "sign"
    ENCRYPT = "encrypt"


class Standing(StrEnum):
    """How a container's certificate stands as far as the token is concerned.

    ``apart`` is a certificate that was put on hold on its own account: the token's coming back does not lift that.
    """

    NONE = "none"
    GOOD = "good"
    HELD = "held"
    APART = "apart"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose token it is: an enterprise, a person (by actor id) of it, or nobody yet."""

    uscc: str = ""
    person: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class PinPolicy:
    """An application's PIN: its length, and the wrong tries in a row after which the chip locks it."""

    length: int = 8
    tries: int = 6

    def __post_init__(self) -> None:
        if (
            not 6 <= self.length <= 16
        ):  # GM/T 0016 §6.2: at most 16 octets; under 6 digits is guessed in a lifetime
            raise TokenFieldInvalid("pin.length", "PIN 长度应为 6 至 16 位", "a PIN has 6 to 16 digits")
        if not 3 <= self.tries <= 15:  # 15 is the most that a chip counts (GM/T 0016 §6.2)
            raise TokenFieldInvalid("pin.tries", "可试次数应为 3 至 15 次", "3 to 15 tries")


@dataclass(frozen=True, slots=True)
class PinState:
    """What the chip said of a PIN when it was last read; ``left`` of ``None`` was never read. Reading costs no try."""

    left: int | None = None
    locked: bool = False
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewToken:
    """What the inventory is told of a new chip. ``number`` is its chip number if it comes from a granted range."""

    serial: str
    model: str
    medium: str = "pkcs11"
    batch: str = ""
    number: str = ""
    holder: Holder = field(default_factory=Holder)

    def __post_init__(self) -> None:
        check_serial(self.serial)
        check_text("model", self.model)
        for name, text in (("batch", self.batch), ("holder.name", self.holder.name)):
            if text:
                check_text(name, text)
        if len(self.holder.person) > 128:
            raise TokenFieldInvalid(
                "holder.person", "经办人标识过长", "an actor id has at most 128 characters"
            )


@dataclass(frozen=True, slots=True)
class ContainerKey:
    """One key pair of a container with its certificate, as the inventory knows it.

    ``serial`` and ``issuer`` name the certificate; validity is copied from it. ``key_uri`` opens the private half.
    """

    use: KeyUse
    key_uri: str
    spki_sha256: str
    request_key: str
    standing: Standing
    issuer: str = ""
    serial: int | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenContainer:
    """A container: its purpose and its keys, the signing one first."""

    name: str
    purpose: Purpose
    keys: tuple[ContainerKey, ...]


@dataclass(frozen=True, slots=True)
class TokenApplication:
    """An issuer's own part of the chip, under a PIN of its own."""

    name: str
    policy: PinPolicy
    pin: PinState
    containers: tuple[TokenContainer, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the inventory holds it. ``prior`` is where it returns to when it was stopped; ``moves`` counts acts."""

    serial: str
    model: str
    medium: str
    batch: str
    number: str
    holder: Holder
    state: TokenState
    prior: TokenState
    moves: int
    registered_at: datetime
    moved_at: datetime
    moved_by: str
    stopped_by: str
    resume_requested_by: str
    applications: tuple[TokenApplication, ...] = ()

    def key(self, application: str, container: str, use: KeyUse = KeyUse.SIGN) -> ContainerKey | None:
        """Return a key of the chip, or nothing."""
        for part in self.applications:
            for place in part.containers:
                for key in place.keys:
                    if (part.name, place.name, key.use) == (application, container, use):
                        return key
        return None


@dataclass(frozen=True, slots=True)
class TokenEvent:
    """One act on record."""

    serial: str
    number: int
    act: TokenAct
    state: TokenState
    at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class TokenQuery:
    """Which tokens to list: every filter given must match; ``after`` is the last serial number of the page before."""

    uscc: str = ""
    state: TokenState | None = None
    batch: str = ""
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class TokenPage:
    """A page of tokens by serial number; ``next`` continues, or is ``None`` at the end."""

    items: tuple[Token, ...]
    next: str | None


def check_serial(serial: str) -> str:
    """Return a serial number that can stand in labels and addresses; :class:`TokenFieldInvalid`."""
    if _SERIAL.fullmatch(serial) is None:
        raise TokenFieldInvalid(
            "serial",
            "序列号应为 1 至 24 个字母、数字、点或连字符",
            "1 to 24 letters, digits, dots or hyphens",
        )
    return serial


def check_application(name: str) -> str:
    """Return the name of an application: with the serial number it becomes a label of at most 32 octets."""
    if _APPLICATION.fullmatch(name) is None:
        raise TokenFieldInvalid(
            "application",
            "应用名应为 1 至 7 个字母、数字、下划线或连字符",
            "1 to 7 letters, digits, underscores or hyphens",
        )
    return name


def check_container(name: str) -> str:
    """Return the name of a container; :class:`TokenFieldInvalid`."""
    if _CONTAINER.fullmatch(name) is None:
        raise TokenFieldInvalid(
            "container",
            "容器名应为 1 至 32 个字母、数字、下划线或连字符",
            "1 to 32 letters, digits, underscores or hyphens",
        )
    return name


def check_text(field_name: str, text: str) -> str:
    """Return a text of 1 to 64 visible characters; :class:`TokenFieldInvalid`."""
    if not 1 <= len(text) <= MAX_TEXT or text != text.strip():
        raise TokenFieldInvalid(
            field_name, "应为 1 至 64 个字符，首尾无空格", "1 to 64 characters, no blank at either end"
        )
    if any(unicodedata.category(character)[0] == "C" for character in text):
        raise TokenFieldInvalid(field_name, "不能含控制字符", "no control characters")
    return text
