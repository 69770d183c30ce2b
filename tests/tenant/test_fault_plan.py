"""The fault plan: what may be in it, whom it strikes, and what an instructor sees of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from fixtures.simulator.fault_plan import own_files, read_plan
from fixtures.simulator.process import ROOT, SimulatedTenant, TenantError
from fixtures.simulator.serving.faults import FAULTS, LIES, FaultRule
from fixtures.simulator.serving.route_names import QUESTIONS
from fixtures.simulator.world import Tenant
from graders.inputs.lab_file import LabFile
from graders.inputs.problems import InputProblems
from graders.lab import Learner
from tests.support import grading_process
from tests.support.simulated_class import session_with, write_cohort

GITHUB = "https://api.github.com"
ENTRY = '[a]\nservice = "GitHub"\nroute = "repository"\nfault = "403"\n'


def tenant(**faults: str) -> Tenant:
    """Learners with these cells in the column ``faults``."""
    learners = [
        Learner(name, place, extra={"faults": cell})
        for place, (name, cell) in enumerate(faults.items(), start=1)
    ]
    return Tenant([LabFile().for_learner(learner) for learner in learners])


def plan(folder: Path, text: str, **faults: str) -> tuple[FaultRule, ...]:
    (folder / "plan.toml").write_text(text, encoding="utf-8")
    return read_plan([folder / "plan.toml"], tenant(**faults or {"ada": ""}))


# --- reading --------------------------------------------------------------------------------------


def test_what_a_file_plans_strikes_everybody(tmp_path: Path) -> None:
    assert [(rule.entry, rule.learners) for rule in plan(tmp_path, ENTRY)] == [("a", None)]


def test_what_a_cohort_names_strikes_those_learners_only(tmp_path: Path) -> None:
    rules = plan(tmp_path, ENTRY, ada="a", bob="", cyd="library_forbidden + a")
    assert {rule.entry: rule.learners for rule in rules} == {
        "a": frozenset({"ada", "cyd"}),
        "library_forbidden": frozenset({"cyd"}),
    }


def test_calls_and_learners_may_be_named(tmp_path: Path) -> None:
    (rule,) = plan(tmp_path, ENTRY + 'calls = [1, 3]\nlearners = ["ada"]\n')
    assert (rule.calls, rule.learners) == (frozenset({1, 3}), frozenset({"ada"}))


def test_a_route_may_be_given_by_its_template(tmp_path: Path) -> None:
    (rule,) = plan(tmp_path, ENTRY.replace('"repository"', '"/rate_limit"'))
    assert rule.question is not None
    assert (rule.question.method, rule.question.template) == ("GET", "/rate_limit")


def test_own_entries_are_sound_and_strike_nobody_by_default() -> None:
    assert own_files() != []
    assert read_plan([], tenant(ada="")) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            ENTRY.replace("GitHub", "Github"),
            "`a.service`: there is no such service (found `Github`",
        ),
        (ENTRY.replace('"repository"', '"repositry"'), "did you mean `repository`"),
        (ENTRY.replace("403", "404s"), "`a.fault`: there is no such fault (found `404s`)"),
        (
            ENTRY + "call = 1\n",
            "key `a.call`: unknown key; write `calls`",
        ),
        (ENTRY + "calls = [0]\n", "`a.calls.0`: this is less than 1 (found `0`)"),
        (ENTRY + "calls = []\n", "`a.calls.0`: this is not a whole number (found `[]`)"),
        (ENTRY + 'learners = ["adda"]\n', "`a.learners`: there is no such learner (found `adda`)"),
        (ENTRY.replace("403", "second-page-missing"), "this route does not return a list in pages"),
        (ENTRY.replace("403", "endless-pages"), "this route does not return a list in pages"),
        (ENTRY.replace("403", "graphql-saml"), "use a route of GitHub that can: repositories, "),
        (ENTRY.replace("403", "model-error"), "use a route of GitHub that can: none"),
        ('[a]\nservice = "GitHub"\n', "`a.route`: this is missing; write it"),
        ("a = 1\n", "`a`: this is not a table"),
        ("[a\n", "this is not valid TOML"),
        (ENTRY.replace("[a]", "[library_forbidden]"), "already has an entry with this name"),
    ],
)
def test_what_is_unknown_is_refused_with_file_entry_value_and_remedy(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InputProblems) as problems:
        plan(tmp_path, text)
    assert message in str(problems.value)
    assert "plan.toml" in str(problems.value)


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputProblems) as problems:
        plan(tmp_path, ENTRY.replace("GitHub", "Hub") + 'color = "red"\n', bob="librery_forbidden")
    assert len(problems.value.problems) == 3
    assert "faults of bob" in str(problems.value)
    assert "did you mean `library_forbidden`" in str(problems.value)


def test_the_tenant_and_the_run_refuse_a_bad_plan_alike(tmp_path: Path) -> None:
    cohort = write_cohort(tmp_path)
    (tmp_path / "plan.toml").write_text(ENTRY.replace("403", "4o3"), encoding="utf-8")
    sentence = "there is no such fault (found `4o3`); did you mean `403`"
    with pytest.raises(TenantError) as refused:
        SimulatedTenant(cohort, faults=[tmp_path / "plan.toml"]).start()
    assert sentence in str(refused.value)
    asked = ("--learners", cohort, "--tenant", "simulated", "--faults", tmp_path / "plan.toml")
    run = grading_process.grade(*asked, reports=tmp_path / "out")
    assert run.status == 4
    assert sentence in run.text
    assert "Traceback" not in run.text


def test_a_live_tenant_takes_no_faults(tmp_path: Path) -> None:
    cohort = write_cohort(tmp_path)
    run = grading_process.grade(
        "--learners", cohort, "--faults", "plan.toml", reports=tmp_path / "out"
    )
    assert run.status == 4
    assert "--faults works only with the simulated tenant" in run.text


def test_the_page_names_every_route_and_every_fault() -> None:
    page = (ROOT / "fixtures" / "faults" / "README.md").read_text(encoding="utf-8")
    assert [question.name for question in QUESTIONS if f"`{question.name}`" not in page] == []
    assert [fault for fault in (*FAULTS, *LIES) if f"`{fault}`" not in page] == []


# --- on the wire ----------------------------------------------------------------------------------


def asking(tenant: SimulatedTenant) -> Callable[[str, str], int]:
    """Ask for a learner's repository; the status that comes."""
    token = {"Authorization": f"Bearer {tenant.credentials['github_token']}"}

    def ask(learner: str, session_of: str = "") -> int:
        with session_with(tenant) as session:
            if session_of:
                proxy = tenant.credentials["proxy"].replace("://", f"://{session_of}:x@")
                session.proxies = dict.fromkeys(("http", "https"), proxy)
            url = f"{GITHUB}/repos/lab-owner/mlops_{learner}"
            return session.get(url, headers=token, timeout=10).status_code

    return ask


