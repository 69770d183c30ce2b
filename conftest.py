"""The front door: the plugins a run is made of."""

pytest_plugins = (
    "fixtures.run",  # options, header, who is graded, collecting before judging
    "fixtures.judge",  # items -> verdicts of graders.judging
    "reports.recorder",  # verdicts -> grade book, terminal summary
    "fixtures.nightly",  # past runs: which mark stands
    "reports.allure.plugin",  # verdicts -> Allure results
)
