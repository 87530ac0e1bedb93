"""Running the agent on this machine's own address."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from api.agent.app import create_agent
from api.agent.confirm import confirmer
from api.agent.conversation import Desk
from api.agent.drawer import TokenDrawer, no_pin
from api.agent.errors import NothingToServe
from api.agent.guard import MAX_BODY, check_bind, read_origin
from api.agent.pairing import Pairings
from ca.clock import Clock
from hsm.cryptoki import CryptokiProvider
from hsm.provider import KeyProvider
from hsm.skf.provider import SkfProvider

DEFAULT_PORT: Final = 17820
"""Where pages look for the agent (``agent_port`` in the service's settings); in no list of registered services."""


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """What the owner named: libraries of tokens, sites, port, how a person is asked, a folder of our own."""

    folder: Path
    origins: Sequence[str]
    pkcs11: Sequence[Path] = ()
    skf: Sequence[Path] = ()
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    confirm: str = "auto"


def open_drawer(plan: AgentPlan) -> TokenDrawer:
    """Open the token libraries; :class:`NothingToServe` without one."""
    if not (plan.pkcs11 or plan.skf) or not plan.origins:
        raise NothingToServe
    plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    counters = plan.folder / "counters"
    tokens: list[KeyProvider] = [CryptokiProvider(one, pins=no_pin, counters=counters) for one in plan.pkcs11]
    tokens += [SkfProvider(one, pins=no_pin, counters=counters) for one in plan.skf]
    return TokenDrawer(tokens)


def make_agent(plan: AgentPlan, clock: Clock, tell: Callable[[str], None]) -> tuple[uvicorn.Server, Desk]:
    """Make the server and what it serves; ``tell`` shows each new pairing code.

    Raises :class:`api.agent.errors.BindRefused`, :class:`api.agent.errors.OriginInvalid`, :class:`NothingToServe` or
    :class:`api.agent.errors.NobodyToAsk`.
    """
    host, origins = check_bind(plan.host), [read_origin(one) for one in plan.origins]
    asks, drawer = confirmer(plan.confirm), open_drawer(plan)
    desk = Desk(drawer, asks, Pairings(clock, tell), threading.Lock())
    config = uvicorn.Config(
        create_agent(desk, origins, plan.port),
        host=host,
        port=plan.port,
        ws="websockets-sansio",
        ws_max_size=MAX_BODY,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=32,
    )
    return uvicorn.Server(config), desk


def port_free(port: int) -> bool:
    """Tell whether nobody else listens there."""
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
