"""The grade book page in a browser, as an instructor uses it: opened from disk, offline."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from reports import page as grade_book_page
from reports.gradebook import grades_of
from reports.page.data import PAGE_ROWS
from tests.support import chromium, grading_process
from tests.support import handmade_run as example
from tests.support.runs_for_pages import hostile_run, large_run

WIDE, NARROW = (1280, 900), (390, 844)
Open = Callable[..., Page]
_VIOLATIONS = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags } });
  return violations.map((rule) => [rule.id, rule.nodes.slice(0, 3).map((node) => node.html)]);
}"""

_SMALL_TEXTS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const small = new Set();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.textContent.trim() || !parent.checkVisibility()) continue;
    const size = parseFloat(getComputedStyle(parent).fontSize);
    if (size < 11) small.add(`${size} px: ${parent.outerHTML.slice(0, 80)}`);
  }
  return [...small];
}"""


@pytest.fixture
def open_(browser: Browser) -> Iterator[Open]:
    """Opens a page from disk; fails if it asked for anything else, or logged an error."""
    problems: list[str] = []
    contexts = []

    def only_files(route: Route) -> None:
        if route.request.url.startswith("file://"):
            route.continue_()
        else:
            problems.append(f"asked for {route.request.url}")
            route.abort()

    def opened(file: Path, size: tuple[int, int] = WIDE, **wishes: object) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **wishes)  # type: ignore[arg-type]
        contexts.append(context)
        context.route("**/*", only_files)
        page = context.new_page()
        page.on(
            "console", lambda message: message.type == "error" and problems.append(message.text)
        )
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def page(open_: Open, class_of_200: grading_process.Outcome) -> Page:
    return open_(class_of_200.reports / "index.html")


def rows(page: Page) -> Locator:
    return page.locator("#matrix tbody tr:not(.why)")


def ids(page: Page) -> list[str]:
    return page.locator("#matrix tbody .id").all_text_contents()


def totals(page: Page) -> list[str]:
    return page.locator("#matrix tbody td.total").all_text_contents()


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("columnheader", name=name, exact=True)


# --- the class in the table -----------------------------------------------------------------------


def test_the_table_has_every_learner_check_and_outcome_of_the_grade_book(
    page: Page, class_of_200: grading_process.Outcome
) -> None:
    book, wanted = class_of_200.book(), class_of_200.outcomes()
    places = [entry["id"] for entry in sorted(book["rubric"], key=lambda entry: entry["task"])]
    assert ids(page) == [entry["learner"] for entry in book["grades"]]
    shown = page.evaluate(
        """() => [...document.querySelectorAll("#matrix tbody tr:not(.why)")].map((row) =>
             [...row.querySelectorAll(".c [role=img]")].map((mark) => mark.ariaLabel))"""
    )
    assert shown == [
        [wanted[grade["learner"]][check] for check in places] for grade in book["grades"]
    ]
    assert totals(page) == [
        "withheld" if grade["total"] is None else f"{grade['total']:g}" for grade in book["grades"]
    ]


def test_every_withheld_grade_is_followed_by_its_reason(
    page: Page, class_of_200: grading_process.Outcome
) -> None:
    withheld = [grade["withheld"] for grade in class_of_200.book()["grades"] if grade["withheld"]]
    reasons = page.locator("#matrix tr.why").all_text_contents()
    assert reasons == [f"withheld: {reason.replace('`', '')}" for reason in withheld]


def test_search_finds_by_id_name_and_address_and_shows_how_many(page: Page) -> None:
    search, count = page.get_by_role("searchbox"), page.get_by_role("status")
    expect(count).to_have_text("200 learners")
    search.fill("LEARNER 12")
    expect(count).to_have_text("12 of 200 learners")
    search.fill("learner7@example")
    expect(count).to_have_text("1 of 200 learners")
    assert ids(page) == ["learner007"]
    search.fill("nobody at all")
    expect(count).to_have_text("0 of 200 learners")
    expect(page.locator("#matrix tbody")).to_contain_text("No learners match")
    page.get_by_role("button", name="Clear all").click()
    expect(count).to_have_text("200 learners")
    expect(search).to_be_focused()


def test_sorting_by_total_goes_both_ways_and_withheld_comes_last(page: Page) -> None:
    button = heading(page, "Total").get_by_role("button")
    button.click()
    expect(heading(page, "Total")).to_have_attribute("aria-sort", "descending")
    down = [text for text in totals(page) if text != "withheld"]
    assert down == sorted(down, key=float, reverse=True)
    held = len(totals(page)) - len(down)
    assert held > 0
    assert totals(page)[-held:] == ["withheld"] * held
    button.click()
    expect(heading(page, "Total")).to_have_attribute("aria-sort", "ascending")
    assert totals(page) == [*reversed(down), *["withheld"] * held]
    expect(button).to_be_focused()


def test_sorting_by_name_then_back_to_the_order_of_the_cohort(page: Page) -> None:
    before = ids(page)
    button = heading(page, "Learner").get_by_role("button")
    button.click()
    button.click()
    expect(heading(page, "Learner")).to_have_attribute("aria-sort", "descending")
    assert ids(page) == before[::-1]
    button.click()
    expect(heading(page, "Learner")).to_have_attribute("aria-sort", "none")
    assert ids(page) == before


def test_filtering_by_outcome_within_a_task(
    page: Page, class_of_200: grading_process.Outcome
) -> None:
    tasks = {entry["id"]: entry["task"] for entry in class_of_200.book()["rubric"]}
    wanted = [
        learner
        for learner, outcomes in class_of_200.outcomes().items()
        if any(outcome == "failed" and tasks[check] == 6 for check, outcome in outcomes.items())
    ]
    page.get_by_label("Outcome").select_option(label="✗ failed")
    page.get_by_label("Task or check").select_option("task:6")
    expect(page.get_by_role("status")).to_have_text(f"{len(wanted)} of 200 learners")
    assert ids(page) == wanted
    assert page.locator("#matrix thead .task").all_text_contents() == ["Task 6CD: deploy the model"]


def test_filtering_by_withheld_shows_exactly_those_without_a_total(page: Page) -> None:
    page.get_by_label("Outcome").select_option(label="grade withheld")
    expect(page.get_by_role("status")).to_have_text("23 of 200 learners")
    assert set(totals(page)) == {"withheld"}


def test_a_bar_of_a_chart_shows_its_learners_and_lets_go_of_them(page: Page) -> None:
    page.get_by_role("button", name="with all 100 points").click()
    assert set(totals(page)) == {"100"}
    shown = rows(page).count()
    expect(page.get_by_role("status")).to_have_text(f"{shown} of 200 learners")
    expect(page.get_by_role("heading", name="Learners", exact=True)).to_be_focused()
    chip = page.locator("#group")
    expect(chip).to_have_text("all 100 points ×show all again")
    chip.click()
    expect(page.get_by_role("status")).to_have_text("200 learners")


def test_a_check_that_failed_shows_who_failed_it(
    page: Page, class_of_200: grading_process.Outcome
) -> None:
    wanted = [
        learner
        for learner, outcomes in class_of_200.outcomes().items()
        if outcomes["cd-pipeline-exists"] == "failed"
    ]
    bar = page.locator(".failed button", has_text="has a CD pipeline")
    bar.click()
    assert ids(page) == wanted
    expect(bar).to_have_attribute("aria-pressed", "true")


# --- one learner ----------------------------------------------------------------------------------


def test_a_learners_detail_has_hints_reasons_evidence_and_links(
    page: Page, class_of_200: grading_process.Outcome
) -> None:
    page.get_by_role("button", name="learner007").click()
    detail = page.get_by_role("dialog", name="Learner 7")
    expect(detail).to_contain_text("40 of 100")
    expect(detail).to_contain_text("Fix first: step 5.10")
    first = detail.locator(".first")
    expect(first).to_contain_text("expected a pipeline Model-Train-Register-CI; found Nightly")
    expect(first).to_contain_text("Blocked until this is fixed: ")
    expect(first.get_by_role("link", name="pipelines")).to_have_attribute(
        "href", "https://dev.azure.com/solliancelabs/AE%20MLOps%2007/_build"
    )
    expect(detail).to_contain_text("found Nightly clean-up")
    expect(detail).to_contain_text("How to fix it: Create the CI pipeline")
    expect(detail.locator(".task", has_text="Task 7").first).to_contain_text("10 checks blocked")
    link = detail.get_by_role("link", name="GitHub repository")
    expect(link).to_have_attribute("href", "https://github.com/solliancelabs/mlops_07")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    for name in ("Evidence", "Feedback for the learner"):
        there = detail.get_by_role("link", name=name).get_attribute("href")
        assert (class_of_200.reports / str(there)).is_file()
    evidence = detail.locator("details.evidence")
    evidence.get_by_text("Evidence: what was collected and judged").click()
    evidence.get_by_text("pipelines", exact=True).click()
    expect(evidence.locator("pre:visible")).to_contain_text('"name": "Nightly clean-up"')


def test_a_withheld_learners_detail_says_why_and_shows_no_total(page: Page) -> None:
    page.get_by_role("button", name="learner014").click()
    grade = page.get_by_role("dialog").locator(".grade")
    expect(grade.locator(".sum")).to_have_text("withheld")
    cause = "could not see the project AE MLOps 14"
    expect(grade.locator(".because li")).to_have_text(
        re.compile(rf"^\d+ checks not assessed: .*{cause}")
    )
    dialog = page.get_by_role("dialog")
    assert dialog.inner_text().count(cause) == 1
    expect(dialog.locator(".task").first).to_contain_text("14 checks not assessedfor the reason")


def test_next_and_previous_follow_what_is_shown(page: Page) -> None:
    page.get_by_label("Outcome").select_option(label="grade withheld")
    shown = ids(page)
    page.get_by_role("button", name=shown[0]).click()
    detail = page.get_by_role("dialog")
    expect(detail.get_by_role("button", name="Previous")).to_be_disabled()
    detail.get_by_role("button", name="Next").click()
    expect(detail.locator(".head")).to_contain_text(shown[1])
    expect(detail).to_contain_text("2 of 23")
    detail.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name=shown[1])).to_be_focused()


def test_a_key_pressed_at_once_acts_on_the_learner_that_is_shown(
    open_: Open, tmp_path: Path
) -> None:
    """The address follows what is shown; nothing waits for its event."""
    run, verdicts = large_run(3, checks=6, reports=tmp_path)
    page = open_(grade_book_page.write(run, grades_of(run, verdicts)))
    page.get_by_role("button", name="learner002").click()
    shown = page.evaluate(
        """() => {
          const dialog = document.getElementById("detail");
          [...dialog.querySelectorAll("button")].find((b) => b.textContent === "Previous").click();
          const shown = dialog.querySelector("h2").textContent;
          dialog.close(); // as Escape does
          return shown;
        }"""
    )
    assert shown == "Learner 1"
    expect(page.get_by_role("button", name="learner001")).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_link_to_a_learner_opens_the_detail_and_back_closes_it(
    open_: Open, class_of_200: grading_process.Outcome
) -> None:
    page = open_(class_of_200.reports / "index.html")
    page.get_by_role("button", name="learner009").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    address = page.url
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.goto(address)
    page.reload()
    expect(page.get_by_role("dialog", name="Learner 9")).to_be_visible()


# --- without a mouse, on paper, in the dark, on a phone -------------------------------------------


def test_the_whole_way_with_the_keyboard_alone(page: Page) -> None:
    press = page.keyboard.press
    press("Tab")
    expect(page.get_by_role("link", name="Skip to the learners")).to_be_focused()
    press("Enter")
    press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("learner01")
    expect(page.get_by_role("status")).to_have_text("10 of 200 learners")
    for _ in range(20):
        press("Tab")
        if page.evaluate("document.activeElement.closest('tbody') !== null"):
            break
    expect(page.get_by_role("button", name="learner010")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("heading", name="Learner 10")).to_be_focused()
    for _ in range(40):  # the focus stays inside, or with the browser's own bar
        press("Tab")
        assert page.evaluate("document.activeElement.closest('dialog, body') !== null")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="learner010")).to_be_focused()


def test_paper_has_the_learners_and_no_controls_or_the_open_detail_alone(page: Page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    for gone in ("#tools", "#theme", ".top nav", "#peek"):
        expect(page.locator(gone)).to_be_hidden()
    expect(rows(page).last).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate_media(media="screen")
    page.get_by_role("button", name="learner007").click()
    page.emulate_media(media="print")
    expect(page.locator("main")).to_be_hidden()
    expect(page.get_by_role("dialog")).to_contain_text("SIMULATED")
    expect(page.get_by_role("dialog")).to_contain_text("Fix first")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "390"])
def test_no_text_is_smaller_than_eleven_pixels(
    open_: Open, class_of_200: grading_process.Outcome, size: tuple[int, int]
) -> None:
    page = open_(class_of_200.reports / "index.html", size)
    for view in ("checks", "tasks"):
        page.locator(f"input[value={view}]").check(force=True)
        page.evaluate("sortBy => document.querySelector('#matrix thead button').click()")
        assert page.evaluate(_SMALL_TEXTS) == []
    for learner in ("learner007", "learner014"):
        page.get_by_role("button", name=learner).click()
        page.get_by_text("Evidence: what was collected and judged").click()
        assert page.evaluate(_SMALL_TEXTS) == []
        page.keyboard.press("Escape")


def test_of_one_learner_there_are_no_statistics(open_: Open, tmp_path: Path) -> None:
    run = example.run([example.learner("ada")], tmp_path)
    page = open_(grade_book_page.write(run, grades_of(run, example.verdicts("ada"))))
    expect(page.get_by_role("heading", name="Learners", exact=True)).to_be_visible()
    assert page.locator("#class, #checks").count() == 0
    for text in ("median", "Failed most often", "Where learners stopped"):
        assert text not in page.inner_text("body")


def test_dark_follows_the_system_until_somebody_chooses(
    open_: Open, class_of_200: grading_process.Outcome
) -> None:
    page = open_(class_of_200.reports / "index.html", color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.emulate_media(color_scheme="light")
    assert page.evaluate(ground) == "rgb(255, 255, 255)" != dark
    page.get_by_role("button", name="Dark mode").click()
    assert page.evaluate(ground) == dark
    expect(page.get_by_role("button", name="Light mode")).to_be_visible()


@pytest.mark.parametrize("view", ["checks", "tasks"])
def test_a_phone_need_not_scroll_the_page_sideways(
    open_: Open, class_of_200: grading_process.Outcome, view: str
) -> None:
    page = open_(class_of_200.reports / "index.html", NARROW)
    expect(page.locator("#matrix")).to_have_class("tasks")
    page.locator(f"input[value={view}]").check(force=True)
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW[0]
    region = page.locator("#wide")
    assert region.get_attribute("tabindex") == ("0" if view == "checks" else None)
    page.get_by_role("button", name="learner003").click()
    assert page.evaluate("document.getElementById('detail').scrollWidth") <= NARROW[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "390"])
def test_axe_finds_nothing(
    open_: Open, class_of_200: grading_process.Outcome, size: tuple[int, int], scheme: str
) -> None:
    axe = chromium.axe()
    page = open_(class_of_200.reports / "index.html", size, color_scheme=scheme)
    page.evaluate(axe)
    page.get_by_role("searchbox").fill("learner01")
    expect(page.get_by_role("status")).to_have_text("10 of 200 learners")
    assert page.evaluate(_VIOLATIONS) == []
    for learner in ("learner013", "learner014", "learner016"):
        page.get_by_role("searchbox").fill(learner)
        expect(page.locator("#matrix tbody .id")).to_have_text([learner])  # redrawn a moment later
        page.get_by_role("button", name=learner).click()
        page.get_by_text("Evidence: what was collected and judged").click()
        page.get_by_text("variable_groups", exact=True).click()
        assert page.evaluate(_VIOLATIONS) == []
        page.keyboard.press("Escape")


def test_without_javascript_totals_and_reasons_can_be_read(
    open_: Open, class_of_200: grading_process.Outcome
) -> None:
    page = open_(class_of_200.reports / "index.html", java_script_enabled=False)
    table = page.locator("table.static")
    assert table.locator("tbody tr").count() == 200
    expect(table.locator("tbody tr").nth(13)).to_contain_text("could not see the project AE")
    expect(page.locator("#tools")).to_be_hidden()


# --- hostile, and large ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "390"])
def test_hostile_names_are_shown_and_do_nothing(
    open_: Open, tmp_path: Path, size: tuple[int, int]
) -> None:
    run, verdicts = hostile_run(tmp_path)
    page = open_(grade_book_page.write(run, grades_of(run, verdicts)), size)
    page.evaluate(chromium.axe())
    assert page.locator("script").count() == 2
    for place, learner in enumerate(run.learners[:4]):
        page.locator("#matrix tbody .who button").nth(place).click()
        expect(page.get_by_role("dialog").get_by_role("heading").first).to_have_text(learner.name)
        expect(page.get_by_role("dialog")).to_contain_text("For the instructor only")
        assert page.evaluate(_VIOLATIONS) == []
        page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.locator("img, svg[onload], body script:not(#data):not(:last-of-type)").count() == 0


def test_evidence_that_would_turn_text_around_is_shown_by_its_number(
    open_: Open, tmp_path: Path
) -> None:
    run = example.run([example.learner("ada")], tmp_path)
    file = run.evidence_file("ada")
    file.parent.mkdir()
    evidence = {"project": "a\u202eb <img src=x> " * 10}
    file.write_text(json.dumps({"evidence": evidence}), "utf-8")
    page = open_(grade_book_page.write(run, grades_of(run, example.verdicts("ada"))))
    page.get_by_role("button", name="ada").click()
    page.get_by_text("Evidence: what was collected and judged").click()
    page.get_by_text("project", exact=True).click()
    expect(page.locator("pre")).to_contain_text(r"a\u{202e}b <img src=x>")


def test_paper_has_all_pages_of_a_large_class(open_: Open, tmp_path: Path) -> None:
    run, verdicts = large_run(PAGE_ROWS + 7, checks=6, reports=tmp_path)
    page = open_(grade_book_page.write(run, grades_of(run, verdicts)))
    page.evaluate(
        "addEventListener('beforeprint', () => {"
        " window.printed = document.querySelectorAll('#matrix tbody th[scope=row]').length })"
    )
    page.pdf()
    assert page.evaluate("window.printed") == PAGE_ROWS + 7
    expect(rows(page)).to_have_count(PAGE_ROWS)


def test_a_very_large_class_is_shown_page_by_page(open_: Open, tmp_path: Path) -> None:
    run, verdicts = large_run(2 * PAGE_ROWS + 7, checks=6, reports=tmp_path)
    page = open_(grade_book_page.write(run, grades_of(run, verdicts)))
    assert rows(page).count() == PAGE_ROWS
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Next").click()
    assert rows(page).count() == 7
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    expect(page.locator("#range")).to_have_text("501 – 507 of 507")
    page.get_by_role("button", name="learner500").click()
    page.get_by_role("dialog").get_by_role("button", name="Previous").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="learner499")).to_be_focused()
    expect(page.locator("#range")).to_have_text("251 – 500 of 507")
    page.get_by_role("searchbox").fill("learner000")
    expect(page.get_by_role("status")).to_have_text("1 of 507 learners")
    expect(page.locator("#pages")).to_be_hidden()
