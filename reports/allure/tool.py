"""Allure's own program: found where ``make`` installs it, run without network or credentials."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.files import NotWritten

NODE_FOLDER = Path(__file__).resolve().parent / "node"
OLDEST_NODE = 20
_SECONDS = 3600  # a class of thousands takes minutes; a process that hangs is stopped
_INHERITED = ("SYSTEMROOT", "TZ")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PLUGIN_FAILED = re.compile(r"^plugin \S+ error", re.MULTILINE)  # although Allure's status is 0


@dataclass(frozen=True)
class Allure:
    """The installed program; each call is a process of its own that ends before it returns."""

    node: str
    folder: Path = NODE_FOLDER
    """Where our own files for Node are, and ``node_modules``."""

    @property
    def program(self) -> Path:
        return self.folder / "node_modules" / "allure" / "cli.js"

    def generate(self, config: Mapping[str, Any], results: Path, pages: Sequence[str]) -> None:
        """Build what ``config`` describes from a folder of results, in the folder of its output.

        Raises NotWritten when one of ``pages`` is missing afterwards.
        """
        output = Path(config["output"])
        file = output.with_suffix(".json")
        file.write_text(json.dumps(config), encoding="utf-8")
        arguments = [self.program, "generate", "--config", file, "--cwd", output.parent, results]
        done = self.run(output.parent, "--require", self.folder / "offline.cjs", *arguments)
        missing = [page for page in pages if not (output / page).is_file()]
        if done.returncode or missing or _PLUGIN_FAILED.search(done.stderr):
            raise not_built(f"Allure {_end(done)}")

    def run(self, home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run Node to its end in a private folder. Raises NotWritten where it cannot be run."""
        try:
            return subprocess.run(  # noqa: S603 - Node, as found on PATH
                [self.node, *map(str, arguments)],
                cwd=home,
                env=environment(home),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise not_built(f"{self.node} could not be run: {error}") from None


def find(folder: Path = NODE_FOLDER) -> Allure:
    """The program, ready to run. Raises NotWritten with what to install."""
    node = shutil.which("node")
    if node is None:
        raise not_built(
            f"there is no Node on PATH. Install Node {OLDEST_NODE} or newer and npm,"
            " then `make report`"
        )
    allure = Allure(node, folder)
    if not allure.program.is_file():
        raise not_built(
            f"there is no Allure in {folder / 'node_modules'}. `make report` installs it and builds"
            f" the report; without make, `npm ci --prefix {folder}` does"
        )
    version = allure.run(folder, "--version").stdout.strip()
    if not version.startswith("v") or int(version[1:].partition(".")[0]) < OLDEST_NODE:
        raise not_built(f"{node} is {version or 'no Node'}. Install Node {OLDEST_NODE} or newer")
    return allure


def environment(home: Path) -> dict[str, str]:
    """The program's whole environment: no PATH, no credentials, nothing about a CI."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    homes = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), str(home))
    return kept | homes | {"NO_COLOR": "1"}


def not_built(why: str) -> NotWritten:
    return NotWritten(f"The Allure report was not built: {why}.")


def _end(done: subprocess.CompletedProcess[str]) -> str:
    """How it ended, with its last message and no traceback of its own."""
    lines = [_COLOUR.sub("", line).strip() for line in (done.stdout + done.stderr).splitlines()]
    output = [line for line in lines if line and not line.startswith("at ")]
    last = next((line for line in reversed(output) if "rror" in line), output[-1] if output else "")
    return f"ended with status {done.returncode}" + (f" and said: {last[:300]}" if last else "")
