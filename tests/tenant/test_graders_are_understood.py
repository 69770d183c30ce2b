"""The graders ask the tenant nothing that it does not understand."""

from __future__ import annotations

from tests.support.served_bodies import collect_everybody
from tests.support.served_tenant import serving, tenant_of


def test_the_tenant_honours_all_that_the_graders_ask() -> None:
    with serving(tenant_of(3)) as served:
        collect_everybody(served.tenant)
        summary = served.journal.summary()
    complaints = ("unknown_routes", "unknown_parameters", "violations", "refused_hosts", "failures")
    assert summary["requests"] > 3
    assert {name: summary[name] for name in complaints} == {name: [] for name in complaints}
