"""A PKCS#11 module as loaded: initialised for threads, its tokens, and what a security officer does to them.

Nothing here knows a vendor.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pkcs11
from pkcs11.attributes import AttributeMapper
from pkcs11.constants import Attribute, TokenFlag

from hsm.errors import HsmError, ModuleUnavailable, TokenExists, TokenNotFound, TokenRefused
from hsm.worker.calls import CKU_SO, Calls
from hsm.worker.faults import translated

LABEL_LENGTH: Final = 32
"""CK_TOKEN_INFO.label: 32 octets, padded with blanks, not terminated (PKCS#11 v2.40 §3.1)."""


class Module:
    """A loaded module. ``threads`` tells whether several sessions may work at the same time."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ModuleUnavailable(f"{path} is not a file")
        try:
            self._library = pkcs11.lib(str(path))
            self.calls = Calls(path)
            self.threads = self.calls.initialize()
        except (pkcs11.PKCS11Error, OSError, AttributeError) as wrong:
            raise ModuleUnavailable(f"{path.name}: {type(wrong).__name__}") from wrong
        except HsmError as wrong:
            raise ModuleUnavailable(f"{path.name}: {wrong.detail}") from wrong

    def tokens(self) -> list[pkcs11.Token]:
        """Return the token of every slot that has one, initialised or blank; an unreadable slot is passed over."""
        found = []
        with translated():
            for slot in self._library.get_slots(token_present=True):
                try:
                    found.append(slot.get_token())
                except (pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised, pkcs11.DeviceRemoved):
                    continue
        return found

    def initialised(self) -> list[pkcs11.Token]:
        """Return the tokens that have a label and content."""
        return [token for token in self.tokens() if token.flags & TokenFlag.TOKEN_INITIALIZED]

    def token(self, label: str) -> pkcs11.Token:
        """Find the one token of that label; none or several raise :class:`TokenNotFound`."""
        found = [token for token in self.initialised() if token.label == label]
        if len(found) != 1:
            raise TokenNotFound(f"{len(found)} tokens are labelled {label}")
        return found[0]

    def open(self, token: pkcs11.Token, *, writing: bool) -> pkcs11.Session:
        """Open a session without a PIN, so that closing it never logs anybody out."""
        with translated():
            return token.open(rw=writing, attribute_mapper=_mapper())

    def create(self, label: str, so_pin: str, user_pin: str) -> None:
        """Initialise a blank token (C_InitToken, then C_InitPIN); one left half-made by a crash is completed."""
        same = [token for token in self.initialised() if token.label == label]
        if any(token.flags & TokenFlag.USER_PIN_INITIALIZED for token in same) or len(same) > 1:
            raise TokenExists(label)
        if not same:
            blank = [token for token in self.tokens() if not token.flags & TokenFlag.TOKEN_INITIALIZED]
            if not blank:
                raise TokenRefused("no slot holds a blank token")
            octets = so_pin.encode()
            padded = label.encode().ljust(LABEL_LENGTH, b" ")
            self.calls.check("C_InitToken", blank[0].slot.slot_id, octets, len(octets), padded)
            self.threads = self.calls.initialize()  # a module may move an initialised token to another slot
        self.set_user_pin(label, so_pin, user_pin)

    def set_user_pin(self, label: str, so_pin: str, user_pin: str) -> None:
        """Log in as security officer and set the holder's PIN (C_InitPIN)."""
        session = self.open(self.token(label), writing=True)
        try:
            self.calls.login(handle_of(session), CKU_SO, so_pin)
            octets = user_pin.encode()
            try:
                self.calls.check("C_InitPIN", handle_of(session), octets, len(octets))
            finally:
                self.calls.value("C_Logout", handle_of(session))
        finally:
            with translated():
                session.close()


def _mapper() -> AttributeMapper:
    """Read labels of foreign tokens even when they are not UTF-8."""
    mapper = AttributeMapper()
    mapper.register_handler(Attribute.LABEL, str.encode, lambda octets: octets.decode(errors="replace"))
    return mapper


def handle_of(session: pkcs11.Session) -> int:
    """Return CK_SESSION_HANDLE, which the binding's types leave out."""
    return int(session.handle)  # type: ignore[attr-defined]
