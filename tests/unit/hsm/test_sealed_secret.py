"""Secrets sealed under a key of the service."""

from __future__ import annotations

import pytest

from hsm.errors import DecryptionFailed
from hsm.sealed_secret import MAX_SECRET, seal, unseal

KEY = bytes(range(32))


@pytest.mark.parametrize("length", [1, 32, MAX_SECRET])
def test_a_sealed_secret_opens_for_its_key_and_purpose_alone(length: int) -> None:
    secret = bytes(length - 1) + b"\1"
    blob = seal(KEY, "pin", secret)
    assert length == 1 or secret not in blob
    assert seal(KEY, "pin", secret) != blob
    assert unseal(KEY, "pin", blob) == secret
    last, first = blob[:-1] + bytes((blob[-1] ^ 1,)), bytes((blob[0] ^ 1,)) + blob[1:]
    for key, purpose, octets in (
        (KEY, "pi", blob),
        (KEY, "", blob),
        (KEY[::-1], "pin", blob),
        *((KEY, "pin", wrong) for wrong in (b"", blob[:-1], blob + b"\0", bytes(100_000), first, last)),
    ):
        with pytest.raises(DecryptionFailed):
            unseal(key, purpose, octets)
