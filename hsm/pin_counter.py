"""How many wrong PINs a token has seen: ours, because software tokens count nothing.

One small file a token, written under a lock and flushed to the disk, so that neither a restart nor a second process
gives new tries. A try is counted *before* it is made and struck out when it succeeds: killing the process in between
wins nothing.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hsm.durable import Stamp, on_disk, stamp, write_whole
from hsm.errors import PinIncorrect, PinLocked
from hsm.file_lock import locked
from hsm.worker.wire import WrongPin

DEFAULT_LIMIT: Final = 6
"""Wrong PINs in a row before the token is locked, as on common hardware tokens."""


@dataclass(frozen=True, slots=True)
class Tries:
    """The file's content: wrong tries in a row, a random word that changes whenever the PIN does, and the token's own
    limit (0: the store's).
    """  # noqa: D205

    failed: int = 0
    epoch: str = ""
    limit: int = 0


class PinCounter:
    """The counters of one provider. All processes that use the same tokens must share ``folder``."""

    def __init__(self, folder: Path, scheme: str, limit: int = DEFAULT_LIMIT) -> None:
        if limit < 1:
            raise ValueError("at least one try is needed")
        self._folder = folder
        self._scheme = scheme
        self._limit = limit
        self._epochs: dict[str, tuple[str, Stamp | None, str]] = {}

    def _path(self, token: str) -> Path:
        return self._folder / f"{self._scheme}-{hashlib.sha256(token.encode()).hexdigest()[:32]}.json"

    def _lock(self, token: str) -> Path:
        return self._path(token).with_suffix(".lock")

    def _read(self, token: str) -> Tries:
        with on_disk():
            try:
                octets = self._path(token).read_bytes()
            except FileNotFoundError:
                return Tries()
        try:
            content = json.loads(octets)
            tries = Tries(int(content["failed"]), str(content["epoch"]), int(content.get("limit", 0)))
        except (ValueError, KeyError, TypeError):
            tries = Tries(-1)
        if tries.failed < 0 or tries.limit < 0:
            return Tries(self._limit)  # an unreadable counter counts as full; the security officer resets it
        return tries

    def _write(self, token: str, tries: Tries) -> None:
        content: dict[str, int | str] = {"failed": tries.failed, "epoch": tries.epoch}
        if tries.limit:
            content["limit"] = tries.limit
        write_whole(self._path(token), json.dumps(content).encode())

    def _bound(self, tries: Tries) -> int:
        return tries.limit or self._limit

    def limit(self, token: str) -> int:
        """Return how many wrong PINs in a row lock the token."""
        return self._bound(self._read(token))

    def set_limit(self, token: str, limit: int) -> None:
        """Give a token a limit of its own, before it has a PIN."""
        if limit < 1:
            raise ValueError("at least one try is needed")
        with on_disk(), locked(self._lock(token)):
            self._write(token, replace(self._read(token), limit=limit))

    def left(self, token: str) -> int:
        """Return the tries left, 0 when locked."""
        tries = self._read(token)
        return max(0, self._bound(tries) - tries.failed)

    def epoch(self, token: str) -> str:
        """Return the word that changes with the PIN; the file is read again only when it was written."""
        path, seen, epoch = self._epochs.get(token) or (str(self._path(token)), None, "")
        now = stamp(path)
        if now is None or now != seen:
            epoch = self._read(token).epoch
            self._epochs[token] = path, now, epoch
        return epoch

    def attempt(self, token: str, check: Callable[[], None], *, logged_in: bool = False) -> None:
        """Count one try, make it, and strike it out when ``check`` returns.

        ``check`` raises :class:`hsm.worker.wire.WrongPin` for a wrong PIN, which becomes :class:`PinIncorrect` or
        :class:`PinLocked`; any other exception gives the try back, as the PIN was never judged. With ``logged_in``,
        ``check`` is a comparison in memory, which cannot be cut short to win a try: it is counted only when it fails.
        """
        with on_disk(), locked(self._lock(token)):
            before = self._read(token)
            limit = self._bound(before)
            if before.failed >= limit:
                raise PinLocked(f"token {token}")
            if not logged_in:
                self._write(token, replace(before, failed=before.failed + 1))
            try:
                check()
            except WrongPin as wrong:
                if logged_in:
                    self._write(token, replace(before, failed=before.failed + 1))
                left = limit - before.failed - 1
                if left <= 0:
                    raise PinLocked(f"token {token}") from wrong
                raise PinIncorrect(left) from wrong
            except Exception:
                if not logged_in:
                    self._write(token, before)
                raise
            if before.failed or not logged_in:
                self._write(token, replace(before, failed=0))

    def renew(self, token: str) -> None:
        """Clear the counter and change the epoch: the PIN is new."""
        with on_disk(), locked(self._lock(token)):
            limit = self._read(token).limit
            self._write(token, Tries(0, secrets.token_hex(16), limit))
