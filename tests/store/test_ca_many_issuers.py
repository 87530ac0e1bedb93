"""Thousands of issuing CAs: what one request costs does not grow with how many issuers there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.actor import SYSTEM
from ca.certificate import CertificateRequest, SubjectName, spki_sha256
from ca.errors import IssuerUnknown
from ca.issuer import HolderStatus, Issuer, Unit, UnitPurpose
from ca.issuer_store import insert_issuer, insert_unit
from ca.status.crl import CrlPublisher
from ca.status.ocsp import MAX_DESKS, OcspResponder
from ca.store import certificate
from hsm.key_uri import KeyUri
from signing.evidence import EvidenceDesk
from tests.conftest import SteppingClock
from tests.pki import CLERK, COMPANY, USCC, MemoryProvider, World, make_world, new_key

MANY = 300
NAME = SubjectName(COMPANY, COMPANY, USCC)


class CountingProvider(MemoryProvider):
    """Keys in memory that count how often a key was looked up."""

    opened = 0

    def signer(self, uri, **given):  # type: ignore[no-untyped-def]
        self.opened += 1
        return super().signer(uri, **given)


@contextmanager
def counted(engine: sa.Engine) -> Iterator[list[str]]:
    """Collect the statements of the block."""
    seen: list[str] = []

    def note(_conn, _cursor, statement, *_rest):  # type: ignore[no-untyped-def]
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> World:
    made = make_world(engine, clock, provider=CountingProvider())
    made.enterprises.register(USCC, COMPANY, actor=CLERK)
    return made


def add_issuers(world: World, count: int, first: int = 0) -> None:
    """Enter issuers with their responders, each with keys and certificates of its own name, under the root."""
    for number in range(first, first + count):
        _add(world, f"ca-{number:05d}")


def _add(world: World, name: str) -> None:
    provider, authority, token = world.provider, world.authority, "many"
    if token not in provider.tokens():
        from hsm.pins import Pin

        provider.create_token(token, Pin("12345678"), Pin("123456"))
    key = new_key()
    uri = provider.put(KeyUri(provider.scheme, token, name), key)
    own = SubjectName(name, "印信测试 TEST")
    made = authority.issue(
        CertificateRequest("issuing", own, key.public_key(), issuer="root"), request_key=name, actor=SYSTEM
    )
    spki = spki_sha256(key.public_key())
    with world.engine.begin() as conn:
        insert_issuer(
            conn,
            Issuer(name, HolderStatus.ACTIVE, str(uri), spki, made.der, "root", "issuing", 1),
            world.clock(),
        )
        insert_unit(
            conn,
            Unit(f"ocsp-{name}", HolderStatus.ACTIVE, str(uri), spki, made.der, UnitPurpose.OCSP, name),
            world.clock(),
        )


def costs(world: World, issuer: str) -> dict[str, tuple[int, int]]:
    """Return statements and key look-ups of each kind of request about one issuer, first use of its key included."""
    provider = world.provider
    assert isinstance(provider, CountingProvider)
    found: dict[str, tuple[int, int]] = {}

    @contextmanager
    def cost(name: str) -> Iterator[None]:
        before = provider.opened
        with counted(world.engine) as seen:
            yield
        found[name] = (len(seen), provider.opened - before)

    request = CertificateRequest("enterprise-seal", NAME, new_key().public_key(), issuer=issuer)
    with cost("issue"):
        made = world.authority.issue(request, request_key=f"one-{next(world.counter)}", actor=CLERK)
    with cost("construction"):
        crls = CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)
        responder = OcspResponder(world.engine, world.keys, world.clock, world.config)
        desk = EvidenceDesk(world.authority, crls, responder)
    with cost("list"):
        crls.current(issuer)
    with cost("served list"):
        crls.current(issuer)
    with cost("answer"):
        responder.response_for(made.serial)
    with cost("second answer"):
        responder.response_for(made.serial)
    with cost("evidence"):
        register = desk.register()
        desk.leaf(made.serial, register)
        desk.anchors()
    with cost("nothing due"):
        crls.scopes()
    return found


def test_no_request_costs_more_with_more_issuers(world: World) -> None:
    add_issuers(world, 3)
    few = costs(world, "ca-00001")
    add_issuers(world, MANY, first=3)
    assert costs(world, "ca-00002") == few
    assert few["construction"] == (0, 0), "opening the doors reads nothing and touches no key"
    assert few["served list"][1] == few["evidence"][1] == 0


def test_the_one_able_issuer_is_found_and_several_are_refused(world: World) -> None:
    request = CertificateRequest("enterprise-seal", NAME, new_key().public_key())
    assert world.authority.issue(request, request_key="alone", actor=CLERK).issuer == "issuing"
    add_issuers(world, 2)
    with counted(world.engine) as seen, pytest.raises(IssuerUnknown):
        world.authority.issue(
            CertificateRequest("enterprise-seal", NAME, new_key().public_key()),
            request_key="two",
            actor=CLERK,
        )
    assert any("LIMIT" in statement for statement in seen if "FROM issuer" in statement)


def test_responders_are_remembered_within_bounds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from ca.status import ocsp

    assert MAX_DESKS >= 100
    monkeypatch.setattr(ocsp, "MAX_DESKS", 4)
    add_issuers(world, 9)
    responder = OcspResponder(world.engine, world.keys, world.clock, world.config)
    for number in range(9):
        responder.respond(f"ca-{number:05d}", _question(world, f"ca-{number:05d}"))
    assert list(responder._desks) == [f"ca-{number:05d}" for number in range(5, 9)]


def _question(world: World, issuer: str) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import ocsp

    from ca.status.ocsp_codec import IssuerHashes

    one = IssuerHashes(world.authority.issuer(issuer).x509).cert_id(1)
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        one.issuer_name_hash, one.issuer_key_hash, 1, hashes.SHA1()
    )
    return builder.build().public_bytes(Encoding.DER)


# --- searching ------------------------------------------------------------------------------------------------------


def plan_of(conn: sa.Connection, statement: sa.Select) -> str:
    """Return how PostgreSQL would do it."""
    compiled = statement.compile(dialect=conn.dialect, compile_kwargs={"render_postcompile": True})
    return "\n".join(row[0] for row in conn.exec_driver_sql(f"EXPLAIN {compiled}", dict(compiled.params)))


@pytest.mark.postgres
def test_searches_go_by_their_index(postgres_database: str, clock: SteppingClock) -> None:
    """The plans that PostgreSQL has when reading the whole table is dear, as it is with a million rows."""
    from api.database.engine import make_engine
    from ca.certificate import CertificateOrder, CertificateQuery
    from ca.search import statement_of, words_of

    engine = make_engine(postgres_database)
    make_world(engine, clock).enrol()
    expiring = CertificateQuery(expires_after=clock(), expires_before=clock(), order=CertificateOrder.EXPIRY)
    with engine.begin() as conn:
        conn.execute(sa.text("SET LOCAL enable_seqscan = off"))
        assert "ix_certificate_name_words" in plan_of(conn, words_of("甲科技"))
        assert "ix_certificate_name_words" in plan_of(conn, words_of("甲"))
        assert "ix_certificate_uscc_id" in plan_of(conn, statement_of(CertificateQuery(uscc=USCC), []))
        assert "ix_certificate_not_after_id" in plan_of(conn, statement_of(expiring, []))
    engine.dispose()


@pytest.mark.postgres
def test_common_names_and_rare_ones_are_found_alike(
    postgres_database: str, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two ways to a name, by the index of words and in order, give the same pages."""
    from api.database.engine import make_engine
    from ca import search
    from ca.certificate import CertificateOrder, CertificateQuery
    from tests.pki import make_uscc

    engine = make_engine(postgres_database)
    made = make_world(engine, clock)
    for number in range(9):
        made.enrol(
            f"{'北京' if number % 2 else '上海'}第{number % 3}科技有限公司",
            make_uscc(f"9111010800000{number:04}"),
        )
    for name, prefix in (("科技", ""), ("第1", ""), ("", "北京"), ("科技", "北京"), ("京", ""), ("囍", "")):
        for order in CertificateOrder:
            pages = []
            for rare in (0, 3000):
                monkeypatch.setattr(search, "RARE", rare)
                query, found = CertificateQuery(name=name, name_prefix=prefix, order=order, limit=2), []
                while True:
                    page = made.authority.find(query)
                    found += page.items
                    if page.next is None:
                        break
                    query = replace(query, cursor=page.next)
                pages.append(found)
            assert pages[0] == pages[1]
            assert all(name in one.name and one.name.startswith(prefix) for one in pages[0])
            assert bool(pages[0]) == (name != "囍")
    engine.dispose()


