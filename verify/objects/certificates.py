"""Several certificates in one file: the one that none of the others rests on is judged, the others may lead to its anchor."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from verify.certificates.paths import name
from verify.errors import Finding
from verify.objects.certificate import UNREADABLE, judge_certificate
from verify.objects.steps import Bench, Judged, ObjectStep, at, fact
from verify.ofd.evidence import read_evidence
from verify.policy import MAX_CERTIFICATES
from verify.sentence import Reason
from verify.ses.steps import Outcome, doubtful
from verify.ses.steps import found as refused
from verify.signatures.cms_values import around_content
from verify.signatures.loaded import load_certificate
from verify.verdict import SubIndication

_GOOD = Reason("证书有效。", "The certificate is valid.")


def judge_certificates(octets: tuple[bytes, ...], bench: Bench) -> Judged:
    """Judge the leaf of a chain; of several unrelated certificates none is chosen, and that is said."""
    if len(octets) == 1:  # a message without signers
        try:
            around_content(octets[0])
        except Finding as finding:
            return Judged(_GOOD, (at(ObjectStep.FORM, refused(finding)),))
        carried = read_evidence(octets[0])
        bench.judge.evidence.add(carried.crls, carried.ocsp, embedded=True)
        found = carried.certificates
    else:
        loaded = [load_certificate(one) for one in octets[:MAX_CERTIFICATES]]
        if None in loaded:
            return Judged(_GOOD, (at(ObjectStep.FORM, UNREADABLE),))
        found = tuple(one for one in loaded if one is not None)
    found = tuple(dict.fromkeys(found))
    leaves = [one for one in found if not _issued_another(one, found)]
    facts = (
        fact("count", ("证书数", "certificates"), str(len(found))),
        fact("subjects", ("持有人", "subjects"), "、".join(name(one.subject) for one in found[:8])),
    )
    if len(leaves) != 1:
        return Judged(_GOOD, (at(ObjectStep.FORM, _several(len(leaves))),), facts)
    leaf = leaves[0]
    others = tuple(one for one in found if one is not leaf)
    judged = judge_certificate(leaf.public_bytes(Encoding.DER), bench, others)
    return Judged(judged.good, judged.steps, (*facts, *judged.facts), judged.looked, judged.notes)


def _issued_another(one: x509.Certificate, among: tuple[x509.Certificate, ...]) -> bool:
    return any(other is not one and other.issuer == one.subject for other in among)


def _several(count: int) -> Outcome:
    if count == 0:
        return UNREADABLE
    return doubtful(
        SubIndication.GENERIC,
        f"文件含有 {count} 张互不相关的证书，不知应核验哪一张；请分成单张证书后核验。",
        f"The file holds {count} certificates that do not belong together; give one of them.",
    )
