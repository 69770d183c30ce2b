"""What Azure Pipelines has hidden in a log is never held against anybody."""

from __future__ import annotations

import pytest

from graders.lab import SHEET
from graders.masks import fits, is_hidden, shows
from graders.services.azure_devops.artifacts_and_logs import deployment
from graders.services.http import web

LOG = SHEET.cd.log


def test_hidden_characters_may_be_any() -> None:
    assert fits("diabetes_***.pkl:1", "diabetes_regression_model.pkl:1")
    assert not fits("diabetes_***.pkl:1", "diabetes_regression_model.pkl:2")
    assert (is_hidden("*** ***"), is_hidden("version ***"), is_hidden("")) == (True, False, False)


def test_a_label_and_a_value_of_which_a_part_is_hidden_still_count() -> None:
    reading = [f"2026-11-20T18:00:00.1Z {LOG.model_version[:-1]}*** ***"]
    found = deployment(reading, [LOG.smoke_test_passed], LOG)
    assert (found.version, found.smoke_test_passed) == ("***", True)


def test_stars_that_show_hardly_anything_prove_nothing() -> None:
    assert shows("Smoke test succ***", "Smoke test successful")
    assert shows("Smoke test", "Smoke test")
    assert not shows("S***", "Smoke test successful")
    assert not shows("Smoke test fail***", "Smoke test successful")


@pytest.mark.parametrize(
    "line", ["Smoke test succ***.", "Smoke *** successful.", "***moke test successful"]
)
def test_a_line_of_which_little_is_hidden_says_so(line: str) -> None:
    assert deployment([], [line], LOG).smoke_test_passed


def test_a_value_whose_label_is_hidden_is_as_good_as_hidden() -> None:
    assert deployment(["*** *** 7"], [LOG.smoke_test_passed], LOG).version == "***"
    lines = [f"{LOG.model_version} 1", "*** *** 7"]
    assert deployment(lines, [LOG.smoke_test_passed], LOG).version == "1"


@pytest.mark.parametrize(
    "lines", [["***"], ["Fetching service", "*** ***"], ["S***"], ["Smoke ***", "x"], ["***l."]]
)
def test_a_hidden_line_may_be_the_one_that_says_so(lines: list[str]) -> None:
    with pytest.raises(web.UnexpectedBodyError):
        deployment([], lines, LOG)
    assert not deployment([], ["Fetching service"], LOG).smoke_test_passed
