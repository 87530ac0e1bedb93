"""The three implementations of SM2, each by its name, for tests that ask all of them."""

from __future__ import annotations

from functools import cache
from typing import Final

from hsm.sm2.backend import CHAIN, BackendMissing, Sm2Backend, load, python_backend
from tests.conftest import missing

MAKERS: Final = ("gmssl", "libcrypto", "python")


@cache
def sm2_maker(name: str) -> Sm2Backend:
    """Load one implementation; a library that this machine lacks skips the test, and fails it in CI."""
    if name == "python":
        return python_backend(allowed=True)
    try:
        return load(*next((module, kind) for module, kind in CHAIN if module.endswith(name)))
    except BackendMissing as wanting:
        missing(f"SM2 by {name}", str(wanting))
