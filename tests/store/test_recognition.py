"""Trust lists, ours and others', on both databases: numbers that rise, two people, what is refused and told (I22, I30, I31)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509

import seals.store
import signing.store
from ca.actor import SYSTEM, Actor
from ca.certificate import CertificateStatus, RevocationReason
from ca.issuer import UnitPurpose
from ca.restoration import number_floor
from ca.status.crl import CrlPublisher
from seals.list_publisher import Heading, ListMaker
from seals.restoration import use_up_counters
from seals.status_list import StatusListPublisher
from signing.recognition import foreign_store, handover, pieces
from signing.recognition.desk import ForeignLists, Offer
from signing.recognition.errors import (
    FingerprintDiffers,
    FingerprintInvalid,
    ForeignListRefused,
    ListActRefused,
    ListMoved,
    ListReasonNeeded,
    ListSecondPerson,
    ListTaken,
    ListUnknown,
    ListUnreachable,
    OwnListMissing,
    OwnListOffered,
)
from signing.recognition.fetching import Errand, Fetched
from signing.recognition.foreign import Attempt, ForeignList, Piece, PieceKind, read_fingerprint
from signing.recognition.own import ListProfile, OwnList, draw
from signing.recognition.publisher import ISSUER, OwnTrustList, Published, _signed
from signing.recognition.renewal import Renewals
from signing.recognition.restoration import merge_foreign, published_lists, retire_foreign
from signing.recognition.states import TRANSITIONS, ForeignAct, ForeignStatus, Trouble
from signing.recognition.store import list_piece, trust_list
from tests.conftest import SteppingClock
from tests.pki import BASE_URL, CLERK, OFFICER, Pki, World, make_world
from verify.trusted_lists.model import ServiceKind, ServiceStatus, TrustedList
from verify.trusted_lists.pinned import read_list
from verify.trusted_lists.source import PinnedSource

ONE, TWO, THREE = Actor("person:one", "一"), Actor("person:two", "二"), Actor("person:three", "三")
URL = f"{BASE_URL}/trust/list.json"
PROMISE, MAX_AGE = timedelta(minutes=5), timedelta(hours=24)


@dataclass
class Line:
    """A fetcher over what is served here; a missing address does not answer, ``broken`` fails after the answer was made."""

    served: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    asked: list[Errand] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def fetch(self, errand: Errand) -> Fetched:
        self.asked.append(errand)
        octets = self.served[errand.url]() if errand.url in self.served else b""
        if not octets or errand.url in self.broken:
            raise ListUnreachable(errand.url, "断线", "the line is down")
        etag = f'"{hash(octets)}"'
        return Fetched(None, etag) if etag == errand.etag else Fetched(octets, etag)


@dataclass
class Office:
    """A publishes over a world; B, in the same database, takes A's list in."""

    world: World
    clock: SteppingClock
    own: OwnTrustList
    crls: CrlPublisher
    line: Line
    foreign: ForeignLists
    renewals: Renewals

    @property
    def engine(self) -> sa.Engine:
        return self.world.engine

    def offer(self, url: str = URL, fingerprint: str | None = None) -> Offer:
        right = self.own.current().fingerprint
        return Offer(right if fingerprint is None else fingerprint, url)

    def join(self) -> ForeignList:
        found = self.foreign.propose(self.offer(), actor=ONE)
        self.foreign.confirm(found.id, self.own.current().fingerprint, actor=TWO)
        self.renewals.renew(found.id, SYSTEM)
        return self.foreign.get(found.id)

    def later(self, step: timedelta = PROMISE) -> None:
        """Let time pass and the round of renewals with it."""
        self.clock.advance(step)
        self.renewals.renew_due(SYSTEM)

    def standing(self, found: ForeignList) -> handover.Standing:
        with self.engine.connect() as conn:
            fresh = foreign_store.find(conn, found.id)
            assert fresh is not None
            return handover.standing_of(conn, fresh, self.clock(), MAX_AGE)

    def files(self) -> dict[str, bytes]:
        with self.engine.connect() as conn:
            return handover.files(handover.standings(conn, self.clock(), MAX_AGE))

    def actions(self) -> list[str]:
        with self.engine.connect() as conn:
            return [record.action for record in self.world.audit.records(conn, after=0, limit=1000)]


