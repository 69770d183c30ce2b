"""The front door: the plugins a run is made of."""

pytest_plugins = (
    "fixtures.run",  # options, header, who is graded, collecting before judging
    "fixtures.evidence",  # the things a learner should have built
    "fixtures.judge",  # pytest's outcomes -> verdicts
    "reports.recorder",  # verdicts -> grade book, terminal summary
    "reports.allure",  # verdicts -> Allure results
)
