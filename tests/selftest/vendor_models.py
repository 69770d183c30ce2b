"""A body held against a vendor's own generated model: every key known, every value of its type.

Three generators are understood: msrest (Azure DevOps, run history, model management), the typed
models of azure-ai-ml's Azure Resource Manager client, and PyGithub's classes.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from github import Github
from github.GithubObject import (
    CompletableGithubObject,
    GithubObject,
    _BadAttribute,
    _ValuedAttribute,
)
from msrest.serialization import Model

_DOT = re.compile(r"(?<!\\)\.")
_DURATION = re.compile(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?([\d.]+S)?)?")
_UNSET = ("0001-01-01T00:00:00", "1970-01-01T00:00:00")
"""What .NET writes for a time that nobody set: without a zone."""


class Flaw(NamedTuple):
    """What a model does not know, or knows otherwise: ``model`` and ``key``, then what is wrong."""

    model: str
    key: str
    what: str


def flaws(body: object, model: Any) -> list[Flaw]:
    """Everything of a body that the model does not have, or has with another type.

    ``model`` is a class of one of the vendors; ``[model]`` stands for a list of them, ``{"value":
    [model]}`` for an object of exactly such keys, and ``str``, ``int``, ``float``, ``bool`` for
    themselves.
    """
    return list(_flaws(body, model, "the body", ""))


def _flaws(value: object, model: Any, owner: str, key: str) -> Iterator[Flaw]:
    if isinstance(model, list):
        if not isinstance(value, list):
            yield Flaw(owner, key, f"a list, not {_kind(value)}")
            return
        for one in value:
            yield from _flaws(one, model[0], owner, key)
    elif isinstance(model, dict):
        yield from _object(value, model, owner, key)
    elif inspect.isclass(model) and issubclass(model, Model):
        yield from _msrest(value, model, owner, key)
    elif inspect.isclass(model) and issubclass(model, GithubObject):
        yield from _github(value, model, owner, key)
    elif hasattr(model, "__mro__") and any(
        one.__name__ == "_MyMutableMapping" for one in model.__mro__
    ):
        yield from _typed(value, model, owner, key)
    else:
        yield from _plain(value, model, owner, key)


def _object(value: object, known: Mapping[str, Any], owner: str, key: str) -> Iterator[Flaw]:
    """An object written out by hand; the key ``*`` is any other key."""
    if not isinstance(value, dict):
        yield Flaw(owner, key, f"an object, not {_kind(value)}")
        return
    for name, one in value.items():
        where = f"{key}.{name}".strip(".")
        if name in known or "*" in known:
            yield from _flaws(one, known.get(name, known.get("*")), owner, where)
        else:
            yield Flaw(owner, where, "no such key")


def _plain(value: object, hint: Any, owner: str, key: str) -> Iterator[Flaw]:
    if value is None or hint in (Any, object):
        return
    if hint is datetime:
        if not isinstance(value, str) or not _is_time(value):
            yield Flaw(owner, key, f"a time, not {value!r}")
        return
    if hint is timedelta:
        if not isinstance(value, str) or not _DURATION.fullmatch(value):
            yield Flaw(owner, key, f"a duration, not {value!r}")
        return
    if inspect.isclass(hint) and issubclass(hint, Enum):
        if value not in [one.value for one in hint]:
            yield Flaw(owner, key, f"none of {hint.__name__}: {value!r}")
        return
    wanted = (int, float) if hint is float else hint
    if not isinstance(value, wanted) or (isinstance(value, bool) and hint is not bool):
        yield Flaw(owner, key, f"{getattr(hint, '__name__', hint)}, not {_kind(value)}")


def _is_time(text: str) -> bool:
    """As ISO 8601 has it, with the seven places that .NET writes; with a zone."""
    if text in _UNSET:
        return True
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).tzinfo is not None
    except ValueError:
        return False


def _kind(value: object) -> str:
    return f"{type(value).__name__} {value!r}"[:80]


# --- msrest ---------------------------------------------------------------------------------------


def _msrest(value: object, model: type[Model], owner: str, key: str) -> Iterator[Flaw]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield Flaw(owner, key, f"{model.__name__}, not {_kind(value)}")
        return
    known: dict[str, Any] = {}
    for one in model._attribute_map.values():
        *outer, name = [part.replace("\\.", ".") for part in _DOT.split(one["key"])]
        home = known
        for part in outer:  # a flattened property stands in an object of its own
            home = home.setdefault(part, {})
        home[name] = _of_text(one["type"], sys.modules[model.__module__])
    yield from _object(value, known, model.__name__, "")


def _of_text(text: str, module: types.ModuleType) -> Any:
    """``[str]``, ``{Model}``, ``iso-8601``, … of an attribute map."""
    if text.startswith("["):
        return [_of_text(text[1:-1], module)]
    if text.startswith("{"):
        return {"*": _of_text(text[1:-1], module)}
    basic = {"int": int, "long": int, "float": float, "str": str, "bool": bool, "object": Any}
    times = {"iso-8601": datetime, "date-time": datetime}
    return (basic | times).get(text) or getattr(module, text, str)


# --- the typed models of azure-ai-ml --------------------------------------------------------------


def _typed(value: object, model: Any, owner: str, key: str) -> Iterator[Flaw]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield Flaw(owner, key, f"{model.__name__}, not {_kind(value)}")
        return
    model = _subclass(model, value)
    package = sys.modules[model.__module__.rpartition(".")[0]]  # with the enumerations
    hints = typing.get_type_hints(model, localns={"_models": package})
    known = {field._rest_name: hints[name] for name, field in _fields(model).items()}
    for name, one in value.items():
        if name not in known:
            yield Flaw(model.__name__, name, "no such key")
        else:
            yield from _hinted(one, known[name], model.__name__, name)


def _fields(model: Any) -> dict[str, Any]:
    model.__new__(model)  # fills in the names that the wire has
    return dict(model._attr_to_rest_field)


def _subclass(model: Any, value: Mapping[str, Any]) -> Any:
    """The kind of model that the body says it is."""
    mapping = getattr(model, "__mapping__", {})
    return next(
        (mapping[one] for one in value.values() if isinstance(one, str) and one in mapping), model
    )


def _hinted(value: object, hint: Any, owner: str, key: str) -> Iterator[Flaw]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        kinds = [one for one in inner if one is not type(None)]
        named = [one for one in kinds if inspect.isclass(one) and issubclass(one, Enum)]
        options = [list(_hinted(value, one, owner, key)) for one in named or kinds]
        yield from [] if value is None else min(options, key=len)
    elif origin is typing.Literal:
        if value not in [getattr(one, "value", one) for one in inner]:
            yield Flaw(owner, key, f"none of {inner}: {value!r}")
    elif origin is list:
        yield from _flaws(value, [inner[0]], owner, key)
    elif origin is dict:
        yield from _object(value, {"*": inner[1]}, owner, key)
    else:
        yield from _flaws(value, hint, owner, key)


# --- PyGithub -------------------------------------------------------------------------------------


def _github(value: object, model: type[GithubObject], owner: str, key: str) -> Iterator[Flaw]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield Flaw(owner, key, f"{model.__name__}, not {_kind(value)}")
        return
    requester = Github().requester
    made: Any = (
        model(requester, {}, value, completed=True)
        if issubclass(model, CompletableGithubObject)
        else model(requester, {}, value)
    )
    known = _keys_of(model)
    yield from (Flaw(model.__name__, name, "no such key") for name in value if name not in known)
    for name, one in vars(made).items():
        if isinstance(one, _BadAttribute):
            yield Flaw(model.__name__, name.lstrip("_"), "another type")
        elif isinstance(one, _ValuedAttribute):
            for part in one.value if isinstance(one.value, list) else [one.value]:
                if isinstance(part, GithubObject):
                    yield from _github(part._rawData, type(part), model.__name__, name)


def _keys_of(model: type[GithubObject]) -> set[str]:
    """What the class reads of a body, as its own source says it."""
    classes = [one for one in model.__mro__ if "_useAttributes" in vars(one)]
    source = "".join(inspect.getsource(one._useAttributes) for one in classes)  # type: ignore[attr-defined]
    return set(re.findall(r'"(\w+)" in attributes', source))
