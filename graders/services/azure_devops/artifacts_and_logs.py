"""The files of runs: the artifact of CI that names the model, the logs of CD.

Source: the template's pipelines, which write both; build/artifacts and build/logs.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graders.evidence import Deployment, ModelFile, Run
from graders.lab.roles import DeploymentStage, Log
from graders.masks import MASK, fits, is_hidden, shows
from graders.run_results import stage_of, tasks_of
from graders.services.http import web
from graders.texts import decoded

if TYPE_CHECKING:
    import requests

ARTIFACT_HOSTS = (".artifacts.visualstudio.com",)
_MOST_BYTES = 64 * 1024
_MOST_LOGS = 1000
_MOST_OF_LOGS = 4 * 1024 * 1024
_MOST_WORDS = 100
_NO_ZIP = (
    *(zipfile.BadZipFile, zlib.error, NotImplementedError),
    *(RuntimeError, EOFError, OSError, ValueError),
)
"""What reading an archive raises that is none, or is damaged."""
_STAMP = re.compile(r"^\d\S*Z\s+")
_SECTION = "##[section]"


def artifact(item: Any) -> tuple[str, str]:
    """Name, and the URL of the content, which may be empty. Raises TypeError."""
    if not isinstance(item.name, str):
        raise TypeError("an artifact lacks its name")
    return item.name, str((item.resource.download_url if item.resource else None) or "")


def download(session: requests.Session, url: str, headers: Mapping[str, str]) -> bytes:
    """The zipped artifact. Raises ``UnexpectedBodyError`` for an address that is not the service's.

    The service searches for another resource where ``Accept`` names an API version.
    """
    if not web.is_host(url, "https", ARTIFACT_HOSTS):
        raise web.UnexpectedBodyError("the artifact is not on a host of Azure DevOps")
    asking = {"Accept": "application/zip", **headers}
    response = session.get(url, headers=asking, timeout=web.TIMEOUT, allow_redirects=False)
    if response.status_code != 200:
        raise web.NotAnswered(response)
    return response.content


def model_file(archive: bytes, name: str) -> ModelFile:
    """The content of the file ``name``; all empty where the artifact has none, or it is not JSON.

    Raises ``UnexpectedBodyError`` when the body is not a zip file: that is not the learner's fault.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            text = _text_of(opened, name)
    except _NO_ZIP:
        raise web.UnexpectedBodyError("the artifact is not a readable zip file") from None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    content = content if isinstance(content, dict) else {}
    return ModelFile(*(_plain(content.get(key)) for key in ("name", "version", "id")))


def _text_of(archive: zipfile.ZipFile, name: str) -> str:
    """The text of a file, bounded in bytes: anyone who can run CI can publish anything."""
    for entry in archive.infolist():
        if entry.filename.rpartition("/")[2] == name:
            with archive.open(entry) as file:
                return decoded(file.read(_MOST_BYTES))
    return ""


def _plain(value: object) -> str:
    is_plain = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value)[:_MOST_WORDS] if is_plain else ""


def logs_in(archive: bytes, tasks: Sequence[str]) -> list[list[str]] | None:
    """The whole logs of tasks, from the archive of a run's logs; None unless each is there once.

    No rule of the files' names is documented: a log is known by its first line, which the agent
    writes.
    """
    by_task: dict[str, list[list[str]]] = {task: [] for task in tasks}
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for text in _logs(opened):
                first = _STAMP.sub("", text.partition("\n")[0].rstrip("\r"), count=1)
                for task, logs in by_task.items():
                    if fits(first, f"{_SECTION}Starting: {task}"):
                        logs.append(whole_log(_lines(text), task))
    except (*_NO_ZIP, web.UnexpectedBodyError):
        return None
    if any(len(logs) != 1 for logs in by_task.values()):
        return None
    return [logs[0] for logs in by_task.values()]


def _logs(archive: zipfile.ZipFile) -> Iterator[str]:
    """The text of each file. Raises ``UnexpectedBodyError`` for more than a run's logs have."""
    entries, left = archive.infolist(), _MOST_OF_LOGS
    if len(entries) > _MOST_LOGS:
        raise web.UnexpectedBodyError("there are too many logs")
    for entry in entries:
        with archive.open(entry) as file:
            content = file.read(left)
        left -= len(content)
        if left <= 0:
            raise web.UnexpectedBodyError("the logs are too large")
        yield decoded(content)


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.split("\n")]


def logs_of(run: Run, deployment: DeploymentStage) -> Mapping[str, int]:
    """Task -> number of its log, of the tasks of the stage that deploys."""
    stages = run.stages if isinstance(run.stages, tuple) else ()
    stage = stage_of(stages, deployment.identifier)
    return {task.name: task.log for task in tasks_of([stage] if stage else []) if task.log}


def whole_log(lines: Iterable[object], task: str) -> list[str]:
    """The lines of a task's log, which begins and ends with the task's name.

    Raises ``UnexpectedBodyError`` for anything else: a log that was cut short proves nothing.
    """
    texts = [line for line in lines if isinstance(line, str)]
    sections = [line.partition(_SECTION)[2] for line in texts]
    for word in ("Starting", "Finishing"):
        if not any(fits(section, f"{word}: {task}") for section in sections):
            raise web.UnexpectedBodyError("what came is not the whole log of the task")
    return texts


def deployment(reading: Iterable[str], testing: Iterable[str], log: Log) -> Deployment:
    """The facts in the lines of the two logs, of which the last counts; logs also show scripts.

    Raises ``UnexpectedBodyError`` where all that could say so is hidden: then nothing is known.
    """
    lines = [_STAMP.sub("", line, count=1) for line in reading]
    tested = [_STAMP.sub("", line, count=1).strip().rstrip(".") for line in testing]
    wanted = log.smoke_test_passed.rstrip(".")
    passed = any(shows(line, wanted) for line in tested)
    if not passed and any(is_hidden(line) or fits(line, wanted) for line in tested):
        raise web.UnexpectedBodyError("the log hides whether the smoke test passed")
    return Deployment(_last(log.model_name, lines), _last(log.model_version, lines), passed)


def _last(label: str, lines: Iterable[str]) -> str:
    """What the last line with the label says; a label of which a part is hidden counts too.

    Where only lines are left whose label is hidden, the value is as good as hidden.
    """
    words = len(label.split())
    split = [parts for line in lines if len(parts := line.split()) == words + 1]
    values = [parts[words] for parts in split if shows(" ".join(parts[:words]), label)]
    if not values and any(fits(" ".join(parts[:words]), label) for parts in split):
        return MASK
    return values[-1][:_MOST_WORDS] if values else ""
