"""Zip files of feedback: one a learner, or one for Moodle's "Upload multiple feedback files"."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from graders.inputs.problems import InputProblems, Problem
from graders.inputs.table import Row, Table, read_table
from reports import feedback
from reports.files import write_bytes
from reports.handouts import HandOut, Recipient

_PARTICIPANT = re.compile(r"\D*?([0-9]+)")
_NOT_IN_NAMES = re.compile(r"[_/\\:*?\"<>|]+")
_LONGEST = 60


def one_a_learner(given: HandOut) -> tuple[Path, list[str]]:
    """Write a zip for each learner: both pages of theirs. Returns the folder."""
    folder = given.empty_folder("zips")
    for recipient in given.recipients:
        pages = {
            name: (recipient.folder / name).read_bytes()
            for name in (feedback.HTML, feedback.MARKDOWN)
        }
        write_bytes(folder / f"{recipient.stem}.zip", _zipped(pages))
    return folder, []


def for_moodle(given: HandOut, worksheet: Path) -> tuple[Path, list[str]]:
    """Write the zip that Moodle sorts into an assignment's feedback files by participant.

    ``worksheet`` is the assignment's grading worksheet as exported: only it knows the participants'
    numbers. Returns the file, and a sentence for each learner who is not in the worksheet. Raises
    InputProblems for a row that is no learner of the run: Moodle would skip it without a word.
    Source: Moodle, ``mod/assign/feedback/file/importziplib.php``.
    """
    numbers = _participants(worksheet, given.recipients)
    pages = {
        f"{_folder_name(own)}_{numbers[own.learner]}_assignfeedback_file/{feedback.HTML}": (
            own.page.read_bytes()
        )
        for own in given.recipients
        if own.learner in numbers
    }
    missing = [
        f"{own.learner} is not in {worksheet.name}, and not in the zip"
        for own in given.recipients
        if own.learner not in numbers
    ]
    return write_bytes(given.place("moodle-feedback.zip"), _zipped(pages)), missing


def _folder_name(recipient: Recipient) -> str:
    """A name for people: Moodle reads the number after it, and takes ``_`` for a separator."""
    name = _NOT_IN_NAMES.sub(" ", recipient.shown)[:_LONGEST].strip(" .~")
    return name or "learner"


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """The same bytes for the same files: nothing of the machine or the time is in them."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, data)
    return stream.getvalue()


# --- Moodle's worksheet ---------------------------------------------------------------------------


def _participants(worksheet: Path, recipients: Sequence[Recipient]) -> Mapping[str, str]:
    """Learner -> number of the participant. Raises InputProblems with everything that is wrong."""
    table = read_table(worksheet, ())
    addresses = {own.email.casefold(): own.learner for own in recipients if own.email}
    column = _address_column(table, addresses)
    problems = [*table.problems, *_unmatched(table, column, addresses)]
    problems += _repeated(table, column) + _repeated(table, table.columns[0])
    if problems:
        raise InputProblems(sorted(problems, key=lambda problem: problem.row or 0))
    return {
        addresses[row.cells[column].casefold()]: _number(table, row)
        for row in table.rows
        if row.cells[column]
    }


def _address_column(table: Table, addresses: Mapping[str, str]) -> str:
    """The column with most of the run's e-mail addresses: its heading depends on the language."""

    def matches(column: str) -> int:
        return sum(row.cells[column].casefold() in addresses for row in table.rows)

    best = max(table.columns, key=matches)
    if matches(best):
        return best
    what = "no column has an e-mail address of a learner of this run"
    remedy = "let Moodle show e-mail addresses and export the worksheet again"
    raise InputProblems([Problem(table.file, what, remedy, row=table.heading_row)])


def _unmatched(table: Table, column: str, addresses: Mapping[str, str]) -> Iterator[Problem]:
    for row in table.rows:
        address = row.cells[column]
        if address.casefold() not in addresses:
            what = "no learner of this run has this e-mail address"
            remedy = "delete the row, or correct `email` in the cohort file and grade again"
            yield Problem(table.file, what, remedy, row.number, column, address)
        if not _number(table, row):
            what = "not the identifier of a participant"
            remedy = "export the grading worksheet from Moodle, and leave this column as it is"
            first = table.columns[0]
            yield Problem(table.file, what, remedy, row.number, first, row.cells[first])


def _number(table: Table, row: Row) -> str:
    """The number after the word for a participant, in whatever language; empty: there is none."""
    match = _PARTICIPANT.fullmatch(row.cells[table.columns[0]])
    return match[1] if match else ""


def _repeated(table: Table, column: str) -> list[Problem]:
    first: dict[str, int] = {}
    return [
        Problem(
            table.file,
            f"the same as in row {first[row.cells[column].casefold()]}",
            "keep one of the two rows",
            row.number,
            column,
            row.cells[column],
        )
        for row in _filled(table.rows, column)
        if first.setdefault(row.cells[column].casefold(), row.number) != row.number
    ]


def _filled(rows: Iterable[Row], column: str) -> Iterator[Row]:
    return (row for row in rows if row.cells[column])
