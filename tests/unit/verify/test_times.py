"""Time done right (D4): proofs of existence, past certificates with archived evidence, algorithms that have ended since.

ETSI EN 319 102-1 §5.5, §5.6. Each rule comes with the forgery that would pass without it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import algos
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import ReasonFlags
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers

from tests.pki import Party, shared_rsa_key
from tests.verify_world import NOW as TODAY
from tests.verify_world import Signing
from verify.algorithms import SignatureScheme, check_scheme, check_value
from verify.errors import Finding
from verify.isolated import IsolatedVerifier
from verify.report import Indication, SignatureKind, SignatureReport, TimeSource
from verify.strength import ANNOUNCED, Soundness, digest_sunset, key_sunset, soundness
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

THEN = datetime(2009, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
LONG = datetime(2045, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class Past(Signing):
    """A hierarchy of 2009 whose authorities still stand; its keepers do not."""

    def long_tsa(self) -> Party:
        return self.pki.tsa(key=shared_rsa_key(3072), not_after=LONG, issuer=self.authority)

    @property
    def authority(self) -> Party:
        return self.pki.root

    def stamped(self, pdf: bytes, at: datetime, digest: str = "sha256") -> bytes:
        """Append a document time-stamp with a digest of our choice."""
        import io

        writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
        out = signers.PdfTimeStamper(self.stamper(at, self.tsa_)).timestamp_pdf(writer, digest)
        return bytes(out.getvalue())

    @property
    def tsa_(self) -> Party:
        if not hasattr(self, "_tsa"):
            self._tsa = self.long_tsa()
        return self._tsa

    def knowing(self, at: datetime) -> TrustStore:
        """Trust the root, with lists of the time of signing and of ``at``."""
        lists = [
            *self.crls(this_update=THEN, next_update=THEN + 900 * DAY),
            *self.crls(this_update=at - DAY, next_update=at + DAY),
        ]
        return self.trust(crls=lists)

    def first(self, data: bytes, at: datetime = NOW) -> SignatureReport:
        return self.verify(data, at=at, trust=self.knowing(at)).signatures[0]


@pytest.fixture(scope="module")
def past() -> Past:
    return Past(THEN)


@pytest.fixture(scope="module")
def sha1(past: Past) -> bytes:
    """Return what was signed over SHA-1 in 2009, with a SHA-256 time-stamp over the signature alone."""
    plainly = signers.Signer.unsigned_attrs

    async def stronger(self: Any, digest: str, *args: Any, **more: Any) -> Any:
        del digest
        return await plainly(self, "sha256", *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signers.Signer, "unsigned_attrs", stronger)
        return past.sign(md_algorithm="sha1", stamper=past.stamper(THEN, past.tsa_))


def test_sha1_of_today_proves_nothing(signing: Signing) -> None:
    found = signing.only(signing.sign(md_algorithm="sha1"))
    assert (found.indication, found.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    )
    assert "重新签章" in found.reason.zh
    assert found.strength is not None
    assert found.strength.then is found.strength.now is Soundness.WEAK


def test_sha1_is_still_computed(signing: Signing) -> None:
    """A changed document is invalid, not merely weak."""
    data = signing.sign(md_algorithm="sha1").replace(b"No. 2026-001", b"No. 2026-002")
    found = signing.only(data)
    assert (found.indication, found.sub_indication) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)


def test_a_stamp_over_the_signature_does_not_prove_the_content(past: Past, sha1: bytes) -> None:
    """Attack: a second document with the same SHA-1, found years later, under the honest signature and its honest time."""
    found = past.first(sha1)
    assert found.time.source is TimeSource.TSA
    assert (found.indication, found.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    )


def test_weak_now_and_proved_before_its_end_passes_and_says_so(past: Past, sha1: bytes) -> None:
    found = past.first(past.stamped(sha1, THEN + 365 * DAY))
    assert found.indication is Indication.TOTAL_PASSED, found.reason.en
    assert found.certificate_now.status == "expired"
    assert found.strength is not None
    assert (found.strength.then, found.strength.now) == (Soundness.SOUND, Soundness.WEAK)
    assert any("SHA-1" in note.zh and "归档时间戳" in note.zh for note in found.notes)
    told = found.to_json()["strength"]
    digest = next(use for use in told["uses"] if use["algorithm"] == "SHA-1")
    assert (digest["until"], digest["source"], digest["then"], digest["now"]) == (
        "2012-08-01T00:00:00Z", "ETSI TS 119 312 V1.5.1", "sound", "weak",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stamps", "holds"),
    [
        ([("sha1", 100)], False),
        ([("sha1", 100), ("sha256", 500)], True),
        ([("sha1", 100), ("sha256", 1500)], False),
        ([("sha256", 1500)], False),
    ],
    ids=["weak itself", "renewed in time", "renewed too late", "too late"],
)
def test_the_chain_of_archive_time_stamps(
    past: Past, sha1: bytes, stamps: list[tuple[str, int]], holds: bool
) -> None:
    """EN 319 102-1 §5.6.3: each link must be sound when the next was put over it; else the first is anybody's."""
    data = sha1
    for digest, days in stamps:
        data = past.stamped(data, THEN + days * DAY, digest)
    found = past.first(data)
    assert (found.indication is Indication.TOTAL_PASSED) is holds, found.reason.en


