"""OpenSSL judges our chains, lists, OCSP answers and time-stamps, and agrees with the database on every serial (I13)."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.certificate import RevocationReason
from ca.clock_guard import ClockGuard
from ca.status.ocsp_codec import MAX_CERTIFICATES, decode_get
from ca.store import certificate
from ca.tsa import POLICY, TimeStampAuthority
from hsm.algorithms import DigestAlgorithm
from tests.conftest import SteppingClock
from tests.interop.status_judges import Court, Subject, open_court, populate
from tests.pki import CLERK

pytestmark = pytest.mark.judge


@pytest.fixture
def court(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Court:
    return open_court(engine, clock, tmp_path)


@pytest.fixture
def tsa(court: Court) -> TimeStampAuthority:
    world = court.world
    guard = ClockGuard(world.clock, lambda _now: timedelta(0))
    return TimeStampAuthority(world.engine, world.keys, guard, world.audit)


# --- chains and lists --------------------------------------------------------------------------------------------


def test_every_certificate_of_the_hierarchy_verifies(court: Court) -> None:
    """Strict RFC 5280 checks, with the lists of both issuers, and each for its own purpose."""
    court.publish()
    court.write("keeper", court.world.enrol().issued.der)
    paths = ["-x509_strict", "-CAfile", "root.pem", "-untrusted", "issuing.pem"]
    status = ["-crl_check_all", "-CRLfile", "crls.pem"]
    for name, purpose in (
        ("keeper", "any"),
        ("tsa", "timestampsign"),
        ("ocsp", "ocsphelper"),
        ("maker", "any"),
    ):
        said = court.run("openssl", "verify", *paths, *status, "-purpose", purpose, f"{name}.pem")
        assert (said.status, said.text.strip()) == (0, f"{name}.pem: OK")
    wrong = court.run("openssl", "verify", *paths, "-purpose", "timestampsign", "keeper.pem")
    assert wrong.status != 0


def test_a_list_verifies_against_its_issuer_and_no_other(court: Court) -> None:
    court.world.authority.revoke(
        court.world.enrol().issued.serial, RevocationReason.KEY_COMPROMISE, actor=CLERK
    )
    court.publish()
    for name in ("root", "issuing"):
        said = court.run(
            "openssl", "crl", "-in", f"{name}.crl.pem", "-CAfile", f"{name}.pem", "-verify", "-noout"
        )
        assert (said.status, said.text.strip()) == (0, "verify OK")
    wrong = court.run("openssl", "crl", "-in", "issuing.crl.pem", "-CAfile", "root.pem", "-verify", "-noout")
    assert "verify OK" not in wrong.text


def test_a_list_reads_as_a_whole(court: Court) -> None:
    """Version 2, number, authority key identifier, whole-second times."""
    court.publish()
    text = court.run("openssl", "crl", "-in", "issuing.crl.pem", "-noout", "-text").text
    assert "Version 2 (0x1)" in text
    assert re.search(r"X509v3 CRL Number:\s+1\s", text)
    assert "X509v3 Authority Key Identifier" in text
    assert "No Revoked Certificates" in text


# --- I13 ---------------------------------------------------------------------------------------------------------


def test_I13_database_ocsp_and_list_agree_for_every_serial(court: Court, clock: SteppingClock) -> None:
    """The sweep: every serial of the issuing CA and some that it never had, by openssl from the bytes alone."""
    subjects = populate(court.world, clock)
    court.publish()
    by_ocsp = ocsp_says(court, subjects)
    by_list = list_says(court)
    by_database = database_says(court)
    listed = {one.serial for one in subjects}
    service = {unit.x509.serial_number for unit in court.world.authority.units()}
    assert set(by_database) <= listed | service, "the sweep left a serial out"
    for one in subjects:
        assert by_database.get(one.serial, "unknown") == one.expected, one.name
        assert by_ocsp[one.serial] == one.expected, one.name
        revoked = one.expected not in ("good", "unknown")
        assert by_list.get(one.serial) == (one.expected if revoked else None), one.name
    assert set(by_list) == {one.serial for one in subjects if one.expected not in ("good", "unknown")}
    for one in subjects:
        if one.der:
            assert path_says(court, one) == (one.expected == "good"), one.name


def ocsp_says(court: Court, subjects: list[Subject]) -> dict[int, str]:
    """Ask openssl to make the requests and to judge our answers; serial → good, unknown or the reason."""
    found: dict[int, str] = {}
    for start in range(0, len(subjects), MAX_CERTIFICATES):
        some = subjects[start : start + MAX_CERTIFICATES]
        asked = [part for one in some for part in ("-serial", f"0x{one.serial:x}")]
        made = court.run(
            "openssl", "ocsp", "-issuer", "issuing.pem", *asked, "-no_nonce", "-reqout", "request.der"
        )
        assert made.status == 0, made.text
        answer = court.ocsp.respond("issuing", (court.folder / "request.der").read_bytes())
        (court.folder / "answer.der").write_bytes(answer)
        given = ["-no_nonce", "-respin", "answer.der", "-CAfile", "root.pem"]
        said = court.run("openssl", "ocsp", "-issuer", "issuing.pem", *asked, *given)
        assert "Response verify OK" in said.text, said.text
        for serial, standing, reason in re.findall(
            r"^0x([0-9a-f]+): (good|revoked|unknown)$(?:\n\tThis Update: .*)?(?:\n\tNext Update: .*)?(?:\n\tReason: (.+))?",
            said.text,
            re.MULTILINE,
        ):
            said_reason = _OCSP_REASONS.get(reason, reason)
            found[int(serial, 16)] = said_reason if standing == "revoked" else standing
    return found


_OCSP_REASONS = {"(UNKNOWN)": "privilegeWithdrawn"}
"""OpenSSL 3.0 knows reason 9 in lists but has no name for it in OCSP answers."""


_CRL_REASONS = {
    "Key Compromise": "keyCompromise",
    "CA Compromise": "cACompromise",
    "Affiliation Changed": "affiliationChanged",
    "Superseded": "superseded",
    "Cessation Of Operation": "cessationOfOperation",
    "Certificate Hold": "certificateHold",
    "Privilege Withdrawn": "privilegeWithdrawn",
}


def list_says(court: Court) -> dict[int, str]:
    """Return serial → reason as openssl reads the list."""
    text = court.run("openssl", "crl", "-in", "issuing.crl.pem", "-noout", "-text").text
    found = {}
    for entry in re.split(r"Serial Number: ", text)[1:]:
        serial = int(entry.split()[0], 16)
        reason = re.search(r"CRL Reason Code:\s*\n\s+(.+)\n", entry)
        found[serial] = _CRL_REASONS[reason[1].strip()] if reason else "unspecified"
    return found


def database_says(court: Court) -> dict[int, str]:
    with court.world.engine.connect() as conn:
        query = sa.select(
            certificate.c.serial, certificate.c.status, certificate.c.reason, certificate.c.crl_entry
        )
        rows = conn.execute(query.where(certificate.c.issuer == "issuing"))
        return {
            row.serial: "good" if row.status == "issued" else row.reason or "unspecified"
            for row in rows
            if row.status == "issued" or row.crl_entry
        }


def path_says(court: Court, one: Subject) -> bool:
    """Tell whether openssl accepts the path with the lists; a refusal must be for revocation."""
    file = court.write(one.name, one.der)
    paths = ["-CAfile", "root.pem", "-untrusted", "issuing.pem", "-crl_check_all", "-CRLfile", "crls.pem"]
    said = court.run("openssl", "verify", *paths, file)
    if said.status:
        assert "certificate revoked" in said.text
    return said.status == 0


# --- OCSP over HTTP ----------------------------------------------------------------------------------------------


@pytest.fixture
def address(court: Court) -> Iterator[str]:
    """Serve the responder on a local port, POST and GET as RFC 6960 appendix A says."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._send(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._send(decode_get(self.path.rsplit("/ocsp/issuing/", 1)[1]))

        def _send(self, request: bytes) -> None:
            answer = court.ocsp.respond("issuing", request)
            self.send_response(200)
            self.send_header("Content-Type", "application/ocsp-response")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/pki/ocsp/issuing"
        server.shutdown()
        thread.join()


