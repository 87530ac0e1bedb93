"""The service's end of one worker process: start it, ask it, notice its death.

Imports no PKCS#11 binding: a vendor's library is loaded in the worker alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from hsm.errors import ModuleUnavailable, TokenLost
from hsm.pins import Pin
from hsm.worker.wire import Frame, SessionLost, WireBroken, error_from, receive, send

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
START_SECONDS: Final = 60.0
"""A network HSM may take long to answer at first; a module that needs more than a minute is taken for dead."""
CALL_SECONDS: Final = 60.0
"""The slowest smart card signs in seconds."""
GENERATE_SECONDS: Final = 600.0
"""RSA-4096 on a smart card takes minutes."""
CLOSE_SECONDS: Final = 2.0
SECRET_PREFIX: Final = "YINXIN_"  # noqa: S105 - a prefix of names
"""Our own settings, some secret, are not passed to a vendor's library."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start workers of one library: its path, the lock file, extra environment, sessions for signing.

    ``kind`` names the interface (a row of ``hsm.worker.__main__.OPENERS``), ``options`` is what that interface needs
    beyond the path, as JSON values.
    """

    module: Path
    lock: Path
    environment: Mapping[str, str] = field(repr=False)
    lanes: int = 4
    call_seconds: float = CALL_SECONDS
    kind: str = "pkcs11"
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Worker:
    """One live worker process. Safe for threads: requests are numbered, answers come in any order."""

    def __init__(self, launch: Launch, token: str | None) -> None:
        self.source_accepted = False
        """Whether the PIN source's own PIN was accepted by this worker."""
        self.logged_in = False
        self.epoch = ""
        self._pending: dict[int, Future[Frame]] = {}
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._next = 0
        self._broken = False
        self._call_seconds = launch.call_seconds
        self._process = self._spawn(launch)
        self._reader = threading.Thread(target=self._read, name="hsm-worker-reader", daemon=True)
        self._reader.start()
        try:
            self.call("start", _start_fields(launch, token), seconds=START_SECONDS)
        except SessionLost as lost:
            self.kill()
            raise ModuleUnavailable(f"{launch.module.name}: the worker did not start") from lost
        except BaseException:
            self.kill()
            raise

    def _spawn(self, launch: Launch) -> subprocess.Popen[bytes]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(SECRET_PREFIX)}
        root = str(Path(__file__).resolve().parents[2])
        opened: list[int] = []
        try:
            opened.extend(os.pipe())
            opened.extend(os.pipe())
            theirs_in, ours_out, ours_in, theirs_out = opened
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-m", "hsm.worker", str(theirs_in), str(theirs_out)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs_in, theirs_out),
                env={**inherited, **launch.environment, "PYTHONPATH": root},
                cwd="/",
                start_new_session=True,
            )
        except OSError as wrong:
            for descriptor in opened:
                os.close(descriptor)
            raise ModuleUnavailable(f"cannot start a worker: {wrong.strerror}") from wrong
        os.close(theirs_in)
        os.close(theirs_out)
        self._incoming = os.fdopen(ours_in, "rb")
        self._outgoing = os.fdopen(ours_out, "wb")
        return process

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the worker can be asked."""
        return not self._broken and self._process.poll() is None

    def login(self, pin: Pin) -> None:
        """Log in once, or compare with the PIN that did; :class:`hsm.worker.wire.WrongPin` for a wrong one."""
        self.call("login", {"pin": pin.reveal()})

    def call(
        self,
        operation: str,
        fields: Mapping[str, Any] = NOTHING,
        blob: bytes = b"",
        *,
        seconds: float | None = None,
    ) -> Frame:
        """Ask and wait.

        Raises what the worker raised; :class:`SessionLost` when it died; :class:`TokenLost` when it did not answer in
        time, in which case it is killed.
        """
        patience = self._call_seconds if seconds is None else seconds
        answer: Future[Frame] = Future()
        with self._guard:
            if self._broken:
                raise SessionLost("the worker is gone")
            self._next += 1
            number = self._next
            self._pending[number] = answer
        try:
            with self._writing:
                send(self._outgoing, Frame({**fields, "op": operation, "n": number}, blob))
            frame = answer.result(patience)
        except WireBroken as broken:
            raise SessionLost("the worker is gone") from broken
        except TooLate as late:
            self.kill()
            raise TokenLost(f"no answer to {operation} in {patience:.0f} s") from late
        finally:
            with self._guard:
                self._pending.pop(number, None)
        if "error" in frame.fields:
            raise error_from(frame.fields)
        return frame

    def _read(self) -> None:
        try:
            while True:
                frame = receive(self._incoming)
                with self._guard:
                    waiting = self._pending.pop(int(frame.fields.get("n", 0)), None)
                if waiting is not None:
                    waiting.set_result(frame)
        except (WireBroken, ValueError, TypeError):
            with self._guard:
                self._broken = True
                waiters = list(self._pending.values())
                self._pending.clear()
            for waiting in waiters:
                waiting.set_exception(SessionLost("the worker is gone"))

    def abandon(self) -> None:
        """Let go of a worker that belongs to the process we were forked from, without a word to it."""
        for stream in (self._outgoing, self._incoming):
            stream.raw.close()  # not flushed, and no lock of a thread that is not here
        self._process.returncode = 0

    def close(self) -> None:
        """Close the pipe, by which the worker leaves; kill it if it does not."""
        self._shut(CLOSE_SECONDS)

    def kill(self) -> None:
        """End the worker at once."""
        self._process.kill()
        self._shut(CLOSE_SECONDS)

    def _shut(self, patience: float) -> None:
        with self._guard:
            self._broken = True
        if not self._writing.acquire(timeout=patience):  # somebody is stuck in a full pipe
            self._process.kill()
            self._writing.acquire()
        try:
            with suppress(OSError):  # a frame was half written when the worker died
                self._outgoing.close()
        finally:
            self._writing.release()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if threading.current_thread() is not self._reader:
            self._reader.join(patience)
        if not self._reader.is_alive():
            self._incoming.close()


def _start_fields(launch: Launch, token: str | None) -> dict[str, Any]:
    return {
        "kind": launch.kind,
        "module": str(launch.module),
        "token": token,
        "lock": str(launch.lock),
        "lanes": launch.lanes,
        "options": dict(launch.options),
    }
