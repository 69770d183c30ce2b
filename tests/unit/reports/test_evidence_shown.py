"""Evidence in reports: the beginning of everything, and how much more there is."""

from __future__ import annotations

import json
from pathlib import Path

from graders.texts import LONGEST_VALUE
from reports import evidence_shown
from reports.evidence_shown import MOST_ENTRIES, shown


def test_texts_lists_and_mappings_are_cut_wherever_they_are() -> None:
    many = ["x" * 10_000] * (MOST_ENTRIES + 7)
    cut = shown({"y" * 1000: many, "few": [1, None, True, {"a": "b"}]})
    assert [len(name) for name in cut] == [LONGEST_VALUE, 3]
    *entries, more = next(iter(cut.values()))
    assert {len(entry) for entry in entries} == {LONGEST_VALUE}
    assert (len(entries), more) == (MOST_ENTRIES, "and 7 more")
    assert cut["few"] == [1, None, True, {"a": "b"}]
    names = shown({str(number): number for number in range(MOST_ENTRIES + 2)})
    assert (len(names), names["…"]) == (MOST_ENTRIES + 1, "and 2 more")


def test_a_file_that_cannot_be_read_shows_nothing(tmp_path: Path) -> None:
    for number, content in enumerate(("", "[1]", "[" * 100_000, "{", '{"a": 1}')):
        (tmp_path / str(number)).write_text(content)
    assert [evidence_shown.read(tmp_path / str(number)) for number in range(6)] == [
        *({}, {}, {}, {}, {"a": 1}, {})
    ]
    (tmp_path / "deep").write_text(json.dumps({"a": [[["x" * 999]]]}))
    assert len(evidence_shown.read(tmp_path / "deep")["a"][0][0][0]) == LONGEST_VALUE
