"""The rubric: one ``@check`` above each graded test says its lab step, points and hints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

_Test = Callable[..., None]


@dataclass(frozen=True)
class Check:
    """One graded fact. ``id`` comes from the test's name, ``title`` from its docstring."""

    id: str
    title: str
    step: str
    points: float
    hint: str
    """What to do, with places for the learner's own names: see :func:`graders.wording.advice`."""
    missing: str = ""
    """The same where nothing is there that was probably meant; empty: the hint does for both."""
    only_with: str = ""
    """The table of the lab file that the check needs; empty: none, it is never left out."""
    follows: tuple[str, ...] = ()
    """The checks of which this one's failure may be a mere consequence."""
    default_points: float | None = None
    """What it is worth where no lab file says otherwise; None: ``points``."""
    was_part_of: str = ""
    """The check that asked for this too in earlier versions, for the points of both."""

    @cached_property
    def task(self) -> int:
        return int(self.step.partition(".")[0])

    @property
    def is_advisory(self) -> bool:
        """An advisory check carries no points: it is noted, never failed."""
        return self.points == 0


def check(
    *,
    step: str,
    hint: str,
    missing: str = "",
    points: float = 0,
    only_with: str = "",
    was_part_of: str = "",
    follows: tuple[str, ...] = (),
) -> Callable[[_Test], Callable[[str], None]]:
    """Put a test on the rubric.

    ``step`` is the step of the lab sheet that makes the fact true (``"2.6"``), ``hint`` what a
    learner should do there, ``missing`` the same where nothing is there that was probably meant,
    ``points`` what it is worth; without points it is advisory. ``only_with`` names a table of the
    lab file that the check needs. ``was_part_of`` is the check that asked for this too, in
    evidence, past runs and lab files of earlier versions. ``follows`` are the ids of checks that a
    learner should fix before this one where both fail: without them it cannot succeed, although
    it can be judged.

    What pytest collects is a test of one parameter, the learner; the judge calls the function
    itself (``judged``) with the prerequisites that it names.
    """

    def mark(test: _Test) -> Callable[[str], None]:
        if not (test.__doc__ or "").strip():
            raise TypeError(f"{test.__name__}: a check needs a docstring: it is the title")
        title = str(test.__doc__).strip().splitlines()[0].rstrip(".")
        identity = test.__name__.removeprefix("test_").replace("_", "-")
        item = _item_of(test)
        item.check = Check(  # type: ignore[attr-defined]
            identity,
            title,
            step,
            points,
            hint,
            missing,
            only_with,
            was_part_of=was_part_of,
            follows=follows,
        )
        item.judged = test  # type: ignore[attr-defined]
        return item

    return mark


def _item_of(test: _Test) -> Callable[[str], None]:
    """A test in the place of ``test``, which cannot pass without the judge."""

    def item(learner: str) -> None:
        raise RuntimeError(
            f"this check was not judged for {learner}: run it with the project's plugins"
        )

    item.__name__, item.__qualname__ = test.__name__, test.__qualname__
    item.__doc__, item.__module__ = test.__doc__, test.__module__
    item.__annotations__ = {}  # pytest reads the signature of each item twice
    here = test.__code__
    item.__code__ = item.__code__.replace(
        co_filename=here.co_filename, co_firstlineno=here.co_firstlineno
    )
    return item


def check_of(test: object) -> Check | None:
    """The check above a test function, or None when it is not graded."""
    return getattr(test, "check", None)


def with_points(checks: Iterable[Check], points: Mapping[str, float]) -> tuple[Check, ...]:
    """The rubric with a lab file's own points in place of the default ones, or of another's."""
    return tuple(_worth(entry, points.get(entry.id)) for entry in checks)


def _worth(check: Check, points: float | None) -> Check:
    default = check.points if check.default_points is None else check.default_points
    if points is None or points == default:
        return replace(check, points=default, default_points=None)
    return replace(check, points=points, default_points=default)
