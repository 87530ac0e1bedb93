"""The tables of algorithms agree with the libraries that know them."""

from __future__ import annotations

import pytest
from asn1crypto import algos
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hsm.algorithms import (
    DEFAULT_ALGORITHM,
    Digest,
    DigestAlgorithm,
    Family,
    KeyKind,
    SignatureAlgorithm,
    kind_of,
)
from hsm.sm2.self_test import PUBLIC
from hsm.suite import Suite

GM_IDENTIFIERS = {"sm3": "1.2.156.10197.1.401", "sm2-sm3": "1.2.156.10197.1.501"}
"""GB/T 33560; asn1crypto does not know them."""


@pytest.mark.parametrize("digest", [*DigestAlgorithm])
def test_digests(digest: DigestAlgorithm) -> None:
    known = GM_IDENTIFIERS.get(digest.label) or algos.DigestAlgorithmId(digest.label).dotted
    assert known == digest.oid
    made = digest.digest(b"abc")
    assert (len(made.value), digest.hash().digest_size) == (digest.size, digest.size)
    assert str(made) == f"{digest.label}:{made.value.hex()}"
    with pytest.raises(ValueError, match="octets"):
        Digest(digest, b"")


def test_a_digest_with_a_known_answer() -> None:
    """FIPS 180-2 appendix B.1."""
    assert DigestAlgorithm.SHA256.digest(b"abc").hex.startswith("ba7816bf8f01cfea414140de5dae2223")


def test_sm3_with_known_answers() -> None:
    """GB/T 32905-2016 appendix A, both examples; fed whole and octet by octet."""
    sm3 = DigestAlgorithm.SM3
    assert sm3.digest(b"abc").hex == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    expected = "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    assert sm3.digest(b"abcd" * 16).hex == expected
    running = sm3.running()
    for octet in b"abcd" * 16:
        running.digest()  # a look in between changes nothing
        running.update(bytes((octet,)))
    assert running.digest().hex() == expected


@pytest.mark.parametrize("digest", [*DigestAlgorithm])
def test_a_running_digest_is_the_digest(digest: DigestAlgorithm) -> None:
    running = digest.running()
    running.update(b"ab")
    running.update(memoryview(b"c"))
    assert running.digest() == digest.digest(b"abc").value


@pytest.mark.parametrize("algorithm", [*SignatureAlgorithm])
def test_signature_identifiers(algorithm: SignatureAlgorithm) -> None:
    if algorithm.label in GM_IDENTIFIERS:
        assert algorithm.oid == GM_IDENTIFIERS[algorithm.label]
        return
    names = {True: f"{algorithm.digest.label}_rsa", False: f"{algorithm.digest.label}_ecdsa"}
    assert algos.SignedDigestAlgorithmId(names[algorithm.is_rsa]).dotted == algorithm.oid


@pytest.mark.parametrize("kind", [*KeyKind])
def test_kinds(kind: KeyKind) -> None:
    assert DEFAULT_ALGORITHM[kind].is_rsa is kind.is_rsa
    assert DEFAULT_ALGORITHM[kind].family is kind.family
    if kind is KeyKind.SM2:
        assert kind_of(PUBLIC) is kind
        with pytest.raises(ValueError, match="curve"):
            kind.curve()
        return
    if kind.is_rsa:
        with pytest.raises(ValueError, match="curve"):
            kind.curve()
        key = rsa.generate_private_key(65537, kind.bits).public_key() if kind.bits < 4096 else None
    else:
        assert kind.curve().key_size == kind.bits
        key = ec.generate_private_key(kind.curve()).public_key()
    assert key is None or kind_of(key) is kind


def test_families_are_three_and_apart() -> None:
    assert {kind.value: kind.family for kind in KeyKind} == {
        "rsa-2048": Family.RSA,
        "rsa-3072": Family.RSA,
        "rsa-4096": Family.RSA,
        "ec-p256": Family.EC,
        "ec-p384": Family.EC,
        "sm2": Family.SM2,
    }


@pytest.mark.parametrize("suite", [*Suite])
def test_a_suite_keeps_to_one_digest_and_family(suite: Suite) -> None:
    national = suite is Suite.GM
    assert (suite.digest is DigestAlgorithm.SM3) is national
    assert {kind.family for kind in (suite.key_kind, suite.root_key_kind)} == {
        Family.SM2 if national else Family.EC
    }
    assert DEFAULT_ALGORITHM[suite.key_kind].digest is suite.digest
    assert Suite(suite.value) is suite