@pytest.fixture
def office(engine: sa.Engine, clock: SteppingClock) -> Office:
    world = make_world(engine, clock)
    for metadata in (seals.store.metadata, signing.store.metadata):
        metadata.create_all(engine)
    maker = _maker(world, UnitPurpose.TRUST_LIST)
    own = OwnTrustList(engine, clock, world.audit, ListProfile(world.config), lambda: maker)
    crls = CrlPublisher(engine, world.keys, clock, world.audit, world.config)
    states = StatusListPublisher(engine, clock, world.audit, _maker(world, UnitPurpose.SEAL_MAKER))
    states.publish(actor=SYSTEM)
    line = Line(
        {
            URL: lambda: own.current().json,
            f"{BASE_URL}/pki/crl/root.crl": lambda: crls.current("root").der,
            f"{BASE_URL}/pki/crl/issuing.crl": lambda: crls.current("issuing").der,
            f"{BASE_URL}/pki/seals.jws": lambda: _jws(states),
        }
    )
    foreign = ForeignLists(engine, clock, world.audit, line, lambda: "CN:ours")
    renewals = Renewals(engine, clock, world.audit, line, PROMISE)
    return Office(world, clock, own, crls, line, foreign, renewals)


def _jws(states: StatusListPublisher) -> bytes:
    return states.current().jws.encode()


def _maker(world: World, purpose: UnitPurpose) -> ListMaker:
    unit = world.authority.units(purpose)[0]
    chain = (unit.certificate, *world.authority.chain(unit.issuer))
    return ListMaker(unit.id, chain, lambda: world.signer(unit.key_uri))


# -- our own list -----------------------------------------------------------------------------------------------------


def test_our_list_tells_every_service_and_both_forms_agree(office: Office) -> None:
    found = office.own.current()
    kinds = [one.kind for one in found.content.services]
    assert kinds == [ServiceKind.CA, ServiceKind.CA, *kinds[2:]]
    assert set(kinds[2:]) == {ServiceKind.TSA, ServiceKind.SEAL_MAKER}
    assert {one.periods[0].status for one in found.content.services} == {ServiceStatus.GRANTED}
    pins = [PinnedSource.of("", [found.signer])]
    as_json, as_xml = read_list(found.json, pins), read_list(found.xml, pins)
    assert as_json.services == as_xml.services
    assert as_json.sequence == as_xml.sequence == found.content.sequence == 1
    supply = {url for one in found.content.services for url in one.supply}
    assert supply >= {
        f"{BASE_URL}/pki/crl/issuing.crl",
        f"{BASE_URL}/pki/ocsp/issuing",
        f"{BASE_URL}/pki/tsa",
    }


def test_a_list_is_published_anew_when_a_service_changes_and_before_it_ends(office: Office) -> None:
    first = office.own.current()
    assert office.own.current().content.sequence == 1, "nothing changed"
    tsa = office.world.hierarchy.tsa.x509
    office.clock.advance(timedelta(hours=1))
    office.world.authority.revoke(tsa.serial_number, RevocationReason.KEY_COMPROMISE, actor=OFFICER)
    second = office.own.current()
    (service,) = second.content.of_kind(ServiceKind.TSA)
    assert [one.status for one in service.periods] == [ServiceStatus.WITHDRAWN, ServiceStatus.GRANTED]
    assert service.periods[0].since == office.clock()
    assert service.periods[1].since == tsa.not_valid_before_utc, "its history stays"
    office.clock.advance(timedelta(days=3, hours=12))
    third = office.own.current()
    assert [one.content.sequence for one in (first, second, third)] == [1, 2, 3]
    later = office.clock() + timedelta(days=6 * 365)
    with office.engine.connect() as conn:
        drawn = draw(conn, office.own.profile, Heading(ISSUER, 4, later, later + timedelta(days=7)))
    (ended,) = drawn.content.of_kind(ServiceKind.SEAL_MAKER)
    assert [one.status for one in ended.periods] == [ServiceStatus.CEASED, ServiceStatus.GRANTED]


