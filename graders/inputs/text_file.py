"""The text of a small input file, or the one problem that says why it is not readable text."""

from __future__ import annotations

from pathlib import Path

from graders.inputs.problems import InputProblems, Problem

LIMIT = 5_000_000
"""Bytes; some 20,000 learners with every column filled in."""

_NOT_TEXT = {
    b"PK\x03\x04": "an Excel workbook (.xlsx), not text",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls), not text",
    b"\xff\xfe": "UTF-16 text, not UTF-8",
    b"\xfe\xff": "UTF-16 text, not UTF-8",
}


def read_text(path: Path, remedy: str) -> str:
    """Read UTF-8 text, with or without byte order mark.

    ``remedy`` says how to save such a file correctly. Raises InputProblems when the path leads to
    no file, or to one that is too large or is not UTF-8 text.
    """
    data = _bytes(path)
    for magic, description in _NOT_TEXT.items():
        if data.startswith(magic):
            raise InputProblems([Problem(str(path), f"this is {description}", remedy)])
    if b"\0" in data:
        row = _row_of(data, data.index(b"\0"))
        description = "this is a NUL byte: the file is UTF-16, or not text"
        raise InputProblems([Problem(str(path), description, remedy, row=row)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        value = error.object[error.start : error.start + 1].hex()
        raise InputProblems(
            [
                Problem(
                    str(path),
                    "this byte is not valid UTF-8",
                    remedy,
                    row=_row_of(error.object, error.start),
                    value=f"0x{value}",
                )
            ]
        ) from None


def _bytes(path: Path) -> bytes:
    try:
        if path.is_file() and path.stat().st_size <= LIMIT:
            with path.open("rb") as file:
                data = file.read(LIMIT + 1)
            if len(data) <= LIMIT:
                return data
        raise InputProblems([_no_such_file(path)])
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path is not valid"
        message = f"cannot be read: {reason}"
        raise InputProblems(
            [Problem(str(path), message, "check the path and its permissions")]
        ) from None


def _no_such_file(path: Path) -> Problem:
    if path.is_file():
        value = f"{path.stat().st_size:,} bytes"
        message = f"the file is larger than {LIMIT:,} bytes"
        return Problem(str(path), message, "give the file of one class only", value=value)
    if path.is_dir():
        return Problem(str(path), "this is a folder", "give the path of the file in it")
    if path.exists():
        return Problem(str(path), "this is not a plain file", "give the path of a plain file")
    return Problem(str(path), "there is no such file", "check the path")


def _row_of(data: bytes, position: int) -> int:
    before = data[:position].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1
