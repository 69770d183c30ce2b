"""A learner's YAML, read within bounds: 500 bytes of aliases can expand to a gigabyte."""

from __future__ import annotations

import contextlib
import re
from functools import lru_cache
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import BaseConstructor
from yaml.resolver import BaseResolver

LONGEST = 64 * 1024
"""Characters; the lab's longest file has 3,000."""
DEEPEST = 50
MOST_NODES = 10_000
"""Scalars, lists and mappings, each counted wherever an alias repeats it; as are characters."""


_TABS = re.compile(r"(?<=\S)[ \t]*\t[ \t]*|^[ \t]+$", re.MULTILINE)
"""Blanks with a tab, but no indentation: YAML and Azure Pipelines allow them, PyYAML does not."""


class UnreadableError(Exception):
    """Why a text is not read as YAML, in a few words."""


@lru_cache(maxsize=64)  # most learners have the template's own three files
def read_yaml(text: str) -> Any:
    """Lists, mappings and texts, not to be changed: a number or a date is the text in the file.

    Nothing is merged (``<<``): Azure Pipelines does not merge either. Raises UnreadableError.
    """
    if len(text) > LONGEST:
        raise UnreadableError(f"more than {LONGEST:,} characters")
    text = _TABS.sub(" ", text)
    if _FastLoader is not None and not _SLOWLY.search(text):
        # what it refuses is for the other loader to decide, and to say where
        with contextlib.suppress(yaml.YAMLError, ValueError):
            return _document(_FastLoader(text))
    return _read_slowly(text)


def _read_slowly(text: str) -> Any:
    try:
        return _document(_Loader(text))  # it reads on at once, and refuses control characters
    except (yaml.YAMLError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        raise UnreadableError(
            "not valid YAML" if line is None else f"not valid YAML at line {line + 1}"
        ) from None


def _document(loader: Any) -> Any:
    node = loader.get_single_node()
    if node is None:
        return None
    _Budget().spend(node)
    return loader.construct_document(node)


class _Bounded(Composer):
    """Stops at the bound on depth, long before Python does at its own."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self._depth > DEEPEST:
            raise UnreadableError(f"nested more than {DEEPEST} deep")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class _Loader(_Bounded, yaml.BaseLoader):
    """PyYAML's own: what it says of a text is what counts."""


_FastLoader: Any = None
if yaml.__with_libyaml__:
    from yaml._yaml import CParser  # where there is no libyaml, this does not exist

    class _WithLibyaml(_Bounded, CParser, BaseConstructor, BaseResolver):
        """libyaml splits the text into events, one by one; nodes are made here, within the bounds.

        libyaml's own nodes have none: it makes them on the stack of C.
        """

        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            Composer.__init__(self)
            BaseConstructor.__init__(self)
            BaseResolver.__init__(self)

    _FastLoader = _WithLibyaml
_SLOWLY = re.compile(r"[^\n -~]|[?]|[|>][-+0-9]*#")
"""Where libyaml reads what PyYAML refuses: tabs, other line ends, odd keys and comments."""


class _Budget:
    """What is left to read of a document, aliases written out."""

    def __init__(self) -> None:
        self._left = MOST_NODES
        self._characters = LONGEST

    def spend(self, node: yaml.Node, depth: int = 0) -> None:
        self._left -= 1
        if depth > DEEPEST:  # an alias inside its own anchor ends here as well
            raise UnreadableError(f"nested more than {DEEPEST} deep")
        if self._left < 0:
            raise UnreadableError(f"more than {MOST_NODES:,} entries, with its aliases written out")
        if isinstance(node, yaml.ScalarNode):
            self._characters -= len(node.value)
            if self._characters < 0:
                message = f"more than {LONGEST:,} characters, with its aliases written out"
                raise UnreadableError(message)
            return
        for entry in node.value:
            for part in entry if isinstance(entry, tuple) else (entry,):
                self.spend(part, depth + 1)