def test_calls_are_counted_for_each_learner(tmp_path: Path) -> None:
    cohort = write_cohort(tmp_path)
    (tmp_path / "plan.toml").write_text(ENTRY + "calls = 2\n", encoding="utf-8")
    with SimulatedTenant(cohort, faults=[tmp_path / "plan.toml"]) as tenant:
        ask = asking(tenant)
        throttled = ask("02", "")
        statuses = [ask(number, "") for number in ("01", "01", "02", "01", "02")]
        log = tenant.requests()
    assert throttled == 429
    assert statuses == [200, 403, 200, 200, 403]
    assert log["faults"] == {"a": 2}


def test_a_client_is_known_by_the_name_it_gives_the_proxy(tmp_path: Path) -> None:
    cohort = write_cohort(tmp_path)
    refused = ENTRY.replace("403", "connection-refused").replace('"repository"', '"*"')
    (tmp_path / "plan.toml").write_text(refused + 'client = "eve"\n', encoding="utf-8")
    with SimulatedTenant(cohort, faults=[tmp_path / "plan.toml"]) as tenant:
        ask = asking(tenant)
        assert [ask("01", ""), ask("01", ""), ask("01", "bob")] == [429, 200, 200]
        with pytest.raises(requests.exceptions.ConnectionError):
            ask("01", "eve")


# --- an instructor's run --------------------------------------------------------------------------


def test_a_run_with_faults_withholds_those_grades_and_no_other(tmp_path: Path) -> None:
    cohort = grading_process.write_cohort(tmp_path / "class.csv", 5)
    rows = cohort.read_text(encoding="utf-8").splitlines()
    named = ["faults", "library_forbidden", "", "pipelines_throttled_once", "all_models", ""]
    text = "\n".join(f"{row},{cell}" for row, cell in zip(rows, named, strict=True))
    cohort.write_text(text, encoding="utf-8")
    (tmp_path / "plan.toml").write_text(
        '[all_models]\nservice = "Azure Resource Manager"\nroute = "model versions"\n'
        'fault = "404"\n\n[late]\nservice = "Azure ML"\nroute = "web services"\n'
        'fault = "second-page-missing"\nlearners = ["learner005"]\n',
        encoding="utf-8",
    )
    options = ("--learners", cohort, "--tenant", "simulated", "--faults", tmp_path / "plan.toml")
    run = grading_process.grade(*options, "--fail-on", "fault", reports=tmp_path / "out")
    assert run.status == 1
    totals = {row["learner"]: row["total"] for row in run.grade_book()}
    assert totals == {
        "learner001": "",
        "learner002": "100",
        "learner003": "100",
        "learner004": "",
        "learner005": "",
    }
    grades = {grade["learner"]: grade["total"] for grade in run.book()["grades"]}
    assert [learner for learner, total in grades.items() if total is None] == [
        "learner001",
        "learner004",
        "learner005",
    ]
    reasons = run.text.partition("withheld):")[2].partition("Written:")[0]
    assert max(map(len, reasons.splitlines())) <= 80
    reasons = " ".join(reasons.split())
    assert (
        "could not see variable groups in AE MLOps 01: the grader has no permission (403" in reasons
    )
    assert "Please make the grader's identity a Reader of the project" in reasons
    assert (
        "has trouble of its own (500 InternalServerError). Grade again later with --resume"
        in reasons
    )


def test_faults_excuse_no_learner_and_never_fail_a_run_that_says_never(tmp_path: Path) -> None:
    cohort = grading_process.write_cohort(tmp_path / "class.csv", 1)
    (tmp_path / "plan.toml").write_text(ENTRY.replace("repository", "repositories"))
    options = ("--learners", cohort, "--tenant", "simulated", "--faults", tmp_path / "plan.toml")
    run = grading_process.grade(*options, "--fail-on", "never", reports=tmp_path / "out")
    assert run.status == 0
    assert set(run.outcomes()["learner001"].values()) <= {"passed", "not assessed"}
    assert [row["total"] for row in run.grade_book()] == [""]
