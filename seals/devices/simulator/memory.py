"""The non-volatile memory of a simulated stamp: one folder, one process at a time.

::

    plate.json     what was burned in: serial number, firmware, cap of the offline allowance, authorities it believes
    chip.*         its key pair and certificate
    events.log     the chain of its events, each line with the order that it accepted: everything else follows from it
    latches.log    what the latches of shutter and head recorded, and with it what is really on paper
    pictures/      pictures not handed over yet
    acked          how far the service has the events; lost, they are sent again and do no harm
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from hsm.algorithms import DigestAlgorithm
from hsm.durable import write_whole
from seals.devices.events import DeviceEvent, SignedEvent, event_digest, parse_event, sign_event
from seals.devices.messages import Command, parse_command
from seals.devices.simulator.chip import Chip
from seals.devices.simulator.errors import DeviceFolderInvalid, DeviceInUse
from seals.devices.simulator.journal import Journal
from seals.devices.simulator.recall import Recall
from seals.devices.trust import Trust

PLATE_FILE: Final = "plate.json"
EVENTS_FILE: Final = "events.log"
LATCHES_FILE: Final = "latches.log"
ACKED_FILE: Final = "acked"
LOCK_FILE: Final = "running"


@dataclass(frozen=True, slots=True)
class Plate:
    """What a maker burns into a stamp; ``authorities`` are base64 of DER."""

    serial: str
    firmware: str = "sim-1.0"
    offline_cap: int = 0
    authorities: tuple[str, ...] = ()

    @property
    def trust(self) -> Trust:
        """Whose orders it believes."""
        return Trust(tuple(base64.b64decode(each) for each in self.authorities))


def make_device(folder: Path, plate: Plate) -> Chip:
    """Make a new stamp in an empty folder; return its chip, which has no certificate yet."""
    if (folder / PLATE_FILE).exists():
        raise DeviceFolderInvalid(folder, "已有设备。", "there is a device in it already.")
    folder.mkdir(parents=True, exist_ok=True)
    chip = Chip.make(folder)
    write_whole(folder / PLATE_FILE, json.dumps(asdict(plate), ensure_ascii=False).encode())
    return chip


def set_up(folder: Path, certificate: bytes, authorities: tuple[bytes, ...], offline_cap: int) -> None:
    """Hand a registered stamp its certificate, the authorities that it is to believe and its cap."""
    plate = read_plate(folder)
    believed = tuple(base64.b64encode(der).decode() for der in authorities)
    made = Plate(plate.serial, plate.firmware, offline_cap, believed)
    Chip.open(folder).keep_certificate(certificate)
    write_whole(folder / PLATE_FILE, json.dumps(asdict(made), ensure_ascii=False).encode())


def read_plate(folder: Path) -> Plate:
    """Read what was burned in; :class:`DeviceFolderInvalid` if there is no stamp in the folder."""
    try:
        found = json.loads((folder / PLATE_FILE).read_bytes())
        return Plate(
            str(found["serial"]),
            str(found["firmware"]),
            int(found["offline_cap"]),
            tuple(map(str, found["authorities"])),
        )
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise DeviceFolderInvalid(
            folder,
            "没有模拟设备，或 plate.json 已损坏。",
            "there is no simulated stamp in it, or plate.json is damaged.",
        ) from wrong


class Memory:
    """The folder, open: the plate, the chip, the journal of events and what follows from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plate = read_plate(folder)
        self._running = _claim(folder)
        self.chip = Chip.open(folder)
        self._certificate = self.chip.certificate
        self._journal = Journal(folder / EVENTS_FILE)
        self.latches = Journal(folder / LATCHES_FILE)
        self.recall = Recall()
        self._events: list[str] = []
        for line in self._journal.lines():
            self._hear(parse_event(str(line[0])), parse_command(line[1]).command if line[1] else None)
        (folder / "pictures").mkdir(exist_ok=True)

    def write(self, event: DeviceEvent, command_jws: str = "") -> None:
        """Sign an event and keep it; once this returns it has happened."""
        jws = sign_event(event, self.chip, self._certificate)
        digest = str(event_digest(event, self.digest_algorithm))
        self._journal.append(jws, command_jws)
        self._events.append(jws)
        command = parse_command(command_jws).command if command_jws else None
        self.recall.hear(event, digest, command)

    @property
    def digest_algorithm(self) -> DigestAlgorithm:
        """The algorithm of the chain, which goes with the chip's key."""
        return self.chip.algorithm.digest

    def events_after(self, number: int, limit: int) -> tuple[str, ...]:
        """Return up to ``limit`` events above ``number``, as they were signed."""
        return tuple(self._events[number : number + limit])

    @property
    def acked(self) -> int:
        """How far the service has the events, as far as is known here."""
        try:
            return min(int((self.folder / ACKED_FILE).read_text()), self.recall.number)
        except (OSError, ValueError):
            return 0

    def keep_acked(self, number: int) -> None:
        """Remember how far the service has the events."""
        write_whole(self.folder / ACKED_FILE, str(number).encode())

    def keep_picture(self, reservation: str, data: bytes) -> None:
        """Keep a picture until it is handed over."""
        write_whole(self.folder / "pictures" / f"{reservation}.jpg", data)

    def pictures(self) -> Iterator[tuple[str, bytes]]:
        """Read the pictures announced and not handed over yet, oldest press first."""
        for reservation in self.recall.pictures:
            path = self.folder / "pictures" / f"{reservation}.jpg"
            if path.exists():
                yield reservation, path.read_bytes()

    def picture_handed_over(self, reservation: str) -> None:
        """Let a picture go."""
        (self.folder / "pictures" / f"{reservation}.jpg").unlink(missing_ok=True)

    def close(self) -> None:
        """Let the folder go, as a loss of power does."""
        self._journal.close()
        self.latches.close()
        os.close(self._running)

    def _hear(self, signed: SignedEvent, command: Command | None) -> None:
        self._events.append(signed.jws)
        self.recall.hear(signed.event, str(signed.digest), command)


def copy_device(source: Path, target: Path) -> None:
    """Copy a stamp's memory, key and all: a backup to roll back to, or a clone."""
    shutil.copytree(source, target, dirs_exist_ok=True)


def _claim(folder: Path) -> int:
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as wrong:
        os.close(descriptor)
        raise DeviceInUse(folder) from wrong
    return descriptor
