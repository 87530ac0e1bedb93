"""The home folder: where an installation keeps its tokens, secrets, database, archive and published evidence.

::

    yinxin.toml      settings of this installation
    yinxin.db        the database, unless another is configured
    tokens/          SoftHSM 2 token directory
    soft/            soft key store, where no PKCS#11 module is
    counters/        our own PIN try counters
    secrets/         0700; every file in it 0600
      service/       PINs of the service's own tokens (embedded use)
      holder/        demo only: the PIN of the demo's seal keeper
      session.key    signs session cookies
    trust/           anchors, intermediates, CRLs and the seal status list, as an auditor copies them
    archive/         sealed documents by digest
    checkpoints/     signed heads of the audit trail
    audit-proof.json how the last proof of the trail from the console ended, or how far it is

PINs in ``secrets/`` suit a demo or an appliance. In service leave the folder empty and give the PINs in the
environment (``YINXIN_PIN_<TOKEN>``) or at the prompt.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.errors import HomeUnsafe
from hsm.errors import PinRequired
from hsm.pins import Pin, PinSource

SESSION_KEY_OCTETS: Final = 48
_TOKEN_NAME: Final = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class Home:
    """The paths of one installation; a property never creates, :meth:`prepare` does."""

    folder: Path

    @property
    def tokens(self) -> Path:
        """SoftHSM 2 token directory."""
        return self.folder / "tokens"

    @property
    def soft(self) -> Path:
        """Soft key store."""
        return self.folder / "soft"

    @property
    def counters(self) -> Path:
        """PIN try counters."""
        return self.folder / "counters"

    @property
    def secrets(self) -> Path:
        """Folder of secrets, 0700."""
        return self.folder / "secrets"

    @property
    def trust(self) -> Path:
        """Published evidence: anchors, intermediates, CRLs, seal status list."""
        return self.folder / "trust"

    @property
    def checkpoints(self) -> Path:
        """Signed heads of the audit trail."""
        return self.folder / "checkpoints"

    @property
    def audit_proof(self) -> Path:
        """How the last proof of the audit trail ended, or how far it is."""
        return self.folder / "audit-proof.json"

    @property
    def cache(self) -> Path:
        """Where a fetched SoftHSM 2 is unpacked; shared by all homes of the user."""
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "yinxin"

    def prepare(self) -> None:
        """Make the folders; whoever else is on the machine sees only ``trust``."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.tokens, self.soft, self.counters, self.secrets, self.checkpoints):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.trust.mkdir(exist_ok=True)

    def pin_file(self, token: str, *, holder: bool = False) -> Path:
        """Return the file that keeps (or would keep) the PIN of ``token``."""
        return self.secrets / ("holder" if holder else "service") / f"{_TOKEN_NAME.sub('_', token)}.pin"

    def keep_pin(self, token: str, pin: Pin, *, holder: bool = False) -> Path:
        """Write a PIN, 0600; it is never overwritten (``FileExistsError``)."""
        path = self.pin_file(token, holder=holder)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_secret(path, pin.reveal())
        return path

    def keep_secret(self, name: str, text: str) -> Path:
        """Write a secret, 0600; it is never overwritten (``FileExistsError``)."""
        _write_secret(self.secrets / name, text)
        return self.secrets / name

    def session_secret(self) -> bytes:
        """Return the key that signs session cookies, made at first use."""
        path = self.secrets / "session.key"
        if not path.exists():
            self.prepare()
            _write_secret(path, base64.b64encode(secrets.token_bytes(SESSION_KEY_OCTETS)).decode())
        return base64.b64decode(read_secret(path))


def service_pins(home: Home, environment: Mapping[str, str] | None = None) -> PinSource:
    """Return a source of the service's PINs: ``YINXIN_PIN_<TOKEN>`` first, then ``secrets/service``.

    A holder's PIN is not among them: a keeper gives it for each use.
    """
    variables = os.environ if environment is None else environment

    def ask(token: str) -> Pin:
        given = variables.get(f"YINXIN_PIN_{re.sub(r'[^A-Z0-9]', '_', token.upper())}")
        if given:
            return Pin(given)
        path = home.pin_file(token)
        if path.exists():
            return Pin(read_secret(path))
        raise PinRequired(f"token {token}")

    return ask


def read_secret(path: Path) -> str:
    """Read a secret's file; one that group or others can read raises :class:`HomeUnsafe`."""
    if path.stat().st_mode & 0o077:
        raise HomeUnsafe(path)
    return path.read_text(encoding="utf-8").strip()


def new_pin() -> Pin:
    """Make a random PIN of 12 digits (40 bits; the try counter does the rest)."""
    return Pin("".join(secrets.choice("0123456789") for _ in range(12)))


def _write_secret(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
