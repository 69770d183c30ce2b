"""The lab as a whole: whether its parts belong together."""

from graders import rules
from graders.rubric import check


@check(
    step="7.4", points=2, hint="Run CI, then CD, with their default values, and touch nothing else."
)
def test_work_is_one_chain(chain: rules.Chain) -> None:
    """One lineage leads from a commit to the live answer."""
    assert list(chain.broken) == []
