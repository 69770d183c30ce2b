"""The grade book page: one HTML file in which an instructor reads a class, opened from disk.

``index.html`` loads nothing: styles, script and data are in it, and its content security policy
lets nothing else run. The class and its checks are written as HTML, and so are the learners' totals
for a browser without JavaScript; the table of learners is drawn from the data, because outcomes
written out as cells would be most of the file.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from graders.lab import SHEET
from graders.texts import strip_controls
from graders.verdicts import Grade
from graders.wording import idle
from reports.files import write_whole
from reports.gradebook import points_text
from reports.grading_run import LAB_NAME, GradingRun
from reports.page.data import page_data
from reports.page.facts import OUTCOMES, class_facts

NAME = "index.html"
_STYLES = ("page.css", "detail.css", "print.css")
_SCRIPTS = ("page.js", "filter.js", "table.js", "detail.js", "evidence.js", "start.js")


def write(run: GradingRun, grades: Sequence[Grade]) -> Path:
    """Write the page into the run's reports folder; raises OSError."""
    return write_whole(run.reports / NAME, render(run, grades))


def render(run: GradingRun, grades: Sequence[Grade]) -> str:
    """The text of ``index.html``; ``grades`` in cohort order."""
    facts = class_facts(run, grades)
    style, script = (_joined(names) for names in (_STYLES, _SCRIPTS))
    script = f'(() => {{\n"use strict";\n{script}}})();\n'
    return (
        _environment()
        .get_template("index.html.j2")
        .render(
            run=run,
            lab=LAB_NAME,
            tasks=SHEET.tasks,
            outcomes=OUTCOMES,
            facts=facts,
            data=page_data(run, grades, facts),
            rows=list(zip(run.learners, grades, strict=True)),
            style=Markup(style),  # noqa: S704 -- our own files
            script=Markup(script),  # noqa: S704
            hashes={"style": _hash(style), "script": _hash(script)},
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__name__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.filters |= {
        "points": points_text,
        "visible": strip_controls,
        "inline_code": inline_code,
        "idle": idle,
    }
    return environment


def inline_code(text: str) -> Markup:
    """One line of text as HTML: text between backticks becomes code."""
    parts = strip_controls(text).split("`")
    if len(parts) % 2 == 0:  # an odd backtick begins nothing
        return escape(strip_controls(text))
    marked = (
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part)
        for at, part in enumerate(parts)
    )
    return Markup("").join(marked)


def _joined(names: Sequence[str]) -> str:
    folder = files(__name__).joinpath("templates")
    return "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
