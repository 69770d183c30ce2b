"""The pipelines that an owner copies: what they type exists, and they hold no secret."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.plugin import options
from reports import ci
from reports.ci import junit
from tests.support.paths import PROJECT

FOLDER = PROJECT / "docs" / "ci"
GITHUB = FOLDER / "github-actions.yml"
AZURE = FOLDER / "azure-pipelines.yml"
README = (FOLDER / "README.md").read_text("utf-8")


def read(file: Path) -> dict[Any, Any]:
    return yaml.safe_load(file.read_text("utf-8"))  # type: ignore[no-any-return]


def texts(part: object) -> Iterator[str]:
    """Every value of a document that is a text."""
    if isinstance(part, dict):
        part = list(part.values())
    if isinstance(part, list):
        for item in part:
            yield from texts(item)
    elif isinstance(part, str):
        yield part


def steps(file: Path) -> list[dict[str, Any]]:
    jobs = read(file)["jobs"]
    (job,) = jobs.values() if isinstance(jobs, dict) else jobs
    return job["steps"]  # type: ignore[no-any-return]


def graded_with(file: Path) -> list[str]:
    """The words of the one command that grades."""
    (line,) = (text for text in texts(read(file)) if "--learners" in text)
    return shlex.split(line)


@pytest.mark.parametrize("file", [GITHUB, AZURE], ids=lambda file: file.stem)
def test_every_option_exists_and_takes_what_it_is_given(
    file: Path, pytestconfig: pytest.Config
) -> None:
    command, *words = graded_with(file)
    assert command.endswith("/pytest")
    parser = pytest.Parser(_ispytest=True)
    options.add(parser)
    known = {
        name for group in parser._groups for option in group.options for name in option.names()
    }
    assert {word for word in words if word.startswith("--")} <= known
    given = parser.parse_known_args(words)
    assert given.learners == "class/cohort.csv"
    assert given.fail_on == "fault"
    assert given.reports == "results"
    assert given.history == "reports/history"
    assert pytestconfig.getoption("--fail-on") is not None


@pytest.mark.parametrize("file", [GITHUB, AZURE], ids=lambda file: file.stem)
def test_it_runs_every_night_and_keeps_history_whatever_the_result(file: Path) -> None:
    document = read(file)
    schedules = document["schedules"] if file is AZURE else document[True]["schedule"]
    assert [
        re.fullmatch(r"\d+ \d+ \* \* \*", schedule["cron"]) is not None for schedule in schedules
    ] == [True]
    kept = [step for step in steps(file) if "reports/history" in texts(step)]
    assert len(kept) == 2
    assert kept[1].get("if", kept[1].get("condition")) in ("always()", "succeededOrFailed()")


@pytest.mark.parametrize("file", [GITHUB, AZURE], ids=lambda file: file.stem)
def test_results_are_handed_on_from_where_they_are_written(file: Path) -> None:
    values = list(texts(read(file)))
    folder = graded_with(file)[graded_with(file).index("--reports") + 1]
    assert folder in values
    if file is AZURE:
        for name in (junit.LEARNERS, junit.FAULTS):
            assert f"{folder}/{junit.FOLDER}/{name}" in values
    assert f"{folder}/{ci.SUMMARY}" in README


def test_azure_pipelines_publishes_two_runs_that_fail_nothing() -> None:
    published = [
        step["inputs"] for step in steps(AZURE) if step.get("task") == "PublishTestResults@2"
    ]
    assert [inputs["testRunTitle"] for inputs in published] == ["Learners", "Grader's faults"]
    assert [inputs["failTaskOnFailedTests"] for inputs in published] == [False, False]
    assert {inputs["testResultsFormat"] for inputs in published} == {"JUnit"}


@pytest.mark.parametrize("file", [GITHUB, AZURE], ids=lambda file: file.stem)
def test_it_holds_no_secret_and_what_is_to_be_set_is_documented(file: Path) -> None:
    text = file.read_text("utf-8")
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|gh[a-z]_|CLIENT_SECRET|PASSWORD|_PAT\b", text)
    wanted = re.findall(r"(?:vars|secrets)\.(\w+)|\$\(([A-Z_]+)\)|group: (grading)\b", text)
    names = {name for match in wanted for name in match if name}
    assert names
    assert [name for name in sorted(names) if f"`{name}`" not in README] == []


def test_the_table_of_exit_statuses_is_what_the_run_does() -> None:
    rows = re.findall(
        r"^\| (a learner failed|something could not|only blocked).*?\|(.*)\|$", README, re.M
    )
    statuses = {case: [int(cell) for cell in cells.split("|")] for case, cells in rows}
    assert statuses == {
        "a learner failed": [0, 1, 0],
        "something could not": [1, 1, 0],
        "only blocked": [0, 0, 0],
    }
