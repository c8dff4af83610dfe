"""The run's provenance, nested as it is -> commands to repeat it and rows of name and value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kiyas.report.numbers import DASH

_COMMAND_KEYS = ("commands", "command")


@dataclass(frozen=True)
class Provenance:
    """Where the report comes from."""

    commands: tuple[str, ...]
    """Shell commands that repeat the study; from the keys ``commands`` and ``command``."""
    rows: tuple[tuple[str, str], ...]
    """Everything else: dotted name and value."""


def read_provenance(provenance: Mapping[str, object]) -> Provenance:
    """Return commands and rows; None becomes a dash, a list of values becomes JSON."""
    commands: list[str] = []
    for key in _COMMAND_KEYS:
        value = provenance.get(key)
        if isinstance(value, str):
            commands.append(value)
        elif isinstance(value, Sequence):
            commands += [str(command) for command in value]
    rest = {key: value for key, value in provenance.items() if key not in _COMMAND_KEYS}
    return Provenance(tuple(dict.fromkeys(commands)), tuple(_flatten(rest, "")))


def _flatten(mapping: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in mapping.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{name}.")
        elif value is None:
            yield name, DASH
        elif isinstance(value, str):
            yield name, value
        else:
            yield name, json.dumps(value, ensure_ascii=False, default=str)
