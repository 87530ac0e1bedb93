"""A PostgreSQL server for a benchmark: the one named in ``YINXIN_BENCH_POSTGRES``, or one of our own in a folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAMED = "YINXIN_BENCH_POSTGRES"
OPTIONS = "-c shared_buffers=1GB -c max_wal_size=8GB -c maintenance_work_mem=512MB -c max_connections=200"
"""A small server's; every commit is synced to the disk."""


@contextmanager
def server(place: Path) -> Iterator[str | None]:
    """Yield the URL of a server's maintenance database; nothing where there is no PostgreSQL."""
    given = os.environ.get(NAMED)
    if given:
        yield given
        return
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if not found:
        yield None
        return
    tools, data, port = found[0].parent, place / "postgres", _free_port()
    as_user: list[str] = []
    place.chmod(0o755)
    data.mkdir()
    if os.geteuid() == 0:
        shutil.chown(data, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(*command: object) -> None:
        quiet = subprocess.DEVNULL
        subprocess.run([*as_user, *map(str, command)], check=True, stdout=quiet, stderr=quiet, cwd="/")

    run(tools / "initdb", "-A", "trust", "-U", "yinxin", "-E", "UTF8", "-D", data / "data")
    options = f"-p {port} -k {data} -c listen_addresses=127.0.0.1 {OPTIONS}"
    run(tools / "pg_ctl", "-w", "-D", data / "data", "-o", options, "-l", data / "log", "start")
    try:
        yield f"postgresql+psycopg://yinxin@127.0.0.1:{port}/postgres"
    finally:
        run(tools / "pg_ctl", "-m", "immediate", "-D", data / "data", "stop")


@contextmanager
def database(server_url: str) -> Iterator[str]:
    """Yield the URL of a new database, dropped afterwards."""
    import sqlalchemy as sa

    name = f"bench{uuid.uuid4().hex}"
    engine = sa.create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    try:
        yield server_url.rsplit("/", 1)[0] + "/" + name
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        engine.dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
