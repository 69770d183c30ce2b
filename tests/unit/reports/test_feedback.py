"""A learner's feedback: what to do next, in words for somebody who never saw the grader."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fixtures.plugin.grading import whole_rubric
from graders.evidence import Unavailable
from graders.judging.root_causes import first_to_read
from graders.reasons import (
    Blockage,
    Mismatch,
    OwnerNote,
    PastNote,
    Place,
    PlaceKind,
    Reason,
    Relation,
)
from graders.rubric import Check
from graders.verdicts import Outcome, Verdict
from reports import feedback, gradebook
from reports.feedback.content import addressed
from reports.grading_run import GradingRun
from reports.pipeline import Pipeline
from reports.submission import Submission
from tests.support import handmade_run as example

ADA = example.learner("ada", "Ada Lovelace", 1)
BOB = example.learner("bob", "Bob Ångström", 2)
Others = Mapping[str, tuple[Outcome, str | Reason]]

NO_GROUP = Reason(
    (Mismatch("", "a variable group `devopsforai-aml-vg`", "`devops-aml-vg` (3 edits away)"),)
)


def blocked(check: str, cause: str, actual: str = "") -> tuple[Outcome, Reason]:
    step = next((listed.step for listed in example.RUBRIC if listed.id == check), "5.12")
    return Outcome.BLOCKED, Reason(blocked_by=Blockage(check, step, cause, actual))


FAILED: Others = {"variable-group-exists": (Outcome.FAILED, NO_GROUP)}
NO_RUN = {
    "ci-run-succeeded": blocked("variable-group-exists", "no run was made in the group", "`x`"),
    "endpoint-answers": blocked("ci-run-succeeded", "no CI run has succeeded"),
    "cd-run-succeeded": blocked("ci-run-succeeded", "no CI run has succeeded"),
}
PENDING: Others = {
    "ci-run-succeeded": (Outcome.PENDING, "run 7 of the CI pipeline is still running")
}
CAUSE = Unavailable(
    "GitHub", "repository x/y", "its token /srv/key has expired", "Renew GITHUB_TOKEN."
)
UNSEEN: Others = {"repository-exists": (Outcome.NOT_ASSESSED, Reason(unseen=CAUSE))}
COULD_NOT = "could not be assessed"
NOTED: Others = {"group-is-open": (Outcome.NOTED, "permissions: expected all; found both")}


def pages(
    others: Others | None = None, verdicts: Sequence[Verdict] | None = None, **changes: object
) -> tuple[str, str]:
    """Ada's feedback as Markdown and as HTML: all passed but the others."""
    run = example.run([ADA, BOB], **changes)
    judged = [*example.verdicts("bob")]
    judged += example.verdicts("ada", others) if verdicts is None else verdicts
    return of(run, judged, ADA.id)


def of(run: GradingRun, verdicts: Sequence[Verdict], learner: str) -> tuple[str, str]:
    own = {grade.learner: grade for grade in gradebook.grades_of(run, verdicts)}[learner]
    learners = {person.id: person for person in run.learners}
    page = feedback.feedback(run, learners[learner], own)
    return feedback.as_markdown(run, page), feedback.as_html(run, page)


def section(markdown: str, heading: str) -> str:
    """The text under a heading of the second level; empty when there is no such heading."""
    parts = re.split(r"^## ", markdown, flags=re.MULTILINE)
    return next((part for part in parts if part.startswith(f"{heading}\n")), "")


def headings(markdown: str) -> list[str]:
    return re.findall(r"^## (.+)$", markdown, re.MULTILINE)


# --- the grade ------------------------------------------------------------------------------------


def test_the_grade_and_the_points_of_each_task() -> None:
    for text in pages(FAILED):
        assert "85 of 100 points" in text
        assert "3 of 18" in text
        assert "32 of 32" in text


def test_nought_is_a_grade() -> None:
    for text in pages(example.from_task(2, Outcome.FAILED, "found nothing")):
        assert "0 of 100 points" in text
        assert "No grade yet" not in text


@pytest.mark.parametrize(
    ("others", "says"),
    [
        (PENDING, "1 check cannot be decided yet, because the cloud is still working"),
        (UNSEEN, "1 check could not be assessed. You lose no points. This is not your fault"),
    ],
)
def test_a_grade_that_is_withheld_is_no_number_and_says_what_happens_next(
    others: Others, says: str
) -> None:
    for text in pages(others):
        assert "No grade yet" in text
        assert says in text
        assert "of 100 points" not in text
        assert "You have nothing to fix" in text
        assert re.search(r"not decided yet, of (32|10)\b", text)


