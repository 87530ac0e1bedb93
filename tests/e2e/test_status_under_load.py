"""I12 on a running server: what another process revokes shows in OCSP within 5 seconds and on the list within minutes."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from api.bootstrap import assemble
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.services import Services
from api.settings import load_settings
from ca.actor import SYSTEM
from ca.certificate import CertificateRequest, IssuedCertificate, RevocationReason, SubjectName
from ca.clock import system_clock
from ca.status.revocation_list import entries_of, serial_of
from tests.conftest import _free_port as free_port
from tests.e2e.test_serve import server
from tests.pki import CLERK, COMPANY, USCC

CLIENTS = 6
OCSP_SECONDS = 5.0
LIST_SECONDS = 60.0
"""Far below the promise of 15 minutes: the publisher looks every ten seconds."""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Make an installation, used by this process beside the server."""
    settings = load_settings(tmp_path, key_store="soft", log_level="error")
    made = assemble(settings, clock=system_clock, pins=service_pins(Home(tmp_path)))
    lay_foundation(made, "印信测试 TEST", actor=SYSTEM, progress=lambda _line: None)
    made.enterprises.register(USCC, COMPANY, actor=CLERK)
    made.authority.shard_lists("issuing", 10, actor=CLERK)
    yield made
    made.close()


def issue(services: Services, number: int) -> IssuedCertificate:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    request = CertificateRequest("enterprise-seal", SubjectName(COMPANY, COMPANY, USCC), key)
    return services.authority.issue(request, request_key=f"load-{number}", actor=CLERK)


def question(services: Services, one: IssuedCertificate) -> bytes:
    above = services.authority.issuer("issuing").x509
    builder = ocsp.OCSPRequestBuilder().add_certificate(one.certificate, above, hashes.SHA1())
    return builder.build().public_bytes(Encoding.DER)


def status(client: httpx.Client, asked: bytes) -> str:
    head = {"Content-Type": "application/ocsp-request"}
    answer = ocsp.load_der_ocsp_response(
        client.post("/pki/ocsp/issuing", content=asked, headers=head).content
    )
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return answer.response_status.name
    return answer.certificate_status.name


@contextlib.contextmanager
def load(base_url: str, questions: list[bytes]) -> Iterator[list[str]]:
    """Ask from several threads until the block ends; collect every answer."""
    stop, said = threading.Event(), []

    def ask() -> None:
        with httpx.Client(base_url=base_url, timeout=30, trust_env=False) as client:
            while not stop.is_set():
                said.extend(status(client, asked) for asked in questions)

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield said
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def newest_list(home: Path, shard: int) -> set[int]:
    """Read the list that the server published on its own, without asking it for one."""
    query = "SELECT der FROM crl WHERE issuer = 'issuing' AND shard = ? AND status = 'issued' AND base = 0"
    with contextlib.closing(sqlite3.connect(home / "yinxin.db", timeout=30)) as connection:
        row = connection.execute(query + " ORDER BY number DESC LIMIT 1", (shard,)).fetchone()
    return set() if row is None else {serial_of(entry) for entry in entries_of(row[0])}


def test_I12_a_revocation_shows_in_time_while_many_ask(services: Services, tmp_path: Path) -> None:
    gone, *others = (issue(services, number) for number in range(4))
    good = [question(services, one) for one in others]
    asked, port = question(services, gone), free_port()
    quiet = {"YINXIN_LOG_LEVEL": "warning"}  # nobody reads the lines of thousands of requests
    with server(tmp_path, port, YINXIN_KEY_STORE="soft", YINXIN_HOUSEKEEPING_SECONDS="300", **quiet) as (
        _,
        client,
    ):
        assert status(client, asked) == "GOOD"
        with load(str(client.base_url), good) as said:
            services.authority.revoke(gone.serial, RevocationReason.KEY_COMPROMISE, actor=CLERK)
            revoked_at = time.monotonic()
            while status(client, asked) != "REVOKED":
                assert time.monotonic() - revoked_at < OCSP_SECONDS
            while gone.serial not in newest_list(tmp_path, 1):
                assert time.monotonic() - revoked_at < LIST_SECONDS
                time.sleep(0.5)
        published = client.get("/pki/crl/issuing/1.crl").content
        assert gone.serial in {serial_of(entry) for entry in entries_of(published)}
        delta = client.get("/pki/crl/issuing/1.delta.crl")
        assert (delta.status_code, delta.headers["content-type"]) == (200, "application/pkix-crl")
        for nowhere in ("issuing/2.crl", "issuing/0.crl", "issuing/99999999999.crl", "nobody/1.crl"):
            assert client.get(f"/pki/crl/{nowhere}").status_code == 404
        pending = [line for line in client.get("/metrics").text.splitlines() if "crl_pending" in line]
        assert pending[-1] == "yinxin_crl_pending_seconds 0.0"
    assert len(said) > len(good)
    assert set(said) == {"GOOD"}