def test_I30_a_number_is_never_given_twice(office: Office) -> None:
    """A crash between the reservation and the release burns the number."""
    office.own.current()
    office.world.signer(office.world.authority.units(UnitPurpose.TRUST_LIST)[0].key_uri)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("signing.recognition.publisher.write_xml", _lost)
        with pytest.raises(OSError, match="power"):
            office.own.publish(ONE)
    office.clock.advance(timedelta(minutes=11))
    assert office.own.reconcile(SYSTEM) == 1
    assert office.own.publish(ONE).content.sequence == 3
    with office.engine.connect() as conn:
        states = conn.execute(
            sa.select(trust_list.c.number, trust_list.c.state).order_by(trust_list.c.number)
        )
        assert [tuple(row) for row in states] == [(1, "published"), (2, "withheld"), (3, "published")]


def _lost(*_given: object) -> None:
    raise OSError("power")


def test_there_is_no_list_before_the_ceremony(office: Office) -> None:
    none = OwnTrustList(office.engine, office.clock, office.world.audit, office.own.profile, lambda: None)
    with pytest.raises(OwnListMissing):
        none.current()
    assert none.peek() is None


def test_I31_a_restored_installation_goes_on_above_all_numbers(office: Office) -> None:
    office.own.current()
    with office.engine.begin() as conn:
        use_up_counters(conn, office.clock())
        retire_foreign(conn, office.clock(), actor=OFFICER, audit=office.world.audit)
    office.clock.advance(timedelta(seconds=1))
    assert office.own.current().content.sequence > number_floor(office.clock() - timedelta(seconds=2))


# -- two people -------------------------------------------------------------------------------------------------------


def test_I22_two_people_put_a_list_in_force_and_two_end_it(office: Office) -> None:
    foreign, right = office.foreign, office.own.current().fingerprint
    found = foreign.propose(office.offer(), actor=ONE)
    with pytest.raises(ListSecondPerson):
        foreign.confirm(found.id, right, actor=Actor("Person:ONE"))
    with pytest.raises(FingerprintDiffers):
        foreign.confirm(found.id, "00" * 32, actor=TWO)
    assert office.files() == {}
    foreign.confirm(found.id, right, actor=TWO)
    assert set(office.files()) == {"lists/pinned.json", f"lists/{found.id}.tl.json"}
    with pytest.raises(ListReasonNeeded):
        foreign.ask_removal(found.id, " ", actor=ONE)
    foreign.ask_removal(found.id, "到期", actor=ONE)
    assert office.files(), "one person changes nothing"
    with pytest.raises(ListSecondPerson):
        foreign.remove(found.id, actor=ONE)
    assert foreign.keep(found.id, actor=TWO).status is ForeignStatus.TRUSTED
    foreign.ask_removal(found.id, "到期", actor=ONE)
    foreign.remove(found.id, actor=THREE)
    assert office.files() == {}
    told = [one for one in office.actions() if one.startswith("foreign_list.")]
    assert told == [
        f"foreign_list.{act}"
        for act in ("propose", "confirm", "ask-removal", "keep", "ask-removal", "remove")
    ]


