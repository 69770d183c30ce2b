"""Models read lazily have what the SDK's own have."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from azure.devops.v7_1.build import models
from msrest import Deserializer
from msrest.exceptions import DeserializationError

from graders.services.azure_devops.lazy_models import LazyDeserializer, unwrapped

MODELS = {name: model for name, model in vars(models).items() if isinstance(model, type)}
TIMELINE = {
    "id": "a",
    "changeId": 7,
    "url": "https://dev.azure.com/x",
    "records": [
        {
            "id": "b",
            "type": "Stage",
            "refName": "Model_CI",
            "order": 1,
            "attempt": 2,
            "startTime": "2026-11-20T10:00:00.1234567Z",
            "result": "succeeded",
            "issues": [{"type": "error", "message": "no", "data": {"logFileLineNumber": "3"}}],
            "log": {"id": 4, "type": "Container"},
        },
        {"id": "c", "type": "Job", "parentId": "b", "issues": None},
    ],
}


def lazily(kind: str, body: object) -> Any:
    return LazyDeserializer(MODELS)(kind, body)


def same(lazy: Any, eager: Any) -> None:
    if isinstance(eager, list):
        assert len(lazy) == len(eager)
        for pair in zip(lazy, eager, strict=True):
            same(*pair)
    elif hasattr(eager, "_attribute_map"):
        for name in (*eager._attribute_map, "additional_properties"):
            same(getattr(lazy, name), getattr(eager, name))
    else:
        assert (lazy or None) == (eager or None)


def test_every_attribute_is_the_sdks() -> None:
    same(lazily("Timeline", TIMELINE), Deserializer(MODELS)("Timeline", TIMELINE))


def test_a_time_is_in_utc() -> None:
    (stage, _) = lazily("Timeline", TIMELINE).records
    assert stage.start_time == datetime(2026, 11, 20, 10, 0, 0, 123456, UTC)


def test_what_the_model_does_not_know_is_beside_it() -> None:
    (stage, _) = lazily("[TimelineRecord]", TIMELINE["records"])
    assert stage.additional_properties == {"refName": "Model_CI"}
    with pytest.raises(AttributeError):
        _ = stage.ref_name


@pytest.mark.parametrize(
    ("kind", "body", "attribute"),
    [
        ("Timeline", ["no object"], None),
        ("[TimelineRecord]", {"no": "list"}, None),
        ("{str}", ["no object"], None),
        ("TimelineRecord", {"order": "first"}, "order"),
        ("TimelineRecord", {"startTime": "yesterday"}, "start_time"),
        ("TimelineRecord", {"issues": {}}, "issues"),
        ("TimelineRecord", {"log": "none"}, "log"),
        ("BuildDefinition", {"path": "\\", "id": []}, "id"),
    ],
)
def test_another_shape_is_refused(kind: str, body: object, attribute: str | None) -> None:
    with pytest.raises(DeserializationError):
        getattr(lazily(kind, body), attribute or "__len__")()


def test_a_list_is_unwrapped() -> None:
    assert unwrapped(answer({"count": 1, "value": [1]})) == [1]
    assert unwrapped(answer([1])) is None
    assert lazily("[Build]", unwrapped(answer({"count": 0}))) is None


def test_a_page_is_no_answer() -> None:
    page = requests.Response()
    page.status_code, page._content = 200, b"<html>Sign in</html>"
    with pytest.raises(DeserializationError):
        lazily("Timeline", page)


def answer(body: object) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = 200, json.dumps(body).encode()
    return response
