"""The resources that a learner should have built; asking for one blocks the check until it exists.

A check names what it needs as parameters. Each of them is a function of these modules: it returns
the resource, or ends the check as *blocked* (it is not there), *pending* (the cloud is still
working on it) or *not assessed* (it could not be read). What a function needs are its own
parameters: other prerequisites, ``lab``, ``ownership``, or parts of the evidence
(``collected_runs``), so a check determines what has to be collected for it.
"""

from graders.judging.prerequisites import (  # noqa: F401 (they register themselves)
    azure_devops,
    azure_ml,
    github,
    learner,
    lineage,
    overrides,
    proven_runs,
    runs,
    sight,
)
