"""The doctor finds each planted defect and names its remedy; on a right set-up it is silent."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fixtures.simulator.fault_plan import read_plan
from fixtures.simulator.github_access import GitHubAccess
from fixtures.simulator.world import LearnerWorld, Tenant
from graders.__main__ import main
from graders.evidence import Rights, ServiceName
from graders.lab import Session
from graders.services.cloud import Cloud
from graders.services.doctor import azure, azure_devops, machine, network, table
from graders.services.doctor.examination import examine
from graders.services.doctor.finding import Finding, Level, entries, status
from graders.services.doctor.needs import Needs
from graders.services.http.audit import Audit
from graders.services.http.exchange import Fault
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from graders.services.sign_in import SignIn
from graders.services.token_claims import Account
from tests.support import served_tenant

DEFECTS: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    (Path(served_tenant.__file__).parent / "doctor_defects.toml").read_text(encoding="utf-8")
)
LEARNERS = 3
WIDTH = 80


@dataclass(frozen=True)
class Plan:
    """What is planted; see ``doctor_defects.toml``."""

    token: Mapping[str, Any] = field(default_factory=dict)
    world: Mapping[str, Any] = field(default_factory=dict)
    lab: Mapping[str, str] = field(default_factory=dict)
    fault: Mapping[str, str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    with_pat: bool = False


def examined(plan: Plan, folder: Path, learners: int = LEARNERS) -> Sequence[Finding]:
    with served(plan, folder, learners) as (needs, environ):
        return examine(needs, environ)


@contextmanager
def served(
    plan: Plan, folder: Path, learners: int = LEARNERS
) -> Iterator[tuple[Needs, Mapping[str, str]]]:
    tenant = _tenant(plan, learners)
    strikes = read_plan([_fault_file(plan.fault, folder)], tenant) if plan.fault else ()
    with served_tenant.serving(tenant, strikes) as running, pytest.MonkeyPatch.context() as patch:
        secrets = {
            "AZURE_TENANT_ID": tenant.ids.tenant_id,
            "AZURE_CLIENT_ID": tenant.ids.client_id,
            "AZURE_CLIENT_SECRET": tenant.ids.client_secret,
            "GITHUB_TOKEN": tenant.ids.github_token,
            "HOME": str(folder),
            "FEDERATED": tenant.ids.federated_token,
        }
        if plan.with_pat:
            secrets["AZURE_DEVOPS_EXT_PAT"] = tenant.ids.azure_devops_pat
        for name, value in {**secrets, **plan.environment}.items():
            patch.setenv(name, value)
        labs = [replace(lab, **plan.lab) for lab in tenant.labs.values()]
        yield Needs(labs, folder=folder), os.environ
        assert running.journal.violations == {}
        assert running.journal.unknown_parameters == {}


def _tenant(plan: Plan, learners: int) -> Tenant:
    days = plan.token.get("expires_in")
    lifetime = {} if days is None else {"expires_in": timedelta(days=days)}
    begins = datetime.now(UTC) - timedelta(days=plan.world.get("first_run_days_ago", 3))
    labs = [
        replace(served_tenant.lab(number), session=Session(begins))
        for number in range(1, learners + 1)
    ]
    changes = {"learner-2": lambda _lab, world: _changed(world, plan.world)}
    access = GitHubAccess(**{**plan.token, **lifetime})
    return Tenant(labs, changes, github=access)


def _changed(world: LearnerWorld, fields_: Mapping[str, Any]) -> None:
    for path, value in fields_.items():
        part, _, name = path.partition(".")
        if name:
            setattr(getattr(world, part), name, value)


def _fault_file(fault: Mapping[str, str], folder: Path) -> Path:
    lines = [f"{key} = {json.dumps(value)}" for key, value in fault.items()]
    file = folder / "faults.toml"
    file.write_text("\n".join(["[planted]", *lines]), encoding="utf-8")
    return file


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_named_with_its_remedy(name: str, tmp_path: Path) -> None:
    planted = dict(DEFECTS[name])
    expected = {key: planted.pop(key, None) for key in ("finds", "says", "remedy", "status")}
    whom = planted.pop("learners", None)
    planted["world"] = planted.pop("set", {})
    findings = examined(Plan(**planted), tmp_path)
    matching = [finding for finding in findings if finding.code == expected["finds"]]
    assert matching, [finding.says for finding in findings if finding.level is not Level.OK]
    finding = next((f for f in matching if expected["says"] in f.says), matching[0])
    assert expected["says"] in finding.says
    assert expected["remedy"] in f"{finding.fix} {finding.run}"
    assert status(findings) == (expected["status"] or 1)
    if whom is not None:
        assert list(finding.learners) == whom


def test_on_a_right_set_up_it_is_silent(tmp_path: Path) -> None:
    findings = examined(Plan(), tmp_path)
    assert [finding.says for finding in findings if finding.level is not Level.OK] == []
    assert status(findings) == 0
    told = {finding.code for finding in findings}
    assert told >= {"place", "azure_signed_in", "devops_signed_in", "github_signed_in", "grade_by"}
    assert max(map(len, table.lines(findings))) <= WIDTH


def test_a_missing_token_of_github_hides_no_other_problem(tmp_path: Path) -> None:
    environment = {"GITHUB_TOKEN": "", "AZURE_CLIENT_SECRET": "not-this"}
    stopping = [f.code for f in examined(Plan(environment=environment), tmp_path) if f.stops]
    assert set(stopping) == {"sign_in_incomplete", "azure_refused"}


def test_several_tenants_are_each_signed_in_to(tmp_path: Path) -> None:
    """The simulated Entra ID knows one tenant: the learner of another one is named."""
    elsewhere = "11111111-2222-3333-4444-555555555555"
    with served(Plan(), tmp_path) as (needs, environ):
        home = environ["AZURE_TENANT_ID"]
        labs = [
            replace(lab, tenant_id=elsewhere if number == 1 else home)
            for number, lab in enumerate(needs.labs)
        ]
        findings = examine(replace(needs, labs=labs), environ)
    (refused,) = [finding for finding in findings if finding.code == "tenant_refused"]
    assert refused.learners == ("learner-2",)
    assert "the tenant does not exist" in refused.says
    others = {f.code for f in findings if f.learners != ("learner-2",) and f.level is not Level.OK}
    assert others == set()


def test_a_run_asks_for_nothing_that_its_doctor_has_asked_for(tmp_path: Path) -> None:
    """Nor the other way round: projects, and what the grader may see in them."""
    with served(Plan(), tmp_path) as (needs, environ), closing(Audit(tmp_path / "a")) as audit:
        sign_in = SignIn.from_environment(environ)
        with ReadOnlyTransport(audit=audit) as transport:
            cloud = Cloud(sign_in, transport, needs.labs)
            cloud.prepare(needs.labs)
            findings = examine(needs, environ, sign_in, cloud)
            seen = cloud.look_at(needs.labs[0])
    assert status(findings) == 0
    assert seen.rights == Rights(library=True, connections=True, pipelines=True)
    lines = [json.loads(line) for line in (tmp_path / "a").read_text("utf-8").splitlines()]
    asked = Counter(
        line["path"]
        for line in lines
        if line["service"] in ("Azure DevOps", "Azure Resource Manager")
        and (line["status"], line["learner"]) == (200, "")
    )
    assert {path: n for path, n in asked.items() if n > 1 and "ConnectionData" not in path} == {}
    assert len([path for path in asked if "/Permissions/" in path]) >= 3


def test_a_workload_identity_signs_in(tmp_path: Path) -> None:
    with served(Plan(environment={"AZURE_CLIENT_SECRET": ""}), tmp_path) as (needs, environ):
        (tmp_path / "token").write_text(environ["FEDERATED"], encoding="utf-8")
        given = {**environ, "AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token")}
        findings = examine(needs, given)
    assert "by workload identity" in "\n".join(table.lines(findings))
    assert status(findings) == 0


def test_a_learners_own_rights_are_no_warning(tmp_path: Path) -> None:
    """The same rights are one for a grader."""
    world = {"project.grader_may_write": True, "workspace.may": ["*"]}
    with served(Plan(world=world), tmp_path) as (needs, environ):
        codes = {finding.code for finding in examine(needs, environ)}
        own = [lab for lab in needs.labs if lab.learner.id == "learner-2"]
        sign_in = SignIn.from_environment(environ)
        with ReadOnlyTransport():
            alone = replace(needs, labs=own)
            silent = {
                *(f.code for f in azure_devops.findings(alone, sign_in, own=True)),
                *(f.code for f in azure.findings(alone, sign_in, Account(), own=True)),
            }
    assert {"devops_could_write", "azure_could_write"} <= codes
    assert not {"devops_could_write", "azure_could_write"} & silent


@pytest.mark.parametrize(
    ("ends", "codes"),
    [(None, {"pat_end_unknown"}), (3, {"pat_ends_soon"}), (90, set())],
)
def test_a_personal_access_token_is_asked_for_its_end(
    ends: int | None, codes: set[str], tmp_path: Path
) -> None:
    date = None if ends is None else (datetime.now(UTC) + timedelta(days=ends)).date()
    with served(Plan(with_pat=True), tmp_path) as (needs, environ):
        findings = examine(replace(needs, pat_ends=date), environ)
    assert {finding.code for finding in findings if finding.level is not Level.OK} == codes


@pytest.mark.parametrize(
    ("file", "code", "host"),
    [
        ("machine api.github.com login a password canary", "netrc", "api.github.com"),
        ("default login a password canary", "netrc", "default"),
        ("machine", "netrc_unreadable", ""),
        ("machine elsewhere.example login a password canary", "", ""),
    ],
)
def test_a_netrc_file_is_read_and_not_told(file: str, code: str, host: str, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(file, encoding="utf-8")
    (tmp_path / ".netrc").chmod(0o600)
    found = list(machine.findings(tmp_path, {"HOME": str(tmp_path)}))
    assert [finding.code for finding in found if finding.level is not Level.OK] == [code][
        : bool(code)
    ]
    said = "".join(finding.says for finding in found)
    assert host in said
    assert "canary" not in said


def test_a_full_disk_and_a_folder_of_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 50 * 1024**2})()
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(machine.os, "access", lambda *_: False)
    codes = {finding.code for finding in machine.findings(tmp_path / "new", {})}
    assert codes == {"versions", "disk_low", "folder_not_writable"}


def test_a_proxy_that_wants_a_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy, pytest.MonkeyPatch.context() as patch:
        threading.Thread(target=_refusing, args=(proxy,), daemon=True).start()
        for name in ("HTTPS_PROXY", "https_proxy"):
            patch.setenv(name, f"http://ada:canary@127.0.0.1:{proxy.getsockname()[1]}")
        with ReadOnlyTransport(RetryPolicy(attempts=1)):
            found = list(network.findings(network.roads([], []), {}))
    assert [finding.code for finding in found] == ["proxy_wants_sign_in"]
    assert "canary" not in found[0].says + found[0].fix


def test_all_hosts_are_asked_at_once() -> None:
    """Where a network swallows what is sent, each of them takes all the time there is."""
    with socket.create_server(("127.0.0.1", 0)) as proxy, pytest.MonkeyPatch.context() as patch:
        threading.Thread(target=_refusing, args=(proxy, 4), daemon=True).start()
        for name in ("HTTPS_PROXY", "https_proxy"):
            patch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        with ReadOnlyTransport(RetryPolicy(attempts=1)):
            found = network.roads(frozenset(ServiceName), ["o"])
    assert [road.fault.fault for road in found if road.fault] == [Fault.PROXY] * 4


def _refusing(proxy: socket.socket, at_once: int = 1) -> None:
    """Refuse whoever comes, as soon as there are so many."""
    with contextlib.suppress(OSError):
        while True:
            for road in [proxy.accept()[0] for _ in range(at_once)]:
                road.recv(1024)
                road.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                road.close()


# --- the command ----------------------------------------------------------------------------------


def test_all_that_is_wrong_with_the_files_stops_it_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "class.csv").write_text("learner,number\nada,one\n", encoding="utf-8")
    (tmp_path / "lab.toml").write_text("[tenant]\norganisation = 'x'\n", encoding="utf-8")
    assert main(["doctor", "--learners", str(tmp_path / "class.csv")]) == 4
    text = " ".join(capsys.readouterr().out.split())
    assert "row 2, column `number`" in text
    assert "`tenant.organisation`" in text
    assert text.endswith("A run would stop: fix what is marked stop.")


def test_points_of_no_check_stop_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cohort = _files(tmp_path)
    with (tmp_path / "lab.toml").open("a", encoding="utf-8") as file:
        file.write("\n[points]\nnothing = 3\n")
    assert main(["doctor", "--learners", str(cohort)]) == 4
    assert "no check has this id" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--learner", "bea"], "there is no such learner (found `bea`)"),
        (["-m", "task8"], "it selects no task; write some of task2"),
    ],
)
def test_what_is_not_there_stops_it(
    more: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["doctor", "--learners", str(_files(tmp_path)), *more]
    assert main(arguments) == 4
    assert words in " ".join(capsys.readouterr().out.split())


def test_programs_read_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(Plan(world={"project.sees_library": False}), tmp_path):
        code = main(["doctor", "--learners", str(_files(tmp_path)), "--json", "-m", "task4"])
        told = json.loads(capsys.readouterr().out)
        assert (code, told["status"]) == (0, 0)
        places = [f["facts"]["kind"] for f in told["findings"] if f["code"] == "place"]
        assert places == ["organisation", "owner"]  # only what task 4 needs
        assert main(["doctor", "--learners", str(_files(tmp_path)), "--json"]) == 1
    found = [f for f in json.loads(capsys.readouterr().out)["findings"] if f["level"] != "ok"]
    assert [(f["code"], f["learners"]) for f in found] == [("library_not_seen", ["learner-2"])]


def _files(folder: Path) -> Path:
    rows = [f"learner-{n},{n},AE MLOps {n:02d}" for n in range(1, LEARNERS + 1)]
    text = "\n".join(["learner,number,project", *rows])
    (folder / "class.csv").write_text(text, encoding="utf-8")
    tenant = {
        "organization": served_tenant.ORGANIZATION,
        "github_owner": served_tenant.ORGANIZATION,
        "subscription_id": served_tenant.SUBSCRIPTION,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in tenant.items()]
    begins = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    lab = "\n".join(["[tenant]", *lines, "[session]", f"begins = {begins}"])
    (folder / "lab.toml").write_text(lab, encoding="utf-8")
    return folder / "class.csv"


HARD = {
    *("file_wrong", "row_left_out", "lab_breaks"),  # tried in tests of files and classes
    "devops_on_behalf",
}
"""What no defect here plants; the last one the simulated tenant cannot be made to say yet."""


def test_every_finding_is_planted_somewhere() -> None:
    source, _, _ = Path(__file__).read_text(encoding="utf-8").partition("\nHARD = ")
    planted = {defect["finds"] for defect in DEFECTS.values()}
    untried = {
        code
        for code, entry in entries().items()
        if entry.level is not Level.OK and code not in planted and f'"{code}"' not in source
    }
    assert untried == HARD
