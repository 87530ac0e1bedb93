"""The tables of algorithms agree with the libraries that know them."""

from __future__ import annotations

import pytest
from asn1crypto import algos
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hsm.algorithms import DEFAULT_ALGORITHM, Digest, DigestAlgorithm, KeyKind, SignatureAlgorithm, kind_of


@pytest.mark.parametrize("digest", [*DigestAlgorithm])
def test_digests(digest: DigestAlgorithm) -> None:
    assert algos.DigestAlgorithmId(digest.label).dotted == digest.oid
    made = digest.digest(b"abc")
    assert (len(made.value), digest.hash().digest_size) == (digest.size, digest.size)
    assert str(made) == f"{digest.label}:{made.value.hex()}"
    with pytest.raises(ValueError, match="octets"):
        Digest(digest, b"")


def test_a_digest_with_a_known_answer() -> None:
    """FIPS 180-2 appendix B.1."""
    assert DigestAlgorithm.SHA256.digest(b"abc").hex.startswith("ba7816bf8f01cfea414140de5dae2223")


@pytest.mark.parametrize("algorithm", [*SignatureAlgorithm])
def test_signature_identifiers(algorithm: SignatureAlgorithm) -> None:
    names = {True: f"{algorithm.digest.label}_rsa", False: f"{algorithm.digest.label}_ecdsa"}
    assert algos.SignedDigestAlgorithmId(names[algorithm.is_rsa]).dotted == algorithm.oid


@pytest.mark.parametrize("kind", [*KeyKind])
def test_kinds(kind: KeyKind) -> None:
    assert DEFAULT_ALGORITHM[kind].is_rsa is kind.is_rsa
    if kind.is_rsa:
        with pytest.raises(ValueError, match="curve"):
            kind.curve()
        key = rsa.generate_private_key(65537, kind.bits).public_key() if kind.bits < 4096 else None
    else:
        assert kind.curve().key_size == kind.bits
        key = ec.generate_private_key(kind.curve()).public_key()
    assert key is None or kind_of(key) is kind
