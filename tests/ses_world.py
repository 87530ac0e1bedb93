"""Seal data made for tests: seals and seal signatures of all three versions, right by default, one thing wrong on request."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509

from ca import der
from hsm.algorithms import DigestAlgorithm
from hsm.suite import Suite
from seals.ses.parts import CertListType, SesVersion
from seals.ses.writer import PictureContent, SealContent, assemble, encode_info
from tests.gm_world import GmSealing
from tests.pki import Party, Pki
from tests.verify_world import NOW
from verify.certificates.paths import PathFinder
from verify.certificates.revocation import Evidence
from verify.certificates.signer import CertificateJudge
from verify.policy import Policy
from verify.ses.judge import SealDataJudge
from verify.ses.report import SealDataReport, SealDataStep
from verify.trust import TrustStore

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "ofd"
CODE = "11010800000001"
NAME = "北京示例科技有限公司合同专用章"
SM2_SM3 = der.oid("1.2.156.10197.1.501")
DOCUMENT = b"<ofd:Signature/>"
SCOPE = "/Doc_0/Signs/Sign_0/Signature.xml"
DAY = timedelta(days=1)


def png(side: int = 4, *, width: int | None = None, height: int | None = None) -> bytes:
    """Make a small grey PNG; ``width`` and ``height`` may claim another size than it has."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width or side, height or side, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\x00" + b"\x80" * side for _ in range(side)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def ia5(text: str) -> bytes:
    return der.tlv(0x16, text.encode())


def utc_time(when: datetime) -> bytes:
    return der.tlv(der.UTC_TIME, f"{when:%y%m%d%H%M%SZ}".encode())


def raw_signature(signature: bytes) -> bytes:
    """Write r ‖ s instead of DER, as one government writer does."""
    from hsm.sm2.signature import Sm2Signature

    return Sm2Signature.from_der(signature).raw


class SesSealing(GmSealing):
    """A maker, a signer and a time-stamp unit in SM2, and what they make."""

    def content(self, version: SesVersion = SesVersion.V4, **changes: Any) -> SealContent:
        made = SealContent(
            version=version,
            vendor="Yinxin",
            code=CODE,
            type=4,
            name=NAME,
            list_type=CertListType.CERTIFICATES,
            signers=(self.keeper.der,),
            created=self.now,
            valid_from=self.now - DAY,
            valid_to=self.now + 300 * DAY,
            picture=PictureContent(png(), 40, 40),
        )
        return replace(made, **changes)

    def esl(
        self,
        version: SesVersion = SesVersion.V4,
        *,
        maker: Party | None = None,
        stamped: bool = False,
        signed: Callable[[bytes], bytes] = lambda signature: signature,
        info: bytes | None = None,
        **changes: Any,
    ) -> bytes:
        """Make a seal; ``changes`` are members of its content, ``signed`` alters the signature value."""
        maker = maker or self.maker
        content = self.content(version, **changes)
        octets = encode_info(content) if info is None else info
        signature = signed(maker.signer.sign(octets))
        stamp = self.stamp(DigestAlgorithm.SM3.digest(signature)) if stamped else None
        return assemble(content, octets, maker.der, signature, stamp)

    def esl_v1(
        self,
        *,
        maker: Party | None = None,
        algorithm: bytes = SM2_SM3,
        items: bytes | None = None,
        times: Callable[[datetime], bytes] = utc_time,
        kind: str = "png",
    ) -> bytes:
        """Make a seal of GM/T 0031-2014 by hand: nobody of ours writes it."""
        maker = maker or self.maker
        listed = der.octet_string(self.keeper.der) if items is None else items
        made_at = (self.now, self.now - DAY, self.now + 300 * DAY)
        fields = der.sequence(
            der.integer(1), der.utf8_string(NAME), der.sequence(listed), *map(times, made_at)
        )
        picture = der.sequence(ia5(kind), der.octet_string(png()), der.integer(40), der.integer(40))
        info = der.sequence(
            der.sequence(ia5("ES"), der.integer(11), ia5("Test")), ia5("v1-0001"), fields, picture
        )
        signature = maker.signer.sign(der.sequence(info, der.octet_string(maker.der), algorithm))
        sign_info = der.sequence(der.octet_string(maker.der), algorithm, der.bit_string(signature))
        return der.sequence(info, sign_info)

    def signature(
        self,
        esl: bytes | None = None,
        *,
        version: int = 4,
        signer: Party | None = None,
        time: datetime | None = None,
        stamped: bool = False,
        signed: Callable[[bytes], bytes] = lambda signature: signature,
        extensions: bytes = b"",
    ) -> bytes:
        """Put a seal under :data:`DOCUMENT`: SES_Signature of v4 or v5."""
        signer = signer or self.keeper
        tbs = der.sequence(
            der.integer(version),
            self.esl() if esl is None else esl,
            der.generalized_time(time or self.now),
            der.bit_string(DigestAlgorithm.SM3.digest(DOCUMENT).value),
            ia5(SCOPE),
            extensions,
        )
        value = signed(signer.signer.sign(tbs))
        stamp = (
            der.explicit(0, der.bit_string(self.stamp(DigestAlgorithm.SM3.digest(value)))) if stamped else b""
        )
        return der.sequence(tbs, der.octet_string(signer.der), SM2_SM3, der.bit_string(value), stamp)

    def signature_v1(self, time_info: bytes | None = None, seal: bytes | None = None) -> bytes:
        """Put a v1 seal under :data:`DOCUMENT`."""
        stated = f"{self.now:%Y-%m-%dT%H:%M:%S}.377Z".encode() if time_info is None else time_info
        tbs = der.sequence(
            der.integer(11),
            self.esl_v1() if seal is None else seal,
            der.bit_string(stated),
            der.bit_string(DigestAlgorithm.SM3.digest(DOCUMENT).value),
            ia5(SCOPE),
            der.octet_string(self.keeper.der),
            SM2_SM3,
        )
        return der.sequence(tbs, der.bit_string(self.keeper.signer.sign(tbs)))

    def trust(self, crls: list[bytes] | None = None, **more: Any) -> TrustStore:
        """Trust this world's root and know its issuing authority: seal data carries no certificates between."""
        return super().trust(crls, intermediates=[self.pki.issuing.certificate], **more)

    def judge(
        self,
        data: bytes,
        *,
        at: datetime | None = None,
        trust: TrustStore | None = None,
        document: bytes | None = None,
    ) -> SealDataReport:
        """Judge with this world's root trusted and its lists at hand, an hour after they were made."""
        return judge(data, trust or self.trust(), at or self.now + timedelta(hours=1), document=document)


def judge(data: bytes, trust: TrustStore, at: datetime, *, document: bytes | None = None) -> SealDataReport:
    paths, policy = PathFinder(trust), Policy()
    evidence = Evidence(paths)
    evidence.add(trust.crls, trust.ocsp, embedded=False)
    from verify.digests import digest_of

    hashed = None if document is None else (lambda name: digest_of(name, document))
    door = SealDataJudge(CertificateJudge(paths, evidence, policy), policy, at)
    return door.report(data, "test", document_hash=hashed)


def step(report: SealDataReport, key: str) -> SealDataStep:
    return next(item for item in report.steps if item.key == key)


def states(report: SealDataReport) -> dict[str, str]:
    return {item.key: item.state.value for item in report.steps}


@cache
def sealing() -> SesSealing:
    """One world for a whole run: its keys and certificates are made once."""
    return SesSealing(NOW, Suite.GM)


def other_pki(name: str = "Stranger") -> Pki:
    return Pki(NOW, suite=Suite.GM, name=name)


def certificate_of(der_octets: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der_octets)
