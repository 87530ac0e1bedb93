"""Recognition between installations, put together: our own list, foreign ones, and what verification gets of them."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import sqlalchemy as sa

from api.access.rate_limit import read_networks
from api.settings import Settings
from ca.actor import SYSTEM, Actor
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.ceremony import load_hierarchy, trust_list_unit
from ca.certificate import public_key_of
from ca.clock import Clock
from ca.errors import IssuerUnknown
from ca.issuer import HolderStatus, Unit, UnitPurpose
from hsm.provider import KeyRing, open_signer
from hsm.signer import Signer
from seals.list_publisher import ListMaker
from signing.recognition import foreign_store, handover
from signing.recognition.connecting import Reach
from signing.recognition.desk import ForeignLists, Offer
from signing.recognition.errors import ListSecondPerson, ListTaken, OwnListMissing
from signing.recognition.fetching import WebFetcher
from signing.recognition.foreign import ForeignList
from signing.recognition.handover import Standing
from signing.recognition.own import ListProfile
from signing.recognition.publisher import ISSUER, OwnTrustList
from signing.recognition.renewal import Renewal, Renewals
from signing.recognition.states import ForeignStatus

if TYPE_CHECKING:
    from api.wiring.ground import Ground

LIST_PATH = "/trust/list.json"
"""Where an installation publishes its list."""


@dataclass(slots=True)
class _Kept:
    """The files handed over last, and what they were made from."""

    mark: object = None
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recognition:
    """Our own list, the lists of others, their renewal; and how they stand."""

    engine: sa.Engine
    clock: Clock
    authority: CertificateAuthority
    own: OwnTrustList
    foreign: ForeignLists
    renewals: Renewals
    max_age: timedelta
    _kept: _Kept = field(default_factory=_Kept, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def housekeep(self, actor: Actor) -> dict[str, int]:
        """Withhold what was cut off and publish our own list if it is due; nothing is fetched here."""
        withheld = self.own.reconcile(actor)
        if self.ready(actor):
            self.own.current()
        return {"trust_lists_withheld": withheld}

    def renew_due(self) -> Renewal:
        """Fetch what is about to be older than promised."""
        return self.renewals.renew_due(SYSTEM)

    def ready(self, actor: Actor) -> bool:
        """Make the key of our list where a ceremony of before there were lists left none; tell whether there is one."""
        try:
            load_hierarchy(self.authority)
        except IssuerUnknown:
            return False
        trust_list_unit(self.authority, actor=actor)
        return True

    def publish(self, actor: Actor) -> None:
        """Publish our own list now; :class:`OwnListMissing` before the ceremony."""
        if not self.ready(actor):
            raise OwnListMissing
        self.own.publish(actor)

    def join(self, offer: Offer, *, by: Actor, confirmed_by: Actor) -> ForeignList:
        """Import a list with two people at once and fetch what it points to. Raises as the desk does for each.

        What an earlier run of the same two left proposed is taken up.
        """
        demand_two(by, confirmed_by)
        try:
            found = self.foreign.propose(offer, actor=by, by_two=True)
        except ListTaken as taken:
            found = self.foreign.get(taken.known)
            if found.status is not ForeignStatus.PROPOSED or found.url != offer.url:
                raise
        found = self.foreign.confirm(found.id, offer.fingerprint, actor=confirmed_by)
        self.renewals.renew(found.id, SYSTEM)
        return self.foreign.get(found.id)

    def leave(self, list_id: str, reason: str, *, by: Actor, confirmed_by: Actor) -> ForeignList:
        """End the trust in a list with two people at once."""
        demand_two(by, confirmed_by)
        self.foreign.ask_removal(list_id, reason, actor=by)
        return self.foreign.remove(list_id, actor=confirmed_by)

    def standings(self) -> tuple[Standing, ...]:
        """Return the lists in force with all that is wrong with them now."""
        with self.engine.execution_options(read_only=True).connect() as conn:
            return handover.standings(conn, self.clock(), self.max_age)

    def standing(self, list_id: str) -> Standing:
        """Return how one list stands now."""
        found = self.foreign.get(list_id)
        with self.engine.execution_options(read_only=True).connect() as conn:
            return handover.standing_of(conn, found, self.clock(), self.max_age)

    def files(self) -> dict[str, bytes]:
        """Return what verification is given of foreign lists now, as files of a trust folder.

        Octets are read again only when something changed: a list was taken, a piece fetched, or one of them grew too old.
        """
        now = self.clock()
        with self.engine.execution_options(read_only=True).connect() as conn:
            mark = foreign_store.mark(conn, now, self.max_age)
            with self._lock:
                if mark != self._kept.mark:
                    self._kept.files = handover.files(handover.standings(conn, now, self.max_age))
                    self._kept.mark = mark
                return dict(self._kept.files)


def open_recognition(ground: Ground, authority: CertificateAuthority) -> Recognition:
    """Open the doors over the settings; nothing is published or fetched here."""
    settings, engine, clock, audit = ground.settings, ground.engine, ground.clock, ground.audit
    own = _own(settings, engine, clock, audit, authority, ground.ring)
    fetcher = WebFetcher(_reach(settings), context=_context(settings))
    return Recognition(
        engine,
        clock,
        authority,
        own,
        ForeignLists(engine, clock, audit, fetcher, own.scheme_id),
        Renewals(engine, clock, audit, fetcher, timedelta(seconds=settings.federation_refresh_seconds)),
        timedelta(hours=settings.federation_max_age_hours),
    )


def demand_two(by: Actor, confirmed_by: Actor) -> None:
    """Demand two people of one command: neither one id nor one name twice, however written; :class:`ListSecondPerson`.

    Who types both names may give one person two ids; two people of one name act in two commands.
    """
    named = Actor(by.name).person
    if confirmed_by.is_any_of(by.id) or (named and Actor(confirmed_by.name).person == named):
        raise ListSecondPerson


def list_address(url: str) -> str:
    """Return where another installation's list is: an address of a list as it is, of an installation with its path.

    What is no address stays as it is: whoever fetches from it says what is wrong.
    """
    try:
        path = urlsplit(url).path
    except ValueError:
        return url
    return url if path.endswith((".json", ".xml", ".jws", ".xtsl")) else url.rstrip("/") + LIST_PATH


def _own(  # noqa: PLR0913, PLR0917 - its neighbours, each once
    settings: Settings,
    engine: sa.Engine,
    clock: Clock,
    audit: AuditTrail,
    authority: CertificateAuthority,
    ring: KeyRing,
) -> OwnTrustList:
    profile = ListProfile(
        authority.config,
        territory=settings.trust_territory,
        operator=settings.trust_operator,
        life=timedelta(days=settings.trust_list_days),
    )

    def maker() -> ListMaker | None:
        units = authority.units(UnitPurpose.TRUST_LIST)
        active = [one for one in units if one.status is HolderStatus.ACTIVE]
        return _maker(authority, ring, active[-1]) if active else None

    return OwnTrustList(engine, clock, audit, profile, maker)


def _maker(authority: CertificateAuthority, ring: KeyRing, unit: Unit) -> ListMaker:
    def open_key() -> Signer:
        return open_signer(ring, unit.key_uri, expected=public_key_of(unit.x509))

    return ListMaker(ISSUER, (unit.certificate, *authority.chain(unit.issuer)), open_key)


def _reach(settings: Settings) -> Reach:
    return Reach(settings.federation_plain_http, read_networks(settings.federation_networks))


def _context(settings: Settings) -> ssl.SSLContext | None:
    chosen = settings.federation_ca_file
    return None if chosen is None else ssl.create_default_context(cafile=str(chosen))