def test_no_act_is_possible_but_those_in_the_table(office: Office) -> None:
    found, right = office.foreign.propose(office.offer(), actor=ONE), office.own.current().fingerprint
    doors: dict[ForeignAct, Callable[[], object]] = {
        ForeignAct.CONFIRM: lambda: office.foreign.confirm(found.id, right, actor=TWO),
        ForeignAct.DECLINE: lambda: office.foreign.decline(found.id, "不需要", actor=ONE),
        ForeignAct.ASK_REMOVAL: lambda: office.foreign.ask_removal(found.id, "x", actor=ONE),
        ForeignAct.KEEP: lambda: office.foreign.keep(found.id, actor=TWO),
        ForeignAct.REMOVE: lambda: office.foreign.remove(found.id, actor=TWO),
    }
    path = (
        ForeignAct.CONFIRM,
        ForeignAct.ASK_REMOVAL,
        ForeignAct.KEEP,
        ForeignAct.ASK_REMOVAL,
        ForeignAct.REMOVE,
    )
    for step in (*path, None):
        status = office.foreign.get(found.id).status
        for act, door in doors.items():
            if status not in TRANSITIONS[act]:
                with pytest.raises(ListActRefused):
                    door()
        if step is not None:
            doors[step]()
    assert office.foreign.get(found.id).status is ForeignStatus.REMOVED
    with pytest.raises(ListActRefused):
        office.renewals.renew(found.id, SYSTEM)
    with pytest.raises(ListUnknown):
        office.foreign.get("0" * 32)


def test_what_is_proposed_is_looked_at_first(office: Office) -> None:
    right = office.own.current()
    for text in ("", "zz" * 32, right.fingerprint[:-1]):
        with pytest.raises(FingerprintInvalid):
            office.foreign.propose(office.offer(fingerprint=text), actor=ONE)
    spaced = ":".join(right.fingerprint[at : at + 2].upper() for at in range(0, 64, 2))
    assert read_fingerprint(f" SHA256:{spaced} ") == right.fingerprint
    with pytest.raises(ListUnreachable):
        office.foreign.propose(office.offer(url="https://nobody.example/trust/list.json"), actor=ONE)
    for octets in (b"", b"<list/>", right.json[:-20], right.json.replace(b".", b"..", 1)):
        with pytest.raises((ForeignListRefused, FingerprintDiffers)):
            office.foreign.propose(Offer(right.fingerprint, octets=octets), actor=ONE)
    own = ForeignLists(
        office.engine, office.clock, office.world.audit, office.line, lambda: right.content.scheme_id
    )
    with pytest.raises(OwnListOffered):
        own.propose(office.offer(), actor=ONE)
    first = office.foreign.propose(office.offer(), actor=ONE)
    with pytest.raises(ListTaken, match=first.id):
        office.foreign.propose(office.offer(), actor=TWO)
    office.foreign.confirm(first.id, right.fingerprint, actor=TWO)
    with pytest.raises(ListTaken):
        office.foreign.propose(office.offer(), actor=ONE)


def kept_pieces(office: Office, list_id: str) -> tuple[Piece, ...]:
    """Return what is kept of a list's supply points."""
    with office.engine.connect() as conn:
        return foreign_store.pieces(conn, list_id)


def test_another_address_or_key_takes_two_people_again_and_replaces(office: Office) -> None:
    first, moved = office.join(), "https://new.example/trust/list.json"
    office.line.served[moved] = office.line.served[URL]
    second = office.foreign.propose(office.offer(url=moved), actor=TWO)
    office.foreign.confirm(second.id, office.own.current().fingerprint, actor=ONE)
    assert office.foreign.get(first.id).status is ForeignStatus.REMOVED
    assert [one.id for one in office.foreign.in_force()] == [second.id]
    assert not kept_pieces(office, first.id)


# -- renewal ----------------------------------------------------------------------------------------------------------


def test_what_a_list_points_to_is_fetched_within_the_promise(office: Office) -> None:
    found = office.join()
    kept = {one.kind.value: one for one in kept_pieces(office, found.id)}
    assert set(kept) == {"crl", "seals"}
    asked = len(office.line.asked)
    office.later(timedelta(seconds=100))
    assert len(office.line.asked) == asked, "not due yet"
    office.later(timedelta(seconds=60))
    fetched = office.line.asked[asked:]
    assert {one.url for one in fetched} == set(office.line.served)
    assert all(one.etag for one in fetched), "what we have is not fetched twice"
    assert [one.confirmed for one in fetched] == [True] * 4
    assert office.standing(found).well


