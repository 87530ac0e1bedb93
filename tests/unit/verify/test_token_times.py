"""What a time-stamp proves of a time: only as exactly as it says, and only if its authority was one then (D2).

The keeper was revoked ten days ago: whatever proves the signature older saves it, and whatever does not, does not.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from ca import der
from tests.pki import Party, Pki
from tests.trust_list_world import Publisher, granted, service, withdrawn
from tests.unit.verify.test_certificates import restamped
from tests.verify_world import NOW, Signing
from verify.report import Indication, SignatureReport, TimeSource
from verify.trust import TrustStore
from verify.trusted_lists.model import Period, ServiceKind

DAY = timedelta(days=1)
SAVED, LOST = ("TOTAL-PASSED", None), ("INDETERMINATE", "REVOKED_NO_POE")


class Older(Signing):
    """A hierarchy that is older than what it is asked about; the unit that stamps is its own unless another is given."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.__dict__["pki"] = Pki(NOW - 200 * DAY)
        self.__dict__["keeper"] = self.pki.party(not_before=NOW - 100 * DAY)
        self.serial = self.keeper.certificate.serial_number

    def unit(self, since: int = 100, until: int = -100, pki: Pki | None = None) -> Party:
        """Make a time-stamp unit in force from so many days ago until so many days ago, with the key of all of them."""
        changes = {"not_before": NOW - since * DAY, "not_after": NOW - until * DAY}
        return (pki or self.pki).tsa(key=self.tsa.key, **changes)

    def lists(self) -> list[bytes]:
        """Return the lists of today, on which the keeper is."""
        reason = x509.ReasonFlags.key_compromise
        entries = {self.serial: (NOW - 10 * DAY, reason)}
        return [
            self.pki.crl(self.pki.root, this_update=NOW),
            self.pki.crl(revoked=entries, this_update=NOW),
        ]

    def judged(self, data: bytes, trust: TrustStore | None = None) -> SignatureReport:
        return self.only(data, trust=trust or self.trust(crls=self.lists()))


@pytest.fixture(scope="module")
def older() -> Older:
    return Older()


def outcome(found: SignatureReport) -> tuple[str, str | None]:
    return found.indication.value, None if found.sub_indication is None else found.sub_indication.value


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [(100, -100, SAVED), (20, -100, SAVED), (10, -100, LOST), (100, 15, LOST)],
    ids=[
        "in force",
        "since that very second",
        "younger than its token",
        "ended since, and nothing proves more",
    ],
)
def test_a_unit_was_in_force_when_it_stamped(older: Older, since: int, until: int, expected: object) -> None:
    """RFC 5280 §4.1.2.5: a key certified today has stamped nothing three weeks ago, whatever it writes."""
    stamper = older.stamper(NOW - 20 * DAY, older.unit(since, until))
    found = older.judged(older.sign(stamper=stamper))
    assert outcome(found) == expected
    assert (found.time.source is TimeSource.TSA) is (expected is SAVED)


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ([granted(NOW - 100 * DAY)], SAVED),
        ([granted(NOW - 5 * DAY)], LOST),
        ([granted(NOW - 5 * DAY), withdrawn(NOW - 100 * DAY)], LOST),
        ([granted(NOW - 5 * DAY), withdrawn(NOW - 12 * DAY), granted(NOW - 100 * DAY)], SAVED),
        ([withdrawn(NOW - 5 * DAY), granted(NOW - 100 * DAY)], LOST),
    ],
    ids=["all along", "listed later", "withdrawn then", "granted then and now", "withdrawn since"],
)
def test_a_list_had_granted_the_service_when_it_stamped(
    older: Older, periods: list[Period], expected: object
) -> None:
    """ETSI TS 119 615: a service that is trusted today may not have been when the token says that it worked."""
    unit = older.unit(pki=Pki(NOW - 200 * DAY, name="另一家 TEST"))
    publisher = Publisher(NOW)
    listed = publisher.read(publisher.list(service(unit.der, kind=ServiceKind.TSA, periods=periods)))
    trust = TrustStore([older.pki.root.certificate], crls=older.lists(), lists=[listed])
    assert outcome(older.judged(older.sign(stamper=older.stamper(NOW - 20 * DAY, unit)), trust)) == expected


def accuracy(seconds: int, millis: int = 0) -> bytes:
    """Write the time of a token with its accuracy behind it, as a replacement of the time alone."""
    fine = der.tlv(0x80, bytes(der.integer(millis)[2:])) if millis else b""
    return rb"\g<0>" + der.sequence(der.integer(seconds), fine).replace(b"\\", b"\\\\")


@pytest.mark.parametrize(
    ("stated", "days", "off", "expected"),
    [
        (accuracy(1), 20, 0, SAVED),
        (accuracy(0, 500), 20, 0, SAVED),
        (accuracy(1, 1), 20, 0, SAVED),
        (accuracy(60), 20, 60, SAVED),
        (accuracy(60), 0, 0, ("TOTAL-FAILED", "REVOKED")),
        (accuracy(30 * 86_400), 20, 0, LOST),
        (accuracy(1 << 40), 20, 0, LOST),
        (accuracy(-1), 20, 0, LOST),
    ],
    ids=[
        "a second",
        "half a second",
        "a second and a bit",
        "a minute",
        "a minute, just now",
        "a month",
        "any time",
        "less than nothing",
    ],
)
def test_a_time_counts_with_the_accuracy_that_it_states(
    older: Older, stated: bytes, days: int, off: int, expected: object
) -> None:
    """RFC 3161 §2.4.2: the stated time and its accuracy are the upper limit; beyond an hour there is none worth the name."""
    older.__dict__["tsa"] = older.unit()
    then = NOW - days * DAY
    found = older.judged(older.sign(stamper=restamped(older, stated, at=then)))
    assert outcome(found) == expected
    if expected is SAVED:
        assert found.time.value == then + timedelta(seconds=off)
    if expected is LOST:
        assert any("误差超过一小时" in note.zh or "malformed" in note.en for note in found.notes)


def test_a_revocation_within_the_accuracy_of_the_time_came_first(older: Older) -> None:
    """Half a minute after a time that is a minute off nobody can tell which was first."""
    older.__dict__["tsa"] = older.unit()
    then = NOW - 10 * DAY - timedelta(seconds=30)
    exact = older.judged(older.sign(stamper=restamped(older, accuracy(1), at=then)))
    rough = older.judged(older.sign(stamper=restamped(older, accuracy(60), at=then)))
    assert (outcome(exact), outcome(rough)) == (SAVED, ("TOTAL-FAILED", "REVOKED"))


def test_what_is_wrong_with_a_token_is_told_of_the_token(signing: Signing) -> None:
    """Whoever reads that a document was changed since asks for another, while the document is whole and its time alone unproved."""
    sealed = signing.sign(stamp=True)
    head, _, tail = sealed.partition(b"/Contents <")
    digits, end = tail.split(b">", 1)
    octets = bytearray.fromhex(digits.decode())
    stamped = octets.index(der.oid("1.2.840.113549.1.9.16.1.4"))
    octets[octets.index(b"\x18\x0f", stamped) + 5] ^= 1  # genTime of TSTInfo
    broken = head + b"/Contents <" + octets.hex().encode() + b">" + end
    found = signing.only(broken)
    assert (found.indication, found.time.trusted) == (Indication.TOTAL_PASSED, False)
    assert any("时间戳自身的内容" in note.zh for note in found.notes), found.notes
