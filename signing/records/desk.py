"""The door to evidence records: one for each finished sealing, drawn up, reserved, signed by the seal maker, kept.

Intent first, then the key, then the outcome: a record is reserved with the digest of what will be signed; a reservation that
a dead process left is taken over with a fresh drawing. Asked again, the same record is given, octet for octet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail, canonical_json
from ca.clock import Clock
from hsm.errors import HsmError
from seals.errors import StatementInvalid
from seals.jws import sign
from seals.ledger import acting
from seals.list_publisher import ListMaker
from signing.archive import Archive
from signing.records import store
from signing.records.drawing import draw
from signing.records.errors import RecordMoved, RecordOfNothing, RecordUnsigned
from signing.records.signed_value import with_value
from signing.records.store import RESERVED, KeptRecord
from verify.institution.record import RECORD_TYPE, EvidenceRecord, parse_record, record_payload

Detail = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Given:
    """A record as it is handed out: of which sealing, and the JWS."""

    sealing: str
    jws: str

    @property
    def record(self) -> EvidenceRecord:
        """Read it."""
        return parse_record(self.jws).record


class EvidenceRecords:
    """Gives the evidence record of a sealing; one instance serves any number of threads."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        maker: Callable[[], ListMaker | None],
        archive: Archive,
    ) -> None:
        self._archive = archive
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._maker = maker

    def give(self, asked: str, *, actor: Actor) -> Given:
        """Return the record of a sealing, named by its id or by the SHA-256 of the sealed document; signed once.

        An actor of an enterprise gets those of its own seals. Raises a :class:`signing.records.errors.RecordError`, or, where the sealed
        document cannot be read, what :meth:`signing.archive.Archive.path` does.
        """
        with self._reading() as conn:
            sealing_id = store.sealing_of(conn, asked) if len(asked) == 64 else asked
            kept = None if sealing_id is None else store.find(conn, sealing_id)
        if sealing_id is None:
            raise RecordOfNothing
        if kept is not None and kept.jws:
            return self._own(Given(kept.sealing, kept.jws), actor)
        maker = self._maker()
        if maker is None:
            raise RecordUnsigned
        with self._reading() as conn:
            drawn = draw(conn, self._audit, sealing_id, maker.issuer, self._clock())
        if actor.uscc not in {None, drawn.seal.owner_uscc}:
            raise RecordOfNothing
        drawn = with_value(drawn, self._archive)
        reserved = self._reserve(drawn, kept, actor)
        return self._release(reserved, self._signed(drawn, maker), actor)

    def _own(self, given: Given, actor: Actor) -> Given:
        if actor.uscc not in {None, given.record.seal.owner_uscc}:
            raise RecordOfNothing
        return given

    def _reserve(self, drawn: EvidenceRecord, before: KeptRecord | None, actor: Actor) -> KeptRecord:
        digest = hashlib.sha256(canonical_json(record_payload(drawn)).encode()).hexdigest()
        attempt = 1 if before is None else before.attempt + 1
        kept = KeptRecord(drawn.use.sealing, RESERVED, attempt, drawn.issuer, digest, drawn.issued_at, "")
        try:
            with acting(self._engine, self._audit) as ledger:
                if not store.reserve(ledger.conn, kept, before):
                    raise RecordMoved
                detail: Detail = {"payload": digest, "attempt": attempt, "issuer": drawn.issuer}
                ledger.note("record.intent", actor=actor, subject=f"sealing:{kept.sealing}", detail=detail)
        except sa.exc.IntegrityError as wrong:
            raise RecordMoved from wrong
        return kept

    def _signed(self, drawn: EvidenceRecord, maker: ListMaker) -> str:
        """Sign, and demand that our own reader gives the same back (I7)."""
        try:
            jws = sign(record_payload(drawn), typ=RECORD_TYPE, signer=maker.signer(), chain=maker.chain)
        except HsmError as wrong:
            raise RecordUnsigned(type(wrong).__name__) from wrong
        parsed = parse_record(jws)
        parsed.check_signature()
        if parsed.record != drawn:
            raise StatementInvalid("the record reads back differently")
        return jws

    def _release(self, reserved: KeptRecord, jws: str, actor: Actor) -> Given:
        with acting(self._engine, self._audit) as ledger:
            if not store.release(ledger.conn, reserved, jws):
                raise RecordMoved
            detail: Detail = {"payload": reserved.payload_sha256, "octets": len(jws)}
            ledger.note("record.released", actor=actor, subject=f"sealing:{reserved.sealing}", detail=detail)
        return Given(reserved.sealing, jws)

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()
