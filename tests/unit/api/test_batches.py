"""Batches over HTTP, as pages and as events; folders, archives and manifests; proofs (C7)."""

from __future__ import annotations

import base64
import csv
import dataclasses
import io
import json
import time
import zipfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.access.scopes import Scope
from api.batch import incoming
from api.batch.errors import BatchInputInvalid
from api.batch.keys import demand_reusable
from api.cli.main import app
from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, USCC, enrol_keeper, keeper_pin
from api.services import Services
from hsm.key_uri import KeyUri
from seals.seal import SealApplication, SealKind
from signing.batch import chunk_rows
from signing.batch.errors import BatchActRefused, BatchUnknown, PinPerUse
from signing.batch.steps import ChunkWork
from signing.errors import PlacementError
from tests.conftest import SteppingClock
from tests.interop.sealing_world import blank_pdf
from tests.unit.api.browsing import Client as Browser
from tests.unit.api.browsing import log_in
from tests.unit.api.conftest import OPERATOR, Install
from tests.unit.api.test_imprint_routes import Client

NO_PDF = b"nothing of the kind"


@pytest.fixture
def services(founded: Install) -> Services:
    """Return an installation whose workers are elsewhere: the test itself is the worker."""
    made = founded(batch_workers=0)
    made.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
    return made


@pytest.fixture
def code(services: Services) -> str:
    enrolled = enrol_keeper(services)
    found = services.seals.apply(SealApplication(USCC, SealKind.LEGAL_NAME, KEEPER.id), actor=APPLICANT).code
    services.seals.approve(found, actor=APPROVER, certificate=enrolled.certificate)
    return found


@pytest.fixture
def keeper(services: Services) -> Client:
    return Client(services, KEEPER, Scope.SEAL_READ, Scope.SEAL_USE)


def pdf(number: int) -> bytes:
    return blank_pdf(1, catalog=f"/Lang (x-{number})")


def gathered(keeper: Client, code: str, files: dict[str, bytes], **changes: Any) -> str:
    body = {"title": "年度通知", "seal_code": code, "placement": "1:120,200", "level": "B-B"} | changes
    made = keeper.ask("POST", "/batches", json=body, headers={"Idempotency-Key": "k1"})
    assert made.status_code == 201, made.text
    batch = str(made.json()["id"])
    for name, octets in files.items():
        kept = keeper.ask("POST", f"/batches/{batch}/documents", files={"file": (name, octets)})
        assert kept.status_code == 200, kept.text
    return batch


def work(services: Services, batch: str) -> None:
    desk = services.batches.desk
    worker = ChunkWork(desk, services.sealing, "here", sleep=lambda _: None)
    with desk.office.reading() as conn:
        chunks = chunk_rows.open_chunks(conn, batch)
    for chunk in chunks:
        worker.seal_chunk(batch, chunk, keeper_pin(services))


def test_C7_a_batch_over_http_and_as_a_page(services: Services, code: str, keeper: Client):
    batch = gathered(keeper, code, {"a.pdf": pdf(1), "=cmd|' /C calc'!A0.pdf": NO_PDF, "c.pdf": pdf(3)})
    started = keeper.ask("POST", f"/batches/{batch}/start", json={})
    assert (started.status_code, started.json()["state"], started.json()["total"]) == (200, "running", 3)
    page = log_in(services, KEEPER, Scope.SEAL_USE)
    assert 'data-running="yes"' in page.page(f"/console/batches/{batch}")
    work(services, batch)
    shown = keeper.ask("GET", f"/batches/{batch}").json()
    assert (shown["state"], shown["done"], shown["failed"], shown["left"]) == ("finished", 2, 1, 0)
    failed = keeper.ask("GET", f"/batches/{batch}/documents", params={"state": "failed"}).json()["items"]
    assert [(one["number"], one["fault"]) for one in failed] == [(2, "NotAPdf")]
    assert failed[0]["fault_zh"] in page.page(f"/console/batches/{batch}")
    assert "2&nbsp;/&nbsp;3" in page.page("/console/batches")

    report = keeper.ask("GET", f"/batches/{batch}/report").json()
    assert [one["state"] for one in report["documents"]] == ["done", "failed", "done"]
    sealed = services.archive.path(_digest(report["documents"][0]["result"])).read_bytes()
    assert sealed.startswith(pdf(1)[:20])
    lines = list(
        csv.reader(io.StringIO(keeper.ask("GET", f"/batches/{batch}/report", params={"form": "csv"}).text))
    )
    assert lines[2][1].startswith("'="), "no formula for a spreadsheet"
    told = keeper.ask("GET", f"/batches/{batch}/report", params={"form": "html"}).text
    assert report["documents"][2]["result"].removeprefix("sha256:") in told

    again = keeper.ask("POST", f"/batches/{batch}/retry", json={"numbers": [2]})
    assert again.json()["state"] == "running"
    work(services, batch)
    assert page.send(f"/console/batches/{batch}/retry", number="1").status_code == 303
    assert page.send(f"/console/batches/{batch}/cancel").status_code == 303
    assert keeper.ask("GET", f"/batches/{batch}").json()["state"] == "cancelled"
    assert keeper.ask("POST", f"/batches/{batch}/start", json={}).status_code == 409


