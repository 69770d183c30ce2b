"""Refusals whose own words say more than their status, and the remedy that fits.

Azure DevOps names them by code. GitHub has no code for them: only its words tell a classic token
from an IP allow list. Its words are read nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

_BY_CODE: Mapping[str, str] = MappingProxyType(
    {
        "TF24668": "Ask the administrator of the Azure DevOps organisation to start it again.",
        "VS403463": "Sign in from a device and a network that the conditional access policy"
        " allows, or have the grader's identity exempted from it.",
        "TF215106": "Make the grader's identity a Reader of the project.",
    }
)
"""Code -> remedy."""

_OF_GITHUB: Sequence[tuple[str, str]] = (
    (
        "(classic)",
        "Use a fine-grained token or a GitHub App: this owner accepts no classic token.",
    ),
    (
        "ip allow list",
        "Grade from an address on the organisation's IP allow list, or have it added.",
    ),
    (
        "saml",
        "Open the token's settings on GitHub, choose Configure SSO, authorise the organisation.",
    ),
    (
        "fine-grained personal access token",
        "Have the organisation approve the token, with the permissions Contents and Metadata.",
    ),
)
"""What GitHub's words contain, in lower case -> remedy."""


def remedy_for_code(code: str) -> str:
    """The remedy for a refusal that Azure DevOps names; empty for any other."""
    return _BY_CODE.get(code, "")


def remedy_for_words(words: str) -> str:
    """The remedy for a refusal in GitHub's words; empty for any other."""
    lower = words.lower()
    return next((remedy for part, remedy in _OF_GITHUB if part in lower), "")
