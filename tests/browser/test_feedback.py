"""A learner's feedback page, as a browser shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from graders.reasons import Mismatch, Reason
from graders.verdicts import Outcome
from tests.support import chromium
from tests.unit.reports.test_feedback import HOSTILE, NO_RUN, NOTED, UNSEEN, pages


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["everything", "glad"])
def test_a_page_is_fit_for_everybody(
    kind: str, scheme: str, browser: Browser, tmp_path: Path
) -> None:
    """axe-core finds nothing, a narrow screen needs no scrolling sideways, nothing is fetched."""
    long = Reason((Mismatch("", f"`{'x' * 300}`", f"{HOSTILE[0]} {'y' * 300}"),))
    everything = {
        "variable-group-exists": (Outcome.FAILED, long),
        **NO_RUN,
        **UNSEEN,
        **NOTED,
        "connection-exists": (Outcome.PENDING, "it is still being made"),
    }
    file = tmp_path / "feedback.html"
    file.write_text(pages({} if kind == "glad" else everything)[1], encoding="utf-8")
    axe = chromium.axe()
    asked: list[str] = []
    with browser.new_context(
        viewport={"width": 390, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
        bypass_csp=True,  # axe-core is a script, and the page allows none
    ) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.evaluate(axe)
        violations = page.evaluate("axe.run().then(all => all.violations)")
    assert [
        (violation["id"], [node["html"] for node in violation["nodes"]]) for violation in violations
    ] == []
    assert asked == [file.as_uri()]
