"""Which lists are believed: pinned signers, a number that only rises, and an age (I30).

:func:`read_list` judges form, signature and signer; they hold for ever. :func:`judge_list` judges the time and the number too,
as whoever imports or refreshes a list must. A verifier judges the age once more, each time it verifies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509

from verify.civil_time import civil_day
from verify.policy import CLOCK_SKEW
from verify.trusted_lists.age import age
from verify.trusted_lists.errors import (
    ListExpired,
    ListFromTheFuture,
    ListRefused,
    ListRolledBack,
    ListSignatureInvalid,
    ListSignerUnknown,
    unknown_signer,
)
from verify.trusted_lists.jades import check_json
from verify.trusted_lists.lote import read_json
from verify.trusted_lists.model import Seen, TrustedList
from verify.trusted_lists.source import PinnedSource
from verify.trusted_lists.ts119612 import read_xml
from verify.trusted_lists.xml_reading import parse
from verify.trusted_lists.xml_signature import check_xml


def read_list(octets: bytes, pinned: Sequence[PinnedSource]) -> TrustedList:
    """Read a list of either form and check its signature against the pinned signers; its age and number are not judged.

    Raises ``ListUnreadable``, ``ListSignatureInvalid``, ``ListSignerUnknown``.
    """
    signers = {digest: der for source in pinned for digest, der in source.signer_octets().items()}
    found, signer = _checked(octets, signers)
    _check_scheme(found, found.signer_sha256, pinned)
    _check_signed_in_time(found, signer)
    return found


def read_claimed(octets: bytes, at_hand: Sequence[bytes] = ()) -> tuple[TrustedList, bytes]:
    """Read a list under the certificate (DER) that it names itself, else under one ``at_hand``; return both.

    This proves that the list is whole and nothing about whose it is. Of several that it names (a chain, in any order) the one
    counts whose key made the signature. Raises as :func:`read_list`; ``ListSignerUnknown``: it names none.
    """
    signers: dict[str, bytes | None] = {hashlib.sha256(der).hexdigest(): der for der in at_hand}
    tried: list[dict[str, bytes | None]] = [signers]
    refused: ListRefused | None = None
    while tried:
        try:
            found, signer = _checked(octets, tried.pop(0))
            _check_signed_in_time(found, signer)
        except ListSignerUnknown as unknown:
            tried += [{digest: None} for digest in unknown.named if refused is None]
            refused = refused or unknown
        except ListSignatureInvalid as wrong:
            refused = wrong
        else:
            return found, signer
    raise refused or unknown_signer()


def _checked(octets: bytes, signers: Mapping[str, bytes | None]) -> tuple[TrustedList, bytes]:
    """Read a list whose signature holds under one of the certificates, and return it with that one (DER)."""
    if _is_xml(octets):
        signed = check_xml(parse(octets), signers)
        signer, found = signed.signer, read_xml(signed.root)
    else:
        payload = check_json(octets, signers)
        signer, found = payload.signer, read_json(payload.payload)
    digest = hashlib.sha256(signer).hexdigest()
    return replace(found, sha256=hashlib.sha256(octets).hexdigest(), signer_sha256=digest), signer


def judge_list(octets: bytes, pinned: PinnedSource, seen: Seen | None, at: datetime) -> TrustedList:
    """Read a list as :func:`read_list` does and judge it as of ``at`` (aware) after what was ``seen`` before.

    Remember ``.seen`` of the result. Raises also ``ListExpired``, ``ListRolledBack``, ``ListFromTheFuture`` (I30).
    """
    if at.tzinfo is None:
        raise ValueError("the time of judgement is aware")
    found = read_list(octets, (pinned,))
    if found.issued > at + CLOCK_SKEW:
        raise ListFromTheFuture(
            f"信任清单“{found.scheme_id}”签发于 {found.issued:%Y-%m-%d %H:%M}Z，晚于当前时间；请检查本机时钟。",
            f"The trust list “{found.scheme_id}” was issued at {found.issued:%Y-%m-%d %H:%M}Z, after the present; "
            "check this computer's clock.",
        )
    if seen is not None:
        check_rising(found, seen)
    if not found.current_at(at):
        said = age(found, at)
        raise ListExpired(said.zh, said.en)
    return found


def check_rising(found: TrustedList, seen: Seen) -> None:
    """I30: the number of a scheme's lists only rises, and one number stands for the same octets; raises ``ListRolledBack``.

    The other form of the same list has other octets: whoever takes both keeps what was seen apart for each.
    """
    if found.sequence < seen.sequence:
        raise ListRolledBack(
            f"信任清单“{found.scheme_id}”的序号 {found.sequence} 低于已见过的 {seen.sequence}，可能是旧清单被重放；"
            "请从发布机构重新获取。",
            f"The trust list “{found.scheme_id}” has the number {found.sequence}, lower than {seen.sequence}, which was "
            "seen before: an old list may have been replayed. Fetch it again from its publisher.",
        )
    if found.sequence == seen.sequence and found.sha256 != seen.sha256:
        raise ListRolledBack(
            f"信任清单“{found.scheme_id}”的序号 {found.sequence} 已见过，但内容不同；请向发布机构核实。",
            f"The trust list “{found.scheme_id}” with the number {found.sequence} was seen before with other octets; "
            "ask its publisher.",
        )


def _is_xml(octets: bytes) -> bool:
    return octets.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _check_scheme(found: TrustedList, signer: str, pinned: Sequence[PinnedSource]) -> None:
    """Refuse a list of a scheme that its signer is not pinned for: no department issues another's list."""
    allowed = [source.scheme_id for source in pinned if signer in source.signer_octets()]
    if "" in allowed or found.scheme_id in allowed:
        return
    raise ListSignerUnknown(
        f"信任清单的体系名称“{found.scheme_id}”与登记的（{'、'.join(allowed)}）不同；请核对来源。",
        f"The trust list says that it is of the scheme “{found.scheme_id}”, but its signer is pinned for "
        f"{', '.join(allowed)}; check where it comes from.",
    )


def _check_signed_in_time(found: TrustedList, signer: bytes) -> None:
    """TS 119 612 §5.7.1: the signer's certificate was valid when the list was issued."""
    certificate = x509.load_der_x509_certificate(signer)
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not start - CLOCK_SKEW <= found.issued <= end:
        raise ListSignatureInvalid(
            f"信任清单签发于 {civil_day(found.issued)}，不在其签名证书的有效期内；请向发布机构核实。",
            f"The trust list was issued on {civil_day(found.issued)}, outside the validity of its signer's certificate; "
            "ask its publisher.",
        )
