"""A collection with earlier evidence: it asks less, and sees all that has changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest

from fixtures.plugin.grading import whole_rubric
from fixtures.simulator.world import LearnerWorld, Model, Run, VariableGroup
from graders.evidence import Answer, Evidence, ServiceName, Unavailable
from graders.judging.checks import GRADED, load_checks
from graders.judging.judge import Judge, Subject
from graders.lab import Lab
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from graders.services.sign_in import SignIn
from tests.support.served_tenant import Served, lab, serving, tenant_of

NO_DATA = (
    *("openid-configuration", "/token", "OPTIONS ", "/resourceareas", "/discovery"),
    *("/connectiondata", "/permissions/"),
)
DESCRIPTION = "GET scoring /swagger.json"
LATER = timedelta(hours=1)
CLASS = range(1, 9)


# --- what can change in a night -------------------------------------------------------------------


def run_of(world: LearnerWorld, yaml: str) -> Run:
    return next(run for run in world.runs if run.yaml == yaml)


def stage_run_again(world: LearnerWorld) -> None:
    run = run_of(world, "cd")
    run.attempt, run.result, run.finished = 2, "failed", run.finished + LATER
    run.results["Deploy_ACI"] = "failed"


def stage_run_again_with_the_same_result(world: LearnerWorld) -> None:
    run = run_of(world, "cd")
    run.attempt, run.finished = 2, run.finished + LATER


def stage_running_again(world: LearnerWorld) -> None:
    run_of(world, "ci").status = "inProgress"


def run_deleted(world: LearnerWorld) -> None:
    run_of(world, "ci").deleted = True


def another_run(world: LearnerWorld) -> None:
    run = deepcopy(run_of(world, "ci"))
    run.id, run.number = run.id + 500, "20261121.1"
    run.started, run.finished = run.started + 20 * LATER, run.finished + 20 * LATER
    world.runs.append(run)


def pipeline_renamed(world: LearnerWorld) -> None:
    world.pipelines[0].name, world.pipelines[0].revision = "Renamed", 7


def pipeline_builds_another_yaml(world: LearnerWorld) -> None:
    world.pipelines[1].yaml_path = "other.yml"


def pipeline_deleted(world: LearnerWorld) -> None:
    del world.pipelines[0]


def variable_changed(world: LearnerWorld) -> None:
    variables = own_group(world).variables
    variables[next(iter(variables))] = "elsewhere"


def access_closed(world: LearnerWorld) -> None:
    own_group(world).all_pipelines = False


def own_group(world: LearnerWorld) -> VariableGroup:
    return max(world.variable_groups, key=lambda group: len(group.variables))


def connection_broken(world: LearnerWorld) -> None:
    world.service_connections[0].is_ready = False


def pipelines_hidden(world: LearnerWorld) -> None:
    world.project.sees_pipelines = False


def model_retagged(world: LearnerWorld) -> None:
    model = own_model(world)
    model.tags[next(iter(model.tags))] = "another"


def model_archived(world: LearnerWorld) -> None:
    own_model(world).archived = True


def own_model(world: LearnerWorld) -> Model:
    return next(model for model in world.models if model.tags)


def published_pipeline_disabled(world: LearnerWorld) -> None:
    world.published_pipelines[0].active = False


def trained_and_published_again(world: LearnerWorld) -> None:
    pipeline, run = deepcopy(world.published_pipelines[0]), deepcopy(world.training_runs[0])
    pipeline.id, pipeline.version = f"0{pipeline.id[1:]}", "999"
    run.id, run.pipeline = f"0{run.id[1:]}", pipeline.id
    world.published_pipelines.append(pipeline)
    world.training_runs.append(run)


def endpoint_deployed_again(world: LearnerWorld) -> None:
    service = world.services[0]
    service.updated, service.describes_itself = service.updated + LATER, False


def endpoint_answers_otherwise(world: LearnerWorld) -> None:
    world.services[0].answer = "constant"


def endpoint_down(world: LearnerWorld) -> None:
    world.services[0].answer = "down"


def repository_changed(world: LearnerWorld) -> None:
    world.repositories[0].archived = not world.repositories[0].archived


CHANGES: Sequence[Callable[[LearnerWorld], None]] = (
    stage_run_again,
    stage_run_again_with_the_same_result,
    stage_running_again,
    run_deleted,
    another_run,
    pipeline_renamed,
    pipeline_builds_another_yaml,
    pipeline_deleted,
    variable_changed,
    access_closed,
    connection_broken,
    pipelines_hidden,
    model_retagged,
    model_archived,
    published_pipeline_disabled,
    trained_and_published_again,
    endpoint_deployed_again,
    endpoint_answers_otherwise,
    endpoint_down,
    repository_changed,
)
NUMBERS = dict(enumerate(CHANGES, CLASS.stop))
SPARE = max(NUMBERS) + 1


# --- collecting -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(tenant_of(SPARE + 4)) as tenant:
        yield tenant


def collect(
    served: Served, numbers: Sequence[int], earlier: Mapping[int, Evidence] | None = None
) -> tuple[Mapping[int, Evidence], Counter[str]]:
    """The evidence of some learners, and the requests for data that it took, by route."""
    before, ids = Counter(served.journal.by_route), served.tenant.ids
    environment = {
        **served.environment,
        **{"AZURE_TENANT_ID": ids.tenant_id, "AZURE_CLIENT_ID": ids.client_id},
        **{"AZURE_CLIENT_SECRET": ids.client_secret, "GITHUB_TOKEN": ids.github_token},
    }
    labs = {number: lab(number) for number in numbers}

    def read(place: Lab) -> Evidence | None:
        return (earlier or {}).get(place.learner.number)

    with ReadOnlyTransport(RetryPolicy(attempts=1)) as transport:
        sign_in = SignIn.from_environment(environment)
        cloud = Cloud(sign_in, transport, list(labs.values()), earlier=read)
        cloud.prepare(list(labs.values()))
        evidence = {
            number: replace(cloud.look_at(own), place=own.place, tenant="simulated")
            for number, own in labs.items()
        }
    asked = Counter(served.journal.by_route) - before
    return evidence, Counter(
        {route: n for route, n in asked.items() if not any(word in route for word in NO_DATA)}
    )


def one(served: Served, number: int, earlier: Evidence | None = None) -> Evidence:
    evidence, _ = collect(served, [number], {number: earlier} if earlier else None)
    return evidence[number]


def facts(evidence: Evidence) -> Evidence:
    """The evidence without what differs each time: when it was read, and what was drawn."""
    answer = evidence.answer
    if isinstance(answer, Answer):
        answer = replace(answer, second=None)
    if isinstance(answer, Unavailable):
        answer = replace(answer, cause="")
    return replace(evidence, sightings=(), kept=(), endpoints_read_at=None, answer=answer)


def verdicts(evidence: Evidence) -> list[tuple[str, str, str]]:
    own = lab(int(evidence.learner.rpartition("-")[2]))
    checks = load_checks(GRADED)
    subject = Subject({evidence.learner: own}, lambda _: evidence)
    judge = Judge(subject, checks, {check.id: check for check in whole_rubric()})
    return [(v.check, v.outcome.value, v.reason) for v in judge.verdicts(evidence.learner)]


# --- a night on which nothing changed -------------------------------------------------------------


def test_an_unchanged_night_takes_at_most_nine_requests_a_learner(served: Served) -> None:
    first, asked = collect(served, CLASS)
    second, again = collect(served, CLASS, first)
    third, once_more = collect(served, CLASS, second)
    assert asked.total() <= 18 * len(CLASS)
    assert again.total() <= 9 * len(CLASS)
    assert once_more == again
    for before, now in ((first, second), (second, third)):
        assert {n: facts(e) for n, e in before.items()} == {n: facts(e) for n, e in now.items()}
        assert {n: verdicts(e) for n, e in before.items()} == {
            n: verdicts(e) for n, e in now.items()
        }
    assert not served.journal.unknown_parameters
    assert not served.journal.unknown_routes


def test_the_evidence_says_what_was_kept_and_when_that_was_read(served: Served) -> None:
    nights = [one(served, 1)]
    nights += [one(served, 1, nights[-1])]
    nights += [one(served, 1, nights[-1])]
    read_at = min(sighting.at for sighting in nights[0].sightings)
    assert nights[0].kept == ()
    assert nights[1].kept == nights[2].kept
    assert {entry.read_at for entry in nights[2].kept} == {read_at}
    runs = nights[0].runs
    assert isinstance(runs, tuple)
    kept = [(entry.part, entry.of) for entry in nights[1].kept]
    assert [of for part, of in kept if part == "runs"] == [*sorted(str(r.id) for r in runs), "list"]
    assert {part for part, _ in kept} == {"runs", "training_runs"}


def test_an_endpoint_that_was_not_deployed_again_describes_itself_as_before(
    served: Served,
) -> None:
    service = served.world(SPARE + 1).services[0]
    service.describes_itself = False
    first, asked = collect(served, [SPARE + 1])
    second, again = collect(served, [SPARE + 1], first)
    assert facts(second[SPARE + 1]) == facts(first[SPARE + 1])
    assert (asked[DESCRIPTION], again[DESCRIPTION]) == (1, 0)
    assert ("answer", service.name) in [(kept.part, kept.of) for kept in second[SPARE + 1].kept]
    service.updated += LATER
    _, once_more = collect(served, [SPARE + 1], second)
    assert once_more[DESCRIPTION] == 1


# --- a night on which something changed -----------------------------------------------------------


@pytest.fixture(scope="module")
def nights(served: Served) -> Sequence[Mapping[int, Evidence]]:
    """Before the changes, after them with nothing kept, and after them as the second night."""
    first, _ = collect(served, list(NUMBERS))
    for number, change in NUMBERS.items():
        change(served.world(number))
    anew, _ = collect(served, list(NUMBERS))
    second, _ = collect(served, list(NUMBERS), first)
    return first, anew, second


@pytest.mark.parametrize("number", NUMBERS, ids=[change.__name__ for change in CHANGES])
def test_the_second_night_sees_what_changed(
    nights: Sequence[Mapping[int, Evidence]], number: int
) -> None:
    first, anew, second = (night[number] for night in nights)
    assert facts(first) != facts(second) == facts(anew)
    assert verdicts(second) == verdicts(anew)


def test_of_several_runs_the_list_is_asked_for_and_details_are_kept(served: Served) -> None:
    another_run(served.world(SPARE))
    first, _ = collect(served, [SPARE])
    second, again = collect(served, [SPARE], first)
    assert facts(second[SPARE]) == facts(first[SPARE])
    assert [route for route in again if route.endswith("/build/builds")] != []
    assert [route for route in again if "timeline" in route or "logs" in route] == []
    assert again.total() <= 9 + 4  # what a class shares


# --- what nothing is kept of ----------------------------------------------------------------------


def unusable(evidence: Evidence) -> Iterator[Evidence]:
    """Earlier evidence that may not be used, for one reason each."""
    yield replace(evidence, place="elsewhere")
    yield replace(evidence, reading="another version")
    yield replace(evidence, reading="")
    yield replace(evidence, sightings=())
    week_ago = [replace(s, at=s.at - timedelta(days=8)) for s in evidence.sightings]
    yield replace(evidence, sightings=tuple(week_ago))


def test_evidence_that_was_read_otherwise_or_long_ago_is_not_used(served: Served) -> None:
    first, asked = collect(served, [2])
    for earlier in unusable(first[2]):
        second, again = collect(served, [2], {2: earlier})
        assert (second[2].kept, again) == ((), asked)


def test_what_was_kept_for_a_week_is_asked_for_again(served: Served) -> None:
    first, asked = collect(served, [2])
    second, _ = collect(served, [2], first)
    long_kept = [replace(k, read_at=k.read_at - timedelta(days=8)) for k in second[2].kept]
    third, again = collect(served, [2], {2: replace(second[2], kept=tuple(long_kept))})
    assert (third[2].kept, again) == ((), asked)


def test_what_could_not_be_read_is_asked_for_again(served: Served) -> None:
    first = one(served, 3)
    fault = Unavailable(ServiceName.AZURE_DEVOPS, "it", "it did not answer", "Try again.")
    assert isinstance(first.runs, tuple)
    assert isinstance(first.answer, Answer)
    for change in (
        lambda run: replace(run, stages=fault),
        lambda run: replace(run, artifacts=fault) if run.artifacts else run,
        lambda run: replace(run, model_file=fault) if run.model_file else run,
        lambda run: replace(run, upstream=fault) if run.upstream else run,
        lambda run: replace(run, deployment=fault) if run.deployment else run,
        lambda run: replace(run, changed_at=None),
    ):
        earlier = replace(first, runs=tuple(map(change, first.runs)))
        assert facts(one(served, 3, earlier)) == facts(first)
    answer = replace(first.answer, swagger=fault)
    for earlier in (
        replace(first, runs=fault),
        replace(first, training_runs=fault),
        replace(first, endpoints=fault),
        replace(first, published_pipelines=fault),
        replace(first, answer=answer),
        replace(first, answer=fault),
    ):
        assert facts(one(served, 3, earlier)) == facts(first)
