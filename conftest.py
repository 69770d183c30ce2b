"""The entry point: the plugins that a run is made of."""

pytest_plugins = (
    "fixtures.plugin.run",  # options, header, learners to grade, collecting before judging
    "fixtures.plugin.shards",  # one part of the class, collected and not judged
    "fixtures.plugin.judge",  # items -> verdicts of graders.judging
    "fixtures.plugin.recorder",  # verdicts -> grade book, terminal summary
    "fixtures.plugin.judged",  # in the terminal: learners, not dots; each fault once
    "fixtures.nightly.plugin",  # past runs: which mark counts
    "fixtures.plugin.allure.plugin",  # verdicts -> Allure results
)
