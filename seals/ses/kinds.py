"""The number that seal data carries for the kind of a seal."""

from __future__ import annotations

from seals.seal import SealKind


def kind_types() -> dict[str, int]:
    """Return the two-digit kind as the ``type`` of a seal: 1 to 5, and 99.

    The standards leave the number to the business, and real seals do not agree: two tax offices and one licence office were
    seen to write 3 and 4 for other kinds. Hence a setting; no verdict rests on it.
    """
    return {kind.code: int(kind.code) for kind in SealKind}
