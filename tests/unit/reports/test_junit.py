"""Two JUnit files: by the conventions of those who read them, and agreeing with each other."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.lab import Learner
from graders.verdicts import Outcome, Verdict
from reports.ci import junit
from reports.gradebook import grades_of
from tests.support import handmade_run as example

ADA = example.learner("ada", "Ada Lovelace", 1)
BOB = example.learner("bob", "Bob Ångström", 2)
OF_EACH = {
    "variable-group-exists": (Outcome.FAILED, "expected a group; found none"),
    "group-is-open": (Outcome.NOTED, "it is closed"),
    "connection-exists": (Outcome.BLOCKED, "there is no group (step 2.6)"),
    "ci-run-succeeded": (Outcome.PENDING, "run 1 is still running"),
    "endpoint-answers": (Outcome.NOT_ASSESSED, "it answered 503"),
}
RESULTS = ("skipped", "failure", "error")


def documents(learners: list[Learner], verdicts: list[Verdict]) -> tuple[Element, Element]:
    """Both files, parsed and found to keep the conventions."""
    run = example.run(learners)
    files = junit.files(run, grades_of(run, verdicts))
    assert list(files) == ["learners.xml", "faults.xml"]
    learners_, faults = (
        ElementTree.fromstring(text.encode())  # noqa: S314 - our own file
        for text in files.values()
    )
    for document in (learners_, faults):
        check_conventions(document)
    return learners_, faults


def check_conventions(document: Element) -> None:
    """As github.com/testmoapp/junitxml describes them, and no more than Azure Pipelines takes."""
    assert document.tag == "testsuites"
    suites = list(document)
    assert {suite.tag for suite in suites} <= {"testsuite"}
    for name in ("tests", "failures", "errors", "skipped"):
        assert int(document.attrib[name]) == sum(int(suite.attrib[name]) for suite in suites)
    identities = set()
    for suite in suites:
        assert suite.attrib["name"]
        assert suite.attrib["timestamp"] == "2026-11-23T09:33:15+00:00"
        assert [child.tag for child in suite][:1] == ["properties"]
        cases = suite.findall("testcase")
        assert len(suite) == 1 + len(cases)
        assert int(suite.attrib["tests"]) == len(cases) > 0
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error"))
        assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
        for case in cases:
            check_case(case)
            identities.add((case.attrib["classname"], case.attrib["name"]))
    assert len(identities) == len(
        document.findall("testsuite/testcase")
    )  # no two are one test's history


def check_case(case: Element) -> None:
    assert set(case.attrib) == {"classname", "name"}
    assert len(f"{case.attrib['classname']}.{case.attrib['name']}") <= 512
    tags = [child.tag for child in case if child.tag != "properties"]
    assert len(tags) <= 1
    assert set(tags) <= set(RESULTS)
    assert all(child.attrib["message"] for child in case if child.tag in RESULTS)
    assert all(set(element.attrib) == {"name", "value"} for element in case.iter("property"))


def results(document: Element) -> dict[tuple[str, str], tuple[str, str]]:
    """(class, check) -> result and message; ``passed`` and none for a test without a result."""
    by_case = {}
    for case in document.iter("testcase"):
        child = next((element for element in case if element.tag in RESULTS), None)
        result = ("passed", "") if child is None else (child.tag, child.attrib["message"])
        by_case[case.attrib["classname"], case.attrib["name"]] = result
    return by_case


def properties(parent: Element) -> dict[str, str]:
    return {
        element.attrib["name"]: element.attrib["value"]
        for element in parent.findall("properties/*")
    }


def test_every_outcome_has_its_word() -> None:
    learners, _ = documents([ADA], example.verdicts("ada", OF_EACH))
    assert results(learners) == {
        ("ada.task2", "project-exists"): ("passed", ""),
        ("ada.task2", "variable-group-exists"): (
            "failure",
            "0 of 15 points: expected a group; found none",
        ),
        ("ada.task2", "group-is-open"): ("skipped", "noted: it is closed"),
        ("ada.task3", "connection-exists"): ("skipped", "blocked: there is no group (step 2.6)"),
        ("ada.task4", "repository-exists"): ("passed", ""),
        ("ada.task5", "ci-run-succeeded"): ("skipped", "pending: run 1 is still running"),
        ("ada.task6", "cd-run-succeeded"): ("passed", ""),
        ("ada.task7", "endpoint-answers"): ("skipped", "not assessed: it answered 503"),
    }
    text = learners.find(".//failure").text  # type: ignore[union-attr]
    assert "step 2.6: Rename." in str(text)


def test_a_check_that_was_not_assessed_is_skipped_in_one_file_and_an_error_in_the_other() -> None:
    learners, faults = documents(
        [ADA, BOB], [*example.verdicts("ada", OF_EACH), *example.verdicts("bob")]
    )
    assert results(faults) == {
        ("ada.task7", "endpoint-answers"): ("error", "not assessed: it answered 503"),
        ("bob.grader", "every-check-could-be-assessed"): ("passed", ""),
    }
    assert (learners.attrib["errors"], faults.attrib["failures"]) == ("0", "0")
    errors = {key: result for key, (tag, result) in results(faults).items() if tag == "error"}
    unseen = {k: result for k, (_, result) in results(learners).items() if "not assessed" in result}
    assert errors == unseen


def test_properties_hold_points_and_steps_but_no_number_of_the_undecided() -> None:
    learners, _ = documents(
        [ADA, BOB], [*example.verdicts("ada", OF_EACH), *example.verdicts("bob")]
    )
    ada, bob = learners
    assert properties(bob) == {"learner": "bob", "points": "100", "earned": "100"}
    assert "earned" not in properties(ada)
    assert properties(ada)["withheld"].startswith("1 check not assessed")
    cases = {case.attrib["name"]: properties(case) for case in ada.iter("testcase")}
    lost, open_ = cases["variable-group-exists"], cases["endpoint-answers"]
    assert lost == {"check": "variable-group-exists", "step": "2.6", "points": "15", "earned": "0"}
    assert open_ == {"check": "endpoint-answers", "step": "7.1", "points": "14"}


def test_nothing_is_timed_because_nothing_was_measured() -> None:
    for document in documents([ADA], example.verdicts("ada", OF_EACH)):
        assert not document.findall(".//*[@time]")


def test_names_and_addresses_stay_out() -> None:
    reason = "started by: expected ADA@example.org; found Ada Lovelace or eve@other.example"
    others = {"variable-group-exists": (Outcome.FAILED, reason)} | {
        "endpoint-answers": (Outcome.NOT_ASSESSED, reason)
    }
    run = example.run([ADA])
    files = junit.files(run, grades_of(run, example.verdicts("ada", others)))
    for text in files.values():
        for word in ("lovelace", "ada@", "eve@"):
            assert word not in text.casefold()
        assert "started by: expected [address]; found [name] or [address]" in text


def test_an_id_stays_even_where_it_is_an_address() -> None:
    ada = replace(ADA, id="ada@example.org")
    run = example.run([ada])
    lost = {"variable-group-exists": (Outcome.FAILED, "of ada@example.org, not bob@example.org")}
    text = junit.files(run, grades_of(run, example.verdicts(ada.id, lost)))["learners.xml"]
    assert "of ada@example.org, not [address]" in text


@pytest.mark.parametrize("length", [90, 600])
def test_a_long_id_is_cut_and_still_one_learners(length: int) -> None:
    ids = ["x" * length + end for end in "ab"]
    documents(
        [example.learner(identity) for identity in ids],
        [v for i in ids for v in example.verdicts(i)],
    )


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_any_text_is_valid_xml(text: str) -> None:
    learner = replace(ADA, id=f"x{text}")
    lost = {"variable-group-exists": (Outcome.FAILED, f"a{text}z")}
    lost |= {"endpoint-answers": (Outcome.NOT_ASSESSED, f"a{text}z")}
    documents([learner], example.verdicts(learner.id, lost))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("\ud83d", r"\ud83d"),
        ("\x9b", r"\x9b"),
        ("</failure>]]>&<", "</failure>]]>&<"),
        ("👩‍🔬", "👩‍🔬"),
    ],
)
def test_what_xml_cannot_hold_is_spelled_out(text: str, shown: str) -> None:
    learners, _ = documents(
        [ADA], example.verdicts("ada", {"variable-group-exists": (Outcome.FAILED, f"a{text}z")})
    )
    failure = learners.find(".//failure")
    assert failure is not None
    assert failure.attrib["message"] == f"0 of 15 points: a{shown}z"


def test_an_empty_class_is_an_empty_file() -> None:
    for document in documents([], []):
        assert document.attrib["tests"] == "0"


def test_a_simulated_run_says_so() -> None:
    run = example.run([ADA])
    for tenant, borne in (("simulated", True), ("live", False)):
        files = junit.files(replace(run, tenant=tenant), grades_of(run, example.verdicts("ada")))
        assert [("SIMULATED" in text) for text in files.values()] == [borne, borne]
