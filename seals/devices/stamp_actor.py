"""A stamp as the actor of what it reports."""

from __future__ import annotations

from ca.actor import Actor
from seals.devices.stamp import Stamp


def stamp_actor(stamp: Stamp) -> Actor:
    """Name the stamp where the trail names who acted."""
    return Actor(f"stamp:{stamp.serial}", stamp.model, stamp.uscc)
