"""Others open and verify our OFD: OFD R&W, the public reference implementation, checks every signature and draws the pages (C1, C3)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seals.ses.parts import SesVersion
from signing.containers.certification import FieldLock, LockAction
from tests.interop.java_judge import build
from tests.interop.status_judges import Verdict, judge
from tests.ofd_world import (
    PAGE,
    SEAL,
    SIGNATURE,
    VALUE,
    changed,
    document,
    plain,
    red_seal,
    seal,
    sealed,
    ses,
)

pytestmark = pytest.mark.judge

SOURCE = Path(__file__).parent / "ofdview"
PIXELS = 6
"""Pixels to the millimetre, as the judge draws."""


@dataclass(frozen=True)
class OfdJudge:
    """``ofdview/OfdJudge.java`` over packages."""

    classes: Path
    folder: Path

    def verify(self, octets: bytes, kind: str = "seal") -> Verdict:
        return self._run("verify", octets, kind)

    def render(self, octets: bytes) -> list[np.ndarray]:
        """Draw every page: rows, columns, red-green-blue."""
        for old in self.folder.glob("page*.png"):
            old.unlink()
        found = self._run("render", octets, ".")
        assert found.status == 0, found.text
        pages = sorted(self.folder.glob("page*.png"))
        return [np.asarray(Image.open(page).convert("RGB")).astype(int) for page in pages]

    def _run(self, command: str, octets: bytes, *more: str) -> Verdict:
        (self.folder / "data.ofd").write_bytes(octets)
        path = f"{self.classes}/*:{self.classes}"
        headless = "-Djava.awt.headless=true"
        return judge(
            "java", headless, "-cp", path, "OfdJudge", command, "data.ofd", *more, folder=self.folder
        )


@pytest.fixture(scope="module")
def ofdrw(tmp_path_factory: pytest.TempPathFactory) -> OfdJudge:
    classes = build(tmp_path_factory.mktemp("ofdview"), SOURCE, "OfdJudge.java", "dependency:copy")
    return OfdJudge(classes, tmp_path_factory.mktemp("pages"))


def test_ofdrw_accepts_what_we_seal(ofdrw: OfdJudge) -> None:
    twice = seal(seal(envelope=ses(SesVersion.V5)), "2:20,20", lock=FieldLock(LockAction.ALL))
    for octets, count in ((sealed(), 1), (seal(stamped=True), 1), (twice, 2)):
        found = ofdrw.verify(octets)
        assert (found.status, found.text.strip()) == (0, f"signatures={count}")


def test_ofdrw_accepts_our_plain_signature(ofdrw: OfdJudge) -> None:
    found = ofdrw.verify(seal(where="unseen", envelope=plain()), "sign")
    assert found.status == 0, found.text


@pytest.mark.parametrize("name", [PAGE, SIGNATURE, SEAL, VALUE])
def test_ofdrw_refuses_what_was_changed(ofdrw: OfdJudge, name: str) -> None:
    if name == VALUE:
        spoilt = changed(sealed(), name, lambda octets: octets[:-3] + bytes(3))
    elif name == SIGNATURE:
        spoilt = changed(sealed(), name, lambda octets: octets.replace(b'"120 200', b'"110 200'))
    else:
        spoilt = changed(sealed(), name, lambda octets: octets + b" ")
    assert ofdrw.verify(spoilt).status != 0


def red(page: np.ndarray) -> np.ndarray:
    """Tell the pixels of a seal's ink."""
    return (page[:, :, 0] > 150) & (page[:, :, 1] < 120) & (page[:, :, 2] < 120)


def mm(value: float) -> int:
    return round(value * PIXELS)


def test_ofdrw_draws_the_seal_where_it_was_put(ofdrw: OfdJudge) -> None:
    """A red square of 40 mm at 120, 200; the text of our embedded font stands above it."""
    first, second = ofdrw.render(seal(envelope=ses(seal=red_seal())))
    assert first.shape[:2] == (mm(297), mm(210))
    rows, columns = np.where(red(first))
    box = (columns.min() / PIXELS, rows.min() / PIXELS, columns.max() / PIXELS, rows.max() / PIXELS)
    assert box == pytest.approx((120, 200, 160, 240), abs=0.5)
    assert not red(second).any()
    title = first[mm(34) : mm(42), mm(30) : mm(75)]
    assert (title.sum(axis=2) < 200).sum() > 200, "the heading is drawn"
    rule = first[mm(45) - 4 : mm(45) + 4, mm(60)]
    assert (rule.sum(axis=1) < 300).any(), "and the line below it"


def test_ofdrw_draws_slices_that_join_to_the_seal(ofdrw: OfdJudge) -> None:
    """骑缝章: cut the red off each page's edge, lay it side by side, and the seal is whole (C3)."""
    pages = ofdrw.render(seal(document(4), "seam=right", ses(seal=red_seal())))
    slices = []
    for page in pages:
        columns = np.where(red(page).any(axis=0))[0]
        assert columns.max() >= page.shape[1] - 2, "it reaches the edge"
        slices.append(page[:, columns.min() :])
    widths = [piece.shape[1] / PIXELS for piece in slices]
    assert widths == pytest.approx([10] * 4, abs=0.5)
    joined = red(np.concatenate(slices, axis=1))
    rows = np.where(joined.any(axis=1))[0]
    whole = joined[rows.min() : rows.max()]
    assert whole.shape[0] / PIXELS == pytest.approx(40, abs=0.5)
    assert sum(widths) == pytest.approx(40, abs=1)
    ring, middle = whole[:, : mm(1)], whole[mm(18) : mm(22), mm(18) : mm(22)]
    assert ring.mean() > 0.9
    assert middle.mean() < 0.1, "the hole in the middle of the seal is in the middle of the joined slices"
