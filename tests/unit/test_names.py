"""Near misses, and file names for any learner id."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graders.names import as_counted, file_stem, near_misses, nearest, you_have


@pytest.mark.parametrize(
    ("name", "other", "edits"),
    [
        ("devopsforai-aml-vg", "devopsforai-aml-vgs", 1),
        ("devopsforai-aml-vg", "devops-for-ai-aml-vg", 2),
        ("devopsforai-aml-vg", "DevOpsForAI-AML-VG", 10),
        ("devopsforai-aml-vg", "devopsforai-aml-vg ", 1),
        ("mlops_04", "mlops-04", 1),
        ("aml-workspace-connection", "aml-workspace-conn", 6),
        ("Model-Deploy-CD", "Model-Delpoy-CD", 1),  # two neighbours swapped are one slip
    ],
)
def test_a_slip_is_a_near_miss_with_its_edits(name: str, other: str, edits: int) -> None:
    assert near_misses(name, [other]) == [(other, edits)]


@pytest.mark.parametrize("other", ["devopsforai-aml-vg", "team-variables", "release", ""])
def test_neither_the_name_itself_nor_another_word_is_a_near_miss(other: str) -> None:
    assert near_misses("devopsforai-aml-vg", [other]) == []


def test_near_misses_come_nearest_first_and_once() -> None:
    assert near_misses("mlops_04", ["mlop_4", "mlops04", "mlops04"]) == [
        ("mlops04", 1),
        ("mlop_4", 2),
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("lerner", "learner"),
        ("e-mail", "email"),
        ("resource group", "resource_group"),
        ("organisation", "organization"),
        ("group", None),
        ("resource_grant", None),
        ("mistakes", None),
        ("github_user", None),  # a class may well keep its learners' own accounts
    ],
)
def test_only_a_sure_slip_has_a_nearest_name(name: str, meant: str | None) -> None:
    known = ["learner", "email", "resource_group", "organization", "github_owner"]
    assert nearest(name, known) == meant


def test_near_misses_in_words() -> None:
    assert you_have("mlops_04", ["mlops_4", "mlop_04s"]) == (
        "you have `mlops_4`, 1 edit away; `mlop_04s`, 2 edits away"
    )
    assert you_have("mlops_04", ["website"]) == ""


def test_a_plain_id_is_its_own_file_name() -> None:
    assert file_stem("dana.okafor-4_b") == "dana.okafor-4_b"


@pytest.mark.parametrize(
    "identity",
    ["Ann", "a/b", "../up", "..", "con", "nul.txt", "COM1", "a:b", "jürgen", "x" * 300, ".", " "],
)
def test_any_id_makes_a_file_name_every_system_takes(identity: str) -> None:
    stem = file_stem(identity)
    base = stem.split(".")[0]
    assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-~")
    assert base not in {"", "con", "prn", "aux", "nul", "com1"}
    assert len(stem) < 100


LOOKALIKES = st.text("aA1ａ.．_ \u3000~-/e\u0301éßs", max_size=4)
"""Ids that some system or other takes for one another."""
IDS = LOOKALIKES | st.text()


def folded(name: str) -> str:
    """What a system may make of a name before it searches for it.

    macOS folds Unicode's forms, Windows strips dots and blanks at the end, both fold case.
    """
    return unicodedata.normalize("NFKC", name).casefold().rstrip(". ")


@settings(deadline=None, derandomize=True, max_examples=500)
@example("Ann", "ann")
@example("a/b", "a_b")
@example("x" * 100, "x" * 101)
@example("Ann", file_stem("Ann"))
@example("user3", "user3.")
@example("user3.", "user3..")
@example("user3", "user3 ")
@example("user3", " user3")
@example("j\u00fcrgen", "ju\u0308rgen")
@example("user3", "\uff55ser3")
@example("stra\u00dfe", "strasse")
@given(IDS, IDS)
def test_different_ids_never_share_a_file_name(first: str, second: str) -> None:
    assert (first == second) == (folded(file_stem(first)) == folded(file_stem(second)))


def test_files_are_sorted_as_people_count() -> None:
    files = [
        Path(name) for name in ("task_10.toml", "task_2.toml", "whole_lab.toml", "task_1.toml")
    ]
    names = [file.stem for file in sorted(files, key=as_counted)]
    assert names == ["task_1", "task_2", "task_10", "whole_lab"]


@settings(deadline=None, derandomize=True, max_examples=500)
@example("user3.")
@example("x" * 59 + ".y")
@given(IDS)
def test_no_system_changes_a_file_name(identity: str) -> None:
    stem = file_stem(identity)
    assert stem == folded(stem) != ""
    assert not stem.startswith(".")
