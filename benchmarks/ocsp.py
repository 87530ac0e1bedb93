"""OCSP answers over HTTP: ``yinxin serve`` against OpenSSL's own responder, one process each.

Both sign with P-256, both know the same certificates, and the same clients ask both: one connection for each question,
as OCSP clients do, from threads in a process of their own. Ours asks the database at every answer and signs with a key in
the store that the row names; OpenSSL reads an index file once, when it starts, and keeps its key in memory.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp

from benchmarks._clients import ask
from benchmarks.harness import Row, compare, per_second
from benchmarks.installation import SOFT, TOKEN, folder, installation

if TYPE_CHECKING:
    from api.services import Services

NAME = "ocsp"
ISSUER = "issuing"
CERTIFICATES = 20
"""Certificates issued and asked about, every fifth revoked."""
START_SECONDS = 30.0


def run(quick: bool) -> Iterable[Row]:
    """Measure with a nonce (every answer signed afresh) and without, with soft keys and, unless quick, with a token."""
    for store in (SOFT,) if quick else (SOFT, TOKEN):
        with folder() as place:
            court = _prepare(place, store)
            if court is None:
                continue
            if store == SOFT:
                yield _in_process(place, court, quick=quick)
            with _our_server(place, store) as ours, _peer_server(place) as peer:
                for nonce in (True, False):
                    yield _row(court, ours, peer, nonce=nonce, quick=quick)


def _in_process(place: Path, court: Court, *, quick: bool) -> Row:
    """Compare the responder itself, without HTTP, with ``cryptography``'s builder on the same key."""
    from api.bootstrap import assemble
    from api.home import Home, service_pins
    from api.settings import load_settings
    from ca.clock import system_clock
    from ca.issuer import UnitPurpose
    from hsm.builder_keys import builder_key
    from hsm.provider import open_signer

    services = assemble(
        load_settings(place, key_store=SOFT), clock=system_clock, pins=service_pins(Home(place))
    )
    try:
        unit = services.authority.units(UnitPurpose.OCSP)[0]
        key = builder_key(open_signer(services.key_stores.ring, unit.key_uri))
        asked = itertools.cycle(court.questions(nonce=True))
        seconds, rounds = (1.0, 3) if quick else (3.0, 7)
        samples = compare(
            lambda: per_second(lambda: services.ocsp.respond(ISSUER, next(asked)), seconds),
            lambda: per_second(lambda: _built(next(asked), unit.x509, key), seconds),
            rounds,
        )
    finally:
        services.close()
    return Row(
        name="ocsp-in-process",
        unit="answers/s",
        peer_name="cryptography OCSPResponseBuilder, same key, always good",
        samples=samples,
        note="ours asks the database and verifies its signature; the peer does neither",
    )


def _built(question: bytes, delegate: x509.Certificate, key: Any) -> bytes:
    asked, now = ocsp.load_der_ocsp_request(question), datetime.now(UTC)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            asked.issuer_name_hash,
            asked.issuer_key_hash,
            asked.serial_number,
            asked.hash_algorithm,
            ocsp.OCSPCertStatus.GOOD,
            now,
            now + timedelta(days=1),
            None,
            None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, delegate)
        .certificates([delegate])
    )
    for extension in asked.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _row(court: Court, ours: int, peer: int, *, nonce: bool, quick: bool) -> Row:
    seconds, rounds = (1.0, 3) if quick else (3.0, 7)
    asked = court.questions(nonce=nonce)
    samples = compare(
        lambda: _ask(ours, f"/pki/ocsp/{ISSUER}", asked, seconds),
        lambda: _ask(peer, "/", asked, seconds),
        rounds,
    )
    return Row(
        name=f"ocsp-{court.custody}-{'nonce' if nonce else 'repeated'}",
        unit="answers/s",
        peer_name="openssl ocsp, index file, key in memory",
        samples=samples,
        note="every answer signed afresh by both"
        if nonce
        else "no nonce: ours repeats an answer for a minute, each time after the database agrees",
    )


@dataclass(frozen=True)
class Court:
    """What is asked about; ``custody`` says where our responder's key is."""

    issuing: x509.Certificate
    issued: tuple[x509.Certificate, ...]
    custody: str

    def questions(self, *, nonce: bool) -> list[bytes]:
        """Return requests about all certificates, fifty nonces for each."""
        made = []
        for _, certificate in itertools.product(range(50 if nonce else 1), self.issued):
            builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, self.issuing, hashes.SHA1())
            if nonce:
                builder = builder.add_extension(x509.OCSPNonce(secrets.token_bytes(16)), critical=False)
            made.append(builder.build().public_bytes(Encoding.DER))
        return made


