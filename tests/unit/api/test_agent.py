"""The desk agent: who may speak to it, what a page may say, and that nothing is signed without the person's yes (mission §5)."""

from __future__ import annotations

import base64
import json
import socket
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from api.agent.app import create_agent
from api.agent.confirm import Confirmer, Program, Question, Terminal, confirmer, question, shown
from api.agent.conversation import Desk
from api.agent.drawer import TokenDrawer, no_pin
from api.agent.errors import BindRefused, NobodyToAsk, NothingToServe, OriginInvalid, RefusedByPerson
from api.agent.guard import check_bind, read_origin
from api.agent.pairing import PAIRED_FOR, TRIES, Pairings
from api.agent.serve import AgentPlan, make_agent
from hsm.algorithms import DigestAlgorithm, KeyKind
from hsm.digest_signing import verify_digest
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.soft_keys import SoftProvider
from tests.conftest import SO_PIN, USER_PIN, SteppingClock

SITE = "https://yinxin.example"


@dataclass
class Person:
    """Somebody at the computer who agrees or not, and remembers what was asked."""

    pin: Pin | None = USER_PIN
    asked: list[Question] = field(default_factory=list)

    def ask(self, question: Question) -> Pin:
        self.asked.append(question)
        if self.pin is None:
            raise RefusedByPerson
        return self.pin


@dataclass
class Table:
    """A computer with one token, its person, and a browser."""

    client: httpx.Client
    port: int
    person: Person
    codes: list[str]
    sha256: str
    store: SoftProvider
    uri: KeyUri
    clock: SteppingClock

    def pair(self, origin: str = SITE) -> str:
        answer = self.client.post("/v1/pair", json={"code": self.codes[-1]}, headers={"Origin": origin})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["pairing"])

    def connect(self, origin: str | None = SITE, host: str = "127.0.0.1") -> ClientConnection:
        """Open a connection as a browser does; ``host`` is the name that the browser believes in."""
        there = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return connect(f"ws://{host}:{self.port}/v1/desk", sock=there, origin=origin, proxy=None)  # type: ignore[arg-type]


def say(line: ClientConnection, **message: Any) -> dict[str, Any]:
    line.send(json.dumps(message))
    found: dict[str, Any] = json.loads(line.recv(timeout=30))
    return found


def logged_in(line: ClientConnection, pairing: str) -> dict[str, Any]:
    answer = say(line, op="login", pairing=pairing)
    assert answer["ok"], answer
    return answer


def wish(table: Table, login: dict[str, Any], **changes: Any) -> dict[str, Any]:
    digest = DigestAlgorithm.SHA256.digest(b"to be signed")
    return {
        "op": "sign",
        "login": login["login"],
        "number": login["number"],
        "certificate_sha256": table.sha256,
        "digest_algorithm": "sha256",
        "digest": digest.hex,
        "title": "合同.pdf",
    } | changes


@pytest.fixture(scope="module")
def desk_table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    """Open one agent for all tests: its token takes longer to make than they take."""
    folder = tmp_path_factory.mktemp("agent")
    store = SoftProvider(folder / "soft", pins=no_pin, counters=folder / "counters")
    store.create_token("desk", SO_PIN, USER_PIN)
    uri = store.generate(KeyUri("file", "desk", "seal"), KeyKind.EC_P256, pin=USER_PIN)
    [key] = store.keys("desk", pin=USER_PIN)
    store.import_certificate(uri, certificate_for(key.public_key), pin=USER_PIN)
    person, codes, clock, port = Person(), [], SteppingClock(), free_port()
    drawer = TokenDrawer([store])
    desk = Desk(drawer, person, Pairings(clock, codes.append), threading.Lock())
    desk.pairings.show()
    app = create_agent(desk, [SITE, "https://other.example"], port)
    server = uvicorn.Server(uvicorn.Config(app, port=port, ws="websockets-sansio", log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    begun = time.monotonic()
    while not server.started and time.monotonic() - begun < 60:
        time.sleep(0.005)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield Table(client, port, person, codes, drawer.held()[0].sha256, store, uri, clock)
    server.should_exit = True
    thread.join(timeout=60)
    store.close()


@pytest.fixture
def table(desk_table: Table) -> Table:
    desk_table.person.pin = USER_PIN
    desk_table.person.asked.clear()
    return desk_table


def certificate_for(key: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "示例公司 李伟")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, key, x509.random_serial_number(), now, now + timedelta(days=9)
    )
    made = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return made.public_bytes(Encoding.DER)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# -- who may speak at all -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": SITE}, 200),
        ({"Origin": SITE, "Host": "localhost:PORT"}, 200),
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"{SITE}.evil.example"}, 403),
        ({"Origin": SITE, "Host": "rebound.evil.example:PORT"}, 421),
        ({"Origin": SITE, "Host": "127.0.0.1:80"}, 421),
        ({"Origin": SITE, "Host": "127.0.0.1"}, 421),
    ],
)
def test_only_a_named_site_on_this_machine_is_answered(
    table: Table, headers: dict[str, str], status: int
) -> None:
    given = {name: value.replace("PORT", str(table.port)) for name, value in headers.items()}
    answer = table.client.get("/v1/hello", headers=given)
    assert answer.status_code == status
    assert ("access-control-allow-origin" in answer.headers) == (status == 200)


