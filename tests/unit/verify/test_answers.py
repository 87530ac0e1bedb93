"""OCSP answers that clear nobody: by keys that may not speak, about times they cannot know, with what nobody understands.

The keeper's state rests on the answer in the document alone: whatever is not taken leaves it unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from ca import der
from ca.certificate import SubjectName
from ca.key_facts import key_identifier
from ca.profile import ISSUING, OCSP_RESPONDER
from tests.pki import Party, Pki, said_anew, shared_rsa_key
from tests.verify_world import Signing
from verify.certificates.paths import PathFinder
from verify.certificates.revocation import Evidence, Freshness, state_at
from verify.report import TimeSource
from verify.trust import TrustStore

DAY = timedelta(days=1)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
NO_CHECK = (x509.OCSPNoCheck(), True)
KNOWN, NOT_KNOWN = ("TOTAL-PASSED", None), ("INDETERMINATE", "TRY_LATER")


def outcome(signing: Signing, data: bytes, answer: bytes, **how: Any) -> tuple[str, str | None]:
    """Judge a document with an answer inside; the verifier itself has the root's list only."""
    root = signing.pki.crl(signing.pki.root)
    found = signing.only(
        signing.add_dss(data, crls=[root], ocsps=[answer]), trust=signing.trust(crls=[root]), **how
    )
    return found.indication.value, None if found.sub_indication is None else found.sub_indication.value


def parts_of(said: bytes) -> list[bytes]:
    return list(der.Reader(said).enter(der.SEQUENCE).elements())


def named(identifier: bytes) -> Callable[[bytes], bytes]:
    """Let a response name its responder so."""
    return lambda said: der.sequence(identifier, *parts_of(said)[1:])


def in_single(*, critical: bool) -> Callable[[bytes], bytes]:
    """Add an extension that nobody knows to the only answer."""
    flag = der.boolean(value=True) if critical else b""
    one = der.sequence(der.oid("1.2.3.4.5"), flag, der.octet_string(der.null()))

    def change(said: bytes) -> bytes:
        parts = parts_of(said)
        place = next(place for place, part in enumerate(parts) if part[0] == der.SEQUENCE)
        (single,) = parts_of(parts[place])
        parts[place] = der.sequence(der.sequence(*parts_of(single), der.explicit(1, der.sequence(one))))
        return der.sequence(*parts)

    return change


@pytest.mark.parametrize(
    ("responder", "answer", "expected"),
    [
        ({}, {}, KNOWN),
        ({"key_usage": None}, {}, KNOWN),
        ({"key_usage": ("key_encipherment",)}, {}, NOT_KNOWN),
        ({"key_usage": ("crl_sign",)}, {}, NOT_KNOWN),
        ({"extra": [(UNKNOWN, False)]}, {}, KNOWN),
        ({"extra": [(UNKNOWN, True)]}, {}, NOT_KNOWN),
        ({"ca": False, "path_length": None, "eku": ("1.3.6.1.5.5.7.3.9", "1.3.6.1.5.5.7.3.8")}, {}, KNOWN),
        ({}, {"extra": [(x509.OCSPNonce(b"12345678"), True)]}, KNOWN),
        ({}, {"extra": [(UNKNOWN, False)]}, KNOWN),
        ({}, {"extra": [(UNKNOWN, True)]}, NOT_KNOWN),
    ],
)
def test_a_responder_is_held_to_the_rules_of_a_path(
    signing: Signing, b_b: bytes, responder: dict[str, Any], answer: dict[str, Any], expected: object
) -> None:
    """RFC 5280 §4.2, §4.2.1.3 for its certificate, RFC 6960 §4.4 for what it says."""
    party = signing.pki.responder(**responder)
    made = signing.pki.ocsp(signing.keeper.certificate, responder=party, **answer)
    assert outcome(signing, b_b, made) == expected


def test_nocheck_may_be_critical_in_a_responders_certificate(signing: Signing, b_b: bytes) -> None:
    """RFC 6960 §4.2.2.2.1: it should not be, and is acted on all the same."""
    profile = replace(OCSP_RESPONDER, ocsp_no_check=False)
    party = signing.pki.make(profile, SubjectName("OCSP", "OCSP"), extra=[NO_CHECK])
    assert outcome(signing, b_b, signing.pki.ocsp(signing.keeper.certificate, responder=party)) == KNOWN


@pytest.mark.parametrize(
    ("life", "times", "expected"),
    [
        ((-1, 30), (0, 0, 1), KNOWN),
        ((-9, 30), (-1, -2, 1), KNOWN),
        ((-800, -770), (-780, 0, 1), NOT_KNOWN),
        ((-800, -770), (-780, -780, 900), NOT_KNOWN),
        ((-800, -770), (-1, -1, 1), NOT_KNOWN),
        ((-9, 30), (20, 0, 30), NOT_KNOWN),
        ((-9, 30), (-3, -1, 9), NOT_KNOWN),
    ],
    ids=[
        "as it should be",
        "made after the state was known",
        "made by an ended responder, dated today",
        "made by an ended responder, good for years",
        "made after the responder's end",
        "made ahead of its time",
        "about a time after it was made",
    ],
)
def test_an_answer_knows_nothing_of_a_time_after_its_making_or_its_responders_end(
    signing: Signing, b_b: bytes, life: tuple[int, int], times: tuple[int, int, int], expected: object
) -> None:
    """RFC 6960 §2.4, §4.2.2.1: every time in it is the word of its key, which outlives its certificate in other hands."""
    now, (produced, this, until) = signing.now, times
    party = signing.pki.responder(not_before=now + life[0] * DAY, not_after=now + life[1] * DAY)
    made = signing.pki.ocsp(
        signing.keeper.certificate,
        responder=party,
        produced_at=now + produced * DAY,
        this_update=now + this * DAY,
        next_update=now + until * DAY,
    )
    assert outcome(signing, b_b, made) == expected


