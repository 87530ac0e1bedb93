"""Cross certification at the desk: two people, one fingerprint, the ordinary cycle (I2, I4, I10, I22)."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from ca.certificate import CertificateQuery, RevocationReason
from ca.cross.desk import CrossDesk
from ca.cross.errors import (
    CrossChanged,
    CrossMoved,
    CrossOrderInvalid,
    CrossSecondPerson,
    CrossUnknown,
    FingerprintDiffers,
    ForeignUnfit,
)
from ca.cross.order import CrossOrder, read_order
from ca.cross.store import CrossStatus, cross_order
from ca.errors import LintFailed, RequestInvalid
from ca.profile import ROOT
from ca.store import audit, certificate
from tests.conftest import SteppingClock
from tests.pki import CLERK, OFFICER, SECOND, Party, Pki, World
from tests.settled import settled_world

OURS, THEIRS = "1.3.6.1.4.1.55555.1", "1.3.6.1.4.1.66666.1"
TERMS = f"""
path_length = 1
policies = ["{OURS}"]
permitted = ["dn:/C=CN/O=乙机构 / B TEST", "dns:b.example.cn", "email:b.example.cn", "uri:.b.example.cn", "ip:10.0.0.0/8"]
excluded = ["dn:/C=CN/O=乙机构 / B TEST/OU=x"]
[[map]]
ours = "{OURS}"
theirs = "{THEIRS}"
"""


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> World:
    return settled_world(engine, clock)


@pytest.fixture
def desk(world: World) -> CrossDesk:
    return CrossDesk(world.authority, secrets.token_bytes)


@pytest.fixture
def foreign(clock: SteppingClock) -> Party:
    """Another installation's root."""
    return Pki(clock(), name="乙机构 TEST").root


def fingerprint(party: Party) -> str:
    return hashlib.sha256(party.der).hexdigest()


def issued_rows(world: World) -> int:
    with world.engine.connect() as conn:
        query = sa.select(sa.func.count()).where(certificate.c.profile == "cross")
        return int(conn.execute(query.select_from(certificate)).scalar_one())


def test_I22_proposed_by_one_confirmed_by_another_issued_once(
    world: World, desk: CrossDesk, foreign: Party
) -> None:
    said = fingerprint(foreign)
    proposed = desk.propose(TERMS.encode(), foreign.der, said, actor=CLERK)
    assert (proposed.status, proposed.possession, issued_rows(world)) == ("proposed", "self-signed", 0)
    with pytest.raises(CrossSecondPerson):
        desk.confirm(proposed.id, said, actor=replace(CLERK, id=CLERK.id.upper()))
    colons = ":".join(said[i : i + 2] for i in range(0, 64, 2)).upper()
    made = desk.confirm(proposed.id, colons, actor=SECOND)
    assert made.status is CrossStatus.ISSUED
    with pytest.raises(CrossMoved):
        desk.confirm(proposed.id, said, actor=SECOND)
    with pytest.raises(CrossMoved):
        desk.withdraw(proposed.id, actor=SECOND)
    assert issued_rows(world) == 1
    with world.engine.connect() as conn:
        actions = conn.execute(sa.select(audit.c.action).order_by(audit.c.number)).scalars().all()
    assert actions[-5:] == [
        "cross.proposed",
        "cross.confirmed",
        "certificate.requested",
        "certificate.issued",
        "cross.issued",
    ]
    assert desk.orders() == (made,)