def test_C7_progress_as_events_is_resumed_by_the_last_one(services: Services, code: str, keeper: Client):
    batch = gathered(keeper, code, {"a.pdf": pdf(1)})
    keeper.ask("POST", f"/batches/{batch}/start", json={})
    work(services, batch)
    first = keeper.ask("GET", f"/batches/{batch}/events")
    assert first.headers["content-type"].startswith("text/event-stream")
    events = _events(first.text)
    assert [one["event"] for one in events] == ["progress", "end"]
    assert json.loads(events[0]["data"])["done"] == 1
    resumed = keeper.ask("GET", f"/batches/{batch}/events", headers={"Last-Event-ID": events[0]["id"]})
    assert [one["event"] for one in _events(resumed.text)] == ["end"], "what was seen is not told again"


def test_a_batch_is_its_enterprises_own(services: Services, code: str, keeper: Client):
    batch = gathered(keeper, code, {"a.pdf": pdf(1)})
    other = KEEPER.__class__("person:stranger", "外人", "91110108MA01C8QX33")
    stranger = Client(services, other, Scope.SEAL_USE)
    for method, address in (("GET", ""), ("GET", "/events"), ("GET", "/report"), ("POST", "/cancellation")):
        assert stranger.ask(method, f"/batches/{batch}{address}").status_code == 404
    reader = Client(services, KEEPER, Scope.SEAL_READ)
    assert reader.ask("GET", "/batches").status_code == 403


def test_a_zip_is_taken_apart_and_bad_ones_are_refused_in_words(code: str, keeper: Client, tmp_path: Path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../escape.pdf", pdf(1))
        archive.writestr("b/二.pdf", pdf(2))
        archive.writestr("read.me", b"x")
    batch = gathered(keeper, code, {"all.zip": packed.getvalue()})
    found = keeper.ask("GET", f"/batches/{batch}/documents").json()["items"]
    assert [one["name"] for one in found] == ["../../escape.pdf", "b/二.pdf"]
    assert not (tmp_path.parent / "escape.pdf").exists()
    for octets in (b"no archive", _bomb(), packed.getvalue()[:-30]):
        refused = keeper.ask("POST", f"/batches/{batch}/documents", files={"file": ("x.zip", octets)})
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/batch-input-invalid")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\na.pdf", "Line 1"),
        ("file,colour\na.pdf,red", "Line 1"),
        ("file\n../b.pdf", "Line 2"),
        ("file\n/etc/passwd", "Line 2"),
        ("file\nmissing.pdf", "no file missing.pdf"),
        ('file\n"a', "no CSV"),
        ("file\n", "no PDF"),
    ],
)
def test_a_manifest_that_is_wrong_names_the_line(tmp_path: Path, text: str, said: str):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.pdf").write_bytes(pdf(1))
    manifest = tmp_path / "in" / "list.csv"
    manifest.write_text(text)
    with pytest.raises(BatchInputInvalid, match=said) as refused:
        incoming.from_manifest(manifest, manifest.parent)
    assert refused.value.zh


def test_folders_and_manifests_in_order(tmp_path: Path):
    (tmp_path / "b").mkdir()
    for name in ("z.pdf", "a.PDF", "b/c.ofd", "note.txt"):
        (tmp_path / name).write_bytes(b"x")
    found = incoming.from_folder(tmp_path)
    assert ([one.name for one in found.documents], found.left) == (
        ["a.PDF", "b/c.ofd", "z.pdf"],
        ("note.txt",),
    )
    manifest = tmp_path / "list.csv"
    manifest.write_text("﻿文件,位置,事由,编号\nz.pdf,2:10,,9-1\nb/c.ofd,,公示,\n", encoding="utf-8")
    with pytest.raises(BatchInputInvalid):
        incoming.from_manifest(tmp_path / "note.txt", tmp_path)
    lines = incoming.from_manifest(manifest, tmp_path).documents
    assert [(one.name, one.placement, one.reason, one.mark) for one in lines] == [
        ("z.pdf", "2:10", "", "9-1"),
        ("b/c.ofd", "", "公示", "b/c.ofd"),
    ]


