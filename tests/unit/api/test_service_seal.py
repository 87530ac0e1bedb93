"""The installation's own signature: on a letter it verifies, one changed octet is found, the unit is made once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from api.services import Services
from api.tokens.pin_letter import SIGNED_AT, LetterText, draw_letter
from ca.actor import Actor
from ca.errors import SignatureWithheld
from ca.issuer import UnitPurpose
from hsm.pins import Pin
from verify.verdict import Verdict

CLERK = Actor("person:zhao.lei", "赵磊")
TEXT = LetterText(
    number=7,
    serial="YX-2026-0001",
    application="psb",
    purposes="公章",
    holder="杭州测试云印科技有限公司",
    receiver="李伟",
    tries=6,
    made_at=datetime(2026, 11, 22, tzinfo=UTC),
    demo=True,
)


@pytest.fixture
def letter(services: Services) -> bytes:
    return services.service_seal.sign(draw_letter(TEXT, Pin("24681357")), SIGNED_AT, actor=CLERK)


def test_a_letter_carries_a_signature_that_verifies(services: Services, letter: bytes) -> None:
    report = services.verify(letter, name="letter.pdf")
    assert report.verdict is Verdict.PASSED, report.to_json()
    (signature,) = report.signatures
    assert signature.level == "B-T"
    assert signature.seal is None  # it is a signature of the service, and no seal of the registry


def test_a_changed_octet_is_found(services: Services, letter: bytes) -> None:
    changed = bytearray(letter)
    changed[letter.index(b"stream") + 20] ^= 1
    assert services.verify(bytes(changed), name="letter.pdf").verdict is not Verdict.PASSED


def test_the_unit_is_made_once_and_taken_up_where_it_was_cut_off(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise SignatureWithheld("the token failed")

    with monkeypatch.context() as broken:
        broken.setattr(type(services.authority), "issue", refuse)
        with pytest.raises(SignatureWithheld):
            services.service_seal.ready(actor=CLERK)
    services.service_seal.ready(actor=CLERK)
    services.service_seal.ready(actor=CLERK)
    (unit,) = services.authority.units(UnitPurpose.DOCUMENT)
    assert unit.certificate
    keys = [key for key in services.key_stores.chosen.keys("yinxin-service") if key.uri.object == unit.id]
    assert len(keys) == 1
