"""Putting a test on the rubric: what ``@check`` takes from the test itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.simulator.mistakes import Catalogue, read_catalogue
from graders.rubric import Check, check, check_of
from graders.verdicts import Outcome

CATALOGUE = read_catalogue()


def test_a_check_is_named_after_its_test_and_titled_by_its_docstring() -> None:
    @check(step="2.6", points=3, hint="Make it.")
    def test_group_exists() -> None:
        """The group is there.

        More of it.
        """

    registered = check_of(test_group_exists)
    assert registered is not None
    assert (registered.id, registered.title) == ("group-exists", "The group is there")
    assert (registered.step, registered.task, registered.points) == ("2.6", 2, 3)
    assert not registered.is_advisory


def test_a_check_without_a_docstring_has_no_title() -> None:
    def test_group_exists() -> None: ...

    with pytest.raises(TypeError, match="needs a docstring"):
        check(step="2.6", hint="Make it.")(test_group_exists)


def test_tasks_and_steps_may_have_more_than_one_digit() -> None:
    late = Check("late", "", "12.10", 1, "")
    entry = replace(next(iter(CATALOGUE.mistakes.values())), first=None)
    entry = replace(entry, verdicts={Outcome.FAILED: ("task12",)})
    catalogue = Catalogue({entry.name: entry})
    assert late.task == 12
    assert catalogue.unknown_checks([late]) == ()
    assert len(catalogue.unknown_checks([replace(late, step="1.2")])) == 1
    assert catalogue.causes([entry.name], [late]) == {"late": Outcome.FAILED}