def test_the_browser_is_told_that_a_private_network_may_be_asked(table: Table) -> None:
    asks = {"Origin": SITE, "Access-Control-Request-Private-Network": "true"}
    answer = table.client.options("/v1/pair", headers=asks)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in answer.headers
    hostile = table.client.options("/v1/pair", headers=asks | {"Origin": "https://evil.example"})
    assert hostile.status_code == 403
    assert "access-control-allow-private-network" not in hostile.headers


@pytest.mark.parametrize(
    ("origin", "host"),
    [("https://evil.example", "127.0.0.1"), (SITE, "rebound.evil.example"), (None, "127.0.0.1")],
)
def test_a_hostile_page_opens_no_connection(table: Table, origin: str | None, host: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        table.connect(origin, host)
    assert refused.value.response.status_code == 403


# -- pairing ------------------------------------------------------------------------------------------------------------


def test_a_code_is_good_once_and_for_one_site(table: Table) -> None:
    used = table.codes[-1]
    pairing = table.pair()
    again = table.client.post("/v1/pair", json={"code": used}, headers={"Origin": SITE})
    assert (again.status_code, again.json()["error"]) == (403, "pairing")
    with table.connect("https://other.example") as line:
        assert say(line, op="login", pairing=pairing)["error"] == "not-paired"
    with table.connect() as line:
        logged_in(line, pairing)


def test_a_page_pairs_on_its_connection_too(table: Table) -> None:
    with table.connect() as line:
        assert say(line, op="pair", code="1")["error"] == "pairing"
        logged_in(line, say(line, op="pair", code=table.codes[-1])["pairing"])


def test_wrong_codes_change_the_code(table: Table) -> None:
    first = table.codes[-1]
    wrong = "00000000" if first != "00000000" else "11111111"
    for _ in range(TRIES):
        answer = table.client.post("/v1/pair", json={"code": wrong}, headers={"Origin": SITE})
        assert answer.status_code == 403
    assert table.codes[-2] == first, "a new one is shown"
    late = table.client.post("/v1/pair", json={"code": first}, headers={"Origin": SITE})
    assert late.status_code == 403


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"code": 1}', b"\xff"])
def test_nonsense_pairs_nothing(table: Table, body: bytes) -> None:
    answer = table.client.post("/v1/pair", content=body, headers={"Origin": SITE})
    assert (answer.status_code, answer.json()["error"]) == (400, "malformed")


def test_a_pairing_fades(table: Table) -> None:
    pairing = table.pair()
    table.clock.advance(PAIRED_FOR)
    with table.connect() as line:
        assert say(line, op="login", pairing=pairing)["error"] == "not-paired"


# -- a page at work -----------------------------------------------------------------------------------------------------


def test_a_paired_page_lists_and_signs_when_the_person_agrees(table: Table) -> None:
    with table.connect() as line:
        login = logged_in(line, table.pair())
        [held] = say(line, op="certificates", login=login["login"])["certificates"]
        assert held["sha256"] == table.sha256
        answer = say(line, **wish(table, login))
    assert answer["ok"], answer
    [asked] = table.person.asked
    digest = DigestAlgorithm.SHA256.digest(b"to be signed")
    assert (asked.title, asked.page) == ("合同.pdf", SITE)
    assert asked.digest_end.replace(" ", "") == digest.hex[-8:].upper()
    [key] = table.store.keys("desk", pin=USER_PIN)
    signer = table.store.signer(table.uri, pin=USER_PIN)
    verify_digest(key.public_key, signer.algorithm, digest, base64.b64decode(answer["signature"]))
    assert "246810" not in json.dumps(answer)


def test_the_person_says_no(table: Table) -> None:
    table.person.pin = None
    with table.connect() as line:
        answer = say(line, **wish(table, logged_in(line, table.pair())))
    assert (answer["ok"], answer["error"]) == (False, "declined")
    assert "signature" not in answer


def test_a_message_sent_twice_is_refused_before_anybody_is_asked(table: Table) -> None:
    with table.connect() as line:
        first = wish(table, logged_in(line, table.pair()))
        answer = say(line, **first)
        assert say(line, **first)["error"] == "repeated"
        assert len(table.person.asked) == 1
        assert say(line, **first | {"number": answer["number"]})["error"] == "repeated", (
            "used up by the replay"
        )


def test_a_second_page_without_pairing_does_nothing(table: Table) -> None:
    with table.connect() as first:
        login = logged_in(first, table.pair())
        with table.connect() as second:
            stolen = wish(table, login)
            assert say(second, **stolen)["error"] == "not-paired"
            with pytest.raises(ConnectionClosed):
                second.recv(timeout=30)
    assert table.person.asked == []


