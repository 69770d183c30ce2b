"""Where the lab breaks for a class, nobody pays; for a wrong setting of their own, learners do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from graders import snapshot
from graders.evidence import Evidence, Run, Stage, TrainingStep, Variable
from graders.judging.checks import GRADED, load_checks
from graders.judging.class_breaks import normalised
from graders.judging.judge import Judge, Subject
from graders.lab import Lab
from graders.verdicts import Outcome
from tests.support import judged_classes
from tests.support.grading_process import write_cohort

CHECKS = load_checks(GRADED)
RUBRIC = {graded.check.id: graded.check for graded in CHECKS}
LATER = datetime(2026, 11, 25, 12, tzinfo=UTC)
WORDS = (
    "ERROR: run {n}: the extension azure-cli-ml is not found in {lab.resource_group}"
    " at 2026-11-25T12:0{n}:00Z"
)
Change = Callable[[Evidence, Lab, int], Evidence]


@dataclass(frozen=True)
class Class:
    labs: Mapping[str, Lab]
    evidence: Mapping[str, Evidence]

    def judged(self, changes: Sequence[Change | None]) -> list[Mapping[str, tuple[Outcome, str]]]:
        """The verdicts of as many learners as there are changes, each with its own."""
        some = dict(list(self.labs.items())[: len(changes)])
        changed = {
            learner: self.evidence[learner] if change is None else change(*given)
            for (learner, lab), change, number in zip(
                some.items(), changes, range(1, 9), strict=False
            )
            for given in [(self.evidence[learner], lab, number)]
        }
        judge = Judge(Subject(some, changed.__getitem__), CHECKS, RUBRIC)
        return [
            {
                verdict.check: (verdict.outcome, verdict.reason)
                for verdict in judge.verdicts(learner)
            }
            for learner in some
        ]


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Class:
    folder = tmp_path_factory.mktemp("six")
    cohort = write_cohort(folder / "class.csv", 6)
    labs = judged_classes.collect(cohort, folder / "evidence")
    found = {learner: snapshot.read(folder / "evidence", learner) for learner in labs}
    return Class(labs, {learner: evidence for learner, evidence in found.items() if evidence})


def deploy_fails(words: str = WORDS, at: datetime = LATER, then: Change | None = None) -> Change:
    """The deployment of all CD runs fails in these words, and so there is no endpoint."""

    def change(evidence: Evidence, lab: Lab, number: int) -> Evidence:
        said = words.format(n=number, lab=lab)
        cd = {p.id for p in _tuple(evidence.pipelines) if p.name == lab.cd_pipeline}
        runs = tuple(
            _failed(run, lab, said, at + timedelta(minutes=number))
            if run.pipeline_id in cd
            else run
            for run in _tuple(evidence.runs)
        )
        changed = replace(evidence, runs=runs, endpoints=(), answer=None)
        return then(changed, lab, number) if then else changed

    return change


def _failed(run: Run, lab: Lab, said: str, at: datetime) -> Run:
    wanted = lab.sheet.cd.deployment

    def stage(old: Stage) -> Stage:
        if old.identifier != wanted.identifier:
            return old
        jobs = tuple(
            replace(
                job,
                result="failed",
                tasks=tuple(
                    replace(task, result="failed", errors=(said,))
                    if task.name == wanted.deploy_task
                    else task
                    for task in job.tasks
                ),
            )
            for job in old.jobs
        )
        return replace(old, result="failed", jobs=jobs)

    stages = tuple(map(stage, _tuple(run.stages)))
    return replace(run, result="failed", stages=stages, finished_at=at, deployment=None)


def never_ran_cd(evidence: Evidence, lab: Lab, _number: int) -> Evidence:
    cd = {p.id for p in _tuple(evidence.pipelines) if p.name == lab.cd_pipeline}
    runs = tuple(run for run in _tuple(evidence.runs) if run.pipeline_id not in cd)
    return replace(evidence, runs=runs, endpoints=(), answer=None)


def wrong_location(evidence: Evidence, lab: Lab, _number: int) -> Evidence:
    name = lab.sheet.variable_group.variables.location
    groups = tuple(
        replace(group, variables={**group.variables, name: Variable("northpole")})
        for group in _tuple(evidence.variable_groups)
    )
    return replace(evidence, variable_groups=groups)


def _tuple(value: object) -> tuple:  # type: ignore[type-arg]
    assert isinstance(value, tuple)
    return value


CD = "cd-run-succeeded"


def test_nobody_pays_for_a_lab_that_breaks(six: Class) -> None:
    verdicts = six.judged([deploy_fails()] * 4 + [never_ran_cd] * 2)
    for own in verdicts[:4]:
        outcome, reason = own[CD]
        assert outcome is Outcome.NOT_ASSESSED
        assert "the lab breaks at CD › Deploy_ACI" in reason
        assert "since 25 November 2026: 4 of 4 learners who got there fail alike" in reason
        assert "the extension azure-cli-ml is not found" in reason
        assert "that the lab uses is not given out any more" in reason
        assert reason.endswith("the instructor decides")
        assert own["endpoint-exists"][0] is Outcome.NOT_ASSESSED
        assert own["ci-run-succeeded"][0] is Outcome.PASSED
        assert Outcome.FAILED not in {outcome for outcome, _ in own.values()}
    for own in verdicts[4:]:  # they did not get there: their own turn
        assert own[CD][0] in (Outcome.FAILED, Outcome.BLOCKED)


@pytest.mark.parametrize(
    "changes",
    [
        [deploy_fails()] * 3,
        [deploy_fails()] * 2 + [None] * 4,
        [*[deploy_fails()] * 2, *[deploy_fails(f"another cause, {w}") for w in "abc"]],
        [deploy_fails(at=datetime(2026, 11, 16, tzinfo=UTC))] * 5 + [None],
        [deploy_fails(then=wrong_location)] * 5,
        [deploy_fails()] + [deploy_fails(then=wrong_location)] * 3,
    ],
    ids=["three", "a third", "other words", "later success", "wrong settings", "mostly wrong"],
)
def test_it_is_not_the_lab(six: Class, changes: list[Change | None]) -> None:
    for own, change in zip(six.judged(changes), changes, strict=True):
        expected = {Outcome.PASSED} if change is None else {Outcome.FAILED, Outcome.BLOCKED}
        assert own[CD][0] in expected, own[CD]


def test_a_success_with_other_files_proves_nothing(six: Class) -> None:
    """A task that only prints something can have the name of the lab's."""

    def printed(evidence: Evidence, _lab: Lab, number: int) -> Evidence:
        trees = tuple(replace(item, tree="0" * 40) for item in _tuple(evidence.repositories))
        at = LATER + timedelta(days=number)
        runs = tuple(replace(run, finished_at=at) for run in _tuple(evidence.runs))
        return replace(evidence, repositories=trees, runs=runs)

    def honest(evidence: Evidence, lab: Lab, number: int) -> Evidence:
        changed = printed(evidence, lab, number)
        return replace(changed, repositories=evidence.repositories)

    for own in six.judged([deploy_fails()] * 5 + [printed])[:5]:
        assert own[CD][0] is Outcome.NOT_ASSESSED
    for own in six.judged([deploy_fails()] * 5 + [honest])[:5]:
        assert own[CD][0] is Outcome.FAILED


