"""Why a bundle is refused; each sentence says what to do."""

from __future__ import annotations

from hsm.spoken import SpokenError


class BundleRefused(SpokenError):
    """The file cannot be used as a bundle."""

    zh = "离线核验包无法使用，请重新获取。"
    en = "The bundle cannot be used; fetch it again."

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class BundleDamaged(BundleRefused):
    """Its form or a digest is wrong: cut off, changed, or no bundle at all."""


class BundleUntrusted(BundleRefused):
    """Its signer is not the one that was named, or not one who may sign bundles."""


class BundleRolledBack(BundleRefused):
    """A newer bundle of the same signer was seen here before, or the same number with other content (I30)."""
