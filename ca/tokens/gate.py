"""The gate before a token's keys: nothing signs through this service while the token or its certificate is stopped."""

from __future__ import annotations

from contextlib import suppress

import sqlalchemy as sa

from ca import certificate_store
from ca.clock import Clock
from ca.errors import CaError
from ca.revocation import Standing, standing_of
from ca.tokens import inventory_store as store
from ca.tokens.errors import ContainerCertificateBad, ContainerUnknown, TokenNotUsable, TokenUnknown
from ca.tokens.inventory_store import Place
from ca.tokens.state import USABLE
from ca.tokens.token import ContainerKey, Token
from ca.tokens.unblock import ChipTools
from hsm.algorithms import PublicKey, SignatureAlgorithm
from hsm.errors import HsmError
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.provider import open_signer
from hsm.public_keys import load_spki
from hsm.signer import Custody, Signer


class TokenGate:
    """Judges each use of a token's key by the records as they are at that moment."""

    def __init__(self, engine: sa.Engine, clock: Clock, tools: ChipTools) -> None:
        self._engine = engine
        self._clock = clock
        self._tools = tools

    def admit(self, place: Place) -> ContainerKey:
        """Return the key if it may sign now.

        Raises :class:`TokenUnknown`, :class:`ContainerUnknown`, :class:`TokenNotUsable` or
        :class:`ContainerCertificateBad`.
        """
        with self._reading() as conn:
            token = store.find(conn, place.token)
            if token is None:
                raise TokenUnknown(place.token)
            key = token.key(place.application, place.container, place.use)
            if key is None:
                raise ContainerUnknown(f"{place.application}/{place.container}")
            if token.state not in USABLE:
                raise TokenNotUsable(f"token {token.serial} is {token.state}")
            self._check_certificate(conn, token, key)
        return key

    def _check_certificate(self, conn: sa.Connection, token: Token, key: ContainerKey) -> None:
        name = f"token {token.serial}: {key.key_uri}"
        rows = () if key.serial is None else certificate_store.by_serial(conn, key.serial, key.issuer)
        good = False
        with suppress(CaError):
            good = len(rows) == 1 and standing_of(rows[0].record) is Standing.GOOD
        if not good:
            raise ContainerCertificateBad(f"{name}: not in force")
        if not rows[0].record.not_before <= self._clock() <= rows[0].record.not_after:
            raise ContainerCertificateBad(f"{name}: outside its validity")

    def signer(self, place: Place, *, pin: Pin) -> GatedSigner:
        """Open a key of a token with its holder's PIN; each signature passes the gate anew."""
        key = self.admit(place)
        with self._reading() as conn:
            public_key = store.public_key(conn, place)
        expected = load_spki(public_key or b"")
        try:
            opened = open_signer(self._tools.keys, KeyUri.parse(key.key_uri), expected=expected, pin=pin)
        except HsmError:
            self.read_pin(place.token, place.application)
            raise
        return GatedSigner(self, place, opened)

    def read_pin(self, serial: str, application: str) -> int | None:
        """Read the tries left from the chip, which costs none, and note them; nothing when the chip is not here."""
        with self._reading() as conn:
            token = store.find(conn, serial)
        if token is None:
            raise TokenUnknown(serial)
        try:
            left = self._tools.reader(token).pin_info(serial, application).left
        except (HsmError, CaError):
            return None
        with self._engine.begin() as conn:
            store.set_pin(conn, serial, application, left, self._clock())
        return left

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


class GatedSigner:
    """A token's key behind the gate (:class:`hsm.signer.Signer`)."""

    def __init__(self, gate: TokenGate, place: Place, signer: Signer) -> None:
        self._gate = gate
        self._place = place
        self._signer = signer

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """The algorithm of every signature."""
        return self._signer.algorithm

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        return self._signer.public_key

    @property
    def custody(self) -> Custody:
        """Where the private half is kept."""
        return self._signer.custody

    def sign(self, message: bytes) -> bytes:
        """Sign, unless token or certificate were stopped since."""
        self._gate.admit(self._place)
        return self._signer.sign(message)
