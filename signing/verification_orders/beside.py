"""What is handed in with a document of an order: its password, evidence records, the file that a detached signature is over.

It waits in the very object of the store that holds the document and goes with it: no table, backup, log or message ever has it.
The password waits sealed under a secret of the installation that lies elsewhere (in its token), for this one order.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hsm.sealed_secret import seal, unseal
from signing.verification_orders.errors import OrderFieldInvalid

MAX_PASSWORD: Final = 1000
"""Characters; a PDF takes 127 octets of one."""
MAX_EVIDENCE: Final = 2**20
"""Octets of evidence records beside one document; a record has some thousands."""
LENGTH: Final = 4
"""Octets that say how long the head is."""

Secret = Callable[[], bytes]
"""Gives 32 octets that only this installation can derive, the same each time."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies beside a document; ``content`` are the octets that a detached signature is over, ``None`` without one."""

    password: str | None = field(default=None, repr=False)
    evidence: str = ""
    content: bytes | None = None


NOTHING: Final = Beside()


def head_of(password: str | None, evidence: str, *, order: str, secret: Secret) -> bytes:
    """Write the head: its length, and JSON in which the password is sealed. :class:`OrderFieldInvalid`."""
    if password is not None and len(password) > MAX_PASSWORD:
        raise OrderFieldInvalid(
            "password", f"至多 {MAX_PASSWORD} 个字符", f"at most {MAX_PASSWORD} characters"
        )
    if len(evidence) > MAX_EVIDENCE:
        raise OrderFieldInvalid("evidence", "制度证据记录过大", "the evidence records are too large")
    box = None if not password else seal(secret(), _purpose(order), password.encode())
    told = {"password": None if box is None else base64.b64encode(box).decode(), "evidence": evidence}
    head = json.dumps(told).encode()
    return len(head).to_bytes(LENGTH) + head


def read_beside(octets: bytes, *, order: str, secret: Secret) -> Beside:
    """Read what lies behind a document in its object; :class:`hsm.errors.DecryptionFailed` where the secret is another by now."""
    if not octets:
        return NOTHING
    end = LENGTH + int.from_bytes(octets[:LENGTH])
    told = json.loads(octets[LENGTH:end])
    box = told["password"]
    password = None if box is None else unseal(secret(), _purpose(order), base64.b64decode(box)).decode()
    return Beside(password, told["evidence"], octets[end:] or None)


def _purpose(order: str) -> str:
    """Bind a sealed password to its order: in another it opens nothing."""
    return f"verification-order/{order}"
