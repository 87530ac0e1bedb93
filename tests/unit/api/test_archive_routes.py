"""Stored documents over HTTP: who sees what, holds, deletion, and the setting that says where they lie (C4, I23)."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access.scopes import Scope
from api.app import create_app
from api.doctor import Health, examine
from api.errors import HomeUnsafe, SettingsInvalid
from api.sealing.keeping import open_store
from api.services import Services
from api.settings import Settings, load_settings
from ca.actor import Actor
from signing.objects.local import LocalObjects
from signing.objects.s3 import S3Objects
from signing.objects.shelf import digest_of_file
from signing.retention.errors import RetentionRulesInvalid
from signing.retention.states import DocumentState
from signing.retention.store import StoredDocument, insert_document
from tests.conftest import SteppingClock
from tests.pki import USCC
from tests.unit.api.conftest import Install

KEEPER, SECOND = Actor("person:zhao.liu", "赵六", USCC), Actor("person:sun.ba", "孙八", USCC)
STRANGER = Actor("person:x", "某", "12100000000018032A")
AUTHORITY = Actor("person:qian.qi", "钱七")
CONTENT = b"%PDF-1.7 not much of a document"


class Desk:
    """An installation with one stored document, asked over HTTP."""

    def __init__(self, services: Services, clock: SteppingClock, folder: Path) -> None:
        self.services, self.clock = services, clock
        self._transport = httpx.ASGITransport(create_app(services))
        self.digest = hashlib.sha256(CONTENT).hexdigest()
        (folder / "one").write_bytes(CONTENT)
        services.archive.objects.put(folder / "one", digest_of_file(folder / "one")[0])
        row = StoredDocument(
            self.digest, self.digest, "", "", 0, "s1", USCC, "合同.pdf", "B-LT", len(CONTENT), clock(), "", None,
            DocumentState.KEPT,
        )  # fmt: skip
        with services.engine.begin() as conn:
            insert_document(conn, row)

    def key(self, actor: Actor, *scopes: Scope) -> dict[str, str]:
        made = self.services.api_keys.create(actor, scopes, timedelta(days=30 * 365), actor=AUTHORITY)
        return {"Authorization": f"Bearer {made.text}"}

    def ask(self, method: str, path: str, headers: dict[str, str], body: Any = None) -> httpx.Response:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://127.0.0.1:8080"
            ) as client:
                return await client.request(method, f"/api/v1/archive{path}", headers=headers, json=body)

        return asyncio.run(send())

    def document(self, more: str = "") -> str:
        return f"/documents/{self.digest}{more}"


@pytest.fixture
def desk(services: Services, clock: SteppingClock, tmp_path: Path) -> Desk:
    return Desk(services, clock, tmp_path)


def problem(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rsplit("/", 1)[1]


def test_an_enterprise_sees_its_own_documents_alone(desk: Desk) -> None:
    own, other = (desk.key(one, Scope.DOCUMENT_READ) for one in (KEEPER, STRANGER))
    (listed,) = desk.ask("GET", "/documents", own).json()["items"]
    assert (listed["sha256"], listed["owner_uscc"], listed["state"]) == (desk.digest, USCC, "kept")
    assert desk.ask("GET", "/documents", other).json()["items"] == []
    assert desk.ask("GET", f"/documents?uscc={USCC}", other).status_code == 403
    for path in (desk.document(), desk.document("/content")):
        assert problem(desk.ask("GET", path, other)) == "archived-document-unknown"
    fetched = desk.ask("GET", desk.document("/content"), own)
    assert fetched.content == CONTENT
    assert "attachment" in fetched.headers["content-disposition"]
    assert desk.ask("GET", "/documents", desk.key(KEEPER, Scope.SEAL_READ)).status_code == 403
    assert [one["id"] for one in desk.ask("GET", "/retention-classes", own).json()["items"]] == [
        "permanent",
        "y30",
        "y10",
    ]


def test_holds_and_deletion_over_http(desk: Desk) -> None:
    keeper, second = (desk.key(one, Scope.DOCUMENT_READ, Scope.DOCUMENT_KEEP) for one in (KEEPER, SECOND))
    stranger = desk.key(STRANGER, Scope.DOCUMENT_KEEP, Scope.DOCUMENT_DELETE)
    remover = desk.key(KEEPER, Scope.DOCUMENT_DELETE)
    why = {"reason": "保管期满"}
    assert problem(desk.ask("POST", desk.document("/deletion"), remover, why)) == "still-kept"
    classed = desk.ask("PUT", desk.document("/retention"), keeper, {"retention": "y10"}).json()
    assert classed["versions"][0]["retention"] == "y10"
    held = desk.ask("POST", desk.document("/holds"), keeper, {"reason": "诉讼"})
    assert held.status_code == 201
    hold = f"/holds/{held.json()['id']}"
    desk.clock.advance(timedelta(days=3653))
    assert problem(desk.ask("POST", desk.document("/deletion"), remover, why)) == "on-hold"
    assert problem(desk.ask("POST", f"{hold}/release-request", stranger, why)) == "archived-document-unknown"
    assert desk.ask("POST", f"{hold}/release-request", keeper, why).json()["state"] == "asked"
    assert problem(desk.ask("POST", f"{hold}/release", keeper)) == "hold-second-person"
    assert desk.ask("POST", f"{hold}/refusal", second).json()["state"] == "standing"
    desk.ask("POST", f"{hold}/release-request", keeper, why)
    assert desk.ask("POST", f"{hold}/release", second).json()["state"] == "lifted"
    assert [one["sha256"] for one in desk.ask("GET", "/documents?ended=true", keeper).json()["items"]] == [
        desk.digest
    ]
    assert desk.ask("POST", desk.document("/deletion"), stranger, why).status_code == 404
    gone = desk.ask("POST", desk.document("/deletion"), remover, why).json()["versions"][0]
    assert (gone["state"], gone["delete_reason"], gone["size"]) == ("deleted", "保管期满", len(CONTENT))
    assert desk.ask("GET", desk.document("/content"), keeper).status_code == 410


def test_what_concerns_everybody_is_the_authoritys(desk: Desk) -> None:
    keeper, authority = desk.key(KEEPER, Scope.DOCUMENT_KEEP), desk.key(AUTHORITY, Scope.DOCUMENT_KEEP)
    for method, path, body in (
        ("POST", "/holds", {"reason": "x"}),
        ("GET", "/holds", None),
        ("GET", "/renewals", None),
    ):
        assert problem(desk.ask(method, path, keeper, body)) == "foreign-enterprise"
    placed = desk.ask("POST", "/holds", authority, {"reason": "审计"}).json()
    assert placed["origin"] == "*"
    assert desk.ask("POST", f"/holds/{placed['id']}/release", keeper).status_code == 403
    assert [one["id"] for one in desk.ask("GET", "/holds", authority).json()["items"]] == [placed["id"]]
    assert (
        problem(desk.ask("POST", desk.document("/extension"), keeper, {"password": None})) == "not-extendable"
    )
    progress = desk.ask("GET", "/renewals", authority).json()
    assert (progress["failing"], progress["completed"]) == (0, 0), "a document below B-LTA is nobody's duty"
    assert progress["items"][0]["fault"].startswith("NotExtendable")


def test_the_doctor_tries_the_store(desk: Desk) -> None:
    (found,) = [check for check in examine(desk.services) if check.subject == "archive"]
    assert (found.health, "archive/objects" in found.zh) == (Health.OK, True)
    objects = desk.services.archive.objects
    assert isinstance(objects, LocalObjects)
    for path in sorted(objects.folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    objects.folder.rmdir()
    (broken,) = [check for check in examine(desk.services) if check.subject == "archive"]
    assert broken.health is Health.BROKEN


def test_housekeeping_looks_after_documents(desk: Desk) -> None:
    counts = desk.services.reconcile(AUTHORITY)
    names = ("extensions_settled", "deletions_finished", "documents_extended", "extensions_failed")
    assert [counts[name] for name in names] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "url", ["ftp://x/y", "s3://UPPER", "s3://ok-bucket/../x", "s3://ok-bucket?endpoint=host", "s3://a?b=c"]
)
def test_a_wrong_address_is_refused_at_the_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(tmp_path, archive_url=url)
    assert "YINXIN_ARCHIVE_URL" in str(refused.value.zh) + str(refused.value.en) + str(refused.value)


def test_the_address_chooses_the_store(tmp_path: Path) -> None:
    local = open_store(Settings(home=tmp_path, archive_url=f"file://{tmp_path}/elsewhere"))
    assert isinstance(local, LocalObjects)
    assert local.folder == tmp_path / "elsewhere"
    keys = tmp_path / "keys"
    keys.write_text("access\nvery-secret\n")
    settings = Settings(
        home=tmp_path,
        archive_url="s3://documents/yinxin?endpoint=https://s3.example.cn",
        archive_credentials=keys,
    )
    keys.chmod(0o644)
    with pytest.raises(HomeUnsafe):
        open_store(settings)
    keys.chmod(0o600)
    remote = open_store(settings)
    assert isinstance(remote, S3Objects)
    assert remote.address == "s3://documents/yinxin (https://s3.example.cn)"
    assert "very-secret" not in repr(remote) + repr(settings)


def test_wrong_retention_classes_stop_the_start(install: Install, tmp_path: Path) -> None:
    rules = tmp_path / "classes.toml"
    rules.write_text("[x]\nyears = 5\n")
    with pytest.raises(RetentionRulesInvalid):
        install(retention_classes=rules)
