"""A learner's YAML: read within bounds, whatever its 500 bytes stand for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.judging import rules
from graders.judging.rules import learner_yaml
from graders.judging.rules.learner_yaml import (
    DEEPEST,
    LONGEST,
    MOST_NODES,
    UnreadableError,
    read_yaml,
)
from tests.unit.judging.rules.test_rules import LAB, texts

ALIASES = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
MERGES = "m0: &m0 {k: v}\n" + "".join(
    f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}\n" for n in range(1, 10)
)
BOMBS = {
    "aliases": ALIASES,
    "merge keys": MERGES,
    "an alias inside its own anchor": "a: &a [*a]\n",
    "depth": "[" * 5_000,
    "depth of mappings": "{a: " * 5_000,
    "size": "# \n" * LONGEST,
    "entries": "[" + "x," * 20_000 + "]",
    "characters": f"a: &a {'x' * 40_000}\nb: [*a, *a]\n",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_beyond_the_limits_is_reported_as_unreadable(bomb: str) -> None:
    with pytest.raises(UnreadableError, match="more than"):
        read_yaml(BOMBS[bomb])
    (mismatch,) = rules.altered_pipelines(texts(cd=BOMBS[bomb]), LAB)
    assert (mismatch.what, mismatch.expected) == (f"file {LAB.cd_yaml}", "YAML that can be read")
    assert "more than" in mismatch.found


@pytest.mark.parametrize(
    ("text", "one_more"),
    [
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "[" * (DEEPEST + 2) + "]" * (DEEPEST + 2)),
        (f"[{'x,' * (MOST_NODES - 1)}]", f"[{'x,' * MOST_NODES}]"),
        (f"[&a {'x' * (LONGEST // 2)}, *a]", f"[&a {'x' * (LONGEST // 2)}, *a, x]"),
    ],
    ids=["depth", "entries", "characters"],
)
def test_a_file_at_a_limit_is_read(text: str, one_more: str) -> None:
    assert read_yaml(text)
    with pytest.raises(UnreadableError, match="more than"):
        read_yaml(one_more)


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_value_that_is_a_bomb_is_as_quick(bomb: str) -> None:
    """The value that is compared, not only the file around it; a hang is how this test fails."""
    value = f"{BOMBS[bomb]}\nvariables:\n- name: MODEL_NAME\n  value: *a9\n"
    assert rules.altered_pipelines(texts(shared=value), LAB)


def test_the_line_of_a_syntax_error_is_reported() -> None:
    with pytest.raises(UnreadableError, match="not valid YAML at line 3"):
        read_yaml("a: 1\nb: [\n")


@pytest.mark.parametrize("text", ["a: \x1b]0;x\x07", "a: \ud800", "\t- ["])
def test_text_that_is_not_yaml_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match=r"^not valid YAML( at line 1)?$"):
        read_yaml(text)


def test_values_are_read_as_they_are_written() -> None:
    assert read_yaml("a: 010\nb: 2026-13-45\nc: yes\nd:\n") == {
        "a": "010",
        "b": "2026-13-45",
        "c": "yes",
        "d": "",
    }
    assert read_yaml("# nothing\n") is None
    assert read_yaml("a: &x [1]\nb: *x\n") == {"a": ["1"], "b": ["1"]}


def test_tabs_are_blanks_but_no_indentation() -> None:
    assert read_yaml("a:\t1\t# one\n\t\nb:\n  -\t2 \t\n \t\nc: x\ty\n") == {
        "a": "1",
        "b": ["2"],
        "c": "x y",
    }
    with pytest.raises(UnreadableError, match="line 2"):
        read_yaml("a:\n\tb: 1\n")


@pytest.mark.parametrize("blanks", ["\t" * 60_000, " " * 60_000, " \t" * 30_000])
@pytest.mark.parametrize("after", ["", "x", "\n"])
def test_many_blanks_take_no_longer_than_other_text(blanks: str, after: str) -> None:
    """A hang is how this test fails."""
    for text in (f"{blanks}{after}", f"a: 1{blanks}{after}"):
        with contextlib.suppress(UnreadableError):
            read_yaml(text)


@given(st.text(alphabet="{}[]:,&*<>-?!|'\"%@`# \n\tab01", max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(UnreadableError):
        read_yaml(text)


PIECES = (
    *("a", "b: ", "- ", "\n", "  ", "key:", " v", "# c", '"', "'", "|", ">-", "&x ", "*x", ": "),
    *(":", "!t ", "---\n", "...\n", "~", "{", "}", "[", "]", ",", "? ", "\\", "%", "@", "<<: "),
    *("%YAML 1.1\n", "\t", "\r", "é", "\u2028", "\x85", "\ufeff", "[" * 60),
)


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_libyaml_changes_nothing(text: str) -> None:
    plain = learner_yaml._TABS.sub(" ", text)
    assert outcome(read_yaml, text) == outcome(learner_yaml._read_slowly, plain)


@pytest.mark.parametrize("text", [">-# c", "a: {? b: }", "a: \u2028", "x: é"])
def test_where_libyaml_differs_it_is_not_asked(text: str) -> None:
    assert outcome(read_yaml, text) == outcome(learner_yaml._read_slowly, text)


def outcome(read: Callable[[str], object], text: str) -> object:
    try:
        return read(text)
    except UnreadableError as error:
        return str(error)
