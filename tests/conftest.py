"""Fixtures of the whole suite: databases, clocks, tokens."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import hypothesis
import pytest
import sqlalchemy as sa

from api.database.engine import make_engine
from hsm.pins import Pin
from hsm.suite import Suite

if TYPE_CHECKING:
    from hsm.cryptoki import CryptokiProvider
    from hsm.soft_keys import SoftProvider

SO_PIN = Pin("87654321")
USER_PIN = Pin("246810")
IN_CI = os.environ.get("CI") == "true"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
"""Hundreds of processes are started: none is to compile again what the one before it compiled."""


def missing(part: str, why: str) -> NoReturn:
    """Skip for want of an outside part; in CI that is a failure."""
    if IN_CI:
        pytest.fail(f"{part}: {why}")
    pytest.skip(f"{part}: {why}")


class SteppingClock:
    """A clock that tells ``now`` and moves only when told."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, step: timedelta) -> None:
        self.now += step


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture(params=list(Suite), ids=str)
def both_suites(request: pytest.FixtureRequest) -> Iterator[Suite]:
    """Run a test in each suite: keys, worlds and chains that name none are of this one."""
    from tests.pki import DefaultSuite

    DefaultSuite.suite = request.param
    yield request.param
    DefaultSuite.suite = Suite.INTERNATIONAL


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


ROOM = 4 * 2**30
"""Octets that test servers and files may come to need: each worker has a server with a few databases of 8 MB at a time."""


def _postgres_bin() -> Path | None:
    for found in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True):
        return found.parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


def _fast_folder() -> Path | None:
    """Return a folder in memory where there is room: hundreds of databases come and go."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return memory if roomy else None


def pytest_configure() -> None:
    """Keep the tests' files in memory where there is room; what a durable commit waits for is not under test."""
    memory = _fast_folder()
    if memory is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


hypothesis.settings.register_profile("gate", derandomize=True, deadline=None)
if IN_CI:
    # The gate asks the same questions of every commit; new ones are asked by everybody's own runs.
    hypothesis.settings.load_profile("gate")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a browser try again: on a loaded machine it drops a frame or a click. What is wrong fails three times over.

    Every repetition is counted in the summary of the run, so that a test that needs them is seen.
    """
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=1))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Start one PostgreSQL server of our own for the session; yield the URL of its maintenance database."""
    given = os.environ.get("YINXIN_TEST_POSTGRES")
    if given:
        yield given
        return
    binaries = _postgres_bin()
    if binaries is None:
        missing("PostgreSQL", "no initdb; install the package postgresql")
    folder = Path(tempfile.mkdtemp(prefix="yinxin-pg-", dir=_fast_folder()))
    data, port = folder / "data", _free_port()
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(*command: object) -> None:
        quiet = subprocess.DEVNULL
        subprocess.run([*as_user, *map(str, command)], check=True, stdout=quiet, stderr=quiet, cwd="/")

    run(binaries / "initdb", "-A", "trust", "-U", "yinxin", "-E", "UTF8", "-D", data)
    url = f"postgresql+psycopg://yinxin@127.0.0.1:{port}/postgres"
    options = f"-p {port} -k {folder} -c fsync=off -c listen_addresses=127.0.0.1 -c max_connections=200"
    run(binaries / "pg_ctl", "-w", "-D", data, "-o", options, "-l", folder / "log", "start")
    try:
        yield url
    finally:
        _server(url).dispose()
        run(binaries / "pg_ctl", "-m", "immediate", "-D", data, "stop")
        for _ in range(20):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """Yield the URL of a new, empty PostgreSQL database."""
    name = f"t{uuid.uuid4().hex}"
    _on_server(postgres_url, f'CREATE DATABASE "{name}"')
    yield postgres_url.rsplit("/", 1)[0] + "/" + name
    _on_server(postgres_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_database(tmp_path: Path) -> str:
    """Return the URL of a new, empty SQLite database."""
    return f"sqlite:///{tmp_path / 'yinxin.db'}"


@pytest.fixture(scope="session")
def _sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one file with every table, to be copied: quicker than making eighty tables for each test."""
    path = tmp_path_factory.mktemp("tables") / "all.db"
    _make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _postgres_with_tables(postgres_url: str) -> str:
    """Make one database with every table, to be the template of others; return its name."""
    name = f"all{uuid.uuid4().hex}"
    _on_server(postgres_url, f'CREATE DATABASE "{name}"')
    _make_tables(postgres_url.rsplit("/", 1)[0] + "/" + name)
    return name


def _make_tables(url: str) -> None:
    from api.database.schema import METADATA

    made = make_engine(url)
    with made.begin() as connection:
        for metadata in METADATA:
            metadata.create_all(connection)
    made.dispose()  # the last connection to a SQLite file takes its write-ahead log with it


@cache
def _server(postgres_url: str) -> sa.Engine:
    """Keep one connection to the maintenance database: two are made and looked around in for each test otherwise."""
    return sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT", pool_size=1)


def _on_server(postgres_url: str, statement: str) -> None:
    with _server(postgres_url).connect() as connection:
        connection.execute(sa.text(statement))


@pytest.fixture
def _sqlite_made(_sqlite_with_tables: Path, tmp_path: Path) -> str:
    shutil.copyfile(_sqlite_with_tables, tmp_path / "yinxin.db")
    return f"sqlite:///{tmp_path / 'yinxin.db'}"


@pytest.fixture
def _postgres_made(postgres_url: str, _postgres_with_tables: str) -> Iterator[str]:
    name = f"t{uuid.uuid4().hex}"
    _on_server(
        postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{_postgres_with_tables}" STRATEGY FILE_COPY'
    )
    yield postgres_url.rsplit("/", 1)[0] + "/" + name
    _on_server(postgres_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database with every table and no row: every test that asks runs on both engines."""
    return str(request.getfixturevalue("_sqlite_made" if request.param == "sqlite" else "_postgres_made"))


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def bare_engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """Yield an engine over a database without a table, for migrations."""
    found = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    made = make_engine(str(request.getfixturevalue(found)))
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CryptokiProvider]:
    """Yield a provider over the machine's SoftHSM 2 with an empty token directory."""
    from hsm.cryptoki import CryptokiProvider
    from hsm.softhsm import find_or_fetch

    found = find_or_fetch(tmp_path_factory.mktemp("softhsm-cache"))
    if found is None:
        missing("SoftHSM 2", "no libsofthsm2.so; install the package softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    provider = CryptokiProvider(
        found.module,
        pins=lambda _token: USER_PIN,
        counters=folder / "counters",
        environment=found.configure(folder / "tokens"),
    )
    yield provider
    provider.close()


@pytest.fixture(autouse=True)
def _tokens_leave_with_their_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """End the workers of the tokens that one test made: hundreds of idle processes would outlive it."""
    if "softhsm" not in request.fixturenames:
        yield
        return
    provider: CryptokiProvider = request.getfixturevalue("softhsm")
    before = set(provider._slots)
    yield
    for label in set(provider._slots) - before:
        provider._slots.pop(label).close()


@pytest.fixture
def soft_keys(tmp_path: Path) -> Iterator[SoftProvider]:
    """Yield an empty soft key store."""
    from hsm.soft_keys import SoftProvider

    provider = SoftProvider(tmp_path / "soft", pins=lambda _token: USER_PIN, counters=tmp_path / "counters")
    yield provider
    provider.close()
