"""Cross-reference sections behind a signature that every reader follows alike: the neighbours of :mod:`tests.pdf_attacks.sections`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pdf_attacks.catalogue import newest_table
from tests.pdf_attacks.limits import draft_behind_final
from tests.pdf_attacks.sections import changed, hybrid, in_stream, in_table, lenient_draft, packed
from tests.verify_world import Signing, size_of
from verify.verdict import Verdict


def _freed(data: bytes) -> bytes:
    """Free numbers that nobody took, as iText does."""
    new = size_of(data) + 1
    lines = b"%d 2\n0000000000 65535 f \n0000000000 65535 f \n" % new
    head, _, tail = in_table(data, lines).rpartition(b"/Size %d" % new)
    return head + b"/Size %d" % (new + 2) + tail


HONEST: dict[str, Callable[[bytes], bytes]] = {
    "a table": in_table,
    "a table without object 0": lambda data: in_table(data, first=b""),
    "a table with an empty run": lambda data: in_table(data, b"8 0\n"),
    "a table with an empty run in the place of object 0": lambda data: in_table(data, first=b"0 0\n"),
    "a table that frees numbers which nobody took": _freed,
    "a stream": lambda data: in_stream(data, {}),
    "a stream with object 0": lambda data: in_stream(data, {0: (0, 0, 65_535)}),
    "a stream with an empty run": lambda data: in_stream(data, {}, index=b" 900 0"),
    "a hybrid table": lambda data: hybrid(data, b""),
    "a hybrid table whose stream names the section before it": lambda data: hybrid(
        data, b"/Prev " + newest_table(data)
    ),
}


@pytest.mark.parametrize("made", [changed, packed])
@pytest.mark.parametrize("name", HONEST)
def test_a_section_that_all_follow_is_valid(
    signing: Signing, made: Callable[[Signing], bytes], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By our own reader or the library's, and by the library's alone."""
    data = HONEST[name](made(signing))
    report = signing.verify(data)
    assert report.verdict is Verdict.PASSED, report.reason.en
    monkeypatch.setattr("verify.verifier.open_plainly", lambda _: None)
    assert signing.verify(data).verdict is Verdict.PASSED


@pytest.mark.parametrize("made", [changed, packed, draft_behind_final])
def test_what_the_forgers_begin_with_is_valid(signing: Signing, made: Callable[[Signing], bytes]) -> None:
    assert signing.verify(made(signing)).verdict is Verdict.PASSED


def test_a_table_behind_a_document_that_is_not_strict(signing: Signing) -> None:
    assert signing.verify(in_table(lenient_draft(signing))).verdict is Verdict.PASSED
