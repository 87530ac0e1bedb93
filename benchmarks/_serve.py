"""Serve an installation made by :mod:`benchmarks.installation`: ``python -m benchmarks._serve FOLDER STORE PORT``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from rich.console import Console


def main() -> None:
    """Serve until terminated."""
    from api.bootstrap import assemble
    from api.home import Home, service_pins
    from api.serve import serve
    from api.settings import load_settings
    from ca.clock import system_clock

    folder, store, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    settings = load_settings(folder, key_store=store, log_level="error")
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(folder)))
    try:
        serve(services, "127.0.0.1", port, Console(stderr=True))
    finally:
        services.close()


if __name__ == "__main__":
    main()
