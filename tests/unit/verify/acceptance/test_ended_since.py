"""What a verdict rests on where something has ended since: on the clock alone, whose word a department takes or not (R05, R18)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from seals.seal import SealStatus
from seals.statement import sign_statement
from tests.pki import Pki, shared_rsa_key
from tests.trust_list_world import Publisher, granted, service, withdrawn
from tests.unit.verify.acceptance.test_accept import FOREIGN, NO, OK, answer, listed, only, policy
from tests.unit.verify.test_seals import DAY, Sealing, attribute
from tests.verify_world import Signing, small_pdf
from verify.acceptance.policy import AcceptedList, Demands
from verify.report import DocumentReport, StatusReport
from verify.reports.etsi import Issue, etsi_xml
from verify.strength import Soundness, Strength
from verify.table import lines
from verify.trust import TrustStore
from verify.trusted_lists.model import TrustedList
from verify.verdict import Verdict

HOUR = timedelta(hours=1)
REASONS = x509.ReasonFlags
NO_CLOCK = (AcceptedList("", kinds=("ca", "seal-maker")),)


class House:
    """Signs with the time-stamps of another house, which is trusted as well."""

    def __init__(self, signing: Signing) -> None:
        self.signing = signing
        self.pki = signing.pki
        self.now = signing.now
        self.other = Pki(signing.now, name="TSA house")
        self.stamper = signing.stamper(at=signing.now, tsa=self.other.tsa(key=shared_rsa_key()))

    def trust(
        self, *crls: bytes, lists: tuple[TrustedList, ...] = (), seal_lists: tuple[str, ...] = ()
    ) -> TrustStore:
        pki, other, at = self.pki, self.other, self.now + HOUR
        roots = [other.root.certificate] if lists else [pki.root.certificate, other.root.certificate]
        return TrustStore(
            roots,
            [pki.issuing.certificate, other.issuing.certificate],
            [*crls, other.crl(this_update=at), other.crl(other.root, this_update=at)],
            seal_lists=seal_lists,
            lists=lists,
        )

    def verify(self, document: bytes, trust: TrustStore) -> DocumentReport:
        return self.signing.verify(document, trust=trust, at=self.now + 3 * HOUR)

    def authority(self, reason: REASONS | None) -> tuple[bytes, bytes]:
        """Make lists of which the root's revokes the issuing authority, for a reason, or nobody."""
        number = self.pki.issuing.certificate.serial_number
        gone = {} if reason is None else {number: (self.now + 2 * HOUR, reason)}
        return (
            self.pki.crl(this_update=self.now + HOUR),
            self.pki.crl(self.pki.root, gone, this_update=self.now + 5 * HOUR / 2),
        )


@pytest.fixture(scope="module")
def house(signing: Signing) -> House:
    return House(signing)


@pytest.fixture(scope="module")
def stamped(house: House) -> bytes:
    return house.signing.sign(stamper=house.stamper)


@pytest.mark.parametrize("reason", [REASONS.ca_compromise, REASONS.cessation_of_operation])
def test_an_authority_that_was_revoked_since_is_told_and_counts(
    house: House, stamped: bytes, reason: REASONS
) -> None:
    report = house.verify(stamped, house.trust(*house.authority(reason)))
    (found,) = report.signatures
    assert report.verdict is Verdict.PASSED
    assert (found.certificate_now.status, found.authority_now.status) == ("good", "revoked")
    assert report.reason.zh.startswith("上级机构的证书已于")
    assert report.reason.en.startswith("The certificate of an authority above it was revoked")
    assert report.to_json()["signatures"][0]["authority_now"]["status"] == "revoked"
    assert "上级机构 authority 已吊销" in "\n".join(lines(report))
    told = etsi_xml(report, Issue("核验服务", "N-1", house.now))
    assert b"yx:AuthorityNow" in told
    assert b"authority-state-now" in told
    assert answer(report, policy(Demands(good_now=True))) == ("R18", NO)
    assert answer(report, policy())[1] is OK, "this department takes the clock"
    assert answer(report, policy(lists=NO_CLOCK)) == ("R05", NO)


