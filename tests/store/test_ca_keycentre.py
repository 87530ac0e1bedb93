"""The key centre over a real token and both databases: pool, delivery, idempotency, states, founding."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509

from ca.certificate import CertificateRequest, RevocationReason, SubjectName
from ca.enrolment.desk import Enrolment
from ca.errors import RequestInvalid, RequestKeyReused
from ca.keycentre import delivery
from ca.keycentre.centre import KeyCentre
from ca.keycentre.errors import (
    EnvelopeForAnother,
    EnvelopeUnproven,
    EnvelopeUnreadable,
    EscrowedKeyStateRefused,
    EscrowedKeyUnknown,
    EscrowKindRefused,
    KeyCentreFounded,
    KeyCentreNeedsToken,
    KeyCentreNotReady,
    PoolFillRefused,
    RecipientRefused,
    SigningKeyNotEscrowed,
)
from ca.keycentre.house import CentreRules
from ca.keycentre.key import KeyRequest, transport_statement
from ca.keycentre.state import TRANSITIONS, KeyAct, KeyStatus
from ca.keycentre.store import escrowed_key
from ca.unfinished import end_unfinished
from hsm.algorithms import KeyKind
from hsm.cryptoki import CryptokiProvider
from hsm.envelopes import Recipient
from hsm.key_uri import KeyUri
from hsm.provider import KeyRing
from hsm.public_keys import certificate_key, spki
from hsm.sm2.by_python import PythonBackend
from hsm.sm2.public_key import Sm2PublicKey
from hsm.soft_keys import SoftProvider
from hsm.suite import Suite
from tests.conftest import SteppingClock
from tests.enrolment_world import make_office
from tests.keycentre_world import NAMES, OFFICER, KeyCentreWorld, make_key_centre, plan
from tests.pki import CLERK, COMPANY, USCC, make_world

pytestmark = pytest.mark.token


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock, softhsm: CryptokiProvider) -> KeyCentreWorld:
    return make_key_centre(engine, clock, softhsm)


def test_A6_the_holder_receives_an_encryption_key_that_only_the_token_can_open(world: KeyCentreWorld) -> None:
    """A6: signing key made in the token, encryption key from the centre, opened there, in use; nobody else opens it."""
    holder, other = world.holder(), world.holder()
    grant = world.centre.apply("enrolment-1", holder.public_key)
    uri = world.open(holder, grant.envelope)
    assert isinstance(grant.public_key, Sm2PublicKey)
    cipher = PythonBackend(allowed=True).encrypt(grant.public_key, b"a sealed letter")
    assert holder.receiver.decrypt(uri, KeyKind.SM2, cipher.raw) == b"a sealed letter"
    with pytest.raises(EnvelopeForAnother):
        world.open(other, grant.envelope)
    again = world.centre.apply("enrolment-1", holder.public_key)
    assert again == grant, "one enrolment, one key"
    actions = world.actions()
    assert [each for each in actions if each.startswith("kmc.key")] == [
        "kmc.key.assigned",
        "kmc.key.delivered",
    ]
    record = world.centre.key_of(grant.public_key)
    assert record.status is KeyStatus.DELIVERED
    assert world.centre.key(record.id) == record


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.EC_P256], ids=lambda kind: kind.value)
def test_A6_an_international_token_vouches_for_a_transport_key(world: KeyCentreWorld, kind: KeyKind) -> None:
    """A signing key in a token signs only, so the envelope is for a second key that the first one signs for."""
    holder = world.holder(kind)
    transport = holder.receiver.transport_key("transport", kind)
    key = next(each for each in world.provider.keys(holder.token) if each.uri.id == transport.id)
    to = Recipient(key.public_key, "SN-0042", "licence")
    proof = world.provider.signer(holder.sign).sign(transport_statement(to))
    request = KeyRequest("e-1", holder.public_key, recipient=to, proof=proof)
    grant = world.centre.grant(request, actor=OFFICER)
    addressed = replace(holder, sign=transport)
    for wrong in (replace(to, serial="SN-0043"), replace(to, container="bank")):
        with pytest.raises(EnvelopeForAnother):
            world.open(addressed, grant.envelope, wrong)
    assert world.open(addressed, grant.envelope, to).id
    for bad in (replace(request, proof=b""), replace(request, recipient=replace(to, serial="SN-0043"))):
        with pytest.raises(RecipientRefused):
            world.centre.grant(replace(bad, request_key=uuid.uuid4().hex))


def test_a_delivery_is_believed_only_with_the_centres_signature(world: KeyCentreWorld) -> None:
    holder = world.holder()
    _, octets = world.delivered(holder)
    for place in range(0, len(octets), 7):
        bent = bytearray(octets)
        bent[place] ^= 1 << place % 8
        with pytest.raises((EnvelopeUnproven, EnvelopeUnreadable, EnvelopeForAnother)):
            world.open(holder, bytes(bent))
    for cut in (b"", octets[:-1], octets + b"\0", b"\0" * (delivery.MAX_OCTETS + 1)):
        with pytest.raises(EnvelopeUnreadable):
            world.open(holder, cut)
    impostor = delivery.parse(octets)
    with pytest.raises(EnvelopeUnproven):
        impostor.proven(holder.public_key)


def test_the_pool_is_counted_and_used_up_in_order(world: KeyCentreWorld) -> None:
    centre = world.centre
    assert centre.pool_fill(KeyKind.SM2, 3, actor=OFFICER) == 3
    assert centre.pool_fill(KeyKind.SM2, 3, actor=OFFICER) == 0
    assert centre.status().keys == {("sm2", "pooled"): 3}
    ids = {world.delivered(world.holder())[0] for _ in range(4)}
    assert len(ids) == 4, "the fourth was made when it was asked for"
    assert centre.status().keys == {("sm2", "delivered"): 4}
    for target in (-1, 10_001):
        with pytest.raises(PoolFillRefused):
            centre.pool_fill(KeyKind.SM2, target, actor=OFFICER)
    with pytest.raises(EscrowKindRefused):
        centre.pool_fill(KeyKind.EC_P384, 1, actor=OFFICER)


def test_housekeeping_refills_the_pool(
    engine: sa.Engine, clock: SteppingClock, softhsm: CryptokiProvider
) -> None:
    world = make_key_centre(
        engine, clock, softhsm, rules=CentreRules(pool=((KeyKind.SM2, 2), (KeyKind.EC_P256, 1)))
    )
    world.centre.reconcile(OFFICER)
    world.delivered(world.holder())
    world.centre.reconcile(OFFICER)
    counted = world.centre.status().keys
    assert counted == {("sm2", "pooled"): 2, ("sm2", "delivered"): 1, ("ec-p256", "pooled"): 1}


def test_rivals_never_get_one_key(world: KeyCentreWorld) -> None:
    """Eight requests at the same moment, half of them for the same enrolment: five keys, nobody shares one."""
    holder = world.holder()
    world.centre.pool_fill(KeyKind.SM2, 3, actor=OFFICER)
    found: list[tuple[str, bytes]] = []

    def ask(name: str) -> None:
        found.append((name, spki(world.centre.apply(name, holder.public_key).public_key)))

    names = ["same", "same", "same", "same", "a", "b", "c", "d"]
    threads = [threading.Thread(target=ask, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 8
    assert len({key for _, key in found}) == len({name for name, _ in found}) == 5


def test_a_request_key_names_one_request(world: KeyCentreWorld) -> None:
    holder = world.holder()
    request = KeyRequest("e-1", holder.public_key, uscc="91330106MA2CYINX3E")
    world.centre.grant(request)
    for other in (
        replace(request, uscc=""),
        replace(request, kind=KeyKind.EC_P256),
        replace(request, holder="x"),
    ):
        with pytest.raises(RequestKeyReused):
            world.centre.grant(other)
    for name in ("", "x" * 201):
        with pytest.raises(RequestInvalid):
            world.centre.grant(replace(request, request_key=name))


def test_I24_no_signing_key_is_escrowed_by_any_door(world: KeyCentreWorld) -> None:
    """I24: profiles for signatures, kinds of signing keys, escrowed keys as signing keys: refused before anything is made."""
    holder = world.holder()
    request = KeyRequest("e-1", holder.public_key)
    before = world.centre.status().keys
    for profile in ("enterprise-sign", "enterprise-seal", "issuing", "tsa", "chip-auth", "person-sign"):
        with pytest.raises(SigningKeyNotEscrowed):
            world.centre.grant(replace(request, profile=profile))
    assert world.centre.status().keys == before
    grant = world.centre.grant(request)
    for bad in (
        KeyRequest("e-2", grant.public_key),
        KeyRequest("e-3", holder.public_key, recipient=Recipient(grant.public_key)),
    ):
        with pytest.raises(SigningKeyNotEscrowed):
            world.centre.grant(bad)
    with pytest.raises(EscrowedKeyUnknown):
        world.centre.key_of(holder.public_key)


def test_each_state_allows_what_the_table_says(world: KeyCentreWorld) -> None:
    centre, holder = world.centre, world.holder()
    acts = {KeyAct.REVOKE: centre.revoke, KeyAct.ARCHIVE: centre.archive, KeyAct.DESTROY: centre.destroy}
    for status in KeyStatus:
        for act, door in acts.items():
            key_id, _ = world.delivered(holder)
            with world.engine.begin() as conn:
                conn.execute(
                    escrowed_key.update().where(escrowed_key.c.id == key_id).values(status=status.value)
                )
            wanted = TRANSITIONS[act].get(status)
            if wanted is None:
                with pytest.raises(EscrowedKeyStateRefused):
                    door(key_id, "drill", actor=OFFICER)
                assert centre.key(key_id).status is status
            else:
                assert door(key_id, "drill", actor=OFFICER).status is wanted
                assert bool(centre.key(key_id).sealed) == (wanted is not KeyStatus.DESTROYED)
            with world.engine.begin() as conn:  # back out of the pool, into which the test put it
                conn.execute(
                    escrowed_key.update().where(escrowed_key.c.id == key_id).values(status="destroyed")
                )
    with pytest.raises(EscrowedKeyUnknown):
        centre.revoke("00" * 16, "drill", actor=OFFICER)


def test_the_centre_is_founded_once_and_in_a_token(
    world: KeyCentreWorld, engine: sa.Engine, clock: SteppingClock, soft_keys: SoftProvider
) -> None:
    with pytest.raises(KeyCentreFounded):
        world.centre.found(KeyUri("pkcs11", world.token, "x"), KeyKind.SM2, plan(), actor=OFFICER)
    status = world.centre.status()
    assert (status.user_quorum, status.judicial_quorum, len(status.custodians)) == (2, 3, 4)
    with engine.begin() as conn:
        for table in ("key_centre", "key_roster"):
            conn.execute(sa.text(f"DELETE FROM {table}"))
    with pytest.raises(KeyCentreNotReady):
        world.centre.apply("e", world.holder().public_key)
    soft = KeyCentre(engine, KeyRing({"file": soft_keys}), clock, world.audit)
    with pytest.raises(KeyCentreNeedsToken):
        soft.found(KeyUri("file", "t", "x"), KeyKind.SM2, plan(), actor=OFFICER)
    assert soft.reconcile(OFFICER) == 0


def test_I19_an_assignment_that_was_cut_off_is_completed(world: KeyCentreWorld, clock: SteppingClock) -> None:
    """The token fails between the two transactions: the key stays with its request and is delivered later."""
    holder = world.holder()
    granting = world.centre._granting
    request = KeyRequest("e-1", holder.public_key)
    key = granting._assigned(request, OFFICER)
    assert key.status is KeyStatus.ASSIGNED
    assert world.centre.reconcile(OFFICER) == 0, "too young"
    clock.advance(timedelta(seconds=61))
    assert world.centre.reconcile(OFFICER) == 1
    grant = world.centre.grant(request)
    assert spki(grant.public_key) == spki(key.public_key)
    assert world.open(holder, grant.envelope).id


def test_I24_no_certificate_for_signatures_over_an_escrowed_key(
    world: KeyCentreWorld, engine: sa.Engine, clock: SteppingClock
) -> None:
    """The authority certifies an escrowed key for encryption and for nothing else."""
    authority = make_world(engine, clock, create_tables=False)
    authority.enterprises.register(USCC, COMPANY, actor=CLERK)
    grant = world.centre.grant(KeyRequest("e-1", world.holder().public_key, KeyKind.EC_P256))
    subject = SubjectName(COMPANY, COMPANY, USCC)
    for profile in ("enterprise-sign", "enterprise-seal"):
        with pytest.raises(SigningKeyNotEscrowed):
            authority.authority.issue(
                CertificateRequest(profile, subject, grant.public_key), request_key=profile, actor=CLERK
            )
    request = CertificateRequest("enterprise-encrypt", subject, grant.public_key)
    assert authority.authority.issue(request, request_key="encrypt", actor=CLERK).der


def test_housekeeping_revokes_a_key_with_its_certificate_but_not_for_a_hold(
    world: KeyCentreWorld, engine: sa.Engine, clock: SteppingClock
) -> None:
    """A key whose certificate was renewed stays in use until the last one is revoked; what was sent stays recoverable."""
    made = make_world(engine, clock, create_tables=False)
    made.enterprises.register(USCC, COMPANY, actor=CLERK)
    grant = world.centre.grant(KeyRequest("e-1", world.holder().public_key, KeyKind.EC_P256, uscc=USCC))
    key_id = delivery.parse(grant.envelope).key_id
    request = CertificateRequest("enterprise-encrypt", SubjectName(COMPANY, COMPANY, USCC), grant.public_key)
    first, second = (
        made.authority.issue(request, request_key=f"encrypt-{n}", actor=CLERK).serial for n in (1, 2)
    )

    def status_after(serial: int, reason: RevocationReason) -> KeyStatus:
        made.authority.revoke(serial, reason, actor=CLERK)
        world.centre.reconcile(OFFICER)
        return world.centre.key(key_id).status

    assert status_after(first, RevocationReason.SUPERSEDED) is KeyStatus.DELIVERED
    assert status_after(second, RevocationReason.CERTIFICATE_HOLD) is KeyStatus.DELIVERED
    assert status_after(second, RevocationReason.KEY_COMPROMISE) is KeyStatus.REVOKED
    assert world.actions().count("kmc.key.revoke") == 1
    assert world.centre.reconcile(OFFICER) == 0
    case = world.approve(world.user_case(key_id, world.holder()), *NAMES[:2])
    assert world.centre.execute(case.id, actor=OFFICER).delivery


def test_A6_one_enrolment_issues_both_certificates_and_the_envelope(
    world: KeyCentreWorld, engine: sa.Engine, clock: SteppingClock, tmp_path: Path
) -> None:
    """A6, through the desk: sign in the token, encrypt by the centre, both certificates in one enrolment."""
    office = make_office(engine, clock, tmp_path, create_tables=False, suite=Suite.GM)
    made, desk = office.world, office.desk.office
    parts = (made.engine, made.authority, made.clock, made.audit, desk.rules)
    office.desk = Enrolment(*parts, evidence=office.evidence, encryption_keys=world.centre)
    holder = world.holder()
    record = office.issued(profile="enterprise-sign", pair=True, csr=None, public_key=holder.public_key)
    encryption = office.world.authority.certificate(int(record.encryption_serial or 0))
    signing = office.world.authority.certificate(int(record.serial or 0))
    public = certificate_key(x509.load_der_x509_certificate(encryption.der))
    assert world.centre.key_of(public).request_key == record.id
    assert spki(certificate_key(x509.load_der_x509_certificate(signing.der))) == spki(holder.public_key)
    uri = world.open(holder, record.envelope)
    assert isinstance(public, Sm2PublicKey)
    cipher = PythonBackend(allowed=True).encrypt(public, b"to the certificate")
    assert holder.receiver.decrypt(uri, KeyKind.SM2, cipher.raw) == b"to the certificate"


def test_I31_a_spare_key_of_a_restored_backup_is_nobodys_yet_recoverable(
    world: KeyCentreWorld, clock: SteppingClock
) -> None:
    """It may have been given away after the backup: never given again, and custodians can let its holder have it."""
    world.centre.pool_fill(KeyKind.SM2, 1, actor=OFFICER)
    with world.engine.begin() as conn:
        assert end_unfinished(conn, clock.now)["spare_keys"] == 1
        (key_id,) = conn.scalars(sa.select(escrowed_key.c.id))
    given, _ = world.delivered(world.holder())
    assert given != key_id
    new = world.holder()
    case = world.approve(world.user_case(key_id, new), *NAMES[:2])
    assert world.open(new, world.centre.execute(case.id, actor=OFFICER).delivery).id
