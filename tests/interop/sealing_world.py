"""A small world to seal in: a root, a leaf, an outside time-stamp authority, a seal's picture; all in memory."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

from hsm.algorithms import DEFAULT_ALGORITHM, Digest, PublicKey, SignatureAlgorithm, kind_of
from hsm.signer import Custody
from seals.drawing.picture import PictureSpec, draw
from seals.seal import SealKind
from signing.containers.cms import Signatory
from signing.mark import Picture, SealMark, Work
from signing.pdf.general import seal_pdf
from signing.placing.placement import Placement

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "pdf"
NOW = datetime.now(UTC).replace(microsecond=0)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class MemorySigner:
    """A key in memory that speaks the signing seam; it counts its signatures."""

    custody = Custody.SOFT

    def __init__(self, key: Key) -> None:
        self._key = key
        self.signatures = 0

    @property
    def algorithm(self) -> SignatureAlgorithm:
        return DEFAULT_ALGORITHM[kind_of(self.public_key)]

    @property
    def public_key(self) -> PublicKey:
        return self._key.public_key()

    def sign(self, message: bytes) -> bytes:
        self.signatures += 1
        digest = self.algorithm.digest.hash()
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(message, padding.PKCS1v15(), digest)
        return self._key.sign(message, ec.ECDSA(digest))


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "测试有限公司"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.der)


def issue(name: str, key: Key, issuer: Issued | None, *, ca: bool = False, tsa: bool = False) -> Issued:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer.certificate.subject if issuer else _name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(not ca, not ca and not tsa, False, False, False, ca, ca, False, False),
            critical=True,
        )
    )
    if issuer:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(above, critical=False)
    if tsa:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
    return Issued(builder.sign((issuer.key if issuer else key), hashes.SHA256()), key)


@dataclass(frozen=True)
class World:
    """Root, one leaf for each kind of key, and somebody else's time-stamp authority."""

    root: Issued
    leaves: dict[str, Issued]
    tsa: Issued

    def signatory(self, kind: str = "ec-p256") -> Signatory:
        leaf = self.leaves[kind]
        return Signatory(MemorySigner(leaf.key), leaf.certificate, (self.root.der,))

    def stamp(self, digest: Digest) -> bytes:
        """Stamp with pyHanko's own test authority: an independent maker of tokens."""
        authority = DummyTimeStamper(
            tsa_cert=self.tsa.asn1,
            tsa_key=asn1_keys.PrivateKeyInfo.load(
                self.tsa.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            ),
            certs_to_embed=[self.root.asn1],
            fixed_dt=NOW,
        )
        token = asyncio.run(authority.async_timestamp(digest.value, digest.algorithm.label))
        return bytes(token.dump())


@cache
def world() -> World:
    root = issue("测试根 TEST ROOT", ec.generate_private_key(ec.SECP256R1()), None, ca=True)
    keys: dict[str, Key] = {
        "ec-p256": ec.generate_private_key(ec.SECP256R1()),
        "ec-p384": ec.generate_private_key(ec.SECP384R1()),
        "rsa-2048": rsa.generate_private_key(65537, 2048),
    }
    leaves = {kind: issue(f"印章 {kind}", key, root) for kind, key in keys.items()}
    tsa = issue("时间戳 TEST TSA", rsa.generate_private_key(65537, 2048), root, tsa=True)
    return World(root, leaves, tsa)


@cache
def picture() -> Picture:
    drawn = draw(PictureSpec(SealKind.LEGAL_NAME, "测试科技有限公司", "1101080012345", approved=True))
    return Picture(drawn.pdf_content(), drawn.size_mm)


SMALL = Picture(b"0.902 0 0.0706 rg 0 0 34.0158 34.0158 re f", (12.0, 12.0))
"""A red square of 12 mm, for the small pages among the samples."""


def mark(place: Placement | str = "1:20,15", *, shown: Picture | None = None, **more: object) -> SealMark:
    where = Placement.parse(place) if isinstance(place, str) else place
    given: dict[str, object] = {
        "field_name": "Seal",
        "picture": shown or picture(),
        "placement": where,
        "when": NOW,
        "signer_name": "测试科技有限公司",
        "reason": "合同用印",
        "statement": "header.payload.signature",
    }
    return SealMark(**(given | more))  # type: ignore[arg-type]


def seal(
    document: bytes,
    chosen: SealMark,
    *,
    kind: str = "ec-p256",
    stamped: bool = False,
    password: str | None = None,
) -> bytes:
    """Seal in memory with the world's leaf of ``kind``."""
    output = io.BytesIO()
    here = world()
    stamper = here.stamp if stamped else None
    seal_pdf(Work(io.BytesIO(document), output, password), chosen, here.signatory(kind), stamper)
    return output.getvalue()


def blank_pdf(pages: int = 1, *, page: str = "/MediaBox [0 0 595.276 841.89]", catalog: str = "") -> bytes:
    """Write a small correct PDF; ``page`` and ``catalog`` are further entries of those dictionaries."""
    kids = " ".join(f"{3 + at} 0 R" for at in range(pages))
    bodies = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
    ]
    bodies += [f"<< /Type /Page /Parent 2 0 R /Resources << >> {page} >>"] * pages
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    start = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)
