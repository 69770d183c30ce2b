"""Facts in words: the one place that makes sentences of reasons, each for one kind of reader.

Only people read them: code that needs a fact takes it from :mod:`graders.reasons`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from graders.decisions import ALL, Action, Decision, Idle, IdleDecision
from graders.lab.breaks import signatures
from graders.late import Lateness
from graders.reasons import (
    Blockage,
    LabBreak,
    Mismatch,
    Outcome,
    OwnerNote,
    PastNote,
    Reason,
    Relation,
)

if TYPE_CHECKING:
    from graders.lab import Lab
    from graders.rubric import Check
    from graders.verdicts import Grade, Verdict

# --- why a check ended as it did ------------------------------------------------------------------


def in_words(reason: Reason) -> str:
    """A reason for the grader: one line for each mismatch."""
    return "\n".join(_lines(reason))


def _lines(reason: Reason) -> Iterator[str]:
    yield from map(mismatch, reason.mismatches)
    if reason.more:
        yield f"and {reason.more} more"
    parts = [blockage(reason.blocked_by)] if reason.blocked_by else []
    parts += [str(reason.unseen)] if reason.unseen else []
    parts += [lab_break(reason.lab_break)] if reason.lab_break else []
    parts += [reason.pending_on, reason.note, reason.doubt]
    if line := "; ".join(filter(None, parts)):
        yield line


def mismatch(fact: Mismatch) -> str:
    """``what: expected …; found …``"""
    parts = [f"expected {fact.expected}"] if fact.expected else []
    parts += [f"found {fact.found}"] if fact.found else []
    subject = f"{fact.what}: " if fact.what else ""
    return subject + "; ".join(parts)


def lab_break(fact: LabBreak) -> str:
    """Where the lab breaks, how many meet it, and what the service says; the instructor decides."""
    return f"the lab breaks at {where_it_breaks(fact)}; the instructor decides"


def where_it_breaks(fact: LabBreak) -> str:
    """The record, how many fail there since when, the service's words, and what they mean."""
    since = f" since {day(fact.since)}" if fact.since else ""
    said = f" (“{fact.said}”)" if fact.said else ""
    known = signatures().get(fact.code)
    means = f": {known.says}" if known else ""
    many = f"{fact.failed} of {fact.reached} learners who got there fail alike{said}"
    return f"{fact.record}{since}: {many}{means}"


def to_repair(fact: LabBreak) -> str:
    """What an administrator can do about it."""
    known = signatures().get(fact.code)
    what = known.fix if known else "read the record of one of them, and repair the lab"
    return f"{what}; until then their checks wait for your decision"


def blockage(fact: Blockage) -> str:
    """What is wrong and the step to fix it at; what there is instead, if anything."""
    instead = f"; found: {fact.found}" if fact.found else ""
    return f"{waits_for(fact)}{instead}"


def waits_for(fact: Blockage) -> str:
    """The same for the learner, who reads elsewhere what was found."""
    return f"{fact.cause} (step {fact.step})"


def for_the_learner(verdict: Verdict) -> str:
    """The text of a failed check: its title, each mismatch, and the step that fixes it."""
    lines = "\n".join(f"  {line}" for line in _lines(verdict.why))
    return f"{verdict.title}\n{lines}\n  Fix: step {verdict.step}: {verdict.hint}"


def advice(check: Check, lab: Lab, outcome: Outcome, why: Reason) -> str:
    """What a learner should do about a check; empty where there is nothing to do at its step.

    A hint may name ``{lab.…}`` and ``{sheet.…}``, the learner's own; ``{variables.…}`` of the
    sheet; ``{user}``, which names the learner; ``{expected}`` of the first mismatch, and
    ``{near_miss}``: what is there and was probably meant.
    """
    if outcome not in (Outcome.FAILED, Outcome.NOTED):
        return ""
    first = why.mismatches[0] if why.mismatches else Mismatch("", "what the lab asks for", "")
    template = check.hint if first.near_miss or not check.missing else check.missing
    return template.format(
        lab=lab,
        sheet=lab.sheet,
        variables=lab.sheet.variable_group.variables,
        user=lab.sheet.variable_group.base_name.user.format(n=lab.learner.number),
        expected=first.expected,
        near_miss=f"`{first.near_miss}`" if first.near_miss else "what you have",
    )


