"""What Azure Pipelines has hidden in a log is never held against anybody."""

from __future__ import annotations

import pytest

from graders.lab import SHEET
from graders.masks import fits, is_hidden
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


@pytest.mark.parametrize("lines", [["***"], ["Fetching service", "*** ***"]])
def test_a_hidden_line_may_be_the_one_that_says_so(lines: list[str]) -> None:
    with pytest.raises(web.UnexpectedBodyError):
        deployment([], lines, LOG)
    assert not deployment([], ["Fetching service"], LOG).smoke_test_passed
