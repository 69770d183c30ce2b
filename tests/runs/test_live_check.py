"""``docs/live-check.md``: every command of the list as written, against the simulated tenant."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from fixtures.simulator.process import SimulatedTenant
from tests.support import grading_process
from tests.support.paths import COHORTS, PROJECT

ROW = re.compile(r"^\| (?P<number>\d+) \| \d+ \| (?P<run>.+?) \| (?P<see>.+?) \| ", re.MULTILINE)
COMMAND = re.compile(r"`((?:python|pytest|grep|mlops-lab-check) [^`]+)`")
ANOTHERS_SIGN_IN = "--sign-in"
"""Steps that need a person at a browser; test_learner_sign_in.py is that person."""


def steps() -> Mapping[str, list[str]]:
    """Number -> the commands of that step."""
    text = (PROJECT / "docs" / "live-check.md").read_text(encoding="utf-8")
    rows = ROW.finditer(text.replace(r"\|", "\N{BROKEN BAR}"))
    commands = {row["number"]: COMMAND.findall(row["run"]) for row in rows}
    return {
        number: [command.replace("\N{BROKEN BAR}", "|") for command in listed]
        for number, listed in commands.items()
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with what the list asks for, and the environment of somebody who signed in."""
    folder = tmp_path_factory.mktemp("live-check")
    (folder / "cohort.csv").write_text("learner,number\nuser3,3\n", encoding="utf-8")
    lab = (COHORTS / "lab.toml").read_text(encoding="utf-8")
    (folder / "lab.toml").write_text(lab, encoding="utf-8")
    with SimulatedTenant(folder / "cohort.csv") as tenant:
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        yield folder, grading_process.environment({**tenant.environment(), "PATH": programs})


SEEN = {
    "1": ("organisation: solliancelabs", "All is well."),
    "2": ("calls",),
    "3": ("user3", "100"),
    "8": ("0 of 1 grades change",),
    "10": ("Task 7", "All done: 100 of 100 points."),
    "11": ("user3", "100"),
}
"""What a lab that is right shows at these steps."""


@pytest.mark.skipif(os.name != "posix", reason="the list's commands are those of a POSIX shell")
def test_the_commands_do_what_the_list_says(place: tuple[Path, dict[str, str]]) -> None:
    folder, environment = place
    listed = steps()
    assert [*listed] == [str(number) for number in range(1, len(listed) + 1)]
    for number, commands in listed.items():
        said = "".join(
            _output(command, folder, environment)
            for command in commands
            if ANOTHERS_SIGN_IN not in command
        )
        assert "Traceback" not in said
        for words in SEEN.get(number, ()):
            assert words in said, (number, said)


def _output(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    print(f"$ {command}\n{done.stdout}{done.stderr}")
    assert done.returncode == 0 or command.startswith("grep -v"), (
        command,
        done.stdout + done.stderr,
    )
    return done.stdout + done.stderr
