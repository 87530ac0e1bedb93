"""The institution's side of a statement: read strictly, optional, so that statements of before stay valid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from seals.errors import StatementInvalid
from seals.leave import Leave, read_leave
from seals.seal import SealKind, SealStatus
from seals.statement import SealStatement, parse_statement, sign_statement, statement_payload
from tests.pki import MemorySigner, Pki

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEAVE = Leave("case", "ab" * 16, "contract-large", "2026.1", "cd" * 32, "ef" * 32)
STATEMENT = SealStatement(
    "33010600000017", "3301060000001", SealKind.CONTRACT, "章", "某公司", "11330105002500287C", NOW, NOW,
    SealStatus.ACTIVE, "0" * 64, "1" * 64, "2" * 32, "3" * 64, NOW,
)  # fmt: skip


def test_C5_a_statement_carries_its_leave_and_one_without_stays_what_it_was() -> None:
    party = Pki(NOW).party()
    for statement in (
        STATEMENT,
        replace(STATEMENT, leave=LEAVE),
        replace(STATEMENT, leave=replace(LEAVE, approvals_sha256="")),
    ):
        jws = sign_statement(statement, MemorySigner(party.key), [party.der])
        assert parse_statement(jws).statement == statement
    assert "leave" not in statement_payload(STATEMENT)


@pytest.mark.parametrize(
    "change",
    [
        {"ground": "other"}, {"case": "x"}, {"case": "AB" * 16}, {"rule": ""}, {"rule_version": ""},
        {"rule_version": "x" * 201}, {"rule": "a\nb"}, {"rule_sha256": "0"}, {"approvals_sha256": "0"},
        {"approvals_sha256": None}, {"more": "x"},
    ],
)  # fmt: skip
def test_a_leave_that_is_not_exactly_its_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(StatementInvalid):
        read_leave(LEAVE.members() | change)
    with pytest.raises(StatementInvalid):
        read_leave([])


def test_a_leave_is_read_as_it_is_written() -> None:
    assert read_leave(LEAVE.members()) == LEAVE
