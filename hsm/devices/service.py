"""What the services of SDF and SKF workers have in common: one request at a time, by a table of names."""

from __future__ import annotations

import hmac
import secrets
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any, ClassVar

from hsm.errors import HsmError
from hsm.file_lock import locked
from hsm.worker.wire import Frame


class DeviceService:
    """Answers requests one after the other, with a ``lock`` alone among all processes that share it.

    Neither standard says that a library may be used by several threads, so none is.
    """

    requests: ClassVar[frozenset[str]]
    """The methods that a frame may name."""

    def __init__(self, lock: Path | None) -> None:
        self._turn = threading.Lock()
        self._lock = lock

    def perform(self, frame: Frame) -> Frame:
        """Do what the frame asks; an unknown request raises :class:`HsmError`."""
        name = frame.fields.get("op")
        if name not in self.requests:
            raise HsmError("unknown request")
        with self._turn, locked(self._lock) if self._lock is not None else nullcontext():
            answer: Frame = getattr(self, str(name))(frame.fields, frame.blob)
            return answer


def id_of(fields: dict[str, Any]) -> bytes | None:
    """Read the key id of a request, if it names one."""
    return bytes.fromhex(fields["key_id"]) if fields.get("key_id") is not None else None


class AcceptedPin:
    """The PIN that the device accepted, as a keyed hash: later uses are compared with it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._mac = b""

    def is_set(self) -> bool:
        """Tell whether a PIN was accepted."""
        return bool(self._mac)

    def matches(self, pin: str) -> bool:
        """Tell whether this is the PIN that was accepted."""
        return self.is_set() and hmac.compare_digest(self._of(pin), self._mac)

    def keep(self, pin: str) -> None:
        """Remember a PIN that the device accepted."""
        self._mac = self._of(pin)

    def forget(self) -> None:
        """Forget it: the device has been told another one, and may have closed the door."""
        self._mac = b""

    def _of(self, pin: str) -> bytes:
        return hmac.digest(self._key, pin.encode(), "sha256")
