"""The Java judge: ``bouncycastle/Judge.java`` over the jars that its ``pom.xml`` names, compiled once in a run."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.interop.status_judges import Verdict, judge

SOURCE = Path(__file__).parent / "bouncycastle"
LIFE_OF_A_BUILD = 600
"""Seconds for the first build, jars fetched; Maven keeps them."""


@dataclass(frozen=True)
class JavaJudge:
    """The compiled judge, and a folder of its own for the octets that it reads."""

    classes: Path
    folder: Path

    def container(self, root: bytes, signed: bytes, content: bytes) -> Verdict:
        """Judge a detached container, its signer's chain, and the time-stamp in it."""
        for name, octets in (("root.cer", root), ("signed.p7", signed), ("content", content)):
            (self.folder / name).write_bytes(octets)
        path = f"{self.classes}/*:{self.classes}"
        return judge("java", "-cp", path, "Judge", "root.cer", "signed.p7", "content", folder=self.folder)


def build(
    folder: Path,
    source: Path = SOURCE,
    program: str = "Judge.java",
    fetching: str = "dependency:copy-dependencies",
) -> Path:
    """Fetch the jars that ``source`` names and compile its judge into ``folder``."""
    for tool in ("javac", "mvn"):
        if shutil.which(tool) is None:
            missing(tool, "not installed")
    shutil.copy(source / "pom.xml", folder)
    fetch = ["mvn", "-q", "-B", fetching, f"-DoutputDirectory={folder}"]
    compiling = ["javac", "-proc:none", "-cp", f"{folder}/*", "-d", str(folder), str(source / program)]
    for command in (fetch, compiling):
        ran = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=LIFE_OF_A_BUILD, check=False
        )
        if ran.returncode:
            pytest.fail(f"the Java judge cannot be built: {ran.stdout}{ran.stderr}")
    return folder
