"""The CMS container: what RFC 5652 and EN 319 142-1 demand, read back by somebody else's parser."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509

from hsm.algorithms import Digest, DigestAlgorithm
from seals.statement import SEAL_STATEMENT_OID
from signing.containers.cms import Signatory, container, room_for, signed_attributes
from tests.interop.sealing_world import MemorySigner, world

KINDS = ["ec-p256", "ec-p384", "rsa-2048"]
CONTENT = b"what is signed"


def made(
    kind: str, statement: str | None = "a.b.c", token: bytes | None = None
) -> tuple[Signatory, bytes, bytes]:
    signatory = world().signatory(kind)
    digest = signatory.signer.algorithm.digest.digest(CONTENT)
    attributes = signed_attributes(signatory, digest, statement)
    return signatory, attributes, container(signatory, attributes, signatory.signer.sign(attributes), token)


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_verifies_the_container(kind: str, tmp_path: Path):
    from cryptography.hazmat.primitives.serialization import Encoding

    _, _, der = made(kind)
    (tmp_path / "cms.der").write_bytes(der)
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "root.pem").write_bytes(world().root.certificate.public_bytes(Encoding.PEM))
    names = [str(tmp_path / name) for name in ("cms.der", "content", "root.pem")]
    command = [
        "openssl",
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        names[0],
        "-content",
        names[1],
    ]
    judged = subprocess.run(
        [*command, "-CAfile", names[2], "-purpose", "any"], capture_output=True, check=False
    )
    assert judged.returncode == 0, judged.stderr
    assert judged.stdout == CONTENT


@pytest.mark.parametrize("kind", KINDS)
def test_the_signed_attributes_are_the_four_and_in_der_order(kind: str):
    signatory, attributes, der = made(kind)
    info = cms.ContentInfo.load(der, strict=True)
    (signer,) = info["content"]["signer_infos"]
    found = {attribute["type"].dotted: attribute["values"] for attribute in signer["signed_attrs"]}
    assert set(found) == {
        "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.16.2.47", SEAL_STATEMENT_OID
    }  # fmt: skip
    (one,) = found["1.2.840.113549.1.9.16.2.47"]
    (cert_id,) = one["certs"]
    leaf = signatory.certificate
    algorithm = signatory.signer.algorithm.digest
    assert cert_id["cert_hash"].native == algorithm.digest(world().leaves[kind].der).value
    assert cert_id["hash_algorithm"]["algorithm"].native == algorithm.label
    assert info["content"]["encap_content_info"]["content_type"].native == "data"
    assert signer["sid"].chosen["serial_number"].native == leaf.serial_number
    assert x509.Name(leaf.issuer).public_bytes() == signer["sid"].chosen["issuer"].dump()
    encoded = [attribute.dump() for attribute in signer["signed_attrs"]]
    assert encoded == sorted(encoded)
    assert attributes == b"\x31" + signer["signed_attrs"].dump()[1:]


def test_the_statement_is_one_utf8_string():
    _, attributes, _ = made("ec-p256", "eyJ.印章.x")
    (found,) = [a for a in cms.CMSAttributes.load(attributes) if a["type"].dotted == SEAL_STATEMENT_OID]
    (value,) = found["values"]
    assert value.parse().native == "eyJ.印章.x" if hasattr(value, "parse") else value.native == "eyJ.印章.x"


def test_without_a_statement_there_is_no_such_attribute():
    _, attributes, _ = made("ec-p256", None)
    assert SEAL_STATEMENT_OID not in {a["type"].dotted for a in cms.CMSAttributes.load(attributes)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [0, 100, 5000])
def test_the_room_is_never_too_small_and_never_much_too_large(kind: str, length: int):
    signatory, _, der = made(kind, "s" * length)
    room = room_for(signatory, "s" * length, stamped=False)
    assert len(der) <= room <= len(der) + 160


def test_the_room_holds_the_longest_ecdsa_signature():
    signatory = world().signatory("ec-p256")
    attributes = signed_attributes(signatory, DigestAlgorithm.SHA256.digest(b""), None)
    longest = bytes(72)
    assert len(container(signatory, attributes, longest)) <= room_for(signatory, None, stamped=False)


def test_a_token_is_an_unsigned_attribute():
    signatory = world().signatory()
    digest = DigestAlgorithm.SHA256.digest(CONTENT)
    attributes = signed_attributes(signatory, digest, None)
    signature = signatory.signer.sign(attributes)
    token = world().stamp(DigestAlgorithm.SHA256.digest(signature))
    info = cms.ContentInfo.load(container(signatory, attributes, signature, token), strict=True)
    (attribute,) = info["content"]["signer_infos"][0]["unsigned_attrs"]
    assert attribute["type"].native == "signature_time_stamp_token"
    assert attribute["values"][0].dump() == token


def test_a_key_of_another_certificate_is_refused():
    here = world()
    with pytest.raises(ValueError, match="does not belong"):
        Signatory(MemorySigner(here.leaves["ec-p384"].key), here.leaves["ec-p256"].certificate)


def test_a_digest_keeps_its_length():
    with pytest.raises(ValueError, match="32 octets"):
        Digest(DigestAlgorithm.SHA256, b"short")
