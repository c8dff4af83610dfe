"""What a base's files did not hold -> the modules that must be trained and saved whole.

By the keys missing at load, never by the names of layers: PEFT knows only ``classifier`` and
``score`` by itself, and a fresh pooler beside them would stay random (peft issue 2171).
"""

from __future__ import annotations

from typing import Any

from kiyas.errors import ModelError
from kiyas.models.source import BaseSource


def find_fresh_modules(source: BaseSource, model: Any, info: dict[str, Any]) -> tuple[str, ...]:
    """Return the largest modules that are wholly fresh, and the smallest that are partly so.

    Args:
        source: The base, for messages.
        model: transformers' model as loaded.
        info: What ``from_pretrained`` tells with ``output_loading_info``.

    Raises:
        ModelError: A fresh weight belongs to no module, so that PEFT could not save it.
    """
    keys = _fresh_keys(info)
    if not keys:
        # The files hold a whole classifier of C classes: its head goes on learning.
        keys = [f"{name}.weight" for name in _head_names(model)]
    fresh = set(keys)
    found: set[str] = set()
    for key in keys:
        path = key.split(".")[:-1]
        if not path:
            raise ModelError(
                "a weight outside any module is not in the files and would be random",
                where=f"base {source.name}",
                received=key,
                expected="the weights of a whole model, its classification head aside",
            )
        depth = len(path)
        while depth > 1 and _is_wholly_in(model, ".".join(path[: depth - 1]), fresh):
            depth -= 1
        found.add(".".join(path[:depth]))
    inside = {a for a in found for b in found if a != b and a.startswith(f"{b}.")}
    return tuple(sorted(found - inside))


def _fresh_keys(info: dict[str, Any]) -> list[str]:
    """Return the parameters that did not come from the files: absent, or of another shape."""
    mismatched = [item[0] if isinstance(item, tuple) else item for item in info["mismatched_keys"]]
    return sorted({*info["missing_keys"], *mismatched})


def _is_wholly_in(model: Any, name: str, keys: set[str]) -> bool:
    module = model.get_submodule(name)
    return all(f"{name}.{parameter}" in keys for parameter, _ in module.named_parameters())


def _head_names(model: Any) -> list[str]:
    return [name for name in ("score", "classifier") if hasattr(model, name)]
