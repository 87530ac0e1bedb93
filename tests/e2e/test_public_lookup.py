"""``yinxin seal lookup``: another service is asked over HTTP, and its signed answer is checked by a trust folder alone."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import _free_port as free_port
from tests.e2e.conftest import Demo, Site, in_process


def test_B6_an_answer_is_fetched_and_proved(site: Site, demo: Demo, tmp_path: Path) -> None:
    code, trust = demo.told["seal_code"], demo.told["trust"]
    asked = in_process("seal", "lookup", code, "--url", site.url, "--trust", trust, "--json", home=tmp_path)
    assert asked.returncode == 0, asked.stderr
    told = json.loads(asked.stdout)
    assert (told["verdict"], told["answer"]["code"]) == ("passed", code)
    assert "TEST" in told["maker"]
    assert "person:" not in asked.stdout

    unknown = in_process("seal", "lookup", "9" * 14, "--url", site.url, "--trust", trust, home=tmp_path)
    assert (unknown.returncode, "未查到 / unknown" in unknown.stdout) == (0, True)
    past = "2020-01-01T00:00:00Z"
    before = in_process(
        "seal", "lookup", code, "--at", past, "--url", site.url, "--trust", trust, home=tmp_path
    )
    assert "未查到 / unknown" in before.stdout


def test_what_cannot_be_proved_or_reached_is_said_so(site: Site, demo: Demo, tmp_path: Path) -> None:
    code, trust = demo.told["seal_code"], Path(demo.told["trust"])
    bare = tmp_path / "trust" / "anchors"
    bare.mkdir(parents=True)
    for root in (trust / "anchors").glob("*.cer"):
        (bare / root.name).write_bytes(root.read_bytes())
    stale = in_process("seal", "lookup", code, "--url", site.url, "--trust", bare.parent, home=tmp_path)
    assert (stale.returncode, "无法判定" in stale.stdout) == (2, True), (
        "without a revocation list nothing is known"
    )
    nowhere = f"http://127.0.0.1:{free_port()}"
    silent = in_process("seal", "lookup", code, "--url", nowhere, "--trust", trust, home=tmp_path)
    assert (silent.returncode, nowhere in silent.stderr) == (4, True)
    malformed = in_process("seal", "lookup", "12", "--url", site.url, "--trust", trust, home=tmp_path)
    assert (malformed.returncode, "13 位" in malformed.stderr) == (1, True)
    odd = in_process("seal", "lookup", code, "--url", "ftp://127.0.0.1", "--trust", trust, home=tmp_path)
    assert odd.returncode == 1
