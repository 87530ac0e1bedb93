"""Seal data as a forger would make it: dates written back, uses before the making, extensions and pictures that are something else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from cryptography import x509

from ca import der
from ca.certificate import SubjectName
from hsm.algorithms import DigestAlgorithm
from seals.ses.parts import CertListType, SesVersion
from seals.ses.writer import encode_info
from seals.statement import SEAL_STATEMENT_OID
from signing.containers.envelope import ContainerKind
from tests import ofd_world
from tests.container_world import Wish, national
from tests.ofd_world import changed, sealed
from tests.ses_world import DAY, DOCUMENT, SCOPE, SM2_SM3, SesSealing, ia5, png, sealing, step
from tests.trust_list_world import Publisher, service
from tests.verify_world import NOW
from verify.ofd.description import EVIDENCE
from verify.trust import TrustStore
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

V1, V4, V5 = SesVersion.V1, SesVersion.V4, SesVersion.V5
LATER: Final = 100 * DAY
STOLEN: Final = 10 * DAY


@pytest.fixture(scope="module")
def world() -> SesSealing:
    return sealing()


def lists(world: SesSealing, until: timedelta, **revoked: Any) -> list[bytes]:
    """Make the lists of both authorities on a later day."""
    at = world.now + until
    return [world.pki.crl(this_update=at, **revoked), world.pki.crl(world.pki.root, this_update=at)]


def made(world: SesSealing, scope: str = SCOPE, stamped: datetime | None = None) -> bytes:
    """Put a seal under the document by hand, stamped at a time of one's own."""
    digest = DigestAlgorithm.SM3.digest(DOCUMENT).value
    tbs = der.sequence(
        der.integer(4), world.esl(), der.generalized_time(world.now), der.bit_string(digest), ia5(scope)
    )
    value = world.keeper.signer.sign(tbs)
    members = [tbs, der.octet_string(world.keeper.der), SM2_SM3, der.bit_string(value)]
    if stamped is not None:
        token = world.stamp(DigestAlgorithm.SM3.digest(value), at=stamped)
        members.append(der.explicit(0, der.bit_string(token)))
    return der.sequence(*members)


# --- dates written back --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [V4, V5])
def test_an_old_list_says_nothing_of_what_came_after(world: SesSealing, version: SesVersion) -> None:
    """Whoever stole the key after ten days dates back to the first, and brings the list of that day along."""
    signed = world.signature(world.esl(version), version=version.number)
    at = world.now + LATER
    for octets, document in ((signed, DOCUMENT), (world.esl(version), None)):
        old = world.judge(octets, document=document, trust=world.trust(), at=at)
        assert (old.verdict, old.sub_indication) == (Verdict.INDETERMINATE, SubIndication.TRY_LATER)
        fresh = world.judge(octets, document=document, trust=world.trust(lists(world, LATER)), at=at)
        assert fresh.verdict is Verdict.PASSED, fresh.reason.en
    known = world.judge(signed, document=DOCUMENT, trust=world.trust(), at=at)
    assert step(known, "signer-revocation").state.value == "indeterminate"
    assert step(known, "maker-revocation").state.value == "indeterminate"
    assert "CRL" in step(known, "signer-revocation").reason.zh


def test_a_time_stamp_asks_for_news_until_then_only(world: SesSealing) -> None:
    stamped = world.signature(world.esl(V5), version=5, stamped=True)
    report = world.judge(stamped, document=DOCUMENT, trust=world.trust(), at=world.now + LATER)
    assert report.verdict is Verdict.PASSED, report.reason.en
    late = made(world, stamped=world.now + STOLEN)
    at = world.now + STOLEN + DAY
    report = world.judge(
        late, document=DOCUMENT, trust=world.trust([*world.crls(), *lists(world, STOLEN)]), at=at
    )
    assert report.verdict is Verdict.PASSED, report.reason.en
    report = world.judge(late, document=DOCUMENT, trust=world.trust(), at=at)
    assert step(report, "signer-revocation").state.value == "indeterminate"
    assert report.verdict is Verdict.INDETERMINATE