def test_openssl_asks_over_http(court: Court, address: str) -> None:
    keeper = court.world.enrol()
    court.write("keeper", keeper.issued.der)
    ask = ["-issuer", "issuing.pem", "-cert", "keeper.pem", "-url", address, "-CAfile", "root.pem"]
    said = court.run("openssl", "ocsp", *ask)
    assert said.status == 0
    assert "Response verify OK" in said.text
    assert "keeper.pem: good" in said.text
    assert "WARNING" not in said.text  # a nonce that does not come back warns
    court.world.authority.revoke(keeper.issued.serial, RevocationReason.KEY_COMPROMISE, actor=CLERK)
    for wish in ("-sha1", "-sha256", "-sha384", "-no_nonce"):
        said = court.run("openssl", "ocsp", wish, *ask)
        assert "Response verify OK" in said.text
        assert "keeper.pem: revoked" in said.text


def test_openssl_refuses_a_changed_answer(court: Court) -> None:
    keeper = court.world.enrol()
    court.write("keeper", keeper.issued.der)
    answer = court.ocsp.response_for(keeper.issued.serial)
    serial = keeper.issued.serial.to_bytes(20, "big").lstrip(b"\0")
    (court.folder / "answer.der").write_bytes(
        answer.replace(serial, serial[:-1] + bytes((serial[-1] ^ 1,)), 1)
    )
    ask = [
        "openssl",
        "ocsp",
        "-issuer",
        "issuing.pem",
        "-cert",
        "keeper.pem",
        "-CAfile",
        "root.pem",
        "-no_nonce",
    ]
    said = court.run(*ask, "-respin", "answer.der")
    assert "Response Verify Failure" in said.text
    (court.folder / "answer.der").write_bytes(answer)
    assert "Response verify OK" in court.run(*ask, "-respin", "answer.der").text


