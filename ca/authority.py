"""The certification authority: the room's door."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa

from ca import certificate_store, issuer_store, search
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.certificate import (
    CertificatePage,
    CertificateQuery,
    CertificateRecord,
    CertificateRequest,
    IssuedCertificate,
    RevocationReason,
    spki_sha256,
)
from ca.clock import Clock
from ca.config import CaConfig
from ca.errors import CertificateUnknown
from ca.issuance import Issuance
from ca.issuer import Issuer, Unit, UnitPurpose
from ca.pair import IssuedPair
from ca.planning import Desk
from ca.profile import PROFILES, Profile
from ca.reconcile import Reconciliation, reconcile_certificates
from ca.revocation import Revocation
from ca.status.shards import set_shard_capacity
from ca.status.standing_mark import StandingMark, standing_mark
from hsm.algorithms import PublicKey
from hsm.provider import KeyRing


class CertificateAuthority:
    """Issues, revokes and finds certificates. Its parts are public, read-only, for the room's other services."""

    def __init__(  # noqa: PLR0913 - the composition root names each once
        self,
        engine: sa.Engine,
        keys: KeyRing,
        clock: Clock,
        audit: AuditTrail,
        config: CaConfig,
        *,
        profiles: Mapping[str, Profile] = PROFILES,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.engine = engine
        self.keys = keys
        self.clock = clock
        self.audit = audit
        self.config = config
        self._issuance = Issuance(Desk(engine, keys, clock, audit, config, profiles, entropy))
        self._revocation = Revocation(engine, clock, audit)

    def issue(self, request: CertificateRequest, *, request_key: str, actor: Actor) -> IssuedCertificate:
        """Issue one certificate for one ``request_key`` (1 to 200 characters); asked again, return the same.

        Raises :class:`ca.errors.RequestInvalid` (with :class:`ca.errors.LintFailed` and
        :class:`ca.errors.ValidityInvalid`), :class:`ca.errors.ProfileUnknown`, :class:`ca.errors.IssuerUnknown`,
        :class:`ca.errors.EnterpriseUnknown`, :class:`ca.errors.NameDiffers`, :class:`ca.errors.KeyCompromised`,
        :class:`ca.errors.ClockWentBack`, :class:`ca.errors.RequestKeyReused`, :class:`ca.errors.RequestSpent`,
        :class:`ca.errors.IssuanceUnfinished`, :class:`ca.errors.SignatureWithheld` or
        :class:`hsm.errors.HsmError` (the token; the serial is burned if it may have been signed).
        """
        return self._issuance.issue(request, request_key=request_key, actor=actor)

    def issue_pair(
        self,
        signing: CertificateRequest,
        encryption: CertificateRequest,
        *,
        request_key: str,
        actor: Actor,
    ) -> IssuedPair:
        """Issue a signing and an encryption certificate under one ``request_key`` (1 to 190 characters), or neither.

        Asked again, return the same pair. Raises :class:`ca.errors.PairUnfit` and whatever :meth:`issue` raises.
        """
        return self._issuance.issue_pair(signing, encryption, request_key=request_key, actor=actor)

    def issue_many(
        self, requests: Sequence[tuple[CertificateRequest, str]], *, actor: Actor
    ) -> tuple[IssuedCertificate, ...]:
        """Issue up to :data:`ca.issuance.MAX_CHUNK` requests, each with its request key, in two commits: all or none.

        Request keys that were issued before are answered, the rest is issued; the answers stand in the order asked. Raises
        whatever :meth:`issue` raises, for the first request that cannot be had: then none of those left is issued. A key
        whose issuance is unfinished or spent refuses the chunk; a token that fails burns every serial of it.
        """
        return self._issuance.issue_many(requests, actor=actor)

    def revoke(
        self, serial: int, reason: RevocationReason, *, actor: Actor, issuer: str | None = None
    ) -> CertificateRecord:
        """Revoke a certificate, or hold it with ``certificateHold`` (:meth:`ca.revocation.Revocation.revoke`)."""
        return self._revocation.revoke(serial, reason, actor=actor, issuer=issuer)

    def release(self, serial: int, *, actor: Actor, issuer: str | None = None) -> CertificateRecord:
        """Lift a hold, once, by a second person (:meth:`ca.revocation.Revocation.release`)."""
        return self._revocation.release(serial, actor=actor, issuer=issuer)

    def report_compromise(self, key: PublicKey, *, actor: Actor) -> tuple[int, ...]:
        """Bar a key for ever and revoke all certificates over it; return their serials (I27)."""
        return self._revocation.report_compromise(spki_sha256(key), actor=actor)

    def certificate(self, serial: int, issuer: str | None = None) -> CertificateRecord:
        """Return what is known of a serial number; :class:`ca.errors.CertificateUnknown` if nothing is."""
        with self._reading() as conn:
            rows = certificate_store.by_serial(conn, serial, issuer)
        if len(rows) != 1:
            raise CertificateUnknown(f"serial {serial:x}")
        return rows[0].record

    def find(self, query: CertificateQuery) -> CertificatePage:
        """Return one page of certificates (:class:`ca.errors.CursorInvalid` for a foreign cursor)."""
        with self._reading() as conn:
            return search.find(conn, query)

    def issuers(self) -> tuple[Issuer, ...]:
        """Return every issuer, roots first."""
        with self._reading() as conn:
            return issuer_store.list_issuers(conn)

    def issuer(self, issuer_id: str) -> Issuer:
        """Return one issuer; :class:`ca.errors.IssuerUnknown` if there is none."""
        with self._reading() as conn:
            return issuer_store.get_issuer(conn, issuer_id)

    def roots(self) -> tuple[Issuer, ...]:
        """Return the issuers that sign their own certificates."""
        with self._reading() as conn:
            return issuer_store.list_roots(conn)

    def shard_lists(self, issuer_id: str, capacity: int, *, actor: Actor) -> None:
        """Divide an issuer's revocation list for certificates to come (:func:`ca.status.shards.set_shard_capacity`)."""
        with self.engine.begin() as conn:
            set_shard_capacity(conn, self.audit, issuer_id, capacity, actor=actor)

    def units(self, purpose: UnitPurpose | None = None) -> tuple[Unit, ...]:
        """Return the service units, of one purpose or all."""
        with self._reading() as conn:
            return issuer_store.list_units(conn, purpose)

    def chain(self, issuer_id: str) -> tuple[bytes, ...]:
        """Return the DER certificates from an issuer up to its root, both included."""
        return tuple(one.certificate for one in self.line(issuer_id))

    def line(self, issuer_id: str) -> tuple[Issuer, ...]:
        """Return the issuers from one up to its root, both included."""
        with self._reading() as conn:
            found = [issuer_store.get_issuer(conn, issuer_id)]
            while not found[-1].is_root:
                found.append(issuer_store.get_issuer(conn, found[-1].parent))
        return tuple(found)

    def mark(self, issuers: Sequence[str], purposes: Sequence[UnitPurpose]) -> StandingMark:
        """Return what moves with every revocation by these issuers and with their units (:mod:`ca.status.standing_mark`)."""
        with self._reading() as conn:
            return standing_mark(conn, issuers, purposes)

    def reconcile(self, actor: Actor) -> Reconciliation:
        """Close every reservation older than ``config.reservation_grace`` (I19)."""
        return reconcile_certificates(self.engine, self.clock, self.audit, self.config, actor)

    def _reading(self) -> sa.Connection:
        return self.engine.execution_options(read_only=True).connect()
