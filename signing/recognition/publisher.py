"""Publishing our own trusted list: drawn from the registers, under a number that only rises, signed in both forms.

One number is one list in two forms, JSON (ETSI TS 119 602) and XML (TS 119 612), each signed by the key that the trust-list
certificate names. The order is that of :mod:`seals.list_publisher`: reserved and recorded, signed once a form, read back by
our own readers, released.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import SYSTEM, Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.signer import Signer
from seals.errors import StatementInvalid, StatusListUnknown
from seals.list_publisher import Heading, ListKind, ListMaker, ListPublisher, PublishedList
from signing.recognition.errors import OwnListMissing, OwnListUnusable
from signing.recognition.own import ListProfile, OwnList, draw, substance
from signing.recognition.store import trust_list
from verify.trusted_lists.errors import ListRefused
from verify.trusted_lists.lote_writing import write_json
from verify.trusted_lists.model import TrustedList
from verify.trusted_lists.pinned import read_list
from verify.trusted_lists.source import PinnedSource
from verify.trusted_lists.writing import ListSigner
from verify.trusted_lists.xml_writing import METHOD_URI, write_xml
from verify.wire import pack

ISSUER: Final = "trust-list"
"""The name under which our own lists are counted: one installation has one."""


@dataclass(frozen=True, slots=True)
class Published:
    """The list in force: what it says, both forms (no XML where the key is one of SM2), the certificate (DER) that signed."""

    content: TrustedList
    json: bytes
    xml: bytes
    signer: bytes
    until: datetime

    @property
    def fingerprint(self) -> str:
        """What the other side compares: SHA-256 of the signer's certificate."""
        return hashlib.sha256(self.signer).hexdigest()


class OwnTrustList:
    """Gives the list in force, and publishes it anew when something changed or half its life has gone.

    ``maker`` tells who signs now, or ``None`` before the ceremony; its chain begins with the trust-list certificate.
    """

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        profile: ListProfile,
        maker: Callable[[], ListMaker | None],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._maker = maker
        self._lock = threading.Lock()
        self.profile = profile

    def current(self) -> Published:
        """Return the list in force, renewed if it is due; :class:`OwnListMissing` before the ceremony."""
        maker = self._demand_maker()
        publisher = self._publisher(maker)
        with self._lock:
            found = _latest(publisher)
            if found is None or self._due(found, maker):
                found = self._publish(publisher, SYSTEM)
        return _published(found)

    def publish(self, actor: Actor) -> Published:
        """Publish the next list now, due or not. Raises as :meth:`ListPublisher.publish`, or :class:`OwnListUnusable`."""
        publisher = self._publisher(self._demand_maker())
        with self._lock:
            return _published(self._publish(publisher, actor))

    def peek(self) -> Published | None:
        """Return the list that was published last, due or not; nothing is signed."""
        maker = self._maker()
        found = None if maker is None else _latest(self._publisher(maker))
        return None if found is None else _published(found)

    def scheme_id(self) -> str:
        """Return the name of our own scheme; empty before the ceremony."""
        with self._reading() as conn:
            now = self._clock()
            return draw(conn, self.profile, Heading(ISSUER, 0, now, now)).content.scheme_id

    def reconcile(self, actor: Actor) -> int:
        """Withhold lists that were reserved and never released; return how many."""
        maker = self._maker()
        return 0 if maker is None else len(self._publisher(maker).reconcile(actor=actor))

    def _publish(self, publisher: ListPublisher[OwnList], actor: Actor) -> PublishedList:
        try:
            return publisher.publish(actor=actor)
        except StatementInvalid as wrong:
            raise OwnListUnusable from wrong

    def _due(self, found: PublishedList, maker: ListMaker) -> bool:
        if self._clock() >= found.issued_at + (found.next_update - found.issued_at) / 2:
            return True
        told = _published(found)
        if told.signer != maker.chain[0]:
            return True
        with self._reading() as conn:
            heading = Heading(ISSUER, found.number, self._clock(), found.next_update)
            now = draw(conn, self.profile, heading).content
        return substance(now) != substance(told.content)

    def _demand_maker(self) -> ListMaker:
        maker = self._maker()
        if maker is None:
            raise OwnListMissing
        return maker

    def _publisher(self, maker: ListMaker) -> ListPublisher[OwnList]:
        own = replace(maker, issuer=ISSUER, life=self.profile.life)
        return ListPublisher(self._engine, self._clock, self._audit, own, _kind(self.profile))

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def _kind(profile: ListProfile) -> ListKind[OwnList]:
    def drawn(conn: sa.Connection, heading: Heading) -> OwnList:
        return draw(conn, profile, heading)

    return ListKind(trust_list, "trust-list", "trust_list", drawn, _payload, _signed, _read, _facts)


def _payload(drawn: OwnList) -> dict[str, Any]:
    found: dict[str, Any] = _plain(pack(drawn.content))
    return found


def _plain(value: Any) -> Any:
    """Write octets by their digest: a record of what is signed needs no certificate in full."""
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _signed(drawn: OwnList, signer: Signer, chain: Sequence[bytes]) -> str:
    """Sign both forms and keep them in one text; XML signatures know no SM2, so such a list is in JSON alone."""
    by = ListSigner(chain, signer.algorithm)
    writers = {"json": write_json, "xml": write_xml}
    if signer.algorithm not in METHOD_URI:
        del writers["xml"]
    forms = {"signer": chain[0].hex()}
    for form, write in writers.items():
        unsigned = write(drawn.content, by, drawn.issued_at)
        forms[form] = unsigned.finish(signer.sign(unsigned.to_sign)).decode()
    return json.dumps(forms, ensure_ascii=False)


def _read(text: str) -> OwnList:
    """Read the forms back by our own readers, under the signer's pin alone; two that differ are refused."""
    forms = json.loads(text)
    pins = [PinnedSource.of("", [bytes.fromhex(forms.pop("signer"))])]
    try:
        found = [read_list(form.encode(), pins) for form in forms.values()]
    except ListRefused as wrong:
        raise StatementInvalid(wrong.en) from wrong
    first, *others = [OwnList(ISSUER, one, one.next_update or one.issued) for one in found]
    if any(other != first for other in others):
        raise StatementInvalid("the two forms of the trust list differ")
    return first


def _facts(drawn: OwnList) -> dict[str, int]:
    return {"services": len(drawn.content.services)}


def _latest(publisher: ListPublisher[OwnList]) -> PublishedList | None:
    try:
        return publisher.current()
    except StatusListUnknown:
        return None


def _published(found: PublishedList) -> Published:
    forms = json.loads(found.jws)
    signer = bytes.fromhex(forms["signer"])
    content = read_list(forms["json"].encode(), [PinnedSource.of("", [signer])])
    xml = forms.get("xml", "").encode()
    return Published(content, forms["json"].encode(), xml, signer, found.next_update)
