"""One signature as a ``SignatureValidationReport`` (ETSI TS 119 102-2 §4.3), and the objects that reports refer to (§4.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from verify.integrity import Change
from verify.objects.report import ObjectReport
from verify.ofd.report import OfdReport
from verify.report import (
    UNKNOWN,
    DocumentReport,
    SealReport,
    SignatureReport,
    SignerReport,
    StatusReport,
)
from verify.reports import vocabulary as v
from verify.reports.constraints import constraints
from verify.reports.tree import Node, flag, given, leaf, node
from verify.ses.facts import SealDataStep
from verify.ses.report import SealDataReport
from verify.trusted_lists.decision import ListEntry

DOCUMENT_ID: Final = "document"
_PROCESS: Final = {"T": v.LTVM, "LT": v.LTVM, "LTA": v.LTA}


def time_text(moment: datetime | None) -> str | None:
    """Write a moment as ``xs:dateTime`` in UTC."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Objects:
    """The validation objects of one report, each once (TS 119 102-2 §4.4)."""

    def __init__(self, report: DocumentReport) -> None:
        digest = report.content_sha256 or report.sha256
        self._at = time_text(report.verified_at) or ""
        shown = _digested(digest) if digest else leaf("vr:URI", "urn:yinxin:not-read")
        self._found = {DOCUMENT_ID: self._object(DOCUMENT_ID, v.SIGNED_DATA, shown)}

    def certificate(self, signer: SignerReport) -> str:
        """Add a signer's certificate by its digest; return its id."""
        name = f"certificate-{signer.sha256}"
        self._found.setdefault(name, self._object(name, v.CERTIFICATE, _digested(signer.sha256)))
        return name

    def entry(self, one: ListEntry) -> str:
        """Add the entry of a trust list that decided; return its id."""
        name = f"entry-{one.certificate_sha256 or one.list_sha256}"
        told = node(
            "vr:direct",
            given("yx:Scheme", one.scheme_id),
            given("yx:Operator", one.operator),
            leaf("yx:Sequence", str(one.sequence)),
            given("yx:Issued", time_text(one.issued)),
            given("yx:NextUpdate", time_text(one.next_update)),
            given("yx:ListSHA256", one.list_sha256),
            given("yx:Provider", one.provider),
            given("yx:Service", one.service),
            given("yx:StatusThen", one.then.status),
            given("yx:StatusNow", one.now.status),
        )
        self._found.setdefault(name, self._object(name, v.OTHER, told))
        return name

    def stamp(self, authority: str, moment: datetime, number: int) -> str:
        """Add the time-stamp that proves the time of a signature; return its id."""
        name = f"time-stamp-{number}"
        told = node("vr:direct", given("yx:Authority", authority), given("yx:Time", time_text(moment)))
        self._found[name] = self._object(name, v.TIMESTAMP, told)
        return name

    def node(self) -> Node:
        """Return the list of all."""
        return node("vr:SignatureValidationObjects", *self._found.values())

    def _object(self, name: str, kind: str, shown: Node) -> Node:
        return node(
            "vr:ValidationObject",
            leaf("vr:ObjectType", kind),
            node("vr:ValidationObjectRepresentation", shown),
            node("vr:POE", leaf("vr:POETime", self._at), leaf("vr:TypeOfProof", v.BY_VALIDATION)),
            id=name,
        )


def _digested(sha256: str) -> Node:
    return node(
        "vr:DigestAlgAndValue",
        node("ds:DigestMethod", Algorithm=v.SHA256),
        leaf("ds:DigestValue", v.base64_text(bytes.fromhex(sha256))),
    )


def signature_report(report: DocumentReport, item: SignatureReport, objects: Objects, number: int) -> Node:
    """Report one signature."""
    stamp = _stamp(item, objects, number)
    return node(
        "vr:SignatureValidationReport",
        _identifier(item, number),
        node("vr:ValidationConstraintsEvaluationReport", *constraints(item, _steps(report, item))),
        _times(report, item, stamp),
        _document(report),
        _attributes(item),
        _signer(item, objects),
        _quality(item),
        node("vr:SignatureValidationProcess", leaf("vr:SignatureValidationProcessID", _process(item))),
        _status(item, objects),
        _other(item),
    )


