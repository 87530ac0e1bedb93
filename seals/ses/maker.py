"""Making the electronic seal data of a seal on record: intent first, then the key, then the outcome.

1. The maker's certificate is checked (GM/T 0031-2025), and the seal. 2. The picture is drawn, the octets to be signed are
put together. 3. Transaction A, the seal's row held: seal unchanged, making reserved, intent on the trail. 4. Sign once; time-stamp
(v5). 5. Our own reader and signature check (I7). 6. Transaction B, the seal's row held: still unchanged, data released, outcome on
the trail; else withheld. What a crash leaves between A and B is withheld by :meth:`SealDataMaker.reconcile`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from cryptography import x509

from ca.actor import Actor
from ca.authority import CertificateAuthority
from ca.checked_signer import CertifiedKey, OpenKeys
from ca.errors import CaError
from ca.issuer import UnitPurpose
from ca.status.store import find_unit, status_of
from hsm.algorithms import Digest, DigestAlgorithm, SignatureAlgorithm
from hsm.errors import HsmError, SignatureInvalid
from hsm.provider import KeyRing
from hsm.public_keys import certificate_key
from hsm.verification import verify_signature
from seals import store as seal_store
from seals.drawing.vector import SealPicture
from seals.imprint.raster import png
from seals.ledger import Ledger, acting
from seals.registry import SealRegistry
from seals.seal import BoundCertificate, SealRecord
from seals.ses import store
from seals.ses.errors import SealDataInvalid, SealDataMoved, SealDataWithheld, SealMakerUnfit
from seals.ses.fitness import check_apart, check_maker, check_seal
from seals.ses.kinds import kind_types
from seals.ses.parts import CertListType, SesVersion
from seals.ses.store import SealDataPlan, SealDataRecord
from seals.ses.structure import read_seal
from seals.ses.writer import PictureContent, SealContent, assemble, encode_info

STALE_AFTER: Final = timedelta(minutes=10)
"""When a reservation without its data is taken for left behind: drawing, signing and stamping take seconds."""
MAX_HISTORY: Final = 100
"""Most makings shown of one seal."""
Stamper = Callable[[Digest], bytes]
"""Gives a time-stamp token over a digest; ``ca.tsa.TimeStampAuthority.stamp`` fits."""
Draw = Callable[[SealPicture], bytes]
"""Gives a PNG at true size."""


@dataclass(frozen=True, slots=True)
class MakingRules:
    """What settings decide: the maker's mark, the ``type`` of each kind, what the list holds, whether v5 is time-stamped."""

    vendor: str = "Yinxin"
    types: Mapping[str, int] = field(default_factory=kind_types)
    list_type: CertListType = CertListType.CERTIFICATES
    stamped: bool = True


@dataclass(frozen=True, slots=True)
class _Order:
    """Everything one making rests on, read at one moment."""

    record: SealRecord
    signer: BoundCertificate
    maker: CertifiedKey
    version: SesVersion
    basis: str
    at: datetime


