"""The graded checks, loaded from their files: what each asserts, and that it can fail.

The files are compiled here, apart from pytest: no option of pytest's and no setting of Python's
(``-O``, ``PYTHONOPTIMIZE``) makes an assertion or a docstring of theirs go away.
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
_SOMEBODYS = LabFile().for_learner(Learner("user1", 1))
_COMPARE = "__compare__"
"""What an assertion becomes a call of: a name that no check can use by accident."""


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
    no prerequisite, two checks of one id, a file that is no Python.
    """
    problems: list[Problem] = []
    found = [
        one
        for file in sorted(folder.glob("test_*.py"), key=as_counted)
        for one in _checks_in(file, problems)
    ]
    problems += _repeated(found)
    if problems:
        raise InputProblems(problems)
    return tuple(found)


def _checks_in(file: Path, problems: list[Problem]) -> Iterable[GradedCheck]:
    shown = f"{file.parent.name}/{file.name}"
    try:
        module = ast.parse(file.read_text(encoding="utf-8"), str(file))
    except (OSError, ValueError, SyntaxError) as error:
        line = getattr(error, "lineno", None)
        problems.append(KeyProblem(shown, "this is not valid Python", "restore the file", row=line))
        return ()
    tests = [one for one in module.body if _is_test(one)]
    flaws = [flaw for one in tests if (flaw := _flaw(shown, one))]
    problems += flaws
    if flaws:
        return ()
    namespace: dict[str, Any] = {"__name__": f"graded.{file.stem}", _COMPARE: _compare}
    tree = ast.fix_missing_locations(_Assertions().visit(module))
    code = compile(tree, str(file), "exec", dont_inherit=True, optimize=0)
    exec(code, namespace)  # noqa: S102 - the project's own checks
    graded = [test for test in namespace.values() if check_of(test) is not None]
    return [one for test in graded if (one := _graded(shown, test, problems))]


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
    """What of a hint no lab has; empty: it can be told to everybody."""
    for near_miss in ("", "near"):
        try:
            why = Reason((Mismatch("", "", "", near_miss),))
            advice(check, _SOMEBODYS, Outcome.FAILED, why)
        except (LookupError, AttributeError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
    return ""


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def _flaw(file: str, test: ast.stmt) -> Problem | None:
    """Why a check could not fail, or not say why it did."""
    asserts = [one for one in ast.walk(test) if isinstance(one, ast.Assert)]
    body: Sequence[ast.stmt] = getattr(test, "body", ())
    what = ""
    if len(asserts) != 1 or body[-1:] != asserts:
        what = "a check ends with its one assertion"
    elif not isinstance(compared := asserts[0].test, ast.Compare) or len(compared.ops) != 1:
        what = "a check asserts one comparison"
    elif type(compared.ops[0]) not in _OPERATORS:
        what = "a check asserts with `in` or `==`"
    elif not _can_fail(test, compared):
        what = "this assertion cannot fail"
    if not what:
        return None
    remedy = "write `assert name in things`, `assert text == text` or `assert rule(…) == []`"
    name = getattr(test, "name", "")
    return KeyProblem(file, what, remedy, row=test.lineno, column=name)


def _can_fail(test: ast.stmt, compared: ast.Compare) -> bool:
    """Whether the two sides differ, and hang on something that the check was given."""
    sides = (compared.left, compared.comparators[0])
    names = {one.id for side in sides for one in ast.walk(side) if isinstance(one, ast.Name)}
    given = {one.arg for one in ast.walk(test) if isinstance(one, ast.arg)} | _assigned(test)
    return ast.dump(sides[0]) != ast.dump(sides[1]) and bool(names & given)


def _assigned(test: ast.stmt) -> set[str]:
    return {
        one.id
        for one in ast.walk(test)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
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


def _repeated(found: Iterable[GradedCheck]) -> Iterable[Problem]:
    ids = [one.check.id for one in found]
    for one in sorted({one for one in ids if ids.count(one) > 1}):
        what = "two checks have this id"
        yield Problem("tests/lab", what, "rename one of the functions", value=one)
