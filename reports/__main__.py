"""Work with the results of a run.

    python -m reports compare OLD NEW
    python -m reports merge DIR … --reports OUT
    python -m reports dispute LEARNER --key KEY
    python -m reports verify ARCHIVE --signer KEY.pub
    python -m reports report [FOLDER]
    python -m reports serve [FOLDER]
    python -m reports hand-out [FOLDER] --zips --moodle WORKSHEET --mail
    python -m reports forget LEARNER ... | --before DATE

``compare`` shows what differs between two runs (two reports folders), or what other points would
change (a reports folder and a lab file, or two lab files and ``--run``). A lab file then gives the
points. With ``--learners COHORT`` the run's evidence is judged again, so that the names and the
leniency in the lab file count too. Exit status: 0 if nothing differs, 1 if something does, 2 if an
input is wrong.

``merge`` grades a class whose parts were collected with ``--shard``. Exit status: as
``python -m graders judge``, but 2 if an input is wrong.

``dispute`` writes a signed archive with everything that one learner's grade rests on, and
``verify`` checks it offline. Exit status: 0, 1 if the archive is not valid, 2 if an input is wrong.

``report`` builds the Allure report of a run, and ``serve`` shows it in a browser on this machine.
Exit status: 0, or 2 if that is not possible.

``hand-out`` writes each learner's feedback for passing it on: as zip files, for Moodle, and as
mail. It sends nothing. Exit status: 0, 1 if a learner is left out, or 2.

``forget`` removes learners, or all that is older than a day (of UTC), from the results of a run
and from the history. Exit status: 0, 1 if a file still names a learner, or 2.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path

from graders.inputs.lab_file import read_lab_file
from graders.inputs.problems import InputProblems
from graders.snapshot import SnapshotError
from graders.texts import escape_log_commands
from reports import compare_terminal, dispute, handouts, merge
from reports.allure import builder, serve
from reports.claim import NotOurs
from reports.compare import compare
from reports.files import NotWritten, history_of, keep_private, write_whole
from reports.forgetting import Folders, forget, forget_before
from reports.handouts import mail, zips
from reports.stored import Book, read_book
from reports.stored_run import Inputs, grades_of_run, stored_run

OUT = Path(__file__).resolve().parent / "out"
"""Where runs write by default."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    given = _parser().parse_args(arguments)
    undo = keep_private()
    try:
        return int(given.run(given))
    except (InputProblems, NotOurs, NotWritten, SnapshotError) as problems:
        print(escape_log_commands(str(problems)), file=sys.stderr)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}.", file=sys.stderr)
    finally:
        undo()
    return 2


def _compare(given: argparse.Namespace) -> int:
    old, new = _books(given)
    comparison = compare(old, new)
    for line in compare_terminal.lines(comparison, old, new, everyone=given.all):
        print(escape_log_commands(line))
    if given.json:
        text = json.dumps(comparison.as_dict(), ensure_ascii=False, indent=1)
        try:
            write_whole(given.json, text + "\n")
        except OSError as error:
            raise NotWritten(f"{given.json}: cannot be written ({error.strerror}).") from None
    return 0 if comparison.is_empty else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reports",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "compare", help="show whose grade changes, by which check, and why"
    )
    command.add_argument("old", type=Path, metavar="OLD", help="reports folder, or a lab file")
    command.add_argument(
        "new", type=Path, metavar="NEW", help="another reports folder, or a lab file"
    )
    command.add_argument(
        "--run",
        type=Path,
        dest="run_of",
        default=OUT,
        metavar="DIR",
        help="reports folder to compare them on, if both sides are lab files",
    )
    command.add_argument(
        "--learners",
        type=Path,
        metavar="COHORT",
        help="cohort file: judge the evidence again by the lab file, not only its points",
    )
    command.add_argument("--all", action="store_true", help="list every learner")
    command.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the full comparison as JSON"
    )
    command.set_defaults(run=_compare)
    command = commands.add_parser("report", help="build the Allure report from a run's results")
    command.add_argument(
        "folder", type=Path, nargs="?", default=OUT, help="reports folder of a run"
    )
    command.add_argument(
        "--one-file", action="store_true", help="one self-contained page, for mailing"
    )
    command.set_defaults(run=_report)
    command = commands.add_parser("serve", help="serve a built Allure report on this machine")
    command.add_argument(
        "folder", type=Path, nargs="?", default=OUT, help="reports folder of a run"
    )
    command.add_argument("--port", type=int, default=0, help="default: any free port")
    command.set_defaults(run=_serve)
    _add_forget(commands.add_parser("forget", help="remove learners, or what is old, for good"))
    _add_hand_out(commands.add_parser("hand-out", help="write feedback to pass on to learners"))
    merge.add(commands)
    dispute.add(commands, OUT)
    return parser


