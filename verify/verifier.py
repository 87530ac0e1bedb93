"""The door: bytes and a time in, a report out."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Final, cast

from verify.acceptance.answering import answered
from verify.certificates.paths import PathFinder
from verify.certificates.remembered import Remembered
from verify.certificates.revocation import Evidence
from verify.certificates.signer import MAX_PASSED, CertificateJudge, Judged
from verify.digests import Prefixes
from verify.errors import Unreadable
from verify.institution.judge import Document as Beside
from verify.institution.judge import Presented, present, with_proofs
from verify.licences.judge import judge_licence, said_by_octets
from verify.maker_lists import SealLists, learn_makers, load_lists, trusted_lists
from verify.moment import time_of_verification
from verify.objects.other import OtherDoor
from verify.objects.steps import Bench
from verify.ofd.report import OfdReport
from verify.pdf.document import Document, open_document, open_plainly
from verify.pdf.fields import FormField, form_fields
from verify.pdf.orphans import orphans
from verify.pdf.pdf_values import Ref
from verify.pdf.placement import Pages
from verify.pdf.procedure import Procedure
from verify.pdf.security_store import SecurityStore, evidence_below, read_store
from verify.policy import MAX_SIGNATURES, Policy
from verify.report import DocumentReport, Reason, SignatureKind, SignatureReport
from verify.reports.recognise import Reading, report_in, with_reported
from verify.seal import SealJudge
from verify.signatures.case import Case, finish, level_of, open_case, orphan_case
from verify.signatures.detached import Content, NoticedContent, is_pdf, not_about
from verify.signatures.protected import ProofOfExistence
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.voided.judge import Asked, load_void_lists, trusted_void_lists, with_voiding
from verify.wording import with_signatures

MAX_MOMENTS: Final = 16
"""Moments with their evidence for which a verifier remembers whose lists are trusted, and evidence kept read; a batch has one."""


@dataclass(slots=True)
class Given:
    """What comes with a file: its password, and the file that a detached signature is over; and how it was opened."""

    password: str | None = field(default=None, repr=False)
    content: Content | None = None
    opened: Document | None = None


MakersQuestion = tuple[datetime, datetime | None, tuple[bytes, ...], tuple[bytes, ...]]
"""The time of verification, the present, and the evidence in the document."""


class Verifier:
    """Verify documents against one trust store and one policy. Pure: no network, no clock, no database."""

    def __init__(self, trust: TrustStore, policy: Policy | None = None) -> None:
        self._trust = trust
        self._policy = policy or Policy()
        self._paths = PathFinder(trust)
        self._lists = load_lists(trust.seal_lists)
        self._void_lists = load_void_lists(trust.seal_lists)
        self._makers: dict[MakersQuestion, SealLists] = {}
        self._passed: Remembered[Judged] = Remembered(MAX_PASSED)
        self._begun: Evidence | None = None
        self._known: dict[tuple[tuple[bytes, ...], tuple[bytes, ...]], Evidence] = {}
        self._present: datetime | None = None

    def knowing(self, crls: Sequence[bytes], ocsp: Sequence[bytes]) -> Verifier:
        """Return a verifier with the same trust and policy and other evidence (DER); what was read once is shared."""
        other = copy(self)
        other._makers = {}  # noqa: SLF001 - our own copy
        other._begun = self._known.get((tuple(crls), tuple(ocsp)))  # noqa: SLF001 - our own copy
        other._trust = replace(self._trust, crls=crls, ocsp=ocsp)  # noqa: SLF001 - our own copy
        return other

    def looking_back(self, present: datetime) -> Verifier:
        """Return the same verifier for times before ``present`` (aware): what was issued since then tells of them too.

        Without it the time of verification is the present, and whatever is younger was made ahead of its time.
        """
        self._begun = self._begun or self._begin()  # shared by the copy
        other = copy(self)
        other._present = present.astimezone(UTC)  # noqa: SLF001 - our own copy
        return other

    def verify(  # noqa: PLR0913 - what may come with a file, each by name
        self,
        data: bytes,
        *,
        at: datetime,
        name: str = "",
        password: str | None = None,
        content: Content | None = None,
        evidence: str = "",
    ) -> DocumentReport:
        """Verify every signature of the PDF in ``data`` as of ``at`` (aware); never raises on bad input.

        Whatever is no PDF is told by its content and judged as what it is (:mod:`verify.objects.other`).
        ``name`` is how the report calls the file; ``password`` opens an encrypted one, ``content`` is the
        file that a detached signature is over, ``evidence`` the text of evidence records beside it. ``ValueError``: ``at`` is naive, or
        outside :data:`ca.clock.EARLIEST` to :data:`ca.clock.LATEST`.
        """
        at = time_of_verification(at)
        prefixes = Prefixes(data)
        report = DocumentReport(name, Verdict.UNREADABLE, _UNREADABLE, size=len(data), verified_at=at)
        beside = None if content is None else NoticedContent(content)
        given = Given(password, beside)
        try:
            report = self._verify(data, prefixes, report, given)
        except Unreadable as unreadable:
            report = replace(report, reason=unreadable.reason)
        except MemoryError:
            return exhausted(report)
        except Exception:  # noqa: BLE001, S110 - foreign bytes: whatever a parser raises is a verdict, never a crash
            pass
        if not report.sha256:
            report = replace(report, sha256=prefixes.upto("sha256", len(data)).hexdigest())
        if report.signatures and report.licence is None and is_pdf(data):
            licence = judge_licence(said_by_octets(data), report.signatures, at)
            report = report if licence is None else replace(report, licence=licence)
        report = self._with_reported(data, prefixes, report, given)
        if beside is not None and not beside.opened:
            report = not_about(report)
        report = self._with_voiding(data, prefixes, report) if self._void_lists else report
        return self._with_proofs(data, prefixes, report, evidence)

    def _with_proofs(
        self, data: bytes, prefixes: Prefixes, report: DocumentReport, evidence: str
    ) -> DocumentReport:
        """Add both proofs of each seal and the answers that need no department."""
        at = cast("datetime", report.verified_at)
        presented: tuple[Presented, ...] = ()
        if evidence:
            judge, _ = self._judge(SecurityStore(), at)
            presented = present(evidence, judge, at)
        values = report.values if isinstance(report, OfdReport) else {}
        proved = with_proofs(report.signatures, presented, Beside(prefixes, len(data), at, values))
        return answered(report, signatures=proved)

    def _with_reported(
        self, data: bytes, prefixes: Prefixes, report: DocumentReport, given: Given
    ) -> DocumentReport:
        """Add what the file says, where it is itself a verification report."""
        told = report_in(data, given.opened, given.password)
        if told is None:
            return report
        judge, _ = self._judge(SecurityStore(), cast("datetime", report.verified_at))
        reading = Reading(data, prefixes, report, given.content, self._policy.clock_skew)
        return with_reported(reading, told, judge)

    def _with_voiding(self, data: bytes, prefixes: Prefixes, report: DocumentReport) -> DocumentReport:
        """Add what the makers of the document's seals say of it: it may verify and be voided all the same."""
        at = cast("datetime", report.verified_at)
        judge, _ = self._judge(SecurityStore(), at)
        lists = trusted_void_lists(self._void_lists, judge, at)
        signed = report.signed if isinstance(report, OfdReport) else {}
        found = lists.find(Asked(data, prefixes, report, signed), at)
        return lists.noted(report, at) if found is None else with_voiding(report, found)

    def _verify(
        self, data: bytes, prefixes: Prefixes, report: DocumentReport, given: Given
    ) -> DocumentReport:
        at = cast("datetime", report.verified_at)
        if not is_pdf(data):
            judge, lists = self._judge(SecurityStore(), at)
            known = (*self._trust.anchors, *self._trust.intermediates, *self._paths.listed.certificates)
            found = OtherDoor(
                Bench(judge, self._policy, at, known, self._trust.lists, self._trust.pins),
                lists,
                given.content,
            ).report(data, report)
            return replace(found, evidence_as_of=_as_of(judge, lists))
        plainly = open_plainly(data)
        if plainly is not None:
            given.opened = plainly
            try:
                judged = self._judged(plainly, prefixes, report)
            except Exception:
                if plainly.source.refused is None:
                    raise
            else:
                if plainly.source.refused is None:
                    return judged
        given.opened = None
        given.opened = open_document(data, given.password)
        return self._judged(given.opened, prefixes, report)

    def _judged(self, document: Document, prefixes: Prefixes, report: DocumentReport) -> DocumentReport:
        """Judge an opened document; what comes of one that turned out not to be plain does not count."""
        at = cast("datetime", report.verified_at)
        cases = _open_cases(document, prefixes)
        if len(cases) > MAX_SIGNATURES:
            return replace(
                report,
                verdict=Verdict.INDETERMINATE,
                reason=_TOO_MANY,
                sub_indication=SubIndication.LIMIT_REACHED,
            )
        signatures, newest = self._signatures(document, cases, prefixes, at) if cases else ([], None)
        return replace(
            with_signatures(report, signatures),
            sha256=prefixes.upto("sha256", len(document.data)).hexdigest(),
            evidence_as_of=newest,
        )

    def _signatures(
        self, document: Document, cases: list[Case], prefixes: Prefixes, at: datetime
    ) -> tuple[list[SignatureReport], datetime | None]:
        store = read_store(document.last)
        judge, lists = self._judge(store, at)
        seals = SealJudge(judge, lists, self._policy)
        procedure = Procedure(document, judge, seals, self._policy, at, store.certificates, prefixes)
        cases = sorted(cases, key=lambda case: case.covered)
        _run(procedure, cases)
        pages = Pages(document.last)
        stamps = [c.covered for c in cases if c.kind is SignatureKind.TIMESTAMP and c.finding is None]
        reports = [
            finish(
                case, document, pages, level_of(case, store.present, max(stamps, default=0) > case.covered)
            )
            for case in cases
        ]
        return reports, _as_of(judge, lists)

    def _judge(self, store: SecurityStore, at: datetime) -> tuple[CertificateJudge, SealLists]:
        evidence = Evidence(self._paths, self._begun or self._begin())
        evidence.add(store.crls, store.ocsp, embedded=True)
        judge = CertificateJudge(self._paths, evidence, self._policy, at, self._passed)
        if self._present is not None:
            judge.look_back(self._present)
        return judge, self._trusted_lists(judge, store, at)

    def _begin(self) -> Evidence:
        """Read the trust store's own evidence, once for all documents: nothing is added to it afterwards."""
        crls, ocsp = tuple(self._trust.crls), tuple(self._trust.ocsp)
        evidence = Evidence(self._paths)
        evidence.add(crls, ocsp, embedded=False)
        self._begun = evidence
        if len(self._known) >= MAX_MOMENTS:
            self._known.clear()
        self._known[crls, ocsp] = evidence
        return evidence

    def _trusted_lists(self, judge: CertificateJudge, store: SecurityStore, at: datetime) -> SealLists:
        """Judge the makers of the lists once for each moment and evidence: of a batch, the documents share both."""
        question = (at, judge.latest, tuple(store.crls), tuple(store.ocsp))
        known = self._makers.get(question)
        if known is not None:
            learn_makers(self._lists, judge)
            return known
        if len(self._makers) >= MAX_MOMENTS:
            self._makers.clear()
        self._makers[question] = found = trusted_lists(self._lists, judge, at)
        return found


