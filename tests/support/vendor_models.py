"""Bodies held against the vendors' own generated models: every key known, every type right.

The SDKs themselves are lenient: they keep what they do not know, and turn 5 into "5". So the model
is walked beside the body, and the SDK's own reader is then run as well.
"""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Protocol

from github import Github
from github.GithubException import BadAttributeException
from github.GithubObject import GithubObject, _BadAttribute, _ValuedAttribute
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    parse,
)
from msrest import Deserializer
from msrest.exceptions import DeserializationError

Misfits = Iterator["Misfit"]


@dataclass(frozen=True)
class Misfit:
    """What of a body a model does not admit: the key, and why."""

    model: str
    key: str
    why: str
    value: object = None

    def __str__(self) -> str:
        return f"{self.model}.{self.key}: {self.why}"


@dataclass(frozen=True)
class Spot:
    """The place of a value: the model it is in, and the key it has there."""

    model: str
    key: str

    def misfit(self, value: object, why: str) -> Misfit:
        return Misfit(self.model, self.key, f"{_shortened(value)} {why}", value)


_JSON: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "long": (int,),
    "bool": (bool,),
    "float": (int, float),
    "iso-8601": (str,),
    "duration": (str,),
    "[object]": (list,),
    "{object}": (dict,),
}
"""Type of a model -> what it is in JSON."""


def _simple(value: object, kind: str, spot: Spot) -> Misfits:
    is_bool = isinstance(value, bool)  # which Python takes for a number as well
    if not isinstance(value, _JSON[kind]) or (is_bool and kind != "bool"):
        yield spot.misfit(value, f"is no {kind}")
    elif kind in ("iso-8601", "duration"):
        try:
            Deserializer().deserialize_data(value, kind)
        except DeserializationError:
            yield spot.misfit(value, f"is no {kind}")


def _list_of(value: object, of_each: Any, spot: Spot) -> Misfits:
    if not isinstance(value, list):
        yield spot.misfit(value, "is no list")
        return
    for element in value:
        yield from of_each(element, spot)


def _mapping_of(value: object, of_each: Any, spot: Spot) -> Misfits:
    if not isinstance(value, dict):
        yield spot.misfit(value, "is no object")
        return
    for element in value.values():
        yield from () if element is None else of_each(element, spot)


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# --- what is around the resources: lists and pages ------------------------------------------------


class Model(Protocol):
    """Something a body can be held against."""

    def misfits(self, body: object) -> Misfits: ...


@dataclass(frozen=True)
class Each:
    """A bare array of resources."""

    model: Model

    def misfits(self, body: object) -> Misfits:
        yield from _list_of(body, lambda element, _: self.model.misfits(element), Spot("array", ""))


@dataclass(frozen=True)
class Page:
    """An object with a list of resources under ``value``; ``beside`` are its other keys."""

    model: Model
    beside: Mapping[str, str]

    def misfits(self, body: object) -> Misfits:
        if not isinstance(body, dict):
            yield Spot("page", "").misfit(body, "is no object")
            return
        for key, value in body.items():
            if key == "value":
                yield from Each(self.model).misfits(value)
            elif key not in self.beside:
                yield Misfit("page", key, "unknown key")
            elif value is not None:
                yield from _simple(value, self.beside[key], Spot("page", key))
        if body.get("count", len(body.get("value", ""))) != len(body.get("value", "")):
            yield Misfit("page", "count", f"{body['count']} is not how many there are")


# --- msrest: azure-devops, and what azure-ai-ml brings along --------------------------------------


@dataclass(frozen=True)
class Msrest:
    """A model of an SDK made with msrest: ``Build``, ``[Build]`` or ``{str}``, and its siblings.

    ``words`` are the enumerations, which azure-devops declares as "object" only.
    """

    classes: Mapping[str, Any]
    kind: str
    words: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def misfits(self, body: object) -> Misfits:
        unfit = list(self._of(body, self.kind, Spot(self.kind, "")))
        yield from unfit
        if not unfit:
            yield from self._unread(body)

    def _unread(self, body: object) -> Misfits:
        try:
            Deserializer(self.classes)(self.kind, body)
        except DeserializationError as error:
            yield Misfit(self.kind, "", f"the SDK cannot read it: {error}")

    def _of(self, value: object, kind: str, spot: Spot) -> Misfits:
        if value is None or kind in ("[object]", "{object}"):
            yield from () if value is None else _simple(value, kind, spot)
        elif kind.startswith("["):
            yield from _list_of(value, lambda element, at: self._of(element, kind[1:-1], at), spot)
        elif kind.startswith("{"):
            yield from _mapping_of(
                value, lambda element, at: self._of(element, kind[1:-1], at), spot
            )
        elif kind in _JSON:
            yield from _simple(value, kind, spot)
        elif kind == "object":
            yield from self._of_no_type(value, spot)
        else:
            yield from self._of_model(value, kind, spot)

    def _of_no_type(self, value: object, spot: Spot) -> Misfits:
        """Without its words, an enumeration would be held against nothing."""
        words = self.words.get((spot.model, spot.key))
        if words is not None and value not in words:
            yield spot.misfit(value, f"is none of {sorted(words)}")
        elif words is None and not isinstance(value, dict):
            yield spot.misfit(value, "has no declared type, nor words of its own")

    def _of_model(self, value: object, kind: str, spot: Spot) -> Misfits:
        if not isinstance(value, dict):
            yield spot.misfit(value, f"is no {kind}")
            return
        known = {
            attribute["key"]: attribute["type"]
            for attribute in self.classes[kind]._attribute_map.values()
        }
        for key, entry in value.items():
            if key in known:
                yield from self._of(entry, known[key], Spot(kind, key))
            else:
                yield Misfit(kind, key, "unknown key", entry)