def test_I12_a_revocation_there_is_handed_over_within_the_promise(office: Office) -> None:
    keeper = office.world.enrol()
    office.join()
    office.world.authority.revoke(keeper.issued.serial, RevocationReason.SUPERSEDED, actor=CLERK)
    office.crls.publish_due(SYSTEM)
    office.later()
    lists = [x509.load_der_x509_crl(data) for name, data in office.files().items() if name.endswith(".crl")]
    assert any(one.get_revoked_certificate_by_serial_number(keeper.issued.serial) for one in lists)
    assert office.world.authority.certificate(keeper.issued.serial).status is CertificateStatus.REVOKED


def test_I30_an_older_list_a_changed_one_and_anothers_are_kept_out(office: Office, engine: sa.Engine) -> None:
    """Attacks by whoever holds the line: yesterday's list, the same number with other services, another's list."""
    found, old = office.join(), office.own.current()
    office.clock.advance(timedelta(seconds=1))
    new = office.own.publish(ONE)
    office.later()
    assert office.foreign.get(found.id).taken.sequence == 2
    cases: list[tuple[bytes, Trouble]] = [
        (old.json, Trouble.ROLLED_BACK),
        (_signed_again(office, new), Trouble.ROLLED_BACK),
        (old.xml, Trouble.ROLLED_BACK),
        (_other(office, new), Trouble.OTHER_LIST),
        (new.json[:-8] + b"AAAAAAAA", Trouble.FORGED),
        (b"sorry", Trouble.UNREADABLE),
    ]
    for octets, trouble in cases:
        office.line.served[URL] = lambda octets=octets: octets  # type: ignore[misc]
        office.later()
        standing = office.standing(found)
        assert (standing.found.taken.sequence, standing.found.attempt.trouble) == (2, trouble), trouble
        assert standing.alarming is trouble.attack
        with pytest.raises(ForeignListRefused):
            office.renewals.take_file(found.id, octets, ONE)
    office.line.served[URL] = lambda: office.own.current().json
    office.later()
    assert office.standing(found).well
    told = [one for one in office.actions() if one in ("foreign_list.troubled", "foreign_list.well_again")]
    assert told == ["foreign_list.troubled"] * 4 + ["foreign_list.well_again"], "each change of trouble once"


def _signed_again(office: Office, found: Published) -> bytes:
    """Sign the same number once more: ECDSA gives other octets."""
    unit = office.world.authority.units(UnitPurpose.TRUST_LIST)[0]
    chain = (unit.certificate, *office.world.authority.chain(unit.issuer))
    drawn = OwnList(ISSUER, found.content, found.until)
    octets: str = json.loads(_signed(drawn, office.world.signer(unit.key_uri), chain))["json"]
    assert octets.encode() != found.json
    return octets.encode()


def _other(office: Office, found: Published) -> bytes:
    """Let the seal maker's key sign our content: a key of the same CA that is not the pinned one."""
    unit = office.world.authority.units(UnitPurpose.SEAL_MAKER)[0]
    chain = (unit.certificate, *office.world.authority.chain(unit.issuer))
    content = replace(found.content, sequence=found.content.sequence + 5)
    drawn = OwnList(ISSUER, content, found.until)
    octets: str = json.loads(_signed(drawn, office.world.signer(unit.key_uri), chain))["json"]
    return octets.encode()


def test_I30_a_removed_list_does_not_come_back_older(office: Office) -> None:
    """Attack: have a list removed and proposed anew from an old copy; the number ever seen is remembered."""
    found, old = office.join(), office.own.current()
    office.clock.advance(timedelta(seconds=1))
    office.own.publish(ONE)
    office.later()
    office.foreign.ask_removal(found.id, "x", actor=ONE)
    office.foreign.remove(found.id, actor=TWO)
    for octets in (old.json, old.xml):
        with pytest.raises(ForeignListRefused):
            office.foreign.propose(Offer(old.fingerprint, octets=octets), actor=ONE)
    office.foreign.propose(office.offer(), actor=ONE)


