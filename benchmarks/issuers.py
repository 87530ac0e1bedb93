"""An installation with ten thousand issuing CAs: how long it takes to start, and what a request costs.

The peer is the same installation with its one issuing CA. The issuers share a certificate and a key; each has its own row,
responder, shards and list, which is all that the service knows of them before it is asked.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import Better, Row
from benchmarks.installation import SOFT, folder, installation
from benchmarks.search import one_certificate

if TYPE_CHECKING:
    from api.services import Services

NAME = "issuers"
FULL, QUICK = 10_000, 2_000
PEER = "the same installation with one issuing CA"
PARTS = ("start", "issue", "first answer", "first list")


def run(quick: bool) -> Iterable[Row]:
    """Measure start, issuance, the first answer and the first list of one issuer, each in a new process."""
    count, rounds = (QUICK, 3) if quick else (FULL, 5)
    with folder() as place:
        for name in ("many", "one"):
            with installation(place / name, SOFT) as services:
                one_certificate(services)
                _add(services, count if name == "many" else 1)
        pairs = [(_child(place / "many", n), _child(place / "one", n)) for n in range(rounds)]
    for part, label in enumerate(PARTS):
        yield Row(
            name=f"issuers-{label.replace(' ', '-')}",
            unit="ms",
            peer_name=PEER,
            samples=tuple((ours[part], peer[part]) for ours, peer in pairs),
            better=Better.LOWER,
            note=f"{count:,} issuing CAs; a new process each time, SQLite, keys in files; the promise for a start is 60 s",
        )


def _add(services: Services, count: int) -> None:
    from ca.issuer import UnitPurpose
    from ca.issuer_store import insert_issuer, insert_unit

    model = services.authority.issuer("issuing")
    unit = next(one for one in services.authority.units(UnitPurpose.OCSP) if one.issuer == "issuing")
    now = services.clock()
    with services.engine.begin() as conn:
        for number in range(count):
            insert_issuer(conn, replace(model, id=f"ca-{number}", shard_capacity=18_000), now)
            insert_unit(conn, replace(unit, id=f"ocsp-{number}", issuer=f"ca-{number}"), now)


def _child(place: Path, turn: int) -> tuple[float, ...]:
    command = [sys.executable, "-m", "benchmarks.issuers", str(place), str(turn)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return tuple(map(float, said))


def _main(place: Path, turn: int) -> None:
    """Open the installation, issue once, answer once, publish once; print milliseconds."""
    from cryptography.hazmat.primitives.asymmetric import ec

    from api.app import create_app
    from api.bootstrap import assemble
    from api.home import Home, service_pins
    from api.settings import load_settings
    from benchmarks.issuance import COMPANY, USCC
    from ca.actor import SYSTEM
    from ca.certificate import CertificateRequest, SubjectName
    from ca.clock import system_clock

    took, began = [], time.perf_counter()

    def lap() -> None:
        nonlocal began
        now = time.perf_counter()
        took.append((now - began) * 1000)
        began = now

    settings = load_settings(place, key_store=SOFT, log_level="error")
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(place)))
    create_app(services)
    lap()
    try:
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        wish = CertificateRequest("enterprise-seal", SubjectName(COMPANY, COMPANY, USCC), key, issuer="ca-0")
        serial = services.authority.issue(wish, request_key=f"turn-{turn}", actor=SYSTEM).serial
        lap()
        services.ocsp.response_for(serial)
        lap()
        services.crls.covering("ca-0", serial)
        lap()
    finally:
        services.close()
    print(*took)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]))
