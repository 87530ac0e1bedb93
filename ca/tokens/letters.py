"""PIN letters: a holder's PIN from the moment it is made until it is printed, once, and never in the clear in between.

A PIN is drawn at random, sealed with AES-256-GCM under a key that only the service's token can derive (a new one for each
letter), and kept sealed until its letter is printed; printing takes the octets out of the database in the same
transaction that says so. Nobody who works here sees it: the letter is drawn in memory and handed to the printer.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.tokens import inventory_store, letter_store
from ca.tokens.errors import LetterUnavailable, LetterUnreadable, SoPinUnavailable, TokenUnknown
from ca.tokens.letter_store import Letter, LetterStatus
from ca.tokens.so_pin import Deriving
from ca.tokens.state import USABLE
from ca.tokens.token import Token
from hsm.errors import HsmError
from hsm.pins import Pin

SALT_OCTETS: Final = 16
NONCE_OCTETS: Final = 12
PURPOSE: Final = "pin-letter"


@dataclass(frozen=True, slots=True)
class PrintedLetter:
    """What a letter says, on its way to the printer."""

    id: int
    token: Token
    application: str
    tries: int
    made_at: datetime
    pin: Pin = field(repr=False)


class PinLetters:
    """Seals new PINs and gives each letter out once."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail, master: Deriving) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._master = master

    def seal(self, serial: str, application: str, length: int) -> bytes:
        """Draw a PIN of ``length`` digits and return it sealed; :class:`SoPinUnavailable` without the master key."""
        pin = "".join(secrets.choice("0123456789") for _ in range(length))
        salt, nonce = secrets.token_bytes(SALT_OCTETS), secrets.token_bytes(NONCE_OCTETS)
        key = self._key(serial, application, salt)
        return salt + nonce + AESGCM(key).encrypt(nonce, pin.encode(), _bound(serial, application))

    def open(self, letter: Letter) -> Pin:
        """Open a sealed PIN for the chip or the printer.

        Raises :class:`LetterUnavailable` when it is gone, :class:`LetterUnreadable` when it was altered.
        """
        if not letter.sealed:
            raise LetterUnavailable(f"letter {letter.id} is {letter.status}")
        salt, rest = letter.sealed[:SALT_OCTETS], letter.sealed[SALT_OCTETS:]
        key = self._key(letter.token, letter.application, salt)
        try:
            text = AESGCM(key).decrypt(
                rest[:NONCE_OCTETS], rest[NONCE_OCTETS:], _bound(letter.token, letter.application)
            )
        except (InvalidTag, ValueError) as wrong:
            raise LetterUnreadable(f"letter {letter.id}") from wrong
        return Pin(text.decode())

    def prepare(self, conn: sa.Connection, serial: str, application: str, sealed: bytes, actor: Actor) -> int:
        """Write a sealed PIN as a letter, in the caller's transaction, before the chip is given it."""
        return letter_store.insert_letter(conn, serial, application, sealed, at=self._clock(), by=actor.id)

    def print(self, letter_id: int, *, actor: Actor) -> PrintedLetter:
        """Give a letter out for printing, once; its content is out of the database from then on.

        Raises :class:`LetterUnavailable` (printed, void, its token stopped) or :class:`LetterUnreadable`.
        """
        with self._reading() as conn:
            found = letter_store.letter(conn, letter_id)
            token = None if found is None else inventory_store.find(conn, found.token)
        if found is None or token is None or found.status is not LetterStatus.READY:
            raise LetterUnavailable(f"letter {letter_id}")
        if token.state not in USABLE:
            raise LetterUnavailable(f"letter {letter_id}: token {token.serial} is {token.state}")
        pin = self.open(found)
        with self._engine.begin() as conn:
            stamped = {"printed_at": self._clock(), "printed_by": actor.id}
            moved = letter_store.move_letter(
                conn, letter_id, LetterStatus.READY, LetterStatus.PRINTED, **stamped
            )
            if not moved:
                raise LetterUnavailable(f"letter {letter_id} was printed by somebody else just now")
            detail = {"letter": letter_id, "application": found.application}
            subject = f"token:{found.token}"
            self._audit.append(conn, "token.letter_printed", actor=actor, subject=subject, detail=detail)
        tries = next(each.policy.tries for each in token.applications if each.name == found.application)
        return PrintedLetter(found.id, token, found.application, tries, found.made_at, pin)

    def of_token(self, serial: str) -> tuple[Letter, ...]:
        """Return a token's letters, oldest first; :class:`TokenUnknown`."""
        with self._reading() as conn:
            if inventory_store.find(conn, serial) is None:
                raise TokenUnknown(serial)
            return letter_store.letters(conn, serial)

    def _key(self, serial: str, application: str, salt: bytes) -> bytes:
        try:
            return self._master.derive(PURPOSE, serial, application, salt.hex())
        except HsmError as wrong:
            raise SoPinUnavailable(f"{type(wrong).__name__}: {wrong.detail}") from wrong

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def _bound(serial: str, application: str) -> bytes:
    return f"yinxin pin letter v1 {serial}/{application}".encode()
