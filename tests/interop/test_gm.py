"""Others read what the authority makes in the national suite: chains, lists, answers, time-stamps and messages.

openssl verifies chains and single signatures over SM2, but its commands take no SM2 identity for lists, OCSP, CMS and
time-stamps: there the Go library and every SM2 implementation that is here check the signature over the original octets.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.x509 import ocsp

from ca import cms_names
from ca.certificate import RevocationReason
from ca.clock_guard import ClockGuard
from ca.gm_cms import GmSignedData
from ca.profile import ENTERPRISE_ENCRYPT
from ca.tsa import TimeStampAuthority
from hsm.algorithms import DigestAlgorithm
from hsm.public_keys import certificate_key
from hsm.sm2.public_key import Sm2PublicKey
from hsm.suite import Suite
from tests.conftest import SteppingClock
from tests.interop.gm_judges import OPENSSL_ID, GoJudge, sm2_implementations
from tests.interop.status_judges import Court, Verdict, judge
from tests.pki import CLERK, Keeper, make_world

pytestmark = pytest.mark.judge


@pytest.fixture
def court(sqlite_database: str, clock: SteppingClock, tmp_path: Path) -> Iterator[Court]:
    from api.database.engine import make_engine

    engine: sa.Engine = make_engine(sqlite_database)
    clock.advance(timedelta(minutes=-10))
    yield Court(make_world(engine, clock, suite=Suite.GM), tmp_path)
    engine.dispose()


@pytest.fixture
def keeper(court: Court) -> Keeper:
    return court.world.enrol()


def root_of(court: Court) -> bytes:
    return court.world.hierarchy.root.certificate


def issuing_of(court: Court) -> bytes:
    return court.world.hierarchy.issuing.certificate


def everybody_accepts(certificate: x509.Certificate, message: bytes, signature: bytes) -> None:
    """Every implementation of SM2 that is here proves the signature; one changed bit of the message breaks it."""
    key = certificate_key(certificate)
    assert isinstance(key, Sm2PublicKey)
    for implementation in sm2_implementations():
        implementation.verify(key, message, signature)


LINKS = [
    ("root", "root"),
    ("issuing", "root"),
    *((name, "issuing") for name in ("tsa", "ocsp", "maker", "leaf")),
]


def by_openssl(court: Court, name: str, above: str) -> Verdict:
    """Judge one link: openssl applies ``-vfyopt`` to the certificate that it is asked about and to no other."""
    strict = ("-x509_strict", "-partial_chain", *OPENSSL_ID)
    return court.run("openssl", "verify", *strict, "-trusted", f"{above}.pem", f"{name}.pem")


@pytest.mark.parametrize(("name", "above"), LINKS, ids=[name for name, _ in LINKS])
def test_openssl_accepts_every_link(court: Court, keeper: Keeper, name: str, above: str) -> None:
    """``distid`` is the identity that GM/T 0009 prescribes; without it openssl hashes no identity."""
    court.write("leaf", keeper.issued.der)
    said = by_openssl(court, name, above)
    assert (said.status, said.text.strip()) == (0, f"{name}.pem: OK")


def test_openssl_accepts_the_roots_own_signature(court: Court) -> None:
    """``verify`` gives a trusted root no identity, so the signature is checked by itself."""
    root = court.world.root
    (court.folder / "tbs").write_bytes(root.tbs_certificate_bytes)
    (court.folder / "signature").write_bytes(root.signature)
    key = court.run("openssl", "x509", "-in", "root.pem", "-noout", "-pubkey", "-out", "root.key")
    assert key.status == 0
    said = court.run(
        *("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "root.key", "-rawin", "-digest", "sm3"),
        *("-pkeyopt", "distid:1234567812345678", "-in", "tbs", "-sigfile", "signature"),
    )
    assert (said.status, said.text.strip()) == (0, "Signature Verified Successfully")


def test_openssl_refuses_a_leaf_with_one_changed_bit(court: Court, keeper: Keeper) -> None:
    court.write("leaf", keeper.issued.der[:-1] + bytes((keeper.issued.der[-1] ^ 1,)))
    said = by_openssl(court, "leaf", "issuing")
    assert said.status
    assert "signature failure" in said.text


def test_go_accepts_the_chain(court: Court, keeper: Keeper, go_judge: GoJudge) -> None:
    said = go_judge.chain(court.world.clock(), root_of(court), issuing_of(court), keeper.issued.der)
    assert (said.status, said.text.strip()) == (0, "1 3")


def test_go_refuses_a_leaf_with_one_changed_bit(court: Court, keeper: Keeper, go_judge: GoJudge) -> None:
    spoilt = keeper.issued.der[:-1] + bytes((keeper.issued.der[-1] ^ 1,))
    assert go_judge.chain(court.world.clock(), root_of(court), issuing_of(court), spoilt).status


def test_go_reads_the_list(court: Court, keeper: Keeper, go_judge: GoJudge) -> None:
    court.world.authority.revoke(keeper.issued.serial, RevocationReason.KEY_COMPROMISE, actor=CLERK)
    made = court.crls.current("issuing").der
    said = go_judge.crl(issuing_of(court), made)
    assert (said.status, said.text.strip()) == (0, f"{keeper.issued.serial:x}")
    read = x509.load_der_x509_crl(made)
    everybody_accepts(court.world.issuing, read.tbs_certlist_bytes, read.signature)
    assert go_judge.crl(issuing_of(court), made[:-1] + bytes((made[-1] ^ 1,))).status


def test_go_reads_a_shard_and_its_changes(court: Court, go_judge: GoJudge) -> None:
    """A part of the list, with its critical issuing distribution point, and the delta list of that part."""
    court.world.authority.shard_lists("issuing", 10, actor=CLERK)
    first, second = court.world.enrol().issued, court.world.enrol().issued
    court.world.authority.revoke(first.serial, RevocationReason.SUPERSEDED, actor=CLERK)
    complete = court.crls.current("issuing", 1).der
    court.world.authority.revoke(second.serial, RevocationReason.KEY_COMPROMISE, actor=CLERK)
    changes = court.crls.current_delta("issuing", 1).der
    for made, serial in ((complete, first.serial), (changes, second.serial)):
        said = go_judge.crl(issuing_of(court), made)
        assert (said.status, said.text.split()) == (0, [f"{serial:x}"])


@pytest.mark.parametrize("digest", ["1.3.14.3.2.26", DigestAlgorithm.SM3.oid, DigestAlgorithm.SHA256.oid])
def test_go_reads_the_answer(court: Court, keeper: Keeper, go_judge: GoJudge, digest: str) -> None:
    """A client may name the certificate by SM3; the answer repeats it."""
    from ca import der
    from ca.key_facts import key_bits

    issuing = court.world.issuing
    named = {"1.3.14.3.2.26": _sha1, DigestAlgorithm.SM3.oid: _sm3, DigestAlgorithm.SHA256.oid: _sha256}[
        digest
    ]
    cert_id = der.sequence(
        der.sequence(der.oid(digest)),
        der.octet_string(named(issuing.subject.public_bytes())),
        der.octet_string(named(key_bits(certificate_key(issuing)))),
        der.integer(keeper.issued.serial),
    )
    request = der.sequence(der.sequence(der.sequence(der.sequence(cert_id))))
    court.world.authority.revoke(keeper.issued.serial, RevocationReason.SUPERSEDED, actor=CLERK)
    made = court.ocsp.respond("issuing", request)
    responder = court.world.hierarchy.ocsp
    said = go_judge.ocsp(responder.certificate, made)
    assert (said.status, said.text.split()) == (0, [f"{keeper.issued.serial:x}", digest, "1"])
    read = ocsp.load_der_ocsp_response(made)
    everybody_accepts(responder.x509, read.tbs_response_bytes, read.signature)


def _sha1(octets: bytes) -> bytes:
    import hashlib

    return hashlib.sha1(octets, usedforsecurity=False).digest()


def _sm3(octets: bytes) -> bytes:
    return DigestAlgorithm.SM3.digest(octets).value


def _sha256(octets: bytes) -> bytes:
    return DigestAlgorithm.SHA256.digest(octets).value


def stamp(court: Court, octets: bytes) -> bytes:
    world = court.world
    guard = ClockGuard(world.clock, lambda _now: timedelta(0))
    return TimeStampAuthority(world.engine, world.keys, guard, world.audit).stamp(
        DigestAlgorithm.SM3.digest(octets)
    )


def test_go_accepts_the_time_stamp(court: Court, go_judge: GoJudge) -> None:
    """RFC 3161, GB/T 20520: SM3 imprint and SM2 signature inside the container that RFC 5652 names.

    gmsm's own reader of containers knows only the algorithm name of GB/T 35275, so it is given the signed octets.
    """
    token = stamp(court, b"stamped")
    read = asn1_cms.ContentInfo.load(token)
    assert read["content_type"].dotted == cms_names.SIGNED_DATA
    signer = read["content"]["signer_infos"][0]
    assert signer["digest_algorithm"]["algorithm"].dotted == DigestAlgorithm.SM3.oid
    assert signer["signature_algorithm"]["algorithm"].dotted == "1.2.156.10197.1.501"
    attributes = b"\x31" + signer["signed_attrs"].dump()[1:]
    tsa = court.world.hierarchy.tsa
    everybody_accepts(tsa.x509, attributes, signer["signature"].native)
    assert go_judge.signed(tsa.certificate, attributes, signer["signature"].native).status == 0


def test_openssl_reads_the_time_stamp(court: Court) -> None:
    """Its ``ts`` command cannot verify SM2, but it reads the token: SM3, our policy, the imprint."""
    (court.folder / "token.der").write_bytes(stamp(court, b"stamped"))
    said = court.run("openssl", "ts", "-reply", "-token_in", "-in", "token.der", "-text")
    assert said.status == 0
    assert "Hash Algorithm: sm3" in said.text


@pytest.mark.parametrize("attached", [True, False], ids=["attached", "detached"])
@pytest.mark.parametrize("plain", [True, False], ids=["content", "attributes"])
def test_go_reads_the_national_message(
    court: Court, keeper: Keeper, go_judge: GoJudge, attached: bool, plain: bool
) -> None:
    """GB/T 35275: with and without authenticated attributes, with and without the content inside."""
    content = "盖章的内容".encode()
    template = GmSignedData.of(keeper.issued.der, keeper.chain)
    attributes = (
        None if plain else template.attributes(DigestAlgorithm.SM3.digest(content), court.world.clock())
    )
    signature = keeper.signer.sign(content if attributes is None else attributes)
    made = template.assemble(signature, attributes=attributes, content=content if attached else None)
    outside = None if attached else content
    said = go_judge.pkcs7(court.world.clock(), root_of(court), made, outside)
    assert (said.status, said.text.strip()) == (0, f"{keeper.issued.serial:x}")
    other = made.replace(content, content[::-1]) if attached else made
    assert go_judge.pkcs7(court.world.clock(), root_of(court), other, None if attached else b"other").status


def test_go_and_openssl_read_the_encryption_certificate(court: Court, go_judge: GoJudge) -> None:
    """KE, DE and KA, and no signature: smx509 reads the extension, openssl prints it."""
    from ca.certificate import CertificateRequest, SubjectName
    from hsm.algorithms import KeyKind
    from tests.pki import COMPANY, USCC, new_key

    court.world.enterprises.register(USCC, COMPANY, actor=CLERK)
    request = CertificateRequest(
        ENTERPRISE_ENCRYPT.id, SubjectName(COMPANY, COMPANY, USCC), new_key(KeyKind.SM2).public_key()
    )
    made = court.world.authority.issue(request, request_key="encrypt", actor=CLERK)
    assert go_judge.chain(court.world.clock(), root_of(court), issuing_of(court), made.der).status == 0
    said = court.run("openssl", "x509", "-in", court.write("encrypt", made.der), "-noout", "-ext", "keyUsage")
    assert "Key Encipherment, Data Encipherment, Key Agreement" in said.text
    assert "Digital Signature" not in said.text


def test_our_reader_and_go_read_openssls_request(tmp_path: Path, go_judge: GoJudge) -> None:
    from ca.request_file import read_request

    key = ("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", "key.pem")
    assert judge("openssl", *key, folder=tmp_path).status == 0
    request = ("req", "-new", "-key", "key.pem", "-sm3", "-sigopt", "distid:1234567812345678")
    assert judge("openssl", *request, "-subj", "/C=CN/CN=x", "-out", "r.pem", folder=tmp_path).status == 0
    read = read_request((tmp_path / "r.pem").read_bytes())
    assert isinstance(read.public_key, Sm2PublicKey)
    said = go_judge.csr(read.der)
    assert (said.status, said.text.strip()) == (0, read.public_key.point[1:].hex())
    assert read.subject.rfc4514_string() == "CN=x,C=CN"
