"""``docs/rubric.md``, written from the rubric: ``python -m reports.rubric_page`` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from graders.inputs.lab_file import LabFile
from graders.judging.checks import GRADED, load_checks
from graders.lab import SHEET, Learner
from graders.reasons import UNSAID, Outcome
from graders.rubric import Check
from graders.wording import advice

_OWNER, _SUBSCRIPTION = "your-owner", "your-subscription"
_LAB = LabFile().for_learner(
    Learner("user4", 4, github_owner=_OWNER, subscription_id=_SUBSCRIPTION)
)
_HEAD = """# The rubric

`make docs` writes this page from the checks in `tests/lab`; a lab file can change the points. A
check without points is advisory: it is noted, never failed. Hints contain the names of each
learner's own lab; here you see those of learner 4, who has not created anything yet.
"""


def page(checks: Iterable[Check]) -> str:
    """The whole rubric as Markdown, a table per task."""
    every = tuple(checks)
    parts = [_HEAD]
    for task, title in SHEET.tasks.items():
        own = [check for check in every if check.task == task]
        points = sum(check.points for check in own)
        parts += [f"\n## Task {task}: {title} ({points:g} points)\n", *_table(own)]
    return "\n".join(parts) + "\n"


def _table(checks: Iterable[Check]) -> Iterable[str]:
    yield "| step | check | points | what it asks for | how to fix it |"
    yield "|---|---|---|---|---|"
    for check in checks:
        points = f"{check.points:g}" if check.points else "–"
        only = f" (only with `[{check.only_with}]` in the lab file)" if check.only_with else ""
        yield f"| {check.step} | `{check.id}` | {points} | {check.title}{only} | {_advice(check)} |"


def _advice(check: Check) -> str:
    return advice(check, _LAB, Outcome.FAILED, UNSAID).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(page(graded.check for graded in load_checks(GRADED)), end="")