# --- why a grade is withheld ---------------------------------------------------------------------

_MOST_CAUSES = 5
"""Causes that are written out for one grade; the checks with another one are counted."""


def checks(count: int) -> str:
    """``1 check``, ``5 checks``"""
    return "1 check" if count == 1 else f"{count} checks"


def why_withheld(undecided: Mapping[tuple[Outcome, str], int], not_run: int) -> str:
    """Each cause once, with its number of checks; ``undecided`` by outcome and reason."""
    counted = [
        (f"{checks(count)} {outcome}{reason and f': {reason}'}", count)
        for (outcome, reason), count in undecided.items()
    ]
    parts = [cause for cause, _ in counted[:_MOST_CAUSES]]
    if more := sum(count for _, count in counted[_MOST_CAUSES:]):
        parts.append(f"{checks(more)} for other reasons")
    if not_run:
        parts.append(f"{checks(not_run)} not run")
    return "; ".join(parts)


# --- for the instructor ---------------------------------------------------------------------------


def owner_note(note: OwnerNote) -> str:
    """Whose a resource is, in one line."""
    owners = ", ".join(dict.fromkeys(note.learners))
    owners += f" and {note.more} more" if note.more else ""
    proof = f" ({note.proof})" if note.proof else ""
    if note.relation is Relation.MADE_BY:
        there, maker = note.learners
        return f"{note.thing} in {there}'s workspace was made by {maker}'s CI"
    if note.relation is Relation.LISTED_BY:
        return f"{note.thing} is listed by {owners} too"
    if note.relation is Relation.UNCLEAR:
        return f"the owner of {note.thing} is unclear: {note.proof}"
    if note.more:
        return f"{note.thing} is that of {owners}{proof}"
    return f"{note.thing} is {owners}'s{proof}"


# --- past runs ------------------------------------------------------------------------------------


def past_note(note: PastNote) -> str:
    """Which run a mark comes from, and why this one does not decide it: for the grader."""
    return past_for_the_learner(note) + _not_confirmed(note)


def past_for_the_learner(note: PastNote) -> str:
    """The same without what this run found, which is for the grader."""
    parts = []
    if note.held_at:
        parts.append(f"frozen at the deadline, {note.held_at.isoformat(timespec='minutes')}")
    if note.best_run:
        parts.append(f"from the best run so far, on {day(note.best_run)}")
    if note.passed_at and note.missed_at:
        since = f"but not since {day(note.missed_at)}"
        parts.append(f"passed on {day(note.passed_at)}, {since} (checked twice each night)")
    elif note.passed_at:
        parts.append(f"passed on {day(note.passed_at)}; tonight's run could not confirm it")
    return "; ".join(parts)


def _not_confirmed(note: PastNote) -> str:
    why = []
    if note.lost_by:
        lost, had = note.lost_by
        why.append(
            f"{lost} of the {had} learners who had passed it lost it in one run: the grader's"
            " rights or the tenant may have changed"
        )
    if note.tonight:
        why.append(f"{note.tonight}: {in_words(note.why)}")
    return f" ({'; '.join(why)})" if why else ""


def day(time: datetime) -> str:
    """A day for people, in UTC: ``20 November 2026``."""
    utc = time.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y}"


# --- decisions and late work ----------------------------------------------------------------------


def decided(verdict: Verdict) -> str:
    """Who decided a check and why, and the automatic result beside it: for the grader."""
    return _decided(verdict, in_words(verdict.why))


def decided_for_the_learner(verdict: Verdict) -> str:
    """The same without what is for the grader only: why a check could not be assessed."""
    is_theirs = verdict.automatic_outcome in (Outcome.FAILED, Outcome.BLOCKED, Outcome.NOTED)
    return _decided(verdict, in_words(verdict.why) if is_theirs else "")


def learners_reason(verdict: Verdict) -> str:
    """A verdict's reason in what learners read outside the feedback."""
    return decided_for_the_learner(verdict) if verdict.decision else verdict.reason


def _decided(verdict: Verdict, why: str) -> str:
    if verdict.decision is None:
        return why
    automatic = f"{verdict.automatic_outcome}: {why}" if why else f"{verdict.automatic_outcome}"
    return f"{decision(verdict.decision)} (automatic verdict: {automatic})"


