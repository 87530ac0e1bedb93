"""OpenSSL and GnuTLS judge shards and delta lists, and agree with the database on every serial (I13)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.certificate import IssuedCertificate, RevocationReason
from ca.status.crl_store import PublishedCrl
from ca.status.shards import MIN_SHARD_CAPACITY
from tests.conftest import SteppingClock
from tests.interop.status_judges import Court, open_court
from tests.pki import CLERK, OFFICER, SECOND

pytestmark = pytest.mark.judge
REVOKED, NO_LIST, SCOPE = "certificate revoked", "unable to get certificate CRL", "different CRL scope"


@pytest.fixture
def court(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Court:
    made = open_court(engine, clock, tmp_path)
    made.world.authority.shard_lists("issuing", MIN_SHARD_CAPACITY, actor=OFFICER)
    return made


def enrol(court: Court, count: int) -> list[IssuedCertificate]:
    return [court.world.enrol().issued for _ in range(count)]


def write(court: Court, *lists: PublishedCrl) -> str:
    """Write lists and the root's into one file; return its name."""
    all_of_them = [court.crls.current("root"), *lists]
    texts = [x509.load_der_x509_crl(one.der).public_bytes(Encoding.PEM) for one in all_of_them]
    (court.folder / "lists.pem").write_bytes(b"".join(texts))
    return "lists.pem"


def openssl(court: Court, one: IssuedCertificate, lists: str, *options: str) -> str:
    """Return what ``openssl verify`` says of one certificate with these lists: OK, or its complaint."""
    court.write("leaf", one.der)
    paths = ["-x509_strict", "-CAfile", "root.pem", "-untrusted", "issuing.pem"]
    said = court.run("openssl", "verify", *paths, "-crl_check", "-CRLfile", lists, *options, "leaf.pem")
    return "OK" if said.status == 0 else said.text


def test_I13_openssl_follows_the_distribution_point_to_the_shard(court: Court) -> None:
    """With the lists of all shards at hand it takes the right one; with another shard's alone it refuses."""
    made = enrol(court, MIN_SHARD_CAPACITY + 2)
    for one in made[::3]:
        court.world.authority.revoke(one.serial, RevocationReason.SUPERSEDED, actor=CLERK)
    first, second = (court.crls.current("issuing", shard) for shard in (1, 2))
    for shard, published in ((1, first), (2, second)):
        (court.folder / f"{shard}.crl").write_bytes(published.der)
        said = court.run(
            "openssl",
            "crl",
            "-inform",
            "DER",
            "-in",
            f"{shard}.crl",
            "-CAfile",
            "issuing.pem",
            "-verify",
            "-noout",
            "-text",
        )
        assert "verify OK" in said.text
        assert "X509v3 Issuing Distribution Point: critical" in said.text
        assert f"/pki/crl/issuing/{shard}.crl" in said.text
        assert f"/pki/crl/issuing/{shard}.delta.crl" in said.text
    both = write(court, first, second)
    for number, one in enumerate(made):
        said = openssl(court, one, both)
        assert (REVOKED in said) if number % 3 == 0 else said == "OK"
    for one, wrong in ((made[0], second), (made[1], second), (made[-1], first)):
        said = openssl(court, one, write(court, wrong))
        assert SCOPE in said or NO_LIST in said, said


def test_I13_openssl_joins_a_complete_list_and_a_delta_list(court: Court, clock: SteppingClock) -> None:
    """``-use_deltas``: what was revoked since is seen, a lifted hold is good again, the rest stays."""
    kept, gone, held, good = enrol(court, 4)
    court.world.authority.revoke(kept.serial, RevocationReason.SUPERSEDED, actor=CLERK)
    court.world.authority.revoke(held.serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
    base = court.crls.current("issuing", 1)
    clock.advance(timedelta(seconds=30))
    court.world.authority.revoke(gone.serial, RevocationReason.KEY_COMPROMISE, actor=CLERK)
    court.world.authority.release(held.serial, actor=SECOND)
    delta = court.crls.current_delta("issuing", 1)
    alone, joined = write(court, base), None
    before = [openssl(court, one, alone) == "OK" for one in (kept, gone, held, good)]
    joined = write(court, base, delta)
    after = [
        openssl(court, one, joined, "-extended_crl", "-use_deltas") == "OK"
        for one in (kept, gone, held, good)
    ]
    assert before == [False, True, False, True]
    assert after == [False, False, True, True]
    assert after == [
        court.world.authority.certificate(one.serial).revoked_at is None for one in (kept, gone, held, good)
    ]
    only = write(court, delta)
    assert openssl(court, good, only, "-extended_crl", "-use_deltas") != "OK", (
        "a delta list is no list by itself"
    )


def test_gnutls_reads_and_verifies_a_shards_lists(court: Court) -> None:
    """It has no notion of scopes in paths; signature, number, indicator and address it reads."""
    (one,) = enrol(court, 1)
    court.crls.current("issuing", 1)
    court.world.authority.revoke(one.serial, RevocationReason.SUPERSEDED, actor=CLERK)
    for published in (court.crls.current("issuing", 1), court.crls.current_delta("issuing", 1)):
        (court.folder / "list.pem").write_bytes(
            x509.load_der_x509_crl(published.der).public_bytes(Encoding.PEM)
        )
        said = court.run(
            "certtool", "--verify-crl", "--load-ca-certificate", "issuing.pem", "--infile", "list.pem"
        )
        assert (said.status, "Verified" in said.text) == (0, True), said.text
        text = court.run("certtool", "--crl-info", "--infile", "list.pem").text
        assert f"{one.serial:x}" in text.replace(" ", "").lower()
