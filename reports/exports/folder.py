"""The folder of exports: a run's files take the place of those an earlier run wrote.

What was written is listed in the folder, so that nothing is deleted but our own files.
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
    """Write what ``run.exports`` names and delete what is left of earlier runs. Raises OSError.

    Returns (what, where): each format with how many learners are in it, and the list of those who
    are not, with the reason.
    """
    folder = run.reports / FOLDER
    made = {name: EXPORTS[name](run, grades) for name in run.exports}
    texts = {file: text for one in made.values() for file, text in one.files.items()}
    missing = any(one.left_out for one in made.values())
    if missing:
        texts[file_name(run, LEFT_OUT)] = "\ufeff" + _left_out(run, made)
    _replace(folder, texts)
    told = [
        (_said(name, one, len(grades)), place)
        for name, one in made.items()
        if (place := _place(folder, one))
    ]
    return told + ([("not exported", folder / file_name(run, LEFT_OUT))] if missing else [])


def _said(name: str, one: Export, learners: int) -> str:
    return f"for {name}: {learners - len(one.left_out)} of {learners}"


def _place(folder: Path, one: Export) -> Path | None:
    """The format's file, or the folder of its files; None where everybody is left out."""
    if len(one.files) == 1 and "/" not in next(iter(one.files)):
        return folder / next(iter(one.files))
    roots = Counter(PurePosixPath(file).parts[0] for file in one.files)
    return folder / roots.most_common(1)[0][0] if roots else None


def _left_out(run: GradingRun, made: Mapping[str, Export]) -> str:
    names = {learner.id: learner.name for learner in run.learners}
    rows = [
        [export, learner, names.get(learner, ""), why]
        for export, one in made.items()
        for learner, why in one.left_out.items()
    ]
    heading = ["export", "learner", "name", "reason"]
    return quoted_csv([heading, *([text_cell(cell) for cell in row] for row in rows)])


# --- replacing --------------------------------------------------------------------------------


def _replace(folder: Path, texts: Mapping[str, str]) -> None:
    former = _former(folder)
    if not former and not texts:
        return
    _note(folder, {*former, *texts})  # a run that breaks off leaves nothing unknown behind
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
    """What an earlier run wrote; a list that cannot be read, or leads elsewhere, names nothing."""
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
