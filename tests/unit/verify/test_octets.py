"""Signatures are checked over the octets as they were read, never over a new encoding."""

from __future__ import annotations

import pytest
from asn1crypto import cms, core

from verify.signatures.cms_values import as_read


def _attribute(arc: int, octets: int) -> bytes:
    """Encode an attribute 1.2.3.arc whose only value is an OCTET STRING; ``octets`` is the size of it all."""
    head, tail = bytes((0x06, 0x03, 0x2A, 0x03, arc)), octets - 2 - 5 - 2 - 2
    value = b"\x04" + bytes((tail,)) + bytes(tail)
    body = head + b"\x31" + bytes((len(value),)) + value
    return b"\x30" + bytes((len(body),)) + body


@pytest.mark.parametrize("size", [126, 128, 130])
def test_attributes_out_of_order_keep_their_octets(size: int) -> None:
    """At 128 the header ends in 0x80, which asn1crypto takes for a reason to encode anew, sorted."""
    body = _attribute(9, 60) + _attribute(1, size - 60)
    header = b"\x31" + (bytes((size,)) if size < 128 else bytes((0x81, size)))
    loaded = cms.CMSAttributes.load(header + body)
    assert [attribute["type"].dotted for attribute in loaded] == ["1.2.3.9", "1.2.3.1"]
    assert as_read(loaded) == header + body


def test_octets_of_indefinite_length_are_kept() -> None:
    indefinite = bytes.fromhex("30 80 02 01 05 00 00")
    assert as_read(core.Sequence.load(indefinite)) == indefinite
