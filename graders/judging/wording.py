"""Words for what a check found: the only place that makes sentences of comparisons."""

from __future__ import annotations

from graders.judging.named import Named
from graders.rubric import Check
from graders.rules import Mismatch
from graders.texts import MOST_LINES, shown_value


def explain(op: str, left: object, right: object) -> str | None:
    """One line ``what: expected …; found …`` per mismatch; None for what has no words."""
    if op == "in" and isinstance(right, Named):
        found = right.instead_of(str(left))
        return f"expected {right.a_kind} `{left}`; found {shown_value(found)}"
    if op == "in" and isinstance(right, tuple):
        found = ", ".join(f"`{one}`" for one in right)
        return f"expected `{left}`; found {shown_value(found) or 'nothing'}"
    if op != "==":
        return None
    if isinstance(left, list) and right == []:
        more = [f"and {len(left) - MOST_LINES} more"] if len(left) > MOST_LINES else []
        return "\n".join([*map(_sentence, left[:MOST_LINES]), *more])
    if isinstance(left, str) and isinstance(right, str):
        return f"expected `{right}`; found `{shown_value(left)}`"
    return None


def _sentence(problem: object) -> str:
    if isinstance(problem, Mismatch):
        what, expected, found = map(shown_value, (problem.what, problem.expected, problem.found))
        return f"{what}: expected {expected}; found {found}"
    return f"found {shown_value(str(problem))}"


def for_the_learner(check: Check, reason: str) -> str:
    """What a failed check says: its title, each finding, and the step that fixes it."""
    said = "\n".join(f"  {line}" for line in reason.splitlines())
    return f"{check.title}\n{said}\n  to mend it: step {check.step}: {check.hint}"
