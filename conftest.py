"""The front door: the plugins a run is made of."""

pytest_plugins = (
    "fixtures.plugin.run",  # options, header, who is graded, collecting before judging
    "fixtures.plugin.judge",  # items -> verdicts of graders.judging
    "fixtures.plugin.recorder",  # verdicts -> grade book, terminal summary
    "fixtures.nightly.plugin",  # past runs: which mark stands
    "fixtures.plugin.allure.plugin",  # verdicts -> Allure results
)
