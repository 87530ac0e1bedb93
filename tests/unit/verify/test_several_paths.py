"""An authority that two roots certified: which path is tried first decides nothing (RFC 4158 §2.4)."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from ca import der
from ca.certificate import SubjectName
from ca.profile import ISSUING
from tests import bare_world as bare
from tests.container_world import Containers
from tests.pki import Party, Pki, new_key
from tests.verify_world import NOW, Signing
from verify.certificates.path_search import MAX_CANDIDATES
from verify.certificates.paths import MAX_VAIN_STEPS, PathFinder
from verify.errors import Finding
from verify.policy import MAX_CERTIFICATES
from verify.trust import TrustStore
from verify.trusted_lists.model import ServiceKind
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


ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256: with (r, s) anybody has (r, n - s)."""


def twin(certificate: x509.Certificate) -> x509.Certificate:
    """Write a certificate's signature as another value that is as good: the same statement in other octets, and no key needed."""
    parts = der.Reader(certificate.public_bytes(Encoding.DER)).enter(der.SEQUENCE)
    tbs, algorithm = parts.element(), parts.element()
    r, s = decode_dss_signature(certificate.signature)
    return x509.load_der_x509_certificate(
        der.sequence(tbs, algorithm, der.bit_string(encode_dss_signature(r, ORDER - s)))
    )


class Recognised:
    """The world of bare objects, its issuing authority certified by another root as well, which recognises the whole root too."""

    def __init__(self) -> None:
        self.here: Containers = bare.world()
        self.pki, self.other = self.here.pki, Pki(self.here.now, name="另一根 TEST")
        self.keeper, issuing = self.pki.party(), self.pki.issuing
        self.cross = self.other.make(
            ISSUING, issuing.certificate.subject, key=issuing.key, issuer=self.other.root
        )
        self.anchors = (self.pki.root.certificate, self.other.root.certificate)
        self.known = (issuing.certificate, self.cross.certificate)
        self.finder = PathFinder(TrustStore(self.anchors, self.known))

    def recognitions(self, count: int) -> list[x509.Certificate]:
        """Return certificates of the root by the other root, as public as any: each is one more path."""
        subject, key = self.pki.root.certificate.subject, self.pki.root.key
        return [
            self.other.make(ISSUING, subject, key=key, issuer=self.other.root, path_length=2).certificate
            for _ in range(count)
        ]

    def below(self, paths: PathFinder, extra: list[x509.Certificate]) -> set[x509.Certificate]:
        """Return the authorities' certificates by which what tells of the signer goes."""
        return {chain[1] for chain in paths.linked(self.keeper.certificate, extra, ServiceKind.CA)}

    def verdict(
        self, extra: list[x509.Certificate], reason: x509.ReasonFlags | None
    ) -> tuple[Verdict, str | None]:
        """Judge a signature that brings certificates along; the other root revoked its own for ``reason``."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(bare.CONTENT)
        builder = builder.add_signer(self.keeper.certificate, self.keeper.key, hashes.SHA256())
        for one in extra:
            builder = builder.add_certificate(one)
        octets = builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])
        serial, since = self.cross.certificate.serial_number, self.here.now - HOUR
        revoked = {} if reason is None else {serial: (since, reason)}
        lists = [*self.here.crls(), self.other.crl(self.other.root, revoked)]
        report = Verifier(TrustStore(self.anchors, self.known, lists)).verify(octets, at=self.here.now + HOUR)
        sub = report.sub_indication
        return report.verdict, None if sub is None else sub.value


@pytest.fixture(scope="module")
def recognised() -> Recognised:
    return Recognised()


def test_paths_that_a_document_brings_push_out_none_of_the_stores(recognised: Recognised) -> None:
    """Eight public certificates beside a signature, and the path that told of a theft was the ninth."""
    extra = recognised.recognitions(MAX_CANDIDATES + 1)
    assert recognised.below(recognised.finder, extra) == set(recognised.known)
    assert recognised.verdict(extra, REASON.key_compromise) == (Verdict.INDETERMINATE, ENDED)
    assert recognised.verdict([], REASON.key_compromise) == (Verdict.INDETERMINATE, ENDED)
    assert recognised.verdict(extra, REASON.superseded) == (Verdict.PASSED, None)
    assert recognised.verdict(extra, None) == (Verdict.PASSED, None)


def test_above_what_a_document_brings_the_store_is_heard_whole(recognised: Recognised) -> None:
    """The authority that issued directly stands in the document alone, and everything above it in the store."""
    lower = recognised.pki.make(ISSUING, SubjectName("下级 TEST"), issuer=recognised.pki.issuing)
    leaf = recognised.pki.party(issuer=lower).certificate
    known = TrustStore(recognised.anchors, recognised.known)
    brought = [*recognised.recognitions(MAX_CANDIDATES + 1), lower.certificate]
    chains = PathFinder(known).candidates(leaf, brought)
    assert {chain[2] for chain in chains} == set(recognised.known)


def test_the_same_statement_in_other_octets_is_one(recognised: Recognised) -> None:
    """Whoever has no key at all writes a certificate a second time; another certificate of the key is another path."""
    (one,), leaf = recognised.recognitions(1), recognised.keeper.certificate
    copy = twin(one)
    assert copy != one
    assert recognised.finder.issued(copy, recognised.other.root.certificate)
    alone = recognised.finder.candidates(leaf, [one])
    assert len(alone) == 3
    assert recognised.finder.candidates(leaf, [one, copy]) == alone
    assert len(recognised.finder.candidates(leaf, [copy])) == 3
    assert len(recognised.finder.candidates(leaf, [one, *recognised.recognitions(1)])) == 4


def test_a_document_that_has_used_up_its_steps_hides_nothing_of_the_store(recognised: Recognised) -> None:
    """Junk of one's own, in parts that nobody signs: namesakes by the dozen, then names of the true root before the signer."""
    paths, pki = recognised.finder.of_one_document(), recognised.pki
    name = SubjectName("同名 TEST")
    crowd = [pki.make(ISSUING, name, issuer=pki.root).certificate for _ in range(MAX_CERTIFICATES - 1)]
    for _ in range(MAX_VAIN_STEPS // len(crowd) + 2):
        stranger = pki.party(issuer=Party(new_key(), crowd[0])).certificate
        with pytest.raises(Finding):
            paths.choose(stranger, crowd, pki.now)
    subject = pki.root.certificate.subject
    named = [pki.make(ISSUING, subject, issuer=Party(new_key(), crowd[0])).certificate for _ in range(10)]
    assert recognised.below(paths, named) == set(recognised.known)
