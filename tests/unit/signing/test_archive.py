"""Documents are kept whole or not at all, and a dead maker's work can be told (I19, C4)."""

from __future__ import annotations

import errno
import os
import resource
from pathlib import Path

import pytest

from hsm.algorithms import DigestAlgorithm
from signing.archive import Archive
from signing.errors import StorageFull
from signing.objects.local import LocalObjects, storage

ONE, TWO = "a" * 32, "b" * 32


def folder(archive: Archive) -> Path:
    assert isinstance(archive.objects, LocalObjects)
    return archive.objects.folder


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def finish(archive: Archive, sealing: str, content: bytes):
    draft = archive.begin(sealing)
    assert draft is not None
    with draft:
        draft.stream.write(content)
        return draft.finish()


def test_a_document_is_found_by_its_digest(archive: Archive):
    stored = finish(archive, ONE, b"sealed")
    assert stored.digest == DigestAlgorithm.SHA256.digest(b"sealed")
    assert stored.size == 6
    assert archive.path(stored.digest).read_bytes() == b"sealed"
    archive.settle(ONE)
    assert archive.unsettled() == ()
    assert archive.path(stored.digest).exists()


def test_equal_documents_are_kept_once(archive: Archive):
    one, two = finish(archive, ONE, b"same"), finish(archive, TWO, b"same")
    assert one.path == two.path
    assert len(list(folder(archive).glob("*/*"))) == 1


def test_an_unfinished_document_is_removed(archive: Archive):
    draft = archive.begin(ONE)
    assert draft is not None
    with draft:
        draft.stream.write(b"half")
    assert list(archive.work.iterdir()) == []


def test_a_maker_at_work_is_not_disturbed(archive: Archive):
    draft = archive.begin(ONE)
    assert draft is not None
    with draft:
        assert archive.begin(ONE) is None
        assert archive.take_over(ONE) is None
        stored = draft.finish()
        assert archive.take_over(ONE) is None, "finished, but not yet recorded"
        assert archive.begin(ONE) is None
    abandoned = archive.take_over(ONE)
    assert abandoned is not None
    with abandoned:
        assert abandoned.stored == stored


def test_I29_a_maker_that_finishes_while_it_is_looked_for_is_not_taken_for_dead(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
):
    """Between two looks the draft gets its other name; whoever finds neither would have it all made again."""
    draft, opened, really_open = archive.begin(ONE), [], Path.open
    assert draft is not None

    def finishing(path: Path, mode: str = "r"):
        try:
            return really_open(path, mode)
        finally:
            opened.append(path)
            if len(opened) == 1:
                draft.finish()

    with draft:
        monkeypatch.setattr(Path, "open", finishing)
        assert archive.take_over(ONE) is None
        assert archive.sealed_path(ONE).exists()


def test_a_dead_makers_draft_counts_for_nothing(archive: Archive):
    archive.draft_path(ONE).write_bytes(b"half")
    abandoned = archive.take_over(ONE)
    assert abandoned is not None
    with abandoned:
        assert abandoned.stored is None


def test_a_new_attempt_never_meets_the_file_of_an_old_one(archive: Archive):
    archive.sealed_path(ONE).write_bytes(b"of a failed attempt")
    archive.draft_path(ONE).write_bytes(b"longer than the new one will be")
    draft = archive.begin(ONE)
    assert draft is not None
    with draft:
        assert not archive.sealed_path(ONE).exists()
        draft.stream.write(b"new")
        assert archive.path(draft.finish().digest).read_bytes() == b"new"


def test_a_disk_that_is_really_full_ends_cleanly(archive: Archive):
    """The kernel refuses the write (RLIMIT_FSIZE); nothing half made is left."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
            with storage():
                finish(archive, ONE, bytes(100_000))
        except StorageFull:
            code = 0
        except BaseException:  # noqa: BLE001 - only the exit code tells
            code = 2
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert list(archive.work.iterdir()) == []
    assert list(folder(archive).iterdir()) == []


def test_dev_full_is_a_full_disk():
    with pytest.raises(StorageFull) as refused, storage(), Path("/dev/full").open("wb") as full:
        full.write(b"x" * 100_000)
    assert "ENOSPC" in refused.value.detail


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG])
def test_every_kind_of_full_has_the_same_plain_sentence(code: int):
    with pytest.raises(StorageFull) as refused, storage():
        raise OSError(code, os.strerror(code))
    assert "磁盘" in refused.value.zh


def test_an_error_of_another_kind_is_not_called_a_full_disk():
    with pytest.raises(FileNotFoundError), storage():
        raise FileNotFoundError(errno.ENOENT, "gone")


def test_a_finished_file_that_cannot_be_kept_is_not_left_behind(archive: Archive):
    draft = archive.begin(ONE)
    assert draft is not None
    folder(archive).rmdir()
    folder(archive).write_bytes(b"a file where a folder belongs")
    with draft:
        draft.stream.write(b"x")
        with pytest.raises((StorageFull, NotADirectoryError)):
            draft.finish()
    assert list(archive.work.iterdir()) == []
