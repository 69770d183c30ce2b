"""What the documents say is what the code does."""

from __future__ import annotations

import re

import pytest

from fixtures.grading import whole_rubric
from fixtures.simulator import mistakes_page
from fixtures.simulator.mistakes import own_files
from reports.rubric_page import page
from tests.selftest import runs

README = (runs.PROJECT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [*runs.PROJECT.glob("*.md"), *runs.PROJECT.glob("docs/**/*.md")]


def test_the_rubric_page_is_written_from_the_rubric() -> None:
    written = (runs.PROJECT / "docs" / "rubric.md").read_text(encoding="utf-8")
    assert written == page(whole_rubric()), "run: make docs"


def test_the_mistakes_page_is_written_from_the_catalogue() -> None:
    written = (runs.PROJECT / "docs" / "mistakes.md").read_text(encoding="utf-8")
    assert written == mistakes_page.page(own_files()), "run: make docs"


def test_the_readme_shows_what_a_run_prints(demo: runs.Outcome) -> None:
    (shown,) = re.findall(r"holds these lines against a run -->\n```\n(.*?)```", README, re.DOTALL)
    assert shown.strip() in demo.text


def test_the_readme_counts_right(demo: runs.Outcome) -> None:
    checks = whole_rubric()
    points = sum(check.points for check in checks)
    assert f"{len(checks)} checks, {points:g} points" in " ".join(README.split())
    assert f"{len(demo.grade_book())} simulated" in " ".join(README.split())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: object) -> None:
    text = document.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    missing = [link for link in links if not (document.parent / link).exists()]  # type: ignore[attr-defined]
    assert missing == []
