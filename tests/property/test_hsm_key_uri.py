"""Key URIs: what is written is read back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hsm.key_uri import SCHEMES, KeyUri

PRINTED = st.characters(categories=["L", "N", "P", "S"])
TOKENS = st.text(PRINTED, min_size=1, max_size=8)  # 32 octets at most
LABELS = st.text(PRINTED, min_size=1, max_size=40)


@given(st.sampled_from(SCHEMES), TOKENS, LABELS, st.none() | st.binary(min_size=1, max_size=64))
def test_round_trip(scheme: str, token: str, label: str, key_id: bytes | None) -> None:
    uri = KeyUri(scheme, token, label, key_id)
    assert str(uri).isascii()
    assert KeyUri.parse(str(uri)) == uri
    assert KeyUri.parse(str(uri.with_id(b"\0\xff"))).id == b"\0\xff"


@given(st.text(alphabet="abc章☃ %;=/?#", min_size=1, max_size=10).filter(lambda text: text == text.strip()))
def test_every_printable_label_has_an_address(label: str) -> None:
    assert KeyUri.parse(str(KeyUri("pkcs11", label, label))) == KeyUri("pkcs11", label, label)
