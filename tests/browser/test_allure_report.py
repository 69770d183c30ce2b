"""The built Allure report of a class of 200, as a browser shows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from reports.allure import builder
from tests.support import allure_page, grading_process
from tests.support.allure_page import NARROW, WIDE, AllurePage
from tests.support.graded_project import LEARNERS, GradedProject

LEARNER = "learner003"  # stopped after task 2
TITLE = "The project has an Azure Resource Manager connection with the required name"


@pytest.fixture(scope="module")
def report(class_of_200: grading_process.Outcome) -> Iterator[str]:
    """The address of the built report."""
    allure_page.needs_allure()
    builder.build(class_of_200.reports)
    with allure_page.served(class_of_200.reports) as address:
        yield address


@pytest.fixture(params=[WIDE, NARROW], ids=["1280", "390"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[AllurePage]:
    """A page at either size; whatever it did, it used the loopback only."""
    opened = AllurePage(browser, request.param)
    yield opened
    problems = opened.problems
    opened.close()
    assert problems == []


def test_every_learner_has_a_suite_that_is_closed_at_first(page: AllurePage, report: str) -> None:
    page.suites(report)
    assert page.sections.count() == 200
    assert page.leaves.count() == 0
    assert page.sections.nth(2).inner_text() == LEARNER
    assert not page.is_too_wide()


def test_a_failed_check_says_all_there_is_to_say(page: AllurePage, report: str) -> None:
    page.suites(report)
    page.open_learner(LEARNER)
    details = page.open_check(TITLE)
    text = details.inner_text()
    assert "expected a service connection `aml-workspace-connection`; found no" in text
    assert "Learner: differs from the lab sheet" in text
    link = page.page.get_by_role("link", name="Azure DevOps project")
    assert "dev.azure.com/solliancelabs/AE%20MLOps%2003" in (link.get_attribute("href") or "")
    hint = page.page.frame_locator("[data-testid=test-result-description-frame]")
    hint.get_by_text("Create the connection aml-workspace-connection").wait_for()
    assert not page.is_too_wide()


def test_the_evidence_is_shown_also_where_it_is_shared(page: AllurePage, report: str) -> None:
    page.suites(report)
    page.open_learner(LEARNER)
    page.open_check(TITLE)
    page.page.get_by_test_id("test-result-attachment-header").first.locator("button").first.click()
    page.page.get_by_text('"learner": "learner003"').first.wait_for()


def test_a_reader_who_opened_a_suite_finds_it_open(page: AllurePage, report: str) -> None:
    page.suites(report)
    page.open_learner(LEARNER)
    page.page.reload()
    page.leaves.first.wait_for()
    assert page.leaves.count() > 0


def test_categories_show_who_has_to_act(page: AllurePage, report: str) -> None:
    page.suites(report)
    page.page.get_by_test_id("nav-tab-categories").click()
    for name in (
        "Learner: differs from the lab sheet",
        "Learner: blocked by an earlier step",
        "Pending: the cloud is still working",
        "Not assessed: a grader or network problem",
    ):
        page.page.get_by_text(name).first.wait_for()
    assert page.page.get_by_text("Product errors").count() == 0


def test_the_page_to_mail_opens_as_a_file(
    page: AllurePage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    allure_page.needs_allure()
    project = GradedProject(tmp_path_factory.mktemp("mailed"))
    project.run(REPORT="1")
    page.suites((project.out / "allure-report.html").as_uri())
    names = page.page.get_by_test_id("tree-section-title").all_inner_texts()
    assert [name for name in names if name in LEARNERS] == sorted(LEARNERS)
    details = page.open_check("The variable group is there", "zoë")
    assert "expected a group; found none" in details.inner_text()
