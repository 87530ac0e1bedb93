"""Our keys inside the builders of ``cryptography``: certificates, requests, CRLs and OCSP responses that others accept."""

from __future__ import annotations

import copy
import pickle
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
)
from cryptography.x509 import ocsp

from hsm.algorithms import KeyKind
from hsm.builder_keys import builder_key
from hsm.errors import KeyNotExportable, UnsupportedAlgorithm
from hsm.signer import Signer
from tests.conftest import missing
from tests.hsm.conftest import Shelf

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "TEST 测试")])
KINDS = [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048]


@pytest.fixture(params=KINDS)
def signer(shelf: Shelf, request: pytest.FixtureRequest) -> Signer:
    return shelf.keys.signer(shelf.key(request.param))


def self_signed(signer: Signer) -> x509.Certificate:
    builder = x509.CertificateBuilder(NAME, NAME, signer.public_key, 7, NOW, NOW + timedelta(days=3650))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(builder_key(signer), signer.algorithm.digest.hash())


def test_a_certificate(signer: Signer) -> None:
    made = self_signed(signer)
    made.verify_directly_issued_by(made)
    assert made.signature_algorithm_oid.dotted_string == signer.algorithm.oid


def test_a_request(signer: Signer) -> None:
    request = x509.CertificateSigningRequestBuilder(NAME).sign(
        builder_key(signer), signer.algorithm.digest.hash()
    )
    assert request.is_signature_valid
    assert request.public_key() == signer.public_key


def test_a_crl(signer: Signer) -> None:
    revoked = x509.RevokedCertificateBuilder(5, NOW).build()
    crl = x509.CertificateRevocationListBuilder(
        NAME, NOW, NOW + timedelta(days=1), revoked_certificates=[revoked]
    )
    made = crl.sign(builder_key(signer), signer.algorithm.digest.hash())
    assert made.is_signature_valid(signer.public_key)
    assert made.get_revoked_certificate_by_serial_number(5) is not None


def test_an_ocsp_response(signer: Signer) -> None:
    issuer = self_signed(signer)
    builder = ocsp.OCSPResponseBuilder().add_response(
        issuer, issuer, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD, NOW, NOW + timedelta(hours=1), None, None
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
    response = builder.sign(builder_key(signer), signer.algorithm.digest.hash())
    digest = signer.algorithm.digest.hash()
    if isinstance(signer.public_key, rsa.RSAPublicKey):
        signer.public_key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), digest)
    else:
        signer.public_key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(digest))


@pytest.mark.judge
def test_openssl_accepts_what_was_built(signer: Signer, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        missing("openssl", "not installed")
    made = self_signed(signer)
    (tmp_path / "ca.pem").write_bytes(made.public_bytes(Encoding.PEM))
    request = x509.CertificateSigningRequestBuilder(NAME).sign(
        builder_key(signer), signer.algorithm.digest.hash()
    )
    (tmp_path / "r.pem").write_bytes(request.public_bytes(Encoding.PEM))
    verified = subprocess.run(
        ["openssl", "verify", "-CAfile", "ca.pem", "-attime", "1780000000", "ca.pem"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert verified.stdout.strip() == "ca.pem: OK", verified.stderr
    checked = subprocess.run(
        ["openssl", "req", "-in", "r.pem", "-verify", "-noout"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0
    assert "OK" in checked.stdout + checked.stderr


def test_I24_nothing_takes_the_key_out(signer: Signer) -> None:
    key = builder_key(signer)
    with pytest.raises(KeyNotExportable):
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(KeyNotExportable):
        key.private_numbers()
    with pytest.raises(KeyNotExportable):
        pickle.dumps(key)
    if isinstance(key, rsa.RSAPrivateKey):
        with pytest.raises(KeyNotExportable):
            key.decrypt(b"x", padding.PKCS1v15())
    else:
        with pytest.raises(KeyNotExportable):
            key.exchange(ec.ECDH(), ec.generate_private_key(key.curve).public_key())
    assert copy.copy(key) is key
    assert copy.deepcopy(key) is key
    assert key.key_size == key.public_key().key_size


def test_another_hash_or_padding_is_refused(signer: Signer) -> None:
    key = builder_key(signer)
    digest = signer.algorithm.digest.hash()
    if isinstance(key, rsa.RSAPrivateKey):
        wrong: list[tuple[object, ...]] = [
            (padding.PSS(padding.MGF1(digest), 32), digest),
            (padding.PKCS1v15(), hashes.SHA512()),
            (padding.PKCS1v15(), Prehashed(digest)),
        ]
    else:
        wrong = [(ec.ECDSA(hashes.SHA512()),), (ec.ECDSA(Prehashed(digest)),), (padding.PKCS1v15(),)]
    for arguments in wrong:
        with pytest.raises(UnsupportedAlgorithm):
            key.sign(b"m", *arguments)  # type: ignore[arg-type,call-arg]


def test_pkcs7(signer: Signer) -> None:
    """The library's own CMS builder takes the key as well."""
    made = self_signed(signer)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(b"data")
    builder = builder.add_signer(made, builder_key(signer), signer.algorithm.digest.hash())  # type: ignore[arg-type]
    assert builder.sign(Encoding.DER, []).startswith(b"\x30")
