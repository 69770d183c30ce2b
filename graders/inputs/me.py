"""A learner who checks themself: their number, and a cohort of one."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

from graders.texts import strip_controls

MOST = 999
"""The highest number of a learner."""
_NUMBER = re.compile(r"(?<![a-z])user[-_. ]?0*(\d{1,3})(?!\d)", re.IGNORECASE)
_CLAIMS = ("upn", "preferred_username", "unique_name", "email")


def account_of(token: str) -> str:
    """Whom a token of Microsoft Entra ID was given to; empty where it does not say.

    Its signature is not checked: the name only saves the learner from typing their number.
    """
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        named = next((claims[name] for name in _CLAIMS if claims.get(name)), "")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""
    return strip_controls(str(named))[:200]


def number_of(account: str) -> int | None:
    """The number in an account's name, as the lab gives them out; None where there is none.

    >>> number_of("user7@lab.example"), number_of("odl_user_0012@x"), number_of("ada@x")
    (7, 12, None)
    """
    found = _NUMBER.search(account)
    return int(found[1]) if found and int(found[1]) else None


def write_cohort(folder: Path, number: int) -> Path:
    """A cohort file of this learner alone."""
    file = folder / f"user{number}.csv"
    file.write_text(f"learner,number\nuser{number},{number}\n", encoding="utf-8")
    return file
