"""``mlops-lab-check`` on the simulated tenant, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.learner import collecting, command, rounds
from fixtures.simulator.world import LearnerWorld
from graders.lab import SHEET
from tests.support.served_tenant import ORGANIZATION, SUBSCRIPTION, Served, serving, tenant_of

GROUP = SHEET.variable_group.name
LAB = f"""\
[tenant]
organization = "{ORGANIZATION}"
github_owner = "{ORGANIZATION}"
subscription_id = "{SUBSCRIPTION}"
"""
CREDENTIALS = ("AZURE_", "GITHUB_", "GH_", "ACTIONS_", "SYSTEM_")
Run = Callable[..., "Ended"]


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str


def other_group(world: LearnerWorld) -> None:
    for group in world.variable_groups:
        group.name = group.name.replace(GROUP, "another-vg")


def no_group(world: LearnerWorld) -> None:
    world.variable_groups.clear()
    world.runs.clear()
    world.published_pipelines.clear()


def deleted_group(world: LearnerWorld) -> None:
    """Its runs show that it was there."""
    world.variable_groups.clear()


@pytest.fixture(scope="module")
def tenant() -> Iterator[Served]:
    with serving(tenant_of(4, {2: other_group, 3: no_group, 4: deleted_group})) as served:
        yield served


@pytest.fixture
def run(
    tenant: Served,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run the command in a folder of the learner's own, with the class's lab file."""
    ids = tenant.tenant.ids
    monkeypatch.setenv("AZURE_TENANT_ID", ids.tenant_id)
    monkeypatch.setenv("AZURE_CLIENT_ID", ids.client_id)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", ids.client_secret)
    monkeypatch.setenv("GITHUB_TOKEN", ids.github_token)
    for name in ("AZURE_DEVOPS_EXT_PAT", "AZURE_DEVOPS_PAT"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "lab.toml").write_text(LAB, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, lab: str = "lab.toml") -> Ended:
        status = command.main(["--lab", lab, *arguments])
        ended = capsys.readouterr()
        return Ended(status, ended.out, ended.err)

    return run


def tasks(text: str) -> Sequence[str]:
    return [line[5] for line in text.splitlines() if line.startswith("Task ")]


def test_a_lab_that_is_right_is_all_done(run: Run) -> None:
    ended = run("--number", "1")
    assert (ended.status, ended.err) == (0, "")
    assert tasks(ended.out) == ["2", "3", "4", "5", "6", "7"]
    assert ended.out.endswith("All done: 100 of 100 points.\n")


def test_what_is_wrong_is_said_with_its_step_and_fails(run: Run) -> None:
    ended = run("--number", "2", "-m", "task2")
    assert ended.status == 1
    assert tasks(ended.out) == ["2"]
    assert f"expected a variable group `{GROUP}`" in ended.out
    assert "Step 2.6:" in ended.out


