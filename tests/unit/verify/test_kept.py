"""Authorities that tell of certificates after their end (X.509 expiredCertsOnCRL, RFC 6960 archive cutoff), and those that do not.

A stamped signature whose certificate has ended since, judged by news of today: lists of qualified authorities keep what ended
(EN 319 411-2 §6.3.10), others drop it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
from cryptography import x509

from ca import der
from tests.pki import Party, said_anew
from tests.verify_world import Signing
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict

DAY: Final = timedelta(days=1)
END: Final = 2 * DAY
"""When the keeper's certificate ends, from when it seals."""
TODAY, LONG = 30 * DAY, 60 * DAY
EXPIRED_CERTS_ON_CRL: Final = x509.ObjectIdentifier("2.5.29.60")
ARCHIVE_CUTOFF: Final = "1.3.6.1.5.5.7.48.1.6"
GOOD, NO_NEWS = (Verdict.PASSED, None), (Verdict.INDETERMINATE, SubIndication.TRY_LATER)


@pytest.fixture
def keeper(signing: Signing) -> Party:
    return signing.pki.party(not_after=signing.now + END)


def lists(signing: Signing, kept: bytes | None = None, **how: Any) -> list[bytes]:
    """Make the lists of today, that of the keeper's authority with what it says of ended certificates."""
    times = {"this_update": signing.now + TODAY, "next_update": signing.now + LONG}
    extra = [] if kept is None else [(x509.UnrecognizedExtension(EXPIRED_CERTS_ON_CRL, kept), False)]
    return [signing.pki.crl(extra=extra, **times, **how), signing.pki.crl(signing.pki.root, **times)]


def judged(signing: Signing, keeper: Party, trust: TrustStore) -> tuple[Verdict, SubIndication | None]:
    data = signing.sign(keeper=keeper, stamp=True)
    (found,) = signing.verify(data, trust=trust, at=signing.now + TODAY + DAY).signatures
    return found.verdict, found.sub_indication


@pytest.mark.parametrize(
    ("since", "expected"),
    [(-800 * DAY, GOOD), (END, GOOD), (END + DAY, NO_NEWS), (None, NO_NEWS)],
    ids=["of years", "of that day", "of the day after", "of none"],
)
def test_a_list_that_keeps_what_has_ended(
    signing: Signing, keeper: Party, since: timedelta | None, expected: object
) -> None:
    kept = None if since is None else der.generalized_time(signing.now + since)
    assert judged(signing, keeper, signing.trust(lists(signing, kept))) == expected


@pytest.mark.parametrize("kept", [b"", der.null(), b"\x18\x0f20261399000000Z", b"\x17\x0d200101000000Z"])
def test_what_is_no_time_keeps_nothing(signing: Signing, keeper: Party, kept: bytes) -> None:
    assert judged(signing, keeper, signing.trust(lists(signing, kept))) == NO_NEWS


def test_what_it_keeps_counts(signing: Signing, keeper: Party) -> None:
    kept = der.generalized_time(signing.now - 800 * DAY)
    revoked = {keeper.certificate.serial_number: (signing.now - DAY, x509.ReasonFlags.unspecified)}
    verdict, sub = judged(signing, keeper, signing.trust(lists(signing, kept, revoked=revoked)))
    assert (verdict, sub) == (Verdict.FAILED, SubIndication.REVOKED)


def cut_off(moment: bytes) -> Callable[[bytes], bytes]:
    """Add an archive cutoff to the only answer."""
    one = der.sequence(der.oid(ARCHIVE_CUTOFF), der.octet_string(moment))

    def change(said: bytes) -> bytes:
        parts = list(der.Reader(said).enter(der.SEQUENCE).elements())
        place = next(place for place, part in enumerate(parts) if part[0] == der.SEQUENCE)
        (single,) = der.Reader(parts[place]).enter(der.SEQUENCE).elements()
        fields = der.Reader(single).enter(der.SEQUENCE).elements()
        parts[place] = der.sequence(der.sequence(*fields, der.explicit(1, der.sequence(one))))
        return der.sequence(*parts)

    return change


@pytest.mark.parametrize(
    ("since", "life", "expected"),
    [(-800 * DAY, LONG, GOOD), (END + DAY, LONG, NO_NEWS), (-800 * DAY, TODAY - DAY, NO_NEWS)],
    ids=["of years", "of the day after", "by a responder that has ended"],
)
def test_an_answer_about_what_has_ended(
    signing: Signing, keeper: Party, since: timedelta, life: timedelta, expected: object
) -> None:
    """RFC 6960 §4.4.4; a key whose certificate has ended may be anybody's, and dates what it says as it likes."""
    today = signing.now + TODAY
    party = signing.pki.responder(not_before=signing.now, not_after=signing.now + life)
    made = signing.pki.ocsp(
        keeper.certificate,
        responder=party,
        this_update=today,
        next_update=signing.now + LONG,
        produced_at=min(today, signing.now + life),
    )
    answer = said_anew(made, party.key, cut_off(der.generalized_time(signing.now + since)))
    trust = TrustStore([signing.pki.root.certificate], crls=lists(signing), ocsp=[answer])
    assert judged(signing, keeper, trust) == expected
