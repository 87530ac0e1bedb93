"""Whatever text is given as a key URI is read or refused in words; nothing else comes out."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hsm.errors import KeyUriError
from hsm.key_uri import MAX_TOKEN_LABEL, MAX_URI_LENGTH, KeyUri

PARTS = st.sampled_from(
    [
        "pkcs11:",
        "file:",
        "token=",
        "object=",
        "id=",
        ";",
        "%",
        "%0",
        "%41",
        "%FF",
        "%zz",
        "=",
        "章",
        "\ud800",
        "\0",
        " ",
        "k",
    ]
)


@given(st.one_of(st.text(), st.lists(PARTS, max_size=12).map("".join)))
@example("pkcs11:token=a;object=b;id=")
@example("pkcs11:token=\ud800;object=b")
@example("pkcs11:token=%FF;object=b")
@example("pkcs11:token=" + "a" * MAX_URI_LENGTH)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        uri = KeyUri.parse(text)
    except KeyUriError:
        return
    assert KeyUri.parse(str(uri)) == uri
    assert len(uri.token.encode()) <= MAX_TOKEN_LABEL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pkcs11",
        "http:token=a;object=b",
        "pkcs11:token=a",
        "pkcs11:object=b",
        "pkcs11:token=a;object=b;object=c",
        "pkcs11:token=a;object=b;pin-value=1234",
        "pkcs11:token=a;object=b;type=private",
        "pkcs11:token=a;object=b;id=",
        "pkcs11:token=a;object=b;id=%1",
        "pkcs11:token=a;object=b c",
        "pkcs11:token=%20a;object=b",
        "pkcs11:token=a%00;object=b",
        "pkcs11:token=" + "a" * 33 + ";object=b",
        "pkcs11:token=%FF;object=b",
    ],
)
def test_what_is_refused(text: str) -> None:
    """RFC 7512; also a PIN inside an address (``pin-value``), which would be written into logs and databases."""
    with pytest.raises(KeyUriError):
        KeyUri.parse(text)
