"""A results folder: what is somebody else's stays, and nothing is written through a link."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reports.allure import results_folder
from reports.claim import NotOurs, claim
from reports.outputs import MANIFEST, RESULTS

BOOK = json.dumps({"schema": 2, "graded_at": "", "verdicts": []})


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("out", "history"):
        (tmp_path / name).mkdir()
    return tmp_path / "out", tmp_path / "history"


@pytest.mark.parametrize("name", ["index.html", "allure-results", "feedback", "gradebook.json"])
def test_what_somebody_else_wrote_is_refused_in_one_sentence(
    folders: tuple[Path, Path], name: str
) -> None:
    theirs = folders[0] / name
    theirs = theirs if "." in name else theirs / "x-result.json"
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("{}", encoding="utf-8")
    with pytest.raises(NotOurs, match=f"{name} was not written by this program") as refused:
        claim(*folders)
    assert len(str(refused.value).splitlines()) == 1
    assert "--reports" in str(refused.value)
    assert theirs.read_text("utf-8") == "{}"
    assert not (folders[0] / MANIFEST).exists()


def test_what_is_beside_our_results_is_nobodys_business(folders: tuple[Path, Path]) -> None:
    (folders[0] / "notes.txt").write_text("mine")
    claim(*folders)
    for name in RESULTS:  # from then on these are ours
        (folders[0] / name).mkdir()
    claim(*folders)
    assert (folders[0] / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("manifest", ["", "{", '{"index.html": 1}', '[["index.html"]]'])
def test_an_odd_manifest_makes_nothing_ours(folders: tuple[Path, Path], manifest: str) -> None:
    (folders[0] / MANIFEST).write_text(manifest)
    (folders[0] / "index.html").write_text("theirs")
    with pytest.raises(NotOurs):
        claim(*folders)


def test_results_of_earlier_versions_are_known_without_a_manifest(
    folders: tuple[Path, Path],
) -> None:
    out, _ = folders
    for name in ("evidence", "allure-results"):
        (out / name).mkdir()
    claim(*folders)  # they are empty
    (out / MANIFEST).unlink()
    (out / "evidence" / "tenant.txt").write_text("live\n")
    (out / "allure-results" / "environment.properties").write_text("Snapshot=abc\n")
    claim(*folders)  # of a run that was cut short
    (out / MANIFEST).unlink()
    (out / "index.html").write_text("ours")
    (out / "gradebook.json").write_text(BOOK)
    claim(*folders)


@pytest.mark.parametrize(
    "place", ["out/index.html", "out/feedback", "out/evidence/x.json", "history/runs.sqlite"]
)
def test_no_result_is_written_through_a_link(folders: tuple[Path, Path], place: str) -> None:
    claim(*folders)
    elsewhere = folders[0].parent / "elsewhere"
    elsewhere.mkdir()
    link = folders[0].parent / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere)
    with pytest.raises(NotOurs, match="is a link") as refused:
        claim(*folders)
    assert str(link) in str(refused.value)
    assert list(elsewhere.iterdir()) == []


def test_a_folder_that_is_itself_behind_a_link_is_the_users_choice(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    claim(tmp_path / "out", tmp_path / "history")
    assert (tmp_path / "real" / MANIFEST).is_file()


def test_of_allures_results_only_listed_ones_are_deleted(tmp_path: Path) -> None:
    outside = tmp_path / "outside-result.json"
    folder = tmp_path / "allure-results"
    folder.mkdir()
    for file in (outside, folder / "ours-result.json", folder / "theirs-result.json"):
        file.write_text("{}")
    for name in ("ours-result.json", "../outside-result.json", "gone-result.json", ""):
        results_folder.note(folder, name)
    results_folder.clean(folder)
    assert [path.name for path in folder.iterdir()] == ["theirs-result.json"]
    assert outside.exists()
    results_folder.clean(folder)
    assert (folder / "theirs-result.json").exists()


def test_results_of_an_earlier_version_are_deleted_by_their_names(tmp_path: Path) -> None:
    for name in ("environment.properties", "a-result.json", "notes.txt"):
        (tmp_path / name).write_text("Snapshot=abc\n")
    results_folder.clean(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
