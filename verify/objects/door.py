"""The door for bare objects: octets that were recognised, and the file beside them, in; a report out. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from verify.errors import Finding, unexpected
from verify.objects.certificate import judge_certificate
from verify.objects.certificates import judge_certificates
from verify.objects.crl import judge_crl
from verify.objects.jws import judge_jws
from verify.objects.licence import judge_identifier
from verify.objects.ocsp import judge_ocsp
from verify.objects.proof import judge_proof
from verify.objects.recognise import Recognised
from verify.objects.report import ObjectKind, ObjectReport
from verify.objects.steps import Bench, Judged, ObjectStep, at, concluded
from verify.objects.time_stamp import judge_time_stamp
from verify.report import DocumentReport
from verify.sentence import Reason
from verify.ses.facts import StepState
from verify.ses.steps import Outcome, doubtful, found
from verify.verdict import SubIndication

Digest = Callable[[str], bytes]
_CLOSED: Final = doubtful(
    SubIndication.SIGNED_DATA_NOT_FOUND,
    "原文件无法读取，请检查路径和访问权限后重新核验。",
    "The content cannot be read; check its path and permissions and verify again.",
)


@dataclass(frozen=True, slots=True)
class ObjectDoor:
    """Judges bare objects on one bench; ``signed(signature, content)`` judges a detached signature."""

    bench: Bench
    signed: Callable[[bytes, bytes], DocumentReport]
    digest: Digest | None = None
    """Digest of the file beside the object, by ``hashlib`` name or ``sm3``."""
    doubt: Outcome | None = None
    """What is in doubt about the file whatever stands in it."""

    def report(self, recognised: Recognised, empty: DocumentReport) -> ObjectReport:
        """Judge one object; whatever a library raises over foreign octets is a finding, never a crash."""
        report = ObjectReport(
            empty.file,
            empty.verdict,
            empty.reason,
            size=empty.size,
            verified_at=empty.verified_at,
            object_kind=recognised.kind,
            form=recognised.form,
        )
        try:
            if recognised.kind is ObjectKind.TREE_PROOF:
                judged, inner = judge_proof(recognised.octets[0], self.signed, self.digest)
                judged = self._doubted(judged)
                report = replace(
                    report,
                    signatures=() if inner is None else inner.signatures,
                    notice="" if inner is None else inner.notice,
                )
                return replace(concluded(report, judged), notice=report.notice)
            return concluded(report, self._doubted(self._judged(recognised)))
        except Finding as finding:  # of the file beside it: too large, say
            return concluded(report, Judged(Reason("", ""), (at(ObjectStep.CONTENT, found(finding)),)))
        except OSError:
            return concluded(report, Judged(Reason("", ""), (at(ObjectStep.CONTENT, _CLOSED),)))
        except Exception as error:  # noqa: BLE001 - see above
            broken = at(ObjectStep.FORM, found(unexpected(error)))
            return concluded(report, Judged(Reason("", ""), (broken,)))

    def _doubted(self, judged: Judged) -> Judged:
        """Put the doubt in the place of the form that holds, before everything else."""
        if self.doubt is None:
            return judged
        others = [
            one for one in judged.steps if (one.key, one.state) != (ObjectStep.FORM.value, StepState.PASSED)
        ]
        return replace(judged, steps=(at(ObjectStep.FORM, self.doubt), *others))

    def _judged(self, recognised: Recognised) -> Judged:
        kind, first = recognised.kind, recognised.octets[0]
        if kind is ObjectKind.CERTIFICATES:
            return judge_certificates(recognised.octets, self.bench)
        if kind is ObjectKind.TIME_STAMP:
            return judge_time_stamp(first, self.bench, self.digest)
        if kind is ObjectKind.TRUST_LIST:
            from verify.objects.trust_list import judge_trust_list  # noqa: PLC0415 - XML is not always needed

            return judge_trust_list(first, self.bench)
        alone = _ALONE.get(kind)
        return judge_jws(kind, first, self.bench, self.digest) if alone is None else alone(first, self.bench)


_ALONE: Final[dict[ObjectKind, Callable[[bytes, Bench], Judged]]] = {
    ObjectKind.CERTIFICATE: judge_certificate,
    ObjectKind.CRL: judge_crl,
    ObjectKind.OCSP: judge_ocsp,
    ObjectKind.LICENCE_IDENTIFIER: lambda octets, _: judge_identifier(octets),
}
"""What needs no file beside it."""
