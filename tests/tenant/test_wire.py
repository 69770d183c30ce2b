"""What the simulated tenant serves is what the vendors' own models say, key by key, type by type.

The real graders collect a class over TLS, and every body they are answered with is recorded; what
they never ask is asked besides. Where a public spec disagrees with reality, the reason is
beside it in ``wire_specs.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, is_enum_type, is_scalar_type

from fixtures.simulator.mistakes import read_catalogue
from fixtures.simulator.serving.faults import FaultRule
from fixtures.simulator.serving.profiles import PROFILES, profile_of
from fixtures.simulator.serving.route_names import DEVOPS, GITHUB, QUESTIONS, SERVICES
from fixtures.simulator.serving.server import WIRES
from fixtures.simulator.wire.entra.authority import Authority
from fixtures.simulator.wire.github.schema import SCHEMA
from fixtures.simulator.world import Tenant
from graders.inputs.lab_file import read_class
from tests.support import counts, grading_process
from tests.support.fault_matrix import question
from tests.support.served_bodies import (
    Recorded,
    ask_the_rest,
    collect_everybody,
    recording,
    refused_to_sign_in,
    sign_in_as_a_person,
)
from tests.support.vendor_models import GraphQLAnswer, Misfit, Msrest

ANSWER, LONG_HISTORY = "answer", "commits_after_the_run"
MISTAKES = (
    "project_being_deleted",
    "variable_group_open_to_both_pipelines",
    "key_vault_group",
    "connection_by_hand",
    "connection_by_federation",
    "connection_without_a_status",
    "connection_of_another_type",
    "repository_misnamed",
    "repository_empty",
    "history_rewritten",
    "ci_builds_azure_repos",
    "ci_paused",
    "ci_run_in_progress",
    "training_run_failed",
    "model_deleted",
    "model_without_tags",
    "cd_started_too_early",
    "endpoint_with_a_key",
    "endpoint_being_updated",
    "endpoint_of_the_second_generation",
    "ci_failed_to_publish",
    "cd_run_failed",
    "workspace_not_visible",
    "not_started",
)
RIGHT_WAYS = (
    "more_than_one_page_of_everything",
    "ci_is_running_again",
    "second_version_deployed",
    "first_stage_attempted_twice",
    "succeeded_with_warnings",
    "cd_invalid_at_first",
    LONG_HISTORY,
)
"""Learners with more than one of a resource, and with what the model answer does not have."""


@dataclass(frozen=True)
class Wire:
    """All that was recorded, and the tables to hold it against."""

    recorded: list[Recorded]
    specs: ModuleType
    schema: GraphQLSchema

    @cached_property
    def misfits(self) -> Mapping[str, list[Misfit]]:
        """Service -> what does not fit, but for the exceptions."""
        by_service: dict[str, list[Misfit]] = {service: [] for service in SERVICES.values()}
        for record, misfit in self.all_misfits():
            kind = self.specs.EXCEPTIONS.get((misfit.model, misfit.key))
            if kind is None or list(Msrest({}, kind).misfits(misfit.value)):
                by_service[service_of(record)].append(misfit)
        return by_service

    def all_misfits(self) -> Iterator[tuple[Recorded, Misfit]]:
        for record in self.recorded:
            if "json" in record.kind:
                for misfit in self.held(record, json.loads(record.body)):
                    yield record, misfit

    def held(self, record: Recorded, body: Any) -> Iterator[Misfit]:
        """What of the body does not fit the model of its route."""
        if record.route == "/graphql":
            query = json.loads(record.asked)["query"]
            yield from GraphQLAnswer(self.schema, query).misfits(body["data"])
            yield from self.specs.GRAPHQL_ERRORS.misfits(body.get("errors", []))
        elif record.status >= 300:
            yield from self._refusal(record).misfits(body)
        else:
            yield from self.specs.MODELS[record.route].misfits(body)

    def _refusal(self, record: Recorded) -> Any:
        errors = self.specs.ERRORS
        beginning = next((key for key in errors if record.route.startswith(key)), "")
        return errors.get(record.host) or errors[beginning]


def service_of(record: Recorded) -> str:
    return SERVICES[profile_of(record.host).name]


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Wire:
    from tests.support import wire_specs

    tenant = class_of_all_kinds(tmp_path_factory.mktemp("class"))
    answer = tenant.labs[ANSWER]
    with recording(tenant) as (served, recorded):
        collect_everybody(tenant)
        refused_to_sign_in(tenant)
        sign_in_as_a_person(answer)
        ask_the_rest(served, answer)
    slow = FaultRule("slow", GITHUB, question("repositories"), "502-html")
    no_archive = FaultRule("no archive", DEVOPS, question("logs"), "404")
    long = {LONG_HISTORY: read_catalogue().change([LONG_HISTORY])}
    tenant = Tenant([answer, tenant.labs[LONG_HISTORY]], long)
    with recording(tenant, [slow, no_archive]) as (_, one_by_one):
        collect_everybody(tenant)
    return Wire([*recorded, *one_by_one, *throttled()], wire_specs, build_schema(SCHEMA))


def throttled() -> Iterator[Recorded]:
    """What each service answers when it is asked too much, whatever the route."""
    for profile in PROFILES:
        answer = profile.throttle()
        kind = answer.headers["content-type"]
        if "json" not in kind:
            continue
        route = "/modelmanagement/" if profile.name == "api.azureml.ms" else "/"
        yield Recorded(
            "GET", profile.name, route, b"", answer.status_code, kind, bytes(answer.body)
        )


def class_of_all_kinds(folder: Path) -> Tenant:
    catalogue = read_catalogue()
    changes = {name: catalogue.change([name]) for name in (*MISTAKES, *RIGHT_WAYS)}
    cohort = grading_process.write_cohort(folder / "class.csv", 0)
    rows = [f"{name},{number}" for number, name in enumerate((ANSWER, *changes), 1)]
    cohort.write_text("\n".join(["learner,number", *rows]), encoding="utf-8")
    lab = cohort.with_name("lab.toml")
    text = lab.read_text(encoding="utf-8").replace("v2_endpoint = false", "v2_endpoint = true")
    lab.write_text(text, encoding="utf-8")
    learners, lab_file = read_class(cohort, lab)
    return Tenant([lab_file.for_learner(learner) for learner in learners], changes)


# --- what is served -------------------------------------------------------------------------------


def test_every_route_was_asked(wire: Wire) -> None:
    """Every route of the tenant, and so every one that the graders use, was answered well."""
    tenant = Tenant([])
    served = {route.path for room in WIRES for route in room.routes(tenant, Authority(tenant.ids))}
    assert {asked.template for asked in QUESTIONS} <= served
    answered = {
        record.route for record in wire.recorded if record.status < 300 and "json" in record.kind
    }
    assert served - answered == set(wire.specs.NO_JSON)
    assert answered - {"/graphql"} == set(wire.specs.MODELS)


@pytest.mark.parametrize("service", SERVICES.values())
def test_every_body_is_what_the_vendors_models_say(
    wire: Wire, service: str, request: pytest.FixtureRequest
) -> None:
    assert sorted({str(misfit) for misfit in wire.misfits[service]}) == []
    bodies = [
        record
        for record in wire.recorded
        if service_of(record) == service and "json" in record.kind
    ]
    counts.note(request, "bodies held against the vendors' models", len(bodies))


def test_every_exception_is_needed(wire: Wire) -> None:
    needed = {(misfit.model, misfit.key) for _, misfit in wire.all_misfits()}
    assert set(wire.specs.EXCEPTIONS) - needed == set()


def test_the_schema_is_a_part_of_githubs(wire: Wire) -> None:
    public = wire.specs.PUBLIC_SCHEMA.replace("\n  ", " ").strip().splitlines()
    assert sorted(described(wire.schema)) == sorted(public)


def described(schema: GraphQLSchema) -> Iterator[str]:
    """The types of a schema, one a line, each with its fields and their arguments."""
    for name, kind in schema.type_map.items():
        if name.startswith("__") or is_scalar_type(kind):
            continue
        if is_enum_type(kind):
            yield f"{name} = {' '.join(sorted(kind.values))}"
        else:
            fields = [_field(key, field) for key, field in sorted(kind.fields.items())]
            yield f"{name}: {'; '.join(fields)}"


def _field(name: str, field: Any) -> str:
    arguments = sorted(getattr(field, "args", {}).items())  # an input object's have none
    asked = ", ".join(f"{key} {argument.type}" for key, argument in arguments)
    return f"{name}({asked}) {field.type}" if asked else f"{name} {field.type}"


# --- and would it be noticed? ---------------------------------------------------------------------

GONE = object()
PLANTED: tuple[tuple[str, str, object, str], ...] = (
    ("runs", "value.0.surprise", 1, "Build.surprise"),
    ("runs", "value.0.definition.surprise", 1, "DefinitionReference.surprise"),
    ("runs", "value.0.id", "7", "Build.id"),
    ("runs", "value.0.keepForever", 1, "Build.keepForever"),
    ("runs", "value.0.tags", {}, "Build.tags"),
    ("runs", "value.0.definition", [], "Build.definition"),
    ("runs", "value.0.queueTime", "yesterday", "Build.queueTime"),
    ("runs", "value.0.status", "finished", "Build.status"),
    ("runs", "count", 99, "page.count"),
    ("runs", "nextLink", "", "page.nextLink"),
    ("variable groups", "value.0.variables.LOCATION.secret", 1, "VariableValue.secret"),
    ("timeline", "records", {}, "Timeline.records"),
    ("timeline", "records.0.state", "done", "TimelineRecord.state"),
    ("log", "value.0", 1, "str."),
    ("online endpoints", "value.0.surprise", 1, "OnlineEndpoint.surprise"),
    ("online endpoints", "value.0.properties.scoringUri", 1, "OnlineEndpointProperties.scoringUri"),
    ("online endpoints", "value.0.properties.authMode", "?", "OnlineEndpointProperties.authMode"),
    ("online endpoints", "value.0.tags", [], "OnlineEndpoint.tags"),
    ("online endpoints", "value.0.location", GONE, "OnlineEndpoint.location"),
    ("online endpoints", "value.0.location", None, "OnlineEndpoint.location"),
    ("online endpoints", "value.0.systemData.createdAt", "yesterday", "SystemData.createdAt"),
    ("deployments", "value.0.properties.surprise", 1, "ManagedOnlineDeployment.surprise"),
    ("web services", "value.0.authEnabled", "no", "ACIServiceResponse.authEnabled"),
    ("web services", "value.0.models.0.version", "1", "Model.version"),
    ("training runs", "value.0.tags.BuildId", 101, "Run.tags"),
    ("metrics", "value.0.surprise", 1, "RunMetric.surprise"),
    ("published pipelines", "0.surprise", 1, "PipelineEntity.surprise"),
    ("published pipelines", "0.TotalRunSteps", "3", "PipelineEntity.TotalRunSteps"),
    ("published pipelines", "0.CreatedDate", "yesterday", "PipelineEntity.CreatedDate"),
    ("token", "expires_in", "3599", "Token.expires_in"),
    ("repository", "surprise", 1, "Repository.surprise"),
    ("repository", "owner.surprise", 1, "NamedUser.surprise"),
    ("repository", "template_repository.owner.surprise", 1, "NamedUser.surprise"),
    ("repository", "id", "7", "Repository.id"),
    ("repository", "topics", {}, "Repository.topics"),
    ("repository", "owner", [], "Repository.owner"),
    ("repository", "pushed_at", "yesterday", "Repository.pushed_at"),
    ("history", "0.parents.0.surprise", 1, "Commit.surprise"),
    ("tree", "tree.0.size", "1", "GitTreeElement.size"),
    ("repositories", "data.r0_0.surprise", 1, "Repository.surprise"),
    ("repositories", "data.r0_0.isFork", "no", "Repository.isFork"),
    ("repositories", "data.r0_0.isFork", None, "Repository.isFork"),
    ("repositories", "data.r0_0.isFork", GONE, "Repository.isFork"),
    ("repositories", "data.r0_0.defaultBranchRef", [], "Ref."),
)
"""(question, where in its body, what is put there, the model and key that do not fit)."""


@pytest.mark.parametrize(("asked", "path", "value", "expected"), PLANTED)
def test_what_does_not_fit_is_reported(
    wire: Wire, asked: str, path: str, value: object, expected: str
) -> None:
    template = question(asked).template
    recorded = [
        record for record in wire.recorded if record.route == template and record.status == 200
    ]
    original, body = next(candidate for candidate in planted(recorded, path.split("."), value))
    fits = {
        f"{misfit.model}.{misfit.key}" for misfit in wire.held(original, json.loads(original.body))
    }
    assert {f"{misfit.model}.{misfit.key}" for misfit in wire.held(original, body)} - fits == {
        expected
    }


def test_an_exception_admits_one_type_only(wire: Wire) -> None:
    timelines = [
        record for record in wire.recorded if record.route == question("timeline").template
    ]
    original, body = next(planted(timelines, ["records", "0", "refName"], 1))
    changed = replace(wire, recorded=[replace(original, body=json.dumps(body).encode())])
    assert [f"{misfit.model}.{misfit.key}" for misfit in changed.misfits[DEVOPS]] == [
        "TimelineRecord.refName"
    ]


def planted(
    recorded: list[Recorded], path: list[str], value: object
) -> Iterator[tuple[Recorded, Any]]:
    """Bodies that have such a place, with something else there."""
    *home, last = path
    for record in recorded:
        body = place = json.loads(record.body)
        try:
            for step in home:
                place = place[int(step) if step.isdecimal() else step]
        except (LookupError, TypeError):
            continue
        if value is GONE:
            del place[last]
        elif place is not None:
            place[int(last) if last.isdecimal() else last] = value
        yield record, body