def _steps(report: DocumentReport, item: SignatureReport) -> tuple[SealDataStep, ...]:
    """Return the steps that were taken for a signature, wherever its form keeps them."""
    if isinstance(report, OfdReport):
        return next((one.steps for one in report.coverage if one.id == item.field), ())
    if isinstance(report, SealDataReport | ObjectReport):
        return report.steps
    return () if item.seal_data is None else item.seal_data.steps


def _identifier(item: SignatureReport, number: int) -> Node:
    return node(
        "vr:SignatureIdentifier",
        flag("vr:HashOnly", on=False),
        flag("vr:DocHashOnly", on=False),
        given("vr:DAIdentifier", item.field),
        id=f"signature-{number}",
    )


def _stamp(item: SignatureReport, objects: Objects, number: int) -> str | None:
    if item.time.value is None or not item.time.trusted:
        return None
    return objects.stamp(item.time.authority, item.time.value, number)


def _times(report: DocumentReport, item: SignatureReport, stamp: str | None) -> Node:
    """EN 319 102-1 §5.5: the best time is what a time-stamp proves; without one, the time of validation and no claim."""
    best = item.time.value if stamp is not None else report.verified_at
    return node(
        "vr:ValidationTimeInfo",
        leaf("vr:ValidationTime", time_text(report.verified_at) or ""),
        node(
            "vr:BestSignatureTime",
            leaf("vr:POETime", time_text(best) or ""),
            leaf("vr:TypeOfProof", v.BY_VALIDATION),
            None if stamp is None else _refer("vr:POEObject", stamp),
        ),
    )


def _refer(name: str, *objects: str) -> Node:
    return node(name, VOReference=" ".join(objects))


def _document(report: DocumentReport) -> Node:
    digest = report.content_sha256 or report.sha256
    if not digest:
        return node("vr:SignersDocument", _refer("vr:SignersDocumentRepresentation", DOCUMENT_ID))
    return node(
        "vr:SignersDocument", _digested(digest), _refer("vr:SignersDocumentRepresentation", DOCUMENT_ID)
    )


def _attributes(item: SignatureReport) -> Node | None:
    """TS 119 102-2 annex A: what the signature says of itself."""
    claimed = item.time.claimed or (None if item.time.trusted else item.time.value)
    found = [
        None
        if claimed is None
        else node("vr:SigningTime", leaf("vr:Time", time_text(claimed) or ""), Signed="true"),
        None
        if item.signer is None or not item.certificate_bound
        else node(
            "vr:SigningCertificate",
            node(
                "vr:CertID",
                node("ds:DigestMethod", Algorithm=v.SHA256),
                leaf("ds:DigestValue", v.base64_text(bytes.fromhex(item.signer.sha256))),
            ),
            Signed="true",
        ),
        None
        if item.time.value is None or not item.time.trusted
        else node("vr:SignatureTimeStamp", leaf("vr:TimeStampValue", time_text(item.time.value) or "")),
    ]
    return node("vr:SignatureAttributes", *found) if any(found) else None


def _signer(item: SignatureReport, objects: Objects) -> Node | None:
    if item.signer is None:
        return None
    signer = item.signer
    told = (
        given("yx:Organization", signer.organization),
        given("yx:USCC", signer.uscc),
        leaf("yx:Serial", signer.serial),
        leaf("yx:Issuer", signer.issuer),
        given("yx:NotBefore", time_text(signer.not_before)),
        given("yx:NotAfter", time_text(signer.not_after)),
        *(leaf("yx:Subject", subject) for subject in signer.chain),
    )
    return node(
        "vr:SignerInformation",
        _refer("vr:SignerCertificate", objects.certificate(signer)),
        given("vr:Signer", signer.name),
        node("vr:OtherInformation", *told),
    )


