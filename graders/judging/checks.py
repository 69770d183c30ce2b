"""The graded checks, loaded from their files: what each asserts, and that it can fail.

The files are compiled here, apart from pytest: no option of pytest's and no setting of Python's
(``-O``, ``PYTHONOPTIMIZE``) removes an assertion or a docstring of theirs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import graders.judging.prerequisites  # noqa: F401 (its modules register themselves)
from graders.inputs.lab_file import LabFile
from graders.inputs.problems import InputProblems, KeyProblem, Problem
from graders.judging.outcomes import ComparisonFailed
from graders.judging.registry import closure, parameters_of
from graders.lab import Learner
from graders.names import as_counted
from graders.reasons import Mismatch, Outcome, Reason
from graders.rubric import Check, check_of
from graders.wording import advice

GRADED = Path(__file__).resolve().parents[2] / "tests" / "lab"
"""Where the graded checks are."""
_OPERATORS: Mapping[type[ast.cmpop], str] = {ast.In: "in", ast.Eq: "=="}
_ANY_LAB = LabFile().for_learner(Learner("user1", 1))
_COMPARE = "__compare__"
"""The function that an assertion calls instead: a name that no check uses by accident."""


@dataclass(frozen=True)
class GradedCheck:
    """One check and the function that judges it; ``needs`` are the function's parameters."""

    check: Check
    function: Callable[..., None]
    needs: tuple[str, ...]


@cache
def load_checks(folder: Path) -> tuple[GradedCheck, ...]:
    """Every check of the ``test_*.py`` files of a folder, in the order of files and lines.

    Raises InputProblems with all that is wrong: an assertion that cannot fail, a parameter that is
    no prerequisite, two checks of one id, a file that is not Python.
    """
    problems: list[Problem] = []
    graded = [
        check
        for file in sorted(folder.glob("test_*.py"), key=as_counted)
        for check in _checks_in(file, problems)
    ]
    problems += _repeated(graded)
    problems += _following_nothing(graded)
    if problems:
        raise InputProblems(problems)
    return tuple(graded)


def _checks_in(file: Path, problems: list[Problem]) -> Iterable[GradedCheck]:
    shown = f"{file.parent.name}/{file.name}"
    try:
        module = ast.parse(file.read_text(encoding="utf-8"), str(file))
    except (OSError, ValueError, SyntaxError) as error:
        line = getattr(error, "lineno", None)
        problems.append(KeyProblem(shown, "this is not valid Python", "restore the file", row=line))
        return ()
    tests = [node for node in module.body if _is_test(node)]
    flaws = [flaw for test in tests if (flaw := _flaw(shown, test))]
    problems += flaws
    if flaws:
        return ()
    namespace: dict[str, Any] = {"__name__": f"graded.{file.stem}", _COMPARE: _compare}
    tree = ast.fix_missing_locations(_Assertions().visit(module))
    code = compile(tree, str(file), "exec", dont_inherit=True, optimize=0)
    exec(code, namespace)  # noqa: S102 - the project's own checks
    graded = [test for test in namespace.values() if check_of(test) is not None]
    return [check for test in graded if (check := _graded(shown, test, problems))]


def _graded(file: str, test: Any, problems: list[Problem]) -> GradedCheck | None:
    check: Check = test.check
    needs = parameters_of(test.judged)
    try:
        closure(needs)
    except LookupError as error:
        remedy = "use a prerequisite from graders/judging/prerequisites"
        problems.append(Problem(file, str(error), remedy, value=check.id))
        return None
    if flaw := _flaw_of_hints(check):
        remedy = "use only the fields that graders/wording.py lists"
        problems.append(
            Problem(file, f"this hint cannot be filled in ({flaw})", remedy, value=check.id)
        )
        return None
    return GradedCheck(check, test.judged, needs)


def _flaw_of_hints(check: Check) -> str:
    """What in a hint cannot be filled in from a lab; empty: nothing."""
    for near_miss in ("", "near"):
        try:
            why = Reason((Mismatch("", "", "", near_miss),))
            advice(check, _ANY_LAB, Outcome.FAILED, why)
        except (LookupError, AttributeError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
    return ""


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def _flaw(file: str, test: ast.stmt) -> Problem | None:
    """Why a check could not fail, or not say why it did."""
    asserts = [node for node in ast.walk(test) if isinstance(node, ast.Assert)]
    body: Sequence[ast.stmt] = getattr(test, "body", ())
    message = ""
    if len(asserts) != 1 or body[-1:] != asserts:
        message = "a check ends with its one assertion"
    elif not isinstance(compared := asserts[0].test, ast.Compare) or len(compared.ops) != 1:
        message = "a check asserts one comparison"
    elif type(compared.ops[0]) not in _OPERATORS:
        message = "a check asserts with `in` or `==`"
    elif not _can_fail(test, compared):
        message = "this assertion cannot fail"
    if not message:
        return None
    remedy = "write `assert name in things`, `assert text == text` or `assert rule(…) == []`"
    name = getattr(test, "name", "")
    return KeyProblem(file, message, remedy, row=test.lineno, column=name)


def _can_fail(test: ast.stmt, compared: ast.Compare) -> bool:
    """Whether the two sides differ, and depend on a parameter of the check."""
    sides = (compared.left, compared.comparators[0])
    names = {node.id for side in sides for node in ast.walk(side) if isinstance(node, ast.Name)}
    given = {node.arg for node in ast.walk(test) if isinstance(node, ast.arg)} | _assigned(test)
    return ast.dump(sides[0]) != ast.dump(sides[1]) and bool(names & given)


def _assigned(test: ast.stmt) -> set[str]:
    return {
        node.id
        for node in ast.walk(test)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


class _Assertions(ast.NodeTransformer):
    """``assert left op right`` -> ``__compare__("op", left, right)``, which keeps both sides."""

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        if not isinstance(node.test, ast.Compare):
            return node
        op = ast.Constant(_OPERATORS.get(type(node.test.ops[0]), ""))
        arguments = [op, node.test.left, node.test.comparators[0]]
        call = ast.Call(ast.Name(_COMPARE, ast.Load()), arguments, [])
        return ast.copy_location(ast.Expr(call), node)


def _compare(op: str, left: Any, right: Any) -> None:
    holds = left in right if op == "in" else left == right
    if not holds:
        raise ComparisonFailed(op, left, right)


def _repeated(checks: Iterable[GradedCheck]) -> Iterable[Problem]:
    ids = [check.check.id for check in checks]
    for check_id in sorted({identity for identity in ids if ids.count(identity) > 1}):
        message = "two checks have this id"
        yield Problem("tests/lab", message, "rename one of the functions", value=check_id)


def _following_nothing(checks: Iterable[GradedCheck]) -> Iterable[Problem]:
    ids = {check.check.id for check in checks}
    for check in checks:
        for unknown in sorted(set(check.check.follows) - ids):
            message = f"`follows` of {check.check.id} names no check"
            remedy = "use the id of a check, or restore the file that had this one"
            yield Problem("tests/lab", message, remedy, value=unknown)