def test_half_of_those_who_got_there_is_enough(six: Class) -> None:
    wrong = deploy_fails(then=wrong_location)
    verdicts = six.judged([deploy_fails(), deploy_fails(), wrong, wrong])
    assert [own[CD][0] for own in verdicts[:2]] == [Outcome.NOT_ASSESSED] * 2
    assert Outcome.NOT_ASSESSED not in {own[CD][0] for own in verdicts[2:]}
    assert verdicts[2]["location-is-the-workspace-region"][0] is Outcome.FAILED


def test_a_deployment_and_a_training_step_are_records_too(six: Class) -> None:
    def unhealthy(evidence: Evidence, _lab: Lab, _number: int) -> Evidence:
        endpoints = tuple(
            replace(endpoint, state="Failed", error="quota of ACI exceeded", updated_at=LATER)
            for endpoint in _tuple(evidence.endpoints)
        )
        return replace(evidence, endpoints=endpoints, answer=None)

    def untrained(evidence: Evidence, _lab: Lab, _number: int) -> Evidence:
        steps = (TrainingStep("Train Model", "Failed"),)
        runs = tuple(
            replace(run, status="Failed", steps=steps, ended_at=LATER)
            for run in _tuple(evidence.training_runs)
        )
        return replace(evidence, training_runs=runs)

    for own in six.judged([unhealthy] * 4):
        assert own["endpoint-is-healthy"][0] is Outcome.NOT_ASSESSED
        assert "no quota left" in own["endpoint-is-healthy"][1]
        assert own[CD][0] is Outcome.PASSED
    for own in six.judged([untrained] * 5):
        outcome, reason = own["training-run-completed"]
        assert outcome is Outcome.NOT_ASSESSED
        assert "the lab breaks at training › Train Model" in reason


def test_what_is_a_learners_own_makes_no_two_failures_of_one(six: Class) -> None:
    first, second = list(six.labs.values())[:2]
    assert normalised(WORDS.format(n=1, lab=first), first) == normalised(
        WORDS.format(n=2, lab=second), second
    )
    assert normalised("no module a", first) != normalised("no module b", first)
