"""Verify what was just sealed with our own verifier, before it leaves: only a pass lets it go (house rule, step 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from cryptography import x509

from signing.errors import SelfCheckFailed
from signing.evidence import EvidenceDesk
from signing.mark import Evidence
from signing.order import SealOrder
from verify.report import DocumentReport, SignatureKind, SignatureReport
from verify.signatures.detached import ContentFile, ContentOctets
from verify.trust import TrustStore
from verify.verdict import Verdict
from verify.verifier import Verifier

_Trust = tuple[tuple[bytes, ...], tuple[str, ...]]
"""Our roots (DER) and the seal status lists in force (JWS)."""
SealLists = Callable[[], Sequence[str]]
"""Gives the seal status lists in force (JWS)."""


def no_lists() -> Sequence[str]:
    """Give no seal status list."""
    return ()


class Together(NamedTuple):
    """What the documents of one chunk are checked by: one verifier, as of one moment."""

    verifier: Verifier
    at: datetime


class Claim(Protocol):
    """What a finished document claims: the permit that its statement names, and the evidence gathered for it."""

    @property
    def permit(self) -> str:
        """The permit's id."""

    @property
    def evidence(self) -> Evidence:
        """What proves the state of the certificates."""


class SelfCheck:
    """Judges sealed files by our anchors and the evidence gathered for them.

    Anchors and lists are asked for at every file; while they are the same octets, they are not read again.
    """

    def __init__(self, evidence: EvidenceDesk, seal_lists: SealLists = no_lists) -> None:
        self._evidence = evidence
        self._seal_lists = seal_lists
        self._kept: tuple[_Trust, Verifier] | None = None

    def passed(
        self,
        path: Path,
        writ: Claim,
        *,
        at: datetime,
        order: SealOrder,
        verifier: Verifier | None = None,
    ) -> DocumentReport:
        """Return the report if our own signature passed and no earlier one got worse; else :class:`SelfCheckFailed`.

        ``verifier``: one of :meth:`knowing`, made for several documents of one moment.
        """
        knowing = self.knowing(writ.evidence) if verifier is None else verifier
        report = self._judged(knowing, path.read_bytes(), at, order)
        own = [one for one in report.signatures if one.seal is not None and one.seal.permit == writ.permit]
        if len(own) != 1 or own[0].verdict is not Verdict.PASSED:
            raise SelfCheckFailed(_why(own, report))
        ours = (own[0], *_archive_stamps(report, order))
        earlier = [one for one in report.signatures if all(one is not mine for mine in ours)]
        if earlier:
            self._unharmed(earlier, order, writ, at)
        return report

    def report(self, path: Path, *, at: datetime, order: SealOrder) -> DocumentReport:
        """Verify an archived file again, for a repeated request."""
        return self._verify(path.read_bytes(), Evidence(), at, order)

    def _unharmed(
        self, after: Sequence[SignatureReport], order: SealOrder, writ: Claim, at: datetime
    ) -> None:
        """Compare each earlier signature with what it was before our update."""
        data = order.document if isinstance(order.document, bytes) else order.document.read_bytes()
        before = {one.field: one for one in self._verify(data, writ.evidence, at, order).signatures}
        for one in after:
            was = before.get(one.field)
            if was is None or one.verdict is not was.verdict:
                raise SelfCheckFailed(f"signature {one.field!r} was changed by sealing")

    def judge(
        self, data: bytes, evidence: Evidence, at: datetime, name: str, password: str | None
    ) -> DocumentReport:
        """Judge any sealed document by our anchors and this evidence."""
        return (
            self._verifier()
            .knowing(evidence.crls, evidence.ocsp)
            .verify(data, at=at, name=name, password=password)
        )

    def _verify(self, data: bytes, evidence: Evidence, at: datetime, order: SealOrder) -> DocumentReport:
        return self._judged(self.knowing(evidence), data, at, order)

    @staticmethod
    def _judged(verifier: Verifier, data: bytes, at: datetime, order: SealOrder) -> DocumentReport:
        content = _content(order) if order.detached else None
        return verifier.verify(data, at=at, name=order.name, password=order.password, content=content)

    def knowing(self, evidence: Evidence) -> Verifier:
        """Give a verifier by our anchors and the lists in force, with the evidence gathered for one document."""
        return self._verifier().knowing(evidence.crls, evidence.ocsp)

    def _verifier(self) -> Verifier:
        trust = (self._evidence.anchors(), tuple(self._seal_lists()))
        kept = self._kept
        if kept is None or kept[0] != trust:
            anchors = [x509.load_der_x509_certificate(der) for der in trust[0]]
            kept = self._kept = (trust, Verifier(TrustStore(anchors=anchors, seal_lists=trust[1])))
        return kept[1]


def _content(order: SealOrder) -> ContentFile | ContentOctets:
    """Return what a detached signature is over: the document as it was ordered."""
    document = order.document
    return ContentOctets(document) if isinstance(document, bytes) else ContentFile(document)


def _archive_stamps(report: DocumentReport, order: SealOrder) -> tuple[SignatureReport, ...]:
    """Return the time-stamp over the whole document that level B-LTA asks for; :class:`SelfCheckFailed` without one."""
    if not order.level.archived:
        return ()
    newest = [
        one
        for one in report.signatures
        if one.kind is SignatureKind.TIMESTAMP and one.integrity.covers_whole_document
    ]
    if len(newest) != 1 or newest[0].verdict is not Verdict.PASSED:
        raise SelfCheckFailed(f"the document time-stamp: {newest[0].reason.en if newest else 'missing'}")
    return (newest[0],)


def _why(own: Sequence[SignatureReport], report: DocumentReport) -> str:
    if len(own) != 1:
        return f"{len(own)} signatures carry the permit; {report.reason.en}"
    found = own[0]
    return f"{found.indication.value} {found.sub_indication}: {found.reason.en}"
