"""What runs leave behind in files: the artifact of CI, the logs of CD, the history of training."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
import requests
from requests.adapters import HTTPAdapter

from graders.evidence import Deployment, ModelFile, TrainingStep
from graders.lab import SHEET
from graders.services.azure_devops import artifacts_and_logs as traces
from graders.services.azure_ml.run_history import metrics_by_run, training_runs
from graders.services.http.web import NotAnswered, UnexpectedBodyError
from tests.support.canned_cloud import CannedCloud

HOME = "https://artprodcus3.artifacts.visualstudio.com/A1/p1/_apis/artifact/x/content?format=zip"


def zipped(**files: object) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            text = content if isinstance(content, bytes) else str(content).encode()
            path = name.replace("__", "/").replace("_json", ".json")
            # of one time: bytes that hold the clock make test ids that no two processes share
            archive.writestr(zipfile.ZipInfo(path), text)
    return buffer.getvalue()


CONTENT = {"name": "a.pkl", "version": 3, "id": "a.pkl:3", "framework": "Custom"}
MARKED = b"\xef\xbb\xbf" + json.dumps(CONTENT).encode()


@pytest.mark.parametrize(
    ("archive", "file"),
    [
        (zipped(model__model_json=json.dumps(CONTENT)), ModelFile("a.pkl", "3", "a.pkl:3")),
        (zipped(model_json=MARKED), ModelFile("a.pkl", "3", "a.pkl:3")),
        (zipped(model__model_json='{"name": ["a"], "version": true}'), ModelFile("", "", "")),
        (zipped(model__model_json='["a"]'), ModelFile("", "", "")),
        (zipped(model__model_json="{name: a.pkl}"), ModelFile("", "", "")),
        (zipped(model__model_json="[" * 50_000), ModelFile("", "", "")),
        (zipped(model__other_json=json.dumps(CONTENT)), ModelFile("", "", "")),
        (zipped(), ModelFile("", "", "")),
    ],
)  # fmt: skip
def test_the_artifact_says_what_its_model_json_says(archive: bytes, file: ModelFile) -> None:
    assert traces.model_file(archive, "model.json") == file


def test_files_beside_the_models_do_not_hide_it_and_a_huge_one_is_read_within_bounds() -> None:
    many = zipped(**{f"n{n}": "x" for n in range(100)}, model_json=json.dumps(CONTENT))
    huge = zipped(model_json=json.dumps(CONTENT | {"name": "x" * 10_000_000}))
    long = zipped(model_json=json.dumps(CONTENT | {"name": "x" * 10_000}))
    assert traces.model_file(many, "model.json") == ModelFile("a.pkl", "3", "a.pkl:3")
    assert traces.model_file(huge, "model.json") == ModelFile("", "", "")
    assert len(traces.model_file(long, "model.json").name) == 100


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", zipped(model_json="{}")[:-9]])
def test_what_is_no_zip_file_says_nothing_of_the_learner(body: bytes) -> None:
    with pytest.raises(UnexpectedBodyError):
        traces.model_file(body, "model.json")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://artprodcus3.artifacts.visualstudio.com/x",
        "https://artifacts.visualstudio.com.example.org/x",
        "https://learner@artprodcus3.artifacts.visualstudio.com/x",
        "https://example.org/.artifacts.visualstudio.com",
    ],
)
def test_no_token_goes_to_a_stranger_for_an_artifact(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    canned = CannedCloud()
    monkeypatch.setattr(HTTPAdapter, "send", lambda *args, **kwargs: canned.send(*args, **kwargs))
    with pytest.raises(UnexpectedBodyError):
        traces.download(requests.Session(), url, {"Authorization": "Bearer canary"})
    assert canned.asked == []


@pytest.mark.parametrize("status", [203, 302, 401, 404, 500])
def test_whatever_is_no_artifact_is_no_answer(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    canned = CannedCloud({"/content": (status, "{}")})
    monkeypatch.setattr(HTTPAdapter, "send", lambda *args, **kwargs: canned.send(*args, **kwargs))
    with pytest.raises(NotAnswered):
        traces.download(requests.Session(), HOME, {})


def test_the_last_word_of_the_logs_counts_and_no_script_that_is_shown() -> None:
    parsing = [
        'echo "Model Name: $MODEL_NAME"',
        "2026-11-20T13:50:00.1234567Z Model Name: first.pkl",
        "2026-11-20T13:50:00.1234567Z Model Name: a.pkl",
        "Model Version: 3",
        "2026-11-20T13:50:00Z the Model Version: 4",
    ]
    testing = ["2026-11-20T13:55:00Z Smoke test successful."]
    assert traces.deployment(parsing, testing, SHEET.cd.log) == Deployment("a.pkl", "3", True)
    echoed = ["print('Smoke test successful.')", "no Smoke test successful."]
    assert traces.deployment([], echoed, SHEET.cd.log) == Deployment("", "", False)


@pytest.mark.parametrize("cut", [slice(1, None), slice(None, -1), slice(0, 0)])
def test_a_log_that_is_not_whole_proves_nothing(cut: slice) -> None:
    whole = ["T ##[section]Starting: Smoke test", "said", "T ##[section]Finishing: Smoke test"]
    assert traces.whole_log(whole, "Smoke test") == whole
    with pytest.raises(UnexpectedBodyError):
        traces.whole_log(whole[cut], "Smoke test")


def log(task: str, *said: str, end: str = "\r\n") -> str:
    lines = [f"##[section]Starting: {task}", *said, f"##[section]Finishing: {task}"]
    return "".join(f"2026-11-20T13:50:00.1234567Z {line}{end}" for line in lines)


BOTH = ("Read", "Smoke test")


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_the_archive_of_logs_holds_those_of_the_tasks(end: str, mark: str) -> None:
    archive = zipped(
        job__2_Read=mark + log("Read", "Model Name: a.pkl", end=end),
        job__3_Smoke_test=log("Smoke test", "Smoke test successful.", end=end),
        job__1_Initialize=log("Initialize job", "##[section]Starting: Read", end=end),
        job=log("Initialize job") + log("Read") + log("Smoke test"),
    )
    logs = traces.logs_in(archive, BOTH)
    assert logs is not None
    assert traces.deployment(*logs, SHEET.cd.log) == Deployment("a.pkl", "", True)


@pytest.mark.parametrize(
    "archive",
    [
        zipped(),
        zipped(a=log("Read")),
        zipped(a=log("Read"), b=log("Smoke test"), c=log("Smoke test")),
        zipped(a=log("***"), b=log("Smoke test")),
        zipped(a=log("Read"), b=log("Smoke test")[:-40]),
        zipped(a=log("Read"), b=log("Smoke test"))[:-9],
        zipped(a=log("Read"), b=log("Smoke test"), c="x" * (4 * 1024 * 1024)),
        zipped(a=log("Read"), b=log("Smoke test"), **{f"n{n}": "" for n in range(1000)}),
        b"<html>",
        b"",
    ],
    ids=["none", "one", "two", "hidden", "cut", "damaged", "large", "many", "page", "empty"],
)
def test_where_the_archive_leaves_a_doubt_each_log_is_asked_for_alone(archive: bytes) -> None:
    assert traces.logs_in(archive, BOTH) is None


def run(**fields: object) -> dict[str, object]:
    return {"runId": "r", "status": "Completed", "parentRunId": None, "tags": None, **fields}


def test_steps_belong_to_their_run_and_lose_the_blanks_of_their_names() -> None:
    listed = [
        run(runId="s1", parentRunId="r", displayName="Evaluate Model ", status="Canceled"),
        run(tags={"BuildId": "101", "empty": None}, endTimeUtc="2026-11-20T14:00:00+00:00"),
        run(runId="s2", parentRunId="elsewhere", name="Train Model"),
    ]
    (trained,) = training_runs(listed)
    assert trained.steps == (TrainingStep("Evaluate Model", "Canceled"),)
    assert trained.tags == {"BuildId": "101"}
    assert trained.ended_at is not None


@pytest.mark.parametrize("entry", [{}, run(runId=None), run(status=""), run(runId=7)])
def test_an_entry_of_another_shape_is_no_training_run(entry: dict[str, object]) -> None:
    with pytest.raises(UnexpectedBodyError):
        training_runs([entry])


def test_metrics_are_numbers_of_runs_and_nothing_else() -> None:
    scalar = {"runId": "r", "metricType": "azureml.v1.scalar", "name": "mse"}
    entries = [
        {**scalar, "cells": [{"mse": 1.5}, {"mse": 2}, {"mse": "3"}, {"mse": True}, 4, {}]},
        {**scalar, "cells": [{"mse": float("nan")}]},
        {**scalar, "metricType": "azureml.v1.table", "cells": [{"mse": 9}]},
        {**scalar, "name": "alpha", "cells": None},
    ]
    assert metrics_by_run(entries) == {"r": {"mse": 2.0}}
