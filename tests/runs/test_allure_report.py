"""The built Allure report: what is in it, what history it shows, and that it tracks nobody."""

from __future__ import annotations

import base64
import http.client
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from reports.allure import builder, history_file, serve, tool
from reports.allure.config import RUNS
from reports.files import NotWritten, history_of
from tests.support import allure_page
from tests.support.graded_project import LEARNERS, GradedProject
from tests.support.paths import PROJECT

TASKS = [
    "Task 2 – Azure DevOps project and variable group",
    "Task 5 – CI: train and register the model",
]
CANARY = "not-for-anybodys-eyes"


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> GradedProject:
    """Graded and reported twice; the second time in another order, under other names."""
    allure_page.needs_allure()
    project = GradedProject(tmp_path_factory.mktemp("reported"))
    project.run(REPORT="1")
    project.run("-n1", REPORT="1", COHORT="eve zoë ada", NAME="Married")
    return project


@pytest.fixture
def project(tmp_path: Path) -> GradedProject:
    allure_page.needs_allure()
    return GradedProject(tmp_path)


def read(project: GradedProject, *path: str) -> Any:
    return json.loads(project.out.joinpath("allure-report", *path).read_bytes())


def results_in(project: GradedProject) -> list[dict[str, Any]]:
    folder = project.out / "allure-report" / "data" / "test-results"
    return [json.loads(path.read_bytes()) for path in sorted(folder.iterdir())]


