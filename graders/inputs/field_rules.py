"""What the names in a cohort file and a lab file may look like.

The rules are as wide as the services' own; they catch what would ask a service for something else
(a URL instead of a name, a subscription's name instead of its id).
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from graders.as_of import moment
from graders.inputs.problems import printable


class Flaw(NamedTuple):
    """What is wrong with one value, and the remedy."""

    what: str
    remedy: str


_LEARNER_LENGTH = 100
_FORMULA = tuple("=+-@＝＋－＠")  # what a spreadsheet may run as a formula, full-width ones too
_GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ONE_NAME = r"(?!\.\.?$)[^/\\?#%&<>:*\"|]+"

_RULES: dict[str, tuple[str, Flaw]] = {
    "organization": (
        r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?",
        Flaw(
            "not the name of an Azure DevOps organization",
            "write only the name, as it appears after dev.azure.com/",
        ),
    ),
    "github_owner": (
        r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?",
        Flaw(
            "not the name of a GitHub organization or user",
            "write only the name, as it appears after github.com/",
        ),
    ),
    "project": (
        _ONE_NAME,
        Flaw("not the name of an Azure DevOps project", "write only its name, not its URL"),
    ),
    "repository": (
        r"(?!\.\.?$)[A-Za-z0-9._-]{1,100}",
        Flaw("not the name of a GitHub repository", "write only its name, without owner or URL"),
    ),
    "resource_group": (
        _ONE_NAME,
        Flaw("not the name of a resource group", "write only its name, not its resource id"),
    ),
    "workspace": (
        _ONE_NAME,
        Flaw("not the name of a workspace", "write only its name, not its resource id"),
    ),
    "subscription_id": (
        _GUID,
        Flaw("not a subscription id", "write the id (8-4-4-4-12 hex digits), not the name"),
    ),
    "tenant_id": (
        rf"{_GUID}|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
        Flaw("not a tenant id", "write the tenant's id (8-4-4-4-12 hex digits) or its domain"),
    ),
    "location": (
        r"[a-z0-9]+",
        Flaw("not the key of an Azure region", "write its key form, such as `centralus`"),
    ),
    "template": (
        r"[A-Za-z0-9_-]+/(?!\.\.?$)[A-Za-z0-9._-]+",
        Flaw("not a GitHub repository", "write `owner/name`"),
    ),
    "path": (
        r"(?!\.\.?/)[^/\\:]+(/(?!\.\.?(/|$))[^/\\:]+)*",
        Flaw("not the path of a file in the repository", "write it without a leading slash"),
    ),
    "asset": (
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}",
        Flaw("not a name in Azure ML", "use only letters, digits, `-`, `_` and `.`"),
    ),
    "endpoint": (
        r"[a-z][a-z0-9-]{1,30}[a-z0-9]",
        Flaw("not the name of an endpoint", "write 3 to 32 lowercase letters, digits or hyphens"),
    ),
}


def flaw(field: str, value: str) -> Flaw | None:
    """What is wrong with the value of a column or key, or None; fields without a rule are free."""
    control = next((c for c in value if unicodedata.category(c) == "Cc"), None)
    if control is not None:
        return Flaw(f"a control character ({printable(control)})", "delete it")
    if field == "learner":
        return _learner_flaw(value)
    if field == "number":
        return _number_flaw(value)
    if field in ("deadline", "extension"):
        return _time_flaw(value)
    pattern, verdict = _RULES.get(field, ("", Flaw("", "")))
    return verdict if pattern and not re.fullmatch(pattern, value) else None


def _time_flaw(value: str) -> Flaw | None:
    try:
        moment(value)
        return None
    except (ValueError, OverflowError) as error:
        remedy = "write it as `2026-11-20 23:59 America/Chicago` or 2026-11-20T23:59:00-06:00"
        return Flaw(f"not a valid time ({error})", remedy)


def _learner_flaw(value: str) -> Flaw | None:
    if value.startswith(_FORMULA):
        return Flaw(
            "an id that a spreadsheet would run as a formula", "start it with a letter or digit"
        )
    if not value.isprintable():
        return Flaw("an id with an invisible character", "retype it")
    if len(value) > _LEARNER_LENGTH:
        return Flaw(f"an id longer than {_LEARNER_LENGTH} characters", "give a shorter one")
    return None


def whole_number(value: str) -> int:
    """A number as a spreadsheet may have saved it: ``4``, ``4.0`` or ``4,0``; 0 for anything else.

    Digits of other scripts are none: the lab's names are built from the number.
    """
    match = re.fullmatch(r"([0-9]{1,6})([.,]0+)?", value)
    return int(match[1]) if match else 0


def _number_flaw(value: str) -> Flaw | None:
    if whole_number(value):
        return None
    return Flaw(
        "not a whole number from 1 to 999999", "write the learner's number in digits, such as 4"
    )