def _prepare(place: Path, store: str) -> Court | None:
    """Perform the ceremony, issue and revoke, and write the same for OpenSSL; nothing if there is no token."""
    from ca.actor import SYSTEM
    from ca.certificate import CertificateRequest, RevocationReason, SubjectName

    with installation(place, store) as services:
        custody = services.key_stores.chosen.custody.value
        if (custody == "soft") != (store == SOFT):
            return None
        company, uscc = "北京示例科技有限公司", "91110108MA01C8QX33"
        services.enterprises.register(uscc, company, actor=SYSTEM)
        issued = []
        for number in range(CERTIFICATES):
            key = ec.generate_private_key(ec.SECP256R1()).public_key()
            request = CertificateRequest("enterprise-seal", SubjectName(company, company, uscc), key)
            made = services.authority.issue(request, request_key=f"bench-{number}", actor=SYSTEM)
            if number % 5 == 0:
                services.authority.revoke(made.serial, RevocationReason.SUPERSEDED, actor=SYSTEM)
            issued.append(made.certificate)
        issuing = services.authority.issuer(ISSUER).x509
        _write_peer(place, services, issued)
        return Court(issuing, tuple(issued), custody)


def _write_peer(place: Path, services: Services, issued: list[x509.Certificate]) -> None:
    """Write what ``openssl ocsp`` needs: a delegate's key and certificate, the issuer, the index."""
    from ca.actor import SYSTEM
    from ca.certificate import CertificateRequest, SubjectName

    key = ec.generate_private_key(ec.SECP256R1())
    name = SubjectName("OpenSSL OCSP TEST", "印信基准测试 TEST")
    request = CertificateRequest("ocsp-responder", name, key.public_key(), issuer=ISSUER)
    delegate = services.authority.issue(request, request_key="bench-peer", actor=SYSTEM)
    (place / "peer.pem").write_bytes(delegate.certificate.public_bytes(Encoding.PEM))
    (place / "peer.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (place / "issuing.pem").write_bytes(services.authority.issuer(ISSUER).x509.public_bytes(Encoding.PEM))
    lines = []
    for number, certificate in enumerate(issued):
        end = f"{certificate.not_valid_after_utc:%y%m%d%H%M%SZ}"
        when = f"{certificate.not_valid_before_utc + timedelta(seconds=1):%y%m%d%H%M%SZ},superseded"
        status, revoked = ("R", when) if number % 5 == 0 else ("V", "")
        serial = f"{certificate.serial_number:X}"
        padded = serial if len(serial) % 2 == 0 else f"0{serial}"
        lines.append(f"{status}\t{end}\t{revoked}\t{padded}\tunknown\t/CN=n{number}\n")
    (place / "index.txt").write_text("".join(lines))


# --- the servers -------------------------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _our_server(place: Path, store: str) -> Iterator[int]:
    """Run the service as ``yinxin serve`` does."""
    port = _free_port()
    command = [sys.executable, "-m", "benchmarks._serve", str(place), store, str(port)]
    with _process(command, place, lambda _printed: _listens(port)):
        yield port


@contextmanager
def _peer_server(place: Path) -> Iterator[int]:
    """Run OpenSSL's responder. It hangs for ever on a connection without a question, so it is not probed."""
    port = _free_port()
    keys = ["-index", "index.txt", "-CA", "issuing.pem", "-rsigner", "peer.pem", "-rkey", "peer.key"]
    command = ["openssl", "ocsp", *keys, "-port", str(port), "-nmin", "60"]
    with _process(command, place, lambda printed: "ACCEPT" in printed):
        yield port


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@contextmanager
def _process(command: list[str], place: Path, ready: Callable[[str], bool]) -> Iterator[None]:
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    printed = place / f"{Path(command[0]).name}.out"
    with printed.open("wb") as out:
        server = subprocess.Popen(command, cwd=place, stdout=out, stderr=subprocess.DEVNULL, env=here)
        try:
            _wait_for(server, lambda: ready(printed.read_text()))
            yield
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait_for(server: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with status {server.returncode}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"the server is not ready after {START_SECONDS} s")
        time.sleep(0.05)


def _ask(port: int, path: str, questions: list[bytes], seconds: float) -> float:
    """Ask from a process of its own, so that the clients' work is the same for both and none of ours; answers/s."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(ask, (port, path, questions, seconds))
