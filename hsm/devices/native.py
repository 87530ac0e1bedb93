"""A vendor's library, loaded: its functions by prototypes that are data. Only worker processes load one."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hsm.devices.errors import OperationNotOffered
from hsm.errors import HsmError, ModuleUnavailable

Prototype = tuple[Any, ...]
Handle = ctypes.c_void_p


class Library:
    """The functions of one library. Every one returns a word in which 0 is success.

    ``meaning`` turns any other word into an error; ``expected`` is a function that every such library has.
    """

    def __init__(
        self,
        path: Path,
        prototypes: Mapping[str, Prototype],
        expected: str,
        meaning: Callable[[str, int], HsmError],
    ) -> None:
        if not path.is_file():
            raise ModuleUnavailable(f"{path} is not a file")
        try:
            self._library = ctypes.CDLL(str(path))
            getattr(self._library, expected)
        except (OSError, AttributeError) as wrong:
            raise ModuleUnavailable(f"{path.name}: {type(wrong).__name__}") from wrong
        self._prototypes = prototypes
        self._meaning = meaning
        self._functions: dict[str, Any] = {}

    def _function(self, name: str) -> Any:
        found = self._functions.get(name)
        if found is None:
            try:
                found = getattr(self._library, name)
            except AttributeError as missing:
                raise OperationNotOffered(f"the library has no {name}") from missing
            found.argtypes = self._prototypes[name]
            found.restype = ctypes.c_uint32
            self._functions[name] = found
        return found

    def value(self, name: str, *arguments: Any) -> int:
        """Call and return the word."""
        return int(self._function(name)(*arguments))

    def check(self, name: str, *arguments: Any) -> None:
        """Call; anything but success raises its meaning."""
        value = self.value(name, *arguments)
        if value:
            raise self._meaning(name, value)
