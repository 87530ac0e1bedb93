"""Our own reader of containers only says what the general library says: whatever it takes, both take alike, bit by bit."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ca.cms_names import MESSAGE_DIGEST, SIGNATURE_TIME_STAMP
from tests.verify_world import Signing, small_pdf
from verify.errors import Finding
from verify.pdf.document import open_document
from verify.pdf.fields import form_fields
from verify.pdf.signature_value import read_signature
from verify.signatures import cms
from verify.signatures.cms import SignedMessage, parse_message
from verify.signatures.cms_der import take_apart
from verify.signatures.cms_values import as_read
from verify.signatures.signer_certificate import check_signing_certificate, signing_certificate

MUTANTS = 400


@pytest.fixture(scope="module")
def containers() -> list[bytes]:
    """Give a signature with its time-stamp, that time-stamp, and a document time-stamp."""
    document = open_document(Signing().b_lta(small_pdf()))
    found = [read_signature(document, field).contents for field in form_fields(document.last) if field.signed]
    tokens = [
        as_read(one)
        for octets in found
        for one in parse_message(octets).unsigned.get(SIGNATURE_TIME_STAMP, [])
    ]
    return found + tokens


def by_library(octets: bytes, monkeypatch: pytest.MonkeyPatch) -> SignedMessage | Finding:
    with monkeypatch.context() as patched:
        patched.setattr(cms, "take_apart", lambda _: None)
        try:
            return parse_message(octets, old=True)
        except Finding as finding:
            return finding


def told(message: SignedMessage | Finding) -> Any:
    """Everything that the steps ask a message; what raises is told by its kind."""
    if isinstance(message, Finding):
        return message.reason
    algorithms = asked(lambda: [(a["algorithm"].dotted, a["parameters"].dump()) for a in message.algorithms])
    tokens = [as_read(one) for one in message.unsigned.get(SIGNATURE_TIME_STAMP, [])]
    digests = [asked(lambda value=value: value.native) for value in message.signed.get(MESSAGE_DIGEST, [])]
    return (
        message.content_type, message.content, message.digest, sorted(message.signed), digests, tokens, message.signed_octets, sorted(message.unsigned),
        message.certificates, message.crls, message.ocsp, message.signature, algorithms, asked(lambda: message.claimed_time),
        asked(lambda: check_signing_certificate(message, signing_certificate(message), required=True)),
        asked(lambda: message.attributes_as_der),
    )  # fmt: skip


def asked(question: Any) -> Any:
    try:
        return question()
    except Finding as finding:
        return finding.reason
    except Exception:  # noqa: BLE001 - what a step meets is one finding, whatever was raised
        return Exception


def test_ordinary_containers_are_taken_apart(
    containers: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(containers) == 3
    for octets in containers:
        assert take_apart(octets) is not None
        assert told(parse_message(octets, old=True)) == told(by_library(octets, monkeypatch))


def test_what_is_taken_is_taken_alike(containers: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutants, most of them in the headers and identifiers, where readers could part."""
    chance = random.Random(6)
    taken = 0
    for _ in range(MUTANTS):
        octets = bytearray(chance.choice(containers))
        place = chance.choice(
            (chance.randrange(len(octets)), chance.randrange(80), len(octets) - 1 - chance.randrange(600))
        )
        octets[place] ^= 1 << chance.randrange(8)
        mutant = bytes(octets)
        if take_apart(mutant) is not None:
            taken += 1
            try:
                found: SignedMessage | Finding = parse_message(mutant, old=True)
            except Finding as finding:
                found = finding
            assert told(found) == told(by_library(mutant, monkeypatch)), place
    assert taken > MUTANTS // 10
