"""An assembled installation: foundation, enrolment, seal states, evidence, self-test."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from api.cli import console as api_console
from api.cli.service import reconcile
from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, USCC, approved_seal, enrol_keeper
from api.doctor import Check, Health, examine
from api.errors import DirectIssuanceOff, HomeOccupied, InputInvalid, ReconciliationIncomplete
from api.foundation import lay_foundation
from api.services import Services
from api.tokens.enrolment import EnrolmentOrder, token_of
from ca.certificate import CertificateQuery, RevocationReason
from ca.errors import AuditBroken
from hsm.algorithms import KeyKind
from hsm.errors import HsmError, PinIncorrect
from hsm.pins import Pin
from seals.errors import CertificateUnfit
from seals.seal import SealApplication, SealKind
from tests.conftest import SteppingClock
from tests.unit.api.conftest import OPERATOR, Install
from verify.folder import load_trust

CA_NAME = "印信测试认证中心 TEST"


def quiet(_line: str) -> None:
    """Show no progress."""


@pytest.fixture
def enrolled(services: Services) -> Services:
    services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
    enrol_keeper(services)
    return services


def test_a_second_ceremony_is_refused_and_changes_nothing(services: Services) -> None:
    before = services.evidence.files()
    with pytest.raises(HomeOccupied):
        lay_foundation(services, CA_NAME, actor=OPERATOR, progress=quiet)
    assert services.evidence.files() == before


def test_a_ceremony_that_was_cut_off_is_taken_up(install: Install) -> None:
    services, lines = install(), []

    def cut(line: str) -> None:
        lines.append(line)
        if line.startswith("tsa"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lay_foundation(services, CA_NAME, actor=OPERATOR, progress=cut)
    laid = lay_foundation(services, CA_NAME, actor=OPERATOR, progress=quiet)
    assert laid.hierarchy.seal_maker.certificate
    assert len(load_trust(laid.trust).anchors) == 2  # the root as DER and as PEM


def test_enrolling_again_makes_nothing_twice(enrolled: Services) -> None:
    first, second = enrol_keeper(enrolled), enrol_keeper(enrolled)
    assert first == second
    provider, token = enrolled.key_stores.chosen, token_of(USCC)
    assert len(provider.certificates(token)) == 1
    assert len(enrolled.authority.find(_all(USCC)).items) == 1


def _all(uscc: str):
    from ca.certificate import CertificateQuery

    return CertificateQuery(uscc=uscc)


def test_a_new_token_needs_its_officers_pin_and_a_held_one_the_right_pin(services: Services) -> None:
    services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
    order = EnrolmentOrder(USCC, KEEPER.id, Pin("246810"), None, KeyKind.EC_P256, "request-1")
    with pytest.raises(InputInvalid):
        services.enrolment.enrol(order, actor=OPERATOR)
    enrol_keeper(services)
    with pytest.raises(PinIncorrect):
        services.enrolment.enrol(order, actor=OPERATOR)
    assert len(services.authority.find(_all(USCC)).items) == 1


def test_a_revoked_certificate_binds_to_no_seal(enrolled: Services) -> None:
    certificate = enrolled.enrolment.latest(USCC)
    assert enrolled.enrolment.in_force(certificate.serial) == certificate
    enrolled.authority.revoke(certificate.serial, RevocationReason.SUPERSEDED, actor=OPERATOR)
    with pytest.raises(CertificateUnfit):
        enrolled.enrolment.in_force(certificate.serial)


def test_the_seal_list_is_renewed_by_an_act_or_by_age_and_not_else(
    enrolled: Services, clock: SteppingClock
) -> None:
    states = enrolled.seal_states
    first = states.current()
    assert first is not None
    assert states.current() == first
    clock.advance(timedelta(minutes=5))
    seal = approved_seal(enrolled, enrol_keeper(enrolled))
    second = states.current()
    assert second is not None
    assert second.number == first.number + 1
    enrolled.seals.freeze(seal.code, actor=KEEPER, reason="遗失")
    third = states.current()
    assert third is not None
    assert third.number == second.number + 1
    clock.advance((third.next_update - third.issued_at) / 2 - timedelta(seconds=1))
    assert states.current() == third
    clock.advance(timedelta(seconds=1))
    fourth = states.current()
    assert fourth is not None
    assert fourth.number == third.number + 1


def test_another_process_sees_acts_that_it_did_not_do(
    enrolled: Services, install: Install, clock: SteppingClock
) -> None:
    mine, other = enrolled.seal_states, install().seal_states
    first = mine.current()
    assert other.current() == first
    clock.advance(timedelta(hours=1))
    assert other.current() == first
    enrolled.seals.apply(SealApplication(USCC, SealKind.FINANCE, KEEPER.id), actor=APPLICANT)
    assert other.current() != first


def test_publishing_rewrites_only_what_changed(services: Services) -> None:
    services.evidence.publish()
    times = {path: path.stat().st_mtime_ns for path in services.home.trust.rglob("*") if path.is_file()}
    services.evidence.publish()
    assert {path: path.stat().st_mtime_ns for path in times} == times
    crl = services.home.trust / "crls" / "issuing.crl"
    crl.write_bytes(b"spoilt")
    services.evidence.publish()
    assert crl.read_bytes() == services.crls.current("issuing").der


def test_I21_a_truncated_trail_is_found_by_the_checkpoint_outside(enrolled: Services) -> None:
    made = enrolled.evidence.checkpoint()
    assert made is not None
    assert enrolled.evidence.prove_audit().anchored == made.anchor.number
    with enrolled.engine.begin() as connection:
        from ca.store import audit, audit_head

        connection.execute(audit.delete().where(audit.c.number > 5))
        digest = connection.execute(audit.select().where(audit.c.number == 5)).one().digest
        connection.execute(audit_head.update().values(number=5, digest=digest))
    with pytest.raises(AuditBroken):
        enrolled.evidence.prove_audit()


def test_a_checkpoint_of_another_key_is_refused(enrolled: Services) -> None:
    enrolled.evidence.checkpoint()
    (path,) = enrolled.home.checkpoints.glob("*.json")
    path.write_text(path.read_text().replace('"signature": "M', '"signature": "N'))
    with pytest.raises(AuditBroken):
        enrolled.evidence.prove_audit()


def found(services: Services, subject: str) -> list[Check]:
    return [
        check for check in examine(services) if check.subject == subject and check.health is not Health.OK
    ]


def test_doctor_finds_a_low_and_a_full_disk(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, health in ((400 * 2**20, Health.WARNING), (2**20, Health.BROKEN)):
        usage = shutil._ntuple_diskusage(2**40, 2**40 - free, free)  # type: ignore[attr-defined]
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, usage=usage: usage)
        assert {check.health for check in found(services, "disk")} == {health}
        assert all(check.fix_zh and check.fix_en for check in found(services, "disk"))


def test_doctor_finds_a_clock_set_back(services: Services, clock: SteppingClock) -> None:
    clock.advance(timedelta(hours=-1))
    (check,) = found(services, "clock")
    assert check.health is Health.BROKEN


def test_doctor_finds_a_locked_token(enrolled: Services) -> None:
    provider, token = enrolled.key_stores.chosen, token_of(USCC)
    while provider.probe(token).tries_left:
        with pytest.raises(HsmError):
            provider.keys(token, pin=Pin("000000000000"))
    (check,) = found(enrolled, "token")
    assert check.health is Health.WARNING
    assert token in check.en


def test_I12_doctor_finds_a_revocation_that_waits_for_its_list(
    enrolled: Services, clock: SteppingClock
) -> None:
    serial = enrolled.authority.find(CertificateQuery(profile="enterprise-seal")).items[0].serial
    enrolled.authority.revoke(serial, RevocationReason.SUPERSEDED, actor=OPERATOR)
    clock.advance(timedelta(minutes=15))
    assert found(enrolled, "crl") == []
    enrolled.authority.revoke(
        enrolled.authority.issuer("issuing").x509.serial_number,
        RevocationReason.SUPERSEDED,
        actor=OPERATOR,
        issuer="root",
    )
    clock.advance(timedelta(minutes=16))
    (check,) = found(enrolled, "crl")
    assert check.health is Health.BROKEN
    assert "16" in check.zh
    assert "16" in check.en
    assert found(enrolled, "crl") == [], "having looked, it published"


def test_doctor_survives_a_database_without_tables(install: Install) -> None:
    (check,) = found(install(), "database")
    assert check.health is Health.BROKEN
    assert "yinxin migrate" in check.fix_en


def test_reconcile_says_what_it_closed(services: Services) -> None:
    closed = services.reconcile(APPROVER)
    assert closed
    assert set(closed.values()) == {0}


def test_one_part_that_fails_keeps_no_other_from_its_work(
    services: Services,
    clock: SteppingClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The audit trail is anchored and evidence published whatever else fails; the error names what did (I21)."""

    def fail(_services: object) -> NoReturn:
        raise OverflowError("date value out of range")

    monkeypatch.setattr(type(services.orders.work), "housekeep", fail)
    monkeypatch.setattr(type(services.crls), "reconcile", lambda *_given: fail(None))
    before = services.evidence.prove_audit()
    services.enterprises.register(USCC, "杭州印信示范科技有限公司", actor=APPROVER)
    clock.advance(timedelta(days=1))
    with pytest.raises(ReconciliationIncomplete) as told:
        services.reconcile(APPROVER)
    assert told.value.parts == ("revocation lists", "verification orders")
    assert "verification orders" in told.value.zh
    assert "verification orders" in told.value.en
    assert told.value.counts["uses_expired"] == 0
    assert "revocation lists failed" in caplog.text
    after = services.evidence.prove_audit()
    assert after.anchored > before.anchored


