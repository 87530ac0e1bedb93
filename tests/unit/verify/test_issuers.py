"""Who may issue (RFC 5280 §6.1.4 (k), (n)): the whole table, and an end entity's key put to work as an authority's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509

from ca.certificate import SubjectName
from ca.profile import EKU_SEAL_MAKER, EKU_VERIFICATION, ISSUING, VERIFICATION
from signing.mark import Evidence
from tests.conftest import SteppingClock
from tests.container_world import Wish, national
from tests.issuer_table import TABLE, Issuer, path_by
from tests.pki import Party, Pki, shared_rsa_key
from tests.unit.verify.reports.world import HOUR, Service
from tests.unit.verify.test_seals import Sealing
from tests.verify_world import Signing
from verify.certificates.paths import PathFinder
from verify.certificates.rules import RuleBroken, check_rules
from verify.report import DocumentReport
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier


@pytest.mark.parametrize("issuer", TABLE, ids=str)
def test_only_a_ca_that_may_sign_certificates_issues(issuer: Issuer, clock: SteppingClock) -> None:
    pki = Pki(clock())
    leaf, anchor, between = path_by(pki, issuer)
    paths = PathFinder(TrustStore([anchor]))
    chain, finding = paths.choose(leaf, [] if between is None else [between], pki.now)
    assert len(chain) == (2 if between is None else 3)
    if issuer.may_issue:
        assert finding is None
    else:
        assert finding is not None
        assert finding.sub is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


@pytest.mark.parametrize("issuer", [one for one in TABLE if one.ca is False], ids=str)
def test_the_rules_of_extensions_ask_for_a_ca_by_themselves(issuer: Issuer, clock: SteppingClock) -> None:
    leaf, anchor, between = path_by(Pki(clock()), issuer)
    with pytest.raises(RuleBroken):
        check_rules((leaf, anchor) if between is None else (leaf, between, anchor))


@pytest.mark.parametrize("usage", [None, ("digital_signature",)])
def test_a_keepers_key_makes_no_keepers(signing: Signing, usage: tuple[str, ...] | None) -> None:
    """A certificate without keyUsage restricts nothing, and is no CA for that: everybody who holds one could issue."""
    pki = signing.pki
    wide = pki.make(ISSUING, SubjectName("Issuing B", "Issuing B"), issuer=pki.root, path_length=None)
    holder = pki.party(issuer=wide, key_usage=usage)
    forged = pki.party(issuer=holder, subject=SubjectName("任意公司", "任意公司"))
    lists = [*signing.crls(), pki.crl(wide), pki.crl(holder)]
    report = signing.verify(signing.add_dss(signing.sign(keeper=forged), crls=lists))
    assert report.verdict is Verdict.INDETERMINATE
    assert report.sub_indication is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
    honest = signing.sign(keeper=replace(pki.party(issuer=wide, key_usage=None), chain=(wide.der,)))
    if usage is None:
        assert signing.verify(signing.add_dss(honest, crls=lists)).verdict is Verdict.PASSED


TLS, MAIL, DOCUMENTS, STAMPS, ANY = (
    "1.3.6.1.5.5.7.3.1",
    "1.3.6.1.5.5.7.3.4",
    "1.3.6.1.5.5.7.3.36",
    "1.3.6.1.5.5.7.3.8",
    "2.5.29.37.0",
)


@pytest.mark.parametrize(
    ("confined", "seals", "stamps"),
    [
        ((), True, True),
        ((TLS,), False, False),
        ((TLS, ANY), True, True),
        ((TLS, MAIL), True, False),
        ((DOCUMENTS,), True, False),
        ((STAMPS,), False, True),
    ],
    ids=["nothing", "TLS", "any", "mail", "documents", "time-stamps"],
)
def test_an_authority_issues_for_what_it_may(
    signing: Signing, confined: tuple[str, ...], seals: bool, stamps: bool
) -> None:
    """Whoever was given an authority for TLS makes no seals and no time with it; RFC 5280 leaves it open, so it is in doubt."""
    pki = signing.pki
    limits = x509.ExtendedKeyUsage([x509.ObjectIdentifier(one) for one in confined or (ANY,)])
    extra = [(limits, False)] if confined else []
    between = pki.make(ISSUING, SubjectName("Confined", "Confined"), issuer=pki.root, extra=extra)
    lists = [*signing.crls(), pki.crl(between)]
    sealed = signing.add_dss(signing.sign(keeper=pki.party(issuer=between)), crls=lists)
    found = signing.only(sealed)
    assert (found.sub_indication is None) is seals, found.reason.en
    assert found.sub_indication in {None, SubIndication.CHAIN_CONSTRAINTS_FAILURE}
    unit = pki.tsa(issuer=between, key=shared_rsa_key())
    stamped = signing.sign(stamper=signing.stamper(signing.now, unit))
    assert signing.only(signing.add_dss(stamped, crls=lists)).time.trusted is stamps


def between(pki: Pki, confined: tuple[str, ...]) -> Party:
    """Make an authority below the root whose own certificate names purposes, or none."""
    return pki.make(ISSUING, SubjectName("Confined", "Confined"), issuer=pki.root, eku=confined)


MAKERS = pytest.mark.parametrize(
    ("confined", "taken"),
    [((), True), ((TLS, ANY), True), ((EKU_SEAL_MAKER,), True), ((TLS,), False), ((DOCUMENTS,), False)],
    ids=["nothing", "any", "seal makers", "TLS", "documents"],
)


@MAKERS
def test_an_authority_for_servers_makes_no_seal_makers(
    signing: Signing, confined: tuple[str, ...], taken: bool
) -> None:
    """Whoever runs one for TLS would state any company's seal; that the leaf names a server's purpose as well opens nothing."""
    above, sealing = between(signing.pki, confined), Sealing(signing)
    maker = signing.pki.seal_maker(issuer=above)
    trust = signing.trust(crls=[*signing.crls(), signing.pki.crl(above)])
    found = signing.only(sealing.seal(stamp=False, maker=maker), trust=trust)
    assert found.sub_indication == (None if taken else SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    assert found.seal is not None
    assert found.seal.trusted is taken
    both = signing.pki.seal_maker(issuer=above, eku=(EKU_SEAL_MAKER, TLS))
    found = signing.only(sealing.seal(stamp=False, maker=both), trust=trust)
    assert (found.sub_indication is None) is (taken and confined != (EKU_SEAL_MAKER,))


@pytest.mark.parametrize("named", [True, False])
@MAKERS
def test_nor_of_seal_data(confined: tuple[str, ...], taken: bool, *, named: bool) -> None:
    here = national()
    above = between(here.pki, confined)
    maker = here.pki.seal_maker(issuer=above, **({} if named else {"eku": None}))
    found = sealed_by(maker, here.keeper, above)
    assert found.sub_indication == (None if taken else SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    assert found.signatures[0].seal is not None
    assert found.signatures[0].seal.trusted is taken


@pytest.mark.parametrize(
    ("confined", "taken"), [((), True), ((DOCUMENTS,), True), ((MAIL, TLS), True), ((TLS,), False)]
)
def test_nor_signers_of_seal_data(confined: tuple[str, ...], taken: bool) -> None:
    here = national()
    above = between(here.pki, confined)
    found = sealed_by(here.maker, here.pki.party(issuer=above), above)
    assert found.sub_indication == (None if taken else SubIndication.CHAIN_CONSTRAINTS_FAILURE)


def sealed_by(maker: Party, keeper: Party, above: Party) -> DocumentReport:
    """Seal a PDF by seal data of a maker and a keeper, and verify it an hour later with every list."""
    here = national()
    known = Evidence((*here.evidence(keeper).certificates, above.der))
    document = here.put(
        wish=Wish(stated=False, esl=here.esl(maker=maker, signers=(keeper.der,)), keeper=keeper),
        evidence=known,
    )
    trust = TrustStore(
        [here.pki.root.certificate], [here.pki.issuing.certificate], [*here.crls(), here.pki.crl(above)]
    )
    return Verifier(trust).verify(document, at=here.now + HOUR)


@pytest.mark.parametrize(
    ("confined", "taken"),
    [
        ((), True),
        ((ANY,), True),
        ((DOCUMENTS, EKU_VERIFICATION), True),
        ((TLS,), False),
        ((DOCUMENTS,), False),
    ],
)
def test_nor_verification_services(signing: Signing, confined: tuple[str, ...], taken: bool) -> None:
    """Its reports would say of any paper that it is valid."""
    above, service = between(signing.pki, confined), Service(signing)
    party = signing.pki.make(VERIFICATION, SubjectName("国家核验中心", "国家核验中心"), issuer=above)
    trust = signing.trust(crls=[*signing.crls(), signing.pki.crl(above)])
    told = service.jws(None, party=party).encode()
    found = Verifier(trust).verify(told, at=signing.now + 2 * HOUR, name="report.jws")
    assert found.verdict is (Verdict.PASSED if taken else Verdict.INDETERMINATE), found.reason.en


@MAKERS
def test_nor_makers_of_bare_lists(signing: Signing, confined: tuple[str, ...], taken: bool) -> None:
    """A status list that is handed in by itself is judged by the same rule."""
    above = between(signing.pki, confined)
    maker = signing.pki.seal_maker(issuer=above)
    listed = Sealing(signing).status_list(maker=maker, issued_at=signing.now)
    trust = signing.trust(crls=[*signing.crls(), signing.pki.crl(above)])
    found = Verifier(trust).verify(listed.encode(), at=signing.now + HOUR, name="seals.jws")
    assert found.verdict is (Verdict.PASSED if taken else Verdict.INDETERMINATE), found.reason.en