def test_pending_work_asks_to_wait_and_a_fault_asks_to_do_nothing() -> None:
    waiting, unseen = pages(PENDING)[0], pages(UNSEEN)[0]
    assert "be graded again" in section(waiting, "Your grade")
    assert "run 7 of the CI pipeline is still running" in section(waiting, "Still running")
    assert "you don't have to do anything" in section(unseen, "Your grade")
    assert "Wait until" not in unseen


def test_a_part_of_the_checks_is_no_grade() -> None:
    some = [verdict for verdict in example.verdicts("ada") if verdict.task == 2]
    for text in pages(verdicts=some):
        assert "No grade yet" in text
        assert "Only 3 of the 8 checks were run this time, so there is no grade" in text
        assert "of 100 points" not in text
        assert COULD_NOT not in text
    assert COULD_NOT in pages(UNSEEN)[0]  # so that its absence says something


def test_a_learner_without_verdicts_has_a_page_all_the_same() -> None:
    for text in pages(verdicts=[]):
        assert "Only 0 of the 8 checks" in text


def test_who_did_everything_reads_a_short_and_glad_page() -> None:
    glad, _ = pages()
    assert "**100 of 100 points.** Well done" in glad
    assert headings(glad) == ["Your grade", "Your pages"]
    assert len(glad.splitlines()) < 30


def test_full_marks_with_advice_are_still_full_marks() -> None:
    text, _ = pages(NOTED)
    assert "Well done" in text
    assert headings(text) == ["Your grade", "Advice (costs no points)", "Your pages"]


# --- what to fix ----------------------------------------------------------------------------------


def test_the_first_to_fix_is_the_same_as_in_every_report() -> None:
    others = {**FAILED, "connection-exists": (Outcome.FAILED, "expected `a`; found `b`")}
    run = example.run([ADA])
    first = first_to_read(example.verdicts("ada", others), run.rubric)
    assert first is not None
    part = section(pages(others)[0], "Fix this first")
    assert f"### Step {first.step}: {first.title}" in part
    assert "- Expected: a variable group `devopsforai-aml-vg`\n" in part
    assert "- Found: `devops-aml-vg` (3 edits away)\n" in part
    assert f"- How to fix it: {first.hint}\n" in part
    assert "Not done yet (15 points)." in part
    assert "Step 3.4" in section(pages(others)[0], "Fix this too")


def test_the_first_to_fix_comes_first_in_html_too() -> None:
    _, text = pages({**FAILED, "connection-exists": (Outcome.FAILED, "expected `a`; found `b`")})
    order = ["Your grade", "Fix this first", "<code>devopsforai-aml-vg</code>", "Rename.",
             "Fix this too", "Step 3.4", "What you got right", "Your pages"]  # fmt: skip
    assert [text.count(piece) > 0 for piece in order] == [True] * len(order)
    assert sorted(order, key=text.index) == order


def test_blocked_checks_are_one_line_under_their_root() -> None:
    """The endpoint waits for a run that waits for the group: fixing the group is what helps."""
    text, html = pages({**FAILED, **NO_RUN})
    part = section(text, "Fix this first")
    assert part.count("Blocked until this is fixed: 3 checks, 60 points.") == 1
    assert "The endpoint answers the lab's query" not in text
    listed = html.partition("<details><summary>Blocked until this is fixed: 3 checks, 60 points<")
    assert listed[2].partition("</details>")[0].count("<li>") == 3
    assert section(text, "Waiting for something else") == ""


def test_the_first_to_fix_has_a_link_and_says_what_may_follow_from_it() -> None:
    group = replace(
        example.verdict("ada", example.RUBRIC[1], *FAILED["variable-group-exists"]),
        place=Place(PlaceKind.VARIABLE_GROUP, "devops-aml-vg", "12"),
    )
    failed = example.verdicts("ada", {"ci-run-succeeded": (Outcome.FAILED, "run 7 failed")})
    judged = [group if v.check == group.check else v for v in failed]
    rubric = [
        replace(check, follows=(group.check,)) if check.id == "ci-run-succeeded" else check
        for check in example.RUBRIC
    ]
    run = example.run([ADA], rubric=rubric)
    text, html = of(run, judged, "ada")
    first = section(text, "Fix this first")
    address = "/_library?itemType=VariableGroups&view=VariableGroupView&variableGroupId=12"
    assert "- Where: [variable group `devops-aml-vg`](<https://dev.azure.com/lab%20org" in first
    assert f"{address}>)" in first
    assert "This may be why step 5.10 failed too." in first
    assert f'{address}" rel="noreferrer">variable group <code>' in html
    assert "Where:" not in section(text, "Fix this too")


