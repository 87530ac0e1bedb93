"""Whose bundle it is, whether that one is trusted, how old it is, and whether a newer one was seen (I30)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ca.profile import EKU_VERIFICATION
from verify.bundle.errors import BundleRolledBack, BundleUntrusted
from verify.bundle.form import Bundle
from verify.certificates.paths import name
from verify.certificates.purpose import check_exactly
from verify.errors import Finding
from verify.policy import CLOCK_SKEW
from verify.sentence import Reason, iso


@dataclass(frozen=True, slots=True)
class SeenBundle:
    """The newest bundle of one signer that was used here."""

    sequence: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What is said of the bundle beside every verdict. ``pinned`` tells that its signer was named by whoever verifies."""

    issuer: str
    signer: str
    signer_sha256: str
    pinned: bool
    sequence: int
    as_of: datetime
    next_update: datetime
    at: datetime

    @property
    def stale(self) -> bool:
        """Tell whether a newer one was promised by now."""
        return self.at > self.next_update

    @property
    def age(self) -> Reason:
        """Say how old it is, and that it is too old."""
        hours = max(0, int((self.at - self.as_of).total_seconds() // 3600))
        zh, en = (
            (f"{hours} 小时", f"{hours} hours")
            if hours < 48
            else (f"{hours // 24} 天", f"{hours // 24} days")
        )
        late_zh = "；已过下次更新时间，请换用新的离线核验包，其后的吊销和停用未计入" if self.stale else ""
        late_en = (
            "; its next update is past: fetch a newer one, what was revoked or stopped since is not in it"
            if self.stale
            else ""
        )
        return Reason(f"距今 {zh}{late_zh}。", f"{en} old{late_en}.")

    @property
    def standing(self) -> Reason:
        """Say whether it is trusted, and how it would be."""
        if self.pinned:
            return Reason("签名者与指定的一致。", "Its signer is the one that was named.")
        return Reason(
            f"签名者未经指定，包内的根证书和信任清单不予采信；确认来源后请加 --bundle-signer {self.signer_sha256}。",
            "Its signer was not named, so the roots and trust lists in it are not believed; once you are sure where it comes from, "
            f"add --bundle-signer {self.signer_sha256}.",
        )

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object."""
        return {
            "issuer": self.issuer,
            "signer": self.signer,
            "signer_sha256": self.signer_sha256,
            "pinned": self.pinned,
            "sequence": self.sequence,
            "as_of": iso(self.as_of),
            "next_update": iso(self.next_update),
            "stale": self.stale,
            "age": self.age.en,
            "age_zh": self.age.zh,
            "standing": self.standing.en,
            "standing_zh": self.standing.zh,
        }


def judge_bundle(bundle: Bundle, pinned: str | None, seen: SeenBundle | None, at: datetime) -> BundleReport:
    """Judge a bundle as of ``at`` (aware): ``pinned`` is its signer's SHA-256 (hex) as the one who verifies knows it.

    Raises :class:`BundleUntrusted`, :class:`BundleRolledBack`. An old bundle is no error: it says how old it is.
    """
    told = bundle.manifest
    if pinned is not None and _plain(pinned) != bundle.signer_sha256:
        raise BundleUntrusted(
            f"离线核验包的签名者（SHA-256 {bundle.signer_sha256}）不是指定的签名者，已拒绝使用；请核对来源。",
            f"The bundle's signer (SHA-256 {bundle.signer_sha256}) is not the one that was named; it is refused. Check its source.",
        )
    try:
        check_exactly(bundle.signer, EKU_VERIFICATION, "签发离线核验包", "signing offline bundles")
    except Finding as finding:
        raise BundleUntrusted(finding.reason.zh, finding.reason.en) from finding
    start, end = bundle.signer.not_valid_before_utc, bundle.signer.not_valid_after_utc
    if not start - CLOCK_SKEW <= told.as_of <= end or told.as_of > at + CLOCK_SKEW:
        raise BundleUntrusted(
            f"离线核验包的时间 {told.as_of:%Y-%m-%d %H:%M}Z 晚于当前时间，或不在其签名证书有效期内；请检查本机时钟和来源。",
            f"The bundle is of {told.as_of:%Y-%m-%d %H:%M}Z: later than the present, or outside its signer's validity. "
            "Check this computer's clock, and the source.",
        )
    if seen is not None:
        _check_rising(bundle, seen)
    return BundleReport(
        told.issuer,
        name(bundle.signer.subject),
        bundle.signer_sha256,
        pinned is not None,
        told.sequence,
        told.as_of,
        told.next_update,
        at,
    )


def _check_rising(bundle: Bundle, seen: SeenBundle) -> None:
    """I30: the number only rises, and one number stands for one content."""
    number = bundle.manifest.sequence
    if number < seen.sequence:
        raise BundleRolledBack(
            f"本机已用过第 {seen.sequence} 号离线核验包，这一份是更旧的第 {number} 号，已拒绝使用；请使用最新的。",
            f"Bundle {seen.sequence} was used here before; this one is the older number {number} and is refused. Use the newest.",
        )
    if number == seen.sequence and bundle.sha256 != seen.sha256:
        raise BundleRolledBack(
            f"第 {number} 号离线核验包以前用过，但内容不同，已拒绝使用；请向出具者核实。",
            f"Bundle {number} was used here before with other content; it is refused. Ask its maker.",
        )


def _plain(pinned: str) -> str:
    return "".join(one for one in pinned.lower() if one not in ": \t")
