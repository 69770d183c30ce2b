"""Whose work it is: what stands in the labs of more than one learner, and whose it was first.

Only what a lab makes anew for each learner is compared: addresses of endpoints, ids of training
runs and published pipelines, and the builds that models and training runs say they come from. What
the template makes common to all (files, trees, variable names, metrics) proves nothing.

A thing belongs to the learner whose own project it names; else to the one in whose lab it came
about first. Where neither tells, nobody loses it. Who shares a workspace by the cohort file works
together, and borrows nothing from the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlsplit

from graders.evidence import (
    Endpoint,
    Evidence,
    Model,
    PublishedPipeline,
    TrainingRun,
    Unavailable,
)
from graders.lab import Lab
from graders.rules import Mismatch, project_in

T = TypeVar("T")
_ListedT = TypeVar("_ListedT")

_USER = re.compile(r"user(\d+)(?!\d)", re.IGNORECASE)
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Custody:
    """What of one learner's lab is not, or not surely, the learner's own."""

    borrowed: tuple[Mismatch, ...] = ()
    """In words for the learner: they never say whose it is."""
    others: int = 0
    """How many labs it was compared with."""
    unclear: tuple[str, ...] = ()
    """Kinds of things that another lab has too, where nothing tells who had them first."""
    not_own: Mapping[str, str] = field(default_factory=dict)
    """Key (:func:`key_of`) -> name of each thing that is another's."""
    left_by_others: frozenset[str] = frozenset()
    """``name:version`` of models that another learner's pipelines put into this workspace."""
    for_instructor: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Whose it is, by what it is about: a variable in lower case, ``workspace_connection``,
    ``ci_source``, ``cd_source``, ``endpoints``, ``registered_models``, ``training_runs``,
    ``published_pipelines``; and all of it under ``own_work``."""


def custody(labs: Iterable[Lab], evidence: Mapping[str, Evidence]) -> Mapping[str, Custody]:
    """Compare all labs of a class; ``evidence`` by learner, of those that were looked at."""
    return _Class({lab.learner.id: lab for lab in labs}, evidence).compared()


def own_part(evidence: Evidence, found: Custody) -> Evidence:
    """The evidence without what is another's."""
    if not found.not_own:
        return evidence
    return replace(
        evidence,
        training_runs=_kept(evidence.training_runs, found),
        models=_kept(evidence.models, found),
        published_pipelines=_kept(evidence.published_pipelines, found),
        endpoints=_kept(evidence.endpoints, found),
    )


def key_of(thing: Endpoint | TrainingRun | PublishedPipeline | Model) -> str:
    """What tells one thing from every other, wherever it is listed; empty: nothing does.

    A model is as good as the training run that it says it comes from. Only GUIDs are nobody else's:
    two honest learners may well have a run called ``local``.
    """
    if isinstance(thing, Endpoint):
        address = urlsplit(thing.scoring_uri)
        return f"{address.netloc}{address.path}".casefold()
    identifier = thing.tags.get("run_id", "") if isinstance(thing, Model) else thing.id
    return identifier.casefold() if _GUID.fullmatch(identifier) else ""


@dataclass(frozen=True)
class _Listing:
    """A thing as one learner's lab lists it."""

    about: str
    kind: str
    name: str
    key: str
    learner: str
    at: datetime | None
    builder: str
    """The learner whose project it says it was built in; empty: it says nothing, or nobody's."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def since(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} UTC" if self.at else "an unknown time"


@dataclass
class _Findings:
    """One learner's custody in the making."""

    borrowed: dict[str, Mismatch] = field(default_factory=dict)
    unclear: dict[str, None] = field(default_factory=dict)
    not_own: dict[str, str] = field(default_factory=dict)
    left_by_others: set[str] = field(default_factory=set)
    told: dict[str, dict[str, None]] = field(default_factory=dict)

    def tell(self, about: str, text: str) -> None:
        for subject in (about, "own_work"):
            self.told.setdefault(subject, {})[text] = None

    def frozen(self, others: int) -> Custody:
        return Custody(
            tuple(self.borrowed.values()),
            others,
            tuple(self.unclear),
            self.not_own,
            frozenset(self.left_by_others),
            {about: tuple(texts) for about, texts in self.told.items()},
        )


