"""Durable issuance: lint, audit trail and every commit, against the same certificates made by the bare builder.

Both sign with the same key in the same store through the same signer, and both make the same certificate: same names,
extensions and sizes. The peer keeps nothing: no reservation, no check, no record; it shows what durability costs.
"""

from __future__ import annotations

import itertools
import secrets
import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.harness import Row, compare, per_second
from benchmarks.installation import SOFT, TOKEN, folder, installation

if TYPE_CHECKING:
    from api.bootstrap import Services
    from hsm.signer import Signer

NAME = "issuance"
COMPANY, USCC = "北京示例科技有限公司", "91110108MA01C8QX33"
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
