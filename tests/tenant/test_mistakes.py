"""The catalogue of mistakes: every entry changes the world, and nothing in it can rot."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from fixtures.plugin.grading import whole_rubric
from fixtures.simulator.mistakes import SAMPLE, Catalogue, mistakes_of, read_catalogue
from fixtures.simulator.state import LearnerWorld
from fixtures.simulator.wire.azure_devops.outcomes import outcomes
from fixtures.simulator.world import Tenant, model_answer
from graders.inputs.lab_file import LabFile
from graders.inputs.problems import InputProblems
from graders.lab import Learner
from graders.rubric import Check
from graders.verdicts import Outcome
from tests.support import golden_lines
from tests.support.make_golden import DEMO, OUTCOMES, as_text, golden
from tests.support.root_causes import Judgement, astray, astray_together, listed_by

CATALOGUE = read_catalogue()
RUBRIC = whole_rubric()
BLOCKED, FAILED, NOTED, PASSED = Outcome.BLOCKED, Outcome.FAILED, Outcome.NOTED, Outcome.PASSED
SMALL = (
    Check("group-exists", "", "2.6", 3, ""),
    Check("group-is-open", "", "2.8", 1, ""),
    Check("connection-exists", "", "3.4", 3, ""),
    Check("endpoint-has-no-key", "", "7.4", 0, ""),
)


def world_with(*names: str) -> LearnerWorld:
    world = model_answer(SAMPLE)
    CATALOGUE.change(names)(SAMPLE, world)
    return world


def read(folder: Path, text: str) -> Catalogue:
    file = folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    return read_catalogue([file])


def problems_of(folder: Path, text: str) -> str:
    with pytest.raises(InputProblems) as caught:
        read(folder, text)
    return str(caught.value)


# --- the project's own catalogue ------------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOGUE.mistakes)
def test_every_entry_changes_the_world(name: str) -> None:
    assert asdict(world_with(name)) != asdict(model_answer(SAMPLE))


@pytest.mark.parametrize("name", CATALOGUE.mistakes)
def test_every_entry_has_a_consequence(name: str) -> None:
    assert CATALOGUE.causes([name], RUBRIC)


def test_every_check_an_entry_names_is_on_the_rubric() -> None:
    assert CATALOGUE.unknown_checks(RUBRIC) == ()


def test_every_check_is_failed_or_noted_by_some_entry() -> None:
    causes = [CATALOGUE.causes([name], RUBRIC) for name in CATALOGUE.mistakes]
    never = [
        c.id for c in RUBRIC if not any(cause.get(c.id) in (FAILED, NOTED) for cause in causes)
    ]
    assert never == ["work-is-the-learners-own"]  # it takes two learners: see test_ownership.py


@pytest.mark.parametrize("name", CATALOGUE.mistakes)
def test_results_that_an_entry_overrides_are_places_in_the_pipelines(name: str) -> None:
    before = {run.id: run for run in model_answer(SAMPLE).runs}
    for run in world_with(name).runs:
        if run.id not in before:
            continue  # another one like a run that is there
        places = _places_in(before[run.id])
        assert set(run.results) | set(run.missing) <= places | {"Deploy_AKS"}


def _places_in(run: object) -> set[str]:
    stages = outcomes(run)  # type: ignore[arg-type]
    jobs = {
        f"{stage.plan.identifier}/{job.plan.name}": job for stage in stages for job in stage.jobs
    }
    tasks = {f"{path}/{task}" for path, job in jobs.items() for task, _ in job.tasks}
    return {stage.plan.identifier for stage in stages} | set(jobs) | tasks


def test_the_golden_verdicts_of_the_demo_cohort_are_what_its_mistakes_say() -> None:
    """Write them anew with ``python -m tests.support.make_golden``."""
    assert OUTCOMES.read_text(encoding="utf-8") == as_text(golden(DEMO))


# --- changing a world -----------------------------------------------------------------------------


def test_a_renamed_resource_keeps_what_belongs_to_it_and_its_address(
    tmp_path: Path,
) -> None:
    catalogue = read(
        tmp_path,
        """
        [renamed]
        story = "A story."
        set = { "ci.name" = "other {n:02d}" }
        [paused]
        story = "A story."
        set = { "ci.queue_status" = "paused" }
        """,
    )
    world = model_answer(SAMPLE)
    catalogue.change(["renamed", "paused"])(SAMPLE, world)
    ci = next(pipeline for pipeline in world.pipelines if pipeline.name == "other 07")
    assert ci.queue_status == "paused"
    assert [run.yaml for run in world.runs if run.pipeline == ci.id] == ["ci"]


def test_a_time_is_set_by_how_much_later_it_is(tmp_path: Path) -> None:
    catalogue = read(
        tmp_path,
        """
        [moved]
        story = "A story."
        [moved.set]
        "ci_run.finished" = { later = "2h" }
        "model.created" = { later = "-30m" }
        """,
    )
    before, after = model_answer(SAMPLE), model_answer(SAMPLE)
    catalogue.change(["moved"])(SAMPLE, after)
    assert after.runs[1].finished - before.runs[1].finished == timedelta(hours=2)
    assert after.runs[1].started == before.runs[1].started
    assert before.models[-1].created - after.models[-1].created == timedelta(minutes=30)


def test_places_in_values_are_filled_for_the_learner(tmp_path: Path) -> None:
    catalogue = read(
        tmp_path,
        """
        [filled]
        story = "A story."
        remove = ["ci_run.artifacts.Code Coverage Report_{ci_run}"]
        [filled.set]
        "variable_group.pipelines" = ["{ci}", "{cd}"]
        "variable_group.variables.BASE_NAME" = "{n}-{n:03d}-{n+1}"
        """,
    )
    world = model_answer(SAMPLE)
    catalogue.change(["filled"])(SAMPLE, world)
    group = next(
        candidate for candidate in world.variable_groups if candidate.name == SAMPLE.variable_group
    )
    run = next(candidate for candidate in world.runs if candidate.yaml == "ci")
    assert group.pipelines == [72, 73]
    assert group.variables["BASE_NAME"] == "7-007-8"
    assert run.artifacts == ["model"]


def test_a_copy_of_a_resource_gets_an_id_of_its_own(tmp_path: Path) -> None:
    catalogue = read(
        tmp_path, '[two]\nstory = "A story."\nadd = { ci = { name = "second", revision = 1 } }'
    )
    world = model_answer(SAMPLE)
    catalogue.change(["two"])(SAMPLE, world)
    second = world.pipelines[-1]
    assert (second.name, second.revision, second.yaml_path) == ("second", 1, f"/{SAMPLE.ci_yaml}")
    assert len({pipeline.id for pipeline in world.pipelines}) == len(world.pipelines)


def test_copies_have_ids_and_times_of_their_own_and_come_first(tmp_path: Path) -> None:
    catalogue = read(
        tmp_path,
        """
        [many]
        story = "A story."
        [many.add.ci_run]
        copies = 3
        later = "-30m"
        number = "{n}.{copy:02d}"
        "model_file.version" = "{copy}"
        """,
    )
    world = model_answer(SAMPLE)
    good = next(run for run in world.runs if run.yaml == "ci")
    catalogue.change(["many"])(SAMPLE, world)
    copies = world.runs[:3][::-1]
    assert [run.number for run in copies] == ["7.01", "7.02", "7.03"]
    assert [(good.started - run.started).total_seconds() for run in copies] == [1800, 3600, 5400]
    assert [run.finished - run.started for run in copies] == [good.finished - good.started] * 3
    assert [run.model_file["version"] for run in copies] == ["1", "2", "3"]
    assert good.model_file["version"] == "1"
    assert len({run.id for run in world.runs}) == len(world.runs) == 5


def test_a_resource_that_was_added_can_be_named_and_addressed(tmp_path: Path) -> None:
    catalogue = read(
        tmp_path,
        """
        [base]
        story = "A story."
        [[base.add.ci]]
        as = "second"
        name = "{owner:upper} {subscription}"
        [[base.add.ci]]
        as = "third"
        name = "after {second}"
        [more]
        story = "A story."
        includes = ["base"]
        set = { "second.queue_status" = "paused", "ci_run.pipeline" = "{third}" }
        """,
    )
    world = model_answer(SAMPLE)
    catalogue.change(["more"])(SAMPLE, world)
    second, third = world.pipelines[-2:]
    assert second.name == f"{SAMPLE.github_owner.upper()} {SAMPLE.subscription_id}"
    assert (second.queue_status, third.queue_status) == ("paused", "enabled")
    assert third.name == f"after {second.id}"
    assert next(run for run in world.runs if run.yaml == "ci").pipeline == third.id


def test_items_of_a_list_are_added_before_those_that_are_there(tmp_path: Path) -> None:
    catalogue = read(
        tmp_path,
        """
        [items]
        story = "A story."
        add = { "repository.commits" = { item = "c{copy}", copies = 2 } }
        """,
    )
    world = model_answer(SAMPLE)
    (there,) = world.repositories[0].commits
    catalogue.change(["items"])(SAMPLE, world)
    assert world.repositories[0].commits == ["c1", "c2", there]


def test_variations_are_made_before_mistakes() -> None:
    cells = {"mistakes": "ci_paused", "variations": "branch_master + base_name_with_capitals"}
    ada = Learner("ada", 1, extra=cells)
    assert mistakes_of(ada) == ("branch_master", "base_name_with_capitals", "ci_paused")


def test_the_right_ways_are_those_of_the_variations_and_no_others() -> None:
    assert {Path(entry.file).parent.name for entry in CATALOGUE.variations.values()} == {
        "variations"
    }
    assert {Path(entry.file).parent.name for entry in CATALOGUE.mistakes.values()} == {"mistakes"}


def test_learners_do_not_share_what_an_entry_puts_into_their_worlds() -> None:
    change = CATALOGUE.change(["ci_run_refused"])
    first, second = model_answer(SAMPLE), model_answer(SAMPLE)
    change(SAMPLE, first)
    change(SAMPLE, second)
    first.runs[0].artifacts.append("added")
    assert second.runs[0].artifacts == []


def test_the_cohort_column_makes_the_mistakes_of_its_learners_only() -> None:
    learners = [
        Learner("ada", 1, extra={"mistakes": "ci_paused + cd_disabled endpoint_with_a_key"}),
        Learner("bob", 2, extra={"mistakes": ""}),
    ]
    labs = [LabFile().for_learner(learner) for learner in learners]
    tenant = Tenant(labs, CATALOGUE.changes(labs))
    assert mistakes_of(learners[0]) == ("ci_paused", "cd_disabled", "endpoint_with_a_key")
    assert [pipeline.queue_status for pipeline in tenant.world("ada").pipelines] == [
        "enabled",
        "paused",
        "disabled",
    ]
    assert tenant.world("ada").services[0].auth_enabled
    bobs = replace(model_answer(labs[1]), tenant_id=tenant.ids.tenant_id)
    assert asdict(tenant.world("bob")) == asdict(bobs)


def test_what_two_mistakes_include_happens_once() -> None:
    both = ("variable_group_not_open", "connection_not_open")
    assert {CATALOGUE.mistakes[name].includes for name in both} == {
        ("ci_run_waited_for_permission",)
    }
    assert world_with(*both).services == []


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("ci_pausd", "did you mean `ci_paused`"),
        ("nothing_trained no_variable_group endpoint_deleted", "it has already been removed"),
    ],
)
def test_mistakes_that_do_not_exist_or_go_together_are_refused(cell: str, message: str) -> None:
    lab = LabFile().for_learner(Learner("ada", 1, extra={"mistakes": cell}))
    with pytest.raises(InputProblems, match="ada") as caught:
        CATALOGUE.changes([lab])
    assert message in str(caught.value)


# --- entries that are refused ---------------------------------------------------------------------

REFUSED = {
    "unknown resource": ('set = { "varable_group.name" = "x" }', "did you mean `variable_group`"),
    "unknown field": ('set = { "project.visble" = true }', "did you mean `visible`"),
    "unknown key": (
        'set = { "variable_group.variables.LOCATON" = "x" }',
        "did you mean `LOCATION`",
    ),
    "value of another type": (
        'set = { "project.visible" = "no" }',
        "the value must be of type bool, not str",
    ),
    "text for a list": (
        'set = { "ci_run.artifacts" = "model" }',
        "the value must be of type list, not str",
    ),
    "key of a text": ('set = { "project.name.x" = "y" }', "name has no keys"),
    "resource as a whole": ('set = { "project" = "x" }', "there is no such field"),
    "unknown place": ('set = { "project.name" = "{number}" }', "unknown placeholder"),
    "removing a key twice": (
        'remove = ["model.tags.area", "model.tags.area"]',
        "nothing with this name to remove",
    ),
    "removing a resource twice": ('remove = ["model", "model"]', "it has already been removed"),
    "removing what stays": ('remove = ["project"]', "cannot be removed"),
    "emptying what is never empty": ('remove = ["ci.name"]', "this field cannot be emptied"),
    "adding what is there": (
        'add = { "variable_group.variables.LOCATION" = "x" }',
        "only a new key",
    ),
    "adding a resource with an unknown field": ('add = { ci = { nme = "x" } }', "mean `name`"),
    "no number of copies": ("add = { ci = { copies = 0 } }", "a whole number from 1 to 999"),
    "copies with one name": (
        'add = { ci = { copies = 2, as = "x" } }',
        "an unused name, and make only one copy",
    ),
    "a name that is taken": (
        'add = { ci = { as = "cd" } }',
        "an unused name, and make only one copy",
    ),
    "no such move": ('set = { "ci_run.started" = { earlier = "2h" } }', "for a time, write"),
    "no time": ('add = { ci_run = { later = "soon" } }', "a time such as 2h or -30m"),
    "key of a new resource": (
        'add = { model = { "tags.mes" = "1" } }',
        "did you mean `mse`",
    ),
    "number for a text": ("set = { 'ci.name' = 7 }", "the value must be of type str, not int"),
    "items of a text": (
        'add = { "ci.name" = { item = "x" } }',
        'for a list, write { item = "…", copies = 2 }',
    ),
    "a right way that fails": (
        'kind = "right"\nfails = ["project-exists"]',
        "an entry of kind `right` must not fail anything; remove it",
    ),
    "unknown kind": ('kind = "rigth"', "did you mean `right`"),
    "unknown entry": ('includes = ["mistak"]', "did you mean `mistake`"),
    "an entry in a circle": ('includes = ["mistake"]', "includes itself"),
    "unknown list": ('fials = ["project-exists"]', "unknown key; write `fails`"),
    "wrong shape": ('fails = "project-exists"', "this is not a list"),
    "two outcomes": (
        'fails = ["a"]\nblocks = ["a"]',
        "the entry lists `a` twice; remove it from one",
    ),
}


@pytest.mark.parametrize(("line", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_exist_is_refused_by_file_entry_and_remedy(
    tmp_path: Path, line: str, message: str
) -> None:
    text = problems_of(tmp_path, f'[mistake]\nstory = "A story."\n{line}')
    assert "own.toml" in text
    assert "`mistake" in text
    assert message in text


def test_all_problems_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    text = problems_of(
        tmp_path,
        """
        [one]
        story = "A story."
        set = { "project.nam" = "x" }
        [two]
        story = "A story."
        remove = ["modle"]
        """,
    )
    assert "did you mean `name`" in text
    assert "did you mean `model`" in text


def test_an_entry_without_a_story_and_a_file_that_is_no_toml_are_refused(tmp_path: Path) -> None:
    assert "key `mistake.story`: this is missing" in problems_of(tmp_path, "[mistake]\nfails = []")
    assert "not valid TOML" in problems_of(tmp_path, "[mistake")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('fails = ["group-exist"]', "did you mean `group-exists`"),
        ('fails = ["endpoint-has-no-key"]', "list it under `notes`"),
        ('notes = ["group-exists"]', "list it under `fails`"),
        ('blocks = ["task9"]', "no check has this id"),
    ],
)
def test_checks_that_are_not_on_the_rubric_are_reported(
    tmp_path: Path, line: str, message: str
) -> None:
    catalogue = read(tmp_path, f'[mistake]\nstory = "A story."\n{line}')
    (problem,) = catalogue.unknown_checks(SMALL)
    assert message in str(problem)


# --- what the checks must say ---------------------------------------------------------------------

CAUSES = """
[base]
story = "A story."
fails = ["group-exists"]