class SealDataMaker:
    """Makes seal data with the key of the installation's seal maker."""

    def __init__(  # noqa: PLR0913 - its neighbours, each once
        self,
        registry: SealRegistry,
        authority: CertificateAuthority,
        keys: KeyRing,
        *,
        stamper: Stamper | None = None,
        rules: MakingRules | None = None,
        draw: Draw = png,
    ) -> None:
        self._registry = registry
        self._engine = authority.engine
        self._clock = authority.clock
        self._audit = authority.audit
        self._keys = OpenKeys(keys)
        self._stamper = stamper
        self._rules = rules or MakingRules()
        self._draw = draw

    def current(self, code: str, version: SesVersion = SesVersion.V4, *, actor: Actor) -> SealDataRecord:
        """Return the data in force of a seal, made now if the seal, its certificate or the maker have changed since.

        Raises :class:`seals.errors.SealNotFound`, :class:`seals.ses.errors.SealDataStopped` for a seal that is not in force,
        :class:`seals.ses.errors.NationalSuiteNeeded`, :class:`SealMakerUnfit`, :class:`SealDataMoved`,
        :class:`SealDataWithheld`, and what key and time-stamp authority raise.
        """
        order = self._order(code, version)
        with self._reading() as conn:
            found = store.in_force(conn, order.record.code, order.basis)
        return found if found is not None else self._make(order, actor)

    def history(self, code: str) -> tuple[SealDataRecord, ...]:
        """Return the last makings for a seal, newest first, those withheld too."""
        found = self._registry.get(code)
        with self._reading() as conn:
            return store.of_seal(conn, found.code, MAX_HISTORY)

    def reconcile(self, actor: Actor) -> int:
        """Withhold what a dead process left between its two transactions; return how many."""
        with acting(self._engine, self._audit) as ledger:
            left = store.left_open(ledger.conn, self._clock() - STALE_AFTER)
            return sum(_withhold(ledger, number, code, actor, "cut off") for number, code in left)

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()

    def _order(self, code: str, version: SesVersion) -> _Order:
        now = self._clock()
        record = self._registry.get(code)
        signer = check_seal(record, now)
        with self._reading() as conn:
            maker = find_unit(conn, UnitPurpose.SEAL_MAKER)
            if maker is None:
                raise SealMakerUnfit("尚未设立制章者", "there is no seal maker yet")
            status = status_of(conn, maker.issuer, maker.certificate.serial_number)
        check_maker(maker, status, now)
        check_apart(maker, signer)
        return _Order(record, signer, maker, version, self._basis(record, maker, version), now)

    def _basis(self, record: SealRecord, maker: CertifiedKey, version: SesVersion) -> str:
        """Digest what the data rests on: every act on the seal counts, so a seal that came back gets new data."""
        rules, bound = self._rules, record.electronic.certificate
        rests_on = {
            "version": version.number,
            "moves": record.moves,
            "certificate": bound.sha256 if bound else "",
            "picture": record.electronic.picture_sha256,
            "maker": hashlib.sha256(maker.der).hexdigest(),
            "vendor": rules.vendor,
            "type": rules.types[record.kind.code],
            "list": rules.list_type.value,
            "stamped": self._is_stamped(version),
        }
        return hashlib.sha256(json.dumps(rests_on, sort_keys=True).encode()).hexdigest()

    def _is_stamped(self, version: SesVersion) -> bool:
        return version is SesVersion.V5 and self._rules.stamped and self._stamper is not None

    def _make(self, order: _Order, actor: Actor) -> SealDataRecord:
        content = self._content(order)
        info = encode_info(content)
        plan = _plan(order, content, info, actor)
        number = self._reserve(order, plan, actor)
        try:
            octets = self._sign(order, content, info)
        except (HsmError, CaError, SealDataWithheld) as fault:
            self._give_up(number, plan, actor, type(fault).__name__)
            raise
        return self._release(order, plan, number, octets, actor)

    def _content(self, order: _Order) -> SealContent:
        record, rules = order.record, self._rules
        picture = PictureContent(
            self._draw(self._registry.picture(record.code)),
            record.physical.width_mm,
            record.physical.height_mm,
        )
        valid_from, valid_to = record.valid_from or order.at, record.valid_to or order.at
        return SealContent(
            version=order.version,
            vendor=rules.vendor,
            code=record.code,
            type=rules.types[record.kind.code],
            name=record.name,
            list_type=rules.list_type,
            signers=(order.signer.der,),
            created=order.at.replace(microsecond=0),
            valid_from=valid_from.replace(microsecond=0),
            valid_to=valid_to.replace(microsecond=0),
            picture=picture,
        )

    def _reserve(self, order: _Order, plan: SealDataPlan, actor: Actor) -> int:
        """Transaction A."""
        with acting(self._engine, self._audit) as ledger:
            if _has_moved(ledger.conn, order):
                raise SealDataMoved(plan.code)
            number = store.insert(ledger.conn, plan)
            ledger.note("seal_data.intended", actor=actor, subject=plan.code, detail=_detail(number, plan))
        return number

    def _sign(self, order: _Order, content: SealContent, info: bytes) -> bytes:
        signature = self._keys.sign(order.maker, info)
        stamp = None
        if self._stamper is not None and self._is_stamped(order.version):
            stamp = self._stamper(DigestAlgorithm.SM3.digest(signature))
        octets = assemble(content, info, order.maker.der, signature, stamp)
        _prove(octets, content, info)
        return octets

    def _release(
        self, order: _Order, plan: SealDataPlan, number: int, octets: bytes, actor: Actor
    ) -> SealDataRecord:
        """Transaction B: of two that were faster than each other, the one on record first is in force."""
        digest = hashlib.sha256(octets).hexdigest()
        with acting(self._engine, self._audit) as ledger:
            moved = _has_moved(ledger.conn, order)
            if not moved and store.release(ledger.conn, number, octets, digest):
                detail = {**_detail(number, plan), "sha256": digest}
                ledger.note("seal_data.made", actor=actor, subject=plan.code, detail=detail)
            else:
                _withhold(ledger, number, plan.code, actor, "the seal moved" if moved else "made by another")
            found = store.in_force(ledger.conn, plan.code, plan.basis)
        if moved or found is None:
            raise SealDataMoved(plan.code)
        return found

    def _give_up(self, number: int, plan: SealDataPlan, actor: Actor, why: str) -> None:
        with acting(self._engine, self._audit) as ledger:
            _withhold(ledger, number, plan.code, actor, why)


def _plan(order: _Order, content: SealContent, info: bytes, actor: Actor) -> SealDataPlan:
    return SealDataPlan(
        code=order.record.code,
        version=order.version,
        basis=order.basis,
        info_sha256=hashlib.sha256(info).hexdigest(),
        certificate_sha256=order.signer.sha256,
        maker=order.maker.id,
        maker_sha256=hashlib.sha256(order.maker.der).hexdigest(),
        valid_from=content.valid_from,
        valid_to=content.valid_to,
        made_at=order.at,
        made_by=actor.id,
    )


def _detail(number: int, plan: SealDataPlan) -> dict[str, str | int | None]:
    return {
        "number": number,
        "version": plan.version.number,
        "info_sha256": plan.info_sha256,
        "certificate": plan.certificate_sha256,
        "maker": plan.maker_sha256,
    }


def _has_moved(conn: sa.Connection, order: _Order) -> bool:
    """Hold the seal's row; tell whether anything was done to the seal since the order was drawn up."""
    found = seal_store.find(conn, order.record.code, lock=True)
    return found is None or (found.moves, found.status) != (order.record.moves, order.record.status)


def _withhold(ledger: Ledger, number: int, code: str, actor: Actor, why: str) -> bool:
    closed = store.withhold(ledger.conn, number)
    if closed:
        ledger.note("seal_data.withheld", actor=actor, subject=code, detail={"number": number, "why": why})
    return closed


def _prove(octets: bytes, content: SealContent, info: bytes) -> None:
    """I7: our own reader gives back what was planned, under a signature that verifies over the octets as they stand."""
    try:
        found = read_seal(octets)
        key = certificate_key(x509.load_der_x509_certificate(found.maker_certificate))
        verify_signature(key, SignatureAlgorithm.SM2_SM3, found.signed, found.signature)
    except (SealDataInvalid, SignatureInvalid, HsmError, ValueError) as wrong:
        raise SealDataWithheld(str(wrong)) from wrong
    if found.info != info or found.version is not content.version or found.deviations:
        raise SealDataWithheld("the seal read back is not the one planned")
