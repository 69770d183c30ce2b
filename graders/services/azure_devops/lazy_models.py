"""The SDK's models, read from a body only where someone asks.

The SDK turns every field of every record into an object of its own: for a run's timeline that is
thousands of fields, of which the graders read some dozens. An :class:`Entity` has the attributes of
the SDK's model, by the names and types that the model declares, and reads each when asked.
Source: ``_attribute_map`` of the models in ``azure.devops.v7_1``, as msrest understands it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests
from msrest import Deserializer
from msrest.exceptions import DeserializationError  # type: ignore[attr-defined]

Models = Mapping[str, type[Any]]


class LazyDeserializer:
    """Takes the place of a client's own deserializer."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def __call__(self, kind: str, body: Any) -> Any:
        """The body of a response, or a part of it, as ``kind``: ``Build``, ``[Build]``, ``{str}``.

        Raises ``DeserializationError`` for what cannot be read so, at the latest when it is used.
        """
        content = json_of(body) if hasattr(body, "status_code") else body
        return read(kind, content, self._models)


class Entity:
    """A JSON object with the attributes of one of the SDK's models."""

    __slots__ = ("_body", "_model", "_models")

    def __init__(self, body: Any, model: type[Any], models: Models) -> None:
        if not isinstance(body, dict):
            raise DeserializationError(f"a {model.__name__} is not a JSON object")
        self._body, self._model, self._models = body, model, models

    @property
    def additional_properties(self) -> dict[str, Any]:
        """What the service sends and the model does not know."""
        known = {entry["key"] for entry in self._model._attribute_map.values()}
        return {key: value for key, value in self._body.items() if key not in known}

    def __getattr__(self, name: str) -> Any:
        entry = self._model._attribute_map.get(name)
        if entry is None:
            raise AttributeError(name)
        return read(entry["type"], self._body.get(entry["key"]), self._models)


def read(kind: str, value: Any, models: Models) -> Any:
    """A value of a body as the SDK would give it; null stays None."""
    if value is None or kind == "object":
        return value
    if kind in _SCALARS:
        return _plain(kind, value)
    if kind.startswith("["):
        return [read(kind[1:-1], item, models) for item in _of(list, value, kind)]
    if kind.startswith("{"):
        pairs = _of(dict, value, kind).items()
        return {key: read(kind[1:-1], item, models) for key, item in pairs}
    if kind not in models:
        raise DeserializationError(f"a {kind} is none of the SDK's models")
    return Entity(value, models[kind], models)


def unwrapped(response: Any) -> Any:
    """The entries of a list; None where the body has none."""
    body = json_of(response)
    return body.get("value") if isinstance(body, Mapping) else None


def json_of(response: Any) -> Any:
    """A response's body; raises ``DeserializationError`` where that is no JSON."""
    sent: requests.Response = getattr(response, "internal_response", response)
    try:
        return sent.json()
    except ValueError:
        raise DeserializationError("the body is not JSON") from None


def _of(shape: type[Any], value: object, kind: str) -> Any:
    if not isinstance(value, shape):
        raise DeserializationError(f"a {kind} has another shape")
    return value


def _plain(kind: str, value: Any) -> Any:
    """Scalars; those that are no such thing raise, as they do in msrest."""
    try:
        return _SCALARS[kind](value)
    except (KeyError, TypeError, ValueError):
        raise DeserializationError(f"a value is no {kind}") from None


def _bool(value: object) -> bool:
    if isinstance(value, str):
        return {"true": True, "false": False}[value.lower()]
    return bool(value)


_SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": _bool,
    "iso-8601": Deserializer.deserialize_iso,
}
