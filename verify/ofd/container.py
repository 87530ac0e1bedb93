"""The signed value of an OFD signature: a seal signature, CMS or GB/T 35275 over ``Signature.xml``, or a bare SM2 value.

GM/T 0099 §7.2.2. Of messages three shapes are in use: detached with signed attributes (the digest without Z), the digest as
attached content (32 octets or their base64, signed with Z), and no container at all, which names no certificate.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ca import der
from verify.certificates.signer import CertificateJudge
from verify.digests import digest_of
from verify.errors import Finding, failed, unsure
from verify.ofd.evidence import CarriedEvidence
from verify.policy import Policy
from verify.seal import SealJudge
from verify.signatures.case import Case
from verify.signatures.cms import SignedMessage, parse_message
from verify.signatures.containers import Container, container_of
from verify.signatures.protected import Protected
from verify.signatures.signer_steps import SignerSteps
from verify.verdict import SubIndication

MAX_BARE: Final = 80
"""A bare SM2 value: DER of two integers of 33 octets at most."""


@dataclass(frozen=True, slots=True)
class ContainerJudge:
    """Judges signed values with the paths and evidence of one verification."""

    judge: CertificateJudge
    seals: SealJudge
    policy: Policy
    at: datetime

    def run(self, case: Case, octets: bytes, signed: bytes, carried: CarriedEvidence | None = None) -> None:
        """Judge a signed value over the file ``signed``; what was found stays in the case, nothing is raised."""
        carried = carried or CarriedEvidence()
        self.judge.evidence.add(carried.crls, carried.ocsp, embedded=True)
        if is_bare(octets):
            case.object(_no_certificate())
            return
        steps = SignerSteps(self.judge, self.seals, self.policy, self.at, carried.certificates)
        try:
            steps.run(case, _protected(octets, signed))
        except Finding as finding:
            case.object(finding)
        except Exception as error:  # noqa: BLE001 - foreign octets; whatever a library raises is a finding, not a crash
            case.object(_unexpected(error))


def _protected(octets: bytes, signed: bytes) -> Protected:
    """Say what the container is over. The package from before the seal cannot be had from the one after it."""
    over = signed
    if container_of(octets) is not Container.SES:
        message = parse_message(octets)
        if message.content is not None:
            over = _attached(message, signed)
    return Protected(
        octets,
        digest=lambda name: digest_of(name, over),
        content=lambda: over,
        handed_in=lambda _: True,
        bound=False,
        may_attach=True,
        described=True,
    )


def _attached(message: SignedMessage, signed: bytes) -> bytes:
    """Compare an attached content with the file: its digest, in base64 too, or the file itself; return the content."""
    content, digest = message.content or b"", digest_of(message.digest, signed)
    if content in {digest, signed} or _decoded(content) == digest:
        return content
    raise failed(
        SubIndication.HASH_FAILURE,
        "签名描述与签名时不一致，签名无效；请向签章单位索取原件。",
        "The description of the signature is not the one that was signed; ask the signatory for the original file.",
    )


def _decoded(content: bytes) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return b""


def is_bare(octets: bytes) -> bool:
    """Tell a bare SM2 value: a SEQUENCE that begins with two INTEGERs, and too short for anything else."""
    if len(octets) > MAX_BARE:
        return False
    try:
        inner = der.Reader(octets).enter(der.SEQUENCE)
        return inner.peek() == der.INTEGER and bool(inner.element()) and inner.peek() == der.INTEGER
    except ValueError:
        return False


def _no_certificate() -> Finding:
    return unsure(
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
        "签名为 SM2 裸签名值，未附签名人证书，无法识别签名人；请向签章单位索取其证书，或要求按 GB/T 35275 重新签名。",
        "The signature is a bare SM2 value without the signer's certificate, so the signer cannot be identified; "
        "ask the signatory for the certificate, or for a signature by GB/T 35275.",
    )


def _unexpected(error: Exception) -> Finding:
    return unsure(
        SubIndication.GENERIC,
        "签名内容异常，核验程序无法得出结论；请向签章单位索取原件后重新核验。",
        f"The signature is malformed in a way that allows no conclusion ({type(error).__name__}); "
        "ask for the original file and verify again.",
    )
