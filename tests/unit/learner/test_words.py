"""What a learner reads of their own lab."""

from __future__ import annotations

from fixtures.learner import words
from graders.evidence import Rights
from graders.reasons import UNSAID, Blockage, Mismatch, Reason
from graders.verdicts import Outcome, Verdict

RIGHT = Outcome.PASSED


def verdict(
    check: str, task: int, outcome: Outcome, why: Reason = UNSAID, hint: str = ""
) -> Verdict:
    return Verdict("user7", check, task, f"{task}.1", f"Title of {check}", 2, outcome, why, hint)


def blocked(check: str, task: int, by: str) -> Verdict:
    return verdict(
        check, task, Outcome.BLOCKED, Reason(blocked_by=Blockage(by, "1.1", "it is missing"))
    )


def lines(task: int, *verdicts: Verdict) -> list[str]:
    return list(words.task(task, verdicts))


WRONG = verdict(
    "group",
    2,
    Outcome.FAILED,
    Reason(mismatches=(Mismatch("name", "right", "wrong"),)),
    "Rename it.",
)


def test_a_task_that_is_right_takes_two_lines() -> None:
    assert lines(2, verdict("group", 2, RIGHT), verdict("secret", 2, RIGHT))[1:] == [
        "Task 2: Azure DevOps project and variable group",
        "  2 of 2 checks right, 4 of 4 points",
    ]


def test_what_failed_says_what_to_do_and_what_waits_for_it() -> None:
    text = lines(2, WRONG, blocked("variables", 2, "group"), blocked("more", 2, "variables"))
    assert text[2:] == [
        "  0 of 3 checks right, 0 of 6 points",
        "  FIX: Title of group",
        "    name: expected right; found wrong",
        "    Step 2.1: Rename it.",
        "    Blocked until this is fixed: 2 checks",
    ]


def test_what_an_earlier_task_blocks_names_it() -> None:
    text = lines(5, WRONG, verdict("run", 5, RIGHT), blocked("model", 5, "group"))
    assert text[2:] == [
        "  1 of 2 checks right, 2 of 4 points",
        "  BLOCKED by task 2 (Title of group): 1 check",
    ]


def test_what_a_hidden_check_blocks_does_not_name_it() -> None:
    text = "\n".join(lines(5, blocked("model", 5, "hidden")))
    assert "BLOCKED by what is not decided yet: 1 check" in text
    assert "hidden" not in text


def test_texts_of_a_learner_do_not_steer_the_terminal() -> None:
    evil = verdict("group", 2, Outcome.FAILED, Reason(note="a\x1b[2Jb\rc"), "see \x1b]0;x\x07 here")
    assert "\x1b" not in "".join(lines(2, evil))
    assert all(line.isprintable() for line in lines(2, evil))
    assert all(len(line) <= 78 for line in lines(2, evil))


def test_all_done_also_where_something_is_only_noted() -> None:
    done = [verdict("group", 2, RIGHT), verdict("session", 2, Outcome.NOTED)]
    assert words.is_done(done)
    assert list(words.total(done))[1:] == ["All done: 2 of 4 points."]


def test_what_could_not_be_checked_is_not_held_against_anybody() -> None:
    unsure = [WRONG, verdict("model", 5, Outcome.NOT_ASSESSED)]
    text = "\n".join(words.total(unsure))
    assert "0 of 4 points; 1 check to fix, 1 check without an answer yet." in text
    assert "Nothing is held against you that could not be checked." in text


def test_only_rights_that_are_lacking_for_certain_are_named() -> None:
    assert list(words.lacking(Rights(True, None, True), "AE MLOps 07")) == []
    text = " ".join(" ".join(words.lacking(Rights(False, True, False), "AE MLOps 07")).split())
    assert "Pipelines, Library, Security: give your identity the role Reader" in text
    assert "allow View builds" in text
    assert "service connections" not in text