def test_I30_a_proposal_that_grew_old_is_not_confirmed(office: Office) -> None:
    found, right = office.foreign.propose(office.offer(), actor=ONE), office.own.current().fingerprint
    office.clock.advance(timedelta(days=8))
    with pytest.raises(ForeignListRefused):
        office.foreign.confirm(found.id, right, actor=TWO)


def test_I30_an_expired_list_is_not_handed_over(office: Office) -> None:
    found = office.join()
    office.line.served.clear()
    office.later(timedelta(days=7, seconds=1))
    standing = office.standing(found)
    assert (standing.expired, standing.alarming) == (True, True)
    assert office.files() == {}


def test_what_is_served_again_beyond_its_time_is_an_alarm(office: Office) -> None:
    """Attack: the line answers, with what it had, or that nothing has changed: neither is news."""
    found, served = office.join(), office.line.served[SEALS]()
    assert office.standing(found).well
    office.clock.advance(timedelta(days=2))
    for again in (
        served,
        served + b"\n",
    ):  # the line says that nothing has changed; it sends the same once more
        office.line.served[SEALS] = partial(bytes, again)
        office.later()
        standing = office.standing(found)
        assert (SEALS, Trouble.EXPIRED) in standing.troubles
        assert standing.alarming


def test_an_older_or_forged_revocation_list_is_kept_out(office: Office) -> None:
    """Attack: the line serves the revocation list of before the revocation; or one that another key signed."""
    keeper = office.world.enrol()
    found, address = office.join(), f"{BASE_URL}/pki/crl/issuing.crl"
    old = office.crls.current("issuing").der
    office.clock.advance(timedelta(seconds=1))
    office.world.authority.revoke(keeper.issued.serial, RevocationReason.SUPERSEDED, actor=CLERK)
    office.crls.publish_due(SYSTEM)
    office.later()
    new = office.crls.current("issuing").der
    root = office.crls.current("root").der
    spoilt = bytearray(new)
    spoilt[-3] ^= 1
    for octets, trouble in (
        (old, Trouble.ROLLED_BACK),
        (bytes(spoilt), Trouble.FORGED),
        (b"0\x82nonsense", Trouble.UNREADABLE),
        (b"e30.e30.", Trouble.UNREADABLE),
    ):
        office.line.served[address] = lambda octets=octets: octets  # type: ignore[misc]
        office.later()
        (kept,) = [one for one in kept_pieces(office, found.id) if one.url == address]
        assert (kept.octets, kept.attempt.trouble) == (new, trouble)
    assert root in office.files().values()


def test_a_piece_that_cannot_be_fetched_for_a_day_is_used_no_longer(office: Office) -> None:
    """Attack: cut the line after a key was stolen, so that nobody hears of the revocation."""
    found = office.join()
    office.line.broken = {url for url in office.line.served if url != URL}
    office.later(timedelta(hours=23))
    assert len(office.files()) == 5
    assert not office.standing(found).alarming
    office.later(timedelta(hours=1, seconds=1))
    assert set(office.files()) == {"lists/pinned.json", f"lists/{found.id}.tl.json"}
    assert office.standing(found).alarming
    office.line.broken = set()
    office.later()
    assert len(office.files()) == 5


def test_a_slow_list_holds_nobody_up_and_gets_all_its_turns(office: Office) -> None:
    """Attack: a list of two hundred addresses that each take half a minute keeps the others' revocations from being fetched."""
    genuine = dict(office.line.served)

    def slowly(url: str) -> Callable[[], bytes]:
        def answer() -> bytes:
            office.clock.advance(PROMISE / 3)
            return genuine[url]()

        return answer

    found = office.join()
    office.line.served |= {url: slowly(url) for url in genuine if url != URL}
    asked = []
    for _ in range(3):
        office.line.asked.clear()
        office.later()
        (one,) = [errand.url for errand in office.line.asked if errand.url != URL]
        asked.append(one)
    assert len(set(asked)) == 3
    assert {one.attempt.trouble for one in kept_pieces(office, found.id)} == {Trouble.NONE}


