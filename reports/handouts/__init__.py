"""Feedback to hand out, from the results of a run: one file a learner, and nothing else in it.

It goes to ``handouts`` in the reports folder, and replaces what was made for an earlier run.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import escape

from graders.names import file_stem
from graders.texts import strip_controls
from reports import feedback
from reports.files import NotWritten
from reports.gradebook import points_text
from reports.stored import read_book

FOLDER = "handouts"
BANNER = "SIMULATED"


@dataclass(frozen=True)
class Recipient:
    """One learner and their feedback."""

    learner: str
    name: str
    email: str
    total: str
    """Empty where there is none."""
    possible: str
    folder: Path
    """Of the learner's feedback alone."""

    @property
    def stem(self) -> str:
        return file_stem(self.learner)

    @property
    def page(self) -> Path:
        return self.folder / feedback.HTML

    @property
    def shown(self) -> str:
        """The name for people, on one line."""
        return strip_controls(self.name or self.learner)


@dataclass(frozen=True)
class HandOut:
    """All that can be handed out of one run."""

    reports: Path
    recipients: Sequence[Recipient]
    is_simulated: bool

    def place(self, name: str) -> Path:
        """Where to write a file or folder; a simulated run's is named so."""
        folder = self.reports / FOLDER
        return folder / (f"{BANNER}-{name}" if self.is_simulated else name)

    def empty_folder(self, name: str) -> Path:
        """A folder of that name without what was written for an earlier run."""
        folder = self.place(name)
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        return folder


def hand_out(reports: Path) -> HandOut:
    """What a run has for its learners. Raises InputProblems, and NotWritten without feedback."""
    book = read_book(reports)
    recipients = [
        Recipient(
            learner=learner,
            name=book.names[learner],
            email=book.emails.get(learner, ""),
            total=points_text(own.total),
            possible=points_text(own.possible),
            folder=reports / feedback.FOLDER / file_stem(learner),
        )
        for learner, own in book.grades.items()
    ]
    for recipient in recipients:
        _must_be_theirs(recipient)
    return HandOut(reports, recipients, book.is_simulated)


def _must_be_theirs(recipient: Recipient) -> None:
    """A page says in its last line for whom it is: no mix-up of folders hands out another's."""
    page = recipient.page
    is_plain = page.is_file() and not page.is_symlink() and not page.parent.is_symlink()
    owner = f"for <bdi>{escape(strip_controls(recipient.learner))}</bdi> only."
    if not is_plain or owner not in page.read_text(encoding="utf-8", errors="replace"):
        raise NotWritten(f"{page} is not the feedback of {recipient.learner}: grade again.")
