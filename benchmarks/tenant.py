"""How quickly a large simulated tenant is ready, and how much memory it takes.

``python benchmarks/tenant.py --learners 10000``: starts the tenant several times with a class of
that size, asks it for every learner's published pipelines, and prints the costs. The peak memory is
Linux's own figure of the tenant's process; elsewhere it is not known.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import requests  # noqa: E402 (the path comes first)
from azure.identity import ClientSecretCredential  # noqa: E402
from requests.adapters import HTTPAdapter  # noqa: E402
from urllib3.util import Retry  # noqa: E402

from benchmarks.cohort import LAB_FILE, write_cohort  # noqa: E402
from fixtures.simulator.process import SimulatedTenant  # noqa: E402
from graders.inputs.lab_file import read_class  # noqa: E402
from graders.lab import Lab  # noqa: E402

THREADS = 8
SCOPE = "https://management.azure.com/.default"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=10_000)
    parser.add_argument("--starts", type=int, default=5)
    given = parser.parse_args()
    learners = given.learners
    with tempfile.TemporaryDirectory() as folder:
        cohort = write_cohort(Path(folder), learners)
        starts = [started(cohort) for _ in range(given.starts)]
        asked, peak = asked_for_everything(cohort)
    print(f"learners                         {learners:>8}")
    print(f"ready after, s (median of {given.starts})      {statistics.median(starts):>8.2f}")
    print(f"every learner asked for in, s    {asked:>8.1f}")
    print(f"peak memory of the tenant, MB    {peak:>8}")


def started(cohort: Path) -> float:
    began = time.perf_counter()
    with SimulatedTenant(cohort, LAB_FILE):
        return time.perf_counter() - began


def asked_for_everything(cohort: Path) -> tuple[float, str]:
    """Makes the tenant build every learner's world once: the seconds, and its peak memory."""
    learners, lab_file = read_class(cohort, LAB_FILE)
    labs = [lab_file.for_learner(learner) for learner in learners]
    with SimulatedTenant(cohort, LAB_FILE) as tenant:
        os.environ.update(tenant.environment())
        known = tenant.credentials
        credential = ClientSecretCredential(
            known["tenant_id"], known["client_id"], known["client_secret"]
        )
        session = requests.Session()
        # the tenant throttles one request: without a retry one learner is never asked for
        again = Retry(3, status_forcelist=[429])
        session.mount("https://", HTTPAdapter(pool_maxsize=THREADS, max_retries=again))
        session.headers["Authorization"] = f"Bearer {credential.get_token(SCOPE).token}"
        began = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as threads:
            for answer in threads.map(lambda lab: session.get(address_of(lab), timeout=60), labs):
                answer.raise_for_status()
        return time.perf_counter() - began, peak_memory(tenant.pid)


def peak_memory(process: int | None) -> str:
    """In MB. Not ``getrusage``: a child's figure there starts at this process's own."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return "unknown"
    (line,) = (entry for entry in status.read_text().splitlines() if entry.startswith("VmHWM"))
    return f"{int(line.split()[1]) / 1024:.0f}"


def address_of(lab: Lab) -> str:
    workspace = (
        f"/subscriptions/{lab.subscription_id}/resourceGroups/{lab.resource_group}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{lab.workspace}"
    )
    host = "https://centralus.api.azureml.ms"
    return f"{host}/pipelines/v1.0{workspace}/Pipelines?activeOnly=true"


if __name__ == "__main__":
    main()
