"""Signed documents for the verifier, made with pyHanko: right by default, a test states the one wrong thing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from io import BytesIO
from typing import Any

from asn1crypto import cms, crl, keys, ocsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.pki import Party, Pki, shared_rsa_key
from verify.policy import Policy
from verify.report import DocumentReport, SignatureReport
from verify.trust import TrustStore
from verify.verifier import Verifier

NOW = datetime.now(UTC).replace(microsecond=0)
"""When the documents of these tests are signed: pyHanko writes its own clock into them."""


def small_pdf(
    pages: int = 2, text: str = "Contract No. 2026-001", page: str = "", catalog: str = ""
) -> bytes:
    """Write a plain PDF by hand: classic cross-reference table, one content stream for each page."""
    objects: list[bytes] = [f"<</Type/Catalog/Pages 2 0 R{catalog}>>".encode()]
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(pages))
    objects.append(f"<</Type/Pages/Kids[{kids}]/Count {pages}>>".encode())
    objects.append(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    for i in range(pages):
        content = f"BT /F1 24 Tf 72 720 Td ({text} page {i + 1}) Tj ET".encode()
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {5 + 2 * i} 0 R"
            f"/Resources<</Font<</F1 3 0 R>>>>{page}>>".encode()
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R/ID[<00><00>]>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(out)


def append(
    pdf: bytes, objects: Mapping[int, bytes], *, size: int | None = None, trailer: bytes = b""
) -> bytes:
    """Append one revision by hand: ``objects`` by number (bodies between obj and endobj)."""
    reader = PdfFileReader(BytesIO(pdf), strict=False)
    out = bytearray(pdf if pdf.endswith(b"\n") else pdf + b"\n")
    entries = []
    for number, body in objects.items():
        entries.append((number, len(out)))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, previous = len(out), reader.last_startxref
    assert previous is not None
    out += b"xref\n0 1\n0000000000 65535 f \n"
    out += b"".join(b"%d 1\n%010d 00000 n \n" % entry for entry in sorted(entries))
    known = int(reader.trailer["/Size"])
    top = size or max([known, *(number + 1 for number in objects)])
    out += b"trailer\n<</Size %d/Root %d 0 R/Prev %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        top,
        reader.root_ref.idnum,
        previous,
        trailer,
        start,
    )
    return bytes(out)


def in_store(pdf: bytes, objects: Mapping[int, bytes]) -> bytes:
    """Append objects that a new document security store refers to, as if they were certificates."""
    listed = b" ".join(b"%d 0 R" % number for number in objects)
    catalog = raw_object(pdf, 1)[:-2] + b"/DSS<</Certs[%s]>>>>" % listed
    return append(pdf, {1: catalog, **objects})


def size_of(pdf: bytes) -> int:
    """Return the first free object number."""
    return int(PdfFileReader(BytesIO(pdf), strict=False).trailer["/Size"])


def raw_object(pdf: bytes, number: int) -> bytes:
    """Return the newest body of an object, as written."""
    offset = PdfFileReader(BytesIO(pdf), strict=False).xrefs[generic.Reference(number, 0)]
    assert isinstance(offset, int)
    start = pdf.index(b"obj", offset) + 3
    return pdf[start : pdf.index(b"endobj", start)].strip()


def private_info(party: Party) -> keys.PrivateKeyInfo:
    octets = party.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return keys.PrivateKeyInfo.load(octets)


def asn1(der: bytes) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(der)


class ExtraAttributes(signers.SimpleSigner):
    """A pyHanko signer that adds signed attributes of our choice."""

    extra: tuple[cms.CMSAttribute, ...] = ()

    async def signed_attrs(self, *args: Any, **kwargs: Any) -> cms.CMSAttributes:
        found = await super().signed_attrs(*args, **kwargs)
        return cms.CMSAttributes([*found, *self.extra])


@dataclass
class Signing:
    """One hierarchy with a keeper and a time-stamp authority, and the ways to sign with them."""

    now: datetime = NOW

    @cached_property
    def pki(self) -> Pki:
        return Pki(self.now)

    @cached_property
    def keeper(self) -> Party:
        return self.pki.party()

    @cached_property
    def tsa(self) -> Party:
        return self.pki.tsa(key=shared_rsa_key())

    @property
    def root_der(self) -> bytes:
        return self.pki.root.der

    def crls(self, **changes: Any) -> list[bytes]:
        """Return the CRLs of both authorities; ``changes`` apply to the issuing authority's."""
        times = {k: v for k, v in changes.items() if k in {"this_update", "next_update"}}
        return [self.pki.crl(**changes), self.pki.crl(self.pki.root, **times)]

    def trust(self, crls: Sequence[bytes] | None = None, **more: Any) -> TrustStore:
        """Trust the root, with fresh CRLs unless told otherwise."""
        return TrustStore([self.pki.root.certificate], crls=self.crls() if crls is None else crls, **more)

    def stamper(self, at: datetime | None = None, tsa: Party | None = None) -> timestamps.DummyTimeStamper:
        tsa = tsa or self.tsa
        store = SimpleCertificateStore.from_certs([asn1(der) for der in tsa.chain])
        return timestamps.DummyTimeStamper(
            asn1(tsa.der), private_info(tsa), certs_to_embed=store, fixed_dt=at or self.now
        )

    def sign(
        self,
        pdf: bytes | None = None,
        *,
        keeper: Party | None = None,
        stamp: bool = False,
        at: datetime | None = None,
        field: str = "Seal1",
        page: int = 0,
        box: tuple[int, int, int, int] | None = (100, 600, 219, 719),
        extra: Sequence[cms.CMSAttribute] = (),
        stamper: timestamps.TimeStamper | None = None,
        password: str | None = None,
        pss: bool = False,
        **metadata: Any,
    ) -> bytes:
        """Sign with PAdES B-B, or B-T with ``stamp``; ``metadata`` goes to pyHanko."""
        keeper = keeper or self.keeper
        store = SimpleCertificateStore.from_certs([asn1(der) for der in keeper.chain])
        signer = ExtraAttributes(
            signing_cert=asn1(keeper.der),
            signing_key=private_info(keeper),
            cert_registry=store,
            prefer_pss=pss,
        )
        signer.extra = tuple(extra)
        meta = signers.PdfSignatureMetadata(
            **{
                "field_name": field,
                "md_algorithm": "sha256",
                "subfilter": fields.SigSeedSubFilter.PADES,
                "cades_signed_attr_spec": CAdESSignedAttrSpec(),
                **metadata,
            }
        )
        writer = IncrementalPdfFileWriter(BytesIO(pdf or small_pdf()), strict=False)
        if password is not None:
            writer.encrypt(password)
        out = signers.PdfSigner(
            meta,
            signer,
            timestamper=stamper or (self.stamper(at) if stamp else None),
            new_field_spec=fields.SigFieldSpec(field, on_page=page, box=box) if box else None,
        ).sign_pdf(writer, existing_fields_only=False)
        return bytes(out.getvalue())

    def add_dss(
        self, pdf: bytes, *, crls: Sequence[bytes] | None = None, ocsps: Sequence[bytes] = ()
    ) -> bytes:
        """Append a document security store with CRLs (default: fresh ones) and OCSP responses: B-LT."""
        out = BytesIO(pdf)
        DocumentSecurityStore.add_dss(
            out,
            None,
            certs=[asn1(self.pki.issuing.der), asn1(self.pki.root.der)],
            crls=[crl.CertificateList.load(der) for der in (self.crls() if crls is None else crls)],
            ocsps=[ocsp.OCSPResponse.load(der) for der in ocsps],
        )
        return out.getvalue()

    def add_time_stamp(self, pdf: bytes, at: datetime | None = None, tsa: Party | None = None) -> bytes:
        """Append a document time-stamp: B-LTA."""
        out = signers.PdfTimeStamper(self.stamper(at, tsa)).timestamp_pdf(
            IncrementalPdfFileWriter(BytesIO(pdf), strict=False), "sha256"
        )
        return bytes(out.getvalue())

    def b_lt(self, pdf: bytes | None = None) -> bytes:
        return self.add_dss(self.sign(pdf, stamp=True))

    def b_lta(self, pdf: bytes | None = None) -> bytes:
        return self.add_time_stamp(self.b_lt(pdf), self.now + timedelta(minutes=1))

    def verify(
        self,
        data: bytes,
        *,
        at: datetime | None = None,
        trust: TrustStore | None = None,
        policy: Policy | None = None,
        password: str | None = None,
    ) -> DocumentReport:
        """Verify with our verifier, an hour after signing unless told otherwise."""
        verifier = Verifier(trust or self.trust(), policy)
        return verifier.verify(
            data, at=at or self.now + timedelta(hours=1), name="test.pdf", password=password
        )

    def only(self, data: bytes, **how: Any) -> SignatureReport:
        """Verify and return the only signature."""
        (found,) = self.verify(data, **how).signatures
        return found


