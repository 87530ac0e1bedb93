"""The pages speak two languages completely: each key has both, with the same places, and each key used exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import api.pages
from api.pages.words import SCRIPT_PREFIXES, WORDS, say, script_words
from seals.seal import SealStatus
from signing.making import Step
from verify.report import CertificateStatus, SealStatusReport, TimeSource
from verify.verdict import Verdict

FOLDER = Path(api.pages.__file__).parent
_PLACES = re.compile(r"\{(\w+)\}")
_IN_TEMPLATE = re.compile(r"""\bt\(\s*["']([a-z_.]+)["']\s*[,)]""")
_IN_SCRIPT = re.compile(r"""\bsay\(\s*["']([a-z_.]+)["']\s*[,)]""")
_IN_CODE = re.compile(r"""\bsay\(\s*language,\s*["']([a-z_.]+)["']""")


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_say_the_same_thing(key: str) -> None:
    zh, en = WORDS[key]
    assert zh.strip() == zh != ""
    assert en.strip() == en != ""
    assert set(_PLACES.findall(zh)) == set(_PLACES.findall(en))


@pytest.mark.parametrize(
    ("pattern", "glob"),
    [(_IN_TEMPLATE, "templates/**/*.html"), (_IN_SCRIPT, "static/*.js"), (_IN_CODE, "**/*.py")],
    ids=["templates", "scripts", "code"],
)
def test_every_key_that_is_used_is_in_the_table(pattern: re.Pattern[str], glob: str) -> None:
    used = {key for path in FOLDER.glob(glob) for key in pattern.findall(path.read_text("utf-8"))}
    assert len(used) > 5
    assert used <= set(WORDS)


def test_scripts_get_every_word_they_say() -> None:
    used = {key for path in FOLDER.glob("static/*.js") for key in _IN_SCRIPT.findall(path.read_text("utf-8"))}
    assert used <= set(script_words("zh"))
    assert all(key.startswith(SCRIPT_PREFIXES) for key in used)


@pytest.mark.parametrize(
    "key",
    [
        *(f"verdict.{verdict.value}" for verdict in Verdict),
        *(f"status.{status.value}" for status in CertificateStatus),
        *(f"status.seal.{status.value}" for status in SealStatusReport),
        *(f"seal.status.{status.value}" for status in SealStatus),
        *(f"clock.{source.value}" for source in TimeSource),
        *(f"work.{step.value}" for step in Step),
    ],
)
def test_every_state_that_a_room_can_report_has_its_word(key: str) -> None:
    assert key in WORDS


def test_the_chinese_states_of_a_seal_are_those_of_the_register() -> None:
    for status in SealStatus:
        assert say("zh", f"seal.status.{status.value}") == status.zh


def test_the_chinese_verdicts_are_those_of_the_report() -> None:
    for verdict in Verdict:
        assert say("zh", f"verdict.{verdict.value}") == verdict.zh


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_written_inline() -> None:
    """The pages keep their own policy: no foreign origin, no inline script, style or handler."""
    for path in FOLDER.glob("templates/**/*.html"):
        text = path.read_text("utf-8")
        assert "https://" not in text, path.name
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|<style", text), path.name
    for path in [*FOLDER.glob("static/*.js"), *FOLDER.glob("static/*.css")]:
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|innerHTML|\beval\(", text), path.name


INKS = {
    "--ink": ("--paper", "--sheet", "--well"),
    "--ink-soft": ("--paper", "--sheet", "--well"),
    "--ink-faint": ("--paper", "--sheet"),
    "--accent": ("--paper", "--sheet"),
    "--on-accent": ("--accent", "--accent-hover"),
    "--passed": ("--sheet", "--passed-wash"),
    "--failed": ("--sheet", "--failed-wash"),
    "--indeterminate": ("--sheet", "--indeterminate-wash"),
    "--unreadable": ("--sheet", "--unreadable-wash"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_ink_can_be_read_on_its_ground(scheme: str) -> None:
    """WCAG 2.2 §1.4.3: text has a contrast of at least 4.5 to 1, in both colour schemes."""
    css = (FOLDER / "static" / "style.css").read_text("utf-8")
    light, dark = (dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", part)) for part in _schemes(css))
    colours = light if scheme == "light" else light | dark
    weak = {
        (ink, ground): round(_contrast(colours[ink], colours[ground]), 2)
        for ink, grounds in INKS.items()
        for ground in grounds
        if _contrast(colours[ink], colours[ground]) < 4.5
    }
    assert weak == {}


def _schemes(css: str) -> tuple[str, str]:
    before, after = css.split("@media (prefers-color-scheme: dark)", 1)
    return before, after.split("\n}\n", 1)[0]


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2: relative luminance of sRGB colours ``#rrggbb``, lighter over darker."""
    lights = sorted(
        sum(
            weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
            for weight, part in zip(
                (0.2126, 0.7152, 0.0722),
                (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)),
                strict=True,
            )
        )
        for colour in (one, other)
    )
    return (lights[1] + 0.05) / (lights[0] + 0.05)
