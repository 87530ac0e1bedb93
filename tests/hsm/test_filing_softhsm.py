"""The chip in a seal body on a real SoftHSM: its key signs the challenge, nobody else's does (B2, I24)."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
import sqlalchemy as sa

from hsm.cryptoki import CryptokiProvider
from hsm.derivation import Derivation
from hsm.key_uri import KeyUri
from hsm.provider import KeyRing
from hsm.token_chip import TokenChips
from seals.filing.errors import WrongChip
from seals.filing.job import JobStatus
from seals.seal import SealStatus
from tests.conftest import SO_PIN, USER_PIN, SteppingClock
from tests.filing_world import ENGRAVER, make_filing_world
from tests.token_world import make_token_world

pytestmark = pytest.mark.token


def test_B2_B3_a_seal_is_filed_with_a_chip_that_really_signs(
    engine: sa.Engine, softhsm: CryptokiProvider, clock: SteppingClock, tmp_path: Path
) -> None:
    """Apply → order → take → scan → make → challenge answered in the token → offer → deliver → accept."""
    ring = KeyRing({"pkcs11": softhsm})
    if "so-pin-service" not in softhsm.tokens():
        softhsm.create_token("so-pin-service", SO_PIN, USER_PIN)
    master = Derivation(ring, KeyUri("pkcs11", "so-pin-service", "so-pin-master"))
    chips = TokenChips(softhsm, softhsm._counter)
    tokens = make_token_world(engine, clock, tmp_path, chips={"pkcs11": chips}, ring=ring, master=master)
    world = make_filing_world(tokens, tmp_path)
    world.mark = f"FS{secrets.token_hex(4)}"
    place, stranger = world.chip(), world.chip()
    job = world.made()
    asked = world.challenged(job, place)
    wrong = world.signer(stranger).sign(asked.message)
    with pytest.raises(WrongChip):
        world.desk.chip.answer(job.id, asked.id, wrong, actor=ENGRAVER)
    assert world.alarms() == ["WrongChip"]
    world.answered(job, place)
    filed = world.accept(world.deliver(world.desk.workshop.offer(job.id, actor=ENGRAVER)))
    assert (filed.status, filed.chip) == (JobStatus.FILED, place.token)
    assert world.seal(job).status is SealStatus.ACTIVE
    (stored,) = softhsm.keys(f"{place.token}/{place.application}", pin=world.pins[place.token])
    assert (stored.extractable, stored.sensitive, stored.always_sensitive) == (False, True, True)
