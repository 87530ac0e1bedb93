"""PINs: a secret that cannot print itself, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable


class Pin:
    """A PIN in memory. It has no readable form: ``str``, ``repr`` and pickling never show it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not 4 <= len(value) <= 64:
            raise ValueError("a PIN has 4 to 64 characters")
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself, for the one call that hands it to the token."""
        return self._value

    def __repr__(self) -> str:
        return "Pin(****)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pin) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Pin", self._value))

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a Pin is not written anywhere")


PinSource = Callable[[str], Pin]
"""Asked with a token label at the moment of need; raises :class:`hsm.errors.PinRequired` when it has none."""
