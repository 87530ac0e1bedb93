"""The auditor's page: the trail newest first, and the proof that it is whole, told again after a reload."""

from __future__ import annotations

import json
import time

import sqlalchemy as sa

from api.access.scopes import Scope
from api.demo.main_job import ENTERPRISE, OPERATOR, USCC
from api.services import Services
from ca.actor import Actor
from ca.store import audit
from tests.unit.api.browsing import Client, log_in, told

AUDITOR = Actor("person:shen.ji", "沈稽")
PAGE = "/console/audit"


def proved(client: Client) -> str:
    """Press the button, follow as the page's script does, and load the page again."""
    assert client.send(f"{PAGE}/proof").headers["location"] == PAGE
    end = time.monotonic() + 60
    while client.get(f"{PAGE}/proof").json()["status"] == "running":
        assert time.monotonic() < end, "the proof did not end"
        time.sleep(0.02)
    return client.page(PAGE)


def test_the_auditor_finds_records_and_proves_the_chain(services: Services) -> None:
    services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
    auditor = log_in(services, AUDITOR, Scope.AUDIT_READ)
    try:
        assert auditor.get("/console").headers["location"] == PAGE
        with services.reading() as connection:
            (record,) = services.audit.about(connection, [USCC, f"enterprise:{USCC}"])
        page = auditor.page(PAGE, params={"subject": record.subject, "action": "enterprise"})
        for shown in (
            record.action,
            record.digest,
            record.previous,
            OPERATOR.name,
            OPERATOR.id,
            "尚未在本页校验过",
        ):
            assert shown in page
        assert record.digest not in auditor.page(PAGE, params={"before": record.number})
        assert auditor.send(f"{PAGE}/proof", csrf="0" * 64).status_code == 403
        page = proved(auditor)
        assert "完整" in page
        assert "还没有检查点" in page
        checkpoint = services.evidence.checkpoint()
        assert checkpoint is not None
        assert f"与检查点一致，至第 {checkpoint.anchor.number} 条" in proved(auditor)
    finally:
        auditor.close()


def test_a_changed_record_is_named_and_a_proof_cut_short_is_no_proof(services: Services) -> None:
    auditor = log_in(services, AUDITOR, Scope.AUDIT_READ)
    try:
        dead = {"status": "running", "worker": "999999999:x", "by": "x", "at": "2026-01-01T00:00:00+00:00"}
        services.home.audit_proof.write_text(json.dumps(dead | {"done": 0, "total": 9}))
        assert "校验未完成" in auditor.page(PAGE)
        with services.engine.begin() as connection:
            connection.execute(audit.update().where(audit.c.number == 2).values(subject=sa.literal("x")))
        assert "首处不符：第 2 条记录" in proved(auditor)
    finally:
        auditor.close()


def test_only_who_may_read_the_trail_sees_it(services: Services) -> None:
    other = log_in(services, OPERATOR, Scope.CA_READ)
    assert other.get(PAGE, headers={"Accept": "text/html"}).status_code == 403
    refused = other.send(f"{PAGE}/proof")
    assert (refused.status_code, bool(told(refused))) == (401, True)
    assert other.get(f"{PAGE}/proof").status_code == 403
