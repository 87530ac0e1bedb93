"""The archive in a bucket of a real S3 server, which at times answers twice, late, or not at all (C4; I19, I29)."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.database.engine import make_engine
from ca.actor import SYSTEM
from hsm.algorithms import Digest
from signing.archive import Archive
from signing.objects.credentials import S3Keys
from signing.objects.errors import ObjectDamaged, ObjectMissing, StorageRefused, StorageUnavailable
from signing.objects.s3 import S3Objects
from signing.objects.shelf import digest_of_file, sha256
from signing.retention.scrub import scrub
from signing.retention.store import stored_document
from signing.store import sealing
from tests.archive_world import KEEPING, Keeping, make_keeping
from tests.conftest import SteppingClock
from tests.s3_server import HASTY, PATIENT, FaultyProxy, S3Server, build, faulty_proxy, serve
from tests.unit.signing.office import KEEPER, order
from verify.verdict import Verdict


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with serve(build()) as server:
        yield server


@pytest.fixture
def bucket() -> str:
    return f"docs-{secrets.token_hex(6)}"


@pytest.fixture
def proxy(s3: S3Server) -> Iterator[FaultyProxy]:
    with faulty_proxy(s3) as made:
        yield made


@pytest.fixture
def sqlite_engine(_sqlite_made: str) -> Iterator[sa.Engine]:
    made = make_engine(_sqlite_made)
    yield made
    made.dispose()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "document"
    path.write_bytes(secrets.token_bytes(200_000))
    return path


@pytest.fixture
def keeping(  # noqa: PLR0917 - fixtures
    sqlite_engine: sa.Engine,
    clock: SteppingClock,
    tmp_path: Path,
    s3: S3Server,
    proxy: FaultyProxy,
    bucket: str,
) -> Keeping:
    """Open an office whose archive lies behind the proxy."""
    objects = proxy.objects(s3.bucket(bucket))
    return make_keeping(sqlite_engine, clock, tmp_path / "archive", objects=objects)


def fetched(objects: S3Objects, digest: Digest) -> bytes:
    into = io.BytesIO()
    objects.fetch(digest, into)
    return into.getvalue()


def test_an_object_is_put_once_read_listed_and_removed(s3: S3Server, bucket: str, document: Path):
    objects, (digest, size) = s3.objects(bucket), digest_of_file(document)
    assert objects.size(digest) is None
    assert objects.put(document, digest)
    assert not objects.put(document, digest), "it was there"
    assert objects._conditional, "by If-None-Match, which this server has"
    assert objects.size(digest) == size
    assert fetched(objects, digest) == document.read_bytes()
    objects.probe()
    assert [(one.digest, one.size) for one in objects.walk()] == [(digest, size)]
    assert objects.remove(digest)
    assert not objects.remove(digest)
    with pytest.raises(ObjectMissing):
        fetched(objects, digest)


def test_a_server_without_conditions_is_asked_first(s3: S3Server, bucket: str, document: Path):
    objects, (digest, _) = s3.objects(bucket), digest_of_file(document)
    objects._conditional = False
    assert objects.put(document, digest)
    assert not objects.put(document, digest)
    assert fetched(objects, digest) == document.read_bytes()


def test_the_server_refuses_octets_of_another_digest(s3: S3Server, bucket: str, document: Path):
    objects = s3.objects(bucket)
    with pytest.raises(StorageUnavailable):
        objects.put(document, sha256("ab" * 32))
    assert list(objects.walk()) == []


def test_wrong_key_and_missing_bucket_are_refused_in_words(s3: S3Server, bucket: str, document: Path):
    digest, _ = digest_of_file(document)
    wrong = S3Objects(s3.bucket(bucket), S3Keys("tester", "not-the-secret"), patience=PATIENT)
    with pytest.raises(StorageRefused) as refused:
        wrong.put(document, digest)
    assert "not-the-secret" not in f"{refused.value!r}{refused.value.zh}{refused.value.en}"
    nowhere = S3Objects(
        type(s3.bucket(bucket))("no-such-bucket", "", f"http://127.0.0.1:{s3.port}", "x"),
        S3Keys("tester", "x"),
    )
    with pytest.raises(StorageRefused):
        nowhere.probe()


@pytest.mark.parametrize("fault", ["twice", "mute", "busy", "deaf", "late"])
def test_one_fault_on_the_way_changes_nothing(
    s3: S3Server, proxy: FaultyProxy, bucket: str, document: Path, fault: str
):
    """The client tries again; the name belongs to one content, so the second put finds the first."""
    digest, _ = digest_of_file(document)
    objects = proxy.objects(s3.bucket(bucket), HASTY if fault == "late" else PATIENT)
    proxy.plan = [fault]
    objects.put(document, digest)
    assert fetched(s3.objects(bucket), digest) == document.read_bytes()
    assert len(list(s3.objects(bucket).walk())) == 1
    assert f"PUT {fault}" in proxy.seen


@pytest.mark.parametrize("fault", ["cut", "flip"])
def test_octets_spoilt_on_the_way_never_become_a_document(  # noqa: PLR0917 - fixtures
    s3: S3Server, proxy: FaultyProxy, bucket: str, document: Path, tmp_path: Path, fault: str
):
    digest, _ = digest_of_file(document)
    s3.objects(bucket).put(document, digest)
    archive = Archive(tmp_path / "other", proxy.objects(s3.bucket(bucket)))
    proxy.plan = [fault]
    with pytest.raises((StorageUnavailable, ObjectDamaged)):
        archive.path(digest)
    assert archive.path(digest).read_bytes() == document.read_bytes()
    assert [path.name for path in (tmp_path / "other" / "near").rglob("*") if path.is_file()] == [digest.hex]


def test_a_document_is_sealed_into_the_bucket_and_read_by_another_machine(
    keeping: Keeping, s3: S3Server, bucket: str, tmp_path: Path
):
    sealed = keeping.seal()
    assert sealed.report.verdict is Verdict.PASSED
    assert [one.digest for one in s3.objects(bucket).walk()] == [sealed.digest]
    assert keeping.office.left_over() == []
    elsewhere = Archive(tmp_path / "elsewhere", s3.objects(bucket))
    with elsewhere.open(sealed.digest) as stream:
        assert stream.read() == sealed.bytes
    found = scrub(keeping.desk, keeping.archive, deep=True, progress=lambda _count: None)
    assert (found.documents, found.whole, found.unknown) == (1, True, ())


def test_I29_a_store_that_does_not_answer_loses_nothing(
    keeping: Keeping, proxy: FaultyProxy, s3: S3Server, bucket: str
):
    """The seal was used once; the document waits here, and goes to the store when the request is repeated."""
    wish = order(seal_code=keeping.office.seal.code)
    proxy.forever = "deaf"
    with pytest.raises(StorageUnavailable) as waiting:
        keeping.office.service.seal(wish, actor=KEEPER)
    assert "留存" in waiting.value.zh
    assert [row.state for row in keeping.office.rows(sealing)] == ["reserved"]
    assert keeping.office.service.reconcile(SYSTEM).completed == (), (
        "still away: nothing is failed, nothing lost"
    )
    proxy.forever = ""
    sealed = keeping.office.service.seal(wish, actor=KEEPER)
    assert sealed.repeated
    assert sealed.report.verdict is Verdict.PASSED
    assert len(keeping.office.keeper_signer.signed) == 1
    assert [one.digest for one in s3.objects(bucket).walk()] == [sealed.digest]
    assert [row.digest for row in keeping.office.rows(stored_document)] == [sealed.digest.hex]
    assert keeping.office.left_over() == []


def test_I19_reconciliation_stores_what_waited(
    keeping: Keeping, proxy: FaultyProxy, s3: S3Server, bucket: str
):
    proxy.forever = "mute"  # each put takes effect, no answer ever comes
    with pytest.raises(StorageUnavailable):
        keeping.office.service.seal(order(seal_code=keeping.office.seal.code), actor=KEEPER)
    proxy.forever = ""
    assert len(keeping.office.service.reconcile(SYSTEM).completed) == 1
    (row,) = keeping.office.rows(stored_document)
    assert [one.digest.hex for one in s3.objects(bucket).walk()] == [row.digest]


def test_an_extension_waits_for_the_store_and_is_made_once(
    keeping: Keeping, proxy: FaultyProxy, s3: S3Server, bucket: str
):
    first = keeping.seal().digest.hex
    keeping.clock.advance(timedelta(days=1))
    proxy.forever = "busy"
    with pytest.raises(StorageUnavailable):
        keeping.renewals.extend(first, actor=KEEPING)
    assert keeping.renewals.reconcile(SYSTEM) == 0
    proxy.forever = ""
    assert keeping.renewals.reconcile(SYSTEM) == 1
    made = keeping.renewals.extend(first, actor=KEEPING)
    assert {one.digest.hex for one in s3.objects(bucket).walk()} == {first, made.digest}
    assert keeping.actions() == ["archive.renewal.intended", "archive.renewal.completed"]


def test_a_deletion_waits_for_the_store(keeping: Keeping, proxy: FaultyProxy, s3: S3Server, bucket: str):
    first = keeping.seal().digest.hex
    keeping.desk.classify(first, "y10", actor=KEEPING)
    keeping.clock.advance(timedelta(days=3700))
    proxy.forever = "deaf"
    with pytest.raises(StorageUnavailable):
        keeping.desk.delete(first, "期满", actor=KEEPING)
    assert keeping.desk.show(first).newest.state == "deleting"
    proxy.forever = ""
    assert keeping.desk.reconcile(SYSTEM) == 1
    assert keeping.desk.show(first).newest.state == "deleted"
    assert list(s3.objects(bucket).walk()) == []
