"""When a repository may be believed missing, and which others have a similar name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from graders.evidence import ServiceName, Sighting, Unavailable
from graders.lab import Lab
from graders.names import near_misses
from graders.services.github.parsing import Membership, cannot_tell

_OWNER_WANTED = (
    "If it exists, make the grader's account an owner of the organisation, with a token that reads"
    " private repositories"
)


class FreeNames:
    """The repositories of an organisation that are no learner's, found by the number in a name.

    Made once for a class: each learner is compared with the few that may be meant.
    """

    def __init__(self, names: Iterable[str], cohort: Iterable[Lab]) -> None:
        taken = {name for lab in cohort for name in _folded(lab.repositories)}
        self._by_numbers: dict[frozenset[int], list[str]] = {}
        for name in names:
            if name.casefold() not in taken:
                numbers = frozenset(map(int, re.findall(r"\d+", name))) - {0}
                self._by_numbers.setdefault(numbers, []).append(name)

    def that_may_be_of(self, lab: Lab) -> Sequence[str]:
        """Those whose numbers fit this learner; who is graded today is not the whole class."""
        own = (frozenset[int](), frozenset({lab.learner.number}))
        return [name for numbers in own for name in self._by_numbers.get(numbers, ())]


@dataclass(frozen=True)
class Owner:
    """An organisation in which a repository is missing, as the grader's token sees it.

    ``names`` maps each repository of its list to whether it is private. ``is_app`` says that the
    token is a GitHub App's, which is never a member, and ``selection`` which repositories it was
    given (``all`` or ``selected``; empty where GitHub did not say). ``scopes`` are a classic
    token's. Nobody can ask what a fine-grained one was given.
    """

    login: str
    names: Mapping[str, bool] | Unavailable
    membership: Membership
    saw_private: bool
    is_app: bool
    selection: str
    is_fine_grained: bool
    scopes: Collection[str] | None
    sightings: tuple[Sighting, ...] = ()

    def doubt_about(self, lab: Lab) -> Unavailable | None:
        """Why a NOT_FOUND proves nothing; None when the repository really does not exist.

        GitHub also says NOT_FOUND of a private repository that the token may not see. So the
        organisation's list must have been read to its end, with a token that sees all of it or,
        where GitHub does not say that, was shown private repositories at least.
        """
        subject = f"repository {self.login}/{lab.repositories[0]}"
        if isinstance(self.names, Unavailable):
            return self.names
        accepted = _folded(lab.repositories)
        if any(name.casefold() in accepted for name in self.names):
            return cannot_tell(subject, "GitHub lists it but did not show it")
        if self.sees_all or (self.sees_all is None and self._saw_private()):
            return None
        return Unavailable(
            ServiceName.GITHUB, subject, "it is missing, or the token may not see it", _OWNER_WANTED
        )

    def free_names(self, cohort: Iterable[Lab]) -> FreeNames:
        """The names that are no learner's of the cohort."""
        return FreeNames(() if isinstance(self.names, Unavailable) else self.names, cohort)

    def similar_to(self, lab: Lab, free: FreeNames) -> tuple[str, ...]:
        """Names that are similar to an accepted one and no other learner's."""
        candidates = free.that_may_be_of(lab)
        near = [miss for name in lab.repositories for miss in near_misses(name, candidates)]
        return tuple(dict.fromkeys(name for name, _ in sorted(near, key=lambda miss: miss[1])))

    @property
    def sees_all(self) -> bool | None:
        """Whether the token sees every repository there is; None where GitHub does not say."""
        if self.is_app:
            return {"all": True, "selected": False}.get(self.selection)
        reads_private = self.scopes is None or "repo" in self.scopes
        sees_all = self.membership.administers and reads_private and not self.is_fine_grained
        return sees_all or None

    def _saw_private(self) -> bool:
        listed_private = not isinstance(self.names, Unavailable) and any(self.names.values())
        return (self.saw_private or listed_private) and (self.membership.is_member or self.is_app)


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}
