"""What we say of the files that users sent to EU DSS, beside what it says: each difference has its reason on ``docs/conformance.md``."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.interop.real_files import RECORD, WHY, fetch, files, word
from tests.interop.verdict_page import PAGE
from verify.report import TimeSource
from verify.trust import TrustStore
from verify.trusted_lists.pinned import read_claimed
from verify.verifier import Verifier

pytestmark = [pytest.mark.judge, pytest.mark.filterwarnings("ignore")]
NATIONAL = re.compile(r"dss-tsl-validation/lotlCache/[A-Z]{2}\.xml")
THEN = datetime(2019, 12, 1, tzinfo=UTC)
VALID_THEN = (
    "Signature-P-HU_MIC-3.pdf",
    "Signature-P-HU_POL-3.pdf",
    "pades-ocsp-sign-cert.pdf",
    "pades-same-border-annotations.pdf",
)
AT_LEAST = {"dss-pades": 180, "dss-cades": 100, "dss-tsl-validation": 90}
"""Files of each archive: fewer would mean that something else was fetched."""


@pytest.fixture(scope="module")
def record() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(RECORD.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("mvn") is None:
        missing("mvn", "not installed")
    return fetch(tmp_path_factory.mktemp("real"))


def test_every_file_is_what_the_record_says(held: Path, record: dict[str, dict[str, str]]) -> None:
    words = {name: word(octets) for name, octets in files(held)}
    assert {name: said for name, said in words.items() if record[name]["ours"] != said} == {}
    assert words.keys() == record.keys()


def test_the_record_is_of_what_is_fetched(record: dict[str, dict[str, str]]) -> None:
    counted = Counter(name.partition("/")[0] for name in record)
    assert {name: counted[name] >= least for name, least in AT_LEAST.items()} == dict.fromkeys(AT_LEAST, True)


def test_every_difference_has_a_reason(record: dict[str, dict[str, str]]) -> None:
    differing = {name for name, row in record.items() if row["ours"] != row["dss"]}
    assert {name for name in differing if record[name].get("why") not in WHY} == set()
    assert {row["why"] for row in record.values() if "why" in row} == WHY.keys()
    told = PAGE.read_text("utf-8")
    assert [sentence for sentence in WHY.values() if sentence not in told] == []


def test_we_call_nothing_whole_that_others_see_changed(record: dict[str, dict[str, str]]) -> None:
    """Apart from signatures over attributes that EU DSS encodes anew, on which OpenSSL agrees with us."""
    green = {
        name for name, row in record.items() if row["ours"] == "whole" and row["dss"] in {"changed", "broken"}
    }
    assert {record[name]["why"] for name in green} <= {"encoding"}


def test_real_documents_under_real_lists(held: Path) -> None:
    """National lists of 2019 and signatures of Hungary, Czechia and Germany: paths, revocation and time-stamps as the documents have them."""
    found = dict(files(held))
    lists = [
        read_claimed(octets)[0]  # whoever signed it: whose lists are believed is judged elsewhere
        for name, octets in found.items()
        if NATIONAL.fullmatch(name)
        and name.removesuffix(".xml")[-2:] != "NO"  # signed by a key of 2,032 bits
    ]
    assert len(lists) >= 25
    verifier = Verifier(TrustStore([], lists=lists))
    reports = {name: verifier.verify(found[f"dss-pades/validation/{name}"], at=THEN) for name in VALID_THEN}
    assert {
        name: report.reason.en for name, report in reports.items() if report.verdict.value != "passed"
    } == {}
    sources = {one.time.source for report in reports.values() for one in report.signatures}
    assert TimeSource.TSA in sources, "a time proved by an authority of the lists"
    ended = verifier.verify(found[f"dss-pades/validation/{VALID_THEN[0]}"], at=THEN + timedelta(days=365))
    assert ended.verdict.value != "passed", "the lists have ended"
