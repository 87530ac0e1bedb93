"""How a step of a personalisation is told while it is done: one line, in Chinese and in English."""

from __future__ import annotations

from ca.tokens.procedure_store import Step


def step_line(step: Step, total: int) -> str:
    """Say which step begins, of how many, and where on the chip."""
    target = f" {step.target}" if step.target else ""
    return f"{step.number}/{total} {step.name.zh}{target} / {step.name.en}{target}"
