"""``mlops-lab-check`` without ``az``: a learner signs in in the browser, or with a device code."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support import grading_process
from tests.support.bare_azure_devops import settled
from tests.support.paths import PROJECT
from tests.support.person import answer_pages
from tests.support.served_tenant import ORGANIZATION, SUBSCRIPTION, Served, serving, tenant_of

LAB = f"""\
[tenant]
organization = "{ORGANIZATION}"
github_owner = "{ORGANIZATION}"
subscription_id = "{SUBSCRIPTION}"
"""
LEARNER = "user3@lab.example"
PROMPT = re.compile(r"Open (\S+) and enter the code (\w+)")


@pytest.fixture(scope="module")
def tenant() -> Iterator[Served]:
    with serving(tenant_of(3)) as served:
        yield served


@pytest.fixture
def checking(tenant: Served, tmp_path: Path) -> Iterator[Checking]:
    (tmp_path / "lab.toml").write_text(LAB, encoding="utf-8")
    with Checking(tenant, tmp_path) as started:
        yield started


class Checking:
    """The command, started by a learner who has a GitHub token, and no ``az``."""

    def __init__(self, tenant: Served, folder: Path) -> None:
        self._folder = folder
        self._environment = {
            **tenant.environment,
            "GITHUB_TOKEN": tenant.tenant.ids.github_token,
            "HOME": str(folder),
            "PYTHONPATH": str(PROJECT),
        }
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Checking:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def start(self, *arguments: str, **changes: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "fixtures.learner.command", "--lab", "lab.toml"]
        self._process = subprocess.Popen(
            [*command, *arguments],
            cwd=self._folder,
            env=grading_process.environment({**self._environment, **changes}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        return self._process


def browser_of(learner: str) -> Mapping[str, str]:
    """The variable by which Python's ``webbrowser`` finds a browser; it goes on beside it."""
    return {"BROWSER": f"{sys.executable} -m tests.support.person {learner} %s &"}


def test_a_sign_in_in_the_browser_grades_whoever_signed_in(
    checking: Checking, tenant: Served
) -> None:
    said, problems = checking.start("--sign-in", "browser", **browser_of(LEARNER)).communicate()
    assert problems == ""
    assert said.startswith("Checking the lab of user3: project AE MLOps 03 ")
    assert said.endswith("All done: 100 of 100 points.\n")
    holds_only_reads(tenant)


def test_a_device_code_grades_whoever_enters_it(checking: Checking, tenant: Served) -> None:
    process = checking.start("--sign-in", "device-code")
    assert process.stderr is not None
    prompt = PROMPT.match(process.stderr.readline())
    assert prompt is not None
    page = answer_pages(prompt[1], {"otc": prompt[2], "login": LEARNER})
    assert "You have signed in" in page
    said, problems = process.communicate()
    assert problems == ""  # one code was enough for every service
    assert said.startswith("Checking the lab of user3: project AE MLOps 03 ")
    assert said.endswith("All done: 100 of 100 points.\n")
    holds_only_reads(tenant)


def test_a_machine_without_a_browser_is_told_what_to_do(checking: Checking, tmp_path: Path) -> None:
    alone = {"PATH": str(tmp_path), "BROWSER": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    process = checking.start("--sign-in", "browser", "--number", "3", **alone)
    _, problems = process.communicate()
    assert process.returncode == 4
    assert "no browser could be opened on this machine; sign in with --sign-in device-code" in (
        problems
    )


SAYS_NO = """
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import ProxyHandler, build_opener

with Path(__file__).with_name("log").open("a") as log:
    log.write("no. ")
asked = parse_qs(urlsplit(sys.argv[1]).query)
answer = {"error": "access_denied", "state": asked["state"][0], **%s}
build_opener(ProxyHandler({})).open(asked["redirect_uri"][0], urlencode(answer).encode())
"""


@pytest.mark.parametrize(
    "told", [{}, {"error_description": "AADSTS65004: User declined to consent."}]
)
def test_an_instructor_who_says_no_in_the_browser_is_asked_once(
    told: Mapping[str, str], tenant: Served, tmp_path: Path
) -> None:
    cohort = grading_process.write_cohort(tmp_path / "class.csv", 1)
    (tmp_path / "lab.toml").write_text(LAB, encoding="utf-8")
    (tmp_path / "no.py").write_text(SAYS_NO % told, encoding="utf-8")
    variables = {
        **tenant.environment,
        "GITHUB_TOKEN": tenant.tenant.ids.github_token,
        "HOME": str(tmp_path),
        "BROWSER": f"{sys.executable} {tmp_path / 'no.py'} %s &",
    }
    given = ("--learners", cohort, "--sign-in", "browser")
    run = grading_process.grade(*given, reports=tmp_path / "out", changes=variables)
    assert run.status == 4, run.text
    assert "account that you choose in the browser: the sign-in was declined" in run.text
    assert "; start again, and accept it, or " in run.text
    assert (tmp_path / "log").read_text("utf-8") == "no. "


def holds_only_reads(tenant: Served) -> None:
    summary = settled(tenant).summary()
    assert not summary["violations"]
    assert not summary["unknown_routes"]
    assert not summary["unknown_parameters"]
    assert not summary["refused_hosts"]
