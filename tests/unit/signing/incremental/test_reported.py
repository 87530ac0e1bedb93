"""The outcome on the audit trail says which writer made a document, and why that one."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from api.database.engine import make_engine
from ca.store import audit
from signing.errors import XfaForm
from tests.conftest import SteppingClock
from tests.interop.sealing_world import blank_pdf
from tests.unit.signing.office import KEEPER, make_office, order


@pytest.fixture
def office(tmp_path: Path):
    engine = make_engine(f"sqlite:///{tmp_path / 'yinxin.db'}")
    yield make_office(engine, SteppingClock(), tmp_path / "archive", lambda _now: timedelta(0))
    engine.dispose()


@pytest.mark.parametrize(
    ("behind", "writer"),
    [(b"", "incremental"), (b"% a mail gateway was here", "general (tail: no end mark at the end)")],
)
def test_the_outcome_names_the_writer_and_the_reason(office, behind: bytes, writer: str):
    office.service.seal(order(blank_pdf() + behind, seal_code=office.seal.code), actor=KEEPER)
    (told,) = [row for row in office.rows(audit) if row.action == "sealing.completed"]
    assert json.loads(told.detail)["writer"] == writer


def test_a_refusal_of_the_general_reader_holds_on_the_fast_path(office):
    form = blank_pdf(catalog="/AcroForm << /Fields [] /XFA [] >>")
    with pytest.raises(XfaForm):
        office.service.seal(order(form, seal_code=office.seal.code), actor=KEEPER)
