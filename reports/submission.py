"""The submission to Classroom 50 that this run grades, by its runner's environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Submission:
    """The runner's facts of one submission; empty ones are not set, as on other machines."""

    classroom: str = ""
    assignment: str = ""
    tag: str = ""
    """``submit/…``, the tag of the graded commit."""
    commit: str = ""
    """Address of the graded commit's page; ``release`` is the submission's."""
    release: str = ""
    review: str = ""
    """Address of what the learner changed; the commit's where there is no other."""
    owner: str = ""
    """The login that the repository is named after; for a group, its founder's or ``group-N``."""
    kind: str = ""
    """``individual``, ``group`` or ``team``."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables that a result needs and that are not set."""
        needed = {
            "CLASSROOM": self.classroom,
            "ASSIGNMENT": self.assignment,
            "SUBMISSION_TAG": self.tag,
            "COMMIT_URL": self.commit,
            "RELEASE_URL": self.release,
        }
        return tuple(name for name, value in needed.items() if not value)


def submission_of(environment: Mapping[str, str]) -> Submission:
    """The runner's variables, without the blanks around them.

    The runner compares classroom and assignment with its own, from which it strips blanks too.
    """
    given = {name: value.strip() for name, value in environment.items()}
    return Submission(
        classroom=given.get("CLASSROOM", ""),
        assignment=given.get("ASSIGNMENT", ""),
        tag=given.get("SUBMISSION_TAG", ""),
        commit=given.get("COMMIT_URL", ""),
        release=given.get("RELEASE_URL", ""),
        review=given.get("REVIEW_URL", "") or given.get("COMMIT_URL", ""),
        owner=given.get("OWNER", "") or given.get("USERNAME", ""),
        kind=given.get("ASSIGNMENT_TYPE", ""),
    )