class _Class:
    """All labs of a cohort beside each other."""

    def __init__(self, labs: Mapping[str, Lab], evidence: Mapping[str, Evidence]) -> None:
        self._labs = labs
        self._evidence = evidence
        self._found = {learner: _Findings() for learner in labs}
        self._by_workspace = _index(labs, lambda lab: [_workspace_of(lab)])
        self._by_project = _index(labs, lambda lab: [_project_of(lab)])

    def compared(self) -> Mapping[str, Custody]:
        listings = [one for lab in self._labs.values() for one in self._listings(lab)]
        self._point_elsewhere()
        self._built_elsewhere(listings)
        self._listed_twice(listings)
        looked_at = self._evidence.keys()
        return {
            learner: found.frozen(len(looked_at - {learner}))
            for learner, found in self._found.items()
        }

    def _listings(self, lab: Lab) -> Iterator[_Listing]:
        """The lab's own things, as far as they could be seen."""
        found = self._evidence.get(lab.learner.id)
        if found is None:
            return
        who = lab.learner.id
        for run in _tuple(found.training_runs):
            at, builder = run.ended_at, self._builder(run.tags)
            yield _Listing("training_runs", "training run", run.id, key_of(run), who, at, builder)
        for model in _tuple(found.models):
            if model.name == lab.model and model.version:
                name, at = f"{model.name}:{model.version}", model.created_at
                builder = self._builder(model.tags)
                yield _Listing("registered_models", "model", name, key_of(model), who, at, builder)
        for one in _tuple(found.published_pipelines):
            name, at, kind = one.name, one.created_at, "published pipeline"
            yield _Listing("published_pipelines", kind, name, key_of(one), who, at, "")
        for endpoint in _tuple(found.endpoints):
            name, at = endpoint.name, endpoint.created_at
            yield _Listing("endpoints", "endpoint", name, key_of(endpoint), who, at, "")

    def _builder(self, tags: Mapping[str, str]) -> str:
        learners = self._by_project.get(project_in(tags.get("BuildUri", "")), ())
        return learners[0] if len(learners) == 1 else ""

    # --- what a learner's project points at -------------------------------------------------------

    def _point_elsewhere(self) -> None:
        """Values that name what is another's: they cost where they are compared, and here nothing.

        The instructor reads whose they are.
        """
        of_group = _index(self._labs, lambda lab: [lab.resource_group.casefold()])
        of_name = _index(self._labs, lambda lab: [lab.workspace.casefold()])
        of_number = _index(self._labs, lambda lab: [str(lab.learner.number)])
        of_repository = _index(self._labs, lambda lab: [*_repositories_of(lab)])
        for learner, found in self._evidence.items():
            lab = self._labs[learner]
            for group in _tuple(found.variable_groups):
                if group.name != lab.variable_group:
                    continue
                values = {name: one.value or "" for name, one in group.variables.items()}
                user = _USER.search(values.get("BASE_NAME", ""))
                pointers = (
                    ("BASE_NAME", of_number, user[1] if user else ""),
                    ("RESOURCE_GROUP", of_group, values.get("RESOURCE_GROUP", "").strip()),
                    ("WORKSPACE_NAME", of_name, values.get("WORKSPACE_NAME", "").strip()),
                )
                for name, index, value in pointers:
                    said = f"{name} `{values.get(name, '')}`"
                    self._point(lab, name.lower(), said, index.get(value.casefold(), ()))
            for one in _tuple(found.service_connections):
                if one.name == lab.service_connection:
                    target = _key(one.subscription_id, one.resource_group, one.workspace)
                    said = f"the connection's workspace `{one.workspace}`"
                    whose = self._by_workspace.get(target, ())
                    self._point(lab, "workspace_connection", said, whose)
            for pipeline in _tuple(found.pipelines):
                about = {lab.ci_pipeline: "ci_source", lab.cd_pipeline: "cd_source"}
                if pipeline.name in about:
                    whose = of_repository.get(pipeline.repository_name.casefold(), ())
                    said = f"the repository `{pipeline.repository_name}` of {pipeline.name}"
                    self._point(lab, about[pipeline.name], said, whose)

    def _point(self, lab: Lab, about: str, what: str, whose: Sequence[str]) -> None:
        if whose and lab.learner.id not in whose:
            self._found[lab.learner.id].tell(about, f"{what} is {_all(whose)}'s")

    # --- what says that it was built in another's project -----------------------------------------

    def _built_elsewhere(self, listings: Sequence[_Listing]) -> None:
        """A run of another's project: that project works in this workspace, or this is a copy."""
        for one in listings:
            if not one.builder or self._are_together(one.learner, one.builder):
                continue
            if self._works_in(one.builder, one.learner):
                if one.kind == "model":
                    self._found[one.learner].left_by_others.add(one.name)
                self._found[one.builder].borrowed["workspace"] = Mismatch(
                    "workspace", "your own", "things that your pipelines put into another one"
                )
                told = f"{one} in {one.learner}'s workspace was made by {one.builder}'s CI"
                for both in (one.learner, one.builder):
                    self._found[both].tell(one.about, told)
            elif one.builder in self._evidence:
                self._is_anothers(one, one.builder, f"it says that {one.builder}'s CI made it")
            else:
                self._is_unclear(one, f"it says that {one.builder}'s CI made it")

    def _works_in(self, learner: str, other: str) -> bool:
        """Whether a learner's connection or variables lead into the other's workspace."""
        found, there = self._evidence.get(learner), _workspace_of(self._labs[other])
        if found is None:
            return False
        targets = {
            _key(one.subscription_id, one.resource_group, one.workspace)
            for one in _tuple(found.service_connections)
        }
        for group in _tuple(found.variable_groups):
            names = [group.variables.get(name) for name in ("RESOURCE_GROUP", "WORKSPACE_NAME")]
            values = [(one.value or "").strip() for one in names if one]
            targets.add(_key(self._labs[learner].subscription_id, *values))
        return there in targets

    # --- what is listed in more than one lab ------------------------------------------------------

    def _listed_twice(self, listings: Sequence[_Listing]) -> None:
        by_key: dict[str, list[_Listing]] = {}
        for one in listings:
            if one.key:
                by_key.setdefault(one.key, []).append(one)
        for same in by_key.values():
            owner = self._owner(same)
            for one in same:
                others = [o.learner for o in same if not self._are_together(o.learner, one.learner)]
                if not others:
                    continue
                if owner is None:
                    self._is_unclear(one, f"{_all(others)} has it too, since the same time")
                elif not self._are_together(one.learner, owner.learner):
                    why = f"there since {owner.since}, here since {one.since}"
                    self._is_anothers(one, owner.learner, why)
                else:
                    told = f"{one} is listed by {_all(others)} too"
                    self._found[one.learner].tell(one.about, told)

    def _owner(self, same: Sequence[_Listing]) -> _Listing | None:
        """The listing in the lab it belongs to; None where that cannot be told."""
        told = [one for one in same if one.builder == one.learner]
        if len({one.learner for one in told}) == 1:
            return told[0]
        ordered = sorted(same, key=lambda one: one.at or _NEVER)
        later = [o for o in ordered if not self._are_together(o.learner, ordered[0].learner)]
        if ordered[0].at is None or not later or (later[0].at or _NEVER) <= ordered[0].at:
            return None
        return ordered[0]

    def _is_anothers(self, one: _Listing, owner: str, why: str) -> None:
        found = self._found[one.learner]
        if one.key:
            found.not_own[one.key] = one.name
        found.borrowed[one.kind] = Mismatch(one.kind, "your own", "another learner's")
        found.tell(one.about, f"{one} is {owner}'s ({why})")

    def _is_unclear(self, one: _Listing, why: str) -> None:
        found = self._found[one.learner]
        if one.key not in found.not_own:
            found.unclear[one.kind] = None
            found.tell(one.about, f"whose {one} is cannot be told: {why}")

    def _are_together(self, one: str, other: str) -> bool:
        return one == other or _workspace_of(self._labs[one]) == _workspace_of(self._labs[other])