def test_C7_one_signature_over_many_is_judged_by_a_proof(services: Services, code: str, keeper: Client):
    """The proof passes for its document alone; bent in any member, or beside another document, it does not (D2)."""
    files = {f"{n}.pdf": pdf(n) for n in range(5)}
    batch = gathered(keeper, code, files, form="tree", placement="")
    assert keeper.ask("POST", f"/batches/{batch}/start", json={}).json()["state"] == "running"
    work(services, batch)
    assert keeper.ask("GET", f"/batches/{batch}").json()["done"] == 5
    proofs = [keeper.ask("GET", f"/batches/{batch}/documents/{n}/proof").json() for n in range(1, 6)]
    services.evidence.publish()

    def verdict(document: bytes, proof: Any) -> str:
        octets = proof if isinstance(proof, bytes) else json.dumps(proof).encode()
        return services.verification.verify_with_proof(document, octets).verdict.value

    assert verdict(pdf(2), proofs[2]) == "passed"
    sealed = services.verification.verify_with_proof(pdf(4), json.dumps(proofs[4]).encode())
    assert sealed.reason.en.startswith("Document 5 of 5 under one signature.")
    asked = {"file": ("2.pdf", pdf(2)), "proof": ("p.json", json.dumps(proofs[2]).encode())}
    assert keeper.ask("POST", "/verifications", files=asked).json()["verdict"] == "passed"

    good = proofs[2]
    assert verdict(pdf(3), good) == "failed", "another document"
    assert verdict(pdf(2) + b"\n", good) == "failed", "a changed document"
    assert verdict(pdf(3), good | {"document": proofs[3]["document"]}) == "failed", "its digest alone"
    assert verdict(pdf(2), good | {"index": 3}) == "failed"
    assert verdict(pdf(2), good | {"index": 5}) == "indeterminate", "outside the tree"
    assert verdict(pdf(2), good | {"path": good["path"][:-1]}) == "failed"
    assert verdict(pdf(2), good | {"path": [*good["path"], good["path"][0]]}) == "failed"
    assert verdict(pdf(2), good | {"path": proofs[0]["path"]}) == "failed"
    head = json.loads(base64.b64decode(good["head"]))
    for change in ({"size": 4}, {"root": "00" * 32}, {"more": 1}):
        text = json.dumps(head | change, sort_keys=True, separators=(",", ":")).encode()
        assert verdict(pdf(2), good | {"head": base64.b64encode(text).decode()}) != "passed", change
    spaced = json.dumps(head).encode()
    assert verdict(pdf(2), good | {"head": base64.b64encode(spaced).decode()}) == "indeterminate"
    assert verdict(pdf(2), good | {"signature": base64.b64encode(b"x").decode()}) != "passed"
    own = _lone_tree(pdf(9), good)
    assert verdict(pdf(9), own) == "failed", "a head of one's own under another's signature"
    for octets in (b"", b"[]", b"{", b"[" * 100_000, json.dumps(good | {"extra": 1}).encode()):
        assert verdict(pdf(2), octets) == "indeterminate"
    refused = keeper.ask("GET", f"/batches/{batch}/documents/9/proof")
    assert refused.status_code == 404
    with closing(Browser(services)) as anyone:
        _the_page_takes_what_lies_beside(anyone, pdf(2), good)


def _the_page_takes_what_lies_beside(page: Browser, document: bytes, proof: dict[str, Any]) -> None:
    """On the verify page a proof stands beside its document, and a content beside its detached signature (D1)."""
    head, signature = (base64.b64decode(proof[name]) for name in ("head", "signature"))
    for name, upload, kind, wrong, right in (
        ("2.pdf", document, "proof", b"{}", json.dumps(proof).encode()),
        ("head.json.p7s", signature, "content", head + b"\n", head),
    ):
        made = page.post("/verify/files", content=upload, headers={"X-File-Name": name})
        address = str(made.json()["url"])
        shown = _checked(page, address)
        assert f'action="{address}/{kind}"' in shown
        assert "verdict indeterminate" in shown
        for beside, passed in ((wrong, False), (right, True)):
            sent = page.send(f"{address}/{kind}", files={"file": ("beside", beside)})
            assert (sent.status_code, sent.headers["location"]) == (303, address)
            assert ("verdict passed" in _checked(page, address)) is passed, kind


