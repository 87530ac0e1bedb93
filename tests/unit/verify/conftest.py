"""One hierarchy and a few signed documents for the whole run: making them costs more than judging them."""

from __future__ import annotations

import pytest

from tests.verify_world import Signing


@pytest.fixture(scope="session")
def signing() -> Signing:
    return Signing()


@pytest.fixture(scope="session")
def b_b(signing: Signing) -> bytes:
    return signing.sign()


@pytest.fixture(scope="session")
def b_t(signing: Signing) -> bytes:
    return signing.sign(stamp=True)


@pytest.fixture(scope="session")
def b_lt(signing: Signing, b_t: bytes) -> bytes:
    return signing.add_dss(b_t)


@pytest.fixture(scope="session")
def b_lta(signing: Signing, b_lt: bytes) -> bytes:
    return signing.add_time_stamp(b_lt)
