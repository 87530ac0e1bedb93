"""Pages of ``docs/`` that are drawn from the code: the table of invariants from the tests that carry their numbers.

``python -m tests.architecture.drawings --write`` writes them anew; without it, it tells which are stale.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/invariants.md"
STATES = ROOT / "docs/seal-states.md"
TOKENS = ROOT / "docs/token-states.md"
ENROLMENT = ROOT / "docs/enrolment.md"
FILING = ROOT / "docs/filing.md"

INVARIANTS = {
    1: "Nothing is signed (certificate, CRL, OCSP, time-stamp, seal) that was not first durably recorded",
    2: "One (issuer, serial): at most one signed certificate, ever",
    3: "An in-doubt serial is burned: never signed again, counted as revoked",
    4: "One request key: at most one certificate",
    5: "The signed body is byte-equal to the linted body",
    6: "Profile and configuration hash are stored with each certificate and constant during issuance",
    7: "Our own signature is verified before release",
    8: "Serial: 0 < s < 2^159, at least 128 random bits, instance prefix",
    9: "Validity lies inside the issuer's; notBefore is bound to now; the end is inclusive",
    10: "Path length, constraints and the CA flag cannot be exceeded by a profile or a request",
    11: "Revocation is monotonic; only a hold may return, once, with approval",
    12: "A revocation shows in OCSP at once and in the next CRL",
    13: "OCSP, CRL and database agree for every serial",
    14: "OCSP says good only for what is known, issued and unrevoked",
    15: "CRL number and thisUpdate only rise; revoked stays until past expiry",
    16: "No expired or soon-to-expire CRL or OCSP answer is served",
    17: "A clock that steps back or drifts stops the TSA; the CA refuses a notBefore earlier than its last",
    18: "Time-stamp serials are unique, times never fall",
    19: "A crash at any point leaves no orphan: each reservation ends issued, burned or failed",
    20: "No audit record, no state change",
    21: "The audit chain verifies; dropped, edited, reordered or truncated rows are found",
    22: "Approval by distinct persons, none the requester",
    23: "Administrator, operator and auditor powers are disjoint",
    24: "A private signing key never leaves its token",
    25: "Recovery from escrow needs m of n and is audited",
    26: "A token moves only along allowed transitions; a lost one stops its certificates and seals",
    27: "A key reported compromised is never certified again",
    28: "At most one active signer per CA key epoch",
    29: "A seal job takes effect exactly once: one result, one use counted",
    30: "A published list's number only rises; a rollback is detected",
    31: "A restored backup cannot reuse a serial or a CRL number",
    32: "A test profile or key cannot be used in production",
}
HEAD = """# Invariants

What must never be false, and the tests that try to break each. Drawn from the tests' names by `make docs`; a test that
proves one carries its number. A row without a test is not claimed yet: its subject is not built.

| # | Invariant | Tests |
|---|---|---|
"""


def tests_by_invariant() -> dict[int, list[str]]:
    """Collect the names of the tests that carry a number."""
    found: dict[int, list[str]] = {number: [] for number in INVARIANTS}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                numbers = re.match(r"test_((?:I\d+_)+)", node.name)
                for number in re.findall(r"I(\d+)_", numbers[1]) if numbers else ():
                    place = path.relative_to(ROOT / "tests").as_posix()
                    found[int(number)].append(f"[`{node.name[5:]}`](../tests/{place})")
    return found


def invariants_page() -> str:
    """Draw the page of invariants."""
    found = tests_by_invariant()
    rows = (
        f"| I{number} | {text} | {'<br>'.join(sorted(found[number])) or '—'} |\n"
        for number, text in INVARIANTS.items()
    )
    return HEAD + "".join(rows)


def seal_states_page() -> str:
    """Draw the page of seal states from the table of moves."""
    done = subprocess.run(
        [sys.executable, "-m", "seals.diagram"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def enrolment_page() -> str:
    """Draw the states of an enrolment into the page about it."""
    done = subprocess.run(
        [sys.executable, "-m", "ca.enrolment.diagram", str(ENROLMENT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def filing_page() -> str:
    """Draw the states of a job and the tables of filing into the page about it."""
    done = subprocess.run(
        [sys.executable, "-m", "seals.filing.diagram", str(FILING)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def token_states_page() -> str:
    """Draw the page of token states from the tables."""
    done = subprocess.run(
        [sys.executable, "-m", "ca.tokens.diagram"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


PAGES = {
    PAGE: invariants_page,
    STATES: seal_states_page,
    TOKENS: token_states_page,
    ENROLMENT: enrolment_page,
    FILING: filing_page,
}


def main() -> int:
    """Write the pages or name the stale ones."""
    stale = [
        path
        for path, draw in PAGES.items()
        if not path.exists() or path.read_text(encoding="utf-8") != draw()
    ]
    for path in stale:
        if "--write" in sys.argv[1:]:
            path.write_text(PAGES[path](), encoding="utf-8")
        print(("written: " if "--write" in sys.argv[1:] else "stale: ") + str(path.relative_to(ROOT)))
    return 0 if "--write" in sys.argv[1:] or not stale else 1


if __name__ == "__main__":
    raise SystemExit(main())
