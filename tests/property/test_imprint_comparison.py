"""Any imprint of a seal is known again, and no other seal's is, whatever the turn, light and ink."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seals.imprint.comparison import compare
from seals.imprint.outcome import Advice
from seals.imprint.scan import read_scan
from tests.imprint_world import CODE, NAME, Paper, photograph, seal

PAPERS = st.builds(
    Paper,
    seed=st.integers(0, 10_000),
    dpi=st.sampled_from((250, 300, 400)),
    turn=st.floats(-180, 180),
    tilt=st.floats(0, 0.05),
    shift=st.tuples(st.floats(-4, 4), st.floats(-4, 4)),
    shade=st.floats(0, 0.6),
    grain=st.floats(0, 0.025),
    gaps=st.floats(0, 0.4),
    spread=st.floats(0, 0.12),
    blur=st.floats(0, 0.06),
    quality=st.integers(60, 95),
    grey=st.booleans(),
)
TRIES = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@TRIES
@given(PAPERS)
def test_an_imprint_of_the_seal_has_its_ink_where_it_belongs(paper: Paper) -> None:
    found = compare(read_scan(photograph(seal(), paper)), seal())
    assert found.overlap > 0.94
    assert found.advice in (Advice.AGREES, Advice.GAPS, Advice.SIZE)
    assert not found.worst.foreign
    assert abs((found.rotation_deg - paper.turn + 180) % 360 - 180) < 1


@TRIES
@given(PAPERS, st.integers(0, 11), st.sampled_from("瀛赢龘鑫"))
def test_an_imprint_with_one_wrong_letter_is_pointed_at(paper: Paper, place: int, letter: str) -> None:
    name = NAME[:place] + letter + NAME[place + 1 :]
    found = compare(read_scan(photograph(seal(name=name), paper)), seal())
    assert found.advice in (Advice.LOOK, Advice.DIFFERS)
    assert found.worst.foreign
    assert found.worst.overlap < 0.94


@TRIES
@given(PAPERS, st.integers(6, 12), st.integers(1, 9))
def test_an_imprint_with_another_code_has_less_in_common_than_the_seal(
    paper: Paper, place: int, by: int
) -> None:
    """A digit of little ink can hide in a dry place, so only the figures are held: never more than the seal's own."""
    code = CODE[:place] + str((int(CODE[place]) + by) % 10) + CODE[place + 1 :]
    other = compare(read_scan(photograph(seal(code=code), paper)), seal())
    same = compare(read_scan(photograph(seal(), paper)), seal())
    assert other.overlap <= same.overlap + 0.0005