def _checked(page: Browser, address: str) -> str:
    """Return a result's page once its document is verified."""
    deadline = time.monotonic() + 60
    while page.get(f"{address}/state").json()["status"] == "checking":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return page.page(address)


def _lone_tree(document: bytes, good: dict[str, Any]) -> dict[str, Any]:
    """Return a consistent proof for a document of one's own, with the signature of another head."""
    from hsm.algorithms import DigestAlgorithm
    from seals.cases.members import tree_of
    from verify.signatures.merkle import head_for

    digest = DigestAlgorithm.SHA256.digest(document)
    head = head_for(tree_of([digest]).root, 1)
    changed = {
        "document": str(digest),
        "index": 0,
        "path": [],
        "head": base64.b64encode(head.octets).decode(),
    }
    return good | changed


def _digest(text: str) -> Any:
    from hsm.algorithms import Digest

    return Digest.parse(text)


def _bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("a.pdf", b"\0" * 30_000_000)
    return packed.getvalue()


def _events(text: str) -> list[dict[str, str]]:
    blocks = [block for block in text.strip().split("\n\n") if not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


def test_a_key_that_asks_for_its_pin_at_every_signature_is_refused_in_words(services: Services, code: str):
    certificate = services.seals.get(code).electronic.certificate
    assert certificate is not None
    uri = KeyUri.parse(str(services.ledger.key_uri(certificate.sha256)))
    keys = services.key_stores.chosen.keys(uri.token, pin=keeper_pin(services))
    for key in keys:
        demand_reusable(key)
        with pytest.raises(PinPerUse) as refused:
            demand_reusable(dataclasses.replace(key, pin_per_use=True))
        assert "PIN" in refused.value.zh


def test_a_wrong_pin_is_told_before_a_worker_is_started(services: Services, code: str, keeper: Client):
    batch = gathered(keeper, code, {"a.pdf": pdf(1)})
    refused = keeper.ask("POST", f"/batches/{batch}/start", json={"pin": "000000"})
    assert refused.status_code in (403, 422, 423), refused.text
    assert keeper.ask("GET", f"/batches/{batch}").json()["state"] == "gathering"


def test_C7_a_batch_by_command(
    services: Services, code: str, tmp_path: Path, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
):
    """Start from a manifest with workers elsewhere, look, report in three forms, fetch; a wrong place is one red line."""
    monkeypatch.setenv("YINXIN_KEY_STORE", "soft")
    folder, home = tmp_path / "in", ["--home", str(services.settings.home)]
    folder.mkdir()
    (folder / "a.pdf").write_bytes(pdf(1))
    (folder / "b.pdf").write_bytes(NO_PDF)
    (folder / "list.csv").write_text("file,reason\na.pdf,公示\nb.pdf,\n", encoding="utf-8")

    def told(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["batch", *arguments, *home])

    wish = [
        str(folder / "list.csv"),
        "--seal",
        code,
        "--title",
        "年度通知",
        "--level",
        "B-B",
        "--as",
        KEEPER.id,
    ]
    refused = told("start", *wish, "--at", "somewhere", "--workers", "0")
    assert isinstance(refused.exception, PlacementError)
    started = told("start", *wish, "--at", "1:120,200", "--workers", "0", "--json")
    made = json.loads(started.stdout)
    assert (made["state"], made["total"], made["attended"]) == ("running", 2, False)
    clock.advance(timedelta(hours=1))  # the command went by the machine's own
    work(services, made["id"])
    status = json.loads(told("status", made["id"], "--json").stdout)
    assert (status["state"], status["done"], status["failures"][0]["name"]) == ("finished", 1, "b.pdf")
    assert "这不是 PDF 文件" in told("status", made["id"]).stdout
    assert made["id"] in told("list").stdout
    for ending in ("json", "csv", "html"):
        assert told("report", made["id"], str(tmp_path / f"r.{ending}")).exit_code == 0
        assert "b.pdf" in (tmp_path / f"r.{ending}").read_text(encoding="utf-8")
    told("fetch", made["id"], str(tmp_path / "out"))
    (fetched,) = (tmp_path / "out").iterdir()
    assert services.verify(fetched.read_bytes()).verdict.value == "passed"
    assert isinstance(told("cancel", made["id"]).exception, BatchActRefused)
    assert isinstance(told("status", "0" * 32).exception, BatchUnknown)
