"""The vocabulary of a verdict: one word, an indication and a sub-indication (ETSI EN 319 102-1 §5.1.3)."""

from __future__ import annotations

from enum import StrEnum
from typing import NoReturn

from ca.words import Words


class Verdict(Words):
    """The one word a report opens with; it refuses ``bool`` because it has more than two answers."""

    PASSED = "passed", "有效", "valid"
    FAILED = "failed", "无效", "invalid"
    INDETERMINATE = "indeterminate", "无法判定", "indeterminate"
    UNREADABLE = "unreadable", "无法读取", "unreadable"

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict has four answers; compare it with Verdict.PASSED")


_SEVERITY = {Verdict.PASSED: 0, Verdict.INDETERMINATE: 1, Verdict.UNREADABLE: 2, Verdict.FAILED: 3}

EXIT_STATUS = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.INDETERMINATE: 2, Verdict.UNREADABLE: 3}
"""Exit status of the command line for one verdict."""


def worst(verdicts: list[Verdict]) -> Verdict:
    """Return the worst of several: failed > unreadable > indeterminate > passed (``verdicts`` is not empty)."""
    return max(verdicts, key=_SEVERITY.__getitem__)


class Indication(StrEnum):
    """EN 319 102-1 §5.1.2: the status indication of one signature."""

    TOTAL_PASSED = "TOTAL-PASSED"
    TOTAL_FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"

    @property
    def verdict(self) -> Verdict:
        """Return the verdict that stands for this indication."""
        return _VERDICTS[self]


_VERDICTS = {
    Indication.TOTAL_PASSED: Verdict.PASSED,
    Indication.TOTAL_FAILED: Verdict.FAILED,
    Indication.INDETERMINATE: Verdict.INDETERMINATE,
}


class SubIndication(StrEnum):
    """Sub-indications of EN 319 102-1 table 6, and three of our own for what PDF and seals add."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    GENERIC = "GENERIC"
    # our own
    NO_SIGNATURE = "NO_SIGNATURE"
    DOCUMENT_MODIFIED = "DOCUMENT_MODIFIED"
    SEAL_NOT_VALID = "SEAL_NOT_VALID"
    SEAL_STATUS_UNKNOWN = "SEAL_STATUS_UNKNOWN"
    LIMIT_REACHED = "LIMIT_REACHED"
