"""The folder of exports: a run's files replace those of an earlier run.

What was written is listed in the folder, so that only our own files are deleted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath

from graders.verdicts import Grade
from reports.exports import EXPORTS
from reports.exports.shape import Export, file_name, quoted_csv, text_cell
from reports.files import write_whole
from reports.grading_run import GradingRun

FOLDER = "exports"
LEFT_OUT = "left-out.csv"
_LIST = ".written.json"


def write(run: GradingRun, grades: Sequence[Grade]) -> list[tuple[str, Path]]:
    """Write what ``run.exports`` names and delete what earlier runs left. Raises OSError.

    Returns (label, path): each format with how many learners are in it, and the list of those who
    are not, with the reason.
    """
    folder = run.reports / FOLDER
    made = {name: EXPORTS[name](run, grades) for name in run.exports}
    texts = {file: text for export in made.values() for file, text in export.files.items()}
    missing = any(export.left_out for export in made.values()) or bool(made and run.odd_rows)
    if missing:
        texts[file_name(run, LEFT_OUT)] = "\ufeff" + _left_out(run, made)
    _replace(folder, texts)
    written = [
        (_label(name, export, len(grades)), place)
        for name, export in made.items()
        if (place := _place(folder, export))
    ]
    return written + ([("not exported", folder / file_name(run, LEFT_OUT))] if missing else [])


def _label(name: str, export: Export, learners: int) -> str:
    return f"for {name}: {learners - len(export.left_out)} of {learners}"


def _place(folder: Path, export: Export) -> Path | None:
    """The format's file, or the folder of its files; None where all learners are left out."""
    if len(export.files) == 1 and "/" not in next(iter(export.files)):
        return folder / next(iter(export.files))
    roots = Counter(PurePosixPath(file).parts[0] for file in export.files)
    return folder / roots.most_common(1)[0][0] if roots else None


def _left_out(run: GradingRun, made: Mapping[str, Export]) -> str:
    names = {learner.id: learner.name for learner in run.learners}
    rows = [
        [export, learner, names.get(learner, ""), why]
        for export, result in made.items()
        for learner, why in result.left_out.items()
    ]
    rows += [["all", "", "", row] for row in run.odd_rows]
    heading = ["export", "learner", "name", "reason"]
    return quoted_csv([heading, *([text_cell(cell) for cell in row] for row in rows)])


# --- replacing --------------------------------------------------------------------------------


def _replace(folder: Path, texts: Mapping[str, str]) -> None:
    former = _former(folder)
    if not former and not texts:
        return
    _note(folder, {*former, *texts})  # an aborted run leaves no unlisted file behind
    for file in former - set(texts):
        _delete(folder, file)
    for file, text in texts.items():
        write_whole(folder / file, text)
    if texts:
        _note(folder, texts)
    else:
        _delete(folder, _LIST)
        _delete_empty(folder)


def _note(folder: Path, files: Collection[str]) -> None:
    write_whole(folder / _LIST, json.dumps(sorted(files), indent=1) + "\n")


def _former(folder: Path) -> set[str]:
    """What an earlier run wrote; a list that is unreadable, or leads elsewhere, names nothing."""
    try:
        listed = json.loads((folder / _LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    names = listed if isinstance(listed, list) else []
    return {name for name in names if isinstance(name, str) and _is_inside(folder, name)}


def _is_inside(folder: Path, name: str) -> bool:
    path, root = (folder / name).resolve(), folder.resolve()
    return root in path.parents


def _delete(folder: Path, file: str) -> None:
    path = folder / file
    if path.is_file() or path.is_symlink():
        path.unlink()
    for parent in path.parents:
        if parent == folder or not _delete_empty(parent):
            return


def _delete_empty(folder: Path) -> bool:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        return True
    return False