def test_I04_a_confirmation_that_was_cut_off_is_taken_up(
    world: World, desk: CrossDesk, foreign: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = fingerprint(foreign)
    proposed = desk.propose(TERMS.encode(), foreign.der, said, actor=CLERK)
    kept = world.authority.audit.append_many

    def fall(conn: sa.Connection, entries: list, **who: object) -> object:
        if entries[0].action == "cross.issued":
            raise OSError("the machine stops here")
        return kept(conn, entries, **who)

    with monkeypatch.context() as cut:
        cut.setattr(world.authority.audit, "append_many", fall)
        with pytest.raises(OSError, match="stops"):
            desk.confirm(proposed.id, said, actor=SECOND)
    assert desk.order(proposed.id).status is CrossStatus.CONFIRMED
    assert desk.confirm(proposed.id, said, actor=OFFICER).status is CrossStatus.ISSUED
    assert issued_rows(world) == 1


def test_a_fingerprint_of_another_certificate_confirms_nothing(
    world: World, desk: CrossDesk, foreign: Party, clock: SteppingClock
) -> None:
    """Somebody between the two installations hands in a root of his own; what was told by telephone says otherwise."""
    false = Pki(clock(), name="乙机构 TEST").root
    for wrong in (fingerprint(false), "", fingerprint(foreign)[:-1], "g" * 64):
        with pytest.raises(FingerprintDiffers):
            desk.propose(TERMS.encode(), foreign.der, wrong, actor=CLERK)
    proposed = desk.propose(TERMS.encode(), false.der, fingerprint(false), actor=CLERK)
    with pytest.raises(FingerprintDiffers):
        desk.confirm(proposed.id, fingerprint(foreign), actor=SECOND)
    assert issued_rows(world) == 0
    assert desk.withdraw(proposed.id, actor=CLERK).status is CrossStatus.WITHDRAWN
    with pytest.raises(CrossMoved):
        desk.confirm(proposed.id, fingerprint(false), actor=SECOND)
    with pytest.raises(CrossUnknown):
        desk.order("0" * 16)


def test_the_certificate_is_found_listed_and_revoked_like_any_other(
    world: World, desk: CrossDesk, foreign: Party
) -> None:
    proposed = desk.propose(TERMS.encode(), foreign.der, fingerprint(foreign), actor=CLERK)
    made = desk.confirm(proposed.id, fingerprint(foreign), actor=SECOND)
    (record,) = world.authority.find(CertificateQuery(profile="cross")).items
    assert (record.serial, record.issuer, record.der) == (made.serial, "root", made.certificate)
    gone = world.authority.revoke(record.serial, RevocationReason.CESSATION_OF_OPERATION, actor=OFFICER)
    assert gone.revoked_at is not None


def test_I22_terms_changed_behind_the_desk_are_not_issued(
    world: World, desk: CrossDesk, foreign: Party
) -> None:
    """Somebody with the database widens what was proposed before the second person confirms."""
    proposed = desk.propose(TERMS.encode(), foreign.der, fingerprint(foreign), actor=CLERK)
    wider = replace(proposed.order, terms=replace(proposed.order.terms, permitted=("dn:/C=CN",)))
    with world.engine.begin() as conn:
        conn.execute(cross_order.update().values(content=wider.to_json()))
    with pytest.raises(CrossChanged):
        desk.confirm(proposed.id, fingerprint(foreign), actor=SECOND)
    assert issued_rows(world) == 0


def test_possession_by_a_request_file_must_be_of_the_same_key(desk: CrossDesk, clock: SteppingClock) -> None:
    """An issuing CA's certificate is signed by its root: a PKCS#10 file shows that it has the key."""
    pki = Pki(clock(), name="乙机构 TEST")
    files = {}
    for name, party in (("own", pki.issuing), ("other", pki.root)):
        builder = x509.CertificateSigningRequestBuilder().subject_name(party.certificate.subject)
        files[name] = builder.sign(party.key, hashes.SHA256()).public_bytes(Encoding.DER)
    terms, said = TERMS.replace("path_length = 1", "path_length = 0").encode(), fingerprint(pki.issuing)
    with pytest.raises(ForeignUnfit):
        desk.propose(terms, pki.issuing.der, said, actor=CLERK, request=files["other"])
    proven = desk.propose(terms, pki.issuing.der, said, actor=CLERK, request=files["own"])
    assert proven.possession == "request"
    assert desk.propose(terms, pki.issuing.der, said, actor=CLERK).possession == "unproven"
    assert desk.confirm(proven.id, said, actor=SECOND).status is CrossStatus.ISSUED


def test_what_is_no_authority_is_not_certified(world: World, desk: CrossDesk, clock: SteppingClock) -> None:
    pki = Pki(clock(), name="乙机构 TEST")
    now, name = clock(), pki.root.certificate.subject
    over = {"not_before": now - timedelta(days=9), "not_after": now - timedelta(hours=1)}
    for party in (
        pki.party(),
        pki.make(ROOT, name, key_usage=("crl_sign",)),
        pki.make(ROOT, name, spoil=True),
        pki.make(ROOT, name, **over),
    ):
        with pytest.raises(ForeignUnfit):
            desk.propose(TERMS.encode(), party.der, fingerprint(party), actor=CLERK)
    namesake = pki.make(ROOT, x509.Name(list(world.root.subject)))
    with pytest.raises(ForeignUnfit) as called:
        desk.propose(TERMS.encode(), namesake.der, fingerprint(namesake), actor=CLERK)
    assert "called" in called.value.en
    own = world.hierarchy.root.certificate
    with pytest.raises(ForeignUnfit):
        desk.propose(TERMS.encode(), own, hashlib.sha256(own).hexdigest(), actor=CLERK)
    for octets in (b"", b"-----BEGIN CERTIFICATE-----", b"\x30" * 20_000):
        with pytest.raises(ForeignUnfit):
            desk.propose(TERMS.encode(), octets, "0" * 64, actor=CLERK)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("path_length = 1", "path_length = 2"), "path_length"),
        (("path_length = 1", "path_length = true"), "path_length"),
        ((f'policies = ["{OURS}"]', "policies = []"), "policies"),
        ((f'policies = ["{OURS}"]', 'policies = ["2.5.29.32.0"]'), "policies"),
        ((f'policies = ["{OURS}"]', 'policies = ["level 3"]'), "policies"),
        ((f'ours = "{OURS}"', f'ours = "{THEIRS}"'), "map"),
        ((f'theirs = "{THEIRS}"', 'theirs = "2.5.29.32.0"'), "map"),
        (("dns:b.example.cn", "dns:.b.example.cn"), "permitted"),
        (("10.0.0.0/8", "10.0.0.1/8"), "permitted"),
        (("dn:/C=CN/O=乙机构 / B TEST/OU=x", "dn:OU=x"), "excluded"),
        (("path_length = 1", "path_length = 1\ninhibit_policy_mapping = 99"), "inhibit_policy_mapping"),
        (("path_length = 1", "path_length = 1\nanything = 1"), "anything"),
        (("path_length = 1", "path_length = "), "file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_terms_are_read_strictly(
    foreign: Party, clock: SteppingClock, change: tuple[str, str], field: str
) -> None:
    shorter = Pki(clock(), name="乙机构 TEST")
    party = shorter.make(ROOT, shorter.root.certificate.subject, path_length=1)
    with pytest.raises(CrossOrderInvalid) as wrong:
        read_order(TERMS.replace(*change).encode(), party.der, clock())
    assert field in wrong.value.field


