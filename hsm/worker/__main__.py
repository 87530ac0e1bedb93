"""``python -m hsm.worker READ WRITE``: serve one token over two inherited pipe descriptors until the reader is gone.

The first frame names the module, the token (or none) and the lock file. Nothing secret is on the command line.
"""

from __future__ import annotations

import logging
import os
import resource
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

from hsm.errors import HsmError
from hsm.file_lock import locked
from hsm.vendor_mechanisms import VendorMechanisms
from hsm.worker.wire import Frame, WireBroken, error_fields, receive, send

LOG = logging.getLogger("hsm.worker")


Answer = Callable[[Frame], Frame]


def open_pkcs11(fields: dict[str, Any]) -> Answer:
    """Load a PKCS#11 module."""
    from hsm.worker.module import Module  # noqa: PLC0415 - a worker loads one interface
    from hsm.worker.operations import perform  # noqa: PLC0415
    from hsm.worker.service import ModuleService, TokenService  # noqa: PLC0415

    lock = Path(str(fields["lock"]))
    with locked(lock):
        module = Module(Path(str(fields["module"])))
    if fields.get("token") is None:
        return partial(perform, ModuleService(module, lock))
    options = fields["options"]
    service = TokenService(
        module,
        str(fields["token"]),
        lock,
        int(fields["lanes"]),
        python_signing=bool(options.get("python_signing")),
        vendor=VendorMechanisms.from_json(options["vendor"]) if options.get("vendor") else None,
    )
    return partial(perform, service)


def open_skf(fields: dict[str, Any]) -> Answer:
    """Load an SKF library."""
    from hsm.skf.service import open_service  # noqa: PLC0415

    return open_service(fields)


def open_sdf(fields: dict[str, Any]) -> Answer:
    """Load an SDF library."""
    from hsm.sdf.service import open_service  # noqa: PLC0415

    return open_service(fields)


OPENERS: Final[dict[str, Callable[[dict[str, Any]], Answer]]] = {
    "pkcs11": open_pkcs11,
    "skf": open_skf,
    "sdf": open_sdf,
}
"""The interfaces that a worker can serve."""


def open_service(fields: dict[str, Any]) -> Answer:
    """Load the library and find the token that the first frame names; the result answers requests."""
    return OPENERS[str(fields["kind"])](fields)


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer every frame, several at a time; return when the other end closes its pipe."""
    writing = threading.Lock()

    def reply(number: object, answer: Frame) -> None:
        with writing:
            send(outgoing, Frame({**answer.fields, "n": number}, answer.blob))

    first = receive(incoming)
    try:
        perform = open_service(first.fields)
    except Exception as wrong:  # noqa: BLE001 - every failure is told to the other end
        reply(first.fields.get("n"), Frame(error_fields(wrong)))
        return
    reply(first.fields.get("n"), Frame({}))

    def work(frame: Frame) -> None:
        try:
            answer = perform(frame)
        except HsmError as wrong:
            answer = Frame(error_fields(wrong))
        except Exception as wrong:  # every failure is told to the other end
            LOG.exception("the worker met an error that it does not know")
            answer = Frame(error_fields(wrong))
        reply(frame.fields.get("n"), answer)

    lanes = int(str(first.fields["lanes"]))
    with ThreadPoolExecutor(max_workers=lanes + 1) as pool:
        while True:
            pool.submit(work, receive(incoming))


def main() -> None:
    """Take the two descriptors from the command line; leave without running the module's own exit code.

    A crash leaves no core file: a PIN or an opened key might stand in it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(int(sys.argv[1]), "rb") as incoming, os.fdopen(int(sys.argv[2]), "wb") as outgoing:
        with suppress(WireBroken):
            serve(incoming, outgoing)
        os._exit(0)


if __name__ == "__main__":
    main()
