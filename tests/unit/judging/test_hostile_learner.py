"""One hostile learner among three: the other two are judged as ever, and nothing raises."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fixtures.plugin.grading import whole_rubric
from graders.evidence import Evidence
from graders.judging import judge as judging
from graders.judging import registry
from graders.judging.checks import GRADED, load_checks
from graders.judging.judge import Judge, Subject
from graders.judging.ownership import comparison
from graders.judging.rules.learner_yaml import LONGEST, UnreadableError, read_yaml
from graders.texts import LONGEST_VALUE
from graders.verdicts import Outcome, Verdict
from tests.support.hostile_evidence import with_each_text
from tests.support.three_learners import LEARNERS, evidence, labs, with_texts

FIRST, SECOND, HOSTILE = LEARNERS
STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(9 * ['*' + former])}]\n"
    for former, name in zip("abcdefgh", "bcdefghi", strict=True)
)
ODD = (
    *("http://[", "https://℀/x", "http://a:b/score", "//", "\x1b]0;x\x07", "\x9b2J", "a\u202eb"),
    *("\0", "", " ", "%", "%%s{0}{lab}", "../../x", "x" * 10_000, "1" * 5000, "NaN", "-1"),
    *("2026-99-99", "a\nb; found c", "<script>", "[" * 5000, "? " * 5000, "&a [*a]", BOMB),
)


def rubric() -> Mapping[str, object]:
    return {check.id: check for check in whole_rubric()}


def judged(hostile: Evidence) -> dict[str, list[Verdict]]:
    """Learner -> verdicts, where the last of the three shows this."""
    subject = Subject(labs(), {**evidence(), HOSTILE: hostile}.__getitem__)
    judge = Judge(subject, load_checks(GRADED), rubric())  # type: ignore[arg-type]
    return {learner: list(judge.verdicts(learner)) for learner in LEARNERS}


@cache
def as_ever() -> dict[str, list[Verdict]]:
    return judged(evidence()[HOSTILE])


@cache
def places() -> int:
    return sum(1 for _ in with_each_text(evidence()[HOSTILE], ""))


def theirs() -> tuple[str, ...]:
    """What names the first learner's work."""
    first = evidence()[FIRST]
    (run,), (endpoint,) = first.training_runs, first.endpoints  # type: ignore[misc]
    return (run.id, endpoint.scoring_uri, *run.tags.values(), labs()[FIRST].project)


def test_three_honest_learners_pass_everything() -> None:
    verdicts = [verdict for learner in LEARNERS for verdict in as_ever()[learner]]
    assert {verdict.outcome for verdict in verdicts} == {Outcome.PASSED}


@settings(derandomize=True, deadline=None, max_examples=50, database=None, phases=[Phase.generate])
@given(
    st.sampled_from(ODD) | st.text(max_size=60) | st.sampled_from(theirs()),
    st.integers(0, 100_000),
)
def test_no_text_of_one_learner_reaches_anothers_verdicts(text: str, place: int) -> None:
    """In one place of the evidence, and in every place of it at once."""
    hostile = evidence()[HOSTILE]
    somewhere = list(with_each_text(hostile, text))[place % places()]
    everywhere = with_texts(hostile, lambda _: text)
    ours = {"learner": HOSTILE, "tenant": hostile.tenant, "place": hostile.place}
    for changed in (somewhere, replace(everywhere, **ours)):
        verdicts = judged(changed)
        assert verdicts[FIRST] == as_ever()[FIRST]
        assert verdicts[SECOND] == as_ever()[SECOND]
        for verdict in verdicts[HOSTILE]:
            assert "a bug in the grader" not in verdict.reason
            assert not STEERING.search(verdict.reason + verdict.hint)
            assert not re.search(rf"[^ \n]{{{LONGEST_VALUE + 10}}}", verdict.reason + verdict.hint)


# --- time -----------------------------------------------------------------------------------------


def for_ever(**_: object) -> None:
    end = time.monotonic() + 20  # without a bound, the test fails
    while time.monotonic() < end:
        try:
            time.sleep(0.001)
        except Exception:  # noqa: S112 - a rule that takes everything for an odd value
            continue


def test_what_takes_too_long_is_not_assessed_for_that_learner_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judging, "SECONDS", 0.3)
    known = registry.known()["models"]

    def slow(**given: object) -> object:
        hostile = given["lab"].learner.id == HOSTILE  # type: ignore[attr-defined]
        return for_ever(**given) if hostile else known.function(**given)

    monkeypatch.setitem(registry._KNOWN, "models", replace(known, function=slow))
    began = time.monotonic()
    verdicts = judged(evidence()[HOSTILE])
    assert time.monotonic() - began < 30
    for learner in (FIRST, SECOND):
        assert {verdict.outcome for verdict in verdicts[learner]} == {Outcome.PASSED}
    undecided = [v for v in verdicts[HOSTILE] if v.outcome is Outcome.NOT_ASSESSED]
    assert 10 < len(undecided) < 72  # what was judged before the time was up counts
    assert {verdict.reason for verdict in undecided} == {
        "judging this learner's lab took more than 0.3 seconds"
    }


def test_comparing_one_lab_has_a_bound_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "SECONDS", 0.2)
    listings = comparison.listings

    def slow(lab: object, *others: object) -> object:
        if lab.learner.id == HOSTILE:  # type: ignore[attr-defined]
            for_ever()
        return listings(lab, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(comparison, "listings", slow)
    verdicts = judged(evidence()[HOSTILE])
    for learner in (FIRST, SECOND):
        assert {verdict.outcome for verdict in verdicts[learner]} == {Outcome.PASSED}
    own = [v for v in verdicts[HOSTILE] if v.outcome is not Outcome.PASSED]
    assert [(v.check, v.outcome) for v in own] == [
        ("work-is-the-learners-own", Outcome.NOT_ASSESSED)
    ]
    assert "comparing it took more than 0.2 seconds" in own[0].reason


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "aliases written out"),
        ("[" * 5000, "nested more than 50 deep"),
        ("x" * (LONGEST + 1), "more than 65,536 characters"),
        ("- x\n" * 15_000, "more than 10,000 entries"),
        ("&a [*a]", "nested more than 50 deep"),
        ("a: \0", "not valid YAML"),
    ],
    ids=["aliases", "depth", "size", "entries", "itself", "control"],
)
def test_yaml_beyond_its_bounds_is_refused_in_a_few_words(text: str, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        read_yaml(text)


def test_yaml_merges_nothing() -> None:
    assert read_yaml("a: &a {x: 1}\nb: {<<: *a}") == {"a": {"x": "1"}, "b": {"<<": {"x": "1"}}}
