"""A TOML file read into a model, with every problem reported by line, key and remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from graders.inputs.problems import InputProblems, KeyProblem, Problem
from graders.inputs.text_file import read_text
from graders.names import nearest

_Model = TypeVar("_Model", bound=BaseModel)

_UNKNOWN = "extra_forbidden", "unexpected_keyword_argument"
_MESSAGES: Mapping[str, tuple[str, str]] = {
    "string_type": ("this is not text", 'write it in quotation marks, such as "text"'),
    "bool_type": ("this is not true or false", "write true or false, without quotes"),
    "float_type": ("this is not a number", "write a number, without quotes"),
    "finite_number": ("this is not a finite number", "write 0 or more"),
    "int_type": ("this is not a whole number", "write a whole number, without quotes"),
    "greater_than_equal": ("this is less than {ge:g}", "write {ge:g} or more"),
    "tuple_type": ("this is not a list", 'write a list, such as ["one", "two"]'),
    "dict_type": ("this is not a table", "write it as a [table] of keys"),
    "model_type": ("this is not a table", "write it as a [table] of keys"),
    "dataclass_type": ("this is not a table", "write it as a [table] of keys"),
    "missing": ("this is missing", "write it"),
    "literal_error": ("this is not one of the choices", "write {expected}"),
    "string_too_short": ("this is empty", "fill it in"),
}


def flaw_error(what: str, remedy: str) -> PydanticCustomError:
    """For a validator to raise: what is wrong, and what to do about it."""
    return PydanticCustomError("flaw", "{what}", {"what": what, "remedy": remedy})


def read_toml(path: Path, model: type[_Model]) -> _Model:
    """The file as a model; raises InputProblems with everything that is wrong with it."""
    text, tables = _tables(path)
    try:
        return model.model_validate(tables)
    except ValidationError as error:
        problems = _problems(path, model, text, error)
        raise InputProblems(sorted(problems, key=lambda problem: problem.row or 0)) from None


def read_entries(path: Path, model: type[_Model]) -> tuple[dict[str, _Model], list[Problem]]:
    """A file with one table an entry: the valid entries by name, and what is wrong with the others.

    Raises InputProblems where the file is no TOML at all.
    """
    text, tables = _tables(path)
    entries: dict[str, _Model] = {}
    problems: list[Problem] = []
    for name, table in tables.items():
        try:
            entries[name] = model.model_validate(table)
        except ValidationError as error:
            problems += _problems(path, model, text, error, name)
    return entries, problems


def _tables(path: Path) -> tuple[str, dict[str, Any]]:
    text = read_text(path, "save it as plain UTF-8 text")
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputProblems([_syntax_problem(path, str(error), text)]) from None
    except RecursionError:
        problem = KeyProblem(str(path), "it is nested too deeply", "write plain tables")
        raise InputProblems([problem]) from None


def _syntax_problem(path: Path, message: str, text: str) -> KeyProblem:
    reason, _, place = message.partition(" (at ")
    match = re.match(r"line (\d+)", place)
    row = int(match[1]) if match else text.count("\n") + 1
    lines = text.splitlines()
    value = lines[row - 1].strip() if row <= len(lines) else None
    problem = f"this is not valid TOML: {reason[:1].lower()}{reason[1:]}"
    return KeyProblem(
        str(path), problem, "correct this line or the one above", row=row, value=value
    )


def _problems(
    path: Path, model: type[BaseModel], text: str, error: ValidationError, entry: str = ""
) -> Iterator[KeyProblem]:
    for detail in error.errors(include_url=False):
        keys = [*([entry] if entry else []), *(str(part) for part in detail["loc"])]
        message, remedy = _in_words(model, detail)
        is_untold = detail["type"] in (*_UNKNOWN, "missing") or isinstance(detail["input"], dict)
        yield KeyProblem(
            str(path),
            message,
            remedy,
            row=_line_of(text, keys),
            column=".".join(keys),
            value=None if is_untold else _as_text(detail["input"]),
        )


def _in_words(model: type[BaseModel], detail: ErrorDetails) -> tuple[str, str]:
    context: dict[str, Any] = detail.get("ctx", {})
    if "remedy" in context:
        return context["what"], context["remedy"]
    if detail["type"] in _UNKNOWN:
        *table, key = [str(part) for part in detail["loc"]]
        known = _keys_of(model, table)
        meant = nearest(key, known)
        remedy = f"write `{meant}`" if meant else f"the known keys are {', '.join(known)}"
        return "unknown key", remedy
    fallback = detail["msg"][:1].lower() + detail["msg"][1:], "correct it"
    message, remedy = _MESSAGES.get(detail["type"], fallback)
    return message.format_map(context), remedy.format_map(context)


def _keys_of(model: type[BaseModel], table: list[str]) -> list[str]:
    kind: Any = model
    for name in table:
        kind = kind.model_fields[name].annotation
    return [f.name for f in fields(kind)] if is_dataclass(kind) else list(kind.model_fields)


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line_of(text: str, keys: list[str]) -> int | None:
    """The line of a key, or of its table where the key is written in some other way."""
    table_line, table, wanted = None, "", keys[-1]
    if len(keys) > 1:
        wanted = keys[1]
    for number, line in enumerate(text.splitlines(), start=1):
        heading = re.match(r"\s*\[+\s*\"?([\w-]+)\"?\s*\]", line)
        if heading:
            table = heading[1]
            table_line = number if table == keys[0] else table_line
        own = table == keys[0] if len(keys) > 1 else not table
        if own and re.match(rf"\s*[\"']?{re.escape(wanted)}[\"']?\s*=", line):
            return number
    return table_line
