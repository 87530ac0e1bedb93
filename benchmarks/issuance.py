"""Durable issuance: lint, audit trail and every commit, against the same certificates made by the bare builder.

Both sign with the same key in the same store through the same signer, and both make the same certificate: same names,
extensions and sizes. The peer keeps nothing: no reservation, no check, no record; it shows what durability costs.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.harness import Better, Row, compare, per_second
from benchmarks.installation import SOFT, TOKEN, folder, installation

if TYPE_CHECKING:
    from api.services import Services
    from ca.certificate import IssuedCertificate
    from hsm.signer import Signer

NAME = "issuance"
COMPANY, USCC = "北京示例科技有限公司", "91110108MA01C8QX33"
CHUNK = 200
"""Certificates of a chunk: as many as :data:`ca.issuance.MAX_CHUNK` lets be asked for together."""
KEYS = 32
"""Subject keys made beforehand and used in turn: making keys is the holder's work, not the authority's."""


def run(quick: bool) -> Iterable[Row]:
    """Measure with the soft key store, and with a token where there is one."""
    for store, label in ((SOFT, "soft"), (TOKEN, "token")):
        with folder() as place, installation(place, store) as services:
            custody = services.key_stores.chosen.custody.value
            if custody == label:
                yield from _measure(services, place, label, quick=quick)


def _measure(services: Services, place: Path, label: str, *, quick: bool) -> Iterable[Row]:
    seconds, rounds = (1.0, 3) if quick else (4.0, 7)
    keys = itertools.cycle([ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(KEYS)])
    ours = _ours(services, keys)
    model = x509.load_der_x509_certificate(ours())
    peer = _peer(services, keys, model)
    _same_shape(model, x509.load_der_x509_certificate(peer()))
    yield Row(
        name=f"issuance-{label}",
        unit="certificates/s",
        peer_name="cryptography builder, same key, nothing recorded",
        samples=compare(lambda: per_second(ours, seconds), lambda: per_second(peer, seconds), rounds),
        note="ours: lint, audit trail, two durable commits (SQLite, synchronous=FULL), own signature verified",
    )
    if label == SOFT:
        bare = _bare_commits(place)
        yield Row(
            name="issuance-durability",
            unit="certificates/s",
            peer_name="sqlite3: two one-row durable commits, no certificate",
            samples=compare(lambda: per_second(ours, seconds), lambda: per_second(bare, seconds), rounds),
            note="the most that this disk allows anybody who records before the key is touched, and after",
        )

        bulk = _ours_bulk(services, keys)
        yield _lint_share("issuance-lint", ours, 2.0 if quick else 10.0)
        yield _lint_share("issuance-lint-bulk", bulk, 2.0 if quick else 10.0, each=CHUNK)
        with django_ca(place) as peer_rate:
            if peer_rate is not None:
                yield Row(
                    name="issuance-django-ca",
                    unit="certificates/s",
                    peer_name="django-ca, SQLite, key in a file",
                    samples=compare(lambda: per_second(ours, seconds), lambda: peer_rate(seconds), rounds),
                    note="both: P-256, one row a certificate, WAL with synchronous=FULL; ours besides: lint, audit trail, intent "
                    "committed before the key, own signature verified",
                )
                yield Row(
                    name="issuance-django-ca-bulk",
                    unit="certificates/s",
                    peer_name="django-ca, SQLite, key in a file",
                    samples=compare(
                        lambda: per_second(bulk, seconds) * CHUNK, lambda: peer_rate(seconds), rounds
                    ),
                    note=f"ours: chunks of {CHUNK}, every certificate with its own name, lint, reservation, signature checked and "
                    "two records of the trail, two commits a chunk; django-ca has one by one only",
                )


def _lint_share(name: str, ours: Callable[[], object], seconds: float, each: int = 1) -> Row:
    """Time the lint inside whole issuances of ``each`` certificates; it cannot be switched off, only measured."""
    from ca import planning as module

    planning: Any = module
    real, spent, done = planning.check, 0.0, 0

    def timed(*given: Any) -> Any:
        nonlocal spent
        began = time.perf_counter()
        try:
            return real(*given)
        finally:
            spent += time.perf_counter() - began

    planning.check = timed
    try:
        began = time.perf_counter()
        while (elapsed := time.perf_counter() - began) < seconds:
            ours()
            done += each
    finally:
        planning.check = real
    return Row(
        name=name,
        unit="ms a certificate",
        peer_name="the whole issuance",
        samples=((spent / done * 1000, elapsed / done * 1000),),
        better=Better.LOWER,
        note="ours: the part of an issuance that the lint takes, drafting not counted",
    )


@contextmanager
def django_ca(place: Path) -> Iterator[Callable[[float], float] | None]:
    """Start django-ca in the interpreter that has it (``YINXIN_BENCH_DJANGO_CA``, or this one); nothing without it."""
    python = os.environ.get("YINXIN_BENCH_DJANGO_CA", "")
    if not python and importlib.util.find_spec("django_ca") is None:
        yield None
        return
    home = place / "django-ca"
    home.mkdir()
    command = [python or sys.executable, "-m", "benchmarks._django_ca", str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        given, said = child.stdin, child.stdout
        if said.readline().strip() != "ready":
            raise RuntimeError("django-ca did not start")

        def rate(seconds: float) -> float:
            print(seconds, file=given, flush=True)
            return float(said.readline())

        yield rate
        given.close()


def _bare_commits(place: Path) -> Callable[[], None]:
    """Commit two rows of a certificate's size, each synced to the same disk, and nothing else."""
    connection = sqlite3.connect(place / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE kept (octets BLOB)")
    row = secrets.token_bytes(1000)

    def commit() -> None:
        for _ in range(2):
            connection.execute("INSERT INTO kept VALUES (?)", (row,))

    return commit


def _ours(services: Services, keys: Iterable[ec.EllipticCurvePublicKey]) -> Callable[[], bytes]:
    from ca.actor import SYSTEM
    from ca.certificate import CertificateRequest, SubjectName

    services.enterprises.register(USCC, COMPANY, actor=SYSTEM)
    subject, numbers, source = SubjectName(COMPANY, COMPANY, USCC), itertools.count(), iter(keys)

    def issue() -> bytes:
        request = CertificateRequest("enterprise-seal", subject, next(source))
        return services.authority.issue(request, request_key=f"bench-{next(numbers)}", actor=SYSTEM).der

    return issue


def _ours_bulk(
    services: Services, keys: Iterable[ec.EllipticCurvePublicKey]
) -> Callable[[], tuple[IssuedCertificate, ...]]:
    """Issue a chunk at a time; no two certificates have the same name."""
    from ca.actor import SYSTEM
    from ca.certificate import CertificateRequest, SubjectName

    numbers, source = itertools.count(), iter(keys)

    def issue() -> tuple[IssuedCertificate, ...]:
        asked = []
        for number in itertools.islice(numbers, CHUNK):
            subject = SubjectName(f"{COMPANY} {number}", COMPANY, USCC)
            request = CertificateRequest("enterprise-seal", subject, next(source))
            asked.append((request, f"bench-bulk-{number}"))
        return services.authority.issue_many(asked, actor=SYSTEM)

    return issue


def _peer(
    services: Services, keys: Iterable[ec.EllipticCurvePublicKey], model: x509.Certificate
) -> Callable[[], bytes]:
    """Make certificates like ``model`` with the bare builder over the issuing CA's own key."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from hsm.builder_keys import builder_key

    signer = _issuing_signer(services)
    key, hashing, source = builder_key(signer), signer.algorithm.digest.hash(), iter(keys)
    others = [one for one in model.extensions if one.oid != x509.SubjectKeyIdentifier.oid]

    def make() -> bytes:
        public, now = next(source), datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .serial_number(secrets.randbits(150) | 1)
            .issuer_name(model.issuer)
            .subject_name(model.subject)
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=365))
            .public_key(public)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        for extension in others:
            builder = builder.add_extension(extension.value, extension.critical)
        return builder.sign(key, hashing).public_bytes(Encoding.DER)

    return make


def _issuing_signer(services: Services) -> Signer:
    from hsm.provider import open_signer

    return open_signer(services.key_stores.ring, services.authority.issuer("issuing").key_uri)


def _same_shape(one: x509.Certificate, other: x509.Certificate) -> None:
    """Refuse to compare unlike things."""
    if {found.oid for found in one.extensions} != {found.oid for found in other.extensions}:
        raise AssertionError("the two sides make different certificates")