def groups(tree: Mapping[str, Any], node: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The names in a tree, as deep as it goes and in a browser's order; numbers are leaves."""
    children = [tree["groupsById"][key] for key in (node or tree["root"]).get("groups", [])]
    children.sort(
        key=lambda child: [min(numbers) for numbers in zip(*shown(tree, child), strict=True)]
    )
    return {child["name"]: groups(tree, child) or len(child["leaves"]) for child in children}


def shown(tree: Mapping[str, Any], node: Mapping[str, Any]) -> list[tuple[int, int]]:
    """What a browser sorts by, of all leaves below."""
    below = [tree["groupsById"][key] for key in node.get("groups", ())]
    leaves = [tree["leavesById"][key] for key in node.get("leaves", ())]
    own = [(leaf["groupOrder"], leaf["start"]) for leaf in leaves]
    return own + [numbers for child in below for numbers in shown(tree, child)]


def one_file(project: GradedProject) -> dict[str, bytes]:
    """What is packed into the page to mail."""
    page = (project.out / "allure-report.html").read_text("utf-8")
    return {
        name: base64.b64decode(data) for name, data in re.findall(r'd\("([^"]+)","([^"]*)"\)', page)
    }


# --- what is in it --------------------------------------------------------------------------------


def test_suites_are_by_learner_then_task(reported: GradedProject) -> None:
    tree = groups(read(reported, "widgets", "default", "tree.json"))
    assert tree == {learner: {TASKS[0]: 3, TASKS[1]: 1} for learner in LEARNERS}
    assert list(tree) == sorted(LEARNERS)
    assert [list(tasks) for tasks in tree.values()] == [TASKS] * 3


def test_a_clock_that_was_set_while_grading_changes_no_order(project: GradedProject) -> None:
    project.run(COHORT="ada eve")
    for path in project.allure.glob("*-result.json"):
        result = json.loads(path.read_text("utf-8"))
        result["start"], result["stop"] = -result["start"] + 2**42, -result["stop"] + 2**42
        path.write_text(json.dumps(result), "utf-8")
    builder.build(project.out)
    learners = groups(read(project, "widgets", "default", "tree.json"))
    assert (list(learners), list(learners["ada"])) == (["ada", "eve"], TASKS)
    assert groups(json.loads(one_file(project)["widgets/default/tree.json"])) == learners


def test_categories_say_who_has_to_act(reported: GradedProject) -> None:
    categories = read(reported, "widgets", "categories.json")
    nodes = [categories["nodes"][identity] for identity in categories["roots"]]
    assert {node["name"]: node["statistic"]["total"] for node in nodes} == {
        "Learner: differs from the lab sheet": 1,
        "Learner: blocked by an earlier step": 1,
        "Advisory: noted, no points lost": 1,
        "Not assessed: a grader or network problem": 3,
    }


def test_the_environment_and_links_are_shown(reported: GradedProject) -> None:
    environment = {
        entry["name"]: entry["values"]
        for entry in read(reported, "widgets", "allure_environment.json")
    }
    assert environment["Cohort"] == ["3 learners"]
    assert all(len(result["links"]) == 4 for result in results_in(reported))


def test_all_results_of_a_learner_show_the_one_evidence_file(reported: GradedProject) -> None:
    files: dict[str, set[str]] = {}
    for result in results_in(reported):
        links = [step["link"] for step in result["steps"]] + [
            attachment["link"] for attachment in result["attachments"]
        ]
        linked = files.setdefault(result["groupedLabels"]["suite"][0], set())
        linked |= {f"{link['id']}{link['ext']}" for link in links if not link["missed"]}
        assert len(links) == (0 if "eve" in result["groupedLabels"]["suite"] else 2)
        assert not any(link["missed"] for link in links)
    folder = reported.out / "allure-report" / "data" / "attachments"
    evidence = {
        learner: [json.loads((folder / name).read_bytes()) for name in names]
        for learner, names in files.items()
    }
    assert evidence == {"ada": [{"seen of": "ada"}], "zoë": [{"seen of": "zoë"}], "eve": []}


def test_the_page_to_mail_holds_all_of_it(reported: GradedProject) -> None:
    packed = one_file(reported)
    tree = json.loads(packed["widgets/default/tree.json"])
    assert groups(tree) == groups(read(reported, "widgets", "default", "tree.json"))
    assert sum(name.startswith("data/test-results/") for name in packed) == 12
    assert sum(name.startswith("data/attachments/") for name in packed) == 2


# --- history --------------------------------------------------------------------------------------


def test_history_follows_through_another_order_and_other_names(reported: GradedProject) -> None:
    assert [len(result["history"]) for result in results_in(reported)] == [1] * 12
    packed = [
        json.loads(data) for name, data in one_file(reported).items() if "/test-results/" in name
    ]
    assert [len(result["history"]) for result in packed] == [1] * 12


def test_history_shows_what_changed(project: GradedProject) -> None:
    project.run(REPORT="1", COHORT="ada zoë")
    checks = project.folder / "test_lab.py"
    checks.write_text(checks.read_text("utf-8").replace('!= "zoë"', '!= "ada"'), "utf-8")
    project.run(REPORT="1", COHORT="zoë")
    changed = {result["name"]: result for result in results_in(project)}[
        "The variable group is there"
    ]
    assert (changed["status"], changed["transition"]) == ("passed", "fixed")
    [before] = changed["history"]
    assert (before["status"], before["message"]) == ("failed", "expected a group; found none")


@pytest.mark.parametrize("changes", [{"TENANT": "live"}, {"NUMBER": "2"}], ids=["tenant", "place"])
def test_another_place_begins_a_history_of_its_own(
    project: GradedProject, changes: dict[str, str]
) -> None:
    project.run(REPORT="1", COHORT="ada")
    project.run(REPORT="1", COHORT="ada", **changes)
    assert [len(result["history"]) for result in results_in(project)] == [0] * 4
    project.run(REPORT="1", COHORT="ada")
    assert [len(result["history"]) for result in results_in(project)] == [1] * 4


def test_building_again_adds_nothing_to_the_history(reported: GradedProject) -> None:
    file = history_of(reported.out) / history_file.NAME
    before = len(file.read_text("utf-8").splitlines())
    builder.build(reported.out)
    assert len(file.read_text("utf-8").splitlines()) == before == 2
    assert [len(result["history"]) for result in results_in(reported)] == [1] * 12


def test_a_folder_named_relative_to_the_working_directory_is_found(
    reported: GradedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(reported.out.parent)
    built = builder.build(Path(reported.out.name))
    assert built.folder == reported.out / "allure-report"


def line(run: int, case: str, **more: object) -> str:
    result = {"id": f"{case}{run}", "status": "passed", **more}
    return json.dumps({"uuid": str(run), "testResults": {f"{case}.p": result}}) + "\n"


def test_the_history_stays_bounded(tmp_path: Path) -> None:
    file, copy = tmp_path / "history.jsonl", tmp_path / "copy"
    others = [line(run, "theirs") for run in range(50)]
    ours = [line(run, "ours") for run in range(50)]
    file.write_text("".join([*others, *ours, '{"half a li']), "utf-8")
    results = history_file.Results(frozenset({"ours99"}), frozenset({"ours"}), {})
    history = history_file.history(file, results)
    history.copy_to(copy)
    assert copy.read_text("utf-8") == "".join(ours)
    with copy.open("a", encoding="utf-8") as added:
        added.write(line(99, "ours", labels=[{"name": "epic"}], trace="long"))
    history.add_from(copy)
    kept = file.read_text("utf-8").splitlines(keepends=True)
    assert [json.loads(entry)["uuid"] for entry in kept[-RUNS:]] == [
        "41",
        *map(str, range(42, 50)),
        "99",
    ]
    assert len(kept) == RUNS + 20
    assert json.loads(kept[-1])["testResults"]["ours.p"] == {"id": "ours99", "status": "passed"}


# --- no tracking ----------------------------------------------------------------------------------


def pages(project: GradedProject) -> Iterator[Path]:
    yield from (project.out / "allure-report").rglob("*.html")
    yield project.out / "allure-report.html"


def test_no_page_reports_that_it_is_opened(reported: GradedProject) -> None:
    built = list(pages(reported))
    assert len(built) == 2
    for page in built:
        text = page.read_text("utf-8")
        assert not re.search("googletagmanager|gtag|dataLayer", text), page
        assert not re.search(r"""(src|href)=["']?(https?:)?//""", text), page
        assert "default-src 'self'" in text, page


def test_no_address_but_the_learners_own_is_in_the_data(reported: GradedProject) -> None:
    folder = reported.out / "allure-report"
    texts = [path.read_bytes() for path in folder.rglob("*.json")] + list(
        one_file(reported).values()
    )
    hosts = {
        urlsplit(address.decode()).hostname
        for text in texts
        for address in re.findall(rb"https?://[^\s\"'<>\\]+", text)
    }
    assert hosts == {"dev.azure.com", "github.com", "ml.azure.com"}


def test_no_name_is_in_it(reported: GradedProject) -> None:
    folder = reported.out / "allure-report"
    texts = [path.read_bytes() for path in folder.rglob("*.json")] + list(
        one_file(reported).values()
    )
    texts.append((history_of(reported.out) / history_file.NAME).read_bytes())
    for text in texts:
        assert b"Married" not in text
        assert b"Name ada" not in text
        assert b"@example.org" not in text


@pytest.mark.skipif(sys.platform == "win32", reason="the spy is a shell script")
def test_allure_sees_no_credentials_and_no_ci(project: GradedProject) -> None:
    log, node = project.folder / "seen.txt", shutil.which("node")
    spy = project.folder / "bin" / "node"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\n/usr/bin/env >> "{log}"\nexec "{node}" "$@"\n')
    spy.chmod(0o755)
    project.run(
        REPORT="1",
        PATH=str(spy.parent),
        AZURE_CLIENT_SECRET=CANARY,
        GITHUB_TOKEN=CANARY,
        GITHUB_ACTIONS="true",
        ALLURE_TOKEN=CANARY,
    )
    assert (project.out / "allure-report" / "index.html").exists()
    names = {entry.partition("=")[0] for entry in log.read_text().splitlines()}
    assert names <= {
        "HOME",
        "USERPROFILE",
        "TMPDIR",
        "TEMP",
        "TMP",
        "NO_COLOR",
        "TZ",
        "PWD",
        "_",
        "SHLVL",
        "OLDPWD",
    }
    assert CANARY not in log.read_text()


def test_node_has_no_network(tmp_path: Path) -> None:
    allure_page.needs_allure()
    allure = tool.find()
    ask = "fetch('http://127.0.0.1:8080/').catch((error) => console.log(error.cause.message))"
    done = allure.run(tmp_path, "--require", allure.folder / "offline.cjs", "-e", ask)
    assert "there is no network" in done.stdout


# --- where it cannot be built ---------------------------------------------------------------------


def test_without_node_a_sentence_says_so_and_nothing_else_changes(tmp_path: Path) -> None:
    project = GradedProject(tmp_path / "lab")
    (tmp_path / "bin").mkdir()
    plain = project.run(PATH=str(tmp_path / "bin"))
    done = project.run(REPORT="1", PATH=str(tmp_path / "bin"))
    assert done.returncode == plain.returncode == 1
    assert (
        "The Allure report was not built: there is no Node on PATH. Install Node 20" in done.stdout
    )
    assert "Everything else was written." in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert (project.out / "gradebook.csv").exists()
    assert len(project.results()) == 12


def test_without_allure_a_sentence_says_what_installs_it(tmp_path: Path) -> None:
    if not shutil.which("node"):
        pytest.skip("there is no Node")
    with pytest.raises(
        NotWritten, match=r"there is no Allure in .*node_modules\. `make report` installs"
    ):
        tool.find(tmp_path)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("throw new Error('the disk is full');", "status 1 and said: .*the disk is full"),
        ("console.error('plugin awesome error', 1);", "status 0 and said: plugin awesome error"),
        ("", "status 0"),
    ],
)
def test_what_goes_wrong_in_allure_is_one_sentence(
    tmp_path: Path, program: str, message: str
) -> None:
    node = shutil.which("node")
    if not node:
        pytest.skip("there is no Node")
    allure = tool.Allure(node, tmp_path / "node")
    allure.program.parent.mkdir(parents=True)
    allure.program.write_text(program)
    shutil.copy(tool.NODE_FOLDER / "offline.cjs", allure.folder)
    with pytest.raises(NotWritten, match=message) as caught:
        allure.generate({"output": str(tmp_path / "many")}, tmp_path, ["index.html"])
    assert "\n" not in str(caught.value)
    assert "node:internal" not in str(caught.value)


