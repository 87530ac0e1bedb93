"""The house rules that a machine can hold: budgets, doors, names, docs that stay true."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from pathlib import Path

import pytest

from tests.architecture import drawings

ROOT = Path(__file__).parents[2]
ROOMS = ("hsm", "ca", "seals", "verify", "signing", "api")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "core", "manager", "models"}


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_keeps_its_budget(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 400, f"{lines} lines: split it by subject"
    assert path.stem not in FORBIDDEN_NAMES
    if path.name == "__init__.py":
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert len(tree.body) == 1, "an __init__ holds a docstring only"
        assert ast.get_docstring(tree), "an __init__ holds a docstring only"


def test_the_top_of_api_can_be_read_at_a_glance() -> None:
    """What an installation is and how it starts; every subject has a folder (``docs/architecture.md``)."""
    top = sorted(path.stem for path in (ROOT / "api").glob("*.py"))
    assert len(top) <= 15, f"give it to the folder of its subject: {top}"


def test_functions_keep_their_budget() -> None:
    sizes = {
        f"{path.relative_to(ROOT)}:{node.name}": _code_lines(node)
        for path in MODULES
        if "migrations" not in path.parts
        for node in _functions(path)
    }
    assert statistics.median(sizes.values()) <= 10
    assert statistics.quantiles(sizes.values(), n=10)[8] <= 40
    assert not {name: size for name, size in sizes.items() if size > 60}


def _asserts(node: ast.AST) -> bool:
    return any(
        isinstance(inner, ast.Assert)
        or (isinstance(inner, ast.Attribute) and inner.attr in ("raises", "fail"))
        or isinstance(inner, ast.Raise)
        for inner in ast.walk(node)
    )


def _called(node: ast.AST) -> set[str]:
    calls = (inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call))
    return {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in calls}


def test_tests_assert_something() -> None:
    """A test asserts itself, or calls a function of the suite that does."""
    found = [(path, node) for path in sorted((ROOT / "tests").rglob("*.py")) for node in _functions(path)]
    asserting = {node.name for _, node in found if _asserts(node)}
    for _ in range(3):
        asserting |= {node.name for _, node in found if _called(node) & asserting}
    empty = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path, node in found
        if node.name.startswith("test_") and node.name not in asserting
    ]
    assert not empty


def test_no_clock_is_read_outside_its_home() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if re.search(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(", path.read_text(encoding="utf-8"))
    ]
    assert set(readers) <= {"ca/clock.py", "verify/command.py"}


def test_every_markdown_link_leads_somewhere() -> None:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    dead = [
        f"{name}: {target}"
        for name in listed.stdout.split()
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", (ROOT / name).read_text(encoding="utf-8"))
        if not target.startswith(("http:", "https:", "mailto:"))
        and not (ROOT / name).parent.joinpath(target).exists()
    ]
    assert not dead


BUILT = (*range(1, 10), *range(13, 16), *range(17, 23), *range(24, 27))
"""Invariants whose subject is built: each must have a test."""


def test_every_invariant_that_is_claimed_has_its_test() -> None:
    found = drawings.tests_by_invariant()
    assert not [number for number in BUILT if not found[number]]


@pytest.mark.parametrize("page", drawings.PAGES, ids=lambda page: page.name)
def test_pages_drawn_from_the_code_are_fresh(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == drawings.PAGES[page](), "run `make docs`"
