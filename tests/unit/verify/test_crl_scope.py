"""Which revocation list speaks for which certificate: shards and their tricks (RFC 5280 §5.2.5, §6.3.3 (b))."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ca import der
from ca.config import CaConfig
from ca.status.revocation_list import CrlContent, assemble, encode_entry, encode_tbs
from hsm.algorithms import SignatureAlgorithm
from tests.conftest import SteppingClock
from tests.pki import Pki, builders_key
from tests.verify_world import Signing
from verify.certificates.crl_scope import ALL_REASONS, covered, head_of
from verify.certificates.names import issuer_key_of
from verify.verdict import SubIndication

HOUR = timedelta(hours=1)
CONFIG = CaConfig(base_url="http://ca.test")


def crl_applies(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """Tell whether a complete list of the certificate's own issuer speaks for it over all reasons."""
    head = head_of(crl)
    own = head.base is None and head.issuer == issuer_key_of(certificate)
    return own and covered(head, certificate) == ALL_REASONS


def leaf(pki: Pki, *points: x509.DistributionPoint) -> x509.Certificate:
    """Return a certificate of the issuing CA that names these distribution points."""
    from cryptography.hazmat.primitives.asymmetric import ec

    now = pki.now
    builder = (
        x509.CertificateBuilder()
        .serial_number(77)
        .subject_name(x509.Name([]))
        .issuer_name(pki.issuing.certificate.subject)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=90))
        .public_key(ec.generate_private_key(ec.SECP256R1()).public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if points:
        builder = builder.add_extension(x509.CRLDistributionPoints(points), critical=False)
    return builder.sign(pki.issuing.key, hashes.SHA256())


def point(address: str, **parts: object) -> x509.DistributionPoint:
    given = {"full_name": [x509.UniformResourceIdentifier(address)], "relative_name": None}
    given |= {"reasons": None, "crl_issuer": None} | parts
    return x509.DistributionPoint(**given)


def shard_list(pki: Pki, shard: int, **changes: object) -> x509.CertificateRevocationList:
    """Return the list of a shard as our authority encodes it, with one thing changed."""
    content = CrlContent(
        pki.issuing.certificate.subject.public_bytes(),
        b"k" * 20,
        5,
        pki.now,
        pki.now + timedelta(days=1),
        SignatureAlgorithm.ECDSA_SHA256,
        **{"address": CONFIG.crl_address("issuing", shard) if shard else "", **changes},
    )
    tbs = encode_tbs(content, [encode_entry(4711, pki.now)])
    return x509.load_der_x509_crl(assemble(tbs, content.algorithm, b"\0"))


@pytest.fixture
def pki(clock: SteppingClock) -> Pki:
    return Pki(clock())


def test_only_the_shard_that_the_certificate_names_speaks(pki: Pki) -> None:
    """A list of another shard does not have the serial, and says nothing by that."""
    mine = leaf(pki, point(CONFIG.crl_address("issuing", 3)))
    for shard in (1, 2, 3, 33):
        assert crl_applies(shard_list(pki, shard), mine) == (shard == 3)


def test_the_list_without_shards_that_names_itself_does_not_speak_for_a_shard(pki: Pki) -> None:
    mine = leaf(pki, point(CONFIG.crl_address("issuing", 1)))
    whole = shard_list(pki, 0, address=CONFIG.crl_address("issuing"))
    assert not crl_applies(whole, mine)
    assert crl_applies(whole, leaf(pki, point(CONFIG.crl_address("issuing"))))
    assert crl_applies(shard_list(pki, 0), mine), "a list without a scope is the whole (RFC 5280 §5.2.5)"


def test_a_certificate_that_names_no_list_is_on_no_shard(pki: Pki) -> None:
    assert not crl_applies(shard_list(pki, 1), leaf(pki))


def test_a_delta_list_alone_proves_nothing(pki: Pki) -> None:
    """RFC 5280 §5.2.4: it is to be joined with its base; alone it would lack every older revocation."""
    mine = leaf(pki, point(CONFIG.crl_address("issuing", 1)))
    assert not crl_applies(shard_list(pki, 1, base=4), mine)


def test_the_address_of_the_delta_list_is_not_the_address_of_the_list(pki: Pki) -> None:
    mine = leaf(pki, point(CONFIG.crl_address("issuing", 1)))
    assert not crl_applies(shard_list(pki, 1, address=CONFIG.delta_address("issuing", 1)), mine)


@pytest.mark.parametrize("way", ["upper case", "slash", "port", "query"])
def test_an_address_is_compared_octet_by_octet(pki: Pki, way: str) -> None:
    right = CONFIG.crl_address("issuing", 1)
    wrong = {
        "upper case": right.replace("issuing", "ISSUING"),
        "slash": right + "/",
        "port": right.replace("ca.test", "ca.test:80"),
        "query": right + "?",
    }[way]
    assert not crl_applies(shard_list(pki, 1, address=wrong), leaf(pki, point(right)))


def test_a_scope_named_relative_to_the_issuer_is_not_the_whole(pki: Pki) -> None:
    """§5.2.5: nameRelativeToCRLIssuer cuts out a part as well; read as *no name* it would cover everything."""
    found = shard_list(pki, 1)
    common_name = der.sequence(der.oid("2.5.4.3"), der.utf8_string("shard"))
    relative = der.sequence(der.explicit(0, der.tlv(0xA1, common_name)))
    theirs = found.tbs_certlist_bytes
    old = found.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value.public_bytes()
    rebuilt = x509.load_der_x509_crl(_with(theirs, old, relative))
    scope = rebuilt.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    assert scope.relative_name is not None
    assert scope.full_name is None
    assert not crl_applies(rebuilt, leaf(pki, point(CONFIG.crl_address("issuing", 1))))


def _with(tbs: bytes, old: bytes, new: bytes) -> bytes:
    """Put another value into the extension that has ``old``, and join a list again."""
    reader = der.Reader(tbs).enter(der.SEQUENCE)
    parts = []
    while reader.more:
        parts.append(reader.element())
    extensions, written = der.Reader(parts[-1]).enter(0xA0).enter(der.SEQUENCE), []
    while extensions.more:
        one = extensions.element()
        if der.octet_string(old) in one:
            fields = der.Reader(one).enter(der.SEQUENCE)
            one = der.sequence(fields.element(), fields.element(), der.octet_string(new))
        written.append(one)
    body = der.sequence(*parts[:-1], der.explicit(0, der.sequence(*written)))
    return assemble(body, SignatureAlgorithm.ECDSA_SHA256, b"\0")


@pytest.mark.parametrize(
    "parts",
    [
        {"reasons": frozenset([x509.ReasonFlags.key_compromise])},
        {"crl_issuer": [x509.DirectoryName(x509.Name([]))]},
    ],
    ids=["some reasons", "another issuer"],
)
def test_a_point_for_other_lists_does_not_name_this_one(pki: Pki, parts: dict[str, object]) -> None:
    """§4.2.1.13: a point with reasons or with a CRL issuer says where another kind of list is."""
    mine = leaf(pki, point(CONFIG.crl_address("issuing", 1), **parts))
    assert not crl_applies(shard_list(pki, 1), mine)


def test_one_of_several_addresses_is_enough(pki: Pki) -> None:
    mine = leaf(pki, point("ldap://elsewhere.test/x"), point(CONFIG.crl_address("issuing", 1)))
    assert crl_applies(shard_list(pki, 1), mine)


def unnumbered(signing: Signing, revoked: bool = False, **parts: Any) -> bytes:
    """Make the issuing authority's list without cRLNumber, as older authorities do, an hour after the numbered one."""
    pki, (since, reason) = (
        signing.pki,
        parts.pop("entry", (signing.now - HOUR, x509.ReasonFlags.key_compromise)),
    )
    at = parts.pop("at", signing.now + HOUR / 2)
    builder = x509.CertificateRevocationListBuilder().issuer_name(pki.issuing.certificate.subject)
    builder = builder.last_update(at).next_update(at + timedelta(days=7))
    for extension in parts.pop("extra", ()):
        builder = builder.add_extension(extension, critical=True)
    if revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(signing.keeper.certificate.serial_number)
        entry = entry.revocation_date(since).add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    assert not parts
    return builder.sign(builders_key(pki.issuing.key), hashes.SHA256()).public_bytes(Encoding.DER)


def found(signing: Signing, data: bytes, *crls: bytes) -> SubIndication | None:
    lists = [*crls, signing.pki.crl(signing.pki.root)]
    return signing.only(data, trust=signing.trust(crls=lists)).sub_indication


def test_what_a_list_without_a_number_revokes_is_revoked(signing: Signing) -> None:
    """RFC 5280 §5.2.3: it breaks the profile, so its silence proves nothing; but nobody whom its authority revokes is in order."""
    document, numbered = signing.sign(), signing.pki.crl()
    told = unnumbered(signing, revoked=True)
    assert found(signing, document, numbered) is None
    for lists in ([numbered, told], [told, numbered], [told]):
        assert found(signing, document, *lists) is SubIndication.REVOKED_NO_POE
    silent = unnumbered(signing)
    assert found(signing, document, numbered, silent) is None
    assert found(signing, document, silent) is SubIndication.TRY_LATER
    later = unnumbered(signing, revoked=True, entry=(signing.now + 2 * HOUR, x509.ReasonFlags.superseded))
    assert found(signing, document, numbered, later) is None


def test_a_change_without_a_number_changes_nothing(signing: Signing) -> None:
    """§5.2.4: of a delta list nothing else tells what it changes; nor is a list used that is not understood."""
    document, numbered = signing.sign(), signing.pki.crl()
    delta = unnumbered(signing, revoked=True, extra=[x509.DeltaCRLIndicator(1)])
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    for other in (delta, unnumbered(signing, revoked=True, extra=[unknown])):
        assert found(signing, document, numbered, other) is None