def test_without_permitted_names_nothing_is_ordered(foreign: Party, clock: SteppingClock) -> None:
    kept = "\n".join(line for line in TERMS.splitlines() if not line.startswith("permitted"))
    with pytest.raises(CrossOrderInvalid):
        read_order(kept.encode(), foreign.der, clock())


def test_an_order_is_the_same_after_it_was_kept(foreign: Party, clock: SteppingClock) -> None:
    order = read_order(f"require_explicit_policy = false\n{TERMS}".encode(), foreign.der, clock())
    again = CrossOrder.of(json.loads(order.to_json()))
    assert (again, again.digest) == (order, order.digest)
    assert order.terms.require_explicit_policy is None


def test_I10_a_root_without_depth_for_it_certifies_no_bridge(
    world: World, foreign: Party, clock: SteppingClock
) -> None:
    """The root of an older installation has path length 1: the lint refuses, nothing is signed."""
    order = read_order(TERMS.encode(), foreign.der, clock())
    asked = order.request(clock())
    deep = replace(asked, cross=replace(order.terms, path_length=3))
    with pytest.raises(LintFailed, match="path length"):
        world.authority.issue(deep, request_key="deep", actor=CLERK)
    bare = replace(asked, cross=None)
    with pytest.raises(LintFailed, match="terms"):
        world.authority.issue(bare, request_key="bare", actor=CLERK)
    leaf = replace(asked, profile="chip-auth", issuer="issuing")
    with pytest.raises(RequestInvalid):
        world.authority.issue(leaf, request_key="leaf", actor=CLERK)