def test_sqlite_reads_the_index_of_names_and_not_the_table(
    sqlite_database: str, clock: SteppingClock
) -> None:
    from api.database.engine import make_engine
    from ca.certificate import CertificateQuery
    from ca.search import in_names, statement_of

    engine = make_engine(sqlite_database)
    make_world(engine, clock)
    with engine.begin() as conn:
        names = in_names([certificate.c.name.like("%甲%")])
        compiled = statement_of(CertificateQuery(), names).compile(dialect=engine.dialect)
        places = tuple(compiled.params[name] for name in compiled.positiontup)
        plan = [row[3] for row in conn.exec_driver_sql("EXPLAIN QUERY PLAN " + str(compiled), places)]
    engine.dispose()
    assert any("COVERING INDEX ix_certificate_name_id" in step for step in plan), plan


# --- writers of one file --------------------------------------------------------------------------------------------


def test_writers_of_one_file_queue_and_none_fails(tmp_path: Path) -> None:
    """Thirty-two threads, each with its own connection: every addition counts, none is told that the file is locked."""
    import threading

    from api.database.engine import make_engine

    engine = make_engine(f"sqlite:///{tmp_path / 'queue.db'}")
    with engine.begin() as conn:
        conn.execute(sa.text("CREATE TABLE counter (number INTEGER)"))
        conn.execute(sa.text("INSERT INTO counter VALUES (0)"))
    failed: list[BaseException] = []

    def add() -> None:
        try:
            for _ in range(5):
                with engine.begin() as conn:
                    number = conn.execute(sa.text("SELECT number FROM counter")).scalar_one()
                    conn.execute(sa.text("UPDATE counter SET number = :n"), {"n": number + 1})
        except BaseException as wrong:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(wrong)

    threads = [threading.Thread(target=add) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.execution_options(read_only=True).connect() as conn:
        assert conn.execute(sa.text("SELECT number FROM counter")).scalar_one() == 160
    assert failed == []
    engine.dispose()


def test_a_transaction_that_fails_lets_the_next_writer_in(tmp_path: Path) -> None:
    from api.database.engine import make_engine

    engine = make_engine(f"sqlite:///{tmp_path / 'queue.db'}")
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), engine.begin():
            raise ZeroDivisionError
    with engine.begin() as conn:
        conn.execute(sa.text("CREATE TABLE kept (number INTEGER)"))
    connection = engine.connect()
    connection.execute(sa.text("INSERT INTO kept VALUES (1)"))
    connection.close()  # without a commit: taken back when the connection goes home
    with engine.begin() as conn:
        assert conn.execute(sa.text("SELECT count(*) FROM kept")).scalar_one() == 0
    engine.dispose()
