"""All labs of a class beside each other: what is another's, and whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from graders.evidence import Evidence
from graders.judging.ownership.artifacts import Listing, listings
from graders.judging.ownership.findings import Findings, Ownership
from graders.judging.ownership.locations import (
    all_of,
    index,
    place_of,
    project_of,
    seen,
    workspace_of,
)
from graders.judging.ownership.references import Pointers
from graders.judging.rules import project_in
from graders.lab import Lab
from graders.reasons import Mismatch, Relation

_NEVER = datetime.max.replace(tzinfo=UTC)


class Class:
    """All labs of a cohort beside each other."""

    def __init__(self, labs: Mapping[str, Lab], evidence: Mapping[str, Evidence]) -> None:
        self._labs = labs
        self._evidence = evidence
        self._found = {learner: Findings() for learner in labs}
        self._pointers = Pointers(labs)
        self._by_workspace = index(labs, lambda lab: [workspace_of(lab)])
        self._by_project = index(labs, lambda lab: [project_of(lab)])

    def compared(self) -> Mapping[str, Ownership]:
        listed = [one for learner in self._labs for one in self._listed(learner)]
        self._built_elsewhere(listed)
        self._listed_twice(listed)
        looked_at = self._evidence.keys()
        return {
            learner: own.frozen(len(looked_at - {learner})) for learner, own in self._found.items()
        }

    def _listed(self, learner: str) -> Sequence[Listing]:
        """One lab's things, and its pointers noted; a mistake of ours in it is that lab's alone."""
        found, lab = self._evidence.get(learner), self._labs[learner]
        if found is None:
            return ()
        try:
            self._point_elsewhere(lab, found)
            return list(listings(lab, found, partial(self._builder, lab)))
        except Exception as error:
            self._found[
                learner
            ].fault = f"a bug in the grader in comparing it ({type(error).__name__})"
            return ()

    def _builder(self, lab: Lab, tags: Mapping[str, str]) -> str:
        uri = tags.get(lab.sheet.tags.build_uri, "")
        learners = self._by_project.get(project_in(uri), ())
        return learners[0] if len(learners) == 1 else ""

    # --- what a learner's project points at -------------------------------------------------------

    def _point_elsewhere(self, lab: Lab, found: Evidence) -> None:
        """Values that name what is another's: they cost where they are compared, and here nothing.

        The instructor reads whose they are.
        """
        learner = lab.learner.id
        for one in self._pointers.of(lab, found):
            if one.whose and learner not in one.whose:
                self._found[learner].tell(one.about, one.said, Relation.IS_OF, one.whose)

    # --- what says that it was built in another's project -----------------------------------------

    def _built_elsewhere(self, listed: Sequence[Listing]) -> None:
        """A run of another's project: that project works in this workspace, or this is a copy."""
        for one in listed:
            if not one.builder or self._are_together(one.learner, one.builder):
                continue
            if self._works_in(one.builder, one.learner):
                if one.kind == "model":
                    self._found[one.learner].left_by_others.add(one.name)
                self._found[one.builder].borrowed["workspace"] = Mismatch(
                    "workspace", "your own", "resources that your pipelines created in another one"
                )
                both = (one.learner, one.builder)
                for learner in both:
                    self._found[learner].tell(one.about, str(one), Relation.MADE_BY, both)
            elif one.builder in self._evidence:
                self._is_anothers(one, one.builder, f"it says that {one.builder}'s CI made it")
            else:
                self._is_unclear(one, [one.builder], f"it says that {one.builder}'s CI made it")

    def _works_in(self, learner: str, other: str) -> bool:
        """Whether a learner's connection or variables lead into the other's workspace."""
        found, there = self._evidence.get(learner), workspace_of(self._labs[other])
        if found is None:
            return False
        targets = {
            place_of(one.subscription_id, one.resource_group, one.workspace)
            for one in seen(found.service_connections)
        }
        lab = self._labs[learner]
        names = lab.sheet.variable_group.variables
        for group in seen(found.variable_groups):
            own = map(group.variables.get, (names.resource_group, names.workspace_name))
            values = [(one.value or "").strip() for one in own if one]
            targets.add(place_of(lab.subscription_id, *values))
        return there in targets

    # --- what is listed in more than one lab ------------------------------------------------------

    def _listed_twice(self, listed: Sequence[Listing]) -> None:
        by_key: dict[str, list[Listing]] = {}
        for one in listed:
            if one.key:
                by_key.setdefault(one.key, []).append(one)
        for same in by_key.values():
            owner = self._owner(same)
            learners = dict.fromkeys(one.learner for one in same if not self._is_disowned(one))
            for one in same:
                others = [other for other in learners if not self._are_together(other, one.learner)]
                if not others:
                    continue
                if owner is None:
                    why = f"{all_of(others)} has it too, and nothing proves who had it first"
                    self._is_unclear(one, others, why)
                elif not self._are_together(one.learner, owner.learner):
                    here = "its tag names it here" if one.is_named_only else f"here {one.since}"
                    self._is_anothers(one, owner.learner, f"there {owner.since}, {here}")
                else:
                    found = self._found[one.learner]
                    found.tell(one.about, str(one), Relation.LISTED_BY, others)

    def _owner(self, same: Sequence[Listing]) -> Listing | None:
        """The listing in the lab where the thing itself stands; None where nothing proves which.

        A model names a training run by a tag, which can be written at any time: it proves nothing,
        nor does the date of the model. Of labs in which the thing itself stands, it is that of the
        first, by the service's own date, unless it was changed since another had it.
        """
        standing = [one for one in same if not one.is_named_only and not self._is_disowned(one)]
        ordered = sorted(standing, key=lambda one: one.at or _NEVER)
        if not ordered:
            return None
        first = ordered[0]
        rivals = [one.at for one in ordered if not self._are_together(one.learner, first.learner)]
        since = max(filter(None, (first.at, first.changed_at)), default=_NEVER)
        is_first = all(at is not None and at > since for at in rivals)
        return first if is_first else None

    def _is_disowned(self, one: Listing) -> bool:
        """Whether it says itself that another's project made it, which does not work here."""
        builder, learner = one.builder, one.learner
        is_anothers = bool(builder) and not self._are_together(learner, builder)
        return is_anothers and not self._works_in(builder, learner)

    def _is_anothers(self, one: Listing, owner: str, why: str) -> None:
        found = self._found[one.learner]
        if one.key:
            found.not_own[one.key] = one.resource
        found.borrowed[one.kind] = Mismatch(one.kind, "your own", "another learner's")
        found.tell(one.about, str(one), Relation.IS_OF, (owner,), why)

    def _is_unclear(self, one: Listing, others: Iterable[str], why: str) -> None:
        found = self._found[one.learner]
        if one.key not in found.not_own:
            found.unclear[one.kind] = None
            found.tell(one.about, str(one), Relation.UNCLEAR, others, why)

    def _are_together(self, one: str, other: str) -> bool:
        return one == other or workspace_of(self._labs[one]) == workspace_of(self._labs[other])
