"""Seal data (GB/T 38540) under trust lists: maker and signer by services of their kind, at a time that is proved or now."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ca.certificate import SubjectName
from ca.profile import ISSUING
from tests.ses_world import DOCUMENT, SesSealing, step
from tests.trust_list_world import DAY, Publisher, granted, service, withdrawn
from verify.report import DocumentReport
from verify.ses.report import SealDataReport
from verify.signatures.detached import ContentOctets
from verify.trust import TrustStore
from verify.trusted_lists.model import ListedService, ServiceKind
from verify.verdict import Verdict
from verify.verifier import Verifier

MAKER = ServiceKind.SEAL_MAKER


@pytest.fixture(scope="module")
def world() -> SesSealing:
    return SesSealing()


def judged(world: SesSealing, data: bytes, *services: ListedService, content: bool = False) -> SealDataReport:
    publisher = Publisher(world.now)
    store = TrustStore([], crls=world.crls(), lists=[publisher.read(publisher.list(*services))])
    beside = ContentOctets(DOCUMENT) if content else None
    found: DocumentReport = Verifier(store).verify(
        data, at=world.now + timedelta(hours=1), name="x", content=beside
    )
    assert isinstance(found, SealDataReport)
    return found


def test_a_seal_is_its_listed_makers(world: SesSealing) -> None:
    """Whoever may issue signers' certificates is no maker of seals, whatever its certificates say."""
    seal = world.esl()
    found = judged(world, seal, service(world.maker.der, kind=MAKER))
    assert found.verdict is Verdict.PASSED
    assert found.maker_trust is not None
    assert found.maker_trust.entry.kind == "seal-maker"
    for other in (
        service(world.maker.der, kind=ServiceKind.CA),
        service(world.pki.issuing.der),
        service(world.maker.der, kind=ServiceKind.TSA),
    ):
        report = judged(world, seal, other)
        assert report.verdict is Verdict.INDETERMINATE
        assert step(report, "maker-chain").state.value == "indeterminate"


def test_a_signature_needs_both(world: SesSealing) -> None:
    maker, issuer = service(world.maker.der, kind=MAKER), service(world.pki.issuing.der)
    found = judged(world, world.signature(), maker, issuer, content=True)
    assert found.verdict is Verdict.PASSED
    assert found.signer_trust is not None
    assert (found.signer_trust.entry.kind, found.signer_trust.trusted) == ("ca", True)
    for some in ((maker,), (issuer,)):
        assert judged(world, world.signature(), *some, content=True).verdict is Verdict.INDETERMINATE


def test_a_date_that_the_signer_wrote_does_not_reach_behind_a_withdrawal(world: SesSealing) -> None:
    """The withdrawn issuer's signer signs today and writes last week: the list is asked about now, nothing is proved."""
    maker = service(world.maker.der, kind=MAKER)
    gone = service(world.pki.issuing.der, periods=(withdrawn(world.now - timedelta(hours=1)), granted()))
    back = world.signature(time=world.now - timedelta(hours=2))
    found = judged(world, back, maker, gone, content=True)
    assert found.verdict is Verdict.INDETERMINATE
    assert found.signer_trust is not None
    assert found.signer_trust.entry.then.status == "withdrawn"
    made = service(world.maker.der, kind=MAKER, periods=(withdrawn(world.now - DAY), granted()))
    assert judged(world, world.esl(created=world.now - 2 * DAY), made).verdict is Verdict.INDETERMINATE


@pytest.mark.parametrize(("confined", "taken"), [((), True), (("1.3.6.1.5.5.7.3.1",), False)])
def test_a_listed_authority_for_servers_makes_no_signers(
    world: SesSealing, confined: tuple[str, ...], *, taken: bool
) -> None:
    """What a list names is what its own certificate says."""
    pki = world.pki
    above = pki.make(ISSUING, SubjectName("Confined", "Confined"), issuer=pki.root, eku=confined)
    signer = pki.party(issuer=above)
    publisher = Publisher(world.now)
    listed = publisher.list(service(world.maker.der, kind=MAKER), service(above.der))
    store = TrustStore([], crls=[*world.crls(), pki.crl(above)], lists=[publisher.read(listed)])
    data = world.signature(world.esl(signers=(signer.der,)), signer=signer)
    found = world.judge(data, trust=store, document=DOCUMENT)
    assert (found.verdict is Verdict.PASSED) is taken, found.reason.en
    assert step(found, "signer-use").state.value == ("passed" if taken else "indeterminate")


@pytest.mark.parametrize(("confined", "taken"), [((), True), (("1.3.6.1.5.5.7.3.1",), False)])
def test_a_listed_authority_for_servers_makes_no_makers(
    world: SesSealing, confined: tuple[str, ...], *, taken: bool
) -> None:
    pki = world.pki
    above = pki.make(ISSUING, SubjectName("Confined", "Confined"), issuer=pki.root, eku=confined)
    maker = pki.seal_maker(issuer=above)
    publisher = Publisher(world.now)
    listed = publisher.list(service(above.der, kind=MAKER))
    store = TrustStore([], crls=[*world.crls(), pki.crl(above)], lists=[publisher.read(listed)])
    found = world.judge(world.esl(maker=maker), trust=store)
    assert (found.verdict is Verdict.PASSED) is taken, found.reason.en
    assert step(found, "maker-use").state.value == ("passed" if taken else "indeterminate")
