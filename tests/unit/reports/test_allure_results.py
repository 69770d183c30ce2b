"""Allure results that the disk refuses: they cost the report, and nothing else."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from reports.allure.results import ResultWriter
from tests.support.paths import PROJECT

RESULT = {"uuid": "0", "name": "a check"}


def test_what_the_disk_refuses_is_told_once(tmp_path: Path) -> None:
    writer = ResultWriter(tmp_path / "results")
    (tmp_path / "results").rmdir()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(3):
            writer.write(RESULT)
    assert [str(one.message).partition(":")[0] for one in told] == ["Allure results are incomplete"]


def test_it_raises_nothing_where_warnings_are_errors(tmp_path: Path) -> None:
    writer = ResultWriter(tmp_path / "results")
    (tmp_path / "results").rmdir()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        writer.write(RESULT)


@pytest.mark.parametrize(
    "text",
    [
        "Allure results are incomplete: [Errno 28] No space left on device",
        "recheck 1 failed (OSError): earlier results are kept",
        "what is missing could not be asked for by its id (OSError)",
    ],
)
def test_what_a_run_tells_is_no_error_in_the_projects_settings(
    text: str, pytestconfig: pytest.Config
) -> None:
    """Set for a run by ``pytest.ini``, in which warnings of our own code are errors."""
    assert pytestconfig.inipath == PROJECT / "pytest.ini"
    with warnings.catch_warnings(record=True) as told:
        for line in pytestconfig.getini("filterwarnings"):
            action, _, message = str(line).partition(":")
            pattern, _, where = message.partition(":")
            module = where.rpartition(":")[2]
            warnings.filterwarnings(action, pattern, Warning, module)  # type: ignore[arg-type]
        warnings.warn_explicit(text, UserWarning, "reports/x.py", 1, "reports.x")
        with pytest.raises(UserWarning):
            warnings.warn_explicit("anything else", UserWarning, "reports/x.py", 1, "reports.x")
    assert [str(one.message) for one in told] == [text]