def test_a_stamp_with_an_ended_key_proves_no_time(signing: Signing) -> None:
    """RSA of 2,048 bits ends with 2028: from then on whoever breaks it stamps any date."""
    later = datetime(2030, 1, 1, tzinfo=UTC)
    tsa = signing.pki.tsa(key=shared_rsa_key(2048), not_after=LONG)
    data = signing.sign(stamper=signing.stamper(tsa=tsa), keeper=signing.pki.party(not_after=LONG))
    fresh = signing.trust(
        crls=[*signing.crls(), *signing.crls(this_update=later - DAY, next_update=later + DAY)]
    )
    assert signing.only(data, at=datetime(2028, 6, 1, tzinfo=UTC)).time.source is TimeSource.TSA
    found = signing.only(data, at=later, trust=fresh)
    assert found.time.source is TimeSource.TSA_UNVERIFIED
    assert any("RSA-2048" in note.zh for note in found.notes)


@pytest.mark.parametrize("inner", ["hash_algorithm", "mask_gen_algorithm"])
def test_a_weak_digest_inside_the_parameters_is_not_overlooked(inner: str) -> None:
    """Attack: SHA-256 where everybody looks, SHA-1 in the parameters of PSS, where the value really rests."""
    key, text = shared_rsa_key(), b"text"
    weak, strong = hashes.SHA1(), hashes.SHA256()
    named: dict[str, Any] = {"algorithm": "sha1"}
    if inner == "hash_algorithm":
        value = key.sign(text, padding.PSS(padding.MGF1(strong), 20), weak)
        parameters = {"hash_algorithm": named, "mask_gen_algorithm": _mask("sha256"), "salt_length": 20}
    else:
        value = key.sign(text, padding.PSS(padding.MGF1(weak), 20), strong)
        parameters = {
            "hash_algorithm": {"algorithm": "sha256"}, "mask_gen_algorithm": _mask("sha1"), "salt_length": 20,
        }  # fmt: skip
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
    with pytest.raises(Finding) as found:
        check_scheme(key.public_key(), SignatureScheme(algorithm, "sha256", old=True), value, text)
    assert found.value.sub is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def _mask(digest: str) -> dict[str, Any]:
    return {"algorithm": "mgf1", "parameters": {"algorithm": digest}}


def test_what_asks_for_today_gets_no_algorithm_of_the_past() -> None:
    key, text = shared_rsa_key(), b"text"
    value = key.sign(text, padding.PKCS1v15(), hashes.SHA1())
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha1_rsa"})
    with pytest.raises(Finding):
        check_value(key.public_key(), algorithm, "sha1", value, text)
    check_scheme(key.public_key(), SignatureScheme(algorithm, "sha1", old=True), value, text)
    with pytest.raises(InvalidSignature):
        check_scheme(key.public_key(), SignatureScheme(algorithm, "sha1", old=True), value, b"other")


@pytest.mark.parametrize(
    ("family", "bits", "ends"),
    [
        ("RSA", 512, 2010), ("RSA", 1024, 2014), ("RSA", 2048, 2029), ("RSA", 3072, None), ("DSA", 1024, 2014),
        ("DSA", 3072, 2024), ("EC", 192, 2012), ("EC", 224, 2021), ("EC", 256, None), ("SM2", 256, None),
    ],
)  # fmt: skip
def test_ends_of_keys(family: str, bits: int, ends: int | None) -> None:
    found = key_sunset(family, bits)
    assert found is not None
    assert (found.ends.year if found.firm else None) == ends
    assert soundness(found, found.ends) is (Soundness.WEAK if found.firm else Soundness.SOUND)
    assert soundness(found, found.ends - timedelta(seconds=1)) is Soundness.SOUND


