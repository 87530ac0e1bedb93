"""OCSP answers kept for verification: what a certificate has whose authority publishes no list, in ``trust/ocsp``.

A verifier asks nobody, so an answer must be at hand: somebody fetched it (``openssl ocsp -respout``) and hands it in. Every
verification of this installation, its trust folder and its offline bundles have it from then on. Each is believed only as far as
its signature goes, anew each time.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.x509 import ocsp

from api.errors import OcspAnswerRefused
from api.files import write_whole
from verify.objects.report import ObjectKind, ObjectReport
from verify.objects.steps import ObjectStep
from verify.report import DocumentReport
from verify.ses.facts import StepState

LOG: Final = logging.getLogger("yinxin.evidence")
FOLDER: Final = "ocsp"
SUFFIX: Final = ".ocsp"
MAX_ANSWERS: Final = 2000
"""A trust folder holds 10,000 files; whoever needs an answer for more certificates has an authority that publishes lists."""
MAX_OCTETS: Final = 64 * 1024
"""One answer with its responder's certificates: some 2 KiB."""
_DEMANDED: Final = (ObjectStep.FORM, ObjectStep.CURRENT, ObjectStep.SIGNATURE)


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was kept: about which certificate, as of when, and until when it is current."""

    serial: str
    as_of: datetime
    until: datetime | None


def kept_answers(trust: Path) -> dict[str, bytes]:
    """Return the answers of a trust folder by their relative path; what is too large or too many is left out and logged."""
    found: dict[str, bytes] = {}
    for path in sorted((trust / FOLDER).glob(f"*{SUFFIX}")):
        if len(found) == MAX_ANSWERS or path.stat().st_size > MAX_OCTETS:
            LOG.warning("the OCSP answer %s is left out: too large, or one too many", path.name)
            continue
        found[f"{FOLDER}/{path.name}"] = path.read_bytes()
    return found


def keep_answer(trust: Path, octets: bytes, report: DocumentReport) -> Kept:
    """Keep an answer that was verified, in place of an older one about the same certificate.

    Its signature holds for an authority of the trust store and it is current; whether that authority is trusted for what it
    signs is judged whenever it is used. Raises :class:`api.errors.OcspAnswerRefused`.
    """
    _demand(octets, report)
    answer = ocsp.load_der_ocsp_response(octets)
    path = trust / FOLDER / f"{answer.issuer_key_hash.hex()[:40]}-{answer.serial_number:x}{SUFFIX}"
    if path.is_file():
        before = ocsp.load_der_ocsp_response(path.read_bytes()).this_update_utc
        if answer.this_update_utc < before:
            raise OcspAnswerRefused(
                f"已有更新的应答（{before:%Y-%m-%d %H:%M}Z）",
                f"a newer one is kept ({before:%Y-%m-%d %H:%M}Z)",
            )
    elif len(kept_answers(trust)) >= MAX_ANSWERS:
        raise OcspAnswerRefused(
            f"已保存 {MAX_ANSWERS} 份，请先删除 {trust / FOLDER} 中不再需要的",
            f"{MAX_ANSWERS} are kept; first remove those no longer needed from {trust / FOLDER}",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, octets)
    return Kept(f"{answer.serial_number:x}", answer.this_update_utc, answer.next_update_utc)


def _demand(octets: bytes, report: DocumentReport) -> None:
    if not isinstance(report, ObjectReport) or report.object_kind is not ObjectKind.OCSP:
        raise OcspAnswerRefused("不是 OCSP 应答", "it is no OCSP response")
    for step in report.steps:
        if step.key in _DEMANDED and step.state is not StepState.PASSED:
            raise OcspAnswerRefused(step.reason.zh.rstrip("。"), step.reason.en.rstrip("."))
    if len(octets) > MAX_OCTETS or sum(1 for _ in ocsp.load_der_ocsp_response(octets).responses) != 1:
        raise OcspAnswerRefused(
            "过大，或不是对一张证书的应答；请逐张查询",
            "too large, or not about one certificate; ask for each",
        )
