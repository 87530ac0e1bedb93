"""What a stamp needs of its connection: hand over events, fetch orders, hand over a picture, ask the time.

The forms of a connection are in ``api/stamps``: HTTPS polling, MQTT, and the door of the service in the same process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Line(Protocol):
    """A connection to the service. Each method raises :class:`seals.devices.simulator.errors.LineDown` without one and
    :class:`seals.devices.simulator.errors.LineRefused` where the service says no.
    """  # noqa: D205

    def events(self, texts: Sequence[str], nonce: str) -> str:
        """Hand over events, oldest first; return the service's signed answer."""

    def commands(self) -> Sequence[str]:
        """Fetch the orders that wait, each signed."""

    def picture(self, digest: str, data: bytes) -> None:
        """Hand over a picture that was announced by its digest (``sha256:…``)."""

    def time(self, nonce: str) -> str:
        """Ask the time; return the service's signed answer."""
