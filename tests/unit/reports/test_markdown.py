"""Somebody else's text in Markdown, held against a renderer: it is shown, and does nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports.feedback import markdown

RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PLACES = ("{}", "# {}", "- {}", "  - {}", "Found: {}", "- Found: {}; and {}", "**Bold.** {}")
"""Where the templates put text; each becomes one block."""
_INVISIBLE = re.compile(r"[\u200b\u2068\u2069]")
_SHOWN = ("text", "text_special", "code_inline")
HOSTILE = (
    "[x](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "[x]: https://evil.example",
    "[^1] and [x][y]",
    "<script>alert(1)</script>",
    "<https://evil.example> <a@evil.example>",
    "&lt;b&gt; &copy; &#60;",
    "`code` ``two`` ```three` `",
    "`a``b`",
    "\\`a\\` \\\\`b`",
    "\\",
    "a\\",
    "*bold* __bold__ _x_ ~~gone~~ $x$",
    "| a | b |\n|---|---|\n| c | d |",
    "# heading\n\nnew paragraph",
    "---",
    "===",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "1) item",
    "> quote",
    ">",
    "```\nfence",
    "~~~",
    "    indented",
    "\tindented",
    "trailing  \nbreak",
    "# closed #",
    "\u202eevil\u202c \u2066x",
    "שלום `עולם` 5",
    "\x00\x1b[31m\x7f",
    "\ud800",
    "name\u2028line\u2029para\x85next",
    ":smile: :--|",
    "@octocat @org/team #12 GH-12 http://x.example www.x.example mailto:a@x.example",
)


def tokens(text: str) -> Iterator[Token]:
    """The tokens inside blocks; raises when there is not exactly one block in one place."""
    blocks = [block for block in RENDERER.parse(text) if block.type == "inline"]
    assert len(blocks) == 1, [block.type for block in RENDERER.parse(text)]
    yield from blocks[0].children or []


def readable(text: str) -> str:
    """What is read of a text: its parts without the backticks of code, blanks being one."""
    return _plain("".join(part for _, part in markdown.code_and_text(text)))


def _plain(text: str) -> str:
    return " ".join(_INVISIBLE.sub("", text).split())


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_shown_and_nothing_else(hostile: str, place: str) -> None:
    _is_only_shown(hostile, place)


@given(st.text(alphabet=st.sampled_from("`*_[]()<>!#-+=.:|~\\&;@/$ \n\t1aä'\"?{}^")))
@example("`` `")
@example("_ _a_")
def test_no_text_becomes_more_than_text(text: str) -> None:
    for place in PLACES:
        _is_only_shown(text, place)


@given(st.text())
def test_no_text_of_any_script_becomes_more_than_text(text: str) -> None:
    _is_only_shown(text, "- {}")


def _is_only_shown(text: str, place: str) -> None:
    if not readable(text):
        return
    written = place.format(*[markdown.inline(text)] * place.count("{}"))
    assert "\n" not in written
    parsed = list(tokens(written))
    ours = ("strong_open", "strong_close") if "**" in place else ()
    assert [token.type for token in parsed if token.type not in (*_SHOWN, *ours)] == []
    start = place.partition("{}")[0].lstrip("#- ").replace("**", "")
    expected = (
        start
        + readable(text)
        + "".join(f"; and {readable(text)}" for _ in range(place.count("{}") - 1))
    )
    assert _squeezed("".join(token.content for token in parsed)) == _squeezed(expected)


def _squeezed(text: str) -> str:
    """Without blanks: a code span may lose one at either end."""
    return "".join(_plain(text).split())


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("expected `a|b`; found nothing", "expected `a|b`; found nothing"),
        ("mlops_01 and BASE_NAME", "mlops_01 and BASE_NAME"),
        ("1.5 points, 2 > 1", "1.5 points, 2 > 1"),
        ("Pipeline > ⋮ > Settings", "Pipeline > ⋮ > Settings"),
        ("a [b] *c*", "a \\[b\\] \\*c\\*"),
        ("found ``", "found \\`\\`"),
        ("1. one", "1\\. one"),
        ("two\nlines", "two lines"),
    ],
)
def test_what_is_harmless_stays_readable(text: str, written: str) -> None:
    assert markdown.inline(text) == written


@pytest.mark.parametrize(
    "text",
    [
        "@octocat",
        "mail a@x.example",
        "see #12",
        "GH-12",
        "http://x.example",
        "HTTPS://x.example",
        "ftp://x.example",
        "www.x.example",
        "mailto:a@x.example",
        "owner/name#1",
        "owner/name@0123456",
    ],
)
def test_nothing_is_left_that_github_makes_a_link_of(text: str) -> None:
    """github.github.com/gfm (autolinks), docs.github.com (mentions and references)."""
    linked = r"(?i)[@#]\w|\bGH-\d|:\/\/|\bwww\."
    assert re.search(linked, text)
    assert not re.search(linked, markdown.inline(text))
    assert markdown.inline(f"`{text}`") == f"`{text}`"  # in code GitHub looks for none


def test_text_from_right_to_left_keeps_to_itself() -> None:
    assert markdown.inline("שלום") == "\u2068שלום\u2069"
