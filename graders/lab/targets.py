"""Where a class works: the organisations, owners, subscriptions and tenants of its labs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graders.lab.lab import Lab


def spelled(names: Sequence[str]) -> Sequence[str]:
    """Each name once, whatever its case, as it is first written."""
    by_name: dict[str, str] = {}
    for name in names:
        by_name.setdefault(name.casefold(), name)
    return list(by_name.values())


def targets(labs: Sequence[Lab]) -> Mapping[str, Sequence[str]]:
    """Kind of target -> its names; without kinds that no lab names."""
    named = {
        "organisation": spelled([lab.organization for lab in labs]),
        "owner": spelled([lab.github_owner for lab in labs]),
        "subscription": spelled([lab.subscription_id for lab in labs]),
        "tenant": spelled([lab.tenant_id or "" for lab in labs]),
    }
    return {kind: own for kind, names in named.items() if (own := list(filter(None, names)))}
