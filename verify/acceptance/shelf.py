"""The policies that there are: those shipped as examples, and those that an installation or an auditor lays in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from verify.acceptance.answering import ask
from verify.acceptance.errors import ActUnknown, DepartmentMissing, DepartmentPolicyInvalid, DepartmentUnknown
from verify.acceptance.policy import DepartmentPolicy
from verify.acceptance.reading import read_policy
from verify.report import DocumentReport

SHIPPED: Final = (
    "market-regulation",
    "public-security",
    "finance",
    "taxation",
    "bank",
    "social-insurance",
    "housing-fund",
)
"""In the order in which they are offered."""
SUFFIX: Final = ".department.toml"
"""How a policy's file is called where it lies among others."""
MAX_POLICIES: Final = 1000
"""Policies in one folder: every department of a province."""


def example_text(policy_id: str) -> str:
    """Return the text of a shipped example, to start an own policy from."""
    return files("verify.acceptance").joinpath("departments", f"{policy_id}.toml").read_text("utf-8")


@cache
def shipped() -> tuple[DepartmentPolicy, ...]:
    """Return the shipped examples; they bind nobody."""
    folder = files("verify.acceptance").joinpath("departments")
    return tuple(read_policy(folder.joinpath(f"{name}.toml").read_bytes(), example=True) for name in SHIPPED)


def with_own(own: Iterable[DepartmentPolicy]) -> tuple[DepartmentPolicy, ...]:
    """Return the policies that are known: an own one stands in the place of the example with its id."""
    known = {policy.id: policy for policy in shipped()}
    for policy in own:
        known[policy.id] = policy
    return tuple(known.values())


def find(known: Sequence[DepartmentPolicy], asked: str) -> DepartmentPolicy:
    """Find a department by id or name; :class:`DepartmentUnknown` says which there are."""
    found = next((policy for policy in known if policy.named(asked)), None)
    if found is None:
        raise DepartmentUnknown(asked, tuple(policy.zh for policy in known))
    return found


def in_folder(folder: Path) -> tuple[DepartmentPolicy, ...]:
    """Read the policies below a folder (a trust folder, say); :class:`DepartmentPolicyInvalid` names a damaged one."""
    paths = sorted(folder.rglob(f"*{SUFFIX}"))[: MAX_POLICIES + 1]
    if len(paths) > MAX_POLICIES:
        raise DepartmentPolicyInvalid(
            str(folder), f"政策文件超过 {MAX_POLICIES} 个", f"there are over {MAX_POLICIES} policies"
        )
    return tuple(_read(path) for path in paths)


def choose(asked: str, folder: Path | None) -> DepartmentPolicy:
    """Find what ``--department`` names: a policy's file, one in the trust folder, or a shipped example."""
    path = Path(asked)
    if asked.endswith(".toml") and path.is_file():
        return _read(path)
    return find(with_own(() if folder is None else in_folder(folder)), asked)


def _read(path: Path) -> DepartmentPolicy:
    try:
        octets = path.read_bytes()
    except OSError as wrong:
        raise DepartmentPolicyInvalid(
            path.name,
            "文件无法读取，请检查路径和权限",
            "the file cannot be read; check its path and permissions",
        ) from wrong
    return read_policy(octets)


@dataclass(frozen=True, slots=True)
class Question:
    """One department asked about one act."""

    policy: DepartmentPolicy
    act: str

    def of(self, report: DocumentReport) -> DocumentReport:
        """Let it answer a report."""
        return ask(report, self.policy, self.act)


def question(find_policy: Callable[[str], DepartmentPolicy], department: str, act: str) -> Question | None:
    """Prepare what a department is asked; nothing where neither it nor an act is named.

    Raises :class:`DepartmentMissing` for an act alone, :class:`ActUnknown` where the act is not named or not known (with
    those that there are), and what ``find_policy`` raises for a department that is not there.
    """
    if not department.strip():
        if act.strip():
            raise DepartmentMissing(act, tuple(policy.zh for policy in shipped()))
        return None
    policy = find_policy(department)
    found = policy.act(act.strip())
    if found is None:
        raise ActUnknown(act, policy.zh, tuple(one.zh for one in policy.acts))
    return Question(policy, found.id)
