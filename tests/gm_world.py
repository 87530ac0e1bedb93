"""A hierarchy in SM2 with a keeper, a seal maker and a time-stamp unit; documents are sealed by our own code."""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from ca.tsp import StampFacts, StampRequest, TokenTemplate, encode_tst_info
from hsm.algorithms import Digest
from hsm.signer import Custody, Signer
from hsm.suite import Suite
from seals.seal import SealKind, SealStatus
from seals.statement import SealStatement, SealStatusList, sign_statement, sign_status_list
from signing.containers.cms import ContainerForm, Signatory
from signing.mark import Evidence, Work
from signing.pdf.general import seal_pdf
from tests.interop.sealing_world import mark
from tests.pki import COMPANY, USCC, Party, Pki
from tests.verify_world import NOW, small_pdf
from verify.policy import Policy
from verify.report import DocumentReport, SignatureReport
from verify.trust import TrustStore
from verify.verifier import Verifier

CODE, PHYSICAL = "11010800000001", "1101080000001"
DAY = timedelta(days=1)
STAMP_POLICY = "1.2.3.4.1"


class Altered:
    """A signer whose signatures, or the messages it is given, are changed on the way."""

    custody = Custody.SOFT

    def __init__(self, signer: Signer, sign: Callable[[bytes], bytes]) -> None:
        self.algorithm = signer.algorithm
        self.public_key = signer.public_key
        self.sign = sign


class GmSealing:
    """Right by default; a test states the one wrong thing. ``suite`` may be the international one, to put beside it."""

    def __init__(self, now: datetime = NOW, suite: Suite = Suite.GM) -> None:
        self.now = now
        self.suite = suite
        self._serials = itertools.count(1)

    @cached_property
    def pki(self) -> Pki:
        return Pki(self.now, suite=self.suite, name=f"印信测试 {self.suite.value} TEST")

    @cached_property
    def keeper(self) -> Party:
        return self.pki.party()

    @cached_property
    def maker(self) -> Party:
        return self.pki.seal_maker()

    @cached_property
    def tsa(self) -> Party:
        return self.pki.tsa()

    def stamp(self, digest: Digest, tsa: Party | None = None, at: datetime | None = None) -> bytes:
        """Stamp a digest as a time-stamp unit does."""
        unit, at = tsa or self.tsa, at or self.now
        signer = unit.signer
        template = TokenTemplate(unit.certificate, unit.der, unit.chain, signer.algorithm)
        facts = StampFacts(STAMP_POLICY, next(self._serials), at, 1)
        info = encode_tst_info(StampRequest(digest), facts)
        attributes = template.signed_attributes(info, at)
        return template.assemble(info, attributes, signer.sign(attributes), certificates=True)

    def statement(self, pdf: bytes, keeper: Party, **changes: Any) -> str:
        made = SealStatement(
            seal_code=CODE,
            physical_code=PHYSICAL,
            kind=SealKind.CONTRACT,
            name="北京示例科技有限公司合同专用章",
            owner_name=COMPANY,
            owner_uscc=USCC,
            valid_from=self.now - 30 * DAY,
            valid_to=self.now + 300 * DAY,
            status=SealStatus.ACTIVE,
            certificate_sha256=hashlib.sha256(keeper.der).hexdigest(),
            picture_sha256="ab" * 32,
            permit="cd" * 16,
            document_sha256=hashlib.sha256(pdf).hexdigest(),
            issued_at=self.now - timedelta(minutes=1),
        )
        return sign_statement(
            replace(made, **changes), self.maker.signer, [self.maker.der, *self.maker.chain]
        )

    def status_list(self, *states: tuple[datetime, SealStatus]) -> str:
        made = SealStatusList(
            issuer="北京制章中心",
            number=1,
            issued_at=self.now + timedelta(minutes=1),
            next_update=self.now + DAY,
            entries={CODE: states} if states else {},
            active=frozenset() if states else frozenset({CODE}),
        )
        return sign_status_list(made, self.maker.signer, [self.maker.der, *self.maker.chain])

    def evidence(self, keeper: Party, *, responses: bool = False) -> Evidence:
        """Gather what level B-LT carries: chains, lists, and OCSP answers if asked for."""
        parties = (keeper, self.maker, self.tsa)
        certificates = dict.fromkeys(
            der for party in parties for der in (party.der, *party.chain, self.pki.root.der)
        )
        answers = tuple(self.pki.ocsp(party.certificate) for party in parties) if responses else ()
        return Evidence(tuple(certificates), answers, tuple(self.crls()))

    def crls(self, **changes: Any) -> list[bytes]:
        return [self.pki.crl(**changes), self.pki.crl(self.pki.root)]

    def seal(
        self,
        pdf: bytes | None = None,
        *,
        keeper: Party | None = None,
        stamped: bool = True,
        form: ContainerForm = ContainerForm.RFC5652,
        place: str = "1:20,15",
        long_term: bool = False,
        stated: bool = True,
        signer: Signer | None = None,
        **changes: Any,
    ) -> bytes:
        """Seal with a statement (``changes`` are its members) unless told otherwise."""
        document, keeper = pdf or small_pdf(), keeper or self.keeper
        statement = self.statement(document, keeper, **changes) if stated else None
        evidence = self.evidence(keeper) if long_term else None
        chosen = mark(place, when=self.now, statement=statement, evidence=evidence)
        signatory = Signatory(signer or keeper.signer, keeper.certificate, keeper.chain, form)
        output = io.BytesIO()
        seal_pdf(Work(io.BytesIO(document), output), chosen, signatory, self.stamp if stamped else None)
        return output.getvalue()

    def trust(self, crls: list[bytes] | None = None, **more: Any) -> TrustStore:
        known = self.crls() if crls is None else crls
        return TrustStore([self.pki.root.certificate], crls=known, **more)

    def verify(
        self, data: bytes, *, at: datetime | None = None, trust: TrustStore | None = None
    ) -> DocumentReport:
        verifier = Verifier(trust or self.trust(seal_lists=[self.status_list()]), Policy())
        return verifier.verify(data, at=at or self.now + timedelta(hours=1), name="gm.pdf")

    def only(self, data: bytes, **how: Any) -> SignatureReport:
        (found,) = self.verify(data, **how).signatures
        return found
