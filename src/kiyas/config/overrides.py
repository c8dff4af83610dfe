"""``--set key.path=value`` -> the raw study with the value laid over it."""

from __future__ import annotations

import copy
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from kiyas.config.conflict import KeyPath
from kiyas.errors import StudyError


def lay_over(raw: CommentedMap, override: str) -> KeyPath:
    """Set one ``key.path=value`` in the raw study and return its path.

    Raises:
        StudyError: Not of that form, or a part of the path names nothing.
    """
    dotted, equals, text = override.partition("=")
    if not equals or not dotted:
        raise StudyError(
            f"--set {override}: not of the form key=value",
            next_step="write it like --set train.learning_rate=1e-4",
        )
    try:
        value = YAML(typ="safe").load(text)
    except (YAMLError, ValueError) as error:  # a ValueError is a date that there is not
        raise StudyError(f"--set {override}: the value is not valid YAML") from error
    node: Any = raw
    path: list[str | int] = []
    *parents, last = dotted.split(".")
    for part in parents:
        key = _child_key(node, part, override)
        path.append(key)
        if isinstance(node, dict) and not isinstance(node.get(key), dict | list):
            node[key] = CommentedMap()
        else:
            node[key] = copy.copy(node[key])  # an alias in YAML shares one container among keys
        node = node[key]
    key = _child_key(node, last, override)
    node[key] = value
    return (*path, key)


def _child_key(node: Any, part: str, override: str) -> str | int:
    """Return the key or list index that a part of a dotted path names; arms go by name too.

    Raises:
        StudyError: The node is a list without that part, or a single value.
    """
    if isinstance(node, dict):
        return part
    if not isinstance(node, list):
        raise StudyError(
            f"--set {override}: `{part}` would lie under a single value",
            next_step="name a key of a section, or an item of a list",
        )
    names = [item.get("name") if isinstance(item, dict) else None for item in node]
    if part in names:
        return names.index(part)
    if part.isdecimal() and int(part) < len(node):
        return int(part)
    known = ", ".join(str(index if name is None else name) for index, name in enumerate(names))
    raise StudyError(f"--set {override}: no `{part}` here", next_step=f"one of: {known}")
