"""URLs from outside: what is no URL has no parts, and raises nothing."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qs, urlsplit

_NOTHING = SplitResult("", "", "", "", "")


def parts_of(url: str) -> SplitResult:
    """The parts of a URL; all of them empty where the text is no URL.

    ``urlsplit`` raises for a bracket left open, for a host that Unicode folds into another one, and
    only when it is asked for a port that is no number.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return _NOTHING
    return parts


def parameters_of(url: str) -> dict[str, list[str]]:
    """The parameters of a URL's query; none where there are more than a service would write."""
    try:
        return parse_qs(parts_of(url).query, max_num_fields=100)
    except ValueError:
        return {}