def test_who_grades_themself_reads_why_and_what_to_do() -> None:
    run = example.run([ADA])
    (text, html), own = of(run, example.verdicts("ada", UNSEEN), "ada"), run.is_own
    assert own
    grade, why = section(text, "Your grade"), section(text, "What could not be checked")
    assert "See what to do under “What could not be checked”, then grade yourself again" in grade
    assert "its token /srv/key has expired. Renew GITHUB_TOKEN:" in why
    assert "its token /srv/key has expired. Renew GITHUB_TOKEN:" in html
    for page in (text, html):
        assert "your instructor can see" not in page.casefold()
        assert "have to do anything" not in page
    pending = of(run, example.verdicts("ada", PENDING), "ada")[0]
    assert "then grade yourself again" in section(pending, "Still running")


@pytest.mark.parametrize(
    "changes",
    [{"pipeline": Pipeline("github")}, {"submission": Submission(tag="submit/1")}],
    ids=["pipeline", "classroom"],
)
def test_a_pipeline_that_grades_one_learner_is_not_that_learner(changes: dict[str, object]) -> None:
    run = example.run([ADA], **changes)
    text, _ = of(run, example.verdicts("ada", UNSEEN), "ada")
    assert "/srv/key" not in text
    assert "you don't have to do anything" in text


def test_checks_blocked_by_nothing_to_fix_have_their_own_section() -> None:
    """In a part of the checks, or while what it waits for is pending."""
    text, _ = pages(NO_RUN)
    part = section(text, "Waiting for something else")
    assert "no run was made in the group (step 2.6); found: `x`" in part
    assert "You have nothing to fix" not in text
    assert section(text, "Fix this first") == ""


def test_steps_that_block_each_other_end() -> None:
    round_ = {
        "ci-run-succeeded": blocked("cd-run-succeeded", "no CD"),
        "cd-run-succeeded": blocked("ci-run-succeeded", "no CI"),
        "endpoint-answers": (Outcome.BLOCKED, "who knows"),
    }
    assert "who knows" in section(pages(round_)[0], "Waiting for something else")


def test_sections_come_in_the_order_of_what_there_is_to_do() -> None:
    everything = {
        **FAILED,
        **NOTED,
        **UNSEEN,
        **PENDING,
        "connection-exists": (Outcome.FAILED, "expected `a`; found `b`"),
        "endpoint-answers": blocked("left-out", "the run is not there"),
    }
    assert headings(pages(everything)[0]) == [
        "Your grade",
        "Fix this first",
        "Still running",
        "Fix this too",
        "Waiting for something else",
        "Advice (costs no points)",
        "What you got right",
        "What could not be checked",
        "Your pages",
    ]


def test_others_to_fix_come_in_the_order_of_the_lab_whatever_the_rubrics() -> None:
    whole_lab = Check("one-chain", "It is one chain", "2.1", 0.5, "Again.")
    run = example.run([ADA], rubric=(*example.RUBRIC, whole_lab))
    failed = {check.id: (Outcome.FAILED, "found it") for check in example.RUBRIC if check.task < 5}
    judged = [*example.verdicts("ada", failed)]
    judged.append(example.verdict("ada", whole_lab, Outcome.FAILED, "found it"))
    part = section(of(run, judged, "ada")[0], "Fix this too")
    assert re.findall(r"### Step (\S+):", part) == ["2.1", "2.1", "2.8", "3.4", "4.3"]
    assert "Not done yet (0.5 points)." in part


def test_several_mismatches_are_a_list() -> None:
    mismatches = (Mismatch("CPU cores", "1", "0.5"), Mismatch("memory in GB", "4", "2"))
    text, page = pages({"endpoint-answers": (Outcome.FAILED, Reason(mismatches, more=3))})
    assert "  - and 3 more\n" in text
    assert "- Expected and found:\n  - CPU cores: expected 1; found 0.5\n  - memory in GB" in text
    assert page.count("<li>CPU cores: expected 1; found 0.5</li>") == 1


def test_a_reason_of_an_earlier_version_is_shown_as_it_was() -> None:
    text, page = pages({"endpoint-answers": (Outcome.FAILED, "CPU: expected 1; found 2")})
    assert "- Found: CPU: expected 1; found 2" in text
    assert "<dd>CPU: expected 1; found 2</dd>" in page


