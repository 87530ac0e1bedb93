"""openssl judges our SM2, and we judge its: signatures, ciphertexts, keys in certificates and requests."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.algorithms import KeyKind, SignatureAlgorithm, kind_of
from hsm.certificates import certificate_facts
from hsm.errors import SignatureInvalid
from hsm.public_keys import certificate_key, public_key_from, request_key, spki
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.private_octets import pkcs8, read_pkcs8
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.signature import Sm2Signature
from hsm.verification import verify_signature
from tests.conftest import missing
from tests.sm2_makers import MAKERS, sm2_maker

pytestmark = pytest.mark.judge
ID = "-pkeyopt distid:1234567812345678"
VOUCHED = "-vfyopt distid:1234567812345678"
SIGNED = "-sm3 -sigopt distid:1234567812345678"
OTHER_ID = b"ALICE123@YAHOO.COM"


class Openssl:
    """``openssl`` in a folder of its own, with one SM2 key that it made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out key.pem")
        except (OSError, subprocess.CalledProcessError) as wrong:
            missing("openssl with SM2", str(wrong))
        self("pkey -in key.pem -pubout -out public.pem")
        der = self("pkcs8 -topk8 -nocrypt -in key.pem -outform DER")
        self.scalar, self.public = read_pkcs8(der)

    def __call__(self, line: str) -> bytes:
        done = subprocess.run(
            ["openssl", *line.split()], cwd=self.folder, check=True, capture_output=True, timeout=60
        )
        return done.stdout

    def write(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return name

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


@pytest.fixture
def openssl(tmp_path: Path) -> Openssl:
    return Openssl(tmp_path)


@pytest.mark.parametrize("name", MAKERS)
def test_openssl_accepts_our_signatures(openssl: Openssl, name: str) -> None:
    backend = sm2_maker(name)
    assert backend.public(openssl.scalar) == openssl.public
    for number in range(5):
        openssl.write("m", b"message" * number)
        openssl.write("s", backend.sign(openssl.scalar, b"message" * number))
        check = "pkeyutl -verify -pubin -inkey public.pem -in m -sigfile s -rawin -digest sm3 "
        assert b"Verified Successfully" in openssl(check + ID)
    openssl.write("s", backend.sign(openssl.scalar, openssl.read("m"), OTHER_ID))
    openssl(f"{check} -pkeyopt distid:{OTHER_ID.decode()}")
    with pytest.raises(subprocess.CalledProcessError):
        openssl(check + ID)


@pytest.mark.parametrize("name", MAKERS)
def test_we_accept_signatures_of_openssl(openssl: Openssl, name: str) -> None:
    message = bytes(range(256)) * 3
    openssl.write("m", message)
    openssl(f"pkeyutl -sign -inkey key.pem -in m -out s -rawin -digest sm3 {ID}")
    signature = openssl.read("s")
    sm2_maker(name).verify(openssl.public, message, signature)
    verify_signature(openssl.public, SignatureAlgorithm.SM2_SM3, message, signature)
    verify_signature(
        openssl.public, SignatureAlgorithm.SM2_SM3, message, Sm2Signature.from_der(signature).raw
    )
    with pytest.raises(SignatureInvalid):
        verify_signature(openssl.public, SignatureAlgorithm.SM2_SM3, message[1:], signature)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("length", [1, 16, 32, 255])
def test_ciphertexts_go_both_ways(openssl: Openssl, name: str, length: int) -> None:
    backend = sm2_maker(name)
    plaintext = bytes(range(length))
    openssl.write("c", backend.encrypt(openssl.public, plaintext).der)
    openssl("pkeyutl -decrypt -inkey key.pem -in c -out p")
    assert openssl.read("p") == plaintext
    openssl("pkeyutl -encrypt -pubin -inkey public.pem -in p -out c")
    assert backend.decrypt(openssl.scalar, Sm2Cipher.from_der(openssl.read("c"))) == plaintext


def test_openssl_reads_our_keys(openssl: Openssl) -> None:
    backend = sm2_maker("python")
    scalar = backend.generate()
    public = backend.public(scalar)
    openssl.write("ours.der", bytes(pkcs8(scalar, public)))
    openssl.write("ours.pem", public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert openssl("pkey -inform DER -in ours.der -pubout -outform DER") == spki(public)
    assert openssl("pkey -pubin -in ours.pem -outform DER") == spki(public)


def test_keys_in_certificates_and_requests(openssl: Openssl) -> None:
    """``cryptography`` parses both and gives the key of neither; with and without the version of a certificate."""
    subject = f"-key key.pem -subj /C=CN/O=测试机关/CN=SM2 -utf8 {SIGNED}"
    openssl(f"req -new {subject} -out r.pem")
    openssl(f"req -new -x509 {subject} -days 9 -out v3.pem")
    openssl(f"x509 -req -in r.pem -CA v3.pem -CAkey key.pem {VOUCHED} {SIGNED} -out v1.pem")
    for name in ("v1.pem", "v3.pem"):
        certificate = x509.load_pem_x509_certificate(openssl.read(name))
        key = certificate_key(certificate)
        assert key == openssl.public
        assert kind_of(key) is KeyKind.SM2
        assert certificate.signature_algorithm_oid.dotted_string == SignatureAlgorithm.SM2_SM3.oid
        verify_signature(
            key, SignatureAlgorithm.SM2_SM3, certificate.tbs_certificate_bytes, certificate.signature
        )
        der = certificate.public_bytes(Encoding.DER)
        assert certificate_facts(der).public_key == key
        assert public_key_from({"certificate": der.hex()}) == key
    request = x509.load_pem_x509_csr(openssl.read("r.pem"))
    assert request_key(request) == openssl.public
    verify_signature(
        openssl.public, SignatureAlgorithm.SM2_SM3, request.tbs_certrequest_bytes, request.signature
    )


def test_a_point_as_a_token_gives_it(openssl: Openssl) -> None:
    """CKA_EC_PARAMS and CKA_EC_POINT of a token with an SM2 key, with and without the OCTET STRING around the point."""
    curve = "06082a811ccf5501822d"
    for point in (openssl.public.point, b"\4\x41" + openssl.public.point):
        key = public_key_from({"curve": curve, "point": point.hex()})
        assert isinstance(key, Sm2PublicKey)
        assert key == openssl.public
