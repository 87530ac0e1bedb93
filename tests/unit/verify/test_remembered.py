"""What one verifier remembers of one document never answers for another: other evidence, another time, another trust."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from cryptography import x509

from tests.verify_world import Signing
from verify.certificates.remembered import MAX_STEP_ITEMS, Remembered, Steps, by_identity
from verify.verdict import Verdict
from verify.verifier import Verifier


def _lists(signing: Signing, revoked_at: datetime) -> list[bytes]:
    serial = signing.keeper.certificate.serial_number
    return signing.crls(revoked={serial: (revoked_at, x509.ReasonFlags.key_compromise)})


def test_a_warm_verifier_says_what_a_fresh_one_says(
    signing: Signing, b_b: bytes, b_t: bytes, b_lt: bytes, b_lta: bytes
) -> None:
    """In whatever order documents come, with whatever evidence inside or beside them, at whatever time."""
    revoked = _lists(signing, signing.now - timedelta(hours=1))
    inside = signing.add_dss(b_t, crls=revoked)
    times = [
        signing.now + timedelta(hours=1),
        signing.now + timedelta(hours=2),
        signing.now + timedelta(days=900),
    ]
    evidence = [signing.crls(), revoked, []]
    warm = Verifier(signing.trust())
    asked = [(data, at, crls) for data in (b_b, inside, b_lt, b_lta) for at in times for crls in evidence]
    random.Random(7).shuffle(asked)
    seen = set()
    for data, at, crls in asked:
        shared = warm.knowing(crls, []).verify(data, at=at)
        assert shared.to_json() == Verifier(signing.trust(crls=crls)).verify(data, at=at).to_json()
        seen.add(shared.verdict)
    assert seen == {Verdict.PASSED, Verdict.FAILED, Verdict.INDETERMINATE}


def test_evidence_inside_one_document_tells_nothing_of_the_next(signing: Signing, b_b: bytes) -> None:
    verifier, at = Verifier(signing.trust()), signing.now + timedelta(hours=1)
    assert verifier.verify(b_b, at=at).verdict is Verdict.PASSED
    revoking = signing.add_dss(b_b, crls=_lists(signing, signing.now - timedelta(hours=1)))
    assert verifier.verify(revoking, at=at).verdict is Verdict.INDETERMINATE
    assert verifier.verify(b_b, at=at).verdict is Verdict.PASSED


def test_two_trust_stores_share_no_judgement(signing: Signing, b_b: bytes) -> None:
    """The certificates are the very same objects for both, and still each answers by its own anchors."""
    at = signing.now + timedelta(hours=1)
    believing, strange = Verifier(signing.trust()), Verifier(Signing().trust())
    for _ in range(2):
        assert believing.verify(b_b, at=at).verdict is Verdict.PASSED
        assert strange.verify(b_b, at=at).verdict is Verdict.INDETERMINATE


def test_equal_objects_are_asked_about_each() -> None:
    remembered: Remembered[str] = Remembered(2)
    one, other = bytes(bytearray(b"equal")), bytes(bytearray(b"equal"))
    remembered.keep((one,), "one", "asked")
    assert remembered.find((one,), "asked") == "one"
    assert remembered.find((other,), "asked") is None
    assert remembered.find((one,), "otherwise") is None
    remembered.keep((other,), "other")
    remembered.keep(("third",), "third")
    assert remembered.find((one,), "asked") is None, "no more than two are kept"


def test_what_is_raised_is_not_remembered() -> None:
    asked = []

    @by_identity(1)
    def work(part: str) -> str:
        asked.append(part)
        if len(asked) == 1:
            raise ValueError(part)
        return part.upper()

    with pytest.raises(ValueError, match="part"):
        work("part")
    assert [work("part"), work("part"), work("other"), work("part")] == ["PART", "PART", "OTHER", "PART"]
    assert asked == ["part", "part", "other", "part"], "only the last one is kept"


def test_steps_have_a_number_of_their_own() -> None:
    """The same steps in the same order share it; another order, a long step and a lonely one do not."""
    steps = Steps()
    both = steps.after(steps.after(0, ("a",)), ("b",))
    assert both == steps.after(steps.after(0, ("a",)), ("b",))
    long = tuple(range(MAX_STEP_ITEMS + 1))
    numbers = [both, steps.after(steps.after(0, ("b",)), ("a",)), steps.alone(), steps.alone()]
    numbers += [steps.after(0, long), steps.after(0, long)]
    assert len(set(numbers)) == len(numbers)
