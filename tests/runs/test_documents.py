"""What the documents say is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fixtures.plugin import command_line
from tests.support import grading_process, make_docs
from tests.support.catalogue_class import CATALOGUE, PAIRS
from tests.support.make_docs import DOCUMENTS
from tests.support.paths import PROJECT


@pytest.mark.parametrize(
    ("path", "text"), make_docs.pages().items(), ids=lambda value: str(value)[-10:]
)
def test_a_page_is_written_from_the_code(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "run: make docs"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_takes_from_the_code_is_what_the_code_says(
    document: Path, demo: grading_process.Outcome
) -> None:
    text = document.read_text(encoding="utf-8")
    assert text == make_docs.filled(text, make_docs.facts(demo)), "run: make docs"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_count_is_written_by_hand(document: Path, demo: grading_process.Outcome) -> None:
    made = make_docs.facts(demo)
    counts = {
        "checks": made["checks"],
        "questions": made["questions"],
        "mistakes": len(CATALOGUE.mistakes),
        "variations": len(CATALOGUE.variations),
        "pairs": len(PAIRS),
    }
    text = document.read_text(encoding="utf-8")
    stale = [f"{count} {noun}" for noun, count in counts.items() if f" {count} {noun}" in text]
    assert stale == [], "mark the spot: <!-- made:NAME -->…<!-- / -->"


def test_a_spot_that_nothing_fills_is_refused() -> None:
    assert make_docs.filled("<!-- made:a -->x<!-- / --> y", {"a": "1"}).endswith("1<!-- / --> y")
    with pytest.raises(KeyError, match="nothing"):
        make_docs.filled("<!-- made:nothing -->x<!-- / -->", {"a": "1"})


def test_every_option_is_in_the_readme() -> None:
    parser = pytest.Parser(_ispytest=True)
    command_line.add(parser)
    known = {
        name for group in parser._groups for option in group.options for name in option.names()
    }
    documented = re.findall(r"--[a-z-]+", (PROJECT / "README.md").read_text(encoding="utf-8"))
    assert known - set(documented) == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    missing = [link for link in links if not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_test_that_a_document_names_is_there(document: Path) -> None:
    """A name without a file is in the file that was named last."""
    named = re.findall(r"(tests/[\w/]+\.py)|::(test_\w+)", document.read_text(encoding="utf-8"))
    file, missing = "", []
    for path, test in named:
        file = path or file
        there = PROJECT / file
        if not there.is_file() or (test and f"def {test}(" not in there.read_text("utf-8")):
            missing.append(f"{file}::{test}" if test else file)
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_an_entry_that_a_document_selects_is_there(document: Path) -> None:
    selected = re.findall(r'-k ("[^"]+"|[a-z_]+)', document.read_text(encoding="utf-8"))
    names = {name for words in selected for name in words.strip('"').split(" or ")}
    entries = [*CATALOGUE.entries]
    assert [name for name in sorted(names) if not any(name in entry for entry in entries)] == []


def test_make_grade_grades_before_it_builds_the_report_and_ends_on_success() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"^grade:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    start_message, grades, build_message, report, done = recipe.splitlines()
    assert start_message.startswith('\t@echo "Grading ')
    assert "pytest --learners $(COHORT) --tenant simulated --fail-on never" in grades
    assert build_message.startswith('\t@echo "Building ')
    assert "python -m reports report $(REPORTS) ||" in report
    assert done.startswith('\t@echo "Done: ')
