"""What a pipeline reads of a run: a summary that always fits, few annotations, and no commands."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from graders.reasons import LabBreak, PastNote, Reason
from graders.texts import escape_log_commands, strip_controls
from graders.verdicts import Grade, Outcome
from reports import ci
from reports.ci import junit, log, summary
from reports.ci.markdown import plain
from reports.gradebook import grades_of
from reports.grading_run import Change, GradingRun
from reports.pipeline import Pipeline, pipeline_of
from tests.support import handmade_run as example
from tests.support.ci_log_parsers import obeyed_by_azure, obeyed_by_github

GITHUB = Pipeline("github", None, "https://github.com/o/r/actions/runs/17")
AZURE = Pipeline("azure", None, "https://dev.azure.com/o/p/_build/results?buildId=17")
HOSTILE = (
    "::add-mask::100",
    "  ::set-output name=x::y",
    "a\n::error title=x::y",
    "a\r::stop-commands::z",
    "a ##[add-mask]100",
    "##vso[task.setvariable variable=PATH]/tmp",
    "a ###vso[task.complete result=Succeeded;]",
    "%0A::error::x",
    "title=x::error,file=y::z",
    "<script>alert(1)</script><!-- -->",
    "](https://evil.example) [a](https://evil.example) ![x](https://evil.example/x.png)",
    "https://evil.example www.evil.example @octocat #17 :tada: $x$",
    "|a|b|\\|c| `code` ``` *b* _i_ ~~s~~ # h",
    "</table></details>\n\n# Heading\n- list\n> quote",
    "&lt;b&gt; &#96; &amp;",
    "\u202egnol \x1b[31m \ud83d",
)
Others = Mapping[str, tuple[Outcome, str | Reason]]


def graded(
    others: Mapping[str, Others], pipeline: Pipeline | None = GITHUB, **changes: object
) -> tuple[GradingRun, Sequence[Grade]]:
    """A class by learner id -> what each did not pass."""
    learners = [
        example.learner(identity, f"Name{number} Of", number)
        for number, identity in enumerate(others, start=1)
    ]
    run = example.run(learners, pipeline=pipeline, **changes)
    return run, grades_of(
        run, [v for learner, lost in others.items() for v in example.verdicts(learner, lost)]
    )


def lost(outcome: Outcome, reason: str, check: str = "variable-group-exists") -> Others:
    return {check: (outcome, reason)}


def broken(said: str) -> Reason:
    """Where the lab breaks, in the words of a service."""
    return Reason(lab_break=LabBreak(f"CD › {said}", said, "", 6, 7))


def tokens(text: str) -> list[Token]:
    blocks = MarkdownIt("commonmark").enable("table").parse(text)
    return [*blocks, *(child for block in blocks for child in block.children or ())]


def rendered(text: str) -> str:
    """What a reader of the rendered page sees, on one line."""
    return " ".join(
        token.content for token in tokens(text) if token.type in ("text", "code_inline")
    )


# --- what it says ---------------------------------------------------------------------------------


def test_it_sums_up_the_class() -> None:
    suspect = {f"l{n}": lost(Outcome.FAILED, f"found mlops_{n:02d}") for n in range(1, 7)}
    suspect["l6"] |= {"endpoint-answers": (Outcome.NOT_ASSESSED, broken("no <nodes>"))}
    others = {
        "busy": lost(Outcome.PENDING, "run 3 is still running"),
        "gone": example.from_task(2, Outcome.NOT_ASSESSED, "it answered 503"),
        "best": {},
    }
    text = summary.text(*graded(suspect | others, left_out=2))
    lines = text.splitlines()
    assert lines[0] == "# MLOps lab: 6 of 9 graded, 3 withheld"
    assert "SIMULATED" in lines[2]
    assert "- Median of the totals: 85 of 100 points" in lines
    assert "- Checks: 56 passed, 6 failed, 1 pending, 9 not assessed" in lines
    assert "- 2 learners of the cohort left out by --learner" in lines
    assert "(https://github.com/o/r/actions/runs/17)" in text
    told = text.partition("## The lab or the tenant is wrong")[2].partition("##")[0]
    assert "- 1 learner: CD › no <nodes>: 6 of 7 learners" in html.unescape(told)
    assert (
        "step 2.6, `variable-group-exists`: 6 of 7. 6 learners, for example&#58; found mlops&#95;01"
        in text
    )
    why = text.partition("## Not decided, and why (3 of 9 grades withheld)")[2].partition("##")[0]
    assert "- 8 checks of gone: not assessed&#58; it answered 503" in why
    assert "- 1 check of busy: pending&#58; run 3 is still running" in why
    table = [line for line in lines if line.startswith("| ")]
    assert [line.split()[1] for line in table[1:4]] == ["l6", "busy", "gone"]
    assert table[-1] == "| best | 100 |  |"


def test_changes_are_shown_where_they_are_known() -> None:
    run, grades = graded({"l1": {}})
    changes = [
        Change("l1", "project-exists", Outcome.PASSED, Outcome.FAILED, "it is gone"),
        Change("l2", "project-exists", Outcome.PASSED, Outcome.FAILED, ""),
        Change("l3", "ci-run-succeeded", Outcome.FAILED, Outcome.PASSED, ""),
    ]
    text = summary.text(replace(run, changes=tuple(changes)), grades)
    assert "2 × project-exists passed → failed; 1 × ci-run-succeeded" in text
    assert "- l1: project-exists passed → failed. it is gone" in text
    assert "## What changed since last night\n\nNothing." in summary.text(
        replace(run, changes=()), grades
    )
    assert "changed" not in summary.text(run, grades)


def test_a_mark_kept_without_confirmation_is_shown_as_such() -> None:
    run = example.run([example.learner("l1")])
    standing = "passed on 22 November 2026; tonight's run could not confirm it"
    past = PastNote(passed_at=datetime(2026, 11, 22, tzinfo=UTC))
    first, *others = example.verdicts("l1")
    grades = grades_of(run, [replace(first, past=past), *others])
    text = summary.text(run, grades)
    assert f"could not confirm them\n\n- l1: project-exists: {standing}\n" in text


def test_a_fault_is_reported_even_where_the_mark_is_kept() -> None:
    run = example.run([example.learner("l1")], pipeline=GITHUB)
    tonight = grades_of(run, example.verdicts("l1", lost(Outcome.NOT_ASSESSED, "it answered 503")))
    kept = grades_of(run, example.verdicts("l1"))
    run = replace(run, tonight=tonight)
    text = summary.text(run, kept)
    assert text.startswith("# MLOps lab: 1 of 1 graded, 0 withheld")
    why = text.partition("## What tonight's run could not assess")[2]
    assert "- 1 check of l1: not assessed&#58; it answered 503" in why
    assert "withheld)" not in text
    assert [annotation.kind for annotation in ci.annotations_of(run, kept)] == ["error"]
    files = junit.files(run, kept)
    assert "not assessed" in files["faults.xml"]
    assert "not assessed" not in files["learners.xml"]


def test_an_empty_class_and_one_without_a_fault_have_short_summaries() -> None:
    empty = summary.text(*graded({}))
    assert empty.startswith("# MLOps lab: 0 of 0 graded, 0 withheld")
    fine = summary.text(*graded({f"l{n}": {} for n in range(20)}))
    assert "Median of the totals: 100 of 100" in fine
    assert re.findall("^## (.*)", fine, re.MULTILINE) == ["Learners, withheld and lowest first"]
    for others in ({}, {"l1": {}}):
        assert ci.annotations_of(*graded(others)) == []


def test_a_class_that_could_not_be_read_has_no_totals() -> None:
    nothing = example.from_task(2, Outcome.NOT_ASSESSED, "it answered 503")
    run, grades = graded({f"l{n}": nothing for n in range(6)})
    text = summary.text(run, grades)
    assert text.startswith("# MLOps lab: 0 of 6 graded, 6 withheld")
    assert "Median" not in text
    assert "48 checks of l0, l1, l2, l3 and 2 more: not assessed&#58; it answered 503" in text
    (annotation,) = ci.annotations_of(run, grades)
    assert (annotation.kind, annotation.title) == ("error", "Not assessed: 48 checks of 6 learners")


def test_names_and_addresses_stay_out() -> None:
    reason = "started by: expected name2@example.org; found NAME2 Of or eve@other.example"
    run, grades = graded(
        {f"l{n}": lost(Outcome.FAILED, reason) for n in range(4)}
        | {"l9": lost(Outcome.NOT_ASSESSED, reason)}
    )
    change = Change("l1", "project-exists", Outcome.PASSED, Outcome.FAILED, reason)
    log = "\n".join(ci.commands(run, grades))
    for output in (summary.text(replace(run, changes=(change,)), grades), log):
        shown = output.replace("&#91;", "[").replace("&#93;", "]")
        assert "expected [address]; found [name] or [address]" in shown
        assert "name2" not in output.casefold()
        assert "eve" not in output.casefold()


# --- how much -------------------------------------------------------------------------------------


def test_a_class_of_5000_with_long_reasons_fits_and_what_is_cut_is_counted() -> None:
    words = "".join(chr(0x4E00 + n) for n in range(400))
    others = {
        f"learner-{n}": lost(Outcome.NOT_ASSESSED, words[n % 300 :] + words)
        | lost(Outcome.FAILED, words[n % 400 :], "project-exists")
        for n in range(5000)
    }
    run, grades = graded(others)
    changes = [
        Change(learner, "project-exists", Outcome.PASSED, Outcome.FAILED, words)
        for learner in others
    ]
    run = replace(run, changes=tuple(changes))
    for room in (summary.LIMIT, 100_000, 30_000, 3_000):
        text = summary.text(run, grades, room)
        assert 0 < len(text.encode()) <= room
        check_whole(text, {"learner": 5000, "change": 5000, "reason": 300, "check": 1})
    assert summary.text(run, grades, 500) == ""


def check_whole(text: str, counts: Mapping[str, int]) -> None:
    """Every list shows whole rows, and says how many of its rows it leaves out."""
    rows = dict.fromkeys(counts, 0)
    rows["learner"] = len(re.findall(r"^\| learner-\d+ \| .* \|$", text, re.MULTILINE))
    rows["change"] = len(re.findall(r"^- learner-\d+: project-exists .*$", text, re.MULTILINE))
    rows["reason"] = len(
        re.findall(r"^- \d+ checks? of learner-\d+(?:,| and|: ).*$", text, re.MULTILINE)
    )
    rows["check"] = len(re.findall(r"^- step .*$", text, re.MULTILINE))
    cut = re.findall(r"^… and (\d+) more (\w+?)s?\.$", text, re.MULTILINE)
    for kind, count in counts.items():
        assert rows[kind] + sum(int(n) for n, noun in cut if noun == kind) == count, kind
    links = [token for token in tokens(text) if token.type == "link_open"]
    assert [link.attrs["href"] for link in links] == [GITHUB.address]


@given(st.integers(0, 4000))
@settings(deadline=None)
def test_no_room_is_overrun(room: int) -> None:
    run, grades = graded({f"l{n}": lost(Outcome.FAILED, "é" * 99) for n in range(9)})
    assert len(summary.text(replace(run, changes=()), grades, room).encode()) <= room


@pytest.mark.parametrize("before", [0, 10, 900_000, summary.LIMIT - 3000, summary.LIMIT - 10])
def test_what_a_step_wrote_before_counts_too_and_stays(tmp_path: Path, before: int) -> None:
    file = tmp_path / "summary.md"
    file.write_text("é" * (before // 2))
    run, grades = graded(
        {f"l{n}": lost(Outcome.FAILED, "é" * 999) for n in range(999)},
        Pipeline("github", file),
    )
    written = ci.write_summary(run, grades)
    text = file.read_text("utf-8")
    assert text.startswith("é" * (before // 2))
    assert len(text.encode()) <= max(before, summary.LIMIT)
    finds_room = before < summary.LIMIT - 1000
    assert ("\n\n# MLOps lab" in text) is finds_room
    assert written == ([("CI summary", file)] if finds_room else [])


@pytest.mark.parametrize("pipeline", [GITHUB, AZURE])
def test_there_are_ten_annotations_at_most_and_the_last_of_a_kind_counts_the_others(
    pipeline: Pipeline,
) -> None:
    checks = [check.id for check in example.RUBRIC]
    everyone: dict[str, Others] = {}
    for n in range(100):  # four places where the lab breaks, four checks that many fail
        breaks = (Outcome.NOT_ASSESSED, broken(f"task {n % 4}"))
        everyone[f"l{n}"] = dict.fromkeys(checks[4:], (Outcome.FAILED, "why")) | {checks[0]: breaks}
    for n in range(20):
        letter = chr(ord("a") + n)
        everyone[f"x{n}"] = lost(Outcome.NOT_ASSESSED, f"cause {letter}")
    run, grades = graded(everyone, pipeline)
    listed = ci.annotations_of(run, grades)
    assert len(listed) <= 10
    kinds = [annotation.kind for annotation in listed]
    assert kinds == ["error"] * 4 + ["warning"] * 3 + ["notice"] * 3
    assert [listed[n].title.partition(" ")[0] for n in (3, 6, 9)] == ["17", "2", "2"]
    log = "\n".join(ci.commands(run, grades))
    obeyed = obeyed_by_github(log) if pipeline is GITHUB else obeyed_by_azure(log)
    assert len(obeyed) == (10 if pipeline is GITHUB else 7)  # Azure has no notices


def test_what_many_fail_is_a_notice_and_what_one_fails_is_none() -> None:
    others = {"l1": lost(Outcome.FAILED, "why"), "l2": lost(Outcome.FAILED, "why"), "l3": {}}
    others["l3"] = lost(Outcome.FAILED, "why", "project-exists")
    run, grades = graded(others)
    (line,) = ci.commands(run, grades)
    (command,) = obeyed_by_github(line)
    assert (command.name, command.properties) == (
        "notice",
        {"title": "2 of 3 fail step 2.6, variable-group-exists"},
    )
    assert command.data.endswith("2 learners: why")


# --- what others wrote ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_shown_as_it_is_and_means_nothing(text: str) -> None:
    for page in (f"- a: {plain(text)}", f"| a |\n|---|\n| {plain(text)} |"):
        parsed = tokens(page)
        kinds = {token.type for token in parsed if token.nesting >= 0}
        assert kinds <= {
            *("bullet_list_open", "list_item_open", "paragraph_open", "inline", "text"),
            *("table_open", "thead_open", "tbody_open", "tr_open", "th_open", "td_open"),
        }
        assert sum(token.type == "td_open" for token in parsed) == page.startswith("|")
        visible = (
            rendered(page).replace("\u2060", "").removeprefix("a: " if page[0] == "-" else "a ")
        )
        assert " ".join(visible.split()) == strip_controls(text)
    assert not re.search(r"https?:|www\.|<|#\d|:\w+:", re.sub(r"&#\d+;", "§", plain(text)))
    assert not re.search(r"@\w", html.unescape(plain(text)))  # mentions are searched for later


@pytest.mark.parametrize("text", HOSTILE)
def test_no_part_of_the_summary_takes_a_text_for_more(text: str) -> None:
    faults = lost(Outcome.NOT_ASSESSED, text)
    others = {f"l{n} {text}": lost(Outcome.FAILED, text) for n in range(6)} | {f"l7 {text}": faults}
    run, grades = graded(others)
    page = summary.text(
        replace(run, changes=(Change(text, text, Outcome.PASSED, Outcome.FAILED, text),)), grades
    )
    parsed = tokens(page)
    assert {token.type for token in parsed} & {
        "html_inline",
        "html_block",
        "image",
        "em_open",
    } == set()
    assert [token.attrs["href"] for token in parsed if token.type == "link_open"] == [
        GITHUB.address
    ]
    assert sum(token.type == "tr_open" for token in parsed) == 8
    assert sum(token.type == "td_open" for token in parsed) == 21
    assert sum(token.type == "heading_open" for token in parsed) == 5
    assert {token.content for token in parsed if token.type == "code_inline"} == {
        "variable-group-exists"
    }


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("pipeline", [GITHUB, AZURE])
def test_an_annotation_is_one_command_whatever_it_says(pipeline: Pipeline, text: str) -> None:
    fault = replace(example.RUBRIC[1], id=f"x{text}", title=text)
    rubric = (example.RUBRIC[0], fault)
    run = example.run(
        [example.learner(f"l{n}") for n in range(6)], rubric=rubric, pipeline=pipeline
    )
    verdicts = [
        example.verdict(learner.id, check, outcome, text)
        for learner in run.learners
        for check, outcome in zip(rubric, (Outcome.NOT_ASSESSED, Outcome.FAILED), strict=True)
    ]
    verdicts[2] = replace(verdicts[2], why=broken(text).bounded)
    lines = ci.commands(run, grades_of(run, verdicts))
    assert len(lines) == (3 if pipeline is GITHUB else 2)
    log = "\n".join(lines)
    if pipeline is GITHUB:
        assert [command.name for command in obeyed_by_github(log)] == ["error", "warning", "notice"]
        assert [set(command.properties) for command in obeyed_by_github(log)] == [{"title"}] * 3
        assert obeyed_by_github(log)[0].data == strip_controls(text)
        assert strip_controls(text) in obeyed_by_github(log)[1].data
        assert strip_controls(text) in obeyed_by_github(log)[2].properties["title"]
    else:
        issues = obeyed_by_azure(log)
        assert [issue.name for issue in issues] == ["task.logissue"] * 2
        assert [issue.properties["type"] for issue in issues] == ["error", "warning"]
        assert not any("##vso[" in issue.data or "\n" in issue.data for issue in issues)


@given(st.lists(st.text("#vso[task.x]y \n:"), max_size=30))
def test_no_command_for_azure_gets_through_a_harmless_stream(pieces: list[str]) -> None:
    written = through_a_harmless_stream(pieces)
    assert "##" not in written
    assert written.replace(" ", "") == "".join(pieces).replace(" ", "")


@pytest.mark.parametrize("pieces", [["a#", "#vso[task.x]y"], ["#", "", "#vso[task.x]y"]])
def test_no_command_for_azure_gets_through_in_pieces(pieces: list[str]) -> None:
    assert obeyed_by_azure("".join(pieces))
    assert obeyed_by_azure(through_a_harmless_stream(pieces)) == []


def through_a_harmless_stream(pieces: list[str]) -> str:
    stream = io.StringIO()
    harmless = log.Harmless(stream)
    for piece in pieces:
        assert harmless.write(piece) == len(piece)
    return stream.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_sentence_of_ours_that_quotes_others_is_no_command(text: str) -> None:
    for output in (text, f"cohort.csv: (found `{text}`)"):
        assert obeyed_by_github(escape_log_commands(output)) == []
        assert obeyed_by_azure(escape_log_commands(output)) == []


# --- where it runs --------------------------------------------------------------------------------


def test_the_pipeline_is_known_by_its_environment() -> None:
    github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": "summary.md",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_RUN_ID": "17",
    }
    azure = {
        "TF_BUILD": "True",
        "SYSTEM_COLLECTIONURI": "https://dev.azure.com/o/",
        "SYSTEM_TEAMPROJECT": "AE MLOps",
        "BUILD_BUILDID": "17",
    }
    assert pipeline_of(github) == replace(GITHUB, summary=Path("summary.md"))
    assert pipeline_of(azure) == replace(
        AZURE, address="https://dev.azure.com/o/AE%20MLOps/_build/results?buildId=17"
    )
    assert pipeline_of({"GITHUB_ACTIONS": "true"}) == Pipeline("github")
    assert pipeline_of(github | {"GITHUB_SERVER_URL": "javascript:x"}) == replace(
        GITHUB,
        summary=Path("summary.md"),
        address="",
    )
    assert pipeline_of({"GITHUB_STEP_SUMMARY": "x", "TF_BUILD": "False"}) is None
    page = "https://gitlab.example/class/-/pipelines/7"
    assert pipeline_of({"GITLAB_CI": "true", "CI_PIPELINE_URL": page}) == Pipeline(
        "gitlab", address=page
    )
    assert pipeline_of({"GITLAB_CI": "true", "CI_PIPELINE_URL": "x"}) == Pipeline("gitlab")


def test_without_a_pipeline_nothing_of_it_is_written(tmp_path: Path) -> None:
    run, grades = graded({"l1": {}}, None)
    run = replace(run, reports=tmp_path)
    assert (ci.write_summary(run, grades), ci.write_junit(run, grades)) == ([], [])
    assert ci.commands(run, grades) == []
    assert list(tmp_path.iterdir()) == []
