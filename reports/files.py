"""Files that are whole or not there: a reader never meets a half-written one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class NotWritten(Exception):
    """Why a report that was asked for is not there, in one sentence with its remedy.

    Only for what a run can do without: nothing else is lost by it, and no exit status follows.
    """


def write_whole(path: Path, text: str) -> Path:
    """Write ``text`` as UTF-8, without changing its line ends, and put it in place at once.

    What Unicode cannot encode (half a surrogate pair, from an answer of the cloud) is written as
    its escape. Raises OSError, and then leaves the former file as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", errors="backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(0o644)  # mkstemp makes it private; results are handed on
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return path


def history_of(reports: Path) -> Path:
    """The folder of what is kept from run to run: beside the reports folder, so that the runs of
    several of them continue one history."""
    return reports.absolute().parent / "history"


def could_not_write(what: str, error: OSError) -> str:
    """The sentence for an output that the disk did not take."""
    where = Path(str(error.filename or "the reports folder"))
    return (
        f"ERROR: {what} was not written: {error.strerror or error} ({where}). "
        "Close it where it is open, or choose another folder with --reports."
    )