def test_an_ended_certificate_is_asked_about_at_its_end(world: SesSealing) -> None:
    """Nobody lists it afterwards: what was issued while it lived must tell."""
    short = world.pki.party(not_after=world.now + 30 * DAY)
    signed = world.signature(world.esl(signers=(short.der,)), signer=short)
    late = lists(world, LATER)
    doubted = world.judge(
        signed, document=DOCUMENT, trust=world.trust([*world.crls(), *late]), at=world.now + LATER
    )
    assert doubted.sub_indication is SubIndication.TRY_LATER
    assert "到期前最后一期" in doubted.reason.zh, "a list of today would not do"
    at_end = lists(world, 28 * DAY)
    trust = world.trust([*at_end, *late])
    report = world.judge(signed, document=DOCUMENT, trust=trust, at=world.now + LATER)
    assert report.verdict is Verdict.PASSED, report.reason.en


def test_an_old_list_in_a_package() -> None:
    """An OFD brings evidence along, which nobody signs where it was added later."""
    world = ofd_world.sealing()
    carried = der.sequence(
        der.integer(1),
        der.tlv(der.SET),
        der.sequence(der.oid("1.2.840.113549.1.7.1")),
        der.tlv(0xA1, *world.crls()),
    )
    message = der.sequence(der.oid("1.2.840.113549.1.7.2"), der.explicit(0, carried))
    forged = changed(sealed(), f"Doc_0/Signs/Sign_0/{EVIDENCE}", message)
    report = Verifier(world.trust([])).verify(forged, at=NOW + LATER)
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, SubIndication.TRY_LATER)
    revoked = {world.keeper.certificate.serial_number: (NOW + STOLEN, x509.ReasonFlags.key_compromise)}
    told = Verifier(world.trust(lists(world, LATER, revoked=revoked))).verify(forged, at=NOW + LATER)
    assert told.sub_indication is SubIndication.REVOKED_NO_POE


# --- a seal that is younger than its use ---------------------------------------------------------------------------


@pytest.mark.parametrize("version", [V4, V5])
def test_no_seal_is_younger_than_its_use(world: SesSealing, version: SesVersion) -> None:
    def used(made: timedelta) -> Any:
        young = world.esl(version, created=world.now + made, valid_from=world.now - DAY)
        octets = world.signature(young, version=version.number)
        return world.judge(
            octets, document=DOCUMENT, at=world.now + 3 * DAY, trust=world.trust(lists(world, 3 * DAY))
        )

    assert used(2 * DAY).verdict is Verdict.FAILED
    assert step(used(2 * DAY), "making-time").state.value == "failed"
    local = used(timedelta(hours=8))
    assert local.verdict is (Verdict.FAILED if version is V5 else Verdict.INDETERMINATE)
    assert used(timedelta(0)).verdict is Verdict.PASSED
    assert used(timedelta(minutes=1)).verdict is Verdict.PASSED, "clocks differ"


def test_no_seal_is_made_in_the_future(world: SesSealing) -> None:
    for version in (V4, V5):
        report = world.judge(world.esl(version, created=world.now + 30 * DAY))
        assert (report.verdict, step(report, "making-time").state.value) == (Verdict.FAILED, "failed")
    early = Verifier(world.trust()).verify(world.esl_v1(), at=world.now - timedelta(hours=20))
    assert early.verdict is Verdict.FAILED


# --- what must be understood ---------------------------------------------------------------------------------------


def extension(kind: str, *, critical: bool) -> bytes:
    value = der.octet_string(der.utf8_string("发票专用，不超过一百元"))
    return der.sequence(der.sequence(der.oid(kind), der.boolean(value=critical), value))


def in_seal(world: SesSealing, items: bytes) -> bytes:
    body = der.Reader(encode_info(world.content())).contents(der.SEQUENCE)
    return world.esl(info=der.sequence(body, items))


