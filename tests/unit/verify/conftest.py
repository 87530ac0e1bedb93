"""One hierarchy and a few signed documents for the whole run: making them costs more than judging them."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.pdf_attacks.catalogue import Victims
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


@pytest.fixture(scope="session")
def victims(signing: Signing) -> Victims:
    return Victims(signing)


@pytest.fixture
def trust(signing: Signing, tmp_path: Path) -> Path:
    """Lay out a trust folder of the hierarchy, its lists of revocations in it."""
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / "root.pem").write_bytes(signing.pki.root.certificate.public_bytes(Encoding.PEM))
    for number, crl in enumerate(signing.crls()):
        (folder / f"{number}.crl").write_bytes(crl)
    return folder
