"""Cross certification: proposed by one person, confirmed by another who compared the fingerprint, issued by the ordinary cycle.

1. Propose: the certificate and the terms are read and kept; the intent is on the audit trail. 2. Confirm: another person
says the fingerprint that the other authority gave over a channel of its own; the order moves. 3. Issue: the cycle of
:mod:`ca.issuance` with the order's own request key, so that a confirmation that was cut off is taken up and never doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa
from cryptography import x509

from ca.actor import Actor
from ca.audit import Detail, Entry
from ca.authority import CertificateAuthority
from ca.certificate import public_key_of, spki_sha256
from ca.cross import store
from ca.cross.errors import CrossChanged, CrossMoved, CrossSecondPerson, CrossUnknown, ForeignUnfit
from ca.cross.order import CrossOrder, read_foreign, read_order
from ca.cross.store import CrossAct, CrossRecord, CrossStatus
from ca.cross.terms import same_name
from ca.request_file import read_request

_NONCE_OCTETS: Final = 8


class CrossDesk:
    """The desk where other installations' authorities are recognised; ``entropy`` as in :class:`ca.planning.Desk`."""

    def __init__(self, authority: CertificateAuthority, entropy: Callable[[int], bytes]) -> None:
        self._authority = authority
        self._entropy = entropy

    def propose(
        self,
        terms: bytes | Mapping[str, Any],
        certificate: bytes,
        fingerprint: str,
        *,
        actor: Actor,
        request: bytes = b"",
    ) -> CrossRecord:
        """Propose to recognise an authority: its certificate, our terms (TOML or its members), the fingerprint as it was read out.

        ``request`` is a PKCS#10 file signed with the other authority's key, where it gave one: a proof that it has the
        key. A root's certificate is such a proof itself. Raises :class:`ca.cross.errors.CrossError` and what
        :func:`ca.request_file.read_request` raises.
        """
        now = self._authority.clock()
        order = replace(read_order(terms, certificate, now), nonce=self._entropy(_NONCE_OCTETS).hex())
        order.check_fingerprint(fingerprint)
        possession = self._possession(order, request)
        self._check_name(order)
        record = CrossRecord(
            order.id,
            CrossStatus.PROPOSED,
            order,
            possession,
            actor.id,
            now,
            "",
            None,
            b"",
        )
        with self._authority.engine.begin() as conn:
            store.insert(conn, record)
            self._say(conn, "cross.proposed", record, actor, {"possession": possession})
        return record

    def _check_name(self, order: CrossOrder) -> None:
        """Refuse an authority of our own name: verifiers would take it for ourselves, free of names and depth."""
        foreign = x509.load_der_x509_certificate(order.certificate)
        if same_name(foreign.subject, self._authority.issuer(order.issuer).x509.subject):
            raise ForeignUnfit("其名称与本机构相同", "it is called as our own authority is")

    def _possession(self, order: CrossOrder, request: bytes) -> str:
        foreign, self_signed = read_foreign(order.certificate, self._authority.clock())
        mine = spki_sha256(public_key_of(foreign))
        if any(issuer.spki_sha256 == mine for issuer in self._authority.issuers()):
            raise ForeignUnfit("这是本机构自己的 CA", "it is an authority of this installation")
        if request:
            if spki_sha256(read_request(request).public_key) != mine:
                raise ForeignUnfit("请求文件与证书的密钥不同", "the request file is over another key")
            return "request"
        return "self-signed" if self_signed else "unproven"

    def confirm(self, order_id: str, fingerprint: str, *, actor: Actor) -> CrossRecord:
        """Confirm an order as a second person, and issue; asked again, go on where it was cut off (I4, I22).

        Raises :class:`ca.cross.errors.CrossError` and whatever :meth:`CertificateAuthority.issue` raises.
        """
        found = self.order(order_id)
        if actor.is_any_of(found.proposed_by):
            raise CrossSecondPerson
        if found.order.id != found.id:
            raise CrossChanged
        found.order.check_fingerprint(fingerprint)
        if found.status is CrossStatus.PROPOSED:
            with self._authority.engine.begin() as conn:
                values = {"decided_by": actor.id, "decided_at": self._authority.clock()}
                self._move(conn, found, CrossAct.CONFIRM, values)
                self._say(conn, "cross.confirmed", found, actor, {"fingerprint": found.order.fingerprint})
            found = self.order(order_id)
        if found.status is not CrossStatus.CONFIRMED or found.decided_at is None:
            raise CrossMoved
        issued = self._authority.issue(
            found.order.request(found.decided_at), request_key=f"cross-{found.id}", actor=actor
        )
        with self._authority.engine.begin() as conn:
            self._move(conn, found, CrossAct.ISSUE, {"certificate": issued.der})
            self._say(conn, "cross.issued", found, actor, {"serial": f"{issued.serial:x}"})
        return self.order(order_id)

    def withdraw(self, order_id: str, *, actor: Actor) -> CrossRecord:
        """Take back a proposal that nobody has confirmed."""
        found = self.order(order_id)
        with self._authority.engine.begin() as conn:
            values = {"decided_by": actor.id, "decided_at": self._authority.clock()}
            self._move(conn, found, CrossAct.WITHDRAW, values)
            self._say(conn, "cross.withdrawn", found, actor, {})
        return self.order(order_id)

    def order(self, order_id: str) -> CrossRecord:
        """Return one order; :class:`CrossUnknown` if there is none."""
        with self._authority.engine.execution_options(read_only=True).connect() as conn:
            found = store.find(conn, order_id)
        if found is None:
            raise CrossUnknown(order_id)
        return found

    def orders(self) -> tuple[CrossRecord, ...]:
        """Return the orders, newest first."""
        with self._authority.engine.execution_options(read_only=True).connect() as conn:
            return store.listed(conn)

    def _move(
        self, conn: sa.Connection, found: CrossRecord, act: CrossAct, values: dict[str, object]
    ) -> None:
        if not store.move(conn, found.id, act, values):
            raise CrossMoved

    def _say(
        self, conn: sa.Connection, action: str, record: CrossRecord, actor: Actor, detail: dict[str, str]
    ) -> None:
        said: Detail = {"order": record.order.digest, "issuer": record.order.issuer, **detail}
        self._authority.audit.append_many(conn, [Entry(action, f"cross:{record.id}", said)], actor=actor)
