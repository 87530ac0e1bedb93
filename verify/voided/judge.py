"""Find a document in the lists of voided documents. Pure.

A list counts only if a trusted seal maker signed it, and only for documents that carry a seal of that very maker: another
issuer, however trusted, voids nothing here. Of one maker's lists the highest number counts, as with seal status lists (I30).
A document is found by the digest of all its octets, or of any earlier revision that they begin with; and, however its octets
are written, by the permit that the statement of one of its seals names, or by a digest of what one of its seals is over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Final

from cryptography import x509

from verify.certificates.paths import name
from verify.certificates.signer import CertificateJudge
from verify.civil_time import civil_day
from verify.digests import Prefixes
from verify.maker_lists import Kept, ListsByMaker, judge_maker, load_signed, newest_of_each
from verify.report import DocumentReport, Reason, SealReport, SignatureReport
from verify.verdict import Verdict
from verify.voided.form import ParsedVoidList, VoidEntry, VoidList, parse_void_list
from verify.voided.report import VoidedReport

MAX_ENDS: Final = 1_000
"""Ends of revisions looked at, so many first and last ones: a document with a hundred signatures has some four hundred.

The first are those of the document before anything was appended; end marks by the thousand push them out of no window.
"""
_END: Final = re.compile(rb"%%EOF(?:\r\n|\r|\n)?")


@dataclass(frozen=True, slots=True)
class MakersList:
    """A list and what its maker is called."""

    maker: str
    void_list: VoidList


@dataclass(frozen=True, slots=True)
class Asked:
    """The document that lists are asked about; ``signed`` has SHA-256 digests by field, of a seal's signed value and of what it is over.

    A package can be packed anew by anybody, and the signature in a PDF be written otherwise, whereupon nothing has the digest that was
    voided; what its seals are over stays.
    """

    data: bytes
    prefixes: Prefixes
    report: DocumentReport
    signed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def seals(self) -> list[tuple[SealReport, SignatureReport]]:
        """The seals whose makers' statements about them were verified, each with its signature."""
        signatures = self.report.signatures
        return [(one.seal, one) for one in signatures if one.seal is not None and one.seal.trusted]

    def digests(self, item: SignatureReport) -> tuple[str, ...]:
        """Return what else a list may call the document under a seal: in a PDF by the octets of its /ByteRange."""
        known = self.signed.get(item.field, ())
        return known if item.span is None else (*known, self.prefixes.without("sha256", *item.span).hex())


@dataclass(frozen=True, slots=True)
class VoidLists:
    """The newest trustworthy list of each seal maker, by each identity that a report may know the maker by."""

    by_maker: ListsByMaker[MakersList] = field(default_factory=ListsByMaker)

    def find(self, document: Asked, at: datetime) -> VoidedReport | None:
        """Return what the lists of the makers of a document's seals say about it as of ``at``.

        About all of it, else its newest revision, else whatever the newest of its seals was put on.
        """
        data, seals = document.data, [seal for seal, _ in document.seals]
        lists = {id(one): one for seal in seals for one in self._of(seal) if one.void_list.entries}
        ends = _ends(data) if lists else ()
        digests = [(end, document.prefixes.upto("sha256", end).hexdigest()) for end in ends]
        for end, digest in reversed(digests):
            for found in lists.values():
                entry = found.void_list.entries.get(digest)
                if entry is not None and entry.since <= at:
                    return _told(entry, found, (digest, end == len(data)), at)
        return self._by_seal(document, at)

    def noted(self, report: DocumentReport, at: datetime) -> DocumentReport:
        """Say with each seal whose maker's list is past its next update as of ``at`` that it may be voided since."""
        signatures = tuple(self._with_note(one, at) for one in report.signatures)
        return report if signatures == report.signatures else replace(report, signatures=signatures)

    def _with_note(self, item: SignatureReport, at: datetime) -> SignatureReport:
        seal = item.seal
        if seal is None or not seal.trusted:
            return item
        newest = max(self._of(seal), key=lambda one: one.void_list.next_update, default=None)
        if newest is None or newest.void_list.next_update >= at:
            return item
        return replace(item, notes=(*item.notes, _old(newest.void_list)))

    def _of(self, seal: SealReport) -> Iterator[MakersList]:
        return (one.made for one in self.by_maker.of(seal.maker_identity))

    def _by_seal(self, document: Asked, at: datetime) -> VoidedReport | None:
        for seal, item in reversed(document.seals):
            for found in self._of(seal):
                listed = found.void_list
                digests = document.digests(item) if listed.entries else ()
                entries = (listed.permits.get(seal.permit), *map(listed.entries.get, digests))
                for entry in entries:
                    if entry is not None and entry.since <= at:
                        return _told(entry, found, ("", False), at)
        return None


def load_void_lists(texts: Sequence[str]) -> list[tuple[ParsedVoidList, x509.Certificate]]:
    """Read lists of voided documents whose own signature holds; whatever else stands among ``texts`` is left out."""
    return load_signed(texts, parse_void_list)


def trusted_void_lists(
    loaded: Sequence[tuple[ParsedVoidList, x509.Certificate]], judge: CertificateJudge, at: datetime
) -> VoidLists:
    """Keep lists whose maker is trusted and that were issued by the present; the highest number wins, of a maker that still is one first."""
    made = []
    for parsed, maker in loaded:
        found = parsed.void_list
        by = judge_maker(judge, parsed.chain_der, maker, found.issued_at, at)
        if by is not None:
            made.append(Kept(by, found.number, MakersList(name(maker.subject), found)))
    return VoidLists(newest_of_each(made))


def _old(found: VoidList) -> Reason:
    day = civil_day(found.issued_at)
    return Reason(
        f"作废名录为 {day} 签发，已过期，文件此后是否被作废以更新后的名录为准。",
        f"The list of voided documents is of {day} and out of date; get a newer one to know whether the document was voided since.",
    )


def with_voiding(report: DocumentReport, found: VoidedReport | None) -> DocumentReport:
    """Add a voiding; a document whose seals all pass then says so in its reason, before anything else."""
    if found is None:
        return report
    if report.verdict is not Verdict.PASSED:
        return replace(report, voided=found)
    return replace(report, voided=found, reason=Reason(found.zh, found.en))


def _ends(data: bytes) -> Iterator[int]:
    """Yield where earlier revisions may end, in order, and the end of the document."""
    ends = {len(data)}
    found = [match.span() for match in islice(_END.finditer(data), 100 * MAX_ENDS)]
    for start, end in (*found[:MAX_ENDS], *found[-MAX_ENDS:]):
        ends |= {start + 5, start + 6, end} if end - start > 5 else {end}
    yield from sorted(ends)


def _told(entry: VoidEntry, found: MakersList, what: tuple[str, bool], at: datetime) -> VoidedReport:
    digest, whole = what
    return VoidedReport(
        since=entry.since,
        why=entry.reason,
        voiding=entry.voiding,
        maker=found.maker,
        as_of=found.void_list.issued_at,
        stale=found.void_list.next_update < at,
        whole=whole,
        sha256=digest,
    )
