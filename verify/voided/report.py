"""What a list of voided documents says about the document at hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from verify.civil_time import civil_day
from verify.sentence import iso


@dataclass(frozen=True, slots=True)
class VoidedReport:
    """The document was voided: since when, why, by which voiding; ``maker`` signed the list that says so.

    ``whole`` tells that the octets at hand are the voided ones; otherwise they begin with them and something was appended, or,
    where ``sha256`` is empty, bear the seal of the voided document in other octets.
    ``as_of`` is the list's own time, ``stale`` that a newer one was promised since.
    """

    since: datetime
    why: str
    voiding: str
    maker: str
    as_of: datetime
    stale: bool
    whole: bool
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object."""
        return {
            "since": iso(self.since),
            "why": self.why,
            "voiding": self.voiding,
            "maker": self.maker,
            "as_of": iso(self.as_of),
            "stale": self.stale,
            "whole": self.whole,
            "sha256": self.sha256,
            "sentence_zh": self.zh,
            "sentence": self.en,
        }

    @property
    def zh(self) -> str:
        """One sentence: since when, why, and what that leaves of the signatures."""
        what = (
            "文件"
            if self.whole
            else "文件中先前的版本（其后又有追加）"
            if self.sha256
            else "该印章所盖的文件"
        )
        left = "签章与字节未变、仍可核验" if self.sha256 else "签章仍可核验（文件的字节写法与作废时不同）"
        return (
            f"{what}已于 {civil_day(self.since)} 作废，原因：{self.why}。"
            f"{left}，但不应再作为有效文件使用；如有疑问请联系签章单位。"
        )

    @property
    def en(self) -> str:
        """The same in English."""
        earlier = "An earlier version within this document" if self.sha256 else "The document under this seal"
        what = "The document" if self.whole else earlier
        left = (
            "octets and seals still verify"
            if self.sha256
            else "seals still verify, in other octets than then"
        )
        return (
            f"{what} was voided on {civil_day(self.since)}: {self.why}. "
            f"Its {left}, but it is not to be used as a document in force; ask its sealers."
        )