[own_word_first]
story = "A story."
includes = ["base"]
passes = ["group-exists"]

[whole_task]
story = "A story."
fails = ["task7"]

[open]
story = "A story."
fails = ["group-is-open"]

[unseen]
story = "A story."
not_assessed = ["task2"]

[older]
story = "An entry of the time when what is blocked was listed."
fails = ["group-exists"]
blocks = ["task2"]
"""
EXISTS, IS_OPEN, CONNECTED, KEYLESS = (check.id for check in SMALL)
UNSEEN = Outcome.NOT_ASSESSED


@pytest.mark.parametrize(
    ("names", "causes"),
    [
        ([], {}),
        (["base"], {EXISTS: FAILED}),
        (["own_word_first"], {}),
        (["whole_task"], {KEYLESS: NOTED}),
        (["open", "base"], {EXISTS: FAILED, IS_OPEN: FAILED}),
        (["base", "unseen"], {EXISTS: UNSEEN, IS_OPEN: UNSEEN}),
        (["older"], {EXISTS: FAILED, IS_OPEN: BLOCKED}),
    ],
)
def test_an_entry_says_which_checks_are_the_causes(
    tmp_path: Path, names: list[str], causes: dict[str, Outcome]
) -> None:
    assert read(tmp_path, CAUSES).causes(names, SMALL) == causes


@pytest.mark.parametrize(
    ("entry", "outcomes", "blocked_by", "expected"),
    [
        ("base", [FAILED, PASSED, PASSED, PASSED], {}, []),
        ("base", [FAILED, BLOCKED, PASSED, PASSED], {IS_OPEN: EXISTS}, []),
        ("base", [FAILED, BLOCKED, BLOCKED, PASSED], {IS_OPEN: CONNECTED, CONNECTED: EXISTS}, []),
        ("base", [PASSED, PASSED, PASSED, PASSED], {}, [f"{EXISTS}: passed, not failed"]),
        ("base", [FAILED, FAILED, PASSED, PASSED], {}, [f"{IS_OPEN}: failed, not passed"]),
        (
            "base",
            [BLOCKED, PASSED, FAILED, PASSED],
            {EXISTS: CONNECTED},
            [f"{EXISTS}: blocked, not failed", f"{CONNECTED}: failed, not passed"],
        ),
        (
            "base",
            [FAILED, BLOCKED, PASSED, PASSED],
            {IS_OPEN: CONNECTED},
            [f"{IS_OPEN}: blocked by {CONNECTED}, which is passed"],
        ),
        (
            "base",
            [FAILED, BLOCKED, PASSED, NOTED],
            {IS_OPEN: KEYLESS},
            [f"{IS_OPEN}: blocked by {KEYLESS}, which is noted", f"{KEYLESS}: noted, not passed"],
        ),
        (
            "base",
            [FAILED, BLOCKED, PASSED, PASSED],
            {IS_OPEN: IS_OPEN},
            [f"{IS_OPEN}: blocked by {IS_OPEN}, which is blocked"],
        ),
        (
            "own_word_first",
            [BLOCKED, PASSED, FAILED, PASSED],
            {EXISTS: CONNECTED},
            [f"{EXISTS}: blocked, not passed", f"{CONNECTED}: failed, not passed"],
        ),
        ("older", [FAILED, BLOCKED, PASSED, PASSED], {IS_OPEN: EXISTS}, []),
        ("older", [FAILED, PASSED, PASSED, PASSED], {}, [f"{IS_OPEN}: passed, not blocked"]),
        (
            "older",
            [FAILED, BLOCKED, BLOCKED, PASSED],
            {IS_OPEN: EXISTS, CONNECTED: EXISTS},
            [f"{CONNECTED}: blocked, not passed"],
        ),
    ],
)
def test_blocked_checks_lead_to_a_cause_and_are_those_that_an_entry_lists(
    tmp_path: Path,
    entry: str,
    outcomes: list[Outcome],
    blocked_by: dict[str, str],
    expected: list[str],
) -> None:
    catalogue = read(tmp_path, CAUSES)
    causes, certain = catalogue.causes([entry], SMALL), listed_by(catalogue.entries[entry], SMALL)
    judgement = Judgement(
        dict(zip((check.id for check in SMALL), outcomes, strict=True)), blocked_by
    )
    assert list(astray(judgement, causes, certain)) == expected


def test_a_cause_that_is_included_may_be_blocked_by_another(tmp_path: Path) -> None:
    text = f"""{CAUSES}
        [more]
        story = "A story."
        includes = ["open"]
        fails = ["group-exists"]
        """
    causes = read(tmp_path, text).causes(["more"], SMALL)
    outcomes = dict.fromkeys((CONNECTED, KEYLESS), PASSED) | {EXISTS: FAILED, IS_OPEN: BLOCKED}
    assert list(astray(Judgement(outcomes, {IS_OPEN: EXISTS}), causes, {EXISTS})) == []


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([FAILED, BLOCKED, PASSED, PASSED], []),
        ([FAILED, FAILED, PASSED, PASSED], []),
        ([FAILED, PASSED, PASSED, PASSED], [f"{IS_OPEN}: passed, not failed"]),
        ([FAILED, BLOCKED, BLOCKED, PASSED], [f"{CONNECTED}: blocked, not passed"]),
    ],
)
def test_of_two_mistakes_one_may_explain_what_the_other_would_fail(
    outcomes: list[Outcome], expected: list[str]
) -> None:
    causes = {EXISTS: FAILED, IS_OPEN: FAILED}
    judgement = Judgement(
        dict(zip((check.id for check in SMALL), outcomes, strict=True)),
        {IS_OPEN: EXISTS, CONNECTED: EXISTS},
    )
    alone = dict.fromkeys((CONNECTED, KEYLESS), PASSED) | causes
    assert sorted(astray_together(judgement, causes, alone)) == expected


# --- frozen outcomes ------------------------------------------------------------------------------

TWO_TASKS = tuple(
    Check(identity, "", "3.1" if identity == "d" else "2.1", 1, "") for identity in "abcd"
)


@pytest.mark.parametrize(
    ("outcomes", "line"),
    [
        ({}, ""),
        ({"a": FAILED}, "failed a"),
        ({"a": FAILED, "b": BLOCKED, "c": BLOCKED}, "failed a; blocked task2"),
        ({"b": BLOCKED, "c": BLOCKED, "d": NOTED}, "blocked task2; noted task3; passed a"),
        ({"a": FAILED, "b": BLOCKED, "c": UNSEEN}, "failed a; blocked b; not assessed c"),
    ],
)
def test_outcomes_are_frozen_in_a_line_and_read_back(
    outcomes: dict[str, Outcome], line: str
) -> None:
    assert golden_lines.line(outcomes, TWO_TASKS) == line
    whole = {check.id: outcomes.get(check.id, PASSED) for check in TWO_TASKS}
    assert golden_lines.read(golden_lines.text({"case": outcomes}, TWO_TASKS), TWO_TASKS) == {
        "case": whole
    }


def test_a_new_check_is_blocked_where_the_rest_of_its_task_was() -> None:
    new = (*TWO_TASKS, Check("e", "", "2.2", 0, ""))
    assert golden_lines.read("case: failed a; blocked task2", new)["case"]["e"] is BLOCKED
