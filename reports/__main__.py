"""``python -m reports compare OLD NEW``: what a second look, or other points, would change.

OLD and NEW are reports folders of two runs. NEW can be a lab file too: then the verdicts of OLD are
valued by its points. (Another leniency or other names need judging: ``pytest --evidence … --lab …
--reports …``, and then compare the two folders.)

Exit status: 0 nothing differs, 1 something does, 2 an input is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from graders.lab import read_lab_file
from graders.problems import InputProblems
from reports import compare_page
from reports.compare import compare
from reports.files import write_whole
from reports.stored import Book, read_book


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    given = _parser().parse_args(arguments)
    try:
        old = read_book(given.old)
        new = _second(given.new, old)
    except InputProblems as problems:
        print(problems, file=sys.stderr)
        return 2
    found = compare(old, new)
    for line in compare_page.lines(found, old, new, everyone=given.all):
        print(line)
    if given.json:
        try:
            text = json.dumps(found.as_dict(), ensure_ascii=False, indent=1)
            write_whole(given.json, text + "\n")
        except OSError as error:
            print(f"{given.json}: it cannot be written ({error.strerror}).", file=sys.stderr)
            return 2
    return 0 if found.is_empty else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="compare")
    command = commands.add_parser("compare", help="who changes, by which check, and why")
    command.add_argument("old", type=Path, metavar="OLD", help="reports folder of a run")
    command.add_argument("new", type=Path, metavar="NEW", help="another one, or a lab file")
    command.add_argument("--all", action="store_true", help="every learner, however many")
    command.add_argument("--json", type=Path, metavar="FILE", help="write all of it there too")
    return parser


def _second(path: Path, old: Book) -> Book:
    if path.suffix.casefold() == ".toml":
        return old.worth(read_lab_file(path), str(path))
    return read_book(path)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
