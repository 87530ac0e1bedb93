"""Findings as a sheet: CSV for any program, XLSX for people. Rows are written as they come, so memory stays small.

Every cell is foreign text. In CSV what a spreadsheet would take for a formula is led in by an apostrophe (CWE-1236); in XLSX
cells are written as text by kind, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Final

from verify.many.finding import COLUMNS, HEADINGS, Cell, rows
from verify.verdict import Verdict

RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula (CWE-1236), the full-width twins with it."""
_SPLITTING: Final = (",", ";", "\t", "|", '"', "\r", "\n")
"""What ends a cell or a line: of RFC 4180, and what LibreOffice and Excel split at besides, by default or by region."""
MARK: Final = "\ufeff"
"""What Excel wants at the beginning of UTF-8."""
MAX_ROWS: Final = 1_000_000
"""Rows of one worksheet: Excel has 1,048,576; what is more goes to a further one."""
MAX_CELL: Final = 32_000
"""Characters of one cell: Excel has 32,767."""
_TONES: Final = {
    "passed": "#1a7f4b",
    "failed": "#c0362c",
    "indeterminate": "#9a6700",
    "unreadable": "#57606a",
}


class SheetForm(StrEnum):
    """How a sheet is written, by the ending of its name."""

    CSV = ".csv"
    XLSX = ".xlsx"


def csv_line(values: Iterable[object]) -> str:
    """Write one line of CSV (RFC 4180); nothing in it begins a formula, nor does a part of it where programs split at more than commas."""
    return ",".join([_cell(plain(value)) for value in values]) + "\r\n"


def _cell(text: str) -> str:
    """Write one cell, in quotes where it holds what some program ends a cell or a line at."""
    if not any(mark in text for mark in _SPLITTING):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def plain(value: object) -> str:
    """Write one value so that no spreadsheet computes with it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(RISKY) and not isinstance(value, int) else text


def as_csv(findings: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a sheet: a mark, the headings, a row for each signature."""
    yield MARK + csv_line(HEADINGS)
    for found in findings:
        for row in rows(found):
            yield csv_line(row)


def write_xlsx(findings: Iterable[Mapping[str, Any]], out: IO[bytes], folder: Path | None = None) -> None:
    """Write a workbook: the results, and a page that counts them. Rows lie in temporary files, not in memory."""
    import xlsxwriter  # noqa: PLC0415 - only where a workbook is wanted

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": None if folder is None else str(folder),
    }
    with xlsxwriter.Workbook(out, options) as book:
        counts = _Pages(book).write(findings)
        _summary(book, counts)


class _Pages:
    """The worksheets of results, one after the other."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._heading = book.add_format(
            {"bold": True, "bg_color": "#f0f2f5", "border": 1, "text_wrap": True, "valign": "top"}
        )
        self._tones = {
            name: book.add_format({"bold": True, "font_color": tone}) for name, tone in _TONES.items()
        }
        self._number = 0

    def write(self, findings: Iterable[Mapping[str, Any]]) -> Counter[str]:
        """Write every row; return how many documents had which verdict."""
        counts: Counter[str] = Counter()
        sheet, line = self._sheet(), 1
        for found in findings:
            counts[found["verdict"]] += 1
            for row in rows(found):
                if line > MAX_ROWS:
                    sheet, line = self._sheet(), 1
                self._row(sheet, line, row, found["verdict"])
                line += 1
        return counts

    def _sheet(self) -> Any:
        self._number += 1
        sheet = self._book.add_worksheet("核验结果" if self._number == 1 else f"核验结果 {self._number}")
        sheet.freeze_panes(1, 2)
        for place, column in enumerate(COLUMNS):
            sheet.set_column(place, place, column.width)
        sheet.set_row(0, 32)
        for place, heading in enumerate(HEADINGS):
            sheet.write_string(0, place, heading, self._heading)
        sheet.autofilter(0, 0, MAX_ROWS, len(COLUMNS) - 1)
        return sheet

    def _row(self, sheet: Any, line: int, row: tuple[Cell, ...], verdict: str) -> None:
        for place, value in enumerate(row):
            if value is None or value == "":
                continue
            if isinstance(value, bool):
                sheet.write_string(line, place, "true" if value else "false")
            elif isinstance(value, int):
                sheet.write_number(line, place, value)
            else:
                tone = self._tones.get(verdict) if place in (1, 2) else None
                sheet.write_string(line, place, value[:MAX_CELL], tone)


def _summary(book: Any, counts: Mapping[str, int]) -> None:
    """Count the verdicts on a page of their own."""
    sheet = book.add_worksheet("汇总 summary")
    sheet.set_column(0, 0, 34)
    lines = [(f"{one.zh} / {one.en}", counts.get(one.value, 0)) for one in Verdict]
    lines.append(("共 / in all", sum(counts.values())))
    for place, (label, count) in enumerate(lines):
        sheet.write_string(place, 0, label)
        sheet.write_number(place, 1, count)


def write_sheet(form: SheetForm, findings: Iterable[Mapping[str, Any]], out: IO[bytes]) -> None:
    """Write a sheet in either form."""
    _WRITERS[form](findings, out)


def _csv(findings: Iterable[Mapping[str, Any]], out: IO[bytes]) -> None:
    for line in as_csv(findings):
        out.write(line.encode())


_WRITERS: Final[dict[SheetForm, Callable[[Iterable[Mapping[str, Any]], IO[bytes]], None]]] = {
    SheetForm.CSV: _csv,
    SheetForm.XLSX: write_xlsx,
}
