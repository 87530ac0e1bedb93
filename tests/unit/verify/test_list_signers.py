"""Who may say that a certificate is not revoked: other keys, delta lists, lists over some reasons, lists for others.

Each test is an attack: a revoked certificate for which somebody hands in a list that does not have it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ca.certificate import SubjectName
from ca.profile import ENTERPRISE_SEAL, ISSUING
from tests.conftest import SteppingClock
from tests.pki import Party, Pki, builders_key
from verify.certificates import lists
from verify.certificates.paths import PathFinder
from verify.certificates.revocation import Evidence, Freshness, state_at
from verify.trust import TrustStore

FRESH = Freshness(timedelta(days=7), timedelta(minutes=5))
R = x509.ReasonFlags
COMPROMISE = frozenset({R.key_compromise, R.ca_compromise})
OTHERS = frozenset(R) - COMPROMISE - {R.unspecified, R.remove_from_crl}


class Court:
    """One hierarchy, one keeper, and the lists that are handed in."""

    def __init__(self, clock: SteppingClock) -> None:
        self.pki = Pki(clock())
        self.now = self.pki.now
        self.keeper = self.pki.party()

    def crl(self, signer: Party, *extensions: tuple[x509.ExtensionType, bool], **parts: object) -> bytes:
        """Make a list in the name of ``called`` (default: the signer's), with the keeper on it if ``reason`` is given."""
        called = parts.get("called", signer.certificate.subject)
        start = parts.get("at", self.now)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(called)  # type: ignore[arg-type]
            .last_update(start)  # type: ignore[arg-type]
            .next_update(start + timedelta(days=7))  # type: ignore[operator]
            .add_extension(x509.CRLNumber(int(str(parts.get("number", 1)))), critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        for _ in range(int(str(parts.get("before", 0)))):
            other = x509.RevokedCertificateBuilder().serial_number(x509.random_serial_number())
            builder = builder.add_revoked_certificate(other.revocation_date(self.now).build())
        reason = parts.get("reason")
        if isinstance(reason, R):
            entry = x509.RevokedCertificateBuilder().serial_number(self.keeper.certificate.serial_number)
            entry = entry.revocation_date(self.now - timedelta(hours=1))
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            whose = parts.get("entry")
            if isinstance(whose, x509.CertificateIssuer):
                entry = entry.add_extension(whose, critical=True)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(builders_key(signer.key), hashes.SHA256()).public_bytes(Encoding.DER)

    def state(self, *lists: bytes, extra: tuple[Party, ...] = ()) -> str:
        """Judge the keeper by these lists and the root's."""
        trust = TrustStore([self.pki.root.certificate], [self.pki.issuing.certificate])
        evidence = Evidence(PathFinder(trust))
        evidence.learn([one.certificate for one in extra])
        evidence.add([*lists, self.pki.crl(self.pki.root)], [], embedded=False)
        chain = (self.keeper.certificate, self.pki.issuing.certificate, self.pki.root.certificate)
        return state_at(self.keeper.certificate, evidence.facts(chain, 0), self.now, FRESH).status

    def namesake(self, **changes: object) -> Party:
        """Make another key under the issuing CA's name."""
        made = {"issuer": self.pki.root, "key_usage": ("crl_sign",), **changes}
        return self.pki.make(ISSUING, self.pki.issuing.certificate.subject, **made)


@pytest.fixture
def court(clock: SteppingClock) -> Court:
    return Court(clock)


def test_another_key_of_the_issuer_signs_its_lists(court: Court) -> None:
    """A key for lists alone, certified by who certified the issuer: shown, and known to be good itself."""
    signer = court.namesake()
    assert court.state(court.crl(signer), extra=(signer,)) == "good"
    assert court.state(court.crl(signer)) == "unknown", "a signer that nobody shows"


def test_a_list_signer_does_not_vouch_for_itself(court: Court) -> None:
    """Certified by the issuer itself, the signer would stand on its own list: another one must speak for it."""
    signer = court.namesake(issuer=court.pki.issuing)
    handed = court.crl(signer)
    assert court.state(handed, extra=(signer,)) == "unknown"


def test_an_authority_below_the_same_anchor_cannot_take_the_issuers_name(court: Court) -> None:
    """RFC 5280 §6.3.3 (f) asks for the same anchor and the same name: any neighbour could make himself both."""
    neighbour = court.pki.make(
        ISSUING, SubjectName("邻居 TEST", "邻居 TEST"), issuer=court.pki.root, path_length=None
    )
    forged = court.namesake(issuer=neighbour)
    assert court.state(court.crl(forged), extra=(forged, neighbour)) == "unknown"


@pytest.mark.parametrize("wrong", ["use", "revoked", "expired", "other key"])
def test_a_list_signer_in_no_good_standing_clears_nobody(court: Court, wrong: str) -> None:
    changes: dict[str, object] = {}
    if wrong == "use":
        changes["key_usage"] = ("key_cert_sign",)
    if wrong == "expired":
        changes |= {"not_before": court.now - timedelta(days=9), "not_after": court.now - timedelta(days=1)}
    signer = court.namesake(**changes)
    handed = court.crl(court.namesake() if wrong == "other key" else signer)
    lists = [handed]
    if wrong == "revoked":
        serial = signer.certificate.serial_number
        revoked = {serial: (court.now, R.key_compromise)}
        lists.append(court.pki.crl(court.pki.root, revoked, number=2, this_update=court.now))
    assert court.state(*lists, extra=(signer,)) == "unknown"


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
OWN_NAMES = x509.NameConstraints(None, [x509.RFC822Name("elsewhere.test")])


@pytest.mark.parametrize(
    ("extra", "expected"),
    [([(UNKNOWN, True)], "unknown"), ([(UNKNOWN, False)], "good"), ([(OWN_NAMES, True)], "good")],
    ids=["an unknown critical extension", "one that is not critical", "another key of a CA with constraints"],
)
def test_a_list_signers_certificate_is_held_to_the_rules_of_a_path(
    court: Court, extra: list[object], expected: str
) -> None:
    """RFC 5280 §4.2: the certificate of another key counts as one of a path does."""
    signer = court.namesake(extra=extra)
    assert court.state(court.crl(signer), extra=(signer,)) == expected


@pytest.mark.parametrize(("days", "expected"), [(30, "good"), (2, "unknown")])
def test_a_list_knows_nothing_of_a_time_after_its_signers_end(court: Court, days: int, expected: str) -> None:
    """The key of a signer that ended dates a list into its life, and promises the next for whenever it likes."""
    then = court.now - timedelta(days=3)
    signer = court.namesake(not_before=then - timedelta(days=1), not_after=then + timedelta(days=days))
    root = court.pki.crl(court.pki.root, this_update=then)
    handed = court.crl(signer, at=then)
    assert court.state(handed, root, extra=(signer,)) == expected


def scope(**parts: object) -> tuple[x509.ExtensionType, bool]:
    given: dict[str, object] = dict.fromkeys(("full_name", "relative_name", "only_some_reasons"))
    given |= dict.fromkeys(
        (
            "only_contains_user_certs",
            "only_contains_ca_certs",
            "indirect_crl",
            "only_contains_attribute_certs",
        ),
        False,
    )
    return (x509.IssuingDistributionPoint(**given | parts), True)  # type: ignore[arg-type]


def test_a_list_over_some_reasons_proves_nothing_good_alone(court: Court) -> None:
    """Revoked for a compromised key, the serial never stands on the list of the other reasons."""
    issuing = court.pki.issuing
    others = court.crl(issuing, scope(only_some_reasons=OTHERS))
    compromise = court.crl(issuing, scope(only_some_reasons=COMPROMISE))
    assert court.state(others) == "unknown"
    assert court.state(compromise) == "unknown"
    assert court.state(others, compromise) == "good"
    gone = court.crl(issuing, scope(only_some_reasons=COMPROMISE), reason=R.key_compromise)
    assert court.state(others, gone) == "revoked"


def test_parts_are_as_old_as_the_oldest(court: Court) -> None:
    """A fresh list of some reasons does not freshen a stale one of the others."""
    issuing, old = court.pki.issuing, court.now - timedelta(days=30)
    stale = court.crl(issuing, scope(only_some_reasons=COMPROMISE), at=old)
    assert court.state(court.crl(issuing, scope(only_some_reasons=OTHERS)), stale) == "unknown"


def delta(base: int) -> tuple[x509.ExtensionType, bool]:
    return (x509.DeltaCRLIndicator(base), True)


def test_a_delta_list_says_nothing_good_without_what_it_changes(court: Court) -> None:
    """It only has what changed: whoever was revoked before is not on it."""
    issuing, old = court.pki.issuing, court.now - timedelta(days=30)
    change = court.crl(issuing, delta(5), number=7)
    assert court.state(change) == "unknown"
    assert court.state(change, court.crl(issuing, number=4, at=old)) == "unknown", (
        "an older list than it changes"
    )
    assert court.state(change, court.crl(issuing, number=6, at=old)) == "good"
    assert court.state(change, court.crl(issuing, number=6, at=old, reason=R.superseded)) == "revoked"
    assert court.state(court.crl(issuing, delta(5), number=7, reason=R.superseded)) == "revoked"


def test_a_delta_list_keeps_a_hold_and_lifts_it_only_by_name(court: Court) -> None:
    issuing, before = court.pki.issuing, court.now - timedelta(hours=2)
    held = court.crl(issuing, number=6, at=before, reason=R.certificate_hold)
    assert court.state(held, court.crl(issuing, delta(6), number=7)) == "on_hold"
    lifted = court.crl(issuing, delta(6), number=7, reason=R.remove_from_crl)
    assert court.state(held, lifted) == "good"
    gone = court.crl(issuing, number=6, at=before, reason=R.key_compromise)
    assert court.state(gone, lifted) == "revoked", "what is revoked for good is not brought back"


def test_an_indirect_list_counts_only_where_the_certificate_names_its_issuer(court: Court) -> None:
    other = court.pki.make(ISSUING, SubjectName("清单 TEST", "清单 TEST"), issuer=court.pki.root)
    listed = court.crl(other, scope(indirect_crl=True))
    assert court.state(listed, extra=(other,)) == "unknown"
    directory = [x509.DirectoryName(other.certificate.subject)]
    points = x509.CRLDistributionPoints([x509.DistributionPoint(None, None, None, directory)])
    bare = replace(ENTERPRISE_SEAL, crl_address=False)
    court.keeper = court.pki.party(profile=bare, extra=[(points, False)])
    assert court.state(listed, extra=(other,)) == "good"
    assert court.state(court.crl(other), extra=(other,)) == "unknown", "a list that says nothing of others"
    neighbour = court.pki.make(
        ISSUING, SubjectName("邻居 TEST", "邻居 TEST"), issuer=court.pki.root, path_length=None
    )
    forged = court.pki.make(ISSUING, other.certificate.subject, issuer=neighbour)
    cleared = court.crl(forged, scope(indirect_crl=True))
    assert court.state(cleared, extra=(forged, neighbour)) == "unknown", "a neighbour that took the name"


def test_a_list_too_long_to_be_read_clears_nobody(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries of an indirect list are walked, up to a limit: whom one behind it revokes is not good."""
    other = court.pki.make(ISSUING, SubjectName("清单 TEST", "清单 TEST"), issuer=court.pki.root)
    directory = [x509.DirectoryName(other.certificate.subject)]
    points = x509.CRLDistributionPoints([x509.DistributionPoint(None, None, None, directory)])
    court.keeper = court.pki.party(
        profile=replace(ENTERPRISE_SEAL, crl_address=False), extra=[(points, False)]
    )
    whose = x509.CertificateIssuer([x509.DirectoryName(court.pki.issuing.certificate.subject)])
    listed = court.crl(other, scope(indirect_crl=True), reason=R.key_compromise, entry=whose, before=2)
    assert court.state(listed, extra=(other,)) == "revoked"
    monkeypatch.setattr(lists, "MAX_INDIRECT_ENTRIES", 2)
    lists._read_kept.cache_clear()
    assert court.state(listed, extra=(other,)) == "unknown"
    lists._read_kept.cache_clear()