# --- Azure ML: the models of azure-ai-ml ----------------------------------------------------------


@dataclass(frozen=True)
class Typed:
    """A model of a client inside azure-ai-ml: annotations, and a name on the wire for each."""

    kind: Any

    def misfits(self, body: object) -> Misfits:
        yield from self._of_model(body, self.kind, Spot(self.kind.__name__, ""))

    def _of(self, value: object, kind: Any, spot: Spot) -> Misfits:
        origin, inner = typing.get_origin(kind), typing.get_args(kind)
        if kind is Any:
            return
        if origin in (typing.Union, UnionType):
            yield from self._of_union(value, inner, spot)
        elif value is None:
            yield spot.misfit(value, "is not there, and required")
        elif origin is list:
            yield from _list_of(value, lambda element, at: self._of(element, inner[0], at), spot)
        elif origin is dict:
            yield from _mapping_of(value, lambda element, at: self._of(element, inner[1], at), spot)
        elif kind in _NAMES:
            yield from _simple(value, _NAMES[kind], spot)
        elif origin is typing.Literal or issubclass(kind, Enum):
            if value not in [member.value for member in inner or kind]:
                yield spot.misfit(value, f"is no {getattr(kind, '__name__', inner)}")
        else:
            yield from self._of_model(value, kind, spot)

    def _of_union(self, value: object, kinds: tuple[Any, ...], spot: Spot) -> Misfits:
        """Optional, or an enumeration, which is always declared beside ``str``."""
        if value is None and type(None) in kinds:
            return
        kinds = tuple(option for option in kinds if option is not type(None))
        words = [
            option for option in kinds if isinstance(option, type) and issubclass(option, Enum)
        ]
        (kind,) = words or kinds
        yield from self._of(value, kind, spot)

    def _of_model(self, value: object, kind: Any, spot: Spot) -> Misfits:
        if not isinstance(value, dict):
            yield spot.misfit(value, f"is no {kind.__name__}")
            return
        model = type(kind._deserialize(value, []))  # a discriminator may tell it more exactly
        known, name = _annotated(model), model.__name__
        for key, entry in value.items():
            if key in known:
                yield from self._of(entry, known[key], Spot(name, key))
            else:
                yield Misfit(name, key, "unknown key", entry)
        for key in sorted(known.keys() - value.keys()):
            if type(None) not in typing.get_args(known[key]):
                yield Misfit(name, key, "required, and not there")


_NAMES = {
    str: "str",
    int: "int",
    float: "float",
    bool: "bool",
    datetime: "iso-8601",
    timedelta: "duration",
}


@cache
def _annotated(model: Any) -> Mapping[str, Any]:
    """REST name -> annotation."""
    vendors = next(base for base in model.__mro__ if base.__module__.startswith("azure."))
    models = sys.modules[vendors.__module__.rpartition(".")[0]]
    hints = typing.get_type_hints(model, localns={"_models": models})  # their name for it
    return {
        rest_field._rest_name: hints[name] for name, rest_field in model._attr_to_rest_field.items()
    }


# --- GitHub: the classes of PyGithub --------------------------------------------------------------


