"""What ends between the signer's own date and a proof of it: certificate, seal, suspension; a proof from behind proves nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from seals.seal import SealStatus
from seals.ses.parts import SesVersion
from tests.pki import Party
from tests.ses_world import DAY, DOCUMENT, SesSealing, sealing, step
from verify.ses.report import SealDataReport
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

HOUR = timedelta(hours=1)
REASON = x509.ReasonFlags


@pytest.fixture(scope="module")
def world() -> SesSealing:
    return sealing()


def used(world: SesSealing, crls: list[bytes] | None = None, **how: Any) -> SealDataReport:
    """Judge a use that is dated two hours back."""
    how.setdefault("esl", world.esl(created=world.now - DAY))
    data = world.signature(time=world.now - 2 * HOUR, **how)
    return world.judge(data, trust=world.trust(crls), document=DOCUMENT)


def lists(world: SesSealing, since: Any, reason: x509.ReasonFlags | None, at: Any = None) -> list[bytes]:
    entry = (since, reason or REASON.unspecified)
    return world.crls(
        revoked={world.keeper.certificate.serial_number: entry}, this_update=at or world.now + HOUR / 2
    )


@pytest.mark.parametrize("reason", [None, REASON.superseded, REASON.affiliation_changed])
def test_a_stamp_from_behind_the_revocation_proves_no_earlier_use(world: SesSealing, reason: Any) -> None:
    """The keeper who has left dates back and buys a time-stamp today."""
    late = used(world, lists(world, world.now - HOUR, reason), stamped=True)
    assert (late.verdict, late.sub_indication) == (Verdict.INDETERMINATE, SubIndication.REVOKED_NO_POE)
    assert step(late, "signature-time-stamp").state.value == "passed"
    before = used(world, lists(world, world.now + HOUR / 4, reason), stamped=True)
    assert before.verdict is Verdict.PASSED, before.reason
    claimed = used(world, lists(world, world.now - HOUR, reason))
    assert claimed.verdict is Verdict.PASSED, (
        "the standards go by the signer's date where nothing else is known"
    )


def test_a_stamp_from_behind_the_certificates_end_proves_no_earlier_use(world: SesSealing) -> None:
    ended = world.pki.party(not_after=world.now - HOUR)
    kept = world.pki.party(not_after=world.now + HOUR)
    for keeper, expected in ((ended, SubIndication.OUT_OF_BOUNDS_NO_POE), (kept, None)):
        found = used(
            world, esl=world.esl(signers=(keeper.der,), created=world.now - DAY), signer=keeper, stamped=True
        )
        assert step(found, "signer-validity").sub_indication is expected


def test_a_stamp_from_behind_the_seals_end_proves_no_earlier_use(world: SesSealing) -> None:
    for end, expected in ((world.now - HOUR, SubIndication.OUT_OF_BOUNDS_NO_POE), (world.now + HOUR, None)):
        found = used(world, esl=world.esl(created=world.now - DAY, valid_to=end), stamped=True)
        assert step(found, "signature-time-stamp").sub_indication is expected


def test_a_reason_that_was_raised_later_is_not_hidden_by_an_older_list(world: SesSealing) -> None:
    """RFC 5280 §5.3.1: an authority learns later that the key was stolen; whoever dates back brings the older list along."""
    since = world.now - HOUR
    (older, *_), (newer, *rest) = (
        lists(world, since, REASON.superseded, world.now - HOUR / 2),
        lists(world, since, REASON.key_compromise),
    )
    (moved, *_) = lists(world, since + HOUR / 4, REASON.key_compromise)
    assert used(world, [older, *rest]).verdict is Verdict.PASSED, (
        "superseded alone says nothing against the key"
    )
    for order in ([older, newer], [newer, older], [older, moved], [moved, older], [newer]):
        found = used(world, [*order, *rest])
        assert (found.verdict, found.sub_indication) == (Verdict.INDETERMINATE, SubIndication.REVOKED_NO_POE)


def test_a_suspension_that_lasts_is_doubt_and_one_that_was_lifted_is_none(world: SesSealing) -> None:
    held = lists(world, world.now - HOUR, REASON.certificate_hold)
    for stamped in (False, True):
        found = used(world, held, stamped=stamped)
        assert (found.verdict, found.sub_indication) == (Verdict.INDETERMINATE, SubIndication.TRY_LATER)
    assert "暂停" in found.reason.zh
    proved = lists(world, world.now + HOUR / 4, REASON.certificate_hold)
    assert used(world, proved, stamped=True).verdict is Verdict.PASSED
    assert used(world, [*lists(world, world.now - HOUR, REASON.certificate_hold, world.now - HOUR / 2), *world.crls()]).verdict is Verdict.PASSED  # fmt: skip


@pytest.mark.parametrize("stamped", [False, True])
def test_a_seal_that_was_stopped_and_resumed_since_needs_an_earlier_proof(
    world: SesSealing, stamped: bool
) -> None:
    """Whoever had it while it was reported lost dates back to before the loss; that it came back changes nothing."""

    def state(*moves: Any, time: timedelta) -> Any:
        listed = world.status_list((world.now - DAY, SealStatus.ACTIVE), *moves)
        report = Verifier(world.trust(seal_lists=[listed])).verify(
            world.signature(time=world.now + time, stamped=stamped), at=world.now + HOUR
        )
        return step(report, "registry-state")  # type: ignore[arg-type]

    lost = ((world.now - HOUR, SealStatus.FROZEN), (world.now + HOUR / 4, SealStatus.ACTIVE))
    found = state(*lost, time=-2 * HOUR)
    assert (found.state.value, found.sub_indication) == ("indeterminate", SubIndication.SEAL_STATUS_UNKNOWN)
    before = ((world.now - 4 * HOUR, SealStatus.FROZEN), (world.now - 3 * HOUR, SealStatus.ACTIVE))
    assert state(*before, time=-2 * HOUR).state.value == "passed"
    after = ((world.now + HOUR / 4, SealStatus.FROZEN), (world.now + HOUR / 3, SealStatus.ACTIVE))
    assert (state(*after, time=timedelta(0)).state.value == "passed") is stamped


def made(world: SesSealing, maker: Party, version: SesVersion, *, stamped: bool = False) -> bytes:
    """Make a seal six hours ago, by its own date; its own time-stamp is of now."""
    then = world.now - 6 * HOUR
    return world.esl(version, maker=maker, created=then, valid_from=then, stamped=stamped)


def ended_makers(world: SesSealing, at: Any) -> list[tuple[Party, list[bytes], SubIndication]]:
    """Return a maker that was revoked, and one that had an end, at a time; each with lists of then and of now."""
    revoked, short = world.pki.seal_maker(), world.pki.seal_maker(not_after=at)
    ends = {revoked.certificate.serial_number: (at, REASON.affiliation_changed)}
    later = world.crls(revoked=ends, this_update=world.now + HOUR / 2)
    before = world.crls(this_update=at - HOUR / 4)
    return [
        (revoked, later, SubIndication.REVOKED_NO_POE),
        (short, [*before, *world.crls(this_update=world.now + HOUR / 2)], SubIndication.OUT_OF_BOUNDS_NO_POE),
    ]


def test_a_seal_that_was_stamped_after_its_makers_end_is_not_proved_older(world: SesSealing) -> None:
    """GM/T 0031-2025 goes by the date of making, which whoever kept the maker's key writes; without a stamp the end is told."""
    for maker, crls, doubt in ended_makers(world, world.now - 3 * HOUR):
        trust = world.trust(crls)
        late = world.judge(made(world, maker, SesVersion.V5, stamped=True), trust=trust)
        assert (late.verdict, late.sub_indication) == (Verdict.INDETERMINATE, doubt)
        assert step(late, "seal-time-stamp").state.value == "passed"
        claimed = world.judge(made(world, maker, SesVersion.V5), trust=trust)
        assert claimed.verdict is Verdict.PASSED, claimed.reason
        assert any("仅作提示" in note.zh for note in claimed.notes)
    for maker, crls, _ in ended_makers(world, world.now + HOUR / 4):
        proved = world.judge(made(world, maker, SesVersion.V5, stamped=True), trust=world.trust(crls))
        assert proved.verdict is Verdict.PASSED, proved.reason


def test_a_use_that_was_stamped_after_its_makers_end_is_not_proved_older(world: SesSealing) -> None:
    """GB/T 38540 asks for the maker at the time of use, the signer's word; GM/T 0031-2025 when the seal was made."""
    for end, expected in ((world.now - HOUR, Verdict.INDETERMINATE), (world.now + HOUR / 4, Verdict.PASSED)):
        for maker, crls, doubt in ended_makers(world, end):
            found = used(world, crls, esl=made(world, maker, SesVersion.V4), stamped=True)
            assert found.verdict is expected, found.reason
            assert found.verdict is Verdict.PASSED or found.sub_indication is doubt
            assert used(world, crls, esl=made(world, maker, SesVersion.V4)).verdict is Verdict.PASSED
            newer = used(world, crls, esl=made(world, maker, SesVersion.V5), version=5, stamped=True)
            assert newer.verdict is Verdict.PASSED, newer.reason
