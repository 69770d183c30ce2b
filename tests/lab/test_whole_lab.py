"""The lab as a whole: whether its parts belong together."""

from graders.judging import rules
from graders.judging.ownership import Ownership
from graders.lab import Session
from graders.rubric import check


@check(
    step="7.4",
    points=2,
    hint="Run CI, then CD, with their default values, and change nothing else.",
)
def test_work_is_one_chain(chain: rules.Chain) -> None:
    """One unbroken chain leads from a commit to the live answer."""
    assert list(chain.broken) == []


@check(step="5.11", hint="Work in your own project, repository and workspace.")
def test_work_is_the_learners_own(own_work: Ownership) -> None:
    """No training run, model or endpoint belongs to another learner."""
    assert list(own_work.borrowed) == []


@check(
    step="5.11",
    hint="Ask your instructor which work fell outside the session.",
    only_with="session",
)
def test_work_was_done_in_the_session(dated_work: list[rules.Dated], session: Session) -> None:
    """The graded work was done during the class session."""
    assert rules.outside(dated_work, session) == []