def test_the_command_tells_the_part_that_failed(
    services: Services, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_services: object, _actor: object) -> NoReturn:
        raise HomeOccupied(Path("/x"))

    monkeypatch.setattr(type(services.enrolments), "housekeep", fail)
    monkeypatch.setenv("YINXIN_KEY_STORE", "soft")
    with pytest.raises(ReconciliationIncomplete) as told:
        reconcile(services.settings.home)
    printed = capsys.readouterr()
    assert json.loads(printed.out)["uses_expired"] == 0
    assert "/x" in told.value.zh
    assert api_console.fail(told.value) != 0
    assert "enrolment" in capsys.readouterr().err


def test_in_production_certificates_come_from_the_enrolment_desk(install: Install) -> None:
    """A2: past the desk nothing is issued unless the administrator said so."""
    install().demand_direct_issuance()
    install(direct_issuance=True, production=True).demand_direct_issuance()
    for given in ({"production": True}, {"direct_issuance": False}):
        with pytest.raises(DirectIssuanceOff) as refused:
            install(**given).demand_direct_issuance()
        assert "yinxin ra request" in refused.value.zh


def test_in_production_seals_are_made_and_filed(install: Install) -> None:
    """B3: approval alone files nothing there, unless the administrator said so."""
    assert install().settings.files_directly
    assert install(direct_filing=True, production=True).settings.files_directly
    assert not install(production=True).settings.files_directly
    assert not install(direct_filing=False).settings.files_directly
