"""Which submission to Classroom 50 this run grades, as its runner's environment says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Submission:
    """What the runner tells of one submission; empty where it does not, as on anybody's machine."""

    classroom: str = ""
    assignment: str = ""
    tag: str = ""
    """``submit/…``, the tag of the graded commit."""
    commit: str = ""
    """Address of the graded commit's page, as ``release`` is of the submission's."""
    release: str = ""
    review: str = ""
    """Address of what the learner changed; the commit's where there is no other."""
    owner: str = ""
    """The login that the repository is named after; of a group, its founder's or ``group-N``."""
    kind: str = ""
    """``individual``, ``group`` or ``team``."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables that a result cannot do without and that are not set."""
        needed = {
            "CLASSROOM": self.classroom,
            "ASSIGNMENT": self.assignment,
            "SUBMISSION_TAG": self.tag,
            "COMMIT_URL": self.commit,
            "RELEASE_URL": self.release,
        }
        return tuple(name for name, value in needed.items() if not value)


def submission_of(environment: Mapping[str, str]) -> Submission:
    """What the runner's variables say, without the blanks around it.

    The runner holds classroom and assignment against its own, from which it cuts blanks too.
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
