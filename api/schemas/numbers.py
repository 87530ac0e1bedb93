"""Numbers of rows as callers send them back to read on."""

from __future__ import annotations

from typing import Final

MAX_NUMBER: Final = 2**62
"""Far above every number of a row, and below what the databases' widest integers hold."""
