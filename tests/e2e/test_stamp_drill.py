"""The drill of smart stamps: every scenario reaches its end on the server; the soak ends without drift (mission §4)."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import uvicorn

from api.app import create_app
from api.cli.main import main
from api.stamps.door import post
from api.stamps.drill.run import SCENARIOS, Drill, DrillPlan, chosen, drill
from api.stamps.drill.scenario import Scenario
from api.stamps.drill.soak import SoakPlan
from api.stamps.drill.world import World
from api.stamps.http_line import HttpLine
from api.stamps.mosquitto import free_port
from seals.devices.store import stamp_order
from tests.broker_world import need_mosquitto
from tests.conftest import SteppingClock
from tests.stamp_world import SEAL, Service, use
from tests.stamp_world import Rig as PureRig

WHO = "person:li.wei"


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    with drill(DrillPlan(folder=tmp_path_factory.mktemp("drill"))) as running:
        yield running


@pytest.fixture(scope="module")
def over_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    need_mosquitto()
    with drill(DrillPlan(own_broker=True, folder=tmp_path_factory.mktemp("broker-drill"))) as running:
        yield running


def held(running: Drill, scenario: Scenario) -> None:
    verdict = running.play(scenario)
    assert verdict.passed, (verdict.fault, verdict.differences())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_each_scenario_reaches_its_end(drilled: Drill, scenario: Scenario) -> None:
    held(drilled, scenario)


@pytest.mark.parametrize("name", ["normal", "replay", "clone", "lost-and-found", "picture-after-all"])
def test_scenarios_over_a_real_broker(over_broker: Drill, name: str) -> None:
    """The same ends over MQTT with mutual TLS: pushed orders, replies, pictures, reconnecting after a loss of power."""
    held(over_broker, chosen(name)[0])


@pytest.mark.postgres
def test_scenarios_on_postgresql(postgres_database: str, tmp_path: Path) -> None:
    with drill(DrillPlan(postgres_database, folder=tmp_path)) as running:
        for name in ("count-lie", "rollback"):
            held(running, chosen(name)[0])


def test_another_end_than_expected_is_no_pass(drilled: Drill) -> None:
    """The judge is awake: one more use expected, or a play that cannot be played, and it says so."""
    normal = chosen("normal")[0]
    wrong = drilled.play(replace(normal, expected=replace(normal.expected, used=3)))
    assert not wrong.passed
    assert wrong.differences() == ("used: 3 → 2",)

    def broken(world: World) -> None:
        world.stamp().press(WHO)

    stopped = drilled.play(replace(normal, play=broken))
    assert not stopped.passed
    assert "fault" in stopped.to_json()


def test_the_soak_ends_without_drift_and_finds_drift(drilled: Drill) -> None:
    """Server, chain and paper agree for each stamp after random faults; a count changed behind their back is found."""
    report = drilled.soak(SoakPlan(stamps=5, minutes=4, seed=7), lambda _line: None)
    assert report.passed, report.rows
    told = report.to_json()
    assert told["reached"] == {"stamps": 5, "drift": 0}
    assert told["uses"] > 20
    assert told["happened"]["power"] > 0
    engine, serial = drilled.ground.services.engine, report.rows[0].stamp
    with engine.begin() as conn:
        conn.execute(
            sa.update(stamp_order).where(stamp_order.c.serial == serial).values(used=stamp_order.c.used + 1)
        )
    assert drilled.ground.services.stamps.board.prove(serial).differences


def test_a_message_on_another_stamps_topic_is_refused_by_the_desk(drilled: Drill) -> None:
    """The second wall behind the broker's list of rights: events of one stamp, posted under another's serial number."""
    world = World(drilled.ground, drilled.dial)
    try:
        mine, other = world.stamp(), world.stamp()
        mine.stamp.report_battery()
        texts = list(mine.stamp.memory.events_after(mine.stamp.memory.acked, 5))
        desk, victim = drilled.ground.services.stamps, other.stamp.serial
        before = desk.register.get(victim).number
        code, said = post(desk, victim, "chain", {"events": texts, "nonce": "n1"})
        assert (code, desk.register.get(victim).number) == (403, before)
        assert said["zh"]
        assert post(desk, mine.stamp.serial, "chain", {"events": texts, "nonce": "n1"})[0] == 200
    finally:
        world.shut()


@pytest.mark.parametrize(
    ("name", "params", "field"),
    [
        ("chain", {"events": "x", "nonce": "n"}, "events"),
        ("chain", {"events": ["a.b"], "nonce": "n"}, ""),
        ("chain", {"events": [], "nonce": 1}, "nonce"),
        ("picture", {"digest": "sha256:00", "data": "*"}, "data"),
        ("picture", {"digest": "x", "data": ""}, ""),
        ("time", {}, "nonce"),
        ("unheard", {}, "topic"),
    ],
)
def test_a_post_that_is_not_in_order_is_answered(
    drilled: Drill, name: str, params: dict[str, object], field: str
) -> None:
    code, said = post(drilled.ground.services.stamps, "SIM-NOBODY", name, params)
    assert 400 <= code < 500
    assert field in said["en"]
    assert said["zh"]


def test_a_stamp_over_https_polling(drilled: Drill) -> None:
    """The same stamp over the routes: orders fetched, events and picture handed over, the case closed."""
    with served(drilled) as base:
        world = World(drilled.ground, lambda stamp: HttpLine(base, stamp))
        try:
            rig = world.stamp()
            world.order(rig)
            rig.press(WHO)
            rig.sync()
            end = world.end()
        finally:
            world.shut()
    assert (end.used, end.pictures, end.case, end.alarms) == (1, "here", "closed", ())


@contextmanager
def served(running: Drill) -> Iterator[str]:
    port = free_port()
    config = uvicorn.Config(create_app(running.ground.services), port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def test_the_command_prints_one_object_a_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stamp-simulator", "--scenario", "shutter-jam", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["name"], told["passed"], told["expected"] == told["reached"]) == ("shutter-jam", True, True)
    assert main(["stamp-simulator", "--scenario", "nowhere"]) == 1
    assert main(["stamp-simulator", "--mqtt", "mqtts://x"]) == 2


@pytest.mark.crash
def test_I29_kill_9_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """A stamp's process is killed at random moments; after each the paper, its count and its chain are one number."""
    rig = PureRig(Service(SteppingClock(datetime.now(UTC))), tmp_path / "stamp")
    order = rig.service.order(use(10_000))
    assert rig.stamp.take(order) is None
    chance, pressed = random.Random(29), 0
    for _ in range(4):
        rig.off()
        command = [sys.executable, "-m", "tests.stamp_presser", str(rig.folder), SEAL]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"on\n"
            time.sleep(chance.uniform(0.01, 0.2))
            process.send_signal(signal.SIGKILL)
        rig.on()
        (tally,) = rig.chain().tallies.values()
        paper = len(rig.stamp.body.imprints())
        assert tally.used == paper == rig.stamp.recall.imprints
        assert (tally.open, tally.uncertain, rig.chain().oddities) == (0, 0, ())
        assert rig.stamp.tasks()[0].left == 10_000 - paper
        assert paper >= pressed
        pressed = paper
    assert pressed > 0
    rig.off()


def test_time_of_a_drill_passes_in_a_moment(drilled: Drill) -> None:
    began = drilled.ground.clock()
    World(drilled.ground, drilled.dial).wait(hours=1)
    assert drilled.ground.clock() - began == timedelta(hours=1)