def _add_hand_out(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("folder", type=Path, nargs="?", default=OUT, help="reports folder of a run")
    add("--zips", action="store_true", help="write one zip file for each learner")
    add(
        "--moodle",
        type=Path,
        metavar="WORKSHEET",
        help="write Moodle's zip of feedback files, by the grading worksheet exported from Moodle",
    )
    add("--mail", action="store_true", help="write .eml files and a table for a mail merge")
    add("--from", dest="sender", default="", metavar="ADDRESS", help="sender of the .eml files")
    command.set_defaults(run=_hand_out)


def _add_forget(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("learners", nargs="*", metavar="LEARNER", help="ids to remove everywhere")
    add("--before", type=_day, metavar="DATE", help="remove what is older, such as 2026-09-01")
    add("--reports", type=Path, default=OUT, metavar="DIR", help="reports folder of a run")
    add("--history", type=Path, metavar="DIR", help="default: history beside the reports folder")
    command.set_defaults(run=_forget)


def _day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time.min, UTC)
    except ValueError:
        problem = f"not a date (found `{text}`); write year, month and day, such as 2026-09-01"
        raise argparse.ArgumentTypeError(problem) from None


def _report(given: argparse.Namespace) -> int:
    for label, path in builder.build(given.folder, one_file=given.one_file).written:
        print(f"{label}: {path}")
    return 0


def _forget(given: argparse.Namespace) -> int:
    if bool(given.learners) == bool(given.before):
        raise NotWritten("Name the learners to remove, or --before DATE.")
    folders = Folders(given.reports, given.history or history_of(given.reports))
    if given.before:
        done = forget_before(folders, given.before)
    else:
        done = forget(folders, dict.fromkeys(given.learners))
    for line in done.lines:
        print(escape_log_commands(line))
    for path in done.mentions:
        print(escape_log_commands(f"{path} still names a learner: check it."), file=sys.stderr)
    print("Your cohort and decisions files are yours to change. Grade again to renew the page.")
    return 1 if done.mentions else 0


def _hand_out(given: argparse.Namespace) -> int:
    if not (given.zips or given.moodle or given.mail):
        raise NotWritten("Name what to write: --zips, --moodle WORKSHEET or --mail.")
    what = handouts.hand_out(given.folder)
    made = [zips.one_a_learner(what)] if given.zips else []
    made += [zips.for_moodle(what, given.moodle)] if given.moodle else []
    made += [mail.messages(what, given.sender), mail.merge_table(what)] if given.mail else []
    for path, _ in made:
        print(f"written: {path}")
    left_out = list(dict.fromkeys(sentence for _, sentences in made for sentence in sentences))
    for sentence in left_out:
        print(escape_log_commands(f"{sentence}."), file=sys.stderr)
    return 1 if left_out else 0


def _serve(given: argparse.Namespace) -> int:
    with serve.server(given.folder, given.port) as server, contextlib.suppress(KeyboardInterrupt):
        print(f"Allure report: {serve.address(server)} (Ctrl-C ends it)", flush=True)
        server.serve_forever()
    return 0


def _books(given: argparse.Namespace) -> tuple[Book, Book]:
    """Both sides; a lab file is the other's run, or that run, valued or judged by it."""
    sides = (given.old, given.new)
    folders = [path for path in sides if not _is_lab_file(path)]
    run = folders[0] if folders else given.run_of
    first, second = (
        _by(path, run, given.learners) if _is_lab_file(path) else read_book(path) for path in sides
    )
    return first, second


def _by(lab_file: Path, run: Path, cohort_file: Path | None) -> Book:
    """A run by a lab file: its verdicts with other points, or judged anew."""
    if cohort_file is None:
        return read_book(run).worth(read_lab_file(lab_file), str(lab_file))
    folder = run if run.is_dir() else run.parent
    judged = stored_run(Inputs(cohort_file, lab_file, folder / "evidence", folder))
    return Book.of(str(lab_file), *grades_of_run(judged))


def _is_lab_file(path: Path) -> bool:
    return path.suffix.casefold() == ".toml"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