def test_an_archived_answer_of_a_responder_that_ended_since_still_counts(
    signing: Signing, b_t: bytes
) -> None:
    party = signing.pki.responder(not_after=signing.now + 30 * DAY)
    root = signing.pki.crl(signing.pki.root, this_update=signing.now + 100 * DAY)
    answers = [signing.pki.ocsp(one.certificate, responder=party) for one in (signing.keeper, signing.tsa)]
    data = signing.add_dss(b_t, crls=[signing.pki.crl(signing.pki.root)], ocsps=answers)
    found = signing.only(data, trust=signing.trust(crls=[root]), at=signing.now + 100 * DAY)
    assert (found.indication.value, found.time.source) == ("TOTAL-PASSED", TimeSource.TSA)
    assert found.certificate_then.source == "ocsp"


@pytest.mark.parametrize(
    ("whose", "expected"), [("own key", KNOWN), ("nobody's key", NOT_KNOWN), ("another's name", NOT_KNOWN)]
)
def test_a_response_names_who_signed_it(signing: Signing, b_b: bytes, whose: str, expected: object) -> None:
    """RFC 6960 §4.2.1: by its name, or by the SHA-1 of its key."""
    party = signing.pki.responder()
    key = key_identifier(party.key.public_key()) if whose == "own key" else b"\1" * 20
    identifier = der.explicit(2, der.octet_string(key))
    if whose == "another's name":
        identifier = der.explicit(1, signing.keeper.certificate.subject.public_bytes())
    made = signing.pki.ocsp(signing.keeper.certificate, responder=party)
    assert outcome(signing, b_b, said_anew(made, party.key, named(identifier))) == expected


@pytest.mark.parametrize(("critical", "expected"), [(False, KNOWN), (True, NOT_KNOWN)])
def test_a_critical_extension_of_one_answer_is_not_passed_over(
    signing: Signing, b_b: bytes, critical: bool, expected: object
) -> None:
    party = signing.pki.responder()
    made = signing.pki.ocsp(signing.keeper.certificate, responder=party)
    assert outcome(signing, b_b, said_anew(made, party.key, in_single(critical=critical))) == expected


# --- digests of the past -----------------------------------------------------------------------------------------

THEN = datetime(2011, 6, 1, tzinfo=UTC)


SHA1_WITH_RSA = der.sequence(der.oid("1.2.840.113549.1.1.5"), der.null())


def with_sha1(party: Party) -> Party:
    """Return a party with its certificate signed anew by the shared RSA key, with SHA-1, as no builder does any more."""
    (body, *_) = parts_of(party.der)
    fields = parts_of(body)
    fields[2] = SHA1_WITH_RSA
    body = der.sequence(*fields)
    value = shared_rsa_key().sign(body, padding.PKCS1v15(), hashes.SHA1())
    made = der.sequence(body, SHA1_WITH_RSA, der.bit_string(value))
    return replace(party, certificate=x509.load_der_x509_certificate(made))


class Past:
    """A hierarchy of 2011 whose issuing authority has an RSA key, and certified its responder with SHA-1 or as it should be."""

    def __init__(self, *, sha1: bool) -> None:
        self.pki = Pki(THEN)
        self.pki.issuing = self.pki.make(
            ISSUING, SubjectName("RSA", "RSA"), issuer=self.pki.root, key=shared_rsa_key()
        )
        self.keeper = self.pki.party()
        self.responder = with_sha1(self.pki.responder()) if sha1 else self.pki.responder()
        self.answer = self.pki.ocsp(self.keeper.certificate, responder=self.responder)

    def state(self, proved: datetime | None) -> str:
        evidence = Evidence(PathFinder(TrustStore([self.pki.root.certificate])))
        evidence.add([], [self.answer], embedded=True)
        if proved is not None:
            evidence.prove([self.answer], proved)
        chain = (self.keeper.certificate, self.pki.issuing.certificate, self.pki.root.certificate)
        fresh = Freshness(timedelta(days=7), timedelta(minutes=5))
        return state_at(self.keeper.certificate, evidence.facts(chain, 0), THEN, fresh).status


def test_a_responders_sha1_certificate_counts_for_what_is_proved_to_be_of_then() -> None:
    """ETSI TS 119 312 §5.2: who finds a collision today makes himself a responder of any year."""
    past = Past(sha1=True)
    assert past.responder.certificate.signature_hash_algorithm.name == "sha1"  # type: ignore[union-attr]
    assert past.state(None) == "unknown"
    assert past.state(THEN + DAY) == "good"
    assert past.state(datetime(2012, 8, 2, tzinfo=UTC)) == "unknown"
    assert Past(sha1=False).state(None) == "good"


def test_issuers_answer_for_themselves(signing: Signing, b_b: bytes) -> None:
    issuing: Party = signing.pki.issuing
    assert outcome(signing, b_b, signing.pki.ocsp(signing.keeper.certificate, responder=issuing)) == KNOWN
