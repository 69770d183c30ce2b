"""The lab sheet is written once: no code spells what it dictates, and it is whole and sound."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from graders.lab import SHEET
from graders.lab.sheet import EDITIONS, read_sheet
from tests.support.paths import PROJECT

SHORTEST = 6
"""Characters; shorter names are ordinary words."""
ELSEWHERE: Mapping[tuple[str, str], str] = {
    ("reports/allure/history_file.py", "result"): "Allure's name for its files",
    ("reports/allure/pages.py", "result"): "Allure's name for a part of its page",
    ("reports/allure/results_folder.py", "result"): "Allure's name for its files",
    ("reports/allure/restate.py", "result"): "Allure's name for its files",
    ("reports/exports/classroom50.py", "result"): "Classroom 50's name for a file and its schema",
}
"""File and name -> why the name is not the lab's there."""


def values(part: object) -> Iterator[str]:
    """Every text of a sheet."""
    if isinstance(part, str):
        yield part
    elif is_dataclass(part):
        for field in fields(part):
            yield from values(getattr(part, field.name))
    elif isinstance(part, tuple | Mapping):
        for inner in part.values() if isinstance(part, Mapping) else part:
            yield from values(inner)


def texts(code: str) -> Iterator[str]:
    """The string constants of a module that are no docstrings."""
    tree = ast.parse(code)
    docstrings = {
        id(statement.value) for statement in ast.walk(tree) if isinstance(statement, ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node.value


def names_in(text: str) -> set[str]:
    """The names of the sheet that a text is, or has in it as words of their own."""
    dictated = {name for name in values(SHEET) if len(name) >= SHORTEST and name in text}
    return {name for name in dictated if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)}


def spelled() -> Iterator[tuple[str, str]]:
    for folder in ("graders", "fixtures", "reports"):
        for file in sorted((PROJECT / folder).rglob("*.py")):
            path = file.relative_to(PROJECT).as_posix()
            if not path.startswith("fixtures/simulator/"):
                for text in texts(file.read_text(encoding="utf-8")):
                    yield from ((path, name) for name in names_in(text))


def test_no_code_spells_what_the_sheet_dictates() -> None:
    """An exception that nobody needs any more is one too many."""
    assert set(spelled()) == set(ELSEWHERE)


def test_a_name_is_found_in_a_longer_text_and_in_no_longer_word() -> None:
    assert names_in(f"stage {SHEET.cd.deployment.name}: …") == {SHEET.cd.deployment.name}
    assert names_in(SHEET.ci.yaml) >= {SHEET.ci.yaml}
    assert names_in("results") == set()


def test_docstrings_do_not_count_and_every_other_text_does() -> None:
    code = '"""a doc"""\nx = "a name"\n"""about x"""\ny = f"part {x}"\n'
    assert list(texts(code)) == ["a name", "part "]


def test_a_sheet_is_validated_when_it_is_read(tmp_path: Path) -> None:
    """A key left out, a key too many, an empty name, a pattern with another place."""
    (file,) = EDITIONS.glob("*/sheet.toml")
    text, broken = file.read_text(encoding="utf-8"), tmp_path / "sheet.toml"
    assert read_sheet(file) == SHEET
    for old, new in (
        ('experiment = "mlopspython"', ""),
        ("[endpoint]", '[endpoint]\nregion = "x"'),
        ('name = "mlops-aci"', 'name = ""'),
        ('"user{n}aml"', '"user{m}aml"'),
        ("shortest = 3", 'shortest = "three"'),
        ("Report_{run}", "Report_{id}"),
        ('"mlopspython"', '"mlops{python}"'),
    ):
        assert old in text
        broken.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(ValidationError):
            read_sheet(broken)


def test_a_number_is_read_from_a_base_name_whole() -> None:
    form = SHEET.variable_group.base_name
    assert form.numbers("user04-USER12x") == [4, 12]
    assert form.numbers("user-4") == []
    assert form.numbers("user" + "4" * 5000 + "user4") == [4]
    assert replace(form, user="n{n:02d}x").numbers("n04x n5") == [4]
