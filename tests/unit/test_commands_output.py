"""What the commands print for people: no text of a learner's steers the terminal or a pipeline."""

from __future__ import annotations

import argparse
import re

import pytest

from graders.commands import doctor
from graders.reasons import LabBreak
from graders.services.doctor.finding import Finding
from graders.wording import to_repair, where_it_breaks

HOSTILE = "\x1b]0;owned\x07\x9b31m\u202e ##vso[task.complete]\n::error::x " + "y" * 5000
STEERS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("as_json", [False, True])
def test_the_doctor_shows_a_learners_words_as_text(
    as_json: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fact = LabBreak(f"CD › {HOSTILE}", HOSTILE, code="quota", failed=4, reached=4, since=None)
    told = {"what": where_it_breaks(fact), "remedy": to_repair(fact)}
    finding = Finding("lab_breaks", told, (f"learner{HOSTILE}",))
    monkeypatch.setattr(doctor, "_examined", lambda _: [finding])
    doctor.run(argparse.Namespace(json=as_json))
    text = capsys.readouterr().out
    assert "owned" in text
    assert STEERS.findall(text) == []
    assert [line for line in text.splitlines() if line.lstrip().startswith(("::", "##"))] == []