def test_another_round_that_was_faster_wins(office: Office) -> None:
    """Two processes renew at once: the number is raised by compare-and-swap, and the slower one changes nothing."""
    found = office.join()
    office.clock.advance(timedelta(seconds=1))
    office.own.publish(ONE)
    genuine = office.line.served[URL]

    def raced() -> bytes:
        office.line.served[URL] = genuine
        Renewals(office.engine, office.clock, office.world.audit, office.line, PROMISE).renew(
            found.id, SYSTEM
        )
        return genuine()

    office.line.served[URL] = raced
    office.later()
    assert office.foreign.get(found.id).taken.sequence == 2
    assert office.actions().count("foreign_list.renewed") == 1
    with office.engine.begin() as conn:
        before = foreign_store.find(conn, found.id)
        assert before is not None
        assert foreign_store.move(conn, before, ForeignStatus.LEAVING)
        assert not foreign_store.move(conn, before, ForeignStatus.LEAVING)


def test_another_round_at_the_very_same_moment(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who joins fetches at once, and so does the service: of two that put the same piece first, one hears that it is there."""
    real, refused = foreign_store.put_piece, list[str]()

    def taken(conn: sa.Connection, list_id: str, found: Piece) -> None:
        if found.url not in refused:
            refused.append(found.url)
            raise sa.exc.IntegrityError("insert", {}, ValueError("duplicate key"))
        real(conn, list_id, found)

    monkeypatch.setattr(foreign_store, "put_piece", taken)
    found = office.join()
    assert refused
    office.later()
    assert {piece.url for piece in office.standing(found).pieces} == set(refused)


def test_stopped_things_stay_stopped_after_a_restoration(office: Office) -> None:
    """A list may have been removed since the backup was made: two people say again that it is trusted."""
    found = office.join()
    with office.engine.begin() as conn:
        count = retire_foreign(conn, office.clock(), actor=OFFICER, audit=office.world.audit)
        assert conn.execute(sa.select(sa.func.count()).select_from(list_piece)).scalar_one() == 0
    assert (count, office.files()) == (1, {})
    with pytest.raises(ListSecondPerson):
        office.foreign.confirm(found.id, found.signer_sha256, actor=ONE)
    office.foreign.confirm(found.id, found.signer_sha256, actor=THREE)
    assert office.files()


def test_I30_a_restored_installation_takes_no_list_back_older(office: Office, tmp_path: Path) -> None:
    """Attack: after a restoration the line serves the list of the backup, from before a service was withdrawn."""
    found = office.join()
    office.clock.advance(timedelta(seconds=1))
    old, new = office.line.served[URL](), office.own.publish(ONE)
    assert new.content.sequence == 2
    folder = tmp_path / "copy" / "trust" / "lists"
    folder.mkdir(parents=True)
    for number, octets in enumerate((b"?", old, new.json, new.json)):
        (folder / f"{number}.tl.json").write_bytes(octets)
    (folder / "pinned.json").write_bytes(b"[]")
    published = published_lists([tmp_path])
    assert len(published) == 4
    with office.engine.begin() as conn:
        now, audit = office.clock(), office.world.audit
        assert merge_foreign(conn, published, now, actor=OFFICER, audit=audit) == 1
        retire_foreign(conn, now, actor=OFFICER, audit=audit)
    assert office.foreign.confirm(found.id, found.signer_sha256, actor=THREE).taken.sequence == 2
    office.line.served[URL] = lambda: old
    office.later()
    fresh = office.foreign.get(found.id)
    assert (fresh.taken.sequence, fresh.attempt.trouble) == (2, Trouble.ROLLED_BACK)
    assert office.actions().count("foreign_list.renewed") == 1


SEALS = f"{BASE_URL}/pki/seals.jws"


def kept(url: str, octets: bytes = b"", content: TrustedList | None = None) -> Piece:
    """Describe what is kept of an address: nothing yet, or what was taken there."""
    empty = Piece(url, PieceKind.SEALS, b"", 0, None, Attempt())
    if content is None:
        return empty
    found = pieces.judge(octets, content, empty)
    return Piece(url, found.kind, octets, found.number, found.issued_at, Attempt())


def test_a_piece_is_of_a_service_of_that_very_list(office: Office) -> None:
    """Attack: another trusted installation's seal maker signs a status list that calls our peer's seals active."""
    content = office.own.current().content
    without = replace(content, services=tuple(content.of_kind(ServiceKind.CA)))
    jws = office.line.served[SEALS]()
    assert pieces.judge(jws, content, kept(SEALS)).number == 1
    with pytest.raises(pieces.PieceRefused, match=Trouble.FORGED.value):
        pieces.judge(jws, without, kept(SEALS))
    none = replace(content, services=tuple(content.of_kind(ServiceKind.TSA)))
    with pytest.raises(pieces.PieceRefused, match=Trouble.FORGED.value):
        pieces.judge(office.crls.current("issuing").der, none, kept(SEALS))


def test_I30_a_piece_lies_at_the_address_of_who_made_it(office: Office) -> None:
    """Attack: whoever holds the line serves another service's genuine piece, newer, and what was frozen or revoked is forgotten."""
    content = office.own.current().content
    (maker,) = content.of_kind(ServiceKind.SEAL_MAKER)
    jws = office.line.served[SEALS]()
    other = replace(maker, certificates=(b"another maker",))
    moved = replace(maker, supply=("https://other.example/seals.jws",))
    for services in ((other, moved), (moved,)):
        with pytest.raises(pieces.PieceRefused, match=Trouble.FORGED.value):
            pieces.judge(jws, replace(content, services=services), kept(SEALS))
    both = replace(content, services=(maker, other))
    assert pieces.judge(jws, both, kept(SEALS)).number == 1, "two services may share an address"


def test_I30_a_revocation_list_stays_of_its_issuer_and_part(office: Office) -> None:
    content = office.own.current().content
    root, issuing = content.of_kind(ServiceKind.CA)
    mine = next(url for url in issuing.supply if url.endswith(".crl"))
    crl, roots = (office.crls.current(one).der for one in ("issuing", "root"))
    for judged_under in (content, replace(content, services=(root, replace(issuing, supply=())))):
        with pytest.raises(pieces.PieceRefused, match=Trouble.FORGED.value):
            pieces.judge(roots, judged_under, kept(mine, crl, content))
    scoped = Pki(office.clock())
    theirs = replace(issuing, certificates=(scoped.issuing.der,))
    listed = replace(content, services=(theirs, replace(theirs, supply=("https://h.example/2.crl",))))
    whole, part = scoped.crl(), scoped.crl(point="https://h.example/2.crl")
    own_part = scoped.crl(point=mine)
    assert pieces.judge(whole, listed, kept(mine)).scope
    for known in (kept(mine), kept(mine, whole, listed), kept(mine, own_part, listed)):
        with pytest.raises(pieces.PieceRefused, match=Trouble.FORGED.value):
            pieces.judge(part, listed, known)
    assert pieces.judge(own_part, listed, kept(mine, whole, listed)), "a list was split"
    with pytest.raises(pieces.PieceRefused, match=Trouble.FORGED.value):
        pieces.judge(whole, listed, kept(mine, own_part, listed))


def test_moved_is_told(office: Office) -> None:
    found = office.foreign.propose(office.offer(), actor=ONE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(foreign_store, "move", lambda *_given, **_named: False)
        with pytest.raises(ListMoved):
            office.foreign.confirm(found.id, found.signer_sha256, actor=TWO)