def test_ends_of_digests() -> None:
    assert [digest_sunset(name) is None for name in ("sha256", "sha3_256", "sm3")] == [True] * 3
    assert not ANNOUNCED.firm


# --- certificates of the past -------------------------------------------------------------------------------------


def test_expired_long_ago_with_archived_evidence(signing: Signing, b_lta: bytes) -> None:
    """EN 319 102-1 §5.6.2.1: years later, with no list newer than the one inside, the proved time decides."""
    later = signing.now + 300 * DAY
    report = signing.verify(b_lta, at=later, trust=signing.trust(crls=[]))
    seal = report.signatures[0]
    assert seal.indication is Indication.TOTAL_PASSED
    assert seal.certificate_then.status == "good"


def _ca_revoked(signing: Signing, since: datetime) -> list[bytes]:
    """Return the root's list on which the issuing authority stands: its key was taken."""
    revoked = {signing.pki.issuing.certificate.serial_number: (since, ReasonFlags.key_compromise)}
    return [signing.pki.crl(signing.pki.root, revoked=revoked, this_update=since + DAY, next_update=LONG)]


@pytest.fixture(scope="module")
def other_unit(signing: Signing) -> Party:
    """Return a time-stamp unit that does not stand below the authority that will be revoked."""
    return signing.pki.tsa(key=shared_rsa_key(3072), issuer=signing.pki.root, not_after=LONG)


@pytest.fixture(scope="module")
def stamped(signing: Signing, other_unit: Party) -> bytes:
    """Return a document with a time-stamp of that unit and all evidence inside."""
    return signing.add_dss(signing.sign(stamper=signing.stamper(tsa=other_unit)))


def test_authority_revoked_after_the_proved_time(signing: Signing, stamped: bytes, other_unit: Party) -> None:
    since = signing.now + 30 * DAY
    fresh = signing.trust(crls=_ca_revoked(signing, since))
    archived = signing.add_time_stamp(stamped, signing.now + DAY, other_unit)
    found = signing.verify(archived, at=since + 2 * DAY, trust=fresh).signatures[0]
    assert found.indication is Indication.TOTAL_PASSED, found.reason.en


def test_authority_revoked_and_its_evidence_unproved(
    signing: Signing, stamped: bytes, other_unit: Party
) -> None:
    """Attack: whoever has the authority's key writes lists of any date; only a time-stamp tells old from forged."""
    since = signing.now + 30 * DAY
    fresh = signing.trust(crls=_ca_revoked(signing, since))
    found = signing.only(stamped, at=since + 2 * DAY, trust=fresh)
    assert found.indication is Indication.INDETERMINATE
    assert found.time.source is TimeSource.TSA
    too_late = signing.add_time_stamp(stamped, since + DAY, other_unit)
    found = signing.verify(too_late, at=since + 2 * DAY, trust=fresh).signatures[0]
    assert found.indication is Indication.INDETERMINATE


def test_authority_revoked_before_the_proved_time(signing: Signing, b_lta: bytes) -> None:
    since = signing.now - 30 * DAY
    found = signing.verify(b_lta, trust=signing.trust(crls=_ca_revoked(signing, since))).signatures[0]
    assert found.indication is Indication.INDETERMINATE
    assert found.sub_indication is SubIndication.REVOKED_CA_NO_POE


def test_stamp_unit_revoked_later_needs_an_archive_stamp(signing: Signing) -> None:
    """Attack: with a stolen key of a time-stamp unit any date can be stamped, until somebody else's stamp lies over it."""
    stolen = signing.pki.tsa(key=shared_rsa_key(2048, 1))
    since = signing.now + 10 * DAY
    revoked = {stolen.certificate.serial_number: (since, ReasonFlags.key_compromise)}
    later = since + 2 * DAY
    fresh = signing.trust(crls=[
        *signing.crls(), *signing.crls(revoked=revoked, this_update=since + DAY, next_update=LONG),
    ])  # fmt: skip
    data = signing.sign(stamper=signing.stamper(tsa=stolen))
    assert signing.only(data, at=later, trust=fresh).time.source is TimeSource.TSA_UNVERIFIED
    archived = signing.add_time_stamp(data, signing.now + DAY)
    seal, stamp = signing.verify(archived, at=later, trust=fresh).signatures
    assert (seal.time.source, stamp.kind) == (TimeSource.TSA, SignatureKind.TIMESTAMP)
    too_late = signing.add_time_stamp(data, since + DAY)
    found = signing.verify(too_late, at=later, trust=fresh).signatures[0]
    assert found.time.value == since + DAY, "only the later stamp tells a time"


