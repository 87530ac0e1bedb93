"""C structures as tables: what is laid out is read again, and octets of any kind end in a value or a named error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsm.devices.errors import EnvelopeUnreadable
from hsm.devices.keys import coordinate, public_key
from hsm.devices.sm2_input import Sm2Input
from hsm.devices.structure import Abi, Structure, text_of
from hsm.enveloped_key import BLOB_OCTETS
from hsm.errors import TokenRefused, UnsupportedAlgorithm
from hsm.sdf.layout import ABI, DEVICEINFO, SdfDescription
from hsm.skf import envelope
from hsm.skf.layout import DEVINFO, ECCCIPHERBLOB, ECCPUBLICKEYBLOB, ENVELOPEDKEYBLOB
from hsm.sm2.curve import G
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.signature import identity_digest, message_digest, sm3
from hsm.worker.wire import MAX_BLOB

LAYOUTS = [Abi(word, packed) for word in (4, 8) for packed in (True, False)]
STRUCTURES = [
    DEVINFO,
    ECCPUBLICKEYBLOB,
    ECCCIPHERBLOB,
    ENVELOPEDKEYBLOB,
    DEVICEINFO,
    SdfDescription().cipher(16),
]


@pytest.mark.parametrize("abi", LAYOUTS)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_what_is_laid_out_is_read_again(structure: Structure, abi: Abi) -> None:
    values: dict[str, int | bytes] = {}
    for number, (name, empty) in enumerate(structure.unpack(bytes(structure.size(abi)), abi).items()):
        values[name] = number + 1 if isinstance(empty, int) else bytes([number + 1]) * len(empty)
    octets = structure.pack(values, abi)
    assert len(octets) == structure.size(abi)
    assert structure.unpack(octets + b"beyond", abi) == values
    with pytest.raises(ValueError, match="octets"):
        structure.unpack(octets[:-1], abi)


def test_the_sizes_are_those_of_the_headers() -> None:
    """GmSSL's skf.h and sdf.h, packed with words of 4 octets."""
    assert [each.size(Abi()) for each in (DEVINFO, ECCPUBLICKEYBLOB, ECCCIPHERBLOB)] == [294, 132, 164]
    assert ENVELOPEDKEYBLOB.size(Abi()) + 16 == BLOB_OCTETS
    assert DEVICEINFO.size(ABI) == 100
    assert DEVINFO.size(Abi(4, packed=False)) == 296


def test_members_and_words_are_checked() -> None:
    with pytest.raises(ValueError, match="no member Z"):
        ECCPUBLICKEYBLOB.pack({"Z": 1}, Abi())
    with pytest.raises(ValueError, match="4 or 8"):
        Abi(2)


@given(st.binary(max_size=80))
def test_text_of_a_device_is_read_whatever_it_is(octets: bytes) -> None:
    read = text_of(octets)
    assert "\0" not in read
    assert read == read.strip()


@given(st.one_of(st.binary(max_size=20), st.binary(min_size=BLOB_OCTETS, max_size=BLOB_OCTETS + 1)))
def test_octets_that_are_no_envelope_are_named(octets: bytes) -> None:
    with pytest.raises(EnvelopeUnreadable):
        envelope.read(octets)


@given(st.binary(min_size=64, max_size=64), st.binary(min_size=64, max_size=64))
def test_octets_that_are_no_public_key_are_named(x: bytes, y: bytes) -> None:
    with pytest.raises(TokenRefused):
        public_key(x, y)


def test_a_coordinate_stands_at_the_right_end() -> None:
    x, y = (value.to_bytes(64) for value in G)
    assert public_key(x, y) == Sm2PublicKey(*G)
    with pytest.raises(TokenRefused):
        coordinate(x[32:] + x[:32])


def test_what_a_mechanism_is_given() -> None:
    """E = SM3(Z ‖ M), Z ‖ M, or M; what hashes itself takes no more than the pipe carries."""
    public = Sm2PublicKey(*G)
    assert Sm2Input.E.octets(public, b"m") == message_digest(public, b"m")
    assert sm3(Sm2Input.Z_MESSAGE.octets(public, b"m")) == message_digest(public, b"m")
    assert Sm2Input.Z_MESSAGE.octets(public, b"m") == identity_digest(public) + b"m"
    assert Sm2Input.MESSAGE.octets(public, b"m") == b"m"
    assert [each.hashes for each in Sm2Input] == [False, True, True]
    assert len(Sm2Input.E.octets(public, bytes(MAX_BLOB + 1))) == 32
    for form in (Sm2Input.MESSAGE, Sm2Input.Z_MESSAGE):
        with pytest.raises(UnsupportedAlgorithm):
            form.octets(public, bytes(MAX_BLOB + 1))
