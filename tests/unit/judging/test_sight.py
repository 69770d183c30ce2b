"""When an absence is believed: by what the grader may see, and by what else is there."""

from __future__ import annotations

import pytest

from graders.evidence import Rights
from graders.judging.outcomes import NotAssessed
from graders.judging.prerequisites.azure_devops import Sight

SIGHT = Sight(Rights(), project="AE MLOps 01", ran_ci=True, made_things=True)


@pytest.mark.parametrize(
    ("sees_all", "is_contradicted"), [(True, False), (True, True), (None, False)]
)
def test_a_list_is_believed(sees_all: bool | None, is_contradicted: bool) -> None:
    SIGHT.require(sees_all, "variable groups", is_contradicted)


@pytest.mark.parametrize(
    ("sees_all", "is_contradicted", "cause"),
    [
        (False, False, "may not see all of them"),
        (False, True, "may not see all of them"),
        (None, True, "rights are unknown"),
    ],
)
def test_a_list_proves_no_absence(sees_all: bool | None, is_contradicted: bool, cause: str) -> None:
    with pytest.raises(NotAssessed) as ended:
        SIGHT.require(sees_all, "variable groups", is_contradicted)
    assert cause in str(ended.value.why)