@pytest.mark.parametrize("critical", [True, False])
def test_an_extension_that_must_be_understood(world: SesSealing, critical: bool) -> None:
    items = extension("1.2.3.4.5", critical=critical)
    seal = world.judge(in_seal(world, items))
    used = world.judge(world.signature(in_seal(world, items)), document=DOCUMENT)
    signed = world.judge(world.signature(extensions=der.explicit(0, items)), document=DOCUMENT)
    for report in (seal, used, signed):
        assert report.verdict is (Verdict.INDETERMINATE if critical else Verdict.PASSED)
        assert ("1.2.3.4.5" in report.reason.zh) is critical


def test_our_own_extension_is_understood(world: SesSealing) -> None:
    items = extension(SEAL_STATEMENT_OID, critical=True)
    report = world.judge(world.signature(extensions=der.explicit(0, items)), document=DOCUMENT)
    assert step(report, "signature-format").state.value == "passed"


# --- what is protected ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["", "  ", SCOPE])
def test_a_signature_says_what_it_protects(world: SesSealing, scope: str) -> None:
    report = world.judge(made(world, scope), document=DOCUMENT)
    stated = bool(scope.strip())
    assert report.verdict is (Verdict.PASSED if stated else Verdict.INDETERMINATE)
    assert stated or "propertyInfo" in report.reason.zh


def test_in_a_pdf_the_range_says_it() -> None:
    here = national()
    found = Verifier(here.trust(seal_lists=[here.status_list()])).verify(
        here.put(None, Wish(ContainerKind.SES)), at=NOW + timedelta(hours=1)
    )
    assert found.verdict is Verdict.PASSED, found.reason.en


# --- pictures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "kind", "good"),
    [
        (b"<html><body>seal</body></html>", "PNG", False),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG", False),
        (b"\xff\xd8\xff\xe0", "PNG", True),
        (b"\xff\xd8\xff\xe0", "jpeg", True),
        (png(), "ofd", True),
        (b"PK\x03\x04", "png", False),
        (png(), "png", True),
        (b"PK\x03\x04", "ofd", True),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg", True),
    ],
)
def test_a_picture_is_what_it_says(world: SesSealing, octets: bytes, kind: str, good: bool) -> None:
    head, code, fields, _ = der.Reader(encode_info(world.content())).enter(der.SEQUENCE).elements()
    picture = der.sequence(ia5(kind), der.octet_string(octets), der.integer(40), der.integer(40))
    report = world.judge(world.esl(info=der.sequence(head, code, fields, picture)))
    assert report.verdict is (Verdict.PASSED if good else Verdict.INDETERMINATE), report.reason.en


# --- who may make seals --------------------------------------------------------------------------------------------


def test_nothing_says_that_a_company_may_make_seals(world: SesSealing) -> None:
    """The standards ask for the key usage alone, and real makers' certificates name no purpose: it is told."""
    company = world.pki.party(eku=None, subject=SubjectName("某公司", "某公司"))
    seal = world.esl(maker=company, name="某某市人民政府")
    report = world.judge(seal)
    assert any("制章机构" in note.zh for note in report.notes)
    assert not any("制章机构" in note.zh for note in world.judge(world.esl()).notes)
    publisher = Publisher()
    listed = publisher.list(service(company.der, kind=ServiceKind.SEAL_MAKER))
    own = TrustStore([company.certificate])
    for trust in (own, TrustStore([], lists=[listed])):
        named = world.judge(seal, trust=trust)
        assert not any("制章机构" in note.zh for note in named.notes), named.reason.en


# --- the certificate, which nobody signs from v4 on ------------------------------------------------------------------


def exchanged(signed: bytes, other: bytes) -> bytes:
    """Write another certificate where the signer's stands, outside of TBS_Sign."""
    tbs, _, *rest = der.Reader(signed).enter(der.SEQUENCE).elements()
    return der.sequence(tbs, der.octet_string(other), *rest)


