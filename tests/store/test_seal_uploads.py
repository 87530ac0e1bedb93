"""Uploaded pictures on both engines: whose they are, who may bring in what, one seal each, the mark until filing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ca.actor import Actor
from ca.errors import EnterpriseUnknown
from ca.store import audit
from seals.application import UPLOADED
from seals.errors import ReasonNeeded, SealMoved
from seals.imprint import upload_store
from seals.imprint.errors import ImprintMissing, UploadNotAllowed
from seals.imprint.studio import ImprintStudio
from seals.imprint.uploads import PictureUpload, PictureUploads
from seals.seal import SealKind
from tests.conftest import SteppingClock
from tests.imprint_world import Paper, blank, photograph, seal, with_emblem
from tests.seal_world import APPLICANT, NAME, OTHER_USCC, USCC, SealWorld

OFFICER = Actor("person:police", "周警官")
PHOTO = photograph(seal(name=NAME), Paper(turn=4))
EMBLEM = photograph(with_emblem(seal(name=NAME)), Paper())


@pytest.fixture(scope="module")
def studio() -> Iterator[ImprintStudio]:
    with ImprintStudio() as opened:
        yield opened


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> SealWorld:
    return SealWorld(engine, clock)


@pytest.fixture
def uploads(world: SealWorld, studio: ImprintStudio) -> PictureUploads:
    return PictureUploads(world.engine, world.enterprises, world.clock, world.audit, studio)


def _trail(world: SealWorld, action: str) -> list[dict[str, object]]:
    found = sa.select(audit.c.actor_id, audit.c.subject, audit.c.detail).where(audit.c.action == action)
    with world.engine.connect() as conn:
        return [
            {"actor": row.actor_id, "subject": row.subject, **json.loads(row.detail)}
            for row in conn.execute(found)
        ]


def test_a_seal_bears_the_picture_that_was_uploaded_for_it(world: SealWorld, uploads: PictureUploads) -> None:
    told = uploads.upload(PictureUpload(USCC, PHOTO), officer=False, actor=APPLICANT)
    assert (told.centre, told.emblem, told.code) == ("star", False, None)
    record = world.applied(picture_sha256=told.sha256)
    assert record.electronic.picture_sha256 == told.sha256
    assert record.physical.template == UPLOADED
    assert (record.physical.width_mm, record.physical.height_mm) == (42, 42)
    assert [one.code for one in uploads.of(USCC)] == [record.code]
    active = world.approved(record.code)
    assert world.registry.picture(active.code).digest == told.sha256


def test_B7_an_uploaded_picture_bears_the_mark_until_it_is_filed(
    world: SealWorld, uploads: PictureUploads
) -> None:
    told = uploads.upload(PictureUpload(USCC, PHOTO), officer=False, actor=APPLICANT)
    waiting = uploads.shown(USCC, told.sha256)
    record = world.applied(picture_sha256=told.sha256)
    unfiled = world.registry.picture(record.code)
    for shown in (waiting, unfiled):
        assert shown.digest != told.sha256
        assert sum(mark.part == "banner" for mark in shown.marks) == 6
    assert not [
        mark
        for mark in world.registry.picture(world.approved(record.code).code).marks
        if mark.part == "banner"
    ]


def test_I20_the_upload_is_on_the_trail_once(world: SealWorld, uploads: PictureUploads) -> None:
    first = uploads.upload(PictureUpload(USCC, PHOTO), officer=False, actor=APPLICANT)
    assert uploads.upload(PictureUpload(USCC, PHOTO), officer=False, actor=APPLICANT) == first
    (record,) = _trail(world, "seal.picture_uploaded")
    assert record["subject"] == f"picture:{first.sha256}"
    assert (record["source"], record["owner"], record["officer"]) == (first.source_sha256, USCC, 0)


def test_B7_an_emblem_comes_in_through_the_filing_officer_alone(
    world: SealWorld, uploads: PictureUploads
) -> None:
    for asked in (PictureUpload(USCC, EMBLEM), PictureUpload(USCC, PHOTO, emblem=True, reason="国徽章")):
        with pytest.raises(UploadNotAllowed, match="filing officer"):
            uploads.upload(asked, officer=False, actor=APPLICANT)
    for asked in (PictureUpload(USCC, EMBLEM), PictureUpload(USCC, EMBLEM, emblem=True, reason="  ")):
        with pytest.raises(ReasonNeeded):
            uploads.upload(asked, officer=True, actor=OFFICER)
    assert not uploads.of(USCC)
    assert not _trail(world, "seal.picture_uploaded")
    told = uploads.upload(
        PictureUpload(USCC, EMBLEM, emblem=True, reason="机关印章，批文〔2026〕5号"),
        officer=True,
        actor=OFFICER,
    )
    assert (told.centre, told.emblem, told.uploaded_by) == ("other", True, OFFICER.id)
    (record,) = _trail(world, "seal.picture_uploaded")
    assert (record["emblem"], record["reason"], record["officer"]) == (1, "机关印章，批文〔2026〕5号", 1)


def test_a_picture_serves_one_seal_of_its_owner(world: SealWorld, uploads: PictureUploads) -> None:
    world.enterprises.register(OTHER_USCC, "另一家有限公司", actor=APPLICANT)
    told = uploads.upload(PictureUpload(USCC, PHOTO), officer=False, actor=APPLICANT)
    with pytest.raises(UploadNotAllowed):
        world.applied(uscc=OTHER_USCC, picture_sha256=told.sha256)
    with pytest.raises(UploadNotAllowed):
        world.applied(picture_sha256="0" * 64)
    world.applied(picture_sha256=told.sha256)
    with pytest.raises(UploadNotAllowed, match="another seal bears it"):
        world.applied(SealKind.CONTRACT, picture_sha256=told.sha256)
    with pytest.raises(UploadNotAllowed):
        uploads.shown(USCC, told.sha256)


def test_two_applications_at_once_do_not_share_a_picture(world: SealWorld, uploads: PictureUploads) -> None:
    told = uploads.upload(PictureUpload(USCC, PHOTO), officer=False, actor=APPLICANT)
    start, outcomes = threading.Barrier(2), []

    def apply(kind: SealKind) -> None:
        start.wait()
        try:
            outcomes.append(world.applied(kind, picture_sha256=told.sha256).code)
        except (UploadNotAllowed, SealMoved):
            outcomes.append("refused")

    threads = [
        threading.Thread(target=apply, args=(kind,)) for kind in (SealKind.LEGAL_NAME, SealKind.CONTRACT)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("refused") == 1
    bears = [one.code for one in uploads.of(USCC)]
    assert bears == [code for code in outcomes if code != "refused"]


def test_after_a_change_of_name_the_new_seal_is_drawn(world: SealWorld, uploads: PictureUploads) -> None:
    """B5: an uploaded picture shows the old name; it serves neither the new pair nor a later application."""
    told = uploads.upload(PictureUpload(USCC, PHOTO), officer=False, actor=APPLICANT)
    spare = uploads.upload(
        PictureUpload(USCC, photograph(seal(name=NAME), Paper(seed=7, gaps=0.2))),
        officer=False,
        actor=APPLICANT,
    )
    old = world.approved(world.applied(picture_sha256=told.sha256).code)
    (new,) = world.registry.rename_owner(USCC, "杭州新名有限公司", actor=APPLICANT)
    assert new.predecessor == old.code
    assert new.physical.template == "round-42"
    with pytest.raises(UploadNotAllowed, match="renamed"):
        world.applied(SealKind.CONTRACT, picture_sha256=spare.sha256)


def test_bad_uploads_leave_nothing(world: SealWorld, uploads: PictureUploads) -> None:
    with pytest.raises(ImprintMissing):
        uploads.upload(PictureUpload(USCC, blank(), size_mm=(42, 42)), officer=False, actor=APPLICANT)
    with pytest.raises(EnterpriseUnknown):
        uploads.upload(PictureUpload(OTHER_USCC, PHOTO), officer=False, actor=APPLICANT)
    with world.engine.connect() as conn:
        assert (
            conn.execute(sa.select(sa.func.count()).select_from(upload_store.seal_upload)).scalar_one() == 0
        )


def test_a_scan_is_compared_with_the_picture_as_approved(world: SealWorld, uploads: PictureUploads) -> None:
    """Even before filing the mark across it is no part of the comparison."""
    record = world.applied()
    scan = photograph(seal(name=NAME, code=record.physical.code), Paper(turn=20))
    assert uploads.compare(record.code, scan).overlap > 0.99
