"""What the tests of the simulated tenant share: one for a made-up class of three."""

from __future__ import annotations

from pathlib import Path

import requests

from fixtures.simulator.process import SimulatedTenant

OWNER = "lab-owner"
COHORT = "learner,number\nada,1\nbob,2\ncyd,12\n"
LAB = f"""\
[tenant]
organization = "lab-organisation"
github_owner = "{OWNER}"
subscription_id = "5b0c1d7e-3f42-4c86-9a51-7d2e8f604b13"
"""


def write_cohort(folder: Path) -> Path:
    """A cohort file with its lab file beside it."""
    (folder / "lab.toml").write_text(LAB, encoding="utf-8")
    (folder / "cohort.csv").write_text(COHORT, encoding="utf-8")
    return folder / "cohort.csv"


def session_with(tenant: SimulatedTenant) -> requests.Session:
    """A session that reaches the tenant, whatever the machine's environment says."""
    session = requests.Session()
    session.trust_env = False
    session.proxies = dict.fromkeys(("http", "https"), tenant.credentials["proxy"])
    session.verify = tenant.credentials["ca"]
    return session
