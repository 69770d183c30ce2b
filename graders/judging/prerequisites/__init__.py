"""The things a learner should have built; asking for one blocks the check until it is there.

A check names what it needs as parameters. Each of them is a function of these modules: it hands
the thing over, or ends the check as *blocked* (it is not there), *pending* (the cloud is still
working on it) or *not assessed* (it could not be seen). What a function needs are its own
parameters: other prerequisites, ``lab``, ``ownership``, or parts of the evidence
(``collected_runs``), so that from a check follows what has to be collected for it.
"""

from graders.judging.prerequisites import (  # noqa: F401 (they register themselves)
    azure_devops,
    azure_ml,
    github,
    learner,
    lineage,
    runs,
)
