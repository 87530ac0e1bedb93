"""The targets: each takes octets and raises only where a parser broke its word.

A door's word is a report that can be written down, whatever comes in; a parser's is its own family of errors. Nothing that
was not signed passes: a verdict of *valid* on a mutation must be that of octets which no signature is over.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from ca.der import DerError
from seals.errors import SealError, StatementInvalid
from seals.jws import read_object
from seals.lookup.answer import parse_lookup
from seals.ses.errors import SealDataInvalid
from seals.ses.structure import read_seal, read_signature
from seals.statement import parse_statement, parse_status_list
from tests.fuzz.guided.world import made_at, verifier
from verify.bundle.errors import BundleRefused
from verify.bundle.form import open_bundle
from verify.errors import Finding, Unreadable
from verify.institution.record import parse_record, record_of, split_records
from verify.ofd.evidence import read_evidence
from verify.ofd.package import Package
from verify.ofd.structure import read_structure
from verify.ofd.xml import parse
from verify.report import DocumentReport
from verify.reports.signed import parse_report
from verify.signatures.cms import parse_message
from verify.signatures.merkle import read_head, read_proof
from verify.signatures.timestamp import imprint, time_stamp_info
from verify.trusted_lists.errors import ListRefused
from verify.trusted_lists.jades import FORM
from verify.trusted_lists.lote import read_json
from verify.trusted_lists.pinned import read_list
from verify.trusted_lists.ts119612 import read_xml
from verify.trusted_lists.xml_reading import parse as parse_list
from verify.trusted_lists.xml_signature import check_xml
from verify.voided.form import parse_void_list, parse_void_record
from verify.wire import pack, unpack_report

Target = Callable[[bytes], None]


def door(data: bytes) -> DocumentReport:
    """Verify: the report is whole, crosses processes unchanged, and can be written as JSON."""
    report = verifier().verify(data, at=made_at() + timedelta(hours=1))
    text = json.dumps(report.to_json(), ensure_ascii=False)
    assert report.reason.zh
    assert report.reason.en
    assert unpack_report(json.loads(json.dumps(pack(report)))).to_json() == json.loads(text)
    return report


def pdf(data: bytes) -> None:
    """Verify a PDF, or something near one."""
    door(data if b"%PDF-" in data[:1024] else b"%PDF-1.7\n" + data)


def ofd_package(data: bytes) -> None:
    """Read a ZIP file as it comes: records, names, sizes."""
    try:
        read_structure(Package(data))
    except Unreadable:
        return


MARK: Final = b"\n=====entry:"
"""Between the entries of an input for :func:`ofd_content`: the name follows, then a line end, then the octets."""


def ofd_content(data: bytes) -> None:
    """Verify a sound package whose files are the input's: the XML, the signed values, the seals."""
    out = io.BytesIO()
    seen = set()
    with zipfile.ZipFile(out, "w") as package:
        for part in data.split(MARK)[1:200]:
            name, _, body = part.partition(b"\n")
            text = name.decode("utf-8", "replace").replace("\\", "/").strip("/")[:200]
            if text and text.isprintable() and text not in seen:
                seen.add(text)
                package.writestr(zipfile.ZipInfo(text, (1980, 1, 1, 0, 0, 0)), body)
    door(out.getvalue())


def xml(data: bytes) -> None:
    """Read one XML file of a package."""
    try:
        parse(data, "/Test.xml")
    except Unreadable:
        return


def ses(data: bytes) -> None:
    """Read and verify a seal or a seal signature."""
    for read in (read_seal, read_signature):
        try:
            read(data)
        except SealDataInvalid:
            continue
    door(data)


def cms(data: bytes) -> None:
    """Read and verify a message: CMS or GB/T 35275, detached or attached, a time-stamp inside."""
    try:
        message = parse_message(data)
        imprint(time_stamp_info(message))
    except Finding:
        pass
    with contextlib.suppress(DerError):
        read_evidence(data)
    door(data)


def bare(data: bytes) -> None:
    """Verify anything that is told by its content: certificates, lists, answers, time-stamps."""
    door(data)


def jws(data: bytes) -> None:
    """Read and verify statements, lists and answers as JWS."""
    text = data.decode("latin-1")
    for read in (parse_statement, parse_status_list, parse_lookup, parse_void_list, parse_void_record):
        try:
            read(text)
        except SealError:
            continue
    door(data)


def proof(data: bytes) -> None:
    """Read a tree head, and a proof under one."""
    for read in (read_head, read_proof):
        try:
            read(data)
        except Unreadable:
            continue
    door(data)


def list_xml(data: bytes) -> None:
    """Read a trust list in XML: with its signature, and past it, where only a signer of ours would come."""
    for read in (
        lambda: read_list(data, []),
        lambda: read_xml(parse_list(data)),
        lambda: check_xml(parse_list(data), {}),
    ):
        with contextlib.suppress(ListRefused):
            read()


def list_json(data: bytes) -> None:
    """Read a trust list in JSON: the payload of a JWS, or the bare text."""
    with contextlib.suppress(ListRefused):
        read_list(data, [])
    parts = data.split(b".")
    text = data
    if len(parts) == 3:
        with contextlib.suppress(ValueError):
            text = base64.urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4))
    try:
        payload = read_object(text, "payload", FORM)
    except StatementInvalid:
        return
    with contextlib.suppress(ListRefused):
        read_json(payload)


def bundle(data: bytes) -> None:
    """Open an offline bundle."""
    with contextlib.suppress(BundleRefused):
        open_bundle(data)


def record(data: bytes) -> None:
    """Read evidence records and signed reports: their JWS, and past it their members."""
    text = data.decode("latin-1")
    with contextlib.suppress(SealError):
        for one in split_records(text):
            parse_record(one)
    with contextlib.suppress(SealError):
        parse_report(text)
    with contextlib.suppress(SealError):
        record_of(read_object(data, "payload"))
    door(data)


TARGETS: Final[dict[str, Target]] = {
    "pdf": pdf,
    "ofd-package": ofd_package,
    "ofd-content": ofd_content,
    "xml": xml,
    "ses": ses,
    "cms": cms,
    "certificate": bare,
    "crl": bare,
    "ocsp": bare,
    "time-stamp": bare,
    "jws": jws,
    "proof": proof,
    "list-xml": list_xml,
    "list-json": list_json,
    "bundle": bundle,
    "record": record,
}
NAMES: Final = tuple(TARGETS)
