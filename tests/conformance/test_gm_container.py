"""A container of GB/T 35275 that another implementation made: OFD R&W's integrity sample (Java, Apache-2.0).

Its signer has no attributes; the content is the SM3 digest of the list that it protects, as an OCTET STRING under [0].
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from hsm.algorithms import DigestAlgorithm
from hsm.sm2.public_key import Sm2PublicKey
from tests.conftest import missing
from verify.algorithms import key_of
from verify.errors import Finding
from verify.signatures.cms import SignedMessage, check_signature, parse_message
from verify.signatures.signer_certificate import signing_certificate
from verify.verdict import SubIndication

SAMPLE = Path(__file__).parents[2].parent / "shared" / "samples" / "ofd" / "hello-integrity.ofd"


@pytest.fixture
def files() -> dict[str, bytes]:
    if not SAMPLE.is_file():
        missing("OFD sample", f"no {SAMPLE}")
    with zipfile.ZipFile(SAMPLE) as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.fixture
def message(files: dict[str, bytes]) -> SignedMessage:
    return parse_message(files["signedvalue.dat"])


def test_it_is_read_and_its_signature_holds(files: dict[str, bytes], message: SignedMessage) -> None:
    assert (message.content_type, message.digest, message.signed) == ("1.2.156.10197.6.1.4.2.1", "sm3", {})
    assert message.content == DigestAlgorithm.SM3.digest(files["OFDEntries.xml"]).value
    certificate = signing_certificate(message)
    assert isinstance(key_of(certificate), Sm2PublicKey)
    check_signature(message, certificate, message.content)


def test_other_content_does_not_fit(message: SignedMessage) -> None:
    with pytest.raises(Finding) as found:
        check_signature(message, signing_certificate(message), bytes(32))
    assert found.value.sub is SubIndication.SIG_CRYPTO_FAILURE


def test_every_flipped_bit_of_the_value_is_noticed(files: dict[str, bytes], message: SignedMessage) -> None:
    octets = files["signedvalue.dat"]
    start = octets.rindex(message.signature)
    for at in range(start, start + len(message.signature)):
        changed = octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
        other = parse_message(changed)
        with pytest.raises(Finding):
            check_signature(other, signing_certificate(other), other.content)
