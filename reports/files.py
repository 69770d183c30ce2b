"""Files that are complete or not there, and open to their owner only."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

OTHERS = 0o077
"""The rights of everyone but the owner. No result grants any: results hold learners' marks."""


class NotWritten(Exception):
    """Why a requested report is missing, in one sentence with its remedy.

    Only for what a run can do without: nothing else is lost by it, and no exit status follows.
    """


def write_whole(path: Path, text: str, *, is_synced: bool = True) -> Path:
    """Write ``text`` as UTF-8, without changing its line ends, and put it in place at once.

    ``is_synced``: wait until the disk has it; for thousands of small files that takes minutes.

    What Unicode cannot encode (half a surrogate pair, from an answer of the cloud) is written as
    its escape. Raises OSError, and then leaves the former file unchanged.
    """
    return _write(path, (_encoded(text),), is_synced=is_synced)


def write_parts(path: Path, texts: Iterable[str]) -> Path:
    """The same for a text in parts, which are never in memory together."""
    return _write(path, map(_encoded, texts))


def write_bytes(path: Path, data: bytes) -> Path:
    """The same for bytes."""
    return _write(path, (data,))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", errors="backslashreplace")


def _write(path: Path, parts: Iterable[bytes], *, is_synced: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
            file.flush()
            if is_synced:
                os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return path


def keep_private() -> Callable[[], None]:
    """Let only the owner open what this process and its children write from now on.

    A stricter umask is kept. Returns a function that undoes it.
    """
    former = os.umask(OTHERS)  # it cannot be read without setting it
    os.umask(former | OTHERS)

    def undo() -> None:
        os.umask(former)

    return undo


def narrow(*paths: Path) -> None:
    """Remove everyone else's rights from existing files: neither a umask nor ``replace`` does.

    An earlier version made its results readable for all, and some programs copy a file with its
    rights.
    """
    for path in paths:
        with contextlib.suppress(OSError):  # it is not there, or it is not ours
            if is_open(path):
                path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~OTHERS)


def is_open(path: Path) -> bool:
    """Whether others have any right to it; False for a link. Raises OSError."""
    return not path.is_symlink() and bool(path.lstat().st_mode & OTHERS)


def history_of(reports: Path) -> Path:
    """The folder of what is kept from run to run: beside the reports folder, so that the runs of
    several of them continue one history.
    """
    return reports.absolute().parent / "history"


def could_not_write(output: str, error: OSError, option: str = "--reports") -> str:
    """The sentence for an output that the disk refused; ``option`` names its folder."""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    first = "Free some space" if is_full else "Close it where it is open"
    where = Path(str(error.filename or "the reports folder"))
    return (
        f"ERROR: {output} was not written: {error.strerror or error} ({where}). "
        f"{first}, or choose another folder with {option}."
    )