def _kept(listed: _ListedT, found: Custody) -> _ListedT:
    if not isinstance(listed, tuple):
        return listed
    return tuple(one for one in listed if key_of(one) not in found.not_own)  # type: ignore[return-value]


# --- names of places ------------------------------------------------------------------------------


def _index(
    labs: Mapping[str, Lab], keys: Callable[[Lab], Iterable[str]]
) -> Mapping[str, tuple[str, ...]]:
    """Key -> the learners whose lab has it."""
    found: dict[str, tuple[str, ...]] = {}
    for learner, lab in labs.items():
        for key in keys(lab):
            found[key] = (*found.get(key, ()), learner)
    return found


def _key(*parts: str) -> str:
    return "/".join(parts).casefold()


def _workspace_of(lab: Lab) -> str:
    return _key(lab.subscription_id, lab.resource_group, lab.workspace)


def _project_of(lab: Lab) -> str:
    return _key(lab.organization, lab.project)


def _repositories_of(lab: Lab) -> Iterator[str]:
    return (_key(lab.github_owner, name) for name in lab.repositories)


def _tuple(found: tuple[T, ...] | Unavailable | None) -> tuple[T, ...]:
    """A list that could be seen; what could not be is compared with nothing."""
    return found if isinstance(found, tuple) else ()


def _all(learners: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(learners))