@pytest.mark.parametrize("embedded", [False, True], ids=["beside it", "in the document"])
def test_a_list_made_ahead_of_its_time_clears_nobody(signing: Signing, embedded: bool) -> None:
    """An authority that makes its lists in advance cannot know whom it will revoke until then (RFC 6960 §4.2.2.1)."""
    ahead = signing.crls(
        this_update=signing.now + timedelta(days=10), next_update=signing.now + timedelta(days=17)
    )
    signed = signing.sign()
    document = signing.add_dss(signed, crls=ahead) if embedded else signed
    report = signing.verify(document, trust=signing.trust([] if embedded else ahead))
    assert report.verdict is Verdict.INDETERMINATE
    assert report.signatures[0].sub_indication is SubIndication.TRY_LATER
    later = signing.now + timedelta(days=11)
    assert signing.verify(document, at=later, trust=signing.trust(ahead)).verdict is Verdict.PASSED


def test_a_younger_list_tells_of_an_earlier_time_to_whoever_looks_back(signing: Signing) -> None:
    """EN 319 102-1 §5.2.5: its entries say since when; to a verifier without a clock it was made ahead of its time."""
    present, then = signing.now + 10 * DAY, signing.now + DAY
    issued = present - timedelta(hours=1)

    def judge(at: datetime, present: datetime, **lists: Any) -> SignatureReport:
        trust = signing.trust(signing.crls(this_update=issued, next_update=LONG, **lists))
        return Verifier(trust).looking_back(present).verify(signing.sign(), at=at).signatures[0]

    assert judge(then, present).verdict is Verdict.PASSED
    ahead = judge(then, then)
    assert ahead.sub_indication is SubIndication.TRY_LATER
    assert f"{issued:%Y-%m-%d %H:%M}Z" in ahead.reason.zh
    for since, verdict in ((then - DAY / 2, Verdict.INDETERMINATE), (then + DAY, Verdict.PASSED)):
        stolen = {signing.keeper.certificate.serial_number: (since, ReasonFlags.key_compromise)}
        assert judge(then, present, revoked=stolen).verdict is verdict
    isolated = signing.trust(signing.crls(this_update=issued, next_update=LONG))
    with IsolatedVerifier(isolated) as verifier:
        found = verifier.verify(signing.sign(), at=then, present=present)
        assert (found.verdict, found.verified_at) == (Verdict.PASSED, then)
        assert verifier.verify(signing.sign(), at=then).verdict is Verdict.INDETERMINATE


def test_a_list_of_after_the_end_of_a_certificate_is_told_as_one(signing: Signing) -> None:
    """RFC 5280 §3.3: an authority may drop what has expired, so its later lists clear nobody."""
    short = signing.pki.party(not_after=signing.now + 2 * DAY)
    lists = signing.crls(this_update=signing.now + 3 * DAY, next_update=LONG)
    verifier = Verifier(signing.trust(lists)).looking_back(signing.now + 4 * DAY)
    found = verifier.verify(signing.sign(keeper=short), at=signing.now + DAY).signatures[0]
    assert found.sub_indication is SubIndication.TRY_LATER
    assert "到期" in found.reason.zh


@pytest.mark.parametrize("by", ["revocation", "end"])
def test_a_proof_from_behind_the_end_says_nothing_of_before(by: str) -> None:
    """EN 319 102-1 §5.5.4: a time-stamp says by when a signature was there. Whoever archives a doubtful document makes it no worse."""
    signing = Signing(TODAY)
    hour, pki = timedelta(hours=1), signing.pki
    keeper = pki.party(not_after=TODAY + hour) if by == "end" else signing.keeper
    entries = {keeper.certificate.serial_number: (TODAY + hour, ReasonFlags.superseded)}
    crls = signing.crls(revoked={} if by == "end" else entries, this_update=TODAY + 3 * hour)
    trust, at = signing.trust(crls=[*signing.crls(), *crls]), TODAY + 4 * hour
    signed = signing.sign(keeper=keeper)
    doubt = SubIndication.OUT_OF_BOUNDS_NO_POE if by == "end" else SubIndication.REVOKED_NO_POE
    archived = signing.add_time_stamp(signed, TODAY + 2 * hour)
    in_time = signing.add_time_stamp(signed, TODAY + hour / 2)
    for document, expected in ((signed, doubt), (archived, doubt), (in_time, None)):
        found = signing.verify(document, trust=trust, at=at).signatures[0]
        assert found.sub_indication is expected, found.reason.en
        assert found.indication is (Indication.TOTAL_PASSED if expected is None else Indication.INDETERMINATE)
