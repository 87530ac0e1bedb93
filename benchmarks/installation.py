"""A real installation for benchmarks: ceremony performed, in a folder of its own, on the keys that are asked for."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.services import Services

SOFT, TOKEN = "soft", "auto"
"""Key stores: encrypted files, or the machine's PKCS#11 token (SoftHSM 2) where there is one."""


@contextmanager
def folder() -> Iterator[Path]:
    """Give an empty folder, removed afterwards. ``TMPDIR`` chooses the disk: durable commits cost what it costs."""
    with tempfile.TemporaryDirectory(prefix="yinxin-bench-", ignore_cleanup_errors=True) as place:
        yield Path(place)


@contextmanager
def installation(place: Path, key_store: str, database_url: str = "") -> Iterator[Services]:
    """Open an installation in ``place`` with root, issuing CA and service units; SQLite there unless a URL is given."""
    from api.bootstrap import assemble
    from api.foundation import lay_foundation
    from api.home import Home, service_pins
    from api.settings import load_settings
    from ca.actor import SYSTEM
    from ca.clock import system_clock

    logging.getLogger("ca").setLevel(logging.ERROR)
    settings = load_settings(place, key_store=key_store, log_level="error", database_url=database_url)
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(place)))
    try:
        lay_foundation(services, "印信基准测试 TEST", actor=SYSTEM, progress=lambda _line: None)
        yield services
    finally:
        services.close()
