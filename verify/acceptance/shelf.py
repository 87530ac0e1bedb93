"""The policies that there are: those shipped as examples, and those that an installation or an auditor lays in a folder."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from verify.acceptance.answering import ask
from verify.acceptance.errors import (
    ActUnknown,
    DepartmentAmbiguous,
    DepartmentMissing,
    DepartmentPolicyInvalid,
    DepartmentUnknown,
)
from verify.acceptance.policy import DepartmentPolicy
from verify.acceptance.reading import read_policy
from verify.document_file import mode_of
from verify.report import DocumentReport
from verify.walk import NotLookedInto, files_below

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
    """Find a department by id or name: an own policy before an example.

    :class:`DepartmentUnknown` says which there are, :class:`DepartmentAmbiguous` which ones are called so.
    """
    named = [policy for policy in known if policy.named(asked)]
    found = [policy for policy in named if not policy.example] or named
    if not found:
        raise DepartmentUnknown(asked, tuple(policy.zh for policy in known))
    if len(found) > 1:
        raise DepartmentAmbiguous(asked, tuple(policy.id for policy in found))
    return found[0]


def check_names(policy: DepartmentPolicy, others: Iterable[DepartmentPolicy]) -> None:
    """Demand that a policy is called like no other of ``others`` (own ones); :class:`DepartmentPolicyInvalid` names the word."""
    for word in policy.names:
        taken = next((one for one in others if one.id != policy.id and one.named(word)), None)
        if taken is not None:
            raise DepartmentPolicyInvalid(
                "id, zh, en, aliases",
                f"名称“{word[:40]}”已由 {taken.id} 使用",
                f"{word[:40]!r} already names {taken.id}",
            )


def in_folder(folder: Path) -> tuple[DepartmentPolicy, ...]:
    """Read the policies below a folder (a trust folder, say); :class:`DepartmentPolicyInvalid` names a damaged one."""
    paths = sorted({path.resolve() for path in _policies_below(folder)})
    if len(paths) > MAX_POLICIES:
        raise DepartmentPolicyInvalid(
            str(folder), f"政策文件超过 {MAX_POLICIES} 个", f"there are over {MAX_POLICIES} policies"
        )
    found = tuple(_read(path) for path in paths)
    twice = [name for name, times in Counter(one.id for one in found).items() if times > 1]
    if twice:
        raise DepartmentPolicyInvalid(
            str(folder), f"有多个文件的 id 为 {twice[0]}", f"several files have the id {twice[0]}"
        )
    return found


def _policies_below(folder: Path) -> Iterator[Path]:
    """Yield the policies' files; what cannot be looked into may hold one that takes the place of an example."""
    try:
        yield from (path for path in files_below(folder) if path.name.endswith(SUFFIX))
    except NotLookedInto as wrong:
        raise DepartmentPolicyInvalid(str(folder), wrong.zh.rstrip("。"), wrong.en.rstrip(".")) from wrong


def in_folders(folders: Iterable[Path]) -> tuple[DepartmentPolicy, ...]:
    """Read the policies of several folders; :class:`DepartmentPolicyInvalid` where two of them have one id and say different things."""
    found: dict[str, DepartmentPolicy] = {}
    for folder in folders:
        for one in in_folder(folder):
            if found.setdefault(one.id, one).sha256 != one.sha256:
                raise DepartmentPolicyInvalid(
                    one.id,
                    "信任库与离线核验包中的内容不同，请只使用其中一个",
                    "the trust folder and the bundle hold different ones; use one of the two",
                )
    return tuple(found.values())


def choose(asked: str, folders: Sequence[Path]) -> DepartmentPolicy:
    """Find what ``--department`` names: a policy's file, one in the trust folder or the bundle, or a shipped example."""
    path = Path(asked)
    if asked.endswith(".toml") and stat.S_ISREG(mode_of(path)):
        return _read(path)
    return find(with_own(in_folders(folders)), asked)


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
