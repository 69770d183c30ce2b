"""A TOML file read into a model, with every problem reported by line, key and remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from graders.inputs.problems import InputProblems, KeyProblem
from graders.inputs.text_file import read_text
from graders.names import nearest

_Model = TypeVar("_Model", bound=BaseModel)

_UNKNOWN = "extra_forbidden", "unexpected_keyword_argument"
_MESSAGES: Mapping[str, tuple[str, str]] = {
    "string_type": ("this is not text", 'write it in quotation marks, such as "text"'),
    "bool_type": ("this is not true or false", "write true or false, without quotes"),
    "float_type": ("this is not a number", "write a number, without quotes"),
    "finite_number": ("this is not a finite number", "write 0 or more"),
    "greater_than_equal": ("this is less than 0", "write 0 or more"),
    "tuple_type": ("this is not a list", 'write a list, such as ["one", "two"]'),
    "dict_type": ("this is not a table", "write it as a [table] of keys"),
    "model_type": ("this is not a table", "write it as a [table] of keys"),
    "dataclass_type": ("this is not a table", "write it as a [table] of keys"),
}


def read_toml(path: Path, model: type[_Model]) -> _Model:
    """The file as a model; raises InputProblems with everything that is wrong with it."""
    text = read_text(path, "save it as plain UTF-8 text")
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputProblems([_syntax_problem(path, str(error), text)]) from None
    except RecursionError:
        problem = KeyProblem(str(path), "it is nested too deeply", "write plain tables")
        raise InputProblems([problem]) from None
    except ValidationError as error:
        problems = _problems(path, model, text, error)
        raise InputProblems(sorted(problems, key=lambda problem: problem.row or 0)) from None


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
    path: Path, model: type[BaseModel], text: str, error: ValidationError
) -> Iterator[KeyProblem]:
    for detail in error.errors(include_url=False):
        keys = [str(part) for part in detail["loc"]]
        message, remedy = _in_words(model, detail)
        yield KeyProblem(
            str(path),
            message,
            remedy,
            row=_line_of(text, keys),
            column=".".join(keys),
            value=None if detail["type"] in _UNKNOWN else _as_text(detail["input"]),
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
    return _MESSAGES.get(detail["type"], fallback)


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
