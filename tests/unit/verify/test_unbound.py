"""Signatures that name no certificate among what is signed: whoever has the file exchanges it for another of the same key (RFC 5035 §1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from ca import der
from ca.certificate import SubjectName
from hsm.suite import Suite
from tests import bare_world as bare
from tests.container_world import Containers, international
from tests.pki import Party, make_uscc
from tests.unit.verify.test_foreign_containers import identified, with_certificates
from verify.report import DocumentReport
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

HOUR = timedelta(hours=1)
R = x509.ReasonFlags
FIRST = SubjectName("张三", "北京甲公司", make_uscc("91110108MA01AAAA1"))
SECOND = SubjectName("张三", "上海乙公司", make_uscc("91310000MA1KBBBB2"))


@pytest.fixture(scope="module")
def here() -> Containers:
    return international()


@pytest.fixture(scope="module")
def before(here: Containers) -> Party:
    return here.pki.party(subject=FIRST)


@pytest.fixture(scope="module")
def after(here: Containers, before: Party) -> Party:
    return here.pki.party(subject=SECOND, key=before.key)


@pytest.fixture(scope="module")
def signed(here: Containers, before: Party) -> bytes:
    """Sign as many writers do: content type, digest and time are signed, the certificate is not."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(bare.CONTENT)
    builder = builder.add_signer(before.certificate, before.key, hashes.SHA256())
    builder = builder.add_certificate(here.pki.issuing.certificate)
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])


def exchanged(here: Containers, octets: bytes, party: Party, *beside: bytes) -> bytes:
    """Name another certificate as the signer's, and put it and others into the container: nobody signed what stood there."""
    named = der.sequence(
        party.certificate.issuer.public_bytes(), der.integer(party.certificate.serial_number)
    )
    return identified(with_certificates(octets, *beside, party.der, here.pki.issuing.der), named)


def judged(
    here: Containers, octets: bytes, *known: Party, revoked: tuple[Party, R] | None = None
) -> DocumentReport:
    entries = {}
    if revoked is not None:
        entries = {revoked[0].certificate.serial_number: (here.now - HOUR, revoked[1])}
    store = [here.pki.issuing.certificate, *(one.certificate for one in known)]
    trust = TrustStore([here.pki.root.certificate], store, here.crls(revoked=entries))
    return Verifier(trust).verify(octets, at=here.now + HOUR)


def is_told(report: DocumentReport) -> bool:
    return any("没有绑定签章人证书" in note.zh for note in report.signatures[0].notes)


def test_what_is_bound_to_nothing_passes_and_is_told(
    here: Containers, signed: bytes, before: Party, after: Party
) -> None:
    """One certificate, as most writers bring: nothing is known against it, and the reader learns what the signature leaves open."""
    found = judged(here, signed)
    assert found.verdict is Verdict.PASSED, found.reason.en
    assert is_told(found)
    other = judged(here, exchanged(here, signed, after), revoked=(before, R.affiliation_changed))
    assert other.signatures[0].signer is not None
    assert other.signatures[0].signer.organization == "上海乙公司"
    assert is_told(other)
    bound = judged(here, bare.attached(here))
    assert (bound.verdict, is_told(bound)) == (Verdict.PASSED, False)


def test_the_national_form_without_attributes_is_told_as_well() -> None:
    gm = bare.world(Suite.GM)
    found = judged(gm, bare.gm_attached(gm))
    assert (found.verdict, is_told(found)) == (Verdict.PASSED, True)


def test_another_holder_of_the_key_leaves_doubt(
    here: Containers, signed: bytes, before: Party, after: Party
) -> None:
    """Whose certificate was revoked names the next one: the signature is the same, the organisation another."""
    gone = (before, R.affiliation_changed)
    for octets, store in (
        (exchanged(here, signed, after), [before]),
        (exchanged(here, signed, after, before.der), []),
        (exchanged(here, signed, before, after.der), []),
    ):
        for revoked in (None, gone):
            found = judged(here, octets, *store, revoked=revoked)
            assert found.verdict is Verdict.INDETERMINATE
            assert found.sub_indication in {
                SubIndication.SIG_CONSTRAINTS_FAILURE,
                SubIndication.REVOKED_NO_POE,
            }
    assert judged(here, exchanged(here, signed, after), before).sub_indication == "SIG_CONSTRAINTS_FAILURE"


@pytest.mark.parametrize(
    ("reason", "sub"),
    [
        (None, None),
        (R.superseded, None),
        (R.key_compromise, SubIndication.REVOKED_NO_POE),
        (R.unspecified, SubIndication.REVOKED_NO_POE),
    ],
)
def test_a_renewal_with_the_same_key(
    here: Containers, signed: bytes, before: Party, reason: x509.ReasonFlags | None, sub: SubIndication | None
) -> None:
    """The older certificate is replaced in the course of things; one that was revoked for what may be the key speaks against both."""
    renewed = here.pki.party(subject=FIRST, key=before.key)
    octets = exchanged(here, signed, renewed, before.der)
    found = judged(here, octets, revoked=None if reason is None else (before, reason))
    assert found.sub_indication == sub, found.reason.en


@pytest.mark.parametrize("ended", [False, True])
def test_a_certificate_that_anybody_makes_of_the_key_does_no_harm(
    here: Containers, signed: bytes, before: Party, *, ended: bool
) -> None:
    """Otherwise whoever gets an honest file puts one beside, by an authority of his own or by his own certificate, and it is doubted."""
    pki = here.pki
    stranger = Party(ec.generate_private_key(ec.SECP256R1()), pki.issuing.certificate)
    neighbour = pki.party()
    until = {"not_after": here.now - HOUR} if ended else {}
    for issuer in (stranger, neighbour):
        made = pki.party(subject=SECOND, key=before.key, issuer=issuer, **until)
        found = judged(here, exchanged(here, signed, before, made.der, neighbour.der))
        assert found.verdict is Verdict.PASSED, found.reason.en


def test_a_bound_signature_is_its_certificates(here: Containers) -> None:
    """The attribute says which of them it is: others of the key, whosever they are, change nothing."""
    keeper = here.keeper
    other = here.pki.party(subject=SECOND, key=keeper.key)
    octets = exchanged(here, bare.attached(here), keeper, other.der)
    found = judged(here, octets, other, revoked=(other, R.key_compromise))
    assert found.verdict is Verdict.PASSED, found.reason.en