def seam_signed(signing: Signing, pages: int) -> bytes:
    """Sign once, with one signature field on each page that all refer to the same signature dictionary."""
    pdf = small_pdf(pages)
    first = size_of(pdf)
    numbers = range(first, first + pages)
    bodies = {
        number: b"<</FT/Sig/T(Seam%d)/Type/Annot/Subtype/Widget/F 132/Rect[550 300 590 420]/P %d 0 R/V %d 0 R>>"
        % (index + 1, 4 + 2 * index, first + pages)
        for index, number in enumerate(numbers)
    }
    bodies |= {
        4 + 2 * index: raw_object(pdf, 4 + 2 * index)[:-2] + b"/Annots[%d 0 R]>>" % number
        for index, number in enumerate(numbers)
    }
    listed = b" ".join(b"%d 0 R" % number for number in numbers)
    bodies[1] = raw_object(pdf, 1)[:-2] + b"/AcroForm<</SigFlags 3/Fields[%s]>>>>" % listed
    room = 16_384
    value = (
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:%s)/ByteRange %s/Contents <%s>>>"
    )
    date = signing.now.strftime("%Y%m%d%H%M%SZ").encode()
    bodies[first + pages] = value % (date, b"[".ljust(60) + b"]", b"0" * room)
    data = append(pdf, bodies)
    start = data.index(b"/Contents <0000") + len(b"/Contents ")
    end = start + room + 2
    span = (b"[0 %d %d %d" % (start, end, len(data) - end)).ljust(60) + b"]"
    place = data.index(b"/ByteRange ", len(pdf)) + len(b"/ByteRange ")
    data = data[:place] + span + data[place + len(span) :]
    digest = hashlib.sha256(data[:start] + data[end:]).digest()
    signer = signers.SimpleSigner(
        signing_cert=asn1(signing.keeper.der),
        signing_key=private_info(signing.keeper),
        cert_registry=SimpleCertificateStore.from_certs([asn1(der) for der in signing.keeper.chain]),
    )
    container = asyncio.run(signer.async_sign(digest, "sha256", use_pades=True)).dump()
    return data[: start + 1] + container.hex().encode().ljust(room, b"0") + data[end - 1 :]
