"""A verification service over keys in memory, and somebody who would like to be one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from ca.certificate import SubjectName
from ca.profile import VERIFICATION
from tests.pki import Party
from tests.verify_world import Signing
from verify.report import DocumentReport
from verify.reports.attached import ATTACHED
from verify.reports.etsi import Issue
from verify.reports.page import NAMES, draw_page
from verify.reports.pdf_file import Attachment, attach
from verify.reports.signed import Page, report_payload, sign_report
from verify.signatures.detached import ContentOctets
from verify.verifier import Verifier

HOUR = timedelta(hours=1)
NUMBER = "5QH80-QFQNX-RADA"


class Service:
    """Issues reports; each step can be done wrongly by whoever tests the reader."""

    def __init__(self, signing: Signing) -> None:
        self.signing = signing
        self.now: datetime = signing.now

    @cached_property
    def party(self) -> Party:
        return self.signing.pki.make(VERIFICATION, SubjectName("核验服务 TEST", "印信测试"))

    @cached_property
    def reported(self) -> DocumentReport:
        """A report on a signed document that passed."""
        return self.signing.verify(self.document)

    @cached_property
    def document(self) -> bytes:
        return self.signing.sign(stamp=True)

    def issue(self, party: Party | None = None, number: str = NUMBER) -> Issue:
        der = (party or self.party).der
        return Issue("核验服务 TEST", number, self.now + HOUR, f"https://v.example/{number}", der)

    def page(self, report: DocumentReport | None = None, number: str = NUMBER) -> bytes:
        return draw_page(self.reported if report is None else report, self.issue(number=number))

    def jws(
        self,
        page: bytes | None,
        report: DocumentReport | None = None,
        party: Party | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> str:
        party = party or self.party
        told = None if page is None else Page(hashlib.sha256(page).hexdigest(), len(page))
        payload = report_payload(self.reported if report is None else report, self.issue(party), told) | dict(
            changes or {}
        )
        return sign_report(payload, party.signer, [party.der, *party.chain])

    def seal(self, pdf: bytes, party: Party | None = None) -> bytes:
        return self.signing.sign(
            pdf,
            keeper=party or self.party,
            stamp=True,
            at=self.now + HOUR,
            field="Verification",
            box=(380, 20, 540, 60),
        )

    def sealed(self, report: DocumentReport | None = None) -> bytes:
        page = self.page(report)
        return self.seal(with_data(page, self.jws(page, report)))

    def read(
        self, data: bytes, *, content: bytes | None = None, crls: Sequence[bytes] | None = None
    ) -> DocumentReport:
        beside = None if content is None else ContentOctets(content)
        return Verifier(self.signing.trust(crls)).verify(data, at=self.now + 2 * HOUR, content=beside)


def with_data(page: bytes, jws: str) -> bytes:
    """Attach signed data to a page."""
    return attach(page, NAMES, Attachment(ATTACHED, jws.encode(), "data"))