def test_titles_speak_to_the_learner() -> None:
    titles = [addressed(check.title) for check in whole_rubric()]
    assert not [title for title in titles if re.search(r"\b[Tt]he learner\b", title)]
    assert "BASE_NAME is short and contains your userN" in titles
    assert "No training run, model or endpoint belongs to another learner" in titles


# --- what is not for the learner ------------------------------------------------------------------


def test_the_cause_of_a_fault_is_not_shown_to_the_learner() -> None:
    ours = {
        **UNSEEN,
        "connection-exists": (Outcome.NOT_ASSESSED, "no snapshot of ada in /home/prof/mlops"),
        "endpoint-answers": (Outcome.NOT_ASSESSED, "the snapshot is of another place (lab/bob)"),
    }
    text, page = pages(ours)
    part = section(text, "What could not be checked")
    assert "- In GitHub:" in part
    assert "- For a reason that only your instructor can see:" in part
    for word in ("/srv", "GITHUB_TOKEN", "/home", "snapshot", "lab/bob"):
        assert word not in text + page


def test_what_earlier_runs_found_is_shown_without_the_cause_of_a_fault() -> None:
    note = "passed on 20 November 2026; tonight's run could not confirm it"
    passed = datetime(2026, 11, 20, tzinfo=UTC)
    past = PastNote(passed_at=passed, tonight=Outcome.NOT_ASSESSED, why=Reason(unseen=CAUSE))
    verdicts = [
        replace(verdict, past=past) if verdict.task == 4 else verdict
        for verdict in example.verdicts("ada")
    ]
    markdown, html = pages(verdicts=verdicts)
    part = section(markdown, "What earlier runs found")
    assert note in part
    assert "step 4.3: The repository is there (10 points)" in part
    assert "What earlier runs found" in html
    for text in (markdown, html):
        assert "token" not in text
    assert "What earlier runs found" not in pages()[0]


def test_what_is_for_the_instructor_is_not_for_the_learner() -> None:
    judged = [
        replace(verdict, owners=(OwnerNote("it", Relation.IS_OF, ("bob: Ångström",)),))
        for outcome in Outcome
        for verdict in example.verdicts("ada", example.from_task(2, outcome, "because"))
    ]
    for start in range(0, len(judged), len(example.RUBRIC)):
        for text in pages(verdicts=judged[start : start + len(example.RUBRIC)]):
            assert "ngström" not in text
            assert "bob" not in text


def test_no_internal_word_is_shown() -> None:
    everything = {**FAILED, **NO_RUN, **UNSEEN, **NOTED}
    for text in pages(everything):
        ids = [check.id for check in example.RUBRIC]
        text = text.replace("Blocked until this is fixed: ", "")  # there it is a word as any
        words = [*ids, "pytest", "assert", "outcome", "verdict", "snapshot", "blocked", "noted"]
        assert [word for word in words if word in text.lower()] == []


# --- about the run --------------------------------------------------------------------------------


def test_times_are_utc_and_say_so() -> None:
    chicago = timezone(timedelta(hours=-6))
    for text in pages(
        started_at=datetime(2026, 11, 23, 3, 33, tzinfo=chicago),
        as_of=datetime(2026, 11, 20, 17, 0, tzinfo=chicago),
    ):
        assert "checked on 2026-11-23 09:33 UTC" in text
        assert "Work done after 2026-11-20 23:00 UTC does not count." in text


def test_a_simulated_run_says_so_and_a_live_one_does_not() -> None:
    assert all("SIMULATED" in text for text in pages())
    assert not any("SIMULATED" in text for text in pages(tenant="live"))


def test_links_lead_to_the_learners_own_pages() -> None:
    text, page = pages()
    assert "- [GitHub repository](<https://github.com/lab-owner/mlops_01>)" in text
    assert 'href="https://dev.azure.com/lab%20organisation/AE%20MLOps%2001"' in page
    assert "mlops_02" not in text + page


# --- files ----------------------------------------------------------------------------------------


def written(folder: Path, *learners: str) -> list[str]:
    some = [example.learner(identity, number=at) for at, identity in enumerate(learners, 1)]
    run = example.run(some, folder)
    judged = [verdict for identity in learners for verdict in example.verdicts(identity)]
    feedback.write(run, gradebook.grades_of(run, judged))
    there = folder / feedback.FOLDER
    return sorted(str(path.relative_to(there)) for path in there.rglob("*") if path.is_file())


def test_each_learner_has_a_folder_of_their_own(tmp_path: Path) -> None:
    assert written(tmp_path, "ada", "bob") == [
        "ada/feedback.html",
        "ada/feedback.md",
        "bob/feedback.html",
        "bob/feedback.md",
    ]


