"""Feedback: one folder a learner with the same page as Markdown and as HTML, to be passed on.

A learner's folder has nothing about other learners: an instructor passes on one folder at a time.
The names of the folders can be guessed, so the folder above them must not be public.
The HTML is one file that loads nothing else, runs no script, and prints.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from graders.names import file_stem
from graders.texts import strip_controls
from graders.verdicts import Grade
from reports.feedback import markdown
from reports.feedback.content import feedback
from reports.feedback.page import Feedback, Line
from reports.files import write_whole
from reports.grading_run import LAB_NAME, GradingRun

FOLDER = "feedback"
MARKDOWN = "feedback.md"
HTML = "feedback.html"
_MARK = "Written by the MLOps lab grader"
"""In every file of ours: a file without it is never removed."""


def write(run: GradingRun, grades: Sequence[Grade]) -> Path:
    """Write every learner's pages, and remove those of an earlier run; raises OSError.

    Returns the path to open: the folder of all, or a single learner's own page.
    """
    folder = run.reports / FOLDER
    _remove_others(folder, {path_of(run, grade.learner).name for grade in grades})
    learners = {learner.id: learner for learner in run.learners}
    for own in grades:
        page = feedback(run, learners[own.learner], own)
        there = path_of(run, own.learner)
        write_whole(there / MARKDOWN, as_markdown(run, page), is_synced=False)
        write_whole(there / HTML, as_html(run, page), is_synced=False)
    return path_of(run, grades[0].learner) / HTML if len(grades) == 1 else folder


def path_of(run: GradingRun, learner: str) -> Path:
    """A learner's folder, whether or not it exists."""
    return run.reports / FOLDER / file_stem(learner)


def as_markdown(run: GradingRun, page: Feedback) -> str:
    """The text of ``feedback.md``."""
    return _filled("md", run, page)


def as_html(run: GradingRun, page: Feedback) -> str:
    """The text of ``feedback.html``."""
    return _filled("html", run, page)


def utc(time: datetime) -> str:
    """``2026-11-23 09:33 UTC``"""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _remove_others(folder: Path, kept: set[str]) -> None:
    """Remove our files of learners who are not in this run, and folders that are then empty."""
    for there in folder.iterdir() if folder.is_dir() else ():
        if there.name in kept or there.is_symlink() or not there.is_dir():
            continue
        for file in (there / MARKDOWN, there / HTML):
            if _is_ours(file):
                file.unlink()
        if not any(there.iterdir()):
            there.rmdir()


def _is_ours(file: Path) -> bool:
    return file.is_file() and _MARK in file.read_text(encoding="utf-8", errors="replace")


# --- templates ------------------------------------------------------------------------------------


def _filled(kind: str, run: GradingRun, page: Feedback) -> str:
    """A template with every value escaped for the kind of file it goes into."""
    return _template(kind).render(page=page, run=run, lab=LAB_NAME, mark=_MARK, utc=utc)


@cache
def _template(kind: str) -> Template:
    """The template of a page; the line of a check is laid out once for all who have the same."""
    environment = _environment({"md": _in_markdown, "html": _in_html}[kind])
    line: Callable[[Line], Markup] = environment.get_template(f"line.{kind}.j2").module.line  # type: ignore[attr-defined]
    environment.globals["line"] = lru_cache(maxsize=4096)(line)
    return environment.get_template(f"feedback.{kind}.j2")


def _environment(make_harmless: Callable[[str], Markup]) -> Environment:
    def finalize(value: object) -> Markup:
        return value if isinstance(value, Markup) else make_harmless(str(value))

    environment = Environment(
        loader=PackageLoader(__name__),
        autoescape=True,  # makes macros return Markup, which is not escaped twice
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"address": _address, "plain": _plain}
    return environment


def _address(url: str) -> Markup:
    """A link's address, escaped so that nothing in it can end it."""
    return Markup(quote(url, safe=":/?&=%"))  # noqa: S704


def _plain(text: str) -> Markup:
    """Text without any element, for where HTML allows none."""
    return escape(strip_controls(text))


@lru_cache(maxsize=4096)  # most texts are the same for all learners
def _in_markdown(text: str) -> Markup:
    return Markup(markdown.inline(text))  # noqa: S704 -- it is escaped


@lru_cache(maxsize=4096)
def _in_html(text: str) -> Markup:
    shown = (
        (Markup("<code>{}</code>") if is_code else Markup("{}")).format(part)
        for is_code, part in markdown.code_and_text(text)
    )
    return Markup("").join(shown)
