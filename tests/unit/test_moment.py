"""Times as people write them, where the clocks of a zone are changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.as_of import moment
from graders.inputs.lab_file import read_lab_file
from graders.inputs.problems import InputProblems

TWICE = "2026-11-01 01:30 America/Chicago"
NEVER = "2026-03-08 02:30 America/Chicago"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TWICE, "comes twice in America/Chicago: choose between -05:00 and -06:00"),
        ("2026-10-25 02:00 Europe/Berlin", "choose between +02:00 and +01:00"),
        (NEVER, "the clocks of America/Chicago skip it"),
        ("2026-03-29 02:00 Europe/Berlin", "the clocks of Europe/Berlin skip it"),
    ],
)
def test_an_hour_that_comes_twice_or_never_is_no_moment(text: str, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - its text is compared below
        moment(text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-01 00:59 America/Chicago", "2026-11-01T05:59:00Z"),
        ("2026-11-01 02:00 America/Chicago", "2026-11-01T08:00:00Z"),
        ("2026-03-08 01:59 America/Chicago", "2026-03-08T07:59:00Z"),
        ("2026-03-08 03:00 America/Chicago", "2026-03-08T08:00:00Z"),
        ("2026-11-01T01:30:00-05:00", "2026-11-01T06:30:00Z"),
    ],
)
def test_the_hours_beside_it_are(text: str, utc: str) -> None:
    assert moment(text).timestamp() == moment(utc).timestamp()


@pytest.mark.parametrize("key", ["session.begins", "session.ends", "nightly.since"])
@pytest.mark.parametrize(("text", "word"), [(TWICE, "twice"), (NEVER, "skip it")])
def test_a_lab_file_with_such_an_hour_is_refused(
    key: str, text: str, word: str, tmp_path: Path
) -> None:
    table, _, name = key.partition(".")
    file = tmp_path / "lab.toml"
    file.write_text(f'[{table}]\n{name} = "{text}"\n', encoding="utf-8")
    with pytest.raises(InputProblems) as refused:
        read_lab_file(file)
    assert key in str(refused.value)
    assert word in str(refused.value)
    assert "write it as in 2026-11-20T09:00:00-06:00" in str(refused.value)
