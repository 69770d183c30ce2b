"""How much one identity may ask of each service: published, or believed to be safe.

Sources, as read in 2026:

- Azure Resource Manager: *Understand how Azure Resource Manager throttles requests*
  (learn.microsoft.com): a bucket for each region, subscription, principal and kind of operation.
- GitHub: *Rate limits for the REST API* and *Rate limits and query limits for the GraphQL API*
  (docs.github.com): 900 and 2,000 points a minute, 100 requests at a time.
- Azure DevOps: *Rate and usage limits* (learn.microsoft.com) gives no cost for a call: 200 units in
  five minutes, of which a call takes an unknown share. So nothing is paced until the service says
  that little is left.
- Azure ML's regional hosts, Entra ID, container instances: nothing is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

LOW = 0.2
"""The share of an allowance below which calls slow down, where the service says what is left."""


@dataclass(frozen=True)
class Limit:
    """An allowance. ``rate`` is in calls a second after the first ``burst``; None: no fixed rate.

    ``careful`` is the rate of a service without a fixed one, once it says that little is left; then
    there is one call at a time. ``is_shared``: parts of a class share it, for they share a sign-in.
    """

    at_once: int
    rate: float | None = None
    burst: float = 1
    careful: float | None = None
    is_shared: bool = True
    is_published: bool = False
    """Whether the service gives these numbers; the others are guesses on the safe side."""

    def part(self, parts: int) -> Limit:
        """What one of so many processes with the same identity may take of the rates."""
        if not self.is_shared:
            return self
        rate, careful = (each and each / parts for each in (self.rate, self.careful))
        return replace(self, rate=rate, careful=careful, burst=max(1, self.burst / parts))


DEVOPS, GITHUB, MANAGER = "Azure DevOps", "GitHub", "Azure Resource Manager"

LIMITS: Mapping[tuple[str, str], Limit] = MappingProxyType(
    {
        (DEVOPS, ""): Limit(8, careful=10),
        (GITHUB, "rest"): Limit(4, rate=900 / 60, burst=100, is_published=True),
        (GITHUB, "graphql"): Limit(4, rate=2000 / 60, burst=100, is_published=True),
        (MANAGER, "reads"): Limit(8, rate=25, burst=250, is_published=True),
        (MANAGER, "writes"): Limit(8, rate=10, burst=200, is_published=True),
        ("Azure ML", ""): Limit(12),
        ("Entra ID", ""): Limit(4),
        ("GitHub Actions", ""): Limit(2),
        ("managed identity", ""): Limit(2, is_shared=False),  # of this machine
        # each is a learner's own, and asked by one part only
        ("the endpoint", ""): Limit(16, is_shared=False),
        ("the online endpoint", ""): Limit(16, is_shared=False),
        ("the lab file", ""): Limit(1, is_shared=False),
    }
)
"""Service and kind of call -> what an identity may ask. Kinds of one service share ``at_once``."""
