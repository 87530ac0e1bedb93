"""Outside judges of envelopes: gmsm opens our SM2EnvelopedKey, openssl our SM2 and RSA parts, the SKF driver our blob."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from ca.keycentre import enveloped_key_der
from hsm.algorithms import KeyKind
from hsm.cryptoki import CryptokiProvider
from hsm.enveloped_key import BLOB_OCTETS, EnvelopedKey
from hsm.envelopes import EscrowToken, Recipient
from hsm.public_keys import spki
from hsm.skf.envelope import STANDARD, laid_out, read
from hsm.skf.layout import ENVELOPEDKEYBLOB
from hsm.sm2.by_python import PythonBackend
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.private_octets import pkcs8
from hsm.sm2.public_key import Sm2PublicKey
from tests.interop.gm_judges import GoJudge
from tests.keycentre_world import new_token, plan

pytestmark = [pytest.mark.token, pytest.mark.judge]
SM2 = PythonBackend(allowed=True)


@pytest.fixture(scope="module")
def centre(softhsm: CryptokiProvider) -> EscrowToken:
    return EscrowToken(softhsm, new_token(softhsm))


@pytest.fixture(scope="module")
def roster(centre: EscrowToken) -> bytes:
    return centre.found(plan().to_json().encode()).sealed


def enveloped(centre: EscrowToken, roster: bytes, to: Sm2PublicKey) -> EnvelopedKey:
    key = centre.make("00" * 16, KeyKind.SM2)
    wrapped, _ = centre.deliver(key, roster, Recipient(to))
    assert isinstance(key.public_key, Sm2PublicKey)
    return EnvelopedKey(Sm2Cipher.from_raw(wrapped.head), key.public_key, wrapped.body)


def test_gmsm_opens_our_envelope_and_refuses_it_with_another_key(
    centre: EscrowToken, roster: bytes, go_judge: GoJudge
) -> None:
    scalar = SM2.generate()
    ours = enveloped(centre, roster, SM2.public(scalar))
    octets = enveloped_key_der.encode(ours)
    found = go_judge.envelope(bytes(scalar), octets)
    assert found.status == 0, found.text
    assert SM2.public(bytes.fromhex(found.text.split()[-1])) == ours.public
    assert go_judge.envelope(bytes(SM2.generate()), octets).status != 0


def test_openssl_decrypts_the_sm2_part(centre: EscrowToken, roster: bytes, tmp_path: Path) -> None:
    scalar = SM2.generate()
    public = SM2.public(scalar)
    ours = enveloped(centre, roster, public)
    (tmp_path / "key.der").write_bytes(pkcs8(scalar, public))
    (tmp_path / "cipher.der").write_bytes(ours.cipher.der)
    command = ["openssl", "pkeyutl", "-decrypt", "-keyform", "DER", "-inkey", "key.der", "-in", "cipher.der"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == bytes(SM2.decrypt(scalar, ours.cipher))
    assert len(run.stdout) == 16


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.EC_P256], ids=lambda kind: kind.value)
def test_openssl_decrypts_the_first_of_two_stages(
    centre: EscrowToken, roster: bytes, tmp_path: Path, kind: KeyKind
) -> None:
    """RSAES-OAEP by openssl, RFC 5649 by cryptography: the octets of CKM_RSA_AES_KEY_WRAP hold PKCS#8 of the key."""
    recipient = rsa.generate_private_key(65537, 2048)
    key = centre.make("00" * 16, kind)
    wrapped, _ = centre.deliver(key, roster, Recipient(recipient.public_key()))
    private = recipient.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(private)
    (tmp_path / "head").write_bytes(wrapped.head)
    command = [
        "openssl",
        "pkeyutl",
        "-decrypt",
        "-inkey",
        "key.pem",
        "-in",
        "head",
        "-pkeyopt",
        "rsa_padding_mode:oaep",
    ]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr
    opened = load_der_private_key(aes_key_unwrap_with_padding(run.stdout, wrapped.body), None)
    assert isinstance(opened, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    assert spki(opened.public_key()) == spki(key.public_key)


def test_the_skf_driver_reads_our_blob(centre: EscrowToken, roster: bytes) -> None:
    """The driver's own table of the C structure finds every member where the standard puts it."""
    ours = enveloped(centre, roster, SM2.public(SM2.generate()))
    blob = ours.to_blob()
    assert len(blob) == BLOB_OCTETS == 388
    assert read(blob) == read(blob + b"\0") == ours
    assert laid_out(ours, STANDARD) == blob
    members = ENVELOPEDKEYBLOB.unpack(blob, STANDARD)
    assert (members["Version"], members["ulSymmAlgID"], members["ulBits"]) == (1, 0x401, 256)
    assert members["cbEncryptedPriKey"] == bytes(32) + ours.encrypted
    assert members["PubKey.X"] == bytes(32) + ours.public.x.to_bytes(32)
    assert members["ECCCipherBlob.HASH"] == ours.cipher.hash
