"""GnuTLS and NSS judge the same bytes as OpenSSL does, and agree (I13)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.actor import SYSTEM
from ca.certificate import RevocationReason
from tests.conftest import SteppingClock
from tests.interop.status_judges import Court, open_court, populate
from tests.pki import CLERK

pytestmark = pytest.mark.judge

CA, RESPONDER = "3", "10"
"""``vfychain -u``: the usages SSL CA and OCSP responder. NSS has none for seals or time-stamps."""


@pytest.fixture
def court(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Court:
    return open_court(engine, clock, tmp_path)


# --- GnuTLS ------------------------------------------------------------------------------------------------------


def test_I13_gnutls_agrees_on_every_certificate(court: Court, clock: SteppingClock) -> None:
    subjects = [one for one in populate(court.world, clock) if one.der]
    court.publish()
    for one in subjects:
        court.write(one.name, one.der)
        trust = ["--load-ca-certificate", "root.pem", "--load-crl", "crls.pem"]
        said = court.run("certtool", "--verify", *trust, "--infile", court.chain(one.name))
        if one.expected == "good":
            assert (said.status, "The certificate is trusted." in said.text) == (0, True), one.name
        else:
            assert (said.status, "chain is revoked" in said.text) == (1, True), one.name
        assert "Checked against CRL[01]" in said.text


def test_gnutls_verifies_both_lists(court: Court) -> None:
    court.publish()
    for name in ("root", "issuing"):
        listed = ["--load-ca-certificate", f"{name}.pem", "--infile", f"{name}.crl.pem"]
        said = court.run("certtool", "--verify-crl", *listed)
        assert (said.status, "Verified" in said.text) == (0, True), said.text
    wrong = court.run(
        "certtool", "--verify-crl", "--load-ca-certificate", "root.pem", "--infile", "issuing.crl.pem"
    )
    assert wrong.status != 0


def test_gnutls_verifies_our_ocsp_answers(court: Court) -> None:
    keeper = court.world.enrol()
    answer = ["--verify-response", "--load-response", "answer.der"]
    for revoked in (False, True):
        if revoked:
            court.world.authority.revoke(keeper.issued.serial, RevocationReason.SUPERSEDED, actor=CLERK)
        (court.folder / "answer.der").write_bytes(court.ocsp.response_for(keeper.issued.serial))
        said = court.run("ocsptool", *answer, "--load-trust", "issuing.pem")
        assert "Verifying OCSP Response: Success." in said.text
        assert f"Certificate Status: {'revoked' if revoked else 'good'}" in said.text
    stranger = court.run("ocsptool", *answer, "--load-trust", "tsa.pem")
    assert "Verifying OCSP Response: Success." not in stranger.text


def test_gnutls_asks_like_openssl_does(court: Court) -> None:
    """A request made by GnuTLS is answered to its satisfaction."""
    keeper = court.world.enrol()
    court.write("keeper", keeper.issued.der)
    ends = ["--load-cert", "keeper.pem", "--load-issuer", "issuing.pem"]
    made = court.run("ocsptool", "--generate-request", *ends, "--outder", "--outfile", "request.der")
    assert made.status == 0, made.text
    request = (court.folder / "request.der").read_bytes()
    (court.folder / "answer.der").write_bytes(court.ocsp.respond("issuing", request))
    said = court.run(
        "ocsptool", "--verify-response", "--load-response", "answer.der", "--load-trust", "issuing.pem"
    )
    assert "Certificate Status: good" in said.text
    assert "Verifying OCSP Response: Success." in said.text


# --- NSS ---------------------------------------------------------------------------------------------------------


def open_nss(court: Court) -> str:
    """Make an NSS database that trusts our root and knows both lists; return how to name it."""
    place = court.folder / "nss"
    place.mkdir(exist_ok=True)
    database = f"sql:{place}"
    assert court.run("certutil", "-N", "-d", database, "--empty-password").status == 0
    trusted = ["-n", "root", "-t", "CT,C,C", "-a", "-i", "root.pem"]
    assert court.run("certutil", "-A", "-d", database, *trusted).status == 0
    issuing = ["-n", "issuing", "-t", ",,", "-a", "-i", "issuing.pem"]
    assert court.run("certutil", "-A", "-d", database, *issuing).status == 0
    return database


def load_lists(court: Court, database: str) -> None:
    """NSS takes a list in only if its signature verifies."""
    for name in ("root", "issuing"):
        (court.folder / f"{name}.crl").write_bytes(court.crls.current(name).der)
        said = court.run("crlutil", "-I", "-d", database, "-t", "1", "-i", f"{name}.crl")
        assert said.status == 0, said.text
    assert court.run("crlutil", "-L", "-d", database).text.count("CRL  ") == 2


def path(court: Court, database: str, name: str, usage: str) -> str:
    fresh = ["-g", "leaf", "-m", "crl", "-s", "requireInfo"]
    return court.run(
        "vfychain", "-d", database, "-pp", *fresh, "-u", usage, "-a", f"{name}.pem", "issuing.pem"
    ).text


def test_nss_accepts_our_paths(court: Court) -> None:
    database = open_nss(court)
    load_lists(court, database)
    assert "Chain is good!" in path(court, database, "issuing", CA)
    assert "Chain is good!" in path(court, database, "ocsp", RESPONDER)
    court.write("keeper", court.world.enrol().issued.der)
    for name in ("keeper", "tsa"):  # no leaf of ours passes for a CA or a responder
        for usage in (CA, RESPONDER):
            assert "Chain is bad!" in path(court, database, name, usage)
        added = ["-n", name, "-t", ",,", "-a", "-i", f"{name}.pem"]
        assert court.run("certutil", "-A", "-d", database, *added).status == 0
        assert court.run("certutil", "-V", "-d", database, "-n", name, "-u", "A").status == 0


def test_I13_nss_sees_a_revocation_on_our_list(court: Court) -> None:
    database = open_nss(court)
    serial = court.world.hierarchy.ocsp.x509.serial_number
    court.world.authority.revoke(serial, RevocationReason.SUPERSEDED, actor=CLERK)
    load_lists(court, database)
    said = path(court, database, "ocsp", RESPONDER)
    assert "Chain is bad!" in said
    assert "revoked" in said.lower()


def test_nss_refuses_a_list_with_one_bit_flipped(court: Court, clock: SteppingClock) -> None:
    database = open_nss(court)
    clock.advance(timedelta(seconds=1))
    made = court.crls.publish("issuing", actor=SYSTEM).der
    (court.folder / "wrong.crl").write_bytes(made[:-1] + bytes((made[-1] ^ 1,)))
    said = court.run("crlutil", "-I", "-d", database, "-t", "1", "-i", "wrong.crl")
    assert said.status != 0
