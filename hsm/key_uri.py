"""Which key: one line of text, after RFC 7512.

``pkcs11:token=LABEL;object=NAME;id=%01%02`` names a key in a PKCS#11 token, ``file:token=LABEL;object=NAME`` the same
in the soft key store; ``sdf:`` and ``skf:`` name keys behind the interfaces of GM/T 0018 and GM/T 0016, and
``csc:token=SERVICE;object=CREDENTIAL`` one in a remote signing service. Exactly one key must match when it is opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from hsm.errors import KeyUriError

SCHEMES: Final = ("pkcs11", "file", "sdf", "skf", "csc")
MAX_TOKEN_LABEL: Final = 32
"""CK_TOKEN_INFO.label (PKCS#11 v2.40 §3.1)."""
TOKEN_LABELS: Final = {"skf": 32 + 1 + 32}
"""Longer ones: SKF names a chip's serial number and its application, ``SERIAL/APPLICATION`` (GM/T 0016)."""
VALUE: Final = re.compile(r"(?:[A-Za-z0-9\-._~:\[\]@!$'()*+,=&]|%[0-9A-Fa-f]{2})*")
"""RFC 7512 §2.3 ``pk11-pchar``: unreserved, some reserved characters, percent-encoding; all else must be encoded."""
MAX_URI_LENGTH: Final = 1024
"""Longest URI read: PKCS#11 labels have 32 octets, ids seldom more than 64; a kilobyte is generous."""


@dataclass(frozen=True, slots=True)
class KeyUri:
    """A key's address: scheme, token label, object label and, once known, the key id (CKA_ID)."""

    scheme: str
    token: str
    object: str
    id: bytes | None = None

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            raise KeyUriError(f"scheme {self.scheme!r} is none of {', '.join(SCHEMES)}")
        for name, text in (("token", self.token), ("object", self.object)):
            if not text or text != text.strip(" ") or not text.isprintable():
                raise KeyUriError(f"{name} is needed: printable characters, no blank at either end")
        longest = TOKEN_LABELS.get(self.scheme, MAX_TOKEN_LABEL)
        if len(self.token.encode()) > longest:
            raise KeyUriError(f"a token label of {self.scheme} has at most {longest} octets")
        if self.id is not None and not self.id:
            raise KeyUriError("an id has at least one octet")
        if len(str(self)) > MAX_URI_LENGTH:
            raise KeyUriError(f"longer than {MAX_URI_LENGTH} characters")

    @classmethod
    def parse(cls, text: str) -> KeyUri:
        """Read ``text``; anything unknown, repeated or missing raises :class:`KeyUriError`."""
        if len(text) > MAX_URI_LENGTH:
            raise KeyUriError(f"longer than {MAX_URI_LENGTH} characters")
        scheme, colon, path = text.partition(":")
        if not colon:
            raise KeyUriError("no scheme before ':'")
        found: dict[str, bytes] = {}
        for part in path.split(";"):
            name, equals, value = part.partition("=")
            if not equals or name not in ("token", "object", "id") or name in found:
                raise KeyUriError(f"attribute {name!r} is unknown, repeated or has no value")
            if not VALUE.fullmatch(value):
                raise KeyUriError(f"attribute {name!r} has a character that must be written as %XX")
            found[name] = unquote_to_bytes(value)
        try:
            token, label = found.get("token", b"").decode(), found.get("object", b"").decode()
        except UnicodeDecodeError as wrong:
            raise KeyUriError("token and object are UTF-8") from wrong
        return cls(scheme, token, label, found.get("id"))

    def with_id(self, key_id: bytes) -> KeyUri:
        """Return the same address with the key id."""
        return replace(self, id=key_id)

    def __str__(self) -> str:
        text = f"{self.scheme}:token={quote(self.token, safe='')};object={quote(self.object, safe='')}"
        if self.id is not None:
            text += ";id=" + "".join(f"%{octet:02X}" for octet in self.id)
        return text
