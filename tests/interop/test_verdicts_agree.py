"""Our verdicts beside pyHanko's and DSS's: every disagreement belongs to a class that ``docs/conformance.md`` explains."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.interop.verdict_cases import Case
from tests.interop.verdict_judges import Word, build_dss
from tests.interop.verdict_page import PAGE, RECORD, judged, make_cases, page, row

pytestmark = pytest.mark.judge
MUTANTS = 15
"""Mutated files judged here; thousands by ``python -m tests.interop.verdict_page 3000``."""


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Case, tuple[Word, Word, Word]]]:
    """Let all three judge the named files and some mutants, DSS in one Java machine."""
    cases = make_cases()
    files = [*cases.named(), *cases.mutated(MUTANTS)]
    found = judged(files, build_dss(tmp_path_factory.mktemp("dss")), tmp_path_factory.mktemp("files"))
    return list(zip(files, found, strict=True))


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(RECORD).read_text(encoding="utf-8"))
    return found


def test_the_page_is_drawn_from_the_record(record: dict[str, Any]) -> None:
    assert page(record) == PAGE.read_text(encoding="utf-8")


def test_nothing_is_unexplained(record: dict[str, Any]) -> None:
    assert all(
        "unexplained" not in counts for table in ("counts", "mutated") for counts in record[table].values()
    )


def test_every_judge_says_what_the_page_says(
    record: dict[str, Any], words: list[tuple[Case, tuple[Word, Word, Word]]]
) -> None:
    rows = {case.name: row(case.name, found) for case, found in words}
    assert {name: rows[name] for name in record["named"]} == record["named"]


def test_no_mutant_is_green_for_us_alone(words: list[tuple[Case, tuple[Word, Word, Word]]]) -> None:
    """D: a verifier that says yes once to a forged file is worth nothing."""
    mutants = words[-MUTANTS:]
    assert mutants
    assert [
        case.name for case, found in mutants if found[0].word == "passed" and found[2].word != "passed"
    ] == []