def test_a_learners_own_settings_of_pytest_do_not_matter(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --boom\n", encoding="utf-8")
    (tmp_path / "conftest.py").write_text("raise SystemExit('mine')\n", encoding="utf-8")
    (tmp_path / "test_mine.py").write_text("raise SystemExit('mine')\n", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_ADDOPTS", "--boom")
        patch.setenv("PYTEST_PLUGINS", "boom")
        ended = run("--number", "1", "-m", "task3")
    assert (ended.status, tasks(ended.out)) == (0, ["3"])
    assert sorted(tmp_path.rglob("*")) == before, "it writes nothing into the learner's folder"


def test_only_reads_leave_and_they_are_few(run: Run, tenant: Served) -> None:
    before = tenant.journal.summary()
    run("--number", "1")
    after = tenant.journal.summary()
    assert after["violations"] == after["refused_hosts"] == after["unknown_routes"] == []
    assert after["requests"] - before["requests"] <= 45
    before = after
    run("--number", "1", "-m", "task4")
    after = tenant.journal.summary()
    assert after["requests"] - before["requests"] <= 16


def test_a_check_of_the_instructors_is_hidden(run: Run, tmp_path: Path) -> None:
    text = f'{LAB}[visibility]\nvariable-group-exists = "instructor"\n'
    (tmp_path / "lab.toml").write_text(text, encoding="utf-8")
    shown = run("--number", "2", "-m", "task2")
    assert "The project has a variable group with the required name" not in shown.out
    assert GROUP not in shown.out
    (tmp_path / "lab.toml").write_text(f'{LAB}[visibility]\nno-check = "instructor"\n', "utf-8")
    refused = run("--number", "2")
    assert refused.status == 4
    assert "visibility.no-check" in refused.err


def test_what_the_runs_contradict_is_shown_again_and_decides(run: Run) -> None:
    ended = run("--number", "4")
    first, _, again = ended.out.partition("Task 2 again, now that everything is read:")
    assert "FIX: The project has a variable group with the required name" in first
    assert "NOT CHECKED: The project has a variable group with the required name" in again
    assert "although other evidence shows that it was used" in " ".join(again.split())
    assert "a first look" in first
    assert "a first look" not in again
    assert ended.status == 1


def test_watch_checks_what_is_not_right_until_it_is(
    run: Run, tenant: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    asked: list[int] = []
    world = tenant.world(2)

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        asked.append(tenant.journal.by_service.total())
        if len(pauses) == 2:
            for group in world.variable_groups:
                group.name = group.name.replace("another-vg", GROUP)
        assert len(pauses) < 4, "it ends when all is done"

    monkeypatch.setattr(rounds, "pause", pause)
    ended = run("--number", "2", "-m", "task2", "--watch", "--seconds", "1")
    assert ended.status == 0
    assert pauses == [30, 30], "two rounds, never closer than half a minute"
    first, _, news = ended.out.partition("Checking again every 30 seconds")
    assert "FIX: The project has a variable group" in first
    assert "Now right: The project has a variable group with the required name" in news
    assert news.count("Task 2") == 1, "a round without news says nothing"
    assert ended.out.endswith("All done: 18 of 18 points.\n")
    assert asked[1] - asked[0] <= 16


def test_what_fails_after_a_first_look_is_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect = collecting.collector.collect

    def failing_later(labs: object, look: object, folder: Path, **more: object) -> None:
        if folder.name != "early":
            raise OSError("canary")
        collect(labs, look, folder, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(collecting.collector, "collect", failing_later)
    ended = run("--number", "1")
    assert ended.status == 4
    assert tasks(ended.out) == ["2", "3", "4"]
    assert ended.err == "The checks did not run to their end (OSError): please report this.\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--number", "0"), "--number 0: write a number from 1 to 999."),
        (("--number", "1", "-m", "task9"), "-m task9: it selects no task"),
        (("-m", "task2"), "your sign-in has no number of the lab: add --number N."),
    ],
)
def test_a_wrong_option_is_one_sentence(run: Run, arguments: Sequence[str], says: str) -> None:
    ended = run(*arguments)
    assert ended.status == 4
    assert says in ended.err
    assert "Traceback" not in ended.err
    assert tasks(ended.out) == []


@pytest.mark.parametrize("wrong", ["--number x", "--boom", "--sign-in environment", "--seconds"])
def test_an_option_that_is_none_ends_with_the_same_status(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(wrong.split())
    assert ended.value.code == 4
    assert "--help lists all options." in capsys.readouterr().err


def test_a_lab_file_that_is_not_there_or_not_filled_in_is_named(run: Run, tmp_path: Path) -> None:
    missing = run("--number", "1", lab="other.toml")
    assert missing.status == 4
    assert "other.toml" in missing.err
    (tmp_path / "lab.toml").write_text("[tenant]\n", encoding="utf-8")
    empty = run("--number", "1")
    assert empty.status == 4
    assert "tenant.organization" in empty.err
    assert "tenant.subscription_id" in empty.err


def test_a_sign_in_that_does_not_work_is_said_before_any_check(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "wrong")
    ended = run("--number", "1")
    assert ended.status == 4
    assert ended.err.startswith("Sign-in to Azure failed")
    assert "--tenant simulated" not in ended.err
    assert tasks(ended.out) == []


def test_without_the_azure_cli_it_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AZURE_CLIENT_SECRET")
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = run("--number", "1")
    assert ended.status == 4
    assert "There is no Azure CLI (`az`) on this machine" in ended.err
    assert "--sign-in browser" in ended.err


def test_rights_that_do_not_suffice_are_named_and_absence_is_not_believed(
    run: Run, tenant: Served
) -> None:
    tenant.world(3).project.sees_library = False
    ended = run("--number", "3", "-m", "task2")
    assert ended.status == 1
    assert "NOT CHECKED: The project has a variable group with the required name" in ended.out
    assert "FIX: The project has a variable group" not in ended.out
    assert "Pipelines, Library, Security" in " ".join(ended.out.split())
