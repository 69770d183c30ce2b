"""The front door: the plugins a run is made of."""

pytest_plugins = (
    "fixtures.run",  # options, header, who is graded, collecting before judging
    "fixtures.evidence.learner",  # the things a learner should have built, by service
    "fixtures.evidence.azure_devops",
    "fixtures.evidence.runs",
    "fixtures.evidence.github",
    "fixtures.evidence.azure_ml",
    "fixtures.evidence.lineage",
    "fixtures.judge",  # pytest's outcomes -> verdicts
    "reports.recorder",  # verdicts -> grade book, terminal summary
    "fixtures.nightly",  # past runs: which mark stands
    "reports.allure.plugin",  # verdicts -> Allure results
)
