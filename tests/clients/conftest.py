"""A class's tenant, the environment that leads any program to it, and a record of every call."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from fixtures.simulator.model_answer import model_answer
from fixtures.simulator.process import SimulatedTenant
from fixtures.simulator.state import LearnerWorld
from graders.inputs.lab_file import read_class
from graders.lab import Lab
from tests.clients.record import RECORD, Record
from tests.clients.truth import LEARNERS, Truth
from tests.support.grading_process import write_cohort

KINDS = ("unknown_routes", "unknown_parameters", "refused_hosts", "failures")
ELSEWHERE = ("azcliprod.blob.core.windows.net",)
"""Where az looks for a newer version of itself, which nobody can forbid it; it is refused."""
THROTTLED = (
    "https://dev.azure.com/_apis",
    "https://management.azure.com/subscriptions",
    "https://centralus.api.azureml.ms/discovery",
    "https://api.github.com/rate_limit",
)


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cohort(tmp_path_factory.mktemp("class") / "cohort.csv", LEARNERS)


@pytest.fixture(scope="session")
def tenant(cohort: Path) -> Iterator[SimulatedTenant]:
    """A process of its own."""
    with SimulatedTenant(cohort, cohort.parent / "lab.toml") as served:
        yield served


@pytest.fixture(scope="session")
def environment(
    tenant: SimulatedTenant, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, str]:
    """What a program is started with; its home is empty, so that nobody is signed in there."""
    home = str(tmp_path_factory.mktemp("home"))
    authority = tenant.credentials["ca"]
    return {**os.environ, **tenant.environment(), "NODE_EXTRA_CA_CERTS": authority, "HOME": home}


@pytest.fixture(scope="session", autouse=True)
def throttled(tenant: SimulatedTenant) -> None:
    """The one call of each service that is throttled lies behind us: the order of tests is free."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = tenant.credentials["ca"]
        session.proxies = {"https": tenant.credentials["proxy"]}
        for url in THROTTLED:
            statuses = [session.get(url, timeout=30).status_code for _ in range(3)]
            assert 429 in statuses, url


@pytest.fixture(scope="session")
def labs(cohort: Path) -> list[Lab]:
    learners, lab_file = read_class(cohort, cohort.parent / "lab.toml")
    return [lab_file.for_learner(learner) for learner in learners]


@pytest.fixture(scope="session")
def lab(labs: list[Lab]) -> Lab:
    """The first learner's, who did everything right, as all did."""
    return labs[0]


@pytest.fixture(scope="session")
def world(lab: Lab) -> LearnerWorld:
    """What there is of it."""
    return model_answer(lab)


@pytest.fixture(scope="session")
def truth(labs: list[Lab], world: LearnerWorld) -> Truth:
    return Truth(labs, world)


@pytest.fixture(scope="session")
def journal(tenant: SimulatedTenant, throttled: None) -> dict[str, list[str]]:  # noqa: ARG001
    """What has been complained of so far."""
    log = tenant.requests()
    return {kind: log[kind] for kind in (*KINDS, "violations")}


@pytest.fixture(autouse=True)
def understood(
    tenant: SimulatedTenant, journal: dict[str, list[str]], request: pytest.FixtureRequest
) -> Iterator[None]:
    """Nothing is asked that the tenant does not know, nor written but where a test says so.

    What a client asks while a fixture is made counts with the first test that needs it.
    """
    yield
    log = tenant.requests()
    known = {kind: {*journal[kind], *ELSEWHERE} for kind in KINDS}
    new = [(kind, line) for kind in KINDS for line in log[kind] if line not in known[kind]]
    written = Counter(log["violations"]) - Counter(journal["violations"])
    journal.update({kind: log[kind] for kind in (*KINDS, "violations")})
    call = request.config.stash[RECORD].calls.get(request.node.nodeid)
    if call is not None and call.outcome == "skipped":
        return
    assert new == [], "\n".join(f"{kind}: {line}" for kind, line in new)
    mark = request.node.get_closest_marker("writes")
    assert written.total() == (mark.args[0] if mark else 0), f"attempts to write: {dict(written)}"


# --- the record -----------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "client(name): whose call it is, where a file has several")
    config.addinivalue_line("markers", "writes(n): a test with so many attempts to write")
    config.stash[RECORD] = Record()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:  # noqa: ARG001
    report = yield
    mark = item.get_closest_marker("client")
    client = mark.args[0] if mark else getattr(getattr(item, "module", None), "CLIENT", None)
    if client is not None:
        item.config.stash[RECORD].note(client, item, report)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Written even when something was wrong: the page says what."""
    record = session.config.stash[RECORD]
    file = session.config.rootpath / "reports" / "out" / "clients.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(record.as_json(), indent=1), encoding="utf-8")
