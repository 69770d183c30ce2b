"""Compares all labs of a class: what is another learner's, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from graders.evidence import Evidence
from graders.judging.ownership.artifacts import Listing, listings
from graders.judging.ownership.findings import Findings, Ownership
from graders.judging.ownership.locations import (
    Named,
    Sharers,
    index,
    place_of,
    project_of,
    visible,
    workspace_of,
)
from graders.judging.ownership.references import Pointers
from graders.judging.rules import project_in
from graders.judging.time_limit import SECONDS, OutOfTime, limited
from graders.lab import Lab
from graders.reasons import Mismatch, Relation
from graders.urls import parameters_of

_NEVER = datetime.max.replace(tzinfo=UTC)


class Class:
    """All labs of a cohort, to be compared."""

    def __init__(self, labs: Mapping[str, Lab], evidence: Mapping[str, Evidence]) -> None:
        self._labs = labs
        self._evidence = evidence
        self._found = {learner: Findings() for learner in labs}
        self._pointers = Pointers(labs)
        self._runs: dict[str, frozenset[str]] = {}
        self._targets: dict[str, frozenset[str]] = {}
        self._workspaces = {learner: workspace_of(lab) for learner, lab in labs.items()}
        self._by_project = index(labs, lambda lab: [project_of(lab)])

    def compared(self) -> Mapping[str, Ownership]:
        listed = [listing for learner in self._labs for listing in self._listed(learner)]
        self._built_elsewhere(listed)
        self._listed_twice(listed)
        self._similar_repositories()
        looked_at = self._evidence.keys()
        return {
            learner: own.frozen(len(looked_at) - (learner in looked_at))
            for learner, own in self._found.items()
        }

    def _listed(self, learner: str) -> Sequence[Listing]:
        """One lab's resources, and its pointers noted; a mistake of ours affects that lab alone."""
        evidence, lab = self._evidence.get(learner), self._labs[learner]
        if evidence is None:
            return ()
        try:
            with limited(SECONDS):
                self._point_elsewhere(lab, evidence)
                return list(listings(lab, evidence, partial(self._builder, lab)))
        except OutOfTime:
            self._found[learner].fault = f"comparing it took more than {SECONDS:g} seconds"
        except Exception as error:
            fault = f"a bug in the grader in comparing it ({type(error).__name__})"
            self._found[learner].fault = fault
        return ()

    def _builder(self, lab: Lab, tags: Mapping[str, str]) -> str:
        """The learner whose project tags name; empty: nobody's, or by an earlier name the own one.

        A run's id is unique in its organisation, and it stands in one project, whatever its name.
        """
        uri = tags.get(lab.sheet.tags.build_uri, "")
        organization, _, _ = (project := project_in(uri)).partition("/")
        named = parameters_of(uri).get("buildId", [""])
        is_here = organization == lab.organization.casefold()
        if is_here and self._runs_of(lab.learner.id).issuperset(named):
            return ""
        learners = self._by_project.get(project, ())
        return next(iter(learners)) if len(learners) == 1 else ""

    def _runs_of(self, learner: str) -> frozenset[str]:
        """The ids of all runs in a learner's project."""
        if learner not in self._runs:
            evidence = self._evidence[learner]
            runs = (*visible(evidence.runs), *evidence.deleted_runs)
            self._runs[learner] = frozenset(str(run.id) for run in runs)
        return self._runs[learner]

    # --- what a learner's project points at -------------------------------------------------------

    def _point_elsewhere(self, lab: Lab, evidence: Evidence) -> None:
        """Note values that name what is another's; the check that compares them takes the points.

        The instructor reads whose they are.
        """
        learner = lab.learner.id
        for pointer in self._pointers.of(lab, evidence):
            if pointer.owners and learner not in pointer.owners:
                self._found[learner].add_note(
                    pointer.about, pointer.text, Relation.IS_OF, Named.of(pointer.owners)
                )

    # --- what says that it was built in another's project -----------------------------------------

    def _built_elsewhere(self, listed: Sequence[Listing]) -> None:
        """A run of another's project: that project works in this workspace, or this is a copy."""
        for listing in listed:
            if not listing.builder or self._are_together(listing.learner, listing.builder):
                continue
            if self._works_in(listing.builder, listing.learner):
                if listing.kind == "model":
                    self._found[listing.learner].left_by_others.add(listing.name)
                self._found[listing.builder].borrowed["workspace"] = Mismatch(
                    "workspace",
                    "your own",
                    "resources that your pipelines created in another one",
                )
                both = (listing.learner, listing.builder)
                for learner in both:
                    self._found[learner].add_note(
                        listing.about, str(listing), Relation.MADE_BY, Named(both)
                    )
                continue
            why = f"its tags say that {listing.builder}'s CI made it"
            if listing.builder in self._evidence and not listing.is_rooted:
                self._is_anothers(listing, listing.builder, why)
            else:
                self._is_unclear(listing, Named((listing.builder,)), why)

    def _works_in(self, learner: str, other: str) -> bool:
        """Whether a learner's connection or variables lead into the other's workspace."""
        if learner not in self._targets:
            self._targets[learner] = self._targets_of(learner)
        return self._workspaces[other] in self._targets[learner]

    def _targets_of(self, learner: str) -> frozenset[str]:
        """The workspaces that a learner's connections and variables lead to."""
        evidence = self._evidence.get(learner)
        if evidence is None:
            return frozenset()
        targets = {
            place_of(connection.subscription_id, connection.resource_group, connection.workspace)
            for connection in visible(evidence.service_connections)
        }
        lab = self._labs[learner]
        names = lab.sheet.variable_group.variables
        for group in visible(evidence.variable_groups):
            own = map(group.variables.get, (names.resource_group, names.workspace_name))
            values = [(variable.value or "").strip() for variable in own if variable]
            targets.add(place_of(lab.subscription_id, *values))
        return frozenset(targets)

    # --- what is listed in more than one lab ------------------------------------------------------

    def _listed_twice(self, listed: Sequence[Listing]) -> None:
        by_key: dict[str, list[Listing]] = {}
        for listing in listed:
            if listing.key:
                by_key.setdefault(listing.key, []).append(listing)
        for same in by_key.values():
            owner = self._owner(same)
            having = (entry.learner for entry in same if not self._is_disowned(entry))
            sharers = Sharers(having, self._workspaces)
            for listing in same:
                others = sharers.apart_from(listing.learner)
                if not others:
                    continue
                if owner is None:
                    why = f"{others} has it too, and nothing proves who had it first"
                    self._is_unclear(listing, others, why)
                elif not self._are_together(listing.learner, owner.learner):
                    here = (
                        "its tag names it here"
                        if listing.is_named_only
                        else f"here {listing.since}"
                    )
                    self._is_anothers(listing, owner.learner, f"there {owner.since}, {here}")
                else:
                    findings = self._found[listing.learner]
                    findings.add_note(listing.about, str(listing), Relation.LISTED_BY, others)

    # --- what has a similar name ------------------------------------------------------------------

    def _similar_repositories(self) -> None:
        """Note similar names that are not surely meant: another's pipelines build that repository.

        Where it is similar to the names of several learners, it is whose pipelines build it.
        """
        built = index(self._labs, lambda lab: self._built(lab.learner.id))
        similar = index(self._labs, lambda lab: self._similar(lab).values())
        sharers = {
            place: Sharers(built.get(place, learners), self._workspaces)
            for place, learners in similar.items()
        }
        for learner, lab in self._labs.items():
            for name, place in self._similar(lab).items():
                if sharers[place].apart_from(learner):
                    self._found[learner].not_meant.add(name)

    def _built(self, learner: str) -> set[str]:
        evidence = self._evidence.get(learner)
        listed = visible(evidence.pipelines) if evidence else ()
        return {place_of(pipeline.repository_name) for pipeline in listed}

    def _similar(self, lab: Lab) -> Mapping[str, str]:
        """Name -> place of each repository with a similar name."""
        evidence = self._evidence.get(lab.learner.id)
        names = evidence.similar_repositories if evidence else ()
        return {name: place_of(lab.github_owner, name) for name in names}

    def _owner(self, same: Sequence[Listing]) -> Listing | None:
        """The listing in the lab that has the resource itself; None where nothing proves which.

        A model names a training run by a tag, which can be written at any time: it proves nothing,
        nor does the date of the model. Of labs that have the resource itself, it is that of the
        first, by the service's own date, unless it was changed since another had it.
        """
        present = [
            listing
            for listing in same
            if not listing.is_named_only and not self._is_disowned(listing)
        ]
        ordered = sorted(present, key=lambda listing: listing.at or _NEVER)
        if not ordered:
            return None
        first = ordered[0]
        rivals = [
            listing.at
            for listing in ordered
            if not self._are_together(listing.learner, first.learner)
        ]
        since = max(filter(None, (first.at, first.changed_at)), default=_NEVER)
        is_first = all(at is not None and at > since for at in rivals)
        return first if is_first else None

    def _is_disowned(self, listing: Listing) -> bool:
        """Whether only its tags speak, and name another's project, which does not work here."""
        builder, learner = listing.builder, listing.learner
        if not builder or listing.is_rooted:
            return False
        is_anothers = not self._are_together(learner, builder)
        return is_anothers and not self._works_in(builder, learner)

    def _is_anothers(self, listing: Listing, owner: str, why: str) -> None:
        findings = self._found[listing.learner]
        if listing.key:
            findings.not_own[listing.key] = listing.resource
        findings.borrowed[listing.kind] = Mismatch(listing.kind, "your own", "another learner's")
        findings.add_note(listing.about, str(listing), Relation.IS_OF, Named((owner,)), why)

    def _is_unclear(self, listing: Listing, others: Named, why: str) -> None:
        findings = self._found[listing.learner]
        if listing.key not in findings.not_own:
            findings.unclear[listing.kind] = None
            findings.add_note(listing.about, str(listing), Relation.UNCLEAR, others, why)

    def _are_together(self, learner: str, other: str) -> bool:
        return self._workspaces[learner] == self._workspaces[other]
