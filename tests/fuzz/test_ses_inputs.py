"""Seal data in every state of decay: the readers raise nothing but their own family, the judge nothing at all, in bounded time."""

from __future__ import annotations

import random
import time

import pytest

from ca import der
from seals.ses import limits
from seals.ses.errors import SealDataInvalid, SealDataTooLarge
from seals.ses.parts import SesVersion
from seals.ses.structure import is_seal_data, is_signature, read_seal, read_signature
from tests.ses_world import SAMPLES, ia5, png, sealing
from verify.verdict import Verdict

SEEDS = range(40)
SLOWEST = 2.0
"""Seconds for any one input; reading a seal takes about a millisecond."""


def _materials() -> list[bytes]:
    world = sealing()
    return [
        world.esl(),
        world.esl(SesVersion.V5, stamped=True),
        world.esl_v1(),
        world.signature(),
        world.signature_v1(),
    ]


def _mutated(octets: bytes, chance: random.Random) -> bytes:
    """Cut, repeat, swap and overwrite pieces, lengths among them."""
    changed = bytearray(octets)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed))
        act = chance.randrange(5)
        if act == 0:
            changed[at] = chance.randrange(256)
        elif act == 1:
            del changed[at : at + chance.randint(1, 40)]
        elif act == 2:
            changed[at:at] = changed[max(0, at - 30) : at]
        elif act == 3:
            changed[at : at + 2] = bytes((0x84, 0xFF))
        else:
            changed[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 8)))
        if not changed:
            return b""
    return bytes(changed)


@pytest.mark.parametrize("seed", SEEDS)
def test_decay_is_refused_by_name(seed: int) -> None:
    chance = random.Random(seed)
    for octets in _materials():
        for _ in range(25):
            data = _mutated(octets, chance)
            started = time.monotonic()
            refused = _refusal(data)
            assert refused is None or (refused.member and refused.zh and refused.en)
            assert time.monotonic() - started < SLOWEST


def _refusal(data: bytes) -> SealDataInvalid | None:
    try:
        (read_signature if is_signature(data) else read_seal)(data)
    except SealDataInvalid as invalid:
        return invalid
    return None


def test_the_judge_never_raises() -> None:
    chance = random.Random(7)
    for octets in _materials():
        for _ in range(12):
            data = _mutated(octets, chance)
            if is_seal_data(data):
                assert sealing().judge(data).verdict in set(Verdict)


def test_samples_cut_anywhere_are_refused() -> None:
    files = sorted([*SAMPLES.glob("*.esl"), *SAMPLES.glob("*.dat")])
    for path in files:
        data = path.read_bytes()
        for size in range(0, len(data), 211):
            with pytest.raises(SealDataInvalid):
                (read_signature if is_signature(data) else read_seal)(data[:size])


def _seal_of(listed: bytes, picture: bytes = b"", extensions: bytes = b"") -> bytes:
    world = sealing()
    moment = der.generalized_time(world.now)
    fields = der.sequence(
        der.integer(1), der.utf8_string("x"), der.integer(1), listed, moment, moment, moment
    )
    drawn = picture or der.sequence(ia5("PNG"), der.octet_string(png()), der.integer(40), der.integer(40))
    header = der.sequence(ia5("ES"), der.integer(4), ia5("x"))
    info = der.sequence(header, ia5("1"), fields, drawn, extensions)
    return der.sequence(info, der.octet_string(b"c"), der.oid("1.2.156.10197.1.501"), der.bit_string(b"s"))


def test_every_limit_is_named() -> None:
    """Each over its limit by the least: refused with the member, before the rest is read."""
    one = der.octet_string(b"c")
    at_most = der.sequence(*[one] * limits.MAX_LISTED)
    read_seal(_seal_of(at_most))
    huge_picture = der.sequence(
        ia5("PNG"), der.octet_string(bytes(limits.MAX_PICTURE_OCTETS + 1)), der.integer(4), der.integer(4)
    )
    too_wide = der.sequence(
        ia5("PNG"), der.octet_string(png()), der.integer(limits.MAX_PICTURE_MM + 1), der.integer(4)
    )
    bomb = der.sequence(
        ia5("PNG"), der.octet_string(png(width=6001, height=6000)), der.integer(4), der.integer(4)
    )
    item = der.sequence(der.oid("1.2.3"), der.octet_string(b""))
    cases = {
        "certList": _seal_of(der.sequence(*[one] * (limits.MAX_LISTED + 1))),
        "certList.[0]": _seal_of(der.sequence(der.octet_string(bytes(limits.MAX_CERTIFICATE_OCTETS + 1)))),
        "picture.data": _seal_of(der.sequence(one), huge_picture),
        "picture.width": _seal_of(der.sequence(one), too_wide),
        "data": _seal_of(der.sequence(one), bomb),
        "extDatas": _seal_of(
            der.sequence(one), extensions=der.sequence(*[item] * (limits.MAX_EXTENSIONS + 1))
        ),
        "SESeal": bytes(limits.MAX_SEAL_OCTETS + 1),
    }
    for member, octets in cases.items():
        with pytest.raises(SealDataInvalid) as refused:
            read_seal(octets)
        assert refused.value.member.endswith(member), (member, refused.value.member)
    with pytest.raises(SealDataTooLarge):
        read_signature(bytes(limits.MAX_SIGNATURE_OCTETS + 1))


def test_a_deep_nest_costs_nothing() -> None:
    """Depth is that of the structure: what lies deeper is octets to the reader."""
    deep = b""
    for _ in range(5000):
        deep = der.sequence(deep)
    started = time.monotonic()
    with pytest.raises(SealDataInvalid):
        read_seal(deep)
    with pytest.raises(SealDataInvalid):
        read_seal(_seal_of(deep))
    assert time.monotonic() - started < SLOWEST
