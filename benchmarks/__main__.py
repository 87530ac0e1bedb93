"""``python -m benchmarks NAME [--quick] [--json]``: run one benchmark, or ``all``, and print ratios against named peers.

A benchmark is a module of this package with ``NAME`` and ``run(quick) -> Iterable[Row]``; nothing else registers it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from typing import cast

from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks.harness import Benchmark, Better, Row, machine

ALL = "all"


def discover() -> dict[str, Benchmark]:
    """Find the benchmarks by name; the module of one that is not asked for is read too, so it imports lazily inside."""
    found: dict[str, Benchmark] = {}
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if not module.name.startswith("_"):
            read = importlib.import_module(f"benchmarks.{module.name}")
            if hasattr(read, "NAME") and hasattr(read, "run"):
                found[read.NAME] = cast("Benchmark", read)
    return dict(sorted(found.items()))


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; return the exit status."""
    known = discover()
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("name", choices=[*known, ALL], help="which benchmark")
    parser.add_argument("--quick", action="store_true", help="fewer samples: under 45 seconds each")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    asked = parser.parse_args(arguments)
    chosen = known if asked.name == ALL else {asked.name: known[asked.name]}
    table = _table()
    for name, benchmark in chosen.items():
        sys.stderr.write(f"{name} …\n")
        for row in benchmark.run(asked.quick):
            if asked.json:
                print(json.dumps(row.to_json(), ensure_ascii=False), flush=True)
            else:
                _add(table, row)
    if not asked.json:
        _show(table)
    return 0


def _table() -> Table:
    table = Table(title="ours : peer, medians of one run", caption=machine())
    for heading in ("benchmark", "ours", "peer", "unit", "ratio", "samples", "peer is", "note"):
        number = heading in ("ours", "peer", "ratio", "samples")
        table.add_column(heading, justify="right" if number else "left", overflow="fold")
    return table


def _add(table: Table, row: Row) -> None:
    ahead = (row.ratio >= 1) == (row.better is Better.HIGHER)
    colour = "green" if ahead else "yellow"
    figures = (f"{row.ours:,.4g}", f"{row.peer:,.4g}", f"{row.unit} ({row.better.value} is better)")
    ratio = f"[{colour}]{row.ratio:.2f}[/]"
    table.add_row(row.name, *figures, ratio, str(len(row.samples)), row.peer_name, row.note)


def _show(table: Table) -> None:
    console = Console()
    Console(width=max(console.width, 120) if not console.is_terminal else None).print(table)


if __name__ == "__main__":
    sys.exit(main())
