"""The benchmarks' harness: discovery, medians, ratios and what ``--json`` prints; nothing is timed here."""

from __future__ import annotations

import json

import pytest

from benchmarks.__main__ import discover, main
from benchmarks.harness import Better, Row, compare, machine, per_second

KEYS = {"name", "ours", "peer", "peer_name", "unit", "ratio", "samples"}


def test_every_module_with_a_name_is_found() -> None:
    known = discover()
    assert {"ocsp", "issuance"} <= set(known)
    assert all(name == benchmark.NAME for name, benchmark in known.items())
    assert all(benchmark.__doc__ for benchmark in known.values())


def test_a_row_is_medians_and_their_ratio() -> None:
    row = Row("n", "x/s", "the peer", ((1.0, 10.0), (3.0, 2.0), (2.0, 4.0)))
    assert (row.ours, row.peer, row.ratio) == (2.0, 4.0, 0.5)
    written = row.to_json()
    assert set(written) >= KEYS
    assert written["samples"] == [[1.0, 10.0], [3.0, 2.0], [2.0, 4.0]]
    assert json.loads(json.dumps(written)) == written


def test_who_goes_first_changes_every_time() -> None:
    order: list[str] = []

    def side(name: str, value: float) -> float:
        order.append(name)
        return value

    pairs = compare(lambda: side("ours", 1.0), lambda: side("peer", 2.0), 4)
    assert pairs == ((1.0, 2.0),) * 4
    assert order == ["ours", "peer", "peer", "ours"] * 2


def test_a_rate_counts_whole_pieces_of_work() -> None:
    done: list[int] = []
    rate = per_second(lambda: done.append(1), 0.01)
    assert rate > 0
    assert len(done) >= 1


@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_printed(
    as_json: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stub:
        NAME = "stub"

        @staticmethod
        def run(quick: bool) -> list[Row]:
            return [
                Row("stub-row", "MB", "somebody", ((2.0, 4.0),) * (1 if quick else 2), Better.LOWER, "a note")
            ]

    monkeypatch.setattr("benchmarks.__main__.discover", lambda: {"stub": Stub})
    assert main(["stub", "--quick", *(["--json"] if as_json else [])]) == 0
    printed = capsys.readouterr().out
    if as_json:
        (line,) = printed.splitlines()
        assert json.loads(line)["ratio"] == 0.5
    else:
        assert "stub-row" in printed
        assert machine().split(",")[0][:8] in printed


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["nothing-like-it"])
    assert "invalid choice" in capsys.readouterr().err