class _Read(dict[str, Any]):
    """An object of a body that knows which of its keys somebody asked for."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__({key: _readable(value) for key, value in body.items()})
        self.known: set[str] = set()

    def __contains__(self, key: object) -> bool:
        self.known.add(str(key))
        return super().__contains__(key)


def _readable(value: Any) -> Any:
    if isinstance(value, dict):
        return _Read(value)
    return [_readable(element) for element in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class PyGithub:
    """A class of PyGithub: a key that it does not ask a body for is unknown to it."""

    kind: type[GithubObject]

    def misfits(self, body: object) -> Misfits:
        name = self.kind.__name__
        if isinstance(body, dict):
            yield from _of_github(self.kind(_NOBODY, {}, _Read(body)))
        else:
            yield Spot(name, "").misfit(body, "is no object")


_NOBODY = Github().requester  # which the classes want, and do not ask anything


def _of_github(resource: GithubObject) -> Misfits:
    name, body = type(resource).__name__, resource._rawData
    for key in body.keys() - body.known:
        yield Misfit(name, key, "unknown key", body[key])
    for attribute, held in vars(resource).items():
        if isinstance(held, _BadAttribute):
            yield Misfit(name, attribute.removeprefix("_"), _why_bad(held))
        elif isinstance(held, _ValuedAttribute):
            values = held.value if isinstance(held.value, list) else [held.value]
            for inner in values:
                if isinstance(inner, GithubObject) and isinstance(inner._rawData, _Read):
                    yield from _of_github(inner)


def _why_bad(held: _BadAttribute) -> str:
    try:
        return _shortened(held.value)
    except BadAttributeException as error:
        return f"{_shortened(error.actual_value)} is no {error.expected_type}"


# --- GitHub's GraphQL: the schema -----------------------------------------------------------------


class GraphQLAnswer:
    """The answer to a query, held against it and against the schema that it is written in."""

    def __init__(self, schema: GraphQLSchema, query: str) -> None:
        self._schema = schema
        definitions = parse(query).definitions
        (self._query,) = (
            definition
            for definition in definitions
            if isinstance(definition, OperationDefinitionNode)
        )
        named = [
            definition
            for definition in definitions
            if isinstance(definition, FragmentDefinitionNode)
        ]
        self._fragments = {fragment.name.value: fragment for fragment in named}

    def misfits(self, body: object) -> Misfits:
        yield from self._of_object(body, self._schema.query_type, [self._query.selection_set])

    def _of_object(self, value: Any, kind: Any, wanted: list[SelectionSetNode]) -> Misfits:
        if not isinstance(value, dict):
            yield Spot(kind.name, "").misfit(value, "is no object")
            return
        kind = self._exactly(value, kind, wanted)
        fields = self._fields(kind, wanted)
        for key, entry in value.items():
            asked = fields.get(key)
            if not asked:
                yield Misfit(kind.name, key, "unknown key")
            elif asked[0].name.value != "__typename":
                spot = Spot(kind.name, asked[0].name.value)
                of_field = kind.fields[spot.key].type
                below = [node.selection_set for node in asked if node.selection_set]
                yield from self._of(entry, of_field, below, spot)
        for key in fields.keys() - value.keys():
            yield Misfit(kind.name, key, "asked for, and not there")

    def _of(self, value: Any, kind: Any, below: list[SelectionSetNode], spot: Spot) -> Misfits:
        if is_non_null_type(kind):
            if value is None:
                yield spot.misfit(value, "is not there, and required")
                return
            kind = kind.of_type
        if value is None:
            return
        if is_list_type(kind):
            yield from _list_of(
                value, lambda element, at: self._of(element, kind.of_type, below, at), spot
            )
        elif is_leaf_type(kind):
            yield from _of_leaf(value, kind, spot)
        else:
            yield from self._of_object(value, get_named_type(kind), below)

    def _exactly(self, value: Mapping[str, Any], kind: Any, wanted: list[SelectionSetNode]) -> Any:
        """What implements an interface: it says so, or has all that is asked of one of them."""
        if not is_abstract_type(kind):
            return kind
        possible = self._schema.get_possible_types(kind)
        named = [candidate for candidate in possible if candidate.name == value.get("__typename")]
        like = [
            candidate
            for candidate in possible
            if self._fields(candidate, wanted).keys() == value.keys()
        ]
        return next(iter((*named, *like)), kind)

    def _fields(self, kind: Any, wanted: list[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """Answer's key -> what asked for it, of an object of that type."""
        fields: dict[str, list[FieldNode]] = {}
        for selection in [
            selection for selections in wanted for selection in selections.selections
        ]:
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias else selection.name.value
                fields.setdefault(key, []).append(selection)
                continue
            is_named = isinstance(selection, FragmentSpreadNode)
            fragment = self._fragments[selection.name.value] if is_named else selection
            if self._fits(kind, fragment):
                for key, asked in self._fields(kind, [fragment.selection_set]).items():
                    fields.setdefault(key, []).extend(asked)
        return fields

    def _fits(self, kind: Any, fragment: InlineFragmentNode | FragmentDefinitionNode) -> bool:
        on = fragment.type_condition
        named = self._schema.type_map[on.name.value] if on else kind
        return named is kind or (is_abstract_type(named) and self._schema.is_sub_type(named, kind))


_SCALARS = {"Int": "int", "Float": "float", "Boolean": "bool", "DateTime": "iso-8601"}


def _of_leaf(value: Any, kind: Any, spot: Spot) -> Misfits:
    if hasattr(kind, "values"):
        if value not in kind.values:
            yield spot.misfit(value, f"is no {kind.name}")
    else:
        yield from _simple(value, _SCALARS.get(kind.name, "str"), spot)