def _as_of(judge: CertificateJudge, lists: SealLists) -> datetime | None:
    """Return the newest date of the evidence that was used, and of the seal makers' lists."""
    return max((time for time in (judge.evidence_as_of, lists.newest) if time is not None), default=None)


def _open_cases(document: Document, prefixes: Prefixes) -> list[Case]:
    """Open one case for each signature dictionary; fields that share one are judged once, those in no field told."""
    groups: dict[object, list[FormField]] = {}
    for item in form_fields(document.last):
        if item.signed:
            key: object = item.value if isinstance(item.value, Ref) else id(item)
            groups.setdefault(key, []).append(item)
    known = [part for group in groups.values() for item in group for part in (item.value, item.ref)]
    found = [open_case(document, tuple(group)) for group in islice(groups.values(), MAX_SIGNATURES + 1)]
    starts = [case.value.gap_start for case in found if case.value is not None]
    earlier = [one.end for one in document.revisions[:MAX_SIGNATURES] if one.end < max(starts, default=0)]
    prefixes.ahead("sha256", (*starts, *earlier))
    return found + [orphan_case(ref) for ref in orphans(document, known)]


def _run(procedure: Procedure, cases: list[Case]) -> None:
    """Judge document time-stamps, newest first: each trusted one proves what lies below it (EN 319 102-1 §5.6).

    All comparing comes before the first digest is asked for, which goes on meanwhile where it is long.
    """
    cases = [case for case in cases if procedure.compare(case)]
    proofs: tuple[ProofOfExistence, ...] = ()
    for case in reversed(cases):
        if case.kind is SignatureKind.TIMESTAMP:
            replace(procedure, proofs=proofs).run(case)
            if case.finding is None and case.stamp is not None:
                stamp = case.stamp
                proof = ProofOfExistence(case.covered, stamp.time, stamp.authority, case.trust)
                proofs = (*proofs, proof)
                archived = evidence_below(procedure.document, case.covered)
                procedure.judge.evidence.prove(archived, case.stamp.time)
    final = replace(procedure, proofs=proofs) if proofs else procedure
    for case in cases:
        if case.kind is not SignatureKind.TIMESTAMP:
            final.run(case)


def exhausted(report: DocumentReport) -> DocumentReport:
    """Return the verdict on a file for which the memory that its size allows did not suffice."""
    return DocumentReport(
        report.file,
        Verdict.INDETERMINATE,
        _EXHAUSTED,
        sub_indication=SubIndication.LIMIT_REACHED,
        sha256=report.sha256,
        size=report.size,
        verified_at=report.verified_at,
    )


_EXHAUSTED = Reason(
    "核验该文件所需的内存超出其大小所允许的上限，已停止，无法判定；请勿据此认可该文件，并向发送方核实。",
    "Verifying the file takes more memory than its size allows, so it was stopped and nothing can be said; "
    "do not rely on it and ask its sender.",
)
_UNREADABLE = Reason(
    "PDF 文件已损坏，无法读取；请向发送方索取完整的原件。",
    "The PDF file is damaged and cannot be read; ask its sender for the complete file.",
)
_TOO_MANY = Reason(
    f"签名超过 {MAX_SIGNATURES} 处的核验上限，请拆分文件后核验。",
    f"The document has more than {MAX_SIGNATURES} signatures, the limit; split it and verify the parts.",
)
