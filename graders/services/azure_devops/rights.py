"""What the grader itself may see, as Azure DevOps says: for many projects in few calls.

Azure DevOps leaves out of lists what a caller may not see, with status 200. Source:
permissions/{namespace}/{permissions}; the namespaces and bits are those of ``SecurityNamespaces``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from graders.evidence import Rights, Unavailable
from graders.services.azure_devops.client import Organization
from graders.services.azure_devops.query import SERVICE
from graders.services.http.limits import DEVOPS, LIMITS
from graders.services.http.triage import answered, not_accepted

PROJECTS_AT_ONCE = 20  # their ids make the address long
AT_ONCE = LIMITS[DEVOPS, ""].at_once
Namespace = tuple[str, str]
"""Its id, and the token of a whole project in it."""
LIBRARY: Namespace = ("b7e84409-6553-448a-bbb2-af228e07cbeb", "Library/{project}")
CONNECTIONS: Namespace = ("49b48001-ca20-4adc-8111-5b60c903a50c", "endpoints/{project}")
PIPELINES: Namespace = ("33344d9c-fc72-4d6f-aba5-fa317101a7e9", "{project}")
_SEEING = ((LIBRARY, 1), (CONNECTIONS, 16), (PIPELINES, 1 + 1024))  # of pipelines runs, definitions
NOBODY = ("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", "00000000-0000-0000-0000-000000000000")


def anonymous(clients: Organization, organization: str) -> Unavailable | None:
    """The refusal, where the service takes the grader for nobody; None where it does not say so.

    An organisation with public projects answers a token that it does not accept with status 200.
    """
    who = answered(lambda: str(clients.who().authenticated_user.id).lower())
    return not_accepted(SERVICE, f"the projects of {organization}") if who in NOBODY else None


def rights(clients: Organization, projects: Sequence[str]) -> Mapping[str, Rights]:
    """Project id -> what the grader may see there; nothing of a project that was not answered."""
    starts = range(0, len(projects), PROJECTS_AT_ONCE)
    parts = [projects[start : start + PROJECTS_AT_ONCE] for start in starts]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        asked = [
            (some, [threads.submit(of_each, clients, some, *seeing) for seeing in _SEEING])
            for some in parts
        ]
    return {
        project: Rights(*(answer.result()[project] for answer in answers))
        for some, answers in asked
        for project in some
    }


def of_each(
    clients: Organization, projects: Sequence[str], namespace: Namespace, bits: int
) -> Mapping[str, bool | None]:
    """Project -> whether the grader has all of the bits there; None where no answer came.

    A scoped token may be refused. At most ``PROJECTS_AT_ONCE`` projects.
    """
    identifier, form = namespace
    tokens = ",".join(form.format(project=project) for project in projects)

    def ask() -> Mapping[str, bool | None]:
        told = clients.security.has_permissions(identifier, bits, tokens)
        return dict(zip(projects, told, strict=True))  # another number of answers is none

    return answered(ask) or dict.fromkeys(projects)
