"""Evidence on disk: exact, atomic, and believed only when nobody has touched it."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graders import snapshot
from graders.evidence import (
    Access,
    Answer,
    Evidence,
    Project,
    Repository,
    Sighting,
    Unavailable,
    Variable,
    VariableGroup,
)
from graders.parts import unseen
from graders.snapshot import SnapshotError

FAULT = Unavailable("GitHub", "the repository", "HTTP 503", "Run again", 503)
AT = datetime(2026, 3, 17, 13, 15, 0, 123456, tzinfo=UTC)
GROUP = VariableGroup(1, "devopsforai-aml-vg", "Vsts", {"B": Variable(None, is_secret=True)})
REPOSITORY = Repository(
    *("acme/r", False, False, False, None, "main", "c1", "t1"),
    files={"a.py": "b1"},
    texts=MappingProxyType({"a.yml": "x: 1\n"}),
    commits=frozenset({"c3", "c1", "c2"}),
)
WHOLE = replace(
    unseen("ann", FAULT),
    project=Project("p1", "AE MLOps 04", "wellFormed"),
    variable_groups=(GROUP, replace(GROUP, access=FAULT), replace(GROUP, access=Access(True))),
    service_connections=(),
    repositories=(REPOSITORY,),
    answer=Answer(200, (5215.198, float("inf")), "ok", swagger=FAULT),
    sightings=(Sighting("the project", "https://dev.azure.com/x", AT, 200, "r-1"),),
)


def test_evidence_comes_back_exactly(tmp_path: Path) -> None:
    snapshot.write(tmp_path, WHOLE)
    assert snapshot.read(tmp_path, "ann") == WHOLE


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_evidence_comes_back_exactly(tmp_path: Path, data: st.DataObject) -> None:
    st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
    st.register_type_strategy(float, st.floats(allow_nan=False))
    evidence = data.draw(st.from_type(Evidence))
    snapshot.write(tmp_path, evidence)
    assert snapshot.read(tmp_path, evidence.learner) == evidence


@pytest.mark.parametrize("answer", [None, FAULT, Answer(502, None), Answer(200, ())])
def test_nothing_empty_and_unseen_are_never_mixed_up(tmp_path: Path, answer: Any) -> None:
    for runs in ((), FAULT):
        snapshot.write(tmp_path, replace(WHOLE, runs=runs, answer=answer))
        evidence = snapshot.read(tmp_path, "ann")
        assert evidence is not None
        assert (evidence.runs, evidence.answer) == (runs, answer)


def test_half_a_character_costs_no_evidence(tmp_path: Path) -> None:
    snapshot.write(tmp_path, replace(WHOLE, similar_repositories=("cut off \ud83d",)))
    evidence = snapshot.read(tmp_path, "ann")
    assert evidence is not None
    assert evidence.similar_repositories == ("cut off ?",)


def test_the_file_is_for_people_too(tmp_path: Path) -> None:
    path = snapshot.write(tmp_path, replace(WHOLE, similar_repositories=("Jürgens",)))
    text = path.read_text(encoding="utf-8")
    json.loads(text, parse_constant=pytest.fail)  # other languages know no Infinity
    assert path.name == "ann.json"
    assert '\n  "learner": "ann",\n' in text
    assert "Jürgens" in text


def test_who_was_not_collected_has_no_evidence(tmp_path: Path) -> None:
    assert snapshot.read(tmp_path / "none", "ann") is None


def test_ids_that_differ_by_case_have_files_of_their_own(tmp_path: Path) -> None:
    for learner in ("ann", "Ann", "a/nn", "a_nn"):
        snapshot.write(tmp_path, replace(WHOLE, learner=learner))
    assert len({path.name.lower() for path in tmp_path.iterdir()}) == 4
    evidence = snapshot.read(tmp_path, "Ann")
    assert evidence is not None
    assert evidence.learner == "Ann"


# --- atomic ---------------------------------------------------------------------------------------


def test_a_write_that_fails_leaves_the_earlier_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot.write(tmp_path, WHOLE)
    real = Path.write_text
    written: list[str] = []

    def half(path: Path, text: str, **how: Any) -> int:
        written.append(path.name)
        real(path, text[: len(text) // 2], **how)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(OSError, match="No space"):
        snapshot.write(tmp_path, unseen("ann", FAULT))
    assert snapshot.read(tmp_path, "ann") == WHOLE
    assert [path.name for path in tmp_path.iterdir()] == ["ann.json"]
    assert "ann.json" not in written


def test_the_file_appears_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[tuple[str, bool]] = []
    real = Path.replace

    def move(draft: Path, target: Path) -> Path:
        moved.append((target.name, target.exists()))
        return real(draft, target)

    monkeypatch.setattr(Path, "replace", move)
    snapshot.write(tmp_path, WHOLE)
    assert moved == [("ann.json", False)]


# --- believed only when sound ---------------------------------------------------------------------


def changed(path: Path, change: Callable[[dict[str, Any]], None], seal: bool = False) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    if seal:
        text = json.dumps(content["evidence"], sort_keys=True, separators=(",", ":"))
        content["digest"] = hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps(content), encoding="utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(SnapshotError) as caught:
        snapshot.read(folder, "ann")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_evidence_laid_out_anew_is_the_same_evidence(tmp_path: Path) -> None:
    changed(snapshot.write(tmp_path, WHOLE), lambda content: content.update())
    assert snapshot.read(tmp_path, "ann") == WHOLE


def test_changed_evidence_is_not_believed(tmp_path: Path) -> None:
    path = snapshot.write(tmp_path, WHOLE)
    changed(path, lambda content: content["evidence"]["project"].update(name="AE MLOps 05"))
    assert "was changed" in refusal(tmp_path)


def test_another_schema_is_not_guessed_at(tmp_path: Path) -> None:
    changed(snapshot.write(tmp_path, WHOLE), lambda content: content.update(schema=99))
    assert "schema 99" in refusal(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["evidence"].update(more=1),
        lambda content: content["evidence"]["project"].update(more=1),
        lambda content: content["evidence"].pop("runs"),
        lambda content: content["evidence"].update(runs="none"),
        lambda content: content.update(evidence=[]),
    ],
)
def test_a_fact_of_another_kind_is_not_taken_for_one(
    tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    changed(snapshot.write(tmp_path, WHOLE), change, seal=True)
    assert "not evidence as this program knows it" in refusal(tmp_path)


def test_another_learners_file_is_not_mine(tmp_path: Path) -> None:
    path = snapshot.write(tmp_path, replace(WHOLE, learner="bob"))
    path.rename(tmp_path / "ann.json")
    assert "another learner" in refusal(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"[]", b'{"schema":1}']
)
def test_a_damaged_file_is_not_believed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ann.json").write_bytes(content)
    assert "collect the learner again" in refusal(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "ann.json").mkdir()
    assert "cannot be read" in refusal(tmp_path)


# --- the digest of a whole snapshot ---------------------------------------------------------------


def test_the_digest_is_of_the_evidence_in_any_order(tmp_path: Path) -> None:
    for learner in ("ann", "bob"):
        snapshot.write(tmp_path, replace(WHOLE, learner=learner))
    both = snapshot.digest(tmp_path, ["ann", "bob"])
    assert len(both) == 12
    assert both == snapshot.digest(tmp_path, ["bob", "ann"])
    assert both != snapshot.digest(tmp_path, ["ann"])
    snapshot.write(tmp_path, replace(WHOLE, learner="bob", runs=()))
    assert both != snapshot.digest(tmp_path, ["ann", "bob"])
    assert snapshot.digest(tmp_path, ["nobody"]) != snapshot.digest(tmp_path, [])


def test_equal_evidence_is_equal_bytes(tmp_path: Path) -> None:
    shuffled = replace(REPOSITORY, commits=frozenset(["c2", "c1", "c3"]))
    first = snapshot.write(tmp_path / "a", WHOLE)
    other = snapshot.write(tmp_path / "b", replace(WHOLE, repositories=(shuffled,)))
    assert first.read_bytes() == other.read_bytes()
