"""The keeper's key in a real token: the PIN is counted, nothing is half made, the retry succeeds (A3, C4)."""

from __future__ import annotations

import os
import secrets
import signal
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ca.certificate import CertificateRequest, SubjectName
from ca.profile import ENTERPRISE_SEAL
from hsm.algorithms import KeyKind
from hsm.errors import HsmError, PinIncorrect
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.provider import KeyRing
from seals.seal import SealApplication, SealKind
from seals.store import seal_permit
from signing.making import SealingTools, Step
from signing.service import SealingService
from signing.store import sealing
from signing.writ import WritDesk
from tests.conftest import SO_PIN, SteppingClock
from tests.pki import CLERK, COMPANY, USCC
from tests.unit.signing.office import APPLICANT, APPROVER, KEEPER, Office, make_office, order
from verify.verdict import Verdict

if TYPE_CHECKING:
    from hsm.cryptoki import CryptokiProvider

PIN = Pin("135790")


@pytest.fixture
def office(engine, clock: SteppingClock, tmp_path: Path) -> Office:
    return make_office(engine, clock, tmp_path / "archive", lambda _now: timedelta(0))


class TokenOffice:
    """The office again, its seal's key in a token of the given provider."""

    def __init__(self, office: Office, provider: CryptokiProvider) -> None:
        self.office, self.provider = office, provider
        self.token = f"keeper-{secrets.token_hex(4)}"
        provider.create_token(self.token, SO_PIN, PIN)
        wanted = KeyUri(provider.scheme, self.token, "seal")
        self.uri = provider.generate(wanted, KeyKind.EC_P256, pin=PIN)
        (key,) = provider.keys(self.token, pin=PIN)
        assert not key.extractable
        request = CertificateRequest(ENTERPRISE_SEAL.id, SubjectName(COMPANY, COMPANY, USCC), key.public_key)
        issued = office.world.authority.issue(request, request_key=self.token, actor=CLERK)
        applied = office.registry.apply(SealApplication(USCC, SealKind.INVOICE, KEEPER.id), actor=APPLICANT)
        self.seal = office.registry.approve(applied.code, actor=APPROVER, certificate=issued)
        assert self.seal.electronic.certificate is not None
        office.ledger.bind_key(self.seal.electronic.certificate.sha256, str(self.uri), actor=CLERK)
        ring = KeyRing({office.world.provider.scheme: office.world.provider, provider.scheme: provider})
        tools, old = office.tools, office.tools.writs
        self.tools = SealingTools(
            tools.ledger, WritDesk(ring, office.registry, office.ledger, old._evidence),
            tools.stamper, tools.check, tools.archive,
        )  # fmt: skip
        self.service = SealingService(self.tools, office.clock)

    @property
    def worker_pid(self) -> int:
        """The process that holds this token, and no other's."""
        worker = self.provider._slots[self.token]._worker
        assert worker is not None
        return worker.pid

    def wish(self):
        return order(seal_code=self.seal.code)


@pytest.fixture
def held(office: Office, softhsm: CryptokiProvider) -> TokenOffice:
    return TokenOffice(office, softhsm)


@pytest.mark.token
def test_a_seal_made_with_a_key_in_a_token_passes(held: TokenOffice):
    sealed = held.service.seal(held.wish(), actor=KEEPER, pin=PIN)
    assert sealed.report.verdict is Verdict.PASSED


@pytest.mark.token
def test_a_wrong_pin_is_counted_once_and_leaves_nothing(held: TokenOffice):
    before = held.provider.probe(held.token).tries_left
    with pytest.raises(PinIncorrect) as refused:
        held.service.seal(held.wish(), actor=KEEPER, pin=Pin("908172"))
    assert refused.value.left == before - 1
    assert held.provider.probe(held.token).tries_left == before - 1
    office = held.office
    assert [row.state for row in office.rows(seal_permit)] == ["released"]
    assert [row.state for row in office.rows(sealing)] == ["failed"]
    assert office.left_over() == []
    assert "908172" not in "".join(str(row) for row in office.rows(sealing))
    sealed = held.service.seal(held.wish(), actor=KEEPER, pin=PIN)
    assert sealed.report.verdict is Verdict.PASSED


@pytest.mark.token
def test_a_token_worker_killed_before_the_signature_ends_in_a_refusal_or_a_recovery(held: TokenOffice):
    """C4: the process that holds the token dies between permit and signature."""
    office = held.office

    def kill(step: Step) -> None:
        if step is Step.PERMITTED:
            os.kill(held.worker_pid, signal.SIGKILL)

    service = SealingService(held.tools, office.clock, passing=kill)
    try:
        sealed = service.seal(held.wish(), actor=KEEPER, pin=PIN)
    except HsmError:
        assert [row.state for row in office.rows(seal_permit)] == ["released"]
        assert office.left_over() == []
        sealed = held.service.seal(held.wish(), actor=KEEPER, pin=PIN)
    assert sealed.report.verdict is Verdict.PASSED
    assert [row.state for row in office.rows(seal_permit)].count("used") == 1