def test_ids_become_folders_as_they_become_snapshots(tmp_path: Path) -> None:
    files = written(tmp_path, "../ada", "Ada", "ada", "con")
    assert len(files) == 8
    assert all(re.fullmatch(r"[a-z_]+(~[0-9a-f]{12})?/feedback\.(md|html)", file) for file in files)
    assert [path.name for path in tmp_path.iterdir()] == [feedback.FOLDER]


def test_learners_of_a_former_run_are_removed_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    written(tmp_path, "ada", "bob", "carl")
    there = tmp_path / feedback.FOLDER
    (there / "bob" / "notes.txt").write_text("of the instructor")
    (there / "dora").mkdir()
    (there / "dora" / "feedback.md").write_text("# By hand")
    (there / "read-me.txt").write_text("of the instructor")
    assert written(tmp_path, "ada") == [
        "ada/feedback.html",
        "ada/feedback.md",
        "bob/notes.txt",
        "dora/feedback.md",
        "read-me.txt",
    ]
    assert not (there / "carl").exists()


def test_a_folder_that_leads_elsewhere_is_left_alone(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    written(elsewhere, "carl")
    (tmp_path / "out" / feedback.FOLDER).mkdir(parents=True)
    link = tmp_path / "out" / feedback.FOLDER / "carl"
    link.symlink_to(elsewhere / feedback.FOLDER / "carl", target_is_directory=True)
    written(tmp_path / "out", "ada")
    assert (elsewhere / feedback.FOLDER / "carl" / "feedback.md").exists()


def test_a_single_learner_is_led_to_the_page_itself(tmp_path: Path) -> None:
    alone, both = example.run([ADA], tmp_path), example.run([ADA, BOB], tmp_path)
    judged = [*example.verdicts("ada"), *example.verdicts("bob")]
    assert feedback.write(alone, gradebook.grades_of(alone, judged)) == (
        tmp_path / "feedback" / "ada" / "feedback.html"
    )
    assert feedback.write(both, gradebook.grades_of(both, judged)) == tmp_path / "feedback"


# --- hostile text ---------------------------------------------------------------------------------

HOSTILE = (
    '"><script>alert(1)</script>',
    "<img src=https://evil.example/x onerror=alert(1)>",
    "`</code><b>`",
    "[click](javascript:alert(1))",
    "![](https://evil.example/pixel.png)",
    "{{ 7 * 7 }} {% raw %}",
    "&lt;script&gt; &#60;script&#62;",
    "\u202egpj.exe <bdo dir=rtl>",
    "' onmouseover='alert(1)",
    "]]> --> </style></title>",
)


class Tags(HTMLParser):
    """The elements of a page, and what their attributes say."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_adds_no_element_and_no_attribute(hostile: str) -> None:
    def page(text: str) -> Tags:
        someone = example.learner("ada", "A", 1)
        someone = replace(someone, id=f"ada {text}", name=f"A {text}")
        mismatch = Mismatch(f"x {text}", f"a {text}", f"b {text}")
        reason = Reason((mismatch,))
        others = {
            "variable-group-exists": (Outcome.FAILED, reason),
            "connection-exists": (Outcome.FAILED, Reason((mismatch, mismatch))),
            "endpoint-answers": blocked("variable-group-exists", f"no {text}"),
            "ci-run-succeeded": (Outcome.PENDING, f"{text} is still running"),
            "group-is-open": (Outcome.NOTED, reason),
        }
        run = example.run([someone])
        return Tags(of(run, example.verdicts(someone.id, others), someone.id)[1])

    harmless, harmed = page("x"), page(hostile)
    assert set(harmed.names) - {"code"} == set(harmless.names) - {"code"}
    assert harmed.names.count("a") == harmless.names.count("a")
    assert harmed.attributes == harmless.attributes


def test_a_title_shows_an_id_as_it_is() -> None:
    someone = replace(ADA, id="a`d`a</title>")
    run = example.run([someone])
    text = of(run, example.verdicts(someone.id), someone.id)[1]
    assert "<title>MLOps lab: feedback for a`d`a&lt;/title&gt;</title>" in text


def test_a_page_asks_for_nothing_and_runs_nothing() -> None:
    tags = Tags(pages(FAILED)[1])
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(tags.names)
    assert not [name for name, _ in tags.attributes if name.startswith("on") or name == "src"]
    assert ("lang", "en") in tags.attributes
    assert tags.names.count("h1") == 1
