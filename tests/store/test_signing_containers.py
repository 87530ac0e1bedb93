"""The sealing cycle with other containers and other files: the same permit, the same record, the same check (C1, A5)."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hsm.suite import Suite
from seals.errors import SealFrozen
from seals.ses.structure import read_signature
from seals.store import seal_permit
from signing.containers.certification import Certification, FieldLock
from signing.containers.envelope import ContainerKind
from signing.errors import (
    AlreadySigned,
    ContainerUnfit,
    DocumentDamaged,
    DocumentTooLarge,
    KeyDiffers,
    LevelUnavailable,
    NotAPdf,
    PromiseForPdfOnly,
    SigningError,
)
from signing.level import Level
from signing.making import Step
from signing.order import SealOrder
from signing.placing.where import Placement, Unseen
from signing.service import SealedDocument
from signing.store import sealing
from tests.conftest import SteppingClock
from tests.unit.signing.office import APPROVER, KEEPER, Office, make_office, order
from verify.report import SignatureReport
from verify.signatures.containers import Container, container_of
from verify.verdict import Verdict

CONTENT = "任何文件\n".encode() * 1000


@pytest.fixture
def gm(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Office:
    return make_office(engine, clock, tmp_path / "archive", lambda _now: timedelta(0), Suite.GM)


@pytest.fixture
def abroad(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Office:
    return make_office(engine, clock, tmp_path / "archive", lambda _now: timedelta(0), Suite.INTERNATIONAL)


def wish(office: Office, **changes) -> SealOrder:
    return order(**({"seal_code": office.seal.code} | changes))


def file_order(office: Office, document: bytes | Path = CONTENT, **changes) -> SealOrder:
    given = {"level": Level.B_T, "placement": Unseen(), "detached": True, "container": ContainerKind.CMS}
    return wish(office, document=document, name="data.bin", **(given | changes))


def own(sealed: SealedDocument) -> SignatureReport:
    found = sealed.own
    assert found is not None
    return found


@pytest.mark.parametrize("level", [Level.B_B, Level.B_LTA])
def test_a_seal_signature_at_the_least_and_the_best_level(gm: Office, level: Level):
    """Seal data is made under its own record first; the statement inside binds permit and document."""
    sealed = gm.service.seal(wish(gm, level=level, container=ContainerKind.SES), actor=KEEPER)
    assert sealed.report.verdict is Verdict.PASSED
    found = own(sealed)
    assert (found.container, found.level) == (
        "ses",
        f"SES-{level[2:]}",
    )
    assert found.seal is not None
    assert (found.seal.code, found.seal.permit) == (gm.seal.code, sealed.permit)
    assert found.readers is not None
    actions = gm.actions()
    assert actions.index("seal_data.made") < actions.index("permit.consumed")
    assert [row.state for row in gm.rows(seal_permit)] == ["used"]


def test_I01_seal_data_is_made_before_the_permit_is_taken(gm: Office):
    """A crash after the seal data was made leaves it for the next sealing, which makes none."""

    def stop(step: Step) -> None:
        if step is Step.PREPARED:
            raise RuntimeError(step)

    with pytest.raises(RuntimeError):
        gm.passing(stop).seal(wish(gm, container=ContainerKind.SES), actor=KEEPER)
    assert gm.keeper_signer.signed == []
    again = wish(gm, container=ContainerKind.SES, idempotency_key="key-2")
    assert gm.service.seal(again, actor=KEEPER).report.verdict is Verdict.PASSED
    assert gm.actions().count("seal_data.made") == 1


@pytest.mark.parametrize(
    ("container", "by_path"), [(ContainerKind.CMS, True), (ContainerKind.GBT35275, False)]
)
def test_any_file_is_signed_beside_itself(
    gm: Office, tmp_path: Path, container: ContainerKind, by_path: bool
):
    document: bytes | Path = CONTENT
    if by_path:
        document = tmp_path / "data.bin"
        document.write_bytes(CONTENT)
    wanted = file_order(gm, document, container=container)
    sealed = gm.service.seal(wanted, actor=KEEPER)
    assert sealed.report.verdict is Verdict.PASSED
    expected = Container.CMS if container is ContainerKind.CMS else Container.GBT35275
    assert container_of(sealed.bytes) is expected
    assert CONTENT[:20] not in sealed.bytes
    again = gm.service.seal(wanted, actor=KEEPER)
    assert (again.repeated, again.digest, len(again.report.signatures)) == (True, sealed.digest, 1)
    assert again.report.content_sha256 == hashlib.sha256(CONTENT).hexdigest()
    (row,) = gm.rows(sealing)
    assert (row.state, row.result) == ("completed", sealed.digest.hex)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 as a mere file"], ids=["none", "pdf"])
def test_a_file_is_what_the_order_says(abroad: Office, content: bytes):
    sealed = abroad.service.seal(file_order(abroad, content, level=Level.B_LT), actor=KEEPER)
    assert (own(sealed).container, own(sealed).level) == ("cms", "B-LT")


def test_a_file_that_changes_meanwhile(abroad: Office, tmp_path: Path):
    """I2: what is signed is what the permit names; the file is read once for it, and compared."""
    path = tmp_path / "data.bin"
    path.write_bytes(CONTENT)

    def change(step: Step) -> None:
        if step is Step.RESERVED:
            path.write_bytes(CONTENT + b"!")

    with pytest.raises(DocumentDamaged):
        abroad.passing(change).seal(file_order(abroad, path), actor=KEEPER)
    assert abroad.keeper_signer.signed == []
    assert [row.state for row in abroad.rows(sealing)] == ["failed"]


Refusal = tuple[SealOrder, type[SigningError]]


def _refused(office: Office, *cases: Refusal) -> None:
    for number, (wanted, error) in enumerate(cases):
        with pytest.raises(error) as refused:
            office.service.seal(replace(wanted, idempotency_key=f"key-{number}"), actor=KEEPER)
        assert refused.value.zh.endswith("。")
        assert office.keeper_signer.signed == []


def test_an_international_key_fills_no_national_container(abroad: Office):
    _refused(
        abroad,
        (wish(abroad, container=ContainerKind.SES), ContainerUnfit),
        (wish(abroad, container=ContainerKind.GBT35275), ContainerUnfit),
        (file_order(abroad, container=ContainerKind.GBT35275), ContainerUnfit),
    )


def test_what_nobody_could_judge_is_refused_in_words(gm: Office, tmp_path: Path):
    large = tmp_path / "large.bin"
    with large.open("wb") as stream:
        stream.truncate(512 * 1024 * 1024 + 1)
    _refused(
        gm,
        (file_order(gm, container=ContainerKind.SES), ContainerUnfit),
        (file_order(gm, container=ContainerKind.GBT35275, level=Level.B_LT), ContainerUnfit),
        (file_order(gm, level=Level.B_LTA), LevelUnavailable),
        (file_order(gm, certify=Certification.NO_CHANGES), PromiseForPdfOnly),
        (file_order(gm, lock=FieldLock.parse("all")), PromiseForPdfOnly),
        (wish(gm, document=CONTENT), NotAPdf),
        (file_order(gm, large), DocumentTooLarge),
    )


def test_certification_and_locks_are_part_of_the_order(abroad: Office):
    """A repeat with another promise is another request; a certified document is not certified again."""
    certified = wish(abroad, certify=Certification.FORM_FILLING, lock=FieldLock.parse("include:a,b"))
    sealed = abroad.service.seal(certified, actor=KEEPER)
    assert own(sealed).integrity.certification == "form-filling"
    with pytest.raises(KeyDiffers):
        abroad.service.seal(wish(abroad, certify=Certification.NO_CHANGES), actor=KEEPER)
    plain = abroad.service.seal(wish(abroad, idempotency_key="plain"), actor=KEEPER)
    with pytest.raises(AlreadySigned):
        abroad.service.seal(
            wish(
                abroad,
                document=plain.bytes,
                placement=Placement(2, 20, 20),
                certify=Certification.NO_CHANGES,
                idempotency_key="late",
            ),
            actor=KEEPER,
        )


def test_I03_a_frozen_seal_signs_no_file(gm: Office):
    gm.registry.freeze(gm.seal.code, actor=APPROVER, reason="挂失")
    with pytest.raises(SealFrozen):
        gm.service.seal(file_order(gm), actor=KEEPER)
    with pytest.raises(SealFrozen):
        gm.service.seal(wish(gm, container=ContainerKind.SES, idempotency_key="k"), actor=KEEPER)
    assert gm.keeper_signer.signed == []


def test_the_seal_signature_read_back(gm: Office):
    """What was written is what our strict reader of foreign seal data takes without a remark."""
    sealed = gm.service.seal(wish(gm, level=Level.B_T, container=ContainerKind.SES), actor=KEEPER)
    from pyhanko.pdf_utils.reader import PdfFileReader

    form = PdfFileReader(io.BytesIO(sealed.bytes)).root["/AcroForm"]
    (field,) = form["/Fields"]
    value = field.get_object()["/V"]
    assert (value["/Filter"], value["/SubFilter"]) == ("/GM.PKILite", "/GM.SM2")
    octets = bytes(value["/Contents"])
    from verify.signatures.containers import without_padding

    whole = without_padding(octets)
    assert whole is not None
    signature = read_signature(whole)
    assert signature.deviations == ()
    assert signature.time_stamp is not None
    assert signature.seal.id == gm.seal.code
