"""Database, CRL and OCSP say the same of every serial that the authority ever reserved (I13), whatever became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.x509 import ocsp

from ca.actor import SYSTEM
from ca.certificate import CertificateRequest, RevocationReason, SubjectName
from ca.errors import CaError
from ca.status.crl import CrlPublisher
from ca.status.ocsp import OcspResponder
from ca.store import certificate
from hsm.errors import TokenLost
from tests.conftest import SteppingClock
from tests.faults import FaultyProvider, FaultySigner, lose_token
from tests.pki import CLERK, COMPANY, OFFICER, SECOND, USCC, World, make_world, new_key

pytestmark = pytest.mark.usefixtures("both_suites")

NAME = SubjectName(COMPANY, COMPANY, USCC)


def request(subject: SubjectName = NAME) -> CertificateRequest:
    return CertificateRequest("enterprise-seal", subject, new_key().public_key())


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> World:
    """One serial of each fate: good, each reason, held, released, lint refused, lost in the token, cut off."""
    provider = FaultyProvider()
    made = make_world(engine, clock, provider=provider)
    made.enterprises.register(USCC, COMPANY, actor=CLERK)
    authority = made.authority
    for number, reason in enumerate([None, *RevocationReason, "released"]):
        one = authority.issue(request(), request_key=f"k{number}", actor=CLERK)
        if reason == "released":
            authority.revoke(one.serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
            authority.release(one.serial, actor=SECOND)
        elif reason is not None and reason is not RevocationReason.CA_COMPROMISE:
            authority.revoke(one.serial, RevocationReason(reason), actor=OFFICER)
    with pytest.raises(CaError):
        authority.issue(
            request(SubjectName(COMPANY, COMPANY, USCC, country="cn")), request_key="bad", actor=CLERK
        )
    provider.wrap = lambda signer: FaultySigner(signer, lose_token)
    with pytest.raises(TokenLost):
        authority.issue(request(), request_key="lost", actor=CLERK)
    provider.wrap = lambda signer: FaultySigner(signer, _stop)
    with pytest.raises(KeyboardInterrupt):
        authority.issue(request(), request_key="cut", actor=CLERK)
    provider.wrap = lambda signer: signer
    clock.advance(timedelta(minutes=5))
    authority.reconcile(SYSTEM)
    return made


def _stop(_message: bytes) -> None:
    raise KeyboardInterrupt


def fates(world: World) -> Iterator[tuple[int, str, str]]:
    """Yield serial, issuer and what the database says of it: good, revoked, unknown."""
    with world.engine.connect() as conn:
        for row in conn.execute(
            sa.select(
                certificate.c.serial, certificate.c.issuer, certificate.c.status, certificate.c.crl_entry
            )
        ):
            said = "revoked" if row.crl_entry else "good" if row.status == "issued" else "unknown"
            yield row.serial, row.issuer, said


def ask(world: World, responder: OcspResponder, serial: int) -> str:
    """Ask OCSP about a serial by its number alone (a burned one has no certificate)."""
    import hashlib

    from cryptography.hazmat.primitives import hashes

    issuing = world.issuing
    key = issuing.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    name = hashlib.sha1(issuing.subject.public_bytes(), usedforsecurity=False).digest()
    question = ocsp.OCSPRequestBuilder().add_certificate_by_hash(name, key, serial, hashes.SHA1()).build()
    from cryptography.hazmat.primitives.serialization import Encoding

    answer = ocsp.load_der_ocsp_response(responder.respond("issuing", question.public_bytes(Encoding.DER)))
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return "unknown"
    return answer.certificate_status.name.lower()


def test_I13_I14_the_three_agree_for_every_serial(world: World) -> None:
    publisher = CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)
    responder = OcspResponder(world.engine, world.keys, world.clock, world.config)
    listed = {
        name: {
            entry.serial_number for entry in x509.load_der_x509_crl(publisher.publish(name, actor=SYSTEM).der)
        }
        for name in ("root", "issuing")
    }
    seen = set()
    for serial, issuer, said in fates(world):
        assert (serial in listed[issuer]) == (said == "revoked"), f"{serial:x}"
        if issuer == "issuing":
            assert ask(world, responder, serial) == said
        seen.add(said)
    assert seen == {"good", "revoked", "unknown"}
    assert ask(world, responder, 12345) == "unknown"


def test_I12_a_revocation_shows_at_once(world: World, clock: SteppingClock) -> None:
    publisher = CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)
    responder = OcspResponder(world.engine, world.keys, world.clock, world.config)
    one = world.authority.issue(request(), request_key="late", actor=CLERK)
    publisher.publish("issuing", actor=SYSTEM)
    assert ask(world, responder, one.serial) == "good"
    clock.advance(timedelta(seconds=5))
    world.authority.revoke(one.serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
    assert ask(world, responder, one.serial) == "revoked"
    for reason in (RevocationReason.CERTIFICATE_HOLD, RevocationReason.SUPERSEDED):
        if reason is RevocationReason.SUPERSEDED:
            clock.advance(timedelta(hours=1))
            world.authority.revoke(one.serial, reason, actor=OFFICER)
        entry = x509.load_der_x509_crl(
            publisher.current("issuing").der
        ).get_revoked_certificate_by_serial_number(one.serial)
        assert entry is not None
        assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value == reason