def _quality(item: SignatureReport) -> Node | None:
    """TS 119 102-2 §4.3.10: how good it is: its level, where the key is kept, its algorithms."""
    words = {
        "level": item.level,
        "custody": item.custody,
        "container": item.container,
        "algorithm": item.algorithm.replace(" ", ""),
    }
    found = [
        leaf("vr:SignatureQualityInformation", f"{v.QUALITY}{key}:{word}")
        for key, word in words.items()
        if word
    ]
    return node("vr:SignatureQuality", *found) if found else None


def _process(item: SignatureReport) -> str:
    """TS 119 102-2 §4.3.11: name the process that was gone through; without a proved time it is the basic one (EN 319 102-1 §5.3)."""
    if not item.time.trusted:
        return v.BASIC
    return _PROCESS.get(item.level.rpartition("-")[2], v.LTVM)


def _status(item: SignatureReport, objects: Objects) -> Node:
    return node(
        "vr:SignatureValidationStatus",
        leaf("vr:MainIndication", v.MAIN[item.indication]),
        *(leaf("vr:SubIndication", sub) for sub in v.sub_indications(item.sub_indication)),
        _data(item, objects),
    )


def _data(item: SignatureReport, objects: Objects) -> Node | None:
    """TS 119 102-2 §4.3.12: what the conclusion rests on."""
    if item.signer is None:
        return None
    own = objects.certificate(item.signer)
    entry = None if item.trust is None else objects.entry(item.trust.entry)
    return node(
        "vr:AssociatedValidationReportData",
        None if entry is None else _refer("vr:TrustAnchor", entry),
        node("vr:CertificateChain", _refer("vr:SigningCertificate", own)) if item.signer.chain else None,
        _revoked(item.certificate_now, own),
    )


def _revoked(state: StatusReport, certificate: str) -> Node | None:
    if state.status not in {"revoked", "on_hold"} or state.since is None:
        return None
    return node(
        "vr:RevocationStatusInformation",
        _refer("vr:ValidationObjectId", certificate),
        leaf("vr:RevocationTime", time_text(state.since) or ""),
        given("vr:RevocationReason", v.revocation_reason(state.reason)),
    )


def _other(item: SignatureReport) -> Node:
    """Say what the standard has no element for."""
    return node(
        "vr:OtherInformation",
        leaf("yx:Kind", item.kind.value),
        leaf("yx:ReasonZh", item.reason.zh),
        leaf("yx:Reason", item.reason.en),
        _state("yx:CertificateThen", item.certificate_then),
        _state("yx:CertificateNow", item.certificate_now),
        None if item.authority_now == UNKNOWN else _state("yx:AuthorityNow", item.authority_now),
        None if item.seal is None else _seal(item, item.seal),
        *(_change("yx:Change", one) for one in item.integrity.where),
        *(_change("yx:Addition", one) for one in item.integrity.additions),
        *(node("yx:Note", given("yx:Zh", note.zh), given("yx:En", note.en)) for note in item.notes),
    )


def _seal(item: SignatureReport, seal: SealReport) -> Node:
    return node(
        "yx:Seal",
        given("yx:Code", seal.code),
        given("yx:PhysicalCode", seal.physical_code),
        given("yx:Name", seal.name),
        given("yx:KindZh", seal.kind_zh),
        given("yx:Owner", seal.owner),
        given("yx:OwnerUSCC", seal.owner_uscc),
        given("yx:Maker", seal.maker),
        leaf("yx:MakerTrusted", "true" if seal.trusted else "false"),
        given("yx:PictureSHA256", seal.picture_sha256),
        given("yx:Permit", seal.permit),
        _state("yx:StateThen", item.seal_then),
        _state("yx:StateNow", item.seal_now),
    )


def _state(name: str, state: StatusReport) -> Node:
    return node(
        name,
        leaf("yx:Status", state.status),
        given("yx:Source", state.source),
        given("yx:Since", time_text(state.since)),
        given("yx:AsOf", time_text(state.as_of)),
    )


def _change(name: str, one: Change) -> Node:
    return node(
        name,
        given("yx:Page", str(one.page) if one.page else None),
        given("yx:Object", one.object),
        given("yx:Field", one.field),
        given("yx:WhatZh", one.what_zh),
        given("yx:What", one.what_en),
    )