def test_a_folder_that_is_not_allures_is_left_alone(project: GradedProject) -> None:
    own = project.out / "allure-report"
    own.mkdir(parents=True)
    (own / "notes.txt").write_text("mine")
    done = project.run(REPORT="1")
    assert "is not an Allure report" in done.stdout
    assert [path.name for path in own.iterdir()] == ["notes.txt"]
    assert not list(project.out.glob(".allure-*"))


def test_a_page_with_unknown_tracking_is_not_kept(tmp_path: Path) -> None:
    from reports.allure import pages

    page = tmp_path / "index.html"
    page.write_text('<meta charset="utf-8"><img src="https://googletagmanager.com/x">')
    with pytest.raises(NotWritten, match="usage tracking could not be removed"):
        pages.finish([page], [])


def reports(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reports", *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_without_results_the_command_says_so(tmp_path: Path) -> None:
    allure_page.needs_allure()
    done = reports("report", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("The Allure report was not built: there are no Allure results in")
    assert reports("serve", tmp_path).returncode == 2


# --- a large class --------------------------------------------------------------------------------


def test_a_large_class_has_its_page_to_mail_when_asked(tmp_path: Path) -> None:
    allure_page.needs_allure()
    folder = tmp_path / "out"
    (folder / "allure-results").mkdir(parents=True)
    (folder / "allure-report.html").write_text("of the last run")
    for number in range(builder.ONE_FILE + 1):
        labels = [{"name": "suite", "value": f"learner{number // 50}"}]
        result = {"uuid": str(number), "testCaseId": str(number), "name": "x", "status": "failed"}
        (folder / "allure-results" / f"{number}-result.json").write_text(
            json.dumps(result | {"labels": labels, "start": number})
        )
    built = builder.build(folder)
    assert built.file is None
    assert not (folder / "allure-report.html").exists()
    [(label, where)] = built.written
    assert ("python -m reports serve" in label, where) == (True, folder / "allure-report")
    done = reports("report", folder, "--one-file")
    assert (done.returncode, (folder / "allure-report.html").exists()) == (0, True)


# --- serving it -----------------------------------------------------------------------------------


def asked(address: str, host: str, path: str = "/") -> int:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request("GET", path, headers={"Host": host})
    return connection.getresponse().status


def test_the_server_answers_this_machine_only(reported: GradedProject) -> None:
    with allure_page.served(reported.out) as address:
        here = urlsplit(address).netloc
        assert here.startswith("127.0.0.1:")
        assert asked(address, here) == 200
        assert asked(address, "evil.example:80") == 403
        assert asked(address, here, "/../gradebook.csv") == 404
        with pytest.raises(NotWritten, match="Cannot serve on port"):
            serve.server(reported.out, int(here.rpartition(":")[2]))
