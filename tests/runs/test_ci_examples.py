"""The pipelines that an owner copies: what they type exists, and they hold no secret."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import table
from fixtures.plugin import command_line
from reports.__main__ import _parser as reports_parser
from reports.ci import junit
from tests.support.paths import PROJECT

FOLDER = PROJECT / "docs" / "ci"
GITHUB = FOLDER / "github-actions.yml"
BENCHMARKS = FOLDER / "github-benchmarks.yml"
AZURE = FOLDER / "azure-pipelines.yml"
GITLAB = FOLDER / "gitlab-ci.yml"
KUBERNETES = FOLDER / "kubernetes.yml"
BASH, GIT = shutil.which("bash") or "", shutil.which("git") or ""
ALL = [GITHUB, AZURE, GITLAB, KUBERNETES]
README = (FOLDER / "README.md").read_text("utf-8")
by_name = pytest.mark.parametrize("file", ALL, ids=lambda file: file.stem)


def read(file: Path) -> Any:
    """The documents of a file: one, but for Kubernetes."""
    return list(yaml.safe_load_all(file.read_text("utf-8")))


def texts(part: object) -> Iterator[str]:
    """Every value of a document that is a text."""
    if isinstance(part, dict):
        part = list(part.values())
    if isinstance(part, list):
        for item in part:
            yield from texts(item)
    elif isinstance(part, str):
        yield part


def jobs(file: Path) -> dict[str, Any]:
    """The jobs of a GitHub workflow or an Azure pipeline by their names."""
    (document,) = read(file)
    listed = document["jobs"]
    return listed if isinstance(listed, dict) else {job["job"]: job for job in listed}


def lines(file: Path) -> list[str]:
    """Every command line, folded ones unfolded; tools start them in a shell."""
    unfolded = "\n".join(texts(read(file))).replace("\\\n", " ")
    return [" ".join(line.split()) for line in unfolded.splitlines()]


def words_of(file: Path, *marks: str) -> list[str]:
    """The words after the program of the one command that has these marks."""
    (line,) = {line for line in lines(file) if all(mark in line for mark in marks)}
    words = shlex.split(line.replace("$(date -u +%F)", "today"))
    return words[next(i for i, word in enumerate(words) if word.endswith(("pytest", "reports"))) :]


@by_name
def test_parts_are_collected_merged_and_graded_with_options_that_exist(file: Path) -> None:
    parser = pytest.Parser(_ispytest=True)
    command_line.add(parser)
    _, *collecting = words_of(file, "pytest", "--shard")
    part = parser.parse_known_args(collecting)
    assert part.shard == "auto"
    assert part.audit == f"{part.reports}/audit.jsonl"
    _, *grading = words_of(file, "pytest", "--resume")
    graded = parser.parse_known_args(grading)
    assert (graded.fail_on, graded.resume) == ("fault", True)
    assert graded.audit == f"{graded.reports}/audit.jsonl"
    assert graded.learners == part.learners
    assert graded.history.endswith("history")
    _, *merging = words_of(file, "reports", "merge")
    merged = reports_parser().parse_args(merging)
    assert str(merged.reports) == graded.reports
    known = {
        name for group in parser._groups for option in group.options for name in option.names()
    }
    assert {word for word in (*collecting, *grading) if word.startswith("--")} <= known


@by_name
def test_it_runs_every_night_and_says_aloud_that_there_is_no_history(file: Path) -> None:
    text = file.read_text("utf-8")
    assert "No earlier history found" in text
    if file is not GITLAB:  # schedules of GitLab are set up on its pages
        assert re.findall(r'(?:cron|schedule): "(\d+ \d+ \* \* \*)"', text)


@by_name
def test_what_the_part_is_called_is_what_auto_reads(file: Path) -> None:
    """GitLab and Azure set both variables themselves."""
    text = file.read_text("utf-8")
    wanted = {
        GITHUB: ("STRATEGY_JOB_INDEX: ${{ strategy.job-index }}", "strategy.job-total"),
        AZURE: ("parallel:",),
        GITLAB: ("parallel:",),
        KUBERNETES: ("completionMode: Indexed", "name: JOB_COMPLETIONS"),
    }
    assert all(words in text for words in wanted[file])
    if file is KUBERNETES:
        collect = read(file)[2]["spec"]["jobTemplate"]["spec"]
        (container,) = collect["template"]["spec"]["containers"]
        given = {entry["name"]: entry.get("value") for entry in container["env"]}
        assert given["JOB_COMPLETIONS"] == str(collect["completions"])


def test_the_benchmarks_of_two_commits_are_compared_with_options_that_exist(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (document,) = read(BENCHMARKS)
    assert document["permissions"] == {}
    (job,) = document["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    checkout = job["steps"][0]["with"]
    assert checkout == {"persist-credentials": False, "fetch-depth": 0}  # of yesterday, too
    (line,) = [line for line in lines(BENCHMARKS) if "benchmarks/" in line]
    _, *words = shlex.split(line.replace("${earlier:-HEAD}", "HEAD"))
    monkeypatch.setattr("sys.argv", words)
    given = table._options()
    assert (given.quick, given.commit) == (True, "HEAD")


def test_github_gives_each_job_the_least_and_pins_every_action_by_digest() -> None:
    (document,) = read(GITHUB)
    assert document["permissions"] == {}
    granted = {name: job["permissions"] for name, job in jobs(GITHUB).items()}
    reading = {"contents": "read", "id-token": "write"}
    assert granted == {
        "collect": reading,
        "grade": reading,
        "keep": {"contents": "write"},
        "notify": {"issues": "write"},
    }
    both = GITHUB.read_text("utf-8") + BENCHMARKS.read_text("utf-8")
    used = re.findall(r"uses: (\S+)(.*)", both)
    assert len(used) >= 10
    for action, comment in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)
    steps = [step for job in jobs(GITHUB).values() for step in job["steps"]]
    tokens = [step["with"] for step in steps if "app-token" in step.get("uses", "")]
    assert [(with_["permission-contents"], with_["permission-metadata"]) for with_ in tokens] == [
        ("read", "read")
    ] * 2


def test_kubernetes_runs_as_nobody_and_may_do_nothing() -> None:
    for job in read(KUBERNETES)[2:]:
        pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("file", [GITHUB, AZURE], ids=lambda file: file.stem)
def test_a_failed_part_neither_stops_the_class_nor_goes_unseen(file: Path) -> None:
    for name in ("grade", "keep"):
        condition = jobs(file)[name].get("if", jobs(file)[name].get("condition"))
        assert condition in ("${{ !cancelled() }}", "succeededOrFailed()")
    assert "continue-on-error" not in file.read_text("utf-8")
    assert "continueOnError" not in file.read_text("utf-8")


@pytest.mark.skipif(not (BASH and GIT), reason="there is no bash or no git here")
def test_the_past_runs_are_kept_in_a_branch_and_found_the_next_night(tmp_path: Path) -> None:
    bare = tmp_path / "owner" / "class"
    subprocess.run([GIT, "init", "-q", "--bare", str(bare)], check=True)
    night = Night(tmp_path, {"GITHUB_SERVER_URL": f"file://{tmp_path}", "TOKEN": "t"})
    assert "No earlier history found" in night.run("grade", "Look for the past runs")
    (tmp_path / "work" / "history").mkdir()
    for text in ("one night", "two nights"):
        (tmp_path / "work" / "history" / "runs.sqlite").write_text(text)
        night.run("keep", "Commit")
        shutil.rmtree(tmp_path / "work" / "branch")
        night.run("grade", "Look for the past runs")
        assert "found=true" in (tmp_path / "output").read_text()
    show = [GIT, "--git-dir", str(bare), "show", "grading-history:runs.sqlite"]
    assert subprocess.run(show, check=True, capture_output=True).stdout == b"two nights"
    shutil.rmtree(bare)  # what cannot be reached is no missing history
    with pytest.raises(subprocess.CalledProcessError):
        night.run("grade", "Look for the past runs")


class Night:
    """Runs steps of the GitHub workflow, as its runner does."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._work = folder / "work"
        self._work.mkdir()
        self._environment = {
            **os.environ,
            **environment,
            "GITHUB_REPOSITORY": "owner/class",
            "GITHUB_RUN_ID": "7",
            "GITHUB_OUTPUT": str(folder / "output"),
            "GIT_CONFIG_GLOBAL": os.devnull,
        }

    def run(self, job: str, name: str) -> str:
        (step,) = [step for step in jobs(GITHUB)[job]["steps"] if step.get("name") == name]
        done = subprocess.run(
            [BASH, "-e", "-c", step["run"]],
            cwd=self._work,
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout


def test_azure_pipelines_publishes_two_runs_that_fail_nothing() -> None:
    steps = jobs(AZURE)["grade"]["steps"]
    published = [step["inputs"] for step in steps if step.get("task") == "PublishTestResults@2"]
    assert [inputs["testResultsFiles"] for inputs in published] == [
        f"results/{junit.FOLDER}/{name}" for name in (junit.LEARNERS, junit.FAULTS)
    ]
    assert [inputs["testRunTitle"] for inputs in published] == ["Learners", "Grader's faults"]
    assert [inputs["failTaskOnFailedTests"] for inputs in published] == [False, False]
    assert {inputs["testResultsFormat"] for inputs in published} == {"JUnit"}


@by_name
def test_it_holds_no_secret_and_what_is_to_be_set_is_documented(file: Path) -> None:
    text = file.read_text("utf-8")
    assert not re.search(r"[1-9a-f]{8}-[0-9a-f]{4}-|gh[a-z]_|CLIENT_SECRET|PASSWORD|_PAT\b", text)
    wanted = re.findall(r"(?:vars|secrets)\.(\w+)|\$\(([A-Z_]+)\)|group: (grading)\b", text)
    wanted += [("GITHUB_TOKEN", "", "")]
    names = {name for match in wanted for name in match if name} - {"PIP_CACHE_DIR"}
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
