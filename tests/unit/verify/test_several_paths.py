"""An authority that two roots certified: which path is tried first decides nothing (RFC 4158 §2.4)."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from cryptography import x509

from ca.profile import ISSUING
from tests import bare_world as bare
from tests.pki import Party, Pki
from tests.verify_world import NOW, Signing
from verify.trust import TrustStore
from verify.verdict import Verdict
from verify.verifier import Verifier

HOUR = timedelta(hours=1)
REASON = x509.ReasonFlags
PASSED, MISSING, ENDED = None, "TRY_LATER", "REVOKED_CA_NO_POE"


class Crossed(Signing):
    """The issuing authority's key is certified by its own root and by another, which is trusted as well."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.other = Pki(NOW, name="另一根 TEST")
        issuing = self.pki.issuing
        self.cross: Party = self.other.make(
            ISSUING, issuing.certificate.subject, key=issuing.key, issuer=self.other.root
        )

    def ended(self, which: Party, root: Pki, reason: x509.ReasonFlags) -> bytes:
        return root.crl(root.root, {which.certificate.serial_number: (NOW - HOUR, reason)})

    def subs(self, document: bytes, crls: list[bytes]) -> set[str | None]:
        """Judge with the anchors and the authority's certificates in every order."""
        anchors = (self.pki.root.certificate, self.other.root.certificate)
        between = (self.pki.issuing.certificate, self.cross.certificate)
        found = set()
        for order in permutations(anchors):
            for known in permutations(between):
                sub = self.only(document, trust=TrustStore(order, known, crls)).sub_indication
                found.add(None if sub is None else sub.value)
        return found


@pytest.fixture(scope="module")
def crossed() -> Crossed:
    return Crossed()


@pytest.fixture(scope="module")
def document(crossed: Crossed) -> bytes:
    return crossed.sign()


def test_the_path_that_is_in_order_counts(crossed: Crossed, document: bytes) -> None:
    """Whether a cross certificate that was ended, or of which nothing is known, stood in the way depended on the order of the files."""
    pki, other = crossed.pki, crossed.other
    mine, roots, others = pki.crl(), pki.crl(pki.root), other.crl(other.root)
    over = REASON.cessation_of_operation
    assert crossed.subs(document, [mine, roots, others]) == {PASSED}
    assert crossed.subs(document, [mine, roots]) == {PASSED}
    assert crossed.subs(document, [mine, others]) == {PASSED}
    assert crossed.subs(document, [mine]) == {MISSING}
    assert crossed.subs(document, [mine, roots, crossed.ended(crossed.cross, other, over)]) == {PASSED}
    held = crossed.ended(crossed.cross, other, REASON.certificate_hold)
    assert crossed.subs(document, [mine, roots, held]) == {PASSED}, "a recognition is suspended, not the key"
    assert crossed.subs(document, [mine, others, crossed.ended(pki.issuing, pki, over)]) == {PASSED}


@pytest.mark.parametrize("reason", [REASON.key_compromise, REASON.ca_compromise, REASON.unspecified])
def test_a_stolen_key_is_stolen_by_every_path(
    crossed: Crossed, document: bytes, reason: x509.ReasonFlags
) -> None:
    """One root has heard of it and the other not: whoever has the key makes certificates below either."""
    pki, other = crossed.pki, crossed.other
    mine, roots, others = pki.crl(), pki.crl(pki.root), other.crl(other.root)
    assert crossed.subs(document, [mine, roots, crossed.ended(crossed.cross, other, reason)]) == {ENDED}
    assert crossed.subs(document, [mine, others, crossed.ended(pki.issuing, pki, reason)]) == {ENDED}


@pytest.mark.parametrize(
    ("reason", "sub"),
    [
        (REASON.key_compromise, ENDED),
        (REASON.unspecified, ENDED),
        (REASON.superseded, PASSED),
        (None, PASSED),
    ],
)
def test_the_end_of_the_certificate_that_tells_of_a_theft_is_no_pardon(
    reason: x509.ReasonFlags | None, sub: str | None
) -> None:
    """An hour after the cross certificate's own end the stolen key was good again. One that was never revoked, or replaced, ends in peace."""
    here = Crossed()
    pki, other = here.pki, here.other
    ends = NOW + 4 * HOUR  # signatures are dated by the real clock, and none may be ahead of what is asked
    short = other.make(
        ISSUING, pki.issuing.certificate.subject, key=pki.issuing.key, issuer=other.root, not_after=ends
    )
    others = other.crl(other.root) if reason is None else here.ended(short, other, reason)
    for at in (ends - HOUR / 4, ends + HOUR):
        anchors = (pki.root.certificate, other.root.certificate)
        trust = TrustStore(
            anchors, (pki.issuing.certificate, short.certificate), [pki.crl(), pki.crl(pki.root), others]
        )
        found = here.only(here.sign(), trust=trust, at=at).sub_indication
        assert (None if found is None else found.value) == sub


def test_seals_take_the_path_that_is_in_order() -> None:
    """The same for the two certificates of a seal signature."""
    here = bare.world()
    other = Pki(here.now, name="另一根 TEST")
    issuing = here.pki.issuing
    cross = other.make(ISSUING, issuing.certificate.subject, key=issuing.key, issuer=other.root)
    ended = other.crl(
        other.root, {cross.certificate.serial_number: (here.now - HOUR, REASON.cessation_of_operation)}
    )
    for order in permutations((here.pki.root.certificate, other.root.certificate)):
        for known in permutations((issuing.certificate, cross.certificate)):
            trust = TrustStore(order, known, [*here.crls(), ended])
            report = Verifier(trust).verify(here.keeper.der, at=here.now + HOUR)
            assert report.verdict is Verdict.PASSED, report.reason.en