def taken_for(
    world: SesSealing, version: SesVersion, other: Any, reason: x509.ReasonFlags | None, **how: Any
) -> tuple[Verdict, SubIndication | None]:
    """Judge a use by the keeper whose certificate was ended a day before, when another one of the key is put in its place."""
    stamped, at = how.pop("stamped", False), world.now + timedelta(minutes=30)
    seal = world.esl(version, **{"signers": (world.keeper.der, other.der), "created": world.now - DAY, **how})
    signed = world.signature(seal, version=version.number, stamped=stamped)
    revoked = (
        {} if reason is None else {world.keeper.certificate.serial_number: (world.now - DAY / 2, reason)}
    )
    trust = world.trust(world.crls(revoked=revoked, this_update=at))
    found = world.judge(exchanged(signed, other.der), document=DOCUMENT, trust=trust)
    return found.verdict, found.sub_indication


@pytest.mark.parametrize("version", [V4, V5])
@pytest.mark.parametrize("stamped", [False, True])
@pytest.mark.parametrize("reason", [x509.ReasonFlags.key_compromise, x509.ReasonFlags.unspecified])
def test_a_revoked_certificate_is_not_left_behind_for_another_of_its_key(
    world: SesSealing, version: SesVersion, stamped: bool, reason: x509.ReasonFlags
) -> None:
    """The seal lists both, so whoever has the file exchanges one for the other; the revoked one stands in the list to be seen."""
    renewed, found = world.pki.party(key=world.keeper.key), x509.ReasonFlags.superseded
    doubted = (Verdict.INDETERMINATE, SubIndication.REVOKED_NO_POE)
    assert taken_for(world, version, renewed, reason, stamped=stamped) == doubted
    assert taken_for(world, version, renewed, found, stamped=stamped) == (Verdict.PASSED, None), (
        "a renewal ends the one before in the course of things"
    )
    assert taken_for(world, version, renewed, None, stamped=stamped) == (Verdict.PASSED, None)
    alone = {"signers": (renewed.der,), "stamped": stamped}
    assert taken_for(world, version, renewed, reason, **alone) == (Verdict.PASSED, None), (
        "a list of one certificate leaves no choice"
    )


def test_a_key_of_two_holders_in_one_list_is_nobodys(world: SesSealing) -> None:
    """Another key in the list is another holder's own affair."""
    subject = SubjectName("上海乙方代理有限公司", "上海乙方代理有限公司")
    moved, colleague = (
        world.pki.party(subject=subject, key=world.keeper.key),
        world.pki.party(subject=subject),
    )
    doubted = (Verdict.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE)
    assert taken_for(world, V4, moved, None) == doubted
    seal = world.esl(signers=(world.keeper.der, colleague.der))
    assert world.judge(world.signature(seal), document=DOCUMENT).verdict is Verdict.PASSED


def test_lists_of_digests_are_asked_as_well(world: SesSealing) -> None:
    """What the verifier has of the key counts where its digest stands in the list."""
    renewed = world.pki.party(key=world.keeper.key)
    theft = {world.keeper.certificate.serial_number: (world.now - DAY / 2, x509.ReasonFlags.key_compromise)}
    crls = world.crls(revoked=theft, this_update=world.now + timedelta(minutes=30))
    known = [world.pki.issuing.certificate, world.keeper.certificate]
    trust = TrustStore([world.pki.root.certificate], known, crls)
    for listed, expected in (((world.keeper, renewed), Verdict.INDETERMINATE), ((renewed,), Verdict.PASSED)):
        seal = world.esl(
            V4,
            list_type=CertListType.DIGESTS,
            signers=tuple(one.der for one in listed),
            created=world.now - DAY,
        )
        octets = exchanged(world.signature(seal), renewed.der)
        assert world.judge(octets, document=DOCUMENT, trust=trust).verdict is expected