def test_where_all_is_in_force_nobody_asks_for_the_clock(house: House, stamped: bytes) -> None:
    report = house.verify(stamped, house.trust(*house.authority(None)))
    (found,) = report.signatures
    assert (found.certificate_now.status, found.authority_now.status) == ("good", "good")
    assert "无需进一步操作" in report.reason.zh
    assert "上级机构" not in "\n".join(lines(report))
    assert answer(report, policy(Demands(good_now=True)))[1] is OK
    assert answer(report, policy(lists=NO_CLOCK))[1] is OK


def test_a_listed_authority_that_was_withdrawn_since_needs_the_clock(house: House, stamped: bytes) -> None:
    publisher = Publisher()
    crls = house.signing.crls(this_update=house.now + HOUR)
    issuing = house.pki.issuing.der
    gone = service(issuing, periods=(withdrawn(house.now + 2 * HOUR), granted()))
    for one, expected in ((gone, ("R05", NO)), (service(issuing), ("R05", OK))):
        trust = house.trust(*crls, lists=(publisher.read(publisher.list(one)),))
        report = house.verify(stamped, trust)
        assert report.verdict is Verdict.PASSED
        mine = AcceptedList(publisher.scheme)
        assert answer(report, policy(lists=(mine,))) == expected
        assert answer(report, policy(lists=(mine, AcceptedList(""))))[1] is OK
    assert house.verify(house.signing.sign(), trust).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ((), ("R06", OK)),
        ((SealStatus.FROZEN,), ("R05", NO)),
        ((SealStatus.FROZEN, SealStatus.ACTIVE), ("R05", NO)),
    ],
    ids=["in use", "lost", "lost and found"],
)
def test_a_seal_that_was_lost_since_needs_the_clock(
    house: House, sealing: Sealing, since: tuple[SealStatus, ...], expected: tuple[str, object]
) -> None:
    now = house.now
    pdf, maker = small_pdf(), sealing.maker
    statement = sign_statement(sealing.statement(pdf), maker.signer, [maker.der, *maker.chain])
    document = house.signing.sign(pdf, stamper=house.stamper, extra=[attribute(statement)])
    states = [
        (now - 20 * DAY, SealStatus.ACTIVE),
        *[(now + 2 * HOUR + n * HOUR / 4, one) for n, one in enumerate(since)],
    ]
    told = sealing.status_list(*states, issued_at=now + 2.5 * HOUR, next_update=now + 30 * HOUR)
    crls = house.signing.crls(this_update=now + HOUR)
    report = house.verify(document, house.trust(*crls, seal_lists=(told,)))
    assert report.verdict is Verdict.PASSED
    asked = Demands(seal=True)
    assert answer(report, policy(asked, lists=NO_CLOCK)) == expected
    assert answer(report, policy(asked))[1] is OK


def test_each_thing_that_has_ended_since_needs_the_clock(report: DocumentReport) -> None:
    found = report.signatures[0]
    assert found.seal is not None
    unlisted = only(report, time=replace(found.time, trust=listed(kind="tsa")))
    takes = policy(lists=(AcceptedList(""), AcceptedList(FOREIGN, kinds=("ca", "seal-maker"))))
    assert answer(unlisted, takes)[1] is OK
    weak = Strength(Soundness.SOUND, Soundness.WEAK, None, proved=True)
    for changes in (
        {"certificate_now": StatusReport("unknown")},
        {"authority_now": StatusReport("on_hold")},
        {"authority_now": StatusReport("unknown")},
        {"strength": weak},
        {"trust": listed(now="withdrawn")},
        {"seal": replace(found.seal, trust=listed(kind="seal-maker", now="ceased"))},
        {"seal_now": StatusReport("superseded")},
        {"seal_now": StatusReport("unknown", as_of=found.seal_now.as_of)},
    ):
        assert answer(only(unlisted, **changes), takes) == ("R05", NO), changes
        assert answer(only(report, **changes), takes)[1] is OK, changes
    for changes in (
        {"strength": None},
        {"trust": listed()},
        {"seal": replace(found.seal, trust=listed(kind="seal-maker"))},
        {"seal_now": StatusReport("unknown")},
    ):
        assert answer(only(unlisted, **changes), takes)[1] is OK, changes
