"""A small window that asks: run as ``python -m api.agent.window`` with the question as JSON on its input.

A process of its own: whatever a desktop's toolkit does, it does not take the agent with it.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any, Final

from api.agent.confirm import PATIENCE, Question, lines

INK: Final = "#1a1a1a"
QUIET: Final = "#666666"
RED: Final = "#b3261e"
PAPER: Final = "#ffffff"


class Window:
    """The question, the digits large, the PIN, and two buttons; closing it is a no."""

    def __init__(self, question: Question) -> None:
        self._tk: Any = import_module("tkinter")  # only where there is a desktop
        self._answer: dict[str, Any] = {"confirm": False}
        self._root: Any = self._tk.Tk()
        self._root.title("印信 · 用印确认 / Confirm this signature")
        self._root.configure(background=PAPER, padx=28, pady=22)
        self._root.resizable(width=False, height=False)
        self._root.attributes("-topmost", True)
        self._pin: Any = None
        self._lay_out(question)

    def ask(self) -> dict[str, Any]:
        """Show the window until it is answered, closed or out of patience."""
        self._root.after(int(PATIENCE * 1000), self._root.destroy)
        self._root.mainloop()
        return self._answer

    def _lay_out(self, question: Question) -> None:
        self._label("用印确认 / Confirm this signature", 0, size=15, bold=True, color=RED)
        row = 1
        for name, value in lines(question):
            self._label(name, row, size=10, color=QUIET)
            self._label(value, row + 1, size=12)
            row += 2
        self._label(
            "摘要末八位，请与网页核对 / Digest ends in; compare with the page", row, size=10, color=QUIET
        )
        self._label(question.digest_end, row + 1, size=24, bold=True)
        self._label("令牌 PIN 码 / PIN of the token", row + 2, size=10, color=QUIET)
        self._pin = self._tk.Entry(self._root, show="●", font=("", 14), width=26)
        self._pin.grid(row=row + 3, column=0, columnspan=2, sticky="we", pady=(2, 16))
        self._pin.focus_set()
        self._pin.bind("<Return>", lambda _event: self._agree())
        self._button("拒绝 / Refuse", self._root.destroy, row + 4, 0)
        self._button("同意签名 / Sign", self._agree, row + 4, 1, strong=True)
        self._root.bind("<Escape>", lambda _event: self._root.destroy())

    def _label(self, text: str, row: int, *, size: int, bold: bool = False, color: str = INK) -> None:
        font = ("", size, "bold" if bold else "normal")
        label = self._tk.Label(
            self._root,
            text=text,
            font=font,
            foreground=color,
            background=PAPER,
            wraplength=460,
            justify="left",
        )
        label.grid(row=row, column=0, columnspan=2, sticky="w", pady=(0, 2 if color == QUIET else 8))

    def _button(self, text: str, act: Any, row: int, column: int, *, strong: bool = False) -> None:
        button = self._tk.Button(self._root, text=text, command=act, font=("", 12), padx=18, pady=6)
        if strong:
            button.configure(background=RED, foreground=PAPER, activebackground=RED, activeforeground=PAPER)
        button.grid(row=row, column=column, sticky="we", padx=(0, 8) if column == 0 else (8, 0))

    def _agree(self) -> None:
        self._answer = {"confirm": True, "pin": self._pin.get()}
        self._root.destroy()


def main() -> None:
    """Ask, and write the answer."""
    question = Question(**json.loads(sys.stdin.read()))
    sys.stdout.write(json.dumps(Window(question).ask()))


if __name__ == "__main__":
    main()
