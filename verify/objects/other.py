"""Whatever is no PDF, told by its content: an OFD package, a bare object, a signature in a file of its own, seal data.

The order matters: a certificate, a list and a time-stamping authority's answer begin as a seal signature may, and a bare
time-stamp is a message like any signature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from seals.ses.structure import is_seal_data
from verify.maker_lists import SealLists
from verify.objects.door import ObjectDoor
from verify.objects.recognise import recognise, unwrapped
from verify.objects.report import ObjectReport
from verify.objects.steps import Bench
from verify.objects.unknown import unknown_reason
from verify.ofd.judge import OfdJudge
from verify.ofd.package import is_package
from verify.report import DocumentReport
from verify.seal import SealJudge
from verify.ses.judge import SealDataJudge
from verify.ses.steps import Outcome, doubtful
from verify.signatures.detached import Content, ContentOctets, Digests, judge_detached, signature_in
from verify.signatures.signer_steps import SignerSteps
from verify.signatures.two_files import Region, first_member, second_document
from verify.verdict import SubIndication


@dataclass(frozen=True, slots=True)
class OtherDoor:
    """Judges one file on a bench; ``content`` is the file beside it."""

    bench: Bench
    lists: SealLists
    content: Content | None

    def report(self, data: bytes, empty: DocumentReport) -> DocumentReport:
        """Judge what the octets are; raises ``Unreadable`` for a package that allows no reading."""
        bench = self.bench
        if is_package(data):
            return OfdJudge(bench.judge, bench.policy, bench.at, self.lists).report(data, empty)
        recognised = recognise(data)
        if recognised is not None:
            doubt = _also_another(data, *recognised.octets)
            return ObjectDoor(bench, self._signed(empty), self._digest(), doubt).report(recognised, empty)
        octets = unwrapped(data) or data
        signature = signature_in(octets)
        if signature is not None:
            return judge_detached(signature, self.content, self._steps(), empty)
        if is_seal_data(octets):
            doubt = _also_another(octets, signed=first_member(octets))
            seals = SealDataJudge(bench.judge, bench.policy, bench.at, self.lists, doubt=doubt)
            return seals.report(octets, empty.file, document_hash=self._digest())
        unknown = ObjectReport(empty.file, empty.verdict, unknown_reason(data))
        return replace(unknown, size=empty.size, verified_at=empty.verified_at)

    def _digest(self) -> Callable[[str], bytes] | None:
        return None if self.content is None else Digests(self.content).of

    def _signed(self, empty: DocumentReport) -> Callable[[bytes, bytes], DocumentReport]:
        return lambda signature, head: judge_detached(signature, ContentOctets(head), self._steps(), empty)

    def _steps(self) -> SignerSteps:
        bench = self.bench
        seals = SealJudge(bench.judge, self.lists, bench.policy)
        return SignerSteps(bench.judge, seals, bench.policy, bench.at, ())


def _also_another(*parts: bytes, signed: Region | None = None) -> Outcome | None:
    """Doubt a file that other readers open as a document: the octets of an object that nobody signed are whatever somebody put there.

    Comments of a list in XML, text before PEM, parameters and attributes of a message: each of them is large enough for one.
    """
    for octets in dict.fromkeys(parts):
        second = second_document(octets, signed)
        if second is not None:
            return doubtful(SubIndication.FORMAT_FAILURE, second.doubt.zh, second.doubt.en)
    return None
