"""What a run asks of each service: only what its checks need, and as much as the plan says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.simulator.process import SimulatedTenant
from graders.commands.plan import Plan, lines, plan_for
from graders.evidence import NOT_COLLECTED, Evidence, ServiceName
from graders.inputs.lab_file import read_class
from graders.judging.checks import GRADED, load_checks
from graders.judging.registry import parts_to_collect
from graders.lab import Lab
from graders.parts import ALL_PARTS, services_of, to_collect
from graders.services.cloud import Cloud
from graders.services.http.transport import ReadOnlyTransport
from graders.services.sign_in import SignIn
from tests.support import grading_process
from tests.support.paths import COHORTS, PROJECT

LEARNERS = 8
CHECKS = len(load_checks(GRADED))
NO_DATA = (
    *("openid-configuration", "/token", "OPTIONS ", "/resourceareas", "/discovery"),
    *("/connectiondata", "/permissions/"),
    " -",
)
"""Of routes: tokens and discovery; who the caller is, and may do; what was throttled."""
SERVICES = {
    "dev.azure.com": ServiceName.AZURE_DEVOPS,
    "api.github.com": ServiceName.GITHUB,
    "management.azure.com": ServiceName.RESOURCE_MANAGER,
    "api.azureml.ms": ServiceName.AZURE_ML,
    "scoring": ServiceName.ENDPOINT,
}
Collect = Callable[..., tuple[list[Evidence], Counter[ServiceName]]]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("class") / "cohort.csv"
    return grading_process.write_cohort(file, LEARNERS)


@pytest.fixture(scope="module")
def labs(cohort: Path) -> list[Lab]:
    learners, lab = read_class(cohort, cohort.with_name("lab.toml"))
    return [lab.for_learner(learner) for learner in learners]


@pytest.fixture(scope="module")
def collect(cohort: Path) -> Iterator[Collect]:
    """Collects parts of some labs, without a token of GitHub where they need none."""
    with (
        SimulatedTenant(cohort, cohort.with_name("lab.toml")) as tenant,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in tenant.environment().items():
            patch.setenv(name, value)

        def collected(
            chosen: Sequence[Lab],
            parts: Collection[str],
            earlier: Mapping[str, Evidence] | None = None,
        ) -> tuple[list[Evidence], Counter[ServiceName]]:
            before = _calls(tenant.requests())
            services = services_of(to_collect(parts))
            given = {
                name: value
                for name, value in os.environ.items()
                if ServiceName.GITHUB in services or name not in ("GITHUB_TOKEN", "GH_TOKEN")
            }
            with ReadOnlyTransport() as transport:
                sign_in = SignIn.from_environment(given, services)
                known = earlier or {}
                cloud = Cloud(
                    sign_in, transport, chosen, parts, lambda lab: known.get(lab.learner.id)
                )
                cloud.prepare(chosen)
                evidence = [replace(cloud.look_at(lab), place=lab.place) for lab in chosen]
            return evidence, _calls(tenant.requests()) - before

        yield collected


def _calls(summary: Mapping[str, object]) -> Counter[ServiceName]:
    """Service -> the requests for data that the tenant counted."""
    by_route = summary["by_route"]
    assert isinstance(by_route, dict)
    calls: Counter[ServiceName] = Counter()
    for route, count in by_route.items():
        if not any(word in route for word in NO_DATA):
            calls[SERVICES[route.split()[1]]] += count
    return calls


def parts_of(*tasks: int) -> frozenset[str]:
    needs = [graded.needs for graded in load_checks(GRADED) if graded.check.task in tasks]
    return parts_to_collect(name for names in needs for name in names)


@pytest.mark.parametrize("tasks", [(2,), (4,), (5,), (2, 3, 4, 5, 6, 7)])
def test_the_plan_is_what_a_run_asks(
    tasks: tuple[int, ...], labs: list[Lab], collect: Collect
) -> None:
    plan = plan_for(labs, " or ".join(f"task{task}" for task in tasks))
    evidence, calls = collect(labs, parts_of(*tasks))
    assert [lab.faults() for lab in evidence] == [()] * LEARNERS
    assert plan.calls.keys() == calls.keys()
    wrong = {
        service: (plan.calls[service], count)
        for service, count in calls.items()
        if abs(plan.calls[service] - count) > 0.05 * count
    }
    assert wrong == {}


def test_the_plan_knows_what_an_unchanged_night_asks(labs: list[Lab], collect: Collect) -> None:
    first, _ = collect(labs, ALL_PARTS)
    second, calls = collect(labs, ALL_PARTS, {evidence.learner: evidence for evidence in first})
    planned = plan_for(labs, None).unchanged
    assert abs(planned - calls.total()) <= 0.05 * calls.total()
    assert calls.total() <= 9 * LEARNERS
    assert all(evidence.kept for evidence in second)


def test_task_2_takes_six_calls_and_no_token_of_github(labs: list[Lab], collect: Collect) -> None:
    (evidence,), calls = collect(labs[:1], parts_of(2))
    assert calls.total() <= 6
    assert ServiceName.GITHUB not in calls
    assert evidence.faults() == ()
    assert set(evidence.not_collected) == ALL_PARTS - {
        *("project", "rights", "variable_groups", "pipelines", "workspace")
    }
    assert evidence.repositories == evidence.runs == evidence.answer == NOT_COLLECTED


def test_the_project_alone_takes_one_call(labs: list[Lab], collect: Collect) -> None:
    evidence, calls = collect(labs[:2], {"project"})
    assert calls == {ServiceName.AZURE_DEVOPS: 1}
    assert {part for lab in evidence for part in lab.not_collected} == ALL_PARTS - {"project"}


def test_a_whole_collection_leaves_nothing_out(labs: list[Lab], collect: Collect) -> None:
    (evidence,), _ = collect(labs[:1], ALL_PARTS)
    assert evidence.not_collected == ()


def test_the_slow_sdk_is_imported_only_where_a_workspace_is_asked_for() -> None:
    script = (
        "import sys\n"
        "import graders.services.cloud\n"
        "from graders.commands.plan import plan_for\n"
        "plan_for([], None)\n"
        "sys.exit('azure.ai.ml' in sys.modules)\n"
    )
    command = [sys.executable, "-c", script]
    assert subprocess.run(command, cwd=PROJECT, check=False).returncode == 0


# --- what people read -----------------------------------------------------------------------------


def test_the_plan_fits_on_a_terminal(labs: list[Lab]) -> None:
    shown = lines(plan_for(labs, None))
    assert max(map(len, shown)) <= 80
    assert shown[0] == f"Collecting {LEARNERS} learners for {CHECKS} checks. Nothing was asked."
    row = next(line for line in shown if line.startswith("GitHub"))
    assert row.split() == ["GitHub", "1", "0.1", "0%", "of", "5,000", "in", "an", "hour"]


def test_a_class_beyond_a_limit_takes_longer() -> None:
    lab = read_class(COHORTS / "model-answer.csv", COHORTS / "lab.toml")[1]
    learners, _ = read_class(COHORTS / "demo.csv", COHORTS / "lab.toml")
    labs = [lab.for_learner(learner) for learner in learners]
    few, many = plan_for(labs, None), plan_for(labs * 500, None)
    assert few.seconds < 60
    assert many.calls[ServiceName.AZURE_DEVOPS] > 50_000
    assert many.seconds == many.calls[ServiceName.AZURE_DEVOPS] / 10
    assert (many.share(ServiceName.AZURE_DEVOPS) or 0) > 10
    assert many.share(ServiceName.ENDPOINT) is None


def test_nothing_is_planned_for_nobody() -> None:
    assert plan_for([], None) == Plan(0, CHECKS, dict.fromkeys(plan_for([], None).calls, 0), 0, 0)


def test_the_command_reads_the_class_and_asks_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    from graders import __main__ as command

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the plan asked the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    demo = str(Path(COHORTS / "demo.csv"))
    assert (
        command.main(["plan", "--learners", demo, "-m", "task2", "--learner", "USER3,user7"]) == 0
    )
    assert "Collecting 2 learners for 14 checks." in capsys.readouterr().out
    assert command.main(["plan", "--learners", demo, "-m", "task8"]) == 4
    assert "-m task8: it selects no task; write some of task2" in capsys.readouterr().err
    assert command.main(["plan", "--learners", demo, "--learner", "usr3"]) == 4
    assert "there is no such learner (found `usr3`)" in capsys.readouterr().err
