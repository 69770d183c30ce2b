"""Compares all labs of a class: which resources belong to another learner, and to whom.

Labs are added one by one. Only what is compared is kept of each, not its evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from graders.evidence import Evidence
from graders.judging.ownership.artifacts import BuilderOf, Listing, listings
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
from graders.judging.ownership.references import References
from graders.judging.rules import project_in
from graders.judging.time_limit import SECONDS, OutOfTime, limited
from graders.lab import Lab
from graders.reasons import Mismatch, Relation
from graders.urls import parameters_of

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _LabFacts:
    """The facts of one lab that are compared with the others."""

    listed: Sequence[Listing] = ()
    targets: frozenset[str] = frozenset()
    """The workspaces that its connections and variables lead to."""
    built: frozenset[str] = frozenset()
    """The places of the repositories that its pipelines build."""
    similar: Mapping[str, str] = field(default_factory=dict)
    """Name -> place of each repository with a similar name."""


class CohortComparison:
    """All labs of a cohort, to be compared."""

    def __init__(self, labs: Iterable[Lab]) -> None:
        self._labs = {lab.learner.id: lab for lab in labs}
        self._found = {learner: Findings() for learner in self._labs}
        self._facts: dict[str, _LabFacts] = {}
        self._references = References(self._labs)
        self._workspaces = {learner: workspace_of(lab) for learner, lab in self._labs.items()}
        self._by_project = index(self._labs, lambda lab: [project_of(lab)])

    def add(self, learner: str, evidence: Evidence) -> None:
        """Keep the facts of one lab that are compared; a bug of ours affects that lab alone."""
        lab = self._labs[learner]
        try:
            with limited(SECONDS):
                self._facts[learner] = facts = self._without_listings(lab, evidence)
                self._note_references(lab, evidence)
                listed = tuple(listings(lab, evidence, self._builder_for(lab, evidence)))
                self._facts[learner] = replace(facts, listed=listed)
        except OutOfTime:
            self._found[learner].fault = f"comparing it took more than {SECONDS:g} seconds"
        except Exception as error:
            fault = f"a bug in the grader in comparing it ({type(error).__name__})"
            self._found[learner].fault = fault

    def result(self) -> Mapping[str, Ownership]:
        """Ownership by learner, once all labs are added."""
        try:
            self._compare()
            return {
                learner: own.frozen(len(self._facts) - (learner in self._facts))
                for learner, own in self._found.items()
            }
        except Exception as error:  # no verdict depends on comparing the class
            fault = f"a bug in the grader in comparing the class ({type(error).__name__})"
            return {learner: Ownership(fault=fault) for learner in self._labs}

    def _compare(self) -> None:
        known = [self._facts[learner] for learner in self._labs if learner in self._facts]
        listed = [listing for facts in known for listing in facts.listed]
        self._built_elsewhere(listed)
        self._listed_twice(listed)
        self._similar_repositories()

    def _without_listings(self, lab: Lab, evidence: Evidence) -> _LabFacts:
        """What can prove others' work: a bug in listing this lab's resources must not lose it."""
        pipelines = visible(evidence.pipelines)
        return _LabFacts(
            targets=self._targets_of(lab, evidence),
            built=frozenset(place_of(pipeline.repository_name) for pipeline in pipelines),
            similar={
                name: place_of(lab.github_owner, name) for name in evidence.similar_repositories
            },
        )

    def _builder_for(self, lab: Lab, evidence: Evidence) -> BuilderOf:
        runs = (*visible(evidence.runs), *visible(evidence.deleted_runs))
        return partial(self._builder, lab, frozenset(str(run.id) for run in runs))

    def _builder(self, lab: Lab, runs: frozenset[str], tags: Mapping[str, str]) -> str:
        """The learner in whose project it was built, by its tags.

        Empty where the tags name no learner's project, or the learner's own by an earlier name: a
        run's id is unique in its organisation, and ``runs`` are those of the learner's own project.
        """
        uri = tags.get(lab.sheet.tags.build_uri)
        if not uri:
            return ""
        project, named = project_in(uri), parameters_of(uri).get("buildId")
        is_here = project.startswith(f"{lab.organization.casefold()}/")
        if is_here and named and runs.issuperset(named):
            return ""
        learners = self._by_project.get(project, ())
        return next(iter(learners)) if len(learners) == 1 else ""

    # --- what a learner's project refers to -------------------------------------------------------

    def _note_references(self, lab: Lab, evidence: Evidence) -> None:
        """Note values that name another learner's resource, for the instructor to read.

        The check that compares these values takes the points.
        """
        learner = lab.learner.id
        for reference in self._references.of(lab, evidence):
            if learner not in reference.owners:
                self._found[learner].add_note(
                    reference.about, reference.text, Relation.IS_OF, Named.of(reference.owners)
                )

    # --- what says that it was built in another's project -----------------------------------------

    def _built_elsewhere(self, listed: Sequence[Listing]) -> None:
        """A run of another's project: either it works in this workspace, or this is a copy."""
        for listing in listed:
            if not listing.builder or self._are_together(listing.learner, listing.builder):
                continue
            why = f"its tags say that {listing.builder}'s CI made it"
            if self._works_in(listing.builder, listing.learner):
                if listing.kind == "model":
                    self._found[listing.learner].left_by_others.add(listing.name)
                elsewhere = "resources that your pipelines created in another one"
                taken = Mismatch("workspace", "your own", elsewhere)
                self._found[listing.builder].borrowed.setdefault(taken)
                both = (listing.learner, listing.builder)
                for learner in both:
                    self._found[learner].add_note(
                        listing.about, str(listing), Relation.MADE_BY, Named(both)
                    )
            elif listing.builder in self._facts and not listing.is_rooted:
                self._is_anothers(listing, listing.builder, why)
            else:
                self._is_unclear(listing, Named((listing.builder,)), why)

    def _works_in(self, learner: str, other: str) -> bool:
        """Whether a learner's connection or variables lead into the other's workspace."""
        facts = self._facts.get(learner)
        return facts is not None and self._workspaces[other] in facts.targets

    def _targets_of(self, lab: Lab, evidence: Evidence) -> frozenset[str]:
        targets = {
            place_of(connection.subscription_id, connection.resource_group, connection.workspace)
            for connection in visible(evidence.service_connections)
        }
        names = lab.sheet.variable_group.variables
        for group in visible(evidence.variable_groups):
            own = map(group.variables.get, (names.resource_group, names.workspace_name))
            values = [variable.value.strip() for variable in own if variable and variable.value]
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
        """Note similar names that may not be meant: another's pipelines build that repository.

        A name that is similar to those of several learners belongs to whoever's pipelines build it.
        """
        built = index(self._facts, lambda facts: facts.built)
        similar = index(self._facts, lambda facts: facts.similar.values())
        sharers = {
            place: Sharers(built.get(place, learners), self._workspaces)
            for place, learners in similar.items()
        }
        for learner, facts in self._facts.items():
            for name, place in facts.similar.items():
                if sharers[place].apart_from(learner):
                    self._found[learner].not_meant.add(name)

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
        known = [time for time in (first.at, first.changed_at) if time]
        is_first = all(at is not None and at > max(known) for at in rivals)
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
        findings.borrowed.setdefault(Mismatch(listing.kind, "your own", "another learner's"))
        findings.add_note(listing.about, str(listing), Relation.IS_OF, Named((owner,)), why)

    def _is_unclear(self, listing: Listing, others: Named, why: str) -> None:
        findings = self._found[listing.learner]
        if listing.key not in findings.not_own:
            findings.unclear.setdefault(listing.kind)
            findings.add_note(listing.about, str(listing), Relation.UNCLEAR, others, why)

    def _are_together(self, learner: str, other: str) -> bool:
        return self._workspaces[learner] == self._workspaces[other]
