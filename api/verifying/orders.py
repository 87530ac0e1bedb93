"""Verification orders of an installation, opened from its settings, and the threads that work on them."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import Any, Final

from api.access.rate_limit import read_networks
from api.batch.opening import open_beside
from api.evidence.publishing import Evidence
from api.settings import Settings
from api.threads import Task
from api.tokens.key_stores import SERVICE_TOKEN, KeyStores
from api.tokens.work import MASTER
from api.verifying.acceptance import AcceptanceDesk
from api.verifying.verification import Verification, open_verification
from api.wiring.ground import Ground
from ca.actor import SYSTEM
from ca.authority import CertificateAuthority
from ca.ceremony import verification_unit
from hsm.derivation import Derivation
from hsm.key_uri import KeyUri
from hsm.provider import KeyRing, open_signer
from hsm.public_keys import certificate_key
from signing.recognition.connecting import Reach
from signing.verification_orders.beside import Beside, Secret
from signing.verification_orders.desk import OrderDesk, OrderOffice, OrderRules
from signing.verification_orders.order import Order, OrderRequest
from signing.verification_orders.spool import Spool
from signing.verification_orders.work import OrderWork
from signing.webhooks.message import Message, Sending, Signed, sign
from signing.webhooks.outbox import Outbox, Sign
from signing.webhooks.posting import WebPost
from signing.webhooks.targets import read_target
from verify.report import DocumentReport
from verify.signatures.detached import ContentOctets

SPOOL: Final = "verification"
"""Ends the name of the store of documents that wait."""
ADDRESS: Final = "/api/v1/verification-orders/{}"
LOOK_SECONDS: Final = 1.0
"""How often an idle worker looks for work: a clerk who waits for one document does not notice."""
SENDERS: Final = 2
"""Messages sent at the same time: one receiver that takes its ten seconds does not hold the others up."""


@dataclass(frozen=True, slots=True)
class VerificationOrders:
    """The desk of orders, the work on them, and the outbox of their messages."""

    desk: OrderDesk
    work: OrderWork
    outbox: Outbox
    verification: Verification
    workers: int

    def tasks(self) -> list[Task]:
        """List what a service does beside requests: judge documents, send messages."""
        judging = Task("verification order", self.work.one, LOOK_SECONDS)
        sending = Task("webhook", self.outbox.deliver_one, LOOK_SECONDS)
        return [judging] * self.workers + [sending] * SENDERS

    def close(self) -> None:
        """End the verifiers."""
        self.verification.close()


def open_orders(
    ground: Ground,
    stores: KeyStores,
    authority: CertificateAuthority,
    evidence: Evidence,
    acceptance: AcceptanceDesk,
) -> VerificationOrders:
    """Open the desk, with verifiers of its own, so that orders keep nobody at the counter waiting."""
    settings = ground.settings
    verification = open_verification(settings, evidence, ground.clock, max(settings.verification_workers, 1))
    reach = _reach(settings)

    def check(request: OrderRequest) -> None:
        acceptance.question(request.department, request.act)
        if request.callback:
            read_target(request.callback, reach)

    def judge(order: Order, name: str, octets: bytes, beside: Beside) -> DocumentReport:
        report = verification.verify(
            octets,
            at=order.request.at,
            name=name,
            password=beside.password,
            content=None if beside.content is None else ContentOctets(beside.content),
            evidence=beside.evidence,
        )
        return acceptance.answered(report, order.request.department, order.request.act)

    rules = OrderRules(
        settings.verification_queue_documents,
        settings.verification_queue_gib * 2**30,
        timedelta(days=settings.verification_results_days),
    )
    spool = Spool(open_beside(settings, SPOOL))
    office = OrderOffice(ground.engine, ground.clock, ground.audit, spool, rules, check, _secret(stores))
    post = WebPost(reach, context=_context(settings))
    outbox = Outbox(ground.engine, ground.clock, ground.audit, _signed(authority, ground.ring), post)
    work = OrderWork(office, outbox, judge, _told(settings.base_url))
    return VerificationOrders(OrderDesk(office), work, outbox, verification, settings.verification_workers)


def _secret(stores: KeyStores) -> Secret:
    """Derive what passwords that wait are sealed under from the key in the service's token that others are derived from."""
    master = Derivation(stores.ring, KeyUri(stores.scheme, SERVICE_TOKEN, MASTER))
    return cache(partial(master.derive, "verification-order"))


def _signed(authority: CertificateAuthority, keys: KeyRing) -> Sign:
    """Sign with the verification service's key, which is in our trusted list."""

    def signed(message: Message, sending: Sending) -> Signed:
        unit = verification_unit(authority, actor=SYSTEM)
        signer = open_signer(keys, unit.key_uri, expected=certificate_key(unit.x509))
        return sign(message, sending, signer, unit.certificate)

    return signed


def _told(base_url: str) -> Callable[[Order], dict[str, Any]]:
    def told(order: Order) -> dict[str, Any]:
        address = base_url.rstrip("/") + ADDRESS.format(order.id)
        return {"url": address, "results_url": f"{address}/results"}

    return told


def _reach(settings: Settings) -> Reach:
    return Reach(settings.webhook_plain_http, read_networks(settings.webhook_networks))


def _context(settings: Settings) -> ssl.SSLContext | None:
    chosen = settings.webhook_ca_file
    return None if chosen is None else ssl.create_default_context(cafile=str(chosen))