# --- time-stamps -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("certificates", [True, False])
def test_openssl_accepts_a_time_stamp(
    court: Court, tsa: TimeStampAuthority, digest: str, certificates: bool
) -> None:
    (court.folder / "data").write_bytes(b"what is stamped")
    wishes = ["-cert"] if certificates else []
    made = court.run(
        "openssl",
        "ts",
        "-query",
        "-data",
        "data",
        f"-{digest}",
        "-tspolicy",
        POLICY,
        *wishes,
        "-out",
        "q.tsq",
    )
    assert made.status == 0, made.text
    (court.folder / "r.tsr").write_bytes(tsa.respond((court.folder / "q.tsq").read_bytes()))
    (court.folder / "above.pem").write_bytes(
        b"".join((court.folder / f"{name}.pem").read_bytes() for name in ("tsa", "issuing"))
    )
    trust = ["-CAfile", "root.pem"] if certificates else ["-CAfile", "root.pem", "-untrusted", "above.pem"]
    for against in (["-queryfile", "q.tsq"], ["-data", "data"]):
        said = court.run("openssl", "ts", "-verify", *against, "-in", "r.tsr", *trust)
        assert (said.status, "Verification: OK" in said.text) == (0, True), said.text
    text = court.run("openssl", "ts", "-reply", "-in", "r.tsr", "-text").text
    assert "Status: Granted." in text
    assert f"Hash Algorithm: {digest}" in text
    (court.folder / "data").write_bytes(b"something else")
    assert court.run("openssl", "ts", "-verify", "-data", "data", "-in", "r.tsr", *trust).status != 0


def test_openssl_accepts_a_token_made_in_process(court: Court, tsa: TimeStampAuthority) -> None:
    data = b"a signature's octets"
    token = tsa.stamp(DigestAlgorithm.SHA256.digest(data))
    (court.folder / "data").write_bytes(data)
    (court.folder / "token.der").write_bytes(token)
    verify = [
        "openssl",
        "ts",
        "-verify",
        "-data",
        "data",
        "-in",
        "token.der",
        "-token_in",
        "-CAfile",
        "root.pem",
    ]
    assert "Verification: OK" in court.run(*verify).text
    (court.folder / "token.der").write_bytes(token[:-1] + bytes((token[-1] ^ 1,)))
    assert "Verification: OK" not in court.run(*verify).text


def test_openssl_reads_a_rejection(court: Court, tsa: TimeStampAuthority) -> None:
    (court.folder / "data").write_bytes(b"x")
    court.run("openssl", "ts", "-query", "-data", "data", "-sha1", "-out", "q.tsq")
    (court.folder / "r.tsr").write_bytes(tsa.respond((court.folder / "q.tsq").read_bytes()))
    text = court.run("openssl", "ts", "-reply", "-in", "r.tsr", "-text").text
    assert "Status: Rejected." in text
    assert "unrecognized or unsupported algorithm identifier" in text
