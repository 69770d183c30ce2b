"""The grade book page as text: what it says of whom, that nothing in it can act, and its size."""

from __future__ import annotations

import base64
import json
import re
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from graders import snapshot
from graders.inputs.nightly import Nightly, Policy
from graders.reasons import OwnerNote, PastNote, Reason, Relation
from graders.verdicts import Outcome
from reports import page
from reports.gradebook import grades_of
from reports.grading_run import GradingRun
from reports.page import evidence
from reports.page.facts import class_facts
from tests.support import handmade_run as example
from tests.support.runs_for_pages import HOSTILE, hostile_run, large_run

ONE_MB = 1_000_000


class Page(HTMLParser):
    """What a browser would make of the page: its elements and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def of(
    outcomes: Mapping[str, tuple[Outcome, str]], name: str = "Ada", **changes: object
) -> tuple[GradingRun, str]:
    """A run of one learner with these outcomes, and its page."""
    run = example.run([example.learner("ada", name)], **changes)  # type: ignore[arg-type]
    return run, page.render(run, grades_of(run, example.verdicts("ada", outcomes)))


def data(text: str) -> dict[str, Any]:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert match
    return json.loads(match[1])  # type: ignore[no-any-return]


def outside_the_data(text: str) -> str:
    return re.sub(r'<script type="application/json".*?</script>', "", text, flags=re.DOTALL)


# --- hostile texts --------------------------------------------------------------------------------


def test_no_text_of_a_learner_becomes_an_element_or_an_attribute() -> None:
    run, verdicts = hostile_run()
    text = page.render(run, grades_of(run, verdicts))
    learners = [example.learner(f"l{n}") for n in range(2)]
    safe = [
        verdict
        for learner in learners
        for verdict in example.verdicts(learner.id, {"ci-run-succeeded": (Outcome.FAILED, "why")})
    ]
    harmless = page.render(example.run(learners), grades_of(example.run(learners), safe))
    parsed = Page(text)
    assert parsed.tags() <= Page(harmless).tags() | {"code", "br"}
    names = {name for _, attributes in parsed.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert [tag for tag, _ in parsed.elements].count("script") == 2
    assert not [tag for tag in ("img", "iframe", "object") if tag in parsed.tags()]


def test_the_data_ends_where_it_should_and_reads_back() -> None:
    run, verdicts = hostile_run()
    text = page.render(run, grades_of(run, verdicts))
    raw = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert raw
    assert raw[1].isascii()
    assert not set("<>&\u2028\u2029") & set(raw[1])
    names = [learner["n"] for learner in data(text)["learners"]]
    assert names[0] == HOSTILE[0]
    assert names[3] == HOSTILE[3]


def test_nothing_that_turns_text_around_or_steers_reaches_the_page() -> None:
    run, verdicts = hostile_run()
    text = page.render(run, grades_of(run, verdicts))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b\u2028\u2029]", text)
    assert "\\u202e" not in text
    assert "\\u001b" not in text
    text.encode("utf-8")


def test_a_template_in_a_name_is_not_carried_out() -> None:
    run, verdicts = hostile_run()
    text = page.render(run, grades_of(run, verdicts))
    assert "{{ 7 * 7 }}{% raw %}" in text


def test_backticks_become_code_and_an_odd_one_stays() -> None:
    assert page.inline_code("expected `<b>`; found x") == "expected <code>&lt;b&gt;</code>; found x"
    assert page.inline_code("an odd ` one <b>") == "an odd ` one &lt;b&gt;"


# --- nothing is loaded ----------------------------------------------------------------------------


def test_the_page_loads_nothing_and_only_links_lead_away() -> None:
    _, text = of({})
    for tag, attributes in Page(text).elements:
        for name in ("src", "srcset", "data", "action", "poster", "formaction"):
            assert name not in attributes, f"{tag} {name}"
        href = attributes.get("href") or ""
        assert tag != "link" or href == "data:,"
        assert tag != "a" or href.startswith("#")
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", text)
    addresses = {where for _, where in data(text)["learners"][0]["l"]}
    assert set(re.findall(r"https?://[^\"\\ <]+", outside_the_data(text))) == set()
    assert all(where.startswith("https://") for where in addresses)


def test_only_the_pages_own_style_and_script_may_run() -> None:
    _, text = of({})
    policy = next(
        str(attributes["content"])
        for tag, attributes in Page(text).elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in outside_the_data(text).partition("</style>")[2].partition("<script>")[0]


def test_the_evidence_is_a_file_beside_the_page(tmp_path: Path) -> None:
    evidence = tmp_path / "out" / "evidence of #1" / "ada.json"
    evidence.parent.mkdir(parents=True)
    evidence.write_text("{}", encoding="utf-8")
    learners = [example.learner("ada"), example.learner("bob")]
    run = example.run(learners, tmp_path / "out", evidence_folder=evidence.parent)
    verdicts = [*example.verdicts("ada"), *example.verdicts("bob")]
    ada, bob = data(page.render(run, grades_of(run, verdicts)))["learners"]
    assert ada["v"] == "evidence%20of%20%231/ada.json"
    assert "v" not in bob


# --- what it says ---------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Outcome.NOT_ASSESSED, Outcome.PENDING])
def test_a_withheld_grade_has_a_reason_and_no_number(outcome: Outcome) -> None:
    _, text = of({"endpoint-answers": (outcome, "the reason of it")})
    (learner,) = data(text)["learners"]
    assert "s" not in learner
    assert learner["t"] == ["18", "12", "10", "32", "14", None]
    assert learner["w"] == f"1 check {outcome}: the reason of it"
    row = re.search(r'<tr><th scope="row"><bdi>ada.*?</tr>', text, re.DOTALL)
    assert row
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row[0])
    assert cells[-3:] == ["?", "withheld", f"1 check {outcome}: the reason of it"]
    assert "86" not in cells


def test_a_withheld_grade_counts_in_no_figure_of_the_class() -> None:
    learners = [example.learner(identity) for identity in ("a", "b", "c")]
    unseen = example.from_task(6, Outcome.NOT_ASSESSED, "x")
    run = example.run(learners)
    verdicts = [
        *example.verdicts("a"),
        *example.verdicts("b", unseen),
        *example.verdicts("c", example.from_task(5, Outcome.FAILED, "y")),
    ]
    facts = class_facts(run, grades_of(run, verdicts))
    assert (facts.decided, facts.median, facts.all_points) == (2, 70, 1)
    assert [group.learners for group in facts.totals if group.learners] == [(2,), (0,), (1,)]
    assert facts.totals[-1].learners == (1,)
    assert facts.undecided == {"not assessed": 1}


def test_a_task_that_was_not_judged_is_open_and_its_checks_are_not_run() -> None:
    run = example.run([example.learner("ada")])
    judged = [verdict for verdict in example.verdicts("ada") if verdict.task != 7]
    text = page.render(run, grades_of(run, judged))
    (learner,) = data(text)["learners"]
    assert learner["o"] == "pppppppx"
    assert "s" not in learner
    assert learner["t"][-1] is None


def test_each_total_is_counted_in_the_bar_of_its_tenth() -> None:
    learners = [example.learner(identity) for identity in "abc"]
    run = example.run(learners)
    verdicts = [
        *example.verdicts("a", example.from_task(3, Outcome.FAILED, "")),  # 18
        *example.verdicts("b", {"project-exists": (Outcome.FAILED, "")}),  # 97
        *example.verdicts("c"),  # 100
    ]
    totals = class_facts(run, grades_of(run, verdicts)).totals
    assert {group.label: group.learners for group in totals if group.learners} == {
        "10": (0,),
        "90": (1,),
        "100": (2,),
    }


def test_the_rate_of_a_check_is_of_those_who_got_there() -> None:
    learners = [example.learner(identity) for identity in "abcd"]
    run = example.run(learners)
    verdicts = [
        *example.verdicts("a"),
        *example.verdicts("b", {"cd-run-succeeded": (Outcome.FAILED, "why")}),
        *example.verdicts("c", {"cd-run-succeeded": (Outcome.BLOCKED, "why")}),
        *example.verdicts("d", {"cd-run-succeeded": (Outcome.NOT_ASSESSED, "why")}),
    ]
    facts = {
        check_facts.check.id: check_facts
        for check_facts in class_facts(run, grades_of(run, verdicts)).checks
    }
    assert (facts["cd-run-succeeded"].tried, facts["cd-run-succeeded"].rate) == (2, 50)
    assert facts["project-exists"].rate == 100


def test_what_nearly_everyone_fails_is_shown_before_the_charts() -> None:
    learners = [example.learner(f"l{n}", "", n) for n in range(1, 7)]
    run = example.run(learners)
    outcomes = {"ci-run-succeeded": (Outcome.FAILED, "found `TfsGit`")}
    verdicts = [
        verdict for learner in learners for verdict in example.verdicts(learner.id, outcomes)
    ]
    text = page.render(run, grades_of(run, verdicts))
    alert = text.partition('<div class="alert">')[2].partition("</div>")[0]
    assert "The lab or the tenant may be wrong" in alert
    assert "6 of the 6 learners who got this far; 6 learners: found <code>TfsGit</code>" in alert
    _, of_one = of(outcomes)
    assert '<div class="alert">' not in of_one


def note(resource: str) -> OwnerNote:
    return OwnerNote(resource, Relation.IS_OF, ("bob",))


def test_notes_for_the_instructor_are_kept_apart_from_the_learners_texts() -> None:
    run = example.run([example.learner("ada"), example.learner("bob")])
    own = example.verdicts("ada", {"ci-run-succeeded": (Outcome.FAILED, "it is not there")})
    own[0] = replace(own[0], owners=(note("the run"), note("the model")))
    own[1] = replace(own[1], owners=(note("the run"),))
    text = page.render(run, grades_of(run, [*own, *example.verdicts("bob")]))
    content = data(text)
    assert content["learners"][0]["x"] == ["the run is bob's", "the model is bob's"]
    assert "x" not in content["learners"][1]
    assert "bob&#39;s" not in outside_the_data(text)
    assert content["texts"] == ["it is not there", "Read the log."]
    assert "For the instructor only" in text


@pytest.mark.parametrize(("tenant", "shown"), [("simulated", True), ("live", False)])
def test_a_simulated_run_says_so_above_all(tenant: str, shown: bool) -> None:
    _, text = of({}, tenant=tenant)
    body = outside_the_data(text).partition("<body>")[2].partition("<script>")[0]
    assert ("SIMULATED" in body) is shown
    assert ("SIMULATED" in text.partition("</title>")[0]) is shown
    assert data(text)["simulated"] is shown


def test_the_head_says_which_class_was_graded_when_and_on_what() -> None:
    run, text = of({}, cohort_file=Path("monday.csv"), left_out=3)
    text = text.partition("</header>")[0]
    assert "monday</bdi></h1>" in text
    assert "2026-11-23 09:33 UTC" in text
    assert "<code>sha256:0123</code>" in text
    assert "3 learners, by --learner" in text
    assert "As of" not in text
    _, of_a_time = of({}, as_of=run.started_at)
    assert "As of" in of_a_time


def test_an_empty_class_has_a_page_too() -> None:
    run = example.run([])
    assert data(page.render(run, []))["learners"] == []


# --- size -----------------------------------------------------------------------------------------


def test_a_class_of_200_with_72_checks_is_under_one_megabyte() -> None:
    run, verdicts = large_run(200)
    text = page.render(run, grades_of(run, verdicts))
    assert len(text.encode()) < ONE_MB
    content = data(text)
    assert len(content["learners"]) == 200
    assert len(content["texts"]) == 600  # three of each learner, stored once


def unpacked(content: dict) -> dict[int, dict]:
    """Place in the cohort -> the evidence inside the page."""
    packed = content["evidence"]
    if not packed:
        return {}
    parts = json.loads(zlib.decompress(base64.b64decode(packed["text"]), -zlib.MAX_WBITS))
    return dict(zip(packed["of"], parts, strict=True))


def test_the_evidence_is_in_the_page_too(tmp_path: Path) -> None:
    learners = [example.learner(identity) for identity in ("ada", "bob", "eve", "zoë")]
    files = {learner.id: snapshot.path_of(tmp_path, learner.id) for learner in learners}
    for identity in ("ada", "zoë"):
        stored = {
            "learner": identity,
            "sightings": {"project": "asked at"},
            "project": "a\u202eb </script>",
        }
        files[identity].write_text(json.dumps({"evidence": stored}), "utf-8")
    files["bob"].write_text("{ half a fi", "utf-8")
    run = example.run(learners, evidence_folder=tmp_path)
    failed = {"project-exists": (Outcome.FAILED, "no")}
    verdicts = [
        verdict
        for learner in learners
        for verdict in example.verdicts(learner.id, failed if learner.id == "zoë" else {})
    ]
    text = page.render(run, grades_of(run, verdicts))
    by_place = unpacked(data(text))
    assert list(by_place) == [3, 0]  # who failed comes first
    assert by_place[3] == {"learner": "zoë", "project": "a\u202eb </script>"}
    assert "\u202e" not in text


def test_evidence_that_does_not_fit_stays_in_its_files(tmp_path: Path) -> None:
    run, verdicts = large_run(200)
    files = {learner.id: snapshot.path_of(tmp_path, learner.id) for learner in run.learners}
    for file in files.values():
        stored = {"noise": [secrets.token_hex(100) for _ in range(30)]}
        file.write_text(json.dumps({"evidence": stored}), "utf-8")
    text = page.render(replace(run, evidence_folder=tmp_path), grades_of(run, verdicts))
    assert len(text.encode()) < ONE_MB
    assert 50 < len(unpacked(data(text))) < 200
    assert len(data(text)["evidence"]["text"]) <= evidence.LIMIT


def test_one_learners_large_files_cost_the_others_no_evidence(tmp_path: Path) -> None:
    """Learners who failed something come first; only what does not fit is left out."""
    learners = [example.learner(name) for name in ("ada", "bob", "eve")]
    files = {learner.id: snapshot.path_of(tmp_path, learner.id) for learner in learners}
    large = [[secrets.token_hex(100) for _ in range(100)] for _ in range(50)]
    for learner, content in zip(learners, (large, "small", "small"), strict=True):
        files[learner.id].write_text(json.dumps({"evidence": {"seen": content}}), "utf-8")
    run = example.run(learners, evidence_folder=tmp_path)
    verdicts = [
        example.verdict(learner.id, check, Outcome.FAILED)
        for learner in learners
        for check in run.checks
    ]
    packed = evidence.packed(run, grades_of(run, verdicts))
    assert packed["of"] == [1, 2]


def test_a_reason_that_many_learners_get_is_stored_once() -> None:
    learners = [example.learner(f"l{n}", "", n) for n in range(1, 30)]
    run = example.run(learners)
    outcomes = example.from_task(5, Outcome.BLOCKED, "there is no pipeline of that name at all")
    verdicts = [
        verdict for learner in learners for verdict in example.verdicts(learner.id, outcomes)
    ]
    text = page.render(run, grades_of(run, verdicts))
    assert text.count("there is no pipeline of that name at all") == 1


PAST = PastNote(
    passed_at=datetime(2026, 11, 20, tzinfo=UTC), tonight=Outcome.FAILED, why=Reason(note="why")
)


def test_results_that_past_runs_decide_are_shown() -> None:
    run = example.run([example.learner("ada")], nightly=Nightly(Policy.BEST))
    verdicts = [
        replace(verdict, past=PAST) if verdict.task == 2 else verdict
        for verdict in example.verdicts("ada")
    ]
    text = page.render(run, grades_of(run, verdicts))
    (learner,) = data(text)["learners"]
    assert learner["h"] == [
        "3 checks: passed on 20 November 2026; tonight's run could not confirm it"
    ]
    assert "<dt>Counts</dt><dd>the best run so far</dd>" in text
    assert "<dt>Counts</dt>" not in of({})[1]