def decision(fact: Decision) -> str:
    """What was decided, by whom, when, why and until when."""
    until = f", until {fact.until_text}" if fact.until else ""
    return f"{_effect(fact)}, decided by {fact.author} on {_date(fact)}{until}: {fact.reason}"


def _date(fact: Decision) -> str:
    return f"{fact.on.day} {fact.on:%B %Y}"


def _effect(fact: Decision) -> str:
    points = f"{fact.points:g} {'point' if fact.points == 1 else 'points'}"
    if fact.action is Action.POINTS:
        return points
    if fact.action is Action.ADD:
        return f"{points} more"
    return f"{points} less" if fact.action is Action.SUBTRACT else fact.action.value


def idle(fact: IdleDecision) -> str:
    """A decision without effect, and what to do about it: for the instructor."""
    why = {
        Idle.NO_MATCH: "this run did not judge that check",
        Idle.NO_CHANGE: "the automatic verdict is the same, so you can delete the row",
        Idle.LAPSED: f"it lapsed: it counted until {fact.decision.until_text}",
        Idle.WITHHELD: "the grade is still withheld, so there is no total to change",
    }[fact.why]
    check = "the grade" if fact.decision.check == ALL else fact.decision.check
    return f"row {fact.decision.row}, {check}: {_effect(fact.decision)}: no effect: {why}"


def lateness(fact: Lateness, missing: float, deduction: float) -> str:
    """How late the work is, and what that costs."""
    rule, steps = fact.rule, fact.state.steps
    parts = [f"due {_moment(fact.due)}"]
    if steps:
        started = f"{steps} started {rule.per}{'s' * (steps != 1)}"
        then = _moment(fact.state.at.astimezone(fact.due.tzinfo))
        parts.append(f"the work that counts is of {then}, {started} late")
    if missing:
        parts.append(
            f"later work would cost what it brings, {_points(missing)}, so it does not count"
        )
    if steps:
        each = f"{rule.penalty:g} {rule.share}" if rule.penalty else "nothing"
        at_most = f", at most {rule.cap:g}" if rule.cap is not None else ""
        unit = f" ({each} for each started {rule.per}{at_most})"
        parts.append(f"that costs {_points(deduction)}{unit if rule.penalty else ''}")
    return "; ".join(parts)


def _points(points: float) -> str:
    text = f"{points:.2f}".rstrip("0").rstrip(".")
    return f"{text} {'point' if points == 1 else 'points'}"


def _moment(time: datetime) -> str:
    zone = getattr(time.tzinfo, "key", "") or f"{time:%Z}"
    return f"{time:%Y-%m-%d %H:%M} {zone}"


def changes_of(own: Grade) -> list[str]:
    """All that a person decided of a grade, and late work: for the grader, most checks first."""
    return _changes_of(own, decided, lambda verdict: verdict.check)


def changes_for_the_learner(own: Grade) -> list[str]:
    """The same for the learner, who knows checks by their titles."""
    return _changes_of(own, decided_for_the_learner, lambda verdict: verdict.title)


def _changes_of(
    own: Grade, words: Callable[[Verdict], str], name: Callable[[Verdict], str]
) -> list[str]:
    by_text: dict[str, list[Verdict]] = {}
    for verdict in own.verdicts:
        if verdict.decision:
            by_text.setdefault(words(verdict), []).append(verdict)
    lines = [f"{_which(alike, name)}: {text}" for text, alike in by_text.items()]
    if own.late:
        lines.append(f"late work: {lateness(own.late, *own.late_points)}")
    if own.decision:
        lines.append(f"total: {decision(own.decision)} (automatic total: {_automatic(own)})")
    return lines


def _which(verdicts: Sequence[Verdict], name: Callable[[Verdict], str]) -> str:
    which = f"step {verdicts[0].step}, {name(verdicts[0])}"
    more = len(verdicts) - 1
    return f"{which}, and {more} more {'check' if more == 1 else 'checks'}" if more else which


def _automatic(own: Grade) -> str:
    automatic = own.automatic or own
    return "withheld" if automatic.total is None else _points(automatic.total)
