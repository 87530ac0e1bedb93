"""An OCSP response handed in alone: for whom its signer may speak, until when, and what nobody understands in it (D1, D2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ca import der
from ca.certificate import SubjectName
from tests import bare_world as bare
from tests.container_world import Containers
from tests.pki import Party, Pki, said_anew
from verify.objects.report import ObjectReport
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")


def judge(here: Containers, octets: bytes, trust: TrustStore | None = None) -> ObjectReport:
    report = Verifier(trust or bare.trust(here)).verify(octets, at=here.now + HOUR, name="answer.ors")
    assert isinstance(report, ObjectReport)
    return report


def certificates(report: ObjectReport) -> list[str]:
    return [one.en for one in report.facts if one.key == "certificate"]


def singles_of(response: bytes) -> list[bytes]:
    """Return the answers of a response."""
    found: list[bytes] = []

    def look(said: bytes) -> bytes:
        for part in der.Reader(said).enter(der.SEQUENCE).elements():
            if part[0] == der.SEQUENCE:
                found.extend(der.Reader(part).enter(der.SEQUENCE).elements())
        return said

    said_anew(response, ec.generate_private_key(ec.SECP256R1()), look)
    return found


def with_singles(response: bytes, signer: Party, singles: list[bytes]) -> bytes:
    """Return a response with these answers, signed again."""

    def put(said: bytes) -> bytes:
        parts = list(der.Reader(said).enter(der.SEQUENCE).elements())
        place = next(place for place, part in enumerate(parts) if part[0] == der.SEQUENCE)
        parts[place] = der.sequence(*singles)
        return der.sequence(*parts)

    return said_anew(response, signer.key, put)


@pytest.mark.parametrize("first", ["own", "another's"])
def test_a_responder_speaks_for_its_own_authority_alone(first: str) -> None:
    """RFC 6960 §4.2.2.2: a certificate revoked by its own authority is not cleared by another's responder."""
    here = bare.world()
    pki, other = here.pki, Pki(here.now, name="邻居 TEST")
    victim, responder = other.party(), pki.responder()
    own = pki.ocsp(here.keeper.certificate, responder=responder)
    (mine,), (theirs,) = singles_of(own), singles_of(other.ocsp(victim.certificate))
    singles = [mine, theirs] if first == "own" else [theirs, mine]
    trust = bare.trust(here, intermediates=[pki.issuing.certificate, other.issuing.certificate])
    trust = replace(trust, anchors=[pki.root.certificate, other.root.certificate])
    report = judge(here, with_singles(own, responder, singles), trust)
    assert report.verdict is Verdict.PASSED
    assert certificates(report) == [f"{here.keeper.certificate.serial_number:x} · good"]
    assert any("无权代答" in note.zh for note in report.notes)
    whole = judge(here, with_singles(own, responder, [mine, mine]), trust)
    assert (len(certificates(whole)), whole.notes) == (2, ())


@pytest.mark.parametrize(
    ("responder", "answer", "sub"),
    [
        ({}, {}, None),
        ({"extra": [(UNKNOWN, True)]}, {}, SubIndication.SIG_CRYPTO_FAILURE),
        ({"key_usage": ("key_encipherment",)}, {}, SubIndication.SIG_CRYPTO_FAILURE),
        ({}, {"extra": [(UNKNOWN, True)]}, SubIndication.SIG_CONSTRAINTS_FAILURE),
        ({}, {"produced": 20}, SubIndication.TIMESTAMP_ORDER_FAILURE),
        ({"life": (-800, -770)}, {"produced": -780}, SubIndication.TIMESTAMP_ORDER_FAILURE),
        ({"life": (-800, -770)}, {"produced": -780, "this": -780, "until": 900}, SubIndication.TRY_LATER),
    ],
)
def test_a_response_alone_is_judged_as_one_in_a_document(
    responder: dict[str, Any], answer: dict[str, Any], sub: SubIndication | None
) -> None:
    here = bare.world()
    changes = dict(responder)
    if "life" in changes:
        since, until = changes.pop("life")
        changes |= {"not_before": here.now + since * DAY, "not_after": here.now + until * DAY}
    made = here.pki.ocsp(
        here.keeper.certificate,
        responder=here.pki.responder(**changes),
        produced_at=here.now + answer.get("produced", 0) * DAY,
        this_update=here.now + answer.get("this", 0) * DAY,
        next_update=here.now + answer.get("until", 1) * DAY,
        extra=answer.get("extra", ()),
    )
    report = judge(here, made)
    assert report.sub_indication is sub
    assert (report.verdict is Verdict.PASSED) is (sub is None)


def test_an_end_entity_answers_for_nobody() -> None:
    """Its certificate hangs by a trusted chain, and it issued nothing that it could be asked about."""
    here = bare.world()
    holder = here.pki.party(key_usage=None)
    child = here.pki.make("enterprise-seal", SubjectName("任意公司", "任意公司"), issuer=holder)
    made = here.pki.ocsp(child.certificate, issuer=holder, responder=holder)
    report = judge(here, made)
    assert report.verdict is Verdict.FAILED
    assert "not allowed to issue" in report.reason.en
