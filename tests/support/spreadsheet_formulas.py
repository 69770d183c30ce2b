"""What a spreadsheet would run of a text file, however it cuts it into cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

_FORMULA = tuple("=+-@＝＋－＠\t\r")
_INVISIBLE = " \u00a0\ufeff\u200b"


def formulas(text: str) -> list[str]:
    """Every cell that begins like a formula, read with commas, semicolons and tabs."""
    return [cell for delimiter in ",;\t" for cell in _cells(text, delimiter) if _is_formula(cell)]


def _cells(text: str, delimiter: str) -> Iterator[str]:
    """Cells as the file means them, and cut at each delimiter as if there were no quotes."""
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        for cell in row:
            yield cell
            yield from cell.split(delimiter)


def _is_formula(cell: str) -> bool:
    return cell.strip(_INVISIBLE).startswith(_FORMULA) and not cell.isspace()