def test_a_login_ends_with_its_connection(table: Table) -> None:
    pairing = table.pair()
    with table.connect() as line:
        login = logged_in(line, pairing)
    with table.connect() as line:
        other = logged_in(line, pairing)
        assert other["login"] != login["login"]
        assert say(line, op="certificates", login=login["login"])["error"] == "not-paired"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"digest": "zz"}, "malformed"),
        ({"digest": "00"}, "malformed"),
        ({"digest_algorithm": "md5"}, "malformed"),
        ({"digest_algorithm": "sm3"}, "malformed"),
        ({"certificate_sha256": "0" * 64}, "absent"),
        ({"title": "x" * 301}, "malformed"),
        ({"title": None}, "malformed"),
        ({"op": "export"}, "malformed"),
    ],
)
def test_a_malformed_wish_asks_nobody(table: Table, changes: dict[str, Any], error: str) -> None:
    with table.connect() as line:
        answer = say(line, **wish(table, logged_in(line, table.pair()), **changes))
    assert answer["error"] == error
    assert answer["zh"]
    assert answer["en"]
    assert table.person.asked == []


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "[" * 5000])
def test_nonsense_is_answered_in_words(table: Table, text: str) -> None:
    with table.connect() as line:
        line.send(text)
        assert json.loads(line.recv(timeout=30))["error"] == "malformed"


def test_a_wrong_pin_is_told_without_being_shown(table: Table) -> None:
    table.person.pin = Pin("999999")
    with table.connect() as line:
        answer = say(line, **wish(table, logged_in(line, table.pair())))
    assert answer["error"] == "pin"
    assert "999999" not in json.dumps(answer)


# -- asking the person --------------------------------------------------------------------------------------------------


def test_what_a_page_calls_a_document_cannot_deceive() -> None:
    evil = "合同\x1b[2J\u202efdp.exe\n\r同意\u2066 " + "x" * 300
    text = shown(evil)
    assert len(text) == 120
    assert all(one.isprintable() for one in text)
    assert "\u202e" not in text
    asked = question(evil, SITE, "某公司", "desk", "0123456789abcdef")
    assert asked.digest_end == "89AB CDEF"


def program(folder: Path, script: str) -> Confirmer:
    path = folder / "ask"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return Program((str(path),), patience=10)


ASKED = Question("合同.pdf", SITE, "某公司", "desk", "89AB CDEF")


def test_a_program_is_asked_and_answers(tmp_path: Path) -> None:
    asks = program(tmp_path, f'cat > {tmp_path}/q; echo \'{{"confirm": true, "pin": "246810"}}\'')
    assert asks.ask(ASKED) == USER_PIN
    assert json.loads((tmp_path / "q").read_text())["digest_end"] == "89AB CDEF"


@pytest.mark.parametrize(
    "script",
    [
        "exit 1",
        "echo nonsense",
        "echo '{}'",
        'echo \'{"confirm": "true", "pin": "246810"}\'',
        "echo '{\"confirm\": true}'",
        "echo '[]'",
    ],
)
def test_any_other_answer_is_a_no(tmp_path: Path, script: str) -> None:
    with pytest.raises(RefusedByPerson):
        program(tmp_path, script).ask(ASKED)
    with pytest.raises(RefusedByPerson):
        Program((str(tmp_path / "missing"),)).ask(ASKED)


@pytest.mark.parametrize("answers", [["n"], [""], ["y", "1"]])
def test_in_a_terminal_only_a_yes_and_a_pin_go_on(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.console import Console

    console, given = Console(record=True, width=90), iter(answers)
    monkeypatch.setattr(console, "input", lambda *_a, **_k: next(given))
    with pytest.raises(RefusedByPerson):
        Terminal(console).ask(ASKED)
    assert "89AB CDEF" in console.export_text()


def test_a_yes_and_a_pin_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    console, given = Console(record=True, width=90), iter(["y", "246810"])
    monkeypatch.setattr(console, "input", lambda *_a, **_k: next(given))
    assert Terminal(console).ask(ASKED) == USER_PIN


# -- what its owner names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "yinxin.example", ""])
def test_no_address_that_others_reach(host: str, tmp_path: Path, clock: SteppingClock) -> None:
    with pytest.raises(BindRefused):
        check_bind(host)
    with pytest.raises(BindRefused):
        make_agent(AgentPlan(tmp_path, [SITE], pkcs11=[tmp_path], host=host), clock, print)


@pytest.mark.parametrize(
    "text", ["*", "yinxin.example", "https://a.example/path", "ftp://a.example", "https://", "null"]
)
def test_a_site_is_an_origin(text: str) -> None:
    with pytest.raises(OriginInvalid):
        read_origin(text)


def test_an_origin_is_read_as_browsers_send_it() -> None:
    assert read_origin("HTTPS://Yinxin.Example:443/") == SITE
    assert read_origin("http://127.0.0.1:8080") == "http://127.0.0.1:8080"


def test_an_agent_without_a_token_or_somebody_to_ask_does_not_start(
    tmp_path: Path, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NothingToServe):
        make_agent(AgentPlan(tmp_path, [SITE], confirm="terminal"), clock, print)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(NobodyToAsk):
        confirmer("auto")
