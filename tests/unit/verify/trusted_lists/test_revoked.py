"""What a list names and its own authority has revoked: the list goes on for months, the theft of a key is known the same day."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography import x509

from tests.container_world import Wish, national
from tests.pki import Party
from tests.trust_list_world import Publisher, service
from tests.unit.verify.test_seals import Sealing
from tests.verify_world import NOW, Signing
from verify.report import SignatureReport, TimeSource
from verify.trust import TrustStore
from verify.trusted_lists.model import ListedService, ServiceKind
from verify.verdict import Verdict
from verify.verifier import Verifier

HOUR = timedelta(hours=1)
R = x509.ReasonFlags
STOLEN = (R.key_compromise, R.unspecified, R.certificate_hold)
IN_COURSE = (R.superseded, R.cessation_of_operation)
TSA, MAKER = ServiceKind.TSA, ServiceKind.SEAL_MAKER


class Listed(Signing):
    """One list, what authorities say of those on it, and the operator's own anchors, if any."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.publisher = Publisher(NOW)
        self.sealing = Sealing(self)

    def told(self, data: bytes, *services: ListedService, crl: bytes, decree: bool) -> SignatureReport:
        lists = [self.publisher.read(self.publisher.list(*services))]
        trust = TrustStore(
            [self.pki.root.certificate] if decree else [],
            [self.pki.issuing.certificate],
            [crl, self.pki.crl(self.pki.root)],
            lists=lists,
        )
        return self.only(data, trust=trust, at=NOW + 3 * HOUR)

    def revoking(self, reason: x509.ReasonFlags, since: datetime, *parties: Party) -> bytes:
        entries = {one.certificate.serial_number: (since, reason) for one in parties}
        return self.pki.crl(revoked=entries, this_update=NOW + 2 * HOUR)


@pytest.fixture(scope="module")
def world() -> Listed:
    return Listed()


@pytest.fixture(scope="module")
def stamped(world: Listed) -> bytes:
    return world.sign(stamp=True, at=NOW)


@pytest.mark.parametrize("decree", [True, False])
@pytest.mark.parametrize("reason", [*STOLEN, *IN_COURSE])
def test_the_stolen_key_of_a_listed_unit_proves_no_time(
    world: Listed, stamped: bytes, reason: x509.ReasonFlags, *, decree: bool
) -> None:
    """With it anybody stamps a revoked signer's key into the past. A unit that was replaced goes on proving what it did."""
    unit, issuer = service(world.tsa.der, kind=TSA), service(world.pki.issuing.der)
    crl = world.revoking(reason, NOW + HOUR, world.tsa)
    found = world.told(stamped, unit, issuer, crl=crl, decree=decree)
    lost = reason in STOLEN
    assert found.time.source is (TimeSource.TSA_UNVERIFIED if lost else TimeSource.TSA)


def test_a_revoked_signer_is_not_stamped_into_the_past(world: Listed, stamped: bytes) -> None:
    unit, issuer = service(world.tsa.der, kind=TSA), service(world.pki.issuing.der)
    both = world.revoking(R.key_compromise, NOW + HOUR, world.tsa, world.keeper)
    alone = world.revoking(R.key_compromise, NOW + HOUR, world.keeper)
    assert world.told(stamped, unit, issuer, crl=alone, decree=True).verdict is Verdict.PASSED
    found = world.told(stamped, unit, issuer, crl=both, decree=True)
    assert found.sub_indication == "REVOKED_NO_POE"


def test_the_issuer_of_a_listed_unit_need_not_be_trusted_to_tell(world: Listed, stamped: bytes) -> None:
    """It made the certificate, and may end it. Where it is not at hand the list stands alone, as it always did."""
    elsewhere = Signing(NOW)
    unit = service(elsewhere.tsa.der, kind=TSA)
    document = world.sign(at=NOW, stamper=elsewhere.stamper(NOW))
    gone = {elsewhere.tsa.certificate.serial_number: (NOW + HOUR, R.key_compromise)}
    crl = elsewhere.pki.crl(revoked=gone, this_update=NOW + 2 * HOUR)
    lists = [world.publisher.read(world.publisher.list(unit))]
    for known, source in (
        ([elsewhere.pki.issuing.certificate], TimeSource.TSA_UNVERIFIED),
        ([], TimeSource.TSA),
    ):
        trust = TrustStore([world.pki.root.certificate], known, [*world.crls(), crl], lists=lists)
        assert world.only(document, trust=trust, at=NOW + 3 * HOUR).time.source is source


@pytest.mark.parametrize("reason", [*STOLEN, *IN_COURSE])
def test_the_stolen_key_of_a_listed_maker_states_no_seal(world: Listed, reason: x509.ReasonFlags) -> None:
    maker = service(world.sealing.maker.der, kind=MAKER)
    document = world.sealing.seal(stamp=False)
    crl = world.revoking(reason, NOW - HOUR, world.sealing.maker)
    found = world.told(document, maker, service(world.pki.issuing.der), crl=crl, decree=False)
    assert (found.verdict is Verdict.PASSED) is (reason in IN_COURSE)
    assert found.seal is not None
    assert found.seal.trusted is (reason in IN_COURSE)


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [(R.key_compromise, Verdict.FAILED), (R.superseded, Verdict.PASSED)],
)
def test_nor_does_it_make_seals(reason: x509.ReasonFlags, verdict: Verdict) -> None:
    """The same in seal data, whose steps ask for the revocation apart."""
    here = national()
    pki, maker = here.pki, here.maker
    crl = pki.crl(
        revoked={maker.certificate.serial_number: (here.now - HOUR, reason)}, this_update=here.now + 2 * HOUR
    )
    publisher = Publisher(here.now)
    listed = publisher.read(publisher.list(service(maker.der, kind=MAKER)))
    trust = TrustStore(
        [pki.root.certificate], [pki.issuing.certificate], [crl, pki.crl(pki.root)], lists=[listed]
    )
    found = Verifier(trust).verify(here.put(wish=Wish(stated=False)), at=here.now + 3 * HOUR)
    assert found.verdict is verdict, found.reason.en
