"""A revocation list of a million entries, and the shards that make it needless: time and memory against the library.

Ours reads the entries from the database, reserves, signs, checks and records the list; the peer is given the same
entries as objects in memory and only builds and signs. Each runs in a process of its own, whose peak is measured.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import Better, Row
from benchmarks.installation import SOFT, folder, installation

if TYPE_CHECKING:
    from api.services import Services

NAME = "lists"
FULL, QUICK = 1_000_000, 100_000
PEER = "cryptography CertificateRevocationListBuilder, entries given as a list"


def run(quick: bool) -> Iterable[Row]:
    """Publish one list of all entries, ours from SQLite."""
    count = QUICK if quick else FULL
    with folder() as place:
        with installation(place, SOFT) as services:
            _revoke(services, count)
        ours, peer = _child("ours", place, count), _child("peer", place, count)
    (seconds, megabytes, size), (their_seconds, their_megabytes, _) = ours, peer
    note = f"{count:,} entries, {size / 1e6:.1f} MB"
    yield Row(
        "lists-time",
        "s",
        PEER,
        ((seconds, their_seconds),),
        Better.LOWER,
        note + "; ours read, recorded and checked",
    )
    yield Row(
        "lists-memory",
        "MB above the start",
        PEER,
        ((megabytes, their_megabytes),),
        Better.LOWER,
        f"{note}; ours {megabytes * 1e6 / size:.1f} times the list",
    )


def _revoke(services: Services, count: int) -> None:
    """Enter revoked certificates, as small as the columns allow: only what a list reads counts here."""
    import sqlalchemy as sa

    from ca.status.revocation_list import encode_entry
    from ca.store import certificate, crl_shard

    now = datetime.now(UTC).replace(microsecond=0)
    begin, end = now - timedelta(days=1), now + timedelta(days=365)
    text = {
        "request_digest": "",
        "profile": "",
        "profile_hash": "",
        "config_hash": "",
        "name": "",
        "subject": "",
    }
    with services.engine.begin() as conn:
        for start in range(0, count, 10_000):
            conn.execute(
                certificate.insert(),
                [
                    text
                    | {
                        "issuer": "issuing",
                        "serial": (1 << 150) + number,
                        "request_key": f"bench:{number}",
                        "status": "revoked",
                        "epoch": 1,
                        "spki_sha256": f"{number:064x}",
                        "not_before": begin,
                        "not_after": end,
                        "reserved_at": begin,
                        "revoked_at": now,
                        "reason": "superseded" if number % 5 else "unspecified",
                        "crl_entry": encode_entry(
                            (1 << 150) + number, now, "superseded" if number % 5 else "unspecified"
                        ),
                        "crl_change": number + 1,
                    }
                    for number in range(start, min(start + 10_000, count))
                ],
            )
        conn.execute(crl_shard.delete().where(crl_shard.c.issuer == "issuing"))
        conn.execute(
            sa.insert(crl_shard).values(issuer="issuing", shard=0, capacity=0, assigned=0, changes=count)
        )


def _child(who: str, place: Path, count: int) -> tuple[float, float, int]:
    command = [sys.executable, "-m", "benchmarks.lists", who, str(place), str(count)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(said[0]), float(said[1]), int(said[2])


def _resident(field: str) -> float:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(field)).split()[1]) / 1024


def _start() -> float:
    """Forget the peak so far (opening a key file takes 64 MB for a moment); return the present megabytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return _resident("VmRSS")


def _main(who: str, place: Path, count: int) -> None:
    """Make one list and print seconds, peak megabytes above the start, and octets."""
    made = _ours(place) if who == "ours" else _peer(count)
    print(*made)


def _ours(place: Path) -> tuple[float, float, int]:
    from api.bootstrap import assemble
    from api.home import Home, service_pins
    from api.settings import load_settings
    from ca.actor import SYSTEM
    from ca.clock import system_clock

    settings = load_settings(place, key_store=SOFT, log_level="error")
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(place)))
    try:
        services.crls.publish("root", actor=SYSTEM)  # what is opened once
        before, began = _start(), time.perf_counter()
        made = services.crls.publish("issuing", actor=SYSTEM)
        return time.perf_counter() - began, _resident("VmHWM") - before, len(made.der)
    finally:
        services.close()


def _peer(count: int) -> tuple[float, float, int]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    now = datetime.now(UTC).replace(microsecond=0)
    key = ec.generate_private_key(ec.SECP256R1())
    before, began = _start(), time.perf_counter()
    entries = []
    for number in range(count):
        entry = x509.RevokedCertificateBuilder((1 << 150) + number, now)
        if number % 5:
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.superseded), critical=False)
        entries.append(entry.build())
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=x509.Name([]),
        last_update=now,
        next_update=now + timedelta(days=7),
        revoked_certificates=entries,
    )
    made = builder.add_extension(x509.CRLNumber(1), critical=False).sign(key, hashes.SHA256())
    size = len(made.public_bytes(Encoding.DER))
    return time.perf_counter() - began, _resident("VmHWM") - before, size


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
